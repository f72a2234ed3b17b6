//! Experiments: environments x agents x parameter values x seeds, and how far each run goes.
//!
//! An [`Experiment`] is what people write; an [`ExperimentPlan`] is what comes of it: a list of [`ExperimentCell`]s in a certain
//! order, each an ordinary run. Who runs the cells, where and in which order does not change what comes out.

mod cell;
mod choices;
mod columns;
mod written;

pub use cell::{ExperimentCell, RunOutcome};
pub use choices::Choices;
pub use columns::{ColumnKind, ParameterColumn, agent_columns, environment_columns, words};

use crate::experiment::choices::combinations;
use agents::registry::Suited;
use serde::{Deserialize, Serialize};
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterError, ParameterSpec, Parameters, Value};
use shared::quantity::{OutOfRange, Seed};
use shared::spec::{AgentSpec, EnvironmentSpec, RunSpec};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// More cells than this are a slip of the pen.
pub const MOST_CELLS: u64 = 1_000_000;

/// What to try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// How many seeds every combination gets.
    #[serde(deserialize_with = "written::whole_number")]
    pub seeds: u64,
    /// The first of them; the others follow.
    #[serde(default, deserialize_with = "written::whole_number")]
    pub first_seed: u64,
    /// How far each run goes.
    pub budget: RunBudget,
    /// The environments.
    #[serde(deserialize_with = "written::candidates")]
    pub environments: Vec<Candidate>,
    /// The agents.
    #[serde(deserialize_with = "written::candidates")]
    pub agents: Vec<Candidate>,
}

/// How far a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "BudgetTable")]
pub enum RunBudget {
    /// Until so many episodes have ended.
    Episodes(u64),
    /// For so many steps.
    Steps(u64),
}

/// A budget as people write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with a number of episodes or of steps, e.g. { steps = 100000 }")]
struct BudgetTable {
    #[serde(default, deserialize_with = "written::amount")]
    episodes: Option<u64>,
    #[serde(default, deserialize_with = "written::amount")]
    steps: Option<u64>,
}

impl TryFrom<BudgetTable> for RunBudget {
    type Error = &'static str;
    fn try_from(table: BudgetTable) -> Result<Self, Self::Error> {
        match (table.episodes, table.steps) {
            (Some(episodes), None) => Ok(Self::Episodes(episodes)),
            (None, Some(steps)) => Ok(Self::Steps(steps)),
            (Some(_), Some(_)) => Err("a budget has either episodes or steps, and this one has both"),
            (None, None) => Err("a budget is a number of episodes or of steps, and this one has neither"),
        }
    }
}

/// An environment or an agent, with the values to try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with an id, and what is set, if anything")]
pub struct Candidate {
    /// Registered id.
    #[serde(deserialize_with = "written::name")]
    pub id: String,
    /// Values by parameter; every combination of them is tried.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "written::values")]
    pub set: BTreeMap<String, Choices>,
}

/// An experiment that cannot be run, and the place where it says so.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ExperimentError {
    /// A list without entries.
    #[error("{place}: there must be at least one")]
    Empty {
        /// The list.
        place: String,
    },
    /// A number below 1.
    #[error("{place} must be at least 1")]
    Zero {
        /// The number.
        place: &'static str,
    },
    /// Seeds beyond their range.
    #[error("first_seed and seeds: {0}")]
    Seed(#[from] OutOfRange),
    /// No such environment, or none with these values.
    #[error("{place}: {error}")]
    Environment {
        /// Where it stands.
        place: String,
        /// What is wrong.
        error: environments::registry::EnvironmentBuildError,
    },
    /// No such agent.
    #[error("{place}: {error}")]
    Agent {
        /// Where it stands.
        place: String,
        /// What is wrong.
        error: agents::registry::AgentBuildError,
    },
    /// A value that its parameter does not take.
    #[error("{place}: {error}")]
    Parameter {
        /// Where it stands.
        place: String,
        /// What is wrong.
        error: ParameterError,
    },
    /// A combination in which a value has no effect.
    #[error("{place}: {error}. Combinations in which it has one can be an entry of their own")]
    Combination {
        /// Where it stands.
        place: String,
        /// What has no effect.
        error: ParameterError,
    },
    /// Too many cells.
    #[error("{cells} runs are more than {MOST_CELLS}; name fewer values or seeds")]
    TooMany {
        /// How many there would be.
        cells: u64,
    },
    /// No agent can serve any of the environments.
    #[error("no agent fits any of the environments: {0}")]
    NothingFits(RefusedPair),
}

/// A pair that is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{agent} in {environment} is left out: {reason}")]
pub struct RefusedPair {
    /// The environment.
    pub environment: String,
    /// The agent.
    pub agent: String,
    /// Why they do not fit, and what would.
    pub reason: String,
}

/// A combination that was named before. The same run twice is one run: counted as two, intervals would be too narrow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{name} is the same as {first} and is run once")]
pub struct Duplicate {
    /// Where it stands, and the values that it sets there.
    pub name: String,
    /// The same of the one before.
    pub first: String,
}

/// What comes of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentPlan {
    /// Every run, by environment, agent and seed, in the order in which they are written; of the values of parameters,
    /// those of the last name change first.
    pub cells: Vec<ExperimentCell>,
    /// The pairs that do not fit, once each.
    pub refused: Vec<RefusedPair>,
    /// The combinations that were named before.
    pub merged: Vec<Duplicate>,
}

impl Experiment {
    /// Checks everything and writes out every run.
    pub fn plan(&self) -> Result<ExperimentPlan, ExperimentError> {
        self.plan_as(&|_| {})
    }

    /// The same, in which `told` may put names in the place of what is large: each run has its own spec.
    pub fn plan_as(&self, told: &dyn Fn(&mut RunSpec)) -> Result<ExperimentPlan, ExperimentError> {
        let zero = |place| Err(ExperimentError::Zero { place });
        match self.budget {
            _ if self.seeds == 0 => return zero("seeds"),
            RunBudget::Episodes(0) => return zero("budget.episodes"),
            RunBudget::Steps(0) => return zero("budget.steps"),
            RunBudget::Episodes(_) | RunBudget::Steps(_) => {}
        }
        Seed::new(self.first_seed.saturating_add(self.seeds - 1))?;
        let (environments, mut merged) = self.environments()?;
        let (agents, more) = self.agents()?;
        merged.extend(more);
        let cells = (environments.len() as u64).saturating_mul(agents.len() as u64).saturating_mul(self.seeds);
        if cells > MOST_CELLS {
            return Err(ExperimentError::TooMany { cells });
        }
        let mut plan = ExperimentPlan { cells: Vec::with_capacity(cells as usize), refused: Vec::new(), merged };
        for (environment_place, environment) in &environments {
            let built = environments::registry::build(environment)
                .map_err(|error| ExperimentError::Environment { place: environment_place.clone(), error })?;
            let verdicts = built.accept(Suited(agents.iter().map(|(_, agent)| agent).collect()));
            for (agent, verdict) in agents.iter().zip(verdicts) {
                match verdict {
                    Ok(()) => self.add_seeds((environment, &agent.1), told, &mut plan.cells)?,
                    Err(agents::registry::AgentBuildError::Unsuitable(why)) => {
                        let (environment, agent) = (environment.id.clone(), agent.1.id.clone());
                        let refusal = RefusedPair { environment, agent, reason: why.to_string() };
                        if !plan.refused.contains(&refusal) {
                            plan.refused.push(refusal);
                        }
                    }
                    Err(error) => return Err(ExperimentError::Agent { place: agent.0.clone(), error }),
                }
            }
        }
        match plan.refused.first() {
            Some(refusal) if plan.cells.is_empty() => Err(ExperimentError::NothingFits(refusal.clone())),
            _ => Ok(plan),
        }
    }

    fn environments(&self) -> Result<Expanded<EnvironmentSpec>, ExperimentError> {
        let find = |place: &str, id: &str| {
            environments::registry::find(id)
                .map_err(|error| ExperimentError::Environment { place: place.to_owned(), error })
        };
        let spec = |id, parameters| EnvironmentSpec { id, parameters };
        expand("environments", &self.environments, find, spec)
    }

    fn agents(&self) -> Result<Expanded<AgentSpec>, ExperimentError> {
        let find = |place: &str, id: &str| {
            agents::registry::find(id).map_err(|error| ExperimentError::Agent { place: place.to_owned(), error })
        };
        expand("agents", &self.agents, find, |id, parameters| AgentSpec { id, parameters })
    }

    fn add_seeds(
        &self,
        (environment, agent): (&EnvironmentSpec, &AgentSpec),
        told: &dyn Fn(&mut RunSpec),
        cells: &mut Vec<ExperimentCell>,
    ) -> Result<(), ExperimentError> {
        let (environment, agent, seed) = (environment.clone(), agent.clone(), Seed::default());
        let mut spec = RunSpec { environment, agent, seed, changes: Vec::new() };
        told(&mut spec);
        for index in 0..self.seeds {
            let seed = Seed::new(self.first_seed + index)?;
            cells.push(ExperimentCell { spec: RunSpec { seed, ..spec.clone() }, budget: self.budget });
        }
        Ok(())
    }
}

/// Specs with the places of their candidates, and those that were there before.
type Expanded<T> = (Vec<(String, T)>, Vec<Duplicate>);

/// Every combination of every candidate's values, with the candidate's place; each once, whether its values are written
/// out or are those that hold anyway.
fn expand<T>(
    list: &str,
    candidates: &[Candidate],
    find: impl Fn(&str, &str) -> Result<CatalogEntry, ExperimentError>,
    spec: impl Fn(String, Parameters) -> T,
) -> Result<Expanded<T>, ExperimentError> {
    if candidates.is_empty() {
        return Err(ExperimentError::Empty { place: list.to_owned() });
    }
    let (mut specs, mut merged, mut seen) = (Vec::new(), Vec::new(), BTreeMap::<String, String>::new());
    for (index, candidate) in candidates.iter().enumerate() {
        let place = format!("{list}[{index}] ({})", candidate.id.chars().take(60).collect::<String>());
        let entry = find(&place, &candidate.id)?;
        let checked = check(&place, &entry, &candidate.set)?;
        for set in combinations(&checked)? {
            let settled = entry.settle(&Parameters::new(), &set);
            let set = settled.map_err(|error| ExperimentError::Combination { place: place.clone(), error })?;
            let words = words(&set);
            match seen.entry(whole_values(&entry, &set)) {
                Entry::Occupied(first) => {
                    let name = format!("{place} {words}").trim_end().to_owned();
                    merged.push(Duplicate { name, first: first.get().clone() });
                }
                Entry::Vacant(vacant) => {
                    vacant.insert(format!("{place} {words}").trim_end().to_owned());
                    specs.push((place.clone(), spec(entry.id.clone(), set)));
                }
            }
        }
    }
    Ok((specs, merged))
}

/// All values that hold, in words that are the same for the same values.
fn whole_values(entry: &CatalogEntry, set: &Parameters) -> String {
    let value = |parameter: &ParameterSpec| match set.get(&parameter.name).cloned() {
        // Minus nought is nought.
        Some(Value::Number(number)) => Value::Number(number + 0.0),
        Some(value) => value,
        None => parameter.default_value(),
    };
    // How lines end says nothing, nor do blanks around a text, unless it is a map.
    let value = |parameter: &ParameterSpec| match value(parameter) {
        Value::Text(text) => {
            let text = text.replace("\r\n", "\n");
            let is_map = !parameter.legend.is_empty();
            Value::Text(if is_map { text.trim_end_matches('\n') } else { text.trim() }.to_owned())
        }
        other => other,
    };
    let values = entry.parameters.iter().map(|parameter| format!(" {}={:?}", parameter.name, value(parameter)));
    std::iter::once(entry.id.clone()).chain(values).collect()
}

/// The values as their parameters have them.
fn check(
    place: &str,
    entry: &CatalogEntry,
    set: &BTreeMap<String, Choices>,
) -> Result<BTreeMap<String, Choices>, ExperimentError> {
    let mut checked = BTreeMap::new();
    for (name, choices) in set {
        let at = |index: usize| {
            if choices.0.len() == 1 { format!("{place}: set.{name}") } else { format!("{place}: set.{name}[{index}]") }
        };
        let Some(parameter) = entry.parameters.iter().find(|it| it.name == *name) else {
            let known: Vec<_> = entry.parameters.iter().map(|it| it.name.as_str()).collect();
            let error = ParameterError::Unknown { parameter: name.clone(), known: known.join(", ") };
            return Err(ExperimentError::Parameter { place: place.to_owned(), error });
        };
        if choices.0.is_empty() {
            return Err(ExperimentError::Empty { place: format!("{place}: set.{name}") });
        }
        let value = |(index, given)| {
            parameter.check(given).map_err(|error| ExperimentError::Parameter { place: at(index), error })
        };
        checked.insert(name.clone(), Choices(choices.0.iter().enumerate().map(value).collect::<Result<_, _>>()?));
    }
    Ok(checked)
}

#[cfg(test)]
#[path = "experiment/tests.rs"]
mod tests;
