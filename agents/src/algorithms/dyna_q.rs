//! Dyna-Q: Q-learning that also learns from what it remembers (Sutton 1990; Sutton and Barto, 2nd edition, section 8.2).
//!
//! After every real step, n times: a state seen before, an action tried in it, both by chance; with what came of it the
//! last time, `Q(s,a) <- Q(s,a) + alpha [ r + gamma max_a' Q(s',a') - Q(s,a) ]`.

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence, LoadError};
use crate::exploration::behaviour::ExplorationHyperparameters;
use crate::learner::{Learning, TableHyperparameters, TableLearner, preset};
use crate::parameter_list::insert_after;
use crate::planning::learned_model::LearnedModel;
use crate::setting::Setting;
use environments::Step;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct DynaQ {
    learner: TableLearner,
    model: LearnedModel,
    planning: PlanningHyperparameters,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let exploration = Some(ExplorationHyperparameters::constant(0.1));
    let mut parameters = TableHyperparameters { exploration, ..TableHyperparameters::default() }.parameters();
    insert_after(&mut parameters, "gamma", vec![PlanningHyperparameters::default().parameter(0)]);
    CatalogEntry::new(
        &Words {
            id: "dyna-q",
            title: "Dyna-Q",
            summary: "Remembers what came of every action and relives it between steps. Where steps are dear and \
                      thoughts are cheap it needs a fraction of the episodes.",
            equation: "Q-learning from each step, then from n remembered ones",
            source: "Sutton 1990; Sutton & Barto, 2nd edition, 8.2",
        },
        parameters,
        vec![
            preset("no planning", &[("planning_steps", 0.0)]),
            preset("some planning", &[("planning_steps", 5.0)]),
            preset("much planning", &[("planning_steps", 50.0)]),
        ],
    )
}

/// What reliving is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanningHyperparameters {
    /// Remembered steps that are relived after every real one.
    pub steps: i64,
}

impl Default for PlanningHyperparameters {
    fn default() -> Self {
        Self { steps: 10 }
    }
}

impl PlanningHyperparameters {
    /// The parameter `planning_steps`, with this default, of which there are at least so many.
    pub fn parameter(self, least: i64) -> ParameterSpec {
        let help = "Remembered steps that are relived after every real one.";
        ParameterSpec::integer("planning_steps", "Planning steps", (least, 1000), self.steps, help).symbol("n").live()
    }

    /// Reads [`Self::parameter`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self { steps: parameters.integer("planning_steps")? })
    }
}

impl DynaQ {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let learner = TableLearner::build(parameters, setting, seed, "Dyna-Q")?.remembering_best();
        let model = LearnedModel::new(setting.states, setting.actions);
        Ok(Self { learner, model, planning: PlanningHyperparameters::read(parameters)? })
    }
}

impl Learning for DynaQ {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        let Self { learner: it, model, planning } = self;
        let bootstrap = if step.terminated { 0.0 } else { it.gamma * it.best(next.state, next.legal) };
        let error = step.reward + bootstrap - it.table.get(it.state, action);
        it.learn(it.state, action, error)?;
        model.keep(it, action, step, next);
        for _ in 0..planning.steps {
            let state = model.any_state(&mut it.generator);
            let tried = model.tried(state);
            let action = tried.nth(it.generator.below(tried.count()));
            if let Some(known) = model.recall(it, state, action) {
                let error = model.error(it, state, action, known);
                it.relive(state, action, error)?;
            }
        }
        Ok(())
    }

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        report("model", &self.model.by_state());
    }

    fn save_more(&self, into: &mut AgentState) {
        self.model.save(into);
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.model.load(from)
    }
}
