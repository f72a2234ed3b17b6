//! The operators that files may use: those of policies with dense and convolutional layers. What is not named here is not in
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
    Add, ArgMax, Cast, Clip, Concat, Conv, Div, Elu, Exp, Flatten, Gather, Gemm, Identity, LeakyRelu, Log, LogSoftmax, MatMul,
    Max, MaxPool, Min, Mul, Pow, ReduceMean, ReduceSum, Relu, Reshape, Shape, Sigmoid, Slice, Softmax, Sqrt, Squeeze, Sub, Tanh,
    Transpose, Unsqueeze,
}
