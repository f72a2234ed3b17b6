//! Comma-separated values (RFC 4180): what the tables of the page, the relay and the trainer have in common.

use crate::episode::EpisodeBin;
use crate::event::LogEvent;
use std::fmt::Write as _;

/// The columns of a table of episodes. A row is one episode; where the log tells only a bin of several, `count` says how many
/// from `episode` on, and `return` and `length` are their means.
pub const EPISODES_HEAD: &str = "episode,count,return,length,outcome\n";

/// A run's hash as every table writes it. Its sixteen hexadecimal digits alone would be read as a number wherever they
/// look like one (53972300e6720583), and lose their last digits.
pub fn hash(run_hash: &str) -> String {
    if run_hash.is_empty() { String::new() } else { format!("hash:{run_hash}") }
}

/// What a file of such a table is called, after what it is of. A table with a row for several episodes says so.
pub fn episodes_file_name(name: &str, has_bins: bool) -> String {
    format!("{name}-episodes{}.csv", if has_bins { "-in-bins" } else { "" })
}

/// A text as a cell, whatever is in it.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Rows of episodes, written log event by log event.
#[derive(Clone, Debug, Default)]
pub struct EpisodeRows {
    outcomes: Vec<String>,
    table: String,
    bins: u64,
}

impl EpisodeRows {
    /// A table of its head alone. Outcomes have their names once the log has told of its environment.
    pub fn new() -> Self {
        Self { table: EPISODES_HEAD.to_owned(), ..Self::default() }
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
            let outcome = outcome.map_or_else(String::new, |it| quoted(it));
            let (episodic_return, length) = (bin.episodic_return.sum / count, bin.length.sum / count);
            // Writing to a String cannot fail.
            let _ = writeln!(self.table, "{},{},{episodic_return},{length},{outcome}", bin.first_episode, bin.count);
            return;
        };
        for (episode, (episodic_return, length, outcome)) in (bin.first_episode..).zip(each.iter()) {
            let outcome = self.outcomes.get(usize::from(outcome)).map_or_else(String::new, |it| quoted(it));
            let _ = writeln!(self.table, "{episode},1,{episodic_return},{length},{outcome}");
        }
    }

    /// How many of all rows so far stand for several episodes each.
    pub const fn bins(&self) -> u64 {
        self.bins
    }

    /// The rows since the last call, the head before the first ones.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::episode::{Episodes, Stat};

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
        (1..count).for_each(|_| episodic_return.push(2.0));
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
            "episode,count,return,length,outcome\n0,1,-1.5,4,\"pit, \"\"deep\"\"\"\n1,1,0.1,8,\"goal\"\n2,1,1,8,\"goal\"\n"
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
