//! Runs whose networks compute on a device, from the command line: burn's CPU path, because every machine has one.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn trainer(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrarium-trainer"));
    for variable in ["TERRARIUM_DEVICE", "TERRARIUM_RUNS", "TERRARIUM_RELAY"] {
        command.env_remove(variable);
    }
    command.args(arguments).output().expect("the trainer starts")
}

/// What it prints as JSON, and what it says beside.
fn told(arguments: &[&str]) -> (Value, String) {
    let output = trainer(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    (serde_json::from_slice(&output.stdout).expect("it prints JSON"), said)
}

#[test]
fn a_run_on_a_device_says_so_and_what_it_learned_goes_on_on_the_cpu_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (there, here, back) = (file("there.terrarium"), file("here.terrarium"), file("back.terrarium"));
    let begin = ["run", "cart-pole", "--agent", "ppo", "--steps", "3000", "--json", "--device", "burn-cpu", "--save"];
    let (summary, said) = told(&[&begin[..], &[&there]].concat());
    assert_eq!((&summary["device"], &summary["ended"]), (&"burn-cpu".into(), &"completed".into()));
    assert!(said.contains("networks compute on burn-cpu"), "{said}");

    let go_on = |from: &str, to: &str, steps: &str, device: &str| {
        told(&["run", "--load", from, "--steps", steps, "--json", "--device", device, "--save", to]).0
    };
    let summary = go_on(&there, &here, "6000", "cpu");
    assert_eq!((summary["steps"].as_u64() >= Some(6000), &summary["device"]), (true, &Value::Null));
    let summary = go_on(&here, &back, "9000", "burn-cpu");
    assert_eq!((summary["steps"].as_u64() >= Some(9000), &summary["device"]), (true, &"burn-cpu".into()));
    assert!(Path::new(&back).is_file());
}

#[test]
fn a_kept_run_goes_on_on_another_device() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().to_str().unwrap();
    let device = ["--json", "--device", "burn-cpu"];
    told(
        &[&["run", "cart-pole", "--agent", "dqn", "--steps", "1500", "--runs", runs, "--run", "it"], &device[..]]
            .concat(),
    );
    let resumed = told(&["resume", "cart-pole/it", "--runs", runs, "--steps", "2000", "--json", "--device", "cpu"]).0;
    assert_eq!((&resumed["device"], resumed["steps"].as_u64() >= Some(2000)), (&Value::Null, true));
    let resumed = told(&[&["resume", "cart-pole/it", "--runs", runs, "--steps", "2500"], &device[..]].concat()).0;
    assert_eq!(resumed["device"], "burn-cpu");
}

#[test]
fn devices_are_told_and_one_that_has_nothing_to_do_is_said_to_be() {
    let (devices, _) = told(&["devices", "--json"]);
    let burn = devices.as_array().unwrap().iter().find(|it| it["device"] == "burn-cpu").unwrap();
    assert_eq!(burn["usable"], true);
    let (summary, said) = told(&["run", "taxi", "--steps", "100", "--json", "--device", "burn-cpu"]);
    assert_eq!(summary["device"], Value::Null);
    assert!(said.contains("q-learning has no network, so that burn-cpu has nothing to do"), "{said}");
}
