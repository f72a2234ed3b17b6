//! What crosses a wire, and nothing else: identities, specs, events, commands, the scene and their codec.
//!
//! Every transport carries the same [`message::ClientMessage`] and [`message::ServerMessage`]: a Web Worker, the
//! relay, a recording file. The normative description is `docs/PROTOCOL.md`; a test holds it and this crate together.
//!
//! ```
//! use shared::{ClientMessage, Command, RunId, codec};
//!
//! let run = RunId::new("snake-1")?;
//! let pause = ClientMessage::Command { run, request: 7, command: Command::Pause {} };
//! let (binary, text) = (codec::to_bytes(&pause)?, codec::to_text(&pause)?);
//! assert_eq!(codec::from_bytes::<ClientMessage>(&binary)?, pause);
//! assert_eq!(codec::from_text::<ClientMessage>(&text)?, pause);
//! assert_eq!(text, r#"{"command":{"run":"snake-1","request":7,"command":{"pause":{}}}}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod action;
pub mod address;
pub mod agent_file;
pub mod alert;
pub mod artifact;
pub mod checkpoint;
pub mod codec;
pub mod column;
pub mod command;
pub mod csv;
pub mod curve;
pub mod describe;
pub mod episode;
pub mod event;
pub mod history;
pub mod host;
pub mod identity;
pub mod json;
pub mod message;
pub mod metric;
pub mod network;
pub mod number;
pub mod parameter;
pub mod quantity;
mod reader;
pub mod run_file;
pub mod scene;
pub mod spec;
pub mod statistic;
pub mod terminal;
mod writer;

pub use action::{Action, ActionRef, ActionSpace, Actions, ActionsRef};
pub use artifact::Artifact;
pub use codec::{CodecError, Payload};
pub use column::Column;
pub use command::Command;
pub use event::{LogEvent, StateEvent};
pub use identity::{Epoch, Offset, RunId};
pub use message::{ClientMessage, ServerMessage};
pub use metric::MetricDescription;
pub use quantity::{Discount, Probability, Seed, StepSize};
pub use spec::RunSpec;
pub use statistic::Statistic;
