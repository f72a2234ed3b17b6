//! Columns of tables of runs: every parameter that is set anywhere has one of its own.

use shared::describe::CatalogEntry;
use shared::parameter::{ParameterKind, Parameters, Value};
use shared::spec::RunSpec;
use std::collections::BTreeMap;

/// Longer texts are told by their beginning.
const MOST_BYTES: usize = 4 << 10;

/// What a column of parameters holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Texts, and values that are of another kind elsewhere.
    Text,
    /// Whole numbers.
    Whole,
    /// Numbers.
    Number,
    /// True or false.
    Flag,
}

/// The values of one parameter over many runs.
#[derive(Clone, Debug)]
pub struct ParameterColumn {
    /// Its name, e.g. `agent_alpha`.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    parameter: String,
    /// By id of the environment or agent.
    defaults: BTreeMap<String, Value>,
    part: SpecPart,
}

type SpecPart = fn(&RunSpec) -> (&str, &Parameters);

impl ParameterColumn {
    /// A run's value: what was set, else the default; none where its environment or agent has no such parameter.
    pub fn value(&self, spec: &RunSpec) -> Option<Value> {
        let (id, set) = (self.part)(spec);
        let value = set.get(&self.parameter).or_else(|| self.defaults.get(id))?;
        Some(match (self.kind, value) {
            // A table of an MDP in every row would be all that there is.
            (ColumnKind::Text, Value::Text(text)) if text.len() > MOST_BYTES => Value::Text(value.short()),
            (ColumnKind::Text, value) => Value::Text(value.to_string()),
            (_, value) => value.clone(),
        })
    }

    /// The same in words, none of them where there is none.
    pub fn words(&self, spec: &RunSpec) -> String {
        self.value(spec).map_or_else(String::new, |value| value.to_string())
    }
}

/// Columns of the parameters of environments that are set in any of these runs.
pub fn environment_columns<'a>(specs: impl Iterator<Item = &'a RunSpec>) -> Vec<ParameterColumn> {
    let part: SpecPart = |spec| (&spec.environment.id, &spec.environment.parameters);
    columns("environment", specs, part, |id| environments::registry::find(id).ok())
}

/// Columns of the parameters of agents that are set in any of these runs.
pub fn agent_columns<'a>(specs: impl Iterator<Item = &'a RunSpec>) -> Vec<ParameterColumn> {
    let part: SpecPart = |spec| (&spec.agent.id, &spec.agent.parameters);
    columns("agent", specs, part, |id| agents::registry::find(id).ok())
}

/// Parameters as one word each, `name=value`; empty where all have their defaults.
pub fn words(parameters: &Parameters) -> String {
    parameters.iter().map(|(name, value)| format!("{name}={}", value.short())).collect::<Vec<_>>().join(" ")
}

fn columns<'a>(
    prefix: &str,
    specs: impl Iterator<Item = &'a RunSpec>,
    part: SpecPart,
    find: impl Fn(&str) -> Option<CatalogEntry>,
) -> Vec<ParameterColumn> {
    let (mut entries, mut columns) = (BTreeMap::new(), Vec::<ParameterColumn>::new());
    for (id, set) in specs.map(part) {
        if !entries.contains_key(id) {
            entries.insert(id.to_owned(), find(id));
        }
        for parameter in
            set.keys().filter(|name| columns.iter().all(|it| it.parameter != **name)).cloned().collect::<Vec<_>>()
        {
            let (name, defaults) = (format!("{prefix}_{parameter}"), BTreeMap::new());
            columns.push(ParameterColumn { name, kind: ColumnKind::Text, parameter, defaults, part });
        }
    }
    for column in &mut columns {
        let mut kinds = Vec::new();
        for (id, entry) in &entries {
            let parameters = entry.iter().flat_map(|entry| &entry.parameters);
            if let Some(spec) = parameters.into_iter().find(|it| it.name == column.parameter) {
                column.defaults.insert(id.clone(), spec.default_value());
                kinds.push(kind(&spec.kind));
            }
        }
        kinds.dedup();
        if let [only] = kinds[..] {
            column.kind = only;
        }
    }
    columns
}

const fn kind(kind: &ParameterKind) -> ColumnKind {
    match kind {
        ParameterKind::Number { .. } => ColumnKind::Number,
        ParameterKind::Integer { .. } => ColumnKind::Whole,
        ParameterKind::Flag { .. } => ColumnKind::Flag,
        ParameterKind::Choice { .. } | ParameterKind::Text { .. } => ColumnKind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;

    #[test]
    fn a_parameter_that_one_sets_stands_with_its_default_at_the_others_that_have_it() {
        let spec = "seeds = 1\nbudget = { steps = 4 }\n[[environments]]\nid = 'gridworld'\nset.slip = [0.0, 0.5]\n\
                    [[agents]]\nid = 'random'\n[[agents]]\nid = 'sarsa'\n[[agents]]\nid = 'q-learning'\nset.alpha = 0.5\n";
        let plan = toml::from_str::<Experiment>(spec).unwrap().plan().unwrap();
        let specs = || plan.cells.iter().map(|cell| &cell.spec);
        let [slip] = &environment_columns(specs())[..] else { panic!("one column") };
        let [alpha] = &agent_columns(specs())[..] else { panic!("one column") };
        assert_eq!((slip.name.as_str(), slip.kind), ("environment_slip", ColumnKind::Number));
        assert_eq!((alpha.name.as_str(), alpha.kind), ("agent_alpha", ColumnKind::Number));
        let words = |column: &ParameterColumn| specs().map(|spec| column.words(spec)).collect::<Vec<_>>();
        assert_eq!(words(slip), ["0", "0", "0", "0.5", "0.5", "0.5"]);
        let sarsa = agents::registry::find("sarsa").unwrap();
        let default = sarsa.parameters.iter().find(|it| it.name == "alpha").unwrap().default_value().to_string();
        assert_eq!(words(alpha), ["", default.as_str(), "0.5", "", default.as_str(), "0.5"]);
    }
}
