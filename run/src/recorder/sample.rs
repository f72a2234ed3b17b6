//! A random sample of the episodes: each as likely as another, of bounded size, and the same in every process.
//!
//! Every episode has a rank that derives from the run's seed and its index. Those below a share of all ranks are in the sample; when it
//! would have more than it may, those of the greatest ranks leave it (bottom-k sampling). So neither budgets nor pauses change it.

use shared::episode::RecordedEpisode;
use shared::quantity::Seed;
use std::collections::BTreeSet;

/// The stream of the ranks, beside those of episodes, copies and agents.
const SAMPLE_STREAM: u64 = 5;
/// Ranks lie below this.
const RANKS: f64 = (1_u64 << 53) as f64;

/// What is to be sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Share of all episodes, from 0 to 1.
    pub share: f64,
    /// Most episodes.
    pub most: usize,
}

/// The sample so far.
#[derive(Clone, Debug)]
pub(super) struct EpisodeSample {
    sampling: Sampling,
    seed: Seed,
    /// Episodes of this rank and above are not in it.
    below: u64,
    /// Ranks and episodes.
    ranks: BTreeSet<(u64, u64)>,
    /// Whole episodes that nobody has taken yet.
    fresh: Vec<RecordedEpisode>,
}

impl EpisodeSample {
    pub(super) fn new(sampling: Sampling, seed: Seed) -> Self {
        let below = (sampling.share * RANKS) as u64;
        Self { sampling, seed, below, ranks: BTreeSet::new(), fresh: Vec::new() }
    }

    /// The same of another run, from its beginning.
    pub(super) fn begin_anew(&self, seed: Seed) -> Self {
        Self::new(self.sampling, seed)
    }

    /// Takes an episode in that ended, if it belongs to the sample; tells whether it does.
    pub(super) fn take_in(&mut self, episode: u64) -> bool {
        let rank = self.seed.derive(SAMPLE_STREAM, episode).get();
        if rank >= self.below || self.sampling.most == 0 {
            return false;
        }
        self.ranks.insert((rank, episode));
        if self.ranks.len() > self.sampling.most
            && let Some((rank, left)) = self.ranks.pop_last()
        {
            self.below = rank;
            self.fresh.retain(|it| it.episode != left);
            return left != episode;
        }
        true
    }

    pub(super) fn keep(&mut self, buffer: RecordedEpisode) {
        self.fresh.push(buffer);
    }

    /// The whole episodes since the last call.
    pub(super) fn take(&mut self) -> Vec<RecordedEpisode> {
        std::mem::take(&mut self.fresh)
    }

    /// The indices of all episodes that are in it now, in order.
    pub(super) fn episodes(&self) -> BTreeSet<u64> {
        self.ranks.iter().map(|(_, episode)| *episode).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(share: f64, most: usize, episodes: u64) -> BTreeSet<u64> {
        let mut sample = EpisodeSample::new(Sampling { share, most }, Seed::default());
        for episode in 0..episodes {
            sample.take_in(episode);
        }
        sample.episodes()
    }

    #[test]
    fn about_a_share_of_all_episodes_is_in_it_and_never_more_than_it_may_hold() {
        let all = sampled(0.1, usize::MAX, 100_000).len();
        assert!((9_700..10_300).contains(&all), "{all}");
        let few = sampled(0.1, 50, 100_000);
        assert_eq!(few.len(), 50);
        let late = few.iter().filter(|episode| **episode >= 50_000).count();
        assert!((12..38).contains(&late), "late episodes are as likely as early ones, and {late} of 50 are late");
        assert!(few.is_subset(&sampled(0.1, usize::MAX, 100_000)));
        assert!(sampled(0.1, 0, 100).is_empty());
    }

    #[test]
    fn whoever_takes_the_same_episodes_in_again_ends_with_the_same_sample() {
        let mut again = EpisodeSample::new(Sampling { share: 0.1, most: 50 }, Seed::default());
        for episode in sampled(0.1, 50, 5_000) {
            again.take_in(episode);
        }
        for episode in 5_000..100_000 {
            again.take_in(episode);
        }
        assert_eq!(again.episodes(), sampled(0.1, 50, 100_000));
    }
}
