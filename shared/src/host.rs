//! A host: a process on some machine that starts runs, each in a process of its own, as those who watch it see it.

use serde::{Deserialize, Serialize};

/// What networks can compute on there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostDevice {
    /// As a `launch` names it, e.g. `cpu`, `cuda:0`.
    pub device: String,
    /// What sort it is, and its name.
    pub name: String,
    /// Its memory in bytes, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Why it cannot be used; absent where it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// How it stands with a run that somebody launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostedState {
    /// Waits for a free slot.
    Queued,
    /// Its process lives.
    Running,
    /// Its process ended well.
    Ended,
    /// Its process ended with an error that it named.
    Failed,
    /// Its process was killed by a signal: by somebody, or for memory.
    Killed,
}

/// A run that somebody launched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostedRun {
    /// Its number on this host, from 0.
    pub number: u64,
    /// Its name at the relay, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Where it is kept, `<environment>/<run>`, once it is known; `resume` of a `launch` takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// What it is, for people.
    pub title: String,
    /// How it stands.
    pub state: HostedState,
    /// Since when, in milliseconds since 1970.
    pub since_millis: f64,
    /// Its process, while it lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<u32>,
    /// Why it ended, if not well, and the way out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A host as it stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HostView {
    /// Name of the machine.
    pub machine: String,
    /// The program, with its version.
    pub program: String,
    /// Runs that it lets live at the same time.
    pub slots: u32,
    /// How many of them are free.
    pub free_slots: u32,
    /// What networks can compute on there.
    pub devices: Vec<HostDevice>,
    /// Ids of the environments that it knows.
    pub environments: Vec<String>,
    /// Ids of the agents that it knows.
    pub agents: Vec<String>,
    /// Those that wait, those that live, and the last that ended, in the order in which they were launched.
    pub runs: Vec<HostedRun>,
}
