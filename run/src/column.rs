//! Numbers in columns of f32.

/// The greatest finite number of a column. Beside a number that may be greater it means "this or more".
pub const MOST: f64 = f32::MAX as f64;

/// The nearest number of a column. Only what is infinite becomes infinite: what is finite and beyond the greatest is the
/// greatest.
pub fn narrow(number: f64) -> f32 {
    if number.is_infinite() { number as f32 } else { number.clamp(-MOST, MOST) as f32 }
}

#[cfg(test)]
mod tests {
    use super::narrow;

    #[test]
    fn what_is_finite_stays_finite_in_a_column() {
        let numbers = [1e39, -1.7e308, f64::INFINITY, f64::NEG_INFINITY, 0.5, -0.0];
        assert_eq!(numbers.map(narrow), [f32::MAX, f32::MIN, f32::INFINITY, f32::NEG_INFINITY, 0.5, -0.0]);
        assert!(narrow(f64::NAN).is_nan());
    }
}
