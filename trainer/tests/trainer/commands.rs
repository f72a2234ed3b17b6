//! Commands that tell about environments and agents, and what is refused.

use crate::harness::{json, trainer};
use std::io::Write as _;

#[track_caller]
fn check_refused(arguments: &[&str], expected: &str) {
    let said = trainer(arguments);
    assert_eq!(said.code, Some(2), "{arguments:?} {}", said.err);
    assert!(said.err.contains(expected), "{arguments:?} said {}", said.err);
    assert_eq!(said.out, "");
}

#[test]
fn bad_input_is_refused_in_one_line_that_tells_the_way_out() {
    check_refused(&["run", "moon", "--steps", "1"], "there is no environment \"moon\"; there are: gridworld");
    check_refused(&["run", "gridworld", "--agent", "oracle"], "there is no agent \"oracle\"; there are: q-learning");
    check_refused(&["run", "gridworld", "--set", "alpha=7"], "q-learning: alpha must be a number from 0");
    check_refused(&["run", "gridworld", "--set", "alpha"], "is not of the form NAME=VALUE");
    check_refused(&["run", "gridworld", "--env", "slipp=1"], "there is no parameter \"slipp\"; there are: ");
    check_refused(&["run", "gridworld", "--seed", "1.5"], "a seed is a whole number from 0 to");
    check_refused(&["run", "gridworld", "--speed", "0"], "a speed is full, or steps a second above 0");
    check_refused(&["run", "gridworld", "--relay", "ftp://x"], "begins with ws:// or wss://, not ftp://");
    for name in ["a b", ".", ".."] {
        check_refused(&["run", "gridworld", "--run", name], "a run name is 1 to 64 of the characters");
    }
    check_refused(&["run", "gridworld", "--steps", "1", "--save", "/nowhere/x"], "/nowhere/x");
    check_refused(&["run", "cart-pole", "--agent", "q-learning"], "no countable states");
    check_refused(&["model", "cart-pole"], "cart-pole has no exact transition model");
    check_refused(&["solve", "gridworld", "--gamma", "1.5"], "a discount must be from 0 to 1, not 1.5");
    check_refused(&["solve", "gridworld", "--gamma", "1e400"], "a discount must be from 0 to 1, not 1e400");
    check_refused(&["describe", "moon"], "there is no environment or agent \"moon\"");
    check_refused(&["rollout", "gridworld", "--actions", "/nowhere/x"], "/nowhere/x");
    assert_eq!(trainer(&["run", "moon", "--steps", "1"]).err.lines().count(), 1);
}

#[test]
fn everything_there_is_is_listed_with_its_options() {
    for (list, known) in [("envs", "gridworld"), ("agents", "q-learning")] {
        let entries = json(&[list, "--json"]).remove(0);
        assert!(entries.as_array().unwrap().iter().any(|it| it["id"] == known));
        assert!(trainer(&[list]).out.contains(known));
        for entry in entries.as_array().unwrap() {
            let id = entry["id"].as_str().unwrap();
            let said = trainer(&["describe", id]).out;
            assert!(said.contains(entry["summary"].as_str().unwrap()), "{said}");
        }
    }
    assert!(trainer(&["envs"]).out.contains("slip: 0 to"));
    let said = trainer(&["describe", "gridworld"]).out;
    for line in [
        "actions: 0 up, 1 down, 2 left, 3 right",
        "states: 25",
        "rewards: -10, -0.1, 10",
        "begins in state 0",
        "; at most 100 steps",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let said = json(&["describe", "gridworld", "--json"]).remove(0);
    assert_eq!(
        (&said["id"], &said["description"]["states"], &said["start"][0][0]),
        (&"gridworld".into(), &25.into(), &0.into())
    );
    let random = trainer(&["rollout", "gridworld"]).out;
    assert_eq!(random, trainer(&["rollout", "gridworld", "--policy", "random"]).out);
}

#[test]
fn a_list_of_actions_is_played_line_by_line() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "3 3 right, right\n1 1 down Down").unwrap();
    let path = &file.path().to_str().unwrap().to_owned();
    let lines = json(&["rollout", "gridworld", "--actions", path, "--json"]);
    assert_eq!(lines.len(), 9);
    assert_eq!((&lines[0]["state"], &lines[0]["action"]), (&0.into(), &serde_json::Value::Null));
    assert_eq!((&lines[1]["state"], &lines[1]["action"]), (&1.into(), &3.into()));
    assert_eq!((&lines[8]["state"], &lines[8]["terminated"]), (&24.into(), &true.into()));
    assert_eq!((&lines[8]["reward"], &lines[8]["truncated"]), (&10.0.into(), &false.into()));
    writeln!(file, "left").unwrap();
    check_ends_with(&["rollout", "gridworld", "--actions", path, "--json"], "step 9: the episode has ended");
    writeln!(file, "sideways").unwrap();
    check_ends_with(&["rollout", "gridworld", "--actions", path, "--json"], "action 10: \"sideways\" is not an action");
}

#[track_caller]
fn check_ends_with(arguments: &[&str], expected: &str) {
    let said = trainer(arguments);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains(expected), "{}", said.err);
}

#[test]
fn chance_plays_the_same_for_the_same_seed() {
    let play = |seed: &str| trainer(&["rollout", "taxi", "--policy", "random", "--seed", seed, "--json"]).out;
    assert_eq!(play("1"), play("1"));
    assert_ne!(play("1"), play("2"));
    assert!(play("1").lines().count() > 1);
}

#[test]
fn model_and_solve_tell_the_same_of_what_is_legal() {
    for environment in ["gridworld", "blackjack", "taxi"] {
        let [model, solution] = ["model", "solve"].map(|command| json(&[command, environment, "--json"]).remove(0));
        assert_eq!(model["legal"], solution["legal"], "{environment}");
    }
}

#[test]
fn models_and_solutions_are_exact() {
    let model = json(&["model", "gridworld", "--env", "slip=0.2", "--json"]).remove(0);
    assert_eq!((model["states"].as_u64(), model["actions"].as_u64()), (Some(25), Some(4)));
    for (state, actions) in model["transitions"].as_array().unwrap().iter().enumerate() {
        for (action, outcomes) in actions.as_array().unwrap().iter().enumerate() {
            let sum: f64 = outcomes.as_array().unwrap().iter().map(|it| it[0].as_f64().unwrap()).sum();
            let is_legal = model["legal"][state].as_array().unwrap().contains(&action.into());
            assert!((sum - f64::from(u8::from(is_legal))).abs() < 1e-9, "{state} {action}");
        }
    }
    let solution = json(&["solve", "gridworld", "--gamma", "0.99", "--json"]).remove(0);
    // Eight moves: seven times -0.1 and then 10, discounted by 0.99 a move.
    let discount = 0.99_f64.powi(7);
    let exact = 10.0 * discount - 0.1 * (1.0 - discount) / (1.0 - 0.99);
    assert!((solution["v"][0].as_f64().unwrap() - exact).abs() < 1e-9);
    assert!(solution["sweeps"].as_u64().unwrap() > 1);
    // In the goal, as in walls, there is nothing to choose.
    assert_eq!((&solution["legal"][24], &solution["best"][24]), (&serde_json::json!([]), &serde_json::json!([])));
    let said = trainer(&["solve", "frozen-lake"]).out;
    let table: Vec<Vec<&str>> = said.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
    let ended: Vec<_> = table.iter().filter(|row| row[2] == "(end)").map(|row| row[0]).collect();
    assert_eq!(ended, ["5", "7", "11", "12", "15"]);
}

const TWO_STATES: &str = "table=s1,a11,.5,s1,5\ns1,a11,.5,s2,5\ns1,a12,1,s2,10\ns2,a21,1,s2,-1";

#[test]
fn solutions_range_over_legal_actions_and_bear_the_names_that_were_given() {
    let solve = ["solve", "mdp", "--env", TWO_STATES, "--gamma", "0.95"];
    let said = trainer(&solve).out;
    assert!(said.contains("error at most") && said.contains("; exact, "), "{said}");
    let table: Vec<Vec<&str>> = said.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(table[0], ["state", "V*", "best", "Q*(a11)", "Q*(a12)", "Q*(a21)"]);
    assert_eq!(table[1], ["s1", "-8.5714", "a11", "-8.5714", "-9.0000", "-"]);
    assert_eq!(table[2], ["s2", "-20.0000", "a21", "-", "-", "-20.0000"]);
    let solution = json(&[&solve[..], &["--json"]].concat()).remove(0);
    assert!((solution["v"][0].as_f64().unwrap() + 4.5 / 0.525).abs() < 1e-12, "{solution}");
    assert_eq!(solution["legal"], serde_json::json!([[0, 1], [2]]));
    assert_eq!((&solution["best"], &solution["policy"]), (&serde_json::json!([[0], [2]]), &serde_json::json!([0, 2])));
    assert_eq!(solution["q"][1], serde_json::json!([null, null, solution["v"][1]]));
    assert_eq!(solution["state_names"], serde_json::json!(["s1", "s2"]));
    assert_eq!(solution["action_names"], serde_json::json!(["a11", "a12", "a21"]));
    assert_eq!(solution["outcome"], "exact");
}

#[test]
fn a_printed_model_is_read_again_with_its_names_and_an_end_offers_nothing() {
    // Named out of order, with a name that needs quotes, a probability of 0, and an end.
    let table = "table=s2,pick up,1,s0,1\ns0,\"left, then up\",0.25,s1,0\ns0,\"left, then up\",0.75,end,-1,true\n\
                 s0,\"left, then up\",0,s2,9\ns1,pick up,1,s2,0.5";
    let printed = trainer(&["model", "mdp", "--env", table]).out;
    assert!(
        printed.starts_with("state,action,probability,next_state,reward,terminal\ns2,pick up,1,s0,1,false\n"),
        "{printed}"
    );
    let again = trainer(&["model", "mdp", "--env", &format!("table={printed}")]).out;
    assert_eq!(printed, again);
    let model = json(&["model", "mdp", "--env", table, "--json"]).remove(0);
    assert_eq!(model["state_names"], serde_json::json!(["s2", "s0", "s1", "end"]));
    assert_eq!(model["legal"], serde_json::json!([[0], [1], [0], []]));
    assert_eq!(model["transitions"][3], serde_json::json!([[], []]));
    let solved = trainer(&["solve", "mdp", "--env", table]).out;
    let end: Vec<_> = solved.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(end, ["end", "0.0000", "(end)", "-", "-"]);
    // Names that are numbers out of order are names; where there are none, indices are.
    let numbers = trainer(&["solve", "mdp", "--env", "table=7,go,1,3,1\n3,go,1,7,1"]).out;
    assert!(numbers.contains("\n7 ") && numbers.contains("\n3 "), "{numbers}");
    assert!(trainer(&["model", "gridworld"]).out.lines().nth(1).unwrap().starts_with("0,up,1,"));
}

#[test]
fn what_is_small_or_far_off_is_solved_and_what_has_no_bound_is_said() {
    let value = |arguments: &[&str]| {
        let solution = json(&[&["solve"], arguments, &["--json"]].concat()).remove(0);
        assert_eq!(solution["outcome"], "exact");
        solution["value_at_start"].as_f64().unwrap()
    };
    let chance = "table=s,go,1e-11,g,1,true\ns,go,.99999999999,s,0,false";
    assert!((value(&["mdp", "--env", chance, "--gamma", "1"]) - 1.0).abs() < 1e-12);
    let forever = value(&["mdp", "--env", "table=s,go,1,s,1", "--gamma", "0.9999"]);
    assert!((forever - 10_000.0).abs() < 1e-6, "{forever}");
    let unbounded = trainer(&["solve", "frozen-lake", "--env", "ice_reward=0.1", "--gamma", "1"]);
    assert_eq!(unbounded.code, Some(3));
    assert!(
        unbounded.err.contains("the values are unbounded") && unbounded.err.contains("--gamma 0.99"),
        "{}",
        unbounded.err
    );
    assert!(unbounded.out.contains("; unbounded; value"), "{}", unbounded.out);
    let json = trainer(&["solve", "mdp", "--env", "table=s,go,1,s,-1", "--gamma", "1", "--json"]);
    assert_eq!(json.code, Some(3));
    assert!(json.out.contains("\"unbounded_below\":[0]") && json.out.contains("\"v\":[null]"), "{}", json.out);
    // Neither is told as 0, nor in 300 digits.
    let small = trainer(&["solve", "mdp", "--env", "table=a,go,1,b,2.5e-7,true\nc,go,1,b,-1e300,true"]);
    assert!(small.out.contains("value at the start 2.5e-7\n"), "{}", small.out);
    assert!(small.out.contains(" 2.5000e-7") && small.out.contains(" -1.0000e300"), "{}", small.out);
    let swing = trainer(&["solve", "mdp", "--env", "table=a,go,1,b,1\nb,go,1,a,-1", "--gamma", "1"]);
    assert_eq!(swing.code, Some(4));
    assert!(swing.err.contains("not settled"), "{}", swing.err);
    // What no number holds has an advice of its own.
    let large = trainer(&["solve", "mdp", "--env", "table=s,go,1,s,1e308"]);
    assert_eq!(large.code, Some(4));
    assert!(large.err.contains("beyond 1.8e308") && large.err.contains("Smaller rewards"), "{}", large.err);
    // What a worse action is worth may be, too, and so may what two states add up to.
    for (table, gamma) in [
        ("table=s,good,1,e,0,true\ns,bad,1,t,-1e308\nt,go,1,e,-1e308,true", "1"),
        ("table=s,go,1,t,1e308\nt,go,1,e,1e308,true", "0.99"),
        ("table=s,go,.5,t,1.7e308\ns,go,.5,t,1.7e308\nt,go,1,e,1.7e308,true", "1"),
    ] {
        let said = trainer(&["solve", "mdp", "--env", table, "--gamma", gamma, "--json"]);
        assert_eq!(said.code, Some(4), "{table}: {}", said.out);
        assert!(said.err.contains("beyond 1.8e308"), "{}", said.err);
        let solution: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!((&solution["error_bound"], &solution["outcome"]), (&serde_json::Value::Null, &"not settled".into()));
        assert_eq!(
            (&solution["unbounded_above"], &solution["unbounded_below"]),
            (&serde_json::json!([]), &serde_json::json!([]))
        );
    }
    let near = json_of(&["solve", "mdp", "--env", "table=s,go,1,e,1e307,true", "--json"]);
    assert_eq!((&near["value_at_start"], &near["outcome"]), (&1e307.into(), &"exact".into()));
    // No bound is none, not 0.
    for (table, outcome) in [("table=a,go,1,b,1\nb,go,1,a,-1", "not settled"), ("table=s,go,1,s,-1", "unbounded")] {
        let said = trainer(&["solve", "mdp", "--env", table, "--gamma", "1", "--json"]).out;
        let solution: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(
            (&solution["error_bound"], &solution["outcome"]),
            (&serde_json::Value::Null, &outcome.into()),
            "{said}"
        );
        let words = trainer(&["solve", "mdp", "--env", table, "--gamma", "1"]).out;
        assert!(!words.contains("error at most"), "{words}");
    }
    // The values of holes and the goal are finite, which says nothing of the others.
    let words = trainer(&["solve", "frozen-lake", "--env", "ice_reward=0.1", "--gamma", "1"]).out;
    assert!(words.contains("unbounded") && !words.contains("error at most"), "{words}");
    let help = trainer(&["solve", "--help"]).out;
    assert!(
        help.contains("\n  3  rewards add up without bound") && help.contains("\n  4  the values did not settle"),
        "{help}"
    );
}

/// The JSON object that a successful command prints.
fn json_of(arguments: &[&str]) -> serde_json::Value {
    json(arguments).remove(0)
}

#[test]
fn a_step_limit_has_no_effect_on_a_model_and_is_refused_there() {
    for command in ["solve", "model"] {
        let said = trainer(&[command, "gridworld", "--env", "step_limit=3"]);
        assert_eq!(said.code, Some(2));
        assert!(said.err.contains("step_limit has no effect here: it cuts episodes"), "{}", said.err);
        // One of a preset is beside what else it sets.
        assert_eq!(trainer(&[command, "gridworld", "--preset", "easy"]).code, Some(0));
    }
}

#[test]
fn names_that_begin_like_comments_are_printed_so_that_they_are_read() {
    let table = "table=\"#1\",go,1,s,1\ns,\"#up\",1,\"#1\",0";
    let printed = trainer(&["model", "mdp", "--env", table]).out;
    assert!(printed.contains("\n\"#1\",go,1,s,1,false\n"), "{printed}");
    assert_eq!(trainer(&["model", "mdp", "--env", &format!("table={printed}")]).out, printed);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let program = env!("CARGO_BIN_EXE_terrarium-trainer");
    let script = format!("set -o pipefail; {program} model taxi --json | head -c 10");
    let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}

#[test]
fn playing_without_a_keyboard_names_what_works_instead() {
    let said = trainer(&["play", "gridworld"]);
    assert!(said.err.contains("terrarium rollout"), "{}", said.err);
}
