//! JSON as people write tables and tracks in it: small texts, read whole, whose faults are named with their places.
//!
//! A general library brings a second reader and a writer of numbers with tables of 15 kB into the page.

use shared::decimal;
use std::str::Chars;

/// Deepest nesting of lists and maps.
const MOST_DEPTH: u32 = 16;

/// A value in a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Json<'a> {
    content: Content<'a>,
    /// What of the text follows it.
    rest: &'a str,
}

#[derive(Clone, Debug, PartialEq)]
enum Content<'a> {
    /// A number, true, false or null.
    Bare(&'a str),
    Text(String),
    List(Vec<Json<'a>>),
    Map(Vec<(String, Json<'a>)>),
}

/// What is wrong, and what of the text follows the place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault<'a> {
    words: String,
    rest: &'a str,
}

/// Reads a text and takes from it what is wanted; faults are given in words with line and column.
pub(crate) fn read<T>(text: &str, take: impl for<'a> FnOnce(&Json<'a>) -> Result<T, Fault<'a>>) -> Result<T, String> {
    let mut parser = Parser { rest: text };
    let taken = parser.value(0).and_then(|json| {
        parser.blank();
        if parser.rest.is_empty() { take(&json) } else { Err(parser.fault("trailing characters".into())) }
    });
    taken.map_err(|Fault { words, rest }| {
        let before = &text[..text.len() - rest.len()];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        format!("{words} at line {line} column {column}")
    })
}

impl<'a> Json<'a> {
    /// The fault of being something else.
    pub(crate) fn expected(&self, what: &str) -> Fault<'a> {
        let found = match &self.content {
            Content::Bare(word) => (*word).to_owned(),
            Content::Text(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a map".to_owned(),
        };
        Fault { words: format!("{found} is not {what}"), rest: self.rest }
    }

    /// A number, as the nearest double.
    pub(crate) fn number(&self) -> Result<f64, Fault<'a>> {
        match self.content {
            Content::Bare(word) => decimal::number(word),
            _ => None,
        }
        .ok_or_else(|| self.expected("a number"))
    }

    /// A name, which may be written as a whole number.
    pub(crate) fn name(&self) -> Result<String, Fault<'a>> {
        match &self.content {
            Content::Text(text) => Some(text.clone()),
            Content::Bare(word) => word.parse::<i64>().ok().map(|number| number.to_string()),
            _ => None,
        }
        .ok_or_else(|| self.expected("a name or a whole number"))
    }

    /// True or false.
    pub(crate) fn flag(&self) -> Result<bool, Fault<'a>> {
        match self.content {
            Content::Bare("true") => Ok(true),
            Content::Bare("false") => Ok(false),
            _ => Err(self.expected("true or false")),
        }
    }

    /// The elements of a list.
    pub(crate) fn list(&self) -> Result<&[Self], Fault<'a>> {
        match &self.content {
            Content::List(elements) => Ok(elements),
            _ => Err(self.expected("a list")),
        }
    }

    /// The values of a map that has no other keys than these; none for a key that is not there.
    pub(crate) fn fields<const COUNT: usize>(&self, keys: [&str; COUNT]) -> Result<[Option<&Self>; COUNT], Fault<'a>> {
        let Content::Map(entries) = &self.content else { return Err(self.expected("a map")) };
        let mut values = [None; COUNT];
        for (key, value) in entries {
            let fault = |words| Fault { words, rest: value.rest };
            let place = keys.iter().position(|it| it == key);
            let place = place
                .ok_or_else(|| fault(format!("unknown field `{key}`, expected one of `{}`", keys.join("`, `"))))?;
            if values[place].replace(value).is_some() {
                return Err(fault(format!("duplicate field `{key}`")));
            }
        }
        Ok(values)
    }

    /// A field's value that must be there.
    pub(crate) fn needed<'it>(&self, value: Option<&'it Self>, key: &str) -> Result<&'it Self, Fault<'a>> {
        value.ok_or_else(|| Fault { words: format!("missing field `{key}`"), rest: self.rest })
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn fault(&self, words: String) -> Fault<'a> {
        Fault { words, rest: self.rest }
    }

    fn blank(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\n', '\r', '\t']);
    }

    /// Takes this mark if it comes next.
    fn mark(&mut self, mark: char) -> bool {
        self.blank();
        let after = self.rest.strip_prefix(mark);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn value(&mut self, depth: u32) -> Result<Json<'a>, Fault<'a>> {
        if depth > MOST_DEPTH {
            return Err(self.fault("nested too deep".into()));
        }
        let content = if self.mark('"') {
            Content::Text(self.text()?)
        } else if self.mark('[') {
            let mut elements = Vec::new();
            self.until(']', |parser| {
                elements.push(parser.value(depth + 1)?);
                Ok(())
            })?;
            Content::List(elements)
        } else if self.mark('{') {
            let mut entries = Vec::new();
            self.until('}', |parser| {
                if !parser.mark('"') {
                    return Err(parser.fault("expected a key in quotes".into()));
                }
                let key = parser.text()?;
                if !parser.mark(':') {
                    return Err(parser.fault("expected `:`".into()));
                }
                entries.push((key, parser.value(depth + 1)?));
                Ok(())
            })?;
            Content::Map(entries)
        } else {
            Content::Bare(self.bare()?)
        };
        Ok(Json { content, rest: self.rest })
    }

    /// Elements with commas between them, up to a mark.
    fn until(
        &mut self,
        end: char,
        mut element: impl FnMut(&mut Self) -> Result<(), Fault<'a>>,
    ) -> Result<(), Fault<'a>> {
        if self.mark(end) {
            return Ok(());
        }
        loop {
            element(self)?;
            if self.mark(end) {
                return Ok(());
            }
            if !self.mark(',') {
                return Err(self.fault(format!("expected `,` or `{end}`")));
            }
        }
    }

    /// A word of JSON, or a number as it writes them.
    fn bare(&mut self) -> Result<&'a str, Fault<'a>> {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
        let (word, rest) = self.rest.split_at(self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len()));
        let begins = word.strip_prefix('-').unwrap_or(word);
        let whole = begins.split(['.', 'e', 'E']).next().unwrap_or_default();
        let is_number = decimal::number(word).is_some()
            && begins.starts_with(|first: char| first.is_ascii_digit())
            && (whole == "0" || !whole.starts_with('0'))
            && begins.split('.').nth(1).is_none_or(|after| after.starts_with(|first: char| first.is_ascii_digit()));
        if !is_number && !["true", "false", "null"].contains(&word) {
            return Err(self.fault(if word.is_empty() && rest.is_empty() {
                "cut off: another value expected".into()
            } else {
                "expected a value".into()
            }));
        }
        self.rest = rest;
        Ok(word)
    }

    /// What stands between quotes, the first of which was taken.
    fn text(&mut self) -> Result<String, Fault<'a>> {
        let (mut text, mut letters) = (String::new(), self.rest.chars());
        loop {
            let letter = match letters.next() {
                Some('"') => {
                    self.rest = letters.as_str();
                    return Ok(text);
                }
                Some('\\') => escaped(&mut letters),
                Some(letter) if letter >= ' ' => Some(letter),
                _ => None,
            };
            self.rest = letters.as_str();
            text.push(letter.ok_or_else(|| self.fault("a text without an end, or with what must be escaped".into()))?);
        }
    }
}

/// The letter that an escape stands for, behind its backslash.
fn escaped(letters: &mut Chars<'_>) -> Option<char> {
    let unit = |letters: &mut Chars<'_>| {
        let digits = letters.as_str().get(..4).filter(|it| it.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        *letters = letters.as_str()[4..].chars();
        u16::from_str_radix(digits, 16).ok()
    };
    Some(match letters.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let first = unit(letters)?;
            let second = if (0xd800..0xdc00).contains(&first) && letters.as_str().starts_with("\\u") {
                letters.nth(1);
                unit(letters)
            } else {
                None
            };
            char::decode_utf16([first].into_iter().chain(second)).next()?.ok()?
        }
        mark @ ('"' | '\\' | '/') => mark,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_the_nearest_doubles() {
        for text in ["0.1", "1e-7", "-2.5E3", "179769313486231570000e288", "5e-324", "0.30000000000000004", "12", "-0"]
        {
            let number = read(text, |json| json.number()).unwrap();
            assert_eq!(number.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
        for text in ["\"1\"", "true", "null", "[1]", "NaN", "inf", "1.", ".5", "+1", "01", "1.e5", ""] {
            assert!(read(text, |json| json.number()).is_err(), "{text}");
        }
    }

    #[test]
    fn names_may_be_numbers() {
        let names = |json: &Json<'_>| json.list().unwrap().iter().map(|it| it.name().unwrap()).collect::<Vec<_>>();
        let text = r#" ["left", 7, -3, "4\n\u00e9\ud83d\ude00", ""] "#;
        assert_eq!(read(text, |json| Ok(names(json))).unwrap(), ["left", "7", "-3", "4\né😀", ""]);
        let fault = read("1.5", |json| json.name()).unwrap_err();
        assert_eq!(fault, "1.5 is not a name or a whole number at line 1 column 3");
    }

    #[test]
    fn faults_are_named_with_their_places() {
        let width = |json: &Json<'_>| {
            let [width] = json.fields(["width"]).map_err(|fault| fault.words)?;
            json.needed(width, "width").and_then(Json::number).map_err(|fault| fault.words)
        };
        let words = |text: &str| read(text, |json| Ok(width(json))).unwrap().unwrap_err();
        assert_eq!(words(r#"{"width": "ten"}"#), "\"ten\" is not a number");
        assert_eq!(words("{}"), "missing field `width`");
        assert_eq!(words(r#"{"breadth": 1}"#), "unknown field `breadth`, expected one of `width`");
        assert_eq!(words(r#"{"width": 1, "width": 2}"#), "duplicate field `width`");
        let fault = |text: &str| read(text, |_| Ok(())).unwrap_err();
        assert_eq!(fault("[1,\n 2;"), "expected `,` or `]` at line 2 column 2");
        assert_eq!(fault("[1] 2"), "trailing characters at line 1 column 4");
        assert_eq!(fault("[1,"), "cut off: another value expected at line 1 column 3");
        assert_eq!(fault(&"[".repeat(1000)), "nested too deep at line 1 column 17");
    }

    proptest! {
        #[test]
        fn it_takes_what_the_common_library_takes(text in r#"[\[\]{}",:a\\nu0-9.eE+\- ]{0,24}"#) {
            let common = serde_json::from_str::<serde_json::Value>(&text);
            // Whether a number is too large for a double is for who asks for it to say.
            prop_assume!(!common.as_ref().is_err_and(|error| error.to_string().contains("out of range")));
            prop_assert_eq!(read(&text, |_| Ok(())).is_ok(), common.is_ok(), "{}", text);
        }

        #[test]
        fn texts_are_those_of_the_common_library(text: String) {
            let written = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(read(&written, |json| json.name()).unwrap(), text);
        }
    }
}
