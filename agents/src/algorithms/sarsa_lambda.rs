//! SARSA(lambda): every surprise is felt by all pairs of the way here (Sutton and Barto, 2nd edition, section 12.7).
//!
//! `delta = r + gamma Q(s',a') - Q(s,a)`; the trace `E(s,a)` is marked; for every pair
//! `Q <- Q + alpha delta E` and `E <- gamma lambda E`. The bootstrap term is 0 if s' is terminal.
//!
//! With dutch traces it is true online SARSA(lambda) (van Seijen and others 2016; section 12.5):
//! `Q <- Q + alpha (delta + Q(s,a) - Q_old) E` and besides `Q(s,a) <- Q(s,a) - alpha (Q(s,a) - Q_old)`, where `Q_old` is
//! what `Q(s',a')` was a step ago.

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence, LoadError};
use crate::learner::{self, Learning, TableHyperparameters, TableLearner};
use crate::parameter_list::insert_after;
use crate::saved_columns;
use crate::setting::Setting;
use crate::values::traces::{TraceHyperparameters, TraceKind, Traces};
use environments::Step;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::Resolved;
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct SarsaLambda {
    learner: TableLearner,
    traces: Traces,
    /// The value of the present pair before the last step was learned.
    old_value: f64,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = TableHyperparameters::default().parameters();
    insert_after(&mut parameters, "gamma", TraceHyperparameters::default().parameters());
    CatalogEntry::new(
        &Words {
            id: "sarsa-lambda",
            title: "SARSA(λ)",
            summary: "Leaves a fading trace where it has been, and lets every surprise teach the whole trace at once. \
                      One visit to the goal colours the whole way there.",
            equation: "δ = r + γ Q(s′,a′) − Q(s,a);  Q ← Q + α δ E;  E ← γ λ E",
            source: "Sutton & Barto, 2nd edition, 12.7; dutch: van Seijen et al. 2016",
        },
        parameters,
        learner::presets(),
    )
}

impl SarsaLambda {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let learner = TableLearner::build(parameters, setting, seed, "SARSA(λ)")?;
        let traces = Traces::new(TraceHyperparameters::read(parameters)?, learner.table.values().len());
        Ok(Self { learner, traces, old_value: 0.0 })
    }
}

impl Learning for SarsaLambda {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn begin(&mut self, _: CurrentState<'_>) {
        self.traces.clear();
        self.old_value = 0.0;
    }

    fn act(&mut self, current: CurrentState<'_>) -> u16 {
        self.learner.chosen_ahead(current)
    }

    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        let Self { learner: it, traces, old_value } = self;
        let pair = it.table.pair(it.state, action);
        let (value, next_value) = (it.table.get(it.state, action), it.value_ahead(step, next));
        let error = step.reward + it.gamma * next_value - value;
        let step_size = it.rate(it.state, action);
        it.table.visit(it.state);
        it.table.show_error(it.state, error);
        traces.mark(pair, step_size);
        let fading = it.gamma * traces.lambda;
        if traces.kind == TraceKind::Dutch {
            traces.spread(&mut it.table, step_size * (error + value - *old_value), fading)?;
            it.table.nudge(pair, -step_size * (value - *old_value))?;
            *old_value = next_value;
            Ok(())
        } else {
            traces.spread(&mut it.table, step_size * error, fading)
        }
    }

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        report("eligibility", &self.traces.by_state(self.learner.table.actions()));
    }

    fn save_more(&self, into: &mut AgentState) {
        self.traces.save(into);
        into.numbers.insert("old_value".into(), vec![self.old_value].into());
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.traces.load(from)?;
        self.old_value = saved_columns::numbers(from, "old_value", 1)?[0];
        Ok(())
    }
}
