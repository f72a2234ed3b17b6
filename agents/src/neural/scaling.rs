//! Observations and rewards brought to a size that networks learn from.
//!
//! **Normalised** observations have mean 0 and standard deviation 1 over all that were seen so far, and are cut off at 10
//! of these. Normalised rewards are divided by the standard deviation of the discounted returns so far (the environment
//! wrappers `NormalizeObservation` and `NormalizeReward` of Gymnasium).

use crate::batch::Steps;
use crate::error::LoadError;
use crate::saved_columns;
use crate::setting::Setting;
use shared::checkpoint::AgentState;
use shared::parameter::{ParameterError, ParameterSpec, Resolved};

/// Farther from the mean than this, in standard deviations, is cut off.
const FARTHEST: f32 = 10.0;
/// A standard deviation below this counts as none.
const LEAST_DEVIATION: f64 = 1e-6;

/// How observations are scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObservationScaling {
    /// To mean 0 and deviation 1.
    Normalised,
    /// From -1 to 1 where they are bounded.
    Bounds,
    /// Not at all.
    Raw,
}

impl ObservationScaling {
    /// All of them, as parameters name them and as people read them.
    const ALL: [(Self, &str, &str); 3] = [
        (Self::Normalised, "normalised", "normalised"),
        (Self::Bounds, "bounds", "between their bounds"),
        (Self::Raw, "raw", "as they are"),
    ];
}

/// What scaling is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalingHyperparameters {
    /// How observations are scaled.
    pub observations: ObservationScaling,
    /// Whether rewards are divided by the deviation of returns so far.
    pub rewards: bool,
}

impl Default for ScalingHyperparameters {
    fn default() -> Self {
        Self { observations: ObservationScaling::Normalised, rewards: true }
    }
}

impl ScalingHyperparameters {
    /// The parameters, with these defaults.
    pub fn parameters(self) -> Vec<ParameterSpec> {
        let mut options = ObservationScaling::ALL.map(|(_, value, label)| (value, label));
        if let Some(first) = ObservationScaling::ALL.iter().position(|(it, ..)| *it == self.observations) {
            options[..=first].rotate_right(1);
        }
        vec![
            ParameterSpec::choice(
                "observations",
                "Observations",
                &options,
                "What the network sees: entries of mean 0 and deviation 1, scaled from -1 to 1, or as they are.",
            ),
            ParameterSpec::flag(
                "normalise_rewards",
                "Normalise rewards",
                self.rewards,
                "Divides rewards by the deviation of returns so far, so that their size does not matter.",
            ),
        ]
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        let named = parameters.text("observations")?;
        let known = ObservationScaling::ALL.iter().find(|(_, value, _)| *value == named);
        let observations = known.map_or(ObservationScaling::Raw, |(it, ..)| *it);
        Ok(Self { observations, rewards: parameters.flag("normalise_rewards")? })
    }
}

/// Scales what an agent sees.
#[derive(Clone, Debug)]
pub struct Scaling {
    /// The statistics of observations, where they are normalised.
    seen: Option<RunningStatistics>,
    /// What is taken off every entry, and by what the rest is multiplied.
    centre: Vec<f32>,
    scale: Vec<f32>,
    rewards: Option<RewardScaling>,
}

/// Mean and squared deviations of rows so far (Welford 1962).
#[derive(Clone, Debug)]
struct RunningStatistics {
    count: f64,
    mean: Vec<f64>,
    squares: Vec<f64>,
}

#[derive(Clone, Debug)]
struct RewardScaling {
    gamma: f64,
    /// Of every copy, what its rewards so far come to, each discounted to the present.
    running: Vec<f64>,
    returns: RunningStatistics,
}

impl RunningStatistics {
    fn new(entries: usize) -> Self {
        Self { count: 0.0, mean: vec![0.0; entries], squares: vec![0.0; entries] }
    }

    fn add(&mut self, row: impl Iterator<Item = f64>) {
        self.count += 1.0;
        let share = 1.0 / self.count;
        for (value, (mean, squares)) in row.zip(self.mean.iter_mut().zip(&mut self.squares)) {
            let off = value - *mean;
            *mean += off * share;
            *squares += off * (value - *mean);
        }
    }

    /// One over the standard deviation of an entry; 1 as long as it does not vary.
    fn scale(&self, entry: usize) -> f32 {
        let deviation = (self.squares[entry] / self.count.max(1.0)).sqrt();
        if deviation < LEAST_DEVIATION { 1.0 } else { (1.0 / deviation) as f32 }
    }

    fn save(&self, name: &str, state: &mut AgentState) {
        let values = [&[self.count][..], &self.mean, &self.squares].concat();
        state.numbers.insert(name.to_owned(), values.into());
    }

    fn loaded(&self, name: &'static str, from: &AgentState) -> Result<Self, LoadError> {
        let entries = self.mean.len();
        let values = saved_columns::numbers(from, name, 1 + 2 * entries)?;
        let (mean, squares) = values[1..].split_at(entries);
        Ok(Self { count: values[0], mean: mean.to_vec(), squares: squares.to_vec() })
    }
}

impl Scaling {
    /// Scales what is seen in so many copies of a setting; `gamma` discounts the returns that rewards are divided by.
    pub fn new(hyperparameters: ScalingHyperparameters, gamma: f64, setting: &Setting<'_>, copies: usize) -> Self {
        let ScalingHyperparameters { observations, rewards } = hyperparameters;
        let entries = setting.observation.len();
        let bounds = setting.observation.iter().map(|it| {
            let range = it.high - it.low;
            let is_bounded = observations == ObservationScaling::Bounds && range.is_finite() && range > 0.0;
            if is_bounded { (it.low + range / 2.0, 2.0 / range) } else { (0.0, 1.0) }
        });
        let (centre, scale) = bounds.unzip();
        let scaled = RewardScaling { gamma, running: vec![0.0; copies], returns: RunningStatistics::new(1) };
        Self {
            seen: (observations == ObservationScaling::Normalised).then(|| RunningStatistics::new(entries)),
            centre,
            scale,
            rewards: rewards.then_some(scaled),
        }
    }

    /// Learns the size of what a round brought.
    pub fn learn(&mut self, steps: Steps<'_>) {
        if let Some(seen) = &mut self.seen {
            for row in steps.before.observations.chunks_exact(self.centre.len()) {
                seen.add(row.iter().map(|it| f64::from(*it)));
            }
        }
        if let Some(RewardScaling { gamma, running, returns }) = &mut self.rewards {
            for (copy, running) in running.iter_mut().enumerate() {
                *running = *gamma * *running + steps.rewards[copy];
                returns.add(std::iter::once(*running));
                if steps.terminated[copy] || steps.truncated[copy] {
                    *running = 0.0;
                }
            }
        }
        self.settle();
    }

    fn settle(&mut self) {
        let Some(seen) = &self.seen else { return };
        for (entry, (centre, scale)) in self.centre.iter_mut().zip(&mut self.scale).enumerate() {
            (*centre, *scale) = (seen.mean[entry] as f32, seen.scale(entry));
        }
    }

    /// What is taken off every entry, by what the rest is multiplied, and beyond which distance from 0 it is cut off.
    pub(super) fn affine(&self) -> (&[f32], &[f32], Option<f32>) {
        (&self.centre, &self.scale, self.seen.as_ref().map(|_| FARTHEST))
    }

    /// Adds rows of observations, scaled.
    pub fn observe(&self, observations: &[f32], into: &mut Vec<f32>) {
        let farthest = if self.seen.is_some() { FARTHEST } else { f32::MAX };
        for row in observations.chunks_exact(self.centre.len()) {
            let entries = row.iter().zip(self.centre.iter().zip(&self.scale));
            into.extend(entries.map(|(value, (centre, scale))| ((value - centre) * scale).clamp(-farthest, farthest)));
        }
    }

    /// By what rewards are multiplied.
    pub fn reward_scale(&self) -> f32 {
        self.rewards.as_ref().map_or(1.0, |it| it.returns.scale(0))
    }

    pub(super) fn save(&self, state: &mut AgentState) {
        if let Some(seen) = &self.seen {
            seen.save("observations", state);
        }
        if let Some(rewards) = &self.rewards {
            rewards.returns.save("returns", state);
            state.numbers.insert("running_returns".to_owned(), rewards.running.clone().into());
        }
    }

    pub(super) fn loaded(&self, from: &AgentState) -> Result<Self, LoadError> {
        let mut it = self.clone();
        if let Some(seen) = &mut it.seen {
            *seen = seen.loaded("observations", from)?;
        }
        if let Some(rewards) = &mut it.rewards {
            rewards.returns = rewards.returns.loaded("returns", from)?;
            rewards.running = saved_columns::numbers(from, "running_returns", rewards.running.len())?.to_vec();
        }
        it.settle();
        Ok(it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Batch, BatchActions};
    use shared::action::ActionSpace;
    use shared::describe::ObservationDescription;

    fn scaling(observations: ObservationScaling) -> Scaling {
        let setting = Setting {
            states: 0,
            board: None,
            actions: 2,
            space: ActionSpace::Discrete(2),
            model: None,
            observation: vec![
                ObservationDescription::new("one", 0.0, 4.0),
                ObservationDescription::new("other", f32::NEG_INFINITY, f32::INFINITY),
            ],
        };
        Scaling::new(ScalingHyperparameters { observations, rewards: true }, 0.5, &setting, 2)
    }

    fn scaled(scaling: &Scaling, row: [f32; 2]) -> Vec<f32> {
        let mut into = Vec::new();
        scaling.observe(&row, &mut into);
        into
    }

    #[test]
    fn bounded_entries_are_scaled_and_others_stay() {
        assert_eq!(scaled(&scaling(ObservationScaling::Bounds), [3.0, 3.0]), [0.5, 3.0]);
        assert_eq!(scaled(&scaling(ObservationScaling::Raw), [3.0, 3.0]), [3.0, 3.0]);
    }

    #[test]
    fn normalised_entries_have_mean_0_and_deviation_1_and_saving_keeps_them() {
        let mut scaling = scaling(ObservationScaling::Normalised);
        assert_eq!(scaled(&scaling, [3.0, 3.0]), [3.0, 3.0]);
        let steps = Steps {
            before: Batch { observations: &[1.0, 5.0, 3.0, 5.0], legal: &[true; 4] },
            actions: BatchActions::Discrete(&[0, 1]),
            rewards: &[1.0, -1.0],
            terminated: &[false, true],
            truncated: &[false, false],
            after: Batch { observations: &[0.0; 4], legal: &[true; 4] },
        };
        scaling.learn(steps);
        // The second entry does not vary yet.
        assert_eq!(scaled(&scaling, [3.0, 6.0]), [1.0, 1.0]);
        assert_eq!(scaled(&scaling, [1e6, 5.0]), [10.0, 0.0]);
        assert_eq!(scaling.reward_scale(), 1.0);
        scaling.learn(steps);
        // Returns so far: 1 and -1, then 1.5 and again -1, because an episode ended.
        let returns = [1.0_f64, -1.0, 1.5, -1.0];
        let mean = returns.iter().sum::<f64>() / 4.0;
        let variance = returns.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / 4.0;
        assert!((f64::from(scaling.reward_scale()) - 1.0 / variance.sqrt()).abs() < 1e-6);
        let mut state = AgentState::default();
        scaling.save(&mut state);
        let loaded = self::scaling(ObservationScaling::Normalised).loaded(&state).unwrap();
        assert_eq!(scaled(&loaded, [3.0, 6.0]), scaled(&scaling, [3.0, 6.0]));
        assert_eq!(loaded.reward_scale(), scaling.reward_scale());
    }
}
