//! The summary of a run: one JSON object, the same for the same spec and end but for the time it took.

use crate::figure::fixed;
use run::{NoPolicyValue, PolicyValue, Run};
use serde::Serialize;
use shared::event::EndReason;
use shared::parameter::Parameters;
use shared::spec::Change;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingSummary {
    environment: String,
    #[serde(skip_serializing_if = "Parameters::is_empty")]
    environment_parameters: Parameters,
    agent: String,
    #[serde(skip_serializing_if = "Parameters::is_empty")]
    agent_parameters: Parameters,
    /// Other values of the agent, from a step on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Change>,
    seed: u64,
    /// The device that networks computed on, where that is not the CPU's own path.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    ended: EndReason,
    episodes: u64,
    steps: u64,
    run_hash: String,
    /// Of the last episodes, at most 100, that ended in this process or, of a kept run, before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    returns: Option<ReturnSummary>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    worth: Option<PolicyValue>,
    /// Whether the greedy policy gives away more than any number.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    regret_unbounded: bool,
    /// Why it is not known what the greedy policy is worth, where a model is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    regret_unknown: Option<String>,
    seconds: f64,
    steps_per_second: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct ReturnSummary {
    episodes: usize,
    mean: f64,
    best: f64,
    worst: f64,
}

impl TrainingSummary {
    /// The summary of a run that made `steps` of its steps here, in so many seconds, and what it has learned is worth.
    pub fn new(
        run: &Run,
        worth: Option<Result<PolicyValue, NoPolicyValue>>,
        ended: EndReason,
        steps: u64,
        seconds: f64,
    ) -> Self {
        let spec = run.spec();
        let (worth, regret_unknown) = match worth.transpose() {
            Ok(worth) => (worth, None),
            Err(reason) => (None, Some(reason.to_string())),
        };
        Self {
            environment: spec.environment.id.clone(),
            environment_parameters: spec.environment.parameters.clone(),
            agent: spec.agent.id.clone(),
            agent_parameters: spec.agent.parameters.clone(),
            changes: spec.changes.clone(),
            seed: spec.seed.get(),
            device: None,
            ended,
            episodes: run.episode(),
            steps: run.step(),
            run_hash: run.hash(),
            returns: ReturnSummary::of(run.recent_returns()),
            regret_unbounded: worth.as_ref().is_some_and(|it| it.regret.is_none()),
            worth,
            regret_unknown,
            seconds,
            steps_per_second: if seconds > 0.0 { steps as f64 / seconds } else { 0.0 },
        }
    }

    /// The same of a run whose networks computed on a device.
    #[must_use]
    pub(crate) fn on(self, device: Option<deep::Device>) -> Self {
        Self { device: device.map(|it| it.to_string()), ..self }
    }

    /// The summary in a line or two for people.
    pub fn words(&self) -> String {
        let mut lines = vec![format!(
            "{} in {}: {} episodes, {} steps, {:.0} steps/s, run hash {}",
            self.agent, self.environment, self.episodes, self.steps, self.steps_per_second, self.run_hash
        )];
        if let Some(ReturnSummary { episodes, mean, best, worst }) = &self.returns {
            lines.push(format!(
                "undiscounted returns of the last {episodes} episodes: mean {}, best {}, worst {}",
                fixed(*mean, 4),
                fixed(*best, 4),
                fixed(*worst, 4)
            ));
        }
        if let Some(worth) = &self.worth {
            let (right, counted) = worth.optimal_states;
            let greedy = worth.greedy_value.map_or("less without bound".into(), |value| fixed(value, 6));
            lines.push(format!(
                "discounted value at the start: {greedy} of the greedy policy, {} of the best; {right} of {counted} states optimal",
                fixed(worth.optimal_value, 6)
            ));
        }
        if let Some(reason) = &self.regret_unknown {
            lines.push(format!("what the greedy policy gives away is not known: {reason}"));
        }
        lines.join("\n")
    }
}

impl ReturnSummary {
    fn of(returns: &[f64]) -> Option<Self> {
        (!returns.is_empty()).then(|| Self {
            episodes: returns.len(),
            mean: returns.iter().sum::<f64>() / returns.len() as f64,
            best: returns.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            worst: returns.iter().copied().fold(f64::INFINITY, f64::min),
        })
    }
}
