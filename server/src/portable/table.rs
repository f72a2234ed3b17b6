//! Tables of an epoch: its episodes, or every value of its metrics, as Parquet, and the latter as CSV, too.

use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use shared::event::LogEvent;
use shared::message::LogEntry;
use std::io::{self, Write};
use std::sync::Arc;

/// Rows that are held until they are written, as a group of the file.
const GROUP_ROWS: usize = 65_536;

/// What the rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExportContent {
    /// Episodes
    Episodes,
    /// Every value of every metric
    Metrics,
}

impl ExportContent {
    /// The columns of whole numbers, of numbers, and that of a name.
    const fn columns(self) -> ([&'static str; 2], [&'static str; 2], &'static str) {
        match self {
            Self::Episodes => (["episode", "count"], ["return", "length"], "outcome"),
            Self::Metrics => (["step", "episode"], ["time_millis", "value"], "metric"),
        }
    }
}

/// A row: as many whole numbers, numbers and names as there are columns of them.
struct ExportRow {
    whole: [u64; 2],
    numbers: [f64; 2],
    name: Option<Arc<str>>,
}

/// Where rows go to.
enum ExportSink<W: Write + Send> {
    Csv(Box<csv::Writer<W>>),
    Parquet(SerializedFileWriter<W>),
}

/// A table on its way into a file.
pub(crate) struct ExportTable<W: Write + Send> {
    content: ExportContent,
    sink: ExportSink<W>,
    outcomes: Vec<Arc<str>>,
    rows: Vec<ExportRow>,
    written: u64,
    bins: u64,
}

impl<W: Write + Send> ExportTable<W> {
    pub(crate) fn csv(out: W) -> io::Result<Self> {
        let ([step, episode], [time, value], name) = ExportContent::Metrics.columns();
        let mut out = csv::Writer::from_writer(out);
        out.write_record([step, episode, time, name, value])?;
        Ok(Self {
            content: ExportContent::Metrics,
            sink: ExportSink::Csv(Box::new(out)),
            outcomes: Vec::new(),
            rows: Vec::new(),
            written: 0,
            bins: 0,
        })
    }

    pub(crate) fn parquet(content: ExportContent, out: W) -> io::Result<Self> {
        let (whole, numbers, name) = content.columns();
        let whole = whole.map(|it| format!("REQUIRED INT64 {it};")).concat();
        let numbers = numbers.map(|it| format!("REQUIRED DOUBLE {it};")).concat();
        let schema = format!("message {content:?} {{ {whole}{numbers} OPTIONAL BYTE_ARRAY {name} (UTF8); }}");
        let schema = parse_message_type(&schema).map_err(io::Error::other)?;
        let properties = Arc::new(WriterProperties::builder().build());
        let writer = SerializedFileWriter::new(out, Arc::new(schema), properties).map_err(io::Error::other)?;
        Ok(Self {
            content,
            sink: ExportSink::Parquet(writer),
            outcomes: Vec::new(),
            rows: Vec::new(),
            written: 0,
            bins: 0,
        })
    }

    /// How many rows of a table of episodes stand for several each.
    pub(crate) const fn bins(&self) -> u64 {
        self.bins
    }

    /// How many rows there are so far.
    pub(crate) const fn count(&self) -> u64 {
        self.written + self.rows.len() as u64
    }

    pub(crate) fn push(&mut self, entry: &LogEntry) -> io::Result<()> {
        // An event of a kind that is not known here is no row.
        let Ok(event) = entry.event.decode() else { return Ok(()) };
        match (self.content, event) {
            (ExportContent::Episodes, LogEvent::RunStarted { environment, .. }) => {
                self.outcomes = environment.outcomes.iter().map(|it| it.as_str().into()).collect();
            }
            (ExportContent::Episodes, LogEvent::Episodes(bin)) => {
                if let Some(each) = &bin.each {
                    for (episode, (episodic_return, length, outcome)) in (bin.first_episode..).zip(each.iter()) {
                        let name = self.outcomes.get(usize::from(outcome)).cloned();
                        let numbers = [episodic_return, f64::from(length)];
                        self.rows.push(ExportRow { whole: [episode, 1], numbers, name });
                    }
                } else {
                    self.bins += u64::from(bin.count > 1);
                    let count = bin.count.max(1) as f64;
                    let ended =
                        |it: &&Arc<str>| bin.count == 1 && bin.outcomes.get(&***it).is_some_and(|it| it.last > 0.0);
                    let name = self.outcomes.iter().find(ended).cloned();
                    let whole = [bin.first_episode, bin.count];
                    let numbers = [bin.episodic_return.sum / count, bin.length.sum / count];
                    self.rows.push(ExportRow { whole, numbers, name });
                }
            }
            (ExportContent::Metrics, LogEvent::Metrics { step, episode, values, .. }) => {
                for (name, value) in values {
                    let (whole, numbers) = ([step, episode], [entry.time_millis, value]);
                    self.rows.push(ExportRow { whole, numbers, name: Some(name.into()) });
                }
            }
            _ => {}
        }
        if self.rows.len() >= GROUP_ROWS { self.write() } else { Ok(()) }
    }

    /// Writes the rest.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.write()?;
        match self.sink {
            ExportSink::Csv(mut out) => out.flush(),
            ExportSink::Parquet(writer) => writer.close().map(drop).map_err(io::Error::other),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        self.written += rows.len() as u64;
        match &mut self.sink {
            ExportSink::Csv(out) => {
                rows.iter().try_for_each(|ExportRow { whole: [step, episode], numbers: [time, value], name }| {
                    let name = name.as_deref().unwrap_or_default();
                    let cells = [&step.to_string(), &episode.to_string(), &time.to_string(), name, &value.to_string()];
                    out.write_record(cells).map_err(io::Error::from)
                })
            }
            ExportSink::Parquet(writer) => group(writer, &rows).map_err(io::Error::other),
        }
    }
}

fn group<W: Write + Send>(writer: &mut SerializedFileWriter<W>, rows: &[ExportRow]) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for column in 0..2 {
        // Parquet has none above this; no run comes so far.
        let values: Vec<_> = rows.iter().map(|it| i64::try_from(it.whole[column]).unwrap_or(i64::MAX)).collect();
        column_of::<Int64Type, _>(&mut group, &values, None)?;
    }
    for column in 0..2 {
        let values: Vec<_> = rows.iter().map(|it| it.numbers[column]).collect();
        column_of::<DoubleType, _>(&mut group, &values, None)?;
    }
    let names: Vec<_> =
        rows.iter().filter_map(|it| Some(ByteArray::from(it.name.as_deref()?.as_bytes().to_vec()))).collect();
    let levels: Vec<_> = rows.iter().map(|it| i16::from(it.name.is_some())).collect();
    column_of::<ByteArrayType, _>(&mut group, &names, Some(&levels))?;
    group.close().map(drop)
}

fn column_of<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    if let Some(mut column) = group.next_column()? {
        column.typed::<T>().write_batch(values, levels, None)?;
        column.close()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{Offset, Payload};

    #[test]
    fn the_largest_step_is_printed_as_it_is() {
        let (mut bytes, step) = (Vec::new(), u64::MAX);
        let mut table = ExportTable::csv(&mut bytes).unwrap();
        let values = [("loss".to_owned(), 0.5)].into();
        let event = LogEvent::Metrics { step, episode: 0, values, statistics: std::collections::BTreeMap::default() };
        let event = Payload::plain(&event).unwrap();
        table.push(&LogEntry { offset: Offset(0), time_millis: 1.0, event }).unwrap();
        table.finish().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text, "step,episode,time_millis,metric,value\n18446744073709551615,0,1,loss,0.5\n");
    }
}
