//! What every program knows of the agent that plays a policy from an ONNX file, whether it can read such files or not.

use environments::vector::episode_seed;
use shared::artifact::Artifact;
use shared::checkpoint::{AgentState, CHECKPOINT_VERSION, Checkpoint, CopyState};
use shared::column::Column;
use shared::quantity::split_mix;
use shared::spec::RunSpec;

/// The agent's id.
pub const ID: &str = "onnx-policy";

/// The artifact of its state that holds the file.
pub const FILE: &str = "policy";

/// The key of a file's metadata that says in which environment its policy was learned: an
/// [`EnvironmentSpec`](shared::spec::EnvironmentSpec) as JSON.
pub const ENVIRONMENT: &str = "terrarium.environment";

/// The key of a file's metadata that says what its output is: a value of the agent's parameter `outputs`.
pub const OUTPUTS: &str = "terrarium.outputs";

/// What the agent is given with a file, as a state of it.
pub fn state(file: Artifact) -> AgentState {
    AgentState { artifacts: [(FILE.to_owned(), file)].into(), ..AgentState::default() }
}

/// The run of this spec before its first step, with a file: loading it begins to play.
pub fn beginning(spec: RunSpec, file: Vec<u8>) -> Checkpoint {
    Checkpoint {
        version: CHECKPOINT_VERSION,
        agent: state(Artifact::new(file)),
        step: 0,
        episode: 0,
        // The episode that a run of this seed begins with.
        copy: CopyState { seed: episode_seed(spec.seed, 0, 0), ..CopyState::default() },
        further_copies: Vec::new(),
        // Where every chain of hashes begins.
        hash: split_mix(spec.seed.get()),
        marks: Column::default(),
        recorded_episodes: Vec::new(),
        curves: Column::default(),
        spec,
    }
}
