//! Performance profiles: how many of a contender's runs end above any given return (Agarwal et al. 2021).

use super::Runs;
use run::statistics::Estimate;

/// Places at which a profile is taken, over the range of all final returns.
const PLACES: usize = 33;
/// Places of one contender that are worked out in one look, so that a look stays short.
const PLACES_PER_LOOK: usize = 4;

/// The profiles that are worked out so far.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    /// Number of runs that were settled.
    settled: usize,
    /// By contender, from the least return on.
    levels: Vec<Vec<Estimate>>,
}

impl Runs {
    /// The least and the greatest final return of all runs that are done, where they differ.
    pub fn score_range(&self) -> Option<(f64, f64)> {
        let scores = (0..self.names.len()).flat_map(|contender| self.scores(contender));
        let (least, most) =
            scores.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), it| (least.min(it), most.max(it)));
        (least < most && (most - least).is_finite()).then_some((least, most))
    }

    /// The performance profile of a contender: a return, and the share of its runs that end above it. It grows from
    /// look to look.
    pub fn profile(&mut self, contender: usize) -> Vec<(f64, Estimate)> {
        let Some((least, most)) = self.score_range() else { return Vec::new() };
        let settled = self.settled().0;
        if self.profiles.settled != settled {
            self.profiles = Profiles { settled, levels: vec![Vec::new(); self.names.len()] };
        }
        let scores = self.scores(contender);
        let place = |index: usize| least + (most - least) * index as f64 / (PLACES - 1) as f64;
        let levels = &mut self.profiles.levels[contender];
        let missing = if scores.is_empty() { 0 } else { PLACES - levels.len() };
        for _ in 0..missing.min(PLACES_PER_LOOK) {
            levels.push(self.bootstrap.share_above(&[&scores], place(levels.len())));
        }
        // What is left over comes with the next look.
        self.revision += u64::from(missing > PLACES_PER_LOOK);
        levels.iter().enumerate().map(|(index, level)| (place(index), *level)).collect()
    }

    /// The same at every place, however long that takes.
    pub fn finished_profile(&mut self, contender: usize) -> Vec<(f64, Estimate)> {
        loop {
            let revision = self.revision;
            let profile = self.profile(contender);
            if self.revision == revision {
                return profile;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ComparisonBoard, ContenderRun, EpisodeMeasure, RunProgress};
    use super::*;

    /// A board with contenders whose runs ended with these returns.
    fn board(scores: &[&[f64]]) -> ComparisonBoard {
        let seeds = scores.iter().map(|it| it.len()).max().unwrap_or(0);
        let board = ComparisonBoard::new(scores.iter().map(|it| format!("{it:?}")).collect(), seeds, 1);
        for (contender, scores) in scores.iter().enumerate() {
            for (seed, score) in scores.iter().enumerate() {
                let mut attempt = ContenderRun { progress: RunProgress::Done, ..ContenderRun::default() };
                attempt.means[EpisodeMeasure::Return as usize].push(*score);
                board.change().attempts[contender][seed] = attempt;
            }
        }
        board
    }

    #[test]
    fn a_profile_is_the_share_of_runs_above_every_return() {
        let board = board(&[&[0.0, 8.0, 8.0, 16.0], &[32.0, 32.0, 32.0, 32.0]]);
        let shares = |contender| -> Vec<_> {
            board.change().finished_profile(contender).into_iter().map(|(tau, it)| (tau, it.value)).collect()
        };
        let ours = shares(0);
        assert_eq!(ours.len(), PLACES);
        assert_eq!(
            [ours[0], ours[7], ours[8], ours[15], ours[16]],
            [(0.0, 0.75), (7.0, 0.75), (8.0, 0.25), (15.0, 0.25), (16.0, 0.0)]
        );
        assert!(shares(1)[..PLACES - 1].iter().all(|(_, share)| *share == 1.0));
        assert_eq!(shares(1).last(), Some(&(32.0, 0.0)));
        let (low, high) = board.change().finished_profile(0)[8].1.interval.unwrap();
        assert!(low < 0.25 && high > 0.25, "{low} {high}");
    }

    #[test]
    fn it_comes_in_short_looks_and_anew_with_every_run() {
        let board = board(&[&[0.0, 1.0], &[3.0, 4.0]]);
        assert_eq!(board.change().profile(0).len(), PLACES_PER_LOOK);
        assert_eq!(board.change().profile(0).len(), 2 * PLACES_PER_LOOK);
        board.change().set(1, 0, RunProgress::Failed("it diverged".into()));
        board.change().set(1, 1, RunProgress::Running);
        assert_eq!(board.change().profile(0).len(), PLACES_PER_LOOK);
        assert!(board.change().finished_profile(1).is_empty(), "no run of it is done");
    }

    #[test]
    fn where_all_runs_end_alike_there_is_no_profile() {
        let board = board(&[&[5.0, 5.0], &[5.0, 5.0]]);
        assert_eq!(board.look().score_range(), None);
        assert!(board.change().finished_profile(0).is_empty());
    }
}
