//! Recorded episodes as files: what determines an episode, what came of it, and a hash of everything seen on the way.
//!
//! The file is JSON with the fields of [`ReplayFile`]. It is read by the page and by `terrarium replay` and `watch`.

use crate::replay::walk;
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
    let mut observation = Vec::new();
    let mut hash = split_mix(tape.seed.get());
    let (mut episodic_return, mut outcome, mut outcomes) = (0.0, 0, Vec::new());
    walk(environment, tape.seed, &tape.actions, &mut |environment, step| {
        if let Some((_, made)) = step {
            episodic_return += made.reward;
            hash = split_mix(hash ^ made.reward.to_bits());
        } else {
            let description = environment.describe();
            observation.resize(description.observation.len(), 0.0);
            outcomes = description.outcomes;
        }
        environment.observe(&mut observation);
        for entry in &observation {
            hash = split_mix(hash ^ u64::from(entry.to_bits()));
        }
        outcome = environment.outcome();
    })
    .map_err(|error| ReplayFileError::Differs(error.to_string()))?;
    let outcome_name = outcomes.get(usize::from(outcome)).cloned().unwrap_or_default();
    Ok(Played { episodic_return, outcome, outcome_name, hash: format!("{hash:016x}") })
}
