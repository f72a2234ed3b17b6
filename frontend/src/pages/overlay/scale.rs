//! Where values in words stand on an axis: numbers by their size, everything else by name.

use plot::Axis;
use std::collections::BTreeSet;

/// Numbers above 0 whose greatest is so many times the least stand on a logarithmic axis.
const WIDE: f64 = 50.0;

/// How values are laid out on an axis from 0 at the bottom to 1 at the top.
#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// All values are numbers.
    Numbers(Axis),
    /// Names, in order.
    Names(Vec<String>),
}

impl Scale {
    /// The scale of these values; empty ones have no place.
    pub fn of<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Self {
        let known = values.filter(|it| !it.is_empty());
        let numbers: Option<Vec<f64>> =
            known.clone().map(|it| it.parse().ok().filter(|it: &f64| it.is_finite())).collect();
        match numbers {
            Some(numbers) if !numbers.is_empty() => Self::of_numbers(&numbers),
            _ => Self::Names(known.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()),
        }
    }

    /// The scale of these numbers.
    pub fn of_numbers(numbers: &[f64]) -> Self {
        let finite = || numbers.iter().copied().filter(|it| it.is_finite());
        let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        Self::Numbers(Axis::new(low, high, low > 0.0 && high >= low * WIDE))
    }

    /// Where a value stands.
    pub fn share(&self, value: &str) -> Option<f64> {
        match self {
            Self::Numbers(axis) => value.parse().ok().map(|it| axis.share(it)).filter(|it| it.is_finite()),
            Self::Names(names) => {
                let place = names.iter().position(|it| it == value)?;
                Some(if names.len() > 1 { place as f64 / (names.len() - 1) as f64 } else { 0.5 })
            }
        }
    }

    /// What stands beside the axis, and where.
    pub fn labels(&self) -> Vec<(f64, String)> {
        match self {
            Self::Numbers(axis) => axis.ticks(5).into_iter().map(|(value, label)| (axis.share(value), label)).collect(),
            Self::Names(names) => names.iter().filter_map(|it| Some((self.share(it)?, it.clone()))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_by_their_size_and_names_by_their_order() {
        let linear = Scale::of(["0", "1", "0.5", ""].into_iter());
        assert_eq!(
            ["0", "0.5", "1", "", "x"].map(|it| linear.share(it)),
            [Some(0.0), Some(0.5), Some(1.0), None, None]
        );
        let wide = Scale::of(["0.001", "0.1", "0.01"].into_iter());
        assert!((wide.share("0.01").unwrap() - 0.5).abs() < 1e-9, "{wide:?}");
        let names = Scale::of(["relu", "tanh", "1", "tanh"].into_iter());
        assert_eq!(["1", "relu", "tanh"].map(|it| names.share(it)), [Some(0.0), Some(0.5), Some(1.0)]);
        assert_eq!(names.labels().len(), 3);
    }

    #[test]
    fn one_value_or_none_has_a_scale() {
        assert!(Scale::of(["3", "3"].into_iter()).share("3").is_some_and(|it| (0.0..=1.0).contains(&it)));
        assert_eq!(Scale::of(["on"].into_iter()).share("on"), Some(0.5));
        assert!(Scale::of([""].into_iter()).labels().is_empty());
        assert!(matches!(Scale::of_numbers(&[f64::NAN]), Scale::Numbers(_)));
    }
}
