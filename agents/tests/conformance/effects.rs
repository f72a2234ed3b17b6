//! Whether every parameter has an effect, or says what it needs for one.

use crate::{Loop, batch, pairs};
use agents::agent::{Agent, CurrentState};
use agents::registry;
use environments::{Environment, Generator};
use shared::describe::CatalogEntry;
use shared::parameter::{NeededValues, ParameterKind, ParameterSpec, Parameters, Value, settle};
use shared::quantity::Seed;
use shared::spec::AgentSpec;
use shared::spec::EnvironmentSpec;
use std::collections::BTreeMap;

/// What an agent did and believes.
#[derive(Clone, PartialEq)]
struct Behaviour {
    so_far: Loop,
    untrained: Vec<u16>,
    values: Vec<u64>,
    policy: Vec<u64>,
    greedy: Vec<u16>,
    discount: u64,
}

struct Watch;

impl pairs::AnyVisitor for Watch {
    type Output = Behaviour;

    fn visit<E: Environment, A: Agent + ?Sized>(self, mut environment: E, mut agent: Box<A>) -> Behaviour {
        let untrained = greedy(&mut environment.clone(), &*agent);
        let mut so_far = Loop::default();
        // A divergence is an effect, too.
        let steps = match environment.state_count() {
            0 if environment.action_count() > 10 => 120,
            0 => 6000,
            _ => 1500,
        };
        let _ = so_far.advance(&mut environment, &mut *agent, steps);
        // What else is saved, schedules and traces, tells nothing of what was learned.
        let numbers = agent.save().numbers;
        let learned = ["q", "weights", "mean", "variance"].iter().filter_map(|name| numbers.get(*name));
        let learned: Vec<f64> = learned.flat_map(|column| column.0.clone()).collect();
        let policy = (0..environment.state_count()).flat_map(|state| policy_of(&*agent, state, &environment)).collect();
        Behaviour {
            untrained,
            values: learned.into_iter().map(f64::to_bits).collect(),
            policy,
            greedy: greedy(&mut environment, &*agent),
            discount: agent.discount().to_bits(),
            so_far,
        }
    }
}

/// What the agent believes best on a few short ways.
fn greedy<E: Environment>(environment: &mut E, agent: &(impl Agent + ?Sized)) -> Vec<u16> {
    let mut generator = Generator::new(Seed::default());
    let mut greedy = Vec::new();
    for number in 0..3 {
        environment.reset(Seed::new(number).unwrap());
        for _ in 0..15 {
            if environment.ended() {
                break;
            }
            let action = agent.greedy(CurrentState::of(environment), &mut generator);
            greedy.push(action);
            environment.step(action).unwrap();
        }
    }
    greedy
}

fn policy_of<E: Environment>(agent: &(impl Agent + ?Sized), state: usize, environment: &E) -> Vec<u64> {
    let mut shares = vec![0.0; environment.action_count()];
    agent.policy(state, environment.legal_actions(), &mut shares);
    shares.into_iter().map(f64::to_bits).collect()
}

/// One agent in environments of several kinds.
struct Tried<'a> {
    entry: &'a CatalogEntry,
    environments: Vec<EnvironmentSpec>,
    known: BTreeMap<String, Option<Behaviour>>,
}

impl<'a> Tried<'a> {
    fn new(entry: &'a CatalogEntry) -> Self {
        let small = |id: &str, map: &str| pairs::environment(id, &[("map", Value::Text(map.into()))]);
        let environments = vec![
            small("gridworld", "SFF\nFHF\nFFG"),
            pairs::environment("windy-gridworld", &[("stochastic", Value::Flag(true))]),
            pairs::environment("bandit", &[("step_limit", Value::Integer(50))]),
            pairs::environment("cart-pole", &[]),
            // With blocks of observations by action.
            pairs::environment("tetris", &[("view", Value::Text("placements".into()))]),
        ];
        Self { entry, environments, known: BTreeMap::new() }
    }

    fn behaviour(&mut self, environment: usize, parameters: &Parameters) -> Option<Behaviour> {
        let (entry, environment_spec) = (self.entry, &self.environments[environment]);
        let key = format!("{environment} {parameters:?}");
        let watch = || {
            let agent = AgentSpec { id: entry.id.clone(), parameters: parameters.clone() };
            pairs::with(environment_spec, &agent, 1, Watch).ok()
        };
        self.known.entry(key).or_insert_with(watch).clone()
    }

    /// Whether some value of a parameter changes anything anywhere beside these.
    fn has_effect(&mut self, spec: &ParameterSpec, beside: &Parameters) -> bool {
        (0..self.environments.len()).any(|environment| {
            let Some(without) = self.behaviour(environment, beside) else { return false };
            others(self.entry, spec).into_iter().any(|value| {
                let mut with = beside.clone();
                with.insert(spec.name.clone(), value);
                self.behaviour(environment, &with).is_none_or(|with| with != without)
            })
        })
    }
}

/// Values other than the default.
pub(crate) fn others(entry: &CatalogEntry, spec: &ParameterSpec) -> Vec<Value> {
    match &spec.kind {
        ParameterKind::Number { min, max, default, .. } => {
            let all = [f64::midpoint(*default, *max), f64::midpoint(*default, *min), *max, *min];
            all.iter().filter(|it| *it != default).map(|it| Value::Number(*it)).collect()
        }
        ParameterKind::Integer { min, max, default } => {
            let all = [default + 1, default - 1, *min, (*max).min(default + 20)];
            all.iter().filter(|it| *it != default && (min..=max).contains(it)).map(|it| Value::Integer(*it)).collect()
        }
        _ => switch(entry, &spec.name).into_iter().filter(|it| *it != spec.default_value()).collect(),
    }
}

/// The values of a choice or a flag, or of a count of which 0 stands for none; nothing of other parameters.
pub(crate) fn switch(entry: &CatalogEntry, name: &str) -> Vec<Value> {
    let spec = entry.parameters.iter().find(|spec| spec.name == name).expect("a parameter");
    match &spec.kind {
        ParameterKind::Choice { options, .. } => options.iter().map(|it| Value::Text(it.value.clone())).collect(),
        ParameterKind::Flag { .. } => [false, true].map(Value::Flag).to_vec(),
        ParameterKind::Integer { min: 0, .. } => [0, 3].map(Value::Integer).to_vec(),
        _ => Vec::new(),
    }
}

/// Values of other parameters with which this one has an effect: what it needs, what that needs, and so on.
pub(crate) fn needed(entry: &CatalogEntry, spec: &ParameterSpec) -> Parameters {
    let mut values = Parameters::new();
    for condition in spec.needs.iter().filter_map(|need| need.any.first()) {
        let other = entry.parameters.iter().find(|other| other.name == condition.parameter).expect("a known parameter");
        values.extend(needed(entry, other));
        let mut candidates = std::iter::once(other.default_value()).chain(switch(entry, &other.name));
        let value = candidates.find(|value| needs_of(spec, &other.name).iter().all(|it| allow(it, value)));
        values.insert(other.name.clone(), value.expect("a value that fits"));
    }
    values
}

/// All that a parameter asks of another one.
fn needs_of<'a>(spec: &'a ParameterSpec, other: &str) -> Vec<&'a NeededValues> {
    let conditions = spec.needs.iter().filter_map(|need| need.any.first());
    conditions.filter(|condition| condition.parameter == other).map(|condition| &condition.values).collect()
}

fn allow(needed: &NeededValues, value: &Value) -> bool {
    match needed {
        NeededValues::OneOf(values) => values.contains(value),
        NeededValues::OtherThan(values) => !values.contains(value),
    }
}

#[test]
fn every_parameter_has_an_effect_where_it_says_so_and_nowhere_else() {
    let mut findings = Vec::new();
    // What acts in copies takes longer, and is looked at in its own module.
    for entry in registry::catalog().into_iter().filter(|it| !batch::acts_in_copies(it)) {
        let mut tried = Tried::new(&entry);
        for spec in &entry.parameters {
            let beside = needed(&entry, spec);
            assert!(spec.unmet(&entry.parameters, &beside).is_none(), "{} {}: {beside:?}", entry.id, spec.name);
            if !tried.has_effect(spec, &beside) {
                findings.push(format!("{}: {} has no effect beside {beside:?}", entry.id, spec.name));
            }
            for other in entry.parameters.iter().filter(|other| other.name != spec.name) {
                for value in switch(&entry, &other.name) {
                    let mut values = beside.clone();
                    values.insert(other.name.clone(), value);
                    let said = spec.unmet(&entry.parameters, &values).is_none();
                    if tried.has_effect(spec, &values) != said {
                        let what = if said { "says that it has an effect" } else { "says that it has none" };
                        findings.push(format!("{}: {} {what} beside {values:?}", entry.id, spec.name));
                    }
                }
            }
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn presets_and_recommended_values_hold_nothing_without_effect() {
    for entry in registry::catalog() {
        for preset in &entry.presets {
            let settled = settle(&entry.parameters, &Parameters::new(), &preset.values);
            assert_eq!(settled.as_ref(), Ok(&preset.values), "{}: {}", entry.id, preset.name);
        }
        for environment in environments::registry::catalog() {
            let recommended = agents::recommended::agent(&environment.id, &entry.id).parameters;
            let settled = settle(&entry.parameters, &Parameters::new(), &recommended);
            assert_eq!(settled.as_ref(), Ok(&recommended), "{} in {}", entry.id, environment.id);
        }
    }
}

/// What a range allows can be taken, and a few steps be learned with it.
#[test]
fn the_ends_of_every_range_can_be_taken() {
    struct Steps;
    impl pairs::AnyVisitor for Steps {
        type Output = ();
        fn visit<E: Environment, A: Agent + ?Sized>(self, mut environment: E, mut agent: Box<A>) {
            // Values may diverge, but nothing panics.
            let _ = Loop::default().advance(&mut environment, &mut *agent, 50);
        }
    }
    for entry in registry::catalog().into_iter().filter(|it| !batch::acts_in_copies(it)) {
        for spec in &entry.parameters {
            let ends = match &spec.kind {
                ParameterKind::Number { min, max, .. } => [*min, *max].map(Value::Number),
                ParameterKind::Integer { min, max, .. } => [*min, *max].map(Value::Integer),
                _ => continue,
            };
            for end in ends {
                let mut parameters = needed(&entry, spec);
                parameters.insert(spec.name.clone(), end.clone());
                let agent = AgentSpec { id: entry.id.clone(), parameters };
                let taken = |environment: &str| pairs::with(&pairs::environment(environment, &[]), &agent, 1, Steps);
                let taken = taken("gridworld").or_else(|_| taken("bandit"));
                assert_eq!(taken, Ok(()), "{}: {}={end}", entry.id, spec.name);
            }
        }
    }
}
