//! Parameters that agents with networks share, and the networks that these describe.

use crate::error::{BuildFault, NetworkFault, Unsuitable};
use crate::setting::Setting;
use networks::architecture::{LayerPosition, MOST_UNITS};
use networks::{Activation, Architecture, ArchitectureError, Head, Initial, Input, Layer};
use shared::parameter::{LayerList, ParameterError, ParameterSpec, Preset, Resolved, Value};

/// Hidden layers of a network, at most, and convolutions before them.
const MOST_LAYERS: u32 = 8;
/// Side of a convolution's window and its stride, at most.
const MOST_CELLS: u32 = 64;
/// The parameter that lists the convolutions,
const CONVOLUTIONS: &str = "convolutions";
/// and the one that lists the layers behind them.
const HIDDEN: &str = "hidden";

/// The parameter that lists a layer of an agent's network; outputs stand behind those that it lists.
pub const fn listed_by(layer: &LayerPosition) -> &'static str {
    if layer.head.is_none() { CONVOLUTIONS } else { HIDDEN }
}

/// Filters, kernel and stride of every convolution.
fn convolution_layers() -> LayerList {
    let numbers = [("filters", MOST_UNITS as u32), ("kernel", MOST_CELLS), ("stride", MOST_CELLS)];
    LayerList::new(&numbers, 0, MOST_LAYERS)
}

/// Units of every hidden layer.
fn hidden_layers() -> LayerList {
    LayerList::new(&[("units", MOST_UNITS as u32)], 1, MOST_LAYERS)
}

/// What a unit may make of its sum, as parameters name it and as people read it.
const ACTIVATIONS: [(Activation, &str, &str); 4] = [
    (Activation::Tanh, "tanh", "tanh"),
    (Activation::Relu, "relu", "ReLU"),
    (Activation::LeakyRelu, "leaky_relu", "leaky ReLU"),
    (Activation::Sigmoid, "sigmoid", "sigmoid"),
];

/// Hidden layers and what their units make of their sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// Filters, kernel and stride of each.
    pub convolutions: Vec<[u32; 3]>,
    /// Units of each layer behind them.
    pub units: Vec<u32>,
    /// What a unit makes of the sum of its inputs.
    pub activation: Activation,
}

impl Default for Hidden {
    fn default() -> Self {
        Self { convolutions: Vec::new(), units: vec![64, 64], activation: Activation::Tanh }
    }
}

impl Hidden {
    /// The parameters that describe them, with these defaults.
    pub fn parameters(&self) -> Vec<ParameterSpec> {
        let help = "Units of every hidden layer, joined by -. More can tell more apart and take longer.";
        let mut options = ACTIVATIONS.map(|(_, value, label)| (value, label));
        if let Some(first) = ACTIVATIONS.iter().position(|(it, ..)| *it == self.activation) {
            options[..=first].rotate_right(1);
        }
        let convolutions: Vec<_> = self.convolutions.iter().map(|it| it.to_vec()).collect();
        let units: Vec<_> = self.units.iter().map(|it| vec![*it]).collect();
        vec![
            ParameterSpec::text(
                CONVOLUTIONS,
                "Convolutions",
                96,
                false,
                &LayerList::write(&convolutions),
                "Layers that slide over a board before the others: filters x kernel x stride of each, such as \
                 16x3x1-32x3x2. They need an observation that is a board.",
            )
            .layers(convolution_layers()),
            ParameterSpec::text(HIDDEN, "Hidden layers", 60, false, &LayerList::write(&units), help)
                .layers(hidden_layers()),
            ParameterSpec::choice(
                "activation",
                "Activation",
                &options,
                "What a unit makes of the sum of its inputs, in all hidden layers and convolutions alike.",
            ),
        ]
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        let named = parameters.text("activation")?;
        let known = ACTIVATIONS.iter().find(|(_, value, _)| *value == named);
        let layers = |name: &str, list: LayerList| {
            list.read(parameters.text(name)?).map_err(|reason| ParameterError::invalid(name, reason))
        };
        let convolutions = layers(CONVOLUTIONS, convolution_layers())?;
        let convolutions = convolutions.into_iter().filter_map(|it| it.try_into().ok()).collect();
        let units = layers(HIDDEN, hidden_layers())?.into_iter().flatten().collect();
        Ok(Self { convolutions, units, activation: known.map_or(Activation::Tanh, |(it, ..)| *it) })
    }

    /// The convolutions, which all heads share.
    fn trunk(&self) -> Vec<Layer> {
        let of = |numbers: &[u32; 3]| {
            let [filters, kernel, stride] = numbers.map(|it| it as usize);
            Layer::Convolution {
                filters,
                kernel,
                stride,
                padding: 0,
                activation: self.activation,
                initial: Initial::Orthogonal { gain: std::f64::consts::SQRT_2 },
            }
        };
        self.convolutions.iter().map(of).collect()
    }

    /// A head with such layers of its own, and its outputs, drawn with a gain.
    pub(super) fn head(&self, name: &str, outputs: usize, gain: f64) -> Head {
        let of = |units, activation, gain| Layer::Dense { units, activation, initial: Initial::Orthogonal { gain } };
        let mut layers: Vec<_> =
            self.units.iter().map(|units| of(*units as usize, self.activation, std::f64::consts::SQRT_2)).collect();
        layers.push(of(outputs, Activation::Linear, gain));
        Head { name: name.into(), layers }
    }
}

/// The network of these heads for a setting's observations, behind the convolutions where there are any.
pub(super) fn architecture(
    setting: &Setting<'_>,
    hidden: &Hidden,
    heads: Vec<Head>,
    title: &str,
) -> Result<Architecture, BuildFault> {
    let length = setting.observation.len();
    if length == 0 {
        let reason = "learns from what it observes, and here there is nothing to see. An agent with a table would work";
        return Err(Unsuitable { agent: title.into(), reason: reason.into() }.into());
    }
    let input = match &setting.board {
        Some(board) if !hidden.convolutions.is_empty() => {
            Input::Planes { rows: board.rows as usize, columns: board.columns as usize, channels: board.channels.len() }
        }
        _ => Input::Vector { length },
    };
    let fault = |error: ArchitectureError| {
        let parameter = error.place().map_or(HIDDEN, listed_by);
        NetworkFault { parameter, error: Box::new(error) }
    };
    Ok(Architecture::new(input, hidden.trunk(), heads).map_err(fault)?)
}

/// The preset for observations that are boards.
pub(super) fn convolutions() -> Preset {
    let text = |value: &str| Value::Text(value.into());
    let values = vec![
        (CONVOLUTIONS, text("16x3x1-32x3x2")),
        (HIDDEN, text("128")),
        ("activation", text("relu")),
        ("observations", text("raw")),
    ];
    Preset::new("convolutions", "Convolutions: sees the board cell by cell", values)
}

/// The preset for boards that are seen as a plain vector.
pub(super) fn boards() -> Preset {
    let text = |value: &str| Value::Text(value.into());
    let values = vec![(HIDDEN, text("128-128")), ("activation", text("relu")), ("observations", text("bounds"))];
    Preset::new("boards", "Boards: snake, tetris", values)
}

/// The presets for networks of several sizes.
pub(super) fn sizes() -> Vec<Preset> {
    [("small", "Small network", "32-32"), ("medium", "Medium network", "64-64"), ("large", "Large network", "256-256")]
        .map(|(name, label, units)| Preset::new(name, label, vec![(HIDDEN, Value::Text(units.into()))]))
        .into()
}

/// The presets of agents with a policy.
pub(super) fn presets() -> Vec<Preset> {
    let mut presets = sizes();
    presets.extend([
        boards(),
        convolutions(),
        Preset::new("numbers", "Numbers as actions: racing", vec![("entropy", Value::Number(0.0))]),
    ]);
    presets
}

/// What can be set while an agent learns: no buffer and no network has its size from it.
const LIVE: [&str; 21] = [
    "clip",
    "clip_values",
    "double",
    "entropy",
    "entropy_schedule",
    "epochs",
    "epsilon",
    "exploration_steps",
    "gradient_steps",
    "lambda",
    "last_epsilon",
    "learning_rate",
    "learning_rate_schedule",
    "max_gradient_norm",
    "normalise_advantages",
    "schedule_steps",
    "target_every",
    "target_kl",
    "target_share",
    "train_every",
    "value_weight",
];

/// Says of the parameters of an agent which ones can be set while it learns.
pub(super) fn some_live(parameters: Vec<ParameterSpec>) -> Vec<ParameterSpec> {
    let mark = |it: ParameterSpec| if LIVE.contains(&it.name.as_str()) { it.live() } else { it };
    parameters.into_iter().map(mark).collect()
}

/// The parameter `learning_rate`.
pub(super) fn learning_rate(default: f64) -> ParameterSpec {
    let help = "How far every update moves the weights. Too large and it forgets or diverges.";
    ParameterSpec::number("learning_rate", "Learning rate", (0.0, 1.0), default, 0.0001, help)
}

/// The parameter `entropy`, the weight of the entropy.
pub(super) fn entropy(default: f64) -> ParameterSpec {
    let help = "How much it is rewarded for staying uncertain.";
    ParameterSpec::number("entropy", "Entropy weight", (0.0, 1.0), default, 0.001, help)
}

/// The parameter `max_gradient_norm`.
pub(super) fn max_gradient_norm(default: f64) -> ParameterSpec {
    let help = "Longer gradients are shortened to this, so that no update moves the weights too far.";
    ParameterSpec::number("max_gradient_norm", "Greatest gradient norm", (0.001, 1000.0), default, 0.1, help)
}

/// The parameters of learning rates and entropy weights that fall to nothing.
pub(super) fn schedules() -> Vec<ParameterSpec> {
    let options = [("constant", "constant"), ("linear", "falls to 0")];
    vec![
        ParameterSpec::choice("learning_rate_schedule", "Learning rate", &options, "How the learning rate changes."),
        ParameterSpec::choice("entropy_schedule", "Entropy weight", &options, "How the weight of the entropy changes.")
            .unless("entropy", vec![Value::Number(0.0)]),
        ParameterSpec::integer(
            "schedule_steps",
            "Steps of schedules",
            (1, 1_000_000_000_000),
            500_000,
            "Steps of all copies after which what falls is 0.",
        )
        .needs_any(vec![
            ("learning_rate_schedule", vec![Value::Text("linear".into())]),
            ("entropy_schedule", vec![Value::Text("linear".into())]),
        ]),
    ]
}

/// A number that stays, or falls to 0 along a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LinearDecay {
    start: f64,
    /// Steps after which it is 0; none if it stays.
    steps: Option<f64>,
}

impl LinearDecay {
    /// A number that stays.
    pub(super) const fn constant(start: f64) -> Self {
        Self { start, steps: None }
    }

    /// Its first value.
    pub(super) const fn start(self) -> f64 {
        self.start
    }

    /// Reads a parameter and its schedule, as [`schedules`] declares it.
    pub(super) fn read(parameters: &Resolved, name: &str) -> Result<Self, ParameterError> {
        let falls = parameters.text(&format!("{name}_schedule"))? == "linear";
        let steps = if falls { Some(parameters.number("schedule_steps")?) } else { None };
        Ok(Self { start: parameters.number(name)?, steps })
    }

    /// Its value after so many steps.
    pub(super) fn at(self, step: u64) -> f64 {
        self.steps.map_or(self.start, |all| self.start * (1.0 - step as f64 / all).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::Parameters;

    #[test]
    fn layers_are_read_and_what_is_none_is_named() {
        let read = |name: &str, text: &str| {
            let given = Parameters::from([(name.to_owned(), Value::Text(text.into()))]);
            Hidden::read(&Resolved::new(&Hidden::default().parameters(), &given)?)
        };
        assert_eq!(read("hidden", "128-64-8").unwrap().units, [128, 64, 8]);
        assert_eq!(read("convolutions", "16x3x1-32x3x2").unwrap().convolutions, [[16, 3, 1], [32, 3, 2]]);
        for (name, wrong) in [("hidden", "64-x"), ("hidden", ""), ("convolutions", "16x3")] {
            let said = read(name, wrong).unwrap_err().to_string();
            assert!(said.starts_with(&format!("{name}: {wrong:?} does not describe layers")), "{said}");
        }
        // The longest list that the bounds allow is not too long a text.
        let longest = ["8192x64x64"; MOST_LAYERS as usize].join("-");
        assert_eq!(read("convolutions", &longest).unwrap().convolutions.len(), MOST_LAYERS as usize);
    }

    #[test]
    fn schedules_fall_to_zero_and_stay_there() {
        let falling = LinearDecay { start: 2.0, steps: Some(100.0) };
        assert_eq!([0, 25, 100, 500].map(|step| falling.at(step)), [2.0, 1.5, 0.0, 0.0]);
        assert_eq!(LinearDecay { start: 2.0, steps: None }.at(500), 2.0);
    }
}
