//! A run: an environment, an agent and a seed, making progress.
//!
//! [`Run`] takes commands and gives events; it knows no threads, clocks, sockets or pages. [`host::Host`] paces a run
//! by a clock that its caller reads, and numbers what leaves it: a Web Worker and a native process use the same one.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod engine;
pub mod experiment;
mod ground;
pub mod host;
mod milestone;
pub mod pacer;
mod recorder;
pub mod replay;
mod run;
pub mod statistics;

pub use ground::Worth;
pub use run::{Run, RunError};
