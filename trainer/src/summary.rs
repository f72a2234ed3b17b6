//! The summary of a run: one JSON object, the same for the same spec and end but for the time it took.

use crate::figure::fixed;
use run::{Run, Worth};
use serde::Serialize;
use shared::event::EndReason;
use shared::parameter::Parameters;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    environment: String,
    #[serde(skip_serializing_if = "Parameters::is_empty")]
    environment_parameters: Parameters,
    agent: String,
    #[serde(skip_serializing_if = "Parameters::is_empty")]
    agent_parameters: Parameters,
    seed: u64,
    ended: EndReason,
    episodes: u64,
    steps: u64,
    run_hash: String,
    /// Of the last episodes, at most 100, that ended in this process.
    #[serde(skip_serializing_if = "Option::is_none")]
    returns: Option<Returns>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    worth: Option<Worth>,
    seconds: f64,
    steps_per_second: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Returns {
    episodes: usize,
    mean: f64,
    best: f64,
    worst: f64,
}

impl Summary {
    /// The summary of a run that made `steps` of its steps here, in so many seconds, and what it has learned is worth.
    pub fn new(run: &Run, worth: Option<Worth>, ended: EndReason, steps: u64, seconds: f64) -> Self {
        let spec = run.spec();
        Self {
            environment: spec.environment.id.clone(),
            environment_parameters: spec.environment.parameters.clone(),
            agent: spec.agent.id.clone(),
            agent_parameters: spec.agent.parameters.clone(),
            seed: spec.seed.get(),
            ended,
            episodes: run.episode(),
            steps: run.step(),
            run_hash: run.hash(),
            returns: Returns::of(run.recent_returns()),
            worth,
            seconds,
            steps_per_second: if seconds > 0.0 { steps as f64 / seconds } else { 0.0 },
        }
    }

    /// The summary in a line or two for people.
    pub fn words(&self) -> String {
        let mut lines = vec![format!(
            "{} in {}: {} episodes, {} steps, {:.0} steps/s, run hash {}",
            self.agent, self.environment, self.episodes, self.steps, self.steps_per_second, self.run_hash
        )];
        if let Some(Returns { episodes, mean, best, worst }) = &self.returns {
            lines.push(format!(
                "returns of the last {episodes} episodes: mean {}, best {}, worst {}",
                fixed(*mean, 4),
                fixed(*best, 4),
                fixed(*worst, 4)
            ));
        }
        if let Some(worth) = &self.worth {
            let (right, counted) = worth.optimal_states;
            let greedy = worth.greedy_value.map_or("less without bound".into(), |value| fixed(value, 6));
            lines.push(format!(
                "greedy policy worth {greedy} at the start, the best {}; {right} of {counted} states optimal",
                fixed(worth.optimal_value, 6)
            ));
        }
        lines.join("\n")
    }
}

impl Returns {
    fn of(returns: &[f64]) -> Option<Self> {
        (!returns.is_empty()).then(|| Self {
            episodes: returns.len(),
            mean: returns.iter().sum::<f64>() / returns.len() as f64,
            best: returns.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            worst: returns.iter().copied().fold(f64::INFINITY, f64::min),
        })
    }
}
