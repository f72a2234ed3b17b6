//! ONNX files that the trainer writes, played by the trainer.

use crate::harness::{json, said, trainer};
use std::fs;

/// Every step of two greedy episodes, without the line that names the agent.
fn steps(file: &str) -> String {
    let shown = said(&["watch", file, "--episodes", "2", "--steps", "400"]);
    assert!(shown.lines().count() > 20, "{shown}");
    shown.lines().filter(|line| !line.contains("greedy")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_file_of_a_trained_agent_plays_as_the_agent_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (agent, policy) = (path("agent.terrarium"), path("policy.onnx"));
    let dueling = ["--set", "dueling=true", "--set", "convolutions=4x4x2-8x3x1", "--set", "observations=normalised"];
    // Logits, action values of a dueling network with masks, and numbers of a box; and both of the former behind convolutions.
    let runs: [&[&str]; 5] = [
        &["cart-pole", "--agent", "ppo", "--steps", "4000"],
        &["snake", "--env", "size=6", "--agent", "dqn", "--set", "dueling=true", "--steps", "3000"],
        &["racing", "--env", "controls=continuous", "--agent", "a2c", "--steps", "2000"],
        &["snake", "--preset", "board", "--agent", "ppo", "--agent-preset", "convolutions", "--steps", "3000"],
        &[
            &["tetris", "--env", "view=board", "--env", "actions=primitive", "--agent", "dqn", "--steps", "1500"][..],
            &dueling,
        ]
        .concat(),
    ];
    for run in runs {
        said(&[&["run"], run, &["--save", &agent]].concat());
        std::fs::remove_file(&policy).ok();
        said(&["convert", &agent, "--onnx", &policy]);
        assert_eq!(steps(&policy), steps(&agent), "{run:?}");
    }
}

#[test]
fn a_policy_is_played_kept_and_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (agent, policy, saved) = (path("agent.terrarium"), path("policy.onnx"), path("saved.terrarium"));
    said(&["run", "cart-pole", "--agent", "ppo", "--steps", "20000", "--save", &agent]);
    said(&["convert", &agent, "--onnx", &policy]);
    let run = |arguments: &[&str]| json(&[&["run", "--json"], arguments].concat()).remove(0);
    // Chance holds the pole for some 20 steps.
    let whole = run(&["--policy", &policy, "--episodes", "6"]);
    assert!(whole["steps"].as_u64().unwrap() > 6 * 60, "{whole}");
    assert_eq!(run(&["cart-pole", "--policy", &policy, "--episodes", "6"])["run_hash"], whole["run_hash"]);
    run(&["--policy", &policy, "--episodes", "3", "--save", &saved]);
    assert_eq!(run(&["--load", &saved, "--episodes", "6"])["run_hash"], whole["run_hash"]);
    assert_ne!(
        run(&["--policy", &policy, "--set", "observation_scale=-1", "--episodes", "6"])["run_hash"],
        whole["run_hash"]
    );
    let refused = |arguments: &[&str], words: &str| {
        let said = trainer(&[&["run", "--steps", "1"], arguments].concat());
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains(words), "{}", said.err);
    };
    refused(&["mountain-car", "--policy", &policy], "does not take this environment's observation of 2 numbers (");
    refused(
        &["--policy", &policy, "--env", "step_limit=3"],
        "--env or --preset has no effect here; it needs the name of an environment",
    );
    refused(&["--policy", &policy, "--set", "outputs=words"], "onnx-policy: outputs must be ");
    refused(&["--policy", &agent], "is a saved agent, not an ONNX policy");
    let bytes = fs::read(&policy).unwrap();
    fs::write(&policy, &bytes[..bytes.len() / 2]).unwrap();
    refused(&["--policy", &policy], "it is cut or damaged");
    assert!(said(&["agents"]).contains("onnx-policy"));
    assert!(said(&["describe", "onnx-policy"]).contains("observation_scale"));
}
