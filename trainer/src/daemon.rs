//! `terrarium host`: a host that takes orders from a relay's controllers and starts each run in a process of its own.
//!
//! ```text
//! controller -- launch --> relay --> host -- order (a pipe) --> process of a run -- its own stream --> relay
//! ```
//!
//! The host publishes a run of its own at the relay, whose state `host` tells slots, devices and runs. It takes `launch`; everything else is
//! asked of the runs themselves, whose processes publish to the relay on their own. So a host that is busy or gone is in nobody's way,
//! and a run that dies takes nothing with it but itself.

mod child;
mod fleet;

pub use child::{HostedRunOptions as ChildOptions, child};

use crate::address::RelayUri;
use crate::clock::{next_epoch, wall_millis};
use crate::connection::{Inbound, Publisher, RelayState};
use crate::delivery::RelayOptions;
use crate::device;
use crate::machine_name::machine_name;
use crate::progress::TerminalProgress;
use crate::publication::Publication;
use crate::signals;
use crate::{Error, delivery};
use clap::Args;
use fleet::Fleet;
use shared::command::{Answer, Command};
use shared::describe::{CatalogEntry, EnvironmentDescription, Words};
use shared::event::{EndReason, LogEvent, Severity, StateEvent, StateKind};
use shared::host::{HostDevice, HostView};
use shared::message::{LogEntry, StateEntry};
use shared::spec::RunSpec;
use shared::terminal::say;
use shared::{Offset, Payload, RunId, Seed};
use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// Examples of the help text.
pub const EXAMPLES: &str = "\
Examples:
  terrarium host --relay ws://127.0.0.1:8080 --slots 2
  terrarium host --relay wss://relay.example.org --runs /data/runs --name big-machine

Whoever controls the relay starts runs here; each has a process of its own and is kept below --runs. More than --slots wait. Ctrl-C
ends the host and its runs, which save before they end; when the host is killed, they do so, too.";

/// Longest wait between two looks at the processes.
const TICK: Duration = Duration::from_millis(50);

/// What to host, and for whom.
#[derive(Clone, Debug, Args)]
pub struct HostOptions {
    /// Relay that the orders come from, e.g. <ws://127.0.0.1:8080>
    #[arg(long, value_name = "ADDRESS", env = "TERRARIUM_RELAY")]
    pub relay: RelayUri,
    /// How to come to the relay.
    #[command(flatten)]
    pub to: RelayOptions,
    /// Runs that live at the same time; by default one a core
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub slots: Option<u32>,
    /// Folder in which the runs are kept
    #[arg(long, value_name = "DIR", env = "TERRARIUM_RUNS", default_value = "runs")]
    pub runs: PathBuf,
    /// Name of the host at the relay; by default host-MACHINE
    #[arg(long, value_name = "NAME", value_parser = |text: &str| RunId::new(text))]
    pub name: Option<RunId>,
}

/// Takes orders until Ctrl-C.
pub fn host(options: &HostOptions, out: &mut impl Write) -> Result<(), Error> {
    std::fs::create_dir_all(&options.runs).map_err(|source| Error::File { path: options.runs.clone(), source })?;
    let machine = machine_name();
    let name = match &options.name {
        Some(name) => name.clone(),
        None => RunId::new(plain(&format!("host-{machine}")))?,
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
    let slots = options.slots.unwrap_or(cores);
    let (sender, inbound) = mpsc::channel();
    signals::interrupt(sender.clone())?;
    let mut publication = Publication::new(name.clone(), options.to.outbox()?);
    publication.begin(next_epoch(), wall_millis());
    let publisher = Publisher::start(options.to.line(&options.relay)?, publication, sender)?;
    let mut host = HostDaemon {
        options,
        publisher,
        progress: TerminalProgress::in_words(),
        fleet: Fleet::new(options, slots, &name),
        view: HostView { machine: machine.clone(), ..about(slots) },
        sequence: 0,
        shown: None,
    };
    host.log(&started(&machine))?;
    writeln!(out, "{name} offers {slots} slots, keeps runs in {}", options.runs.display())?;
    out.flush()?;
    let mut relay = RelayState::Connecting;
    loop {
        for (severity, text) in host.fleet.tend() {
            host.progress.say(&text);
            host.log(&LogEvent::Notice { severity, text })?;
        }
        host.show()?;
        match inbound.recv_timeout(TICK) {
            Ok(Inbound::Command(request, command)) => {
                let answer = host.obey(command)?;
                host.publisher.answer(request, answer);
            }
            Ok(Inbound::Relay(state)) => {
                host.progress.say(&state.to_string().replace("training goes on", "runs go on"));
                relay = state;
            }
            Ok(Inbound::SendState) => host.shown = None,
            Ok(Inbound::Notice(words)) => host.progress.say(&words),
            Ok(Inbound::Over) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Inbound::Interrupt) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    host.progress.say("ending the runs");
    for (severity, text) in host.fleet.end() {
        host.log(&LogEvent::Notice { severity, text })?;
    }
    host.show()?;
    host.log(&LogEvent::RunEnded { reason: EndReason::Stopped, step: 0, episode: 0, run_hash: String::new() })?;
    let (patience, mut progress) = (options.to.patience(), TerminalProgress::in_words());
    delivery::last_words(&host.publisher, &inbound, patience, &mut progress, relay);
    Ok(())
}

struct HostDaemon<'a> {
    options: &'a HostOptions,
    publisher: Publisher,
    progress: TerminalProgress,
    fleet: Fleet,
    view: HostView,
    sequence: u64,
    shown: Option<HostView>,
}

impl HostDaemon<'_> {
    /// Puts an event into the host's log.
    fn log(&self, event: &LogEvent) -> Result<(), Error> {
        let event = Payload::compressed(event)?;
        let entry = LogEntry { offset: Offset(0), time_millis: wall_millis(), event };
        if let Err(error) = self.publisher.update(|it| it.log(vec![entry])) {
            say(format_args!("terrarium-trainer: {error}"));
        }
        Ok(())
    }

    /// Sends how it stands, where that has changed.
    fn show(&mut self) -> Result<(), Error> {
        let view = HostView { runs: self.fleet.runs(), free_slots: self.fleet.free_slots(), ..self.view.clone() };
        if self.shown.as_ref() == Some(&view) {
            return Ok(());
        }
        let event = Payload::compressed(&StateEvent::Host(view.clone()))?;
        let entry = StateEntry { kind: StateKind::Host, sequence: self.sequence, event };
        self.sequence += 1;
        self.publisher.update(|it| it.state(vec![entry]));
        self.shown = Some(view);
        Ok(())
    }

    /// Tells what was done, here and in the host's log.
    fn tell(&mut self, outcome: Result<String, String>) -> Result<Result<(), String>, Error> {
        match outcome {
            Ok(text) => {
                self.progress.say(&text);
                self.log(&LogEvent::Notice { severity: Severity::Information, text })?;
                Ok(Ok(()))
            }
            Err(reason) => Ok(Err(reason)),
        }
    }

    fn obey(&mut self, command: Command) -> Result<Answer, Error> {
        let done = match command {
            Command::Launch(order) => self.fleet.launch(*order, &self.options.runs),
            Command::Cancel { number } => {
                let outcome = self.fleet.cancel(number);
                self.tell(outcome)?
            }
            Command::Delete { directory } => {
                let outcome = self.fleet.delete(&directory, &self.options.runs);
                self.tell(outcome)?
            }
            Command::GetState {} => {
                self.shown = None;
                Ok(())
            }
            Command::Stop {} => {
                self.fleet.forget_queued();
                Ok(())
            }
            _ => Err("a host launches runs, cancels one that waits, with stop all of them, and deletes one that it keeps; everything else is \
                      asked of the runs themselves"
                .into()),
        };
        Ok(match done {
            Ok(()) => Answer::Accepted { checkpoint: None },
            Err(reason) => Answer::Rejected { reason },
        })
    }
}

/// What does not change of a host.
fn about(slots: u32) -> HostView {
    let device = |it: device::ListedDevice| HostDevice {
        name: if it.name.is_empty() { it.kind.to_owned() } else { format!("{}: {}", it.kind, it.name) },
        device: it.device,
        memory_bytes: it.memory_bytes,
        missing: it.missing,
    };
    let ids = |entries: Vec<CatalogEntry>| entries.into_iter().map(|it| it.id).collect();
    HostView {
        program: concat!("terrarium ", env!("CARGO_PKG_VERSION")).into(),
        slots,
        free_slots: slots,
        devices: device::all().into_iter().map(device).collect(),
        environments: ids(environments::registry::catalog()),
        agents: ids(agents::registry::catalog()),
        ..HostView::default()
    }
}

/// How a host's log begins: with a run that stands still, because every log begins with a run.
fn started(machine: &str) -> LogEvent {
    let words =
        Words { id: HOST, title: "Host", summary: "Starts runs in processes of their own.", equation: "", source: "" };
    LogEvent::RunStarted {
        spec: RunSpec::new(HOST, HOST, Seed::default()),
        environment: Box::new(EnvironmentDescription {
            id: HOST.into(),
            title: machine.into(),
            ..EnvironmentDescription::default()
        }),
        agent: Box::new(CatalogEntry::new(&words, vec![], vec![])),
        optimal_return: None,
        metrics: Vec::new(),
        copies: 1,
        exactness: shared::event::Exactness::Exact,
        is_host: true,
    }
}

/// The id of a host's environment and agent.
const HOST: &str = "host";

/// A name as a run may have it.
fn plain(name: &str) -> String {
    let plain = |it: char| if it.is_ascii_alphanumeric() || "._-".contains(it) { it } else { '-' };
    name.chars().map(plain).take(64).collect()
}
