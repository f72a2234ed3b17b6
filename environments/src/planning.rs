//! Exact solutions of small models, for tests: dynamic programming in a few lines.

use crate::model::{Model, Outcome};

fn expected(outcomes: &[Outcome], values: &[f64], discount: f64) -> f64 {
    outcomes
        .iter()
        .map(|it| {
            let after = if it.terminated { 0.0 } else { discount * values[it.next as usize] };
            it.probability * (it.reward + after)
        })
        .sum()
}

/// The value of every legal action of a state, illegal ones negative infinity.
pub(crate) fn action_values(model: &Model, values: &[f64], discount: f64, state: usize) -> Vec<f64> {
    let legal = model.legal(state);
    let value = |action: usize| {
        if legal.allows(action as u16) {
            expected(model.outcomes(state, action), values, discount)
        } else {
            f64::NEG_INFINITY
        }
    };
    (0..model.actions()).map(value).collect()
}

/// V* by value iteration until no value changes by more than 1e-14 (relative to its size).
pub(crate) fn optimal_values(model: &Model, discount: f64) -> Vec<f64> {
    iterate(model, |values, state| {
        action_values(model, values, discount, state).into_iter().fold(f64::NEG_INFINITY, f64::max)
    })
}

/// The values of choosing uniformly among the legal actions.
pub(crate) fn random_values(model: &Model, discount: f64) -> Vec<f64> {
    iterate(model, |values, state| {
        let legal = model.legal(state);
        let sum: f64 =
            legal.iter().map(|action| expected(model.outcomes(state, usize::from(action)), values, discount)).sum();
        sum / f64::from(legal.count())
    })
}

/// The mean number of steps of an episode of uniformly random actions.
pub(crate) fn random_length(model: &Model) -> f64 {
    let lengths = iterate(model, |lengths, state| {
        let legal = model.legal(state);
        let after = |action: u16| -> f64 {
            let lasting = model.outcomes(state, usize::from(action)).iter().filter(|it| !it.terminated);
            lasting.map(|it| it.probability * lengths[it.next as usize]).sum()
        };
        1.0 + legal.iter().map(after).sum::<f64>() / f64::from(legal.count())
    });
    start_value(model, &lengths)
}

/// The expected value of the start.
pub(crate) fn start_value(model: &Model, values: &[f64]) -> f64 {
    model.start().iter().map(|(state, probability)| probability * values[*state as usize]).sum()
}

/// The best expected return of an episode that is cut after `limit` steps.
pub(crate) fn best_within(model: &Model, limit: usize) -> f64 {
    let mut values = vec![0.0; model.states()];
    for _ in 0..limit {
        let best = |state| action_values(model, &values, 1.0, state).into_iter().fold(f64::NEG_INFINITY, f64::max);
        values = (0..model.states()).map(best).collect();
    }
    start_value(model, &values)
}

fn iterate(model: &Model, update: impl Fn(&[f64], usize) -> f64) -> Vec<f64> {
    let mut values = vec![0.0; model.states()];
    for _ in 0..1_000_000 {
        let mut change = 0.0_f64;
        for state in 0..values.len() {
            let value = update(&values, state);
            change = change.max((value - values[state]).abs() / value.abs().max(1.0));
            values[state] = value;
        }
        if change < 1e-14 {
            return values;
        }
    }
    panic!("the values do not settle");
}
