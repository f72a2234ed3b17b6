//! Messages: what a viewer, a publisher and a host of runs say to each other.
//!
//! A Web Worker speaks the same messages as the relay; it skips only the greeting.

use crate::alert::FiringAlert;
use crate::artifact::ArtifactHash;
use crate::codec::{self, Payload};
use crate::column::Column;
use crate::command::{Answer, Command};
use crate::event::{LogEvent, StateEvent, StateKind, is_false};
use crate::identity::{Epoch, Offset, RunId};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// Version of the protocol: a newer major is refused, a newer minor is understood as far as known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtocolVersion {
    /// Changed when old readers would misunderstand.
    pub major: u16,
    /// Changed when something is added.
    pub minor: u16,
}

/// The version that this code speaks.
pub const PROTOCOL: ProtocolVersion = ProtocolVersion { major: 1, minor: 11 };

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Watches.
    Viewer,
    /// Watches and commands.
    Controller,
    /// Hosts runs and sends their events.
    Publisher,
}

/// The first message of every connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// What the sender speaks.
    pub protocol: ProtocolVersion,
    /// What it wants to be.
    pub role: Role,
    /// The role's token, where the relay asks for one. Never in an address: addresses are logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Which part of the log a subscriber wants before the live stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// No history.
    None,
    /// The newest entry.
    Latest,
    /// The newest so many entries.
    Tail(u64),
    /// Everything.
    All,
    /// Everything, with neighbouring episode bins merged until at most so many are left.
    Thinned(u32),
    /// Everything from this offset on, if the epoch is still this one.
    Offset {
        /// The epoch of the offset.
        epoch: Epoch,
        /// The first entry wanted.
        offset: Offset,
    },
}

/// An entry of a run's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Its number.
    pub offset: Offset,
    /// When it happened by the host's clock, in milliseconds since 1970.
    pub time_millis: f64,
    /// The event.
    pub event: Payload<LogEvent>,
}

/// A state event on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateEntry {
    /// Its slot.
    pub kind: StateKind,
    /// Number of the event within its kind and epoch, from 0: differences tell how many were skipped.
    pub sequence: u64,
    /// The event.
    pub event: Payload<StateEvent>,
}

/// An epoch of a run that a newer one has replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochSummary {
    /// The epoch.
    pub epoch: Epoch,
    /// Number of log entries in it.
    pub entries: u64,
    /// When it began, in milliseconds since 1970.
    pub started_millis: f64,
    /// Title of its environment and agent, from its first log entry.
    pub title: String,
}

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Its name.
    pub run: RunId,
    /// The present epoch.
    pub epoch: Epoch,
    /// Number of log entries in it.
    pub entries: u64,
    /// Whether its publisher is connected.
    pub live: bool,
    /// When its epoch began, in milliseconds since 1970.
    pub started_millis: f64,
    /// Title of the environment and the agent, from its first log entry.
    pub title: String,
    /// Whether it is no run but a host of runs, from its first log entry.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_host: bool,
    /// When its publisher left, in milliseconds since 1970; none while it is connected, or if nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_millis: Option<f64>,
    /// Its epochs before the present one that can still be watched, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<EpochSummary>,
    /// Rules of the relay that hold for it at present, in the relay's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<FiringAlert>,
    /// What people call it; empty if nobody named it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Tags that people gave it, in alphabetical order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Number of connections that watch it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub viewers: u64,
}

#[cfg_attr(target_pointer_width = "64", expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so"))]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// From a viewer, a controller or a publisher.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientMessage {
    /// First of all.
    Hello(Hello),
    /// Ask for the list of runs, now and whenever it changes.
    ListRuns {
        /// After the first one only what changed, if the relay knows how.
        #[serde(default, skip_serializing_if = "is_false")]
        changes: bool,
    },
    /// Ask for a run's stream.
    Subscribe {
        /// Which run.
        run: RunId,
        /// Which part of its history.
        from: From,
        /// This epoch of it, whatever epochs follow; none watches the present one, and each that replaces it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<Epoch>,
    },
    /// No longer.
    Unsubscribe {
        /// Which run.
        run: RunId,
    },
    /// Something to be done; controllers only.
    Command {
        /// Which run.
        run: RunId,
        /// Number by which the answer is known.
        request: u64,
        /// What.
        command: Command,
    },
    /// Publisher: this run lives here now. Answered with [`ServerMessage::Resume`].
    Announce {
        /// Its name.
        run: RunId,
        /// Its epoch.
        epoch: Epoch,
        /// When the epoch began, in milliseconds since 1970.
        started_millis: f64,
    },
    /// Publisher: entries in order. An offset below the expected one is a duplicate and ignored;
    /// one above it is a gap and refused.
    Log {
        /// Which run.
        run: RunId,
        /// Which epoch.
        epoch: Epoch,
        /// The entries.
        entries: Vec<LogEntry>,
    },
    /// Publisher: state events.
    State {
        /// Which run.
        run: RunId,
        /// Which epoch.
        epoch: Epoch,
        /// The events.
        entries: Vec<StateEntry>,
    },
    /// Publisher: what became of a command.
    Answer {
        /// The number under which the relay passed the command on.
        request: u64,
        /// The answer.
        answer: Answer,
    },
    /// Publisher: this run is no longer hosted here.
    Withdraw {
        /// Which run.
        run: RunId,
    },
    /// Publisher: a part of an artifact of this run; without content it asks how much is there. Answered with
    /// [`ServerMessage::ArtifactKept`].
    PutArtifact {
        /// Which run.
        run: RunId,
        /// The hash of the whole.
        sha256: ArtifactHash,
        /// Bytes of the whole.
        length: u64,
        /// Where in the whole this part begins. One that does not begin where the kept bytes end is not taken.
        offset: u64,
        /// The part.
        content: Column<u8>,
    },
    /// Ask for a part of an artifact. Answered with [`ServerMessage::ArtifactPart`].
    GetArtifact {
        /// Which run.
        run: RunId,
        /// Its hash.
        sha256: ArtifactHash,
        /// Where the part is to begin.
        offset: u64,
    },
    /// Are you there? The pong repeats the number.
    Ping {
        /// Any number.
        nonce: u64,
    },
}

/// Named reasons for an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not decodable.
    Malformed,
    /// A message kind that this side does not know.
    UnknownKind,
    /// Above the size limit.
    TooLarge,
    /// More messages in a second than allowed.
    TooMany,
    /// A newer major version.
    WrongVersion,
    /// Something else came before the greeting, or an answer without a question.
    OutOfOrder,
    /// No run of that name, or no such epoch of it.
    UnknownRun,
    /// No such artifact of that run, or not all of it yet.
    UnknownArtifact,
    /// The token is missing or wrong.
    Unauthorized,
    /// The role may not do this.
    Forbidden,
    /// The offset is not the next one.
    Gap,
    /// This viewer fell too far behind.
    TooSlow,
    /// Data could not be stored; it stays with the sender.
    Storage,
    /// The other side is shutting down.
    ShuttingDown,
}

/// To a viewer, a controller or a publisher.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answer to the greeting.
    Welcome {
        /// What this side speaks.
        protocol: ProtocolVersion,
        /// The role that was given.
        role: Role,
    },
    /// The list of runs.
    Runs {
        /// All of them, newest first; or those that changed, see [`update_runs`].
        runs: Vec<RunSummary>,
        /// Those that are no longer in their places; none where the list is whole.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gone: Option<Vec<RunId>>,
    },
    /// A subscription begins: log entries from `offset` on follow, without gap or duplicate.
    Subscribed {
        /// Which run.
        run: RunId,
        /// Its epoch. Another one than before: forget what was shown.
        epoch: Epoch,
        /// Offset of the first entry that follows.
        offset: Offset,
        /// Whether the stream goes on exactly where the subscriber asked.
        recovered: bool,
        /// Number of entries of history that follow before the live ones.
        history: u64,
        /// The newest of every state event. Those of kinds that this side does not know are left out.
        #[serde(deserialize_with = "known_entries")]
        snapshot: Vec<StateEntry>,
    },
    /// Log entries, in order.
    Log {
        /// Which run.
        run: RunId,
        /// Which epoch.
        epoch: Epoch,
        /// The entries. After [`From::Thinned`] a merged bin has the offset of its last part.
        entries: Vec<LogEntry>,
    },
    /// State events.
    State {
        /// Which run.
        run: RunId,
        /// Which epoch.
        epoch: Epoch,
        /// The events. Those of kinds that this side does not know are left out.
        #[serde(deserialize_with = "known_entries")]
        entries: Vec<StateEntry>,
        /// How many of each kind this viewer was spared since the last message.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "known_counts")]
        skipped: BTreeMap<StateKind, u64>,
    },
    /// What became of a command.
    Answer {
        /// The sender's number.
        request: u64,
        /// The answer.
        answer: Answer,
    },
    /// To a publisher: send the log of this run from here on.
    Resume {
        /// Which run.
        run: RunId,
        /// Which epoch.
        epoch: Epoch,
        /// The first entry that is missing here.
        offset: Offset,
    },
    /// To a publisher: everything below this offset is stored.
    Acknowledged {
        /// Which run.
        run: RunId,
        /// Which epoch.
        epoch: Epoch,
        /// The first entry that is not stored yet.
        offset: Offset,
    },
    /// To a publisher: a command for one of its runs.
    Command {
        /// Which run.
        run: RunId,
        /// The relay's number for it.
        request: u64,
        /// What.
        command: Command,
    },
    /// To a publisher: so much of an artifact is kept.
    ArtifactKept {
        /// Which run.
        run: RunId,
        /// Its hash.
        sha256: ArtifactHash,
        /// Bytes that are kept, from the first on; all of them once the whole is there and has that hash.
        kept: u64,
    },
    /// A part of an artifact.
    ArtifactPart {
        /// Which run.
        run: RunId,
        /// The hash of the whole.
        sha256: ArtifactHash,
        /// Bytes of the whole.
        length: u64,
        /// Where in the whole the part begins.
        offset: u64,
        /// The part; empty at the end.
        content: Column<u8>,
    },
    /// Yes.
    Pong {
        /// The number of the ping.
        nonce: u64,
    },
    /// Something went wrong.
    Error {
        /// Its name.
        code: ErrorCode,
        /// What happened, what is safe, what to do.
        message: String,
        /// Further particulars by name.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        details: BTreeMap<String, String>,
    },
}

/// Brings a list of runs up to date by what came of it: a whole one, or with `gone` what changed. Those are taken out first; then
/// every run takes the place that it has in the list, or goes to its front.
pub fn update_runs(list: &mut Vec<RunSummary>, runs: Vec<RunSummary>, gone: Option<&[RunId]>) {
    let Some(gone) = gone else {
        *list = runs;
        return;
    };
    list.retain(|it| !gone.contains(&it.run));
    for run in runs.into_iter().rev() {
        match list.iter_mut().find(|it| it.run == run.run) {
            Some(it) => *it = run,
            None => list.insert(0, run),
        }
    }
}

/// State entries of the kinds that this side knows.
fn known_entries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<StateEntry>, D::Error> {
    #[derive(Deserialize)]
    struct AnyEntry {
        kind: String,
        sequence: u64,
        event: Payload<StateEvent>,
    }
    let all = Vec::<AnyEntry>::deserialize(deserializer)?;
    let known = |AnyEntry { kind, sequence, event }: AnyEntry| {
        Some(StateEntry { kind: StateKind::named(&kind)?, sequence, event })
    };
    Ok(all.into_iter().filter_map(known).collect())
}

/// Counts of the kinds that this side knows.
fn known_counts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<StateKind, u64>, D::Error> {
    let all = BTreeMap::<String, u64>::deserialize(deserializer)?;
    let mut known = BTreeMap::new();
    known.extend(all.into_iter().filter_map(|(kind, count)| Some((StateKind::named(&kind)?, count))));
    Ok(known)
}

/// Cuts what one message would carry into portions of at most about `most_bytes`, in order, at least one each.
pub fn portions<T>(items: Vec<T>, most_bytes: usize, bytes: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let (mut portions, mut taken) = (Vec::<Vec<T>>::new(), 0);
    for item in items {
        let more = bytes(&item);
        match portions.last_mut() {
            Some(portion) if taken + more <= most_bytes => {
                portion.push(item);
                taken += more;
            }
            _ => {
                portions.push(vec![item]);
                taken = more;
            }
        }
    }
    portions
}

impl ServerMessage {
    /// An error without particulars.
    pub fn error(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::Error { code, message: message.into(), details: BTreeMap::new() }
    }
}

impl codec::Message for ClientMessage {
    const KINDS: &'static [&'static str] = &[
        "hello",
        "list_runs",
        "subscribe",
        "unsubscribe",
        "command",
        "announce",
        "log",
        "state",
        "answer",
        "withdraw",
        "put_artifact",
        "get_artifact",
        "ping",
    ];
}

impl codec::Message for ServerMessage {
    const KINDS: &'static [&'static str] = &[
        "welcome",
        "runs",
        "subscribed",
        "log",
        "state",
        "answer",
        "resume",
        "acknowledged",
        "command",
        "artifact_kept",
        "artifact_part",
        "pong",
        "error",
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_runs_is_brought_up_to_date() {
        let run = |name: &str| RunId::new(name).unwrap();
        let summary = |name: &str, entries| RunSummary {
            run: run(name),
            epoch: Epoch(1),
            entries,
            live: false,
            started_millis: 0.0,
            title: String::new(),
            is_host: false,
            left_millis: None,
            earlier: Vec::new(),
            alerts: Vec::new(),
            name: String::new(),
            tags: Vec::new(),
            viewers: 0,
        };
        let mut list = Vec::new();
        update_runs(&mut list, vec![summary("c", 1), summary("b", 1), summary("a", 1)], None);
        // One grew, one is gone, one is heard of anew, and two are new.
        let changed = vec![summary("e", 1), summary("a", 2), summary("d", 1), summary("c", 5)];
        update_runs(&mut list, changed, Some(&[run("b"), run("a")]));
        let found: Vec<_> = list.iter().map(|it| (it.run.as_str(), it.entries)).collect();
        assert_eq!(found, [("e", 1), ("a", 2), ("d", 1), ("c", 5)]);
        update_runs(&mut list, Vec::new(), None);
        assert!(list.is_empty());
    }

    #[test]
    fn portions_are_in_order_and_as_large_as_fits() {
        let cut = |sizes: &[usize]| portions(sizes.to_vec(), 10, |it| *it);
        assert_eq!(cut(&[4, 4, 4, 4, 9, 2, 30, 1]), [vec![4, 4], vec![4, 4], vec![9], vec![2], vec![30], vec![1]]);
        assert!(cut(&[]).is_empty());
    }
}
