//! Axes: from values to pixels, with ticks at round numbers.

use crate::number::{fixed, short_in_steps};

/// The greatest value that an axis can show, and the inverse of the least on a logarithmic one.
const GREATEST: f64 = 4e307;

/// Whatever is nearer to 0 is drawn as 0.
const LEAST: f64 = 1e-9;

/// An axis from `low` to `high`, linear or logarithmic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// Value at the beginning.
    pub low: f64,
    /// Value at the end, greater than `low`.
    pub high: f64,
    /// Whether equal factors take equal room. Only for `low` above 0.
    pub logarithmic: bool,
}

impl Axis {
    /// An axis over a range; an empty range is widened by as much as tells its value from 0, and what cannot be logarithmic is
    /// linear.
    pub fn new(low: f64, high: f64, logarithmic: bool) -> Self {
        let (low, high) = if low.is_finite() && high.is_finite() { (low.min(high), high.max(low)) } else { (0.0, 1.0) };
        // Beyond, the width of the axis would not be a number.
        let (low, high) = (low.clamp(-GREATEST, GREATEST), high.clamp(-GREATEST, GREATEST));
        if logarithmic && low > 0.0 {
            let low = low.max(1.0 / GREATEST);
            let high = if high <= low { low * 10.0 } else { high };
            return Self { low, high, logarithmic };
        }
        let size = high.abs().max(low.abs());
        let widen = if high - low >= (size * 1e-9).max(LEAST) {
            0.0
        } else if size < LEAST {
            0.5
        } else {
            (size * 0.1).max(size.min(0.5))
        };
        Self { low: low - widen, high: high + widen, logarithmic: false }
    }

    /// An axis for values, with a little room on both sides.
    pub fn with_room(low: f64, high: f64, logarithmic: bool) -> Self {
        let axis = Self::new(low, high, logarithmic);
        if axis.logarithmic {
            return Self { low: axis.low * 0.9, high: axis.high * 1.1, ..axis };
        }
        let room = (axis.high - axis.low) * 0.06;
        Self { low: axis.low - room, high: axis.high + room, ..axis }
    }

    /// Where a value stands: 0 at the beginning, 1 at the end. `NaN` for what a logarithmic axis cannot show.
    pub fn share(self, value: f64) -> f64 {
        if self.logarithmic {
            let low = libm::log10(self.low);
            if value <= 0.0 { f64::NAN } else { (libm::log10(value) - low) / (libm::log10(self.high) - low) }
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// The value at a share.
    pub fn value(self, share: f64) -> f64 {
        if self.logarithmic {
            let low = libm::log10(self.low);
            libm::pow(10.0, low + share * (libm::log10(self.high) - low))
        } else {
            self.low + share * (self.high - self.low)
        }
    }

    /// Round values on the axis, at most about `most`, with their labels.
    pub fn ticks(self, most: usize) -> Vec<(f64, String)> {
        if self.logarithmic { self.decades(most) } else { self.round_steps(most) }
    }

    fn round_steps(self, most: usize) -> Vec<(f64, String)> {
        let rough = (self.high - self.low) / most.max(1) as f64;
        let decade = libm::pow(10.0, libm::log10(rough).floor());
        // Rather a few more than half as many.
        let enough = |step: &f64| *step >= rough * 0.7;
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|it| it * decade).find(enough).unwrap_or(rough);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        (first..=last).take(50).map(|index| index as f64 * step).map(|value| (value, label(value, step))).collect()
    }

    fn decades(self, most: usize) -> Vec<(f64, String)> {
        let first = libm::log10(self.low).ceil() as i32;
        let last = libm::log10(self.high).floor() as i32;
        if last - first < 1 {
            let linear = Self { logarithmic: false, ..self };
            return linear.round_steps(most).into_iter().filter(|(value, _)| *value > 0.0).collect();
        }
        let every = ((last - first + 1) as usize).div_ceil(most.max(1)).max(1);
        let powers = (first..=last).step_by(every).map(|power| 10f64.powi(power));
        powers.map(|value| (value, label(value, value))).collect()
    }
}

fn label(value: f64, step: f64) -> String {
    if value.abs() >= 1_000.0 {
        return short_in_steps(value, step).replace(".0\u{202f}", "\u{202f}");
    }
    let decimals = (-libm::log10(step).floor()).clamp(0.0, 9.0) as usize;
    fixed(value, decimals)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(axis: Axis, most: usize) -> Vec<String> {
        axis.ticks(most).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(Axis::new(-10.0, 10.0, false), 4), ["−10", "−5", "0", "5", "10"]);
        assert_eq!(labels(Axis::new(0.0, 1.0, false), 3), ["0.0", "0.5", "1.0"]);
        assert_eq!(labels(Axis::new(0.0, 5_200.0, false), 3), ["0", "2\u{202f}k", "4\u{202f}k"]);
        assert_eq!(labels(Axis::new(1.0, 680.0, false), 3), ["200", "400", "600"], "not 500 alone");
    }

    #[test]
    fn labels_of_large_values_are_told_apart() {
        let close = labels(Axis::new(29_301.0, 29_342.0, false), 5);
        assert_eq!(close, ["29.31\u{202f}k", "29.32\u{202f}k", "29.33\u{202f}k", "29.34\u{202f}k"]);
        assert_eq!(labels(Axis::new(900.0, 2_100.0, false), 3), ["1\u{202f}k", "1.5\u{202f}k", "2\u{202f}k"]);
    }

    #[test]
    fn a_constant_is_told_from_0() {
        let constant = |value| labels(Axis::with_room(value, value, false), 3);
        assert_eq!(constant(0.001), ["0.000", "0.001", "0.002"]);
        assert_eq!(constant(-0.02), ["−0.04", "−0.02", "0.00"]);
        assert_eq!(constant(0.0), ["−0.5", "0.0", "0.5"]);
        let large = Axis::new(200.0, 200.0, false);
        assert_eq!((large.low, large.high), (180.0, 220.0), "a large one need not be");
        for value in [0.001, -0.02, 1e-8, 1e-12, 0.3, 3.0, -5e7] {
            let (axis, share) =
                (Axis::with_room(value, value, false), Axis::with_room(value, value, false).share(value));
            assert!((0.3..0.7).contains(&share), "{value} in the middle of {axis:?}");
        }
    }

    #[test]
    fn decades_are_marked_on_a_logarithmic_axis() {
        assert_eq!(labels(Axis::new(1.0, 20_000.0, true), 5), ["1", "10", "100", "1\u{202f}k", "10\u{202f}k"]);
        assert_eq!(Axis::new(1.0, 100.0, true).share(10.0), 0.5);
        assert!((Axis::new(1.0, 100.0, true).value(0.5) - 10.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn any_ends_make_an_axis_with_few_ticks_on_it(
            low in prop::num::f64::ANY,
            high in prop::num::f64::ANY,
            logarithmic: bool,
            most in 0usize..12,
        ) {
            for axis in [Axis::new(low, high, logarithmic), Axis::with_room(low, high, logarithmic)] {
                prop_assert!(axis.low < axis.high && (axis.high - axis.low).is_finite(), "{axis:?}");
                prop_assert!(axis.share(axis.low).abs() < 1e-9 && (axis.share(axis.high) - 1.0).abs() < 1e-9, "{axis:?}");
                let ticks = axis.ticks(most);
                prop_assert!(ticks.len() <= 50 && ticks.iter().all(|(value, _)| value.is_finite()), "{ticks:?}");
                prop_assert!(ticks.windows(2).all(|pair| pair[0].0 < pair[1].0), "{ticks:?}");
            }
        }
    }

    #[test]
    fn nothing_divides_by_zero() {
        let flat = Axis::new(3.0, 3.0, false);
        assert!(flat.share(3.0).is_finite() && flat.high > flat.low);
        assert!(!Axis::new(-1.0, 5.0, true).logarithmic);
        assert!(Axis::new(1.0, 5.0, true).share(0.0).is_nan());
        assert!(!Axis::new(f64::INFINITY, f64::NEG_INFINITY, false).ticks(4).is_empty());
    }
}
