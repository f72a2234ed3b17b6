//! Vectorised stepping: n copies of an environment stepped together over flat buffers that the caller owns.
//!
//! There are two ways. [`Vector::step`] makes one call of a step: copies reset themselves **in the same step**
//! (Gymnasium's `AutoresetMode.SAME_STEP`). [`Vector::advance`] and [`Vector::begin_ended`] are the two halves of it,
//! for those who look at the copies between them: after `advance` a copy whose episode ended stands in its last state,
//! and `begin_ended` begins its next episode. Either way every step of every copy is a step of an episode, actions
//! always answer `observations`, and episode k of copy c has the seed [`episode_seed`]: the copies' episodes are the
//! same whatever steps them.
//!
//! Copies do not know each other, so an [`Executor`] may advance them in any order and at the same time; what comes of
//! it is the same.
//!
//! ```
//! use environments::vector::{Buffers, Vector};
//! use environments::{Environment as _, cart_pole};
//! use shared::Seed;
//! use shared::parameter::{Parameters, Resolved};
//!
//! let parameters = Resolved::new(&cart_pole::catalog().parameters, &Parameters::new())?;
//! let environment = cart_pole::build(&parameters)?;
//! let (copies, entries) = (64, environment.describe().observation.len());
//! let mut vector = Vector::new(&environment, copies, Seed::new(1)?);
//! let mut observations = vec![0.0; copies * entries];
//! let mut final_observations = vec![0.0; copies * entries];
//! let mut rewards = vec![0.0; copies];
//! let (mut terminated, mut truncated) = (vec![false; copies], vec![false; copies]);
//! let mut into = Buffers {
//!     observations: &mut observations,
//!     final_observations: &mut final_observations,
//!     rewards: &mut rewards,
//!     terminated: &mut terminated,
//!     truncated: &mut truncated,
//! };
//! for _ in 0..100 {
//!     vector.step(&[1; 64], &mut into)?;
//! }
//! assert!(vector.episode(0) > 0, "pushed to one side only, a pole falls within a hundred steps");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::action_mask::ActionMask;
use crate::environment::{Environment, Step, StepError};
use shared::action::{ActionError, ActionRef, ActionSpace};
use shared::quantity::Seed;
use std::fmt;

/// Streams of seeds that derive from a run's seed: its episodes,
const EPISODE_STREAM: u64 = 1;
/// and what takes the place of the run's seed in the copies after the first.
const COPY_STREAM: u64 = 4;

/// The seed of an episode: number `episode` of copy `copy`, both from 0, in what `seed` determines.
#[inline]
#[must_use]
pub const fn episode_seed(seed: Seed, copy: u32, episode: u64) -> Seed {
    let seed = if copy == 0 { seed } else { seed.derive(COPY_STREAM, copy as u64) };
    seed.derive(EPISODE_STREAM, episode)
}

/// One action for every copy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BatchActions<'a> {
    /// Discrete ones, `[copies]`.
    Discrete(&'a [u16]),
    /// Boxes, `[copies, entries]`.
    Box(&'a [f32]),
}

impl<'a> BatchActions<'a> {
    /// The action of a copy, in boxes of so many entries.
    #[inline]
    pub fn of_copy(self, copy: usize, entries: usize) -> ActionRef<'a> {
        match self {
            Self::Discrete(actions) => ActionRef::Discrete(actions[copy]),
            Self::Box(values) => ActionRef::Box(&values[copy * entries..(copy + 1) * entries]),
        }
    }
}

/// Room for one action for every copy.
#[derive(Debug, PartialEq)]
pub enum BatchActionsMut<'a> {
    /// Discrete ones, `[copies]`.
    Discrete(&'a mut [u16]),
    /// Boxes, `[copies, entries]`.
    Box(&'a mut [f32]),
}

/// What a step of every copy that begins the next episodes writes; one entry a copy, observations one row a copy.
#[derive(Debug)]
pub struct Buffers<'a> {
    /// `copies * observation_length`: what the next actions answer.
    pub observations: &'a mut [f32],
    /// `copies * observation_length`: the last observation of every episode that ended in this step; other rows stay.
    pub final_observations: &'a mut [f32],
    /// Rewards.
    pub rewards: &'a mut [f32],
    /// Whether the episode ended in a terminal state.
    pub terminated: &'a mut [bool],
    /// Whether the episode was cut off.
    pub truncated: &'a mut [bool],
}

/// What [`Vector::advance`] writes; one entry a copy, of several numbers one row a copy.
#[derive(Debug)]
pub struct Advanced<'a> {
    /// `[copies, entries]`: what is observed after the step; of an episode that ended, its last observation.
    pub observations: &'a mut [f32],
    /// `[copies, actions]`: which discrete actions are legal after the step.
    pub legal: &'a mut [bool],
    /// Rewards.
    pub rewards: &'a mut [f64],
    /// Whether the episode ended in a terminal state.
    pub terminated: &'a mut [bool],
    /// Whether the episode was cut off.
    pub truncated: &'a mut [bool],
}

/// A piece of work that an [`Executor`] does.
pub type ExecutorTask<'a> = Box<dyn FnMut() + Send + 'a>;

/// What does several pieces of work: one after the other, or threads at the same time.
pub trait Executor: Send + Sync + fmt::Debug {
    /// Into how many pieces it likes a step of so many copies to be cut, at least 1.
    fn pieces(&self, copies: usize) -> usize;

    /// Does every piece once, in any order.
    fn run(&self, tasks: Vec<ExecutorTask<'_>>);
}

/// Does all work in one piece, here and now.
#[derive(Clone, Copy, Debug, Default)]
pub struct InOneGo;

impl Executor for InOneGo {
    fn pieces(&self, _: usize) -> usize {
        1
    }

    fn run(&self, tasks: Vec<ExecutorTask<'_>>) {
        for mut task in tasks {
            task();
        }
    }
}

/// A vectorised step that was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum VectorError {
    /// A copy refused its action. In [`Vector::step`] all copies before have stepped, it and the ones after have not.
    #[error("copy {copy}: {error}")]
    Copy {
        /// Its index.
        copy: usize,
        /// Why.
        error: StepError,
    },
    /// An action does not belong to the action space; nothing has stepped.
    #[error("copy {copy}: {error}")]
    Action {
        /// The copy's index.
        copy: usize,
        /// What is wrong.
        error: ActionError,
    },
    /// A buffer has the wrong length; nothing has stepped.
    #[error("the buffer {buffer} has {given} entries, not {expected}")]
    Length {
        /// Its name.
        buffer: &'static str,
        /// Its length.
        given: usize,
        /// The right length.
        expected: usize,
    },
}

/// n copies of an environment.
#[derive(Clone, Debug)]
pub struct Vector<E> {
    copies: Vec<E>,
    /// Which episode each copy is in, from 0.
    episodes: Vec<u64>,
    seed: Seed,
    observation_length: usize,
    space: ActionSpace,
}

impl<E: Environment> Vector<E> {
    /// `count` copies of `environment`, each at the beginning of its first episode.
    pub fn new(environment: &E, count: usize, seed: Seed) -> Self {
        let description = environment.describe();
        let mut vector = Self {
            copies: vec![environment.clone(); count],
            episodes: vec![0; count],
            seed,
            observation_length: description.observation.len(),
            space: description.action_space(),
        };
        vector.reset();
        vector
    }

    /// Begins the first episode of every copy.
    pub fn reset(&mut self) {
        self.episodes.fill(0);
        for (index, copy) in self.copies.iter_mut().enumerate() {
            copy.reset(episode_seed(self.seed, index as u32, 0));
        }
    }

    /// Number of copies.
    pub const fn count(&self) -> usize {
        self.copies.len()
    }

    /// Entries in one copy's observation.
    pub const fn observation_length(&self) -> usize {
        self.observation_length
    }

    /// What every copy takes as an action.
    pub const fn action_space(&self) -> &ActionSpace {
        &self.space
    }

    /// The copies.
    pub fn copies(&self) -> &[E] {
        &self.copies
    }

    /// Which episode of its own a copy is in, from 0.
    pub fn episode(&self, copy: usize) -> u64 {
        self.episodes[copy]
    }

    /// Puts a copy into another moment: `environment` in the episode of that number.
    pub fn put(&mut self, copy: usize, environment: E, episode: u64) {
        self.copies[copy] = environment;
        self.episodes[copy] = episode;
    }

    /// Writes the observation of every copy, of `count * observation_length` entries.
    pub fn observe(&self, into: &mut [f32]) -> Result<(), VectorError> {
        length("observations", into.len(), self.count() * self.observation_length)?;
        for (index, copy) in self.copies.iter().enumerate() {
            copy.observe(row(into, index, self.observation_length));
        }
        Ok(())
    }

    /// Writes the actions that every copy allows, of the first 64.
    pub fn legal_actions(&self, into: &mut [ActionMask]) -> Result<(), VectorError> {
        length("legal actions", into.len(), self.count())?;
        for (copy, mask) in self.copies.iter().zip(into) {
            *mask = copy.legal_actions();
        }
        Ok(())
    }

    /// Writes of every copy and every discrete action whether it is legal, `[copies, actions]`.
    pub fn legal_flags(&self, into: &mut [bool]) -> Result<(), VectorError> {
        let actions = usize::from(self.space.count());
        length("legal", into.len(), self.count() * actions)?;
        for (index, copy) in self.copies.iter().enumerate() {
            copy.legal_flags(row(into, index, actions));
        }
        Ok(())
    }

    /// Steps every copy with its discrete action and begins the next episode of each that ended. Allocates nothing.
    pub fn step(&mut self, actions: &[u16], into: &mut Buffers<'_>) -> Result<(), VectorError> {
        let (count, width) = (self.count(), self.observation_length);
        length("actions", actions.len(), count)?;
        length("observations", into.observations.len(), count * width)?;
        length("final_observations", into.final_observations.len(), count * width)?;
        length("rewards", into.rewards.len(), count)?;
        length("terminated", into.terminated.len(), count)?;
        length("truncated", into.truncated.len(), count)?;
        for (index, (copy, action)) in self.copies.iter_mut().zip(actions).enumerate() {
            let step = copy.step(*action).map_err(|error| VectorError::Copy { copy: index, error })?;
            into.rewards[index] = step.reward as f32;
            into.terminated[index] = step.terminated;
            into.truncated[index] = step.truncated;
            let row = index * width..(index + 1) * width;
            if step.ended() {
                copy.observe(&mut into.final_observations[row.clone()]);
                self.episodes[index] += 1;
                copy.reset(episode_seed(self.seed, index as u32, self.episodes[index]));
            }
            copy.observe(&mut into.observations[row]);
        }
        Ok(())
    }

    /// Steps every copy with its action, in pieces of work that `executor` does. Copies whose episodes end stay in
    /// their last states: [`Self::begin_ended`] must be called before the next step.
    ///
    /// # Errors
    /// Where a buffer has the wrong length or an action does not belong to the action space or is not legal; nothing
    /// has stepped then.
    pub fn advance(
        &mut self,
        actions: BatchActions<'_>,
        into: Advanced<'_>,
        executor: &dyn Executor,
    ) -> Result<(), VectorError> {
        let (count, width) = (self.count(), self.observation_length);
        let legal = usize::from(self.space.count());
        length("observations", into.observations.len(), count * width)?;
        length("legal", into.legal.len(), count * legal)?;
        length("rewards", into.rewards.len(), count)?;
        length("terminated", into.terminated.len(), count)?;
        length("truncated", into.truncated.len(), count)?;
        self.check(actions)?;
        let whole = CopyRange { first: 0, copies: &mut self.copies, into, widths: (width, legal), error: None };
        let entries = self.space.entries();
        let pieces = executor.pieces(count).clamp(1, count.max(1));
        if pieces == 1 {
            let mut whole = whole;
            whole.advance(actions, entries);
            return whole.error.map_or(Ok(()), Err);
        }
        let mut parts = Vec::with_capacity(pieces);
        let mut rest = whole;
        for left in (2..=pieces).rev() {
            let copies = rest.copies.len() / left;
            let (part, behind) = rest.split(copies);
            parts.push(part);
            rest = behind;
        }
        parts.push(rest);
        let task = |part| -> ExecutorTask<'_> {
            let part: &mut CopyRange<'_, E> = part;
            Box::new(move || part.advance(actions, entries))
        };
        executor.run(parts.iter_mut().map(task).collect());
        parts.into_iter().find_map(|part| part.error).map_or(Ok(()), Err)
    }

    /// Begins the next episode of every copy whose episode has ended, writing what it observes and which actions are
    /// legal into its rows of `observations` and `legal`; other rows stay. `begun` is told of each such copy.
    pub fn begin_ended(
        &mut self,
        observations: &mut [f32],
        legal: &mut [bool],
        begun: &mut dyn FnMut(usize),
    ) -> Result<(), VectorError> {
        let actions = usize::from(self.space.count());
        length("observations", observations.len(), self.count() * self.observation_length)?;
        length("legal", legal.len(), self.count() * actions)?;
        for (index, copy) in self.copies.iter_mut().enumerate().filter(|(_, copy)| copy.ended()) {
            self.episodes[index] += 1;
            copy.reset(episode_seed(self.seed, index as u32, self.episodes[index]));
            copy.observe(row(observations, index, self.observation_length));
            copy.legal_flags(row(legal, index, actions));
            begun(index);
        }
        Ok(())
    }

    /// Whether every copy can take its action.
    fn check(&self, actions: BatchActions<'_>) -> Result<(), VectorError> {
        let entries = self.space.entries();
        match actions {
            BatchActions::Discrete(actions) => length("actions", actions.len(), self.count())?,
            BatchActions::Box(values) => length("actions", values.len(), self.count() * entries)?,
        }
        for (copy, environment) in self.copies.iter().enumerate() {
            let refused = |error| VectorError::Copy { copy, error };
            if environment.ended() {
                return Err(refused(StepError::Ended));
            }
            let action = actions.of_copy(copy, entries);
            self.space.check(action).map_err(|error| VectorError::Action { copy, error })?;
            if let ActionRef::Discrete(action) = action
                && !environment.is_legal(action)
            {
                let refusal = environment.clone().step(action).err();
                return Err(refused(refusal.unwrap_or(StepError::NotAllowed { action })));
            }
        }
        Ok(())
    }
}

/// Some neighbouring copies and their rows.
struct CopyRange<'a, E> {
    /// Index of its first copy.
    first: usize,
    copies: &'a mut [E],
    into: Advanced<'a>,
    /// Entries of an observation, and discrete actions.
    widths: (usize, usize),
    error: Option<VectorError>,
}

impl<E: Environment> CopyRange<'_, E> {
    /// The first so many copies, and the others.
    fn split(self, count: usize) -> (Self, Self) {
        let Self { first, copies, into, widths, error } = self;
        let (copies, later_copies) = copies.split_at_mut(count);
        let (observations, later_observations) = into.observations.split_at_mut(count * widths.0);
        let (legal, later_legal) = into.legal.split_at_mut(count * widths.1);
        let (rewards, later_rewards) = into.rewards.split_at_mut(count);
        let (terminated, later_terminated) = into.terminated.split_at_mut(count);
        let (truncated, later_truncated) = into.truncated.split_at_mut(count);
        let later = Advanced {
            observations: later_observations,
            legal: later_legal,
            rewards: later_rewards,
            terminated: later_terminated,
            truncated: later_truncated,
        };
        let into = Advanced { observations, legal, rewards, terminated, truncated };
        (
            Self { first, copies, into, widths, error },
            Self { first: first + count, copies: later_copies, into: later, widths, error: None },
        )
    }

    fn advance(&mut self, actions: BatchActions<'_>, entries: usize) {
        let Self { first, copies, into, widths, error } = self;
        for (index, copy) in copies.iter_mut().enumerate() {
            match copy.step_any(actions.of_copy(*first + index, entries)) {
                Ok(Step { reward, terminated, truncated }) => {
                    into.rewards[index] = reward;
                    into.terminated[index] = terminated;
                    into.truncated[index] = truncated;
                }
                // Actions were checked before any copy stepped.
                Err(refusal) => {
                    *error = Some(VectorError::Copy { copy: *first + index, error: refusal });
                    return;
                }
            }
            copy.observe(row(into.observations, index, widths.0));
            copy.legal_flags(row(into.legal, index, widths.1));
        }
    }
}

/// The row of a copy.
#[inline]
fn row<T>(values: &mut [T], copy: usize, width: usize) -> &mut [T] {
    &mut values[copy * width..(copy + 1) * width]
}

const fn length(buffer: &'static str, given: usize, expected: usize) -> Result<(), VectorError> {
    if given == expected { Ok(()) } else { Err(VectorError::Length { buffer, given, expected }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cart_pole;
    use crate::random::Generator;
    use shared::parameter::{Parameters, Resolved};

    fn environment() -> cart_pole::CartPole {
        cart_pole::build(&Resolved::new(&cart_pole::catalog().parameters, &Parameters::new()).unwrap()).unwrap()
    }

    #[test]
    fn copies_step_as_single_environments_do_and_reset_in_the_same_step() {
        const COPIES: usize = 5;
        let seed = Seed::new(7).unwrap();
        let mut vector = Vector::new(&environment(), COPIES, seed);
        let mut singles = vec![(environment(), 0); COPIES];
        let episode = |copy: usize, episode: u64| episode_seed(seed, copy as u32, episode);
        for (index, (single, _)) in singles.iter_mut().enumerate() {
            single.reset(episode(index, 0));
        }
        let (mut observations, mut final_observations) = ([0.0; COPIES * 4], [0.0; COPIES * 4]);
        let (mut rewards, mut terminated, mut truncated) = ([0.0; COPIES], [false; COPIES], [false; COPIES]);
        let mut generator = Generator::new(seed);
        let mut ends = 0;
        for _ in 0..500 {
            let actions: [u16; COPIES] = std::array::from_fn(|_| generator.below(2) as u16);
            let mut buffers = Buffers {
                observations: &mut observations,
                final_observations: &mut final_observations,
                rewards: &mut rewards,
                terminated: &mut terminated,
                truncated: &mut truncated,
            };
            vector.step(&actions, &mut buffers).unwrap();
            for (index, (single, episodes)) in singles.iter_mut().enumerate() {
                let step = single.step(actions[index]).unwrap();
                assert_eq!((step.terminated, step.truncated), (terminated[index], truncated[index]));
                let mut expected = [0.0; 4];
                if step.ended() {
                    single.observe(&mut expected);
                    assert_eq!(expected, final_observations[index * 4..][..4]);
                    *episodes += 1;
                    ends += 1;
                    single.reset(episode(index, *episodes));
                }
                single.observe(&mut expected);
                assert_eq!(expected, observations[index * 4..][..4]);
            }
        }
        assert!(ends > 50);
    }

    #[test]
    fn wrong_lengths_and_actions_are_refused_by_name() {
        let mut vector = Vector::new(&environment(), 2, Seed::default());
        let error = vector.observe(&mut [0.0; 7]).unwrap_err();
        assert_eq!(error.to_string(), "the buffer observations has 7 entries, not 8");
        let mut buffers = Buffers {
            observations: &mut [0.0; 8],
            final_observations: &mut [0.0; 8],
            rewards: &mut [0.0; 2],
            terminated: &mut [false; 2],
            truncated: &mut [false; 2],
        };
        let error = vector.step(&[0, 2], &mut buffers).unwrap_err();
        assert_eq!(error.to_string(), "copy 1: action 2 is not allowed here; allowed are 0, 1");
    }
}
