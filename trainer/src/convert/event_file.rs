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
/// Steps a second by the times at which records were made, under CleanRL's name.
const SPEED: &str = "charts/SPS";

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
    for event in events(lines) {
        count += event.summary.as_ref().map_or(0, |summary| summary.value.len() as u64);
        file.write_all(&framed(&event.encode_to_vec()))?;
    }
    file.flush()?;
    Ok(count)
}

/// A record a line that has values, with the speed since the record before. A run that goes on from an earlier step has no speed there,
/// and one that reports a speed keeps its own.
fn events(lines: &[MetricsLine]) -> impl Iterator<Item = EventRecord> {
    let mut before: Option<&MetricsLine> = None;
    let is_told = lines.iter().any(|line| line.values.contains_key(SPEED));
    lines.iter().filter_map(move |line| {
        let mut value: Vec<_> = scalars(line).collect();
        if value.is_empty() {
            return None;
        }
        let since = before.map(|it| (line.step.checked_sub(it.step), line.time_millis - it.time_millis));
        match since {
            // What is told at the same moment has the same speed.
            Some((Some(_), millis)) if millis <= 0.0 => {}
            _ => before = Some(line),
        }
        if let Some((Some(steps), millis)) = since
            && millis > 0.0
            && !is_told
        {
            value.push(scalar(SPEED.to_owned(), steps as f64 * 1000.0 / millis));
        }
        Some(EventRecord {
            wall_time: line.time_millis / 1000.0,
            step: line.step as i64,
            summary: Some(EventSummary { value }),
            ..EventRecord::default()
        })
    })
}

fn scalars(line: &MetricsLine) -> impl Iterator<Item = SummaryValue> {
    let episodes = line.episodes.as_ref().map(|bin| {
        let mean = |sum: f64| sum / bin.count as f64;
        [(RETURN.to_owned(), mean(bin.episodic_return.sum)), (LENGTH.to_owned(), mean(bin.length.sum))]
    });
    let values = line.values.iter().map(|(name, value)| (name.clone(), *value));
    values.chain(episodes.into_iter().flatten()).map(|(tag, value)| scalar(tag, value))
}

fn scalar(tag: String, value: f64) -> SummaryValue {
    SummaryValue { tag, content: Some(SummaryContent::Simple(value as f32)), metadata: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(step: u64, time_millis: f64, name: &str) -> MetricsLine {
        MetricsLine { step, time_millis, values: [(name.to_owned(), 1.0)].into(), ..MetricsLine::default() }
    }

    /// Step and speed of every record.
    fn speeds(lines: &[MetricsLine]) -> Vec<(i64, Option<f32>)> {
        let speed = |event: EventRecord| {
            let values = event.summary.unwrap().value;
            let found = values.into_iter().find(|it| it.tag == SPEED).and_then(|it| it.content);
            (
                event.step,
                found.map(|content| if let SummaryContent::Simple(value) = content { value } else { f32::NAN }),
            )
        };
        events(lines).map(speed).collect()
    }

    #[test]
    fn the_speed_is_that_since_the_record_before() {
        let loss = |step, time_millis| line(step, time_millis, "losses/value");
        let words = MetricsLine { step: 900, time_millis: 1300.0, ..MetricsLine::default() };
        // Two of one moment, words without values, and a run that goes on from its step 600 an hour later.
        let lines = [
            loss(0, 1000.0),
            loss(500, 1250.0),
            loss(550, 1250.0),
            words,
            loss(1500, 1750.0),
            loss(600, 3.6e6),
            loss(1600, 3.6e6 + 500.0),
        ];
        let expected =
            [(0, None), (500, Some(2000.0)), (550, None), (1500, Some(2000.0)), (600, None), (1600, Some(2000.0))];
        assert_eq!(speeds(&lines), expected);
        assert_eq!(speeds(&[loss(0, 0.0), line(10, 10.0, SPEED)]), [(0, None), (10, Some(1.0))]);
    }
}
