//! What determines a run, as `config.json`.

use super::{RecordsError, files};
use crate::progress::Goal;
use serde::{Deserialize, Serialize};
use shared::RunId;
use shared::spec::RunSpec;
use std::path::Path;

/// The format that this program writes, and the greatest that it reads.
pub const FORMAT: u32 = 1;

/// The run that another one goes on from, under other settings or from other weights than its latest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// `<environment>/<run>`.
    pub run: String,
    /// Which of its weights, e.g. `latest`.
    pub weights: String,
    /// Steps that it had made.
    pub step: u64,
    /// Episodes that had ended in it.
    pub episode: u64,
    /// Its run hash there.
    pub run_hash: String,
}

/// What determines a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// [`FORMAT`].
    pub format: u32,
    /// Its name, which is that of its directory.
    pub run: RunId,
    /// Its name at a relay.
    pub published_as: RunId,
    /// What wrote it, with its version.
    pub program: String,
    /// When it was begun, in milliseconds since 1970.
    pub created_millis: f64,
    /// Where it is to end.
    pub goal: Goal,
    /// Environment, agent and seed.
    pub spec: RunSpec,
    /// What it goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
}

/// What every format begins with.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

impl Config {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, RecordsError> {
        let bytes = std::fs::read(path).map_err(files::fault(path))?;
        Self::parse(path, &bytes)
    }

    /// Reads the content of a file, `path` in errors.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, RecordsError> {
        let damaged = |error: serde_json::Error| RecordsError::Damaged { path: path.into(), reason: error.to_string() };
        let Head { format } = serde_json::from_slice(bytes).map_err(damaged)?;
        if format > FORMAT {
            return Err(RecordsError::Newer { path: path.into(), found: format, known: FORMAT });
        }
        serde_json::from_slice(bytes).map_err(damaged)
    }

    /// Writes a file.
    pub fn write(&self, path: &Path) -> Result<(), RecordsError> {
        files::write(path, &super::files::pretty(self)?)
    }

    /// `<environment>/<run>`.
    pub fn place(&self) -> String {
        format!("{}/{}", self.spec.environment.id, self.run)
    }
}
