//! Comma-separated values (RFC 4180): the tables that the page writes, and those that the relay and the trainer write as it does.
//!
//! What only a native program writes goes through the crate `csv`, which the tests here read these tables with. The page's
//! program has no room for its writer.

use crate::episode::EpisodeBin;
use crate::event::LogEvent;
use std::borrow::Cow;
use std::fmt::{Display, Write as _};

/// The columns of a table of episodes. A row is one episode; where the log tells only a bin of several, `count` says how many
/// from `episode` on, and `return` and `length` are their means.
const EPISODES_HEAD: [&str; 5] = ["episode", "count", "return", "length", "outcome"];

/// A table on its way into text, cell by cell.
#[derive(Clone, Debug, Default)]
pub struct CsvTable {
    text: String,
    is_within_row: bool,
}

impl CsvTable {
    /// A table of these columns.
    pub fn new(columns: &[&str]) -> Self {
        let mut table = Self::default();
        for column in columns {
            table.cell(column);
        }
        table.end_row();
        table
    }

    /// Adds a cell to the row, in quotes where its text needs them.
    pub fn cell(&mut self, value: &dyn Display) -> &mut Self {
        if self.is_within_row {
            self.text.push(',');
        }
        self.is_within_row = true;
        let begin = self.text.len();
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{value}");
        if self.text[begin..].contains([',', '"', '\n', '\r']) {
            let cell = self.text.split_off(begin).replace('"', "\"\"");
            self.text.extend(["\"", &cell, "\""]);
        }
        self
    }

    /// The next cell begins another row.
    pub fn end_row(&mut self) {
        self.text.push('\n');
        self.is_within_row = false;
    }

    /// The text since the last call.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

/// A run's hash as every table writes it. Its sixteen hexadecimal digits alone would be read as a number wherever they
/// look like one (53972300e6720583), and lose their last digits.
pub fn hash(run_hash: &str) -> String {
    if run_hash.is_empty() { String::new() } else { format!("hash:{run_hash}") }
}

/// What a file of such a table is called, after what it is of. A table with a row for several episodes says so.
pub fn episodes_file_name(name: &str, has_bins: bool) -> String {
    format!("{name}-episodes{}.csv", if has_bins { "-in-bins" } else { "" })
}

/// The text without blanks between a separator and a quoted field: for CSV's rules the quotes would be part of the name.
pub fn without_blanks_before_quotes(text: &str, separator: u8) -> Cow<'_, str> {
    if !text.contains(" \"") {
        return Cow::Borrowed(text);
    }
    let (mut kept, mut is_quoted, mut begins) = (String::with_capacity(text.len()), false, true);
    for letter in text.chars() {
        if letter == '"' && (begins || is_quoted) {
            is_quoted = !is_quoted;
            if begins {
                kept.truncate(kept.trim_end_matches(' ').len());
            }
            begins = false;
        } else if !is_quoted {
            begins = letter == '\n' || letter == char::from(separator) || (begins && letter == ' ');
        }
        kept.push(letter);
    }
    Cow::Owned(kept)
}

/// Rows of episodes, written log event by log event.
#[derive(Clone, Debug, Default)]
pub struct EpisodeRows {
    outcomes: Vec<String>,
    table: CsvTable,
    bins: u64,
}

impl EpisodeRows {
    /// A table of its head alone. Outcomes have their names once the log has told of its environment.
    pub fn new() -> Self {
        Self { table: CsvTable::new(&EPISODES_HEAD), ..Self::default() }
    }

    /// A table of its head alone, whose outcomes have these names.
    pub fn of(outcomes: &[String]) -> Self {
        Self { outcomes: outcomes.to_vec(), ..Self::new() }
    }

    /// Takes in the next event of the log.
    pub fn push_event(&mut self, event: &LogEvent) {
        match event {
            LogEvent::RunStarted { environment, .. } => self.outcomes.clone_from(&environment.outcomes),
            LogEvent::Episodes(bin) => self.push(bin),
            _ => {}
        }
    }

    /// Takes in the next bin.
    pub fn push(&mut self, bin: &EpisodeBin) {
        let Some(each) = &bin.each else {
            self.bins += u64::from(bin.is_summary());
            let count = bin.count as f64;
            let outcome =
                self.outcomes.iter().find(|it| bin.count == 1 && bin.outcomes.get(*it).is_some_and(|it| it.last > 0.0));
            let (episodic_return, length) = (bin.episodic_return.sum / count, bin.length.sum / count);
            row(&mut self.table, bin.first_episode, bin.count, episodic_return, length, outcome);
            return;
        };
        for (episode, (episodic_return, length, outcome)) in (bin.first_episode..).zip(each.iter()) {
            let outcome = self.outcomes.get(usize::from(outcome));
            row(&mut self.table, episode, 1, episodic_return, f64::from(length), outcome);
        }
    }

    /// How many of all rows so far stand for several episodes each.
    pub const fn bins(&self) -> u64 {
        self.bins
    }

    /// The rows since the last call, the head before the first ones.
    pub fn take(&mut self) -> String {
        self.table.take()
    }
}

fn row(table: &mut CsvTable, episode: u64, count: u64, episodic_return: f64, length: f64, outcome: Option<&String>) {
    let outcome = outcome.map_or("", String::as_str);
    table.cell(&episode).cell(&count).cell(&episodic_return).cell(&length).cell(&outcome).end_row();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::episode::{Episodes, Stat};
    use proptest::prelude::*;

    #[test]
    fn names_with_commas_quotes_and_line_breaks_stay_one_cell() {
        let mut table = CsvTable::new(&["name", "a, b"]);
        table.cell(&"say \"no\"").cell(&0.5).end_row();
        table.cell(&"two\nlines").cell(&"").end_row();
        assert_eq!(table.take(), "name,\"a, b\"\n\"say \"\"no\"\"\",0.5\n\"two\nlines\",\n");
        assert_eq!(table.take(), "", "what was taken is not told again");
    }

    proptest! {
        #[test]
        fn a_reader_finds_every_cell_as_it_was(rows in prop::collection::vec(prop::collection::vec(".*|[,\"\r\n a]{0,6}", 3), 0..6)) {
            let mut table = CsvTable::new(&["one", "two", "three"]);
            for row in &rows {
                for cell in row {
                    table.cell(cell);
                }
                table.end_row();
            }
            let text = table.take();
            let mut reader = ::csv::Reader::from_reader(text.as_bytes());
            let read: Vec<Vec<String>> = reader.records().map(|it| it.unwrap().iter().map(ToOwned::to_owned).collect()).collect();
            prop_assert_eq!(read, rows);
        }
    }

    #[test]
    fn no_reader_takes_a_hash_for_a_number() {
        for digits in
            ["53972300e6720583", "1234567890123456", "0x12345678901234", "00000000000000e1", "infinity00000000"]
        {
            let cell = hash(digits);
            assert!(cell.parse::<f64>().is_err() && cell.ends_with(digits) && cell.starts_with("hash:"), "{cell}");
        }
        assert_eq!(hash(""), "", "a run that has none");
    }

    fn bin(first_episode: u64, count: u64) -> EpisodeBin {
        let mut episodic_return = Stat::of(1.0);
        (1..count).for_each(|before| episodic_return.push(before, 2.0));
        EpisodeBin {
            first_episode,
            last_episode: first_episode + count - 1,
            count,
            step: 0,
            episodic_return,
            length: Stat { sum: 8.0 * count as f64, ..Stat::of(8.0) },
            outcomes: [("goal".to_owned(), Stat::of(1.0)), ("bumps".to_owned(), Stat::of(3.0))].into_iter().collect(),
            each: None,
        }
    }

    #[test]
    fn every_episode_has_its_row_and_a_bin_says_how_many_it_stands_for() {
        let mut each = Episodes::default();
        each.push(0, -1.5, 4, 1);
        each.push(0, 0.1, 8, 0);
        let mut rows = EpisodeRows::of(&["goal".into(), "pit, \"deep\"".into()]);
        rows.push(&EpisodeBin { each: Some(Box::new(each)), ..bin(0, 2) });
        rows.push(&bin(2, 1));
        assert_eq!(
            rows.take(),
            "episode,count,return,length,outcome\n0,1,-1.5,4,\"pit, \"\"deep\"\"\"\n1,1,0.1,8,goal\n2,1,1,8,goal\n"
        );
        rows.push(&bin(3, 4));
        assert_eq!(rows.take(), "3,4,1.75,8,\n");
        assert_eq!(rows.bins(), 1);
    }

    #[test]
    fn a_file_in_which_episodes_do_not_stand_alone_is_called_so() {
        assert_eq!(episodes_file_name("taxi", false), "taxi-episodes.csv");
        assert_eq!(episodes_file_name("taxi", true), "taxi-episodes-in-bins.csv");
    }
}
