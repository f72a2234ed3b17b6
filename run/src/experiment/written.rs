//! What people write in an experiment: what does not fit is named with what would.

use crate::experiment::{Candidate, Choices};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use shared::quantity::Seed;
use std::collections::BTreeMap;
use std::fmt;

/// Every whole number up to it is one in every language.
const MOST_WHOLE: u64 = Seed::MAX.get();

/// A whole number, also as `1e6`.
pub(super) fn whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Visit;

    impl Visitor<'_> for Visit {
        type Value = u64;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(formatter, "a whole number from 0 to {MOST_WHOLE} without quotes, e.g. 30")
        }
        fn visit_u64<E: de::Error>(self, number: u64) -> Result<u64, E> {
            if number > MOST_WHOLE { Err(E::invalid_value(Unexpected::Unsigned(number), &self)) } else { Ok(number) }
        }
        fn visit_i64<E: de::Error>(self, number: i64) -> Result<u64, E> {
            match u64::try_from(number) {
                Ok(number) => self.visit_u64(number),
                Err(_) => Err(E::invalid_value(Unexpected::Signed(number), &self)),
            }
        }
        fn visit_f64<E: de::Error>(self, number: f64) -> Result<u64, E> {
            // What lies outside becomes the nearest that is within, which is another number.
            let whole = number as u64;
            if whole as f64 == number {
                self.visit_u64(whole)
            } else {
                Err(E::invalid_value(Unexpected::Float(number), &self))
            }
        }
    }

    deserializer.deserialize_any(Visit)
}

/// The same where it may be missing.
pub(super) fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    whole_number(deserializer).map(Some)
}

/// Environments or agents.
pub(super) fn candidates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Candidate>, D::Error> {
    struct Visit;

    impl<'de> Visitor<'de> for Visit {
        type Value = Vec<Candidate>;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter
                .write_str("a list of tables with an id, each under a head of its own: [[environments]] or [[agents]]")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Vec<Candidate>, A::Error> {
            Deserialize::deserialize(SeqAccessDeserializer::new(list))
        }
    }

    deserializer.deserialize_any(Visit)
}

/// An id.
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Visit;

    impl Visitor<'_> for Visit {
        type Value = String;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("one id in quotes, e.g. \"gridworld\"; another one is an entry of its own")
        }
        fn visit_str<E>(self, name: &str) -> Result<String, E> {
            Ok(name.to_owned())
        }
    }

    deserializer.deserialize_any(Visit)
}

/// What is set.
pub(super) fn values<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Choices>, D::Error> {
    struct Visit;

    impl<'de> Visitor<'de> for Visit {
        type Value = BTreeMap<String, Choices>;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("values by their names, e.g. set.alpha = [0.1, 0.5]")
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            Deserialize::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_any(Visit)
}
