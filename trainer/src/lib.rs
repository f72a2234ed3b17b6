//! The native process: hosts a run at full speed, publishes it to a relay, and answers questions about environments and
//! agents from a terminal.
//!
//! ```text
//! training thread: run::host::Host -- turn --> Publication <-- network thread -- WebSocket --> relay
//!                        ^------- commands ---------------------------'
//! ```
//!
//! The training loop ([`hosting`]) never waits for the network: it puts log entries into the [`publication`]'s
//! [`outbox`], which keeps them until the relay has stored them, and state events into slots where the newest wins.

pub mod address;
pub mod agent_options;
pub mod catalog;
pub mod cli;
pub mod clock;
pub mod connection;
pub mod convert;
mod count;
#[cfg(unix)]
pub mod daemon;
pub mod delivery;
pub mod device;
pub mod devices;
pub mod effects;
pub mod environment_options;
pub mod episode_table;
pub mod error;
pub mod exact;
pub mod external;
pub mod figure;
pub mod follow;
pub mod hosting;
pub mod journal;
pub mod kept_inputs;
pub mod machine;
pub mod machine_name;
pub mod onnx;
pub mod onnx_file;
pub mod onnx_file_error;
mod other_values;
pub mod outbox;
pub mod placing;
pub mod play;
pub mod policy;
pub mod progress;
pub mod publication;
pub mod records;
pub mod resume;
pub mod rollout;
pub mod runs;
mod screen;
pub mod settings;
mod shell;
pub mod signals;
pub mod spill;
pub mod summary;
pub mod sweep;
pub mod sweep_error;
pub mod tables;
pub mod text_file;
pub mod threads;
pub mod tls;
pub mod told;
pub mod undelivered;
mod uploads;
pub mod watch;
mod whole_file;

pub use error::Error;
