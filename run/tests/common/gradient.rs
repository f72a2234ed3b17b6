//! A small learner over copies, registered from outside: REINFORCE per step with a linear policy, over discrete actions
//! (softmax) or a box (Gaussian around a linear mean).

use agents::batch::{self, Batch, BatchActions, BatchActionsMut, BatchAgent, MetricSink, Steps};
use agents::error::{BuildFault, Divergence, Diverging, LoadError};
use agents::saved_columns;
use agents::setting::Setting;
use environments::Generator;
use networks::tensors::{TensorError, TensorValues, Tensors};
use run::registry::Registered;
use shared::Artifact;
use shared::action::ActionSpace;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::metric::MetricDescription;
use shared::parameter::Resolved;
use shared::quantity::Seed;

static POLICY_LOSS: MetricDescription =
    MetricDescription::new("losses/policy_loss", "Policy loss", "", "Losses").smoothed();

pub(crate) const ID: &str = "linear-gradient";

pub(crate) fn registered() -> Registered {
    let words =
        Words { id: ID, title: "Linear gradient", summary: "For tests.", equation: "", source: "this repository" };
    let entry = CatalogEntry::new(&words, vec![batch::copies_parameter(4)], vec![]);
    Registered::batch(entry, |parameters, setting, seed| Ok(Box::new(Gradient::build(parameters, setting, seed)?)))
}

struct Gradient {
    copies: usize,
    space: ActionSpace,
    entries: usize,
    outputs: usize,
    /// `[outputs, entries]`.
    weights: Vec<f32>,
    generator: Generator,
}

impl Gradient {
    fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let (space, entries) = (setting.space.clone(), setting.observation.len());
        let outputs = usize::from(space.count()) + space.entries();
        let copies = batch::read_copies(parameters)?;
        let weights = vec![0.0; outputs * entries];
        Ok(Self { copies, space, entries, outputs, weights, generator: Generator::new(seed) })
    }

    fn output(&self, observation: &[f32], output: usize) -> f32 {
        let row = &self.weights[output * self.entries..(output + 1) * self.entries];
        row.iter().zip(observation).map(|(weight, value)| weight * value).sum()
    }

    fn choose(&self, batch: Batch<'_>, generator: &mut Generator, spread: f64, into: BatchActionsMut<'_>) {
        let rows = batch.observations.chunks(self.entries);
        match (into, &self.space) {
            (BatchActionsMut::Discrete(actions), _) => {
                for (index, (action, observation)) in actions.iter_mut().zip(rows).enumerate() {
                    let legal = &batch.legal[index * self.outputs..(index + 1) * self.outputs];
                    let noise =
                        |output: usize| f64::from(self.output(observation, output)) + spread * generator.normal();
                    let scores: Vec<f64> = (0..self.outputs).map(noise).collect();
                    let best =
                        (0..self.outputs).filter(|it| legal[*it]).max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
                    *action = best.unwrap_or(0) as u16;
                }
            }
            (BatchActionsMut::Box(values), ActionSpace::Box(bounds)) => {
                for (row, observation) in values.chunks_mut(self.outputs).zip(rows) {
                    for (output, (value, bound)) in row.iter_mut().zip(bounds).enumerate() {
                        let mean = f64::from(self.output(observation, output)) + 0.5;
                        *value = ((mean + spread * generator.normal()) as f32).clamp(bound.low, bound.high);
                    }
                }
            }
            _ => unreachable!("the run gives room for the environment's actions"),
        }
    }
}

impl BatchAgent for Gradient {
    fn copies(&self) -> usize {
        self.copies
    }

    fn act(&mut self, batch: Batch<'_>, into: BatchActionsMut<'_>) {
        let mut generator = self.generator.clone();
        self.choose(batch, &mut generator, 0.5, into);
        self.generator = generator;
    }

    fn metrics(&self) -> Vec<&'static MetricDescription> {
        vec![&POLICY_LOSS]
    }

    fn learn(&mut self, steps: Steps<'_>, metrics: &mut dyn MetricSink) -> Result<(), Divergence> {
        let mut loss = 0.0;
        for copy in 0..steps.copies() {
            let observation = &steps.before.observations[copy * self.entries..(copy + 1) * self.entries];
            let reward = steps.rewards[copy] as f32;
            let output = match steps.actions {
                BatchActions::Discrete(actions) => usize::from(actions[copy]),
                BatchActions::Box(_) => copy % self.outputs,
            };
            for (entry, value) in observation.iter().enumerate() {
                let place = output * self.entries + entry;
                let weight = self.weights[place] + 1e-3 * reward * value;
                if !weight.is_finite() {
                    let what = Diverging::Parameter { name: "policy weights", entry: place };
                    return Err(Divergence { what, value: f64::from(weight), advice: Divergence::SMALLER_STEPS });
                }
                self.weights[place] = weight;
            }
            loss += f64::from(reward * self.output(observation, output));
        }
        metrics.push(&POLICY_LOSS, loss / steps.copies() as f64);
        Ok(())
    }

    fn greedy(&mut self, batch: Batch<'_>, generator: &mut Generator, into: BatchActionsMut<'_>) {
        self.choose(batch, generator, 0.0, into);
    }

    fn discount(&self) -> f64 {
        0.99
    }

    fn save(&self) -> AgentState {
        let mut state = AgentState::default();
        state.integers.insert("generator".into(), self.generator.words().to_vec().into());
        let mut tensors = Tensors::default();
        tensors.insert("policy", &[self.outputs, self.entries], TensorValues::F32(self.weights.clone()));
        let file = tensors.to_file().expect("tensors of one kind");
        state.artifacts.insert("weights".into(), Artifact::new(file));
        state
    }

    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let refuse = |error: TensorError| LoadError::Artifact { artifact: "weights".into(), reason: error.to_string() };
        let tensors = Tensors::from_file(saved_columns::artifact(from, "weights")?).map_err(refuse)?;
        let weights = tensors.floats("policy", &[self.outputs, self.entries]).map_err(refuse)?.to_vec();
        self.generator = saved_columns::generator(from)?.unwrap_or_else(|| self.generator.clone());
        self.weights = weights;
        Ok(())
    }
}
