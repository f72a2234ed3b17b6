//! The needle: which moment of a run is meant, where several runs were saved at moments of their own.

use crate::store::SavedAgent;
use std::rc::Rc;

/// The steps at which any of the runs was saved, in order, each once.
pub fn all_steps<'a>(runs: impl Iterator<Item = &'a Rc<Vec<u64>>>) -> Vec<u64> {
    let mut all: Vec<u64> = runs.flat_map(|steps| steps.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The place in these steps of the last one that is not beyond `at`; the last of all where nobody put the needle.
pub fn index_of(all: &[u64], at: Option<u64>) -> usize {
    let upto = at.map_or(all.len(), |at| all.partition_point(|it| *it <= at));
    upto.saturating_sub(1)
}

/// The agent that a run was at a step: the last one saved by then, or the first of all.
pub fn agent_at(saved: &[SavedAgent], at: Option<u64>) -> Option<&SavedAgent> {
    let upto = at.map_or(saved.len(), |at| saved.partition_point(|it| it.step <= at));
    saved.get(upto.saturating_sub(1))
}

/// The agents of a start, and before them those that earlier starts of the same run left at fewer steps: a run that goes on after its
/// trainer was gone does so in another start. `earlier` has the newest first.
pub fn with_earlier<'a>(saved: &[SavedAgent], earlier: impl Iterator<Item = &'a [SavedAgent]>) -> Vec<SavedAgent> {
    let mut all = saved.to_vec();
    for before in earlier {
        let upto = all.first().map_or(before.len(), |first| before.partition_point(|it| it.step < first.step));
        all.splice(0..0, before[..upto].iter().cloned());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Artifact;

    #[test]
    fn each_run_shows_what_it_was_by_then() {
        let saved: Vec<_> = [0, 100, 250]
            .map(|step| SavedAgent { step, episode: step / 10, file: Artifact::new(vec![step as u8]) })
            .to_vec();
        let found = |at| agent_at(&saved, at).map(|it| it.step);
        assert_eq!([Some(0), Some(99), Some(100), Some(9_999), None].map(found), [0, 0, 100, 250, 250].map(Some));
        assert_eq!(agent_at(&saved[1..], Some(5)).map(|it| it.step), Some(100), "the first of all");
        assert_eq!(agent_at(&[], Some(5)), None);
    }

    #[test]
    fn what_earlier_starts_left_at_fewer_steps_comes_before() {
        let saved = |start: u64, steps: &[u64]| -> Vec<SavedAgent> {
            steps.iter().map(|step| SavedAgent { step: *step, episode: start, file: Artifact::new(vec![]) }).collect()
        };
        let joined = |saved: &[SavedAgent], earlier: &[Vec<SavedAgent>]| -> Vec<(u64, u64)> {
            with_earlier(saved, earlier.iter().map(Vec::as_slice)).iter().map(|it| (it.step, it.episode)).collect()
        };
        let [third, second, first] = [saved(3, &[250, 400]), saved(2, &[100, 200, 250, 300]), saved(1, &[0, 50, 150])];
        let earlier = [second, first.clone()];
        assert_eq!(joined(&third, &earlier), [(0, 1), (50, 1), (100, 2), (200, 2), (250, 3), (400, 3)]);
        assert_eq!(joined(&[], &[first]), [(0, 1), (50, 1), (150, 1)], "one that has left nothing yet");
        assert_eq!(joined(&saved(2, &[0, 10]), &[saved(1, &[0, 5])]), [(0, 2), (10, 2)], "one that began anew");
    }

    #[test]
    fn the_needle_stops_wherever_a_run_was_saved() {
        let runs = [Rc::new(vec![0, 100, 200]), Rc::new(vec![100, 150])];
        let all = all_steps(runs.iter());
        assert_eq!(all, [0, 100, 150, 200]);
        assert_eq!([None, Some(0), Some(149), Some(150), Some(999)].map(|at| index_of(&all, at)), [3, 0, 1, 2, 3]);
        assert_eq!(index_of(&[], None), 0);
    }
}
