//! Gradient bandit: preferences that rise with rewards above the average (Sutton and Barto, 2nd edition, section 2.8).
//!
//! For every action b of s, `H(s,b) <- H(s,b) + alpha (r - average) (1[b = a] - pi(b|s))` with `pi(b|s)` in proportion to
//! `exp H(s,b)`, where the average is of the rewards in s before this one, or 0 without a baseline. What comes later
//! counts nothing.

use crate::agent::CurrentState;
use crate::algorithms::bandit::{BanditHyperparameters, forgotten, one_state};
use crate::error::{BuildFault, Divergence, Diverging, LoadError};
use crate::learner::{Learning, TableHyperparameters, TableLearner, preset};
use crate::parameter_list::insert_after;
use crate::saved_columns;
use crate::setting::Setting;
use crate::softmax_policy;
use environments::{ActionMask, Step};
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::metric::ReportMetric;
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct GradientBandit {
    /// Its table holds the preferences.
    learner: TableLearner,
    blank: Option<TableLearner>,
    baseline: bool,
    /// The average reward of every state.
    averages: Vec<f64>,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = TableHyperparameters::preferring(0.1).parameters();
    insert_after(&mut parameters, "alpha", GradientBanditHyperparameters::default().parameters());
    let parameters = parameters.into_iter().map(forgotten).collect();
    CatalogEntry::new(
        &Words {
            id: "gradient-bandit",
            title: "Gradient bandit",
            summary: "Keeps no values, only preferences: what brought more than usual is preferred a little more from \
                      then on.",
            equation: "H(b) ← H(b) + α (r − r̄) (1[b = a] − π(b))",
            source: "Sutton & Barto, 2nd edition, 2.8",
        },
        parameters,
        vec![preset("careful", &[("alpha", 0.1)]), preset("bold", &[("alpha", 0.4)])],
    )
}

/// What it is set to beside its preferences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GradientBanditHyperparameters {
    /// What it shares with other agents for one state.
    pub bandit: BanditHyperparameters,
    /// Whether rewards are compared with their average so far.
    pub baseline: bool,
}

impl Default for GradientBanditHyperparameters {
    fn default() -> Self {
        Self { bandit: BanditHyperparameters::default(), baseline: true }
    }
}

impl GradientBanditHyperparameters {
    /// The parameters, with these defaults.
    pub fn parameters(self) -> Vec<ParameterSpec> {
        let help = "Whether rewards are compared with their average so far.";
        vec![self.bandit.parameter(), ParameterSpec::flag("baseline", "Baseline", self.baseline, help)]
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self { bandit: BanditHyperparameters::read(parameters)?, baseline: parameters.flag("baseline")? })
    }
}

impl GradientBandit {
    /// The agent for an environment with one state.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        one_state(setting, "The gradient bandit")?;
        let learner = TableLearner::build(parameters, setting, seed, "The gradient bandit")?;
        let GradientBanditHyperparameters { bandit, baseline } = GradientBanditHyperparameters::read(parameters)?;
        Ok(Self {
            blank: bandit.forgets.then(|| learner.clone()),
            learner,
            baseline,
            averages: vec![0.0; setting.states],
        })
    }
}

impl Learning for GradientBandit {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn begin(&mut self, _: CurrentState<'_>) {
        if let Some(blank) = &self.blank {
            self.learner.forget(blank);
            self.averages.fill(0.0);
        }
    }

    fn learn(&mut self, action: u16, step: Step, _: CurrentState<'_>) -> Result<(), Divergence> {
        let Self { learner: it, baseline, averages, .. } = self;
        let (state, legal) = (it.state, it.legal);
        it.table.visit(state);
        let average = averages[state] + (step.reward - averages[state]) / f64::from(it.table.visits(state));
        if !average.is_finite() {
            return Err(Divergence {
                what: Diverging::Average(state),
                value: average,
                advice: Divergence::SMALLER_REWARDS,
            });
        }
        let before = std::mem::replace(&mut averages[state], average);
        let advantage = if *baseline { step.reward - before } else { step.reward };
        it.table.show_error(state, advantage);
        let preferred = softmax_policy::prefer(it, state, legal, action, advantage);
        preferred.map_err(|fault| fault.advising(Divergence::SMALLER_STEPS_OR_REWARDS))
    }

    fn policy(&self, state: usize, legal: ActionMask, into: &mut [f64]) -> bool {
        softmax_policy::write(&self.learner, state, legal, into)
    }

    fn metrics(&self, _: &mut ReportMetric<'_>) {}

    // Preferences are worth nothing by themselves; what a state has paid on average is known beside them.
    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        report("critic", &self.averages);
    }

    fn save_more(&self, into: &mut AgentState) {
        into.numbers.insert("averages".into(), self.averages.clone().into());
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.averages = saved_columns::numbers(from, "averages", self.averages.len())?.to_vec();
        Ok(())
    }
}
