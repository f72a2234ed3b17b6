//! One run of an experiment, and what comes of it.

use crate::experiment::RunBudget;
use crate::statistics;
use crate::{Run, RunError};
use serde::{Deserialize, Serialize};
use shared::command::Command;
use shared::event::{LogEvent, Phase, Severity};
use shared::spec::RunSpec;

/// Steps between two looks at the log, so that it does not grow.
const SLICE: u64 = 100_000;

/// One run of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentCell {
    /// What determines it.
    pub spec: RunSpec,
    /// How far it goes.
    pub budget: RunBudget,
}

/// What came of a run: the same for the same cell, everywhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunOutcome {
    /// Episodes that ended.
    pub episodes: u64,
    /// Steps made.
    pub steps: u64,
    /// Mean return of the last episodes, at most 100; none if no episode has ended.
    #[serde(default, with = "shared::number::optional")]
    pub final_return: Option<f64>,
    /// Mean return of all episodes: what learning cost, too.
    #[serde(default, with = "shared::number::optional")]
    pub mean_return: Option<f64>,
    /// What the greedy policy's value at the start falls short of the best, where the exact model tells and the
    /// policy's value settles; none where it falls short without bound.
    pub regret: Option<f64>,
    /// Whether the greedy policy never ends, so that its regret is without bound.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub regret_unbounded: bool,
    /// Why the regret cannot be told, where a model is there and it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regret_unknown: Option<String>,
    /// Share of the states that count whose greedy actions are all optimal, where the exact model tells; 1 where no choice
    /// matters.
    pub optimal_states: Option<f64>,
    /// Hash of all episodes.
    pub run_hash: String,
    /// Why the run ended before its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl RunOutcome {
    /// That of a run which could not be made, and why.
    pub fn of_none(fault: String) -> Self {
        Self {
            episodes: 0,
            steps: 0,
            final_return: None,
            mean_return: None,
            regret: None,
            regret_unbounded: false,
            regret_unknown: None,
            optimal_states: None,
            run_hash: String::new(),
            fault: Some(fault),
        }
    }
}

impl ExperimentCell {
    /// Makes the run, in one go.
    pub fn run(&self) -> Result<RunOutcome, RunError> {
        let mut run = Run::new(self.spec.clone())?;
        let (until_episode, most_steps) = match self.budget {
            RunBudget::Episodes(episodes) => (Some(episodes), u64::MAX),
            RunBudget::Steps(steps) => (None, steps),
        };
        run.command(Command::Resume { until_episode });
        let (mut sum, mut fault) = (0.0, None);
        while run.phase() == Phase::Running && run.step() < most_steps {
            run.advance(SLICE.min(most_steps - run.step()));
            for event in run.drain_log() {
                match event {
                    LogEvent::Episodes(bin) => sum += bin.episodic_return.sum,
                    LogEvent::Notice { severity: Severity::Error, text } => fault = Some(text),
                    _ => {}
                }
            }
        }
        let episodes = run.episode();
        let ended = episodes > 0;
        let (worth, regret_unknown) = match run.worth().transpose() {
            Ok(worth) => (worth, None),
            Err(reason) => (None, Some(reason.to_string())),
        };
        let share = |(right, all)| if all == 0 { 1.0 } else { f64::from(right) / f64::from(all) };
        Ok(RunOutcome {
            episodes,
            steps: run.step(),
            final_return: ended.then(|| statistics::mean(run.recent_returns())),
            mean_return: ended.then(|| sum / episodes as f64),
            regret: worth.as_ref().and_then(|it| it.regret),
            regret_unbounded: worth.as_ref().is_some_and(|it| it.regret.is_none()),
            regret_unknown,
            optimal_states: run.status(0.0).optimal_states.map(share),
            run_hash: run.hash(),
            fault,
        })
    }
}
