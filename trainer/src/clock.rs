//! The clocks of this process.

use shared::Epoch;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// What the process measures by, which nobody can set, and what it stamps with.
#[derive(Clone, Copy, Debug)]
pub struct ProcessClock {
    begun: Instant,
}

impl ProcessClock {
    /// A clock that begins now.
    pub fn begin() -> Self {
        Self { begun: Instant::now() }
    }

    /// Milliseconds since it began.
    pub fn uptime_millis(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() * 1000.0
    }
}

impl run::host::Clock for ProcessClock {
    fn uptime_millis(&mut self) -> f64 {
        Self::uptime_millis(self)
    }

    fn wall_millis(&mut self) -> f64 {
        wall_millis()
    }
}

/// Milliseconds since 1970 by the clock on the wall, for time stamps alone.
pub fn wall_millis() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |it| it.as_secs_f64() * 1000.0)
}

/// A name for an epoch that begins now: milliseconds since 1970, or the next number that this process has not given yet,
/// because two may begin within a millisecond and the clock on the wall can be set back.
pub fn next_epoch() -> Epoch {
    static NEWEST: AtomicU64 = AtomicU64::new(0);
    let now = wall_millis() as u64;
    let after = |newest: u64| now.max(newest + 1);
    // The closure never gives `None`, so both arms hold what was there before.
    let before = NEWEST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |newest| Some(after(newest)));
    Epoch(after(before.unwrap_or_else(|newest| newest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn epochs_that_begin_within_one_millisecond_differ_on_every_thread() {
        let thread = || std::thread::spawn(|| (0..1000).map(|_| next_epoch()).collect::<Vec<_>>());
        let threads: Vec<_> = (0..4).map(|_| thread()).collect();
        let epochs: Vec<_> = threads.into_iter().flat_map(|it| it.join().unwrap()).collect();
        assert_eq!(epochs.iter().collect::<BTreeSet<_>>().len(), 4000);
    }
}
