//! Episodes: bins that never lose one, and recorded episodes that replay one.

use crate::action::{ActionColumns, Actions, BoxColumn, ColumnsError};
use crate::column::Column;
use crate::quantity::Seed;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;

/// Exact summary of a quantity over the episodes of a bin; how many they are stands in the bin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stat {
    /// Sum of the values.
    #[serde(with = "crate::number")]
    pub sum: f64,
    /// Sum of their squares. Readers of before protocol 1.5 take the variance from it; where the mean is large, it has none.
    #[serde(with = "crate::number")]
    pub sum_of_squares: f64,
    /// Sum of their squared distances from their mean: see [`Self::m2`]. Logs of before protocol 1.5 do not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::number::optional")]
    pub m2: Option<f64>,
    /// Least value.
    #[serde(with = "crate::number")]
    pub min: f64,
    /// Greatest value.
    #[serde(with = "crate::number")]
    pub max: f64,
    /// Value of the bin's last episode.
    #[serde(with = "crate::number")]
    pub last: f64,
}

impl Stat {
    /// The summary of one value.
    pub const fn of(value: f64) -> Self {
        Self { sum: value, sum_of_squares: value * value, m2: Some(0.0), min: value, max: value, last: value }
    }

    /// Takes in the value of the next episode, after `count` others, at least one.
    pub const fn push(&mut self, count: u64, value: f64) {
        self.merge(count, &Self::of(value), 1);
    }

    /// Takes in the summary of the `more` episodes that follow the `count` ones of this summary, at least one each.
    pub const fn merge(&mut self, count: u64, later: &Self, more: u64) {
        // Chan and others (1979): the variance is kept where the mean is large.
        let distance = later.sum / more as f64 - self.sum / count as f64;
        let share = more as f64 / (count as f64 + more as f64);
        self.m2 = Some(self.m2(count) + later.m2(more) + distance * distance * count as f64 * share);
        self.sum += later.sum;
        self.sum_of_squares += later.sum_of_squares;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        self.last = later.last;
    }

    /// Sum of the squared distances of `count` values from their mean: `m2 / count` is the variance of the values, `m2 / (count - 1)`
    /// the unbiased one of what they are drawn from.
    pub const fn m2(&self, count: u64) -> f64 {
        if let Some(m2) = self.m2 {
            return m2;
        }
        let m2 = self.sum_of_squares - self.sum * self.sum / count as f64;
        if m2 < 0.0 { 0.0 } else { m2 }
    }
}

/// The first so many episodes of a run are told one by one in its log, too: what people plot episode by episode, at the
/// price of a megabyte. A bin ends here.
pub const MOST_TOLD: u64 = 1 << 16;

/// Consecutive episodes one by one, column by column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Episodes {
    /// Undiscounted returns.
    pub returns: Column<f64>,
    /// Lengths in steps.
    pub lengths: Column<u32>,
    /// Indices of the outcomes in the environment's description.
    pub outcomes: Column<u8>,
    /// Copies of the environment that they were played in, where one was not the first; otherwise empty.
    #[serde(default, skip_serializing_if = "Column::is_empty")]
    pub copies: Column<u32>,
}

impl Episodes {
    /// Takes in the next episode.
    pub fn push(&mut self, copy: u32, episodic_return: f64, length: u64, outcome: u8) {
        if copy > 0 || !self.copies.is_empty() {
            self.copies.0.resize(self.returns.len(), 0);
            self.copies.0.push(copy);
        }
        self.returns.0.push(episodic_return);
        self.lengths.0.push(u32::try_from(length).unwrap_or(u32::MAX));
        self.outcomes.0.push(outcome);
    }

    /// Takes in the episodes that follow.
    pub fn append(&mut self, later: &Self) {
        if !self.copies.is_empty() || !later.copies.is_empty() {
            self.copies.0.resize(self.returns.len(), 0);
            self.copies.0.extend_from_slice(&later.copies);
            self.copies.0.resize(self.returns.len() + later.returns.len(), 0);
        }
        self.returns.0.extend_from_slice(&later.returns);
        self.lengths.0.extend_from_slice(&later.lengths);
        self.outcomes.0.extend_from_slice(&later.outcomes);
    }

    /// The copy of the environment that an episode was played in, by its place.
    pub fn copy(&self, place: usize) -> u32 {
        self.copies.get(place).copied().unwrap_or(0)
    }

    /// Return, length and outcome of each; columns of different lengths come from a damaged log: what they have in common.
    pub fn iter(&self) -> impl Iterator<Item = (f64, u32, u8)> + '_ {
        let columns = self.returns.iter().zip(&*self.lengths).zip(&*self.outcomes);
        columns.map(|((episodic_return, length), outcome)| (*episodic_return, *length, *outcome))
    }
}

/// Consecutive episodes, each of which is in exactly one bin. At watchable speeds a bin is one episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpisodeBin {
    /// Index of the first episode, from 0.
    pub first_episode: u64,
    /// Index of the last episode.
    pub last_episode: u64,
    /// Number of episodes: `last_episode - first_episode + 1`.
    pub count: u64,
    /// Steps the run had made when the last episode ended.
    pub step: u64,
    /// Undiscounted return.
    #[serde(rename = "return")]
    pub episodic_return: Stat,
    /// Length in steps.
    pub length: Stat,
    /// Every outcome of the environment, as 1 for the episodes that ended so and 0 for the others, and every counter
    /// of the environment, by name.
    pub outcomes: BTreeMap<String, Stat>,
    /// The episodes one by one, where they are told: those of a run's first [`MOST_TOLD`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<Box<Episodes>>,
}

impl EpisodeBin {
    /// Whether it tells of several episodes only what they come to together.
    pub const fn is_summary(&self) -> bool {
        self.each.is_none() && self.count > 1
    }

    /// Takes in the bin that follows this one.
    pub fn merge(&mut self, later: &Self) {
        self.each = self.each.take().zip(later.each.as_ref()).map(|(mut each, more)| {
            each.append(more);
            each
        });
        self.last_episode = later.last_episode;
        self.step = later.step;
        let (count, more) = (self.count, later.count);
        self.episodic_return.merge(count, &later.episodic_return, more);
        self.length.merge(count, &later.length, more);
        let absent = Stat::of(0.0);
        for (name, stat) in &mut self.outcomes {
            stat.merge(count, later.outcomes.get(name).unwrap_or(&absent), more);
        }
        for (name, stat) in &later.outcomes {
            if !self.outcomes.contains_key(name) {
                let mut all = absent;
                all.merge(count, stat, more);
                self.outcomes.insert(name.clone(), all);
            }
        }
        self.count += later.count;
    }

    /// Merges neighbours until at most `most` bins are left; every episode stays in exactly one bin.
    pub fn thin(bins: &[Self], most: usize) -> Vec<Self> {
        let group = bins.len().div_ceil(most.max(1)).max(1);
        bins.chunks(group)
            .map(|chunk| {
                let mut merged = chunk[0].clone();
                for later in &chunk[1..] {
                    merged.merge(later);
                }
                merged
            })
            .collect()
    }
}

/// Why an episode was kept whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The newest of all.
    Latest,
    /// The greatest return, the earliest of equals.
    Best,
    /// The least return, the earliest of equals.
    Worst,
    /// The newest that ended with this outcome.
    Outcome,
    /// One of every k, where k doubles as the run grows.
    Regular,
    /// The newest in which somebody took steps by hand.
    ByHand,
    /// The one that ended next when somebody asked for it.
    OnDemand,
}

/// A whole episode. With the environment's spec it replays to the same states and return, bit for bit.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "EpisodeColumns")]
pub struct RecordedEpisode {
    /// Index of the episode in its run, from 0.
    pub episode: u64,
    /// The copy of the environment that it was played in, from 0.
    pub copy: u32,
    /// The episode's own seed.
    pub seed: Seed,
    /// The actions.
    pub actions: Actions,
    /// Undiscounted return.
    pub episodic_return: f64,
    /// Index of the outcome in the environment's description.
    pub outcome: u8,
    /// Why it was kept.
    pub kept: Kept,
}

/// A recorded episode as it crosses a wire.
#[derive(Serialize, Deserialize)]
struct EpisodeColumns {
    episode: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    copy: u32,
    seed: Seed,
    /// Discrete actions below 256.
    actions: Column<u8>,
    /// Discrete actions of which one is not.
    #[serde(default, skip_serializing_if = "Column::is_empty")]
    wide_actions: Column<u16>,
    /// Boxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    box_actions: Option<BoxColumn>,
    #[serde(rename = "return", with = "crate::number")]
    episodic_return: f64,
    outcome: u8,
    kept: Kept,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Serialize for RecordedEpisode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { episode, copy, seed, ref actions, episodic_return, outcome, kept } = *self;
        let ActionColumns { narrow, wide, boxes } = actions.clone().into();
        let columns = EpisodeColumns {
            episode,
            copy,
            seed,
            actions: narrow,
            wide_actions: wide,
            box_actions: boxes,
            episodic_return,
            outcome,
            kept,
        };
        columns.serialize(serializer)
    }
}

impl TryFrom<EpisodeColumns> for RecordedEpisode {
    type Error = ColumnsError;

    fn try_from(columns: EpisodeColumns) -> Result<Self, ColumnsError> {
        let EpisodeColumns { actions, wide_actions, box_actions, .. } = columns;
        let EpisodeColumns { episode, copy, seed, episodic_return, outcome, kept, .. } = columns;
        let actions = ActionColumns { narrow: actions, wide: wide_actions, boxes: box_actions }.try_into()?;
        Ok(Self { episode, copy, seed, actions, episodic_return, outcome, kept })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn bin(episode: u64, value: f64, outcome: &str) -> EpisodeBin {
        EpisodeBin {
            first_episode: episode,
            last_episode: episode,
            count: 1,
            step: episode * 10,
            episodic_return: Stat::of(value),
            length: Stat::of(8.0),
            outcomes: BTreeMap::from([(outcome.to_owned(), Stat::of(1.0))]),
            each: None,
        }
    }

    #[test]
    fn episodes_told_one_by_one_stay_so_as_long_as_both_sides_tell_them() {
        let told = |episode: u64| {
            let mut each = Episodes::default();
            each.push(0, episode as f64, 8, 1);
            EpisodeBin { each: Some(Box::new(each)), ..bin(episode, episode as f64, "goal") }
        };
        let mut merged = told(0);
        merged.merge(&told(1));
        merged.merge(&told(2));
        let each: Vec<_> = merged.each.as_ref().unwrap().iter().collect();
        assert_eq!(each, [(0.0, 8, 1), (1.0, 8, 1), (2.0, 8, 1)]);
        merged.merge(&bin(3, 3.0, "goal"));
        assert_eq!((merged.each, merged.count), (None, 4));
    }

    proptest! {
        #[test]
        fn thinning_loses_no_episode(returns in prop::collection::vec(-100i32..100, 1..200), most in 1usize..50) {
            let bins: Vec<_> = returns
                .iter()
                .enumerate()
                .map(|(index, value)| bin(index as u64, f64::from(*value), if *value > 0 { "goal" } else { "pit" }))
                .collect();
            let thin = EpisodeBin::thin(&bins, most);
            prop_assert!(thin.len() <= most);
            prop_assert_eq!(thin.iter().map(|it| it.count).sum::<u64>(), returns.len() as u64);
            let sum: f64 = thin.iter().map(|it| it.episodic_return.sum).sum();
            prop_assert_eq!(sum, f64::from(returns.iter().sum::<i32>()));
            let all = EpisodeBin::thin(&bins, 1).remove(0).episodic_return.m2(returns.len() as u64);
            let mean = sum / returns.len() as f64;
            let m2: f64 = returns.iter().map(|it| (f64::from(*it) - mean) * (f64::from(*it) - mean)).sum();
            prop_assert!((all - m2).abs() <= 1e-9 * m2.max(1.0), "{} {}", all, m2);
            let goals: f64 = thin.iter().filter_map(|it| it.outcomes.get("goal")).map(|it| it.sum).sum();
            prop_assert_eq!(goals, returns.iter().filter(|it| **it > 0).count() as f64);
            for pair in thin.windows(2) {
                prop_assert_eq!(pair[0].last_episode + 1, pair[1].first_episode);
            }
        }
    }

    #[test]
    fn the_variance_of_returns_survives_a_large_mean() {
        // The squares of 1e9 differ by less than an f64 tells apart.
        let mut merged = bin(0, 1e9, "goal");
        merged.merge(&bin(1, 1e9 + 1.0, "goal"));
        merged.merge(&bin(2, 1e9 + 2.0, "goal"));
        let m2 = merged.episodic_return.m2(merged.count);
        assert!((m2 - 2.0).abs() < 1e-6, "{m2}");
        let mut one_by_one = Stat::of(1e9);
        one_by_one.push(1, 1e9 + 1.0);
        one_by_one.push(2, 1e9 + 2.0);
        assert!((one_by_one.m2(3) - 2.0).abs() < 1e-6, "{one_by_one:?}");
    }

    #[test]
    fn a_log_that_tells_squares_only_has_the_variance_that_they_give() {
        let old = |sum: f64, sum_of_squares: f64| Stat { sum, sum_of_squares, m2: None, ..Stat::of(1.0) };
        let mut all = old(4.0, 10.0);
        assert_eq!(all.m2(2), 2.0);
        all.merge(2, &old(8.0, 34.0), 2);
        assert_eq!((all.m2(4), all.sum_of_squares - all.sum * all.sum / 4.0), (8.0, 8.0));
    }

    #[test]
    fn an_outcome_that_one_side_lacks_counts_as_zero_there() {
        let mut merged = bin(0, 1.0, "goal");
        merged.merge(&bin(1, -1.0, "pit"));
        let once = Stat { sum: 1.0, sum_of_squares: 1.0, m2: Some(0.5), min: 0.0, max: 1.0, last: 0.0 };
        assert_eq!(merged.outcomes["goal"], once);
        assert_eq!(merged.outcomes["pit"], Stat { last: 1.0, ..once });
    }
}
