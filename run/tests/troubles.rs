//! Learning that fails without an error is named in a notice, with what to turn; learning that goes well is not.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use run::Run;
use shared::command::Command;
use shared::event::{LogEvent, Severity};
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::spec::RunSpec;

fn value(text: &str) -> Value {
    let flag = text.parse().map(Value::Flag).ok();
    let number = || text.parse().map(Value::Number).ok();
    flag.or_else(number).unwrap_or_else(|| Value::Text(text.into()))
}

/// The warnings of a run of so many steps.
fn warnings(environment: &str, agent: &str, set: &[(&str, &str)], steps: u64) -> Vec<String> {
    let mut spec = RunSpec::new(environment, agent, Seed::new(1).unwrap());
    spec.agent.parameters.extend(set.iter().map(|(name, text)| ((*name).into(), value(text))));
    let mut run = Run::new(spec).unwrap();
    run.command(Command::Resume { until_episode: None });
    let mut told = Vec::new();
    while run.step() < steps && run.advance(1000) > 0 {
        told.extend(run.drain_log().into_iter().filter_map(|event| match event {
            LogEvent::Notice { severity: Severity::Warning | Severity::Error, text } => Some(text),
            _ => None,
        }));
    }
    told
}

#[test]
fn learning_that_goes_well_is_not_warned_of() {
    for agent in ["dqn", "ppo", "a2c", "neural-reinforce"] {
        assert_eq!(warnings("cart-pole", agent, &[], 30_000), Vec::<String>::new(), "{agent}");
    }
}

#[test]
fn dead_layers_are_named() {
    let told =
        warnings("cart-pole", "dqn", &[("learning_rate", "1"), ("hidden", "8-8"), ("activation", "relu")], 30_000);
    assert!(told.iter().any(|it| it.contains("is dead") && it.contains("leaky ReLU")), "{told:?}");
}

#[test]
fn exploding_gradients_are_named() {
    let set =
        [("learning_rate", "0.05"), ("max_gradient_norm", "1000"), ("target_every", "1"), ("activation", "leaky_relu")];
    let told = warnings("cart-pole", "dqn", &set, 30_000);
    assert!(told.iter().any(|it| it.starts_with("Gradients explode")), "{told:?}");
}

#[test]
fn a_policy_that_collapsed_is_named() {
    let set = [("learning_rate", "0.03"), ("entropy", "0"), ("copies", "4"), ("rollout_steps", "64")];
    let told = warnings("cart-pole", "ppo", &set, 100_000);
    assert!(
        told.iter().any(|it| it.starts_with("The policy has collapsed") && it.contains("entropy weight")),
        "{told:?}"
    );
}

#[test]
fn a_replay_without_variety_is_named() {
    // The car never arrives by chance, and every step costs the same.
    let told = warnings("mountain-car", "dqn", &[("train_every", "4"), ("hidden", "8-8")], 24_000);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("The replay tells nothing apart: each of the 20000 steps"), "{told:?}");
    let told = warnings("cart-pole", "dqn", &[("replay", "10"), ("hidden", "8-8")], 8_000);
    assert!(told.iter().any(|it| it.contains("holds 10 steps, of which every minibatch draws 64")), "{told:?}");
}
