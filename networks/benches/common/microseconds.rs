//! How long a step takes the thread that makes it.

#[path = "median.rs"]
mod median;
#[path = "../../../agents/benches/common/watch.rs"]
mod watch;

use watch::Watch;

/// The median of the microseconds that a step takes.
pub(crate) fn microseconds(mut make: impl FnMut(u64)) -> f64 {
    median::microseconds(|steps| {
        let watch = Watch::start();
        make(steps);
        watch.seconds()
    })
}
