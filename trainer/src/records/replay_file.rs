//! Recorded episodes as files: what determines an episode, what came of it, and a hash of everything that was seen on the way.

use super::{RecordsError, files};
use environments::Environment;
use environments::registry::{self, Visitor};
use serde::{Deserialize, Serialize};
use shared::codec;
use shared::episode::EpisodeTape;
use shared::quantity::split_mix;
use shared::spec::EnvironmentSpec;
use std::path::Path;

/// The format that this program writes, and the greatest that it reads.
pub const FORMAT: u32 = 1;
/// What the files say they are.
const KIND: &str = "terrarium-replay";

/// A recorded episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayFile {
    /// Always `terrarium-replay`.
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

impl ReplayFile {
    /// The file of a tape, which is played for its hash; why it does not play as it was recorded.
    pub fn new(environment: &EnvironmentSpec, tape: EpisodeTape) -> Result<Self, String> {
        let played = play(environment, &tape)?;
        let (environment, steps) = (environment.clone(), tape.actions.len() as u64);
        let file = Self { kind: KIND.into(), format: FORMAT, environment, tape, steps, hash: played.hash.clone() };
        file.compare(&played)?;
        Ok(file)
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, RecordsError> {
        #[derive(Deserialize)]
        struct Head {
            kind: String,
            format: u32,
        }
        let bytes = std::fs::read(path).map_err(files::fault(path))?;
        let damaged = |reason: String| RecordsError::Damaged { path: path.into(), reason };
        let head: Head =
            serde_json::from_slice(&bytes).map_err(|error| damaged(format!("it is no recorded episode: {error}")))?;
        if head.kind != KIND {
            return Err(damaged(format!("it is {:?}, not {KIND:?}", head.kind)));
        }
        if head.format > FORMAT {
            return Err(RecordsError::Newer { path: path.into(), found: head.format, known: FORMAT });
        }
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))
    }

    /// Its content as bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, codec::CodecError> {
        codec::to_text(self).map(String::into_bytes)
    }

    /// Plays it, and compares everything with what is recorded.
    pub fn verify(&self) -> Result<Played, String> {
        let played = play(&self.environment, &self.tape)?;
        self.compare(&played)?;
        Ok(played)
    }

    fn compare(&self, played: &Played) -> Result<(), String> {
        let different = |what: &str, recorded: String, now: String| {
            Err(format!("its {what} is {recorded} as recorded and {now} when played"))
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

fn play(environment: &EnvironmentSpec, tape: &EpisodeTape) -> Result<Played, String> {
    let built = registry::build(environment).map_err(|error| error.to_string())?;
    built.accept(Player { tape })
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
