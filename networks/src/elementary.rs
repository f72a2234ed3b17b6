//! Exponential, hyperbolic tangent and sigmoid for whole rows of activations, without a branch, so that compilers make
//! vector instructions of them.
//!
//! `libm`'s take one number at a time: with them activations cost several times what all multiplications of a small
//! network do. The formulas are those of Cephes (`expf.c`, `tanhf.c`; Moshier 1992): additions, multiplications, one
//! division, and bits. IEEE 754 says how each of these is rounded, so every platform gives the same bits.

#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for wide vectors")]

/// `e^x` to within 2 units in the last place for -87 <= x <= 88; beyond, the value at the nearer bound. NaN stays NaN.
#[inline(always)]
pub(crate) fn exponential(x: f32) -> f32 {
    /// Added and taken away again it rounds to the nearest whole number, which its sum has in the lowest bits.
    const ROUNDER: f32 = 12_582_912.0;
    const LOG_2_HIGH: f32 = 0.693_359_4;
    const LOG_2_LOW: f32 = -2.121_944_4e-4;
    let x = if x > 88.0 { 88.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    let rounded = x * std::f32::consts::LOG2_E + ROUNDER;
    let power = rounded - ROUNDER;
    let rest = (x - power * LOG_2_HIGH) - power * LOG_2_LOW;
    let mut sum = 1.987_569_1e-4;
    sum = sum * rest + 1.398_2e-3;
    sum = sum * rest + 8.333_452e-3;
    sum = sum * rest + 4.166_579_6e-2;
    sum = sum * rest + 1.666_666_5e-1;
    sum = sum * rest + 0.5;
    sum = sum * (rest * rest) + rest + 1.0;
    // Its lowest bits are the power of two, to be added to the exponent's bias.
    let scale = f32::from_bits((rounded.to_bits() << 23).wrapping_add(0x3f80_0000));
    sum * scale
}

/// The hyperbolic tangent, to within 3 units in the last place.
#[inline(always)]
pub(crate) fn tangent(x: f32) -> f32 {
    let size = x.abs();
    // From 10 on it is 1 to the last bit.
    let bounded = if size > 10.0 { 10.0 } else { size };
    let large = 1.0 - 2.0 / (exponential(2.0 * bounded) + 1.0);
    let square = x * x;
    let mut sum = -5.704_988_7e-3;
    sum = sum * square + 2.063_908_8e-2;
    sum = sum * square - 5.373_971_6e-2;
    sum = sum * square + 1.333_144_2e-1;
    sum = sum * square - 3.333_328e-1;
    let small = sum * square * x + x;
    if size > 0.625 { large.copysign(x) } else { small }
}

/// `1 / (1 + e^-x)`.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exponential(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The greatest error, in units of the last place of the right value.
    fn worst(of: fn(f32) -> f32, right: fn(f64) -> f64, range: f32) -> f64 {
        let error = |step: i32| {
            let x = range * step as f32 / 500_000.0;
            let right = right(f64::from(x));
            let size = (right.abs() as f32).to_bits();
            (f64::from(of(x)) - right).abs() / f64::from(f32::from_bits(size + 1) - f32::from_bits(size))
        };
        (-500_000..=500_000).map(error).fold(0.0, f64::max)
    }

    #[test]
    fn they_are_right_to_the_last_places() {
        assert!(worst(exponential, libm::exp, 87.0) < 2.0);
        assert!(worst(tangent, libm::tanh, 12.0) < 3.0);
        assert!(worst(sigmoid, |x| 1.0 / (1.0 + libm::exp(-x)), 80.0) < 3.0);
    }

    #[test]
    fn what_is_out_of_range_is_bounded_and_nan_is_not_hidden() {
        assert_eq!((tangent(1e30), tangent(-1e30), tangent(f32::INFINITY)), (1.0, -1.0, 1.0));
        assert_eq!((tangent(0.0), sigmoid(0.0), exponential(0.0)), (0.0, 0.5, 1.0));
        assert!(exponential(f32::INFINITY).is_finite() && exponential(1e30) > 1e38);
        assert!(exponential(f32::NEG_INFINITY) > 0.0 && exponential(-1e30) < 2e-38);
        assert_eq!((sigmoid(1e30), sigmoid(-1e30) < 1e-37), (1.0, true));
        for of in [exponential, tangent, sigmoid] {
            assert!(of(f32::NAN).is_nan());
        }
    }
}
