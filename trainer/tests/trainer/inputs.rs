//! What people give: options, presets, files in the forms that their programs write.

use crate::harness::{json, trainer};
use std::fmt::Write as _;
use std::fs;

fn refused(arguments: &[&str]) -> String {
    let said = trainer(arguments);
    assert_eq!(said.code, Some(2), "{}", said.err);
    said.err
}

#[test]
fn an_own_map_is_the_one_that_is_solved() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("map.txt");
    fs::write(&file, "\u{feff}SFG\r\n").unwrap();
    let own = format!("own_map=@{}", file.display());
    let solved = json(&["solve", "frozen-lake", "--env", &own, "--env", "slippery=false", "--json"]).remove(0);
    assert_eq!(solved["v"].as_array().unwrap().len(), 3);
    assert!((solved["value_at_start"].as_f64().unwrap() - 0.99).abs() < 1e-9);
    let error = refused(&["solve", "frozen-lake", "--env", &own, "--env", "map=8x8"]);
    assert!(error.contains("frozen-lake: own_map has no effect with map=8x8; it needs map=own"), "{error}");
    let error = refused(&["run", "gridworld", "--set", "bonus=1", "--steps", "1"]);
    let words =
        "q-learning: bonus has no effect with exploration=epsilon-greedy; it needs exploration=ucb or count-bonus";
    assert!(error.contains(words), "{error}");
    let said = trainer(&["describe", "frozen-lake"]);
    assert!(said.out.contains("Has an effect only with map=own."), "{}", said.out);
}

#[test]
fn presets_are_taken_by_name() {
    let model = |arguments: &[&str]| json(&[&["model", "gridworld", "--json"], arguments].concat()).remove(0);
    assert_eq!(model(&["--preset", "hard"])["states"], 49);
    assert_eq!(model(&["--preset", "hard", "--env", "open_field=3"])["states"], 9);
    let error = refused(&["rollout", "gridworld", "--preset", "huge", "--policy", "random"]);
    assert!(error.contains("gridworld: there is no preset \"huge\"; there are: web, easy, medium, hard"), "{error}");
    let run = |arguments: &[&str]| {
        let all = [&["run", "taxi", "--agent", "actor-critic", "--episodes", "20", "--json"], arguments].concat();
        json(&all).remove(0)["run_hash"].clone()
    };
    assert_eq!(run(&["--agent-preset", "bold"]), run(&["--set", "alpha=0.8", "--set", "alpha_critic=0.3"]));
    assert_ne!(run(&["--agent-preset", "bold"]), run(&[]));
    // Not said is as recommended: alpha=0.1, alpha_critic=0.1 and gamma=0.9.
    assert_eq!(run(&[]), run(&["--set", "alpha=0,1", "--set", "alpha_critic=0.1", "--set", "gamma=0,9"]));
}

#[test]
fn numbers_of_steps_are_taken_as_people_write_them() {
    for steps in ["3000", "3_000", "3e3"] {
        let run = json(&["run", "gridworld", "--steps", steps, "--json"]).remove(0);
        assert_eq!(run["steps"], 3000, "{steps}");
    }
    let error = refused(&["run", "gridworld", "--steps", "1.5"]);
    assert!(
        error.contains("it is a whole number from 1 to 18446744073709551615, e.g. 300000, 300_000 or 3e5"),
        "{error}"
    );
}

#[test]
fn actions_with_blanks_are_played() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("actions.txt");
    fs::write(&file, "\u{feff}pick up, south\r\ndrop off 1").unwrap();
    let steps = json(&["rollout", "taxi", "--actions", file.to_str().unwrap(), "--json"]);
    let actions: Vec<_> = steps.iter().map(|step| step["action"].clone()).collect();
    assert_eq!(actions, [serde_json::Value::Null, 4.into(), 0.into(), 5.into(), 1.into()]);
    fs::write(&file, "\"pick up\" south 'drop off'").unwrap();
    let quoted = json(&["rollout", "taxi", "--actions", file.to_str().unwrap(), "--json"]);
    let actions: Vec<_> = quoted.iter().map(|step| step["action"].clone()).collect();
    assert_eq!(actions, [serde_json::Value::Null, 4.into(), 0.into(), 5.into()]);
    fs::write(&file, "south fly").unwrap();
    let error = refused(&["rollout", "taxi", "--actions", file.to_str().unwrap()]);
    assert!(error.contains("action 2: \"fly\" is not an action of taxi; there are: south; north"), "{error}");
    let error = refused(&["rollout", "taxi", "--actions", "pick up, south"]);
    assert!(
        error.contains("pick up, south: there is no such file. --actions takes a file of actions, or - for"),
        "{error}"
    );
}

#[test]
fn a_box_is_played_as_it_is_printed_and_named_where_it_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("actions.txt");
    let drive = ["rollout", "racing", "--env", "controls=continuous", "--actions", file.to_str().unwrap()];
    fs::write(&file, "[0.5, 1, 0] -0.25/1/0").unwrap();
    let steps = json(&[&drive[..], &["--json"]].concat());
    assert_eq!(
        [&steps[1]["action"], &steps[2]["action"]],
        [&serde_json::json!([0.5, 1.0, 0.0]), &serde_json::json!([-0.25, 1.0, 0.0])]
    );
    fs::write(&file, "0.5").unwrap();
    let error = refused(&drive);
    assert!(error.contains("and numbers for steer, throttle, brake, e.g. 0.5/0.5/0.5"), "{error}");
}

#[test]
fn files_may_be_utf_16_and_begin_with_a_mark() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.csv");
    let table = "state;action;probability;next state;reward;terminal\r\na;go;0,5;b;1,5;\r\na;go;0,5;end;-1;true\r\nb;go;1;a;0;\r\n";
    let bytes: Vec<u8> = "\u{feff}".encode_utf16().chain(table.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    fs::write(&file, bytes).unwrap();
    let given = format!("table=@{}", file.display());
    let model = json(&["model", "mdp", "--env", &given, "--json"]).remove(0);
    assert_eq!(model["transitions"][0][0][0][2], 1.5);
    fs::write(&file, b"PK\x03\x04\xff\xfe").unwrap();
    let error = refused(&["model", "mdp", "--env", &given]);
    assert!(error.contains("cannot be read: it is no text in UTF-8"), "{error}");
    let spec = folder.path().join("sweep.toml");
    fs::write(
        &spec,
        "\u{feff}seeds = 1\nbudget = { steps = 10 }\n[[environments]]\nid = \"gridworld\"\n[[agents]]\nid = \"sarsa\"\n",
    )
    .unwrap();
    let results = folder.path().join("results");
    json(&["sweep", spec.to_str().unwrap(), "--out", results.to_str().unwrap(), "--json"]);
}

/// More than a message holds: 100 000 states in a ring, three outcomes each.
#[test]
fn a_table_too_large_for_a_relay_runs_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ring.csv");
    let mut table = String::from("state,action,next_state,probability,reward\n");
    for state in 0..100_000_u32 {
        for (step, probability) in [(1, 0.5), (2, 0.25), (3, 0.25)] {
            let next = (state + step) % 100_000;
            writeln!(table, "ring-{state},go,ring-{next},{probability},-1").unwrap();
        }
    }
    assert!(table.len() > 8 << 20);
    fs::write(&file, table).unwrap();
    let given = format!("table=@{}", file.display());
    let run = ["run", "mdp", "--env", &given, "--agent", "random", "--steps", "1000", "--json"];
    assert_eq!(json(&run).remove(0)["steps"], 1000);
    let error = refused(&[&run[..], &["--relay", "ws://127.0.0.1:9/"]].concat());
    assert!(error.contains("leave --relay away, or take a smaller table"), "{error}");
    // A file holds any size.
    let file = folder.path().join("agent.terrarium");
    let file = file.to_str().unwrap();
    json(&[&run[..], &["--save", file]].concat());
    assert_eq!(json(&["run", "--load", file, "--steps", "1500", "--json"]).remove(0)["steps"], 1500);
}

#[test]
fn what_cannot_be_solved_is_never_called_exact() {
    let folder = tempfile::tempdir().unwrap();
    let table = |text: &str| {
        let path = folder.path().join("table.csv");
        fs::write(&path, text).unwrap();
        format!("table=@{}", path.display())
    };
    let beyond = trainer(&["solve", "mdp", "--env", &table("s,a,1,t,1e308\nt,b,1,s,0\n")]);
    assert_eq!(beyond.code, Some(4), "{}", beyond.err);
    assert!(
        beyond.out.contains("not settled;") && beyond.err.contains("beyond 1.8e308"),
        "{}{}",
        beyond.out,
        beyond.err
    );
    let no_limit = trainer(&["solve", "mdp", "--env", &table("s,stay,1,t,1\nt,back,1,s,-1\n"), "--gamma", "1"]);
    assert_eq!(no_limit.code, Some(4), "{}", no_limit.err);
    assert!(no_limit.err.contains("no limit") && !no_limit.out.contains("error at most"), "{}", no_limit.out);
    let long = "x".repeat(70_000);
    let solved = trainer(&["solve", "mdp", "--env", &table(&format!("s,{long},1,g,1,true\n"))]);
    assert!(solved.code == Some(0) && solved.out.contains(&long), "{}", solved.err);
}

#[test]
fn a_refused_action_is_told_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (table, actions) = (folder.path().join("t.csv"), folder.path().join("a.txt"));
    fs::write(&table, "s,pick up,1,t,0\nt,go home,1,s,1,true\n").unwrap();
    fs::write(&actions, "go home\n").unwrap();
    let own = format!("table=@{}", table.display());
    let error = refused(&["rollout", "mdp", "--env", &own, "--actions", actions.to_str().unwrap()]);
    assert!(error.contains("step 1: go home is not allowed here; allowed are pick up"), "{error}");
}
