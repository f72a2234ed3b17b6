//! The policy of a saved agent as a function: what goes into its network, the network, and what its outputs mean. From
//! this it can be computed elsewhere.

use super::actor::ActorPlan;
use super::policy::taken;
use super::scaling::Scaling;
use super::{a2c, dqn, ppo, reinforce, saved};
use crate::error::{BuildFault, LoadError};
use crate::setting::Setting;
use networks::architecture::Layer;
use networks::plan::{Stage, StageKind};
use networks::{Activation, Approximator as _, Network, Optimiser, Tensors};
use shared::action::{ActionEntry, ActionSpace};
use shared::checkpoint::AgentState;
use shared::describe::CatalogEntry;
use shared::parameter::Resolved;
use shared::spec::AgentSpec;

/// Why there is no such function.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FunctionError {
    /// An agent without a network.
    #[error("{id} has no network; agents with one are a2c, dqn, neural-reinforce and ppo")]
    NoNetwork {
        /// The agent's id.
        id: String,
    },
    /// Parameters that do not fit.
    #[error(transparent)]
    Build(#[from] BuildFault),
    /// What was saved does not fit.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// What the numbers are that the function gives.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputMeaning {
    /// Logarithms of the probabilities of discrete actions, but for a common summand. Of actions that are not legal they
    /// say nothing.
    Logits,
    /// What every discrete action is worth (Q). Of actions that are not legal they say nothing.
    ActionValues,
    /// The most probable action of a box, within its bounds.
    MeanActions(Vec<ActionEntry>),
}

/// A dense layer: `activation(x W + b)`.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseLayer {
    /// Its name, as in saved weights: `policy.0`.
    pub name: String,
    /// What a unit sees.
    pub inputs: usize,
    /// Its units.
    pub units: usize,
    /// `[inputs][units]`.
    pub weights: Vec<f32>,
    /// One a unit.
    pub biases: Vec<f32>,
    /// What the units make of their sums.
    pub activation: Activation,
}

/// A convolution of a board without zeros around it: `activation(filters * x + b)` at every place of its window.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvolutionLayer {
    /// Its name, as in saved weights: `trunk.0`.
    pub name: String,
    /// Planes, rows and columns of the board that it sees.
    pub board: [usize; 3],
    /// Planes of the board that it gives.
    pub filters: usize,
    /// Cells along a side of its window.
    pub kernel: usize,
    /// Cells from one place of the window to the next.
    pub stride: usize,
    /// `[filters][planes][kernel][kernel]`.
    pub weights: Vec<f32>,
    /// One a filter.
    pub biases: Vec<f32>,
    /// What the filters make of their sums.
    pub activation: Activation,
}

/// The policy of a saved agent.
#[derive(Debug)]
pub struct PolicyFunction {
    network: Network,
    scaling: Scaling,
    meaning: OutputMeaning,
}

impl PolicyFunction {
    /// The policy of an agent that was saved in this setting.
    ///
    /// # Errors
    /// Where the agent has no network, or the state is of another one.
    pub fn of(spec: &AgentSpec, setting: &Setting<'_>, state: &AgentState) -> Result<Self, FunctionError> {
        let resolved = |entry: &CatalogEntry| {
            Resolved::new(&entry.parameters, &spec.parameters).map_err(|error| FunctionError::Build(error.into()))
        };
        let actor = |entry: &CatalogEntry| -> Result<_, FunctionError> {
            let (architecture, scaling) = ActorPlan::read(&resolved(entry)?, setting, &entry.title)?.into_parts();
            let meaning = match &setting.space {
                ActionSpace::Discrete(_) => OutputMeaning::Logits,
                ActionSpace::Box(entries) => OutputMeaning::MeanActions(entries.clone()),
            };
            Ok((architecture, scaling, meaning))
        };
        let (architecture, scaling, meaning) = match spec.id.as_str() {
            "dqn" => {
                let (architecture, scaling) = dqn::network_and_scaling(&resolved(&dqn::catalog())?, setting)?;
                (architecture, scaling, OutputMeaning::ActionValues)
            }
            "ppo" => actor(&ppo::catalog())?,
            "a2c" => actor(&a2c::catalog())?,
            "neural-reinforce" => actor(&reinforce::catalog())?,
            id => return Err(FunctionError::NoNetwork { id: id.to_owned() }),
        };
        let mut network = Network::new(&architecture, Optimiser::ADAM, &mut || 0.0);
        network.load(&weights_alone(&saved::tensors(state, "network")?)).map_err(saved::refused("network"))?;
        Ok(Self { network, scaling: scaling.loaded(state)?, meaning })
    }

    /// What its outputs are.
    pub const fn meaning(&self) -> &OutputMeaning {
        &self.meaning
    }

    /// Numbers of an observation.
    pub fn inputs(&self) -> usize {
        self.network.architecture().input().length()
    }

    /// Numbers that come out for an observation: one a discrete action, or one an entry of the box.
    pub fn outputs(&self) -> usize {
        match self.network.architecture().heads()[0].layers.last() {
            Some(Layer::Dense { units, .. } | Layer::Constant { units, .. }) => *units,
            Some(Layer::Convolution { .. }) | None => 0,
        }
    }

    /// What is taken off every entry of an observation, by what the rest is multiplied, and beyond which distance from 0
    /// it is cut off.
    pub fn scaling(&self) -> (&[f32], &[f32], Option<f32>) {
        self.scaling.affine()
    }

    /// The convolutions before all layers, first to last, which see an observation as `[planes][rows][columns]`. The layers
    /// behind them see `[rows][columns][filters]` of what the last one gives.
    pub fn convolutions(&self) -> Vec<ConvolutionLayer> {
        let of = |stage: &Stage| {
            let StageKind::Convolution(window) = stage.kind else { return None };
            // Ours are `[kernel][kernel][planes][filters]`.
            let ours = &self.network.weights()[stage.weights.clone()];
            let (planes, cells) = (window.channels, window.kernel * window.kernel);
            let places = (0..stage.depth).map(move |it| it % cells * planes + it / cells);
            let of_filter = |filter| places.clone().map(move |place| ours[place * stage.units + filter]);
            Some(ConvolutionLayer {
                name: stage.name.clone(),
                board: [planes, window.rows, window.columns],
                filters: stage.units,
                kernel: window.kernel,
                stride: window.stride,
                weights: (0..stage.units).flat_map(of_filter).collect(),
                biases: self.network.weights()[stage.biases.clone()].to_vec(),
                activation: stage.activation,
            })
        };
        self.network.plan().stages.iter().filter_map(of).collect()
    }

    /// The layers that lead to the outputs, first to last, behind the convolutions.
    pub fn layers(&self) -> Vec<DenseLayer> {
        self.head(0)
    }

    /// Of a dueling network the layers that lead to the value of the state: an action is worth this plus what
    /// [`Self::layers`] give it beyond their mean.
    pub fn state_value_layers(&self) -> Option<Vec<DenseLayer>> {
        (self.meaning == OutputMeaning::ActionValues && self.network.architecture().heads().len() > 1)
            .then(|| self.head(1))
    }

    /// The layers of a head: networks of agents are heads of dense layers, with nothing in common but convolutions.
    fn head(&self, head: usize) -> Vec<DenseLayer> {
        let head = &self.network.architecture().heads()[head];
        let mut layers = Vec::new();
        self.network.inspect(&mut |view| {
            let index = view.name.strip_prefix(&head.name).and_then(|it| it.strip_prefix('.'));
            let Some(Layer::Dense { activation, .. }) =
                index.and_then(|it| it.parse().ok()).and_then(|it: usize| head.layers.get(it))
            else {
                return;
            };
            layers.push(DenseLayer {
                name: view.name.to_owned(),
                inputs: view.inputs,
                units: view.units,
                weights: view.weights.to_vec(),
                biases: view.biases.to_vec(),
                activation: *activation,
            });
        });
        layers
    }

    /// The outputs for rows of observations.
    pub fn evaluate(&self, observations: &[f32]) -> Vec<f32> {
        let mut scaled = Vec::with_capacity(observations.len());
        self.scaling.observe(observations, &mut scaled);
        let mut outputs = self.network.predict(0, &scaled);
        match &self.meaning {
            OutputMeaning::Logits => {}
            OutputMeaning::ActionValues => {
                if self.network.architecture().heads().len() > 1 {
                    dqn::add_state_values(&self.network.predict(1, &scaled), self.outputs(), &mut outputs);
                }
            }
            OutputMeaning::MeanActions(entries) => {
                for (output, entry) in outputs.iter_mut().zip(entries.iter().cycle()) {
                    *output = taken(*output, entry);
                }
            }
        }
        outputs
    }
}

/// Without what an optimiser carries, which is of no use here and different with every optimiser.
fn weights_alone(saved: &Tensors) -> Tensors {
    let mut weights = Tensors::default();
    for name in saved.names().filter(|it| !it.starts_with("optimiser.")) {
        if let Some(tensor) = saved.get(name) {
            weights.insert(name, tensor.shape(), tensor.values().clone());
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Batch, BatchActionsMut, BatchAgent};
    use environments::Generator;
    use shared::describe::ObservationDescription;
    use shared::parameter::{Parameters, Value};
    use shared::quantity::Seed;

    fn setting(space: ActionSpace) -> Setting<'static> {
        Setting {
            states: 0,
            board: None,
            actions: usize::from(space.count()),
            space,
            model: None,
            observation: vec![
                ObservationDescription::new("one", 0.0, 4.0),
                ObservationDescription::new("two", -1.0, 1.0),
            ],
        }
    }

    #[test]
    fn a_functions_greatest_output_is_the_greedy_action_of_the_agent() {
        for (id, dueling) in [("ppo", false), ("dqn", false), ("dqn", true)] {
            let mut spec = AgentSpec { id: id.into(), parameters: Parameters::new() };
            if dueling {
                spec.parameters.insert("dueling".into(), Value::Flag(true));
            }
            let setting = setting(ActionSpace::Discrete(3));
            let entry = if id == "ppo" { ppo::catalog() } else { dqn::catalog() };
            let resolved = Resolved::new(&entry.parameters, &spec.parameters).unwrap();
            let seed = Seed::new(5).unwrap();
            let mut agent: Box<dyn BatchAgent> = if id == "ppo" {
                Box::new(ppo::Ppo::build(&resolved, &setting, seed).unwrap())
            } else {
                Box::new(dqn::Dqn::build(&resolved, &setting, seed).unwrap())
            };
            let function = PolicyFunction::of(&spec, &setting, &agent.save()).unwrap();
            assert_eq!((function.inputs(), function.outputs()), (2, 3));
            assert_eq!(function.state_value_layers().is_some(), dueling);
            let layers = function.layers();
            assert_eq!((layers.len(), layers[0].inputs, layers[2].units), (3, 2, 3));
            let mut generator = Generator::new(seed);
            for _ in 0..50 {
                let observations = [4.0 * generator.unit() as f32, 2.0 * generator.unit() as f32 - 1.0];
                let outputs = function.evaluate(&observations);
                let mut action = [0_u16];
                let batch = Batch { observations: &observations, legal: &[true; 3] };
                agent.greedy(batch, &mut generator, BatchActionsMut::Discrete(&mut action));
                let greatest = outputs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                assert_eq!(outputs[usize::from(action[0])], greatest, "{id} {outputs:?}");
            }
        }
    }

    #[test]
    fn the_action_of_a_box_is_the_greedy_one() {
        let space = ActionSpace::Box(vec![ActionEntry::new("steer", -1.0, 1.0), ActionEntry::new("gas", 0.0, 4.0)]);
        let setting = setting(space);
        let spec = AgentSpec { id: "a2c".into(), parameters: Parameters::new() };
        let resolved = Resolved::new(&a2c::catalog().parameters, &spec.parameters).unwrap();
        let mut agent = a2c::A2c::build(&resolved, &setting, Seed::new(1).unwrap()).unwrap();
        let function = PolicyFunction::of(&spec, &setting, &agent.save()).unwrap();
        let (observations, mut action) = ([3.0, 0.5], [0.0; 2]);
        let batch = Batch { observations: &observations, legal: &[] };
        agent.greedy(batch, &mut Generator::new(Seed::new(1).unwrap()), BatchActionsMut::Box(&mut action));
        assert_eq!(function.evaluate(&observations), action);
    }

    #[test]
    fn agents_without_a_network_are_named() {
        let spec = AgentSpec { id: "sarsa".into(), parameters: Parameters::new() };
        let refused = PolicyFunction::of(&spec, &setting(ActionSpace::Discrete(2)), &AgentState::default());
        assert_eq!(refused.unwrap_err(), FunctionError::NoNetwork { id: "sarsa".into() });
    }
}
