//! Tables as text: a row a line, with commas, semicolons, tabs or blanks between the fields.

use super::table::{Collector, FORMS, MdpTableError, WrittenOutcome};
use crate::number;
use csv::StringRecord;
use shared::csv::without_blanks_before_quotes;
use shared::number::may_be_thousands;

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MdpColumn {
    State,
    Action,
    Probability,
    NextState,
    Reward,
    Terminal,
}

/// Every column, in the order of tables without a header; what it is called first, and what else.
const COLUMNS: [(MdpColumn, &[&str]); 6] = [
    (MdpColumn::State, &["state", "s", "from", "from_state", "current_state", "source"]),
    (MdpColumn::Action, &["action", "a"]),
    (MdpColumn::Probability, &["probability", "p", "prob", "transition_probability"]),
    (
        MdpColumn::NextState,
        &["next_state", "next", "nextstate", "s'", "s_prime", "s_next", "to", "to_state", "new_state"],
    ),
    (MdpColumn::Reward, &["reward", "r"]),
    (MdpColumn::Terminal, &["terminal", "terminated", "done", "is_terminal"]),
];

impl MdpColumn {
    /// The column of this name, however it is written.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase().replace([' ', '-'], "_");
        COLUMNS.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(column, _)| *column)
    }

    /// What it is called.
    pub(super) const fn name(self) -> &'static str {
        COLUMNS[self as usize].1[0]
    }
}

/// The columns that there are.
pub(super) fn columns() -> String {
    COLUMNS.map(|(_, names)| names[0]).join(", ")
}

/// Where the columns stand, by [`MdpColumn`].
#[derive(Clone, Copy, Debug)]
struct Places([Option<usize>; COLUMNS.len()]);

impl Places {
    /// Those of a table without a header.
    const IN_ORDER: Self = Self([Some(0), Some(1), Some(2), Some(3), Some(4), Some(5)]);

    /// Those that a header names; none if the record is no header.
    fn of_header(header: &StringRecord) -> Result<Option<Self>, MdpTableError> {
        let fields: Vec<_> = header.iter().enumerate().filter(|(_, name)| !name.is_empty()).collect();
        let columns_of: Vec<_> = fields.iter().map(|(_, name)| MdpColumn::named(name)).collect();
        let needed = [MdpColumn::State, MdpColumn::Action, MdpColumn::NextState];
        let complete = needed.iter().all(|it| columns_of.contains(&Some(*it)));
        let spelled_out = |(_, name): &&(usize, &str)| {
            MdpColumn::named(name).is_some_and(|column| column.name() == name.to_lowercase().replace([' ', '-'], "_"))
        };
        if (!complete || columns_of.contains(&None)) && fields.iter().filter(spelled_out).count() < needed.len() {
            return Ok(None);
        }
        let fault = |fault| MdpTableError::Row { place: "the header".into(), fault };
        let mut places = Self([None; COLUMNS.len()]);
        for ((place, name), column) in fields.into_iter().zip(columns_of) {
            let column =
                column.ok_or_else(|| fault(format!("there is no column {name:?}; there are: {}", columns())))?;
            if places.0[column as usize].replace(place).is_some() {
                return Err(fault(format!("two columns are the {}", column.name())));
            }
        }
        match needed.into_iter().find(|column| places.of(*column).is_none()) {
            Some(column) => Err(fault(format!("there is no column {}", column.name()))),
            None => Ok(Some(places)),
        }
    }

    const fn of(&self, column: MdpColumn) -> Option<usize> {
        self.0[column as usize]
    }
}

/// Reads rows with fields between them.
pub(super) fn read(text: &str, into: &mut Collector) -> Result<(), MdpTableError> {
    let (separator, text) = separator(text);
    let mut rows = DelimitedRows { places: None, count: 0, commas: Commas::default(), into };
    if separator == b' ' {
        let is_row = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with('#');
        for line in text.lines().filter(is_row) {
            rows.take(&line.split_whitespace().collect::<StringRecord>())?;
        }
    } else {
        let text = without_blanks_before_quotes(text, separator);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .delimiter(separator)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| rows.fault(&error.to_string()))? {
            // Spreadsheets save empty rows as separators alone.
            if record.iter().any(|field| !field.is_empty()) {
                rows.take(&record)?;
            }
        }
    }
    let is_empty = rows.count == 0;
    rows.commas.check(separator)?;
    no_row_is_a_comment(text, into, is_empty)
}

/// Refuses lines that begin with the mark of comments and are rows by what the others say: rows lead to the state that
/// such a line begins with, or there are no others.
fn no_row_is_a_comment(text: &str, into: &Collector, is_empty: bool) -> Result<(), MdpTableError> {
    for (index, line) in text.lines().enumerate().filter(|(_, line)| line.starts_with('#')) {
        let marks = [',', ';', '\t'];
        let fields: Vec<&str> = if line.contains(marks) {
            line.split(marks).map(str::trim).collect()
        } else {
            line.split_whitespace().collect()
        };
        let name = fields[0];
        let is_name = name.len() > 1 && !name.contains(char::is_whitespace);
        if is_name && fields.len() > 2 && (into.has_state(name) || is_empty) {
            let reason = if is_empty { "no other line is a row" } else { "rows lead to a state of that name" };
            let fault = format!(
                "a line that begins with # is a comment, and {reason}: with commas between the fields, \"{name}\" in quotes \
                 is a name"
            );
            return Err(MdpTableError::Row { place: format!("line {}", index + 1), fault });
        }
    }
    Ok(())
}

/// What stands between fields, by the first row, and the text without a line that only says so.
fn separator(text: &str) -> (u8, &str) {
    if let Some(after) = text.trim_start().strip_prefix("sep=")
        && let Some((separator, rest)) = after.split_once('\n')
        && let [separator @ (b',' | b';' | b'\t')] = separator.trim_matches('\r').as_bytes()
    {
        return (*separator, rest);
    }
    let is_no_row = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let before: usize = text.split_inclusive('\n').take_while(is_no_row).map(str::len).sum();
    let rows = &text[before..];
    // Outside of quotes, unless all of them are within.
    let outside = |part: &str| {
        let mut is_quoted = false;
        let bare = |byte: &u8| {
            is_quoted ^= *byte == b'"';
            !is_quoted
        };
        let bare: Vec<u8> = part.bytes().filter(bare).collect();
        [b'\t', b';', b','].into_iter().find(|separator| bare.contains(separator))
    };
    let anywhere = |part: &str| [b'\t', b';', b','].into_iter().find(|separator| part.as_bytes().contains(separator));
    let within = |part: &str| outside(part).or_else(|| anywhere(part));
    // A name in quotes may break the line: then the row goes on.
    let mut is_quoted = false;
    let end = rows.find(|letter| {
        is_quoted ^= letter == '"';
        letter == '\n' && !is_quoted
    });
    let first = rows.lines().next().unwrap_or_default();
    let row = &rows[..end.unwrap_or(rows.len())];
    let separator = outside(first).or_else(|| within(row)).filter(|it| *it != b',' || !has_decimal_commas(first));
    (separator.unwrap_or(b' '), text)
}

/// Whether the commas of a row are within the numbers of a row that has blanks between its fields.
fn has_decimal_commas(row: &str) -> bool {
    let fields: Vec<&str> = row.split('#').next().unwrap_or_default().split_whitespace().collect();
    let mut with_commas = fields.iter().filter(|field| field.contains(','));
    [5, 6].contains(&fields.len())
        && with_commas.all(|field| {
            // One at an end is between two fields.
            !field.starts_with(',') && !field.ends_with(',') && number::read(field).is_some()
        })
}

/// What commas in numbers stand for.
#[derive(Debug, Default)]
struct Commas {
    /// The first number in which one may stand before thousands or before decimals: its row, column and text.
    unclear: Option<(usize, MdpColumn, String)>,
    /// Whether one that can only stand before decimals is there,
    decimal: bool,
    /// or a point before decimals.
    point: bool,
}

impl Commas {
    fn see(&mut self, row: usize, column: MdpColumn, number: &str) {
        self.point |= number.contains('.');
        if may_be_thousands(number) {
            self.unclear.get_or_insert_with(|| (row, column, number.to_owned()));
        } else {
            self.decimal |= number.contains(',');
        }
    }

    /// Refuses a number that may be a thousand times as large as it was read.
    fn check(self, separator: u8) -> Result<(), MdpTableError> {
        let is_clear = self.decimal || (separator == b';' && !self.point);
        let Some((row, column, number)) = self.unclear.filter(|_| !is_clear) else { return Ok(()) };
        let [thousands, decimals] = ["", "."].map(|mark| number.replacen(',', mark, 1));
        Err(MdpTableError::Row {
            place: format!("row {row}"),
            fault: format!(
                "the comma of the {} {number} may stand before thousands or before decimals: write {thousands} or {decimals}",
                column.name()
            ),
        })
    }
}

struct DelimitedRows<'a> {
    places: Option<Places>,
    /// Rows so far, the header aside.
    count: usize,
    commas: Commas,
    into: &'a mut Collector,
}

impl DelimitedRows<'_> {
    fn fault(&self, fault: &str) -> MdpTableError {
        MdpTableError::Row { place: format!("row {}", self.count + 1), fault: fault.to_owned() }
    }

    fn take(&mut self, record: &StringRecord) -> Result<(), MdpTableError> {
        let Some(places) = self.places else {
            let header = Places::of_header(record)?;
            self.places = Some(header.unwrap_or(Places::IN_ORDER));
            return if header.is_some() { Ok(()) } else { self.take(record) };
        };
        // Of what is a row, nothing is a comment: names may have its mark in them.
        let without;
        let row = match written(record, places) {
            Ok(row) => row,
            Err(fault) => {
                without = without_comment(record, places);
                let row = without.as_ref().and_then(|it| written(it, places).ok());
                row.ok_or_else(|| self.fault(&fault))?
            }
        };
        self.into.row(row).map_err(|fault| self.fault(&fault))?;
        self.count += 1;
        for column in [MdpColumn::Probability, MdpColumn::Reward] {
            if let Some(number) = places.of(column).and_then(|place| record.get(place)) {
                self.commas.see(self.count, column, number);
            }
        }
        Ok(())
    }
}

/// A row without what stands behind a `#` in a field that is no name.
fn without_comment(record: &StringRecord, places: Places) -> Option<StringRecord> {
    let names = [MdpColumn::State, MdpColumn::Action, MdpColumn::NextState].map(|column| places.of(column));
    let mut fields = record.iter().enumerate();
    let (place, field) = fields.find(|(place, field)| field.contains('#') && !names.contains(&Some(*place)))?;
    let before = field.split('#').next().map(str::trim).filter(|it| !it.is_empty());
    Some(record.iter().take(place).chain(before).collect())
}

fn written(record: &StringRecord, places: Places) -> Result<WrittenOutcome<'_>, String> {
    let count = record.len();
    let needed = places.0.into_iter().take(5).flatten().max().unwrap_or(0) + 1;
    let most = places.0.into_iter().flatten().max().unwrap_or(0) + 1;
    if count < needed || (count > most && record.iter().skip(most).any(|field| !field.is_empty())) {
        let has_break = record.iter().any(|field| field.contains('\n'));
        let hint = if has_break { "One has a line break: is a quote not closed, or one too many?" } else { FORMS };
        return Err(format!("{count} fields instead of {}. {hint}", columns()));
    }
    let field = |column: MdpColumn| places.of(column).and_then(|place| record.get(place));
    let number = |column: MdpColumn, otherwise: f64| {
        let Some(text) = field(column) else { return Ok(otherwise) };
        let name = column.name();
        match number::read(text) {
            Some(number) if number.is_finite() => Ok(number),
            Some(_) => Err(format!("the {name} must be a finite number, not {text}")),
            None => Err(format!(
                "the {name} {text:?} is not a number; a first line with {} names columns in any order",
                columns()
            )),
        }
    };
    let name = |column: MdpColumn| match field(column) {
        None | Some("") => Err(format!("the {} has no name", column.name().replace('_', " "))),
        Some(name) => Ok(name),
    };
    Ok(WrittenOutcome {
        state: name(MdpColumn::State)?,
        action: name(MdpColumn::Action)?,
        probability: number(MdpColumn::Probability, 1.0)?,
        next_state: name(MdpColumn::NextState)?,
        reward: number(MdpColumn::Reward, 0.0)?,
        terminal: flag(field(MdpColumn::Terminal).unwrap_or_default())?,
    })
}

/// Yes or no, as programs write it.
fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "" | "0" | "false" | "no" | "f" | "n" | "0.0" => Ok(false),
        "1" | "true" | "yes" | "t" | "y" | "1.0" => Ok(true),
        other => Err(format!("terminal must be true or false, not {other:?}")),
    }
}
