//! Training without a relay: the same everywhere, saved and gone on with, ended cleanly.

use crate::harness::{Trainer, free_address, json, trainer};
use serde_json::Value;

/// The hash that every release and every browser gives for this run.
fn golden(seed: u64, episodes: u64) -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../run/tests/golden_hashes.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let line = text.lines().find_map(|it| it.strip_prefix(&format!("gridworld q-learning slip=0 {seed} {episodes} ")));
    line.unwrap().to_owned()
}

fn without_time(mut summary: Value) -> Value {
    for field in ["seconds", "steps_per_second"] {
        assert!(summary[field].is_number());
        summary.as_object_mut().unwrap().remove(field);
    }
    summary
}

#[test]
fn the_summary_is_the_same_for_the_same_seed_and_bears_the_golden_hash() {
    let arguments = ["run", "gridworld", "--agent", "q-learning", "--episodes", "500", "--json"];
    let first = without_time(json(&arguments).remove(0));
    assert_eq!(first["run_hash"], golden(42, 500));
    assert_eq!((&first["episodes"], &first["ended"]), (&500.into(), &"completed".into()));
    assert!((first["returns"]["best"].as_f64().unwrap() - 9.3).abs() < 1e-9);
    assert_eq!(first["returns"]["episodes"], 100);
    assert!((first["regret"].as_f64().unwrap()).abs() < 1e-9);
    assert!((first["greedy_value"].as_f64().unwrap() - first["optimal_value"].as_f64().unwrap()).abs() < 1e-9);
    assert_eq!(without_time(json(&arguments).remove(0)), first);
}

#[test]
fn steps_are_made_exactly() {
    let summary = json(&["run", "gridworld", "--steps", "123457", "--seed", "7", "--json"]).remove(0);
    assert_eq!(summary["steps"], 123_457);
}

#[test]
fn a_saved_run_goes_on_in_another_process_as_if_it_had_never_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.terrarium");
    let file = file.to_str().unwrap();
    json(&["run", "gridworld", "--steps", "5001", "--seed", "7", "--save", file, "--json"]);
    let summary = json(&["run", "--load", file, "--episodes", "10000", "--json"]).remove(0);
    assert_eq!(summary["run_hash"], golden(7, 10_000));
    let again = trainer(&["run", "--load", file, "--steps", "5001"]);
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("5001 steps have been made already"), "{}", again.err);
}

#[test]
fn a_relay_that_is_not_there_changes_nothing() {
    let relay = format!("ws://{}", free_address());
    let arguments = ["run", "gridworld", "--seed", "7", "--episodes", "10000", "--json", "--relay", &relay];
    assert_eq!(json(&arguments).remove(0)["run_hash"], golden(7, 10_000));
}

#[test]
fn ctrl_c_ends_the_run_keeps_what_it_learned_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.terrarium");
    let save = file.to_str().unwrap();
    let trainer = Trainer::start(&["run", "gridworld", "--endless", "--save", save, "--json"]);
    trainer.says("steps/s");
    let summary: Value = serde_json::from_str(&trainer.interrupt()).unwrap();
    assert_eq!(summary["ended"], "stopped");
    let more = (summary["steps"].as_u64().unwrap() + 1).to_string();
    let loaded = json(&["run", "--load", save, "--steps", &more, "--json"]).remove(0);
    assert_eq!(loaded["steps"].to_string(), more);
}

#[test]
fn a_file_that_is_no_agent_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.terrarium");
    let path = file.to_str().unwrap();
    json(&["run", "gridworld", "--episodes", "5", "--save", path, "--json"]);
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let said = trainer(&["run", "--load", path, "--steps", "1000"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("cut.terrarium: The file is cut short"), "{}", said.err);
    assert_eq!(std::fs::read(&file).unwrap().len(), whole.len() / 2);
}
