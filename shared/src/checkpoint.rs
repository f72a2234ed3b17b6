//! Checkpoints: what an agent learned, and a whole run in the middle of an episode.

use crate::action::{ActionColumns, Actions, BoxColumn, ColumnsError};
use crate::artifact::Artifact;
use crate::column::Column;
use crate::episode::RecordedEpisode;
use crate::parameter::{Parameters, Value};
use crate::quantity::Seed;
use crate::spec::RunSpec;
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

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
    pub numbers: BTreeMap<String, Column<f64>>,
    /// Whole-number columns: counts, the random generator's words.
    pub integers: BTreeMap<String, Column<u64>>,
    /// Bytes of any size by name: the parameters of networks as safetensors, what a replay buffer holds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub artifacts: BTreeMap<String, Artifact>,
}

impl AgentState {
    /// Forgets what values of these names had come to by their schedules, so that the agent goes on from what its spec says; tells
    /// whether any of them had come to something else.
    pub fn take_anew(&mut self, parameters: &Parameters) -> bool {
        let mut is_other = false;
        for (name, value) in parameters {
            let Some([present]) = self.numbers.get(name).map(|it| &it[..]) else { continue };
            if !matches!(value, Value::Number(number) if number == present) {
                self.numbers.remove(name);
                is_other = true;
            }
        }
        is_other
    }
}

/// One copy of a run's environment, in the middle of an episode or between two.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CopyState {
    /// Episodes that have ended in this copy.
    pub episodes: u64,
    /// Seed of the present episode.
    pub seed: Seed,
    /// Actions of the present episode so far; replaying them restores the environment. None between two episodes.
    pub actions: Actions,
    /// Whether somebody took one of them by hand.
    pub by_hand: bool,
}

/// A run as it stands: loading it goes on bit for bit as if it had never stopped.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "CheckpointColumns<'_>")]
pub struct Checkpoint {
    /// Version of this format.
    pub version: u32,
    /// The run's spec.
    pub spec: RunSpec,
    /// What the agent learned.
    pub agent: AgentState,
    /// Steps made, in all copies together.
    pub step: u64,
    /// Episodes ended, in all copies together.
    pub episode: u64,
    /// The first copy of the environment.
    pub copy: CopyState,
    /// The other copies, in order.
    pub further_copies: Vec<CopyState>,
    /// Chain of the hashes of all ended episodes.
    pub hash: u64,
    /// Its last 16 bits after 1, 2, 4, 8 ... episodes; none where they are not known.
    pub marks: Column<u16>,
    /// The kept episodes.
    #[serde(alias = "tapes")]
    pub recorded_episodes: Vec<RecordedEpisode>,
    /// The curves of the run as whoever saved it drew them, in their own encoding; no run needs them.
    pub curves: Column<u8>,
}

/// A copy as it crosses a wire.
#[derive(Serialize, Deserialize)]
struct CopyColumns {
    episodes: u64,
    seed: Seed,
    actions: Column<u8>,
    #[serde(default, skip_serializing_if = "Column::is_empty")]
    wide_actions: Column<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    box_actions: Option<BoxColumn>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    by_hand: bool,
}

impl From<&CopyState> for CopyColumns {
    fn from(copy: &CopyState) -> Self {
        let ActionColumns { narrow, wide, boxes } = copy.actions.clone().into();
        let (actions, wide_actions, box_actions) = (narrow, wide, boxes);
        Self { episodes: copy.episodes, seed: copy.seed, actions, wide_actions, box_actions, by_hand: copy.by_hand }
    }
}

impl TryFrom<CopyColumns> for CopyState {
    type Error = ColumnsError;

    fn try_from(columns: CopyColumns) -> Result<Self, ColumnsError> {
        let CopyColumns { episodes, seed, actions, wide_actions, box_actions, by_hand } = columns;
        let actions = ActionColumns { narrow: actions, wide: wide_actions, boxes: box_actions }.try_into()?;
        Ok(Self { episodes, seed, actions, by_hand })
    }
}

/// A checkpoint as it crosses a wire: the first copy stands in the fields that were there when there was but one.
#[derive(Serialize, Deserialize)]
struct CheckpointColumns<'a> {
    version: u32,
    spec: Cow<'a, RunSpec>,
    agent: Cow<'a, AgentState>,
    step: u64,
    episode: u64,
    episode_seed: Seed,
    episode_actions: Column<u8>,
    #[serde(default, skip_serializing_if = "Column::is_empty")]
    episode_wide_actions: Column<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    episode_box_actions: Option<BoxColumn>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    episode_by_hand: bool,
    /// Episodes ended in the first copy, where there are others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    episode_of_copy: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    further_copies: Vec<CopyColumns>,
    hash: u64,
    #[serde(default, skip_serializing_if = "Column::is_empty")]
    marks: Column<u16>,
    #[serde(default)]
    recorded_episodes: Cow<'a, [RecordedEpisode]>,
    #[serde(default, skip_serializing_if = "<[u8]>::is_empty")]
    curves: Column<u8>,
}

impl Serialize for Checkpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { version, spec, agent, step, episode, copy, further_copies, hash, marks, recorded_episodes, curves } =
            self;
        let first = CopyColumns::from(copy);
        let columns = CheckpointColumns {
            version: *version,
            spec: Cow::Borrowed(spec),
            agent: Cow::Borrowed(agent),
            step: *step,
            episode: *episode,
            episode_seed: first.seed,
            episode_actions: first.actions,
            episode_wide_actions: first.wide_actions,
            episode_box_actions: first.box_actions,
            episode_by_hand: first.by_hand,
            episode_of_copy: (!further_copies.is_empty()).then_some(first.episodes),
            further_copies: further_copies.iter().map(CopyColumns::from).collect(),
            hash: *hash,
            marks: marks.clone(),
            recorded_episodes: Cow::Borrowed(recorded_episodes),
            curves: curves.clone(),
        };
        columns.serialize(serializer)
    }
}

impl TryFrom<CheckpointColumns<'_>> for Checkpoint {
    type Error = ColumnsError;

    fn try_from(columns: CheckpointColumns<'_>) -> Result<Self, ColumnsError> {
        let first = CopyColumns {
            episodes: columns.episode_of_copy.unwrap_or(columns.episode),
            seed: columns.episode_seed,
            actions: columns.episode_actions,
            wide_actions: columns.episode_wide_actions,
            box_actions: columns.episode_box_actions,
            by_hand: columns.episode_by_hand,
        };
        let further_copies = columns.further_copies.into_iter().map(CopyState::try_from).collect::<Result<_, _>>()?;
        let CheckpointColumns { version, step, episode, hash, marks, curves, .. } = columns;
        let (spec, agent, recorded_episodes) =
            (columns.spec.into_owned(), columns.agent.into_owned(), columns.recorded_episodes.into_owned());
        Ok(Self {
            version,
            spec,
            agent,
            step,
            episode,
            copy: first.try_into()?,
            further_copies,
            hash,
            marks,
            recorded_episodes,
            curves,
        })
    }
}
