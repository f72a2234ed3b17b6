//! A run of a relay, live: on a terminal its curve, its status and its newest picture, elsewhere a line a second.

mod link;
mod live_run;
mod picture;

use crate::Error;
use crate::address::RelayUri;
use crate::screen::{self, Screen};
use crate::text_file;
use crate::tls::Trust;
use clap::Args;
use link::LiveLink;
use live_run::LiveRun;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use shared::RunId;
use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Time between two pictures on a terminal, as long as no key is pressed.
const PICTURE_EVERY: Duration = Duration::from_millis(100);

/// Time between two lines.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// How long a run's trainer may be away from the relay: longer than one waits between two attempts to come back.
const LONGEST_ABSENCE: Duration = Duration::from_secs(40);

/// Which relay, and how to come to it as a viewer.
#[derive(Clone, Debug, Args)]
pub(super) struct Viewing {
    /// Relay whose run of this name is shown live, e.g. <ws://127.0.0.1:8080>
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["weights", "episodes", "steps", "speed"])]
    pub(super) relay: Option<RelayUri>,
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
        let text = text_file::read(path).map_err(|source| Error::File { path: path.clone(), source })?;
        match text.lines().next().map(str::trim) {
            Some(token) if !token.is_empty() => Ok(Some(token.to_owned())),
            _ => Err(Error::Refused(format!("{}: the first line is empty, where the token should be", path.display()))),
        }
    }
}

/// Shows the run of this name; on a terminal until q, elsewhere until it has ended or nobody publishes it any longer.
pub(super) fn watch(name: &Path, address: &RelayUri, options: &Viewing, out: &mut dyn Write) -> Result<(), Error> {
    let run = RunId::new(name.to_string_lossy())?;
    let trust = Trust::new(address, options.relay_ca.as_deref())?;
    let live = Arc::new(Mutex::new(LiveRun::new(run.clone(), address.to_string())));
    let (sender, over) = mpsc::channel();
    let link =
        LiveLink { address: address.clone(), trust, token: options.token()?, run, live: live.clone(), over: sender };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // It ends with the process: nothing that it holds has to be put away.
    std::thread::Builder::new().name("relay".into()).spawn(move || runtime.block_on(link.keep_up()))?;
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        let screen = Screen::open()?;
        let outcome = pictures(&live, out);
        drop(screen);
        outcome?;
        let last = lock(&live).line();
        return Ok(writeln!(out, "{last}")?);
    }
    lines(&live, &over, LONGEST_ABSENCE, out)
}

fn lock(live: &Mutex<LiveRun>) -> MutexGuard<'_, LiveRun> {
    live.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refusal(live: &LiveRun) -> Result<(), Error> {
    live.refused.as_ref().map_or(Ok(()), |reason| Err(Error::Refused(reason.clone())))
}

fn pictures(live: &Mutex<LiveRun>, out: &mut dyn Write) -> Result<(), Error> {
    let mut terminal = Terminal::new(CrosstermBackend::new(out))?;
    loop {
        {
            let live = lock(live);
            refusal(&live)?;
            terminal.draw(|frame| picture::draw(frame, &live))?;
        }
        if screen::pressed(PICTURE_EVERY)?.is_some_and(screen::ends) {
            return Ok(());
        }
    }
}

fn lines(live: &Mutex<LiveRun>, over: &Receiver<()>, longest: Duration, out: &mut dyn Write) -> Result<(), Error> {
    let (mut last, mut absent_since) = (String::new(), None);
    loop {
        let is_over = !matches!(over.recv_timeout(LINE_EVERY.min(longest)), Err(RecvTimeoutError::Timeout));
        let (line, is_absent) = {
            let live = lock(live);
            refusal(&live)?;
            (live.line(), live.is_unpublished())
        };
        if line != last {
            writeln!(out, "{line}")?;
            out.flush()?;
        }
        if is_over {
            return Ok(());
        }
        if is_given_up(&mut absent_since, is_absent, Instant::now(), longest) {
            let live = lock(live);
            let (run, address, seconds) = (live.run.to_string(), live.address.clone(), longest.as_secs());
            return Err(Error::Unpublished { run, address, seconds });
        }
        last = line;
    }
}

/// Whether a run's trainer has been away for so long that nobody waits for it any longer.
fn is_given_up(absent_since: &mut Option<Instant>, is_absent: bool, now: Instant, longest: Duration) -> bool {
    *absent_since = if is_absent { absent_since.or(Some(now)) } else { None };
    absent_since.is_some_and(|since| now - since >= longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trainer_may_be_away_for_a_while_each_time() {
        let (begun, longest) = (Instant::now(), Duration::from_secs(40));
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut since = None;
        for (seconds, is_absent, expected) in [
            (0, false, false),
            (100, true, false),
            (139, true, false),
            (140, false, false),
            (141, true, false),
            (181, true, true),
        ] {
            assert_eq!(is_given_up(&mut since, is_absent, at(seconds), longest), expected, "{seconds}");
        }
    }

    #[test]
    fn without_a_terminal_a_run_that_nobody_publishes_is_given_up_with_a_status_of_its_own() {
        let longest = Duration::from_millis(200);
        let (sender, over) = mpsc::channel();
        let live = Mutex::new(live_run::tests::live(3));
        lock(&live).is_left = true;
        let mut out = Vec::<u8>::new();
        let error = lines(&live, &over, longest, &mut out).unwrap_err();
        assert!(String::from_utf8(out).unwrap().contains("its trainer has gone"));
        assert!(error.to_string().contains("nobody publishes the run walk"), "{error}");
        assert_eq!(format!("{:?}", error.exit_code()), format!("{:?}", std::process::ExitCode::from(5)));
        // While the relay itself is away, nobody knows.
        lock(&live).away("refused");
        assert!(!lock(&live).is_unpublished());
        sender.send(()).unwrap();
        assert!(lines(&live, &over, longest, &mut Vec::<u8>::new()).is_ok());
    }
}
