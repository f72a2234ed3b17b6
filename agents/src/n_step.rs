//! What agents share that wait for n rewards before they learn (Sutton and Barto, 2nd edition, chapter 7): the trail of
//! the last n steps, and going back along it. A module of an agent adds its rule.

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence, LoadError};
use crate::learner::{Learning, TableHyperparameters, TableLearner};
use crate::parameter_list::insert_after;
use crate::setting::Setting;
use crate::trail::{Trail, TrailStep};
use environments::Step;
use shared::checkpoint::AgentState;
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use shared::quantity::Seed;
use std::fmt;
use std::marker::PhantomData;

/// What n steps are worth to an agent.
pub trait NStepRule: Clone + fmt::Debug + Send + 'static {
    /// The agent's name, where an environment cannot be learned.
    const TITLE: &'static str;

    /// Chooses an action.
    fn act(learner: &mut TableLearner, current: CurrentState<'_>) -> u16;

    /// What the state after the newest step is worth; 0 if the episode terminated.
    fn bootstrap(learner: &mut TableLearner, step: Step, next: CurrentState<'_>) -> f64;

    /// What a state of the trail is worth, if the action that was taken in it is worth `found`.
    fn worth(learner: &TableLearner, moment: &TrailStep, found: f64) -> f64;
}

/// An agent that learns by a rule from n steps at a time.
#[derive(Clone, Debug)]
pub struct NStep<R> {
    learner: TableLearner,
    /// The last steps, at most n.
    trail: Trail,
    n: usize,
    rule: PhantomData<R>,
}

/// What waiting is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NStepHyperparameters {
    /// Rewards that are waited for.
    pub n: usize,
}

impl Default for NStepHyperparameters {
    fn default() -> Self {
        Self { n: 4 }
    }
}

impl NStepHyperparameters {
    /// The parameter, with this default.
    pub fn parameter(self) -> ParameterSpec {
        let help = "Rewards that are waited for before learning.";
        ParameterSpec::integer("n", "Steps", (1, 512), self.n as i64, help).symbol("n")
    }

    /// Reads [`Self::parameter`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self { n: parameters.count("n")? })
    }
}

/// The parameters of such an agent.
pub fn parameters() -> Vec<ParameterSpec> {
    let mut parameters = TableHyperparameters::default().parameters();
    insert_after(&mut parameters, "gamma", vec![NStepHyperparameters::default().parameter()]);
    parameters
}

impl<R: NStepRule> NStep<R> {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let learner = TableLearner::build(parameters, setting, seed, R::TITLE)?;
        let NStepHyperparameters { n } = NStepHyperparameters::read(parameters)?;
        Ok(Self { learner, trail: Trail::with_capacity(n), n, rule: PhantomData })
    }

    /// Learns about the oldest step of the trail, which leads to a state worth `bootstrap`, and lets go of it.
    fn learn_oldest(&mut self, bootstrap: f64) -> Result<(), Divergence> {
        let (mut found, mut after) = (0.0, bootstrap);
        for moment in self.trail.iter().rev() {
            found = moment.reward + self.learner.gamma * after;
            after = R::worth(&self.learner, moment, found);
        }
        let Some(oldest) = self.trail.pop() else { return Ok(()) };
        let error = found - self.learner.table.get(oldest.state, oldest.action);
        self.learner.learn(oldest.state, oldest.action, error)
    }
}

impl<R: NStepRule> Learning for NStep<R> {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn begin(&mut self, _: CurrentState<'_>) {
        self.trail.clear();
    }

    fn act(&mut self, current: CurrentState<'_>) -> u16 {
        R::act(&mut self.learner, current)
    }

    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        let TableLearner { state, legal, .. } = self.learner;
        self.trail.push(TrailStep { state, legal, action, reward: step.reward, note: 0.0 });
        let bootstrap = R::bootstrap(&mut self.learner, step, next);
        while self.trail.len() == self.n || (step.ended() && !self.trail.is_empty()) {
            self.learn_oldest(bootstrap)?;
        }
        Ok(())
    }

    fn save_more(&self, into: &mut AgentState) {
        self.trail.save(into);
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.trail.load(from, self.learner.table.states(), self.learner.table.actions())
    }
}
