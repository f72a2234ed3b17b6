//! Throttles: what a crowd can cause is logged once a second, with a count of the rest; whoever guesses tokens is slowed down;
//! and whoever sends may send so much a second.

use crate::address::who;
use std::collections::BTreeMap;
use std::net::IpAddr;
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

/// Wrong tokens of one address that are not minded.
const FREE_GUESSES: f64 = 10.0;

/// Time after which one more is not minded.
const FORGIVEN_EVERY: Duration = Duration::from_secs(6);

/// Addresses beyond which those that guessed least lately are forgotten.
const MOST_ADDRESSES: usize = 10_000;

/// Slows down whoever guesses tokens, by address.
#[derive(Debug, Default)]
pub(crate) struct Brake {
    inner: Mutex<BTreeMap<IpAddr, Guesses>>,
}

#[derive(Clone, Copy, Debug)]
struct Guesses {
    count: f64,
    at: Instant,
}

impl Guesses {
    /// How many count at present.
    fn now(&self) -> f64 {
        (self.count - self.at.elapsed().as_secs_f64() / FORGIVEN_EVERY.as_secs_f64()).max(0.0)
    }
}

impl Brake {
    /// Whether this address may try another token, or how long it has to wait.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), Duration> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let count = inner.get(&who(address)).map_or(0.0, Guesses::now);
        let over = count - (FREE_GUESSES - 1.0);
        if over <= 0.0 { Ok(()) } else { Err(FORGIVEN_EVERY.mul_f64(over)) }
    }

    /// It tried a wrong one.
    pub(crate) fn failed(&self, address: IpAddr) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.len() >= MOST_ADDRESSES {
            inner.retain(|_, it| it.now() > 0.0);
        }
        if inner.len() < MOST_ADDRESSES {
            let count = inner.get(&who(address)).map_or(0.0, Guesses::now) + 1.0;
            inner.insert(who(address), Guesses { count, at: Instant::now() });
        }
    }
}

/// So many messages a second, and twice as many at once.
#[derive(Debug)]
pub(crate) struct Allowance {
    per_second: f64,
    left: f64,
    counted_at: Instant,
}

impl Allowance {
    pub(crate) fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second);
        Self { per_second, left: 2.0 * per_second, counted_at: Instant::now() }
    }

    /// One more, if it may be.
    pub(crate) fn take(&mut self) -> bool {
        let now = Instant::now();
        let earned = (now - self.counted_at).as_secs_f64() * self.per_second;
        self.counted_at = now;
        self.left = (self.left + earned).min(2.0 * self.per_second) - 1.0;
        self.left >= 0.0
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

    #[test]
    fn whoever_guesses_waits_and_others_do_not() {
        let (brake, here, there) = (Brake::default(), "10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        for _ in 0..10 {
            assert_eq!(brake.check(here), Ok(()));
            brake.failed(here);
        }
        assert!(brake.check(here).is_err());
        assert_eq!(brake.check(there), Ok(()));
        // A while later it may again.
        let mut guesses = brake.inner.lock().unwrap();
        let earlier = guesses[&here].at.checked_sub(2 * FORGIVEN_EVERY).unwrap();
        guesses.get_mut(&here).unwrap().at = earlier;
        drop(guesses);
        assert_eq!(brake.check(here), Ok(()));
    }
}
