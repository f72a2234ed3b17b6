//! Vector instructions where the processor has them.
//!
//! Rust compiles for the oldest x86-64, whose vectors hold four numbers; almost every processor in use has vectors of
//! eight. What is compiled twice here gives the same bits both times: every output is a sum of its own, taken in one
//! order, and nothing is fused. Compilers may not change either (Rust has no fast-math, and fuses only what
//! [`f32::mul_add`] says).

/// How wide the vectors are that code is compiled for. The bits do not depend on it.
#[derive(Clone, Copy, Debug)]
pub enum Width {
    /// What the target always has: four numbers on x86-64, ARM and WebAssembly with `simd128`, else one.
    Baseline,
    /// Eight numbers (AVX2), which this processor has.
    #[cfg(target_arch = "x86_64")]
    Eight(pulp::x86::V3),
}

impl Width {
    /// The widest that this processor has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(found) = pulp::x86::V3::try_new() {
            return Self::Eight(found);
        }
        Self::Baseline
    }

    /// Runs code that was compiled for this width. It must be inlined into this call, and all that it calls into it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is not inlined is not compiled for the width")]
    pub(crate) fn run<R>(self, code: impl FnOnce() -> R) -> R {
        match self {
            Self::Baseline => code(),
            #[cfg(target_arch = "x86_64")]
            Self::Eight(instructions) => instructions.vectorize(code),
        }
    }
}
