//! A clock that never goes back, made of one that may.

/// The first and the last moment that dates of browsers can name, in milliseconds.
const ENDS_MILLIS: (f64, f64) = (-8.64e15, 8.64e15);

/// The host's clock as the log's entries tell it. A host's clock may be set back, and other publishers may send any
/// number: here time only passes, by as much as from one entry to the next, and by nothing where that is less than none
/// or no number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SteadyClock {
    told_millis: Option<f64>,
    steady_millis: Option<f64>,
}

impl SteadyClock {
    /// A clock that goes on from an earlier one: the next entry comes at this time.
    pub fn going_on_from(steady_millis: Option<f64>) -> Self {
        Self { told_millis: None, steady_millis: steady_millis.filter(|it| it.is_finite()) }
    }

    /// The steady time of the next entry, in milliseconds; of the first one, its own.
    pub fn at(&mut self, time_millis: f64) -> f64 {
        if !time_millis.is_finite() {
            return self.steady_millis.unwrap_or_default();
        }
        let told = time_millis.clamp(ENDS_MILLIS.0, ENDS_MILLIS.1);
        let passed = self.told_millis.replace(told).map_or(0.0, |before| (told - before).max(0.0));
        let steady = self.steady_millis.unwrap_or(told) + passed;
        self.steady_millis = Some(steady);
        steady
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_hour_back_counts_as_no_time_and_what_follows_counts_again() {
        let mut clock = SteadyClock::default();
        let hour = 3_600_000.0;
        let told = [5e12, 5e12 + 100.0, 5e12 + 200.0 - hour, 5e12 + 300.0 - hour, f64::NAN, 5e12 + 400.0 - hour];
        assert_eq!(told.map(|time| clock.at(time) - 5e12), [0.0, 100.0, 100.0, 200.0, 200.0, 300.0]);
    }

    #[test]
    fn it_goes_on_from_another_one_without_what_lies_between() {
        let mut clock = SteadyClock::going_on_from(Some(1_000.0));
        assert_eq!([9e12, 9e12 + 50.0].map(|time| clock.at(time)), [1_000.0, 1_050.0]);
    }

    proptest! {
        #[test]
        fn it_never_goes_back_and_is_finite(told in prop::collection::vec(prop::num::f64::ANY, 0..50)) {
            let mut clock = SteadyClock::default();
            let steady: Vec<_> = told.iter().map(|time| clock.at(*time)).collect();
            prop_assert!(steady.iter().all(|it| it.is_finite()), "{steady:?}");
            let from = told.iter().position(|it| it.is_finite()).unwrap_or(told.len());
            prop_assert!(steady[from..].is_sorted(), "{steady:?}");
        }
    }
}
