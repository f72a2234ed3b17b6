//! Policies that were learned elsewhere: ONNX files as agents that play and do not learn.
//!
//! A file is the agent's state, so it is saved, loaded and sent as what other agents learn is; what its outputs mean and how
//! observations are scaled are parameters. Programs that can read such files register [`registered`]; what can be set is
//! told by [`entry()`].
//!
//! A library computes the network, in an order of its own and with whatever instructions the machine has. So runs are
//! *seeded*, not exact: a tab and a process may differ in the last bits of a number, and hence, rarely, in an action.

mod entry;
mod function;
mod operators;
mod policy;
mod settings;
mod shape;

pub use entry::catalog as entry;
pub use function::PolicyError;
pub use policy::OnnxPolicy;

use rten_onnx::onnx::ModelProto;
use run::onnx_policy;
use run::registry::Registered;
use shared::spec::EnvironmentSpec;

/// What a registry takes to play such policies.
pub fn registered() -> Registered {
    Registered::batch(entry(), |parameters, setting, seed| Ok(Box::new(OnnxPolicy::build(parameters, setting, seed)?)))
        .seeded()
}

/// The environment that a file's metadata name, where they do.
///
/// # Errors
/// Where the file is no ONNX file, or cut.
pub fn environment(file: &[u8]) -> Result<Option<EnvironmentSpec>, PolicyError> {
    let model = ModelProto::parse_buf(file).map_err(|error| PolicyError::Damaged(error.to_string()))?;
    let entry = function::metadata(&model, onnx_policy::ENVIRONMENT);
    Ok(entry.and_then(|it| serde_json::from_str(it).ok()))
}
