//! The journal of a sweep: what it is of, then a line for each finished run, in the order in which they finish.
//!
//! A line is written in one go and counts once its line break is there, so a kill at any moment costs at most the line
//! that was being written. The next sweep cuts that off and goes on.

use crate::Error;
use crate::sweep_error::SweepError;
use run::experiment::{Experiment, RunOutcome};
use serde::{Deserialize, Serialize};
use shared::json;
use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

const NAME: &str = "journal.jsonl";

/// The first line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct SweepJournalHead {
    experiment: Experiment,
    cells: usize,
}

/// Any other line.
#[derive(Debug, Serialize, Deserialize)]
struct JournalLine<O> {
    cell: usize,
    outcome: O,
}

/// The journal, open and locked.
#[derive(Debug)]
pub(super) struct SweepJournal {
    path: PathBuf,
    file: File,
    /// Lines that could not be read, in words.
    pub(super) unread: Vec<String>,
}

impl SweepJournal {
    /// Whether a folder has one.
    pub(super) fn is_in(folder: &Path) -> bool {
        folder.join(NAME).exists()
    }

    /// Opens the journal of a folder, or begins one; gives the outcomes that are there, by cell.
    pub(super) fn open(
        folder: &Path,
        experiment: &Experiment,
        cells: usize,
    ) -> Result<(Self, Vec<Option<RunOutcome>>), Error> {
        let path = folder.join(NAME);
        let fault = |source| Error::File { path: path.clone(), source };
        let mut options = File::options();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(&path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SweepError::Busy { folder: folder.to_owned() }.into()),
            Err(TryLockError::Error(source)) => return Err(fault(source)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(fault)?;
        let head = SweepJournalHead { experiment: experiment.clone(), cells };
        // A file of something else is not cut.
        if !bytes.is_empty()
            && !bytes.contains(&b'\n')
            && !shared::codec::to_text(&head)?.as_bytes().starts_with(&bytes)
        {
            let message = "it is no journal of this sweep; --out DIR names another folder".into();
            return Err(SweepError::Journal { path, line: 1, message }.into());
        }
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1));
        file.set_len(bytes.len() as u64).and_then(|()| file.seek(SeekFrom::End(0))).map_err(fault)?;
        let mut journal = Self { path, file, unread: Vec::new() };
        let mut outcomes = vec![None; cells];
        if bytes.is_empty() {
            journal.write(&head)?;
            return Ok((journal, outcomes));
        }
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            if index == 0 {
                let found: SweepJournalHead = serde_json::from_slice(line).map_err(|error| SweepError::Journal {
                    path: journal.path.clone(),
                    line: 1,
                    message: json::words(line, &error),
                })?;
                if found != head {
                    return Err(SweepError::Changed { folder: folder.to_owned() }.into());
                }
                continue;
            }
            // That run is made again: all others are there.
            let words = match serde_json::from_slice::<JournalLine<RunOutcome>>(line) {
                Ok(JournalLine { cell, outcome }) if cell < cells => {
                    outcomes[cell] = Some(outcome);
                    continue;
                }
                Ok(JournalLine { cell, .. }) => format!("there is no run {cell}"),
                Err(error) => json::words(line, &error),
            };
            let (number, name) = (index + 1, journal.path.display());
            journal
                .unread
                .push(format!("{name}, line {number}: {words}. The line is left out, and its run is made again"));
        }
        Ok((journal, outcomes))
    }

    /// A run has finished.
    pub(super) fn append(&mut self, cell: usize, outcome: &RunOutcome) -> Result<(), Error> {
        self.write(&JournalLine { cell, outcome })
    }

    fn write(&mut self, line: &impl Serialize) -> Result<(), Error> {
        let mut text = shared::codec::to_text(line)?;
        text.push('\n');
        self.file.write_all(text.as_bytes()).map_err(|source| Error::File { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn experiment(seeds: u64) -> Experiment {
        let spec = "budget = { steps = 1 }\n[[environments]]\nid = 'gridworld'\n[[agents]]\nid = 'sarsa'\n";
        toml::from_str(&format!("seeds = {seeds}\n{spec}")).unwrap()
    }

    fn outcome(steps: u64) -> RunOutcome {
        let (final_return, mean_return) = (Some(0.1 + 0.2), None);
        let (regret, optimal_states, fault) = (None, Some(1.0 / 3.0), None);
        RunOutcome {
            episodes: 1,
            steps,
            final_return,
            mean_return,
            regret,
            regret_unbounded: false,
            regret_unknown: None,
            optimal_states,
            run_hash: "00".into(),
            fault,
        }
    }

    fn written(folder: &Path) -> Vec<u8> {
        fs::read(folder.join(NAME)).unwrap()
    }

    #[test]
    fn whatever_is_cut_off_whole_lines_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, outcomes) = SweepJournal::open(folder.path(), &experiment(3), 3).unwrap();
        assert_eq!(outcomes, vec![None; 3]);
        journal.append(2, &outcome(7)).unwrap();
        journal.append(0, &outcome(8)).unwrap();
        drop(journal);
        let whole = written(folder.path());
        for cut in 0..=whole.len() {
            fs::write(folder.path().join(NAME), &whole[..cut]).unwrap();
            let (mut journal, outcomes) = SweepJournal::open(folder.path(), &experiment(3), 3).unwrap();
            let lines = whole[..cut].split(|byte| *byte == b'\n').count() - 1;
            assert_eq!(outcomes[2], (lines > 1).then(|| outcome(7)), "cut at {cut}");
            assert_eq!(outcomes[0], (lines > 2).then(|| outcome(8)), "cut at {cut}");
            if lines < 2 {
                journal.append(2, &outcome(7)).unwrap();
            }
            if lines < 3 {
                journal.append(0, &outcome(8)).unwrap();
            }
            drop(journal);
            assert_eq!(written(folder.path()), whole, "cut at {cut}");
        }
    }

    #[test]
    fn other_specs_and_other_sweeps_are_refused_and_a_damaged_line_costs_its_run_alone() {
        let folder = tempfile::tempdir().unwrap();
        let open = |seeds| SweepJournal::open(folder.path(), &experiment(seeds), seeds as usize).map(drop);
        let (mut journal, _) = SweepJournal::open(folder.path(), &experiment(1), 1).unwrap();
        journal.append(0, &outcome(1)).unwrap();
        assert!(open(1).unwrap_err().to_string().contains("another sweep writes to"));
        drop(journal);
        let whole = written(folder.path());
        assert!(open(2).unwrap_err().to_string().contains("holds results of another spec; choose another folder"));
        assert_eq!(written(folder.path()), whole);
        let lines: Vec<_> = whole.split_inclusive(|byte| *byte == b'\n').collect();
        let damaged = [lines[0], b"{\"cell\": 0}\n", b"\xff\0\n", lines[1]].concat();
        fs::write(folder.path().join(NAME), &damaged).unwrap();
        let (journal, outcomes) = SweepJournal::open(folder.path(), &experiment(1), 1).unwrap();
        assert_eq!(outcomes, [Some(outcome(1))]);
        assert_eq!(journal.unread.len(), 2);
        assert!(journal.unread[0].contains("journal.jsonl, line 2: missing field `outcome`"), "{:?}", journal.unread);
        assert!(journal.unread[1].contains("journal.jsonl, line 3: ") && journal.unread[1].ends_with("is made again"));
        drop(journal);
        assert_eq!(written(folder.path()), damaged, "what cannot be read stays for whoever can");
        fs::write(folder.path().join(NAME), &damaged[1..]).unwrap();
        assert!(open(1).unwrap_err().to_string().contains("journal.jsonl, line 1: "), "what it is of is not known");
    }
}
