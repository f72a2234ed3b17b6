//! Values that an agent gets while it learns: what they are is in the spec, and the spec gives the same run again.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use run::{Registry, Run, RunError};
use shared::command::{Answer, Command};
use shared::event::{LogEvent, Phase};
use shared::parameter::{ParameterKind, ParameterSpec, Parameters, Value};
use shared::{RunSpec, Seed};
use std::sync::Arc;

const ENVIRONMENTS: [&str; 5] = ["gridworld", "bandit", "cart-pole", "racing", "random-walk"];

/// Another value that is in range and not far off.
fn another(spec: &ParameterSpec) -> Value {
    match &spec.kind {
        ParameterKind::Number { min, max, default, step } => {
            let lower = default * 0.5;
            Value::Number(if lower > *min { lower } else { (min + step).min(*max) })
        }
        ParameterKind::Integer { max, default, .. } => Value::Integer((default + 1).min(*max)),
        ParameterKind::Flag { default } => Value::Flag(!default),
        ParameterKind::Choice { options, default } => {
            let other = options.iter().find(|it| it.value != *default).unwrap();
            Value::Text(other.value.clone())
        }
        ParameterKind::Text { default, .. } => Value::Text(default.clone()),
    }
}

fn running(spec: RunSpec) -> Run {
    let mut run = Run::new(spec).unwrap();
    run.command(Command::Resume { until_episode: None });
    run
}

fn tune(run: &mut Run, values: &[(&str, Value)]) -> Answer {
    let parameters = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    run.command(Command::Tune { parameters })
}

fn q_learning() -> RunSpec {
    RunSpec::new("gridworld", "q-learning", Seed::new(3).unwrap())
}

/// The tuned events so far: step, values, whether the spec planned them.
fn tuned(run: &mut Run) -> Vec<(u64, Parameters, bool)> {
    let told = |event| match event {
        LogEvent::Tuned { step, parameters, planned, .. } => Some((step, parameters, planned)),
        _ => None,
    };
    run.drain_log().into_iter().filter_map(told).collect()
}

#[test]
fn every_live_value_of_every_agent_can_change_and_the_spec_gives_the_same_run_again() {
    for entry in Registry::default().catalog() {
        let live: Vec<_> = entry.parameters.iter().filter(|it| it.live).collect();
        if live.is_empty() {
            continue;
        }
        let spec_in = |environment: &&str| {
            let spec = RunSpec::new(environment, &entry.id, Seed::new(7).unwrap());
            let spec = RunSpec { agent: agents::recommended::agent(environment, &entry.id), ..spec };
            Run::new(spec.clone()).is_ok().then_some(spec)
        };
        let Some(spec) = ENVIRONMENTS.iter().find_map(spec_in) else { panic!("{} learns nowhere here", entry.id) };
        let mut run = running(spec);
        run.advance(1_003);
        for parameter in live {
            let answer = tune(&mut run, &[(&parameter.name, another(parameter))]);
            assert!(matches!(answer, Answer::Accepted { .. }), "{} {}: {answer:?}", entry.id, parameter.name);
            run.advance(97);
        }
        run.advance(500);
        assert_eq!(run.phase(), Phase::Running, "{}", entry.id);
        let saved = run.checkpoint().unwrap();
        let again = |mut run: Run, budget: u64| {
            run.command(Command::Resume { until_episode: None });
            while run.step() < saved.step {
                run.advance(budget.min(saved.step - run.step()));
            }
            run
        };
        let repeated = again(Run::new(saved.spec.clone()).unwrap(), 61);
        assert_eq!(repeated.step(), saved.step, "{}", entry.id);
        assert_eq!(repeated.checkpoint().unwrap().agent, saved.agent, "{}", entry.id);
        assert_eq!(repeated.hash(), run.hash(), "{}", entry.id);
        // Saved before all changes, between two of them, and at one.
        for at in [900, saved.spec.changes[0].step, saved.spec.changes[0].step + 50] {
            let mut first = running(saved.spec.clone());
            first.advance(at);
            let loaded = again(Run::from_checkpoint(&first.checkpoint().unwrap()).unwrap(), u64::MAX);
            assert_eq!(loaded.checkpoint().unwrap().agent, saved.agent, "{} saved at {at}", entry.id);
        }
    }
}

#[test]
fn a_schedule_goes_on_from_what_was_set_and_all_others_from_where_they_were() {
    let mut run = running(q_learning());
    run.advance(20_000);
    let epsilon = run.metrics()["charts/epsilon"];
    assert!(epsilon < 0.5, "it has fallen: {epsilon}");
    tune(&mut run, &[("alpha", Value::Number(0.25))]);
    assert_eq!(run.metrics()["charts/epsilon"], epsilon);
    tune(&mut run, &[("epsilon", Value::Number(0.75))]);
    assert_eq!(run.metrics()["charts/epsilon"], 0.75);
    run.advance(20_000);
    assert!(run.metrics()["charts/epsilon"] < 0.75, "and falls again");
}

#[test]
fn what_was_learned_and_the_episode_under_way_stay() {
    let mut run = running(q_learning());
    run.advance(5_003);
    let (table, frame, hash) = (run.values().unwrap(), run.frame().unwrap(), run.hash());
    assert!(frame.episode_step > 0);
    tune(&mut run, &[("alpha", Value::Number(0.9))]);
    let after = run.frame().unwrap();
    assert_eq!(run.values().unwrap().q, table.q);
    assert_eq!((after.state, after.episode_step, run.hash()), (frame.state, frame.episode_step, hash));
    run.command(Command::WatchGreedy { watch: true });
    run.advance(3);
    assert!(matches!(tune(&mut run, &[("alpha", Value::Number(0.1))]), Answer::Accepted { .. }));
    run.advance(3);
    assert!(run.status(0.0).watching_greedy, "the demonstration goes on");
}

#[test]
fn changes_are_told_where_they_happen() {
    let mut spec = q_learning();
    spec.change(500, Parameters::from([("epsilon".into(), Value::Number(0.5))]));
    let mut run = running(spec.clone());
    run.advance(499);
    assert_eq!(tuned(&mut run), []);
    run.advance(1);
    let planned = spec.changes[0].parameters.clone();
    assert_eq!(tuned(&mut run), [(500, planned, true)]);
    tune(&mut run, &[("epsilon", Value::Number(0.25))]);
    tune(&mut run, &[("alpha", Value::Number(0.25))]);
    let told: Vec<_> = tuned(&mut run).into_iter().map(|(step, _, planned)| (step, planned)).collect();
    assert_eq!(told, [(500, false), (500, false)]);
    assert_eq!(run.spec().changes.len(), 1, "at one step they are one change");
    assert_eq!(run.spec().agent_after(500).parameters["epsilon"], Value::Number(0.25));
}

#[test]
fn a_planned_change_is_made_whoever_makes_the_step() {
    let mut spec = q_learning();
    spec.change(3, Parameters::from([("epsilon".into(), Value::Number(0.5))]));
    let mut run = Run::new(spec).unwrap();
    for _ in 0..2 {
        run.command(Command::Step { action: None, box_action: None });
    }
    assert_eq!(tuned(&mut run), []);
    run.command(Command::Press { key: "ArrowRight".into() });
    assert_eq!(tuned(&mut run).len(), 1);
    assert_eq!(run.metrics()["charts/epsilon"], 0.5);
    assert_eq!(Run::from_checkpoint(&run.checkpoint().unwrap()).unwrap().metrics()["charts/epsilon"], 0.5);
}

#[test]
fn what_cannot_change_is_refused_with_what_can_and_nothing_has_changed() {
    let mut run = running(q_learning());
    run.advance(1_000);
    let before = run.checkpoint().unwrap();
    let mut check = |name: &str, value: Value, expected: &str| {
        let Answer::Rejected { reason } = tune(&mut run, &[(name, value)]) else { panic!("{name} was taken") };
        assert!(reason.contains(expected), "{reason}");
    };
    check("gamma", Value::Number(0.5), "gamma cannot change while the agent learns; what can is: alpha, epsilon");
    check("alpha", Value::Number(2.0), "alpha must be a number from 0 to 1, not \"2\"");
    check("speed", Value::Number(2.0), "there is no parameter \"speed\"");
    assert_eq!(run.checkpoint().unwrap(), before);
    run.command(Command::Stop {});
    let answer = tune(&mut run, &[("alpha", Value::Number(0.5))]);
    assert_eq!(answer, Answer::Rejected { reason: "the run has ended already. Reset begins anew".into() });
    let mut spec = q_learning();
    spec.change(9, Parameters::from([("gamma".into(), Value::Number(0.5))]));
    let Err(error @ RunError::Change { step: 9, .. }) = Run::new(spec) else { panic!("it was built") };
    assert!(error.to_string().starts_with("the change at step 9: gamma cannot change"), "{error}");
}

#[test]
fn a_reset_keeps_what_was_set_by_hand_and_repeats_what_was_planned() {
    let mut spec = q_learning();
    spec.change(500, Parameters::from([("epsilon".into(), Value::Number(0.5))]));
    let mut run = running(spec.clone());
    run.advance(700);
    tune(&mut run, &[("alpha", Value::Number(0.25))]);
    run.command(Command::Reset { seed: None });
    assert_eq!(run.spec().agent.parameters, Parameters::from([("alpha".into(), Value::Number(0.25))]));
    assert_eq!(run.spec().changes, spec.changes);
    // What was loaded had happened already.
    run.command(Command::Resume { until_episode: None });
    run.advance(700);
    let mut loaded = Run::load(Arc::default(), &run.checkpoint().unwrap()).unwrap();
    loaded.command(Command::Reset { seed: None });
    assert_eq!(loaded.spec().changes, []);
    assert_eq!(loaded.spec().agent.parameters["epsilon"], Value::Number(0.5));
}

#[test]
fn copies_change_together() {
    let mut spec = RunSpec::new("cart-pole", "ppo", Seed::new(5).unwrap());
    spec.change(1_001, Parameters::from([("learning_rate".into(), Value::Number(0.0))]));
    let mut run = running(spec);
    run.advance(5_000);
    assert_eq!(tuned(&mut run).into_iter().map(|it| it.0).collect::<Vec<_>>(), [1_008], "eight copies step together");
}
