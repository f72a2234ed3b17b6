//! Parameters of environments and agents: what there is to set, within which range, and what was set.
//!
//! The page builds its forms from [`ParameterSpec`]s and the terminal its help texts; a build function gets
//! [`Resolved`] values, which are complete and in range.

mod layers;
mod need;
mod resolved;
mod value;

pub use layers::{LayerList, LayerNumber};
pub use need::{Condition, Need, NeededValues, effective, keep_preset, settle};
pub use resolved::Resolved;
pub use value::{Parameters, Value};

use crate::number;
use crate::scene::Tile;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One option of a choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChoiceOption {
    /// The value in specs.
    pub value: String,
    /// What people read.
    pub label: String,
}

/// What kind of value a parameter takes, its range and its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// A number from `min` to `max`, both included.
    Number {
        /// Least allowed value.
        min: f64,
        /// Greatest allowed value.
        max: f64,
        /// Value when nothing is said.
        default: f64,
        /// A sensible step of a slider.
        step: f64,
    },
    /// A whole number from `min` to `max`, both included.
    Integer {
        /// Least allowed value.
        min: i64,
        /// Greatest allowed value.
        max: i64,
        /// Value when nothing is said.
        default: i64,
    },
    /// Yes or no.
    Flag {
        /// Value when nothing is said.
        default: bool,
    },
    /// One of a few words.
    Choice {
        /// The words.
        options: Vec<ChoiceOption>,
        /// Value when nothing is said.
        default: String,
    },
    /// A text; the environment or agent that reads it says what it may hold.
    Text {
        /// Most characters.
        max_characters: usize,
        /// Whether lines matter: a map, a table.
        multiline: bool,
        /// Value when nothing is said.
        default: String,
    },
}

/// A letter that a map may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapLetter {
    /// The letter, one character.
    pub letter: String,
    /// What it means, in a word or two.
    pub name: String,
    /// How it looks.
    pub tile: Tile,
}

/// A parameter: its name in specs and its words for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterSpec {
    /// Name in specs, `snake_case`.
    pub name: String,
    /// What people read beside the control.
    pub label: String,
    /// The field's symbol, empty when there is none.
    #[serde(default)]
    pub symbol: String,
    /// One line in plain words: what turning it changes.
    pub help: String,
    /// Kind, range and default.
    pub kind: ParameterKind,
    /// What other parameters must be for this one to have an effect; all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// The parameter that it is a figure of, such as a schedule's decay of what decays; empty where it stands by itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub part_of: String,
    /// The letters of a map, where it is a text that is one; otherwise empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legend: Vec<MapLetter>,
    /// What layers of a network it lists, where it is a text that does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers: Option<LayerList>,
    /// Whether another value takes effect while an agent learns; every other parameter begins a run anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub live: bool,
}

impl ParameterSpec {
    #[inline(never)]
    fn new(name: &str, label: &str, help: &str, kind: ParameterKind) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            symbol: String::new(),
            help: help.into(),
            kind,
            needs: Vec::new(),
            part_of: String::new(),
            legend: Vec::new(),
            layers: None,
            live: false,
        }
    }

    /// A number from `range.0` to `range.1`.
    #[inline(never)]
    pub fn number(name: &str, label: &str, range: (f64, f64), default: f64, step: f64, help: &str) -> Self {
        Self::new(name, label, help, ParameterKind::Number { min: range.0, max: range.1, default, step })
    }

    /// A whole number from `range.0` to `range.1`.
    #[inline(never)]
    pub fn integer(name: &str, label: &str, range: (i64, i64), default: i64, help: &str) -> Self {
        Self::new(name, label, help, ParameterKind::Integer { min: range.0, max: range.1, default })
    }

    /// Yes or no.
    #[inline(never)]
    pub fn flag(name: &str, label: &str, default: bool, help: &str) -> Self {
        Self::new(name, label, help, ParameterKind::Flag { default })
    }

    /// One of `options`, given as (value, label); the first is the default.
    #[inline(never)]
    pub fn choice(name: &str, label: &str, options: &[(&str, &str)], help: &str) -> Self {
        let default = options.first().map_or("", |(value, _)| value).to_owned();
        let options =
            options.iter().map(|(value, label)| ChoiceOption { value: (*value).into(), label: (*label).into() });
        Self::new(name, label, help, ParameterKind::Choice { options: options.collect(), default })
    }

    /// A text of at most `max_characters`.
    #[inline(never)]
    pub fn text(name: &str, label: &str, max_characters: usize, multiline: bool, default: &str, help: &str) -> Self {
        Self::new(name, label, help, ParameterKind::Text { max_characters, multiline, default: default.into() })
    }

    /// The same parameter with the field's symbol.
    #[must_use]
    #[inline(never)]
    pub fn symbol(mut self, symbol: &str) -> Self {
        self.symbol = symbol.into();
        self
    }

    /// The same parameter as a figure of another one.
    #[must_use]
    #[inline(never)]
    pub fn part_of(mut self, parameter: &str) -> Self {
        self.part_of = parameter.into();
        self
    }

    /// The same text as a map of these letters.
    #[must_use]
    #[inline(never)]
    pub fn map(mut self, legend: impl IntoIterator<Item = MapLetter>) -> Self {
        self.legend = legend.into_iter().collect();
        self
    }

    /// The same text as a list of such layers.
    #[must_use]
    #[inline(never)]
    pub fn layers(mut self, layers: LayerList) -> Self {
        self.layers = Some(layers);
        self
    }

    /// The same parameter, of which another value takes effect while an agent learns.
    #[must_use]
    #[inline(never)]
    pub const fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// The value when nothing is said.
    pub fn default_value(&self) -> Value {
        match &self.kind {
            ParameterKind::Number { default, .. } => Value::Number(*default),
            ParameterKind::Integer { default, .. } => Value::Integer(*default),
            ParameterKind::Flag { default } => Value::Flag(*default),
            ParameterKind::Choice { default, .. } | ParameterKind::Text { default, .. } => Value::Text(default.clone()),
        }
    }

    /// Checks one value and brings it to this parameter's kind.
    pub fn check(&self, given: &Value) -> Result<Value, ParameterError> {
        let refuse = |allowed: String| ParameterError::Refused {
            parameter: self.name.clone(),
            value: match given {
                Value::Text(text) => text.chars().take(80).collect(),
                other => other.short(),
            },
            allowed,
        };
        match (&self.kind, given) {
            (ParameterKind::Number { min, max, .. }, Value::Number(_) | Value::Integer(_)) => {
                let value = match given {
                    Value::Integer(value) => *value as f64,
                    Value::Number(value) => *value,
                    Value::Flag(_) | Value::Text(_) => f64::NAN,
                };
                if (*min..=*max).contains(&value) {
                    Ok(Value::Number(value))
                } else {
                    Err(refuse(format!("a number from {min} to {max}")))
                }
            }
            (ParameterKind::Integer { min, max, .. }, Value::Integer(_) | Value::Number(_)) => {
                let value = match given {
                    Value::Integer(value) => Some(*value),
                    Value::Number(value) if *value == (*value as i64) as f64 => Some(*value as i64),
                    _ => None,
                };
                value
                    .filter(|value| (*min..=*max).contains(value))
                    .map(Value::Integer)
                    .ok_or_else(|| refuse(format!("a whole number from {min} to {max}")))
            }
            (ParameterKind::Flag { .. }, Value::Flag(_)) => Ok(given.clone()),
            (ParameterKind::Choice { options, .. }, Value::Text(value)) => {
                if options.iter().any(|option| option.value == *value) {
                    Ok(given.clone())
                } else {
                    let values: Vec<_> = options.iter().map(|option| option.value.as_str()).collect();
                    Err(refuse(format!("one of {}", values.join(", "))))
                }
            }
            (ParameterKind::Text { max_characters, .. }, Value::Text(value)) => {
                if value.len() > *max_characters && value.chars().count() > *max_characters {
                    return Err(refuse(format!("a text of at most {max_characters} characters")));
                }
                match self.layers.as_ref().map(|it| it.read(value)) {
                    Some(Err(reason)) => Err(ParameterError::invalid(&self.name, reason)),
                    Some(Ok(_)) | None => Ok(given.clone()),
                }
            }
            // One layer alone looks like a number.
            (ParameterKind::Text { .. }, Value::Integer(alone)) if self.layers.is_some() => {
                self.check(&Value::Text(alone.to_string()))
            }
            (ParameterKind::Number { min, max, .. }, _) => Err(refuse(format!("a number from {min} to {max}"))),
            (ParameterKind::Integer { min, max, .. }, _) => Err(refuse(format!("a whole number from {min} to {max}"))),
            (ParameterKind::Flag { .. }, _) => Err(refuse("true or false".into())),
            (ParameterKind::Choice { .. } | ParameterKind::Text { .. }, _) => Err(refuse("a text".into())),
        }
    }

    /// Reads a value from text, as typed or pasted into a form or a command line. Some programs begin a text with a byte
    /// order mark, which is no part of it.
    pub fn parse(&self, text: &str) -> Result<Value, ParameterError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let trimmed = text.trim();
        let value = match &self.kind {
            // What is beyond all numbers is told as it was written, not as the infinity that it is read as.
            // Whether a comma stands before thousands or before decimals, nobody knows of `1,000`.
            ParameterKind::Number { min, max, .. } if number::may_be_thousands(trimmed) => {
                return Err(ParameterError::Refused {
                    parameter: self.name.clone(),
                    value: trimmed.to_owned(),
                    allowed: format!(
                        "a number from {min} to {max} with a point before decimals and nothing before thousands"
                    ),
                });
            }
            ParameterKind::Number { .. } => {
                plain(trimmed).parse().ok().filter(|it: &f64| it.is_finite()).map(Value::Number)
            }
            ParameterKind::Integer { .. } => plain(trimmed).parse().ok().map(Value::Integer),
            ParameterKind::Flag { .. } => trimmed.parse().ok().map(Value::Flag),
            ParameterKind::Choice { .. } => Some(Value::Text(trimmed.to_owned())),
            ParameterKind::Text { .. } => Some(Value::Text(text.to_owned())),
        };
        self.check(&value.unwrap_or_else(|| Value::Text(text.to_owned())))
    }
}

/// A number with a decimal comma or a sign that is no hyphen, as Rust writes it.
fn plain(number: &str) -> String {
    number.replacen('\u{2212}', "-", 1).replacen(',', ".", 1)
}

/// A named set of values, offered as one click.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// Name in links.
    pub name: String,
    /// What people read.
    pub label: String,
    /// The values it sets; all others get their defaults.
    pub values: Parameters,
}

impl Preset {
    /// A preset of these values by parameter name.
    #[inline(never)]
    pub fn new(name: &str, label: &str, values: Vec<(&str, Value)>) -> Self {
        let mut preset = Self { name: name.into(), label: label.into(), values: Parameters::new() };
        preset.values.extend(values.into_iter().map(|(name, value)| (name.to_owned(), value)));
        preset
    }
}

/// A parameter that cannot be taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParameterError {
    /// No parameter of that name.
    #[error("there is no parameter {parameter:?}; there are: {known}")]
    Unknown {
        /// The name that was given.
        parameter: String,
        /// The names there are.
        known: String,
    },
    /// No preset of that name.
    #[error("there is no preset {preset:?}; there are: {known}")]
    UnknownPreset {
        /// The name that was given.
        preset: String,
        /// The names there are.
        known: String,
    },
    /// Outside the range or of the wrong kind.
    #[error("{parameter} must be {allowed}, not {value:?}")]
    Refused {
        /// The parameter's name.
        parameter: String,
        /// The refused value.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// It cannot change while an agent learns.
    #[error(
        "{parameter} cannot change while the agent learns; what can is: {live}. Start a run with another {parameter}"
    )]
    NotLive {
        /// The parameter's name.
        parameter: String,
        /// The names of those that can.
        live: String,
    },
    /// In range, but nothing depends on it as the others are.
    #[error("{parameter} has no effect {why}")]
    WithoutEffect {
        /// The parameter's name.
        parameter: String,
        /// The other parameter as it is and as it would have to be: `with map=4x4; it needs map=own`.
        why: String,
    },
    /// In range by itself, but not a meaningful content: a map with no start, a formula that does not parse.
    #[error("{parameter}: {reason}")]
    Invalid {
        /// The parameter's name.
        parameter: String,
        /// What is wrong, where, and what is allowed.
        reason: String,
    },
}

/// Checks values that are to take effect while an agent learns.
///
/// # Errors
/// A value is not of a live parameter, or not in its range.
pub fn check_live(specs: &[ParameterSpec], given: &Parameters) -> Result<(), ParameterError> {
    Resolved::new(specs, given)?;
    let Some(fixed) = specs.iter().find(|spec| !spec.live && given.contains_key(&spec.name)) else { return Ok(()) };
    let live: Vec<_> = specs.iter().filter(|spec| spec.live).map(|spec| spec.name.as_str()).collect();
    let live = if live.is_empty() { "nothing".into() } else { live.join(", ") };
    Err(ParameterError::NotLive { parameter: fixed.name.clone(), live })
}

impl ParameterError {
    /// A content error of the parameter `name`.
    pub fn invalid(name: &str, reason: impl fmt::Display) -> Self {
        Self::Invalid { parameter: name.to_owned(), reason: reason.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specs() -> Vec<ParameterSpec> {
        vec![
            ParameterSpec::number("alpha", "Step size", (0.001, 1.0), 0.1, 0.01, "share of the error learned"),
            ParameterSpec::integer("size", "Size", (2, 64), 5, "cells a side"),
            ParameterSpec::choice("kind", "Kind", &[("a", "A"), ("b", "B")], "which"),
            ParameterSpec::flag("slippery", "Slippery", false, "ice"),
        ]
    }

    #[track_caller]
    fn check_error(name: &str, value: Value, expected: &str) {
        let error = Resolved::new(&specs(), &Parameters::from([(name.to_owned(), value)])).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn defaults_fill_in() {
        let resolved = Resolved::new(&specs(), &Parameters::new()).unwrap();
        assert_eq!(resolved.number("alpha"), Ok(0.1));
        assert_eq!(resolved.text("kind"), Ok("a"));
        assert_eq!(resolved.count("size"), Ok(5));
    }

    #[test]
    fn a_comma_that_may_stand_before_thousands_is_refused() {
        let alpha = |text: &str| specs()[0].parse(text);
        assert_eq!((alpha("0,125"), alpha("0,5")), (Ok(Value::Number(0.125)), Ok(Value::Number(0.5))));
        assert_eq!(
            alpha("1,000").unwrap_err().to_string(),
            "alpha must be a number from 0.001 to 1 with a point before decimals and nothing before thousands, not \"1,000\""
        );
    }

    #[test]
    fn a_long_text_is_told_by_its_beginning_and_what_tells_it_apart() {
        let told = |text: &str| Value::Text(text.into()).short();
        assert_eq!(told(&"x".repeat(60)), "x".repeat(60));
        assert_eq!((Value::Number(0.5).short(), Value::Integer(3).short()), ("0.5".into(), "3".into()));
        let (one, other) = (told("s,a\nb"), told("s,a\nc"));
        // printf 's,a\nb' | sha256sum
        assert_eq!(one, "s,a… (5 characters, SHA-256 0d6a3fc77e92…)");
        assert!(one != other && told(&"ä".repeat(5_000_000)).chars().count() < 90);
    }

    #[test]
    fn one_layer_alone_is_a_list_of_layers() {
        let hidden = ParameterSpec::text("hidden", "Hidden layers", 60, false, "64-64", "units");
        let layers = hidden.clone().layers(LayerList::new(&[("units", 512)], 1, 2));
        assert_eq!(layers.check(&Value::Integer(128)), Ok(Value::Text("128".into())));
        assert!(layers.check(&Value::Integer(513)).is_err() && hidden.check(&Value::Integer(128)).is_err());
    }

    #[test]
    fn errors_name_value_and_range() {
        check_error("alpha", Value::Integer(2), r#"alpha must be a number from 0.001 to 1, not "2""#);
        check_error("alpha", Value::Number(1e300), r#"alpha must be a number from 0.001 to 1, not "1e300""#);
        check_error("alpha", Value::Number(f64::NAN), r#"alpha must be a number from 0.001 to 1, not "NaN""#);
        check_error("size", Value::Number(2.5), r#"size must be a whole number from 2 to 64, not "2.5""#);
        check_error("kind", Value::Text("c".into()), r#"kind must be one of a, b, not "c""#);
        check_error("slippery", Value::Integer(1), r#"slippery must be true or false, not "1""#);
        check_error(
            "speed",
            Value::Integer(1),
            r#"there is no parameter "speed"; there are: alpha, size, kind, slippery"#,
        );
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let specs = specs();
        let read = |index: usize, text: &str| specs[index].parse(text);
        assert_eq!(read(0, " 0,25 "), Ok(Value::Number(0.25)));
        assert_eq!(read(0, "1e-2"), Ok(Value::Number(0.01)));
        assert_eq!(read(1, "\u{feff}7"), Ok(Value::Integer(7)));
        for text in ["0,2,5", "inf", "NaN", "-0.1", "\u{2212}0,1", ""] {
            assert!(
                read(0, text).unwrap_err().to_string().starts_with("alpha must be a number from 0.001 to 1"),
                "{text}"
            );
        }
        assert!(read(0, "1e400").unwrap_err().to_string().ends_with("not \"1e400\""));
        let map = ParameterSpec::text("map", "Map", 9, true, "", "");
        assert_eq!(map.parse("\u{feff}SG\n"), Ok(Value::Text("SG\n".into())), "a mark of order is no letter");
    }

    #[test]
    fn whole_numbers_pass_as_numbers_and_back() {
        let given = Parameters::from([("alpha".into(), Value::Integer(1)), ("size".into(), Value::Number(7.0))]);
        let resolved = Resolved::new(&specs(), &given).unwrap();
        assert_eq!(resolved.number("alpha"), Ok(1.0));
        assert_eq!(resolved.integer("size"), Ok(7));
    }
}
