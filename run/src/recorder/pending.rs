//! The episodes that have ended since the last bin left.

use shared::episode::{EpisodeBin, Episodes, Stat};
use std::collections::BTreeMap;

/// A number of every episode in a bin that is still open. Squared distances are summed up from the first value, which needs no
/// division: as it is one of them, no more than `count` roundings are lost when the mean takes its place.
#[derive(Clone, Copy, Debug)]
struct Open {
    stat: Stat,
    first: f64,
    squares_from_first: f64,
}

impl Open {
    const fn of(value: f64) -> Self {
        Self { stat: Stat::of(value), first: value, squares_from_first: 0.0 }
    }

    #[inline]
    const fn push(&mut self, value: f64) {
        let Self { stat, first, squares_from_first } = self;
        let distance = value - *first;
        *squares_from_first += distance * distance;
        stat.sum += value;
        stat.sum_of_squares += value * value;
        stat.min = stat.min.min(value);
        stat.max = stat.max.max(value);
        stat.last = value;
    }

    /// The summary of so many values.
    const fn close(&self, count: f64) -> Stat {
        let distance = self.stat.sum / count - self.first;
        let m2 = self.squares_from_first - distance * distance * count;
        // What is no number stays none.
        Stat { m2: Some(if m2 < 0.0 { 0.0 } else { m2 }), ..self.stat }
    }
}

/// A bin that is still open.
#[derive(Clone, Debug)]
pub(super) struct OpenBin {
    pub(super) count: u64,
    episodic_return: Open,
    length: Open,
    outcomes: Vec<u64>,
    last_outcome: u8,
    counters: Vec<Open>,
    /// The same episodes one by one, as far as they are told so.
    pub(super) each: Episodes,
}

impl OpenBin {
    pub(super) fn new(outcomes: usize, counters: usize) -> Self {
        Self {
            count: 0,
            episodic_return: Open::of(0.0),
            length: Open::of(0.0),
            outcomes: vec![0; outcomes],
            last_outcome: 0,
            counters: vec![Open::of(0.0); counters],
            each: Episodes::default(),
        }
    }

    /// Takes in an episode that ended.
    #[inline]
    pub(super) fn push(&mut self, episodic_return: f64, length: f64, outcome: usize, counters: &[f64]) {
        if self.count == 0 {
            self.episodic_return = Open::of(episodic_return);
            self.length = Open::of(length);
            for (stat, counter) in self.counters.iter_mut().zip(counters) {
                *stat = Open::of(*counter);
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
                m2: Some(ended - ended * ended / count),
                min: if ended == count { 1.0 } else { 0.0 },
                max: if ended > 0.0 { 1.0 } else { 0.0 },
                last: if usize::from(self.last_outcome) == index { 1.0 } else { 0.0 },
            }
        };
        let outcomes = outcome_names.iter().zip(self.outcomes.iter().enumerate());
        let outcomes = outcomes.map(|(name, (index, ended))| (name.clone(), indicator(index, *ended)));
        let counters = counter_names.iter().cloned().zip(self.counters.iter().map(|it| it.close(count)));
        let mut all = BTreeMap::new();
        all.extend(outcomes.chain(counters));
        let bin = EpisodeBin {
            first_episode: episodes - self.count,
            last_episode: episodes - 1,
            count: self.count,
            step: steps,
            episodic_return: self.episodic_return.close(count),
            length: self.length.close(count),
            outcomes: all,
            each: Some(std::mem::take(&mut self.each)).filter(|_| episodes <= told_until).map(Box::new),
        };
        self.count = 0;
        self.outcomes.fill(0);
        Some(bin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn m2(values: &[f64]) -> f64 {
        let mut open = Open::of(values[0]);
        values[1..].iter().for_each(|value| open.push(*value));
        open.close(values.len() as f64).m2(values.len() as u64)
    }

    #[test]
    fn squared_distances_survive_a_large_mean_and_a_first_value_far_away() {
        assert_eq!(m2(&[1e9, 1e9 + 1.0, 1e9 + 2.0]), 2.0);
        assert_eq!(m2(&[7.5]), 0.0);
        // A first episode of -50 000 before many of 0 and 1: what it alone comes to, and the others beside it.
        let values: Vec<_> = std::iter::once(-5e4).chain((0..100_000).map(|it| f64::from(it % 2))).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let exact: f64 = values.iter().map(|it| (it - mean) * (it - mean)).sum();
        assert!((m2(&values) / exact - 1.0).abs() < 1e-9, "{} {exact}", m2(&values));
    }

    #[test]
    fn a_return_that_is_no_number_has_no_variance() {
        assert!(m2(&[1.0, f64::NAN]).is_nan());
    }
}
