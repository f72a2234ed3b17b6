//! Successor representation: where an action leads in the long run, apart from what that is worth (Dayan 1993).
//!
//! `M(s,a,x)` is the discounted number of future arrivals in x after doing a in s; on-policy, with the next action a':
//! `M(s,a,.) <- M(s,a,.) + alpha [ 1[. = s'] + gamma M(s',a',.) - M(s,a,.) ]`, where the second term is 0 if s' is
//! terminal. The reward on arriving in s' is learned apart, `w(s') <- w(s') + alpha_w [ r - w(s') ]`, and
//! `Q(s,a) = sum_x M(s,a,x) w(x)`: when rewards move, all values follow at once.

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence, Diverging, LoadError, Unsuitable};
use crate::learner::{self, Learning, TableHyperparameters, TableLearner};
use crate::parameter_list::insert_after;
use crate::saved_columns;
use crate::setting::Setting;
use environments::Step;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use shared::quantity::Seed;

/// Most entries of M, 64 MB of them.
const MOST_ENTRIES: usize = 8_000_000;

/// The agent.
#[derive(Clone, Debug)]
pub struct Successor {
    learner: TableLearner,
    /// `M(s,a,x)`, `[states][actions][states]`.
    arrivals: Vec<f64>,
    /// `w(x)`.
    rewards: Vec<f64>,
    hyperparameters: SuccessorHyperparameters,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let table = TableHyperparameters { initial_value: None, ..TableHyperparameters::default() };
    let mut parameters = table.parameters();
    insert_after(&mut parameters, "alpha", vec![SuccessorHyperparameters::default().parameter()]);
    CatalogEntry::new(
        &Words {
            id: "successor",
            title: "Successor representation",
            summary: "Learns a map of where its ways lead, and apart from that which places are good. Move the goal, \
                      and it knows the way as soon as it has found it.",
            equation: "M(s,a,·) ← M(s,a,·) + α [ 1[s′] + γ M(s′,a′,·) − M(s,a,·) ];  Q(s,a) = Σ M(s,a,x) w(x)",
            source: "Dayan 1993",
        },
        parameters,
        learner::presets(),
    )
}

/// What it is set to beside its table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessorHyperparameters {
    /// The share of each surprising reward that is learned.
    pub reward_step_size: f64,
}

impl Default for SuccessorHyperparameters {
    fn default() -> Self {
        Self { reward_step_size: 0.5 }
    }
}

impl SuccessorHyperparameters {
    /// The parameter, with this default.
    pub fn parameter(self) -> ParameterSpec {
        let help = "The share of each surprising reward that is learned.";
        let (range, default) = ((0.001, 1.0), self.reward_step_size);
        ParameterSpec::number("alpha_reward", "Reward step size", range, default, 0.01, help).symbol("α_w").live()
    }

    /// Reads [`Self::parameter`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self { reward_step_size: parameters.number("alpha_reward")? })
    }
}

impl Successor {
    /// The agent for an environment with discrete states, not too many.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        setting.countable("The successor representation")?;
        let entries = setting.states.saturating_mul(setting.states).saturating_mul(setting.actions);
        if entries > MOST_ENTRIES {
            let reason = format!(
                "keeps a number for every state, action and later state, {entries} here and at most {MOST_ENTRIES}. \
                 SARSA, which keeps one for every state and action, would work"
            );
            return Err(Unsuitable { agent: "The successor representation".into(), reason }.into());
        }
        Ok(Self {
            learner: TableLearner::build(parameters, setting, seed, "The successor representation")?,
            arrivals: vec![0.0; entries],
            rewards: vec![0.0; setting.states],
            hyperparameters: SuccessorHyperparameters::read(parameters)?,
        })
    }

    /// Learns the reward of arriving in a state; all values follow.
    fn learn_reward(&mut self, state: usize, reward: f64) -> Result<(), Divergence> {
        let change = self.hyperparameters.reward_step_size * (reward - self.rewards[state]);
        let value = self.rewards[state] + change;
        if !value.is_finite() {
            return Err(Divergence {
                what: Diverging::Reward(state),
                value,
                advice: "A smaller reward step size keeps it finite",
            });
        }
        self.rewards[state] = value;
        // A reward that is known exactly moves nothing, and most are before long.
        if change == 0.0 {
            return Ok(());
        }
        let states = self.rewards.len();
        for pair in 0..self.learner.table.values().len() {
            let arrivals = self.arrivals[pair * states + state];
            if arrivals != 0.0 {
                self.learner.table.nudge(pair, arrivals * change)?;
            }
        }
        Ok(())
    }
}

impl Learning for Successor {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn act(&mut self, current: CurrentState<'_>) -> u16 {
        self.learner.chosen_ahead(current)
    }

    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        self.learn_reward(next.state, step.reward)?;
        let Self { learner: it, arrivals, rewards, .. } = self;
        let states = rewards.len();
        let pair = it.table.pair(it.state, action);
        let ahead = if step.terminated {
            None
        } else {
            let next_action = it.choose_ahead(next);
            Some(it.table.pair(next.state, next_action))
        };
        let step_size = it.rate(it.state, action);
        let mut change = 0.0;
        for state in 0..states {
            let later = ahead.map_or(0.0, |ahead| it.gamma * arrivals[ahead * states + state]);
            let now = if state == next.state { 1.0 } else { 0.0 };
            let known = &mut arrivals[pair * states + state];
            let moved = step_size * (now + later - *known);
            *known += moved;
            change += moved * rewards[state];
        }
        it.table.visit(it.state);
        it.table.show_error(it.state, change);
        it.table.nudge(pair, change)
    }

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        let (states, actions) = (self.rewards.len(), self.learner.table.actions());
        let (first, legal) = (self.learner.state * actions, self.learner.legal);
        let mut future = vec![0.0; states];
        for action in legal.iter() {
            let pair = first + usize::from(action);
            for (state, share) in future.iter_mut().enumerate() {
                *share += self.arrivals[pair * states + state] / f64::from(legal.count());
            }
        }
        report("future", &future);
    }

    fn save_more(&self, into: &mut AgentState) {
        into.numbers.insert("arrivals".into(), self.arrivals.clone().into());
        into.numbers.insert("rewards".into(), self.rewards.clone().into());
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.arrivals = saved_columns::numbers(from, "arrivals", self.arrivals.len())?.to_vec();
        self.rewards = saved_columns::numbers(from, "rewards", self.rewards.len())?.to_vec();
        Ok(())
    }
}
