//! Logarithms, sines and cosines bit for bit as `libm` has them, but without a branch, for what environments ask for.
//!
//! `libm` must first find out in which of many ranges an argument lies, and for a random one no processor foresees
//! that. The formulas are those of FreeBSD's `e_log.c`, `k_sin.c` and `k_cos.c`, as `libm` has them.

use std::hint::cold_path;

/// The first 33 bits of a quarter turn, so that a few times it is exact, and what they leave.
const QUARTER_TURN: f64 = f64::from_bits(0x3ff9_21fb_5440_0000);
const QUARTER_TURN_REST: f64 = f64::from_bits(0x3dd0_b461_1a62_6331);

/// So many 2^-53 as a number.
#[inline]
pub(crate) const fn share(count: u64) -> f64 {
    count as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// The natural logarithm of a number above 0 that is not denormal, and not beyond 1.
#[inline]
pub(crate) fn logarithm(number: f64) -> f64 {
    const LOG_OF_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
    const LOG_OF_2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
    const L1: f64 = f64::from_bits(0x3fe5_5555_5555_5593);
    const L2: f64 = f64::from_bits(0x3fd9_9999_9997_fa04);
    const L3: f64 = f64::from_bits(0x3fd2_4924_9422_9359);
    const L4: f64 = f64::from_bits(0x3fcc_71c5_1d8e_78af);
    const L5: f64 = f64::from_bits(0x3fc7_4664_96cb_03de);
    const L6: f64 = f64::from_bits(0x3fc3_9a09_d078_c69f);
    const L7: f64 = f64::from_bits(0x3fc2_f112_df3e_5244);
    // A power of two times a number from the root of a half to the root of two.
    let bits = number.to_bits() + 0x0009_5f62_0000_0000;
    let power = f64::from((bits >> 52) as i32 - 0x3ff);
    let rest = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) + 0x3fe6_a09e_0000_0000) - 1.0;
    let half_square = 0.5 * rest * rest;
    let share = rest / (2.0 + rest);
    let z = share * share;
    let w = z * z;
    let even = w * (L2 + w * (L4 + w * L6));
    let odd = z * (L1 + w * (L3 + w * (L5 + w * L7)));
    share * (half_square + (odd + even)) + power * LOG_OF_2_LOW - half_square + rest + power * LOG_OF_2_HIGH
}

/// The cosine of so many 2^-53 of a turn, for less than a turn.
#[inline]
pub(crate) fn cosine_of_turn(turn: u64) -> f64 {
    const EIGHTH: u64 = 1 << 50;
    let angle = std::f64::consts::TAU * share(turn);
    // Close to a multiple of an eighth it depends on the last bits of the angle which formula holds.
    if turn.wrapping_add(EIGHTH >> 17) % EIGHTH < EIGHTH >> 16 {
        cold_path();
        return libm::cos(angle);
    }
    let quarters = (turn + EIGHTH) / (2 * EIGHTH);
    let count = f64::from(quarters as i32);
    let near = angle - count * QUARTER_TURN;
    let left = count * QUARTER_TURN_REST;
    let within = near - left;
    let rest = (near - within) - left;
    let (sine, cosine) = (sine(within, rest).to_bits(), cosine(within, rest).to_bits());
    let odd = (quarters & 1).wrapping_neg();
    let negative = (quarters ^ quarters >> 1) << 63;
    f64::from_bits((cosine ^ (cosine ^ sine) & odd) ^ negative)
}

/// Sine and cosine.
#[inline]
pub(crate) fn sine_and_cosine(angle: f64, with: &Coefficients) -> (f64, f64) {
    let high = (angle.to_bits() >> 32) as u32 & 0x7fff_ffff;
    // From where a sine is no longer the angle itself to an eighth of a turn.
    if !(0x3e46_a09e..=0x3fe9_21fb).contains(&high) {
        cold_path();
        return libm::sincos(angle);
    }
    let [s1, s2, s3, s4, s5, s6] = with.sine;
    let [c1, c2, c3, c4, c5, c6] = with.cosine;
    let z = angle * angle;
    let w = z * z;
    let sine = angle + z * angle * (s1 + z * (s2 + z * (s3 + z * s4) + z * w * (s5 + z * s6)));
    let higher = z * (c1 + z * (c2 + z * c3)) + w * w * (c4 + z * (c5 + z * c6));
    let half = 0.5 * z;
    let most = 1.0 - half;
    (sine, most + (((1.0 - most) - half) + z * higher))
}

/// Cosine of an angle within an eighth of a turn and of what its bits leave out.
#[inline]
fn cosine(angle: f64, rest: f64) -> f64 {
    let [c1, c2, c3, c4, c5, c6] = COEFFICIENTS.cosine;
    let z = angle * angle;
    let w = z * z;
    let higher = z * (c1 + z * (c2 + z * c3)) + w * w * (c4 + z * (c5 + z * c6));
    let half = 0.5 * z;
    let most = 1.0 - half;
    most + (((1.0 - most) - half) + (z * higher - angle * rest))
}

/// Sine of an angle within an eighth of a turn and of what its bits leave out.
#[inline]
fn sine(angle: f64, rest: f64) -> f64 {
    let [s1, s2, s3, s4, s5, s6] = COEFFICIENTS.sine;
    let z = angle * angle;
    let cube = z * angle;
    let higher = s2 + z * (s3 + z * s4) + z * (z * z) * (s5 + z * s6);
    angle - ((z * (0.5 * rest - cube * higher) - rest) - cube * s1)
}

/// The coefficients of sine and cosine. V8 builds a number that stands in the program with two instructions and fetches
/// one from memory with one, so who is in a hurry keeps them there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coefficients {
    sine: [f64; 6],
    cosine: [f64; 6],
}

pub(crate) const COEFFICIENTS: Coefficients = Coefficients {
    sine: [
        f64::from_bits(0xbfc5_5555_5555_5549),
        f64::from_bits(0x3f81_1111_1110_f8a6),
        f64::from_bits(0xbf2a_01a0_19c1_61d5),
        f64::from_bits(0x3ec7_1de3_57b1_fe7d),
        f64::from_bits(0xbe5a_e5e6_8a2b_9ceb),
        f64::from_bits(0x3de5_d93a_5acf_d57c),
    ],
    cosine: [
        f64::from_bits(0x3fa5_5555_5555_554c),
        f64::from_bits(0xbf56_c16c_16c1_5177),
        f64::from_bits(0x3efa_01a0_19cb_1590),
        f64::from_bits(0xbe92_7e4f_809c_52ad),
        f64::from_bits(0x3e21_ee9e_bdb4_b1c4),
        f64::from_bits(0xbda8_fae9_be88_38d4),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Generator;
    use shared::quantity::Seed;
    use std::f64::consts::TAU;

    fn assert_log(number: f64) {
        assert_eq!(logarithm(number).to_bits(), libm::log(number).to_bits(), "{number:e}");
    }

    fn assert_turn(share: u64) {
        let angle = TAU * (share as f64 / (1_u64 << 53) as f64);
        assert_eq!(cosine_of_turn(share).to_bits(), libm::cos(angle).to_bits(), "{share}");
    }

    fn assert_angle(angle: f64) {
        for angle in [angle, -angle] {
            let ((sine, cosine), expected) = (sine_and_cosine(angle, &COEFFICIENTS), libm::sincos(angle));
            assert_eq!((sine.to_bits(), cosine.to_bits()), (expected.0.to_bits(), expected.1.to_bits()), "{angle:e}");
        }
    }

    #[test]
    fn everywhere_they_are_those_of_libm() {
        let mut generator = Generator::new(Seed::new(1).unwrap());
        for _ in 0..300_000 {
            let bits = generator.bits() >> 11;
            assert_log(1.0 - bits as f64 / (1_u64 << 53) as f64);
            assert_turn(bits);
            assert_angle(generator.unit());
        }
    }

    #[test]
    fn on_borders_they_are_those_of_libm() {
        for power in 0..53 {
            for step in 0..200 {
                let near = (1_u64 << power) + step;
                for share in [near, (1 << 53) - near] {
                    assert_log(1.0 - (share % (1 << 53)) as f64 / (1_u64 << 53) as f64);
                    assert_angle(share as f64 / (1_u64 << 53) as f64);
                    (0..8).for_each(|eighth| assert_turn(((eighth << 50) + share) % (1 << 53)));
                }
            }
        }
        for angle in [0.0, 5e-324, f64::MIN_POSITIVE, 1e-100, 1e-9, 2.0e-8, 2.1e-8, 2.2e-8, 0.2, 0.785, 0.786, 3.0] {
            assert_angle(angle);
        }
        assert_log(1.0);
    }
}
