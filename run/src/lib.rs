//! A run: an environment, an agent and a seed, making progress.
//!
//! [`Run`] takes commands and gives events; it knows no threads, clocks, sockets or pages. [`host::Host`] paces a run
//! by a clock that its caller reads, and numbers what leaves it: a Web Worker and a native process use the same one.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod error;
pub mod experiment;
mod ground;
pub mod host;
pub mod learner;
mod milestone;
pub mod pacer;
pub mod recorded;
pub mod recorder;
pub mod registry;
pub mod replay;
mod run;
pub mod statistics;

pub use error::RunError;
pub use ground::Worth;
pub use learner::Learner;
pub use recorder::Recorder;
pub use registry::Registry;
pub use run::Run;
