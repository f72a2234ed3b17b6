//! A run of a relay, live: on a terminal its curve, its status and its newest picture, elsewhere a line a second.

mod link;
mod picture;
mod seen;

use crate::Error;
use crate::address::RelayAddress;
use crate::screen::Screen;
use crate::tls::Trust;
use clap::Args;
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use link::Link;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use seen::Seen;
use shared::RunId;
use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Time between two pictures on a terminal, as long as no key is pressed.
const PICTURE_EVERY: Duration = Duration::from_millis(100);

/// Time between two lines.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// Which relay, and how to come to it as a viewer.
#[derive(Clone, Debug, Args)]
pub(super) struct Viewing {
    /// Relay whose run of this name is shown live, e.g. <ws://127.0.0.1:8080>
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["weights", "episodes", "steps", "speed"])]
    pub(super) relay: Option<RelayAddress>,
    /// Certificates in PEM form that a wss:// relay is trusted by, in place of the system's authorities
    #[arg(long, value_name = "FILE", requires = "relay")]
    relay_ca: Option<PathBuf>,
    /// Token of viewers, where the relay asks for one
    #[arg(long, value_name = "TOKEN", env = "TERRARIUM_VIEWER_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// File that the token is the first line of
    #[arg(long, value_name = "FILE", requires = "relay", conflicts_with = "token")]
    token_file: Option<PathBuf>,
}

impl Viewing {
    fn token(&self) -> Result<Option<String>, Error> {
        let Some(path) = &self.token_file else { return Ok(self.token.clone()) };
        let text = std::fs::read_to_string(path).map_err(|source| Error::File { path: path.clone(), source })?;
        match text.lines().next().map(str::trim) {
            Some(token) if !token.is_empty() => Ok(Some(token.to_owned())),
            _ => Err(Error::Refused(format!("{}: the first line is empty, where the token should be", path.display()))),
        }
    }
}

/// Shows the run of this name; on a terminal until q, elsewhere until it has ended.
pub(super) fn watch(name: &Path, address: &RelayAddress, options: &Viewing, out: &mut dyn Write) -> Result<(), Error> {
    let run = RunId::new(name.to_string_lossy())?;
    let trust = Trust::new(address, options.relay_ca.as_deref())?;
    let seen = Arc::new(Mutex::new(Seen::new(run.clone(), address.to_string())));
    let (sender, over) = mpsc::channel();
    let link = Link { address: address.clone(), trust, token: options.token()?, run, seen: seen.clone(), over: sender };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // It ends with the process: nothing that it holds has to be put away.
    std::thread::Builder::new().name("relay".into()).spawn(move || runtime.block_on(link.keep_up()))?;
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        let screen = Screen::open()?;
        let outcome = pictures(&seen, out);
        drop(screen);
        outcome?;
        let last = lock(&seen).line();
        return Ok(writeln!(out, "{last}")?);
    }
    lines(&seen, &over, out)
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refusal(seen: &Seen) -> Result<(), Error> {
    seen.refused.as_ref().map_or(Ok(()), |reason| Err(Error::Refused(reason.clone())))
}

fn pictures(seen: &Mutex<Seen>, out: &mut dyn Write) -> Result<(), Error> {
    let mut terminal = Terminal::new(CrosstermBackend::new(out))?;
    loop {
        {
            let seen = lock(seen);
            refusal(&seen)?;
            terminal.draw(|frame| picture::draw(frame, &seen))?;
        }
        if !event::poll(PICTURE_EVERY)? {
            continue;
        }
        let Event::Key(key) = event::read()? else { continue };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            _ if key.kind == KeyEventKind::Release => {}
            KeyCode::Char('c') if control => return Ok(()),
            KeyCode::Char('q') | KeyCode::Esc => return Ok(()),
            _ => {}
        }
    }
}

fn lines(seen: &Mutex<Seen>, over: &Receiver<()>, out: &mut dyn Write) -> Result<(), Error> {
    let mut last = String::new();
    loop {
        let is_over = !matches!(over.recv_timeout(LINE_EVERY), Err(RecvTimeoutError::Timeout));
        let line = {
            let seen = lock(seen);
            refusal(&seen)?;
            seen.line()
        };
        if line != last {
            writeln!(out, "{line}")?;
            out.flush()?;
        }
        if is_over {
            return Ok(());
        }
        last = line;
    }
}
