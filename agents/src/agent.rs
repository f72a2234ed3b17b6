//! What every agent is: it acts, it learns from what came of it, it can be looked at, saved and restored.

pub use crate::table_view::TableView;

use environments::{ActionMask, Environment, Generator, Step};
use shared::checkpoint::AgentState;
use shared::metric::ReportMetric;
use shared::parameter::ParameterError;

/// A number that would stop being finite; what the agent has learned stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{what} would become {value:e}: the last good values stay. {advice}")]
pub struct Divergence {
    /// What it is the value of.
    pub what: Diverging,
    /// What it would have become.
    pub value: f64,
    /// What to turn down.
    pub advice: &'static str,
}

impl Divergence {
    /// The same with other advice, where an agent has not what was to be turned down.
    #[must_use]
    pub const fn advising(self, advice: &'static str) -> Self {
        Self { advice, ..self }
    }

    /// What to turn down where values are learned step by step.
    pub const SMALLER_STEPS: &'static str = "A smaller step size or discount keeps it finite";
    /// What to turn down where values are planned, or averaged.
    pub const SMALLER_DISCOUNT: &'static str = "A smaller discount keeps it finite";
    /// What to turn down where values are averages of rewards.
    pub const SMALLER_STEPS_OR_REWARDS: &'static str = "A smaller step size or smaller rewards keep it finite";
    /// What to turn down where rewards alone are summed up.
    pub const SMALLER_REWARDS: &'static str = "Smaller rewards keep it finite";
}

/// What an agent keeps a value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Diverging {
    /// Taking an action in a state.
    #[error("the value of state {state}, action {action}")]
    Action {
        /// The state.
        state: usize,
        /// The action.
        action: u16,
    },
    /// A state.
    #[error("the value of state {0}")]
    State(usize),
    /// A feature, of an agent that is linear in features.
    #[error("the weight of feature {0}")]
    Feature(usize),
    /// The reward of arriving in a state.
    #[error("the learned reward of state {0}")]
    Reward(usize),
    /// What a state's actions brought on average.
    #[error("the average reward of state {0}")]
    Average(usize),
    /// An episode.
    #[error("the return of the episode")]
    Return,
    /// The gradient of a network, which is called so.
    #[error("the gradient of the {0}")]
    Gradient(&'static str),
    /// An entry of a vector of weights or of a tensor of parameters.
    #[error("entry {entry} of the {name}")]
    Parameter {
        /// What the vector or tensor is called, with its layer where it belongs to one.
        name: &'static str,
        /// Which entry of it, from 0.
        entry: usize,
    },
}

/// Saved values that do not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Made for an environment of another shape.
    #[error(
        "the saved table is for {saved_states} states and {saved_actions} actions, this environment has {states} and \
         {actions}. What is learned here stays. Pick the environment it was saved in"
    )]
    Shape {
        /// States of the saved table.
        saved_states: usize,
        /// Actions of the saved table.
        saved_actions: usize,
        /// States here.
        states: usize,
        /// Actions here.
        actions: usize,
    },
    /// An artifact is missing, or is not what was saved by an agent like this one.
    #[error("the saved artifact {artifact:?} cannot be taken over: {reason}. What is learned here stays")]
    Artifact {
        /// Its name.
        artifact: String,
        /// What is wrong with it: the tensor and its shape.
        reason: String,
    },
    /// A column is missing or of another length.
    #[error("the saved agent lacks the column {column:?} with {expected} values. What is learned here stays")]
    Column {
        /// Its name.
        column: &'static str,
        /// How many values it should have.
        expected: usize,
    },
    /// A value that cannot stand there: not a finite number, or a state or action that this environment does not have.
    #[error("the saved column {column:?} holds {value} at place {place}. What is learned here stays")]
    Value {
        /// The column.
        column: String,
        /// Where in it.
        place: usize,
        /// The value.
        value: String,
    },
}

/// An agent that an environment cannot serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{agent} {reason}")]
pub struct Unsuitable {
    /// The agent's title.
    pub agent: String,
    /// Why, and what would work.
    pub reason: String,
}

/// Why an agent cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BuildFault {
    /// A parameter that cannot be taken.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// An environment that it cannot learn in.
    #[error(transparent)]
    Unsuitable(#[from] Unsuitable),
    /// It could be built, but acts in several copies of an environment at once, and this program was built without the
    /// feature `neural`.
    #[error("this program was built without agents that act in several copies of an environment at once")]
    Elsewhere,
}

/// An agent at work in an environment.
///
/// The run calls, for every episode: [`Self::begin`] once; then [`Self::act`] (or [`Self::force`], when somebody else
/// picks the action), the environment's step, and [`Self::learn`], until the step ends the episode; then
/// [`Self::finish`] once. None of them allocates per step.
pub trait Agent<E: Environment>: Send + 'static {
    /// An episode begins: the environment was just reset.
    fn begin(&mut self, environment: &E);

    /// Chooses an action in the environment's present state.
    fn act(&mut self, environment: &E) -> u16;

    /// The action of this step was chosen by somebody else.
    fn force(&mut self, environment: &E, action: u16) {
        let _ = (environment, action);
    }

    /// Learns from a step: `environment` is in the next state already. Truncation bootstraps, termination does not.
    fn learn(&mut self, environment: &E, action: u16, step: Step) -> Result<(), Divergence>;

    /// The episode is over, after its last [`Self::learn`]; schedules by episode move on.
    fn finish(&mut self, environment: &E) -> Result<(), Divergence>;

    /// The action that the agent believes best, without exploring; ties are broken by `generator`.
    fn greedy(&self, environment: &E, generator: &mut Generator) -> u16;

    /// The agent's table, where it has one.
    fn table(&self) -> Option<TableView<'_>> {
        None
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

    /// The discount that the agent plans with: ground truth is computed for it.
    fn discount(&self) -> f64;

    /// Everything the agent carries from one step to the next.
    fn save(&self) -> AgentState;

    /// Takes over what [`Self::save`] gave; on an error nothing has changed.
    fn load(&mut self, state: &AgentState) -> Result<(), LoadError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_number_does_not_fill_the_notice() {
        let what = Diverging::Parameter { name: "rewards of the copies", entry: 0 };
        let divergence = Divergence { what, value: -1e308, advice: Divergence::SMALLER_REWARDS };
        assert_eq!(
            divergence.to_string(),
            "entry 0 of the rewards of the copies would become -1e308: the last good values stay. Smaller rewards keep it finite"
        );
        let divergence = Divergence { what: Diverging::State(3), value: f64::INFINITY, ..divergence };
        assert!(divergence.to_string().starts_with("the value of state 3 would become inf: "), "{divergence}");
    }
}
