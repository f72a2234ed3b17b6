//! Charts as files.

use super::sample::{Sample, of_profile};
use crate::store::board::{Measure, Runs};
use std::fmt::Write as _;

/// All samples as comma-separated values: nothing is left out and nothing is rounded.
pub fn csv(axis: &str, samples: &[Sample], smooth: &[f64]) -> String {
    let mut text = format!("{axis},count,mean,least,greatest,smooth\n");
    for (sample, smooth) in samples.iter().zip(smooth) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{},{},{},{},{},{smooth}", sample.x, sample.count, sample.mean, sample.low, sample.high);
    }
    text
}

/// All mean curves of a board, one after the other.
pub fn csv_of_board(runs: &mut Runs, measure: Measure) -> String {
    let mut text = String::from("mind,episode,step,seconds,seeds,mean,low,high\n");
    for mind in 0..runs.names.len() {
        for point in runs.finished_curve(mind, measure) {
            let _ = writeln!(
                text,
                "{},{},{},{},{},{},{},{}",
                quoted(&runs.names[mind]),
                point.episode,
                point.step,
                point.millis / 1_000.0,
                point.seeds,
                point.mean,
                point.low,
                point.high
            );
        }
    }
    text
}

/// All performance profiles of a board, one after the other.
pub fn csv_of_profiles(runs: &mut Runs) -> String {
    let mut text = String::from("mind,return,share_above,low,high\n");
    for mind in 0..runs.names.len() {
        let name = quoted(&runs.names[mind]);
        for Sample { x, mean, low, high, .. } in of_profile(&runs.finished_profile(mind)) {
            let _ = writeln!(text, "{name},{x},{mean},{low},{high}");
        }
    }
    text
}

/// Every run of a board by itself, part by part: what curves, bands and tables are made of. `seeds` are their seeds.
pub fn csv_of_runs(runs: &Runs, seeds: impl Fn(usize) -> String) -> String {
    let mut text = String::from("mind,seed,episode,return,length,run_hash\n");
    for (name, attempts) in runs.names.iter().zip(runs.attempts()) {
        let name = quoted(name);
        for (index, attempt) in attempts.iter().enumerate() {
            for (episode, [episodic_return, length]) in runs.parts_of(attempt) {
                let (seed, hash) = (seeds(index), &attempt.run_hash);
                let _ = writeln!(text, "{name},{seed},{episode},{episodic_return},{length},{hash}");
            }
        }
    }
    text
}

/// A name as such a file holds it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_has_its_row() {
        let sample = Sample { x: 3.0, low: -1.0, mean: 0.1, high: 9.3, count: 7.0 };
        assert_eq!(
            csv("episode", &[sample], &[0.25]),
            "episode,count,mean,least,greatest,smooth\n3,7,0.1,-1,9.3,0.25\n"
        );
    }
}
