//! What every agent is: it acts, it learns from what came of it, it can be looked at, saved and restored.
//!
//! An agent is not generic over the environment: what it is told of one fits into [`CurrentState`]. So every agent is compiled
//! once and is object-safe. Only the step loop is compiled for pairs of environment and agent, where that pays (see
//! [`crate::registry`]).

pub use crate::values::table_view::TableView;

use crate::error::{Divergence, LoadError};
use environments::{ActionMask, Environment, Generator, Model, Step};
use shared::checkpoint::AgentState;
use shared::metric::ReportMetric;
use std::fmt;

/// What an agent is told of the environment's present state.
#[derive(Clone, Copy)]
pub struct CurrentState<'a> {
    /// Number of the state; 0 where states cannot be counted.
    pub state: usize,
    /// The actions that are legal in it.
    pub legal: ActionMask,
    /// The environment's exact transition model, where there is one.
    pub model: Option<&'a Model>,
    observed: &'a dyn ObservedEnvironment,
}

/// An environment as far as it is observed.
trait ObservedEnvironment {
    fn observe(&self, into: &mut [f32]);
}

impl<E: Environment> ObservedEnvironment for E {
    fn observe(&self, into: &mut [f32]) {
        Environment::observe(self, into);
    }
}

impl<'a> CurrentState<'a> {
    /// The present state of an environment.
    #[inline]
    pub fn of(environment: &'a impl Environment) -> Self {
        Self {
            state: environment.state(),
            legal: environment.legal_actions(),
            model: environment.model(),
            observed: environment,
        }
    }

    /// Writes the observation vector, which has as many entries as `into`.
    pub fn observe(&self, into: &mut [f32]) {
        self.observed.observe(into);
    }
}

impl fmt::Debug for CurrentState<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CurrentState")
            .field("state", &self.state)
            .field("legal", &self.legal)
            .finish_non_exhaustive()
    }
}

/// An agent at work in an environment.
///
/// The run calls, for every episode: [`Self::begin`] once; then [`Self::act`] (or [`Self::force`], when somebody else
/// picks the action), the environment's step, and [`Self::learn`], until the step ends the episode; then
/// [`Self::finish`] once. None of them allocates per step.
pub trait Agent: Send + 'static {
    /// An episode begins: the environment was just reset.
    fn begin(&mut self, current: CurrentState<'_>);

    /// Chooses an action in the present state.
    fn act(&mut self, current: CurrentState<'_>) -> u16;

    /// The action of this step was chosen by somebody else.
    fn force(&mut self, current: CurrentState<'_>, action: u16) {
        let _ = (current, action);
    }

    /// Learns from a step into the present state. Truncation bootstraps, termination does not.
    fn learn(&mut self, action: u16, step: Step, current: CurrentState<'_>) -> Result<(), Divergence>;

    /// The episode is over, after its last [`Self::learn`]; schedules by episode move on.
    fn finish(&mut self, current: CurrentState<'_>) -> Result<(), Divergence>;

    /// The action that the agent believes best, without exploring; ties are broken by `generator`.
    fn greedy(&self, current: CurrentState<'_>, generator: &mut Generator) -> u16;

    /// The agent's table, where it has one.
    fn table(&self) -> Option<TableView<'_>> {
        None
    }

    /// Writes what every action is worth where `observe` writes what is observed, for agents that tell it of any observation.
    /// Returns whether it did.
    fn evaluate(&self, observe: &dyn Fn(&mut [f32]), into: &mut [f64]) -> bool {
        let _ = (observe, into);
        false
    }

    /// Writes the probability of every action in `state` under the present policy, for agents whose policy is not
    /// (nearly) greedy in their table; actions beside the `legal` ones have none. Returns whether it did.
    fn policy(&self, state: usize, legal: ActionMask, into: &mut [f64]) -> bool {
        let _ = (state, legal, into);
        false
    }

    /// Further values over states by name, e.g. `eligibility`.
    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        let _ = report;
    }

    /// Reports the present value of every metric, with what the metric is.
    fn metrics(&self, report: &mut ReportMetric<'_>);

    /// Whether an episode had more steps than the agent keeps until it learns from them: [`crate::trail::MOST_STEPS`].
    fn has_forgotten(&self) -> bool {
        false
    }

    /// The discount that the agent plans with: the optimal solution is computed for it.
    fn discount(&self) -> f64;

    /// Everything the agent carries from one step to the next.
    fn save(&self) -> AgentState;

    /// Takes over what [`Self::save`] gave. On an error some of it may have changed: [`Self::load`] puts it back.
    fn take_over(&mut self, from: &AgentState) -> Result<(), LoadError>;

    /// Takes over what [`Self::save`] gave; on an error nothing has changed.
    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let before = self.save();
        let loaded = self.take_over(from);
        if loaded.is_err() {
            self.take_over(&before)?;
        }
        loaded
    }
}

// Not a trait that it builds on: the page would carry the words of every agent.
impl fmt::Debug for dyn Agent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Agent")
    }
}
