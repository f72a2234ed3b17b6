//! What crosses a wire, and nothing else: identities, specs, events, commands, the scene and their codec.
//!
//! Every transport carries the same [`message::ClientMessage`] and [`message::ServerMessage`]: a Web Worker, the
//! relay, a recording file. The normative description is `docs/PROTOCOL.md`; a test holds it and this crate together.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod action;
pub mod address;
pub mod agent_file;
pub mod artifact;
pub mod checkpoint;
pub mod codec;
pub mod column;
pub mod command;
pub mod csv;
pub mod describe;
pub mod episode;
pub mod event;
pub mod host;
pub mod identity;
pub mod message;
pub mod metric;
pub mod network;
pub mod number;
pub mod order;
pub mod parameter;
pub mod quantity;
mod reader;
pub mod scene;
pub mod spec;
pub mod statistic;
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
