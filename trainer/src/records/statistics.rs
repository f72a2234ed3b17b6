//! What the episodes of a run came to: returns, lengths, how they ended, and what the environment counted.

use serde::{Deserialize, Serialize};
use shared::event::LogEvent;
use std::collections::{BTreeMap, BTreeSet};

/// Returns of all episodes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReturnStatistics {
    /// Their mean.
    pub mean: f64,
    /// The greatest.
    pub best: f64,
    /// The least.
    pub worst: f64,
}

/// How often something ended so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutcomeShare {
    /// In so many episodes.
    pub episodes: u64,
    /// Which is this share of all.
    pub share: f64,
}

/// Something that the environment counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentCounter {
    /// In all episodes together.
    pub total: f64,
    /// In an episode.
    pub mean: f64,
    /// In one episode at most.
    pub most: f64,
}

/// The statistics of a run's episodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcomes {
    /// Episodes that they are of.
    pub episodes: u64,
    /// None without an episode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<ReturnStatistics>,
    /// Steps of an episode.
    pub mean_length: f64,
    /// By the environment's names of how an episode ends.
    pub outcomes: BTreeMap<String, OutcomeShare>,
    /// By the environment's names of what it counts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counters: BTreeMap<String, EnvironmentCounter>,
}

/// The same, adding up.
#[derive(Clone, Debug, Default)]
pub struct EpisodeStatistics {
    episodes: u64,
    returns: f64,
    extremes: Option<(f64, f64)>,
    length: f64,
    /// Outcomes of the environment, by which what it counts is told apart from them.
    outcomes: BTreeSet<String>,
    ended: BTreeMap<String, f64>,
    counted: BTreeMap<String, (f64, f64)>,
}

impl EpisodeStatistics {
    /// None yet, of an environment whose episodes end so.
    pub fn new(outcomes: &[String]) -> Self {
        Self { outcomes: outcomes.iter().cloned().collect(), ..Self::default() }
    }

    /// Takes an event in.
    pub fn push(&mut self, event: &LogEvent) {
        let LogEvent::Episodes(bin) = event else { return };
        self.episodes += bin.count;
        self.returns += bin.episodic_return.sum;
        let (least, greatest) = self.extremes.unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
        self.extremes = Some((least.min(bin.episodic_return.min), greatest.max(bin.episodic_return.max)));
        self.length += bin.length.sum;
        for (name, stat) in &bin.outcomes {
            if self.outcomes.contains(name) {
                *self.ended.entry(name.clone()).or_default() += stat.sum;
            } else {
                let (total, most) = self.counted.entry(name.clone()).or_insert((0.0, f64::NEG_INFINITY));
                (*total, *most) = (*total + stat.sum, most.max(stat.max));
            }
        }
    }

    /// What they come to.
    pub fn outcomes(&self) -> Outcomes {
        let episodes = self.episodes.max(1) as f64;
        let share = |ended: f64| OutcomeShare { episodes: ended as u64, share: ended / episodes };
        let counted = |(total, most): (f64, f64)| EnvironmentCounter { total, mean: total / episodes, most };
        Outcomes {
            episodes: self.episodes,
            returns: self.extremes.map(|(worst, best)| ReturnStatistics { mean: self.returns / episodes, best, worst }),
            mean_length: self.length / episodes,
            outcomes: self.ended.iter().map(|(name, ended)| (name.clone(), share(*ended))).collect(),
            counters: self.counted.iter().map(|(name, it)| (name.clone(), counted(*it))).collect(),
        }
    }
}
