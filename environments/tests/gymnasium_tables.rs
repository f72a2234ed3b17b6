//! The toy-text environments have the transition tables of Gymnasium 1.4.0, entry by entry and option by option. The
//! tables in `fixtures/toy_text.json` were written by `fixtures/toy_text.py`.

use environments::registry::{self, EnvironmentVisitor};
use environments::{ActionMask, Environment, Model};
use serde::Deserialize;
use shared::parameter::Parameters;
use shared::spec::EnvironmentSpec;

#[derive(Deserialize)]
struct Table {
    environment: String,
    parameters: Parameters,
    step_limit: Option<u32>,
    start: Vec<(u32, f64)>,
    probabilities: Vec<f64>,
    rewards: Vec<f64>,
    masks: Option<Vec<u64>>,
    /// For every state and action.
    outcomes: Vec<Vec<Vec<Entry>>>,
}

/// Index of the probability, next state, index of the reward, 1 if terminated.
type Entry = (usize, u32, usize, u8);

/// An environment's own model and step limit.
struct Exact;

impl EnvironmentVisitor for Exact {
    type Output = (Model, Option<u32>);

    fn visit<E: Environment>(self, environment: E) -> Self::Output {
        (environment.model().expect("an exact model").clone(), environment.describe().step_limit)
    }
}

fn tables() -> Vec<Table> {
    serde_json::from_str(include_str!("../fixtures/toy_text.json")).expect("tables")
}

fn exact(id: &str, parameters: Parameters) -> (Model, Option<u32>) {
    registry::build(&EnvironmentSpec { id: id.into(), parameters }).expect("an environment").accept(Exact)
}

#[test]
fn transition_tables_equal_gymnasium_entry_by_entry() {
    let tables = tables();
    assert_eq!(tables.len(), 11);
    for table in tables {
        let name = format!("{} {:?}", table.environment, table.parameters);
        let (model, step_limit) = exact(&table.environment, table.parameters);
        assert_eq!(model.states(), table.outcomes.len(), "{name}");
        assert_eq!(step_limit, table.step_limit, "{name}");
        assert_eq!(model.start(), table.start, "{name}");
        for (state, actions) in table.outcomes.iter().enumerate() {
            assert_eq!(model.actions(), actions.len(), "{name}");
            for (action, expected) in actions.iter().enumerate() {
                let found: Vec<_> = model
                    .outcomes(state, action)
                    .iter()
                    .map(|it| (it.probability, it.next, it.reward, u8::from(it.terminated)))
                    .collect();
                let expected: Vec<_> = expected
                    .iter()
                    .map(|(p, next, r, ended)| (table.probabilities[*p], *next, table.rewards[*r], *ended))
                    .collect();
                assert_eq!(found, expected, "{name}: state {state}, action {action}");
            }
        }
    }
}

/// Gymnasium's limits need not be asked for.
#[test]
fn the_limit_of_each_variant_is_that_of_gymnasium() {
    for mut table in tables() {
        table.parameters.retain(|name, _| name != "step_limit");
        let name = format!("{} {:?}", table.environment, table.parameters);
        assert_eq!(exact(&table.environment, table.parameters).1, table.step_limit, "{name}");
    }
}

#[test]
fn taxi_masks_equal_gymnasium() {
    let table = tables().into_iter().find(|it| it.masks.is_some()).unwrap();
    let masked = Parameters::from([("action_mask".into(), shared::parameter::Value::Flag(true))]);
    let (model, _) = exact("taxi", masked);
    for (state, mask) in table.masks.unwrap().into_iter().enumerate() {
        assert_eq!(model.legal(state), ActionMask(mask), "state {state}");
    }
}

/// A passenger who may change the destination doubles the states: from 500 on the change is still to come.
#[test]
fn without_a_change_of_mind_a_fickle_passenger_is_like_any_other() {
    let fickle = |rainy: bool| {
        let flag = shared::parameter::Value::Flag;
        exact("taxi", Parameters::from([("fickle".into(), flag(true)), ("rainy".into(), flag(rainy))])).0
    };
    let plain =
        |rainy: bool| exact("taxi", Parameters::from([("rainy".into(), shared::parameter::Value::Flag(rainy))])).0;
    for rainy in [false, true] {
        let (fickle, plain) = (fickle(rainy), plain(rainy));
        assert_eq!((fickle.states(), plain.states()), (1000, 500));
        for (state, action) in (0..500).flat_map(|state| (0..6).map(move |action| (state, action))) {
            assert_eq!(fickle.outcomes(state, action), plain.outcomes(state, action));
        }
        let start: f64 = fickle.start().iter().filter(|(state, _)| *state >= 500).map(|(_, p)| p).sum();
        assert!((start - 0.3).abs() < 1e-12);
    }
}
