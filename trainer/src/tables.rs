//! Finished runs as tables: what W&B and Trackio export, as CSV and as a JSON object a line, and Trackio's own database.
//!
//! A column (or key) names the step, another one, where there is one, the run; every other one that holds numbers is a
//! metric. W&B's exports of a chart have the run's name in the head of their columns: `RUN - METRIC`.

mod trackio;

use crate::text_file;
use serde_json::{Map, Value};
use shared::csv::without_blanks_before_quotes;
use shared::json;
use shared::parameter::{Parameters, Value as Setting};
use shared::statistic::Statistic;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Names of the column of steps, the first that is there counts: W&B's own, its charts', Trackio's, and what trainers log.
const STEPS: [&str; 5] = ["_step", "Step", "step", "global_step", "trainer/global_step"];
/// Names of the column of runs.
const RUNS: [&str; 5] = ["run_name", "run", "Run", "run_id", "Name"];
/// Where Trackio keeps the values of a row, as an object or as its text.
const NESTED: &str = "metrics";
/// What says of an object that it is a picture, a histogram or the like.
const KIND: &str = "_type";
/// The largest step that is taken, 2^53: above it numbers of tables are no longer whole.
const MOST_STEPS: f64 = 9_007_199_254_740_992.0;
/// Columns that are neither step nor metric.
const LEFT_OUT: [&str; 6] = ["_timestamp", "_runtime", "timestamp", "id", "log_id", "space_id"];
/// Ends of the columns that W&B adds to a chart's: extremes of what it merged.
const EXTREMES: [&str; 2] = ["__MIN", "__MAX"];
/// What lies between run and metric in the head of a column of a chart.
const OF_RUN: &str = " - ";
/// Letters of an id that tell runs of the same name apart.
const LETTERS_OF_ID: usize = 8;

/// Why a table is not imported.
#[derive(Debug, thiserror::Error)]
pub enum TableImportError {
    /// It cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A row that is none.
    #[error("{path}, line {line}: {reason}. Nothing was published")]
    Row {
        /// The file.
        path: PathBuf,
        /// Where the row begins, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// It has a head at most.
    #[error("{path} has no rows: export the run's history again once it has some")]
    NoRows {
        /// The file.
        path: PathBuf,
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
    /// Two columns of one name.
    #[error(
        "{path} has two columns {column:?}: which one counts is not known. Rename one of them. Nothing was published"
    )]
    Twice {
        /// The file.
        path: PathBuf,
        /// Their name.
        column: String,
    },
    /// A row of a database that is none.
    #[error("{path}, row {number} of its table metrics: {reason}. Nothing was published")]
    DatabaseRow {
        /// The file.
        path: PathBuf,
        /// Which row, from 1.
        number: u64,
        /// What is wrong.
        reason: String,
    },
    /// A database that cannot be read.
    #[error("{path}: {source}. Nothing was published")]
    Database {
        /// The file.
        path: PathBuf,
        /// The library's words.
        source: rusqlite::Error,
    },
    /// Another program's database.
    #[error(
        "{path} is a database without Trackio's table metrics; other programs' runs are imported from CSV or JSON lines"
    )]
    NotTrackio {
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
pub(crate) type ImportedStep = BTreeMap<String, (f64, Statistic)>;

/// The runs of a table, by name: values of their tags by step.
pub(crate) type ImportedRuns = BTreeMap<String, BTreeMap<u64, ImportedStep>>;

/// Whether a file is a table by its name.
pub(crate) fn is_table(path: &Path) -> bool {
    path.is_file() && (has_ending(path, &["csv", "jsonl", "ndjson"]) || trackio::is_one(path))
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|it| endings.iter().any(|ending| it.eq_ignore_ascii_case(ending)))
}

/// What is read of a table.
#[derive(Debug)]
pub(crate) struct ImportedTable {
    pub(crate) runs: ImportedRuns,
    /// How many cells of a column were texts, which no curve can show.
    pub(crate) texts: BTreeMap<String, u64>,
    /// What runs were set to, where that is known.
    pub(crate) settings: BTreeMap<String, Parameters>,
    /// What else was left out, in words.
    pub(crate) notes: Vec<String>,
}

/// The runs of a table by their names; one without a column of runs has the name of its file.
pub(crate) fn read(path: &Path) -> Result<ImportedTable, TableImportError> {
    if trackio::is_one(path) {
        return trackio::read(path);
    }
    let text = text_file::read(path).map_err(|source| TableImportError::File { path: path.to_owned(), source })?;
    let wrong = |line: u64, reason: String| TableImportError::Row { path: path.to_owned(), line, reason };
    let mut rows = ImportedRows::new(path);
    if has_ending(path, &["csv"]) {
        let delimiter = separator(&text);
        // Where semicolons are between cells, commas are in the numbers.
        let with_commas = delimiter == b';';
        let text = without_blanks_before_quotes(&text, delimiter);
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(text.as_bytes());
        let head = reader.headers().map_err(|error| wrong(1, error.to_string()))?;
        // A name of several lines stands in one.
        let in_a_line = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ");
        let head: csv::StringRecord = head.iter().map(in_a_line).collect();
        let mut names = BTreeSet::new();
        if let Some(twice) = head.iter().find(|name| !names.insert(*name)) {
            return Err(TableImportError::Twice { path: path.to_owned(), column: twice.to_owned() });
        }
        for record in reader.records() {
            let record = record.map_err(|error| {
                let line = error.position().map_or(1, csv::Position::line);
                wrong(line, of_csv(&error))
            })?;
            let line = record.position().map_or(1, csv::Position::line);
            let cells = head.iter().zip(&record).map(|(name, cell)| (name.to_owned(), of_cell(cell, with_commas)));
            rows.push(cells.collect()).map_err(|reason| wrong(line, reason))?;
        }
    } else {
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let line = with_words_quoted(line);
            let object = serde_json::from_str(&line).map_err(|error| {
                wrong(number, format!("{}, at column {}", json::words(line.as_bytes(), &error), error.column()))
            })?;
            rows.push(object).map_err(|reason| wrong(number, reason))?;
        }
    }
    rows.finish(path)
}

/// What is wrong with a row, in words.
fn of_csv(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} cells where the head has {expected_len}; a quote may not be closed, or be one too many")
        }
        _ => error.to_string(),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A cell as JSON would have it. Tables leave out, or call NaN, what is no number.
fn of_cell(cell: &str, with_commas: bool) -> Value {
    let number = if with_commas { cell.replace(',', ".").parse() } else { cell.parse::<f64>() };
    let number = number.ok().and_then(serde_json::Number::from_f64);
    number.map_or_else(|| Value::String(cell.to_owned()), Value::Number)
}

/// What may stand between the cells of a table; of equally many in the head the last one counts.
const SEPARATORS: [u8; 3] = [b'\t', b';', b','];

/// What stands between the cells of a table: whichever is most in its head, what stands in quotes aside.
fn separator(text: &str) -> u8 {
    let (mut counts, mut is_quoted) = ([0_usize; SEPARATORS.len()], false);
    for byte in text.bytes() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            _ => {
                let place = SEPARATORS.iter().position(|separator| *separator == byte && !is_quoted);
                if let Some(place) = place {
                    counts[place] += 1;
                }
            }
        }
    }
    let most = (0..SEPARATORS.len()).max_by_key(|place| counts[*place]);
    SEPARATORS[most.unwrap_or_default()]
}

/// A line of JSON in which numbers that are not finite, which Python writes as bare words, are texts.
fn with_words_quoted(line: &str) -> Cow<'_, str> {
    if !line.contains("NaN") && !line.contains("Infinity") {
        return line.into();
    }
    let (mut quoted, mut rest, mut in_text) = (String::with_capacity(line.len() + 16), line, false);
    while let Some(letter) = rest.chars().next() {
        let word = ["NaN", "-Infinity", "Infinity"].into_iter().find(|word| !in_text && rest.starts_with(word));
        let taken = if let Some(word) = word {
            quoted.extend(["\"", word, "\""]);
            word.len()
        } else {
            // A quote after a backslash ends no text.
            let escaped = rest.chars().nth(1).filter(|_| in_text && letter == '\\');
            let taken = letter.len_utf8() + escaped.map_or(0, char::len_utf8);
            in_text ^= letter == '"';
            quoted.push_str(&rest[..taken]);
            taken
        };
        rest = &rest[taken..];
    }
    quoted.into()
}

/// The number of a value; JSON writers give what is not finite as a word. One in digits that no `f64` holds is none.
fn number(value: &Value) -> Result<Option<f64>, String> {
    Ok(match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::String(text) => {
            let text = text.trim();
            let number = text.parse::<f64>().ok();
            match text.to_ascii_lowercase().split_once('e') {
                // In digits; a hash such as 53972300e6720583 is none.
                Some((_, exponent)) if number.is_some_and(f64::is_infinite) => {
                    let exponent = exponent.trim_start_matches('+');
                    return if exponent.len() <= 4 { Err(json::beyond(text)) } else { Ok(None) };
                }
                _ => number,
            }
        }
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    })
}

struct ImportedRows {
    runs: ImportedRuns,
    texts: BTreeMap<String, u64>,
    /// The name of runs that have none.
    name: String,
    steps: bool,
    /// The first id of runs of a name, and what runs are called by their ids: in Trackio several may have the same name.
    first_ids: BTreeMap<String, String>,
    names: BTreeMap<String, String>,
    settings: BTreeMap<String, Parameters>,
    notes: Vec<String>,
    /// Rows with steps that are none, and the first of those.
    odd_steps: (u64, Option<f64>),
    has_rows: bool,
}

impl ImportedRows {
    fn new(path: &Path) -> Self {
        Self {
            runs: ImportedRuns::new(),
            texts: BTreeMap::new(),
            name: stem(path),
            steps: false,
            first_ids: BTreeMap::new(),
            names: BTreeMap::new(),
            settings: BTreeMap::new(),
            notes: Vec::new(),
            odd_steps: (0, None),
            has_rows: false,
        }
    }

    fn finish(self, path: &Path) -> Result<ImportedTable, TableImportError> {
        let Self { runs, texts, settings, mut notes, steps, odd_steps, has_rows, .. } = self;
        if !has_rows {
            return Err(TableImportError::NoRows { path: path.to_owned() });
        }
        if !steps {
            return Err(TableImportError::NoSteps { path: path.to_owned() });
        }
        if let (count, Some(first)) = odd_steps {
            notes.push(format!(
                "{}: rows whose step is no whole number from 0 to {MOST_STEPS} are left out: {count}, the first has step {first}",
                path.display()
            ));
        }
        if runs.is_empty() {
            return Err(TableImportError::NoValues { path: path.to_owned() });
        }
        Ok(ImportedTable { runs, texts, settings, notes })
    }

    /// What a row's run is called, if the row says it.
    fn run_of(&mut self, row: &Map<String, Value>) -> Option<String> {
        let text = |column: &str| row.get(column)?.as_str().filter(|it| !it.is_empty());
        let name = RUNS.iter().find_map(|it| text(it))?;
        let Some(id) = text("run_id").filter(|id| *id != name) else { return Some(name.to_owned()) };
        if let Some(known) = self.names.get(id) {
            return Some(known.clone());
        }
        let first = self.first_ids.entry(name.to_owned()).or_insert_with(|| id.to_owned());
        let short: String = id.chars().take(LETTERS_OF_ID).collect();
        let called = if first.as_str() == id { name.to_owned() } else { format!("{name}-{short}") };
        self.names.insert(id.to_owned(), called.clone());
        Some(called)
    }

    /// Takes in what a run was set to; names that begin with _ are the exporting program's own.
    fn configure(&mut self, row: &Map<String, Value>) {
        let config = row.get("config").and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
        let (Some(run), Some(config)) = (self.run_of(row), config) else { return };
        let config: Map<String, Value> = config;
        let own = config.into_iter().filter(|(name, _)| !name.starts_with('_'));
        self.settings.insert(run, own.filter_map(|(name, value)| Some((name, setting(value)?))).collect());
    }

    fn push(&mut self, mut row: Map<String, Value>) -> Result<(), String> {
        self.has_rows = true;
        let nested = match row.remove(NESTED) {
            Some(Value::Object(nested)) => nested,
            Some(Value::String(text)) if !text.trim().is_empty() => {
                serde_json::from_str(&text).map_err(|error| format!("its {NESTED} are no JSON object: {error}"))?
            }
            _ => Map::new(),
        };
        row.extend(nested);
        let Some((column, step)) = STEPS.iter().find_map(|it| Some((*it, row.get(*it)?))) else { return Ok(()) };
        let step = number(step)
            .map_err(|words| format!("its {column}: {words}"))?
            .filter(|it| it.is_finite())
            .ok_or_else(|| format!("its {column} is {step}, no number"))?;
        self.steps = true;
        if step.fract() != 0.0 || !(0.0..=MOST_STEPS).contains(&step) {
            self.odd_steps.0 += 1;
            self.odd_steps.1.get_or_insert(step);
            return Ok(());
        }
        let step = step as u64;
        let named = self.run_of(&row);
        // Without a name is the number of the row, which pandas writes first.
        let other =
            |name: &str| !name.is_empty() && name != column && !RUNS.contains(&name) && !LEFT_OUT.contains(&name);
        for (name, value) in row.iter().filter(|(name, _)| other(name)) {
            self.take(named.as_deref(), step, name, value)?;
        }
        Ok(())
    }

    fn take(&mut self, run: Option<&str>, step: u64, name: &str, value: &Value) -> Result<(), String> {
        if let Value::Object(inner) = value {
            if inner.contains_key(KIND) {
                match histogram(inner) {
                    Some(statistic) => self.put(run, step, name, statistic.mean, &statistic),
                    None => *self.texts.entry(name.to_owned()).or_default() += 1,
                }
                return Ok(());
            }
            return inner.iter().try_for_each(|(inner, value)| self.take(run, step, &format!("{name}.{inner}"), value));
        }
        if EXTREMES.iter().any(|it| name.ends_with(it)) {
            return Ok(());
        }
        let Some(value) = number(value).map_err(|words| format!("its {name}: {words}"))? else {
            if value.as_str().is_some_and(|text| !text.trim().is_empty()) {
                *self.texts.entry(name.to_owned()).or_default() += 1;
            }
            return Ok(());
        };
        self.put(run, step, name, value, &Statistic::of(value));
        Ok(())
    }

    fn put(&mut self, run: Option<&str>, step: u64, name: &str, newest: f64, statistic: &Statistic) {
        let of_chart = if run.is_none() { name.split_once(OF_RUN) } else { None };
        let (run, metric) = of_chart.unwrap_or((run.unwrap_or(&self.name), name));
        let steps = self.runs.entry(run.to_owned()).or_default().entry(step).or_default();
        let entry = steps.entry(metric.to_owned()).or_insert((newest, Statistic::default()));
        entry.0 = newest;
        entry.1.merge(statistic);
    }
}

/// A histogram as programs export it: edges of bins, and how many values lie in each, which count at its middle.
fn histogram(object: &Map<String, Value>) -> Option<Statistic> {
    let numbers =
        |name: &str| -> Option<Vec<f64>> { object.get(name)?.as_array()?.iter().map(Value::as_f64).collect() };
    let (edges, counts) = (numbers("bins")?, numbers("values")?);
    let mut all = Statistic::default();
    for (edge, count) in edges.windows(2).zip(&counts).filter(|(_, count)| **count >= 1.0) {
        all.merge(&Statistic::of_equal(f64::midpoint(edge[0], edge[1]), *count as u64));
    }
    (edges.len() == counts.len() + 1 && all.count > 0).then_some(all)
}

/// A value as a spec holds it.
fn setting(value: Value) -> Option<Setting> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => Setting::Flag(flag),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Setting::Integer(number),
            None => Setting::Number(number.as_f64()?),
        },
        Value::String(text) => Setting::Text(text),
        other => Setting::Text(other.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, content: &str) -> Result<ImportedRuns, TableImportError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        read(&path).map(|it| it.runs)
    }

    #[test]
    fn texts_among_the_values_are_told() {
        let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        std::fs::write(file.path(), "step,loss,note\n1,0.5,warm\n2,many,\n3,0.25,cold\n").unwrap();
        let table = read(file.path()).unwrap();
        assert_eq!(table.texts.into_iter().collect::<Vec<_>>(), [("loss".to_owned(), 1), ("note".to_owned(), 2)]);
    }

    #[test]
    fn rows_whose_step_is_none_are_left_out_and_counted() {
        let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        std::fs::write(file.path(), "step,loss\n-5,1\n1,2\n1.5,3\n18446744073709551616,4\n2.0,5\n").unwrap();
        let table = read(file.path()).unwrap();
        let run = table.runs.values().next().unwrap();
        assert_eq!(run.keys().copied().collect::<Vec<_>>(), [1, 2]);
        let words =
            "rows whose step is no whole number from 0 to 9007199254740992 are left out: 3, the first has step -5";
        assert!(table.notes.len() == 1 && table.notes[0].ends_with(words), "{:?}", table.notes);
    }

    fn values(table: &ImportedRuns, run: &str, tag: &str) -> Vec<(u64, f64)> {
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
    fn the_number_of_a_row_is_no_metric() {
        let table = table("history.csv", ",_step,loss\n0,0,0.5\n1,10,0.25\n").unwrap();
        assert_eq!(values(&table, "history", "loss"), [(0, 0.5), (10, 0.25)]);
        assert!(table["history"].values().all(|it| it.len() == 1));
    }

    #[test]
    fn tables_are_read_as_programs_and_spreadsheets_write_them() {
        for (name, content) in [
            ("a.csv", "\u{feff}step;loss\n1;0,5\n2;NaN\n"),
            ("a.csv", "step\tloss\n1\t0.5\n2\tnan\n"),
            ("a.csv", "step, \"loss\"\n1, \"0.5\"\n2, NaN\n"),
            (
                "a.jsonl",
                "\u{feff}{\"step\": 1, \"loss\": 0.5}\n{\"step\": 2, \"loss\": NaN, \"ä \\\" NaN\": -Infinity}\n",
            ),
        ] {
            let table = table(name, content).unwrap_or_else(|error| panic!("{content}: {error}"));
            let losses = values(&table, "a", "loss");
            assert!(losses[0] == (1, 0.5) && losses[1].0 == 2 && losses[1].1.is_nan(), "{content}: {losses:?}");
            assert!(table["a"][&2].values().all(|(value, _)| !value.is_finite()));
        }
        let said = table("a.csv", "step,loss,loss\n1,2,3\n").unwrap_err().to_string();
        assert!(said.contains("two columns \"loss\""), "{said}");
    }

    #[test]
    fn cells_may_have_several_lines_wherever_their_quotes_stand() {
        for content in [
            "step,note,loss\n1,\"two\nlines; \"\"so\"\"\",0.5\n2,,0.25\n",
            "step, note, loss\r\n1, \"two\r\nlines\", 0.5\r\n2, \"\", 0.25\r\n",
            "step;\"a note,\nof, several, lines\";loss\n1;\"two\nlines\";0,5\n2;;0,25\n",
        ] {
            let table = table("a.csv", content).unwrap_or_else(|error| panic!("{content}: {error}"));
            assert_eq!(values(&table, "a", "loss"), [(1, 0.5), (2, 0.25)], "{content}");
        }
        let named = table("a.csv", "step,\"loss\nof all\"\n1,2\n").unwrap();
        assert_eq!(values(&named, "a", "loss of all"), [(1, 2.0)]);
        // The line is that of the file, whatever came before.
        let said = table("a.csv", "step,note,loss\n1,\"two\nlines\",0.5\nx,,0.25\n").unwrap_err().to_string();
        assert!(said.contains("a.csv, line 4: its step is \"x\""), "{said}");
        let said = table("a.csv", "step,note,loss\n1,\"two,0.5\n2,,0.25\n").unwrap_err().to_string();
        assert!(said.contains("a.csv, line 2: 2 cells where the head has 3; a quote may not be closed"), "{said}");
    }

    #[test]
    fn a_number_beyond_all_others_is_named_with_its_place() {
        let beyond =
            |number: &str| format!("the number {number} is beyond 1.8e308, the largest that can be computed with");
        for (name, content, words) in [
            ("a.csv", "step,loss\n1,0.5\n2,1e400\n", format!("line 3: its loss: {}", beyond("1e400"))),
            ("a.csv", "step,loss\n-1e999,0.5\n", format!("line 2: its step: {}", beyond("-1e999"))),
            (
                "a.jsonl",
                "{\"step\": 1}\n\n{\"step\": 2, \"loss\": 1e400}\n",
                format!("line 3: {}, at column", beyond("1e400")),
            ),
            ("a.csv", "step;loss\n1;\"1E+400\"\n", format!("line 2: its loss: {}", beyond("1E+400"))),
            ("a.jsonl", "{\"step\": 1, \"a\": {\"b\": \"1e400\"}}", format!("line 1: its a.b: {}", beyond("1e400"))),
        ] {
            let said = table(name, content).unwrap_err().to_string();
            assert!(said.contains(&words) && said.ends_with("Nothing was published"), "{said}");
        }
        let hashes = table("a.csv", "step,hash,loss\n1,53972300e6720583,-inf\n").unwrap();
        assert_eq!(values(&hashes, "a", "loss"), [(1, f64::NEG_INFINITY)]);
        assert_eq!(values(&hashes, "a", "hash"), []);
    }

    #[test]
    fn tables_that_are_none_are_named_with_the_way_out() {
        let said = table("x.csv", "time,loss\n1,2\n").unwrap_err().to_string();
        assert!(said.contains("has no column of steps; it is called one of _step, Step"), "{said}");
        for (name, content) in [("x.csv", "step,loss\n"), ("x.csv", ""), ("x.jsonl", "\n")] {
            let said = table(name, content).unwrap_err().to_string();
            assert!(said.contains("has no rows"), "{said}");
        }
        let said = table("x.csv", "step,loss\nfirst,2\n").unwrap_err().to_string();
        assert!(said.contains("x.csv, line 2: its step is \"first\", no number"), "{said}");
        let said = table("x.jsonl", "{\"step\": 1}\n{\"step\": ").unwrap_err().to_string();
        assert!(said.contains("x.jsonl, line 2:"), "{said}");
        let said = table("x.csv", "step,loss\n1,\n").unwrap_err().to_string();
        assert!(said.contains("no column of numbers"), "{said}");
    }
}
