//! Recorded episodes as files: what determines an episode, what came of it, and a hash of everything seen on the way.
//!
//! The file is JSON with the fields of [`ReplayFile`]. It is read by the page and by `terrarium replay` and `watch`.

use environments::Environment;
use environments::registry::{self, Visitor};
use serde::{Deserialize, Serialize};
use shared::codec::{self, CodecError};
use shared::episode::EpisodeTape;
use shared::quantity::split_mix;
use shared::spec::EnvironmentSpec;

/// The format that this program writes, and the greatest that it reads.
pub const FORMAT: u32 = 1;
/// What the files say they are.
pub const KIND: &str = "terrarium-replay";

/// A recorded episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayFile {
    /// Always [`KIND`].
    pub kind: String,
    /// [`FORMAT`].
    pub format: u32,
    /// The environment.
    pub environment: EnvironmentSpec,
    /// Seed, actions, return and outcome.
    pub tape: EpisodeTape,
    /// Steps made.
    pub steps: u64,
    /// 16 hexadecimal digits over every observation and reward.
    pub hash: String,
}

/// What an episode comes to when it is played.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// Undiscounted return.
    pub episodic_return: f64,
    /// Index of the outcome.
    pub outcome: u8,
    /// Its name.
    pub outcome_name: String,
    /// Hash of observations and rewards.
    pub hash: String,
}

/// Why a file is no recorded episode that can be played here.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReplayFileError {
    /// Something else, or damaged.
    #[error("this is no recorded episode: {0}")]
    Unreadable(String),
    /// From a newer program.
    #[error("it was written by a newer version of Terrarium (format {found}, this one reads up to {FORMAT})")]
    Newer {
        /// The file's format.
        found: u32,
    },
    /// It does not play, or not as it was recorded.
    #[error("it does not play as it was recorded: {0}")]
    Differs(String),
}

impl ReplayFile {
    /// The file of a tape, which is played for its hash; why it does not play as it was recorded.
    pub fn new(environment: &EnvironmentSpec, tape: EpisodeTape) -> Result<Self, ReplayFileError> {
        let played = play(environment, &tape)?;
        let (environment, steps) = (environment.clone(), tape.actions.len() as u64);
        let file = Self { kind: KIND.into(), format: FORMAT, environment, tape, steps, hash: played.hash.clone() };
        file.compare(&played)?;
        Ok(file)
    }

    /// Reads a file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReplayFileError> {
        #[derive(Deserialize)]
        struct Head {
            kind: String,
            format: u32,
        }
        let unreadable = |error: serde_json::Error| ReplayFileError::Unreadable(error.to_string());
        let head: Head = serde_json::from_slice(bytes).map_err(unreadable)?;
        if head.kind != KIND {
            return Err(ReplayFileError::Unreadable(format!("its kind is {:?}, not {KIND:?}", head.kind)));
        }
        if head.format > FORMAT {
            return Err(ReplayFileError::Newer { found: head.format });
        }
        serde_json::from_slice(bytes).map_err(unreadable)
    }

    /// Its content as bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CodecError> {
        codec::to_text(self).map(String::into_bytes)
    }

    /// Plays it, and compares everything with what is recorded.
    pub fn verify(&self) -> Result<Played, ReplayFileError> {
        let played = play(&self.environment, &self.tape)?;
        self.compare(&played)?;
        Ok(played)
    }

    fn compare(&self, played: &Played) -> Result<(), ReplayFileError> {
        let different = |what: &str, recorded: String, now: String| {
            Err(ReplayFileError::Differs(format!("its {what} is {recorded} as recorded and {now} when played")))
        };
        if played.episodic_return.to_bits() != self.tape.episodic_return.to_bits() {
            return different("return", self.tape.episodic_return.to_string(), played.episodic_return.to_string());
        }
        if played.outcome != self.tape.outcome {
            return different("outcome", self.tape.outcome.to_string(), played.outcome.to_string());
        }
        if played.hash != self.hash {
            return different("hash", self.hash.clone(), played.hash.clone());
        }
        Ok(())
    }
}

fn play(environment: &EnvironmentSpec, tape: &EpisodeTape) -> Result<Played, ReplayFileError> {
    let differs = |words: String| ReplayFileError::Differs(words);
    let built = registry::build(environment).map_err(|error| differs(error.to_string()))?;
    built.accept(Player { tape }).map_err(differs)
}

struct Player<'a> {
    tape: &'a EpisodeTape,
}

impl Visitor for Player<'_> {
    type Output = Result<Played, String>;

    fn visit<E: Environment>(self, mut environment: E) -> Self::Output {
        let description = environment.describe();
        description.action_space().check_all(&self.tape.actions).map_err(|error| error.to_string())?;
        environment.reset(self.tape.seed);
        let mut observation = vec![0.0_f32; description.observation.len()];
        let mut hash = split_mix(self.tape.seed.get());
        let mut see = |environment: &E, hash: &mut u64| {
            environment.observe(&mut observation);
            for entry in &observation {
                *hash = split_mix(*hash ^ u64::from(entry.to_bits()));
            }
        };
        see(&environment, &mut hash);
        let mut episodic_return = 0.0;
        for (step, action) in self.tape.actions.iter().enumerate() {
            let made = environment.step_any(action).map_err(|error| format!("step {}: {error}", step + 1))?;
            episodic_return += made.reward;
            hash = split_mix(hash ^ made.reward.to_bits());
            see(&environment, &mut hash);
        }
        let outcome = environment.outcome();
        let outcome_name = description.outcomes.get(usize::from(outcome)).cloned().unwrap_or_default();
        Ok(Played { episodic_return, outcome, outcome_name, hash: format!("{hash:016x}") })
    }
}
