//! Delivery: what a run could not tell its relay before its process ended.

use crate::address::RelayUri;
use crate::connection::{Destination, Inbound, Publisher, RelayState};
use crate::machine_name::machine_name;
use crate::outbox::{Outbox, WAITING_BYTES};
use crate::progress::TerminalProgress;
use crate::shell::word;
use crate::signals;
use crate::spill::Spill;
use crate::tls::Trust;
use crate::{Error, journal, spill, undelivered};
use clap::Args;
use shared::RunId;
use shared::command::Answer;
use shared::terminal::say;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// Examples of the help text.
pub const EXAMPLES: &str = "\
Example:
  terrarium deliver gridworld-q-learning-x1y2z3.terrarium-events --relay ws://127.0.0.1:8080

`run` writes such a file when its relay is out of reach to the end, and says where; so does a training in Python. A run that was
killed leaves its .terrarium-spill in the folder of --spill. Once everything is delivered, the file is removed.";

/// A relay, and how to come to it.
#[derive(Clone, Debug, Args)]
pub struct RelayOptions {
    /// Certificates in PEM form that a wss:// relay is trusted by, in place of the system's authorities
    #[arg(long, value_name = "FILE", env = "TERRARIUM_RELAY_CA")]
    pub relay_ca: Option<PathBuf>,
    /// Token of publishers, where the relay asks for one
    #[arg(long, value_name = "TOKEN", env = "TERRARIUM_PUBLISHER_TOKEN", hide_env_values = true)]
    pub publisher_token: Option<String>,
    /// Log events kept in memory while the relay is away, in bytes; more go into a file
    #[arg(long, value_name = "BYTES", default_value_t = WAITING_BYTES)]
    pub memory: usize,
    /// Folder of that file; the system's temporary folder by default
    #[arg(long, value_name = "DIR")]
    pub spill: Option<PathBuf>,
    /// Seconds that the relay has to take the last log events; what it has not stored by then is kept in a file
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub deliver_for: u64,
    /// What the relay calls this trainer beside its runs; by default the machine's name; '' for nothing
    #[arg(long, value_name = "NAME", env = "TERRARIUM_TRAINER")]
    pub trainer: Option<String>,
}

impl RelayOptions {
    /// Folder of files.
    pub fn folder(&self) -> PathBuf {
        self.spill.clone().unwrap_or_else(std::env::temp_dir)
    }

    /// An empty outbox; the folder of its file is made where there is none.
    pub fn outbox(&self) -> Result<Outbox, Error> {
        let folder = self.folder();
        std::fs::create_dir_all(&folder).map_err(|source| Error::File { path: folder.clone(), source })?;
        Ok(Outbox::new(self.memory, Spill::new(folder)))
    }

    /// The line to a relay at this address.
    pub fn line(&self, address: &RelayUri) -> Result<Destination, Error> {
        let trust = Trust::new(address, self.relay_ca.as_deref())?;
        let (address, token) = (address.clone(), self.publisher_token.clone());
        let trainer = self.trainer.clone().unwrap_or_else(machine_name);
        Ok(Destination { address, trust, token, only_if_free: false, trainer })
    }

    /// How long the last events are tried.
    pub const fn patience(&self) -> Duration {
        Duration::from_secs(self.deliver_for)
    }
}

/// What to deliver, and where.
#[derive(Clone, Debug, Args)]
pub struct DeliverOptions {
    /// The file that a run left behind
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Relay to deliver to, e.g. <ws://127.0.0.1:8080>
    #[arg(long, value_name = "ADDRESS", env = "TERRARIUM_RELAY")]
    relay: RelayUri,
    /// Another name for the run at the relay
    #[arg(long, value_name = "NAME", value_parser = |text: &str| RunId::new(text))]
    run: Option<RunId>,
    #[command(flatten)]
    to: RelayOptions,
}

/// Delivers a file and removes it.
pub fn deliver(options: &DeliverOptions, out: &mut impl Write) -> Result<(), Error> {
    let file = &options.file;
    let outbox = options.to.outbox()?;
    let (mut publication, lost) = if journal::is_journal(file) {
        journal::read(file, outbox)?
    } else if spill::is_one(file) {
        undelivered::read_spill(file, outbox)?
    } else {
        (undelivered::read(file, outbox)?, None)
    };
    if let Some(run) = &options.run {
        publication = publication.called(run.clone());
    }
    let (run, all) = (publication.run().clone(), publication.outbox().unstored());
    if all == 0 {
        if let Some(words) = &lost {
            say(words);
        }
        return Err(Error::NothingToDeliver { path: file.clone() });
    }
    let (sender, inbound) = mpsc::channel();
    signals::interrupt(sender.clone())?;
    let line = Destination { only_if_free: true, ..options.to.line(&options.relay)? };
    let publisher = Publisher::start(line, publication, sender)?;
    let progress = &mut TerminalProgress::in_words();
    if let Some(words) = &lost {
        progress.say(words);
    }
    let (last, tried) = last_words(&publisher, &inbound, options.to.patience(), progress, RelayState::Connecting);
    match publisher.update(|it| it.outbox().unstored()) {
        0 if lost.is_some() => Ok(writeln!(
            out,
            "{all} log events of run {run} are at {}; {} stays, for it is damaged",
            options.relay,
            options.file.display()
        )?),
        0 => {
            std::fs::remove_file(&options.file).map_err(|source| Error::File { path: options.file.clone(), source })?;
            Ok(writeln!(out, "{all} log events of run {run} are at {}", options.relay)?)
        }
        unstored => Err(Error::Undelivered {
            unstored,
            address: options.relay.to_string(),
            reason: reason(&last, tried),
            kept: format!("They stay in {}", options.file.display()),
        }),
    }
}

/// Waits until the relay has everything, time is over or somebody interrupts; gives how it stood with the relay at last, and how long
/// that took.
pub(crate) fn last_words(
    publisher: &Publisher,
    inbound: &Receiver<Inbound>,
    patience: Duration,
    progress: &mut TerminalProgress,
    mut relay: RelayState,
) -> (RelayState, Duration) {
    let begun = Instant::now();
    publisher.finish(patience);
    if matches!(relay, RelayState::GivenUp(_)) {
        return (relay, begun.elapsed());
    }
    let unstored = publisher.update(|it| it.outbox().unstored());
    if unstored > 0 && relay != RelayState::Connected {
        let seconds = patience.as_secs();
        progress.say(&format!("{unstored} log events are not at the relay yet; trying for {seconds} s"));
    }
    loop {
        match inbound.recv() {
            Ok(Inbound::Relay(state)) => {
                // Training does not go on, as the state's own words would say.
                progress.say(&match &state {
                    RelayState::Away(reason) => format!("relay away ({reason})"),
                    RelayState::GivenUp(reason) => format!("no longer publishing ({reason})"),
                    other => other.to_string(),
                });
                relay = state;
            }
            Ok(Inbound::Command(request, _)) => {
                publisher.answer(request, Answer::Rejected { reason: "the run has ended for good".into() });
            }
            Ok(Inbound::Notice(words)) => progress.say(&words),
            Ok(Inbound::Interrupt) => publisher.finish(Duration::ZERO),
            Ok(Inbound::SendState) => {}
            Ok(Inbound::Over) | Err(mpsc::RecvError) => return (relay, begun.elapsed()),
        }
    }
}

/// Keeps what a publisher could not deliver, and says so, and for how long it was tried.
pub(crate) fn keep(
    publisher: &Publisher,
    address: &RelayUri,
    folder: &Path,
    (relay, tried): &(RelayState, Duration),
) -> Option<Error> {
    let (unstored, file, spill) = publisher.update(|it| match it.outbox().unstored() {
        0 => None,
        unstored => {
            let file = undelivered::keep(it, folder).inspect(|_| it.discard_spill());
            Some((unstored, file, it.outbox().spill_path().map(Path::to_owned)))
        }
    })?;
    // Who publishes under this name meanwhile would refuse it.
    let name = if matches!(relay, RelayState::GivenUp(_)) { " --run NAME" } else { "" };
    let command = |file: &Path| format!("terrarium deliver {} --relay {address}{name}", word(file));
    let kept = match (file, spill) {
        (Ok(file), _) => format!("They are kept in {}; `{}` sends them later", file.display(), command(&file)),
        (Err(error), None) => format!("They could not be kept either: {error}"),
        (Err(error), Some(spill)) => format!(
            "They could not be kept either: {error}; what memory could not hold stays in {}; `{}` sends it",
            spill.display(),
            command(&spill)
        ),
    };
    let (address, reason) = (address.to_string(), reason(relay, *tried));
    Some(Error::Undelivered { unstored, address, reason, kept })
}

/// Why a relay does not have everything after so long.
pub(crate) fn reason(relay: &RelayState, tried: Duration) -> String {
    let seconds = if tried < Duration::from_secs(1) {
        "less than 1 s".to_owned()
    } else {
        format!("{:.0} s", tried.as_secs_f64())
    };
    match relay {
        RelayState::Connecting => format!("it did not answer within {seconds}"),
        RelayState::Connected => format!("it had not stored them after {seconds}"),
        RelayState::Away(reason) => format!("{reason}; tried for {seconds}"),
        RelayState::GivenUp(reason) => reason.clone(),
    }
}
