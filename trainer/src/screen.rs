//! The terminal as a whole, for as long as something is played in it, and its keys.

use crate::{Error, signals};
use crossterm::cursor::{Hide, Show};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::execute;
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use std::io::{self, stderr};
use std::time::{Duration, Instant};

/// The terminal, given back as it was even if playing fails.
pub(crate) struct Screen;

impl Screen {
    /// Takes it over.
    pub(crate) fn open() -> Result<Self, Error> {
        // From here on a signal gives the terminal back.
        signals::has_come();
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

/// Time between two looks whether a signal has come.
const SIGNALS_EVERY: Duration = Duration::from_millis(100);

/// The next key that is pressed; none if nothing, or something else, happens within that time. A signal that asks the process to end is
/// Ctrl-C.
pub(crate) fn pressed(within: Duration) -> io::Result<Option<KeyEvent>> {
    let begun = Instant::now();
    loop {
        if signals::has_come() {
            return Ok(Some(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
        }
        let left = within.saturating_sub(begun.elapsed());
        if event::poll(left.min(SIGNALS_EVERY))? {
            break;
        }
        if left <= SIGNALS_EVERY {
            return Ok(None);
        }
    }
    let Event::Key(key) = event::read()? else { return Ok(None) };
    Ok((key.kind != KeyEventKind::Release).then_some(key))
}

/// Whether a key is Ctrl-C, which ends whatever has the terminal.
pub(crate) fn interrupts(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL)
}

/// Whether a key ends what is only looked at.
pub(crate) fn ends(key: KeyEvent) -> bool {
    interrupts(key) || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_keys_end_whatever_is_looked_at() {
        let pressed = |code| KeyEvent::new(code, KeyModifiers::NONE);
        assert!([KeyCode::Char('q'), KeyCode::Esc].into_iter().all(|code| ends(pressed(code))));
        let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert!(ends(control) && interrupts(control));
        assert!(!interrupts(pressed(KeyCode::Char('q'))), "a game may have that key");
        assert!([KeyCode::Char('c'), KeyCode::Char(' ')].into_iter().all(|code| !ends(pressed(code))));
    }
}
