//! Experiments: environments x agents x parameter values x seeds, and how far each run goes.
//!
//! An [`Experiment`] is what people write; a [`Plan`] is what comes of it: a list of [`Cell`]s in a certain order, each
//! an ordinary run. Who runs the cells, where and in which order does not change what comes out.

mod cell;
mod choices;

pub use cell::{Cell, Outcome};
pub use choices::Choices;

use crate::experiment::choices::combinations;
use agents::registry::Suited;
use serde::{Deserialize, Serialize};
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterError, Parameters};
use shared::quantity::{OutOfRange, Seed};
use shared::spec::{AgentSpec, EnvironmentSpec, RunSpec};
use shared::vec_map::VecMap;

/// More cells than this are a slip of the pen.
pub const MOST_CELLS: u64 = 1_000_000;

/// What to try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// How many seeds every combination gets.
    pub seeds: u64,
    /// The first of them; the others follow.
    #[serde(default)]
    pub first_seed: u64,
    /// How far each run goes.
    pub budget: Budget,
    /// The worlds.
    pub environments: Vec<Candidate>,
    /// The minds.
    pub agents: Vec<Candidate>,
}

/// How far a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    /// Until so many episodes have ended.
    Episodes(u64),
    /// For so many steps.
    Steps(u64),
}

/// An environment or an agent, with the values to try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Registered id.
    pub id: String,
    /// Values by parameter; every combination of them is tried.
    #[serde(default, skip_serializing_if = "VecMap::is_empty")]
    pub set: VecMap<String, Choices>,
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
        error: environments::registry::BuildError,
    },
    /// No such agent.
    #[error("{place}: {error}")]
    Agent {
        /// Where it stands.
        place: String,
        /// What is wrong.
        error: agents::registry::BuildError,
    },
    /// A value that its parameter does not take.
    #[error("{place}: {error}")]
    Parameter {
        /// Where it stands.
        place: String,
        /// What is wrong.
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
    NothingFits(Refusal),
}

/// A pair that is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{agent} in {environment} is left out: {reason}")]
pub struct Refusal {
    /// The world.
    pub environment: String,
    /// The mind.
    pub agent: String,
    /// Why they do not fit, and what would.
    pub reason: String,
}

/// What comes of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Every run, by environment, agent and seed, in the order in which they are written; of the values of parameters,
    /// those of the last name change first.
    pub cells: Vec<Cell>,
    /// The pairs that do not fit, once each.
    pub refused: Vec<Refusal>,
}

impl Experiment {
    /// Checks everything and writes out every run.
    pub fn plan(&self) -> Result<Plan, ExperimentError> {
        let zero = |place| Err(ExperimentError::Zero { place });
        match self.budget {
            _ if self.seeds == 0 => return zero("seeds"),
            Budget::Episodes(0) => return zero("budget.episodes"),
            Budget::Steps(0) => return zero("budget.steps"),
            Budget::Episodes(_) | Budget::Steps(_) => {}
        }
        Seed::new(self.first_seed.saturating_add(self.seeds - 1))?;
        let worlds = self.worlds()?;
        let minds = self.minds()?;
        let cells = (worlds.len() as u64).saturating_mul(minds.len() as u64).saturating_mul(self.seeds);
        if cells > MOST_CELLS {
            return Err(ExperimentError::TooMany { cells });
        }
        let mut plan = Plan { cells: Vec::with_capacity(cells as usize), refused: Vec::new() };
        for (world_place, world) in &worlds {
            let built = environments::registry::build(world)
                .map_err(|error| ExperimentError::Environment { place: world_place.clone(), error })?;
            let verdicts = built.accept(Suited(minds.iter().map(|(_, mind)| mind).collect()));
            for (mind, verdict) in minds.iter().zip(verdicts) {
                match verdict {
                    Ok(()) => self.add_seeds(world, &mind.1, &mut plan.cells)?,
                    Err(agents::registry::BuildError::Unsuitable(why)) => {
                        let (environment, agent) = (world.id.clone(), mind.1.id.clone());
                        let refusal = Refusal { environment, agent, reason: why.to_string() };
                        if !plan.refused.contains(&refusal) {
                            plan.refused.push(refusal);
                        }
                    }
                    Err(error) => return Err(ExperimentError::Agent { place: mind.0.clone(), error }),
                }
            }
        }
        match plan.refused.first() {
            Some(refusal) if plan.cells.is_empty() => Err(ExperimentError::NothingFits(refusal.clone())),
            _ => Ok(plan),
        }
    }

    fn worlds(&self) -> Result<Vec<(String, EnvironmentSpec)>, ExperimentError> {
        let find = |place: &str, id: &str| {
            environments::registry::find(id)
                .map_err(|error| ExperimentError::Environment { place: place.to_owned(), error })
        };
        let spec = |id, parameters| EnvironmentSpec { id, parameters };
        expand("environments", &self.environments, find, spec)
    }

    fn minds(&self) -> Result<Vec<(String, AgentSpec)>, ExperimentError> {
        let find = |place: &str, id: &str| {
            agents::registry::find(id).map_err(|error| ExperimentError::Agent { place: place.to_owned(), error })
        };
        expand("agents", &self.agents, find, |id, parameters| AgentSpec { id, parameters })
    }

    fn add_seeds(
        &self,
        world: &EnvironmentSpec,
        mind: &AgentSpec,
        cells: &mut Vec<Cell>,
    ) -> Result<(), ExperimentError> {
        for index in 0..self.seeds {
            let seed = Seed::new(self.first_seed + index)?;
            let spec = RunSpec { environment: world.clone(), agent: mind.clone(), seed };
            cells.push(Cell { spec, budget: self.budget });
        }
        Ok(())
    }
}

/// Every combination of every candidate's values, with the candidate's place.
fn expand<T>(
    list: &str,
    candidates: &[Candidate],
    find: impl Fn(&str, &str) -> Result<CatalogEntry, ExperimentError>,
    spec: impl Fn(String, Parameters) -> T,
) -> Result<Vec<(String, T)>, ExperimentError> {
    if candidates.is_empty() {
        return Err(ExperimentError::Empty { place: list.to_owned() });
    }
    let mut specs = Vec::new();
    for (index, candidate) in candidates.iter().enumerate() {
        let place = format!("{list}[{index}] ({})", candidate.id.chars().take(60).collect::<String>());
        let entry = find(&place, &candidate.id)?;
        let checked = check(&place, &entry, &candidate.set)?;
        specs.extend(combinations(&checked)?.into_iter().map(|set| (place.clone(), spec(entry.id.clone(), set))));
    }
    Ok(specs)
}

/// The values as their parameters have them.
fn check(
    place: &str,
    entry: &CatalogEntry,
    set: &VecMap<String, Choices>,
) -> Result<VecMap<String, Choices>, ExperimentError> {
    let mut checked = VecMap::new();
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
