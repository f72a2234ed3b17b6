//! What is not told yet: values of metrics and episodes, put together so that few events leave a run.

use shared::episode::{EpisodeBin, Episodes, MOST_TOLD, Stat};
use shared::event::LogEvent;
use shared::quantity::{Seed, split_mix};
use shared::statistic::Statistic;
use std::collections::BTreeMap;

/// An episode that ended elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedEpisode {
    /// Steps that the run had made when it ended.
    pub step: u64,
    /// Undiscounted return.
    pub episodic_return: f64,
    /// Length in steps.
    pub length: u64,
    /// Index of the outcome in the environment's description; one beyond them if there is none.
    pub outcome: u8,
}

/// What a metric took since the last event.
#[derive(Clone, Debug)]
struct PendingMetric {
    /// Step of the newest value.
    step: u64,
    newest: f64,
    statistic: Statistic,
    count: u64,
}

/// The newest values of a step, and what several values of a metric came to.
type StepMetrics = (BTreeMap<String, f64>, BTreeMap<String, Statistic>);

/// What is not told yet, and what is to be known of all that was.
#[derive(Debug)]
pub(super) struct PendingEvents {
    metrics: BTreeMap<String, PendingMetric>,
    bin: Option<EpisodeBin>,
    outcomes: Vec<String>,
    episodes: u64,
    step: u64,
    hash: u64,
    last_return: Option<f64>,
}

impl PendingEvents {
    pub(super) fn new(seed: Seed, outcomes: Vec<String>) -> Self {
        let hash = split_mix(seed.get());
        Self { metrics: BTreeMap::new(), bin: None, outcomes, episodes: 0, step: 0, hash, last_return: None }
    }

    /// Steps made.
    pub(super) const fn step(&self) -> u64 {
        self.step
    }

    /// Episodes ended.
    pub(super) const fn episodes(&self) -> u64 {
        self.episodes
    }

    /// Return of the last ended episode.
    pub(super) const fn last_return(&self) -> Option<f64> {
        self.last_return
    }

    /// The run hash over the episodes.
    pub(super) fn hash(&self) -> String {
        format!("{:016x}", self.hash)
    }

    /// So many steps have been made.
    pub(super) fn reach(&mut self, step: u64) {
        self.step = self.step.max(step);
    }

    /// Takes in the value of a metric.
    pub(super) fn metric(&mut self, step: u64, name: String, value: f64) {
        self.step = self.step.max(step);
        self.summary(step, name, value, &Statistic::of(value));
    }

    /// Takes in a summary of values of a metric.
    pub(super) fn summary(&mut self, step: u64, name: String, newest: f64, statistic: &Statistic) {
        let added = (statistic.count + statistic.not_finite).max(1);
        let values = self.metrics.entry(name).or_insert(PendingMetric {
            step,
            newest,
            statistic: Statistic::default(),
            count: 0,
        });
        values.step = step;
        values.newest = newest;
        values.statistic.merge(statistic);
        values.count += added;
    }

    /// Takes in an episode.
    pub(super) fn episode(&mut self, ended: &EndedEpisode) {
        let EndedEpisode { step, episodic_return, length, outcome } = *ended;
        self.step = self.step.max(step);
        let packed = length << 8 | u64::from(outcome);
        self.hash = split_mix(self.hash ^ episodic_return.to_bits() ^ packed.rotate_left(17));
        let index = self.episodes;
        self.episodes += 1;
        self.last_return = Some(episodic_return);
        let happened = |place: usize| f64::from(u8::from(place == usize::from(outcome)));
        let outcomes = self.outcomes.iter().enumerate().map(|(place, name)| (name.clone(), Stat::of(happened(place))));
        let each = (index < MOST_TOLD).then(|| {
            let mut each = Episodes::default();
            each.push(0, episodic_return, length, outcome);
            Box::new(each)
        });
        let bin = EpisodeBin {
            first_episode: index,
            last_episode: index,
            count: 1,
            step: self.step,
            episodic_return: Stat::of(episodic_return),
            length: Stat::of(length as f64),
            outcomes: outcomes.collect(),
            each,
        };
        match &mut self.bin {
            Some(present) => present.merge(&bin),
            None => self.bin = Some(bin),
        }
    }

    /// The events that tell all of it: metrics with the same step in one, each at its own.
    pub(super) fn take(&mut self) -> Vec<LogEvent> {
        let mut by_step: BTreeMap<u64, StepMetrics> = BTreeMap::new();
        for (name, PendingMetric { step, newest, statistic, count }) in std::mem::take(&mut self.metrics) {
            let (values, statistics) = by_step.entry(step).or_default();
            if count > 1 {
                statistics.insert(name.clone(), statistic);
            }
            values.insert(name, newest);
        }
        let episode = self.episodes;
        let metrics = by_step.into_iter().map(|(step, (values, statistics))| LogEvent::Metrics {
            step,
            episode,
            values,
            statistics,
        });
        self.bin.take().map(LogEvent::Episodes).into_iter().chain(metrics).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending() -> PendingEvents {
        PendingEvents::new(Seed::default(), vec!["goal".into()])
    }

    #[test]
    fn each_metric_keeps_its_step_and_values_in_between_enter_a_statistic() {
        let mut pending = pending();
        for (step, value) in [(10, 1.0), (20, 3.0)] {
            pending.metric(step, "loss".into(), value);
        }
        pending.metric(2, "evaluation/return".into(), 7.0);
        let events = pending.take();
        let told: Vec<_> = events
            .iter()
            .map(|event| match event {
                LogEvent::Metrics { step, values, statistics, .. } => (*step, values.len(), statistics.clone()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!((told[0].0, told[0].1, told[0].2.len()), (2, 1, 0));
        let both = told[1].2["loss"];
        assert_eq!((told[1].0, both.count, both.mean, both.last), (20, 2, 2.0, 3.0));
        assert!(pending.take().is_empty());
    }

    #[test]
    fn episodes_enter_one_bin_and_the_run_hash_of_the_protocol() {
        let mut pending = pending();
        for (index, outcome) in [0, 1].into_iter().enumerate() {
            pending.episode(&EndedEpisode { step: 5 * index as u64, episodic_return: 1.5, length: 5, outcome });
        }
        let events = pending.take();
        let [LogEvent::Episodes(bin)] = &events[..] else { panic!("{events:?}") };
        assert_eq!((bin.first_episode, bin.last_episode, bin.count, bin.step), (0, 1, 2, 5));
        assert_eq!(bin.outcomes["goal"].sum, 1.0);
        assert_eq!(bin.each.as_ref().map(|each| each.iter().count()), Some(2));
        let step = |hash, outcome: u64| split_mix(hash ^ 1.5_f64.to_bits() ^ (5_u64 << 8 | outcome).rotate_left(17));
        assert_eq!(pending.hash(), format!("{:016x}", step(step(split_mix(0), 0), 1)));
    }
}
