//! The values that an experiment tries for a parameter: one, or a list.

use crate::experiment::{ExperimentError, MOST_CELLS};
use serde::de::{self, Deserializer, SeqAccess, value};
use serde::ser::{Serialize, Serializer};
use shared::parameter::{Parameters, Value};
use std::collections::BTreeMap;
use std::fmt;

/// Values to try. In a spec a single one stands for itself: `alpha = 0.1` is `alpha = [0.1]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices(pub Vec<Value>);

impl Serialize for Choices {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> de::Deserialize<'de> for Choices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        fn one<E: de::Error>(deserializer: impl Deserializer<'static, Error = E>) -> Result<Choices, E> {
            Ok(Choices(vec![de::Deserialize::deserialize(deserializer)?]))
        }

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Choices;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("true, false, a number, a text, or a list of these")
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Choices, E> {
                one(value::BoolDeserializer::new(value))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Choices, E> {
                one(value::I64Deserializer::new(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Choices, E> {
                one(value::U64Deserializer::new(value))
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Choices, E> {
                one(value::F64Deserializer::new(value))
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Choices, E> {
                one(value::StringDeserializer::new(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Choices, A::Error> {
                de::Deserialize::deserialize(value::SeqAccessDeserializer::new(list)).map(Choices)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// Every combination, the values of the last name changing first.
pub(super) fn combinations(set: &BTreeMap<String, Choices>) -> Result<Vec<Parameters>, ExperimentError> {
    let count = set.values().fold(1_u64, |count, choices| count.saturating_mul(choices.0.len() as u64));
    if count > MOST_CELLS {
        return Err(ExperimentError::TooMany { cells: count });
    }
    let mut combined = vec![Parameters::new()];
    for (name, choices) in set {
        let with = |so_far: &Parameters, value: &Value| {
            let mut more = so_far.clone();
            more.insert(name.clone(), value.clone());
            more
        };
        combined = combined.iter().flat_map(|so_far| choices.0.iter().map(move |value| with(so_far, value))).collect();
    }
    Ok(combined)
}
