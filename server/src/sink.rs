//! A sink: where whoever hosts a run is told about it. What is behind it, a connection or anything else, is its own affair.

use shared::message::ServerMessage;
use shared::{Epoch, Offset, RunId};
use std::fmt::Debug;

/// A publisher, as the feeds of its runs know it. None of its methods waits.
pub(crate) trait Sink: Debug + Send + Sync {
    /// Its number, unique within this process.
    fn id(&self) -> u64;

    /// What it calls itself; empty where it does not say.
    fn name(&self) -> &str;

    /// Tells it something.
    fn tell(&self, message: &ServerMessage);

    /// Tells it how far its run is stored. Only the newest offset counts, so several may become one message.
    fn acknowledge(&self, run: &RunId, epoch: Epoch, offset: Offset);
}
