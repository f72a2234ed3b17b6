//! The operators that files may use: those of policies with dense and convolutional layers, and those with which the
//! distributions of trainers choose an action and tell its probability. What is not named here is not in
//! the page's program either.

use rten::{OpRegistry, op_registry};

/// `Constant` is none of them: it is read as a number.
pub(crate) const CONSTANT: &str = "Constant";

macro_rules! operators {
    ($($name:ident),+ $(,)?) => {
        /// Their names.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),+];

        /// What reads them.
        pub(crate) fn registry() -> OpRegistry {
            op_registry!($($name),+)
        }
    };
}

operators! {
    Add, ArgMax, Cast, Clip, Concat, ConstantOfShape, Conv, Div, Elu, Equal, Exp, Expand, Flatten, Gather, GatherElements, Gemm,
    Identity, LeakyRelu, Log, LogSoftmax, MatMul, Max, MaxPool, Min, Mul, Neg, Pow, ReduceLogSumExp, ReduceMax, ReduceMean,
    ReduceSum, Relu, Reshape, Shape, Sigmoid, Slice, Softmax, Sqrt, Squeeze, Sub, Tanh, Transpose, Unsqueeze,
}
