//! What every world is: reset with a seed, step with an action, be looked at.

use crate::action_mask::ActionMask;
use crate::model::Model;
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

/// A step that was refused; the world is as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// Not an action here.
    #[error("action {action} is not allowed here; allowed are {legal}")]
    IllegalAction {
        /// The refused action.
        action: u8,
        /// The actions that are allowed in this state.
        legal: ActionMask,
    },
    /// The episode is over.
    #[error("the episode has ended; reset before the next step")]
    Ended,
}

/// A world in the middle of an episode.
///
/// Cloning copies the whole state. To restore a world elsewhere, reset it with the episode's seed and replay the
/// episode's actions.
pub trait Environment: Clone + fmt::Debug + Send + 'static {
    /// Whether a step takes so few nanoseconds that a call through a pointer beside it would show: the quickest agents
    /// are then compiled for this very type.
    const QUICK: bool = false;

    /// What a page needs to show it.
    fn describe(&self) -> EnvironmentDescription;

    /// Number of actions, 1 to 64.
    fn action_count(&self) -> usize;

    /// Number of discrete states; 0 if there are none.
    fn state_count(&self) -> usize;

    /// Begins the episode of this seed.
    fn reset(&mut self, seed: Seed);

    /// Takes an action.
    fn step(&mut self, action: u8) -> Result<Step, StepError>;

    /// The discrete state, below [`Self::state_count`]; 0 if there are none.
    fn state(&self) -> usize;

    /// The actions allowed now. Never empty while the episode lasts.
    fn legal_actions(&self) -> ActionMask;

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

    /// The state in one readable line or a few, for playthroughs and terminals.
    fn text(&self) -> String;

    /// The action that a pressed key, as `KeyboardEvent.key` names it, means now. By default the one to which the
    /// description gives the key; a world whose keys mean other actions in other states says so itself.
    fn action_of_key(&self, key: &str) -> Option<u8> {
        self.describe().actions.iter().position(|action| action.key == key).map(|index| index as u8)
    }

    /// The exact transition model, where there is one.
    fn model(&self) -> Option<&Model> {
        None
    }
}
