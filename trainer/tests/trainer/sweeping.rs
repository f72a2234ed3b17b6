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
    let said = trainer(&["sweep", "/nowhere/spec.toml"]);
    assert!(said.err.contains("/nowhere/spec.toml"), "{}", said.err);
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
    assert!(summary.trim_end().ends_with(&format!(",0,{known}")), "{summary}");
    // Read again from the journal it is the same.
    let said = trainer(&arguments).out;
    assert!(said.contains(&format!("0.0000, {known} of 20 known")), "{said}");
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
