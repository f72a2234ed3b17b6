//! Dyna-Q+: Dyna-Q that wonders about what it has not tried for long (Sutton 1990; Sutton and Barto, 2nd edition,
//! section 8.3).
//!
//! As Dyna-Q, but relived rewards are `r + kappa sqrt(tau)` with the number of steps `tau` since the action was last
//! tried in the state; and actions never tried in a known state are relived too, as leading back to it with reward 0.

use crate::agent::CurrentState;
use crate::algorithms::dyna_q::PlanningHyperparameters;
use crate::error::{BuildFault, Divergence, LoadError};
use crate::exploration::behaviour::ExplorationHyperparameters;
use crate::learner::{Learning, TableHyperparameters, TableLearner, preset};
use crate::parameter_list::insert_after;
use crate::planning::learned_model::{LearnedModel, LearnedOutcome};
use crate::saved_columns;
use crate::setting::Setting;
use environments::Step;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::{ParameterError, ParameterSpec, Resolved, Value};
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct DynaQPlus {
    learner: TableLearner,
    model: LearnedModel,
    hyperparameters: DynaQPlusHyperparameters,
    /// Steps made.
    time: u64,
    /// When each action was last tried, `[states][actions]`; 0 is never.
    last_tried: Vec<u64>,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let exploration = Some(ExplorationHyperparameters::constant(0.1));
    let mut parameters = TableHyperparameters { exploration, ..TableHyperparameters::default() }.parameters();
    insert_after(&mut parameters, "gamma", DynaQPlusHyperparameters::default().parameters());
    CatalogEntry::new(
        &Words {
            id: "dyna-q-plus",
            title: "Dyna-Q+",
            summary: "Dyna-Q with curiosity: the longer an action was not tried, the better it imagines it. So it \
                      notices when a wall has come down.",
            equation: "Dyna-Q with r + κ √τ for remembered steps, τ steps since the action was last tried",
            source: "Sutton 1990; Sutton & Barto, 2nd edition, 8.3",
        },
        parameters,
        vec![preset("content", &[("kappa", 0.0001)]), preset("curious", &[("kappa", 0.005)])],
    )
}

/// What it is set to beside its table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DynaQPlusHyperparameters {
    /// How much it relives.
    pub planning: PlanningHyperparameters,
    /// How strongly it longs for what it has not tried for a while.
    pub kappa: f64,
}

impl Default for DynaQPlusHyperparameters {
    fn default() -> Self {
        Self { planning: PlanningHyperparameters::default(), kappa: 0.001 }
    }
}

impl DynaQPlusHyperparameters {
    /// The parameters, with these defaults.
    pub fn parameters(self) -> Vec<ParameterSpec> {
        let help = "How strongly it longs for what it has not tried for a while.";
        let kappa =
            ParameterSpec::number("kappa", "Curiosity", (0.0, 1.0), self.kappa, 0.0005, help).symbol("κ").live();
        vec![self.planning.parameter(0), kappa.unless("planning_steps", vec![Value::Integer(0)])]
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self { planning: PlanningHyperparameters::read(parameters)?, kappa: parameters.number("kappa")? })
    }
}

impl DynaQPlus {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let learner = TableLearner::build(parameters, setting, seed, "Dyna-Q+")?.remembering_best();
        Ok(Self {
            model: LearnedModel::new(setting.states, setting.actions),
            hyperparameters: DynaQPlusHyperparameters::read(parameters)?,
            time: 0,
            last_tried: vec![0; learner.table.values().len()],
            learner,
        })
    }
}

impl Learning for DynaQPlus {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        let Self { learner: it, model, time, last_tried, .. } = self;
        let DynaQPlusHyperparameters { planning, kappa } = self.hyperparameters;
        let bootstrap = if step.terminated { 0.0 } else { it.gamma * it.best(next.state, next.legal) };
        let error = step.reward + bootstrap - it.table.get(it.state, action);
        it.learn(it.state, action, error)?;
        model.keep(it, action, step, next);
        *time += 1;
        last_tried[it.table.pair(it.state, action)] = *time;
        for _ in 0..planning.steps {
            let state = model.any_state(&mut it.generator);
            let legal = model.legal(state);
            let action = legal.nth(it.generator.below(legal.count()));
            let nothing = LearnedOutcome { reward: 0.0, next: state, terminated: false };
            let mut known = model.recall(it, state, action).unwrap_or(nothing);
            known.reward += kappa * libm::sqrt((*time - last_tried[it.table.pair(state, action)]) as f64);
            let error = model.error(it, state, action, known);
            it.relive(state, action, error)?;
        }
        Ok(())
    }

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        report("model", &self.model.by_state());
    }

    fn save_more(&self, into: &mut AgentState) {
        self.model.save(into);
        into.integers.insert("time".into(), vec![self.time].into());
        into.integers.insert("last_tried".into(), self.last_tried.clone().into());
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.model.load(from)?;
        self.time = saved_columns::integers(from, "time", 1)?[0];
        let last_tried = saved_columns::integers(from, "last_tried", self.last_tried.len())?;
        self.last_tried = last_tried.iter().map(|time| (*time).min(self.time)).collect();
        Ok(())
    }
}
