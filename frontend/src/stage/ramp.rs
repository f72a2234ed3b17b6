//! Colour ramps: perceptually even and safe for colour-blind eyes, computed and not tabulated.
//!
//! Colours are mixed in the `OKLab` space (Ottosson 2020), in which equal steps look equal. The sequential ramp rises
//! evenly in lightness, so that it keeps its order without any colour vision at all.

use std::sync::LazyLock;

/// Red, green and blue, 0 to 255.
pub type Rgb = [u8; 3];

/// Lightness, chroma and hue in degrees at evenly spaced stations of the sequential ramp.
const SEQUENTIAL: [(f64, f64, f64); 5] =
    [(0.33, 0.075, 262.0), (0.475, 0.065, 220.0), (0.62, 0.075, 165.0), (0.765, 0.105, 125.0), (0.91, 0.135, 104.0)];

/// The same for the diverging ramp, from least to greatest; zero is in the middle.
const DIVERGING: [(f64, f64, f64); 5] =
    [(0.45, 0.13, 250.0), (0.69, 0.075, 245.0), (0.93, 0.012, 95.0), (0.71, 0.105, 60.0), (0.50, 0.135, 42.0)];

static SEQUENTIAL_TABLE: LazyLock<[Rgb; 256]> = LazyLock::new(|| table(&SEQUENTIAL));
static DIVERGING_TABLE: LazyLock<[Rgb; 256]> = LazyLock::new(|| table(&DIVERGING));

/// How numbers become colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ramp {
    /// From dark blue for the least to bright yellow for the greatest.
    Sequential,
    /// From blue over paper to orange, zero in the middle.
    Diverging,
}

impl Ramp {
    /// The colour at `share`, 0 for the least and 1 for the greatest value. Anything that is no number is the least.
    pub fn colour(self, share: f64) -> Rgb {
        let index = (share.clamp(0.0, 1.0) * 255.0).round() as usize;
        match self {
            Self::Sequential => SEQUENTIAL_TABLE[index.min(255)],
            Self::Diverging => DIVERGING_TABLE[index.min(255)],
        }
    }
}

/// Whether dark letters read better than light ones on this colour.
pub fn wants_dark_ink([red, green, blue]: Rgb) -> bool {
    0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue) > 128.0
}

fn table(stations: &[(f64, f64, f64); 5]) -> [Rgb; 256] {
    std::array::from_fn(|index| {
        let position = index as f64 / 255.0 * 4.0;
        let left = (position.floor() as usize).min(3);
        let share = position - left as f64;
        let mix = |a: f64, b: f64| a + (b - a) * share;
        let ((l0, c0, h0), (l1, c1, h1)) = (stations[left], stations[left + 1]);
        let (a0, b0) = (c0 * libm::cos(h0.to_radians()), c0 * libm::sin(h0.to_radians()));
        let (a1, b1) = (c1 * libm::cos(h1.to_radians()), c1 * libm::sin(h1.to_radians()));
        from_oklab(mix(l0, l1), mix(a0, a1), mix(b0, b1))
    })
}

/// `OKLab` to gamma-encoded sRGB, clipped to what a screen can show.
fn from_oklab(lightness: f64, a: f64, b: f64) -> Rgb {
    let long = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let medium = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let short = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    let encode = |linear: f64| {
        let linear = linear.clamp(0.0, 1.0);
        let encoded = if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * libm::pow(linear, 1.0 / 2.4) - 0.055 };
        (encoded * 255.0).round() as u8
    };
    [
        encode(4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short),
        encode(-1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short),
        encode(-0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701 * short),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(channel: u8) -> f64 {
        let value = f64::from(channel) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { libm::pow((value + 0.055) / 1.055, 2.4) }
    }

    /// The lightness of `OKLab`.
    fn lightness([red, green, blue]: Rgb) -> f64 {
        let (red, green, blue) = (linear(red), linear(green), linear(blue));
        let long = (0.412_221_470_8 * red + 0.536_332_536_3 * green + 0.051_445_992_9 * blue).cbrt();
        let medium = (0.211_903_498_2 * red + 0.680_699_545_1 * green + 0.107_396_956_6 * blue).cbrt();
        let short = (0.088_302_461_9 * red + 0.281_718_837_6 * green + 0.629_978_700_5 * blue).cbrt();
        0.210_454_255_3 * long + 0.793_617_785 * medium - 0.004_072_046_8 * short
    }

    #[test]
    fn equal_steps_of_value_are_equal_steps_of_lightness() {
        let step = (0.91 - 0.33) / 16.0;
        for index in 0..16 {
            let share = f64::from(index) / 16.0;
            let here = lightness(Ramp::Sequential.colour(share));
            let there = lightness(Ramp::Sequential.colour(share + 1.0 / 16.0));
            assert!((there - here - step).abs() < 0.006, "at {share}: {here} to {there}");
        }
    }

    #[test]
    fn the_ends_of_the_diverging_ramp_mirror_each_other() {
        for share in [0.0, 0.2, 0.4] {
            let below = lightness(Ramp::Diverging.colour(share));
            let above = lightness(Ramp::Diverging.colour(1.0 - share));
            assert!((below - above).abs() < 0.06, "{below} {above}");
        }
    }

    #[test]
    fn letters_are_readable_at_both_ends() {
        assert!(!wants_dark_ink(Ramp::Sequential.colour(0.0)));
        assert!(wants_dark_ink(Ramp::Sequential.colour(1.0)));
        assert_eq!(Ramp::Sequential.colour(f64::NAN), Ramp::Sequential.colour(0.0));
    }
}
