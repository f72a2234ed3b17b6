//! A recording that can be looked at anywhere at once: beside its actions it keeps the environment as it was now and then,
//! so that no moment is more than a few hundred steps away, however long the episode is.

use super::{ReplayError, ReplayedStep, begin, state_of};
use environments::registry::BuiltEnvironment;
use environments::{Environment as _, Step};
use shared::action::Actions;
use shared::episode::RecordedEpisode;
use shared::spec::EnvironmentSpec;

/// Steps between two kept environments. A step takes some microseconds in the slowest environments, in a browser too, so
/// that any moment comes within a few milliseconds; an episode of 100 000 steps keeps 391 of them.
pub const KEYFRAME_STEPS: usize = 256;

/// The environment after so many steps.
#[derive(Clone, Debug)]
struct RecordedMoment {
    at: usize,
    environment: BuiltEnvironment,
    /// What the step that led here brought.
    made: Option<Step>,
    episodic_return: f64,
}

impl RecordedMoment {
    fn advance(&mut self, actions: &Actions) -> Result<(), ReplayError> {
        let Some(action) = actions.get(self.at) else { return Ok(()) };
        let made = self.environment.step_any(action).map_err(|error| ReplayError::Step { step: self.at, error })?;
        self.at += 1;
        self.made = Some(made);
        self.episodic_return += made.reward;
        Ok(())
    }
}

/// An episode that is being played through, and every moment of it that has been played.
#[derive(Debug)]
pub struct Recording {
    actions: Actions,
    /// The start, and the moment after every [`KEYFRAME_STEPS`] steps that were played.
    keyframes: Vec<RecordedMoment>,
    /// How far it has been played.
    front: RecordedMoment,
    /// What was looked at last: the next moment is one step from there.
    seen: RecordedMoment,
    states: Vec<u32>,
}

impl Recording {
    /// Opens an episode at its start.
    ///
    /// # Errors
    /// If the environment cannot be built, or the actions are none of its own.
    pub fn open(spec: &EnvironmentSpec, recorded: &RecordedEpisode) -> Result<Self, ReplayError> {
        let environment = begin(spec, recorded.seed, &recorded.actions)?;
        let states = vec![state_of(&environment).unwrap_or_default()];
        let front = RecordedMoment { at: 0, environment, made: None, episodic_return: 0.0 };
        let (keyframes, seen) = (vec![front.clone()], front.clone());
        Ok(Self { actions: recorded.actions.clone(), keyframes, front, seen, states })
    }

    /// Number of steps of the episode.
    pub fn steps(&self) -> usize {
        self.actions.len()
    }

    /// Number of steps that have been played.
    pub const fn played(&self) -> usize {
        self.front.at
    }

    /// Plays on by so many steps at most; whether the whole episode has been played.
    ///
    /// # Errors
    /// If a step is refused.
    pub fn play(&mut self, most: usize) -> Result<bool, ReplayError> {
        for _ in 0..most.min(self.steps() - self.front.at) {
            self.front.advance(&self.actions)?;
            self.states.push(state_of(&self.front.environment).unwrap_or_default());
            if self.front.at.is_multiple_of(KEYFRAME_STEPS) {
                self.keyframes.push(self.front.clone());
            }
        }
        Ok(self.front.at == self.steps())
    }

    /// The moment after so many steps, the last one if there are not as many. What has not been played by then is.
    ///
    /// # Errors
    /// If a step is refused.
    pub fn moment(&mut self, at: usize) -> Result<ReplayedStep, ReplayError> {
        let at = at.min(self.steps());
        self.play(at.saturating_sub(self.front.at))?;
        let keyframe = &self.keyframes[at / KEYFRAME_STEPS];
        if !(keyframe.at..=at).contains(&self.seen.at) {
            self.seen = keyframe.clone();
        }
        while self.seen.at < at {
            self.seen.advance(&self.actions)?;
        }
        let action = at.checked_sub(1).and_then(|before| self.actions.get(before));
        let step = action.zip(self.seen.made);
        Ok(ReplayedStep::of(&self.seen.environment, step, self.seen.episodic_return))
    }

    /// The states that led to the moment after so many steps, itself included: the newest `most` of them.
    pub fn trail(&self, at: usize, most: usize) -> &[u32] {
        let end = at.saturating_add(1).min(self.states.len());
        &self.states[end.saturating_sub(most)..end]
    }
}

#[cfg(test)]
mod tests {
    use super::super::replay;
    use super::*;
    use shared::episode::Kept;
    use shared::parameter::{Parameters, Value};
    use shared::quantity::Seed;

    fn recorded(id: &str, parameters: Parameters, actions: Vec<u16>) -> (EnvironmentSpec, RecordedEpisode) {
        let spec = EnvironmentSpec { id: id.into(), parameters };
        let recorded = RecordedEpisode {
            kept: Kept::Latest,
            episode: 0,
            copy: 0,
            seed: Seed::new(7).unwrap(),
            actions: Actions::Discrete(actions),
            episodic_return: 0.0,
            outcome: 0,
        };
        (spec, recorded)
    }

    /// To and fro over the upper edge of the cliff's field, which never ends.
    fn endless(steps: usize) -> (EnvironmentSpec, RecordedEpisode) {
        let parameters = Parameters::from_iter([("step_limit".to_owned(), Value::Integer(0))]);
        let actions = [0, 1, 1, 3, 3].into_iter().cycle().take(steps).collect();
        recorded("cliff-walking", parameters, actions)
    }

    #[test]
    fn every_moment_is_that_of_playing_all_in_whatever_order_one_looks() {
        for (spec, recorded) in [endless(1_000), recorded("cart-pole", Parameters::new(), vec![0, 1, 0, 1, 1, 0, 0, 1])]
        {
            let all = replay(&spec, recorded.seed, &recorded.actions).unwrap();
            let mut recording = Recording::open(&spec, &recorded).unwrap();
            let last = recording.steps();
            for at in [0, last, 3, 2, 300, 299, 256, 255, 257, 512, last - 1, 1, last + 9] {
                assert_eq!(recording.moment(at).unwrap(), all[at.min(last)], "{} at {at}", spec.id);
            }
            let states: Vec<u32> = all.iter().map(|it| it.state).collect();
            assert_eq!(recording.trail(last, usize::MAX), states);
            assert_eq!(recording.trail(5, 2), &states[4..6]);
        }
    }

    #[test]
    fn no_moment_of_a_long_episode_is_far_away() {
        let (spec, recorded) = endless(100_000);
        let mut recording = Recording::open(&spec, &recorded).unwrap();
        while !recording.play(10_000).unwrap() {}
        assert_eq!(recording.keyframes.len(), 100_000 / KEYFRAME_STEPS + 1);
        for at in [99_999, 50_000, 12_345] {
            let before = &recording.keyframes[at / KEYFRAME_STEPS];
            assert!(at - before.at < KEYFRAME_STEPS);
            assert_eq!(recording.moment(at).unwrap().state, recording.states[at]);
        }
    }

    #[test]
    fn a_step_that_is_refused_is_told() {
        let (spec, recorded) = recorded("gridworld", Parameters::new(), vec![3, 3, 3, 3, 1, 1, 1, 1, 1]);
        let mut recording = Recording::open(&spec, &recorded).unwrap();
        assert!(recording.moment(9).unwrap_err().to_string().contains("step 8"));
        assert_eq!(recording.moment(8).unwrap().episodic_return, 9.3);
    }
}
