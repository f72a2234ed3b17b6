//! Prioritised sweeping: remembered steps are relived where they surprise most (Moore and Atkeson 1993; Sutton and
//! Barto, 2nd edition, section 8.4).
//!
//! Each pair waits with priority `|r + gamma max_a' Q(s',a') - Q(s,a)|`, if that is above a threshold. After every real
//! step, n times: the first of the queue learns from its remembered outcome, and all pairs that are known to lead to its
//! state are put into the queue.

use crate::agent::CurrentState;
use crate::algorithms::dyna_q::PlanningHyperparameters;
use crate::error::{BuildFault, Divergence, LoadError};
use crate::exploration::behaviour::ExplorationHyperparameters;
use crate::learner::{Learning, TableHyperparameters, TableLearner, preset};
use crate::parameter_list::insert_after;
use crate::planning::learned_model::LearnedModel;
use crate::planning::queue::Queue;
use crate::rate::RateHyperparameters;
use crate::setting::Setting;
use environments::Step;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct PrioritisedSweeping {
    learner: TableLearner,
    model: LearnedModel,
    /// The pairs that led to every state the last time, in ascending order.
    leading_to: Vec<Vec<u32>>,
    queue: Queue,
    hyperparameters: PrioritisedSweepingHyperparameters,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let table = TableHyperparameters {
        rate: Some(RateHyperparameters::constant(0.5)),
        exploration: Some(ExplorationHyperparameters::constant(0.1)),
        ..TableHyperparameters::default()
    };
    let mut parameters = table.parameters();
    insert_after(&mut parameters, "gamma", PrioritisedSweepingHyperparameters::default().parameters());
    CatalogEntry::new(
        &Words {
            id: "prioritised-sweeping",
            title: "Prioritised sweeping",
            summary: "Relives what it remembers, the most surprising first, and then what leads there: news travels \
                      backwards from the goal in a few steps.",
            equation: "Q-learning from remembered steps in the order of |r + γ max Q(s′,·) − Q(s,a)|",
            source: "Moore & Atkeson 1993; Sutton & Barto, 2nd edition, 8.4",
        },
        parameters,
        vec![
            preset("little planning", &[("planning_steps", 2.0)]),
            preset("much planning", &[("planning_steps", 50.0)]),
        ],
    )
}

/// What it is set to beside its table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrioritisedSweepingHyperparameters {
    /// How much it relives.
    pub planning: PlanningHyperparameters,
    /// Surprises smaller than this are not worth a thought.
    pub threshold: f64,
}

impl Default for PrioritisedSweepingHyperparameters {
    fn default() -> Self {
        Self { planning: PlanningHyperparameters::default(), threshold: 0.0001 }
    }
}

impl PrioritisedSweepingHyperparameters {
    /// The parameters, with these defaults.
    pub fn parameters(self) -> Vec<ParameterSpec> {
        let help = "Surprises smaller than this are not worth a thought.";
        vec![
            // All that it learns, it learns by reliving.
            self.planning.parameter(1),
            ParameterSpec::number("threshold", "Threshold", (0.0, 10.0), self.threshold, 0.0001, help)
                .symbol("θ")
                .live(),
        ]
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self { planning: PlanningHyperparameters::read(parameters)?, threshold: parameters.number("threshold")? })
    }
}

impl PrioritisedSweeping {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let learner = TableLearner::build(parameters, setting, seed, "Prioritised sweeping")?;
        Ok(Self {
            model: LearnedModel::new(setting.states, setting.actions),
            leading_to: vec![Vec::new(); setting.states],
            queue: Queue::new(learner.table.values().len()),
            hyperparameters: PrioritisedSweepingHyperparameters::read(parameters)?,
            learner,
        })
    }

    fn link(&mut self, pair: usize, next: usize) {
        let pairs = &mut self.leading_to[next];
        if let Err(place) = pairs.binary_search(&(pair as u32)) {
            pairs.insert(place, pair as u32);
        }
    }

    fn unlink(&mut self, pair: usize, next: usize) {
        let pairs = &mut self.leading_to[next];
        if let Ok(place) = pairs.binary_search(&(pair as u32)) {
            pairs.remove(place);
        }
    }

    /// How far a pair is from its remembered outcome.
    fn error(&self, pair: usize) -> f64 {
        let (state, action) = self.split(pair);
        let known = self.model.recall(&self.learner, state, action);
        known.map_or(0.0, |known| self.model.error(&self.learner, state, action, known))
    }

    fn split(&self, pair: usize) -> (usize, u16) {
        let actions = self.learner.table.actions();
        (pair / actions, (pair % actions) as u16)
    }

    fn consider(&mut self, pair: usize, error: f64) {
        if error.abs() > self.hyperparameters.threshold {
            self.queue.push(pair, error.abs());
        }
    }

    /// Considers every pair that is known to lead to a state; what that is worth is looked up once.
    fn consider_all_before(&mut self, state: usize) {
        let worth = self.model.worth(&self.learner, state);
        for place in 0..self.leading_to[state].len() {
            let pair = self.leading_to[state][place] as usize;
            let (before, action) = self.split(pair);
            let known = self.model.recall(&self.learner, before, action);
            let error = known.map(|known| self.model.error_before(&self.learner, before, action, known, worth));
            self.consider(pair, error.unwrap_or_default());
        }
    }
}

impl Learning for PrioritisedSweeping {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        let state = self.learner.state;
        let pair = self.learner.table.pair(state, action);
        if let Some(before) = self.model.keep(&self.learner, action, step, next).filter(|it| it.next != next.state) {
            self.unlink(pair, before.next);
        }
        self.link(pair, next.state);
        self.learner.rate(state, action);
        self.learner.table.visit(state);
        let error = self.error(pair);
        self.learner.table.show_error(state, error);
        self.consider(pair, error);
        for _ in 0..self.hyperparameters.planning.steps {
            let Some(first) = self.queue.pop() else { break };
            let (state, action) = self.split(first);
            let error = self.error(first);
            self.learner.relive(state, action, error)?;
            self.consider_all_before(state);
        }
        Ok(())
    }

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        report("model", &self.model.by_state());
    }

    fn save_more(&self, into: &mut AgentState) {
        self.model.save(into);
        self.queue.save(into);
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.model.load(from)?;
        self.queue.load(from)?;
        self.leading_to.iter_mut().for_each(Vec::clear);
        for (pair, known) in self.model.iter() {
            self.leading_to[known.next].push(pair as u32);
        }
        Ok(())
    }
}
