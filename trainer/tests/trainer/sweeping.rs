//! Sweeps, killed in the middle and gone on with.

use crate::harness::{Trainer, json, trainer, until};
use std::fs;
use std::path::Path;

const SPEC: &str = "\
seeds = 12
budget = { steps = 400000 }

[[environments]]
id = \"gridworld\"
set.slip = [0.0, 0.2]

[[agents]]
id = \"q-learning\"

[[agents]]
id = \"n-step-sarsa\"
set.alpha = 0.2
";
const RUNS: usize = 48;

fn finished(folder: &Path) -> usize {
    fs::read_to_string(folder.join("journal.jsonl")).map_or(0, |text| text.lines().count().saturating_sub(1))
}

#[test]
fn killed_in_the_middle_it_goes_on_and_ends_with_the_same_bytes() {
    let place = tempfile::tempdir().unwrap();
    let spec = place.path().join("spec.toml");
    fs::write(&spec, SPEC).unwrap();
    let [whole, killed] = ["whole", "killed"].map(|name| place.path().join(name));
    let sweep = |out: &Path, jobs: &'static str| {
        ["sweep", spec.to_str().unwrap(), "--out", out.to_str().unwrap(), "--jobs", jobs, "--json"].map(str::to_owned)
    };
    let arguments = sweep(&whole, "1");
    let expected = json(&arguments.each_ref().map(String::as_str));

    let arguments = sweep(&killed, "2");
    let arguments = arguments.each_ref().map(String::as_str);
    for runs in [3, 20] {
        let process = Trainer::start(&arguments);
        until("some runs have finished", || finished(&killed) >= runs);
        // Dropping it sends SIGKILL.
        drop(process);
        assert!(finished(&killed) < RUNS, "it was to be killed in the middle");
        assert!(!killed.join("results.csv").exists());
    }
    let before = finished(&killed);
    let said = trainer(&arguments);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains(&format!("{before} of {RUNS} runs were made before")), "{}", said.err);
    assert!(said.err.contains(&format!("{RUNS} of {RUNS} runs, ")), "{}", said.err);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&said.out).unwrap(), expected[0]);
    for table in ["results.csv", "results.parquet", "summary.csv"] {
        assert!(fs::read(killed.join(table)).unwrap() == fs::read(whole.join(table)).unwrap(), "{table} differs");
    }
    assert_eq!(finished(&killed), RUNS, "no run was made twice");

    fs::write(&spec, SPEC.replace("0.2]", "0.3]")).unwrap();
    let said = trainer(&arguments);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("holds results of another spec; choose another folder with --out"), "{}", said.err);
    assert_eq!(finished(&killed), RUNS);
}

#[test]
fn the_example_tells_which_step_size_is_best() {
    let place = tempfile::tempdir().unwrap();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/step-sizes.toml");
    let arguments = ["sweep", example, "--out", place.path().to_str().unwrap()];
    let report = json(&[&arguments[..], &["--json"]].concat()).remove(0);
    let combinations = report["environments"][0]["combinations"].as_array().unwrap();
    assert_eq!(combinations.len(), 6);
    let sarsa = &combinations[4];
    assert_eq!(sarsa["agent"], "sarsa alpha=0.5 epsilon=0.1 epsilon_schedule=constant");
    let [low, high] = ["low", "high"].map(|end| sarsa["mean"][end].as_f64().unwrap());
    // Sutton and Barto, example 6.6: SARSA ends at about -27.1 while it explores, Q-learning at -50.3.
    assert!(low < -27.1 && -27.1 < high, "{low} to {high}");
    assert_eq!(sarsa["improvement_on_first"]["value"].as_f64().map(|it| it > 0.9), Some(true));
    let profile: Vec<f64> = sarsa["profile"].as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).collect();
    assert!(profile.is_sorted_by(|one, next| one >= next));
    let words = trainer(&arguments).out;
    assert!(words.contains("inter-quartile mean") && words.contains("every run in results.csv"), "{words}");
}

#[test]
fn what_is_wrong_with_a_spec_is_told_in_one_line_and_nothing_is_written() {
    let place = tempfile::tempdir().unwrap();
    let spec = place.path().join("spec.toml");
    let out = place.path().join("out");
    for (text, expected) in [
        ("seeds = 12", "sedes = 12", "spec.toml, line 1: unknown field `sedes`"),
        ("{ steps = 400000 }", "steps", "spec.toml, line 2: "),
        (
            "set.alpha = 0.2",
            "preset = \"bold\"",
            "spec.toml, line 13: unknown field `preset`, expected `id` or `set`. A spec names values alone",
        ),
        ("seeds = 12", "seeds = \"agent_preset\"", "spec.toml, line 1: invalid type"),
        ("{ steps = 400000 }", "{ steps = 9, episodes = 9 }", "either episodes or steps, and this one has both"),
        ("{ steps = 400000 }", "{ }", "this one has neither"),
        (
            "n-step-sarsa",
            "oracle",
            "spec.toml: agents[1] (oracle): there is no agent \"oracle\"; there are: q-learning",
        ),
        ("0.2]", "2]", "spec.toml: environments[0] (gridworld): set.slip[1]: slip must be a number from 0 to"),
        ("gridworld\"\nset.slip = [0.0, 0.2]", "cart-pole\"", "no agent fits any of the environments: q-learning in"),
    ]
    .map(|(from, to, expected)| (SPEC.replace(from, to), expected))
    {
        fs::write(&spec, text).unwrap();
        let said = trainer(&["sweep", spec.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        assert_eq!((said.code, said.err.lines().count()), (Some(2), 1), "{}", said.err);
        assert!(said.err.contains(expected), "{}", said.err);
        assert!(!out.exists());
    }
    fs::write(&spec, SPEC).unwrap();
    let said = trainer(&["sweep", spec.to_str().unwrap(), "--out", spec.to_str().unwrap()]);
    assert!(said.err.contains("is a file, and results are kept in a folder: --out DIR names one"), "{}", said.err);
    let said = trainer(&["sweep", "/nowhere/spec.toml"]);
    assert!(said.err.contains("/nowhere/spec.toml"), "{}", said.err);
}

#[test]
fn networks_are_swept_like_tables() {
    let place = tempfile::tempdir().unwrap();
    let (spec, out) = (place.path().join("spec.toml"), place.path().join("out"));
    let text = "seeds = 2\nbudget = { steps = 512 }\n[[environments]]\nid = \"cart-pole\"\n[[agents]]\nid = \"ppo\"\n\
                set = { hidden = [8, \"8-8\"], copies = 2, rollout_steps = 32 }\n";
    fs::write(&spec, text).unwrap();
    let report = json(&["sweep", spec.to_str().unwrap(), "--out", out.to_str().unwrap(), "--json"]).remove(0);
    let combinations = report["environments"][0]["combinations"].as_array().unwrap();
    for (combination, hidden) in combinations.iter().zip(["8", "8-8"]) {
        assert_eq!(combination["agent"], format!("ppo copies=2 hidden={hidden} rollout_steps=32"));
        assert_eq!(combination["runs"], 2);
    }
    assert_eq!(combinations.len(), 2);
    // Every run of the sweep is the run that its row describes.
    let results = fs::read_to_string(out.join("results.csv")).unwrap();
    for hidden in ["8", "8-8"] {
        let set = ["--set", &format!("hidden={hidden}"), "--set", "copies=2", "--set", "rollout_steps=32"];
        let alone = ["run", "cart-pole", "--agent", "ppo", "--steps", "512", "--seed", "1", "--json"];
        let summary = json(&[&alone[..], &set].concat()).remove(0);
        let hash = summary["run_hash"].as_str().unwrap();
        assert_eq!(results.lines().filter(|row| row.contains(hash)).count(), 1, "{hidden}: {results}");
    }
}

#[test]
fn a_combination_named_twice_is_run_once_and_said_so() {
    let place = tempfile::tempdir().unwrap();
    let spec = place.path().join("spec.toml");
    let text = SPEC.replace("400000", "4000").replace("[0.0, 0.2]", "[0.2, 0.2]").replace("12", "4");
    fs::write(&spec, text).unwrap();
    let said = trainer(&["sweep", spec.to_str().unwrap(), "--out", place.path().to_str().unwrap(), "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let words =
        "environments[0] (gridworld) slip=0.2 is the same as environments[0] (gridworld) slip=0.2 and is run once";
    assert!(said.err.contains(words), "{}", said.err);
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["environments"].as_array().unwrap().len(), 1);
    assert_eq!(report["environments"][0]["combinations"][0]["runs"], 4, "four distinct runs are four");
    let summary = fs::read_to_string(place.path().join("summary.csv")).unwrap();
    assert!(summary.starts_with("environment,environment_slip,agent,agent_alpha,runs,mean,"), "{summary}");
    assert!(summary.contains("\ngridworld,0.2,n-step-sarsa,0.2,4,"), "{summary}");
}

#[test]
fn failed_runs_end_with_a_status_of_their_own_and_all_others_are_there() {
    let place = tempfile::tempdir().unwrap();
    let (spec, out) = (place.path().join("spec.toml"), place.path().join("out"));
    // Neighbours that differ by more than any number: their difference is no number.
    let text = "seeds = 3\nbudget = { episodes = 40 }\n[[environments]]\nid = \"mdp\"\n\
                set.table = [\"s, go, 1, t, 1e308\\nt, go, 1, s, 1e308\", \"s, go, 1, t, 1\\nt, go, 1, s, 1, true\"]\n\
                [[agents]]\nid = \"q-learning\"\nset = { gamma = 1.0, alpha = 1.0 }\n";
    fs::write(&spec, text).unwrap();
    let arguments = ["sweep", spec.to_str().unwrap(), "--out", out.to_str().unwrap(), "--json"];
    let said = trainer(&arguments);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("3 of 6 runs failed: Paused: "), "{}", said.err);
    assert!(
        said.err.contains("(3 runs). The results of the others are as they should be; the column fault of"),
        "{}",
        said.err
    );
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["faults"][0]["runs"], 3);
    let combinations = |index: usize| &report["environments"][index]["combinations"][0];
    assert_eq!((&combinations(0)["failed"], &combinations(1)["failed"]), (&3.into(), &serde_json::Value::Null));
    assert_eq!(combinations(1)["runs"], 3);
    let rows = fs::read_to_string(out.join("results.csv")).unwrap();
    assert_eq!(rows.matches("Paused: ").count(), 3, "{rows}");
    // Gone on with, nothing is made again, and it is said again.
    let again = trainer(&arguments);
    assert_eq!((again.code, &again.out), (Some(1), &said.out));
    assert!(again.err.contains("6 of 6 runs were made before"), "{}", again.err);
}

#[test]
fn a_spec_names_files_from_its_own_folder_on() {
    let place = tempfile::tempdir().unwrap();
    let (spec, out) = (place.path().join("deep/spec.toml"), place.path().join("out"));
    fs::create_dir_all(place.path().join("deep/maps")).unwrap();
    fs::write(place.path().join("deep/maps/short.txt"), "\u{feff}SFG\n").unwrap();
    fs::write(place.path().join("deep/maps/long.txt"), "SFFFG\n").unwrap();
    let text = "seeds = 2\nbudget = { episodes = 300 }\n[[environments]]\nid = \"frozen-lake\"\n\
                set = { map = \"own\", own_map = [\"@maps/short.txt\", \"@maps/long.txt\"], slippery = false }\n\
                [[agents]]\nid = \"q-learning\"\n";
    fs::write(&spec, text).unwrap();
    let arguments = ["sweep", spec.to_str().unwrap(), "--out", out.to_str().unwrap(), "--json"];
    let report = json(&arguments).remove(0);
    let names: Vec<_> = (0..2).map(|it| report["environments"][it]["environment"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "frozen-lake map=own own_map=@maps/short.txt slippery=false",
            "frozen-lake map=own own_map=@maps/long.txt slippery=false"
        ]
    );
    let rows = fs::read_to_string(out.join("results.csv")).unwrap();
    assert!(rows.contains("@maps/short.txt") && !rows.contains("SFG"), "{rows}");
    // Each is the run of the command line with that file.
    for map in ["short", "long"] {
        let file = format!("own_map=@{}", place.path().join(format!("deep/maps/{map}.txt")).display());
        let mut run = vec!["run", "frozen-lake", "--env", "slippery=false", "--env", &file, "--seed", "1", "--json"];
        let defaults: Vec<String> = defaults_of("q-learning");
        run.extend(defaults.iter().flat_map(|set| ["--set", set.as_str()]));
        let run = json(&[&run[..], &["--episodes", "300"]].concat()).remove(0);
        assert!(rows.contains(&format!("hash:{}", run["run_hash"].as_str().unwrap())), "{map}: {rows}");
    }
    // Another content is another spec; what is not there is named with its place.
    fs::write(place.path().join("deep/maps/long.txt"), "SFFG\n").unwrap();
    let said = trainer(&arguments);
    assert!(said.code == Some(2) && said.err.contains("holds results of another spec"), "{}", said.err);
    fs::remove_file(place.path().join("deep/maps/long.txt")).unwrap();
    let said = trainer(&arguments);
    let words = "spec.toml: environments[0] (frozen-lake): set.own_map: the file ";
    assert!(
        said.code == Some(2)
            && said.err.contains(words)
            && said.err.contains("deep/maps/long.txt cannot be read: No such")
    );
}

/// An agent's own defaults, as settings: a run that says nothing takes what is recommended.
fn defaults_of(agent: &str) -> Vec<String> {
    let entry = agents::registry::find(agent).unwrap();
    let named = |name: &str| {
        let spec = entry.parameters.iter().find(|it| it.name == name).unwrap();
        format!("{name}={}", spec.default_value())
    };
    agents::recommended::agent("frozen-lake", agent).parameters.keys().map(|name| named(name)).collect()
}

#[test]
fn a_mean_regret_says_of_how_many_runs_it_is() {
    let place = tempfile::tempdir().unwrap();
    let (spec, out) = (place.path().join("spec.toml"), place.path().join("out"));
    // Whoever goes first believes ever after that staying is better; whoever stays first goes then.
    let text = "seeds = 20\nbudget = { steps = 1 }\n[[environments]]\nid = \"mdp\"\n\
                set.table = \"s, go, 1, end, -5, true\\ns, stay, 1, s, -1\"\n[[agents]]\nid = \"q-learning\"\n\
                set = { gamma = 1.0, alpha = 1.0, epsilon = 0.0 }\n";
    fs::write(&spec, text).unwrap();
    let arguments = ["sweep", spec.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let report = json(&[&arguments[..], &["--json"]].concat()).remove(0);
    let combination = &report["environments"][0]["combinations"][0];
    let known = combination["regret_known"].as_u64().unwrap();
    assert!(known > 0 && known < 20, "{combination}");
    assert_eq!(combination["regret"], 0.0);
    let runs = fs::read_to_string(out.join("results.csv")).unwrap();
    assert_eq!(runs.matches(",inf,").count() as u64, 20 - known, "{runs}");
    let summary = fs::read_to_string(out.join("summary.csv")).unwrap();
    let unfinished = &combination["unfinished"];
    assert!(summary.trim_end().ends_with(&format!(",0,{known},{},{unfinished}", 20 - known)), "{summary}");
    // Read again from the journal it is the same.
    let said = trainer(&arguments).out;
    assert!(said.contains(&format!("0.0000, {known} of 20 known, {} without bound", 20 - known)), "{said}");
    assert!(said.contains("Regret without bound: the greedy policy never gets to an end"), "{said}");
    // Where it is without bound in all of them, that is what is said.
    fs::write(&spec, text.replace("seeds = 20", "seeds = 2").replace("epsilon = 0.0", "epsilon = 0.0, ties = 'first'"))
        .unwrap();
    let all = trainer(&["sweep", spec.to_str().unwrap(), "--out", place.path().join("all").to_str().unwrap()]).out;
    assert!(all.contains("  without bound") && !all.contains("0 of 2 known"), "{all}");
}

#[test]
fn runs_in_which_no_episode_ended_have_no_shares() {
    let place = tempfile::tempdir().unwrap();
    let (spec, out) = (place.path().join("spec.toml"), place.path().join("out"));
    let text = "seeds = 2\nbudget = { steps = 100 }\n[[environments]]\nid = \"cliff-walking\"\n[[agents]]\nid = \"q-learning\"\n\
                set = { gamma = 1.0 }\n[[agents]]\nid = \"policy-iteration\"\n";
    fs::write(&spec, text).unwrap();
    let arguments = ["sweep", spec.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let said = trainer(&arguments).out;
    let row: Vec<_> = said.lines().find(|line| line.starts_with("q-learning")).unwrap().split_whitespace().collect();
    assert_eq!(row[2..5], ["0,", "2", "unfinished"], "{said}");
    assert!(row.ends_with(&["-"; 5]) && !said.contains("NaN"), "{said}");
    let report = json(&[&arguments[..], &["--json"]].concat()).remove(0);
    let combinations = &report["environments"][0]["combinations"];
    assert_eq!(
        (&combinations[0]["profile"], combinations[1]["profile"].as_array().unwrap().len()),
        (&serde_json::json!([]), 11)
    );
}
