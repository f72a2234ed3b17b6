//! The trainer as a process of its own, alone and with the relay as another one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod commands;
mod distance;
mod episode_files;
mod harness;
mod hosts;
mod inputs;
mod keeping;
mod live;
mod outputs;
mod playing;
mod policies;
mod publishing;
mod secure;
mod sweeping;
mod training;
