//! The policies of saved agents with networks, as functions of what is observed.

use crate::records::RecordsError;
use crate::records::directory::{self, RunDirectory};
use agents::neural::function::{FunctionError, PolicyFunction};
use agents::setting::Setting;
use shared::spec::RunSpec;
use std::path::{Path, PathBuf};

/// Why a file holds no such policy.
#[derive(Debug, thiserror::Error)]
pub enum PolicyLoadError {
    /// It cannot be read.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// Its environment cannot be built.
    #[error(transparent)]
    Environment(#[from] environments::registry::EnvironmentBuildError),
    /// Its agent has no network, or does not fit.
    #[error("{path}: {error}")]
    Function {
        /// The file.
        path: PathBuf,
        /// Why.
        error: FunctionError,
    },
}

/// The policy of an agent file, or of a run's directory and the name of weights in it; and the run that it is of.
pub fn open(path: &Path, weights: &str) -> Result<(PolicyFunction, RunSpec), PolicyLoadError> {
    let checkpoint = if path.is_dir() {
        RunDirectory::find(path, path)?.read_weights(weights)?
    } else {
        directory::read_agent(path)?
    };
    let environment = environments::registry::build(&checkpoint.spec.environment)?;
    let function = PolicyFunction::of(&checkpoint.spec.agent, &Setting::of(&environment), &checkpoint.agent);
    let function = function.map_err(|error| PolicyLoadError::Function { path: path.to_owned(), error })?;
    Ok((function, checkpoint.spec))
}
