//! Golden run hashes: the same in every process, every browser and every release.
//! The browser's test reads the same file. A changed hash is a changed world or agent: say so in CHANGELOG.

use expect_test::expect_file;
use run::Run;
use shared::command::Command;
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::spec::RunSpec;
use std::fmt::Write as _;

#[test]
fn hashes_are_as_ever() {
    let mut text = String::from("environment agent parameters seed episodes hash\n");
    for (slip, seed, episodes) in [(0.0, 42, 500), (0.0, 7, 10_000), (0.2, 42, 500)] {
        let mut spec = RunSpec::new("gridworld", "q-learning", Seed::new(seed).unwrap());
        spec.environment.parameters.insert("slip".into(), Value::Number(slip));
        let mut run = Run::new(spec).unwrap();
        run.command(Command::Resume { until_episode: Some(episodes) });
        while run.advance(1000) > 0 {}
        writeln!(text, "gridworld q-learning slip={slip} {seed} {episodes} {}", run.hash()).unwrap();
    }
    expect_file!["golden_hashes.txt"].assert_eq(&text);
}
