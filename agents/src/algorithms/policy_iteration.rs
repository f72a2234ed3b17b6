//! Policy iteration, a sweep at a time (Howard 1960; Sutton and Barto, 2nd edition, sections 4.1 to 4.3).
//!
//! *Evaluation*, in place, until no value changes by more than a tolerance or enough sweeps were made:
//! `V(s) <- sum_a pi(a|s) sum_{s',r} p(s',r|s,a) [ r + gamma V(s') ]`; then *improvement*, `pi` greedy in `Q`. It
//! begins with the uniformly random policy, and without improvement it only evaluates that one. It learns nothing from
//! its steps.

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence, LoadError};
use crate::exploration::action_selection;
use crate::learner::{Learning, TableHyperparameters, TableLearner, preset};
use crate::parameter_list::insert_after;
use crate::planning::dynamic_programming;
use crate::planning::planner::{self, SweepEvery, Sweeps};
use crate::saved_columns;
use crate::setting::Setting;
use environments::{ActionMask, Model, Step};
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::metric::{MetricDescription, ReportMetric};
use shared::parameter::{ParameterError, ParameterSpec, Resolved, Value};
use shared::quantity::Seed;

static IMPROVEMENTS: MetricDescription =
    MetricDescription::new("charts/improvements", "Improvements", "", planner::PLANNING);

/// The agent.
#[derive(Clone, Debug)]
pub struct PolicyIteration {
    learner: TableLearner,
    sweeps: Sweeps,
    hyperparameters: PolicyIterationHyperparameters,
    v: Vec<f64>,
    /// The actions of every state that the policy takes, each equally often.
    policy: Vec<ActionMask>,
    /// Sweeps since the last improvement.
    evaluated: u64,
    improvements: u64,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = TableHyperparameters::planning().parameters();
    insert_after(&mut parameters, "gamma", PolicyIterationHyperparameters::default().parameters());
    CatalogEntry::new(
        &Words {
            id: "policy-iteration",
            title: "Policy iteration",
            summary: "Asks by turns what its policy is worth and how to better it. Knows the environment's rules; few \
                      improvements are enough.",
            equation: "V(s) ← Σ π(a|s) Σ p(s′,r|s,a) [ r + γ V(s′) ];  π ← greedy in Q",
            source: "Howard 1960; Sutton & Barto, 2nd edition, 4.1 to 4.3",
        },
        parameters,
        vec![preset("thorough", &[("evaluation_sweeps", 200.0)]), preset("hasty", &[("evaluation_sweeps", 1.0)])],
    )
}

/// What it is set to beside the discount.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PolicyIterationHyperparameters {
    /// After so many sweeps it improves the policy even if the values still move.
    pub evaluation_sweeps: i64,
    /// The policy counts as evaluated when no value changes by more in a sweep.
    pub tolerance: f64,
    /// Whether it improves the policy at all.
    pub improves: bool,
    /// When it thinks.
    pub sweep_every: SweepEvery,
}

impl Default for PolicyIterationHyperparameters {
    fn default() -> Self {
        Self { evaluation_sweeps: 20, tolerance: 1e-6, improves: true, sweep_every: SweepEvery::default() }
    }
}

impl PolicyIterationHyperparameters {
    /// The parameters, with these defaults.
    pub fn parameters(self) -> Vec<ParameterSpec> {
        let most = "After so many sweeps it improves the policy even if the values still move.";
        let improves = "Without it, the values of behaving at random are found.";
        let close = "The policy counts as evaluated when no value changes by more in a sweep.";
        vec![
            ParameterSpec::integer("evaluation_sweeps", "Evaluation sweeps", (1, 1000), self.evaluation_sweeps, most)
                .needs("improves", vec![Value::Flag(true)]),
            ParameterSpec::number("tolerance", "Tolerance", (0.0, 1.0), self.tolerance, 1e-6, close)
                .symbol("θ")
                .needs("improves", vec![Value::Flag(true)]),
            ParameterSpec::flag("improves", "Improves", self.improves, improves),
            SweepEvery::parameter(),
        ]
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self {
            sweep_every: SweepEvery::read(parameters)?,
            tolerance: parameters.number("tolerance")?,
            evaluation_sweeps: parameters.integer("evaluation_sweeps")?,
            improves: parameters.flag("improves")?,
        })
    }
}

impl PolicyIteration {
    /// The agent for an environment with a model.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let model = planner::model(setting, "Policy iteration")?;
        let learner = TableLearner::build(parameters, setting, seed, "Policy iteration")?;
        let hyperparameters = PolicyIterationHyperparameters::read(parameters)?;
        Ok(Self {
            learner,
            sweeps: Sweeps::new(hyperparameters.sweep_every),
            hyperparameters,
            v: vec![0.0; setting.states],
            policy: (0..setting.states).map(|state| model.legal(state)).collect(),
            evaluated: 0,
            improvements: 0,
        })
    }

    fn sweep(&mut self, model: &Model) -> Result<(), Divergence> {
        let Self { learner: it, v, policy, .. } = self;
        let mut residual = 0.0_f64;
        for (state, taken) in policy.iter().enumerate() {
            for action in 0..model.actions() {
                let value = dynamic_programming::backup(model.outcomes(state, action), v, it.gamma);
                it.table
                    .set(state, action as u16, value)
                    .map_err(|fault| fault.advising(Divergence::SMALLER_DISCOUNT))?;
            }
            let value = action_selection::mean_value(it.table.row(state), *taken);
            residual = residual.max((value - v[state]).abs());
            it.table.visit(state);
            it.table.show_error(state, value - v[state]);
            v[state] = value;
        }
        self.evaluated += 1;
        let evaluated = residual <= self.hyperparameters.tolerance;
        let settled = if !self.hyperparameters.improves {
            residual <= planner::NOTHING
        } else if evaluated || self.evaluated >= self.hyperparameters.evaluation_sweeps as u64 {
            !self.improve(model) && evaluated
        } else {
            false
        };
        self.sweeps.count(residual, settled);
        Ok(())
    }

    /// Makes the policy greedy; returns whether that changed it.
    fn improve(&mut self, model: &Model) -> bool {
        let mut changed = false;
        for (state, taken) in self.policy.iter_mut().enumerate() {
            let best = action_selection::best_actions(self.learner.table.row(state), model.legal(state));
            changed |= *taken != best;
            *taken = best;
        }
        self.evaluated = 0;
        self.improvements += u64::from(changed);
        changed
    }
}

impl Learning for PolicyIteration {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn act(&mut self, current: CurrentState<'_>) -> u16 {
        let taken = self.policy[current.state];
        taken.nth(self.learner.generator.below(taken.count()))
    }

    fn learn(&mut self, _: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        match next.model {
            Some(model) if self.sweeps.due(step) => self.sweep(model),
            _ => Ok(()),
        }
    }

    fn policy(&self, state: usize, _: ActionMask, into: &mut [f64]) -> bool {
        action_selection::uniform(self.policy[state], into);
        true
    }

    fn metrics(&self, report: &mut ReportMetric<'_>) {
        self.sweeps.metrics(report);
        report(&IMPROVEMENTS, self.improvements as f64);
    }

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        report("v", &self.v);
    }

    fn save_more(&self, into: &mut AgentState) {
        self.sweeps.save(into);
        into.numbers.insert("v".into(), self.v.clone().into());
        into.integers.insert("policy".into(), self.policy.iter().map(|it| it.0).collect());
        into.integers.insert("evaluated".into(), vec![self.evaluated, self.improvements].into());
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.sweeps.load(from)?;
        self.v = saved_columns::numbers(from, "v", self.v.len())?.to_vec();
        let policy = saved_columns::integers(from, "policy", self.policy.len())?;
        if let Some(place) = policy.iter().zip(&self.policy).position(|(it, legal)| *it == 0 || legal.0 == 0) {
            return Err(LoadError::Value { column: "policy".into(), place, value: policy[place].to_string() });
        }
        let counts = saved_columns::integers(from, "evaluated", 2)?;
        self.policy = policy.iter().map(|it| ActionMask(*it)).collect();
        (self.evaluated, self.improvements) = (counts[0], counts[1]);
        Ok(())
    }
}
