//! What agents with networks carry from round to round, as artifacts in the form of safetensors.

use crate::error::LoadError;
use crate::saved_columns;
use environments::Generator;
use networks::tensors::{TensorError, Tensors};
use shared::Artifact;
use shared::checkpoint::AgentState;

/// Adds tensors as an artifact.
pub(super) fn insert(state: &mut AgentState, name: &str, tensors: &Tensors) {
    // Tensors whose shapes fit their numbers make a file; a lack of bytes is refused by name when it is loaded.
    let bytes = tensors.to_file().unwrap_or_default();
    state.artifacts.insert(name.to_owned(), Artifact::new(bytes));
}

/// Adds a column of whole numbers.
pub(super) fn insert_integers(state: &mut AgentState, name: &str, values: &[u64]) {
    state.integers.insert(name.to_owned(), values.to_vec().into());
}

/// The tensors of an artifact.
pub(super) fn tensors(from: &AgentState, name: &str) -> Result<Tensors, LoadError> {
    Tensors::from_file(saved_columns::artifact(from, name)?).map_err(refused(name))
}

/// What is told where the tensors of an artifact do not fit.
pub(super) fn refused(name: &str) -> impl Fn(TensorError) -> LoadError {
    move |error| LoadError::Artifact { artifact: name.to_owned(), reason: error.to_string() }
}

/// The saved generator.
pub(super) fn generator(from: &AgentState) -> Result<Generator, LoadError> {
    saved_columns::generator(from)?.ok_or(LoadError::Column { column: "generator", expected: 4 })
}
