//! The texts of the place of run files.

use super::{Text, say};

/// What is opened here.
pub const NOTE: Text = Text(
    "A run that `terrarium export RUN --to run.jsonl` wrote is shown here without a relay: its settings, curves and kept episodes. Drop the file anywhere on this page, or open it.",
);
/// Button.
pub const OPEN: Text = Text("Open a run file");
/// While it is read.
pub const READING: Text = Text("Reading the file…");
/// It cannot be read.
pub const UNREADABLE: Text = Text("it could not be read; open it again");
/// The run with its curves.
pub const CURVES: Text = Text("Settings and curves");
/// It is another file.
pub const NO_RUN_FILE: Text =
    Text("it is no file that “terrarium export” wrote in its form jsonl, or one of a later version");

/// A file cannot be shown.
pub fn refused(name: &str, reason: &str) -> String {
    say!("{name} cannot be shown: {reason}.", name, reason)
}

/// One of its lines is damaged.
pub fn wrong_line(line: u64, reason: &str) -> String {
    say!("its line {line} is no log entry ({reason}); take another copy of it", line, reason)
}

/// When the run began, and whether it has ended, as far as the file is whole.
pub fn facts(began: &str, ended: bool, is_cut: bool) -> String {
    if is_cut {
        say!("Began {began}; the file is cut short: this is what is left of it. Take another copy.", began)
    } else if ended {
        say!("Began {began} and has ended.", began)
    } else {
        say!("Began {began}; the file ends before the run does.", began)
    }
}
