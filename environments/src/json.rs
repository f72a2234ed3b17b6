//! Numbers and names in JSON texts, read by the standard library: exact to the last bit, and no second reader of
//! numbers in the page.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::value::RawValue;

/// A number, as the nearest double.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Number(pub(crate) f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        text.parse().map(Self).map_err(|_| D::Error::custom(format_args!("{} is not a number", beginning(text))))
    }
}

/// A name, which may be written as a whole number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        let whole = || text.parse::<i64>().ok().map(|number| number.to_string());
        serde_json::from_str(text)
            .ok()
            .or_else(whole)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format_args!("{} is neither a name nor a whole number", beginning(text))))
    }
}

/// As much of a text as a message can show.
fn beginning(text: &str) -> &str {
    text.char_indices().nth(40).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_nearest_doubles() {
        for text in ["0.1", "1e-7", "-2.5E3", "179769313486231570000e288", "5e-324", "0.30000000000000004", "12"] {
            let Number(number) = serde_json::from_str(text).unwrap();
            assert_eq!(number.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
        for text in ["\"1\"", "true", "null", "[1]", "NaN", "inf", "1.", ""] {
            assert!(serde_json::from_str::<Number>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_may_be_numbers() {
        let names: Vec<Name> = serde_json::from_str(r#"["left", 7, -3, "4\n", ""]"#).unwrap();
        let read = ["left", "7", "-3", "4\n", ""].map(|name| Name(name.to_owned()));
        assert_eq!(names, read);
        let fault = serde_json::from_str::<Name>("1.5").unwrap_err().to_string();
        assert!(fault.contains("1.5 is neither a name nor a whole number"), "{fault}");
    }
}
