//! Numbers of a rule as people write them: what is none is named with what would do.

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use std::fmt;

/// How many points in a row.
pub(super) fn points<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    struct Visit;

    impl Visitor<'_> for Visit {
        type Value = u32;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(formatter, "a whole number from 1 to {} without quotes, e.g. 5", u32::MAX)
        }
        fn visit_i64<E: Error>(self, number: i64) -> Result<u32, E> {
            u32::try_from(number).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
        }
    }

    deserializer.deserialize_any(Visit)
}

/// A number, whole or not.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    struct Visit;

    impl Visitor<'_> for Visit {
        type Value = f64;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a number without quotes, e.g. 0.5")
        }
        fn visit_i64<E>(self, number: i64) -> Result<f64, E> {
            Ok(number as f64)
        }
        fn visit_f64<E>(self, number: f64) -> Result<f64, E> {
            Ok(number)
        }
    }

    deserializer.deserialize_any(Visit)
}

/// The number that is compared with.
pub(super) fn value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    number(deserializer).map(Some)
}
