//! Throttled logs: what a crowd can cause is logged once a second, with a count of the rest.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time between two lines.
const EVERY: Duration = Duration::from_secs(1);

/// Lets one line a second through.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    inner: Mutex<(Option<Instant>, u64)>,
}

impl Throttle {
    /// If it is time for a line: how many were left out since the last one.
    pub(crate) fn pass(&self) -> Option<u64> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, left_out) = &mut *inner;
        if last.is_some_and(|it| it.elapsed() < EVERY) {
            *left_out += 1;
            return None;
        }
        *last = Some(Instant::now());
        Some(std::mem::take(left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_one_line_and_a_count() {
        let throttle = Throttle::default();
        assert_eq!(throttle.pass(), Some(0));
        for _ in 0..5 {
            assert_eq!(throttle.pass(), None);
        }
        throttle.inner.lock().unwrap().0 = Instant::now().checked_sub(EVERY);
        assert_eq!(throttle.pass(), Some(5));
    }
}
