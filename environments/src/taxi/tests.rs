use super::*;
use crate::environment::{Environment, StepError};
use crate::planning::{optimal_values, start_value};
use shared::quantity::Seed;

fn environment(flags: &[&str]) -> FiniteEnvironment {
    let given = flags.iter().map(|name| ((*name).to_owned(), Value::Flag(true))).collect();
    build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap()
}

#[test]
fn the_mean_optimal_return_over_the_300_starts_is_7_93() {
    let environment = environment(&[]);
    let model = environment.model().unwrap();
    let values = optimal_values(model, 1.0);
    assert_eq!(model.start().len(), 300);
    let returns: Vec<f64> = model.start().iter().map(|(state, _)| values[*state as usize]).collect();
    assert!((returns.iter().sum::<f64>() - 2379.0).abs() < 1e-9);
    let count = |value: f64| returns.iter().filter(|it| (**it - value).abs() < 1e-9).count();
    let histogram: Vec<usize> = (3..=15).map(|value| count(f64::from(value))).collect();
    assert_eq!(histogram, [8, 20, 30, 35, 44, 43, 38, 31, 24, 13, 7, 5, 2]);
}

#[test]
fn discounted_values_are_those_of_the_table() {
    let environment = environment(&[]);
    let model = environment.model().unwrap();
    let values = optimal_values(model, 0.99);
    assert!((values.iter().sum::<f64>() - 4_711.418_628_270_201).abs() < 1e-8);
    assert!((start_value(model, &values) - 6.327_464_314_919_367).abs() < 1e-9);
}

#[test]
fn a_masked_taxi_loses_nothing_and_refuses_useless_actions() {
    let mut masked = environment(&["action_mask"]);
    let model = masked.model().unwrap();
    assert!((start_value(model, &optimal_values(model, 1.0)) - 7.93).abs() < 1e-9);
    masked.reset(Seed::default());
    let legal = masked.legal_actions();
    assert!(!legal.allows(DROP_OFF as u16));
    assert_eq!(masked.step(DROP_OFF as u16), Err(StepError::IllegalAction { action: DROP_OFF as u16, legal }));
}

#[test]
fn a_fickle_passenger_changes_the_destination_on_the_first_move_only() {
    let environment = environment(&["fickle"]);
    let model = environment.model().unwrap();
    let aboard = TaxiState { row: 2, column: 2, passenger: RIDING, destination: 1, fickle: true };
    let after: Vec<_> = model
        .outcomes(aboard.state(), NORTH)
        .iter()
        .map(|it| (TaxiState::from_state(it.next as usize), it.probability))
        .collect();
    let to = |destination| (TaxiState { row: 1, destination, fickle: false, ..aboard }, 1.0 / 3.0);
    assert_eq!(after, [to(0), to(2), to(3)]);
    let corner = TaxiState { row: 0, column: 0, ..aboard };
    assert_eq!(model.outcomes(corner.state(), NORTH)[0].next as usize, corner.state(), "not before the taxi moves");
    let waiting = TaxiState { passenger: 0, ..aboard };
    assert!(TaxiState::from_state(model.outcomes(waiting.state(), NORTH)[0].next as usize).fickle);
}

#[test]
fn states_come_apart_and_together_again() {
    for state in 0..2 * STATES {
        assert_eq!(TaxiState::from_state(state).state(), state);
    }
}

#[test]
fn the_states_of_a_place_follow_each_other_as_slices() {
    for options in [&[][..], &["fickle"]] {
        let Some(StateLayout::Boxes { centres, .. }) = environment(options).describe().layout else {
            panic!("the states have places")
        };
        let places: Vec<_> = centres.chunk_by(|one, other| one == other).map(<[_]>::len).collect();
        assert_eq!(places, vec![20; centres.len() / 20], "five places of the passenger times four destinations");
    }
}
