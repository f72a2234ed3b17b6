//! The same seed gives the same run hash in a browser's worker as natively: both read the same golden file.
#![cfg(target_arch = "wasm32")]

use run::Run;
use shared::command::Command;
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::spec::RunSpec;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Environment, agent, one parameter of the environment, seed, episodes and hash in every row after the heading.
const GOLDEN: &str = include_str!("../../run/tests/golden_hashes.txt");

#[wasm_bindgen_test]
fn run_hashes_are_those_of_native_runs() {
    let rows: Vec<_> = GOLDEN.lines().skip(1).collect();
    assert!(rows.len() >= 8, "the golden file lost its rows");
    for row in rows {
        let [environment, agent, parameter, seed, episodes, hash] =
            row.split(' ').collect::<Vec<_>>().try_into().expect("six words in a row");
        let mut spec = RunSpec::new(environment, agent, Seed::new(seed.parse().unwrap()).unwrap());
        let (name, value) = parameter.split_once('=').unwrap();
        let value = value.parse().map_or_else(|_| Value::Text(value.into()), Value::Number);
        spec.environment.parameters.insert(name.into(), value);
        let mut run = Run::new(spec).unwrap();
        run.command(Command::Resume { until_episode: Some(episodes.parse().unwrap()) });
        while run.advance(1000) > 0 {}
        assert_eq!(run.hash(), hash, "{row}");
    }
}
