//! Why a run cannot be built.

use shared::checkpoint::CHECKPOINT_VERSION;
use shared::parameter::ParameterError;

/// A run that cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RunError {
    /// The environment cannot be built.
    #[error(transparent)]
    Environment(#[from] environments::registry::EnvironmentBuildError),
    /// The agent cannot be built.
    #[error(transparent)]
    Agent(#[from] agents::registry::AgentBuildError),
    /// A change of its spec cannot be made while the agent learns.
    #[error("the change at step {step}: {error}")]
    Change {
        /// The change's step.
        step: u64,
        /// Why not.
        error: ParameterError,
    },
    /// A checkpoint of a newer format.
    #[error(
        "the checkpoint has version {version}, this program reads up to {CHECKPOINT_VERSION}. Update it to load this one"
    )]
    Version {
        /// The checkpoint's version.
        version: u32,
    },
    /// A checkpoint that does not fit its own spec.
    #[error("{reason}")]
    Checkpoint {
        /// What does not fit.
        reason: String,
    },
    /// A run that began anew and whose learner could not be built again.
    #[error(
        "the run has no agent: it could not be built anew, and what it had learned is gone unless it was saved; curves and kept \
         episodes stay. Reset tries it again, start begins another run"
    )]
    NoLearner,
}
