//! The trail of an episode: what was seen, done and got, oldest first. Its memory stays for the next episode.

use crate::error::LoadError;
use crate::saved_columns;
use environments::ActionMask;
use shared::checkpoint::AgentState;
use std::collections::VecDeque;

/// Most steps that are kept: agents that learn when an episode ends learn from the newest so many. Episodes may go on
/// for ever; so many steps take 5 MiB, and fit into a message when they are saved.
pub const MOST_STEPS: usize = 1 << 17;

/// One step of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrailStep {
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

/// Steps, oldest first, at most [`MOST_STEPS`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trail {
    steps: VecDeque<TrailStep>,
    has_forgotten: bool,
}

impl Trail {
    /// An empty trail with room for so many steps.
    pub fn with_capacity(steps: usize) -> Self {
        Self { steps: VecDeque::with_capacity(steps), has_forgotten: false }
    }

    /// Adds the newest step. Where there are too many, the oldest is forgotten: nothing is learned from it.
    #[inline]
    pub fn push(&mut self, moment: TrailStep) {
        if self.steps.len() == MOST_STEPS {
            self.has_forgotten = true;
            self.steps.pop_front();
        }
        self.steps.push_back(moment);
    }

    /// Whether steps of any episode were forgotten.
    pub const fn has_forgotten(&self) -> bool {
        self.has_forgotten
    }

    /// Takes the oldest step away.
    #[inline]
    pub fn pop(&mut self) -> Option<TrailStep> {
        self.steps.pop_front()
    }

    /// Forgets all steps.
    pub fn clear(&mut self) {
        self.steps.clear();
    }

    /// Number of steps.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The steps, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &TrailStep> {
        self.steps.iter()
    }

    /// The steps, oldest first, to change their notes.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut TrailStep> {
        self.steps.iter_mut()
    }

    /// Puts it into a saved state.
    pub fn save(&self, into: &mut AgentState) {
        let integers = &mut into.integers;
        integers.insert("trail_states".into(), self.steps.iter().map(|it| it.state as u64).collect());
        integers.insert("trail_legal".into(), self.steps.iter().map(|it| it.legal.0).collect());
        integers.insert("trail_actions".into(), self.steps.iter().map(|it| u64::from(it.action)).collect());
        into.numbers.insert("trail_rewards".into(), self.steps.iter().map(|it| it.reward).collect());
        into.numbers.insert("trail_notes".into(), self.steps.iter().map(|it| it.note).collect());
    }

    /// Reads what [`Self::save`] wrote, for an environment of so many states and actions.
    pub fn load(&mut self, from: &AgentState, states: usize, actions: usize) -> Result<(), LoadError> {
        let length = from.integers.get("trail_states").map_or(0, |it| it.len());
        let saved_states = saved_columns::indices(from, "trail_states", length, states)?;
        let legal = saved_columns::integers(from, "trail_legal", length)?;
        let saved_actions = saved_columns::indices(from, "trail_actions", length, actions)?;
        let rewards = saved_columns::numbers(from, "trail_rewards", length)?;
        let notes = saved_columns::numbers(from, "trail_notes", length)?;
        self.steps.clear();
        self.steps.extend((length.saturating_sub(MOST_STEPS)..length).map(|place| TrailStep {
            state: saved_states[place] as usize,
            legal: ActionMask(legal[place]),
            action: saved_actions[place] as u16,
            reward: rewards[place],
            note: notes[place],
        }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_newest_steps_in_bounded_memory() {
        let mut trail = Trail::default();
        let step = |place: usize| TrailStep { state: place, legal: ActionMask(1), action: 0, reward: 0.0, note: 0.0 };
        (0..MOST_STEPS).for_each(|place| trail.push(step(place)));
        assert!(!trail.has_forgotten());
        (MOST_STEPS..4 * MOST_STEPS).for_each(|place| trail.push(step(place)));
        assert!(trail.has_forgotten());
        assert_eq!((trail.len(), trail.iter().next().unwrap().state), (MOST_STEPS, 3 * MOST_STEPS));
        assert_eq!(trail.steps.capacity(), MOST_STEPS);
        trail.clear();
        assert!(trail.is_empty() && trail.has_forgotten());
    }
}
