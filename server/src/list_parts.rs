//! The list of runs on its way to one connection, message by message: a list of many thousand runs in one would keep everything
//! else of the connection waiting, and whoever reads it without a picture.

use crate::list::ListChange;
use crate::room::Room;
use shared::RunId;
use shared::message::{RunSummary, ServerMessage};
use std::sync::Arc;

/// Runs in one message, where a list may come in several.
pub(crate) const RUNS_PER_PART: usize = 500;

/// What is left to tell of a list.
#[derive(Debug)]
pub(crate) enum ListParts {
    /// The list from its beginning.
    Whole {
        rooms: std::vec::IntoIter<Arc<Room>>,
        /// Whether something of it was told.
        begun: bool,
    },
    /// What changed.
    Changed(std::vec::IntoIter<(RunId, ListChange)>),
}

impl ListParts {
    /// A list from its beginning, of these rooms in its order.
    pub(crate) fn whole(rooms: Vec<Arc<Room>>) -> Self {
        Self::Whole { rooms: rooms.into_iter(), begun: false }
    }

    /// What changed. Of several messages each brings runs to the front of the list, so the last one has the newest.
    pub(crate) fn changed(mut runs: Vec<(RunId, ListChange, Option<Arc<Room>>)>) -> Self {
        runs.sort_by_cached_key(|(_, _, room)| room.as_ref().map(|it| it.feed().order));
        Self::Changed(runs.into_iter().map(|(run, change, _)| (run, change)).collect::<Vec<_>>().into_iter())
    }

    /// Whether all of it was told.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            Self::Whole { rooms, begun } => *begun && rooms.len() == 0,
            Self::Changed(runs) => runs.len() == 0,
        }
    }

    /// The next message, of at most so many runs as they are now; `summary` gives none for one that is no longer there.
    pub(crate) fn next(
        &mut self,
        most: usize,
        summary: impl Fn(&RunId) -> Option<RunSummary>,
    ) -> Option<ServerMessage> {
        if self.is_over() {
            return None;
        }
        Some(match self {
            Self::Whole { rooms, begun } => {
                let goes_on = std::mem::replace(begun, true);
                let runs = rooms.take(most).filter_map(|room| summary(&room.feed().run)).collect();
                ServerMessage::Runs { runs, gone: None, goes_on, to_come: rooms.len() as u64 }
            }
            Self::Changed(changed) => {
                let (mut gone, mut runs) = (Vec::new(), Vec::new());
                for (run, change) in changed.take(most) {
                    let told = summary(&run);
                    if change == ListChange::Moved || told.is_none() {
                        gone.push(run);
                    }
                    runs.extend(told);
                }
                runs.reverse();
                ServerMessage::Runs { runs, gone: Some(gone), goes_on: false, to_come: 0 }
            }
        })
    }
}
