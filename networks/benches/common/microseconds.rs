//! How long a step takes.

#[path = "../../../agents/benches/common/watch.rs"]
mod watch;

use watch::Watch;

const REPETITIONS: usize = 7;
const SECONDS: f64 = 0.1;

/// The median of the microseconds that a step takes.
pub(crate) fn microseconds(mut make: impl FnMut(u64)) -> f64 {
    make(10);
    let mut steps = 10;
    let mut seconds = |steps| {
        let watch = Watch::start();
        make(steps);
        watch.seconds()
    };
    while seconds(steps) < SECONDS {
        steps *= 2;
    }
    let mut found: Vec<_> = (0..REPETITIONS).map(|_| seconds(steps) / steps as f64 * 1e6).collect();
    found.sort_by(f64::total_cmp);
    found[REPETITIONS / 2]
}
