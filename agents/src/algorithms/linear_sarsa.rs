//! Semi-gradient n-step SARSA with linear features (Sutton and Barto, 2nd edition, sections 10.1 and 10.2).
//!
//! `G = r1 + gamma r2 + ... + gamma^(n-1) rn + gamma^n Q(sn,an)` and `w <- w + alpha [ G - Q(s,a) ] x(s,a)` with
//! `Q(s,a) = w . x(s,a)`; alpha is spread over the active features. Rewards end with the episode; the last term is 0 if
//! it terminated.

use crate::error::{BuildFault, Divergence, LoadError};
use crate::learner::preset;
use crate::linear::{Linear, LinearHyperparameters, LinearLearning};
use crate::n_step::NStepHyperparameters;
use crate::observing::Observation;
use crate::parameter_list::insert_after;
use crate::saved_columns;
use crate::setting::Setting;
use crate::values::coder::Feature;
use environments::Step;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::Resolved;
use shared::quantity::Seed;
use std::collections::VecDeque;

/// The agent.
#[derive(Clone, Debug)]
pub struct LinearSarsa {
    linear: Linear,
    n: usize,
    /// Actions and rewards of the last steps, at most n, oldest first.
    steps: VecDeque<(u16, f64)>,
    /// Their features, as many for each step.
    features: VecDeque<Feature>,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = LinearHyperparameters::default().parameters();
    insert_after(&mut parameters, "gamma", vec![NStepHyperparameters { n: 1 }.parameter()]);
    CatalogEntry::new(
        &Words {
            id: "linear-sarsa",
            title: "Linear SARSA",
            summary: "SARSA for environments whose states cannot be counted: it lays grids of tiles over what it observes, \
                      and what it learns in a tile holds for the whole tile.",
            equation: "w ← w + α [ r₁ + … + γⁿ⁻¹ rₙ + γⁿ Q(sₙ,aₙ) − Q(s,a) ] x(s,a),  Q(s,a) = w · x(s,a)",
            source: "Sutton & Barto, 2nd edition, 10.1 and 10.2",
        },
        parameters,
        vec![preset("one step", &[("n", 1.0), ("alpha", 0.5)]), preset("eight steps", &[("n", 8.0), ("alpha", 0.3)])],
    )
}

impl LinearSarsa {
    /// The agent for an environment with observations.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let linear = Linear::build(parameters, setting, seed, "Linear SARSA")?;
        let NStepHyperparameters { n } = NStepHyperparameters::read(parameters)?;
        let features = VecDeque::with_capacity(n * linear.coder.active());
        Ok(Self { linear, n, steps: VecDeque::with_capacity(n), features })
    }

    /// Learns about the oldest step, which leads to `bootstrap`, and lets go of it.
    fn learn_oldest(&mut self, bootstrap: f64) -> Result<(), Divergence> {
        let Self { linear: it, steps, features, .. } = self;
        let found = steps.iter().rev().fold(bootstrap, |value, (_, reward)| reward + it.gamma * value);
        if steps.pop_front().is_none() {
            return Ok(());
        }
        let active = it.coder.active();
        let error = found - it.value(features.iter().take(active).copied());
        let step_size = it.step_size();
        for (weight, feature) in features.drain(..active) {
            it.nudge(weight, step_size * error * feature)?;
        }
        Ok(())
    }
}

impl LinearLearning for LinearSarsa {
    fn linear(&self) -> &Linear {
        &self.linear
    }

    fn linear_mut(&mut self) -> &mut Linear {
        &mut self.linear
    }

    fn begin(&mut self) {
        self.steps.clear();
        self.features.clear();
    }

    fn learn(&mut self, action: u16, step: Step, next: Observation<'_>) -> Result<(), Divergence> {
        self.steps.push_back((action, step.reward));
        self.features.extend(self.linear.coder.features(&self.linear.code, action));
        let bootstrap = self.linear.value_ahead(step, next);
        while self.steps.len() == self.n || (step.ended() && !self.steps.is_empty()) {
            self.learn_oldest(bootstrap)?;
        }
        Ok(())
    }

    fn save_more(&self, state: &mut AgentState) {
        state
            .integers
            .insert("trail_actions".into(), self.steps.iter().map(|(action, _)| u64::from(*action)).collect());
        state.numbers.insert("trail_rewards".into(), self.steps.iter().map(|(_, reward)| *reward).collect());
        state.integers.insert("trail_weights".into(), self.features.iter().map(|(it, _)| u64::from(*it)).collect());
        state.numbers.insert("trail_features".into(), self.features.iter().map(|(_, it)| *it).collect());
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let coder = &self.linear.coder;
        let length = from.integers.get("trail_actions").map_or(0, |it| it.len());
        let actions = saved_columns::indices(from, "trail_actions", length, coder.actions())?;
        let rewards = saved_columns::numbers(from, "trail_rewards", length)?;
        let weights = saved_columns::indices(from, "trail_weights", length * coder.active(), coder.weights())?;
        let features = saved_columns::numbers(from, "trail_features", length * coder.active())?;
        self.steps = actions.iter().map(|it| *it as u16).zip(rewards.iter().copied()).collect();
        self.features = weights.iter().map(|it| *it as u32).zip(features.iter().copied()).collect();
        Ok(())
    }
}
