//! Value iteration, a sweep at a time (Bellman 1957; Sutton and Barto, 2nd edition, section 4.4).
//!
//! `V(s) <- max_a sum_{s',r} p(s',r|s,a) [ r + gamma V(s') ]` for the states in the chosen order:
//! *synchronous* from the values before the sweep; *in place* from the newest values; *there and back* in place, every
//! other sweep backwards, from a lower bound of all values; *prioritised* as many backups as there are states, each
//! where it changes most (asynchronous, section 4.5). It learns nothing from its steps.

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence, LoadError};
use crate::exploration::action_selection;
use crate::learner::{Learning, TableHyperparameters, TableLearner, preset};
use crate::parameter_list::insert_after;
use crate::planning::dynamic_programming;
use crate::planning::planner::{self, SweepEvery, Sweeps};
use crate::planning::queue::Queue;
use crate::saved_columns;
use crate::setting::Setting;
use environments::{Model, Step};
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::metric::ReportMetric;
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use shared::quantity::Seed;

/// The order in which states are backed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackupOrder {
    /// All from the values before the sweep.
    Synchronous,
    /// One after the other, from the newest values.
    #[default]
    InPlace,
    /// In place, every other sweep backwards.
    ThereAndBack,
    /// Where a backup changes most.
    Prioritised,
}

impl BackupOrder {
    /// The parameter `order`; it is in place at first.
    pub fn parameter() -> ParameterSpec {
        ParameterSpec::choice(
            "order",
            "Order",
            &[
                ("in-place", "in place"),
                ("there-and-back", "there and back"),
                ("synchronous", "synchronous"),
                ("prioritised", "prioritised"),
            ],
            "Which values a backup uses, and which state is next.",
        )
    }

    /// Reads [`Self::parameter`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(match parameters.text("order")? {
            "synchronous" => Self::Synchronous,
            "there-and-back" => Self::ThereAndBack,
            "prioritised" => Self::Prioritised,
            _ => Self::InPlace,
        })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct ValueIteration {
    learner: TableLearner,
    sweeps: Sweeps,
    order: BackupOrder,
    /// Values, and those before the sweep.
    v: Vec<f64>,
    before: Vec<f64>,
    /// States by how much a backup would change them, and for every state those that may lead to it; empty unless
    /// prioritised.
    queue: Queue,
    leading_to: Vec<Vec<u32>>,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = TableHyperparameters::planning().parameters();
    insert_after(&mut parameters, "gamma", vec![BackupOrder::parameter(), SweepEvery::parameter()]);
    CatalogEntry::new(
        &Words {
            id: "value-iteration",
            title: "Value iteration",
            summary: "Knows the environment's rules and only has to think: sweep by sweep, values spread from where rewards \
                      are. Not learning but planning, and the measure of all learners.",
            equation: "V(s) ← maxₐ Σ p(s′,r|s,a) [ r + γ V(s′) ]",
            source: "Bellman 1957; Sutton & Barto, 2nd edition, 4.4 and 4.5",
        },
        parameters,
        vec![preset("far-sighted", &[("gamma", 0.99)]), preset("short-sighted", &[("gamma", 0.8)])],
    )
}

impl ValueIteration {
    /// The agent for an environment with a model.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let model = planner::model(setting, "Value iteration")?;
        let order = BackupOrder::read(parameters)?;
        let mut agent = Self {
            learner: TableLearner::build(parameters, setting, seed, "Value iteration")?,
            sweeps: Sweeps::new(SweepEvery::read(parameters)?),
            v: vec![0.0; setting.states],
            before: vec![0.0; setting.states],
            queue: Queue::new(setting.states),
            leading_to: Vec::new(),
            order,
        };
        if order == BackupOrder::ThereAndBack {
            agent.v.fill(dynamic_programming::lower_bound(model, agent.learner.gamma));
        }
        if order == BackupOrder::Prioritised {
            agent.leading_to = planner::leading_to(model);
            for state in 0..setting.states {
                agent.consider(model, state);
            }
        }
        Ok(agent)
    }

    /// Backs up one state from the values `from`.
    fn backup(&mut self, model: &Model, state: usize, before: bool) -> Result<f64, Divergence> {
        let from = if before { &self.before } else { &self.v };
        for action in 0..model.actions() {
            let value = dynamic_programming::backup(model.outcomes(state, action), from, self.learner.gamma);
            self.learner
                .table
                .set(state, action as u16, value)
                .map_err(|fault| fault.advising(Divergence::SMALLER_DISCOUNT))?;
        }
        let value = self.learner.best(state, model.legal(state));
        let change = (value - self.v[state]).abs();
        self.learner.table.visit(state);
        self.learner.table.show_error(state, value - self.v[state]);
        self.v[state] = value;
        Ok(change)
    }

    fn consider(&mut self, model: &Model, state: usize) {
        let change = (dynamic_programming::best(model, state, &self.v, self.learner.gamma) - self.v[state]).abs();
        if change > planner::NOTHING {
            self.queue.push(state, change);
        }
    }

    fn sweep(&mut self, model: &Model) -> Result<(), Divergence> {
        let mut residual = 0.0_f64;
        if self.order == BackupOrder::Prioritised {
            for _ in 0..model.states() {
                let Some(state) = self.queue.pop() else { break };
                residual = residual.max(self.backup(model, state, false)?);
                for place in 0..self.leading_to[state].len() {
                    self.consider(model, self.leading_to[state][place] as usize);
                }
            }
        } else {
            self.before.copy_from_slice(&self.v);
            let backwards = self.order == BackupOrder::ThereAndBack && self.sweeps.made() % 2 == 1;
            for index in 0..model.states() {
                let state = if backwards { model.states() - 1 - index } else { index };
                residual = residual.max(self.backup(model, state, self.order == BackupOrder::Synchronous)?);
            }
        }
        self.sweeps.count(residual, residual <= planner::NOTHING);
        Ok(())
    }
}

impl Learning for ValueIteration {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn act(&mut self, current: CurrentState<'_>) -> u16 {
        let it = &mut self.learner;
        action_selection::greedy(it.table.row(current.state), current.legal, it.ties, &mut it.generator)
    }

    fn learn(&mut self, _: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        match next.model {
            Some(model) if self.sweeps.due(step) => self.sweep(model),
            _ => Ok(()),
        }
    }

    fn metrics(&self, report: &mut ReportMetric<'_>) {
        self.sweeps.metrics(report);
    }

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        report("v", &self.v);
    }

    fn save_more(&self, into: &mut AgentState) {
        self.sweeps.save(into);
        self.queue.save(into);
        into.numbers.insert("v".into(), self.v.clone().into());
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.sweeps.load(from)?;
        self.queue.load(from)?;
        self.v = saved_columns::numbers(from, "v", self.v.len())?.to_vec();
        Ok(())
    }
}
