//! Golden run hashes: the same in every process, every browser and every release.
//! The browser's test reads the same file. A changed hash is a changed environment or agent: say so in CHANGELOG.

use expect_test::expect_file;
use run::Run;
use shared::command::Command;
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::spec::RunSpec;
use std::fmt::Write as _;

/// Environment, agent, a parameter of the environment, seed and episodes.
const ROWS: [(&str, &str, &str, u64, u64); 8] = [
    ("gridworld", "q-learning", "slip=0", 42, 500),
    ("gridworld", "q-learning", "slip=0", 7, 10_000),
    ("gridworld", "q-learning", "slip=0.2", 42, 500),
    ("cart-pole", "dqn", "step_limit=500", 1, 100),
    ("cart-pole", "ppo", "step_limit=500", 1, 200),
    ("cart-pole", "a2c", "step_limit=500", 1, 200),
    ("cart-pole", "neural-reinforce", "step_limit=500", 1, 200),
    ("racing", "ppo", "controls=continuous", 1, 3),
];

#[test]
fn hashes_are_as_ever() {
    let mut text = String::from("environment agent parameters seed episodes hash\n");
    for (environment, agent, parameter, seed, episodes) in ROWS {
        let mut spec = RunSpec::new(environment, agent, Seed::new(seed).unwrap());
        let (name, value) = parameter.split_once('=').unwrap();
        let value = value.parse().map_or_else(|_| Value::Text(value.into()), Value::Number);
        spec.environment.parameters.insert(name.into(), value);
        let mut run = Run::new(spec).unwrap();
        run.command(Command::Resume { until_episode: Some(episodes) });
        while run.advance(1000) > 0 {}
        writeln!(text, "{environment} {agent} {parameter} {seed} {episodes} {}", run.hash()).unwrap();
    }
    expect_file!["golden_hashes.txt"].assert_eq(&text);
}
