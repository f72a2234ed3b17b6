//! What every environment is: reset with a seed, step with an action, be looked at.

use crate::action_mask::ActionMask;
use crate::model::Model;
use shared::action::ActionRef;
use shared::describe::EnvironmentDescription;
use shared::quantity::Seed;
use shared::scene::Scene;
use std::fmt;

/// What a step brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The reward.
    pub reward: f64,
    /// The episode ended in a terminal state: nothing follows, values do not bootstrap.
    pub terminated: bool,
    /// The episode was cut off: it could have gone on, values bootstrap. Never together with `terminated`.
    pub truncated: bool,
}

impl Step {
    /// Whether the episode is over.
    #[inline]
    pub const fn ended(self) -> bool {
        self.terminated || self.truncated
    }
}

/// A step that was refused; the environment is as before.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum StepError {
    /// Not an action here.
    #[error("action {action} is not allowed here; allowed are {legal}")]
    IllegalAction {
        /// The refused action.
        action: u16,
        /// The actions that are allowed in this state.
        legal: ActionMask,
    },
    /// Not an action here, in an environment of more actions than a mask holds.
    #[error("action {action} is not allowed here")]
    NotAllowed {
        /// The refused action.
        action: u16,
    },
    /// The episode is over.
    #[error("the episode has ended; reset before the next step")]
    Ended,
    /// A box action for an environment of discrete actions.
    #[error("this environment takes discrete actions by their number, not a box of {given} numbers")]
    Discrete {
        /// Numbers in the refused action.
        given: u16,
    },
    /// A discrete action, or a box of another length, for an environment of box actions.
    #[error("this environment takes a box of {entries} numbers as an action, not {given}")]
    Box {
        /// Numbers in an action.
        entries: u16,
        /// Numbers in the refused action; 0 of a discrete one.
        given: u16,
    },
    /// A number of a box action that is none, or lies outside its bounds.
    #[error("entry {entry} of the action must be a number from {low} to {high}, not {value}")]
    OutOfRange {
        /// Index of the entry, from 0.
        entry: u16,
        /// The refused number.
        value: f32,
        /// Least value.
        low: f32,
        /// Greatest value.
        high: f32,
    },
}

impl StepError {
    /// The refusal with the names that actions and controls have in an environment.
    pub fn words(&self, description: &EnvironmentDescription) -> String {
        let name = |action: u16| description.action_name(action);
        match self {
            Self::IllegalAction { action, legal } => {
                let allowed: Vec<_> = legal.iter().map(name).collect();
                format!("{} is not allowed here; allowed are {}", name(*action), allowed.join(", "))
            }
            Self::NotAllowed { action } => format!("{} is not allowed here", name(*action)),
            Self::OutOfRange { entry, value, low, high } if usize::from(*entry) < description.controls.len() => {
                let name = &description.controls[usize::from(*entry)].name;
                format!("{name} must be a number from {low} to {high}, not {value}")
            }
            other => other.to_string(),
        }
    }
}

/// An environment in the middle of an episode.
///
/// Cloning copies the whole state. To restore an environment elsewhere, reset it with the episode's seed and replay the
/// episode's actions.
pub trait Environment: Clone + fmt::Debug + Send + 'static {
    /// Whether a step takes so few nanoseconds that a call through a pointer beside it would show: the quickest agents
    /// are then compiled for this very type.
    const QUICK: bool = false;

    /// What a page needs to show it.
    fn describe(&self) -> EnvironmentDescription;

    /// Number of discrete actions, 1 to 65 535; 0 where actions are a box, of which the description tells the bounds.
    fn action_count(&self) -> usize;

    /// Number of discrete states; 0 if there are none.
    fn state_count(&self) -> usize;

    /// Begins the episode of this seed.
    fn reset(&mut self, seed: Seed);

    /// Takes a discrete action. An environment whose actions are a box refuses every one.
    fn step(&mut self, action: u16) -> Result<Step, StepError>;

    /// Takes a box action, one number for each of the description's controls, in their order. An environment with
    /// discrete actions refuses every one, which is what this does unless it is written.
    ///
    /// # Errors
    /// [`StepError::OutOfRange`] for a number that is not finite or lies outside its bounds; nothing has changed then.
    fn step_box(&mut self, action: &[f32]) -> Result<Step, StepError> {
        Err(StepError::Discrete { given: action.len() as u16 })
    }

    /// Takes an action of either kind.
    #[inline]
    fn step_any(&mut self, action: ActionRef<'_>) -> Result<Step, StepError> {
        match action {
            ActionRef::Discrete(action) => self.step(action),
            ActionRef::Box(values) => self.step_box(values),
        }
    }

    /// The discrete state, below [`Self::state_count`]; 0 if there are none.
    fn state(&self) -> usize;

    /// Which of the first 64 discrete actions are allowed now. While the episode lasts never empty, unless actions are
    /// a box. An environment with more actions writes [`Self::is_legal`] and
    /// [`Self::legal_flags`] as well.
    fn legal_actions(&self) -> ActionMask;

    /// Whether a discrete action is allowed now.
    fn is_legal(&self, action: u16) -> bool {
        usize::from(action) < self.action_count() && self.legal_actions().allows(action)
    }

    /// Writes of every discrete action whether it is allowed now, [`Self::action_count`] of them.
    fn legal_flags(&self, into: &mut [bool]) {
        let legal = self.legal_actions();
        for (action, flag) in into.iter_mut().enumerate() {
            *flag = legal.allows(action as u16);
        }
    }

    /// Whether the episode is over.
    fn ended(&self) -> bool;

    /// Why the episode ended: an index into the description's outcomes. Meaningful once it has ended.
    fn outcome(&self) -> u8;

    /// What the episode has counted so far, in the order of the description's counters.
    fn counters(&self, into: &mut [f64]) {
        into.fill(0.0);
    }

    /// Writes the observation vector, of the length of the description's entries.
    fn observe(&self, into: &mut [f32]);

    /// The picture of the moment.
    fn draw(&self) -> Scene;

    /// Draws into such a picture what an agent holds of every discrete action now.
    fn draw_estimates(&self, values: &[f64], scene: &mut Scene) {
        let _ = (values, scene);
    }

    /// Number of places of the description's layout whose observations are known: states, or where there are none, parts of a plane
    /// through what is observed. 0 if there are none.
    fn places(&self) -> usize {
        0
    }

    /// The place in which it is, below [`Self::places`].
    fn place(&self) -> usize {
        0
    }

    /// Writes what would be observed in the middle of a place. What the layout does not tell is as it is now.
    fn observe_at(&self, place: usize, into: &mut [f32]) {
        let _ = place;
        self.observe(into);
    }

    /// The state in one readable line or a few, for playthroughs and terminals.
    fn text(&self) -> String;

    /// The action, by its index in the description, that a pressed key, as `KeyboardEvent.key` names it, means now. By
    /// default the one to which the description gives the key; an environment whose keys mean other actions in other
    /// states says so itself.
    fn action_of_key(&self, key: &str) -> Option<u16> {
        self.describe().actions.iter().position(|action| action.key == key).map(|index| index as u16)
    }

    /// The exact transition model, where there is one.
    fn model(&self) -> Option<&Model> {
        None
    }
}
