//! The buffers of a recorded episode. They move from episode to episode, so that nothing is allocated per step.

use shared::action::{ActionRef, Actions, ActionsRef};
use shared::episode::{Kept, RecordedEpisode};
use shared::quantity::Seed;

/// An episode under way, or one that is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct EpisodeBuffer {
    /// Its index in the run, once it has ended.
    pub(super) episode: u64,
    pub(super) copy: u32,
    pub(super) seed: Seed,
    /// Discrete actions,
    pub(super) discrete: Vec<u16>,
    /// or boxes, one after the other.
    pub(super) boxes: Vec<f32>,
    /// Numbers in a box; 0 where actions are discrete.
    pub(super) entries: usize,
    pub(super) episodic_return: f64,
    pub(super) outcome: u8,
}

impl EpisodeBuffer {
    pub(super) fn clear(&mut self) {
        self.discrete.clear();
        self.boxes.clear();
        self.episodic_return = 0.0;
    }

    /// Adds an action; tells whether there was room for it.
    pub(super) fn push(&mut self, action: ActionRef<'_>, most: usize) -> bool {
        let room = self.actions().len() < most;
        match action {
            _ if !room => {}
            ActionRef::Discrete(action) => self.discrete.push(action),
            ActionRef::Box(values) => self.boxes.extend_from_slice(values),
        }
        room
    }

    pub(super) fn actions(&self) -> ActionsRef<'_> {
        match self.entries {
            0 => ActionsRef::Discrete(&self.discrete),
            entries => ActionsRef::Box { entries, values: &self.boxes },
        }
    }

    pub(super) fn set_actions(&mut self, actions: &Actions) {
        self.discrete.clear();
        self.boxes.clear();
        match actions {
            Actions::Discrete(actions) => self.discrete.extend_from_slice(actions),
            Actions::Box { values, .. } => self.boxes.extend_from_slice(values),
        }
    }

    pub(super) fn copy_from(&mut self, other: &Self) {
        let Self { episode, copy, seed, discrete, boxes, entries, episodic_return, outcome } = self;
        (*episode, *copy, *seed, *entries) = (other.episode, other.copy, other.seed, other.entries);
        (*episodic_return, *outcome) = (other.episodic_return, other.outcome);
        discrete.clear();
        discrete.extend_from_slice(&other.discrete);
        boxes.clear();
        boxes.extend_from_slice(&other.boxes);
    }

    pub(super) fn to_recorded(&self, kept: Kept) -> RecordedEpisode {
        RecordedEpisode {
            episode: self.episode,
            copy: self.copy,
            seed: self.seed,
            actions: self.actions().to_actions(),
            episodic_return: self.episodic_return,
            outcome: self.outcome,
            kept,
        }
    }

    pub(super) fn from_recorded(buffer: &RecordedEpisode, entries: usize) -> Self {
        let mut kept = Self {
            episode: buffer.episode,
            copy: buffer.copy,
            seed: buffer.seed,
            entries,
            episodic_return: buffer.episodic_return,
            outcome: buffer.outcome,
            ..Self::default()
        };
        kept.set_actions(&buffer.actions);
        kept
    }
}
