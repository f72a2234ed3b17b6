//! Names of runs and places in their logs.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A name that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a run name is 1 to 64 of the characters a-z A-Z 0-9 . _ -, and neither . nor .., not {given:?}")]
pub struct InvalidRunId {
    /// The refused name, cut after 80 characters.
    pub given: String,
}

/// The name of a run: 1 to 64 of `a-z A-Z 0-9 . _ -`, so it can stand in an address; `.` and `..` mean something else there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

impl RunId {
    /// Checks and wraps a name.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidRunId> {
        let name = name.into();
        let fits = (1..=64).contains(&name.len())
            && ![".", ".."].contains(&name.as_str())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if fits { Ok(Self(name)) } else { Err(InvalidRunId { given: name.chars().take(80).collect() }) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RunId {
    type Error = InvalidRunId;
    fn try_from(name: String) -> Result<Self, InvalidRunId> {
        Self::new(name)
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One life of a run's log. A reset, or a restart of the process that hosts the run, begins another one;
/// offsets of different epochs have nothing to do with each other. Chosen by the publisher, below 2^53.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:x}", self.0)
    }
}

/// The number of a log entry within its epoch, from 0 without holes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Offset(pub u64);

impl Offset {
    /// The offset after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_names_fit_into_addresses() {
        assert!(RunId::new("gridworld-42.a_B").is_ok());
        assert!(RunId::new("...").is_ok());
        for wrong in ["", ".", "..", "a b", "../x", "ü", &"x".repeat(65)] {
            assert!(RunId::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
