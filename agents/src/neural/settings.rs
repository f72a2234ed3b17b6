//! Parameters that agents with networks share, and the networks that these describe.

use crate::agent::{BuildFault, Unsuitable};
use crate::learner::Setting;
use networks::architecture::MOST_UNITS;
use networks::{Activation, Architecture, Head, Initial, Input, Layer};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};

/// Hidden layers of a network, at most.
const MOST_LAYERS: usize = 8;

/// Hidden layers and what their units make of their sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    units: Vec<usize>,
    activation: Activation,
}

impl Hidden {
    /// The parameters that describe them.
    pub fn parameters(units: &str, activation: &str) -> Vec<ParameterSpec> {
        let help = "Units of every hidden layer, joined by -. More can tell more apart and take longer.";
        let mut options = [("tanh", "tanh"), ("relu", "ReLU"), ("leaky_relu", "leaky ReLU"), ("sigmoid", "sigmoid")];
        if let Some(first) = options.iter().position(|(value, _)| *value == activation) {
            options[..=first].rotate_right(1);
        }
        vec![
            ParameterSpec::text("hidden", "Hidden layers", 60, false, units, help),
            ParameterSpec::choice("activation", "Activation", &options, "What a unit makes of the sum of its inputs."),
        ]
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        let activation = match parameters.text("activation")? {
            "relu" => Activation::Relu,
            "leaky_relu" => Activation::LeakyRelu,
            "sigmoid" => Activation::Sigmoid,
            _ => Activation::Tanh,
        };
        let text = parameters.text("hidden")?;
        let refuse = || {
            let reason = format!(
                "{text:?} does not describe layers: write the units of each, whole numbers from 1 to {MOST_UNITS}, joined \
                 by -, such as 64-64; up to {MOST_LAYERS} layers"
            );
            ParameterError::invalid("hidden", reason)
        };
        let read = |part: &str| part.trim().parse().ok().filter(|it| (1..=MOST_UNITS).contains(it));
        let units: Option<Vec<_>> = text.split('-').map(read).collect();
        let units = units.filter(|it| it.len() <= MOST_LAYERS).ok_or_else(refuse)?;
        Ok(Self { units, activation })
    }

    /// A head with such layers of its own, and its outputs, drawn with a gain.
    pub(super) fn head(&self, name: &str, outputs: usize, gain: f64) -> Head {
        let of = |units, activation, gain| Layer::Dense { units, activation, initial: Initial::Orthogonal { gain } };
        let mut layers: Vec<_> =
            self.units.iter().map(|units| of(*units, self.activation, std::f64::consts::SQRT_2)).collect();
        layers.push(of(outputs, Activation::Linear, gain));
        Head { name: name.into(), layers }
    }
}

/// The network of these heads for a setting's observations.
pub(super) fn architecture(setting: &Setting<'_>, heads: Vec<Head>, title: &str) -> Result<Architecture, BuildFault> {
    let length = setting.observation.len();
    if length == 0 {
        let reason = "learns from what it observes, and here there is nothing to see. An agent with a table would work";
        return Err(Unsuitable { agent: title.into(), reason: reason.into() }.into());
    }
    let architecture = Architecture::new(Input::Vector { length }, Vec::new(), heads);
    Ok(architecture.map_err(|error| ParameterError::invalid("hidden", error))?)
}

/// The presets of agents with a policy.
pub(super) fn presets() -> Vec<Preset> {
    let text = |value: &str| Value::Text(value.into());
    let boards = vec![("hidden", text("128-128")), ("activation", text("relu")), ("observations", text("bounds"))];
    vec![
        Preset::new("small", "Small network", vec![("hidden", text("32-32"))]),
        Preset::new("large", "Large network", vec![("hidden", text("256-256"))]),
        Preset::new("boards", "Boards: snake, tetris", boards),
        Preset::new("numbers", "Numbers as actions: racing", vec![("entropy", Value::Number(0.0))]),
    ]
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
pub(super) struct Schedule {
    start: f64,
    /// Steps after which it is 0; none if it stays.
    steps: Option<f64>,
}

impl Schedule {
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

    fn hidden(text: &str) -> Result<Hidden, ParameterError> {
        let given = Parameters::from([("hidden".to_owned(), Value::Text(text.into()))]);
        Hidden::read(&Resolved::new(&Hidden::parameters("64-64", "tanh"), &given)?)
    }

    #[test]
    fn layers_are_read_and_what_is_none_is_named() {
        assert_eq!(hidden("128-64-8").unwrap().units, [128, 64, 8]);
        for wrong in ["", "64-", "0", "64-x", "9000", "1-1-1-1-1-1-1-1-1", "-4"] {
            let said = hidden(wrong).unwrap_err().to_string();
            assert!(said.starts_with(&format!("hidden: {wrong:?} does not describe layers")), "{said}");
        }
    }

    #[test]
    fn schedules_fall_to_zero_and_stay_there() {
        let falling = Schedule { start: 2.0, steps: Some(100.0) };
        assert_eq!([0, 25, 100, 500].map(|step| falling.at(step)), [2.0, 1.5, 0.0, 0.0]);
        assert_eq!(Schedule { start: 2.0, steps: None }.at(500), 2.0);
    }
}
