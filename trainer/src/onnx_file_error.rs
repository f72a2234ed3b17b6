//! Why an ONNX file of others does not become a run.

use policies::PolicyError;
use run::RunError;
use std::path::PathBuf;

/// Why a file does not become a run.
#[derive(Debug, thiserror::Error)]
pub enum OnnxFileError {
    /// It cannot be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: PolicyError,
    },
    /// A policy in the place of a saved agent of ours.
    #[error("{path} is an ONNX policy, not a saved agent: `terrarium run ENV --policy {path}` plays it")]
    Policy {
        /// The file.
        path: PathBuf,
    },
    /// A saved agent of ours in the place of a policy.
    #[error(
        "{path} is a saved agent, not an ONNX policy: `terrarium run --load {path}` goes on with it, `terrarium watch {path}` plays it"
    )]
    Agent {
        /// The file.
        path: PathBuf,
    },
    /// It does not fit.
    #[error("{path}: {error}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        error: Box<RunError>,
    },
    /// Nobody says where it is to play.
    #[error("{path} does not say in which environment it was learned. Name it: terrarium run ENV --policy {path}")]
    Homeless {
        /// The file.
        path: PathBuf,
    },
}
