//! Slider scales: positions of a slider and the values they stand for.

/// Positions of every slider: 0 to this.
pub const POSITIONS: f64 = 1_000.0;

/// A range spanning this factor is walked in equal factors instead of equal differences.
const LOGARITHMIC_FROM: f64 = 1_000.0;

/// How a slider walks over a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SliderScale {
    min: f64,
    max: f64,
    step: f64,
    logarithmic: bool,
}

impl SliderScale {
    /// A scale over a range; values snap to multiples of `step`, on long ranges to two digits.
    pub fn new(min: f64, max: f64, step: f64) -> Self {
        Self { min, max, step: step.max(1e-12), logarithmic: min > 0.0 && max / min >= LOGARITHMIC_FROM }
    }

    /// The position of a value.
    pub fn position(self, value: f64) -> f64 {
        let value = value.clamp(self.min, self.max);
        let share = if self.logarithmic {
            libm::log(value / self.min) / libm::log(self.max / self.min)
        } else {
            (value - self.min) / (self.max - self.min).max(1e-12)
        };
        (share * POSITIONS).round()
    }

    /// The value at a position.
    pub fn value(self, position: f64) -> f64 {
        let share = (position / POSITIONS).clamp(0.0, 1.0);
        if self.logarithmic {
            return two_digits(self.min * libm::pow(self.max / self.min, share)).clamp(self.min, self.max);
        }
        let raw = self.min + share * (self.max - self.min);
        let steps = ((raw - self.min) / self.step).round();
        tidy(self.min + steps * self.step).clamp(self.min, self.max)
    }
}

fn two_digits(value: f64) -> f64 {
    let unit = libm::pow(10.0, libm::log10(value.abs()).floor() - 1.0);
    tidy((value / unit).round() * unit)
}

/// Removes the dust of binary fractions: 0.30000000000000004 is 0.3.
fn tidy(value: f64) -> f64 {
    format!("{value:.9}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_snap_to_steps() {
        let scale = SliderScale::new(0.0, 1.0, 0.01);
        assert_eq!(scale.value(303.0), 0.3);
        assert_eq!(scale.position(0.3), 300.0);
        assert_eq!((scale.value(0.0), scale.value(POSITIONS)), (0.0, 1.0));
    }

    #[test]
    fn long_ranges_are_walked_in_factors() {
        let scale = SliderScale::new(0.001, 1.0, 0.01);
        assert_eq!(scale.value(500.0), 0.032);
        assert_eq!(scale.position(0.1), 667.0);
        assert_eq!(scale.value(667.0), 0.1);
    }

    #[test]
    fn an_empty_range_is_no_fault() {
        assert_eq!(SliderScale::new(2.0, 2.0, 0.1).value(400.0), 2.0);
    }
}
