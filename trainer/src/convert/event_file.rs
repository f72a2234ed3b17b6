//! What a run has told as an event file, as TensorBoard reads it.

use crate::follow::events::{EventRecord, EventSummary, SummaryContent, SummaryValue};
use crate::follow::records::framed;
use crate::records::files::begin_part;
use crate::records::metrics::MetricsLine;
use prost::Message as _;
use std::fs;
use std::io::{self, BufWriter, ErrorKind};
use std::path::{Path, PathBuf};

/// What the first record of a file says.
const VERSION: &str = "brain.Event:2";
/// Means over the episodes that ended since the record before, under the names that CleanRL gives them.
const RETURN: &str = "charts/episodic_return";
const LENGTH: &str = "charts/episodic_length";

/// Writes a new event file into a folder, which is made where there is none; gives its path and how many values it has.
pub(super) fn write(folder: &Path, lines: &[MetricsLine]) -> Result<(PathBuf, u64), (PathBuf, io::Error)> {
    fs::create_dir_all(folder).map_err(|error| (folder.to_owned(), error))?;
    let begun = lines.first().map_or(0.0, |it| it.time_millis / 1000.0);
    let path = folder.join(format!("events.out.tfevents.{}.terrarium", begun as u64));
    if path.exists() {
        return Err((path, ErrorKind::AlreadyExists.into()));
    }
    let put = || {
        let (file, part) = begin_part(folder)?;
        let mut file = BufWriter::new(file);
        let count = write_events(&mut file, begun, lines)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?;
        part.persist_noclobber(&path)?;
        Ok(count)
    };
    put().map(|count| (path.clone(), count)).map_err(|error| (path, error))
}

fn write_events(file: &mut impl io::Write, begun: f64, lines: &[MetricsLine]) -> io::Result<u64> {
    let head = EventRecord { wall_time: begun, file_version: Some(VERSION.into()), ..EventRecord::default() };
    file.write_all(&framed(&head.encode_to_vec()))?;
    let mut count = 0;
    for line in lines {
        let value: Vec<_> = scalars(line).collect();
        if value.is_empty() {
            continue;
        }
        count += value.len() as u64;
        let event = EventRecord {
            wall_time: line.time_millis / 1000.0,
            step: line.step as i64,
            summary: Some(EventSummary { value }),
            ..EventRecord::default()
        };
        file.write_all(&framed(&event.encode_to_vec()))?;
    }
    file.flush()?;
    Ok(count)
}

fn scalars(line: &MetricsLine) -> impl Iterator<Item = SummaryValue> {
    let episodes = line.episodes.as_ref().map(|bin| {
        let mean = |sum: f64| sum / bin.count as f64;
        [(RETURN.to_owned(), mean(bin.episodic_return.sum)), (LENGTH.to_owned(), mean(bin.length.sum))]
    });
    let values = line.values.iter().map(|(name, value)| (name.clone(), *value));
    values.chain(episodes.into_iter().flatten()).map(|(tag, value)| SummaryValue {
        tag,
        content: Some(SummaryContent::Simple(value as f32)),
        metadata: None,
    })
}
