//! What a sweep comes to: aggregates of every combination over its seeds, with 95 % bootstrap intervals.

use crate::figure::fixed;
use clap::ValueEnum;
use run::experiment::{
    Duplicate, ExperimentCell, ExperimentPlan, ParameterColumn, RefusedPair, RunOutcome, agent_columns,
    environment_columns, words,
};
use run::statistics::{Bootstrap, Estimate, mean, share_above};
use serde::Serialize;
use shared::spec::RunSpec;
use std::collections::BTreeMap;
use std::fmt;

/// Reasons of failed runs that are told one by one.
const MOST_REASONS: usize = 3;

/// Episodes that the final score is of, where a run has as many.
const EPISODES_OF_SCORE: u64 = 100;

/// Places at which a performance profile is taken, over the range of an environment's scores.
const PLACES: usize = 11;

/// What counts as a run's score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// Mean return of the last 100 episodes: how well it has learned
    Final,
    /// Mean return of all episodes: what learning cost, too
    Mean,
}

impl Score {
    fn of(self, outcome: &RunOutcome) -> Option<f64> {
        match self {
            Self::Final => outcome.final_return,
            Self::Mean => outcome.mean_return,
        }
    }
}

/// What a sweep comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Report {
    score: Score,
    /// Episodes of the run that has the fewest; none where no episode has ended.
    #[serde(skip)]
    fewest: Option<u64>,
    environments: Vec<EnvironmentReport>,
    /// Why runs failed, the most frequent reason first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<FailureReason>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<RefusedPair>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    merged: Vec<Duplicate>,
}

/// Why so many runs failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct FailureReason {
    reason: String,
    runs: usize,
}

/// The combinations in one environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct EnvironmentReport {
    environment: String,
    /// Scores at which the profiles are taken.
    taus: Vec<f64>,
    combinations: Vec<Combination>,
}

/// An agent with its values, over all its seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Combination {
    agent: String,
    /// Runs with a score.
    runs: usize,
    /// Runs in which no episode ended.
    #[serde(skip_serializing_if = "is_zero")]
    unfinished: usize,
    /// Runs that a fault ended.
    #[serde(skip_serializing_if = "is_zero")]
    failed: usize,
    mean: Aggregate,
    interquartile_mean: Aggregate,
    /// The probability that a run scores higher than one of the environment's first combination.
    improvement_on_first: Aggregate,
    /// Mean value at the start that the greedy policies give away, where the exact model tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    regret: Option<f64>,
    /// Runs whose regret that is the mean of: the others' is without bound or not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    regret_known: Option<usize>,
    /// Runs whose greedy policy gives away more than any number.
    #[serde(skip_serializing_if = "is_zero")]
    regret_unbounded: usize,
    /// Why no run's regret is known, where a model is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    regret_unknown: Option<String>,
    /// Share of runs that score above each of the taus; empty where no run has a score.
    profile: Vec<f64>,
    #[serde(skip)]
    scores: Vec<f64>,
    /// The first of its runs.
    #[serde(skip)]
    first: RunSpec,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A value and its interval; null where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Aggregate {
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

impl Aggregate {
    fn of(estimate: Estimate) -> Self {
        let (low, high) = estimate.interval.unzip();
        Self { value: Some(estimate.value).filter(|it| it.is_finite()), low, high }
    }
}

impl Report {
    /// Aggregates the outcomes of a plan.
    pub(super) fn new(plan: &ExperimentPlan, outcomes: &[RunOutcome], score: Score) -> Self {
        let name = |id: &str, set: String| if set.is_empty() { id.to_owned() } else { format!("{id} {set}") };
        let environment =
            |cell: &ExperimentCell| name(&cell.spec.environment.id, words(&cell.spec.environment.parameters));
        let agent = |cell: &ExperimentCell| name(&cell.spec.agent.id, words(&cell.spec.agent.parameters));
        let rows: Vec<(&ExperimentCell, &RunOutcome)> = plan.cells.iter().zip(outcomes).collect();
        let mut bootstrap = Bootstrap::default();
        let environments = rows
            .chunk_by(|(one, _), (other, _)| one.spec.environment == other.spec.environment)
            .map(|rows| {
                let combinations = rows.chunk_by(|(one, _), (other, _)| one.spec.agent == other.spec.agent);
                let combinations =
                    combinations.map(|rows| Combination::of(agent(rows[0].0), rows, score, &mut bootstrap));
                EnvironmentReport::of(environment(rows[0].0), combinations.collect(), &mut bootstrap)
            })
            .collect();
        let faults = FailureReason::of(outcomes);
        let fewest = outcomes.iter().map(|it| it.episodes).filter(|it| *it > 0).min();
        Self { score, fewest, environments, faults, left_out: plan.refused.clone(), merged: plan.merged.clone() }
    }

    /// How many runs failed.
    pub(super) fn failed(&self) -> usize {
        self.faults.iter().map(|fault| fault.runs).sum()
    }

    /// Why, in words.
    pub(super) fn reasons(&self) -> String {
        let told = self
            .faults
            .iter()
            .take(MOST_REASONS)
            .map(|FailureReason { reason, runs }| format!("{} ({runs} runs)", reason.trim_end_matches('.')));
        let rest: usize = self.faults.iter().skip(MOST_REASONS).map(|fault| fault.runs).sum();
        let rest = (rest > 0).then(|| format!("other reasons ({rest} runs)"));
        told.chain(rest).collect::<Vec<_>>().join("; ")
    }
}

impl FailureReason {
    fn of(outcomes: &[RunOutcome]) -> Vec<Self> {
        let mut counts = BTreeMap::<&str, usize>::new();
        for reason in outcomes.iter().filter_map(|outcome| outcome.fault.as_deref()) {
            *counts.entry(reason).or_default() += 1;
        }
        let mut faults: Vec<_> =
            counts.into_iter().map(|(reason, runs)| Self { reason: reason.to_owned(), runs }).collect();
        faults.sort_by_key(|fault| std::cmp::Reverse(fault.runs));
        faults
    }
}

impl Report {
    /// A row a combination, for a table: its names, its parameters in columns of their own as every run has them, and
    /// its numbers.
    pub(super) fn rows(&self) -> Vec<Vec<String>> {
        let combinations = || self.environments.iter().flat_map(|it| &it.combinations);
        let specs = || combinations().map(|it| &it.first);
        let (of_environment, of_agent) = (environment_columns(specs()), agent_columns(specs()));
        let names = |columns: &[ParameterColumn]| columns.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        let numbers = ["runs", "mean", "mean_low", "mean_high", "interquartile_mean"];
        let more = ["interquartile_mean_low", "interquartile_mean_high", "regret", "regret_known", "regret_unbounded"];
        let head = [vec!["environment".to_owned()], names(&of_environment), vec!["agent".to_owned()], names(&of_agent)];
        let more = more.into_iter().chain(["unfinished"]);
        let head = head.concat().into_iter().chain(numbers.into_iter().chain(more).map(str::to_owned));
        let text = |number: Option<f64>| number.map_or_else(String::new, |it| it.to_string());
        let row = |combination: &Combination| {
            let Combination { runs, mean, interquartile_mean: middle, regret, first, .. } = combination;
            let values = |columns: &[ParameterColumn]| columns.iter().map(|it| it.words(first)).collect::<Vec<_>>();
            let (environment, agent) = (first.environment.id.clone(), first.agent.id.clone());
            let numbers = [mean.value, mean.low, mean.high, middle.value, middle.low, middle.high, *regret];
            let mut row = [vec![environment], values(&of_environment), vec![agent], values(&of_agent)].concat();
            row.push(runs.to_string());
            row.extend(numbers.map(text));
            row.push(combination.regret_known.map_or_else(String::new, |it| it.to_string()));
            row.push(combination.regret_known.map_or_else(String::new, |_| combination.regret_unbounded.to_string()));
            row.push(combination.unfinished.to_string());
            row
        };
        std::iter::once(head.collect()).chain(combinations().map(row)).collect()
    }
}

impl EnvironmentReport {
    fn of(environment: String, mut combinations: Vec<Combination>, bootstrap: &mut Bootstrap) -> Self {
        let scores = || combinations.iter().flat_map(|it| it.scores.iter().copied());
        let (least, most) = (scores().fold(f64::INFINITY, f64::min), scores().fold(f64::NEG_INFINITY, f64::max));
        let place = |index: usize| least + (most - least) * index as f64 / (PLACES - 1) as f64;
        let taus: Vec<f64> = if least <= most { (0..PLACES).map(place).collect() } else { Vec::new() };
        let first = combinations.first().map(|it| it.scores.clone()).unwrap_or_default();
        for combination in &mut combinations {
            // Of no runs there is no share.
            let taus = if combination.scores.is_empty() { &[] } else { &taus[..] };
            combination.profile = taus.iter().map(|tau| share_above(&combination.scores, *tau)).collect();
            combination.improvement_on_first = Aggregate::of(bootstrap.improvement(&[&combination.scores], &[&first]));
        }
        Self { environment, taus, combinations }
    }
}

impl Combination {
    fn of(agent: String, rows: &[(&ExperimentCell, &RunOutcome)], score: Score, bootstrap: &mut Bootstrap) -> Self {
        let scores: Vec<f64> = rows.iter().filter_map(|(_, outcome)| score.of(outcome)).collect();
        let regrets: Vec<f64> = rows.iter().filter_map(|(_, outcome)| outcome.regret).collect();
        Self {
            agent,
            runs: scores.len(),
            unfinished: rows.len() - scores.len(),
            failed: rows.iter().filter(|(_, outcome)| outcome.fault.is_some()).count(),
            mean: Aggregate::of(bootstrap.mean(&[&scores])),
            interquartile_mean: Aggregate::of(bootstrap.interquartile_mean(&[&scores])),
            improvement_on_first: Aggregate { value: None, low: None, high: None },
            regret: (!regrets.is_empty()).then(|| mean(&regrets)),
            regret_known: rows
                .iter()
                .any(|(_, it)| it.optimal_states.is_some() || it.regret_unknown.is_some())
                .then_some(regrets.len()),
            regret_unbounded: rows.iter().filter(|(_, outcome)| outcome.regret_unbounded).count(),
            regret_unknown: rows.iter().find_map(|(_, it)| it.regret_unknown.clone()).filter(|_| regrets.is_empty()),
            profile: Vec::new(),
            scores,
            first: rows[0].0.spec.clone(),
        }
    }
}

impl Combination {
    /// The mean regret, and of how many runs that is where it is not of all; why it is not known of the others.
    fn regret_words(&self) -> String {
        let all = self.runs + self.unfinished;
        let Some(known) = self.regret_known else { return "-".into() };
        let mut words: Vec<String> = self.regret.iter().map(|regret| format!("{regret:.4}")).collect();
        match self.regret_unbounded {
            unbounded if unbounded == all => words.push("without bound".into()),
            _ if known == all => {}
            0 => words.push(format!("{known} of {all} known")),
            unbounded => words.push(format!("{known} of {all} known, {unbounded} without bound")),
        }
        let unknown = self.regret_unknown.as_ref().filter(|_| known + self.regret_unbounded < all);
        words.extend(unknown.map(|reason| format!("not known: {reason}")));
        words.join(", ")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for it in &self.environments {
            it.fmt(formatter)?;
        }
        match (self.score, self.fewest) {
            (Score::Final, Some(fewest)) if fewest < EPISODES_OF_SCORE => write!(
                formatter,
                "Score: mean return of the last {EPISODES_OF_SCORE} episodes, or of all where a run had fewer: one had {fewest}."
            )?,
            (Score::Final, _) => write!(formatter, "Score: mean return of the last {EPISODES_OF_SCORE} episodes.")?,
            (Score::Mean, _) => formatter.write_str("Score: mean return of all episodes.")?,
        }
        write!(formatter, " In brackets: 95 % bootstrap intervals. Above: share of runs that score above.")?;
        if self.environments.iter().flat_map(|it| &it.combinations).any(|it| it.regret_unbounded > 0) {
            write!(
                formatter,
                " Regret without bound: the greedy policy never gets to an end, or gives away for ever."
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for EnvironmentReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let taus = [2, 4, 5, 6, 8].map(|place| self.taus.get(place).copied());
        let mut table = vec![vec![
            self.environment.clone(),
            "runs".into(),
            "mean".into(),
            "inter-quartile mean".into(),
            "better than the first".into(),
            "regret".into(),
        ]];
        table[0].extend(taus.iter().map(|tau| tau.map_or_else(String::new, |tau| format!("above {tau:.2}"))));
        for combination in &self.combinations {
            let Combination { runs, unfinished, failed, .. } = combination;
            let trouble = |count: usize, what| if count > 0 { format!(", {count} {what}") } else { String::new() };
            let troubles = trouble(*unfinished, "unfinished") + &trouble(*failed, "failed");
            let mut row = vec![
                combination.agent.clone(),
                format!("{runs}{troubles}"),
                combination.mean.to_string(),
                combination.interquartile_mean.to_string(),
                combination.improvement_on_first.to_string(),
                combination.regret_words(),
            ];
            let shares = [2, 4, 5, 6, 8].map(|place| combination.profile.get(place));
            row.extend(shares.map(|share| share.map_or_else(|| "-".to_owned(), |share| format!("{share:.2}"))));
            table.push(row);
        }
        let widths: Vec<usize> = (0..table[0].len())
            .map(|column| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
            .collect();
        for row in &table {
            let padded: Vec<_> = row.iter().zip(&widths).map(|(text, width)| format!("{text:width$}")).collect();
            writeln!(formatter, "{}", padded.join("  ").trim_end())?;
        }
        writeln!(formatter)
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.value, self.low, self.high) {
            (Some(value), Some(low), Some(high)) => {
                write!(formatter, "{} [{}, {}]", fixed(value, 3), fixed(low, 3), fixed(high, 3))
            }
            (Some(value), ..) => formatter.write_str(&fixed(value, 3)),
            _ => formatter.write_str("-"),
        }
    }
}
