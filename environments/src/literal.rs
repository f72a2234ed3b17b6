//! Python literals as JSON: what people paste from a notebook or a prompt.
//!
//! Tuples become lists, numbers and tuples as keys become texts, `True`, `False` and `None` are written as JSON writes them,
//! calls such as `np.float64(0.5)` and `array([...], dtype=float)` become their first argument, comments and commas before a
//! closing bracket go, commas that `NumPy` leaves out are put in, and assignments `P = ...` become the entries of a map.
//! Everything stays in its line, so that faults can be told with the line. What is no Python either comes out as no JSON.

use std::str::Chars;

/// What a bracket that is open holds.
enum Frame {
    List,
    /// A map, and whether a key comes next.
    Map(bool),
    /// A call, and whether its first argument is still to come or under way.
    Call(bool),
}

struct Translator<'a> {
    rest: Chars<'a>,
    json: String,
    /// The open brackets, each with the number of its values so far.
    frames: Vec<(Frame, usize)>,
    assignments: usize,
}

/// The JSON that a Python literal stands for; JSON stays what it is.
pub(crate) fn to_json(text: &str) -> String {
    let json = String::with_capacity(text.len());
    let mut translator = Translator { rest: text.chars(), json, frames: Vec::new(), assignments: 0 };
    while translator.token() {}
    if translator.assignments > 0 {
        translator.json.push('}');
    }
    translator.json
}

impl Translator<'_> {
    /// Translates one token; whether there was one.
    fn token(&mut self) -> bool {
        let before = self.rest.clone();
        let Some(letter) = self.rest.next() else { return false };
        match letter {
            '#' => drop(self.word(|letter| letter != '\n')),
            ',' => match self.frames.last_mut() {
                Some((Frame::Map(key), _)) => *key = true,
                Some((Frame::Call(first), _)) => *first = false,
                Some((Frame::List, _)) | None => {}
            },
            ':' => {
                if let Some((Frame::Map(key), _)) = self.frames.last_mut() {
                    *key = false;
                }
                self.put(":");
            }
            '(' if self.wants_key() => self.tuple_as_key(),
            '[' | '(' => self.open(Frame::List, "["),
            '{' => self.open(Frame::Map(true), "{"),
            ']' | ')' | '}' => self.close(letter),
            '"' | '\'' => self.text(letter),
            _ if letter.is_whitespace() => self.json.push(letter),
            _ => {
                self.rest = before;
                let word = self.word(|letter| letter.is_alphanumeric() || "_.+-".contains(letter));
                if word.is_empty() {
                    // No Python: JSON's reader will say so.
                    self.rest.next();
                    self.json.push(letter);
                } else {
                    self.bare(&word);
                }
            }
        }
        true
    }

    fn word(&mut self, is_part: impl Fn(char) -> bool) -> String {
        let text = self.rest.as_str();
        let (word, rest) = text.split_at(text.find(|letter| !is_part(letter)).unwrap_or(text.len()));
        self.rest = rest.chars();
        word.to_owned()
    }

    fn wants_key(&self) -> bool {
        matches!(self.frames.last(), Some((Frame::Map(true), _)))
    }

    /// Whether this is behind the first argument of a call.
    fn is_skipped(&self) -> bool {
        self.frames.iter().any(|(frame, _)| matches!(frame, Frame::Call(false)))
    }

    fn put(&mut self, json: &str) {
        if !self.is_skipped() {
            self.json.push_str(json);
        }
    }

    /// A value, or a key of a map, begins.
    fn begin(&mut self) {
        let comma = match self.frames.last_mut() {
            Some((Frame::List | Frame::Map(true), count)) => {
                *count += 1;
                *count > 1
            }
            Some((Frame::Map(false) | Frame::Call(_), _)) | None => false,
        };
        if comma {
            self.put(",");
        }
    }

    fn value(&mut self, json: &str) {
        self.begin();
        self.put(json);
    }

    fn open(&mut self, frame: Frame, bracket: &str) {
        self.value(bracket);
        self.frames.push((frame, 0));
    }

    fn close(&mut self, bracket: char) {
        match self.frames.pop() {
            Some((Frame::List, _)) => self.put("]"),
            Some((Frame::Map(_), _)) => self.put("}"),
            Some((Frame::Call(_), _)) => {}
            None => self.json.push(bracket),
        }
    }

    /// A word without quotes.
    fn bare(&mut self, word: &str) {
        let after = self.rest.as_str().trim_start_matches([' ', '\t']);
        let is_name = word.starts_with(|first: char| first.is_alphabetic() || first == '_');
        if let Some(value) = after.strip_prefix('=').filter(|after| is_name && !after.starts_with('=')) {
            if self.frames.is_empty() {
                let begin = if self.assignments == 0 { "{" } else { "," };
                let name = word.rsplit('.').next().unwrap_or(word);
                self.json += begin;
                self.json += &quoted(name);
                self.json.push(':');
                self.assignments += 1;
            }
            self.rest = value.chars();
        } else if let Some(arguments) = after.strip_prefix('(').filter(|_| is_name) {
            self.begin();
            self.frames.push((Frame::Call(true), 0));
            self.rest = arguments.chars();
        } else if self.wants_key() {
            self.value(&quoted(word));
        } else {
            self.value(&match word {
                "True" => "true".to_owned(),
                "False" => "false".to_owned(),
                "None" => "null".to_owned(),
                _ => as_json_writes_it(word),
            });
        }
    }

    /// What stands between quotes, the first of which was taken.
    fn text(&mut self, quote: char) {
        let mut text = String::new();
        while let Some(letter) = self.rest.next() {
            if letter == quote {
                break;
            }
            match letter {
                '\\' => match self.rest.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some('b') => text.push('\u{8}'),
                    Some('f') => text.push('\u{c}'),
                    Some('u') => text.extend(self.unit()),
                    other => text.extend(other),
                },
                _ => text.push(letter),
            }
        }
        self.value(&quoted(&text));
    }

    /// The letter of an escape with four digits, perhaps of a pair of them.
    fn unit(&mut self) -> Option<char> {
        let digits = |rest: &mut Chars<'_>| {
            let unit = u16::from_str_radix(rest.as_str().get(..4)?, 16).ok()?;
            *rest = rest.as_str()[4..].chars();
            Some(unit)
        };
        let first = digits(&mut self.rest)?;
        let mut second = None;
        if (0xd800..0xdc00).contains(&first)
            && let Some(after) = self.rest.as_str().strip_prefix("\\u")
        {
            self.rest = after.chars();
            second = digits(&mut self.rest);
        }
        char::decode_utf16([first].into_iter().chain(second)).next()?.ok()
    }

    /// A tuple in the place of a key, the bracket of which was taken: `(0, 1)`.
    fn tuple_as_key(&mut self) {
        let inside = self.word(|letter| letter != ')');
        self.rest.next();
        let parts: Vec<_> = inside.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
        self.value(&quoted(&format!("({})", parts.join(", "))));
    }
}

/// A number as JSON has it: `1.` is 1.0 and `.5` is 0.5. Anything else stays.
fn as_json_writes_it(word: &str) -> String {
    let is_number =
        word.trim_start_matches(['+', '-']).starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let digits = word.replace('_', "");
    match (digits.parse::<i64>(), digits.parse::<f64>()) {
        (Ok(whole), _) => whole.to_string(),
        (_, Ok(number)) if is_number && number.is_finite() => format!("{number:?}"),
        _ => word.to_owned(),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(python: &str, expected: &Value) {
        let found = to_json(python);
        assert_eq!(serde_json::from_str::<Value>(&found).unwrap(), *expected, "{found}");
    }

    #[test]
    fn literals_are_translated() {
        check(
            "{0: {1: [(1.0, 2, .5, True), (0., 3, -1, False,)]}}",
            &json!({"0": {"1": [[1.0, 2, 0.5, true], [0.0, 3, -1, false]]}}),
        );
        check("['SF', \"F'G\", 'a\\'b', None] # a map", &json!(["SF", "F'G", "a'b", null]));
        check("P = np.array([[0.5 0.5]\n [1.  0.]])\nR = [1, 2]", &json!({"P": [[0.5, 0.5], [1.0, 0.0]], "R": [1, 2]}));
        check("array([[1, 2], [3, 4]], dtype=int64)", &json!([[1, 2], [3, 4]]));
        check("(np.float64(0.25), np.int64(3), np.bool_(True))", &json!([0.25, 3, true]));
        check("{(0, 1): 'x', ( 2,3 ): 'y'}", &json!({"(0, 1)": "x", "(2, 3)": "y"}));
        check("env.unwrapped.P = {0: 1_000}", &json!({"P": {"0": 1000}}));
    }

    #[test]
    fn lines_stay_lines_and_what_is_no_literal_is_no_json() {
        assert_eq!(to_json("[\n(1,\n2)]").lines().count(), 3);
        for text in ["[1, ...]", "{0: x}", "[1", "f'{x}'", "lambda: 0", "[1] [2]", "[inf]"] {
            assert!(serde_json::from_str::<Value>(&to_json(text)).is_err(), "{text}: {}", to_json(text));
        }
    }

    proptest! {
        #[test]
        fn json_stays_what_it_is(text: String, number: f64, whole: i64) {
            prop_assume!(number.is_finite());
            let value = json!({text.clone(): [text, {"a": number, "b": [whole, true, false, null, [], {}]}]});
            prop_assert_eq!(serde_json::from_str::<Value>(&to_json(&value.to_string())).unwrap(), value.clone());
            prop_assert_eq!(serde_json::from_str::<Value>(&to_json(&format!("{value:#}"))).unwrap(), value);
        }

        #[test]
        fn no_text_makes_it_panic(text in r#"[\[\](){}:,'"\\u0-9a-z=.#\n -]{0,40}"#) {
            to_json(&text);
        }
    }
}
