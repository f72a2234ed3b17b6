//! The agents: one module each, one trait, one registry.
//!
//! Every agent is (config, seed): same config, seed and environment give the same run everywhere, bit for bit.
//! Agents read the environment they are in and nothing else: no messages, no drawing, no clock.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod actor_critic;
pub mod agent;
pub mod bandit;
pub mod batch;
pub mod behaviour;
pub mod best;
pub mod coder;
pub mod cross_entropy;
pub mod double_q_learning;
pub mod dyna_q;
pub mod dyna_q_plus;
pub mod exact;
pub mod expected_sarsa;
pub mod experience;
pub mod explore;
pub mod gradient_bandit;
pub mod greedy_table;
pub mod learner;
pub mod linear;
pub mod linear_q_learning;
pub mod linear_sarsa;
pub mod linear_sarsa_lambda;
pub mod monte_carlo;
pub mod n_step;
pub mod n_step_sarsa;
pub mod neural;
pub mod observing;
pub mod off_policy_monte_carlo;
pub mod planner;
pub mod planning;
pub mod policy_iteration;
pub mod prioritised_sweeping;
pub mod q_learning;
pub mod queue;
pub mod random;
pub mod rate;
pub mod recommended;
pub mod registry;
pub mod reinforce;
pub mod sarsa;
pub mod sarsa_lambda;
pub mod schedule;
pub mod softmax_policy;
pub mod successor;
pub mod table;
pub mod table_view;
pub mod tabular;
pub mod traces;
pub mod trail;
pub mod tree_backup;
pub mod value_iteration;
pub mod watkins_q_lambda;

pub use agent::{Agent, Divergence, LoadError, TableView};
