//! Agents that act in several copies of an environment at once and learn from a step of all of them: what algorithms
//! with neural networks are (PPO, A2C, DQN over n copies).
//!
//! They are not generic over the environment. Everything they see stands in flat arrays, one row a copy, so that a
//! network takes them as they are. With one copy they are ordinary agents.
//!
//! A *round* is one step of every copy. In every round the run calls [`BatchAgent::act`] once, [`BatchAgent::force`] where
//! somebody else plays a copy, steps the copies, and calls [`BatchAgent::learn`] once. Nothing stops within a round, and
//! the agent is saved between rounds only.
//!
//! ```
//! use agents::error::{Divergence, LoadError};
//! use agents::batch::{Batch, BatchAgent, BatchActionsMut, MetricSink, Steps};
//! use environments::Generator;
//! use shared::checkpoint::AgentState;
//! use shared::metric::MetricDescription;
//!
//! static SURPRISE: MetricDescription = MetricDescription::new("losses/surprise", "Surprise", "", "Losses");
//!
//! /// Takes the first legal action in every copy.
//! struct First {
//!     copies: usize,
//! }
//!
//! impl BatchAgent for First {
//!     fn copies(&self) -> usize {
//!         self.copies
//!     }
//!     fn act(&mut self, batch: Batch<'_>, into: BatchActionsMut<'_>) {
//!         if let BatchActionsMut::Discrete(actions) = into {
//!             let rows = batch.legal.chunks(batch.legal.len() / actions.len());
//!             for (action, legal) in actions.iter_mut().zip(rows) {
//!                 *action = legal.iter().position(|it| *it).unwrap_or(0) as u16;
//!             }
//!         }
//!     }
//!     fn metrics(&self) -> Vec<&'static MetricDescription> {
//!         vec![&SURPRISE]
//!     }
//!     fn learn(&mut self, steps: Steps<'_>, metrics: &mut dyn MetricSink) -> Result<(), Divergence> {
//!         metrics.push(&SURPRISE, steps.rewards.iter().sum());
//!         Ok(())
//!     }
//!     fn greedy(&mut self, batch: Batch<'_>, _: &mut Generator, into: BatchActionsMut<'_>) {
//!         self.act(batch, into);
//!     }
//!     fn discount(&self) -> f64 {
//!         1.0
//!     }
//!     fn save(&self) -> AgentState {
//!         AgentState::default()
//!     }
//!     fn load(&mut self, _: &AgentState) -> Result<(), LoadError> {
//!         Ok(())
//!     }
//! }
//! ```

use crate::error::{Divergence, LoadError};
use environments::Generator;
use environments::vector::Executor;
pub use environments::vector::{BatchActions, BatchActionsMut};
use shared::action::ActionRef;
use shared::checkpoint::AgentState;
use shared::metric::MetricDescription;
use shared::network::NetworkView;
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use std::sync::Arc;

/// What is seen of every copy at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// `[copies, entries]`: the observation vectors, in the order and within the bounds of the description's entries.
    pub observations: &'a [f32],
    /// `[copies, actions]`: which discrete actions are legal, at least one of every copy whose episode lasts; empty where
    /// actions are a box.
    pub legal: &'a [bool],
}

/// One step of every copy.
#[derive(Clone, Copy, Debug)]
pub struct Steps<'a> {
    /// What the actions answered, as [`BatchAgent::act`] was given it.
    pub before: Batch<'a>,
    /// The actions that were taken: the agent's own, or those that it was told of by [`BatchAgent::force`].
    pub actions: BatchActions<'a>,
    /// `[copies]`.
    pub rewards: &'a [f64],
    /// `[copies]`: the episode ended in a terminal state. Nothing follows, values do not bootstrap.
    pub terminated: &'a [bool],
    /// `[copies]`: the episode was cut off. It could have gone on, values bootstrap. Never together with `terminated`.
    pub truncated: &'a [bool],
    /// What each step led to. Of a copy whose episode ended that is its **last** state, from which a truncated episode
    /// bootstraps; the next [`BatchAgent::act`] is given the first state of the copy's next episode.
    pub after: Batch<'a>,
}

impl Steps<'_> {
    /// Number of copies.
    pub const fn copies(&self) -> usize {
        self.rewards.len()
    }
}

/// What takes in the values of losses and gauges. Every value counts: each name's values between two log events are told
/// as a statistic (count, mean, variance, least, greatest, last), and one that is not finite is counted as such.
pub trait MetricSink {
    /// A value of a metric that [`BatchAgent::metrics`] lists.
    fn push(&mut self, metric: &'static MetricDescription, value: f64);
}

/// An agent that acts in several copies of an environment.
///
/// All chance comes from a [`Generator`] that is seeded when the agent is built, so that same configuration, seed and
/// number of copies give the same run. Buffers stay from call to call: no call allocates after the first of its kind.
pub trait BatchAgent: Send + 'static {
    /// In how many copies it acts, at least 1. Never changes.
    fn copies(&self) -> usize;

    /// Chooses an action for every copy, exploring. Discrete actions must be legal and boxes within their bounds.
    fn act(&mut self, batch: Batch<'_>, into: BatchActionsMut<'_>);

    /// After [`Self::act`]: somebody else chose the action of a copy. Agents that keep what they know of their actions,
    /// such as log-probabilities, work it out for this one.
    fn force(&mut self, copy: usize, action: ActionRef<'_>) {
        let _ = (copy, action);
    }

    /// Everything that [`Self::learn`] may tell, in the order in which it is to be shown.
    fn metrics(&self) -> Vec<&'static MetricDescription> {
        Vec::new()
    }

    /// Learns from a step of every copy, and tells its losses and gauges.
    ///
    /// # Errors
    /// Where a parameter would stop being a finite number: the last good parameters are as they were, and the run pauses.
    fn learn(&mut self, steps: Steps<'_>, metrics: &mut dyn MetricSink) -> Result<(), Divergence>;

    /// Chooses the actions that it believes best, without exploring, for any number of rows; ties are broken by
    /// `generator`. Changes nothing but buffers: the run goes on as if it had not been asked.
    fn greedy(&mut self, batch: Batch<'_>, generator: &mut Generator, into: BatchActionsMut<'_>);

    /// Its network, where it has one, and what that makes of an observation: one row. Changes nothing but buffers, as
    /// [`Self::greedy`]. The caller sets [`NetworkView::step`].
    fn look(&mut self, batch: Batch<'_>) -> Option<NetworkView> {
        let _ = batch;
        None
    }

    /// What has gone wrong with its learning since the last call without being an error, in words for people: what, and
    /// what to turn.
    fn troubles(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// Lets threads or whatever else compute parts of it at the same time; what comes of it is the same.
    fn work_with(&mut self, executor: Arc<dyn Executor>) {
        let _ = executor;
    }

    /// Why it cannot act now, where it cannot: the run pauses and says so before anything is stepped.
    fn hindrance(&self) -> Option<String> {
        None
    }

    /// What it was given beside its parameters and did not learn, such as a file, in a form that [`Self::load`] takes: a
    /// run that begins anew gives it to the next agent of the same id.
    fn given(&self) -> Option<AgentState> {
        None
    }

    /// The discount that the agent learns with.
    fn discount(&self) -> f64;

    /// Everything the agent carries from one round to the next: parameters, what an optimiser keeps, a replay buffer or a
    /// rollout that is under way, as artifacts in the form of safetensors; the generator's words as a column.
    fn save(&self) -> AgentState;

    /// Takes over what [`Self::save`] gave; on an error nothing has changed.
    fn load(&mut self, state: &AgentState) -> Result<(), LoadError>;
}

/// The most copies an agent may act in.
pub const MOST_COPIES: i64 = 65_536;

/// The parameter `copies`, with a default.
pub fn copies_parameter(default: i64) -> ParameterSpec {
    let help = "Copies of the environment that it acts in at once. Another number is another run.";
    ParameterSpec::integer("copies", "Copies", (1, MOST_COPIES), default, help)
}

/// Reads [`copies_parameter`].
pub fn read_copies(parameters: &Resolved) -> Result<usize, ParameterError> {
    parameters.count("copies")
}
