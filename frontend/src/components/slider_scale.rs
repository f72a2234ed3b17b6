//! Slider scales: the values that a slider can stand at, one position each, so that an arrow key always moves one of them.

/// A range spanning this factor is walked in equal factors instead of equal differences.
const LOGARITHMIC_FROM: f64 = 1_000.0;

/// Values with two digits between a power of ten and the next.
const PER_DECADE: f64 = 90.0;

/// What a value may miss its rung by, in rungs: the dust of binary fractions.
const DUST: f64 = 1e-6;

/// How a slider walks over a range: from its least value over all rungs between to its greatest. Rungs are the multiples of
/// a step, on long ranges the numbers of two digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SliderScale {
    min: f64,
    max: f64,
    step: f64,
    rungs: Rungs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rungs {
    Multiples,
    TwoDigits,
    /// Two digits, and below ten whole numbers.
    WholeTwoDigits,
}

impl SliderScale {
    /// A scale over numbers that move by `step`.
    pub fn of_numbers(min: f64, max: f64, step: f64) -> Self {
        Self::new(min, max, step.max(1e-12), Rungs::TwoDigits)
    }

    /// A scale over whole numbers.
    pub fn of_integers(min: i64, max: i64) -> Self {
        Self::new(min as f64, max as f64, 1.0, Rungs::WholeTwoDigits)
    }

    fn new(min: f64, max: f64, step: f64, of_long_ranges: Rungs) -> Self {
        let is_long = min > 0.0 && max / min >= LOGARITHMIC_FROM;
        Self { min, max, step, rungs: if is_long { of_long_ranges } else { Rungs::Multiples } }
    }

    /// The last position; the first is 0.
    pub fn last(self) -> f64 {
        let (first, last) = self.inner();
        if self.max > self.min { (last - first + 1.0).max(0.0) + 1.0 } else { 0.0 }
    }

    /// The position nearest to a value.
    pub fn position(self, value: f64) -> f64 {
        let value = value.clamp(self.min, self.max);
        let (first, last) = self.inner();
        let rung = self.rung(value).round().clamp(first - 1.0, last + 1.0);
        let nearest = rung - first + 1.0;
        // The ends stand between rungs.
        let beside = [nearest - 1.0, nearest, nearest + 1.0].map(|it| it.clamp(0.0, self.last()));
        let distance = |position: &f64| (self.value(*position) - value).abs();
        beside.into_iter().min_by(|one, other| distance(one).total_cmp(&distance(other))).unwrap_or_default()
    }

    /// The value at a position.
    pub fn value(self, position: f64) -> f64 {
        let (position, last) = (position.round(), self.last());
        if position <= 0.0 {
            self.min
        } else if position >= last {
            self.max
        } else {
            tidy(self.at_rung(self.inner().0 + position - 1.0))
        }
    }

    /// The first rung above the least value and the last below the greatest.
    fn inner(self) -> (f64, f64) {
        ((self.rung(self.min) + DUST).floor() + 1.0, (self.rung(self.max) - DUST).ceil() - 1.0)
    }

    /// The number of the rung on which a value lies, a fraction where it lies between two.
    fn rung(self, value: f64) -> f64 {
        match self.rungs {
            Rungs::Multiples => value / self.step,
            Rungs::WholeTwoDigits if value < 10.0 => PER_DECADE - 10.0 + value,
            Rungs::TwoDigits | Rungs::WholeTwoDigits => {
                let decade = (libm::log10(value) + DUST).floor();
                PER_DECADE * decade + value / libm::pow(10.0, decade - 1.0) - 10.0
            }
        }
    }

    fn at_rung(self, rung: f64) -> f64 {
        match self.rungs {
            Rungs::Multiples => rung * self.step,
            Rungs::WholeTwoDigits if rung < PER_DECADE => rung + 10.0 - PER_DECADE,
            Rungs::TwoDigits | Rungs::WholeTwoDigits => {
                let decade = (rung / PER_DECADE).floor();
                (10.0 + rung - PER_DECADE * decade) * libm::pow(10.0, decade - 1.0)
            }
        }
    }
}

/// Removes the dust of binary fractions: 0.30000000000000004 is 0.3.
fn tidy(value: f64) -> f64 {
    if value == value.round() {
        return value;
    }
    format!("{value:.11e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::{ParameterKind, ParameterSpec, Value};

    /// The values at some positions around the one of a value.
    fn around(scale: SliderScale, value: f64) -> [f64; 3] {
        let position = scale.position(value);
        [-1.0, 0.0, 1.0].map(|move_by| scale.value(position + move_by))
    }

    #[test]
    fn an_arrow_moves_one_step() {
        let scale = SliderScale::of_numbers(0.0, 1.0, 0.01);
        assert_eq!(around(scale, 0.3), [0.29, 0.3, 0.31]);
        assert_eq!((scale.value(0.0), scale.value(scale.last()), scale.last()), (0.0, 1.0, 100.0));
        // A step of a coarse slider is more than a thousandth of it.
        assert_eq!(around(SliderScale::of_numbers(-100.0, 100.0, 0.5), 10.0), [9.5, 10.0, 10.5]);
        assert_eq!(around(SliderScale::of_integers(2, 8), 5.0), [4.0, 5.0, 6.0]);
        assert_eq!(around(SliderScale::of_integers(0, 9_007_199_254_740_991), 42.0), [41.0, 42.0, 43.0]);
    }

    #[test]
    fn long_ranges_are_walked_in_numbers_of_two_digits() {
        let scale = SliderScale::of_numbers(0.001, 1.0, 0.01);
        assert_eq!(around(scale, 0.1), [0.099, 0.1, 0.11]);
        assert_eq!(around(scale, 0.0023), [0.0022, 0.0023, 0.0024]);
        let whole = SliderScale::of_integers(1, 1_000_000);
        assert_eq!(around(whole, 1.0), [1.0, 1.0, 2.0]);
        assert_eq!(around(whole, 10.0), [9.0, 10.0, 11.0]);
        assert_eq!(around(whole, 100.0), [99.0, 100.0, 110.0]);
        assert_eq!(whole.value(whole.last()), 1e6);
    }

    #[test]
    fn the_ends_can_stand_between_rungs_and_what_does_stays_near() {
        let scale = SliderScale::of_numbers(0.05, 1.02, 0.1);
        assert_eq!(around(scale, 0.05), [0.05, 0.05, 0.1]);
        assert_eq!(around(scale, 1.02), [1.0, 1.02, 1.02]);
        assert_eq!(scale.value(scale.position(0.4711)), 0.5);
        assert_eq!(SliderScale::of_numbers(2.0, 2.0, 0.1).value(4.0), 2.0);
    }

    /// The parameters of every environment and agent.
    fn parameters() -> Vec<ParameterSpec> {
        let entries = environments::registry::catalog().into_iter().chain(agents::registry::catalog());
        entries.flat_map(|entry| entry.parameters).collect()
    }

    #[test]
    fn every_slider_of_the_page_moves_by_one_value_at_every_position() {
        for spec in parameters() {
            let scale = match spec.kind {
                ParameterKind::Number { min, max, step, .. } => SliderScale::of_numbers(min, max, step),
                ParameterKind::Integer { min, max, .. } => SliderScale::of_integers(min, max),
                _ => continue,
            };
            let last = scale.last();
            let positions = (0..200).map(f64::from).chain((0..200).map(|it| last - f64::from(it)));
            for position in positions.filter(|it| (0.0..=last).contains(it)) {
                let value = scale.value(position);
                assert_eq!(scale.position(value), position, "{}: {value}", spec.name);
                let taken = spec.check(&Value::Number(value));
                assert!(taken.is_ok(), "{}: {taken:?}", spec.name);
            }
        }
    }
}
