//! Scales: the ranges that colours span, remembered so that a colour means the same from one moment to the next.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// A scale may be so many times as wide as what it has to show before it is made narrower.
const MOST_ROOM: f64 = 10.0;

/// What is added on a side that has become too narrow, as a share of what has to be shown: it will grow again.
const HEADROOM: f64 = 0.25;

/// Steps of a scale, about: it ends at whole ones.
const STEPS: f64 = 10.0;

/// The scales of one epoch by what they show.
#[derive(Debug, Default)]
pub struct Scales(RefCell<BTreeMap<String, (f64, f64)>>);

impl Scales {
    /// The scale by that name, wide enough for a range: the same as before, if that is.
    pub fn steady(&self, name: &str, needed: (f64, f64)) -> (f64, f64) {
        let mut scales = self.0.borrow_mut();
        let scale = steady(scales.get(name).copied(), needed);
        scales.insert(name.to_owned(), scale);
        scale
    }
}

fn steady(before: Option<(f64, f64)>, needed: (f64, f64)) -> (f64, f64) {
    let Some((low, high)) = before else { return round(needed) };
    let span = needed.1 - needed.0;
    let fits = low <= needed.0 && needed.1 <= high;
    if fits && (span == 0.0 || high - low <= span * MOST_ROOM) {
        return (low, high);
    }
    let room = |is_short: bool| if is_short && !fits { span * HEADROOM } else { 0.0 };
    round((needed.0 - room(needed.0 < low), needed.1 + room(needed.1 > high)))
}

/// A range widened to round ends; one of a single value reaches to zero.
fn round((low, high): (f64, f64)) -> (f64, f64) {
    let (low, high) = if low == high { (low.min(0.0), high.max(0.0)) } else { (low, high) };
    let step = round_up((high - low) / STEPS);
    if step > 0.0 && step.is_finite() {
        // Binary fractions may miss their multiple by a little.
        (((low / step).floor() * step).min(low), ((high / step).ceil() * step).max(high))
    } else {
        (low, high)
    }
}

/// The next number of the form 1, 2 or 5 times a power of ten; zero stays zero.
pub fn round_up(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 0.0;
    }
    let power = libm::pow(10.0, libm::log10(value).floor());
    let nearly = 1.0 - 1e-9;
    [1.0, 2.0, 5.0].map(|it| it * power).into_iter().find(|it| *it >= value * nearly).unwrap_or(power * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ends_are_round() {
        assert_eq!(round((0.13, 9.3)), (0.0, 10.0));
        assert_eq!(round((-13.1, -1.0)), (-14.0, 0.0));
        assert_eq!(round((3.0, 3.0)), (0.0, 3.0));
        assert_eq!(round((0.0, 0.0)), (0.0, 0.0));
        assert_eq!([0.0, 0.9, 1.0, 1.1, 3.0, 7.0].map(round_up), [0.0, 1.0, 1.0, 2.0, 5.0, 10.0]);
    }

    #[test]
    fn a_scale_stays_while_it_fits() {
        let scales = Scales::default();
        let first = scales.steady("values", (0.0, 9.3));
        assert_eq!(first, (0.0, 10.0));
        for high in [9.9, 4.0, 8.0, 1.1] {
            assert_eq!(scales.steady("values", (0.0, high)), first, "{high}");
        }
        assert_eq!(scales.steady("visits", (0.0, 1.0)), (0.0, 1.0), "others have their own");
        assert!((scales.steady("values", (0.0, 0.3)).1 - 0.3).abs() < 1e-9, "ten times too wide tells nothing");
    }

    #[test]
    fn a_scale_that_grows_takes_large_steps() {
        let scales = Scales::default();
        let mut changes = 0;
        let mut before = scales.steady("values", (0.0, 1.0));
        for high in 2..1_000 {
            let now = scales.steady("values", (0.0, f64::from(high)));
            changes += usize::from(now != before);
            before = now;
        }
        assert!(changes < 30, "{changes}");
    }

    proptest! {
        #[test]
        fn what_has_to_be_shown_is_always_on_the_scale(
            ranges in prop::collection::vec((-1e6f64..1e6, 0.0f64..1e6), 1..20),
        ) {
            let scales = Scales::default();
            for (low, span) in ranges {
                let scale = scales.steady("values", (low, low + span));
                prop_assert!(scale.0 <= low && low + span <= scale.1, "{low} {span} {scale:?}");
            }
        }
    }
}
