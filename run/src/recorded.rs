//! Recorded episodes as files: what determines an episode, what came of it, and a hash of everything seen on the way.
//!
//! The file is JSON with the fields of [`ReplayFile`]. It is read by the page and by `terrarium replay` and `watch`.

use crate::replay::walk_in;
use environments::Environment as _;
use environments::registry::{self, BuiltEnvironment};
use serde::{Deserialize, Serialize};
use shared::codec::{self, CodecError};
use shared::episode::RecordedEpisode;
use shared::json;
use shared::quantity::split_mix;
use shared::spec::EnvironmentSpec;

/// The format that this program writes, and the greatest that it reads.
pub const FORMAT: u32 = 1;
/// The format of a file whose large texts lie beside it.
const BESIDE: u32 = 2;
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
    #[serde(alias = "tape")]
    pub recorded_episode: RecordedEpisode,
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
    /// A file that is whole only in its run's directory.
    #[error("its environment's table lies beside it, in the folder texts of its run: `terrarium watch` plays it there")]
    Beside,
    /// It does not play, or not as it was recorded.
    #[error("it does not play as it was recorded: {0}")]
    Differs(String),
}

/// A text without the byte order mark that editors put before it.
pub fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)
}

impl ReplayFile {
    /// The file of a recorded episode, which is played for its hash; why it does not play as it was recorded.
    pub fn new(environment: &EnvironmentSpec, recorded_episode: RecordedEpisode) -> Result<Self, ReplayFileError> {
        EpisodePlayer::new(environment)?.file(recorded_episode)
    }

    /// Reads a file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReplayFileError> {
        #[derive(Deserialize)]
        struct Head {
            kind: String,
            format: u32,
        }
        let bytes = without_mark(bytes);
        let unreadable = |error: serde_json::Error| ReplayFileError::Unreadable(json::fault(bytes, &error));
        let head: Head = serde_json::from_slice(bytes).map_err(unreadable)?;
        if head.kind != KIND {
            return Err(ReplayFileError::Unreadable(format!("its kind is {:?}, not {KIND:?}", head.kind)));
        }
        if head.format == BESIDE {
            return Err(ReplayFileError::Beside);
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
        let played = EpisodePlayer::new(&self.environment)?.play(&self.recorded_episode)?;
        self.compare(&played)?;
        Ok(played)
    }

    fn compare(&self, played: &Played) -> Result<(), ReplayFileError> {
        let different = |what: &str, recorded: String, now: String| {
            Err(ReplayFileError::Differs(format!("its {what} is {recorded} as recorded and {now} when played")))
        };
        if played.episodic_return.to_bits() != self.recorded_episode.episodic_return.to_bits() {
            return different(
                "return",
                self.recorded_episode.episodic_return.to_string(),
                played.episodic_return.to_string(),
            );
        }
        if played.outcome != self.recorded_episode.outcome {
            return different("outcome", self.recorded_episode.outcome.to_string(), played.outcome.to_string());
        }
        if played.hash != self.hash {
            return different("hash", self.hash.clone(), played.hash.clone());
        }
        Ok(())
    }
}

/// Plays recorded episodes of one environment, which is built once: that may take a thousand times as long as an episode.
#[derive(Debug)]
pub struct EpisodePlayer<'a> {
    spec: &'a EnvironmentSpec,
    environment: BuiltEnvironment,
}

impl<'a> EpisodePlayer<'a> {
    /// Builds the environment; why it cannot be built.
    pub fn new(spec: &'a EnvironmentSpec) -> Result<Self, ReplayFileError> {
        let environment = registry::build(spec).map_err(|error| ReplayFileError::Differs(error.to_string()))?;
        Ok(Self { spec, environment })
    }

    /// The file of a recorded episode, which is played for its hash; why it does not play as it was recorded.
    pub fn file(&mut self, recorded_episode: RecordedEpisode) -> Result<ReplayFile, ReplayFileError> {
        let played = self.play(&recorded_episode)?;
        let (environment, steps) = (self.spec.clone(), recorded_episode.actions.len() as u64);
        let hash = played.hash.clone();
        let file = ReplayFile { kind: KIND.into(), format: FORMAT, environment, recorded_episode, steps, hash };
        file.compare(&played)?;
        Ok(file)
    }

    fn play(&mut self, recorded: &RecordedEpisode) -> Result<Played, ReplayFileError> {
        play(&mut self.environment, recorded)
    }
}

fn play(environment: &mut BuiltEnvironment, recorded: &RecordedEpisode) -> Result<Played, ReplayFileError> {
    let mut observation = Vec::new();
    let mut hash = split_mix(recorded.seed.get());
    let (mut episodic_return, mut outcome, mut outcomes) = (0.0, 0, Vec::new());
    walk_in(environment, recorded.seed, &recorded.actions, &mut |environment, step| {
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
