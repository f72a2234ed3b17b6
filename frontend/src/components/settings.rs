//! What is set of an environment or agent: values that differ from the defaults, and what a preset makes of them.

use crate::format::exact;
use crate::language::translated;
use crate::text;
use shared::RunSpec;
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterKind, ParameterSpec, Parameters, Preset, Value};

/// The value of a parameter, of its own kind.
pub fn value_of(spec: &ParameterSpec, values: &Parameters) -> Value {
    let given = values.get(&spec.name);
    given.map_or_else(|| spec.default_value(), |value| spec.check(value).unwrap_or_else(|_| value.clone()))
}

/// A value as people read it: a choice by its label.
pub fn shown(spec: Option<&ParameterSpec>, value: &Value) -> String {
    match (value, spec.map(|spec| &spec.kind)) {
        (Value::Number(number), _) => exact(*number),
        (Value::Integer(number), _) => exact(*number as f64),
        (Value::Text(chosen), Some(ParameterKind::Choice { options, .. })) => {
            let option = options.iter().find(|it| it.value == *chosen);
            option.map_or_else(|| chosen.clone(), |it| translated(&it.label).into_owned())
        }
        (Value::Flag(is_on), _) => String::from(if *is_on { text::ON } else { text::OFF }),
        (Value::Text(_), _) => value.to_string(),
    }
}

/// `values` with some changed; what equals its default is left out, so that links stay short.
pub fn with(
    entry: &CatalogEntry,
    values: &Parameters,
    changes: impl IntoIterator<Item = (String, Value)>,
) -> Parameters {
    let mut values = values.clone();
    values.extend(changes);
    values.retain(|name, value| {
        entry.parameters.iter().find(|spec| spec.name == *name).is_some_and(|spec| spec.default_value() != *value)
    });
    values
}

/// What a preset sets: everything. What it does not name is as it was before anybody changed anything.
pub fn preset(entry: &CatalogEntry, baseline: &Parameters, preset: &Preset) -> Parameters {
    with(entry, baseline, preset.values.clone())
}

/// Whether both are the same settings, however they are written.
pub fn same(entry: &CatalogEntry, one: &Parameters, other: &Parameters) -> bool {
    let known = |name: &String| entry.parameters.iter().any(|spec| spec.name == *name);
    let all_known = one.keys().chain(other.keys()).all(known);
    all_known && entry.parameters.iter().all(|spec| value_of(spec, one) == value_of(spec, other))
}

/// Whether both specs are the same run, however their settings are written.
pub fn same_run(environments: &[CatalogEntry], agents: &[CatalogEntry], one: &RunSpec, other: &RunSpec) -> bool {
    let same_of = |catalog: &[CatalogEntry], ids: (&str, &str), values: (&Parameters, &Parameters)| {
        let entry = catalog.iter().find(|entry| entry.id == ids.0);
        ids.0 == ids.1 && entry.is_some_and(|entry| same(entry, values.0, values.1))
    };
    let (here, there) = (&one.environment, &other.environment);
    let (agent, other_agent) = (&one.agent, &other.agent);
    one.seed == other.seed
        && same_of(environments, (&here.id, &there.id), (&here.parameters, &there.parameters))
        && same_of(agents, (&agent.id, &other_agent.id), (&agent.parameters, &other_agent.parameters))
}

/// Whether one can be made of the other while an agent learns, and is another.
pub fn goes_live(entry: &CatalogEntry, one: &Parameters, other: &Parameters) -> bool {
    let mut differing = entry.parameters.iter().filter(|it| value_of(it, one) != value_of(it, other)).peekable();
    differing.peek().is_some() && differing.all(|it| it.live)
}

/// The values that make one run out of another while its agent learns; none where that takes another run.
pub fn live_difference(agents: &[CatalogEntry], before: &RunSpec, after: &RunSpec) -> Option<Parameters> {
    let is_same = before.environment == after.environment && before.seed == after.seed;
    let same_agent = before.agent.id == after.agent.id;
    let entry = agents.iter().find(|it| is_same && same_agent && it.id == after.agent.id)?;
    let differing =
        |it: &&ParameterSpec| value_of(it, &before.agent.parameters) != value_of(it, &after.agent.parameters);
    let differing: Vec<_> = entry.parameters.iter().filter(differing).collect();
    let mut values = Parameters::new();
    values.extend(differing.iter().map(|it| (it.name.clone(), value_of(it, &after.agent.parameters))));
    differing.iter().all(|it| it.live).then_some(values)
}

/// A reason of the core, which names a parameter as programs do, with its label instead.
pub fn labelled(catalogs: [&[CatalogEntry]; 2], reason: &str) -> String {
    let by_label = catalogs.into_iter().flatten().find_map(|entry| {
        let reason = reason.strip_prefix(entry.id.as_str())?.strip_prefix(": ")?;
        entry.parameters.iter().find_map(|spec| {
            let rest = reason.strip_prefix(spec.name.as_str())?;
            rest.starts_with([':', ' ']).then(|| format!("{}{rest}", translated(&spec.label)))
        })
    });
    by_label.unwrap_or_else(|| reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Seed;

    fn gridworld() -> CatalogEntry {
        environments::registry::find("gridworld").unwrap()
    }

    fn values(pairs: &[(&str, Value)]) -> Parameters {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    #[test]
    fn what_is_refused_is_called_by_its_label() {
        let gridworld = gridworld();
        for spec in &gridworld.parameters {
            let refused = match &spec.kind {
                ParameterKind::Number { max, .. } => (max + 1.0).to_string(),
                ParameterKind::Integer { max, .. } => (max + 1).to_string(),
                ParameterKind::Text { max_characters, .. } => "x".repeat(max_characters + 1),
                ParameterKind::Flag { .. } | ParameterKind::Choice { .. } => continue,
            };
            let said = text::value_not_taken(spec, &refused, &spec.parse(&refused).unwrap_err());
            assert!(said.starts_with(&format!("Not taken: {} ", spec.label)), "{said}");
        }
        let goal = gridworld.parameters.iter().find(|it| it.name == "goal_reward").unwrap();
        for written in ["1e5", "much", ""] {
            let said = text::value_not_taken(goal, written, &goal.parse(written).unwrap_err());
            assert_eq!(said, format!("Not taken: Goal must be a number from −100 to 100, not “{written}”."));
        }
    }

    #[test]
    fn what_an_environment_cannot_be_built_with_is_called_by_its_label() {
        let environments = environments::registry::catalog();
        let table = values(&[("table", Value::Text("a,go,2,b,1".into()))]);
        let Err(error) =
            environments::registry::build(&shared::spec::EnvironmentSpec { id: "mdp".into(), parameters: table })
        else {
            panic!("the table is taken")
        };
        let label = environments.iter().find(|it| it.id == "mdp").unwrap();
        let label = &label.parameters.iter().find(|it| it.name == "table").unwrap().label;
        let said = labelled([&environments, &[]], &error.to_string());
        assert!(said.starts_with(label.as_str()) && !said.contains("table:"), "{said}");
        // What names no parameter stays.
        assert_eq!(labelled([&environments, &[]], "mdp: nothing"), "mdp: nothing");
    }

    #[test]
    fn a_flag_is_told_as_people_say_it() {
        assert_eq!([true, false].map(|it| shown(None, &Value::Flag(it))), ["on", "off"]);
    }

    #[test]
    fn defaults_are_left_out() {
        let slip = values(&[("slip", Value::Number(0.2))]);
        assert_eq!(with(&gridworld(), &Parameters::new(), slip.clone()), slip);
        assert!(with(&gridworld(), &slip, values(&[("slip", Value::Number(0.0))])).is_empty());
    }

    #[test]
    fn a_preset_sets_everything() {
        let entry = gridworld();
        let hard = entry.presets.iter().find(|it| it.name == "hard").unwrap();
        let set = preset(&entry, &Parameters::new(), hard);
        assert_eq!(set, with(&entry, &Parameters::new(), hard.values.clone()), "whatever was set before");
        let agent = agents::registry::find("q-learning").unwrap();
        let baseline = agents::recommended::agent("bandit", "q-learning").parameters;
        let balanced = agent.presets.iter().find(|it| it.name == "balanced").unwrap();
        let set = preset(&agent, &baseline, balanced);
        assert_eq!(set["epsilon_schedule"], Value::Text("constant".into()), "as is recommended there");
        assert_eq!(set["gamma"], Value::Number(0.95));
    }

    #[test]
    fn the_same_settings_are_the_same_however_they_are_written() {
        let entry = gridworld();
        let written = values(&[("slip", Value::Integer(0)), ("step_reward", Value::Number(-0.1))]);
        assert!(same(&entry, &written, &Parameters::new()));
        assert!(!same(&entry, &values(&[("slip", Value::Number(0.1))]), &Parameters::new()));
        assert!(!same(&entry, &values(&[("nothing", Value::Integer(0))]), &Parameters::new()));
        let (environments, agents) = (environments::registry::catalog(), agents::registry::catalog());
        let one = RunSpec::new("gridworld", "sarsa", Seed::new(1).unwrap());
        let mut other = one.clone();
        other.environment.parameters = written;
        assert!(same_run(&environments, &agents, &one, &other));
        let tuned = |name: &str, value| {
            let mut spec = one.clone();
            spec.agent.parameters.insert(name.into(), Value::Number(value));
            live_difference(&agents, &one, &spec)
        };
        assert_eq!(tuned("epsilon", 0.5), Some(values(&[("epsilon", Value::Number(0.5))])));
        assert_eq!(tuned("gamma", 0.5), None, "what is optimal depends on it");
        other.seed = Seed::new(2).unwrap();
        assert_eq!(live_difference(&agents, &one, &other), None);
        assert!(!same_run(&environments, &agents, &one, &other));
    }
}
