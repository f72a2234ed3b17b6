//! Numbers whose range is part of their type.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A number outside its range, with the range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{quantity} must be {allowed}, not {value}")]
pub struct OutOfRange {
    /// What the number stands for, in plain words.
    pub quantity: &'static str,
    /// The refused value, as given.
    pub value: String,
    /// The allowed range, in plain words.
    pub allowed: &'static str,
}

macro_rules! bounded {
    ($(#[$meta:meta])* $name:ident, $words:literal, $allowed:literal, |$value:ident| $check:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(f64);

        impl $name {
            /// Checks and wraps a number; the error names the value and the allowed range.
            pub fn new($value: f64) -> Result<Self, OutOfRange> {
                if $check {
                    Ok(Self($value))
                } else {
                    Err(OutOfRange { quantity: $words, value: $value.to_string(), allowed: $allowed })
                }
            }

            /// The number itself.
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = OutOfRange;
            fn try_from(value: f64) -> Result<Self, OutOfRange> {
                Self::new(value)
            }
        }

        impl From<$name> for f64 {
            fn from(value: $name) -> f64 {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

bounded!(
    /// A probability, 0 to 1.
    Probability, "a probability", "from 0 to 1", |value| (0.0..=1.0).contains(&value)
);
bounded!(
    /// A discount factor (gamma), 0 to 1: how much a reward one step later is worth now.
    Discount, "a discount", "from 0 to 1", |value| (0.0..=1.0).contains(&value)
);
bounded!(
    /// A step size (alpha), 0 to 1: the share of each error that is learned; 0 learns nothing.
    StepSize, "a step size", "from 0 to 1", |value| (0.0..=1.0).contains(&value)
);

/// A seed, 0 to 2^53 - 1, so that every language's JSON numbers carry it whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Seed(u64);

impl Seed {
    /// The greatest seed.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// Checks and wraps a seed.
    #[inline]
    pub fn new(value: u64) -> Result<Self, OutOfRange> {
        if value <= Self::MAX.0 { Ok(Self(value)) } else { Err(Self::refusal(value)) }
    }

    #[cold]
    fn refusal(value: u64) -> OutOfRange {
        let allowed = "a whole number from 0 to 9007199254740991";
        OutOfRange { quantity: "a seed", value: value.to_string(), allowed }
    }

    /// The number itself.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The seed number `index` of the stream named `stream`, by two rounds of SplitMix64
    /// (Steele, Lea and Flood 2014): statistically independent for every pair.
    #[inline]
    #[must_use]
    pub const fn derive(self, stream: u64, index: u64) -> Self {
        let mixed = split_mix(self.0 ^ stream.rotate_left(32)).wrapping_add(index);
        Self(split_mix(mixed) >> 11)
    }
}

/// One round of SplitMix64's output function over `value` plus the golden gamma.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call costs more than what it does")]
pub const fn split_mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl TryFrom<u64> for Seed {
    type Error = OutOfRange;
    fn try_from(value: u64) -> Result<Self, OutOfRange> {
        Self::new(value)
    }
}

impl From<Seed> for u64 {
    fn from(seed: Seed) -> u64 {
        seed.0
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_named_in_errors() {
        let error = Probability::new(1.5).unwrap_err().to_string();
        assert_eq!(error, "a probability must be from 0 to 1, not 1.5");
        assert!(StepSize::new(-0.1).is_err() && StepSize::new(0.0).is_ok());
        assert!(Discount::new(f64::NAN).is_err());
        assert!(Seed::new(1 << 53).is_err());
        assert_eq!(Seed::new((1 << 53) - 1), Ok(Seed::MAX));
    }

    #[test]
    fn derived_seeds_differ_by_stream_and_index() {
        let seed = Seed::new(42).unwrap();
        let derived: std::collections::BTreeSet<_> =
            (0..4).flat_map(|stream| (0..1000).map(move |index| seed.derive(stream, index))).collect();
        assert_eq!(derived.len(), 4000);
        assert!(derived.iter().all(|it| *it <= Seed::MAX));
    }
}
