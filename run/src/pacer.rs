//! Pacing: how many steps are due, by a clock that the caller reads.

use shared::event::Speed;

/// A host that slept catches up at most this much, in milliseconds.
const MOST_CATCH_UP_MILLIS: f64 = 250.0;

/// Counts due steps at a watchable speed: the n-th is due n/rate after the speed was set.
#[derive(Clone, Debug, PartialEq)]
pub struct Pacer {
    speed: Speed,
    origin_millis: f64,
    given: u64,
}

impl Pacer {
    /// A pacer that starts now.
    pub const fn new(speed: Speed, now_millis: f64) -> Self {
        Self { speed, origin_millis: now_millis, given: 0 }
    }

    /// Starts anew if the speed is another one.
    pub fn set_speed(&mut self, speed: Speed, now_millis: f64) {
        if self.speed != speed {
            *self = Self::new(speed, now_millis);
        }
    }

    /// Starts counting anew: time in which the run held still is not made up for.
    pub const fn restart(&mut self, now_millis: f64) {
        self.origin_millis = now_millis;
        self.given = 0;
    }

    /// Steps due by now that were not given yet; none (`None`) for full speed.
    pub fn due(&mut self, now_millis: f64) -> Option<u64> {
        let Speed::StepsPerSecond(rate) = self.speed else { return None };
        let elapsed = (now_millis - self.origin_millis).max(0.0);
        let reached = (elapsed / 1000.0 * rate + 1e-9) as u64;
        let due = reached.saturating_sub(self.given);
        let most = ((MOST_CATCH_UP_MILLIS / 1000.0 * rate) as u64).max(1);
        if due > most {
            self.restart(now_millis);
            return Some(most);
        }
        self.given = reached;
        Some(due)
    }

    /// Milliseconds until the next step is due; none for full speed.
    pub fn wait_millis(&self, now_millis: f64) -> Option<f64> {
        let Speed::StepsPerSecond(rate) = self.speed else { return None };
        Some((self.origin_millis + (self.given + 1) as f64 * 1000.0 / rate - now_millis).max(0.0))
    }
}

/// Steps per second over the last half second or so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateMeter {
    since_millis: f64,
    steps: u64,
    rate: f64,
}

impl RateMeter {
    const WINDOW_MILLIS: f64 = 500.0;

    /// Takes in that `steps` have been made by now; gives the present rate.
    pub fn update(&mut self, now_millis: f64, steps: u64) -> f64 {
        let elapsed = now_millis - self.since_millis;
        if steps < self.steps || elapsed > 10.0 * Self::WINDOW_MILLIS {
            *self = Self { since_millis: now_millis, steps, rate: 0.0 };
        } else if elapsed >= Self::WINDOW_MILLIS {
            let rate = (steps - self.steps) as f64 * 1000.0 / elapsed;
            *self = Self { since_millis: now_millis, steps, rate };
        }
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_step_is_due_at_n_over_rate() {
        let mut pacer = Pacer::new(Speed::StepsPerSecond(10.0), 1000.0);
        let given: Vec<_> =
            [1000.0, 1099.0, 1100.0, 1199.0, 1200.0, 1399.0, 1400.0].map(|now| pacer.due(now).unwrap()).to_vec();
        assert_eq!(given, [0, 0, 1, 0, 1, 1, 1]);
        assert_eq!(pacer.wait_millis(1450.0), Some(50.0));
    }

    #[test]
    fn a_sleep_is_not_made_up_for() {
        let mut pacer = Pacer::new(Speed::StepsPerSecond(100.0), 0.0);
        assert_eq!(pacer.due(60_000.0), Some(25));
        assert_eq!(pacer.due(60_010.0), Some(1));
    }

    #[test]
    fn the_meter_measures_windows() {
        let mut meter = RateMeter::default();
        meter.update(0.0, 0);
        assert_eq!(meter.update(400.0, 40), 0.0);
        assert_eq!(meter.update(500.0, 50), 100.0);
        assert_eq!(meter.update(600.0, 0), 0.0, "a reset starts anew");
    }
}
