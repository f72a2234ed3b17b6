//! Every run as a row, in the order of the plan: as CSV and as Parquet.

use crate::Error;
use crate::sweep::SweepError;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use run::experiment::{Cell, Outcome};
use shared::parameter::Parameters;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

/// A run and what came of it.
type Row<'a> = (&'a Cell, &'a Outcome);

/// A column: how its cells are read. Text is never missing; numbers may be.
enum Column {
    Text(fn(Row<'_>) -> String),
    Whole(fn(Row<'_>) -> u64),
    Number(fn(Row<'_>) -> Option<f64>),
}

const COLUMNS: [(&str, Column); 13] = [
    ("environment", Column::Text(|(cell, _)| cell.spec.environment.id.clone())),
    ("environment_parameters", Column::Text(|(cell, _)| words(&cell.spec.environment.parameters))),
    ("agent", Column::Text(|(cell, _)| cell.spec.agent.id.clone())),
    ("agent_parameters", Column::Text(|(cell, _)| words(&cell.spec.agent.parameters))),
    ("seed", Column::Whole(|(cell, _)| cell.spec.seed.get())),
    ("episodes", Column::Whole(|(_, outcome)| outcome.episodes)),
    ("steps", Column::Whole(|(_, outcome)| outcome.steps)),
    ("final_return", Column::Number(|(_, outcome)| outcome.final_return)),
    ("mean_return", Column::Number(|(_, outcome)| outcome.mean_return)),
    ("regret", Column::Number(|(_, outcome)| outcome.regret)),
    ("optimal_states", Column::Number(|(_, outcome)| outcome.optimal_states)),
    ("run_hash", Column::Text(|(_, outcome)| outcome.run_hash.clone())),
    ("fault", Column::Text(|(_, outcome)| outcome.fault.clone().unwrap_or_default())),
];

/// Parameters as one word each, `name=value`; empty where all have their defaults.
pub(super) fn words(parameters: &Parameters) -> String {
    parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
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
pub(super) fn write_csv(path: &Path, cells: &[Cell], outcomes: &[Outcome]) -> Result<(), Error> {
    let names = COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let record = |row| {
        let text = |(_, column): &(&str, Column)| match column {
            Column::Text(read) => read(row),
            Column::Whole(read) => read(row).to_string(),
            Column::Number(read) => read(row).map_or_else(String::new, |number| number.to_string()),
        };
        COLUMNS.iter().map(text).collect()
    };
    write_records(path, std::iter::once(names).chain(cells.iter().zip(outcomes).map(record)))
}

/// Writes records as CSV, the first of them the names of the columns.
pub(super) fn write_records(path: &Path, records: impl Iterator<Item = Vec<String>>) -> Result<(), Error> {
    write(path, |file| {
        let fault = |error| SweepError::Csv { path: path.to_owned(), error };
        let mut table = csv::Writer::from_writer(file);
        for record in records {
            table.write_record(record).map_err(fault)?;
        }
        table.flush().map_err(|error| fault(error.into()))
    })
}

/// Writes the rows as Parquet; what is missing is null.
pub(super) fn write_parquet(path: &Path, cells: &[Cell], outcomes: &[Outcome]) -> Result<(), Error> {
    write(path, |file| {
        parquet(file, cells, outcomes).map_err(|error| SweepError::Parquet { path: path.to_owned(), error })
    })
}

fn parquet(file: &mut File, cells: &[Cell], outcomes: &[Outcome]) -> Result<(), ParquetError> {
    let fields = COLUMNS.iter().map(|(name, column)| match column {
        Column::Text(_) => format!("REQUIRED BYTE_ARRAY {name} (UTF8);"),
        Column::Whole(_) => format!("REQUIRED INT64 {name};"),
        Column::Number(_) => format!("OPTIONAL DOUBLE {name};"),
    });
    let schema = parse_message_type(&format!("message sweep {{ {} }}", fields.collect::<String>()))?;
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), properties)?;
    let mut group = writer.next_row_group()?;
    let rows = || cells.iter().zip(outcomes);
    for (_, column) in &COLUMNS {
        let Some(into) = group.next_column()? else { break };
        match column {
            Column::Text(read) => {
                let texts: Vec<_> = rows().map(|row| ByteArray::from(read(row).into_bytes())).collect();
                column_of::<ByteArrayType>(into, &texts, None)?;
            }
            Column::Whole(read) => {
                let numbers: Vec<_> = rows().map(|row| read(row) as i64).collect();
                column_of::<Int64Type>(into, &numbers, None)?;
            }
            Column::Number(read) => {
                let there: Vec<_> = rows().map(|row| i16::from(read(row).is_some())).collect();
                let numbers: Vec<_> = rows().filter_map(read).collect();
                column_of::<DoubleType>(into, &numbers, Some(&there))?;
            }
        }
    }
    group.close()?;
    writer.close().map(drop)
}

fn column_of<T: DataType>(
    mut into: SerializedColumnWriter<'_>,
    values: &[T::T],
    there: Option<&[i16]>,
) -> Result<(), ParquetError> {
    into.typed::<T>().write_batch(values, there, None)?;
    into.close()
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::RowAccessor as _;
    use run::experiment::{Experiment, Plan};

    fn ran() -> (Plan, Vec<Outcome>) {
        let spec = "seeds = 2\nbudget = { steps = 40 }\n[[environments]]\nid = 'gridworld'\n\
                    [[agents]]\nid = 'random'\n[[agents]]\nid = 'q-learning'\nset.alpha = 0.5\nset.ties = 'first'\n";
        let plan = toml::from_str::<Experiment>(spec).unwrap().plan().unwrap();
        let mut outcomes: Vec<_> = plan.cells.iter().map(|cell| cell.run().unwrap()).collect();
        outcomes[1].final_return = None;
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
        let mut table = csv::Reader::from_path(&as_csv).unwrap();
        let reader = SerializedFileReader::new(File::open(&as_parquet).unwrap()).unwrap();
        let names: Vec<_> = table.headers().unwrap().iter().map(str::to_owned).collect();
        let fields = reader.metadata().file_metadata().schema_descr().columns().iter();
        assert_eq!(names, fields.map(|field| field.name().to_owned()).collect::<Vec<_>>());
        let rows: Vec<_> = table.records().map(Result::unwrap).collect();
        assert_eq!((rows.len(), reader.get_row_iter(None).unwrap().count()), (4, 4));
        for ((row, found), outcome) in rows.iter().zip(reader.get_row_iter(None).unwrap()).zip(&outcomes) {
            let found = found.unwrap();
            for text in [0, 1, 2, 3, 11, 12] {
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
        }
        assert_eq!(&rows[2][3], "alpha=0.5 ties=first");
        assert_eq!(&rows[3][12], "Paused: \"why\", he said.");
        assert_eq!(&rows[1][7], "", "nothing there is nothing, not 0");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left lying about");
    }
}
