//! Checkpoints: what an agent learned, and a whole run in the middle of an episode.

use crate::column::Column;
use crate::episode::EpisodeTape;
use crate::quantity::Seed;
use crate::spec::RunSpec;
use crate::vec_map::VecMap;
use serde::{Deserialize, Serialize};

/// The version of the checkpoint format that this code writes, and the greatest it reads.
pub const CHECKPOINT_VERSION: u32 = 1;

/// What an agent carries from one step to the next, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AgentState {
    /// Number of discrete states its tables are for; 0 without tables.
    pub states: u32,
    /// Number of actions its tables are for.
    pub actions: u32,
    /// Real-valued columns: `q` is the table of action values, `[states][actions]`.
    pub numbers: VecMap<String, Column<f64>>,
    /// Whole-number columns: counts, the random generator's words.
    pub integers: VecMap<String, Column<u64>>,
}

/// A run as it stands: loading it goes on bit for bit as if it had never stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Version of this format.
    pub version: u32,
    /// The run's spec.
    pub spec: RunSpec,
    /// What the agent learned.
    pub agent: AgentState,
    /// Steps made.
    pub step: u64,
    /// Index of the current episode.
    pub episode: u64,
    /// Seed of the current episode.
    pub episode_seed: Seed,
    /// Actions of the current episode so far; replaying them restores the environment.
    pub episode_actions: Column<u8>,
    /// Whether somebody took one of them by hand.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub episode_by_hand: bool,
    /// Chain of the hashes of all ended episodes.
    pub hash: u64,
    /// The kept episodes.
    #[serde(default)]
    pub tapes: Vec<EpisodeTape>,
    /// The curves of the run as whoever saved it drew them, in their own encoding; no run needs them.
    #[serde(default, skip_serializing_if = "<[u8]>::is_empty")]
    pub curves: Column<u8>,
}
