//! Whether every option has an effect, or says what it needs for one.

use crate::{choose, choose_any, seed};
use environments::registry::{self, EnvironmentVisitor};
use environments::{Environment, Generator, Model};
use shared::action::Action;
use shared::describe::{CatalogEntry, EnvironmentDescription};
use shared::parameter::{NeededValues, ParameterKind, ParameterSpec, Parameters, Value, settle};
use shared::spec::EnvironmentSpec;

/// Everything that an option could change.
#[derive(PartialEq)]
struct Behaviour {
    description: EnvironmentDescription,
    model: Option<Model>,
    seen: Vec<(u64, Vec<u32>, String)>,
}

struct Watch;

impl EnvironmentVisitor for Watch {
    type Output = Behaviour;

    fn visit<E: Environment>(self, mut environment: E) -> Behaviour {
        let description = environment.describe();
        let mut observation = vec![0.0; description.observation.len()];
        let mut player = Generator::new(seed(5));
        let mut seen = Vec::new();
        // The model of a finite environment tells all about its steps.
        let (episodes, steps) = if environment.model().is_some() { (1, 5) } else { (9, 400) };
        for number in 0..episodes {
            environment.reset(seed(number));
            environment.observe(&mut observation);
            seen.push((0, observation.iter().map(|it| it.to_bits()).collect(), environment.text()));
            for _ in 0..steps {
                if environment.ended() {
                    break;
                }
                let action = match environment.action_count() {
                    0 => choose_any(&environment, &mut player),
                    _ => Action::Discrete(play(&environment, &description.id, number, &mut player)),
                };
                let step = environment.step_any(action.as_ref()).expect("a legal action");
                environment.observe(&mut observation);
                seen.push((
                    step.reward.to_bits(),
                    observation.iter().map(|it| it.to_bits()).collect(),
                    environment.text(),
                ));
            }
        }
        Behaviour { description, model: environment.model().cloned(), seen }
    }
}

/// An action of somebody who plays well enough to see what the environment has: every third episode at random,
/// otherwise what brings most at once and, in snake, keeps alive and near the apple or far from it.
fn play<E: Environment>(environment: &E, id: &str, episode: u64, player: &mut Generator) -> u16 {
    let any = choose(environment, player);
    if episode.is_multiple_of(3) || (id != "snake" && player.below(20) == 0) {
        return any;
    }
    let description = environment.describe();
    let mut observation = vec![0.0; description.observation.len()];
    let mut worth = |action: u16| {
        let mut next = environment.clone();
        let step = next.step(action).expect("a legal action");
        next.observe(&mut observation);
        match id {
            "snake" => {
                let far = way_to_apple(&next.text());
                let bites = step.ended() && description.outcomes[usize::from(next.outcome())] == "self";
                match (episode % 3, step.ended()) {
                    // After the apple until it can bite itself, or away from the apple as long as it can.
                    (1, _) if bites => 9.0,
                    (1, false) if step.reward > 0.0 => 5.0,
                    (1, false) => -far,
                    (_, true) => -9.0,
                    (_, false) => far.min(0.3),
                }
            }
            // With the engine's help one swings up.
            "mountain-car" => f64::from(observation[1].abs()),
            _ => step.reward,
        }
    };
    let mut best = (any, worth(any));
    for action in environment.legal_actions().iter() {
        let value = worth(action);
        if value > best.1 {
            best = (action, value);
        }
    }
    best.0
}

/// Steps from the head to the apple as a share of the board's side, whatever is observed.
fn way_to_apple(text: &str) -> f64 {
    let place = |wanted: &[char]| {
        let mut rows = text.lines().skip(1).enumerate();
        rows.find_map(|(row, line)| line.find(wanted).map(|column| (column, row)))
    };
    let (Some(head), Some(apple)) = (place(&['>', 'v', '<', '^']), place(&['*'])) else { return 0.0 };
    (head.0.abs_diff(apple.0) + head.1.abs_diff(apple.1)) as f64 / (text.lines().count() - 1) as f64
}

/// What takes more skill than any player here has, beside some values of another option.
const RARE: [(&str, &str, &str); 1] = [("tetris", "line_reward", "actions")];

fn behaviour(entry: &CatalogEntry, parameters: &Parameters) -> Option<Behaviour> {
    let spec = EnvironmentSpec { id: entry.id.clone(), parameters: parameters.clone() };
    registry::build(&spec).ok().map(|environment| environment.accept(Watch))
}

/// Values other than the default.
fn others(entry: &CatalogEntry, spec: &ParameterSpec) -> Vec<Value> {
    let texts = |texts: &[&str]| texts.iter().map(|text| Value::Text((*text).into())).collect();
    match (&spec.kind, spec.name.as_str()) {
        (ParameterKind::Text { .. }, "map" | "own_map") => texts(&["SFFFG", "SFF\nFFF\nFFG"]),
        (ParameterKind::Text { .. }, "cell_rewards") => texts(&["1,0=7"]),
        (ParameterKind::Text { .. }, "table") => texts(&["high,go,1,low,3\nlow,go,1,high,1"]),
        (ParameterKind::Text { .. }, "start") => texts(&["low"]),
        (ParameterKind::Text { .. }, "wind") => texts(&["0000000000", "0001111000"]),
        (ParameterKind::Text { .. }, "own_track") => {
            texts(&[r#"{"width": 14, "points": [[0, 0], [300, 0], [300, 150], [0, 150]]}"#])
        }
        (ParameterKind::Text { .. }, _) => texts(&["0.25"]),
        (ParameterKind::Number { min, max, default, .. }, _) => {
            let all = [*min, *max, f64::midpoint(*default, *max), f64::midpoint(*default, *min)];
            all.iter().filter(|it| *it != default).map(|it| Value::Number(*it)).collect()
        }
        (ParameterKind::Integer { min, max, default }, _) => {
            let all = [default + 1, default - 1, *min, *min + 2, (*max).min(default + 20)];
            all.iter().filter(|it| *it != default && (min..=max).contains(it)).map(|it| Value::Integer(*it)).collect()
        }
        (ParameterKind::Flag { default }, _) => vec![Value::Flag(!default)],
        (ParameterKind::Choice { .. }, _) => {
            switch(entry, &spec.name).into_iter().filter(|it| *it != spec.default_value()).collect()
        }
    }
}

/// The values of a choice or a flag, or of a count of which 0 stands for none; nothing of other parameters.
fn switch(entry: &CatalogEntry, name: &str) -> Vec<Value> {
    let spec = entry.parameters.iter().find(|spec| spec.name == name).expect("a parameter");
    match &spec.kind {
        ParameterKind::Choice { options, .. } => options.iter().map(|it| Value::Text(it.value.clone())).collect(),
        ParameterKind::Flag { .. } => [false, true].map(Value::Flag).to_vec(),
        ParameterKind::Integer { min, max, .. } if *min <= 0 => {
            [0, 2, 6].into_iter().filter(|it| it <= max).map(Value::Integer).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether some value of a parameter changes anything beside these.
fn has_effect(entry: &CatalogEntry, spec: &ParameterSpec, beside: &Parameters) -> bool {
    let Some(without) = behaviour(entry, beside) else { return true };
    others(entry, spec).into_iter().any(|value| {
        let mut with = beside.clone();
        with.insert(spec.name.clone(), value);
        // What is refused for what it says is not ignored.
        behaviour(entry, &with).is_none_or(|with| with != without)
    })
}

/// Values of other parameters with which this one has an effect: what it needs, what that needs, and so on.
fn needed(entry: &CatalogEntry, spec: &ParameterSpec) -> Parameters {
    let mut values = Parameters::new();
    for condition in spec.needs.iter().filter_map(|need| need.any.first()) {
        let other = entry.parameters.iter().find(|other| other.name == condition.parameter).expect("a known parameter");
        values.extend(needed(entry, other));
        let fits = |value: &Value| match &condition.values {
            NeededValues::OneOf(values) => values.contains(value),
            NeededValues::OtherThan(values) => !values.contains(value),
        };
        let value = std::iter::once(other.default_value()).chain(switch(entry, &other.name)).find(fits);
        values.insert(other.name.clone(), value.expect("a value that fits"));
    }
    values
}

#[test]
fn every_option_has_an_effect_where_it_says_so_and_nowhere_else() {
    let mut findings = Vec::new();
    for entry in registry::catalog() {
        for spec in &entry.parameters {
            let beside = needed(&entry, spec);
            assert!(spec.unmet(&entry.parameters, &beside).is_none(), "{} {}: {beside:?}", entry.id, spec.name);
            if !has_effect(&entry, spec, &beside) {
                findings.push(format!("{}: {} has no effect beside {beside:?}", entry.id, spec.name));
            }
            for other in entry.parameters.iter().filter(|other| other.name != spec.name) {
                for value in switch(&entry, &other.name) {
                    let mut values = beside.clone();
                    values.insert(other.name.clone(), value);
                    let said = spec.unmet(&entry.parameters, &values).is_none();
                    let rare = RARE.contains(&(entry.id.as_str(), spec.name.as_str(), other.name.as_str()));
                    if !rare && has_effect(&entry, spec, &values) != said {
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
fn presets_hold_nothing_without_effect() {
    for entry in registry::catalog() {
        for preset in &entry.presets {
            let settled = settle(&entry.parameters, &Parameters::new(), &preset.values);
            assert_eq!(settled.as_ref(), Ok(&preset.values), "{}: {}", entry.id, preset.name);
        }
    }
}
