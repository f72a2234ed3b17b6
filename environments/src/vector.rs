//! Vectorised stepping: n copies of a world stepped together over flat buffers that the caller owns.
//!
//! Copies reset themselves **in the same step** (Gymnasium's `AutoresetMode.SAME_STEP`): when an episode ends,
//! `rewards`, `terminated` and `truncated` speak of the step that ended it, `final_observations` holds its last
//! observation, from which a truncated episode bootstraps, and `observations` already holds the first observation of
//! the next one. So every step of every copy is a step of an episode, and actions always answer `observations`.

use crate::action_mask::ActionMask;
use crate::environment::{Environment, StepError};
use shared::quantity::Seed;

/// The stream of the copies' episode seeds.
const EPISODES: u64 = 0x7665_6374_6f72;

/// What a vectorised step writes; one entry a copy, observations one row a copy.
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

/// A vectorised step that was refused; all copies before `copy` have stepped, it and the ones after have not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VectorError {
    /// A copy refused its action.
    #[error("copy {copy}: {error}")]
    Copy {
        /// Its index.
        copy: usize,
        /// Why.
        error: StepError,
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

/// n copies of a world.
#[derive(Clone, Debug)]
pub struct Vector<E> {
    copies: Vec<E>,
    episodes: Vec<u64>,
    seed: Seed,
    observation_length: usize,
}

impl<E: Environment> Vector<E> {
    /// `count` copies of `world`, reset. Episode e of copy c has the seed `seed.derive(c, e)` of a stream of its own.
    pub fn new(world: &E, count: usize, seed: Seed) -> Self {
        let observation_length = world.describe().observation.len();
        let mut vector =
            Self { copies: vec![world.clone(); count], episodes: vec![0; count], seed, observation_length };
        vector.reset();
        vector
    }

    /// Begins the first episode of every copy.
    pub fn reset(&mut self) {
        for (index, copy) in self.copies.iter_mut().enumerate() {
            self.episodes[index] = 0;
            copy.reset(self.seed.derive(EPISODES, index as u64).derive(0, 0));
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

    /// The copies.
    pub fn copies(&self) -> &[E] {
        &self.copies
    }

    /// Writes the observation of every copy, of `count * observation_length` entries.
    pub fn observe(&self, into: &mut [f32]) -> Result<(), VectorError> {
        length("observations", into.len(), self.count() * self.observation_length)?;
        if self.observation_length > 0 {
            for (copy, row) in self.copies.iter().zip(into.chunks_exact_mut(self.observation_length)) {
                copy.observe(row);
            }
        }
        Ok(())
    }

    /// Writes the actions that every copy allows.
    pub fn legal_actions(&self, into: &mut [ActionMask]) -> Result<(), VectorError> {
        length("legal actions", into.len(), self.count())?;
        for (copy, mask) in self.copies.iter().zip(into) {
            *mask = copy.legal_actions();
        }
        Ok(())
    }

    /// Steps every copy with its action. Allocates nothing.
    pub fn step(&mut self, actions: &[u8], into: &mut Buffers<'_>) -> Result<(), VectorError> {
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
                copy.reset(self.seed.derive(EPISODES, index as u64).derive(0, self.episodes[index]));
            }
            copy.observe(&mut into.observations[row]);
        }
        Ok(())
    }
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

    fn world() -> cart_pole::CartPole {
        cart_pole::build(&Resolved::new(&cart_pole::catalog().parameters, &Parameters::new()).unwrap()).unwrap()
    }

    #[test]
    fn copies_step_as_single_worlds_do_and_reset_in_the_same_step() {
        const COPIES: usize = 5;
        let seed = Seed::new(7).unwrap();
        let mut vector = Vector::new(&world(), COPIES, seed);
        let mut singles = vec![(world(), 0); COPIES];
        let episode = |copy: usize, episode: u64| seed.derive(EPISODES, copy as u64).derive(0, episode);
        for (index, (single, _)) in singles.iter_mut().enumerate() {
            single.reset(episode(index, 0));
        }
        let (mut observations, mut final_observations) = ([0.0; COPIES * 4], [0.0; COPIES * 4]);
        let (mut rewards, mut terminated, mut truncated) = ([0.0; COPIES], [false; COPIES], [false; COPIES]);
        let mut generator = Generator::new(seed);
        let mut ends = 0;
        for _ in 0..500 {
            let actions: [u8; COPIES] = std::array::from_fn(|_| generator.below(2) as u8);
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
        let mut vector = Vector::new(&world(), 2, Seed::default());
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
