//! The environments: one module each, one trait, one registry.
//!
//! An episode is (spec, seed, actions): nothing else influences it. There is no clock here, no platform float
//! function and no input or output; an environment cannot fail once it is built, only refuse an action.
//!
//! An environment whose states can be counted is a [`finite::FiniteEnvironment`]: its module writes down the transition
//! model and the picture, and the one engine steps it, restores it and hands the exact model to planners.
//!
//! ```
//! use environments::{Environment as _, gridworld};
//! use shared::Seed;
//! use shared::parameter::{Parameters, Resolved};
//!
//! let parameters = Resolved::new(&gridworld::catalog().parameters, &Parameters::new())?;
//! let mut environment = gridworld::build(&parameters)?;
//! environment.reset(Seed::new(7)?);
//! let mut episodic_return = 0.0;
//! for action in [1, 1, 3] {
//!     episodic_return += environment.step(action)?.reward;
//! }
//! let mut observation = vec![0.0; environment.describe().observation.len()];
//! environment.observe(&mut observation);
//! println!("return {episodic_return} after three steps, in state {}: {observation:?}", environment.state());
//! println!("{}", environment.text());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod action_mask;
mod alias_table;
pub mod bandit;
pub mod blackjack;
mod board;
pub mod cart_pole;
pub mod cliff_walking;
pub mod daladala;
pub mod daladala_classic;
pub mod dyna_maze;
mod elementary;
pub mod environment;
pub mod finite;
pub mod formula;
pub mod frozen_lake;
pub mod gambler;
pub mod gridworld;
mod keys;
mod labels;
mod literal;
pub mod mdp;
pub mod model;
pub mod mountain_car;
mod number;
mod progress;
pub mod racing;
pub mod random;
pub mod random_walk;
pub mod registry;
pub mod rules;
pub mod snake;
pub mod taxi;
pub mod tetris;
pub mod tetris_melax;
pub mod vector;
pub mod windy_gridworld;

#[cfg(test)]
mod gymnasium;
#[cfg(test)]
mod planning;

pub use action_mask::ActionMask;
pub use environment::{Environment, Step, StepError};
pub use finite::FiniteEnvironment;
pub use model::Model;
pub use random::Generator;
