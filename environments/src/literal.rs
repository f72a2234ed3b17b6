//! Python literals as JSON: what people paste from a notebook or a prompt.
//!
//! Tuples become lists, numbers and tuples as keys become texts, `True`, `False` and `None` are written as JSON writes them,
//! calls such as `np.float64(0.5)` and `array([...], dtype=float)` become their first argument and `defaultdict(dict, {...})`
//! its second, pairs in `OrderedDict([(key, value), ...])` and `dict([...])` the entries of a map, `nan` and `inf` become the texts that stand for them elsewhere, comments and commas before a closing bracket go,
//! commas that `NumPy` leaves out are put in, and assignments `P = ...` become the entries of a map.
//! Everything stays in its line, so that faults can be told with the line. What is no Python either comes out as no JSON.

use std::str::Chars;

/// What a bracket that is open holds.
enum OpenBracket {
    List,
    /// A map, and whether a key comes next.
    Map(bool),
    /// A call, and how many arguments come before the one that is taken; none once that is over.
    Call(Option<usize>),
    /// A call that makes a map of what it is given.
    Dictionary,
    /// A list of a map's entries,
    Pairs,
    /// and one of them, and whether its key comes next.
    Pair(bool),
}

struct Translator<'a> {
    rest: Chars<'a>,
    json: String,
    /// The open brackets, each with the number of its values so far.
    frames: Vec<(OpenBracket, usize)>,
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
                Some((OpenBracket::Map(key), _)) => *key = true,
                Some((OpenBracket::Call(before), _)) => *before = before.and_then(|before| before.checked_sub(1)),
                Some((OpenBracket::Pair(key), _)) if *key => {
                    *key = false;
                    self.put(":");
                }
                Some((OpenBracket::List | OpenBracket::Dictionary | OpenBracket::Pairs | OpenBracket::Pair(_), _))
                | None => {}
            },
            ':' => {
                if let Some((OpenBracket::Map(key), _)) = self.frames.last_mut() {
                    *key = false;
                }
                self.put(":");
            }
            '(' if self.wants_key() => self.tuple_as_key(),
            '[' | '(' if matches!(self.frames.last(), Some((OpenBracket::Dictionary, _))) => {
                self.open(OpenBracket::Pairs, "{");
            }
            '[' | '(' if matches!(self.frames.last(), Some((OpenBracket::Pairs, _))) => {
                self.open(OpenBracket::Pair(true), "");
            }
            '[' | '(' => self.open(OpenBracket::List, "["),
            '{' => self.open(OpenBracket::Map(true), "{"),
            ']' | ')' | '}' => self.close(letter),
            '"' | '\'' => self.text(letter),
            _ if letter.is_whitespace() => self.json.push(letter),
            _ => {
                self.rest = before;
                let word = self.word(|letter| letter.is_alphanumeric() || "_.+-".contains(letter));
                if word.is_empty() {
                    // No Python: JSON's reader will say so.
                    self.rest.next();
                    self.put(letter.encode_utf8(&mut [0; 4]));
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
        // A call may be a key, such as `np.int64(0)`.
        let place = self.frames.iter().rfind(|(frame, _)| !matches!(frame, OpenBracket::Call(_)));
        matches!(place, Some((OpenBracket::Map(true) | OpenBracket::Pair(true), _)))
    }

    /// Whether this is an argument of a call that is not the one to take.
    fn is_skipped(&self) -> bool {
        self.frames.iter().any(|(frame, _)| matches!(frame, OpenBracket::Call(before) if *before != Some(0)))
    }

    fn put(&mut self, json: &str) {
        if !self.is_skipped() {
            self.json.push_str(json);
        }
    }

    /// A value, or a key of a map, begins.
    fn begin(&mut self) {
        let comma = match self.frames.last_mut() {
            Some((OpenBracket::List | OpenBracket::Map(true) | OpenBracket::Pairs, count)) => {
                *count += 1;
                *count > 1
            }
            Some((OpenBracket::Dictionary, count)) => {
                *count += 1;
                false
            }
            Some((OpenBracket::Map(false) | OpenBracket::Call(_) | OpenBracket::Pair(_), _)) | None => false,
        };
        if comma {
            self.put(",");
        }
    }

    fn value(&mut self, json: &str) {
        self.begin();
        self.put(json);
    }

    fn open(&mut self, frame: OpenBracket, bracket: &str) {
        self.value(bracket);
        self.frames.push((frame, 0));
    }

    fn close(&mut self, bracket: char) {
        match self.frames.pop() {
            Some((OpenBracket::List, _)) => self.put("]"),
            Some((OpenBracket::Map(_) | OpenBracket::Pairs, _)) => self.put("}"),
            Some((OpenBracket::Dictionary, 0)) => self.put("{}"),
            Some((OpenBracket::Call(_) | OpenBracket::Dictionary | OpenBracket::Pair(_), _)) => {}
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
            let call = word.rsplit('.').next().unwrap_or(word);
            // What it makes entries of comes first, then its entries.
            let before = usize::from(call == "defaultdict");
            let is_map = matches!(call, "OrderedDict" | "dict");
            self.frames.push((if is_map { OpenBracket::Dictionary } else { OpenBracket::Call(Some(before)) }, 0));
            self.rest = arguments.chars();
        } else if self.wants_key() {
            self.value(&quoted(word));
        } else {
            self.value(&match word {
                "True" | "np.True_" => "true".to_owned(),
                "False" | "np.False_" => "false".to_owned(),
                "None" => "null".to_owned(),
                _ => not_finite(word).map_or_else(|| as_json_writes_it(word), quoted),
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
        let in_call = matches!(self.frames.last(), Some((OpenBracket::Call(_), _)));
        let number = Some(text.as_str()).filter(|_| in_call).and_then(not_finite);
        self.value(&quoted(number.unwrap_or(&text)));
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

/// The text that stands for an infinity or a not-a-number, for which JSON has no notation: whoever reads it names it.
fn not_finite(word: &str) -> Option<&'static str> {
    let (name, minus) = word.strip_prefix('-').map_or((word.trim_start_matches('+'), false), |name| (name, true));
    let name = name.rsplit('.').next().unwrap_or(name);
    if name.eq_ignore_ascii_case("nan") {
        return Some("NaN");
    }
    let is_infinite = name.eq_ignore_ascii_case("inf") || name.eq_ignore_ascii_case("infinity");
    is_infinite.then_some(if minus { "-Infinity" } else { "Infinity" })
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
        check("(np.float64(0.25), np.int64(3), np.bool_(True), np.False_)", &json!([0.25, 3, true, false]));
        check("{(0, 1): 'x', ( 2,3 ): 'y'}", &json!({"(0, 1)": "x", "(2, 3)": "y"}));
        check("env.unwrapped.P = {0: 1_000}", &json!({"P": {"0": 1000}}));
        check("defaultdict(<class 'dict'>, {0: {1: [(1.0, 2, 3, True)]}})", &json!({"0": {"1": [[1.0, 2, 3, true]]}}));
        check("defaultdict(<function <lambda> at 0x7f>, {0: 1})", &json!({"0": 1}));
        check(
            "OrderedDict([(0, OrderedDict([(1, [(1.0, 2, 3, True)]), ((4, 5), [])])), ('a', dict({6: 7}))])",
            &json!({"0": {"1": [[1.0, 2, 3, true]], "(4, 5)": []}, "a": {"6": 7}}),
        );
        check("{np.int64(0): {np.int64(1): 2}, np.str_('b'): 3}", &json!({"0": {"1": 2}, "b": 3}));
        check("collections.OrderedDict({0: {1: 2}})", &json!({"0": {"1": 2}}));
        check("defaultdict(<class 'dict'>, {0: OrderedDict([(1, 2)])})", &json!({"0": {"1": 2}}));
        check("[OrderedDict([(0, 1)]), OrderedDict()]", &json!([{"0": 1}, {}]));
        check("[NaN, -inf, np.nan, +Infinity, -np.inf]", &json!(["NaN", "-Infinity", "NaN", "Infinity", "-Infinity"]));
    }

    #[test]
    fn lines_stay_lines_and_what_is_no_literal_is_no_json() {
        assert_eq!(to_json("[\n(1,\n2)]").lines().count(), 3);
        for text in ["[1, ...]", "{0: x}", "[1", "f'{x}'", "lambda: 0", "[1] [2]", "[1e400]"] {
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
