//! Values of parameters.

use crate::artifact::ArtifactHash;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A parameter's value as it stands in a spec: a plain scalar in every encoding.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A choice or a free text.
    Text(String),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Value;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("true, false, a number or a text")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Flag(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Integer(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(i64::try_from(value).map_or(Value::Number(value as f64), Value::Integer))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(Value::Number(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(Value::Text(value.to_owned()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(value) => value.fmt(formatter),
            Self::Integer(value) => value.fmt(formatter),
            Self::Number(value) => value.fmt(formatter),
            Self::Text(value) => value.fmt(formatter),
        }
    }
}

/// Texts of more characters are told by their beginning.
const MOST_TOLD: usize = 60;

impl Value {
    /// The value in a line: a number of many digits with an exponent; of a long text, or one of several lines, its beginning,
    /// its length and of its SHA-256 what tells it apart.
    pub fn short(&self) -> String {
        let text = match self {
            Self::Text(text) => text,
            Self::Number(number) if is_long(*number) => return format!("{number:e}"),
            _ => return self.to_string(),
        };
        let count = text.chars().count();
        if count <= MOST_TOLD && !text.contains(['\n', '\r']) {
            return text.clone();
        }
        let beginning: String = text.lines().next().unwrap_or_default().chars().take(MOST_TOLD / 2).collect();
        let hash = ArtifactHash::of(text.as_bytes()).to_string();
        format!("{beginning}… ({count} characters, SHA-256 {}…)", &hash[..12])
    }
}

/// Whether digits would fill the line.
fn is_long(number: f64) -> bool {
    number.is_finite() && number != 0.0 && !(1e-6..1e15).contains(&number.abs())
}

/// Values by parameter name; what is not named keeps its default.
pub type Parameters = BTreeMap<String, Value>;
