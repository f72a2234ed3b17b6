//! What deep Q-learning is set to.

use crate::batch::{copies_parameter, read_copies};
use crate::learner::{DISCOUNT, discount_parameter_of};
use crate::neural::scaling::{ObservationScaling, ScalingHyperparameters};
use crate::neural::settings::{self, Hidden};
use networks::Activation;
use networks::loss::Loss;
use shared::parameter::{ParameterError, ParameterSpec, Resolved, Value};

/// How it learns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DqnHyperparameters {
    pub(super) copies: usize,
    pub(super) learning_rate: f64,
    pub(super) gamma: f64,
    pub(super) first_epsilon: f64,
    pub(super) last_epsilon: f64,
    pub(super) exploration_steps: u64,
    /// Steps that are remembered.
    pub(super) replay: usize,
    pub(super) learning_starts: u64,
    /// Transitions of a minibatch.
    pub(super) batch: usize,
    /// Rounds between two updates, and minibatches of one.
    pub(super) train_every: u64,
    pub(super) gradient_steps: usize,
    /// Rounds between two moves of the target network, and what share of the way it moves.
    pub(super) target_every: u64,
    pub(super) target_share: f64,
    pub(super) double: bool,
    pub(super) dueling: bool,
    pub(super) n_step: usize,
    /// Whether they are drawn by priority; how much errors count as priorities, and how much what is drawn too often counts less.
    pub(super) prioritised: bool,
    pub(super) priority: f64,
    pub(super) correction: f64,
    pub(super) loss: Loss,
    pub(super) max_gradient_norm: f64,
    pub(super) hidden: Hidden,
    pub(super) scaling: ScalingHyperparameters,
}

impl Default for DqnHyperparameters {
    fn default() -> Self {
        Self {
            copies: 4,
            learning_rate: 5e-4,
            gamma: DISCOUNT,
            first_epsilon: 1.0,
            last_epsilon: 0.05,
            exploration_steps: 10_000,
            replay: 20_000,
            learning_starts: 1000,
            batch: 64,
            train_every: 1,
            gradient_steps: 1,
            target_every: 50,
            target_share: 1.0,
            double: true,
            dueling: false,
            n_step: 3,
            prioritised: false,
            priority: 0.6,
            correction: 0.4,
            loss: Loss::Squared,
            max_gradient_norm: 10.0,
            hidden: Hidden { activation: Activation::Relu, ..Hidden::default() },
            scaling: ScalingHyperparameters { observations: ObservationScaling::Raw, rewards: false },
        }
    }
}

impl DqnHyperparameters {
    /// The parameters, with these defaults.
    #[expect(clippy::too_many_lines, reason = "a list")]
    pub(crate) fn parameters(&self) -> Vec<ParameterSpec> {
        let (number, integer, flag) = (ParameterSpec::number, ParameterSpec::integer, ParameterSpec::flag);
        let mut parameters = vec![
            copies_parameter(self.copies as i64),
            settings::learning_rate(self.learning_rate),
            discount_parameter_of(self.gamma),
            number(
                "epsilon",
                "First exploration",
                (0.0, 1.0),
                self.first_epsilon,
                0.01,
                "The share of actions that explore at first.",
            )
            .symbol("ε"),
            number(
                "last_epsilon",
                "Last exploration",
                (0.0, 1.0),
                self.last_epsilon,
                0.01,
                "The share of actions that explore in the end.",
            ),
            integer(
                "exploration_steps",
                "Exploration",
                (1, 1_000_000_000_000),
                self.exploration_steps as i64,
                "Steps over which exploration falls.",
            ),
            integer(
                "replay",
                "Replay",
                (1, 10_000_000),
                self.replay as i64,
                "Steps that are remembered to learn from again.",
            ),
            integer(
                "learning_starts",
                "Learning starts",
                (0, 10_000_000),
                self.learning_starts as i64,
                "Steps before the first update.",
            ),
            integer(
                "batch",
                "Minibatch",
                (1, 65_536),
                self.batch as i64,
                "Remembered steps that an update learns from.",
            ),
            integer(
                "train_every",
                "Train every",
                (1, 65_536),
                self.train_every as i64,
                "Rounds, a step of every copy, between two updates.",
            ),
            integer(
                "gradient_steps",
                "Gradient steps",
                (1, 1000),
                self.gradient_steps as i64,
                "Minibatches of an update.",
            ),
            integer(
                "target_every",
                "Target every",
                (1, 1_000_000_000),
                self.target_every as i64,
                "Rounds between two moves of the target network.",
            ),
            number(
                "target_share",
                "Target share",
                (0.0001, 1.0),
                self.target_share,
                0.01,
                "What share of the way it moves; 1 copies it.",
            )
            .symbol("τ"),
            flag(
                "double",
                "Double",
                self.double,
                "The network that learns picks the next action, its older copy judges it.",
            ),
            flag(
                "dueling",
                "Dueling",
                self.dueling,
                "One network for the value of a state, one for what actions add to it.",
            ),
            integer(
                "n_step",
                "Steps of rewards",
                (1, 100),
                self.n_step as i64,
                "Rewards that are added up before the values are trusted.",
            )
            .symbol("n"),
            flag(
                "prioritised",
                "Prioritised replay",
                self.prioritised,
                "Steps with great errors are learned from more often.",
            ),
            number("priority", "Priority", (0.0, 1.0), self.priority, 0.1, "How much errors count as priorities.")
                .symbol("α")
                .implies("prioritised", Value::Flag(true)),
            number(
                "correction",
                "Correction",
                (0.0, 1.0),
                self.correction,
                0.1,
                "How much what is drawn often counts less, at first.",
            )
            .symbol("β")
            .implies("prioritised", Value::Flag(true)),
            ParameterSpec::choice(
                "loss",
                "Loss",
                &[("squared", "squared"), ("huber", "Huber")],
                "What an error costs.",
            ),
            settings::max_gradient_norm(self.max_gradient_norm),
        ];
        parameters.extend(self.hidden.parameters());
        parameters.extend(self.scaling.parameters());
        parameters
    }

    /// Reads [`Self::parameters`].
    pub(crate) fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self {
            copies: read_copies(parameters)?,
            hidden: Hidden::read(parameters)?,
            replay: parameters.count("replay")?,
            learning_rate: parameters.number("learning_rate")?,
            gamma: parameters.discount("gamma")?.get(),
            learning_starts: parameters.count("learning_starts")? as u64,
            train_every: parameters.count("train_every")? as u64,
            gradient_steps: parameters.count("gradient_steps")?,
            batch: parameters.count("batch")?,
            target_every: parameters.count("target_every")? as u64,
            target_share: parameters.number("target_share")?,
            first_epsilon: parameters.number("epsilon")?,
            last_epsilon: parameters.number("last_epsilon")?,
            exploration_steps: parameters.count("exploration_steps")? as u64,
            double: parameters.flag("double")?,
            dueling: parameters.flag("dueling")?,
            n_step: parameters.count("n_step")?,
            prioritised: parameters.flag("prioritised")?,
            priority: parameters.number("priority")?,
            correction: parameters.number("correction")?,
            loss: if parameters.text("loss")? == "huber" { Loss::Huber } else { Loss::Squared },
            max_gradient_norm: parameters.number("max_gradient_norm")?,
            scaling: ScalingHyperparameters::read(parameters)?,
        })
    }
}
