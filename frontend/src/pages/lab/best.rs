//! The best moment of a run: how it was kept when its last episodes went best, to go back to when learning is lost.

use shared::RunSpec;
use std::cell::RefCell;

/// So many episodes are averaged.
pub(super) const WINDOW: u64 = 100;
/// Who has lost more than this share of what was learned, from the first average to the best, is offered the way back.
const LOST: f64 = 0.25;
/// Less than this share of its returns is no learning, but chance.
const LEARNED: f64 = 0.1;

/// A moment worth going back to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BestMoment {
    /// Mean return of the last `WINDOW` episodes before it.
    pub mean_return: f64,
    /// Episodes that had ended.
    pub episode: u64,
}

/// The best of what was kept of the run on show.
#[derive(Debug)]
pub(super) struct BestOfRun<T>(RefCell<Option<Found<T>>>);

#[derive(Debug)]
struct Found<T> {
    spec: RunSpec,
    first: f64,
    best: BestMoment,
    now: BestMoment,
    kept: T,
}

impl<T> Default for BestOfRun<T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<T: Clone> BestOfRun<T> {
    /// The run of this spec was kept once more, at this moment.
    pub(super) fn look(&self, spec: &RunSpec, now: BestMoment, kept: T) {
        let mut found = self.0.borrow_mut();
        match found.as_mut().filter(|it| it.spec.begins_like(spec) && it.now.episode <= now.episode) {
            Some(found) => {
                found.now = now;
                if now.mean_return >= found.best.mean_return {
                    (found.best, found.kept) = (now, kept);
                }
            }
            // Another run, or this one from an earlier moment on.
            None => *found = Some(Found { spec: spec.clone(), first: now.mean_return, best: now, now, kept }),
        }
    }

    /// The moment to go back to and what was kept then, if much has been lost since.
    pub(super) fn lost(&self) -> Option<(BestMoment, T)> {
        let found = self.0.borrow();
        let Found { first, best, now, kept, .. } = found.as_ref()?;
        let learned = best.mean_return - first;
        let has_learned = learned > LEARNED * first.abs().max(best.mean_return.abs());
        let is_lost = best.mean_return - now.mean_return > LOST * learned;
        (has_learned && is_lost).then(|| (*best, kept.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Seed;

    fn spec(seed: u64) -> RunSpec {
        RunSpec::new("gridworld", "ppo", Seed::new(seed).unwrap())
    }

    #[test]
    fn the_way_back_is_offered_once_a_quarter_of_what_was_learned_is_lost() {
        let best = BestOfRun::default();
        let look = |episode: u64, mean_return: f64| {
            best.look(&spec(1), BestMoment { mean_return, episode }, episode);
            best.lost().map(|(moment, kept)| (moment.episode, kept))
        };
        assert_eq!(look(100, 0.0), None);
        assert_eq!(look(200, 80.0), None);
        assert_eq!(look(300, 100.0), None);
        assert_eq!(look(400, 76.0), None);
        assert_eq!(look(500, 74.0), Some((300, 300)));
        assert_eq!(look(600, 100.0), None);
    }

    #[test]
    fn what_never_learned_has_lost_nothing_and_another_run_begins_anew() {
        let best = BestOfRun::default();
        let look = |spec: &RunSpec, episode: u64, mean_return: f64| {
            best.look(spec, BestMoment { mean_return, episode }, ());
            best.lost().is_some()
        };
        assert!(!look(&spec(1), 100, -50.0));
        assert!(!look(&spec(1), 200, -48.0));
        assert!(!look(&spec(1), 300, -52.0), "chance");
        assert!(!look(&spec(1), 400, -20.0));
        assert!(look(&spec(1), 500, -45.0));
        assert!(!look(&spec(2), 600, -45.0));
        assert!(!look(&spec(2), 100, -60.0), "from an earlier moment on");
    }
}
