//! What planners share: when they sweep, what they tell of it, and the model that they need.

use crate::error::{LoadError, Unsuitable};
use crate::saved_columns;
use crate::setting::Setting;
use environments::{Model, Step};
use shared::checkpoint::AgentState;
use shared::metric::{MetricDescription, ReportMetric};
use shared::parameter::{ParameterError, ParameterSpec, Resolved};

static SWEEPS: MetricDescription = MetricDescription::new("charts/sweeps", "Sweeps", "", PLANNING);
static RESIDUAL: MetricDescription =
    MetricDescription::new("charts/residual", "Greatest change of the last sweep", "", PLANNING).logarithmic();

/// The group of what planners report.
pub const PLANNING: &str = "Planning";

/// A change too small to count.
pub const NOTHING: f64 = 1e-12;

/// Sweeps over all states: when the next is due and what came of the last.
#[derive(Clone, Copy, Debug)]
pub struct Sweeps {
    every: SweepEvery,
    made: u64,
    residual: f64,
    /// Nothing would change any more.
    settled: bool,
}

/// After what a sweep is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SweepEvery {
    /// Every step.
    #[default]
    Step,
    /// Every episode.
    Episode,
}

impl SweepEvery {
    /// The parameter `sweep_every`; it is every step at first.
    pub fn parameter() -> ParameterSpec {
        let options = [("step", "step"), ("episode", "episode")];
        let help = "When it thinks: one sweep over all states at a time.";
        ParameterSpec::choice("sweep_every", "Sweeps every", &options, help)
    }

    /// Reads [`Self::parameter`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(if parameters.text("sweep_every")? == "step" { Self::Step } else { Self::Episode })
    }
}

/// The model of a setting, or why planning is not possible.
pub fn model<'a>(setting: &Setting<'a>, title: &str) -> Result<&'a Model, Unsuitable> {
    setting.model.ok_or_else(|| {
        let learner = if setting.states == 0 { "with tile coding, such as linear-sarsa," } else { "such as Q-learning" };
        let reason = format!(
            "plans with the environment's exact rules, and this environment does not give them. A learner {learner} would work"
        );
        Unsuitable { agent: title.into(), reason }
    })
}

/// For every state, those from which an action may lead to it.
pub fn leading_to(model: &Model) -> Vec<Vec<u32>> {
    let mut leading_to = vec![Vec::new(); model.states()];
    for state in 0..model.states() {
        for outcome in (0..model.actions()).flat_map(|action| model.outcomes(state, action)) {
            let before: &mut Vec<u32> = &mut leading_to[outcome.next as usize];
            if !outcome.terminated && before.last() != Some(&(state as u32)) {
                before.push(state as u32);
            }
        }
    }
    leading_to
}

impl Sweeps {
    /// None so far.
    pub const fn new(every: SweepEvery) -> Self {
        Self { every, made: 0, residual: 0.0, settled: false }
    }

    /// Whether a sweep is due after this step.
    pub const fn due(&self, step: Step) -> bool {
        !self.settled && (matches!(self.every, SweepEvery::Step) || step.ended())
    }

    /// Sweeps so far.
    pub const fn made(&self) -> u64 {
        self.made
    }

    /// A sweep was made; `residual` is the greatest change in it, and `settled` says that it was the last.
    pub const fn count(&mut self, residual: f64, settled: bool) {
        self.made += 1;
        self.residual = residual;
        self.settled = settled;
    }

    /// How many there were, and what the last one changed.
    pub fn metrics(&self, report: &mut ReportMetric<'_>) {
        report(&SWEEPS, self.made as f64);
        report(&RESIDUAL, self.residual);
    }

    /// Puts it into a saved state.
    pub fn save(&self, into: &mut AgentState) {
        into.integers.insert("sweeps".into(), vec![self.made, u64::from(self.settled)].into());
        into.numbers.insert("residual".into(), vec![self.residual].into());
    }

    /// Reads what [`Self::save`] wrote.
    pub fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let counts = saved_columns::integers(from, "sweeps", 2)?;
        (self.made, self.settled) = (counts[0], counts[1] == 1);
        self.residual = saved_columns::numbers(from, "residual", 1)?[0];
        Ok(())
    }
}
