//! Finds out in which form somebody wrote an MDP, and reads it.

use super::rows::MdpRows;
use super::table::{Collector, MdpTable, MdpTableError};
use super::{cassandra, delimited, matrices, objects};
use crate::literal;
use std::borrow::Cow;

impl MdpTable {
    /// Reads and checks a table in any of the [forms](super::table::FORMS).
    pub(super) fn read(text: &str) -> Result<Self, MdpTableError> {
        collect(text)?.finish()
    }
}

impl MdpRows {
    /// Reads a table in any of the forms that the environment reads. A text without a row is a table without rows.
    ///
    /// # Errors
    /// A row cannot be read.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        collect(text).map(Collector::into_rows).map_err(|error| error.to_string())
    }
}

/// Takes the rows of a text in any of the forms.
fn collect(text: &str) -> Result<Collector, MdpTableError> {
    let text = text.trim_start_matches('\u{feff}');
    let mut collector = Collector::default();
    if is_literal(text) {
        objects::read(&as_json(text), &mut collector)?;
    } else if cassandra::is_one(text) {
        cassandra::read(text, &mut collector)?;
    } else if let Some(blocks) = matrices::blocks(text) {
        matrices::read_blocks(blocks, &mut collector)?;
    } else {
        delimited::read(text, &mut collector)?;
    }
    Ok(collector)
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
    // Of a call, the first argument may be what it makes its entries of: `defaultdict(<class 'dict'>, {0: ...`.
    let called = |text: &str| {
        text.split_once('(').is_some_and(|(name, value)| {
            is_name(name.trim()) && (begins(value) || (name.trim().ends_with("defaultdict") && value.contains('{')))
        })
    };
    begins(code) || called(code) || assigned.is_some_and(|(_, value)| begins(value) || called(value))
}

/// The text if it is JSON, otherwise what it stands for as Python.
fn as_json(text: &str) -> Cow<'_, str> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    if values.all(|value| value.is_ok()) { Cow::Borrowed(text) } else { Cow::Owned(literal::to_json(text)) }
}
