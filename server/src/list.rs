//! The list of runs as it changes: which run changed when, so that whoever has a list is told what is different in it.

use shared::RunId;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Changes that are remembered; who has a list that is older gets a whole one.
const MOST_REMEMBERED: usize = 65_536;

/// What became of a run in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListChange {
    /// It is where it was, and told otherwise.
    Told,
    /// It left its place: for the front, or for good.
    Moved,
}

/// What changed in the list of runs.
#[derive(Debug)]
pub(crate) struct List {
    inner: Mutex<RunListState>,
    version: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct RunListState {
    version: u64,
    /// Changes up to this version are forgotten.
    forgotten: u64,
    /// By run: the version of its last change, and the one in which it left its place.
    runs: BTreeMap<RunId, (u64, u64)>,
    /// The run that changed last in this version.
    versions: BTreeMap<u64, RunId>,
}

impl Default for List {
    fn default() -> Self {
        Self { inner: Mutex::default(), version: watch::Sender::new(0) }
    }
}

impl List {
    /// Tells of every change.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// The version of the list at present. It changes after the list does.
    pub(crate) fn version(&self) -> u64 {
        self.lock().version
    }

    /// Runs have changed.
    pub(crate) fn has_changed<'a>(&self, runs: impl IntoIterator<Item = &'a RunId>, change: ListChange) {
        let mut inner = self.lock();
        for run in runs {
            inner.version += 1;
            let version = inner.version;
            let (before, left) = inner.runs.get(run).copied().unwrap_or_default();
            inner.versions.remove(&before);
            inner.versions.insert(version, run.clone());
            inner.runs.insert(run.clone(), (version, if change == ListChange::Moved { version } else { left }));
        }
        while inner.versions.len() > MOST_REMEMBERED
            && let Some((version, run)) = inner.versions.pop_first()
        {
            inner.forgotten = version;
            inner.runs.remove(&run);
        }
        let version = inner.version;
        drop(inner);
        self.version.send_replace(version);
    }

    /// What changed after a version, and the version that it is now; none where that is forgotten or more than `most` runs.
    pub(crate) fn since(&self, version: u64, most: usize) -> Option<(Vec<(RunId, ListChange)>, u64)> {
        let inner = self.lock();
        if version < inner.forgotten {
            return None;
        }
        let mut changed = Vec::new();
        for run in inner.versions.range(version + 1..).map(|(_, run)| run) {
            if changed.len() == most {
                return None;
            }
            let left = inner.runs.get(run).is_some_and(|(_, left)| *left > version);
            changed.push((run.clone(), if left { ListChange::Moved } else { ListChange::Told }));
        }
        Some((changed, inner.version))
    }

    fn lock(&self) -> MutexGuard<'_, RunListState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str) -> RunId {
        RunId::new(name).unwrap()
    }

    #[test]
    fn of_each_run_the_last_change_is_told_and_whether_it_left_its_place() {
        let list = List::default();
        list.has_changed([&run("a"), &run("b")], ListChange::Moved);
        let first = list.version();
        list.has_changed([&run("b")], ListChange::Told);
        let second = list.version();
        list.has_changed([&run("a")], ListChange::Moved);
        list.has_changed([&run("a")], ListChange::Told);
        assert_eq!(list.since(first, 9).unwrap().0, [(run("b"), ListChange::Told), (run("a"), ListChange::Moved)]);
        assert_eq!(list.since(second, 9).unwrap(), (vec![(run("a"), ListChange::Moved)], list.version()));
        assert_eq!(list.since(list.version(), 9).unwrap().0, []);
        assert_eq!(list.since(0, 1), None, "too many");
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        let list = List::default();
        for index in 0..=MOST_REMEMBERED {
            list.has_changed([&run(&format!("r{index}"))], ListChange::Moved);
        }
        assert_eq!(list.since(0, usize::MAX), None);
        assert_eq!(list.since(1, usize::MAX).unwrap().0.len(), MOST_REMEMBERED);
    }
}
