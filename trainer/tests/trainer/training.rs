//! Training without a relay: the same everywhere, saved and gone on with, ended cleanly.

use crate::harness::{Trainer, command, free_address, json, trainer};
use serde_json::Value;
use shared::history::History;
use std::fs;
use std::process::Command;

/// The hash that every release and every browser gives for this run.
fn golden(seed: u64, episodes: u64) -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../run/tests/golden_hashes.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let line = text.lines().find_map(|it| it.strip_prefix(&format!("gridworld q-learning slip=0 {seed} {episodes} ")));
    line.unwrap().split(' ').next().unwrap().to_owned()
}

fn without_time(mut summary: Value) -> Value {
    for field in ["seconds", "steps_per_second"] {
        assert!(summary[field].is_number());
        summary.as_object_mut().unwrap().remove(field);
    }
    summary
}

#[test]
fn the_summary_is_the_same_for_the_same_seed_and_has_the_golden_hash() {
    let arguments = ["run", "gridworld", "--agent", "q-learning", "--episodes", "500", "--json"];
    let first = without_time(json(&arguments).remove(0));
    assert_eq!(first["run_hash"], golden(42, 500));
    assert_eq!((&first["episodes"], &first["ended"]), (&500.into(), &"completed".into()));
    assert!((first["returns"]["best"].as_f64().unwrap() - 9.3).abs() < 1e-9);
    assert_eq!(first["returns"]["episodes"], 100);
    assert_eq!(first["regret"], 0.0);
    assert_eq!(first["greedy_value"], first["optimal_value"]);
    assert_eq!(without_time(json(&arguments).remove(0)), first);
}

#[test]
fn steps_are_made_exactly_and_then_the_run_is_done() {
    let said = trainer(&["run", "gridworld", "--steps", "123457", "--seed", "7", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&said.out).unwrap()["steps"], 123_457);
    assert!(said.err.contains("123,457 steps, done"), "{}", said.err);
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
    let folder = tempfile::tempdir().unwrap();
    let (relay, spill) = (format!("ws://{}", free_address()), folder.path().to_str().unwrap());
    let arguments = ["run", "gridworld", "--seed", "7", "--episodes", "10000", "--json", "--relay", &relay];
    let said = trainer(&[&arguments[..], &["--deliver-for", "0", "--spill", spill]].concat());
    assert_eq!(said.code, Some(1), "what did not reach it is an error in the end: {}", said.err);
    assert_eq!(serde_json::from_str::<Value>(&said.out).unwrap()["run_hash"], golden(7, 10_000));
}

#[test]
fn weights_above_the_limit_of_messages_are_saved_and_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.terrarium");
    let file = file.to_str().unwrap();
    let environment = ["cart-pole", "--agent", "linear-sarsa", "--set", "tilings=64", "--set", "tiles=9", "--json"];
    let run = |more: &[&str]| json(&[&["run"], &environment[..], more].concat()).remove(0);
    run(&["--steps", "2000", "--save", file]);
    let loaded = json(&["run", "--load", file, "--steps", "5000", "--json"]).remove(0);
    assert_eq!(loaded["run_hash"], run(&["--steps", "5000"])["run_hash"]);
    let bytes = std::fs::read(file).unwrap();
    let checkpoint = shared::agent_file::read(&bytes).unwrap();
    assert!(shared::codec::to_bytes(&checkpoint).unwrap().len() > shared::codec::MAX_MESSAGE_BYTES);
}

#[test]
fn a_loaded_run_goes_on_with_the_values_that_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (agent, settings) in [
        ("q-learning", &["alpha=0.9", "epsilon=0.5", "epsilon=0"][..]),
        ("n-step-sarsa", &["alpha=0.9"]),
        ("dyna-q", &["alpha=0.9"]),
        ("actor-critic", &["alpha=0.9"]),
        ("sarsa-lambda", &["alpha=0.9", "epsilon=0.5"]),
    ] {
        let save = file(agent);
        json(&["run", "gridworld", "--agent", agent, "--steps", "500", "--save", &save, "--json"]);
        let load = |more: &[&str]| {
            json(&[&["run", "--load", &save, "--steps", "4000", "--json"], more].concat()).remove(0)["run_hash"].clone()
        };
        let mut hashes = vec![load(&[])];
        hashes.extend(settings.iter().map(|setting| load(&["--set", setting])));
        let different: std::collections::BTreeSet<_> = hashes.iter().map(ToString::to_string).collect();
        assert_eq!(different.len(), hashes.len(), "{agent}: {hashes:?}");
        let said = trainer(&["run", "--load", &save, "--set", "initial_value=3", "--steps", "4000"]);
        if said.err.contains("there is no parameter") {
            continue;
        }
        assert_eq!(said.code, Some(2), "{agent}: {}", said.err);
        assert!(said.err.contains("initial_value counts where an agent begins"), "{}", said.err);
    }
    // Softmax, whose temperature has a schedule as well; and a kept run, which has a child under the value.
    let save = file("softmax");
    let softmax = ["run", "gridworld", "--set", "exploration=softmax", "--steps", "500", "--save", &save, "--json"];
    json(&softmax);
    let hash = |value: &str| {
        let set = format!("temperature={value}");
        json(&["run", "--load", &save, "--set", &set, "--steps", "4000", "--json"]).remove(0)["run_hash"].clone()
    };
    assert_ne!(hash("100"), hash("0.01"));
    let runs = file("runs");
    json(&["run", "gridworld", "--steps", "500", "--runs", &runs, "--run", "kept", "--json"]);
    let child = |value: &str, name: &str| {
        let set = format!("alpha={value}");
        let resume =
            ["resume", "gridworld/kept", "--runs", &runs, "--set", &set, "--steps", "4000", "--run", name, "--json"];
        json(&resume).remove(0)["run_hash"].clone()
    };
    assert_ne!(child("0.9", "bold"), child("0.01", "shy"));
}

#[test]
fn options_that_contradict_each_other_or_come_too_late_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.csv");
    let file = file.to_str().unwrap();
    let refused = |arguments: &[&str], words: &str| {
        let said = trainer(arguments);
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains(words), "{}", said.err);
    };
    refused(&["run", "gridworld", "--steps", "10", "--save", file, "--episodes-csv", file], "both name");
    refused(&["run", "gridworld", "--steps", "1000", "--change", "1000:epsilon=0"], "the run ends after 1000 steps");
    refused(&["run", "gridworld", "--agent", "onnx-policy", "--steps", "10"], "--policy FILE");
    refused(&["convert", file], "--onnx");
    assert!(!std::path::Path::new(file).exists());
}

#[test]
fn a_saved_run_brings_its_curve_and_goes_on_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.terrarium");
    let save = file.to_str().unwrap();
    let episodes = || {
        let checkpoint = shared::agent_file::read(&std::fs::read(&file).unwrap()).unwrap();
        let history = History::from_column(&checkpoint.curves).unwrap();
        let (curve, _) = history.into_parts(10_000);
        assert_eq!((curve.faults(), curve.episodes()), (0, checkpoint.episode), "every episode in one bin");
        (curve.bins()[0].first_episode, checkpoint.episode)
    };
    json(&["run", "gridworld", "--episodes", "300", "--save", save, "--json"]);
    assert_eq!(episodes(), (0, 300));
    json(&["run", "--load", save, "--episodes", "70000", "--save", save, "--json"]);
    assert_eq!(episodes(), (0, 70_000));
    let runs = folder.path().join("runs");
    let runs = runs.to_str().unwrap();
    json(&["run", "gridworld", "--run", "kept", "--runs", runs, "--episodes", "50", "--json"]);
    json(&["resume", "gridworld/kept", "--runs", runs, "--episodes", "80", "--json"]);
    std::fs::copy(folder.path().join("runs/gridworld/kept/weights/final.terrarium"), &file).unwrap();
    assert_eq!(episodes(), (0, 80));
}

#[test]
fn a_value_without_bound_is_said_and_not_left_out() {
    let boundless = ["run", "frozen-lake", "--env", "ice_reward=0.1", "--set", "gamma=1", "--episodes", "20"];
    let said = trainer(&boundless);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("not known: the best value at the start is without bound"), "{}", said.out);
    let summary = json(&[&boundless[..], &["--json"]].concat()).remove(0);
    assert_eq!(summary.get("regret"), None);
    assert!(summary["regret_unknown"].as_str().unwrap().contains("a discount below 1"), "{summary}");
}

#[test]
fn what_cannot_be_saved_is_said_before_the_training() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let said = trainer(&["run", "gridworld", "--endless", "--save", place]);
    assert!(said.code == Some(2) && said.err.contains("no plain file"), "{}", said.err);
    // A link to nothing yet is written where it leads.
    let (link, file) = (folder.path().join("link"), folder.path().join("file"));
    std::os::unix::fs::symlink("file", &link).unwrap();
    json(&["run", "gridworld", "--steps", "10", "--save", link.to_str().unwrap(), "--json"]);
    assert!(link.is_symlink() && file.is_file());
}

#[test]
fn a_change_without_effect_and_a_negative_seed_are_refused_with_the_reason() {
    let said = trainer(&["run", "gridworld", "--change", "5:epsilon_decay=0.99", "--set", "epsilon_schedule=constant"]);
    assert!(said.code == Some(2) && said.err.contains("epsilon_decay has no effect"), "{}", said.err);
    let said = trainer(&["run", "gridworld", "--seed", "-1"]);
    assert!(said.code == Some(2) && !said.err.contains("tip:") && said.err.contains("-1"), "{}", said.err);
}

#[test]
fn a_spread_of_actions_that_are_no_numbers_is_refused() {
    let said = trainer(&["run", "cart-pole", "--agent", "ppo", "--set", "log_deviation=-1", "--steps", "10"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("log_deviation has no effect where actions are discrete"), "{}", said.err);
    let boxes = ["--env", "controls=continuous", "--agent", "ppo", "--set", "log_deviation=-1"];
    assert_eq!(trainer(&[&["run", "racing", "--steps", "10"], &boxes[..]].concat()).code, Some(0));
}

#[test]
fn every_episode_is_a_row_of_the_table_however_many_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("episodes.csv");
    let path = file.to_str().unwrap();
    let summary = json(&["run", "gridworld", "--episodes", "70000", "--episodes-csv", path, "--json"]).remove(0);
    let table = std::fs::read_to_string(&file).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["episode", "count", "return", "length", "outcome"]);
    assert_eq!(rows.len(), 70_001);
    for (index, row) in rows[1..].iter().enumerate() {
        assert_eq!((row[0].parse(), row[1]), (Ok(index), "1"));
    }
    assert_eq!(rows[70_000][4], "goal");
    let last: Vec<f64> = rows[69_901..].iter().map(|row| row[2].parse().unwrap()).collect();
    let mean = summary["returns"]["mean"].as_f64().unwrap();
    assert!((last.iter().sum::<f64>() / 100.0 - mean).abs() < 1e-9);
    let refused = trainer(&["run", "gridworld", "--steps", "1", "--episodes-csv", "/nowhere/x.csv"]);
    assert!(refused.code == Some(2) && refused.err.contains("/nowhere/x.csv"), "{}", refused.err);
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

/// The trainer begun by a shell that does this first.
fn begun_after(words: &str, arguments: &[&str]) -> Trainer {
    let trainer = command(arguments);
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{words}; exec \"$@\"")).arg("sh").arg(trainer.get_program()).args(trainer.get_args());
    for (name, _) in trainer.get_envs() {
        shell.env_remove(name);
    }
    Trainer::of(shell)
}

#[test]
fn the_end_of_a_terminal_ends_the_run_unless_it_was_begun_to_outlive_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.terrarium");
    let run = ["run", "gridworld", "--endless", "--save", file.to_str().unwrap(), "--json"];
    let mut heard = begun_after(":", &run);
    heard.says("steps/s");
    heard.hang_up();
    assert!(heard.wait().success());
    assert!(file.is_file());
    fs::remove_file(&file).unwrap();
    // As `nohup` does.
    let deaf = begun_after("trap '' HUP", &run);
    deaf.says("steps/s");
    deaf.hang_up();
    deaf.says("steps/s");
    let summary: Value = serde_json::from_str(&deaf.interrupt()).unwrap();
    assert_eq!(summary["ended"], "stopped");
    assert!(file.is_file());
}

#[test]
fn what_is_written_over_is_told_and_what_is_no_saved_run_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (agent, notes) = (path("agent.terrarium"), path("notes.txt"));
    let run = |arguments: &[&str]| trainer(&[&["run", "gridworld", "--episodes", "5"], arguments].concat());
    let words = "is there already: the run that it holds is written over when this one ends";
    let first = run(&["--save", &agent]);
    assert!(first.code == Some(0) && !first.err.contains(words), "{}", first.err);
    assert!(run(&["--save", &agent]).err.contains(words));
    let on = trainer(&["run", "--load", &agent, "--episodes", "9", "--save", &agent]);
    assert!(on.code == Some(0) && !on.err.contains(words), "{}", on.err);
    fs::write(&notes, "mine").unwrap();
    let saved = fs::read(&agent).unwrap();
    for (arguments, expected) in [
        (
            ["--save", &notes],
            "notes.txt: it is there already and holds no saved run. Choose another name, or remove it",
        ),
        (["--episodes-csv", &agent], "agent.terrarium: it holds a saved run, which would be lost"),
    ] {
        let said = run(&arguments);
        assert!(said.code == Some(2) && said.err.contains(expected), "{}", said.err);
    }
    assert_eq!((fs::read(&notes).unwrap(), fs::read(&agent).unwrap()), (b"mine".to_vec(), saved));
}

#[test]
fn a_directory_in_the_place_of_a_saved_run_is_told_what_goes_on_with_it_and_the_other_way_round() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    trainer(&["run", "gridworld", "--episodes", "5", "--runs", root, "--run", "kept"]);
    let kept = format!("{root}/gridworld/kept");
    let latest = format!("{kept}/weights/latest.terrarium");
    for (arguments, expected) in [
        (
            ["run", "--load", &kept, "--steps", "9"],
            format!("it is the directory of a kept run. `terrarium resume {kept}` goes on with it"),
        ),
        (["run", "--load", root, "--steps", "9"], "it is a folder. Name the file that --save has written".into()),
        (
            ["resume", &latest, "--endless", "--runs", root],
            format!("a run has a directory. `terrarium run --load {latest}` goes on"),
        ),
    ] {
        let said = trainer(&arguments);
        assert!(said.code == Some(2) && said.err.contains(&expected), "{}", said.err);
    }
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
