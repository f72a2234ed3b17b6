//! Finds out in which form somebody wrote an MDP, and reads it.

use super::table::{Collector, Table, TableError};
use super::{cassandra, delimited, matrices, objects};
use crate::literal;
use std::borrow::Cow;

impl Table {
    /// Reads and checks a table in any of the [forms](super::table::FORMS).
    pub(super) fn read(text: &str) -> Result<Self, TableError> {
        let text = text.trim_start_matches('\u{feff}');
        let mut collector = Collector::default();
        if is_literal(text) {
            objects::read(&as_json(text), &mut collector)?;
        } else if cassandra::is_one(text) {
            cassandra::read(text, &mut collector)?;
        } else if let Some(blocks) = matrices::blocks(text) {
            matrices::read_blocks(&blocks, &mut collector)?;
        } else {
            delimited::read(text, &mut collector)?;
        }
        collector.finish()
    }
}

/// Whether a text is JSON or Python: it begins with a bracket, or with a name to which one is assigned.
fn is_literal(text: &str) -> bool {
    let begins = |text: &str| text.trim_start().starts_with(['[', '{', '(']);
    let is_name = |name: &str| {
        let is_part = |letter: char| letter.is_alphanumeric() || "_.".contains(letter);
        !name.is_empty() && name.chars().all(is_part)
    };
    let code = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    let assigned = code.split_once('=').filter(|(name, _)| is_name(name.trim()));
    begins(code)
        || assigned.is_some_and(|(_, value)| {
            let called = value.split_once('(').is_some_and(|(name, value)| is_name(name.trim()) && begins(value));
            begins(value) || called
        })
}

/// The text if it is JSON, otherwise what it stands for as Python.
fn as_json(text: &str) -> Cow<'_, str> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    if values.all(|value| value.is_ok()) { Cow::Borrowed(text) } else { Cow::Owned(literal::to_json(text)) }
}
