//! A board: runs of several contenders side by side, summed up over their seeds.
//!
//! Every run's episodes are cut into the same parts, so that a mean over seeds is one over equal episodes.

mod profile;

use super::{RunView, Series};
use fnv::FnvHasher;
use profile::Profiles;
use run::statistics::{Bootstrap, Estimate, difference_by_chance, mean, standard_error};
use shared::episode::{EpisodeBin, Episodes, MOST_TOLD};
use std::cell::{Ref, RefCell, RefMut};
use std::hash::Hasher as _;
use std::rc::Rc;

/// The metric that tells what the greedy policy is worth, once it has been asked for.
pub const GREEDY_RETURN: &str = "evaluation/mean_return";
/// Most parts that a run's episodes are cut into.
const MOST_PARTS: u64 = 60;
/// Bands that are computed anew in one look, so that a look stays short.
const BANDS_PER_LOOK: usize = 3;
/// A run that took less time than this, in milliseconds, or fewer steps tells nothing of its speed.
const LEAST_TO_TELL: (f64, u64) = (300.0, 200_000);

/// Most episodes of all runs together that are kept one by one: as a table they take some tens of megabytes.
const MOST_EPISODES_KEPT: u64 = 500_000;

/// What a band around a mean tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// The 95 % interval of the mean, from seeds drawn anew.
    #[default]
    Bootstrap,
    /// The standard error on both sides.
    StandardError,
}

/// What of an episode is summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpisodeMeasure {
    /// Undiscounted return.
    Return = 0,
    /// Steps.
    Length = 1,
}

/// How far one run has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum RunProgress {
    /// It waits for a worker.
    #[default]
    Waiting,
    /// It learns.
    Running,
    /// It has made all its episodes.
    Done,
    /// It cannot, and why.
    Failed(String),
}

/// One run of a contender.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContenderRun {
    /// How far it has come.
    pub progress: RunProgress,
    /// Mean return and mean length of the episodes of every part so far.
    means: [Vec<f64>; 2],
    /// How many episodes there are in them.
    episodes: u64,
    /// Sums of returns and lengths so far.
    sums: [f64; 2],
    /// Steps made by the end of every part so far.
    steps: Vec<u64>,
    /// Milliseconds that they took.
    millis: Vec<f64>,
    /// Hash of the whole run.
    pub run_hash: String,
    /// Whether its greedy policy is optimal, where an exact model tells.
    pub optimal: Option<bool>,
    /// Mean return of its greedy policy after training, where its episodes end.
    pub greedy: Option<f64>,
    /// Its episodes one by one, where they are kept.
    pub each: Episodes,
}

impl ContenderRun {
    /// Number of parts that are complete.
    pub const fn parts(&self) -> usize {
        self.means[0].len()
    }

    /// Steps a second, where it made enough of them to tell.
    fn rate(&self) -> Option<f64> {
        let (steps, millis) = (*self.steps.last()?, *self.millis.last()?);
        (millis >= LEAST_TO_TELL.0 && steps >= LEAST_TO_TELL.1).then(|| steps as f64 * 1_000.0 / millis)
    }
}

/// A mean over seeds with its band.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BandPoint {
    /// Episodes that had ended.
    pub episode: u64,
    /// Steps that these took, on average over the seeds.
    pub step: f64,
    /// Milliseconds that these took, likewise.
    pub millis: f64,
    /// Mean over the seeds.
    pub mean: f64,
    /// Lower end of the band.
    pub low: f64,
    /// Upper end of the band.
    pub high: f64,
    /// Number of seeds that came so far.
    pub seeds: usize,
}

/// What is told of a contender in the end.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentFigures {
    /// Mean return of the last tenth of the episodes, over seeds.
    pub mean: Estimate,
    /// The same for the middle half of the seeds.
    pub interquartile_mean: Estimate,
    /// Mean return of the greedy policy after training, over the seeds of which it is known.
    pub greedy: Option<Estimate>,
    /// Seeds whose greedy policy is optimal, and seeds of which that is known.
    pub optimal: Option<(usize, usize)>,
    /// Steps a second of one run, on average; NaN where none took long enough to tell.
    pub steps_per_second: f64,
    /// Number of runs that are done.
    pub done: usize,
    /// Number of runs that cannot go on.
    pub failed: usize,
    /// Why, of the first of them.
    pub reason: Option<String>,
}

/// The board. Clones are the same board.
#[derive(Clone, Debug, Default)]
pub struct ComparisonBoard(Rc<RefCell<Runs>>);

impl PartialEq for ComparisonBoard {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl ComparisonBoard {
    /// A board on which nothing has happened yet.
    pub fn new(names: Vec<String>, seeds: usize, episodes: u64) -> Self {
        let parts = MOST_PARTS.min(episodes.max(1));
        let runs = Runs {
            ends: (1..=parts).map(|part| episodes.max(1) * part / parts).collect(),
            attempts: vec![vec![ContenderRun::default(); seeds]; names.len()],
            bands: vec![Vec::new(); names.len() * 2],
            names,
            ..Runs::default()
        };
        Self(Rc::new(RefCell::new(runs)))
    }

    /// Looks at it.
    pub fn look(&self) -> Ref<'_, Runs> {
        self.0.borrow()
    }

    /// Changes it.
    pub fn change(&self) -> RefMut<'_, Runs> {
        self.0.borrow_mut()
    }
}

/// What stands on a board.
#[derive(Debug, Default)]
pub struct Runs {
    /// Names of the contenders.
    pub names: Vec<String>,
    /// Best expected return from the start, where an exact model tells.
    pub optimal_return: Option<f64>,
    /// Grows with every change.
    pub revision: u64,
    /// What bands tell.
    pub spread: Spread,
    /// Number of ended episodes at which each part ends.
    ends: Vec<u64>,
    /// By contender, then by seed.
    attempts: Vec<Vec<ContenderRun>>,
    /// Bands by contender and measure, then by part: made of so many seeds.
    bands: Vec<Vec<(usize, Spread, f64, f64)>>,
    profiles: Profiles,
    bootstrap: Bootstrap,
}

impl Runs {
    /// All runs of all contenders.
    pub fn attempts(&self) -> &[Vec<ContenderRun>] {
        &self.attempts
    }

    /// The ends of the first part and of the last.
    pub fn domain(&self) -> Option<(f64, f64)> {
        Some((*self.ends.first()? as f64, *self.ends.last()? as f64))
    }

    /// Where each part of a run ended, and the mean return and length of its episodes.
    pub fn parts_of<'a>(&'a self, attempt: &'a ContenderRun) -> impl Iterator<Item = (u64, [f64; 2])> + 'a {
        let [returns, lengths] = &attempt.means;
        let means = returns.iter().zip(lengths).map(|(episodic_return, length)| [*episodic_return, *length]);
        self.ends.iter().copied().zip(means)
    }

    /// Number of runs that are done or cannot be, and of all.
    pub fn settled(&self) -> (usize, usize) {
        let all = self.attempts.iter().flatten();
        let settled = all.filter(|it| matches!(it.progress, RunProgress::Done | RunProgress::Failed(_))).count();
        (settled, self.attempts.iter().map(Vec::len).sum())
    }

    /// Number of runs of a contender that are done or cannot be.
    pub fn settled_of(&self, contender: usize) -> usize {
        let settled = |it: &&ContenderRun| matches!(it.progress, RunProgress::Done | RunProgress::Failed(_));
        self.attempts[contender].iter().filter(settled).count()
    }

    /// Where the next part of a run ends; none if it has made all of them.
    pub fn next_end(&self, contender: usize, seed: usize) -> Option<u64> {
        self.ends.get(self.attempts[contender][seed].parts()).copied()
    }

    /// Says how far a run has come.
    pub fn set(&mut self, contender: usize, seed: usize, progress: RunProgress) {
        self.attempts[contender][seed].progress = progress;
        self.revision += 1;
    }

    /// A run that has made all its episodes: the hash of it, and whether its greedy policy is optimal. One whose value
    /// did not settle in all the time it was given does not end.
    pub fn finish(&mut self, contender: usize, seed: usize, view: &RunView) {
        let attempt = &mut self.attempts[contender][seed];
        attempt.run_hash.clone_from(&view.status.run_hash);
        attempt.greedy = view.metrics.get(GREEDY_RETURN).and_then(Series::last);
        let regret = view.status.regret.unwrap_or(f64::INFINITY);
        attempt.optimal = view.status.optimal_states.is_some().then_some(regret <= 0.0);
        self.set(contender, seed, RunProgress::Done);
        if self.keeps_episodes() {
            let mut each = Episodes::default();
            let told = view.episodes.bins().iter().filter_map(|bin| bin.each.as_deref());
            told.for_each(|more| each.append(more));
            self.attempts[contender][seed].each = each;
        }
    }

    /// Whether the episodes of all runs are kept one by one: there are not too many of them.
    pub fn keeps_episodes(&self) -> bool {
        let runs: usize = self.attempts.iter().map(Vec::len).sum();
        let of_a_run = self.ends.last().copied().unwrap_or(0);
        of_a_run <= MOST_TOLD && of_a_run * runs as u64 <= MOST_EPISODES_KEPT
    }

    /// Takes in the next part of a run if it is complete. Copies of an environment may end several episodes at once: then the
    /// part has some of the next one's, and a part whose episodes all came with the one before has that one's means.
    pub fn take_part(&mut self, contender: usize, seed: usize, view: &RunView, millis: f64) -> bool {
        let bins = view.episodes.bins();
        let Some(end) = self.next_end(contender, seed) else { return false };
        let made = bins.last().map_or(0, |bin| bin.last_episode + 1);
        if made < end {
            return false;
        }
        let attempt = &mut self.attempts[contender][seed];
        let more = made - attempt.episodes;
        attempt.episodes = made;
        // Sums over the whole run are the same however its episodes came in bins.
        let totals: [fn(&EpisodeBin) -> f64; 2] = [|bin| bin.episodic_return.sum, |bin| bin.length.sum];
        for (measure, total) in totals.into_iter().enumerate() {
            let sum: f64 = bins.iter().map(total).sum();
            let before = attempt.means[measure].last().copied().unwrap_or(f64::NAN);
            let mean = if more > 0 { tidy((sum - attempt.sums[measure]) / more as f64) } else { before };
            attempt.means[measure].push(mean);
            attempt.sums[measure] = sum;
        }
        attempt.steps.push(bins.last().map_or(0, |bin| bin.step));
        attempt.millis.push(attempt.millis.last().unwrap_or(&0.0) + millis);
        self.optimal_return = view.started.as_ref().and_then(|started| started.optimal_return);
        self.revision += 1;
        true
    }

    /// The mean curve of a contender over the seeds that came so far, at every part that any seed has made.
    pub fn curve(&mut self, contender: usize, measure: EpisodeMeasure) -> Vec<BandPoint> {
        let attempts = &self.attempts[contender];
        let parts = attempts.iter().map(ContenderRun::parts).max().unwrap_or(0);
        let bands = &mut self.bands[contender * 2 + measure as usize];
        let (mut values, mut points, mut renewed) = (Vec::new(), Vec::with_capacity(parts), 0);
        for part in 0..parts {
            values.clear();
            values.extend(attempts.iter().filter_map(|it| it.means[measure as usize].get(part)));
            let middle = mean(&values);
            if bands.len() == part {
                bands.push((0, self.spread, middle, middle));
            }
            let band = &mut bands[part];
            if (band.0, band.1) != (values.len(), self.spread) && renewed < BANDS_PER_LOOK {
                renewed += 1;
                let (low, high) = match self.spread {
                    Spread::Bootstrap => self.bootstrap.mean(&[&values]).interval.unwrap_or((middle, middle)),
                    Spread::StandardError => {
                        let error = standard_error(&values).unwrap_or(0.0);
                        (middle - error, middle + error)
                    }
                };
                *band = (values.len(), self.spread, low, high);
            }
            // A band of a moment ago may not hold the mean of now.
            let (low, high) = (band.2.min(middle), band.3.max(middle));
            let at =
                |of: &dyn Fn(&ContenderRun) -> Option<f64>| mean(&attempts.iter().filter_map(of).collect::<Vec<_>>());
            points.push(BandPoint {
                episode: self.ends[part],
                step: at(&|it| it.steps.get(part).map(|steps| *steps as f64)),
                millis: at(&|it| it.millis.get(part).copied()),
                mean: middle,
                low,
                high,
                seeds: values.len(),
            });
        }
        // What was left over comes with the next look.
        self.revision += u64::from(renewed == BANDS_PER_LOOK);
        points
    }

    /// The same with every band up to date, however long that takes.
    pub fn finished_curve(&mut self, contender: usize, measure: EpisodeMeasure) -> Vec<BandPoint> {
        loop {
            let revision = self.revision;
            let points = self.curve(contender, measure);
            if self.revision == revision {
                return points;
            }
        }
    }

    /// What is told of a contender in the end.
    pub fn figures(&mut self, contender: usize) -> AgentFigures {
        let scores = self.scores(contender);
        let attempts = &self.attempts[contender];
        let known: Vec<bool> = attempts.iter().filter_map(|it| it.optimal).collect();
        let rates: Vec<f64> =
            attempts.iter().filter(|it| it.progress == RunProgress::Done).filter_map(ContenderRun::rate).collect();
        let mut reasons = attempts.iter().filter_map(|it| match &it.progress {
            RunProgress::Failed(reason) => Some(reason.clone()),
            _ => None,
        });
        let reason = reasons.next();
        let greedy: Vec<f64> = attempts.iter().filter_map(|it| it.greedy).collect();
        AgentFigures {
            greedy: (!greedy.is_empty()).then(|| self.bootstrap.mean(&[&greedy])),
            optimal: (!known.is_empty()).then(|| (known.iter().filter(|it| **it).count(), known.len())),
            steps_per_second: mean(&rates),
            done: scores.len(),
            failed: reasons.count() + usize::from(reason.is_some()),
            reason,
            mean: self.bootstrap.mean(&[&scores]),
            interquartile_mean: self.bootstrap.interquartile_mean(&[&scores]),
        }
    }

    /// The probability that a run of one contender ends with a higher return than one of another, and the p-value of their
    /// difference.
    pub fn improvement(&mut self, one: usize, other: usize) -> (Estimate, f64) {
        let (one, other) = (self.scores(one), self.scores(other));
        (self.bootstrap.improvement(&[&one], &[&other]), difference_by_chance(&one, &other))
    }

    /// Mean return of the last tenth of the episodes, of every run that is done.
    fn scores(&self, contender: usize) -> Vec<f64> {
        let done = self.attempts[contender].iter().filter(|it| it.progress == RunProgress::Done);
        done.map(|it| self.last_tenth(&it.means[EpisodeMeasure::Return as usize])).collect()
    }

    fn last_tenth(&self, means: &[f64]) -> f64 {
        let all = self.ends.last().copied().unwrap_or(1);
        let begin = |part: usize| part.checked_sub(1).map_or(0, |before| self.ends[before]);
        let first = (0..self.ends.len()).rfind(|part| begin(*part) * 10 <= all * 9).unwrap_or(0);
        let sum: f64 = (first..self.ends.len()).map(|part| means[part] * (self.ends[part] - begin(part)) as f64).sum();
        tidy(sum / (all - begin(first)) as f64)
    }

    /// One hash of all runs, once all are done.
    pub fn hash(&self) -> Option<String> {
        let all = self.attempts.iter().flatten();
        if self.attempts.is_empty() || all.clone().any(|it| it.progress != RunProgress::Done) {
            return None;
        }
        let mut hasher = FnvHasher::default();
        all.for_each(|it| hasher.write(it.run_hash.as_bytes()));
        Some(format!("{:016x}", hasher.finish()))
    }
}

/// Twelve digits: what lies beyond depends on the order in which episodes were added up.
fn tidy(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10f64.powi(11 - libm::log10(value.abs()).floor() as i32);
    let tidied = (value * scale).round() / scale;
    if tidied.is_finite() { tidied } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::episode::Stat;
    use std::collections::BTreeMap;

    /// A view of a run whose episode `i` returned `value(i)`, in bins of `width` episodes.
    fn view(episodes: u64, width: u64, value: impl Fn(u64) -> f64) -> RunView {
        let mut view = RunView::default();
        let mut first = 0;
        while first < episodes {
            let last = (first + width).min(episodes) - 1;
            let mut stat = Stat::of(value(first));
            (first + 1..=last).for_each(|episode| stat.push(episode - first, value(episode)));
            let bin = EpisodeBin {
                first_episode: first,
                last_episode: last,
                count: last - first + 1,
                step: (last + 1) * 8,
                episodic_return: stat,
                length: stat,
                outcomes: BTreeMap::new(),
                each: None,
            };
            view.episodes.push(first as f64, bin, 1_000);
            first = last + 1;
        }
        view
    }

    fn played(runs: &mut Runs, contender: usize, seed: usize, width: u64, value: impl Fn(u64) -> f64 + Copy) {
        while let Some(end) = runs.next_end(contender, seed) {
            assert!(runs.take_part(contender, seed, &view(end, width, value), 1.0));
        }
        runs.finish(contender, seed, &RunView::default());
    }

    #[test]
    fn means_are_over_equal_episodes_however_they_came_in_bins() {
        let (one, other) =
            (ComparisonBoard::new(vec!["a".into()], 1, 300), ComparisonBoard::new(vec!["a".into()], 1, 300));
        let value = |episode: u64| 0.1 * episode as f64;
        played(&mut one.change(), 0, 0, 1, value);
        played(&mut other.change(), 0, 0, 7, value);
        assert_eq!(one.look().attempts[0][0].means, other.look().attempts[0][0].means);
        let points = one.change().curve(0, EpisodeMeasure::Return);
        assert_eq!((points.len(), points[0].episode, points[0].mean), (60, 5, 0.2));
        assert_eq!((points[1].episode, points[1].step, points[1].millis), (10, 80.0, 2.0));
        // Episodes 270 to 299.
        assert_eq!(one.change().figures(0).mean.value, 28.45);
    }

    #[test]
    fn a_part_is_taken_once_and_only_when_it_is_complete() {
        let board = ComparisonBoard::new(vec!["a".into()], 1, 60);
        let mut runs = board.change();
        assert!(!runs.take_part(0, 0, &view(0, 1, |_| 1.0), 1.0));
        assert!(runs.take_part(0, 0, &view(1, 1, |_| 1.0), 1.0));
        assert!(!runs.take_part(0, 0, &view(1, 1, |_| 1.0), 1.0));
        assert_eq!(runs.next_end(0, 0), Some(2));
    }

    #[test]
    fn copies_may_end_more_episodes_than_a_part_has() {
        let board = ComparisonBoard::new(vec!["a".into()], 1, 60);
        let mut runs = board.change();
        assert!(runs.take_part(0, 0, &view(3, 1, |it| it as f64), 1.0));
        assert!(runs.take_part(0, 0, &view(3, 1, |it| it as f64), 0.0));
        assert!(runs.take_part(0, 0, &view(3, 1, |it| it as f64), 0.0));
        assert!(!runs.take_part(0, 0, &view(3, 1, |it| it as f64), 0.0), "the fourth part is not there");
        assert_eq!(runs.next_end(0, 0), Some(4));
        assert!(runs.take_part(0, 0, &view(5, 1, |it| it as f64), 1.0));
        assert_eq!(runs.attempts[0][0].means[0], [1.0, 1.0, 1.0, 3.5]);
    }

    #[test]
    fn few_episodes_make_few_parts() {
        let board = ComparisonBoard::new(vec!["a".into()], 1, 7);
        assert_eq!(board.look().ends, [1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn bands_come_in_short_looks_and_are_all_there_in_the_end() {
        let board = ComparisonBoard::new(vec!["a".into()], 4, 60);
        let mut runs = board.change();
        for seed in 0..4 {
            played(&mut runs, 0, seed, 1, |_| 1.0);
        }
        runs.attempts[0][0].means[0] = vec![9.0; 60];
        let band = |point: &BandPoint| point.high - point.low > 1.0;
        assert_eq!(runs.curve(0, EpisodeMeasure::Return).iter().filter(|it| band(it)).count(), BANDS_PER_LOOK);
        let points = runs.finished_curve(0, EpisodeMeasure::Return);
        assert!(points.iter().all(|it| band(it) && it.mean == 3.0 && it.seeds == 4), "{points:?}");
    }

    #[test]
    fn the_hash_needs_every_run_and_tells_their_order() {
        let board = ComparisonBoard::new(vec!["a".into(), "b".into()], 1, 3);
        let mut runs = board.change();
        played(&mut runs, 0, 0, 1, |_| 1.0);
        assert_eq!(runs.hash(), None);
        played(&mut runs, 1, 0, 1, |_| 1.0);
        (runs.attempts[0][0].run_hash, runs.attempts[1][0].run_hash) = ("1".into(), "2".into());
        let hash = runs.hash().unwrap();
        runs.attempts.swap(0, 1);
        assert_ne!(runs.hash().unwrap(), hash);
    }

    #[test]
    fn episodes_are_kept_one_by_one_unless_there_are_too_many() {
        assert!(ComparisonBoard::new(vec!["a".into(); 8], 10, 6_000).look().keeps_episodes());
        assert!(!ComparisonBoard::new(vec!["a".into(); 8], 10, 7_000).look().keeps_episodes());
        assert!(!ComparisonBoard::new(vec!["a".into()], 1, MOST_TOLD + 1).look().keeps_episodes());
    }

    #[test]
    fn failed_runs_are_counted_and_left_out() {
        let board = ComparisonBoard::new(vec!["a".into()], 2, 3);
        let mut runs = board.change();
        played(&mut runs, 0, 0, 1, |_| 2.0);
        runs.set(0, 1, RunProgress::Failed("it diverged".into()));
        let figures = runs.figures(0);
        assert_eq!((figures.done, figures.failed, figures.mean.value), (1, 1, 2.0));
        assert_eq!(figures.reason.as_deref(), Some("it diverged"));
        assert_eq!(runs.settled(), (2, 2));
    }
}
