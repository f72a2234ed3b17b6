//! Watkins's Q(lambda): Q-learning with traces that last as long as its actions are the best ones (Watkins 1989; Sutton
//! and Barto, 2nd edition, section 12.10).
//!
//! `delta = r + gamma max_a' Q(s',a') - Q(s,a)`; the trace `E(s,a)` is marked; for every pair `Q <- Q + alpha delta E`
//! and `E <- gamma lambda E`. An action that is not the best clears all traces first. The bootstrap term is 0 if s' is
//! terminal.

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence, LoadError};
use crate::exploration::action_selection;
use crate::learner::{self, Learning, TableHyperparameters, TableLearner};
use crate::parameter_list::insert_after;
use crate::setting::Setting;
use crate::values::traces::{TraceHyperparameters, Traces};
use environments::Step;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::Resolved;
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct WatkinsQLambda {
    learner: TableLearner,
    traces: Traces,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = TableHyperparameters::default().parameters();
    insert_after(&mut parameters, "gamma", TraceHyperparameters::default().parameters());
    CatalogEntry::new(
        &Words {
            id: "watkins-q-lambda",
            title: "Watkins's Q(λ)",
            summary: "Q-learning that lets a surprise teach the whole way here, back to the last action that was \
                      tried out rather than believed in.",
            equation: "δ = r + γ max Q(s′,·) − Q(s,a);  Q ← Q + α δ E;  E ← γ λ E, or 0 after exploring",
            source: "Watkins 1989; Sutton & Barto, 2nd edition, 12.10",
        },
        parameters,
        learner::presets(),
    )
}

impl WatkinsQLambda {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let learner = TableLearner::build(parameters, setting, seed, "Watkins's Q(λ)")?;
        let traces = Traces::new(TraceHyperparameters::read(parameters)?, learner.table.values().len());
        Ok(Self { learner, traces })
    }
}

impl Learning for WatkinsQLambda {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn begin(&mut self, _: CurrentState<'_>) {
        self.traces.clear();
    }

    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        let Self { learner: it, traces } = self;
        if !action_selection::best_actions(it.table.row(it.state), it.legal).allows(action) {
            traces.clear();
        }
        let bootstrap = if step.terminated { 0.0 } else { it.gamma * it.best(next.state, next.legal) };
        let error = step.reward + bootstrap - it.table.get(it.state, action);
        let step_size = it.rate(it.state, action);
        it.table.visit(it.state);
        it.table.show_error(it.state, error);
        traces.mark(it.table.pair(it.state, action), step_size);
        traces.spread(&mut it.table, step_size * error, it.gamma * traces.lambda)
    }

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        report("eligibility", &self.traces.by_state(self.learner.table.actions()));
    }

    fn save_more(&self, into: &mut AgentState) {
        self.traces.save(into);
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.traces.load(from)
    }
}
