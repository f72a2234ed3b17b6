//! The figures of the literature, from the registered agents and environments.
//!
//! Every reference is a mean over many runs with its standard error; ours may differ from it by four standard errors
//! of the difference. `--features figures` makes many more runs, and with them a finer sieve.

#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "figures/bandits.rs"]
mod bandits;
#[path = "figures/bias.rs"]
mod bias;
#[path = "figures/blackjack.rs"]
mod blackjack;
#[path = "figures/control.rs"]
mod control;
#[path = "common/experiment.rs"]
mod experiment;
#[path = "figures/mountain_car.rs"]
mod mountain_car;
#[path = "figures/optimum.rs"]
mod optimum;
#[path = "common/pairs.rs"]
mod pairs;
#[path = "figures/planning.rs"]
mod planning;
#[path = "figures/prediction.rs"]
mod prediction;
