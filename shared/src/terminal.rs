//! What programs say to whoever started them.

use std::fmt::Display;
use std::io::{self, Write as _};

/// Says something beside the answer. Where nobody can hear it, e.g. because the disk of a log is full, the work goes on: the macro
/// of the standard library would end it.
pub fn say(words: impl Display) {
    // Nobody is left to be told that nothing can be told.
    let _ = writeln!(io::stderr(), "{words}");
}

/// Prints an answer.
///
/// # Errors
/// It cannot be written, as on a full disk. That whoever reads it has gone, as `head` does, is none.
pub fn answer(words: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match write!(out, "{words}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
