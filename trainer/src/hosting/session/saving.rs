//! What a session saves: into its run directory, and with the relay for those who watch.

use super::HostedSession;
use crate::Error;
use crate::records::RecordsError;
use crate::records::directory::LATEST;
use crate::records::keeper::MOST_SAVING;
use shared::Artifact;
use shared::agent_file;
use shared::checkpoint::Checkpoint;
use shared::event::{self, EndReason};
use shared::history::History;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Larger agents stay here: a relay would soon hold nothing else.
const MOST_LEFT_BYTES: usize = 32 << 20;

/// So many saves are all left with the relay, and about as many of each doubling after them.
const ALL_LEFT: u64 = 32;

/// Which saves are left with the relay: ever fewer of them, so that a run of any length has its whole curve covered.
#[derive(Debug)]
pub(super) struct Leaving {
    saves: u64,
    /// When the next one is due, where nothing else saves the run.
    due: Instant,
}

impl Leaving {
    /// From now on.
    pub(super) fn begin(every: Duration) -> Self {
        Self { saves: 0, due: Instant::now() + every }
    }

    /// Whether the next save is one of them.
    const fn is_due(&mut self) -> bool {
        let stride = (self.saves / ALL_LEFT + 1).next_power_of_two();
        let is_due = self.saves.is_multiple_of(stride);
        self.saves += 1;
        is_due
    }
}

impl HostedSession<'_> {
    /// Saves into the run directory, where there is one. A disk that takes nothing is told, and tried again when the next save is due.
    pub(super) fn save(&mut self, ended: Option<EndReason>) -> Result<(), Error> {
        self.wants_save = false;
        let Some(keeper) = &mut self.keeper else { return Ok(()) };
        if self.failed {
            // The weights of the last save are the last good ones.
            match keeper.fail(self.host.run()) {
                Ok(path) if ended.is_some() => self.progress.say(&after_failure(&path, keeper.directory().path())),
                Ok(_) => {}
                Err(error) => self.unsaved = Some(error),
            }
            return Ok(());
        }
        let path = keeper.directory().weights_path(LATEST);
        let checkpoint = self.checkpoint(&path)?;
        let is_due = self.leaving.is_due() || ended.is_some();
        if let Ok((_, bytes)) = &checkpoint {
            self.tell_saved(self.left(bytes, is_due))?;
        }
        let sample = self.host.take_sample();
        if let Some(keeper) = &mut self.keeper {
            let run = self.host.run();
            let saved = match checkpoint {
                Ok((checkpoint, bytes)) => keeper.save(run, (&checkpoint, &bytes), sample, ended),
                Err(error) => {
                    keeper.put_off(run.step());
                    Err(error)
                }
            };
            self.unsaved = saved.err();
            if self.unsaved.is_some() && ended.is_some() {
                self.progress.say(&keeper.saved_words());
            }
        }
        if let (Some(error), None) = (&self.unsaved, ended) {
            self.progress.say(&format!("not saved: {error}; the run goes on, and the next save tries again"));
        }
        self.set_last_step();
        Ok(())
    }

    /// The run as it stands, with its curve, and as the bytes of a file that goes to `path`. What was not told of it yet is told first, so
    /// that no episode is missing.
    pub(super) fn checkpoint(&mut self, path: &Path) -> Result<Result<(Checkpoint, Vec<u8>), RecordsError>, Error> {
        let saved = self.host.save();
        self.tell()?;
        let checkpoint = match saved {
            Ok(checkpoint) => checkpoint,
            Err(error) => return Ok(Err(RecordsError::Unsaved { path: path.into(), error: Box::new(error) })),
        };
        let curves = History::new(&self.curve, BTreeMap::new(), checkpoint.episode).to_column();
        let checkpoint = Checkpoint { curves, ..checkpoint };
        let written = agent_file::write(&checkpoint);
        Ok(match written {
            Ok(bytes) => Ok((checkpoint, bytes)),
            Err(error) => Err(RecordsError::Weights { path: path.into(), error }),
        })
    }

    /// Says that the run as it stands is saved. `left` is its file for those who watch. Of a run that has said its last word nothing is
    /// said any more.
    pub(super) fn tell_saved(&mut self, left: Option<Artifact>) -> Result<(), Error> {
        if self.host.run().phase() == event::Phase::Ended {
            return Ok(());
        }
        self.host.tell_saved(left.as_ref());
        self.tell()?;
        if let (Some(file), Some(publisher)) = (left, &self.publisher) {
            publisher.update(|it| it.leave(file));
        }
        Ok(())
    }

    /// What those who watch get of these bytes, where it is their turn and they are not too many.
    pub(super) fn left(&self, bytes: &[u8], is_due: bool) -> Option<Artifact> {
        let goes = is_due && self.publisher.is_some() && bytes.len() <= MOST_LEFT_BYTES;
        goes.then(|| Artifact::new(bytes.to_vec()))
    }

    /// Leaves the run as it stands with the relay, where nothing else keeps it and it is time.
    pub(super) fn leave(&mut self, at_end: bool) -> Result<(), Error> {
        let is_time = at_end || Instant::now() >= self.leaving.due;
        if self.keeper.is_some() || self.publisher.is_none() || self.failed || !is_time {
            return Ok(());
        }
        let begun = Instant::now();
        if (self.leaving.is_due() || at_end)
            && let Ok((_, bytes)) = self.checkpoint(Path::new(""))?
            && let Some(file) = self.left(&bytes, true)
        {
            self.tell_saved(Some(file))?;
        }
        self.leaving.due = Instant::now() + self.manner.save_every.max(begun.elapsed().div_f64(MOST_SAVING));
        Ok(())
    }
}

/// Where the last good weights are, and how to go on with them.
fn after_failure(weights: &Path, directory: &Path) -> String {
    if !weights.is_file() {
        return "it had not been saved before: begin it again with other settings, e.g. a smaller learning rate or smaller rewards".into();
    }
    format!(
        "the last good weights are in {}; `terrarium resume {} --set NAME=VALUE` goes on from there with other settings, e.g. a \
         smaller learning rate",
        weights.display(),
        directory.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_any_length_leaves_some_dozens_of_files_over_its_whole_length() {
        let left = |saves: u64| {
            let mut leaving = Leaving::begin(Duration::ZERO);
            (0..saves).filter(|_| leaving.is_due()).collect::<Vec<_>>()
        };
        assert_eq!(left(32).len(), 32);
        assert_eq!(left(100_000).len(), 217);
        assert!(left(100_000).last().is_some_and(|last| *last > 95_000));
    }
}
