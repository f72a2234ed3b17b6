//! A run: an environment, an agent and a seed, making progress.
//!
//! [`Run`] takes commands and gives events; it knows no threads, clocks, sockets or pages. [`host::Host`] paces a run
//! by a clock that its caller reads, and numbers what leaves it: a Web Worker and a native process use the same one.
//!
//! ```
//! use run::Run;
//! use shared::{Command, LogEvent, RunSpec, Seed};
//!
//! let mut run = Run::new(RunSpec::new("gridworld", "q-learning", Seed::new(1)?))?;
//! run.command(Command::Resume { until_episode: None });
//! run.advance(20_000);
//! for event in run.drain_log() {
//!     if let LogEvent::Episodes(bin) = event {
//!         println!("episode {}: mean return {}", bin.last_episode, bin.episodic_return.sum / bin.count as f64);
//!     }
//! }
//! // The same spec gives the same hash in a tab, natively and in Python; a checkpoint goes on as if it had never stopped.
//! let mut again = Run::from_checkpoint(&run.save()?)?;
//! again.command(Command::Resume { until_episode: None });
//! (run.advance(1_000), again.advance(1_000));
//! assert_eq!(run.hash(), again.hash());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod column;
mod error;
pub mod experiment;
pub mod host;
pub mod learner;
mod milestone;
pub mod onnx_policy;
mod optimum;
pub mod pacer;
pub mod recorded;
pub mod recorder;
pub mod registry;
pub mod replay;
mod run;
pub mod statistics;

pub use error::RunError;
pub use learner::Learner;
pub use optimum::{NoPolicyValue, PolicyValue};
pub use recorder::Recorder;
pub use registry::Registry;
pub use run::Run;
