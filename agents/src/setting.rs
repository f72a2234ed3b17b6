//! What an agent is built for: the environment as it sees it.

use crate::error::Unsuitable;
use crate::exploration::behaviour::MOST_ACTIONS;
use environments::{Environment, Model};
use shared::action::ActionSpace;
use shared::describe::{ObservationBoard, ObservationDescription};

/// What an agent is built for.
#[derive(Clone, Debug)]
pub struct Setting<'a> {
    /// Number of discrete states; 0 if there are none.
    pub states: usize,
    /// Number of discrete actions; 0 where actions are a box.
    pub actions: usize,
    /// What the environment takes as an action.
    pub space: ActionSpace,
    /// The exact transition model, where there is one.
    pub model: Option<&'a Model>,
    /// The entries of the observation vector.
    pub observation: Vec<ObservationDescription>,
    /// How they form a board, where they do.
    pub board: Option<ObservationBoard>,
}

impl<'a> Setting<'a> {
    /// The setting of an environment.
    pub fn of(environment: &'a impl Environment) -> Self {
        let description = environment.describe();
        Self {
            states: environment.state_count(),
            actions: environment.action_count(),
            model: environment.model(),
            space: description.action_space(),
            observation: description.observation,
            board: description.board,
        }
    }

    /// The same without the model, for whoever keeps it longer than the environment.
    #[must_use]
    pub fn without_model(self) -> Setting<'static> {
        let Self { states, actions, space, model: _, observation, board } = self;
        Setting { states, actions, space, model: None, observation, board }
    }

    /// Refuses environments whose actions are not at most 64 discrete ones.
    pub fn few_actions(&self, title: &str) -> Result<(), Unsuitable> {
        let reason = match self.actions {
            0 => "chooses among discrete actions, and this environment takes a box of numbers. An agent with a policy over \
                  numbers would work, or discrete controls where the environment offers them"
                .into(),
            1..=MOST_ACTIONS => return Ok(()),
            actions => format!(
                "keeps up to {MOST_ACTIONS} actions apart, and this environment has {actions}. An agent with a network would work"
            ),
        };
        Err(Unsuitable { agent: title.into(), reason })
    }

    /// Refuses environments without countable states.
    pub fn countable(&self, title: &str) -> Result<(), Unsuitable> {
        if self.states > 0 {
            return Ok(());
        }
        let reason = "keeps a table, and this environment has no countable states. An agent with tile coding would work, such as linear-sarsa";
        Err(Unsuitable { agent: title.into(), reason: reason.into() })
    }
}
