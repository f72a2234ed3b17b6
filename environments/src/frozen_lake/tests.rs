use super::*;
use crate::environment::Environment;
use crate::planning::{best_within, optimal_values, random_values, start_value};
use crate::registry;
use shared::spec::EnvironmentSpec;

fn environment(parameters: &[(&str, Value)]) -> FiniteEnvironment {
    let given = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap()
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

#[track_caller]
fn check_refused(parameters: &[(&str, Value)], expected: &str) {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let error = registry::build(&EnvironmentSpec { id: "frozen-lake".into(), parameters }).unwrap_err();
    assert_eq!(error.to_string(), format!("frozen-lake: {expected}"));
}

#[track_caller]
fn check_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
}

// The values below are solutions of Gymnasium's own tables by dynamic programming.

#[test]
fn optimal_values_of_the_small_lake() {
    let environment = environment(&[]);
    let model = environment.model().unwrap();
    let values = optimal_values(model, 0.99);
    check_close(values[0], 0.542_025_932_000_309_9);
    check_close(values[14], 0.862_837_430_148_843_1);
    check_close(start_value(model, &optimal_values(model, 0.9)), 0.068_890_904_888_937_76);
    check_close(start_value(model, &random_values(model, 0.99)), 0.012_356_137_325_163_214);
    check_close(best_within(model, 100), 0.744_190_287_829_269_7);
}

#[test]
fn optimal_values_of_the_large_lake() {
    let environment = environment(&[("map", text("8x8"))]);
    let model = environment.model().unwrap();
    check_close(start_value(model, &optimal_values(model, 0.99)), 0.414_640_361_799_862_8);
    check_close(start_value(model, &optimal_values(model, 0.9)), 0.006_411_114_261_529_746_5);
    check_close(best_within(model, 200), 0.913_220_150_201_629_6);
}

#[test]
fn optimal_values_without_slipping() {
    let environment = environment(&[("slippery", Value::Flag(false))]);
    let model = environment.model().unwrap();
    check_close(start_value(model, &optimal_values(model, 0.99)), 0.950_990_049_899_999_9);
    check_close(start_value(model, &optimal_values(model, 0.9)), 0.590_490_000_000_000_2);
}

#[test]
fn random_lakes_have_a_path_and_follow_their_seed() {
    let lake = |seed: i64| environment(&[("map", text("random")), ("map_seed", Value::Integer(seed))]).text();
    assert_eq!(lake(3), lake(3));
    assert_ne!(lake(3), lake(4));
    let icy = environment(&[("map", text("random")), ("size", Value::Integer(64)), ("frozen", Value::Number(1.0))]);
    assert_eq!(icy.state_count(), 64 * 64);
}

#[test]
fn faulty_lakes_are_refused_with_place_and_reason() {
    let own = |map: &str| [("map", text("own")), ("own_map", text(map))];
    let letters = "One letter a cell: S start, F ice, H hole, G goal.";
    check_refused(&own("SFF\nF#G"), &format!("own_map: row 2, column 2: unknown letter '#'. {letters}"));
    check_refused(&own("SXF\nFFG"), &format!("own_map: row 1, column 2: unknown letter 'X'. {letters}"));
    check_refused(&own("SFF\nFG"), "own_map: row 2 has 2 cells, but row 1 has 3");
    check_refused(&own("SHG"), "own_map: no goal G can be reached from a start S");
    check_refused(&own("FFG"), "own_map: the map has no start S");
    check_refused(
        &[("map", text("random")), ("frozen", Value::Number(0.0))],
        "frozen: none of 10000 random maps of this size had a path to the goal; allow more ice",
    );
}
