//! Two pieces of work at the same time: what a network's heads are computed by where they have nothing in common.
//!
//! Every number is the sum that it would be otherwise, in the same order: only who computes it, and when, is another matter.

use std::fmt::Debug;

/// What does two pieces of work, at the same time or one after the other.
pub trait Parallel: Debug + Send + Sync {
    /// Does both, each once.
    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send));
}

/// Less work than this is done sooner than it is handed over: rows times weights.
pub(crate) const WORTHWHILE: usize = 1 << 17;
