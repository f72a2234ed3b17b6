//! The agent: plays what a file says, and learns nothing.

use crate::function::{Function, PolicyError};
use crate::settings::{Outputs, PolicySettings};
use agents::batch::{Batch, BatchActionsMut, BatchAgent, MetricSink, Steps};
use agents::error::{BuildFault, Divergence, LoadError};
use agents::saved_columns;
use agents::setting::Setting;
use environments::Generator;
use run::onnx_policy::{self, FILE};
use shared::action::{ActionEntry, ActionSpace};
use shared::artifact::Artifact;
use shared::checkpoint::AgentState;
use shared::parameter::Resolved;
use shared::quantity::Seed;

/// What is said as long as no file has come.
const NO_FILE: &str = "there is no policy to play yet. Drop an .onnx file on the page, or open one";

/// What is told once of a policy whose numbers are none.
const NO_NUMBER: &str = "The policy gives NaN for some observations. Such a value of an action counts as the lowest; in place of an action's number \
                         one is drawn by chance; in place of a box's number stands the lowest that is allowed. Look at how observations are scaled \
                         (observation_offset, observation_scale), and at the weights in the file.";

/// The agent. Without a file it can be built, so that one can be loaded, but it does not act.
#[derive(Debug)]
pub struct OnnxPolicy {
    setting: Setting<'static>,
    settings: PolicySettings,
    loaded: Option<LoadedPolicy>,
    /// Why the last action could not be computed.
    fault: Option<PolicyError>,
    /// Whether it gave what is no number, and whether that was told.
    gave_nan: bool,
    told_nan: bool,
    generator: Generator,
}

#[derive(Debug)]
struct LoadedPolicy {
    file: Artifact,
    function: Function,
}

impl OnnxPolicy {
    /// The agent for any environment.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let settings = PolicySettings::read(parameters, setting.observation.len())?;
        let setting = Setting {
            states: setting.states,
            actions: setting.actions,
            space: setting.space.clone(),
            model: None,
            observation: setting.observation.clone(),
            board: setting.board.clone(),
        };
        Ok(Self {
            setting,
            settings,
            loaded: None,
            fault: None,
            gave_nan: false,
            told_nan: false,
            generator: Generator::new(seed),
        })
    }

    /// An action for every row, drawn from logits where `sampled`.
    fn choose(&mut self, batch: Batch<'_>, mut into: BatchActionsMut<'_>, generator: &mut Generator, sampled: bool) {
        let entries = self.setting.observation.len().max(1);
        let actions = self.setting.actions;
        for (row, observation) in batch.observations.chunks(entries).enumerate() {
            let computed = match &self.loaded {
                Some(it) => it.function.compute(self.settings.scaled(observation)),
                // It does not act.
                None => Ok(Vec::new()),
            };
            let (numbers, outputs) = match computed {
                Ok(numbers) => (numbers, self.loaded.as_ref().map_or(Outputs::Logits, |it| it.function.outputs())),
                Err(fault) => {
                    self.fault = Some(fault);
                    (Vec::new(), Outputs::Logits)
                }
            };
            self.gave_nan |= numbers.iter().any(|it| it.is_nan());
            match (&mut into, &self.setting.space) {
                (BatchActionsMut::Discrete(chosen), _) => {
                    let legal = &batch.legal[row * actions..(row + 1) * actions];
                    chosen[row] = match outputs {
                        Outputs::Actions => named(&numbers, legal, generator),
                        Outputs::Logits if sampled => drawn(&numbers, legal, generator),
                        _ => greatest(&numbers, legal),
                    };
                }
                (BatchActionsMut::Box(chosen), ActionSpace::Box(bounds)) => {
                    let chosen = &mut chosen[row * bounds.len()..(row + 1) * bounds.len()];
                    for (place, (chosen, bounds)) in chosen.iter_mut().zip(bounds).enumerate() {
                        *chosen = within(numbers.get(place).copied().unwrap_or(0.0), bounds, outputs);
                    }
                }
                // The room for actions is that of the environment's space.
                (BatchActionsMut::Box(_), ActionSpace::Discrete(_)) => {}
            }
        }
    }
}

/// The legal action with the greatest number, the first of equals. Where no number is one, any legal action does.
fn greatest(numbers: &[f32], legal: &[bool]) -> u16 {
    let mut best = None;
    for (action, number) in
        numbers.iter().enumerate().filter(|(action, it)| legal.get(*action) == Some(&true) && !it.is_nan())
    {
        if best.is_none_or(|(_, greatest)| *number > greatest) {
            best = Some((action, *number));
        }
    }
    best.map(|(action, _)| action).or_else(|| legal.iter().position(|it| *it)).unwrap_or(0) as u16
}

/// A legal action, with the probability that its logit says.
fn drawn(logits: &[f32], legal: &[bool], generator: &mut Generator) -> u16 {
    let best = greatest(logits, legal);
    let most = logits.get(usize::from(best)).copied().unwrap_or(0.0);
    let weight = |action: usize| match logits.get(action) {
        Some(logit) if legal[action] && !logit.is_nan() => libm::exp(f64::from(*logit) - f64::from(most)),
        _ => 0.0,
    };
    let mut left = generator.unit() * (0..legal.len()).map(weight).sum::<f64>();
    for action in 0..legal.len() {
        left -= weight(action);
        if left < 0.0 {
            return action as u16;
        }
    }
    best
}

/// The action of this number, or one by chance where it is not legal.
fn named(numbers: &[f32], legal: &[bool], generator: &mut Generator) -> u16 {
    let action = numbers.first().copied().unwrap_or(-1.0);
    if action >= 0.0 && legal.get(action as usize) == Some(&true) {
        return action as u16;
    }
    let legal: Vec<u16> = (0..legal.len()).filter(|it| legal[*it]).map(|it| it as u16).collect();
    if legal.is_empty() { 0 } else { legal[generator.below(legal.len() as u32) as usize] }
}

/// A number of a box within its bounds.
fn within(number: f32, bounds: &ActionEntry, outputs: Outputs) -> f32 {
    let ActionEntry { low, high, .. } = *bounds;
    let number = match outputs {
        Outputs::UnitActions => low + (high - low) * (number + 1.0) / 2.0,
        _ => number,
    };
    // What is no number becomes the lower bound.
    number.max(low).min(high)
}

impl BatchAgent for OnnxPolicy {
    fn copies(&self) -> usize {
        1
    }

    fn act(&mut self, batch: Batch<'_>, into: BatchActionsMut<'_>) {
        let mut generator = self.generator.clone();
        self.choose(batch, into, &mut generator, self.settings.sampled);
        self.generator = generator;
    }

    fn learn(&mut self, _: Steps<'_>, _: &mut dyn MetricSink) -> Result<(), Divergence> {
        Ok(())
    }

    fn greedy(&mut self, batch: Batch<'_>, generator: &mut Generator, into: BatchActionsMut<'_>) {
        self.choose(batch, into, generator, false);
    }

    fn troubles(&mut self) -> Vec<String> {
        if !self.gave_nan || std::mem::replace(&mut self.told_nan, true) {
            return Vec::new();
        }
        vec![NO_NUMBER.into()]
    }

    fn hindrance(&self) -> Option<String> {
        match (&self.loaded, &self.fault) {
            (None, _) => Some(NO_FILE.into()),
            (Some(_), fault) => fault.as_ref().map(ToString::to_string),
        }
    }

    fn given(&self) -> Option<AgentState> {
        self.loaded.as_ref().map(|it| onnx_policy::state(it.file.clone()))
    }

    fn discount(&self) -> f64 {
        self.settings.gamma
    }

    fn save(&self) -> AgentState {
        let mut state = self.given().unwrap_or_default();
        state.integers.insert("generator".into(), self.generator.words().to_vec().into());
        state
    }

    fn load(&mut self, state: &AgentState) -> Result<(), LoadError> {
        let generator = saved_columns::generator(state)?;
        let loaded = match state.artifacts.get(FILE) {
            Some(file) => {
                let refused = |reason: String| LoadError::Policy { reason };
                let bytes = file.bytes().ok_or_else(|| refused("its file did not come along".into()))?;
                let function = Function::read(bytes, &self.setting, &self.settings);
                let function = function.map_err(|error| refused(error.to_string()))?;
                Some(LoadedPolicy { file: file.clone(), function })
            }
            // Saved before there was one.
            None if state.artifacts.is_empty() => None,
            None => {
                let reason = format!("what was saved holds no {FILE:?}, but another agent");
                return Err(LoadError::Policy { reason });
            }
        };
        self.loaded = loaded;
        self.fault = None;
        (self.gave_nan, self.told_nan) = (false, false);
        self.generator = generator.unwrap_or_else(|| self.generator.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_numbers_than_actions_name_none_that_is_not_there() {
        assert_eq!(greatest(&[1.0, 2.0, 9.0], &[true, true]), 1);
        assert_eq!(greatest(&[1.0, f32::NAN], &[false, true]), 1);
        assert_eq!(greatest(&[], &[false, true]), 1);
    }
}
