//! Every run as a row, in the order of the plan: as CSV and as Parquet.

use crate::Error;
use crate::sweep_error::SweepError;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use run::experiment::{ColumnKind, ExperimentCell, ParameterColumn, RunOutcome, agent_columns, environment_columns};
use shared::csv;
use shared::parameter::Value;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

/// A run and what came of it.
type SweepRow<'a> = (&'a ExperimentCell, &'a RunOutcome);

/// What a column holds. In CSV a hash is written so that nobody takes it for a number; Parquet knows a text by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CellKind {
    Text,
    Hash,
    Whole,
    Number,
    Flag,
}

/// A column: its name, and how its cells are read; none is missing.
struct SweepColumn {
    name: String,
    kind: CellKind,
    read: Box<dyn Fn(SweepRow<'_>) -> Option<Value>>,
}

/// The columns of a plan's runs: every parameter that is set anywhere has one of its own.
fn columns(cells: &[ExperimentCell]) -> Vec<SweepColumn> {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let whole = |number: u64| i64::try_from(number).ok().map(Value::Integer);
    let column = |name: &str, kind, read: Box<dyn Fn(SweepRow<'_>) -> Option<Value>>| {
        vec![SweepColumn { name: name.to_owned(), kind, read }]
    };
    let number = |name, read: fn(&RunOutcome) -> Option<f64>| {
        column(name, CellKind::Number, Box::new(move |(_, outcome)| read(outcome).map(Value::Number)))
    };
    [
        column("environment", CellKind::Text, Box::new(move |(cell, _)| text(&cell.spec.environment.id))),
        in_columns(environment_columns(cells.iter().map(|cell| &cell.spec))),
        column("agent", CellKind::Text, Box::new(move |(cell, _)| text(&cell.spec.agent.id))),
        in_columns(agent_columns(cells.iter().map(|cell| &cell.spec))),
        column("seed", CellKind::Whole, Box::new(move |(cell, _)| whole(cell.spec.seed.get()))),
        column("episodes", CellKind::Whole, Box::new(move |(_, outcome)| whole(outcome.episodes))),
        column("steps", CellKind::Whole, Box::new(move |(_, outcome)| whole(outcome.steps))),
        number("final_return", |outcome| outcome.final_return),
        number("mean_return", |outcome| outcome.mean_return),
        number("regret", |outcome| outcome.regret.or(outcome.regret_unbounded.then_some(f64::INFINITY))),
        number("optimal_states", |outcome| outcome.optimal_states),
        column("run_hash", CellKind::Hash, Box::new(move |(_, outcome)| text(&outcome.run_hash))),
        column(
            "fault",
            CellKind::Text,
            Box::new(move |(_, outcome)| text(outcome.fault.as_deref().unwrap_or_default())),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn in_columns(parameters: Vec<ParameterColumn>) -> Vec<SweepColumn> {
    let column = |it: ParameterColumn| {
        let kind = match it.kind {
            ColumnKind::Text => CellKind::Text,
            ColumnKind::Whole => CellKind::Whole,
            ColumnKind::Number => CellKind::Number,
            ColumnKind::Flag => CellKind::Flag,
        };
        SweepColumn { name: it.name.clone(), kind, read: Box::new(move |(cell, _)| it.value(&cell.spec)) }
    };
    parameters.into_iter().map(column).collect()
}

/// Writes a file whole or not at all.
fn write(path: &Path, content: impl FnOnce(&mut File) -> Result<(), SweepError>) -> Result<(), Error> {
    let fault = |source| Error::File { path: path.to_owned(), source };
    let unfinished = path.with_added_extension("unfinished");
    let mut file = File::create(&unfinished).map_err(fault)?;
    content(&mut file)?;
    fs::rename(&unfinished, path).map_err(fault)
}

/// Writes the rows as CSV; what is missing is empty.
pub(super) fn write_csv(path: &Path, cells: &[ExperimentCell], outcomes: &[RunOutcome]) -> Result<(), Error> {
    let columns = columns(cells);
    let names = columns.iter().map(|column| column.name.clone()).collect();
    let text = |column: &SweepColumn, row| match ((column.read)(row), column.kind) {
        (Some(value), CellKind::Hash) => csv::hash(&value.to_string()),
        (Some(value), _) => value.to_string(),
        (None, _) => String::new(),
    };
    let record = |row| columns.iter().map(|column| text(column, row)).collect();
    write_records(path, std::iter::once(names).chain(cells.iter().zip(outcomes).map(record)))
}

/// Writes records as CSV, the first of them the names of the columns.
pub(super) fn write_records(path: &Path, records: impl Iterator<Item = Vec<String>>) -> Result<(), Error> {
    write(path, |file| {
        let fault = |error| SweepError::Csv { path: path.to_owned(), error };
        let mut table = ::csv::Writer::from_writer(file);
        for record in records {
            table.write_record(record).map_err(fault)?;
        }
        table.flush().map_err(|error| fault(error.into()))
    })
}

/// Writes the rows as Parquet; what is missing is null.
pub(super) fn write_parquet(path: &Path, cells: &[ExperimentCell], outcomes: &[RunOutcome]) -> Result<(), Error> {
    write(path, |file| {
        parquet(file, cells, outcomes).map_err(|error| SweepError::Parquet { path: path.to_owned(), error })
    })
}

fn parquet(file: &mut File, cells: &[ExperimentCell], outcomes: &[RunOutcome]) -> Result<(), ParquetError> {
    let columns = columns(cells);
    let fields = columns.iter().map(|SweepColumn { name, kind, .. }| match kind {
        CellKind::Text | CellKind::Hash => format!("OPTIONAL BYTE_ARRAY {name} (UTF8);"),
        CellKind::Whole => format!("OPTIONAL INT64 {name};"),
        CellKind::Number => format!("OPTIONAL DOUBLE {name};"),
        CellKind::Flag => format!("OPTIONAL BOOLEAN {name};"),
    });
    let schema = parse_message_type(&format!("message sweep {{ {} }}", fields.collect::<String>()))?;
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), properties)?;
    let mut group = writer.next_row_group()?;
    for column in &columns {
        let Some(into) = group.next_column()? else { break };
        let values: Vec<Option<Value>> = cells.iter().zip(outcomes).map(|row| (column.read)(row)).collect();
        match column.kind {
            CellKind::Text | CellKind::Hash => {
                column_of::<ByteArrayType>(into, &values, |it| Some(ByteArray::from(it.to_string().into_bytes())))?;
            }
            CellKind::Whole => {
                column_of::<Int64Type>(into, &values, |it| if let Value::Integer(it) = it { Some(*it) } else { None })?;
            }
            CellKind::Number => {
                column_of::<DoubleType>(into, &values, |it| if let Value::Number(it) = it { Some(*it) } else { None })?;
            }
            CellKind::Flag => {
                column_of::<BoolType>(into, &values, |it| if let Value::Flag(it) = it { Some(*it) } else { None })?;
            }
        }
    }
    group.close()?;
    writer.close().map(drop)
}

fn column_of<T: DataType>(
    mut into: SerializedColumnWriter<'_>,
    values: &[Option<Value>],
    read: impl Fn(&Value) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = values.iter().map(|value| value.as_ref().and_then(&read)).collect();
    let there: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    into.typed::<T>().write_batch(&values, Some(&there), None)?;
    into.close()
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::RowAccessor as _;
    use run::experiment::{Experiment, ExperimentPlan};

    fn ran() -> (ExperimentPlan, Vec<RunOutcome>) {
        let spec = "seeds = 2\nbudget = { steps = 40 }\n[[environments]]\nid = 'gridworld'\n\
                    [[agents]]\nid = 'random'\n[[agents]]\nid = 'q-learning'\nset.alpha = 0.5\nset.ties = 'first'\n";
        let plan = toml::from_str::<Experiment>(spec).unwrap().plan().unwrap();
        let mut outcomes: Vec<_> = plan.cells.iter().map(|cell| cell.run().unwrap()).collect();
        outcomes[1].final_return = None;
        outcomes[2].run_hash = "53972300e6720583".into();
        outcomes[3].fault = Some("Paused: \"why\", he said.".into());
        (plan, outcomes)
    }

    #[test]
    fn both_tables_hold_the_same_rows_to_the_last_digit() {
        let (plan, outcomes) = ran();
        let folder = tempfile::tempdir().unwrap();
        let [as_csv, as_parquet] = ["a.csv", "a.parquet"].map(|name| folder.path().join(name));
        write_csv(&as_csv, &plan.cells, &outcomes).unwrap();
        write_parquet(&as_parquet, &plan.cells, &outcomes).unwrap();
        let mut table = ::csv::Reader::from_path(&as_csv).unwrap();
        let reader = SerializedFileReader::new(File::open(&as_parquet).unwrap()).unwrap();
        let names: Vec<_> = table.headers().unwrap().iter().map(str::to_owned).collect();
        assert_eq!(names[..5], ["environment", "agent", "agent_alpha", "agent_ties", "seed"]);
        let fields = reader.metadata().file_metadata().schema_descr().columns().iter();
        assert_eq!(names, fields.map(|field| field.name().to_owned()).collect::<Vec<_>>());
        let rows: Vec<_> = table.records().map(Result::unwrap).collect();
        assert_eq!((rows.len(), reader.get_row_iter(None).unwrap().count()), (4, 4));
        for ((row, found), outcome) in rows.iter().zip(reader.get_row_iter(None).unwrap()).zip(&outcomes) {
            let found = found.unwrap();
            for text in [0, 1, 12] {
                assert_eq!(found.get_string(text).unwrap(), &row[text]);
            }
            for whole in [4, 5, 6] {
                assert_eq!(found.get_long(whole).unwrap().to_string(), row[whole]);
            }
            for (number, expected) in
                [(7, outcome.final_return), (8, outcome.mean_return), (10, outcome.optimal_states)]
            {
                assert_eq!(found.get_double(number).ok(), expected);
                assert_eq!(row[number].parse().ok(), expected);
            }
            assert_eq!(found.get_double(2).ok(), row[2].parse().ok());
            assert_eq!(found.get_string(3).ok().map_or("", String::as_str), &row[3]);
            assert_eq!(*found.get_string(11).unwrap(), outcome.run_hash, "a typed text is the hash itself");
            assert_eq!(row[11], csv::hash(&outcome.run_hash));
        }
        assert_eq!((&rows[0][2], &rows[2][2], &rows[2][3]), ("", "0.5", "first"), "who has no alpha has none");
        assert_eq!(&rows[2][11], "hash:53972300e6720583");
        assert_eq!(&rows[3][12], "Paused: \"why\", he said.");
        assert_eq!(&rows[1][7], "", "nothing there is nothing, not 0");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left lying about");
    }
}
