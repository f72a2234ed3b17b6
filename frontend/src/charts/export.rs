//! Charts as files.

use super::sample::of_profile;
use crate::store::RunView;
use crate::store::board::{EpisodeMeasure, Runs};
use plot::Sample;
use run::experiment::{agent_columns, environment_columns};
use shared::RunSpec;
use shared::csv::{self, CsvTable, EpisodeRows};

/// Every episode of a run, as far as its log tells them one by one.
pub fn csv_of_episodes(view: &RunView) -> String {
    let outcomes = view.started.as_ref().map(|started| started.environment.outcomes.as_slice());
    let mut rows = EpisodeRows::of(outcomes.unwrap_or_default());
    for bin in view.episodes.bins() {
        rows.push(bin);
    }
    rows.take()
}

/// All samples as comma-separated values: nothing is left out and nothing is rounded.
pub fn csv_of_samples(axis: &str, samples: &[Sample], smooth: &[f64]) -> String {
    let mut table = CsvTable::new(&[axis, "count", "mean", "least", "greatest", "smooth"]);
    for (Sample { x, low, mean, high, count }, smooth) in samples.iter().zip(smooth) {
        table.cell(x).cell(count).cell(mean).cell(low).cell(high).cell(smooth).end_row();
    }
    table.take()
}

/// All mean curves of a board, one after the other.
pub fn csv_of_board(runs: &mut Runs, measure: EpisodeMeasure) -> String {
    let mut table = CsvTable::new(&["name", "episodes", "step", "seconds", "seeds", "mean", "low", "high"]);
    for agent in 0..runs.names.len() {
        for point in runs.finished_curve(agent, measure) {
            table.cell(&runs.names[agent]).cell(&point.episode).cell(&point.step).cell(&(point.millis / 1_000.0));
            table.cell(&point.seeds).cell(&point.mean).cell(&point.low).cell(&point.high).end_row();
        }
    }
    table.take()
}

/// All performance profiles of a board, one after the other.
pub fn csv_of_profiles(runs: &mut Runs) -> String {
    let mut table = CsvTable::new(&["name", "return", "share_above", "low", "high"]);
    for agent in 0..runs.names.len() {
        for Sample { x, mean, low, high, .. } in of_profile(&runs.finished_profile(agent)) {
            table.cell(&runs.names[agent]).cell(&x).cell(&mean).cell(&low).cell(&high).end_row();
        }
    }
    table.take()
}

/// What a table of all runs has a row for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableRows {
    /// Every part of a run: what curves, bands and tables are made of.
    Parts,
    /// Every episode, where they are kept.
    Episodes,
}

impl TableRows {
    /// What the file is called.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Parts => "terrarium-runs.csv",
            Self::Episodes => "terrarium-episodes.csv",
        }
    }
}

/// Every run of a board by itself, with its parameters and the return of its greedy policy after training. `specs` are what
/// determines them, by contender and seed.
pub fn csv_of_runs(runs: &Runs, rows: TableRows, specs: impl Fn(usize, usize) -> Option<RunSpec>) -> String {
    let firsts: Vec<RunSpec> = (0..runs.names.len()).filter_map(|agent| specs(agent, 0)).collect();
    let columns = [environment_columns(firsts.iter()), agent_columns(firsts.iter())].concat();
    let episode = match rows {
        TableRows::Parts => "episodes",
        TableRows::Episodes => "episode",
    };
    let fixed = ["name", "seed", episode, "return", "length", "greedy_return", "run_hash", "environment", "agent"];
    let names = fixed.into_iter().chain(columns.iter().map(|it| it.name.as_str()));
    let mut table = CsvTable::new(&names.collect::<Vec<_>>());
    for (agent, (name, attempts)) in runs.names.iter().zip(runs.attempts()).enumerate() {
        for (index, attempt) in attempts.iter().enumerate() {
            let Some(spec) = specs(agent, index) else { continue };
            let (environment, agent, seed) = (&spec.environment.id, &spec.agent.id, spec.seed);
            let greedy = attempt.greedy.map(|it| it.to_string()).unwrap_or_default();
            let mut behind = vec![greedy, csv::hash(&attempt.run_hash), environment.clone(), agent.clone()];
            behind.extend(columns.iter().map(|it| it.words(&spec)));
            let mut row = |episode: u64, episodic_return: f64, length: f64| {
                table.cell(name).cell(&seed).cell(&episode).cell(&episodic_return).cell(&length);
                for value in &behind {
                    table.cell(value);
                }
                table.end_row();
            };
            match rows {
                TableRows::Parts => {
                    for (episode, [episodic_return, length]) in runs.parts_of(attempt) {
                        row(episode, episodic_return, length);
                    }
                }
                TableRows::Episodes => {
                    for (episode, (episodic_return, length, _)) in attempt.each.iter().enumerate() {
                        row(episode as u64, episodic_return, f64::from(length));
                    }
                }
            }
        }
    }
    table.take()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MOST_POINTS;
    use shared::episode::{EpisodeBin, Episodes, Stat};
    use std::collections::BTreeMap;

    #[test]
    fn every_episode_has_its_row_however_the_curve_is_merged() {
        let mut view = RunView::default();
        for episode in 0..30_000_u32 {
            let (number, mut each) = (u64::from(episode), Episodes::default());
            each.push(0, f64::from(episode) / 4.0, 8, 0);
            let bin = EpisodeBin {
                first_episode: number,
                last_episode: number,
                count: 1,
                step: 8 * number,
                episodic_return: Stat::of(f64::from(episode) / 4.0),
                length: Stat::of(8.0),
                outcomes: BTreeMap::new(),
                each: Some(Box::new(each)),
            };
            view.episodes.push(f64::from(episode), bin, MOST_POINTS);
        }
        assert!(view.episodes.bins().len() < 30_000);
        let table = csv_of_episodes(&view);
        let rows: Vec<_> = table.lines().collect();
        assert_eq!(rows.len(), 30_001);
        assert_eq!(
            [rows[0], rows[2], rows[30_000]],
            ["episode,count,return,length,outcome", "1,1,0.25,8,", "29999,1,7499.75,8,"]
        );
    }

    #[test]
    fn every_sample_has_its_row() {
        let sample = Sample { x: 3.0, low: -1.0, mean: 0.1, high: 9.3, count: 7.0 };
        assert_eq!(
            csv_of_samples("episodes", &[sample], &[0.25]),
            "episodes,count,mean,least,greatest,smooth\n3,7,0.1,-1,9.3,0.25\n"
        );
    }
}
