//! The minds: one module each, one trait, one registry.
//!
//! Every agent is (config, seed): same config, seed and environment give the same run everywhere, bit for bit.
//! Agents read the environment they are in and nothing else: no messages, no drawing, no clock.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod agent;
pub mod behaviour;
pub mod double_q_learning;
pub mod expected_sarsa;
pub mod explore;
pub mod learner;
pub mod planning;
pub mod q_learning;
pub mod rate;
pub mod registry;
pub mod sarsa;
pub mod schedule;
pub mod table;
pub mod tabular;

pub use agent::{Agent, Divergence, LoadError, TableView};
