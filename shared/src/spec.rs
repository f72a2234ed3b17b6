//! Specs: everything that determines a run.

use crate::parameter::Parameters;
use crate::quantity::Seed;
use serde::{Deserialize, Serialize};

/// An environment by its registered id, with what was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentSpec {
    /// Registered id, e.g. `gridworld`.
    pub id: String,
    /// Values that differ from the defaults.
    #[serde(default, skip_serializing_if = "Parameters::is_empty")]
    pub parameters: Parameters,
}

/// An agent by its registered id, with what was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentSpec {
    /// Registered id, e.g. `q-learning`.
    pub id: String,
    /// Values that differ from the defaults.
    #[serde(default, skip_serializing_if = "Parameters::is_empty")]
    pub parameters: Parameters,
}

/// A run: same spec, same run, everywhere, bit for bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    /// The environment.
    pub environment: EnvironmentSpec,
    /// The agent.
    pub agent: AgentSpec,
    /// What all chance derives from.
    pub seed: Seed,
}

impl RunSpec {
    /// A spec with default parameters.
    pub fn new(environment: &str, agent: &str, seed: Seed) -> Self {
        Self {
            environment: EnvironmentSpec { id: environment.into(), parameters: Parameters::new() },
            agent: AgentSpec { id: agent.into(), parameters: Parameters::new() },
            seed,
        }
    }
}
