//! Policies that prefer: a table of preferences, and the probability of each action in proportion to the exponential of
//! its preference (Sutton and Barto, 2nd edition, section 13.1). A [`TableLearner`] without exploration acts so.

use crate::error::{Divergence, Diverging, LoadError};
use crate::exploration::action_selection;
use crate::exploration::behaviour::MOST_ACTIONS;
use crate::learner::TableLearner;
use crate::saved_columns;
use environments::ActionMask;
use shared::checkpoint::AgentState;
use shared::parameter::{ParameterError, ParameterSpec, Resolved};

/// Makes an action more likely in a state if `advantage` is above 0, less likely if it is below.
pub fn prefer(
    learner: &mut TableLearner,
    state: usize,
    legal: ActionMask,
    action: u16,
    advantage: f64,
) -> Result<(), Divergence> {
    let step_size = learner.rate(state, action);
    let mut shares = [0.0; MOST_ACTIONS];
    let shares = &mut shares[..learner.table.actions()];
    action_selection::softmax(learner.table.row(state), legal, 1.0, shares);
    let first = learner.table.pair(state, 0);
    for other in legal.iter() {
        let chosen = if other == action { 1.0 } else { 0.0 };
        let change = step_size * advantage * (chosen - shares[usize::from(other)]);
        learner.table.nudge(first + usize::from(other), change)?;
    }
    Ok(())
}

/// Writes the policy of a state among its legal actions.
pub fn write(learner: &TableLearner, state: usize, legal: ActionMask, into: &mut [f64]) -> bool {
    action_selection::softmax(learner.table.row(state), legal, 1.0, into);
    true
}

/// What a critic is set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CriticHyperparameters {
    /// The share of each surprise that the values of states learn.
    pub step_size: f64,
}

impl Default for CriticHyperparameters {
    fn default() -> Self {
        Self { step_size: 0.1 }
    }
}

impl CriticHyperparameters {
    /// The parameter `alpha_critic`, with this default.
    pub fn parameter(self) -> ParameterSpec {
        let help = "The share of each surprise that the values of states learn.";
        ParameterSpec::number("alpha_critic", "Critic's step size", (0.0, 1.0), self.step_size, 0.01, help)
            .symbol("αᵥ")
            .live()
    }

    /// Reads [`Self::parameter`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self { step_size: parameters.number("alpha_critic")? })
    }
}

/// What states are worth under the policy.
#[derive(Clone, Debug)]
pub struct Critic {
    /// The value of every state.
    pub values: Vec<f64>,
    step_size: f64,
}

impl Critic {
    /// States worth nothing yet.
    pub fn new(hyperparameters: CriticHyperparameters, states: usize) -> Self {
        Self { values: vec![0.0; states], step_size: hyperparameters.step_size }
    }

    /// Moves the value of a state by its step size times `error`.
    pub fn learn(&mut self, state: usize, error: f64) -> Result<(), Divergence> {
        let value = self.values[state] + self.step_size * error;
        if !value.is_finite() {
            return Err(Divergence {
                what: Diverging::State(state),
                value,
                advice: "A smaller step size of the critic or a smaller discount keeps it finite",
            });
        }
        self.values[state] = value;
        Ok(())
    }

    /// Puts it into a saved state.
    pub fn save(&self, into: &mut AgentState) {
        into.numbers.insert("critic".into(), self.values.clone().into());
    }

    /// Reads what [`Self::save`] wrote.
    pub fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.values = saved_columns::numbers(from, "critic", self.values.len())?.to_vec();
        Ok(())
    }
}
