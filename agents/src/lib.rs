//! The agents: one file of `algorithms/` or `neural/` each, one trait, one registry.
//!
//! Every agent is (config, seed): same config, seed and environment give the same run everywhere, bit for bit.
//! Agents read the environment they are in and nothing else: no messages, no drawing, no clock.
//!
//! ```
//! use agents::agent::{Agent, CurrentState};
//! use agents::algorithms::q_learning::{self, QLearning};
//! use agents::setting::Setting;
//! use environments::{Environment as _, gridworld};
//! use shared::Seed;
//! use shared::parameter::{Parameters, Resolved};
//!
//! let seed = Seed::new(1)?;
//! let defaults = Parameters::new();
//! let mut environment = gridworld::build(&Resolved::new(&gridworld::catalog().parameters, &defaults)?)?;
//! let parameters = Resolved::new(&q_learning::catalog().parameters, &defaults)?;
//! let mut agent = QLearning::build(&parameters, &Setting::of(&environment), seed)?;
//! for episode in 0..100 {
//!     environment.reset(seed.derive(1, episode));
//!     Agent::begin(&mut agent, CurrentState::of(&environment));
//!     while !environment.ended() {
//!         let action = Agent::act(&mut agent, CurrentState::of(&environment));
//!         let step = environment.step(action)?;
//!         Agent::learn(&mut agent, action, step, CurrentState::of(&environment))?;
//!     }
//!     Agent::finish(&mut agent, CurrentState::of(&environment))?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod agent;
pub mod algorithms;
pub mod batch;
pub mod error;
pub mod exploration;
pub mod further_presets;
pub mod learner;
pub mod linear;
pub mod n_step;
pub mod neural;
pub mod observing;
mod parameter_list;
pub mod planning;
pub mod rate;
pub mod recommended;
pub mod registry;
pub mod saved_columns;
pub mod schedule;
pub mod setting;
pub mod softmax_policy;
pub mod trail;
pub mod values;

pub use agent::{Agent, TableView};
pub use error::{Divergence, LoadError};
