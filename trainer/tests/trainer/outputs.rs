//! What is written: never over what is read, whole or not at all, and told where there is no room.

use crate::harness::{command, json, trainer};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn refused(arguments: &[&str]) -> String {
    let said = trainer(arguments);
    assert_eq!(said.code, Some(2), "{}", said.err);
    said.err
}

fn summary(arguments: &[&str]) -> Value {
    json(&[arguments, &["--json"]].concat()).remove(0)
}

#[test]
fn no_command_writes_over_what_it_reads() {
    let root = tempfile::tempdir().unwrap();
    let of = |name: &str| root.path().join(name);
    let (saved, map, policy, link) = (of("s.terrarium"), of("map.txt"), of("p.onnx"), of("link.csv"));
    summary(&["run", "gridworld", "--episodes", "5", "--save", text(&saved)]);
    fs::write(&map, "SFG\n").unwrap();
    fs::write(&policy, "onnx").unwrap();
    fs::hard_link(&map, &link).unwrap();
    let own = format!("own_map=@{}", text(&map));
    let lake = ["run", "frozen-lake", "--env", &own, "--steps", "10"];
    let before = [&saved, &map, &policy].map(|it| fs::read(it).unwrap());
    for (arguments, words) in [
        (vec!["run", "--load", text(&saved), "--steps", "900", "--episodes-csv", text(&saved)], "--load reads"),
        (vec!["run", "taxi", "--policy", text(&policy), "--episodes-csv", text(&policy)], "--policy reads"),
        (vec!["run", "taxi", "--policy", text(&policy), "--save", text(&policy)], "--policy reads"),
        ([&lake[..], &["--episodes-csv", text(&map)]].concat(), "--env reads"),
        ([&lake[..], &["--episodes-csv", text(&link)]].concat(), "--env reads"),
        ([&lake[..], &["--save", text(&map)]].concat(), "--env reads"),
        (vec!["convert", text(&saved), "--onnx", text(&saved)], "convert reads"),
    ] {
        let error = refused(&arguments);
        assert!(error.contains(words) && error.contains("would be lost: choose another name"), "{error}");
    }
    assert_eq!([&saved, &map, &policy].map(|it| fs::read(it).unwrap()), before);
    let runs = of("runs");
    summary(&["run", "gridworld", "--episodes", "5", "--runs", text(&runs), "--run", "mine"]);
    let config = runs.join("gridworld/mine/config.json");
    let error = refused(&["runs", "export", "gridworld/mine", text(&config), "--runs", text(&runs)]);
    assert!(error.contains("would be lost"), "{error}");
    // A saved run goes on in its own file, and a terminal is no file.
    assert_eq!(summary(&["run", "--load", text(&saved), "--save", text(&saved), "--steps", "900"])["steps"], 900);
    assert_eq!(trainer(&["run", "gridworld", "--steps", "9", "--episodes-csv", "/dev/null"]).code, Some(0));
}

#[test]
fn a_limit_of_file_sizes_ends_no_process() {
    let root = tempfile::tempdir().unwrap();
    let table = root.path().join("episodes.csv");
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -f 8; exec \"$0\" \"$@\""]).arg(command(&[]).get_program());
    limited.args(["run", "gridworld", "--episodes", "5000", "--json", "--episodes-csv", text(&table)]);
    let output = limited.output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && err.contains("File too large"), "{:?} {err}", output.status);
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["episodes"], 5000);
}

#[test]
fn weights_are_saved_where_metrics_and_episodes_find_no_room() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    let mut limited = Command::new("sh");
    // Enough for a table of 25 states, and too little for the metrics.
    limited.args(["-c", "ulimit -f 24; exec \"$0\" \"$@\""]).arg(command(&[]).get_program());
    limited.args(["run", "gridworld", "--episodes", "20000", "--json", "--runs", runs, "--run", "mine"]);
    let output = limited.output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    let run = root.path().join("gridworld/mine");
    assert!(err.contains("metrics.jsonl: File too large"), "{err}");
    assert!(
        err.contains("holds the run as it was at step") && err.contains("`terrarium resume` goes on from there"),
        "{err}"
    );
    assert!(run.join("weights/latest.terrarium").is_file(), "{err}");
    let ended: Value = serde_json::from_slice(&output.stdout).unwrap();
    let resumed = trainer(&["resume", text(&run), "--episodes", "20001"]);
    assert_eq!(resumed.code, Some(0), "{}", resumed.err);
    assert!(resumed.err.contains("metrics.jsonl tells nothing of the"), "{}", resumed.err);
    let whole = summary(&["run", "gridworld", "--episodes", "20000"]);
    assert_eq!(whole["run_hash"], ended["run_hash"]);
}

#[test]
fn a_run_whose_saves_fail_comes_to_its_end() {
    let root = tempfile::tempdir().unwrap();
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -f 24; exec \"$0\" \"$@\""]).arg(command(&[]).get_program());
    limited.args(["run", "gridworld", "--steps", "400000", "--keep-every", "20000", "--json"]);
    limited.args(["--runs", text(root.path())]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = limited.spawn().unwrap();
    let begun = Instant::now();
    while running.try_wait().unwrap().is_none() && begun.elapsed() < Duration::from_mins(2) {
        sleep(Duration::from_millis(50));
    }
    running.kill().ok();
    let output = running.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && err.contains("metrics.jsonl: File too large"), "{err}");
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["steps"], 400_000);
}

/// A program in a name space of its own, where it may mount what nobody else sees.
#[cfg(target_os = "linux")]
fn unshared(script: &str) -> Command {
    let mut unshare = Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
    unshare
}

/// Runs a program where a folder is a disk of so many bytes; none where this system lets nobody mount one.
#[cfg(target_os = "linux")]
fn on_a_small_disk(folder: &Path, bytes: u64, arguments: &[&str]) -> Option<std::process::Output> {
    let mount = format!("mount -t tmpfs -o size={bytes} none \"$1\"");
    if !unshared(&mount).arg("sh").arg(folder).status().is_ok_and(|it| it.success()) {
        return None;
    }
    let mut unshare = unshared(&format!("{mount} && shift; \"$0\" \"$@\"; code=$?; ls -R \"$KEPT\"; exit $code"));
    unshare.arg(command(&[]).get_program()).arg(folder).args(arguments).env("KEPT", folder);
    Some(unshare.output().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_disk_that_gets_full_the_run_itself_has_room() {
    let root = tempfile::tempdir().unwrap();
    let arguments = [
        "run",
        "gridworld",
        "--episodes",
        "100000",
        "--save-every",
        "0.1",
        "--speed",
        "200000",
        "--runs",
        text(root.path()),
    ];
    let Some(output) = on_a_small_disk(root.path(), 200 << 10, &arguments) else {
        eprintln!("skipped: this system lets no user mount a tmpfs");
        return;
    };
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(out.contains("latest.terrarium"), "{out} {err}");
    assert!(err.contains("No space left"), "{err}");
    assert!(err.contains("no room; the run is saved, no more episodes are recorded"), "{err}");
}

#[test]
fn a_conversion_that_was_made_is_named_with_the_way_out() {
    let root = tempfile::tempdir().unwrap();
    let (runs, events) = (root.path().join("runs"), root.path().join("events"));
    summary(&["run", "gridworld", "--episodes", "50", "--runs", text(&runs), "--run", "mine"]);
    let run = runs.join("gridworld/mine");
    let convert = ["convert", text(&run), "--tensorboard", text(&events)];
    assert_eq!(trainer(&convert).code, Some(0));
    let error = refused(&convert);
    assert!(error.contains("remove it, or name another folder with --tensorboard"), "{error}");
    assert_eq!(fs::read_dir(&events).unwrap().count(), 1);
}

#[test]
fn a_sweep_writes_over_nothing_of_others_and_says_what_its_score_is_of() {
    let root = tempfile::tempdir().unwrap();
    let (spec, out) = (root.path().join("spec.toml"), root.path().join("out"));
    let of = |agent: &str| {
        format!("seeds = 1\nbudget = {{ episodes = 60 }}\n[[environments]]\nid = \"gridworld\"\n[[agents]]\n{agent}\n")
    };
    fs::write(&spec, of("id = \"sarsa\"")).unwrap();
    fs::create_dir(&out).unwrap();
    let foreign = out.join("results.csv");
    fs::write(&foreign, "mine").unwrap();
    let sweep = ["sweep", text(&spec), "--out", text(&out)];
    let error = refused(&sweep);
    assert!(error.contains("no sweep has written it: --out DIR names another folder"), "{error}");
    assert_eq!((fs::read(&foreign).unwrap(), fs::read_dir(&out).unwrap().count()), (b"mine".to_vec(), 1));
    fs::rename(&foreign, out.join("journal.jsonl")).unwrap();
    let error = refused(&sweep);
    assert!(error.contains("it is no journal of this sweep"), "{error}");
    assert_eq!(fs::read(out.join("journal.jsonl")).unwrap(), b"mine");
    fs::remove_file(out.join("journal.jsonl")).unwrap();
    let said = trainer(&sweep).out;
    assert!(said.contains("or of all where a run had fewer: one had 60."), "{said}");
    assert_eq!(trainer(&sweep).code, Some(0), "a second time it is its own");
    fs::write(&spec, of("id = \"sarsa\"\npreset = \"bold\"")).unwrap();
    let error = refused(&sweep);
    assert!(error.contains("`terrarium describe ID` lists those of a preset"), "{error}");
}

#[test]
fn a_new_file_is_written_over_nothing_that_is_there() {
    let root = tempfile::tempdir().unwrap();
    let of = |name: &str| root.path().join(name);
    let (runs, notes, zip) = (of("runs"), of("notes.txt"), of("run.zip"));
    let run = ["run", "cart-pole", "--agent", "ppo", "--steps", "300", "--runs", text(&runs), "--run", "x"];
    summary(&run);
    fs::write(&notes, "mine").unwrap();
    let export = |file: &Path| trainer(&["runs", "export", "cart-pole/x", text(file), "--runs", text(&runs)]);
    assert_eq!(export(&zip).code, Some(0));
    let before = fs::read(&zip).unwrap();
    let directory = runs.join("cart-pole/x");
    for said in [export(&notes), export(&zip), trainer(&["convert", text(&directory), "--onnx", text(&notes)])] {
        assert!(said.code == Some(2) && said.err.contains("exists already; name a file that does not"), "{}", said.err);
    }
    assert_eq!((fs::read(&notes).unwrap(), fs::read(&zip).unwrap()), (b"mine".to_vec(), before));
}
