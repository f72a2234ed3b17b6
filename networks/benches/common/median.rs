//! The median of repeated measurements, whatever they are measured by.

const REPETITIONS: usize = 7;
const SECONDS: f64 = 0.1;

/// The median of the microseconds that a step takes; `seconds` tells what a number of steps took.
pub(crate) fn microseconds(mut seconds: impl FnMut(u64) -> f64) -> f64 {
    seconds(10);
    let mut steps = 10;
    while seconds(steps) < SECONDS {
        steps *= 2;
    }
    let mut found: Vec<_> = (0..REPETITIONS).map(|_| seconds(steps) / steps as f64 * 1e6).collect();
    found.sort_by(f64::total_cmp);
    found[REPETITIONS / 2]
}
