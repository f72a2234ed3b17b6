//! Parameters: whatever a form can send, an environment is built or the reason is told; nothing panics.

use crate::descriptions::check_scene;
use crate::{seed, wander};
use environments::registry::{self, EnvironmentVisitor};
use environments::{Environment, Generator};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterKind, ParameterSpec, Parameters, Value};
use shared::spec::EnvironmentSpec;

/// Plays a little, so that what can go wrong after building does.
struct Play;

impl EnvironmentVisitor for Play {
    type Output = ();

    fn visit<E: Environment>(self, mut environment: E) {
        let mut observation = vec![0.0; environment.describe().observation.len()];
        let mut player = Generator::new(seed(5));
        for number in 0..2 {
            environment.reset(seed(number));
            wander(&mut environment, &mut player, 50, |environment, _, step| {
                assert!(step.reward.is_finite(), "reward {}", step.reward);
                environment.observe(&mut observation);
                check_scene("a drawn environment", &environment.draw());
            });
            assert!(observation.iter().all(|it| it.is_finite()), "{observation:?}");
            check_scene("a drawn environment", &environment.draw());
            assert!(!environment.text().is_empty());
        }
    }
}

/// Builds and plays, or checks that the refusal has a reason.
fn try_out(id: &str, parameters: Parameters) -> bool {
    match registry::build(&EnvironmentSpec { id: id.to_owned(), parameters }) {
        Ok(environment) => {
            environment.accept(Play);
            true
        }
        Err(error) => {
            assert!(error.to_string().starts_with(&format!("{id}: ")), "{error}");
            false
        }
    }
}

/// Values worth trying one at a time, all within the declared range.
fn corners(spec: &ParameterSpec) -> Vec<Value> {
    match &spec.kind {
        ParameterKind::Number { min, max, default, .. } => [*min, *max, *default].map(Value::Number).to_vec(),
        ParameterKind::Integer { min, max, default } => [*min, *max, *default].map(Value::Integer).to_vec(),
        ParameterKind::Flag { .. } => [false, true].map(Value::Flag).to_vec(),
        ParameterKind::Choice { options, .. } => options.iter().map(|it| Value::Text(it.value.clone())).collect(),
        ParameterKind::Text { default, .. } => {
            ["", default.as_str(), "?", "S", "1,2,3", "[]", "{}", "\n\n"].map(|it| Value::Text(it.to_owned())).to_vec()
        }
    }
}

#[test]
fn every_corner_of_every_parameter_builds_or_is_refused() {
    for entry in registry::catalog() {
        assert!(try_out(&entry.id, Parameters::new()), "{}: the defaults are refused", entry.id);
        for spec in &entry.parameters {
            let values = corners(spec);
            let built = values
                .iter()
                .filter(|value| try_out(&entry.id, Parameters::from([(spec.name.clone(), (*value).clone())])));
            assert!(built.count() > 0, "{}: no value of {} can be taken", entry.id, spec.name);
        }
    }
}

/// What a range allows can be taken, unless what is refused depends on the other values and the refusal says so.
#[test]
fn the_ends_of_every_range_can_be_taken() {
    let mut refused = Vec::new();
    for entry in registry::catalog() {
        for spec in &entry.parameters {
            let ends = match &spec.kind {
                ParameterKind::Number { min, max, .. } => [*min, *max].map(Value::Number).to_vec(),
                ParameterKind::Integer { min, max, .. } => [*min, *max].map(Value::Integer).to_vec(),
                _ => Vec::new(),
            };
            for value in ends {
                let parameters = Parameters::from([(spec.name.clone(), value.clone())]);
                if let Err(error) = registry::build(&EnvironmentSpec { id: entry.id.clone(), parameters }) {
                    refused.push(format!("{value}: {error}"));
                }
            }
        }
    }
    assert_eq!(refused, ["127: gambler: start: must be below the goal of 100, not 127"]);
}

#[test]
fn values_out_of_range_are_refused_with_the_range() {
    for entry in registry::catalog() {
        for spec in &entry.parameters {
            let beyond = match &spec.kind {
                ParameterKind::Number { max, .. } => Value::Number(max + 1.0),
                ParameterKind::Integer { max, .. } => Value::Integer(max + 1),
                ParameterKind::Flag { .. } => Value::Integer(2),
                ParameterKind::Choice { .. } => Value::Text("no such choice".into()),
                // Files of any size that fits into memory.
                ParameterKind::Text { max_characters: 1_000_000.., .. } => continue,
                ParameterKind::Text { max_characters, .. } => Value::Text("x".repeat(max_characters + 1)),
            };
            let parameters = Parameters::from([(spec.name.clone(), beyond)]);
            let error = registry::build(&EnvironmentSpec { id: entry.id.clone(), parameters }).unwrap_err();
            assert!(error.to_string().contains(&format!("{} must be", spec.name)), "{error}");
        }
    }
}

/// Any value of the kind, mostly within the range.
fn any_value(spec: &ParameterSpec) -> BoxedStrategy<Value> {
    match spec.kind.clone() {
        ParameterKind::Number { min, max, .. } => (min..=max).prop_map(Value::Number).boxed(),
        ParameterKind::Integer { min, max, .. } => {
            // Large sizes take long to build and small ones fail sooner.
            prop_oneof![4 => min..=max.min(min + 12), 1 => min..=max].prop_map(Value::Integer).boxed()
        }
        ParameterKind::Flag { .. } => any::<bool>().prop_map(Value::Flag).boxed(),
        ParameterKind::Choice { options, .. } => select(options).prop_map(|option| Value::Text(option.value)).boxed(),
        ParameterKind::Text { .. } => {
            let letters = "[SFGH#.M^v<>ab\n]{0,30}|S[F#HG]{0,62}G|S\nF{0,1}\nG".prop_map(Value::Text);
            let table = "([ab],[xy],(1|0[.]5),[ab],-?[0-9]\n){1,4}|[a-z]{1,300},[a-z ]{1,300},1,end,-?[1-9]e-?[1-3][0-9]{0,2},true"
                .prop_map(Value::Text);
            let formula = "[0-9a-z_+*/() .-]{0,20}".prop_map(Value::Text);
            prop_oneof![letters, table, formula, any::<String>().prop_map(Value::Text)].boxed()
        }
    }
}

/// Some of an entry's parameters, each with any value.
fn any_parameters(entry: &CatalogEntry) -> BoxedStrategy<Parameters> {
    let values: Vec<_> = entry
        .parameters
        .iter()
        .map(|spec| (Just(spec.name.clone()), prop::option::weighted(0.4, any_value(spec))))
        .collect();
    values.prop_map(|values| values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()).boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_combination_of_parameters_panics(
        (id, parameters) in any::<Index>().prop_flat_map(|index| {
            let catalog = registry::catalog();
            let entry = index.get(&catalog);
            (Just(entry.id.clone()), any_parameters(entry))
        })
    ) {
        try_out(&id, parameters);
    }
}
