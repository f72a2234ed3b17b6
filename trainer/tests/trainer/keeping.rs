//! Run directories: what is kept, that runs go on exactly, and that nothing that was saved is harmed.

use crate::harness::{Trainer, TrainerOutput, command, json, trainer, until};
use networks::Tensors;
use networks::tensors::TensorValues;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs to the end and gives the summary.
fn summary(arguments: &[&str]) -> Value {
    json(&[arguments, &["--json"]].concat()).remove(0)
}

/// The only run below a folder.
fn only_run(root: &Path, environment: &str) -> PathBuf {
    let runs: Vec<_> = fs::read_dir(root.join(environment)).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs[0].clone()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[track_caller]
fn check_refused(said: &TrainerOutput, words: &str) {
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains(words), "{}", said.err);
}

#[test]
fn a_run_of_every_kind_of_agent_goes_on_as_if_it_had_never_stopped() {
    for (environment, agent, half, whole) in [
        ("gridworld", "q-learning", "3001", "6000"),
        ("gridworld", "dyna-q", "501", "1000"),
        ("gridworld", "prioritised-sweeping", "501", "1000"),
        ("cart-pole", "linear-sarsa-lambda", "2001", "4000"),
        ("cart-pole", "dqn", "2501", "5000"),
        ("cart-pole", "ppo", "2501", "5000"),
        ("cart-pole", "a2c", "2501", "5000"),
    ] {
        let root = tempfile::tempdir().unwrap();
        let runs = text(root.path());
        let without = summary(&["run", environment, "--agent", agent, "--seed", "7", "--steps", whole]);
        let first = ["run", environment, "--agent", agent, "--seed", "7", "--steps", half, "--runs", runs];
        summary(&first);
        let name = format!("{environment}/{agent}-seed7");
        let resumed = summary(&["resume", &name, "--runs", runs, "--steps", whole]);
        assert_eq!(resumed["run_hash"], without["run_hash"], "{agent}");
        assert_eq!(resumed["episodes"], without["episodes"], "{agent}");
        let standing = read(&root.path().join(&name).join("summary.json"));
        assert_eq!(standing["run_hash"], without["run_hash"], "{agent}");
        assert_eq!(standing["episodes"]["episodes"], without["episodes"], "every episode counts once: {agent}");
        check_refused(&trainer(&["resume", &name, "--runs", runs]), "steps have been made already; ask for more");
    }
}

#[test]
fn a_killed_run_goes_on_from_its_last_save_and_no_episode_is_missing_or_there_twice() {
    for agent in ["q-learning", "ppo"] {
        let root = tempfile::tempdir().unwrap();
        let runs = text(root.path());
        let run = ["run", "cart-pole", "--seed", "3", "--steps", "60000", "--agent", agent];
        let environment: &[&str] = if agent == "ppo" { &[] } else { &["--env", "bins=6"] };
        let without = summary(&[&run[..], environment].concat());
        let kept = ["--runs", runs, "--save-every", "0", "--speed", "20000"];
        let running = Trainer::start(&[&run[..], environment, &kept].concat());
        let directory = root.path().join(format!("cart-pole/{agent}-seed3"));
        let latest = directory.join("weights/latest.terrarium");
        let summary_file = directory.join("summary.json");
        until("a save", || latest.exists() && summary_file.exists());
        running.kill();
        let listed = json(&["runs", "--runs", runs, "--json"]).remove(0);
        let state = listed[0]["state"].as_str().unwrap().to_owned();
        let resumed = summary(&["resume", text(&directory)]);
        assert_eq!(state, "interrupted");
        assert_eq!(resumed["run_hash"], without["run_hash"], "{agent}");
        let mut episodes = 0;
        for line in fs::read_to_string(directory.join("metrics.jsonl")).unwrap().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            if let Some(bin) = line.get("episodes") {
                assert_eq!(bin["first_episode"], episodes, "{agent}");
                episodes = bin["last_episode"].as_u64().unwrap() + 1;
            }
        }
        assert_eq!(episodes, without["episodes"], "{agent}");
        assert_eq!(trainer(&["replay", text(&directory)]).code, Some(0));
        assert_eq!(fs::read_dir(directory.join("weights")).unwrap().count(), 3, "no half file is left");
    }
}

#[test]
fn a_run_killed_before_its_first_save_begins_anew() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    let run = ["run", "gridworld", "--steps", "30000", "--seed", "5"];
    let running = Trainer::start(&[&run[..], &["--runs", runs, "--save-every", "1000", "--speed", "500"]].concat());
    let directory = root.path().join("gridworld/q-learning-seed5");
    until("what it tells", || fs::metadata(directory.join("metrics.jsonl")).is_ok_and(|it| it.len() > 0));
    running.kill();
    assert_eq!(fs::read_dir(directory.join("weights")).unwrap().count(), 0);
    assert_eq!(summary(&["resume", text(&directory)])["run_hash"], summary(&run)["run_hash"]);
    check_refused(&trainer(&["resume", text(&directory), "--from", "first"]), "has no weights \"first\"; there are: ");
}

/// A place where nothing can be written.
fn full() -> fs::File {
    fs::File::options().write(true).open("/dev/full").unwrap()
}

#[test]
fn who_cannot_be_told_anything_loses_nothing() {
    let root = tempfile::tempdir().unwrap();
    let saved = root.path().join("agent.terrarium");
    let run = ["run", "gridworld", "--steps", "3000", "--runs", text(root.path()), "--save", text(&saved)];
    let output = command(&run).stderr(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(saved.exists() && root.path().join("gridworld/q-learning-seed42/weights/final.terrarium").exists());
    for (arguments, code) in [(&["solve", "nix"][..], 2), (&["run", "taxi", "--set", "alpha=9"], 2)] {
        assert_eq!(command(arguments).stderr(full()).output().unwrap().status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn a_run_whose_metrics_are_gone_says_so_where_it_goes_on() {
    let root = tempfile::tempdir().unwrap();
    summary(&["run", "gridworld", "--episodes", "200", "--runs", text(root.path()), "--run", "mine"]);
    let directory = root.path().join("gridworld/mine");
    fs::write(directory.join("metrics.jsonl"), "").unwrap();
    let said = trainer(&["resume", text(&directory), "--episodes", "300"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("metrics.jsonl tells nothing of the 200 episodes so far"), "{}", said.err);
}

#[test]
fn a_run_directory_holds_settings_weights_metrics_and_episodes_that_replay() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    let arguments = ["run", "frozen-lake", "--episodes", "1500", "--runs", runs, "--keep-every", "4000"];
    let said = summary(&arguments);
    let run = only_run(root.path(), "frozen-lake");
    assert!(run.ends_with("q-learning-seed42"));
    let config = read(&run.join("config.json"));
    assert_eq!(config["spec"]["environment"]["id"], "frozen-lake");
    assert_eq!((&config["format"], &config["goal"]["episodes"]), (&1.into(), &1500.into()));
    assert_eq!(config["published_as"], "frozen-lake-q-learning-seed42");
    assert!(config["program"].as_str().unwrap().starts_with("terrarium "));
    let standing = read(&run.join("summary.json"));
    assert_eq!((&standing["ended"], &standing["run_hash"]), (&"completed".into(), &said["run_hash"]));
    let outcomes = standing["episodes"]["outcomes"].as_object().unwrap();
    let ended: u64 = outcomes.values().map(|it| it["episodes"].as_u64().unwrap()).sum();
    assert_eq!(ended, 1500, "{outcomes:?}");
    for name in ["latest", "best", "final", "step-000000004000"] {
        assert!(run.join("weights").join(format!("{name}.terrarium")).exists(), "{name}");
    }
    let replays: Vec<_> = fs::read_dir(run.join("replays")).unwrap().map(|it| it.unwrap().file_name()).collect();
    let sampled = replays.iter().filter(|it| it.to_str().unwrap().starts_with("random-")).count();
    assert!((110..=190).contains(&sampled), "a tenth of 1500 episodes: {sampled}");
    assert!(
        replays.iter().any(|it| it == "best.json")
            && replays.iter().any(|it| it.to_str().unwrap().starts_with("outcome-"))
    );
    let checked = trainer(&["replay", text(&run)]);
    assert_eq!((checked.code, checked.out.lines().count()), (Some(0), replays.len()), "{}", checked.err);

    // The same run again gets another directory, with the same episodes in its sample.
    summary(&arguments);
    let again = run.with_file_name("q-learning-seed42-2");
    let names = |run: &Path| {
        let mut names: Vec<_> = fs::read_dir(run.join("replays")).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&again), names(&run));

    // Another return than the recorded one is found.
    let best = run.join("replays/best.json");
    let mut changed = read(&best);
    changed["recorded_episode"]["return"] = 5.0.into();
    fs::write(&best, changed.to_string()).unwrap();
    check_refused(&trainer(&["replay", text(&best)]), "its return is 5 as recorded and 1 when played");
    check_refused(&trainer(&["watch", text(&best)]), "does not replay");
    changed["format"] = 9.into();
    fs::write(&best, changed.to_string()).unwrap();
    check_refused(&trainer(&["replay", text(&best)]), "newer version of Terrarium (format 9");
}

#[test]
fn under_other_settings_it_is_a_child_that_names_its_parent() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    let parent = summary(&["run", "gridworld", "--episodes", "200", "--runs", runs]);
    let run = root.path().join("gridworld/q-learning-seed42");
    let before = fs::read(run.join("metrics.jsonl")).unwrap();
    let child = summary(&["resume", text(&run), "--set", "alpha=0.01", "--episodes", "400"]);
    assert_eq!(child["episodes"], 400);
    let config = read(&root.path().join("gridworld/q-learning-seed42-2/config.json"));
    assert_eq!(config["parent"]["run"], "gridworld/q-learning-seed42");
    assert_eq!(config["parent"]["run_hash"], parent["run_hash"]);
    assert_eq!(
        (&config["parent"]["episode"], &config["spec"]["agent"]["parameters"]["alpha"]),
        (&200.into(), &0.01.into())
    );
    assert_eq!(fs::read(run.join("metrics.jsonl")).unwrap(), before, "the parent stays as it is");
    let refused = trainer(&["resume", text(&run), "--env", "size=9", "--episodes", "400"]);
    assert_eq!(refused.code, Some(2), "a table of another shape: {}", refused.err);
    check_refused(
        &trainer(&["resume", text(&run), "--from", "moon"]),
        "no weights \"moon\"; there are: best, final, latest",
    );
    check_refused(&trainer(&["resume", "nowhere/at-all", "--runs", runs]), "there is no run in nowhere/at-all");
}

#[test]
fn a_description_that_was_changed_by_hand_is_refused_and_a_copy_has_a_name_of_its_own() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    summary(&["run", "gridworld", "--episodes", "20", "--runs", runs, "--run", "first"]);
    let (first, second) = (root.path().join("gridworld/first"), root.path().join("gridworld/second"));
    fs::create_dir(&second).unwrap();
    for name in ["config.json", "summary.json", "metrics.jsonl"] {
        fs::copy(first.join(name), second.join(name)).unwrap();
    }
    for folder in ["weights", "replays"] {
        fs::create_dir(second.join(folder)).unwrap();
        for entry in fs::read_dir(first.join(folder)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), second.join(folder).join(entry.file_name())).unwrap();
        }
    }
    let listed = trainer(&["runs", "--runs", runs]).out;
    assert!(listed.contains("gridworld/first:") && listed.contains("gridworld/second:"), "{listed}");
    let show = |run: &Path| json(&["runs", "--json", "show", text(run)]).remove(0);
    for (run, name) in [(&first, "first"), (&second, "second")] {
        let shown = show(run);
        assert_eq!((&shown["config"]["published_as"], &shown["changed"]), (&name.into(), &serde_json::Value::Null));
    }

    let file = second.join("config.json");
    let mut config = read(&file);
    config["spec"]["agent"]["parameters"]["alpha"] = 0.5.into();
    config["spec"]["seed"] = 7.into();
    fs::write(&file, config.to_string()).unwrap();
    let refused = trainer(&["resume", text(&second), "--episodes", "40"]);
    check_refused(&refused, "the seed is 7 there and was 42, alpha is 0.5 there and was");
    check_refused(&refused, "--set NAME=VALUE");
    assert!(show(&second)["changed"].as_str().unwrap().contains("the seed is 7 there and was 42"));
    let shown = trainer(&["runs", "show", text(&second)]).out;
    assert!(shown.contains("alpha is 0.5 there and was"), "{shown}");
    assert_eq!(fs::read_dir(root.path().join("gridworld")).unwrap().count(), 2, "no child was begun");
    assert_eq!(summary(&["resume", text(&first), "--episodes", "40"])["episodes"], 40);
}

#[test]
fn a_directory_that_lost_a_folder_goes_on_and_one_with_blanks_has_its_own_name() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    summary(&["run", "gridworld", "--episodes", "20", "--runs", runs, "--run", "first"]);
    let first = root.path().join("gridworld/first");
    fs::remove_dir_all(first.join("replays")).unwrap();
    assert_eq!(summary(&["resume", text(&first), "--episodes", "40"])["episodes"], 40);
    assert!(first.join("replays/latest.json").is_file() && first.join("weights/final.terrarium").is_file());
    fs::rename(&first, root.path().join("gridworld/copy of ü")).unwrap();
    let listed = json(&["runs", "--runs", runs, "--json"]).remove(0);
    assert_eq!((&listed[0]["run"], &listed[0]["config"]["run"]), (&"gridworld/copy of ü".into(), &"copy-of--".into()));
    assert!(trainer(&["runs", "delete", "gridworld/copy of ü", "--runs", runs]).out.contains("deleted"));
}

#[test]
fn under_another_environment_a_child_leaves_the_parents_episodes_and_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let root = text(folder.path());
    for (environment, agent, change) in [
        ("gridworld", "q-learning", "step_reward=-1"),
        ("gridworld", "sarsa", "slip=0.2"),
        ("snake", "ppo", "step_reward=-0.5"),
        ("frozen-lake", "q-learning", "slippery=false"),
    ] {
        let kept = ["--agent", agent, "--runs", root, "--run", agent, "--json"];
        json(&[&["run", environment, "--steps", "1005"], &kept[..]].concat());
        let place = format!("{environment}/{agent}");
        let child = [
            "resume",
            &place,
            "--runs",
            root,
            "--env",
            change,
            "--steps",
            "2000",
            "--run",
            &format!("{agent}-child"),
            "--json",
        ];
        assert_eq!(json(&child).remove(0)["steps"], 2000, "{place}");
        let weights = folder.path().join(environment).join(format!("{agent}-child/weights/final.terrarium"));
        assert!(weights.is_file(), "{place}");
        let said = trainer(&["replay", text(&folder.path().join(environment).join(format!("{agent}-child")))]);
        assert_eq!(said.code, Some(0), "{place}: {}", said.err);
    }
}

/// A ring of many states: a text of some 100 kB.
fn large_table() -> String {
    (0..4000)
        .map(|state| format!("s{state},on,1,s{},-1,{}\n", (state + 1) % 4000, state == 7))
        .collect::<Vec<_>>()
        .concat()
}

#[test]
fn a_large_table_lies_once_in_the_directory_and_every_file_finds_it() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    let file = root.path().join("ring.csv");
    fs::write(&file, large_table()).unwrap();
    let table = format!("table=@{}", text(&file));
    let run = ["run", "mdp", "--env", &table];
    let kept = summary(&[&run[..], &["--episodes", "300", "--runs", runs, "--run", "mine"]].concat());
    let directory = root.path().join("mdp/mine");
    let config = read(&directory.join("config.json"));
    let hash = config["spec"]["environment"]["parameters"]["table"]["sha256"].as_str().unwrap();
    let beside = directory.join("texts").join(format!("{hash}.txt"));
    assert_eq!(fs::read_to_string(&beside).unwrap(), large_table().trim_end());
    assert_eq!((&config["format"], fs::read_dir(directory.join("texts")).unwrap().count()), (&2.into(), 1));
    let replays: Vec<_> = fs::read_dir(directory.join("replays")).unwrap().map(|it| it.unwrap().path()).collect();
    assert!(replays.len() > 10);
    for small in replays.iter().chain(&[directory.join("config.json"), directory.join("summary.json")]) {
        assert!(fs::metadata(small).unwrap().len() < 4096, "{}", small.display());
    }
    // Listed and shown, the table is a file, as a command line takes it.
    let listed = json(&["runs", "--runs", runs, "--json"]).remove(0);
    let named = listed[0]["config"]["spec"]["environment"]["parameters"]["table"].as_str().unwrap().to_owned();
    assert_eq!(named, format!("@{}", text(&beside)));
    let shown = trainer(&["runs", "show", "mdp/mine", "--runs", runs]).out;
    assert!(shown.contains(&format!("mdp: table={named}\n")) && !shown.contains("s3999"), "{shown}");
    let again = summary(&["run", "mdp", "--env", &format!("table={named}"), "--episodes", "300"]);
    assert_eq!(again["run_hash"], kept["run_hash"]);
    // All recorded episodes play, it is watched, and goes on; a child has the text as well.
    assert_eq!(trainer(&["replay", text(&directory)]).out.lines().count(), replays.len());
    assert_eq!(trainer(&["watch", text(&directory.join("replays/best.json"))]).code, Some(0));
    let without = summary(&[&run[..], &["--episodes", "500"]].concat());
    let resumed = summary(&["resume", text(&directory), "--episodes", "500"]);
    assert_eq!(resumed["run_hash"], without["run_hash"]);
    summary(&["resume", text(&directory), "--episodes", "600", "--set", "alpha=0.3", "--run", "child"]);
    assert!(root.path().join("mdp/child/texts").join(format!("{hash}.txt")).is_file());
    // It travels in the archive, and its metrics are told from there.
    let (zip, events) = (root.path().join("run.zip"), root.path().join("events"));
    assert_eq!(trainer(&["runs", "export", "mdp/mine", text(&zip), "--runs", runs]).code, Some(0));
    let converted = trainer(&["convert", text(&zip), "--tensorboard", text(&events)]);
    assert_eq!(converted.code, Some(0), "{}", converted.err);
    let other = root.path().join("other");
    let imported = trainer(&["runs", "import", text(&zip), "--runs", text(&other)]);
    assert_eq!(imported.code, Some(0), "{}", imported.err);
    let copy = other.join("mdp/mine");
    let all = fs::read_dir(directory.join("replays")).unwrap().count();
    assert_eq!(trainer(&["replay", text(&copy)]).out.lines().count(), all);
    // Damaged or gone, it is named.
    let text_of_copy = copy.join("texts").join(format!("{hash}.txt"));
    fs::write(&text_of_copy, "s0,on,1,s0,-1").unwrap();
    check_refused(&trainer(&["resume", text(&copy), "--episodes", "900"]), "its content has the SHA-256");
    fs::remove_file(&text_of_copy).unwrap();
    check_refused(&trainer(&["replay", text(&copy.join("replays/best.json"))]), &format!("{hash}.txt: No such file"));
    check_refused(&trainer(&["resume", text(&copy), "--episodes", "900"]), &format!("{hash}.txt: No such file"));
}

#[test]
fn a_line_that_cannot_be_read_is_named_and_all_others_count() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    summary(&["run", "gridworld", "--episodes", "200", "--runs", runs, "--run", "mine"]);
    let run = root.path().join("gridworld/mine");
    let metrics = run.join("metrics.jsonl");
    let whole = fs::read(&metrics).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let count = |index: usize| {
        let line: Value = serde_json::from_slice(lines[index]).unwrap();
        line["episodes"]["count"].as_u64().unwrap_or(0)
    };
    let bin = (0..lines.len()).find(|index| count(*index) > 0).unwrap();
    // A line that was half overwritten, no text at all, and a number that no computer has.
    let damaged = [&lines[..bin].concat()[..], b"{\"step\": 3, \"episo\0\0\n", b"\xff\xfe\n", b"{\"step\": 1e400}\n"];
    fs::write(&metrics, [&damaged.concat()[..], &lines[bin + 1..].concat()].concat()).unwrap();
    let events = root.path().join("events");
    let converted = trainer(&["convert", text(&run), "--tensorboard", text(&events)]);
    assert_eq!(converted.code, Some(0), "{}", converted.err);
    let place = |line: usize| format!("metrics.jsonl, line {line}, column ");
    for line in bin + 1..bin + 4 {
        assert!(converted.err.contains(&place(line)), "{}", converted.err);
    }
    assert!(converted.err.contains("the number 1e400 is beyond 1.8e308") && !converted.err.contains(&place(bin + 4)));
    let going_on = trainer(&["resume", text(&run), "--episodes", "400"]);
    assert_eq!(going_on.code, Some(0), "{}", going_on.err);
    assert!(going_on.err.contains(&place(bin + 1)), "{}", going_on.err);
    let standing = read(&run.join("summary.json"));
    assert_eq!(standing["episode"], 400);
    assert_eq!(standing["episodes"]["episodes"], 400 - count(bin));
    let kept = fs::read(&metrics).unwrap();
    assert!(kept.starts_with(&damaged.concat()), "what cannot be read stays for whoever can");
}

#[test]
fn files_of_a_run_are_read_with_the_mark_that_editors_put_before_texts() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    summary(&["run", "gridworld", "--episodes", "200", "--runs", runs, "--run", "mine"]);
    let run = root.path().join("gridworld/mine");
    let (metrics, best) = (run.join("metrics.jsonl"), run.join("replays/best.json"));
    for file in [&run.join("config.json"), &run.join("summary.json"), &metrics, &best] {
        fs::write(file, [b"\xef\xbb\xbf", &fs::read(file).unwrap()[..]].concat()).unwrap();
    }
    let episode = fs::read_to_string(run.join("replays/worst.json")).unwrap();
    let utf_16: Vec<u8> = format!("\u{feff}{episode}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(run.join("replays/worst.json"), utf_16).unwrap();
    assert!(trainer(&["runs", "show", text(&run)]).out.contains("200 episodes"));
    for file in [&best, &run.join("replays/worst.json")] {
        for command in ["replay", "watch"] {
            let said = trainer(&[command, text(file)]);
            assert_eq!(said.code, Some(0), "{command}: {}", said.err);
        }
    }
    let said = trainer(&["resume", text(&run), "--episodes", "300"]);
    assert!(said.code == Some(0) && !said.err.contains("line 1"), "{}", said.err);
    assert_eq!(read(&run.join("summary.json"))["episodes"]["episodes"], 300);
}

#[test]
fn a_run_that_goes_on_from_a_file_names_it_and_counts_on() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    let file = root.path().join("taught.terrarium");
    let saved = summary(&["run", "gridworld", "--episodes", "200", "--save", text(&file)]);
    let arguments = ["run", "--load", text(&file), "--episodes", "500", "--runs", runs, "--run", "more"];
    let said = trainer(&arguments);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let words = format!(
        "goes on from {} (step {}, 200 episodes, run hash {})",
        file.display(),
        saved["steps"],
        saved["run_hash"].as_str().unwrap()
    );
    assert!(said.err.contains(&words), "{}", said.err);
    let run = root.path().join("gridworld/more");
    let parent = read(&run.join("config.json"))["parent"].clone();
    assert_eq!((&parent["file"], &parent["run_hash"]), (&text(&file).into(), &saved["run_hash"]));
    assert_eq!((&parent["episode"], &parent["step"], &parent["run"]), (&200.into(), &saved["steps"], &Value::Null));
    let standing = read(&run.join("summary.json"));
    assert_eq!((&standing["episode"], &standing["first_episode"]), (&500.into(), &200.into()));
    assert_eq!(standing["episodes"]["episodes"], 300);
    let first = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let first: Vec<Value> = first.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(first.iter().find_map(|line| line["episodes"]["first_episode"].as_u64()), Some(200));
    let shown = trainer(&["runs", "show", "gridworld/more", "--runs", runs]).out;
    assert!(shown.contains(&words) && shown.contains("of the 300 episodes since then:"), "{shown}");
    // Going on further it is the same run; weights of a kept run name that run.
    summary(&["resume", text(&run), "--episodes", "600"]);
    assert_eq!(read(&run.join("config.json"))["parent"], parent);
    let best = run.join("weights/best.terrarium");
    summary(&["run", "--load", text(&best), "--episodes", "900", "--runs", runs, "--run", "third"]);
    let parent = read(&root.path().join("gridworld/third/config.json"))["parent"].clone();
    assert_eq!((&parent["run"], &parent["weights"]), (&"gridworld/more".into(), &"best".into()));
    assert_eq!(parent["file"], Value::Null);
}

#[test]
fn a_file_in_the_place_of_a_folder_and_a_file_of_another_kind_are_named_with_what_works() {
    let root = tempfile::tempdir().unwrap();
    let (file, agent) = (root.path().join("run.zip"), root.path().join("agent.terrarium"));
    fs::write(&file, "PK").unwrap();
    summary(&["run", "gridworld", "--episodes", "5", "--save", text(&agent)]);
    let words = format!("{} is a file, and runs are kept below a folder: --runs DIR names one", text(&file));
    for arguments in [
        &["runs"][..],
        &["runs", "list", "--json"],
        &["runs", "show", "gridworld/x"],
        &["runs", "import", text(&agent)],
        &["resume", "gridworld/x"],
        &["run", "gridworld", "--episodes", "1"],
    ] {
        check_refused(&trainer(&[arguments, &["--runs", text(&file)]].concat()), &words);
    }
    let events = root.path().join("events");
    let convert = |path: &Path| trainer(&["convert", text(path), "--tensorboard", text(&events)]);
    check_refused(&convert(&agent), "is an agent file, and holds no metrics: name the directory of its run");
    let (policy, empty) = (root.path().join("policy.onnx"), root.path().join("empty.terrarium"));
    for file in [&policy, &empty] {
        fs::write(file, "").unwrap();
    }
    check_refused(&trainer(&["run", "--load", text(&policy)]), "is an ONNX policy, not a saved agent");
    check_refused(&trainer(&["run", "gridworld", "--policy", text(&agent)]), "is a saved agent, not an ONNX policy");
    check_refused(&trainer(&["run", "--load", text(&empty)]), "The file is empty");
    fs::write(&file, "something else").unwrap();
    check_refused(&convert(&file), "holds nothing that a run has told: that is a run's directory");
    check_refused(&convert(Path::new("/nowhere")), "/nowhere: No such file");
    assert!(!events.exists());
}

#[test]
fn runs_are_listed_shown_exported_imported_and_deleted() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    assert!(trainer(&["runs", "--runs", runs]).out.contains("no such run"));
    summary(&["run", "taxi", "--episodes", "20", "--runs", runs, "--run", "mine"]);
    summary(&["run", "gridworld", "--agent", "sarsa", "--episodes", "20", "--runs", runs]);
    check_refused(&trainer(&["run", "taxi", "--episodes", "20", "--runs", runs, "--run", "mine"]), "there is a run in");
    let list = |filter: &[&str]| json(&[&["runs", "list", "--json", "--runs", runs], filter].concat()).remove(0);
    assert_eq!(list(&[]).as_array().unwrap().len(), 2);
    assert_eq!(list(&["--agent", "sarsa"])[0]["run"], "gridworld/sarsa-seed42");
    assert_eq!(list(&["--env", "taxi", "--state", "completed"])[0]["run"], "taxi/mine");
    assert_eq!(list(&["--state", "failed"]), serde_json::json!([]));
    let shown = trainer(&["runs", "show", "taxi/mine", "--runs", runs]).out;
    assert!(
        shown.contains("taxi/mine: completed, 20 episodes") && shown.contains("weights: best, final, latest"),
        "{shown}"
    );

    let archive = root.path().join("run.zip");
    let zip = text(&archive);
    assert_eq!(trainer(&["runs", "export", "taxi/mine", zip, "--runs", runs]).code, Some(0));
    check_refused(&trainer(&["runs", "import", zip, "--runs", runs]), "--as NAME gives it another one");
    assert_eq!(trainer(&["runs", "import", zip, "--as", "copy", "--runs", runs]).code, Some(0));
    for file in ["metrics.jsonl", "summary.json", "weights/latest.terrarium", "replays/best.json"] {
        let of = |run: &str| fs::read(root.path().join("taxi").join(run).join(file)).unwrap();
        assert_eq!(of("mine"), of("copy"), "{file}");
    }
    let more = |run: &str| summary(&["resume", run, "--runs", runs, "--episodes", "60"])["run_hash"].clone();
    assert_eq!(more("taxi/copy"), more("taxi/mine"));
    let deleted = trainer(&["runs", "delete", "taxi/copy", "--runs", runs]);
    assert_eq!((deleted.code, root.path().join("taxi/copy").exists()), (Some(0), false), "{}", deleted.err);
    assert_eq!(list(&["--env", "taxi"]).as_array().unwrap().len(), 1);
}

#[test]
fn archives_that_climb_or_are_cut_are_refused_and_write_nothing() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    summary(&["run", "taxi", "--episodes", "5", "--runs", runs, "--run", "mine"]);
    let archive = root.path().join("run.zip");
    let zip = text(&archive);
    trainer(&["runs", "export", "taxi/mine", zip, "--runs", runs]);
    let other = tempfile::tempdir().unwrap();
    let into = text(other.path());
    let whole = fs::read(&archive).unwrap();
    fs::write(&archive, &whole[..whole.len() / 2]).unwrap();
    check_refused(&trainer(&["runs", "import", zip, "--runs", into]), "it is no whole zip file");
    for climbing in
        ["../../taxi/mine/config.json", "/taxi/mine/config.json", "taxi/mine/weights/../../../x", "taxi/mine/x.sh"]
    {
        let mut writer = zip::ZipWriter::new(fs::File::create(&archive).unwrap());
        writer.start_file(climbing, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, b"{}").unwrap();
        writer.finish().unwrap();
        check_refused(&trainer(&["runs", "import", zip, "--runs", into]), "is no file of a run");
    }
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0, "nothing is left");
}

#[test]
fn what_cannot_be_read_or_written_is_named_and_nothing_is_harmed() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    check_refused(&trainer(&["run", "taxi", "--episodes", "5", "--runs", "/proc/nowhere"]), "/proc/nowhere");
    summary(&["run", "taxi", "--episodes", "5", "--runs", runs, "--run", "mine"]);
    let run = root.path().join("taxi/mine");
    let latest = run.join("weights/latest.terrarium");
    let whole = fs::read(&latest).unwrap();
    fs::write(&latest, &whole[..whole.len() / 2]).unwrap();
    let cut = trainer(&["resume", text(&run), "--episodes", "9"]);
    check_refused(&cut, "latest.terrarium cannot be read (it is cut short: it has ");
    check_refused(&cut, "Those that can be read are final, best: --from final goes on from there");
    let shown = trainer(&["runs", "show", text(&run)]);
    assert!(
        shown.code == Some(0) && shown.out.contains("5 episodes") && shown.out.contains("it is cut short"),
        "{}",
        shown.out
    );
    fs::write(&latest, &whole).unwrap();
    let config = read(&run.join("config.json"));
    let mut newer = config.clone();
    newer["format"] = 7.into();
    fs::write(run.join("config.json"), newer.to_string()).unwrap();
    check_refused(
        &trainer(&["resume", text(&run), "--episodes", "9"]),
        "newer version of Terrarium (format 7, this one reads up to 2)",
    );
    fs::write(run.join("config.json"), "{").unwrap();
    check_refused(&trainer(&["runs", "show", text(&run)]), "config.json cannot be read");
    fs::write(run.join("config.json"), config.to_string()).unwrap();

    let running = Trainer::start(&["resume", text(&run), "--endless"]);
    running.says("kept in");
    check_refused(&trainer(&["resume", text(&run), "--episodes", "9"]), "is being written by another process");
    check_refused(&trainer(&["runs", "delete", text(&run)]), "is being written by another process");
    running.interrupt();
    assert_eq!(read(&run.join("summary.json"))["ended"], "stopped");
}

#[test]
fn on_a_full_disk_the_run_goes_on_and_what_was_saved_stays() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    // The files of a linear agent of many tiles are larger than the limit, and the small ones of the run before are not.
    let arguments = ["run", "cart-pole", "--agent", "linear-sarsa", "--set", "tilings=64", "--set", "tiles=9"];
    let more = ["--runs", runs, "--run", "mine"];
    summary(&[&arguments[..], &["--steps", "2000"], &more].concat());
    let run = root.path().join("cart-pole/mine");
    let latest = run.join("weights/latest.terrarium");
    let before = fs::read(&latest).unwrap();
    let trainer_program = command(&[]).get_program().to_owned();
    let mut full = std::process::Command::new("sh");
    let blocks = before.len() / 512 / 2;
    full.args(["-c", &format!("ulimit -f {blocks}; exec \"$0\" \"$@\"")]).arg(trainer_program);
    full.args(["resume", text(&run), "--steps", "4000", "--json"]);
    let output = full.output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success()
            && err.contains("File too large")
            && err.contains("What was saved before is as it was"),
        "{err}"
    );
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["steps"], 4000, "the run itself went on");
    assert_eq!(fs::read(&latest).unwrap(), before);
    let resumed = summary(&["resume", text(&run), "--steps", "4000"]);
    assert_eq!(resumed["run_hash"], said["run_hash"]);
}

#[test]
fn a_run_whose_numbers_stop_being_finite_ends_and_keeps_its_last_good_weights() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    let arguments = ["run", "gridworld", "--set", "gamma=1", "--episodes", "50", "--runs", runs, "--run", "mine"];
    summary(&arguments);
    let run = root.path().join("gridworld/mine");
    let latest = run.join("weights/latest.terrarium");
    let mut checkpoint = shared::agent_file::read(&fs::read(&latest).unwrap()).unwrap();
    // Neighbours of opposite signs: their difference is beyond every f64.
    let huge = |place: usize| if (place / 4).is_multiple_of(2) { f64::MAX } else { -f64::MAX };
    let values: Vec<f64> = (0..checkpoint.agent.numbers["q"].len()).map(huge).collect();
    checkpoint.agent.numbers.insert("q".into(), values.into());
    let before = shared::agent_file::write(&checkpoint).unwrap();
    fs::write(&latest, &before).unwrap();
    let said = trainer(&["resume", text(&run), "--episodes", "5000", "--save-every", "1000"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("the last good weights are in") && said.err.contains("terrarium resume"), "{}", said.err);
    assert_eq!(fs::read(&latest).unwrap(), before);
    assert_eq!(read(&run.join("summary.json"))["ended"], "failed");
    assert!(
        fs::read_to_string(run.join("metrics.jsonl")).unwrap().contains("Paused: "),
        "where and why stands in the log"
    );
    assert!(!run.join("weights/final.terrarium").exists());
    assert_eq!(json(&["runs", "list", "--state", "failed", "--runs", runs, "--json"])[0][0]["run"], "gridworld/mine");
}

/// Puts other tensors into the network that was saved in a file.
fn change_network(file: &Path, change: impl FnOnce(&mut Tensors)) {
    let mut checkpoint = shared::agent_file::read(&fs::read(file).unwrap()).unwrap();
    let saved = checkpoint.agent.artifacts.get_mut("network").unwrap();
    let mut tensors = Tensors::from_file(saved.bytes().unwrap()).unwrap();
    change(&mut tensors);
    *saved = shared::Artifact::new(tensors.to_file().unwrap());
    fs::write(file, shared::agent_file::write(&checkpoint).unwrap()).unwrap();
}

#[test]
fn weights_of_another_network_are_refused_by_name_and_nothing_is_harmed() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    let latest = |name: &str| root.path().join("cart-pole").join(name).join("weights/latest.terrarium");
    for (name, hidden) in [("narrow", "hidden=32-32"), ("wide", "hidden=64-64")] {
        let arguments = ["run", "cart-pole", "--agent", "a2c", "--steps", "512", "--runs", runs, "--run", name];
        summary(&[&arguments[..], &["--set", hidden]].concat());
    }
    let wide = shared::agent_file::read(&fs::read(latest("wide")).unwrap()).unwrap();
    let others = Tensors::from_file(wide.agent.artifacts["network"].bytes().unwrap()).unwrap();
    change_network(&latest("narrow"), |tensors| *tensors = others);
    let before = fs::read(latest("narrow")).unwrap();
    for refused in [
        trainer(&["resume", text(&root.path().join("cart-pole/narrow")), "--steps", "1024"]),
        trainer(&["run", "--load", text(&latest("narrow")), "--steps", "1024"]),
    ] {
        check_refused(&refused, "has the shape ");
        check_refused(&refused, "the file is of another network");
    }
    assert_eq!(fs::read(latest("narrow")).unwrap(), before);
}

#[test]
fn a_network_whose_losses_stop_being_finite_ends_the_run_at_its_last_good_weights() {
    for agent in ["a2c", "ppo", "dqn", "neural-reinforce"] {
        let root = tempfile::tempdir().unwrap();
        let runs = text(root.path());
        let arguments = ["run", "cart-pole", "--agent", agent, "--steps", "2048", "--runs", runs, "--run", "mine"];
        summary(&arguments);
        let run = root.path().join("cart-pole/mine");
        let latest = run.join("weights/latest.terrarium");
        // What it computes with them is beyond every f32.
        change_network(&latest, |tensors| {
            for name in tensors.names().map(ToOwned::to_owned).collect::<Vec<_>>() {
                let shape = tensors.get(&name).unwrap().shape().to_vec();
                if let Ok(weights) = tensors.floats(&name, &shape).map(<[f32]>::to_vec)
                    && !name.contains("optimiser")
                {
                    tensors.insert(name, &shape, TensorValues::F32(vec![f32::MAX; weights.len()]));
                }
            }
        });
        let before = fs::read(&latest).unwrap();
        let said = trainer(&["resume", text(&run), "--steps", "200000"]);
        assert_eq!(said.code, Some(1), "{agent}: {}", said.err);
        assert!(
            said.err.contains("the last good weights are in") && said.err.contains("terrarium resume"),
            "{}",
            said.err
        );
        assert_eq!(fs::read(&latest).unwrap(), before, "{agent}");
        assert_eq!(read(&run.join("summary.json"))["ended"], "failed");
        let log = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
        assert!(log.contains("would become NaN"), "{agent}: where and why stands in the log");
    }
}

#[test]
fn what_was_saved_can_be_watched() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    let file = root.path().join("agent.terrarium");
    summary(&["run", "gridworld", "--episodes", "500", "--runs", runs, "--save", text(&file)]);
    let run = root.path().join("gridworld/q-learning-seed42");
    let watched = trainer(&["watch", text(&file)]);
    assert_eq!(watched.code, Some(0), "{}", watched.err);
    assert!(
        watched.out.contains("q-learning, greedy: step 8, return 9.3") && watched.out.contains("over: goal"),
        "{}",
        watched.out
    );
    assert_eq!(trainer(&["watch", text(&run)]).out, watched.out);
    let episodes = trainer(&["watch", text(&run), "--weights", "best", "--episodes", "3"]).out;
    assert_eq!(episodes.matches("over: ").count(), 3);
    let replay = trainer(&["watch", text(&run.join("replays/best.json"))]).out;
    assert!(replay.contains("as recorded: step 8, return 9.3"), "{replay}");
    // One agent file has no weights to choose among, and a recorded episode is one.
    let of_a_run = "--weights has no effect here; it needs a run's directory";
    check_refused(&trainer(&["watch", text(&file), "--weights", "best"]), of_a_run);
    check_refused(&trainer(&["convert", text(&file), "--weights", "best", "--onnx", "x.onnx"]), of_a_run);
    let of_an_agent = "--episodes has no effect here; it needs an agent file or a run's directory";
    check_refused(&trainer(&["watch", text(&run.join("replays/best.json")), "--episodes", "2"]), of_an_agent);
    let large = root.path().join("large.terrarium");
    let table = ["--env", "table=s,go,1,t,1e300,true"];
    summary(&[&["run", "mdp", "--episodes", "3", "--save", text(&large)], &table[..]].concat());
    let watched = trainer(&["watch", text(&large)]).out;
    assert!(watched.contains("return 1e300, go, reward 1e300"), "{watched}");
    let file = root.path().join("no.terrarium");
    fs::write(&file, "nothing").unwrap();
    check_refused(&trainer(&["watch", text(&file)]), "This is not a Terrarium agent file");
}

#[test]
fn an_option_without_effect_is_refused_and_what_the_environment_holds_waits_for_a_relay() {
    let refused = trainer(&["run", "gridworld", "--steps", "1", "--keep-every", "9"]);
    check_refused(&refused, "--keep-every has no effect here; it needs --runs DIR");
    let mut by_environment = command(&["run", "gridworld", "--steps", "1"]);
    let variables = [("TERRARIUM_RELAY_CA", "/nowhere.pem"), ("TERRARIUM_PUBLISHER_TOKEN", "x")];
    let output = by_environment.envs(variables).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    // One that is set to nothing is not set.
    let empty = ["TERRARIUM_RELAY", "TERRARIUM_RUNS", "TERRARIUM_DEVICE", "TERRARIUM_PUBLISHER_TOKEN"];
    let output = command(&["run", "gridworld", "--steps", "1"]).envs(empty.map(|it| (it, ""))).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let refused = trainer(&["run", "gridworld", "--steps", "1", "--relay-ca", "/nowhere.pem"]);
    check_refused(&refused, "--relay-ca has no effect here; it needs --relay ADDRESS");
}

#[test]
fn devices_are_told_and_only_those_there_are_are_taken() {
    let devices = json(&["devices", "--json"]).remove(0);
    assert_eq!((&devices[0]["device"], &devices[0]["usable"]), (&"cpu".into(), &true.into()));
    assert!(devices[1]["missing"].is_string());
    assert!(trainer(&["devices"]).out.contains("cannot be used: "));
    check_refused(&trainer(&["run", "taxi", "--steps", "1", "--device", "cuda:0"]), "the device cuda:0 cannot be used");
    check_refused(
        &trainer(&["run", "taxi", "--steps", "1", "--device", "gpu"]),
        "a device is auto, cpu, cuda:N or wgpu:N",
    );
    assert_eq!(trainer(&["run", "taxi", "--steps", "1", "--device", "cpu"]).code, Some(0));
    let mut by_environment = command(&["run", "taxi", "--steps", "1"]);
    let output = by_environment.env("TERRARIUM_DEVICE", "wgpu:1").output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("the device wgpu:1 cannot be used"));
}

#[test]
fn threads_change_nothing_of_a_run() {
    for (environment, more) in [
        ("cart-pole", &["--agent", "ppo", "--steps", "6000"][..]),
        ("gridworld", &["--agent", "a2c", "--steps", "60000", "--set", "copies=256", "--set", "rollout_steps=64"]),
        ("racing", &["--agent", "ppo", "--steps", "6000", "--env", "controls=continuous"]),
    ] {
        let run =
            |threads: &str| summary(&[&["run", environment, "--threads", threads], more].concat())["run_hash"].clone();
        assert_eq!(run("3"), run("1"), "{environment}");
    }
    check_refused(&trainer(&["run", "taxi", "--steps", "1", "--threads", "0"]), "a run has from 1 to 256 threads");
    check_refused(
        &trainer(&["run", "taxi", "--steps", "1", "--threads", "2"]),
        "--threads has no effect here; it needs",
    );
}

#[test]
fn what_a_run_takes_of_the_machine_is_told_beside_it() {
    let root = tempfile::tempdir().unwrap();
    // Of less than a fifth of a second nothing is told.
    let arguments = ["run", "cart-pole", "--agent", "ppo", "--steps", "100000"];
    let said = summary(&[&arguments[..], &["--runs", text(root.path()), "--run", "mine"]].concat());
    assert_eq!(said["run_hash"], summary(&arguments)["run_hash"], "it does not enter the hash");
    let lines = fs::read_to_string(root.path().join("cart-pole/mine/metrics.jsonl")).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let values = lines.iter().map(|line| &line["values"]).rfind(|it| it["machine/memory"].is_number()).unwrap();
    assert!(values["machine/memory"].as_f64().unwrap() > 1.0);
    assert!(values["machine/steps_per_second"].as_f64().unwrap() > 0.0);
    let shares: f64 = ["training", "publishing", "saving", "waiting"]
        .iter()
        .map(|it| values[format!("machine/{it}")].as_f64().unwrap())
        .sum();
    assert!((shares - 100.0).abs() < 1e-6, "{shares} %");
}

/// Rewards at the ends of what there is of numbers add up to more than there is: what is written of them is read again.
#[test]
fn a_mean_beyond_all_numbers_can_be_read_again() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    let table = "table=s,a,0.5,g,1e308,true\ns,a,0.5,g,1e308,true\ns,b,1,s,1";
    trainer(&[
        "run",
        "mdp",
        "--env",
        table,
        "--agent",
        "q-learning",
        "--steps",
        "3000",
        "--runs",
        runs,
        "--run",
        "great",
    ]);
    let summary = fs::read_to_string(root.path().join("mdp/great/summary.json")).unwrap();
    assert!(summary.contains("\"Infinity\""), "{summary}");
    for arguments in [&["runs", "--runs", runs][..], &["runs", "show", "mdp/great", "--runs", runs]] {
        let said = trainer(arguments);
        assert!(said.code == Some(0) && said.out.contains("great"), "{} {}", said.out, said.err);
    }
}

#[test]
fn values_that_are_set_where_a_run_goes_on_hold_whatever_changed_before() {
    let root = tempfile::tempdir().unwrap();
    let (runs, saved) = (text(root.path()), root.path().join("c.terrarium"));
    let run = ["run", "taxi", "--agent", "sarsa", "--change", "1000:epsilon=0"];
    let whole = summary(&[&run[..], &["--change", "3000:epsilon=0.3", "--steps", "6000"]].concat());
    let kept = ["--save", text(&saved), "--runs", runs, "--run", "mine"];
    summary(&[&run[..], &["--steps", "3000"], &kept].concat());
    let set = ["--set", "epsilon=0.3", "--steps", "6000"];
    let loaded = summary(&[&["run", "--load", text(&saved)], &set[..]].concat());
    assert_eq!(loaded["run_hash"], whole["run_hash"]);
    let resumed = summary(&[&["resume", "taxi/mine", "--runs", runs, "--run", "child"], &set[..]].concat());
    assert_eq!((&resumed["run_hash"], &resumed["changes"]), (&whole["run_hash"], &whole["changes"]));
    assert_eq!(resumed["changes"][1]["parameters"]["epsilon"], 0.3);
    let shown = trainer(&["runs", "show", "taxi/child", "--runs", runs]).out;
    assert!(shown.contains("from step 1000 on: epsilon=0\nfrom step 3000 on: epsilon=0.3"), "{shown}");
    let twice = ["run", "taxi", "--steps", "90", "--change", "5:epsilon=0", "--change", "5:epsilon=0.5"];
    check_refused(&trainer(&twice), "--change 5:epsilon=0.5: another --change sets that at step 5 already");
    assert_eq!(
        trainer(&["run", "taxi", "--steps", "90", "--change", "5:epsilon=0", "--change", "5:alpha=0.5"]).code,
        Some(0)
    );
}

#[test]
fn numbered_weights_are_kept_on_and_a_run_that_begins_at_0_says_so() {
    let root = tempfile::tempdir().unwrap();
    let run = root.path().join("gridworld/mine");
    let first =
        ["run", "gridworld", "--steps", "2500", "--keep-every", "1000", "--runs", text(root.path()), "--run", "mine"];
    summary(&first);
    summary(&["resume", text(&run), "--steps", "3500"]);
    summary(&["resume", text(&run), "--steps", "4500"]);
    for step in ["1000", "2000", "3000", "4000"] {
        assert!(run.join(format!("weights/step-00000000{step}.terrarium")).exists(), "{step}");
    }
    for name in fs::read_dir(run.join("weights")).unwrap() {
        fs::remove_file(name.unwrap().path()).unwrap();
    }
    let said = trainer(&["resume", text(&run), "--steps", "100"]);
    assert!(said.code == Some(0) && said.err.contains("it begins at step 0"), "{}", said.err);
}

#[test]
fn the_best_weights_are_those_of_a_run_without_interruption_wherever_it_is_split() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    let run = ["run", "cart-pole", "--agent", "ppo", "--runs", runs, "--save-every", "1000"];
    let best = |name: &str| read(&root.path().join("cart-pole").join(name).join("summary.json"))["best"].clone();
    summary(&[&run[..], &["--run", "whole", "--episodes", "140"]].concat());
    let whole = best("whole");
    assert_eq!(whole["episode"], 140);
    for split in [&["100"][..], &["40"], &["60", "99", "125"], &["137"]] {
        let name = format!("split-{}", split.join("-"));
        summary(&[&run[..], &["--run", &name, "--episodes", split[0]]].concat());
        for episodes in split[1..].iter().chain(&["140"]) {
            let run = format!("cart-pole/{name}");
            summary(&["resume", &run, "--runs", runs, "--save-every", "1000", "--episodes", episodes]);
        }
        assert_eq!(best(&name), whole, "{name}");
    }
}

#[test]
fn a_name_that_a_run_that_goes_on_has_nowhere_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let runs = text(root.path());
    summary(&["run", "gridworld", "--runs", runs, "--run", "x", "--episodes", "5"]);
    let resume = ["resume", "gridworld/x", "--runs", runs, "--episodes", "9", "--run", "y"];
    check_refused(&trainer(&resume), "--run has no effect here; it needs a --relay");
    let child = summary(&[&resume[..], &["--set", "alpha=0.2"]].concat());
    assert_eq!(child["episodes"], 9);
    assert!(root.path().join("gridworld/y/config.json").is_file());
}
