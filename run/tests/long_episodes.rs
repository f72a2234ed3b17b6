//! Episodes that are longer than agents and recorders keep: memory stays bounded, and what is learned is well defined.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use agents::trail::MOST_STEPS;
use run::Run;
use shared::codec;
use shared::command::Command;
use shared::event::{LogEvent, Severity};
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::spec::RunSpec;

/// A state that is never left, with a reward of 1 a step, cut after so many steps.
fn for_ever(agent: &str, step_limit: usize, set: &[(&str, &str)]) -> Run {
    let mut spec = RunSpec::new("mdp", agent, Seed::default());
    spec.environment.parameters.insert("table".into(), Value::Text("s,go,1,s,1".into()));
    spec.environment.parameters.insert("step_limit".into(), Value::Integer(step_limit as i64));
    spec.agent.parameters.insert("gamma".into(), Value::Number(1.0));
    spec.agent.parameters.extend(set.iter().map(|(name, value)| ((*name).into(), Value::Text((*value).into()))));
    let mut run = Run::new(spec).unwrap();
    run.command(Command::Resume { until_episode: Some(1) });
    run
}

fn notices(run: &mut Run) -> Vec<String> {
    let notices = run.drain_log().into_iter().filter_map(|event| match event {
        LogEvent::Notice { severity: Severity::Warning, text } => Some(text),
        _ => None,
    });
    notices.collect()
}

fn value(run: &Run) -> f64 {
    run.checkpoint().unwrap().agent.numbers["q"][0]
}

#[test]
fn the_newest_steps_of_a_very_long_episode_are_learned_from_and_that_is_told_once() {
    let kept = MOST_STEPS as f64;
    for (length, told) in [(MOST_STEPS, 0), (3 * MOST_STEPS, 1)] {
        for (visits, expected) in [("first", kept), ("every", f64::midpoint(kept, 1.0))] {
            let mut run = for_ever("monte-carlo", length, &[("visits", visits)]);
            run.advance(u64::MAX);
            assert_eq!(run.recent_returns(), [length as f64]);
            // An episode that was cut counts what the last state was worth: nothing yet.
            assert_eq!(value(&run), expected, "{visits} visits of {length} steps");
            run.command(Command::Resume { until_episode: Some(3) });
            run.advance(u64::MAX);
            let said = notices(&mut run);
            assert_eq!(said.len(), told, "{said:?}");
            assert!(
                said.iter().all(|it| it.contains("more than 131072 steps") && it.contains("step limit")),
                "{said:?}"
            );
        }
    }
}

#[test]
fn a_run_goes_on_within_a_very_long_episode_as_if_it_had_never_stopped() {
    for agent in ["monte-carlo", "off-policy-monte-carlo", "reinforce", "n-step-sarsa"] {
        let mut whole = for_ever(agent, 2 * MOST_STEPS, &[]);
        whole.advance(MOST_STEPS as u64 * 3 / 2);
        let checkpoint = whole.checkpoint().unwrap();
        // It fits into a message, so a tab can put it aside.
        assert!(codec::to_bytes(&checkpoint).unwrap().len() < codec::MOST_EVENT_BYTES, "{agent}");
        let mut resumed = Run::from_checkpoint(&checkpoint).unwrap();
        for run in [&mut whole, &mut resumed] {
            run.command(Command::Resume { until_episode: Some(2) });
            run.advance(u64::MAX);
        }
        assert_eq!(resumed.hash(), whole.hash(), "{agent}");
        assert_eq!(resumed.checkpoint().unwrap().agent, whole.checkpoint().unwrap().agent, "{agent}");
    }
}

#[test]
fn an_episode_without_end_takes_bounded_memory() {
    for agent in ["reinforce", "monte-carlo", "off-policy-monte-carlo", "q-learning", "sarsa-lambda", "dyna-q"] {
        let mut run = for_ever(agent, 0, &[]);
        // The recorder keeps less than a million actions, the agent less.
        run.advance(1_100_000);
        let more = allocation_counter::measure(|| {
            run.advance(300_000);
        });
        assert!(more.bytes_max < 1 << 20, "{agent}: {more:?}");
        assert!(more.bytes_current < 1 << 20, "{agent}: {more:?}");
        let bytes = codec::to_bytes(&run.checkpoint().unwrap()).unwrap().len();
        assert!(bytes < codec::MOST_EVENT_BYTES, "{agent}: {bytes}");
    }
}

#[test]
fn an_agent_with_a_network_learns_within_an_episode_that_never_ends() {
    let mut run = for_ever("neural-reinforce", 0, &[("hidden", "8")]);
    let learned = |run: &mut Run| {
        let events = run.drain_log();
        events.iter().any(|event| {
            matches!(event, LogEvent::Metrics { statistics, .. } if statistics.contains_key("losses/policy_loss"))
        })
    };
    // Eight copies, each with one step too few for a piece.
    run.advance(8 * (16_384 - 1));
    assert!(!learned(&mut run));
    run.advance(8);
    assert!(learned(&mut run));
    // The next pieces take the room of the first; the recorder keeps actions of its own.
    let more = allocation_counter::measure(|| {
        run.advance(8 * 16_384);
    });
    assert!(more.bytes_current < 4 << 20, "{more:?}");
    assert!(learned(&mut run));
    assert_eq!(run.episode(), 0);
}
