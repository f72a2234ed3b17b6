//! Commands: what a viewer may ask of a run.

use crate::checkpoint::Checkpoint;
use crate::column::Column;
use crate::event::Speed;
use crate::identity::RunId;
use crate::parameter::Parameters;
use crate::quantity::Seed;
use crate::spec::RunSpec;
use serde::{Deserialize, Serialize};

/// A run that a host is to start: a new one, or one that it keeps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    /// What to run; not together with `resume`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<Box<RunSpec>>,
    /// Where the run that is to go on is kept, `<environment>/<run>`; not together with `spec`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<String>,
    /// Weights of the kept run to go on from, as `terrarium resume --from` names them; absent: the latest. From others it is a
    /// child of that run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Other values of the kept run's agent, by name; where they differ from what it has it is a child of that run.
    #[serde(default, skip_serializing_if = "Parameters::is_empty")]
    pub set: Parameters,
    /// Its name, at the relay and on the host's disk. By default one is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Ends after so many steps in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// Ends after so many episodes in all; not together with `steps`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episodes: Option<u64>,
    /// What networks compute on, as the host's devices are named; absent: `auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

impl Launch {
    /// Whether it asks for anything that the kept run itself would not be.
    pub fn is_of_child(&self) -> bool {
        self.from.is_some() || !self.set.is_empty()
    }
}

/// Something to be done, answered `accepted` or `rejected {reason}` to the one who sent it; its effect is seen by all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Begin a new epoch, with a new spec or with the present one, and run.
    Start {
        /// The new spec.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        spec: Option<Box<RunSpec>>,
    },
    /// Hold.
    Pause {},
    /// Go on, until so many episodes have ended if told.
    Resume {
        /// Number of ended episodes at which to pause.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_episode: Option<u64>,
    },
    /// End the run; a reset begins anew.
    Stop {},
    /// Begin a new epoch with nothing learned, with another seed if told, and wait.
    Reset {
        /// The new seed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<Seed>,
    },
    /// One step while holding, with the agent's action or with this one.
    Step {
        /// The action to take instead of the agent's, by its index in the environment's description.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        action: Option<u16>,
        /// The box action to take instead of the agent's; not together with `action`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        box_action: Option<Column<f32>>,
    },
    /// One step while holding, with the action that a key means in the environment's present state.
    Press {
        /// The key, as `KeyboardEvent.key` names it.
        key: String,
    },
    /// Steps to the end of the present episode while holding.
    StepEpisode {},
    /// Another speed.
    SetSpeed {
        /// The speed.
        speed: Speed,
    },
    /// Whether to leave out frames and values.
    SetHeadless {
        /// Leave them out.
        headless: bool,
    },
    /// Other values of the agent from now on, without beginning anew.
    Tune {
        /// The values by name, of parameters that are described as `live`; all others stay as they are.
        parameters: Parameters,
    },
    /// Let the stage show the greedy policy while learning rests, or go back to learning.
    WatchGreedy {
        /// Show it.
        watch: bool,
    },
    /// Save the run; the answer carries the checkpoint.
    Save {},
    /// Begin a new epoch from a checkpoint.
    Load {
        /// The checkpoint.
        checkpoint: Box<Checkpoint>,
    },
    /// Send all state events anew.
    GetState {},
    /// Play so many episodes greedily, beside learning; what they come to is told as metrics.
    Evaluate {
        /// How many, from 1 to 1000.
        episodes: u32,
    },
    /// Keep the episode that ends next whole, as a recorded one of the log.
    RecordEpisode {},
    /// Start another run, of a host.
    Launch(Box<Launch>),
    /// Give up a run that waits for a slot, of a host.
    Cancel {
        /// The run's number on the host.
        number: u64,
    },
    /// Delete a kept run for good, of a host.
    Delete {
        /// Where it is kept, `<environment>/<run>`.
        directory: String,
    },
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Done, or under way.
    Accepted {
        /// What a save gives.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        checkpoint: Option<Box<Checkpoint>>,
    },
    /// Not done.
    Rejected {
        /// Why, what is safe, and what would be taken.
        reason: String,
    },
}
