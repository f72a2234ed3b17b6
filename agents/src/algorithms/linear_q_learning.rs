//! Semi-gradient Q-learning with linear features (Sutton and Barto, 2nd edition, sections 6.5 and 11.1).
//!
//! `w <- w + alpha [ r + gamma max_a' Q(s',a') - Q(s,a) ] x(s,a)` with `Q(s,a) = w . x(s,a)`; alpha is spread over the
//! active features, and the bootstrap term is 0 if s' is terminal. Off-policy learning with features may diverge, which
//! is caught.

use crate::error::{BuildFault, Divergence};
use crate::learner::preset;
use crate::linear::{Linear, LinearHyperparameters, LinearLearning};
use crate::observing::Observation;
use crate::setting::Setting;
use crate::values::coder::Feature;
use environments::Step;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::Resolved;
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct LinearQLearning {
    linear: Linear,
    /// Room for the features of the last action.
    features: Vec<Feature>,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "linear-q-learning",
            title: "Linear Q-learning",
            summary: "Q-learning for environments whose states cannot be counted, with tiles or named features instead of a \
                      table. Learns what the best actions would bring while it explores.",
            equation: "w ← w + α [ r + γ max Q(s′,·) − Q(s,a) ] x(s,a),  Q(s,a) = w · x(s,a)",
            source: "Sutton & Barto, 2nd edition, 6.5 and 11.1",
        },
        LinearHyperparameters::default().parameters(),
        vec![preset("careful", &[("alpha", 0.1)]), preset("bold", &[("alpha", 0.5)])],
    )
}

impl LinearQLearning {
    /// The agent for an environment with observations.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let linear = Linear::build(parameters, setting, seed, "Linear Q-learning")?;
        Ok(Self { features: Vec::with_capacity(linear.coder.active()), linear })
    }
}

impl LinearLearning for LinearQLearning {
    fn linear(&self) -> &Linear {
        &self.linear
    }

    fn linear_mut(&mut self) -> &mut Linear {
        &mut self.linear
    }

    fn learn(&mut self, action: u16, step: Step, next: Observation<'_>) -> Result<(), Divergence> {
        let Self { linear: it, features } = self;
        let bootstrap = it.gamma * it.best_ahead(step, next);
        features.clear();
        features.extend(it.coder.features(&it.code, action));
        let error = step.reward + bootstrap - it.value(features.iter().copied());
        let step_size = it.step_size();
        for (weight, feature) in features.iter() {
            it.nudge(*weight, step_size * error * feature)?;
        }
        Ok(())
    }
}
