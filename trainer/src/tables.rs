//! Finished runs as tables: what W&B and Trackio export, as CSV and as a JSON object a line.
//!
//! A column (or key) names the step, another one, where there is one, the run; every other one that holds numbers is a
//! metric. W&B's exports of a chart have the run's name in the head of their columns: `RUN - METRIC`.

use serde_json::{Map, Value};
use shared::statistic::Statistic;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Names of the column of steps, the first that is there counts: W&B's own, its charts', Trackio's, and what trainers log.
const STEPS: [&str; 5] = ["_step", "Step", "step", "global_step", "trainer/global_step"];
/// Names of the column of runs.
const RUNS: [&str; 5] = ["run_name", "run", "Run", "run_id", "Name"];
/// Where Trackio keeps the values of a row, as an object or as its text.
const NESTED: &str = "metrics";
/// Columns that are neither step nor metric.
const LEFT_OUT: [&str; 6] = ["_timestamp", "_runtime", "timestamp", "id", "log_id", "space_id"];
/// Ends of the columns that W&B adds to a chart's: extremes of what it merged.
const EXTREMES: [&str; 2] = ["__MIN", "__MAX"];
/// What lies between run and metric in the head of a column of a chart.
const OF_RUN: &str = " - ";

/// Why a table is not imported.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A row that is none.
    #[error("{path}, row {row}: {reason}. Nothing was published")]
    Row {
        /// The file.
        path: PathBuf,
        /// The row, from 1, without the head.
        row: usize,
        /// What is wrong.
        reason: String,
    },
    /// No step anywhere.
    #[error(
        "{path} has no column of steps; it is called one of {}. Rename the column, or export the run's history",
        STEPS.join(", ")
    )]
    NoSteps {
        /// The file.
        path: PathBuf,
    },
    /// No number anywhere.
    #[error("{path} has no column of numbers beside the steps")]
    NoValues {
        /// The file.
        path: PathBuf,
    },
}

/// Newest value and statistic of tags at a step.
pub(crate) type AtStep = BTreeMap<String, (f64, Statistic)>;

/// The runs of a table, by name: values of their tags by step.
pub(crate) type Table = BTreeMap<String, BTreeMap<u64, AtStep>>;

/// Whether a file is a table by its name.
pub(crate) fn is_table(path: &Path) -> bool {
    path.is_file() && (has_ending(path, &["csv"]) || has_ending(path, &["jsonl", "ndjson"]))
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|it| endings.iter().any(|ending| it.eq_ignore_ascii_case(ending)))
}

/// The runs of a table by their names; one without a column of runs has the name of its file.
pub(crate) fn read(path: &Path) -> Result<Table, TableError> {
    let file = std::fs::File::open(path).map_err(|source| TableError::File { path: path.to_owned(), source })?;
    let wrong = |row: usize, reason: String| TableError::Row { path: path.to_owned(), row: row + 1, reason };
    let mut rows = Rows { runs: Table::new(), name: stem(path), steps: false };
    if has_ending(path, &["csv"]) {
        let mut reader = csv::ReaderBuilder::new().from_reader(file);
        for (index, record) in reader.deserialize::<BTreeMap<String, String>>().enumerate() {
            let record = record.map_err(|error| wrong(index, error.to_string()))?;
            let cells = record.into_iter().map(|(name, cell)| (name, of_cell(cell)));
            rows.push(cells.collect()).map_err(|reason| wrong(index, reason))?;
        }
    } else {
        let lines = std::io::BufRead::lines(std::io::BufReader::new(file));
        for (index, line) in lines.enumerate() {
            let line = line.map_err(|source| TableError::File { path: path.to_owned(), source })?;
            if line.trim().is_empty() {
                continue;
            }
            let object = serde_json::from_str(&line).map_err(|error| wrong(index, error.to_string()))?;
            rows.push(object).map_err(|reason| wrong(index, reason))?;
        }
    }
    if !rows.steps {
        return Err(TableError::NoSteps { path: path.to_owned() });
    }
    if rows.runs.is_empty() {
        return Err(TableError::NoValues { path: path.to_owned() });
    }
    Ok(rows.runs)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A cell as JSON would have it. Tables leave out, or call NaN, what is no number.
fn of_cell(cell: String) -> Value {
    match cell.trim().parse::<f64>() {
        Ok(number) => serde_json::Number::from_f64(number).map_or_else(|| Value::String(cell), Value::Number),
        Err(_) => Value::String(cell),
    }
}

/// The number of a value; JSON writers give what is not finite as a word.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

struct Rows {
    runs: Table,
    /// The name of runs that have none.
    name: String,
    steps: bool,
}

impl Rows {
    fn push(&mut self, mut row: Map<String, Value>) -> Result<(), String> {
        let nested = match row.remove(NESTED) {
            Some(Value::Object(nested)) => nested,
            Some(Value::String(text)) if !text.trim().is_empty() => {
                serde_json::from_str(&text).map_err(|error| format!("its {NESTED} are no JSON object: {error}"))?
            }
            _ => Map::new(),
        };
        row.extend(nested);
        let Some((column, step)) = STEPS.iter().find_map(|it| Some((*it, row.get(*it)?))) else { return Ok(()) };
        let step =
            number(step).filter(|it| it.is_finite()).ok_or_else(|| format!("its {column} is {step}, no number"))?;
        self.steps = true;
        let step = step.max(0.0).round() as u64;
        let named =
            RUNS.iter().find_map(|it| row.get(*it)?.as_str().filter(|it| !it.is_empty()).map(ToOwned::to_owned));
        let other = |name: &str| name != column && !RUNS.contains(&name) && !LEFT_OUT.contains(&name);
        for (name, value) in row.iter().filter(|(name, _)| other(name)) {
            self.take(named.as_deref(), step, name, value);
        }
        Ok(())
    }

    fn take(&mut self, run: Option<&str>, step: u64, name: &str, value: &Value) {
        if let Value::Object(inner) = value {
            for (inner, value) in inner {
                self.take(run, step, &format!("{name}.{inner}"), value);
            }
            return;
        }
        let Some(value) = number(value).filter(|_| !EXTREMES.iter().any(|it| name.ends_with(it))) else { return };
        let of_chart = if run.is_none() { name.split_once(OF_RUN) } else { None };
        let (run, metric) = of_chart.unwrap_or((run.unwrap_or(&self.name), name));
        let steps = self.runs.entry(run.to_owned()).or_default().entry(step).or_default();
        let entry = steps.entry(metric.to_owned()).or_insert((value, Statistic::default()));
        entry.0 = value;
        entry.1.merge(&Statistic::of(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, content: &str) -> Result<Table, TableError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        read(&path)
    }

    fn values(table: &Table, run: &str, tag: &str) -> Vec<(u64, f64)> {
        table[run].iter().filter_map(|(step, at)| Some((*step, at.get(tag)?.0))).collect()
    }

    #[test]
    fn the_history_of_a_run_is_read_with_its_gaps() {
        let history =
            "_step,_runtime,_timestamp,loss,note\n0,1.5,1700000000,0.5,first\n10,2.5,1700000001,,\n20,3,3,NaN,\n";
        let table = table("ppo.csv", history).unwrap();
        let losses = values(&table, "ppo", "loss");
        assert_eq!(losses[0], (0, 0.5));
        assert!(losses.len() == 2 && losses[1].0 == 20 && losses[1].1.is_nan());
        assert_eq!(table["ppo"].values().flat_map(BTreeMap::keys).filter(|it| *it != "loss").count(), 0);
    }

    #[test]
    fn charts_name_the_run_in_the_head_of_a_column() {
        let chart =
            "\"Step\",\"a-1 - train/loss\",\"a-1 - train/loss__MIN\",\"b - train/loss\"\n1,0.5,0.1,\n2,,,0.25\n";
        let table = table("chart.csv", chart).unwrap();
        assert_eq!(values(&table, "a-1", "train/loss"), [(1, 0.5)]);
        assert_eq!(values(&table, "b", "train/loss"), [(2, 0.25)]);
        assert_eq!(table["a-1"][&1].len(), 1);
    }

    #[test]
    fn lines_of_json_are_read_nested_or_not() {
        let lines = r#"{"_step": 3, "loss": 1, "ok": true, "grad": {"norm": 2.5}, "text": "x"}
{"step": 4, "run_name": "second", "timestamp": "2026", "metrics": {"loss": "Infinity"}}
{"step": 5, "run_name": "second", "metrics": "{\"loss\": 0.5}"}
"#;
        let table = table("log.jsonl", lines).unwrap();
        assert_eq!(values(&table, "log", "grad.norm"), [(3, 2.5)]);
        assert_eq!(values(&table, "log", "ok"), [(3, 1.0)]);
        assert_eq!(values(&table, "second", "loss"), [(4, f64::INFINITY), (5, 0.5)]);
    }

    #[test]
    fn tables_that_are_none_are_named_with_the_way_out() {
        let said = table("x.csv", "time,loss\n1,2\n").unwrap_err().to_string();
        assert!(said.contains("has no column of steps; it is called one of _step, Step"), "{said}");
        let said = table("x.csv", "step,loss\nfirst,2\n").unwrap_err().to_string();
        assert!(said.contains("row 1: its step is \"first\", no number"), "{said}");
        let said = table("x.jsonl", "{\"step\": 1}\n{\"step\": ").unwrap_err().to_string();
        assert!(said.contains("row 2:"), "{said}");
        let said = table("x.csv", "step,loss\n1,\n").unwrap_err().to_string();
        assert!(said.contains("no column of numbers"), "{said}");
    }
}
