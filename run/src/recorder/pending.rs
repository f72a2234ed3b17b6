//! The episodes that have ended since the last bin left.

use shared::episode::{EpisodeBin, Episodes, Stat};
use std::collections::BTreeMap;

/// A bin that is still open.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) count: u64,
    episodic_return: Stat,
    length: Stat,
    outcomes: Vec<u64>,
    last_outcome: u8,
    counters: Vec<Stat>,
    /// The same episodes one by one, as far as they are told so.
    pub(super) each: Episodes,
}

impl Pending {
    pub(super) fn new(outcomes: usize, counters: usize) -> Self {
        Self {
            count: 0,
            episodic_return: Stat::of(0.0),
            length: Stat::of(0.0),
            outcomes: vec![0; outcomes],
            last_outcome: 0,
            counters: vec![Stat::of(0.0); counters],
            each: Episodes::default(),
        }
    }

    /// Takes in an episode that ended.
    #[inline]
    pub(super) fn push(&mut self, episodic_return: f64, length: f64, outcome: usize, counters: &[f64]) {
        if self.count == 0 {
            self.episodic_return = Stat::of(episodic_return);
            self.length = Stat::of(length);
            for (stat, counter) in self.counters.iter_mut().zip(counters) {
                *stat = Stat::of(*counter);
            }
        } else {
            self.episodic_return.push(episodic_return);
            self.length.push(length);
            for (stat, counter) in self.counters.iter_mut().zip(counters) {
                stat.push(*counter);
            }
        }
        self.count += 1;
        self.outcomes[outcome] += 1;
        self.last_outcome = outcome as u8;
    }

    /// The bin, where there is an episode in it: `episodes` have ended when it does, in `steps` steps. Its episodes are told one
    /// by one if they lie below `told_until`. Begins the next one.
    pub(super) fn take(
        &mut self,
        episodes: u64,
        steps: u64,
        outcome_names: &[String],
        counter_names: &[String],
        told_until: u64,
    ) -> Option<EpisodeBin> {
        if self.count == 0 {
            return None;
        }
        let count = self.count as f64;
        let indicator = |index: usize, ended: u64| {
            let ended = ended as f64;
            Stat {
                sum: ended,
                sum_of_squares: ended,
                min: if ended == count { 1.0 } else { 0.0 },
                max: if ended > 0.0 { 1.0 } else { 0.0 },
                last: if usize::from(self.last_outcome) == index { 1.0 } else { 0.0 },
            }
        };
        let outcomes = outcome_names.iter().zip(self.outcomes.iter().enumerate());
        let outcomes = outcomes.map(|(name, (index, ended))| (name.clone(), indicator(index, *ended)));
        let counters = counter_names.iter().cloned().zip(self.counters.iter().copied());
        let mut all = BTreeMap::new();
        all.extend(outcomes.chain(counters));
        let bin = EpisodeBin {
            first_episode: episodes - self.count,
            last_episode: episodes - 1,
            count: self.count,
            step: steps,
            episodic_return: self.episodic_return,
            length: self.length,
            outcomes: all,
            each: Some(std::mem::take(&mut self.each)).filter(|_| episodes <= told_until).map(Box::new),
        };
        self.count = 0;
        self.outcomes.fill(0);
        Some(bin)
    }
}
