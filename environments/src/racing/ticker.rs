//! When control ticks are due, for hosts that drive in real time: the clock is theirs.

/// Ticks at a fixed rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ticker {
    rate: f64,
    fired: u64,
}

impl Ticker {
    /// Ticks `rate` times a second, above 0.
    pub const fn new(rate: f64) -> Self {
        Self { rate, fired: 0 }
    }

    /// When the n-th tick fires, in seconds from the start: the first, number 0, at once, the others at n / rate.
    pub const fn time_of(&self, tick: u64) -> f64 {
        tick as f64 / self.rate
    }

    /// How many ticks are due since the last call, `seconds` after the start.
    pub fn due(&mut self, seconds: f64) -> u64 {
        let before = self.fired;
        while self.time_of(self.fired) <= seconds {
            self.fired += 1;
        }
        self.fired - before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_tick_fires_at_n_by_rate() {
        for rate in [10.0, 60.0, 7.0] {
            let mut ticker = Ticker::new(rate);
            assert_eq!(ticker.due(0.0), 1);
            assert_eq!(ticker.due(0.0), 0, "the second does not fire at once");
            for tick in 1..1000_u64 {
                let time = tick as f64 / rate;
                assert_eq!(ticker.due(time - 1e-9), 0);
                assert_eq!(ticker.due(time), 1);
            }
        }
    }

    #[test]
    fn a_late_host_gets_all_ticks() {
        let mut ticker = Ticker::new(10.0);
        assert_eq!(ticker.due(0.55), 6);
    }
}
