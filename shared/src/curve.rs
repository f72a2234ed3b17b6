//! A bounded curve of episodes that never loses one.

use crate::episode::EpisodeBin;

/// Episode bins in order. When there are too many, neighbours merge exactly, evenly over the whole curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    bins: Vec<EpisodeBin>,
    times: Vec<f64>,
    /// How many log entries went into each bin.
    parts: Vec<u64>,
    /// Log entries that one bin may hold.
    grain: u64,
}

impl Default for Curve {
    fn default() -> Self {
        Self { bins: Vec::new(), times: Vec::new(), parts: Vec::new(), grain: 1 }
    }
}

impl Curve {
    /// The bins, oldest first.
    pub fn bins(&self) -> &[EpisodeBin] {
        &self.bins
    }

    /// When the last episode of each bin was logged, in milliseconds since 1970 by the host's clock, which here never
    /// goes back.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// Number of episodes in all bins.
    pub fn episodes(&self) -> u64 {
        self.bins.iter().map(|bin| bin.count).sum()
    }

    /// Number of places where an episode is missing or comes twice: none, unless something is broken.
    pub fn faults(&self) -> usize {
        self.bins.windows(2).filter(|pair| pair[0].last_episode + 1 != pair[1].first_episode).count()
    }

    /// Adds the next bin; above `most` bins, merges neighbours until a quarter of the room is free.
    pub fn push(&mut self, time_millis: f64, bin: EpisodeBin, most: usize) {
        self.bins.push(bin);
        self.times.push(time_millis);
        self.parts.push(1);
        if self.bins.len() > most.max(4) {
            self.merge_neighbours();
            while self.bins.len() > most.max(4) / 4 * 3 {
                self.grain *= 2;
                self.merge_neighbours();
            }
        }
    }

    /// Merges neighbours up to the grain, so that old bins and new ones become equally wide.
    fn merge_neighbours(&mut self) {
        let old = std::mem::replace(self, Self { grain: self.grain, ..Self::default() });
        for ((bin, time), parts) in old.bins.into_iter().zip(old.times).zip(old.parts) {
            match (self.bins.last_mut(), self.times.last_mut(), self.parts.last_mut()) {
                (Some(last_bin), Some(last_time), Some(last_parts)) if *last_parts + parts <= self.grain => {
                    last_bin.merge(&bin);
                    *last_time = time;
                    *last_parts += parts;
                }
                _ => {
                    self.bins.push(bin);
                    self.times.push(time);
                    self.parts.push(parts);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::episode::Stat;
    use std::collections::BTreeMap;

    #[test]
    fn a_long_curve_stays_bounded_even_and_complete() {
        let mut curve = Curve::default();
        for episode in 0..10_000 {
            let bin = EpisodeBin {
                first_episode: episode,
                last_episode: episode,
                count: 1,
                step: episode,
                episodic_return: Stat::of(episode as f64),
                length: Stat::of(1.0),
                outcomes: BTreeMap::new(),
                each: None,
            };
            curve.push(episode as f64, bin, 100);
            assert!(curve.bins().len() <= 100);
            assert_eq!(curve.episodes(), episode + 1);
        }
        let sum: f64 = curve.bins().iter().map(|bin| bin.episodic_return.sum).sum();
        assert_eq!(sum, 9_999.0 * 10_000.0 / 2.0);
        for (pair, times) in curve.bins().windows(2).zip(curve.times().windows(2)) {
            assert_eq!(pair[0].last_episode + 1, pair[1].first_episode);
            assert!(times[0] < times[1]);
        }
        let widths: Vec<_> = curve.bins().iter().map(|bin| bin.count).collect();
        let widest = widths.iter().max().copied();
        assert_eq!(widths.first().copied(), widest, "the beginning is no coarser than the rest: {widths:?}");
        assert!(widest <= Some(256), "{widths:?}");
    }
}
