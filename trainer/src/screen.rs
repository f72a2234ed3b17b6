//! The terminal as a whole, for as long as something is played in it.

use crate::Error;
use crossterm::cursor::{Hide, Show};
use crossterm::execute;
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use std::io::stderr;

/// The terminal, given back as it was even if playing fails.
pub(crate) struct Screen;

impl Screen {
    /// Takes it over.
    pub(crate) fn open() -> Result<Self, Error> {
        terminal::enable_raw_mode()?;
        let screen = Self;
        execute!(stderr(), EnterAlternateScreen, Hide)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nothing is left to do for a terminal that takes neither.
        execute!(stderr(), Show, LeaveAlternateScreen).ok();
        terminal::disable_raw_mode().ok();
    }
}
