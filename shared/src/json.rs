//! What is wrong with a JSON text, in words that name it.

use serde::de::IgnoredAny;
use serde_json::error::Category;
use std::str;

/// The words of a fault without its place. A number that no `f64` holds is told as it was written.
pub fn words(text: &[u8], error: &serde_json::Error) -> String {
    explanation(text, error).unwrap_or_else(|| {
        let words = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        words.strip_suffix(&place).unwrap_or(&words).to_owned()
    })
}

/// What is wrong with the number that a fault is at, where it is that: `serde_json` tells it as one of syntax, and does not name
/// the number.
pub fn explanation(text: &[u8], error: &serde_json::Error) -> Option<String> {
    if error.classify() != Category::Syntax {
        return None;
    }
    if let Some(word) = not_finite_at(text, error) {
        return Some(format!(
            "{word} is no number of JSON: one that is not finite is written \"{word}\", in quotes, or left out"
        ));
    }
    if !is_json_up_to(text, error) {
        return None;
    }
    let number = number_at(text, error);
    if let Some(number) = number.filter(|it| !it.parse::<f64>().is_ok_and(f64::is_finite)) {
        return Some(beyond(number));
    }
    // A value that should be another is told at its first byte, a second key at the byte before its comma.
    let begins = number.filter(|it| bytes_up_to(text, error).is_some_and(|before| begins_at_end(before, it)));
    let second = "this object has one key, its kind, and no second one";
    match (begins, is_before_comma(text, error)) {
        (Some(number), true) if number.len() == 1 => Some(format!("{}; or {second}", not_a_name(number))),
        (Some(number), _) => Some(not_a_name(number)),
        (None, true) => Some(second.to_owned()),
        (None, false) => None,
    }
}

fn not_a_name(number: &str) -> String {
    format!("a name in quotes or an object is expected, not the number {number}")
}

/// The text as far as a fault, with the byte that it is told at.
fn bytes_up_to<'a>(text: &'a [u8], error: &serde_json::Error) -> Option<&'a [u8]> {
    let lines = text.split_inclusive(|byte| *byte == b'\n').take(error.line().checked_sub(1)?);
    text.get(..lines.map(<[u8]>::len).sum::<usize>() + error.column())
}

/// Whether the last byte is the first of a number.
fn begins_at_end(before: &[u8], number: &str) -> bool {
    before.split_last().is_some_and(|(last, before)| {
        number.as_bytes().first() == Some(last) && !before.last().copied().is_some_and(is_part_of_number)
    })
}

fn is_before_comma(text: &[u8], error: &serde_json::Error) -> bool {
    let behind = bytes_up_to(text, error).and_then(|before| text.get(before.len()..));
    behind.is_some_and(|behind| behind.trim_ascii_start().starts_with(b","))
}

/// Whether the text is JSON as far as a fault, also one value behind the other: then what stands there is not wrong in itself, but not
/// what is asked for.
fn is_json_up_to(text: &[u8], error: &serde_json::Error) -> bool {
    let place = |error: &serde_json::Error| (error.line(), error.column());
    let is_behind = |wrong: &serde_json::Error| wrong.is_eof() || place(wrong) > place(error);
    match serde_json::from_slice::<IgnoredAny>(text) {
        Ok(_) => true,
        Err(wrong) if place(&wrong) < place(error) => {
            let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
            values.find_map(Result::err).is_none_or(|wrong| is_behind(&wrong))
        }
        Err(wrong) => is_behind(&wrong),
    }
}

/// The words of a fault with its line and column.
pub fn fault(text: &[u8], error: &serde_json::Error) -> String {
    if error.line() == 0 {
        return error.to_string();
    }
    format!("{} at line {} column {}", words(text, error), error.line(), error.column())
}

/// Says of a number, as it was written, that no `f64` holds it.
pub fn beyond(number: &str) -> String {
    let short: String = number.chars().take(40).collect();
    format!("the number {short} is beyond 1.8e308, the largest that can be computed with")
}

/// How Python and JavaScript write a number that is not finite, where a fault is at one.
fn not_finite_at(text: &[u8], error: &serde_json::Error) -> Option<&'static str> {
    let line = text.split(|byte| *byte == b'\n').nth(error.line().checked_sub(1)?)?;
    let is_at = |word: &&str| {
        (0..=word.len()).any(|back| {
            let at = error.column().saturating_sub(back);
            // In quotes it is a text.
            let is_text = at > 0 && line.get(at - 1) == Some(&b'"');
            !is_text && line.get(at..).is_some_and(|it| it.starts_with(word.as_bytes()))
        })
    };
    ["-Infinity", "Infinity", "NaN"].into_iter().find(is_at)
}

/// The number that a fault is in or behind.
fn number_at<'a>(text: &'a [u8], error: &serde_json::Error) -> Option<&'a str> {
    let line = text.split(|byte| *byte == b'\n').nth(error.line().checked_sub(1)?)?;
    let end = error.column().min(line.len());
    // The column is that of its last digit, or of what comes behind it.
    let within = if end > 0 && !is_part_of_number(line[end - 1]) { end - 1 } else { end };
    let begin = line[..within].iter().rposition(|byte| !is_part_of_number(*byte)).map_or(0, |before| before + 1);
    let end =
        line[within..].iter().position(|byte| !is_part_of_number(*byte)).map_or(line.len(), |count| within + count);
    str::from_utf8(&line[begin..end]).ok().filter(|number| !number.is_empty())
}

const fn is_part_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    enum Kind {
        #[serde(rename = "ping")]
        Ping,
    }

    #[test]
    fn a_number_that_is_too_large_is_told_as_it_was_written_with_its_place() {
        for (text, number, place) in [
            ("1e400", "1e400", "line 1 "),
            ("[1,\n {\"a\": -2.5e+999}]", "-2.5e+999", "line 2 "),
            ("[[1e99999999999999999999, 3]]", "1e99999999999999999999", "line 1 "),
        ] {
            let error = serde_json::from_str::<serde_json::Value>(text).unwrap_err();
            let said = fault(text.as_bytes(), &error);
            let words =
                format!("the number {number} is beyond 1.8e308, the largest that can be computed with at {place}");
            assert!(said.starts_with(&words), "{said}");
        }
        for (text, word) in
            [("[1,\n NaN]", "NaN"), ("{\"a\": Infinity}", "Infinity"), ("{\"a\":-Infinity, \"b\": 1}", "-Infinity")]
        {
            let error = serde_json::from_str::<serde_json::Value>(text).unwrap_err();
            let said = fault(text.as_bytes(), &error);
            assert!(said.starts_with(&format!("{word} is no number of JSON")), "{text}: {said}");
        }
        let lines = "{\"a\": 1}\n{\"a\": -1e999}\n{";
        let mut values = serde_json::Deserializer::from_str(lines).into_iter::<serde_json::Value>();
        let error = values.find_map(Result::err).unwrap();
        assert!(words(lines.as_bytes(), &error).starts_with("the number -1e999 is beyond"), "{error}");
        // What is no JSON beside a number keeps its words.
        for text in
            ["[1 2]", "[01]", "{1: 2}", "1 2", "{\"a\" 1}", "{\"a\": 1, 2: 3}", "[1.]", "[--1]", "[\"a\" \"NaN\"]"]
        {
            let error = serde_json::from_str::<serde_json::Value>(text).unwrap_err();
            assert_eq!(fault(text.as_bytes(), &error), error.to_string(), "{text}");
        }
        let error = serde_json::from_str::<serde_json::Value>("[1,\n oops]").unwrap_err();
        assert_eq!(fault(b"[1,\n oops]", &error), "expected value at line 2 column 2");
        assert_eq!(words(b"[1,\n oops]", &error), "expected value");
        let text = r#"[["ping"], [-12.5]]"#;
        let error = serde_json::from_str::<Vec<[Kind; 1]>>(text).unwrap_err();
        assert_eq!(words(text.as_bytes(), &error), "a name in quotes or an object is expected, not the number -12.5");
        assert!(matches!(serde_json::from_str(r#""ping""#).unwrap(), Kind::Ping));
    }

    #[test]
    fn a_second_key_is_told_as_one_and_not_as_the_number_before_it() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only read")]
        enum Thing {
            #[serde(rename = "size")]
            Size(f64),
            #[serde(rename = "field")]
            Field { width: u32 },
            #[serde(rename = "other")]
            Other(Box<Thing>),
        }
        let said = |text: &str| {
            let error = serde_json::from_str::<Vec<Thing>>(text).unwrap_err();
            words(text.as_bytes(), &error)
        };
        let second = "this object has one key, its kind, and no second one";
        for text in [
            r#"[{"field": {"width": 5}, "size": 1}]"#,
            r#"[{"field": {"width": 5} , "size": 1}]"#,
            r#"[{"size": 1.25, "field": {"width": 5}}]"#,
            "[{\"size\": 12\n, \"other\": 3}]",
            "[{\"size\": 12,\n\"other\": 3}]",
            "[{\"size\": 1}, {\"other\": {\"size\": 2e1\n  , \"size\": 3}}]",
        ] {
            assert_eq!(said(text), second, "{text}");
        }
        let number = "a name in quotes or an object is expected, not the number";
        assert_eq!(said(r#"[{"other": 12, "size": 1}]"#), format!("{number} 12"));
        assert_eq!(said(r#"[{"other": 1}]"#), format!("{number} 1"));
        // Of one digit its place tells neither from the other.
        assert_eq!(said(r#"[{"size": 1, "size": 2}]"#), format!("{number} 1; or {second}"));
        assert_eq!(said(r#"[{"other": 1, "size": 2}]"#), format!("{number} 1; or {second}"));
        assert_eq!(said(r#"[{"other": [1]}]"#), "expected value");
    }
}
