//! ONNX files of others, as runs that play them.

use crate::Error;
use crate::onnx_file_error::OnnxFileError;
use crate::records::directory;
use crate::settings::{self, SettingError};
use crate::whole_file;
use run::{Registry, Run, onnx_policy};
use shared::checkpoint::Checkpoint;
use shared::parameter::Parameters;
use shared::quantity::Seed;
use shared::spec::{AgentSpec, EnvironmentSpec, RunSpec};
use std::path::Path;
use std::sync::Arc;

/// How the files' names end.
const ENDING: &str = "onnx";

/// Whether a file is to be one, by its name.
pub fn is_one(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case(ENDING))
}

/// The run of a file before its first step, in an environment or in the one that the file names, with values of the agent as
/// command lines set them.
///
/// # Errors
/// Where the file cannot be read, names no environment though none is given, or a value cannot be taken.
pub fn checkpoint(
    path: &Path,
    environment: Option<EnvironmentSpec>,
    set: &[String],
    seed: Seed,
) -> Result<Checkpoint, Error> {
    if directory::is_agent(path) {
        return Err(OnnxFileError::Agent { path: path.into() }.into());
    }
    let file = whole_file::read(path).map_err(|source| Error::File { path: path.into(), source })?;
    let named = policies::environment(&file).map_err(|error| OnnxFileError::Unreadable { path: path.into(), error })?;
    let environment = environment.or(named).ok_or_else(|| OnnxFileError::Homeless { path: path.into() })?;
    let entry = policies::entry();
    let set = settings::read(&entry, set)?;
    let refused = |error| SettingError::Parameter { id: entry.id.clone(), error };
    let parameters = entry.settle(&Parameters::new(), &set).map_err(refused)?;
    let agent = AgentSpec { id: entry.id.clone(), parameters };
    Ok(onnx_policy::beginning(RunSpec { environment, agent, seed, changes: Vec::new() }, file))
}

/// The run of such a checkpoint, made of what a registry has.
///
/// # Errors
/// Where the file does not fit the environment; the error names the file.
pub fn load(registry: Arc<Registry>, path: &Path, checkpoint: &Checkpoint) -> Result<Run, OnnxFileError> {
    Run::load(registry, checkpoint)
        .map_err(|error| OnnxFileError::Refused { path: path.into(), error: Box::new(error) })
}
