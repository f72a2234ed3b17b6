//! The figures of the literature, from the registered agents and environments.
//!
//! Every reference is a mean over many runs with its standard error; ours may differ from it by four standard errors
//! of the difference. `--features figures` makes many more runs, and with them a finer sieve.

#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "figures/bias.rs"]
mod bias;
#[path = "figures/blackjack.rs"]
mod blackjack;
#[path = "figures/changing_mazes.rs"]
mod changing_mazes;
#[path = "figures/cliff.rs"]
mod cliff;
#[path = "common/experiment.rs"]
mod experiment;
#[path = "figures/gambler.rs"]
mod gambler;
#[path = "figures/maze.rs"]
mod maze;
#[path = "figures/mountain_car.rs"]
mod mountain_car;
#[path = "figures/optimum.rs"]
mod optimum;
#[path = "common/pairs.rs"]
mod pairs;
#[path = "figures/random_walk.rs"]
mod random_walk;
#[path = "figures/testbed.rs"]
mod testbed;
#[path = "figures/tiles.rs"]
mod tiles;
#[path = "figures/wind.rs"]
mod wind;
