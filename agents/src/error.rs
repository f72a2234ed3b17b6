//! What can go wrong with an agent: it cannot be built, diverges, or does not load.

use networks::ArchitectureError;
use networks::architecture::LayerPosition;
use shared::describe::EnvironmentDescription;
use shared::parameter::ParameterError;
use std::fmt;

/// A number that would stop being finite; what the agent has learned stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{what} would become {value:e}: the last good values stay. {advice}")]
pub struct Divergence {
    /// What it is the value of.
    pub what: Diverging,
    /// What it would have become.
    pub value: f64,
    /// What to turn down.
    pub advice: &'static str,
}

impl Divergence {
    /// The same with the names that states and actions have in an environment.
    pub fn words(&self, description: &EnvironmentDescription) -> String {
        let numbered = self.what.to_string();
        let state = |state: usize| description.state_name(state);
        let named = match self.what {
            Diverging::Action { state: of, action } => {
                format!("the value of {} in state {}", description.action_name(action), state(of))
            }
            Diverging::State(of) => format!("the value of state {}", state(of)),
            Diverging::Reward(of) => format!("the learned reward of state {}", state(of)),
            Diverging::Average(of) => format!("the average reward of state {}", state(of)),
            _ => return self.to_string(),
        };
        self.to_string().replacen(&numbered, &named, 1)
    }

    /// The same with other advice, where an agent has not what was to be turned down.
    #[must_use]
    pub const fn advising(self, advice: &'static str) -> Self {
        Self { advice, ..self }
    }

    /// What to turn down where values are learned step by step.
    pub const SMALLER_STEPS: &'static str = "A smaller step size or discount keeps it finite";
    /// What to turn down where values are planned, or averaged.
    pub const SMALLER_DISCOUNT: &'static str = "A smaller discount keeps it finite";
    /// What to turn down where values are averages of rewards.
    pub const SMALLER_STEPS_OR_REWARDS: &'static str = "A smaller step size or smaller rewards keep it finite";
    /// What to turn down where rewards alone are summed up.
    pub const SMALLER_REWARDS: &'static str = "Smaller rewards keep it finite";
}

/// What an agent keeps a value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Diverging {
    /// Taking an action in a state.
    #[error("the value of state {state}, action {action}")]
    Action {
        /// The state.
        state: usize,
        /// The action.
        action: u16,
    },
    /// A state.
    #[error("the value of state {0}")]
    State(usize),
    /// A feature, of an agent that is linear in features.
    #[error("the weight of feature {0}")]
    Feature(usize),
    /// The reward of arriving in a state.
    #[error("the learned reward of state {0}")]
    Reward(usize),
    /// What a state's actions brought on average.
    #[error("the average reward of state {0}")]
    Average(usize),
    /// An episode.
    #[error("the return of the episode")]
    Return,
    /// The gradient of a network, which is called so.
    #[error("the gradient of the {0}")]
    Gradient(&'static str),
    /// An entry of a vector of weights or of a tensor of parameters.
    #[error("entry {entry} of the {name}")]
    Parameter {
        /// What the vector or tensor is called, with its layer where it belongs to one.
        name: &'static str,
        /// Which entry of it, from 0.
        entry: usize,
    },
}

/// Saved values that do not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Made for an environment of another shape.
    #[error(
        "the saved table is for {saved_states} states and {saved_actions} actions, this environment has {states} and \
         {actions}. What is learned here stays. Pick the environment it was saved in"
    )]
    Shape {
        /// States of the saved table.
        saved_states: usize,
        /// Actions of the saved table.
        saved_actions: usize,
        /// States here.
        states: usize,
        /// Actions here.
        actions: usize,
    },
    /// An artifact is missing, or is not what was saved by an agent like this one.
    #[error("the saved artifact {artifact:?} cannot be taken over: {reason}. What is learned here stays")]
    Artifact {
        /// Its name.
        artifact: String,
        /// What is wrong with it: the tensor and its shape.
        reason: String,
    },
    /// A policy from a file that cannot be played, or not in this environment.
    #[error("this ONNX policy cannot be played here: {reason}")]
    Policy {
        /// What is wrong, and the way out.
        reason: String,
    },
    /// A column is missing or of another length.
    #[error(
        "the saved agent has no column {column:?} with {expected} values, as these settings want it; what gives an agent its size is \
         set where a run begins. What is learned here stays"
    )]
    Column {
        /// Its name.
        column: &'static str,
        /// How many values it should have.
        expected: usize,
    },
    /// A value that cannot stand there: not a finite number, or a state or action that this environment does not have.
    #[error("the saved column {column:?} holds {value} at place {place}. What is learned here stays")]
    Value {
        /// The column.
        column: String,
        /// Where in it.
        place: usize,
        /// The value.
        value: String,
    },
}

/// An agent that an environment cannot serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{agent} {reason}")]
pub struct Unsuitable {
    /// The agent's title.
    pub agent: String,
    /// Why, and what would work.
    pub reason: String,
}

/// A network that cannot be: its layers do not fit each other, or what is observed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub struct NetworkFault {
    /// The parameter that lists the layer which is at fault.
    pub parameter: &'static str,
    /// What is wrong, and with which layer.
    pub error: Box<ArchitectureError>,
}

impl fmt::Display for NetworkFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.error {
            ArchitectureError::NoBoard { place: LayerPosition { head: None, .. }, .. } => formatter.write_str(
                "they slide over a board, and what is observed here is none. Leave them empty, or take an environment that \
                 shows its board: snake or tetris with view=board",
            ),
            error => error.fmt(formatter),
        }
    }
}

impl From<NetworkFault> for ParameterError {
    fn from(fault: NetworkFault) -> Self {
        Self::invalid(fault.parameter, fault)
    }
}

/// Why an agent cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BuildFault {
    /// A parameter that cannot be taken.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// A network that cannot be.
    #[error("{}: {_0}", .0.parameter)]
    Network(#[from] NetworkFault),
    /// An environment that it cannot learn in.
    #[error(transparent)]
    Unsuitable(#[from] Unsuitable),
    /// It could be built, but acts in several copies of an environment at once, and this program was built without the
    /// feature `neural`.
    #[error("this program was built without agents that act in several copies of an environment at once")]
    Elsewhere,
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::Parameters;
    use shared::spec::EnvironmentSpec;

    #[test]
    fn a_large_number_does_not_fill_the_notice() {
        let what = Diverging::Parameter { name: "rewards of the copies", entry: 0 };
        let divergence = Divergence { what, value: -1e308, advice: Divergence::SMALLER_REWARDS };
        assert_eq!(
            divergence.to_string(),
            "entry 0 of the rewards of the copies would become -1e308: the last good values stay. Smaller rewards keep it finite"
        );
        let divergence = Divergence { what: Diverging::State(3), value: f64::INFINITY, ..divergence };
        assert!(divergence.to_string().starts_with("the value of state 3 would become inf: "), "{divergence}");
    }

    #[test]
    fn a_divergence_is_told_with_the_names_of_the_environment() {
        let mdp = environments::registry::build(&EnvironmentSpec { id: "mdp".into(), parameters: Parameters::new() });
        let description = mdp.unwrap().accept(Described);
        let what = Diverging::Action { state: 1, action: 0 };
        let divergence = Divergence { what, value: f64::NAN, advice: Divergence::SMALLER_STEPS };
        let (action, state) = (&description.actions[0].name, &description.state_names[1]);
        assert_eq!(
            divergence.words(&description),
            format!(
                "the value of {action} in state {state} would become NaN: the last good values stay. A smaller step size or \
                 discount keeps it finite"
            )
        );
        let divergence = Divergence { what: Diverging::Return, ..divergence };
        assert_eq!(divergence.words(&description), divergence.to_string());
    }

    struct Described;

    impl environments::registry::EnvironmentVisitor for Described {
        type Output = EnvironmentDescription;

        fn visit<E: environments::Environment>(self, environment: E) -> EnvironmentDescription {
            environment.describe()
        }
    }
}
