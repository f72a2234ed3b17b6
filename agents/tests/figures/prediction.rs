//! Predicting the 19-state random walk: Sutton and Barto, 2nd edition, figures 7.2, 12.6 and 12.8.
//!
//! The walk has one action, so that every learner of action values predicts.

use crate::experiment::{Sample, number, runs, text, train};
use crate::pairs::{agent, world};
use shared::parameter::Value;

/// Root of the mean squared error of all 19 values, averaged over the first ten episodes of each run.
fn errors(id: &str, alpha: f64, more: &[(&str, Value)]) -> Sample {
    let mut given = vec![("alpha", number(alpha)), ("gamma", number(1.0))];
    given.extend_from_slice(more);
    let walk = world("random-walk", &[("states", Value::Integer(19)), ("left_reward", number(-1.0))]);
    runs(100, 2000)
        .map(|seed| {
            let mut sum = 0.0;
            train(&walk, &agent(id, &given), seed, |episode| {
                let q = episode.table.unwrap().q;
                let error = |state: usize| q[state] - (state as f64 - 10.0) / 10.0;
                let squares: f64 = (1..=19).map(|state| error(state) * error(state)).sum();
                sum += (squares / 19.0).sqrt();
                episode.index < 9
            });
            sum / 10.0
        })
        .collect()
}

#[test]
fn four_steps_are_better_than_one_and_than_many() {
    let steps = |n| [("n", Value::Integer(n))];
    errors("n-step-sarsa", 0.8, &steps(1)).check("n-step-sarsa, n = 1, alpha .8", 0.34523, 0.00045);
    errors("n-step-sarsa", 0.4, &steps(4)).check("n-step-sarsa, n = 4, alpha .4", 0.26399, 0.00113);
    errors("n-step-sarsa", 0.2, &steps(8)).check("n-step-sarsa, n = 8, alpha .2", 0.27878, 0.00102);
    errors("n-step-sarsa", 0.1, &steps(32)).check("n-step-sarsa, n = 32, alpha .1", 0.36443, 0.00123);
}

#[test]
fn one_action_makes_tree_backup_n_step_prediction() {
    errors("tree-backup", 0.4, &[("n", Value::Integer(4))]).check("tree-backup, n = 4, alpha .4", 0.26399, 0.00113);
}

#[test]
fn accumulating_traces_predict_as_in_the_book() {
    let traces = |lambda| [("lambda", number(lambda)), ("traces", text("accumulating"))];
    for id in ["sarsa-lambda", "watkins-q-lambda"] {
        errors(id, 0.825, &traces(0.0)).check(&format!("{id}, lambda 0, alpha .825"), 0.34664, 0.00124);
        errors(id, 0.325, &traces(0.8)).check(&format!("{id}, lambda .8, alpha .325"), 0.26618, 0.00313);
        errors(id, 0.05, &traces(0.99)).check(&format!("{id}, lambda .99, alpha .05"), 0.43805, 0.00336);
    }
}

#[test]
fn dutch_traces_are_true_online() {
    let traces = |lambda| [("lambda", number(lambda)), ("traces", text("dutch"))];
    errors("sarsa-lambda", 0.4, &traces(0.8)).check("sarsa-lambda, lambda .8, alpha .4", 0.25935, 0.00319);
    errors("sarsa-lambda", 0.25, &traces(0.9)).check("sarsa-lambda, lambda .9, alpha .25", 0.28043, 0.00323);
}
