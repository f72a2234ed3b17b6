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

/// Values of the agent that take effect while it learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Steps, in all copies together, after which they take effect. Copies that step together change together, at the
    /// first end of such a step that is not before it.
    pub step: u64,
    /// The values by name; all others stay as they are.
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
    /// What changes of the agent while it learns, by ascending step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

impl RunSpec {
    /// A spec with default parameters.
    pub fn new(environment: &str, agent: &str, seed: Seed) -> Self {
        Self {
            environment: EnvironmentSpec { id: environment.into(), parameters: Parameters::new() },
            agent: AgentSpec { id: agent.into(), parameters: Parameters::new() },
            seed,
            changes: Vec::new(),
        }
    }

    /// The agent with the values that it has after so many steps.
    pub fn agent_after(&self, step: u64) -> AgentSpec {
        let mut agent = self.agent.clone();
        for change in self.changes.iter().take_while(|it| it.step <= step) {
            agent.parameters.extend(change.parameters.clone());
        }
        agent
    }

    /// The step of the first change that comes after so many steps.
    pub fn next_change(&self, step: u64) -> Option<u64> {
        self.changes.iter().map(|it| it.step).find(|it| *it > step)
    }

    /// Adds a change in its place. Values that change twice at the same step take the newer one.
    pub fn change(&mut self, step: u64, parameters: Parameters) {
        let place = self.changes.partition_point(|it| it.step <= step);
        match place.checked_sub(1).map(|before| &mut self.changes[before]).filter(|it| it.step == step) {
            Some(change) => change.parameters.extend(parameters),
            None => self.changes.insert(place, Change { step, parameters }),
        }
    }

    /// Whether both begin as the same run, whatever changes later.
    pub fn begins_like(&self, other: &Self) -> bool {
        (&self.environment, &self.agent, self.seed) == (&other.environment, &other.agent, other.seed)
    }

    /// The run that begins with the values that this one has after so many steps, and never changes.
    #[must_use]
    pub fn with_values_after(&self, step: u64) -> Self {
        Self { agent: self.agent_after(step), changes: Vec::new(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::Value;

    fn values(pairs: &[(&str, f64)]) -> Parameters {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::Number(*value))).collect()
    }

    #[test]
    fn changes_stand_in_order_and_hold_from_their_step_on() {
        let mut spec = RunSpec::new("gridworld", "q-learning", Seed::default());
        spec.change(100, values(&[("alpha", 0.5)]));
        spec.change(10, values(&[("alpha", 0.2), ("epsilon", 0.3)]));
        spec.change(100, values(&[("alpha", 0.4)]));
        assert_eq!(spec.changes.iter().map(|it| it.step).collect::<Vec<_>>(), [10, 100]);
        assert_eq!(spec.agent_after(9).parameters, values(&[]));
        assert_eq!(spec.agent_after(10).parameters, values(&[("alpha", 0.2), ("epsilon", 0.3)]));
        assert_eq!(spec.agent_after(100).parameters, values(&[("alpha", 0.4), ("epsilon", 0.3)]));
        assert_eq!((spec.next_change(9), spec.next_change(10), spec.next_change(100)), (Some(10), Some(100), None));
        let now = spec.with_values_after(50);
        assert_eq!((now.agent.parameters, now.changes), (values(&[("alpha", 0.2), ("epsilon", 0.3)]), vec![]));
    }
}
