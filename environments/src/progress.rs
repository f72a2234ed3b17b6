//! How far an episode is: its steps, its limit, whether and why it has ended. Kept by every environment that writes its
//! own `step`.

use crate::action_mask::ActionMask;
use crate::environment::{Step, StepError};

/// The clock of one episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EpisodeClock {
    steps: u32,
    limit: u32,
    ended: bool,
    reason: u8,
}

impl EpisodeClock {
    /// The clock of an episode that is cut off after `limit` steps.
    pub(crate) const fn new(limit: u32) -> Self {
        Self { steps: 0, limit, ended: false, reason: 0 }
    }

    /// Starts the next episode.
    #[inline]
    pub(crate) const fn restart(&mut self) {
        *self = Self::new(self.limit);
    }

    /// Steps taken so far.
    #[inline]
    pub(crate) const fn steps(self) -> u32 {
        self.steps
    }

    /// Whether the episode is over.
    #[inline]
    pub(crate) const fn ended(self) -> bool {
        self.ended
    }

    /// Index of the outcome; 0, the step limit, unless the episode terminated.
    #[inline]
    pub(crate) const fn reason(self) -> u8 {
        self.reason
    }

    /// Refuses steps after the end and actions that are not legal.
    #[inline]
    pub(crate) const fn admit(self, action: u16, legal: ActionMask) -> Result<(), StepError> {
        if self.ended {
            Err(StepError::Ended)
        } else if legal.allows(action) {
            Ok(())
        } else {
            Err(StepError::IllegalAction { action, legal })
        }
    }

    /// Refuses steps after the end, boxes of another length and numbers outside their bounds.
    pub(crate) fn admit_box(self, action: &[f32], bounds: &[(f32, f32)]) -> Result<(), StepError> {
        if self.ended {
            return Err(StepError::Ended);
        }
        if action.len() != bounds.len() {
            return Err(StepError::Box { entries: bounds.len() as u16, given: action.len() as u16 });
        }
        let outside = action.iter().zip(bounds).position(|(value, (low, high))| !(*low..=*high).contains(value));
        outside.map_or(Ok(()), |entry| {
            let (low, high) = bounds[entry];
            Err(StepError::OutOfRange { entry: entry as u16, value: action[entry], low, high })
        })
    }

    /// Counts a step that brought `reward` and, if `end` is given, terminated with that outcome.
    #[inline]
    pub(crate) const fn advance(&mut self, reward: f64, end: Option<u8>) -> Step {
        self.steps += 1;
        let truncated = end.is_none() && self.steps >= self.limit;
        if let Some(reason) = end {
            self.reason = reason;
        }
        self.ended = end.is_some() || truncated;
        Step { reward, terminated: end.is_some(), truncated }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_truncates_unless_the_same_step_terminates() {
        let mut progress = EpisodeClock::new(1);
        assert_eq!(progress.advance(1.0, None), Step { reward: 1.0, terminated: false, truncated: true });
        assert_eq!(progress.admit(0, ActionMask::all(1)), Err(StepError::Ended));
        progress.restart();
        assert_eq!(progress.advance(1.0, Some(2)), Step { reward: 1.0, terminated: true, truncated: false });
        assert_eq!(progress.reason(), 2);
    }
}
