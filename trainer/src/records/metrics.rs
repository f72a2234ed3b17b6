//! `metrics.jsonl`: a JSON object a line, with `step`, `episode`, `time_millis` and one of `episodes` (a bin of episodes), `values`
//! (of metrics, by their names), `notice`, in the form that the protocol gives them in JSON, and `returns` (of the last episodes before
//! a save, by which the best weights are found).

use super::statistics::EpisodeStatistics;
use super::{RecordsError, files};
use crate::clock::wall_millis;
use run::recorded::without_mark;
use serde::{Deserialize, Serialize};
use shared::episode::EpisodeBin;
use shared::event::{LogEvent, Severity};
use shared::json;
use shared::number::Number;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Bytes of lines that wait in memory for a disk that takes none; the oldest of more are given up, which a notice tells.
const MOST_WAITING: usize = 16 << 20;

/// A notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunNotice {
    /// How serious.
    pub severity: Severity,
    /// What it says.
    pub text: String,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricsLine {
    /// Steps made.
    pub step: u64,
    /// Episodes ended.
    pub episode: u64,
    /// When, in milliseconds since 1970.
    pub time_millis: f64,
    /// Episodes that ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episodes: Option<EpisodeBin>,
    /// Newest values of metrics.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "shared::number::by_name")]
    pub values: BTreeMap<String, f64>,
    /// Words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<RunNotice>,
    /// Returns of the last episodes before a save, at most 100, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<Number>,
}

impl MetricsLine {
    /// The line of an event, where one is made of it. `step` and `episode` are those of the event before.
    pub(crate) fn of(event: &LogEvent, step: u64, episode: u64, time_millis: f64) -> Option<Self> {
        let line = Self { step, episode, time_millis, ..Self::default() };
        match event {
            LogEvent::Episodes(bin) => {
                let (step, episode) = (bin.step, bin.last_episode + 1);
                let bin = EpisodeBin { each: None, ..bin.clone() };
                Some(Self { step, episode, episodes: Some(bin), ..line })
            }
            LogEvent::Metrics { step, episode, values, .. } => {
                Some(Self { step: *step, episode: *episode, values: values.clone(), ..line })
            }
            LogEvent::Notice { severity, text } => {
                Some(Self { notice: Some(RunNotice { severity: *severity, text: text.clone() }), ..line })
            }
            _ => None,
        }
    }
}

/// The whole lines of a file with their bytes, each read by itself; half a line at the end is one that is being written. Where one
/// cannot be read, what is wrong with it, in words.
pub(crate) fn lines<'a>(
    path: &'a Path,
    file: &'a [u8],
) -> impl Iterator<Item = (&'a [u8], Result<MetricsLine, String>)> {
    let whole = file.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    whole.enumerate().map(|(index, bytes)| {
        let line = serde_json::from_slice(without_mark(bytes)).map_err(|error: serde_json::Error| {
            let (number, words) = (index + 1, json::words(bytes, &error));
            format!(
                "{}, line {number}, column {}: {words}. The line is left out, and all others are read",
                path.display(),
                error.column()
            )
        });
        (bytes, line)
    })
}

/// The file, which only grows.
#[derive(Debug)]
pub(super) struct MetricsFile {
    path: PathBuf,
    file: File,
    /// Bytes that are whole lines.
    length: u64,
    waiting: Vec<u8>,
    step: u64,
    episode: u64,
    pub(super) statistics: EpisodeStatistics,
    /// Step and episode of the last save whose returns are told, and those.
    saved: (u64, u64, Vec<f64>),
    /// What cannot be read of it or is missing, in words.
    pub(super) unread: Vec<String>,
}

impl MetricsFile {
    /// Begins the file of a run whose episodes end so, at this step and episode.
    pub(super) fn create(path: &Path, outcomes: &[String], step: u64, episode: u64) -> Result<Self, RecordsError> {
        let file = File::create_new(path).map_err(files::fault(path))?;
        Ok(Self::of(path, file, outcomes, step, episode))
    }

    fn of(path: &Path, file: File, outcomes: &[String], step: u64, episode: u64) -> Self {
        let (statistics, unread) = (EpisodeStatistics::new(outcomes), Vec::new());
        let (waiting, saved) = (Vec::new(), (0, 0, Vec::new()));
        Self { path: path.into(), file, length: 0, waiting, step, episode, statistics, saved, unread }
    }

    /// Goes on with a file behind the lines up to this step and episode. What a process wrote beyond them before it was killed goes, for
    /// the run makes those steps again; so does half a line. A line that cannot be read stays, and its episodes count nowhere.
    pub(super) fn resume(path: &Path, outcomes: &[String], step: u64, episode: u64) -> Result<Self, RecordsError> {
        let text = std::fs::read(path).map_err(files::unread(path))?;
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(files::fault(path))?;
        let mut metrics = Self::of(path, file, outcomes, step, episode);
        let mut told = episode;
        for (bytes, line) in lines(path, &text) {
            match line {
                Ok(line) if line.step > step || line.episode > episode => break,
                Ok(MetricsLine { episodes: Some(bin), episode: last, .. }) => {
                    told = last;
                    metrics.statistics.push(&LogEvent::Episodes(bin));
                }
                Ok(MetricsLine { returns, step, episode, .. }) if !returns.is_empty() => {
                    metrics.saved = (step, episode, returns.into_iter().map(|it| it.0).collect());
                }
                Ok(_) => {}
                Err(words) => metrics.unread.push(words),
            }
            metrics.length += bytes.len() as u64;
        }
        if metrics.length == 0 && episode > 0 {
            metrics.unread.push(format!(
                "{} tells nothing of the {episode} episodes so far; it goes on behind them",
                path.display()
            ));
        } else if told < episode {
            metrics.unread.push(format!(
                "{} tells nothing of the {} episodes before episode {episode}; it goes on behind them",
                path.display(),
                episode - told
            ));
        }
        let cut =
            metrics.file.set_len(metrics.length).and_then(|()| metrics.file.seek(SeekFrom::Start(metrics.length)));
        cut.map_err(files::fault(path))?;
        Ok(metrics)
    }

    /// The returns of the last episodes before this save, the oldest first, as far as they are told.
    pub(super) fn returns_at(&self, step: u64, episode: u64) -> &[f64] {
        if (self.saved.0, self.saved.1) == (step, episode) { &self.saved.2 } else { &[] }
    }

    /// Tells the returns of the last episodes before a save, the oldest first; the line is written with the next ones, or by
    /// [`Self::sync`].
    pub(super) fn tell_returns(&mut self, step: u64, episode: u64, returns: Vec<f64>) -> Result<(), RecordsError> {
        if returns.is_empty() || self.returns_at(step, episode) == returns {
            return Ok(());
        }
        let numbers = returns.iter().map(|it| Number(*it)).collect();
        let line =
            MetricsLine { step, episode, time_millis: wall_millis(), returns: numbers, ..MetricsLine::default() };
        self.saved = (step, episode, returns);
        self.wait(&line)
    }

    fn wait(&mut self, line: &MetricsLine) -> Result<(), RecordsError> {
        let written = serde_json::to_writer(&mut self.waiting, line);
        written.map_err(|error| files::fault(&self.path)(error.into()))?;
        self.waiting.push(b'\n');
        Ok(())
    }

    /// Takes events in, and writes their lines. On a disk that takes none they wait for the next call.
    pub(super) fn push<'a>(&mut self, events: impl Iterator<Item = (f64, &'a LogEvent)>) -> Result<(), RecordsError> {
        for (time_millis, event) in events {
            self.statistics.push(event);
            if let Some(line) = MetricsLine::of(event, self.step, self.episode, time_millis) {
                (self.step, self.episode) = (line.step, line.episode);
                self.wait(&line)?;
            }
        }
        self.write()
    }

    fn write(&mut self) -> Result<(), RecordsError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.file.write_all(&self.waiting) {
            // Half of it may be there: the next attempt begins where the whole lines end.
            let back = self.file.set_len(self.length).and_then(|()| self.file.seek(SeekFrom::Start(self.length)));
            if self.waiting.len() > MOST_WAITING {
                self.waiting.clear();
            }
            return Err(files::fault(&self.path)(back.err().unwrap_or(error)));
        }
        self.length += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }

    /// Brings everything to the disk.
    pub(super) fn sync(&mut self) -> Result<(), RecordsError> {
        self.write()?;
        self.file.sync_data().map_err(files::fault(&self.path))
    }
}
