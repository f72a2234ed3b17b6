//! Reads the table of an MDP from CSV or JSON.

use crate::json::{self, Fault, Json};
use shared::decimal;
use std::collections::BTreeMap;

/// Most states of a table.
const MOST_STATES: usize = 1000;

/// Columns of CSV, in order; the last may be missing.
const COLUMNS: [&str; 6] = ["state", "action", "probability", "next_state", "reward", "terminal"];

/// A fault of a table, with its place.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum TableError {
    #[error("the table has no rows")]
    Empty,
    #[error("row {row}: {fault}")]
    Row { row: usize, fault: String },
    #[error("this is not a JSON list of rows: {0}")]
    Json(String),
    #[error("the probabilities of action {action:?} in state {state:?} sum to {sum}, not to 1")]
    Sum { state: String, action: String, sum: f64 },
    #[error("state {state:?} has no actions, but row {row} enters it and is not terminal")]
    DeadEnd { state: String, row: usize },
    #[error("{count} {what}; there can be at most {most}")]
    TooMany { what: &'static str, count: usize, most: usize },
}

/// One outcome of an action, as written.
#[derive(Clone, Debug)]
struct Written {
    state: String,
    action: String,
    probability: f64,
    next_state: String,
    reward: f64,
    terminal: bool,
}

/// One outcome of an action, with numbers for names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) probability: f64,
    pub(super) next: usize,
    pub(super) reward: f64,
    pub(super) terminal: bool,
}

/// A checked table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    /// Names of the states, by index.
    pub(super) states: Vec<String>,
    /// Names of the actions, by index.
    pub(super) actions: Vec<String>,
    rows: BTreeMap<(usize, usize), Vec<Row>>,
}

impl Table {
    /// Reads and checks a table; a text that begins with `[` is JSON.
    pub(super) fn read(text: &str) -> Result<Self, TableError> {
        let written = if text.trim_start().starts_with('[') { read_json(text)? } else { read_csv(text)? };
        if written.is_empty() {
            return Err(TableError::Empty);
        }
        let mut table = Self::default();
        for (index, it) in written.iter().enumerate() {
            let fault = |fault: String| TableError::Row { row: index + 1, fault };
            let (probability, reward) = (it.probability, it.reward);
            if !(0.0..=1.0).contains(&probability) {
                return Err(fault(format!("the probability must be from 0 to 1, not {probability}")));
            }
            if !reward.is_finite() {
                return Err(fault(format!("the reward must be a finite number, not {reward}")));
            }
            let state = number(&mut table.states, &it.state);
            let action = number(&mut table.actions, &it.action);
            let next = number(&mut table.states, &it.next_state);
            let row = Row { probability, next, reward, terminal: it.terminal };
            table.rows.entry((state, action)).or_default().push(row);
            for (what, count, most) in
                [("states", table.states.len(), MOST_STATES), ("actions", table.actions.len(), 64)]
            {
                if count > most {
                    return Err(TableError::TooMany { what, count, most });
                }
            }
        }
        table.check(&written)?;
        Ok(table)
    }

    fn check(&self, written: &[Written]) -> Result<(), TableError> {
        for ((state, action), rows) in &self.rows {
            let sum: f64 = rows.iter().map(|row| row.probability).sum();
            if (sum - 1.0).abs() > 1e-9 {
                let (state, action) = (self.states[*state].clone(), self.actions[*action].clone());
                return Err(TableError::Sum { state, action, sum });
            }
        }
        let dead = |it: &Written| !it.terminal && written.iter().all(|other| other.state != it.next_state);
        match written.iter().position(dead) {
            Some(index) => Err(TableError::DeadEnd { state: written[index].next_state.clone(), row: index + 1 }),
            None => Ok(()),
        }
    }

    /// The outcomes of an action in a state; none if it is not legal there.
    pub(super) fn outcomes_of(&self, state: usize, action: usize) -> impl Iterator<Item = Row> {
        self.rows.get(&(state, action)).into_iter().flatten().copied()
    }
}

/// The number of a name; a new name gets the next one.
fn number(names: &mut Vec<String>, name: &String) -> usize {
    names.iter().position(|it| it == name).unwrap_or_else(|| {
        names.push(name.clone());
        names.len() - 1
    })
}

fn read_json(text: &str) -> Result<Vec<Written>, TableError> {
    json::read(text, |rows| rows.list()?.iter().map(read_row).collect()).map_err(TableError::Json)
}

fn read_row<'a>(row: &Json<'a>) -> Result<Written, Fault<'a>> {
    let [state, action, probability, next_state, reward, terminal] = row.fields(COLUMNS)?;
    Ok(Written {
        state: row.needed(state, "state")?.name()?,
        action: row.needed(action, "action")?.name()?,
        probability: row.needed(probability, "probability")?.number()?,
        next_state: row.needed(next_state, "next_state")?.name()?,
        reward: reward.map_or(Ok(0.0), Json::number)?,
        terminal: terminal.map_or(Ok(false), Json::flag)?,
    })
}

fn read_csv(text: &str) -> Result<Vec<Written>, TableError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut written = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| TableError::Row { row: index + 1, fault: error.to_string() })?;
        let is_header = index == 0 && record.get(2).is_some_and(|it| it.eq_ignore_ascii_case(COLUMNS[2]));
        if !is_header {
            let row = written.len() + 1;
            written.push(read_record(&record).map_err(|fault| TableError::Row { row, fault })?);
        }
    }
    Ok(written)
}

fn read_record(record: &csv::StringRecord) -> Result<Written, String> {
    if !(5..=6).contains(&record.len()) {
        return Err(format!("{} fields instead of {}", record.len(), COLUMNS.join(", ")));
    }
    let field = |column: usize| record.get(column).unwrap_or_default();
    let name = |column: usize| match field(column) {
        "" => Err(format!("the {} has no name", COLUMNS[column].replace('_', " "))),
        name => Ok(name.to_owned()),
    };
    let number = |column: usize| {
        fraction(field(column)).ok_or_else(|| format!("the {} {:?} is not a number", COLUMNS[column], field(column)))
    };
    let terminal = match field(5).to_ascii_lowercase().as_str() {
        "" | "0" | "false" | "no" => false,
        "1" | "true" | "yes" => true,
        other => return Err(format!("terminal must be true or false, not {other:?}")),
    };
    Ok(Written {
        state: name(0)?,
        action: name(1)?,
        probability: number(2)?,
        next_state: name(3)?,
        reward: number(4)?,
        terminal,
    })
}

/// A number, or a fraction of two.
fn fraction(text: &str) -> Option<f64> {
    match text.split_once('/') {
        Some((above, below)) => Some(decimal::number(above.trim())? / decimal::number(below.trim())?),
        None => decimal::number(text),
    }
}
