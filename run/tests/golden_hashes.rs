//! Golden hashes of runs, and of the networks that they come to: the same in every process, every browser and every release.
//! The browser's test reads the same file. A changed hash is a changed environment or agent: say so in CHANGELOG.

#[path = "common/hashes.rs"]
mod hashes;

use expect_test::expect_file;
use hashes::hashes_of;
use std::fmt::Write as _;

/// Environment, agent, parameters of the environment and, with `agent.`, of the agent, seed and episodes.
const ROWS: [&str; 10] = [
    "gridworld q-learning slip=0 42 500",
    "gridworld q-learning slip=0 7 10000",
    "gridworld q-learning slip=0.2 42 500",
    "cart-pole dqn step_limit=500 1 100",
    "cart-pole ppo step_limit=500 1 200",
    "cart-pole a2c step_limit=500 1 200",
    "cart-pole neural-reinforce step_limit=500 1 200",
    "racing ppo controls=continuous 1 3",
    "snake ppo view=board,size=6,agent.convolutions=8x3x1-8x3x2,agent.activation=relu,agent.observations=raw 1 300",
    "tetris dqn view=board,agent.convolutions=4x4x2-8x3x2,agent.dueling=true,agent.replay=2000,agent.learning_starts=200,agent.batch=16 \
     1 40",
];

#[test]
fn hashes_are_as_ever() {
    let mut text = String::from("environment agent parameters seed episodes hash network\n");
    for row in ROWS {
        writeln!(text, "{row} {}", hashes_of(row)).unwrap();
    }
    expect_file!["golden_hashes.txt"].assert_eq(&text);
}
