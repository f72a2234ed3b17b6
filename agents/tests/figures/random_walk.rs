//! Predicting random walks: Sutton and Barto, 2nd edition, example 6.2, figures 7.2, 12.6 and 12.8.
//!
//! The walks have one action, so that every learner of action values predicts.

use crate::experiment::{Picture, Sample, number, runs, text, train};
use crate::pairs::{agent, environment};
use shared::parameter::Value;

const BY_EPISODE: Picture =
    Picture::new("walk-of-5", "episodes", "root mean square error over 5 states").within(0.0, 0.25);
const STEPS: Picture =
    Picture::new("walk-n-step", "step size", "n-step methods: root mean square error over 19 states").within(0.2, 0.6);
const TRACES: Picture =
    Picture::new("walk-traces", "step size", "accumulating traces: root mean square error").within(0.2, 0.6);
const DUTCH: Picture =
    Picture::new("walk-dutch", "step size", "dutch traces, true online: root mean square error").within(0.2, 0.6);

/// Root of the mean squared error of all 19 values, averaged over the first ten episodes of each run.
fn errors(id: &str, alpha: f64, more: &[(&str, Value)], runs: std::ops::Range<u64>) -> Sample {
    let mut given = vec![("alpha", number(alpha)), ("gamma", number(1.0))];
    given.extend_from_slice(more);
    let walk = environment("random-walk", &[("states", Value::Integer(19)), ("left_reward", number(-1.0))]);
    let predict = |seed| {
        let mut sum = 0.0;
        train(&walk, &agent(id, &given), seed, |episode| {
            let q = episode.table.unwrap().q;
            let error = |state: usize| q[state] - (state as f64 - 10.0) / 10.0;
            let squares: f64 = (1..=19).map(|state| error(state) * error(state)).sum();
            sum += (squares / 19.0).sqrt();
            episode.index < 9
        });
        sum / 10.0
    };
    runs.map(predict).collect()
}

#[track_caller]
fn check(id: &str, alpha: f64, more: &[(&str, Value)], what: &str, (reference, error): (f64, f64)) {
    errors(id, alpha, more, runs(100, 2000)).check(&format!("{id}, {what}"), reference, error);
}

/// Draws the error by step size, up to where it leaves the picture, and gives the least.
fn draw(picture: Picture, name: &str, id: &str, more: &[(&str, Value)]) -> f64 {
    let (mut points, mut least) = (Vec::new(), f64::INFINITY);
    for alpha in [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0] {
        let error = errors(id, alpha, more, runs(20, 300)).mean();
        points.push((alpha, error));
        least = least.min(error);
        if error > 0.6 && error > 1.1 * least {
            break;
        }
    }
    picture.curve(name, points);
    least
}

#[test]
fn four_steps_are_better_than_one_and_than_many() {
    let steps = |n| [("n", Value::Integer(n))];
    check("n-step-sarsa", 0.8, &steps(1), "n = 1, alpha .8", (0.34523, 0.00045));
    check("n-step-sarsa", 0.4, &steps(4), "n = 4, alpha .4", (0.26399, 0.00113));
    check("n-step-sarsa", 0.2, &steps(8), "n = 8, alpha .2", (0.27878, 0.00102));
    check("n-step-sarsa", 0.1, &steps(32), "n = 32, alpha .1", (0.36443, 0.00123));
    let least = [1, 2, 4, 8, 16, 32, 64].map(|n| draw(STEPS, &format!("n = {n}"), "n-step-sarsa", &steps(n)));
    assert!(least[2] < least[0] && least[2] < least[4] && least[4] < least[6], "{least:?}");
}

#[test]
fn one_action_makes_tree_backup_n_step_prediction() {
    check("tree-backup", 0.4, &[("n", Value::Integer(4))], "n = 4, alpha .4", (0.26399, 0.00113));
}

fn traces(lambda: f64, kind: &str) -> [(&'static str, Value); 2] {
    [("lambda", number(lambda)), ("traces", text(kind))]
}

const LAMBDAS: [f64; 6] = [0.0, 0.4, 0.8, 0.9, 0.95, 0.99];

#[test]
fn accumulating_traces_predict_as_in_the_book() {
    for id in ["sarsa-lambda", "watkins-q-lambda"] {
        let check = |alpha, lambda, what, reference| check(id, alpha, &traces(lambda, "accumulating"), what, reference);
        check(0.825, 0.0, "lambda 0, alpha .825", (0.34664, 0.00124));
        check(0.325, 0.8, "lambda .8, alpha .325", (0.26618, 0.00313));
        check(0.05, 0.99, "lambda .99, alpha .05", (0.43805, 0.00336));
    }
    for lambda in LAMBDAS {
        draw(TRACES, &format!("lambda = {lambda}"), "sarsa-lambda", &traces(lambda, "accumulating"));
    }
}

#[test]
fn dutch_traces_are_true_online() {
    let check =
        |alpha, lambda, what, reference| check("sarsa-lambda", alpha, &traces(lambda, "dutch"), what, reference);
    check(0.4, 0.8, "lambda .8, alpha .4", (0.25935, 0.00319));
    check(0.25, 0.9, "lambda .9, alpha .25", (0.28043, 0.00323));
    for lambda in LAMBDAS {
        draw(DUTCH, &format!("lambda = {lambda}"), "sarsa-lambda", &traces(lambda, "dutch"));
    }
}

/// Draws the error over the 5 states of example 6.2 by episode, and gives the least.
fn by_episode(name: &str, id: &str, alpha: f64) -> f64 {
    const EPISODES: usize = 100;
    let mut given = vec![("alpha", number(alpha)), ("alpha_schedule", text("constant")), ("gamma", number(1.0))];
    given.push(("initial_value", number(0.5)));
    let mut errors = [0.0; EPISODES + 1];
    errors[0] = (1..=5).map(|state| (f64::from(state) / 6.0 - 0.5).powi(2) / 5.0).sum::<f64>().sqrt();
    let runs = runs(50, 1000);
    let count = runs.end as f64;
    for seed in runs {
        train(&environment("random-walk", &[("states", Value::Integer(5))]), &agent(id, &given), seed, |episode| {
            let q = episode.table.unwrap().q;
            let squares: f64 = (1..=5).map(|state| (q[state] - state as f64 / 6.0).powi(2)).sum();
            errors[episode.index as usize + 1] += (squares / 5.0).sqrt() / count;
            (episode.index as usize) < EPISODES - 1
        });
    }
    BY_EPISODE.curve(name, errors.iter().enumerate().map(|(episode, error)| (episode as f64, *error)));
    errors.into_iter().fold(f64::INFINITY, f64::min)
}

#[test]
fn temporal_differences_predict_better_than_monte_carlo() {
    let least = |least: f64, error: f64| least.min(error);
    let differences =
        [0.05, 0.1, 0.15].map(|alpha| by_episode(&format!("TD, alpha {alpha}"), "sarsa", alpha)).into_iter();
    let monte_carlo = [0.01, 0.02, 0.03, 0.04]
        .map(|alpha| by_episode(&format!("MC, alpha {alpha}"), "monte-carlo", alpha))
        .into_iter();
    let (differences, monte_carlo) = (differences.fold(f64::INFINITY, least), monte_carlo.fold(f64::INFINITY, least));
    assert!(differences < monte_carlo, "{differences} and {monte_carlo}");
}
