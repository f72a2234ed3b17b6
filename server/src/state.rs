//! State entries as a relay knows them: by the name of their kind, whatever it means.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use shared::event::{StateEvent, StateKind};
use shared::message;
use shared::{Epoch, Offset, Payload, RunId};
use std::sync::Arc;

/// The kinds that this relay knows, in the order of [`StateKind::ALL`], in which snapshots have them.
pub(crate) const KNOWN: [&str; StateKind::ALL.len()] =
    ["status", "frame", "values", "optimal_solution", "recorded_episodes", "network", "host", "image"];

/// Most characters of a kind's name.
const MOST_KIND_CHARACTERS: usize = 64;

/// A state event on its way, as [`message::StateEntry`] but of any kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OpenStateEntry {
    #[serde(deserialize_with = "kind")]
    pub(crate) kind: String,
    pub(crate) sequence: u64,
    pub(crate) event: Payload<StateEvent>,
}

impl From<message::StateEntry> for OpenStateEntry {
    fn from(message::StateEntry { kind, sequence, event }: message::StateEntry) -> Self {
        Self { kind: KNOWN[kind as usize].to_owned(), sequence, event }
    }
}

/// The beginning of a subscription, as [`message::ServerMessage::Subscribed`].
#[derive(Debug, Serialize)]
pub(crate) struct Subscribed {
    pub(crate) run: RunId,
    pub(crate) epoch: Epoch,
    pub(crate) offset: Offset,
    pub(crate) recovered: bool,
    pub(crate) history: u64,
    #[serde(serialize_with = "each")]
    pub(crate) snapshot: Vec<Arc<OpenStateEntry>>,
}

/// Entries that are shared, one by one.
pub(crate) fn each<S: Serializer>(entries: &[Arc<OpenStateEntry>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(entries.iter().map(|it| &**it))
}

/// Whether a kind may have this name: 1 to 64 small ASCII letters, digits or `_`.
pub(crate) fn is_kind(name: &str) -> bool {
    let is_part = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    !name.is_empty() && name.len() <= MOST_KIND_CHARACTERS && name.bytes().all(is_part)
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if is_kind(&name) {
        return Ok(name);
    }
    let name: String = name.chars().take(MOST_KIND_CHARACTERS).collect();
    Err(D::Error::custom(format!("a state's kind is 1 to 64 of a to z, 0 to 9 and _, not {name:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_kinds_bear_their_names_on_the_wire() {
        for (kind, name) in StateKind::ALL.into_iter().zip(KNOWN) {
            assert_eq!(serde_json::to_value(kind).unwrap(), name);
        }
    }

    #[test]
    fn kinds_have_names() {
        assert!(is_kind("policy_2"));
        for name in ["", "Frame", "a b", "é", &"a".repeat(65)] {
            assert!(!is_kind(name), "{name:?}");
        }
    }
}
