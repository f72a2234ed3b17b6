//! What the lessons say is what happens.

use crate::lesson::shelf::read;
use run::Run;
use shared::Command;
use shared::RunSpec;
use shared::parameter::Value;

/// A lesson's run at a step, with some settings changed, after so many episodes.
fn made(id: &str, step: usize, changes: &[(&str, Value)], episodes: u64) -> Run {
    let lessons = read(include_str!("../../../lessons.json")).unwrap();
    let lesson = &lessons.iter().find(|it| it.id == id).unwrap().lesson;
    let mut spec: RunSpec = lesson.run_of(step).spec.clone();
    for (name, value) in changes {
        let (room, name) = name.split_once('.').unwrap();
        let parameters = if room == "env" { &mut spec.environment.parameters } else { &mut spec.agent.parameters };
        parameters.insert(name.to_owned(), value.clone());
    }
    let mut run = Run::new(spec).unwrap();
    until(&mut run, episodes);
    run
}

fn until(run: &mut Run, episodes: u64) {
    run.command(Command::Resume { until_episode: Some(episodes) });
    while run.episode() < episodes {
        run.advance(100_000);
    }
}

/// Mean of the last hundred returns at most.
fn mean(run: &Run) -> f64 {
    let returns = run.recent_returns();
    let last = &returns[returns.len().saturating_sub(100)..];
    last.iter().sum::<f64>() / last.len() as f64
}

fn number(value: f64) -> Value {
    Value::Number(value)
}

#[track_caller]
fn check_near(found: f64, said: f64, within: f64) {
    assert!((found - said).abs() <= within, "{found}, and the lesson says {said}");
}

#[test]
fn a_step_that_costs_five_leads_into_the_pit() {
    check_near(made("reward", 0, &[], 2_000).recent_returns().iter().copied().fold(f64::MIN, f64::max), 9.3, 1e-9);
    let costly = made("reward", 1, &[("env.step_reward", number(-5.0))], 2_000);
    check_near(mean(&costly), -15.0, 0.5);
}

#[test]
fn the_start_is_worth_what_is_said() {
    let start = |gamma: f64| {
        let run = made("return", 0, &[("agent.gamma", number(gamma))], 1);
        f64::from(run.optimal_solution(0.0).unwrap().v[0])
    };
    check_near(start(0.99), 8.64, 0.005);
    check_near(start(0.5), -0.12, 0.005);
}

#[test]
fn one_in_ten_explores_best() {
    for (epsilon, said) in [(0.0, 980.0), (0.1, 1_360.0), (0.5, 790.0)] {
        check_near(mean(&made("explore", 0, &[("agent.epsilon", number(epsilon))], 300)), said, 10.0);
    }
}

/// How many states have an action above 0.
fn positive_states(run: &Run) -> usize {
    let values = run.values().unwrap();
    values.q.chunks(values.actions as usize).filter(|row| row.iter().any(|value| *value > 0.0)).count()
}

#[test]
fn the_first_success_teaches_q_learning_one_state_and_monte_carlo_the_way() {
    assert_eq!([2, 3].map(|episodes| positive_states(&made("values", 0, &[], episodes))), [0, 1]);
    assert_eq!(positive_states(&made("monte-carlo", 0, &[], 2)), 0);
    assert!(positive_states(&made("monte-carlo", 0, &[], 3)) > 3);
    // Within an episode it learns nothing.
    let mut run = made("monte-carlo", 0, &[], 3);
    let before = run.values().unwrap().q;
    run.command(Command::Step { action: None, box_action: None });
    assert_eq!(run.values().unwrap().q, before);
}

#[test]
fn the_first_walk_changes_the_leftmost_guess_only() {
    let run = made("guess", 0, &[], 1);
    let changed: Vec<_> =
        run.values().unwrap().q.iter().copied().filter(|value| *value != 0.5 && *value != 0.0).collect();
    assert_eq!((run.step(), changed.len()), (5, 1), "{changed:?}");
    check_near(f64::from(changed[0]), 0.45, 1e-6);
}

#[test]
fn sarsa_gets_more_on_the_cliff_by_a_longer_way() {
    let found = |step: usize| {
        let mut run = made("cliff", step, &[], 500);
        (mean(&run), run.status(0.0).regret.unwrap())
    };
    let (q_learning, sarsa) = (found(1), found(2));
    check_near(q_learning.0, -50.0, 3.0);
    check_near(sarsa.0, -25.0, 3.0);
    assert_eq!((q_learning.1, sarsa.1), (0.0, 2.0), "13 steps and 15");
}

/// Lengths of the first episodes.
fn lengths(id: &str, changes: &[(&str, Value)], episodes: u64) -> Vec<u64> {
    let steps: Vec<u64> =
        (0..=episodes).map(|count| if count == 0 { 0 } else { made(id, 0, changes, count).step() }).collect();
    steps.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn traces_and_planning_shorten_the_next_episodes() {
    assert_eq!(lengths("traces", &[], 2), [773, 19]);
    assert_eq!(lengths("traces", &[("agent.lambda", number(0.0))], 2), [773, 1_196]);
    assert_eq!(lengths("planning", &[], 3), [773, 1_196, 493]);
    assert_eq!(lengths("planning", &[("agent.planning_steps", Value::Integer(50))], 3)[1..], [46, 15]);
}

#[test]
fn best_actions_need_no_exact_values() {
    let status = made("exact", 1, &[], 20_000).status(0.0);
    assert_eq!((status.regret, status.optimal_states), (Some(0.0), Some((11, 11))));
}

#[test]
fn the_larger_maximum_goes_left() {
    let left = |step: usize| made("maximum", step, &[], 300).step() as f64 / 300.0 - 1.0;
    check_near(left(1), 0.38, 0.01);
    check_near(left(2), 0.05, 0.01);
}

#[test]
fn the_car_never_arrives_at_first_and_does_later() {
    assert_eq!(mean(&made("features", 0, &[], 20)), -200.0);
    check_near(mean(&made("features", 0, &[], 500)), -117.0, 1.0);
}

#[test]
fn without_a_baseline_it_ends_in_the_pit() {
    check_near(mean(&made("policy", 0, &[], 300)), 9.06, 0.01);
    check_near(mean(&made("policy", 0, &[("agent.baseline", Value::Flag(false))], 300)), -10.0, 0.01);
}

#[test]
fn the_network_balances_the_pole() {
    assert_eq!(mean(&made("network", 0, &[], 300)), 500.0);
}

#[test]
fn another_seed_another_winner() {
    for (step, said) in [(1, 0.01), (2, 0.25), (3, 0.43), (4, 0.01)] {
        check_near(made("seed", step, &[], 3_000).status(0.0).regret.unwrap(), said, 0.005);
    }
}
