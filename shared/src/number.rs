//! Numbers that need not be finite. Text has no notation for those, so there they are the words `NaN`, `Infinity` and
//! `-Infinity`.

use serde::de::{Deserialize, Deserializer, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;

const WORDS: [(&str, f64); 3] = [("NaN", f64::NAN), ("Infinity", f64::INFINITY), ("-Infinity", f64::NEG_INFINITY)];

/// A number as it travels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

/// The word for a number that is not finite.
pub(crate) fn word(number: f64) -> Option<&'static str> {
    let same = |value: &f64| *value == number || (value.is_nan() && number.is_nan());
    WORDS.iter().find(|(_, value)| same(value)).map(|(word, _)| *word)
}

/// Whether a comma may stand before thousands as well as before decimals: `1,000`, and not `0,125`.
pub fn may_be_thousands(text: &str) -> bool {
    let digits = text.trim().trim_start_matches(['-', '+', '\u{2212}']);
    let is_digits = |part: &str| part.bytes().all(|it| it.is_ascii_digit());
    digits.split_once(',').is_some_and(|(whole, rest)| {
        (1..=3).contains(&whole.len())
            && !whole.starts_with('0')
            && rest.len() == 3
            && is_digits(whole)
            && is_digits(rest)
    })
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match word(self.0) {
            Some(word) if serializer.is_human_readable() => serializer.serialize_str(word),
            _ => serializer.serialize_f64(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;

        impl Visitor<'_> for NumberVisitor {
            type Value = Number;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number without quotes, \"NaN\", \"Infinity\" or \"-Infinity\"")
            }

            fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
                Ok(Number(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
                Ok(Number(value as f64))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
                Ok(Number(value as f64))
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Number, E> {
                let found = WORDS.iter().find(|(name, _)| *name == word);
                found.map(|(_, value)| Number(*value)).ok_or_else(|| E::invalid_value(Unexpected::Str(word), &self))
            }
        }

        if deserializer.is_human_readable() {
            deserializer.deserialize_any(NumberVisitor)
        } else {
            f64::deserialize(deserializer).map(Number)
        }
    }
}

/// For `#[serde(with = "shared::number")]` on an `f64`: writes a number or a word.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    Number(*value).serialize(serializer)
}

/// Reads a number or a word.
///
/// # Errors
///
/// Those of the deserializer, and any other text.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Number::deserialize(deserializer).map(|it| it.0)
}

/// For `#[serde(with = ...)]` on an `Option<f64>`.
pub mod optional {
    use super::{Deserialize as _, Deserializer, Number, Serialize as _, Serializer};

    /// Writes a number, a word or nothing.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(Number).serialize(serializer)
    }

    /// Reads a number, a word or nothing.
    ///
    /// # Errors
    ///
    /// Those of the deserializer, and any other text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        Ok(Option::<Number>::deserialize(deserializer)?.map(|it| it.0))
    }
}

/// For `#[serde(with = ...)]` on a map from names to `f64`.
pub mod by_name {
    use super::{Deserialize as _, Deserializer, Number, Serializer};
    use std::collections::BTreeMap;

    /// Writes it.
    pub fn serialize<S: Serializer>(values: &BTreeMap<String, f64>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(values.iter().map(|(name, value)| (name, Number(*value))))
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, f64>, D::Error> {
        let mut values = BTreeMap::new();
        values.extend(BTreeMap::<String, Number>::deserialize(deserializer)?.into_iter().map(|it| (it.0, it.1.0)));
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::may_be_thousands;

    #[test]
    fn text_and_bytes_carry_what_is_not_finite() {
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        struct All {
            #[serde(with = "crate::number")]
            one: f64,
            #[serde(default, with = "crate::number::optional")]
            perhaps: Option<f64>,
        }
        for (one, perhaps, text) in [
            (f64::NAN, Some(f64::NEG_INFINITY), r#"{"one":"NaN","perhaps":"-Infinity"}"#),
            (f64::INFINITY, None, r#"{"one":"Infinity","perhaps":null}"#),
            (-0.5, Some(2.0), r#"{"one":-0.5,"perhaps":2.0}"#),
        ] {
            let all = All { one, perhaps };
            assert_eq!(serde_json::to_string(&all).unwrap(), text);
            let read: All = serde_json::from_str(text).unwrap();
            assert_eq!((read.one.to_bits(), read.perhaps), (one.to_bits(), perhaps));
        }
        assert_eq!(serde_json::from_str::<All>(r#"{"one":-3}"#).unwrap().one, -3.0);
        let error = serde_json::from_str::<All>(r#"{"one":"nan"}"#).unwrap_err().to_string();
        assert!(error.contains(r#"expected a number without quotes, "NaN", "Infinity" or "-Infinity""#), "{error}");
    }

    #[test]
    fn a_comma_before_three_digits_may_be_one_before_thousands() {
        for (text, may_be) in [
            ("1,000", true),
            (" -25,125 ", true),
            ("\u{2212}999,000", true),
            ("0,125", false),
            ("1,00", false),
            ("1,0000", false),
            ("1000,000", false),
            ("1,00x", false),
            ("1.000", false),
        ] {
            assert_eq!(may_be_thousands(text), may_be, "{text}");
        }
    }
}
