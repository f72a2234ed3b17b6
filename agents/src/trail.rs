//! The trail of an episode: what was seen, done and got, oldest first. Its memory stays for the next episode.

use crate::agent::LoadError;
use crate::table;
use environments::ActionMask;
use shared::checkpoint::AgentState;
use std::collections::VecDeque;

/// One step of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The state.
    pub state: usize,
    /// What was legal in it.
    pub legal: ActionMask,
    /// The action.
    pub action: u16,
    /// The reward that followed.
    pub reward: f64,
    /// What the agent keeps of it: a probability, or whether it was the first time.
    pub note: f64,
}

/// Steps, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trail(VecDeque<Moment>);

impl Trail {
    /// An empty trail with room for so many steps.
    pub fn with_capacity(steps: usize) -> Self {
        Self(VecDeque::with_capacity(steps))
    }

    /// Adds the newest step.
    #[inline]
    pub fn push(&mut self, moment: Moment) {
        self.0.push_back(moment);
    }

    /// Takes the oldest step away.
    #[inline]
    pub fn pop(&mut self) -> Option<Moment> {
        self.0.pop_front()
    }

    /// Forgets all steps.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Number of steps.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Moment> {
        self.0.iter()
    }

    /// Puts it into a saved state.
    pub fn save(&self, into: &mut AgentState) {
        let integers = &mut into.integers;
        integers.insert("trail_states".into(), self.0.iter().map(|it| it.state as u64).collect());
        integers.insert("trail_legal".into(), self.0.iter().map(|it| it.legal.0).collect());
        integers.insert("trail_actions".into(), self.0.iter().map(|it| u64::from(it.action)).collect());
        into.numbers.insert("trail_rewards".into(), self.0.iter().map(|it| it.reward).collect());
        into.numbers.insert("trail_notes".into(), self.0.iter().map(|it| it.note).collect());
    }

    /// Reads what [`Self::save`] wrote, for an environment of so many states and actions.
    pub fn load(&mut self, from: &AgentState, states: usize, actions: usize) -> Result<(), LoadError> {
        let length = from.integers.get("trail_states").map_or(0, |it| it.len());
        let saved_states = table::indices(from, "trail_states", length, states)?;
        let legal = table::integers(from, "trail_legal", length)?;
        let saved_actions = table::indices(from, "trail_actions", length, actions)?;
        let rewards = table::numbers(from, "trail_rewards", length)?;
        let notes = table::numbers(from, "trail_notes", length)?;
        self.0.clear();
        self.0.extend((0..length).map(|place| Moment {
            state: saved_states[place] as usize,
            legal: ActionMask(legal[place]),
            action: saved_actions[place] as u16,
            reward: rewards[place],
            note: notes[place],
        }));
        Ok(())
    }
}
