//! A training that runs elsewhere, published as a run: somebody pushes values of metrics and ended episodes, from any
//! thread and without ever waiting.
//!
//! ```text
//! caller --channel--> recorder thread: pending -> events -> journal (a file) and Publication <- network thread -> relay
//!    ^---- Control <---------------- commands thread <---------------------------------------------'
//! ```
//!
//! What was pushed is in the journal within a sixtieth of a second, so a process that is killed has lost no more than
//! that; the journal goes once the relay has stored everything.
//!
//! ```
//! use shared::event::EndReason;
//! use shared::{RunId, RunSpec, Seed};
//! use std::time::Duration;
//! use trainer::external::{EndedEpisode, External, ExternalOpening};
//!
//! let folder = tempfile::tempdir()?;
//! let spec = RunSpec::new("hill", "climber", Seed::default());
//! let opening = ExternalOpening::new(RunId::new("climber")?, spec, folder.path().into());
//! // Nobody listens here: a training goes on all the same, and what was not delivered is kept.
//! let external = External::begin(opening.published_to("ws://127.0.0.1:1".parse()?)?)?;
//! for episode in 1..=10 {
//!     external.metrics(episode * 20, vec![("losses/value".into(), 1.0 / episode as f64)]);
//!     external.episode(EndedEpisode { step: episode * 20, episodic_return: 1.0, length: 20, outcome: 0 });
//! }
//! let kept = external.finish(EndReason::Completed, Duration::ZERO).kept.ok_or("a relay has taken it")?;
//! // `terrarium deliver FILE --relay ADDRESS` sends it later, and `terrarium convert FILE` reads it.
//! assert_eq!(trainer::told::read(&kept)?.lines.last().map(|line| line.episode), Some(10));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod control;
mod pending;
mod picture;

pub use control::ExternalControl;
pub use pending::EndedEpisode;
pub use picture::{LoggedPicture, MOST_BYTES, MOST_SIDE, PictureContent, PictureError};

use crate::address::RelayUri;
use crate::clock::{next_epoch, wall_millis};
use crate::connection::{Destination, Inbound, Publisher, RelayState};
use crate::journal::Journal;
use crate::machine_name::machine_name;
use crate::outbox::{Outbox, WAITING_BYTES};
use crate::publication::{Publication, Request};
use crate::spill::Spill;
use crate::tls::{Trust, TrustError};
use crate::undelivered::KeepError;
use pending::PendingEvents;
use shared::command::Answer;
use shared::event::{EndReason, LogEvent, Phase, StateEvent, StateKind, Status};
use shared::message::{LogEntry, StateEntry};
use shared::statistic::Statistic;
use shared::{Offset, Payload, RunId, RunSpec};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// At most so often log events leave a run.
const WINDOW: Duration = Duration::from_millis(17);
/// At most so often its status does.
const STATUS_EVERY: Duration = Duration::from_millis(250);
/// At most so often a picture does.
const PICTURE_EVERY: Duration = Duration::from_millis(100);
/// Why a training cannot be published.
#[derive(Debug, thiserror::Error)]
pub enum ExternalError {
    /// Its first event must say what runs.
    #[error("the first event of a run must be run_started")]
    NotStarted,
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] KeepError),
    /// No thread can be had.
    #[error("no thread can be started: {0}")]
    Thread(#[from] io::Error),
}

/// What is to be known before anything is pushed.
#[derive(Debug)]
pub struct ExternalOpening {
    /// The run's name.
    pub run: RunId,
    /// The first event, [`LogEvent::RunStarted`].
    pub started: LogEvent,
    /// Where to publish, if anywhere.
    pub line: Option<Destination>,
    /// Folder of the journal.
    pub folder: PathBuf,
    /// Where entries wait for the relay.
    pub outbox: Outbox,
}

impl ExternalOpening {
    /// A run of this name and spec that is written into a journal in a folder and goes nowhere else. What is told of it begins with
    /// [`LogEvent::started`]; who knows more of its environment and agent puts another event in its place.
    pub fn new(run: RunId, spec: RunSpec, folder: PathBuf) -> Self {
        let outbox = Outbox::new(WAITING_BYTES, Spill::new(folder.clone()));
        Self { run, started: LogEvent::started(spec), line: None, folder, outbox }
    }

    /// The same, published to a relay that asks for no token. A `wss` address is trusted as far as the system's certificate
    /// authorities vouch for it.
    ///
    /// # Errors
    /// The system has no such authorities.
    pub fn published_to(self, address: RelayUri) -> Result<Self, TrustError> {
        let trust = Trust::new(&address, None)?;
        Ok(Self {
            line: Some(Destination { address, trust, token: None, only_if_free: false, trainer: machine_name() }),
            ..self
        })
    }
}

/// How a training's publication ended.
#[derive(Debug)]
pub struct PublicationEnd {
    /// The journal, where not everything is at a relay.
    pub kept: Option<PathBuf>,
    /// What went wrong with files.
    pub fault: Option<String>,
    /// How it stood with the relay at last.
    pub relay: RelayState,
}

enum RecorderMessage {
    Metrics(u64, Vec<(String, f64)>),
    Summary(u64, String, f64, Statistic),
    Episode(EndedEpisode),
    Log(Vec<LogEvent>),
    State(Box<StateEvent>),
    Picture(Box<LoggedPicture>),
    Reached(u64),
    Look,
    End(EndReason),
}

/// A training that runs elsewhere.
#[derive(Debug)]
pub struct External {
    sender: Sender<RecorderMessage>,
    control: Arc<ExternalControl>,
    publisher: Option<Arc<Publisher>>,
    recorder: JoinHandle<(Option<Journal>, Option<String>)>,
    commands: Option<JoinHandle<()>>,
}

impl External {
    /// Begins to publish it.
    pub fn begin(opening: ExternalOpening) -> Result<Self, ExternalError> {
        let ExternalOpening { run, started, line, folder, outbox } = opening;
        let LogEvent::RunStarted { spec, environment, .. } = &started else { return Err(ExternalError::NotStarted) };
        let pending = PendingEvents::new(spec.seed, environment.outcomes.clone());
        let now = wall_millis();
        let epoch = next_epoch();
        let journal = Journal::create(&folder, &run, epoch, now)?;
        let control = Arc::new(ExternalControl::default());
        let (sender, messages) = mpsc::channel();
        let (publisher, commands) = match line {
            None => (None, None),
            Some(line) => {
                let (inbound_sender, inbound) = mpsc::channel();
                let mut publication = Publication::new(run, outbox);
                publication.begin(epoch, now);
                let publisher = Arc::new(Publisher::start(line, publication, inbound_sender)?);
                let hearing = (Arc::clone(&control), Arc::clone(&publisher), sender.clone());
                let commands = thread::Builder::new().name("commands".into());
                (Some(publisher), Some(commands.spawn(move || hear(&inbound, &hearing.0, &hearing.1, &hearing.2))?))
            }
        };
        let mut recorder = ExternalRecorder {
            pending,
            control: Arc::clone(&control),
            publisher: publisher.clone(),
            journal: Some(journal),
            fault: None,
            sequences: BTreeMap::new(),
            picture: None,
            pictured: None,
            told: (Instant::now(), 0, 0.0),
            offset: 0,
        };
        recorder.keep(vec![started]);
        recorder.tell_status(Phase::Running);
        let recorder = thread::Builder::new().name("recorder".into()).spawn(move || recorder.record(&messages))?;
        Ok(Self { sender, control, publisher, recorder, commands })
    }

    /// Values of metrics at a step.
    pub fn metrics(&self, step: u64, values: Vec<(String, f64)>) {
        self.send(RecorderMessage::Metrics(step, values));
    }

    /// A summary of many values of a metric at a step, and the newest of them.
    pub fn summary(&self, step: u64, name: String, newest: f64, statistic: Statistic) {
        self.send(RecorderMessage::Summary(step, name, newest, statistic));
    }

    /// So many steps have been made.
    pub fn reach(&self, step: u64) {
        self.send(RecorderMessage::Reached(step));
    }

    /// An episode that ended.
    pub fn episode(&self, ended: EndedEpisode) {
        self.send(RecorderMessage::Episode(ended));
    }

    /// Any other events of the log.
    pub fn log(&self, events: Vec<LogEvent>) {
        self.send(RecorderMessage::Log(events));
    }

    /// A state event: the newest of its kind counts.
    pub fn state(&self, event: StateEvent) {
        self.send(RecorderMessage::State(Box::new(event)));
    }

    /// A picture: the newest counts, and ten a second travel.
    pub fn picture(&self, picture: LoggedPicture) {
        self.send(RecorderMessage::Picture(Box::new(picture)));
    }

    /// What viewers ask for.
    pub fn control(&self) -> &ExternalControl {
        &self.control
    }

    /// Puts in what became of a request to save.
    pub fn saved(&self, request: Request, outcome: Result<(), String>) {
        if let Some(publisher) = &self.publisher {
            let answer = match outcome {
                Ok(()) => Answer::Accepted { checkpoint: None },
                Err(reason) => Answer::Rejected { reason },
            };
            publisher.answer(request, answer);
        }
    }

    /// Ends it: writes what is pending, and gives the relay so long to store everything.
    pub fn finish(self, reason: EndReason, patience: Duration) -> PublicationEnd {
        self.send(RecorderMessage::End(reason));
        let Ok((journal, mut fault)) = self.recorder.join() else {
            let fault = Some("the recorder thread has panicked".into());
            return PublicationEnd { kept: None, fault, relay: self.control.relay() };
        };
        let mut delivered = false;
        if let (Some(publisher), Some(commands)) = (self.publisher, self.commands) {
            publisher.finish(patience);
            commands.join().ok();
            delivered = publisher.update(|it| it.outbox().unstored()) == 0;
        }
        let kept = journal.and_then(|journal| {
            if !delivered {
                return Some(journal.path().to_owned());
            }
            fault = journal.remove().err().map(|error| error.to_string()).or_else(|| fault.take());
            None
        });
        PublicationEnd { kept, fault, relay: self.control.relay() }
    }

    /// The recorder lives until it is told the end.
    fn send(&self, message: RecorderMessage) {
        self.sender.send(message).ok();
    }
}

/// Listens to the relay until it is over.
fn hear(
    inbound: &Receiver<Inbound>,
    control: &ExternalControl,
    publisher: &Publisher,
    recorder: &Sender<RecorderMessage>,
) {
    while let Ok(heard) = inbound.recv() {
        match heard {
            Inbound::Command(request, command) => {
                control.obey(request, &command, publisher);
                recorder.send(RecorderMessage::Look).ok();
            }
            Inbound::Relay(state) => control.set_relay(state),
            Inbound::Notice(words) => control.say(words),
            // The publication keeps the newest state events and sends them to a relay that has none.
            Inbound::SendState | Inbound::Interrupt => {}
            Inbound::Over => return,
        }
    }
}

struct ExternalRecorder {
    pending: PendingEvents,
    control: Arc<ExternalControl>,
    publisher: Option<Arc<Publisher>>,
    journal: Option<Journal>,
    fault: Option<String>,
    sequences: BTreeMap<StateKind, u64>,
    /// The newest picture that was not told yet, and when the last one was.
    picture: Option<Box<LoggedPicture>>,
    pictured: Option<Instant>,
    /// When the status was told last, the steps it named, and the steps a second.
    told: (Instant, u64, f64),
    offset: u64,
}

impl ExternalRecorder {
    fn record(mut self, messages: &Receiver<RecorderMessage>) -> (Option<Journal>, Option<String>) {
        let mut stale = false;
        loop {
            let first = if stale {
                messages.recv_timeout(STATUS_EVERY)
            } else {
                messages.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            let mut end = match first {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(EndReason::Failed),
            };
            // Whoever pushes while this thread sleeps need not wake it, which takes longer than the push.
            if end.is_none() {
                thread::sleep(WINDOW);
            }
            while end.is_none() {
                match messages.try_recv() {
                    Ok(message) => end = self.take(message),
                    Err(_) => break,
                }
            }
            let events = self.pending.take();
            stale = !events.is_empty();
            self.keep(events);
            if end.is_some() || self.pictured.is_none_or(|it| it.elapsed() >= PICTURE_EVERY) {
                self.tell_picture();
            }
            stale |= self.picture.is_some();
            if let Some(reason) = end {
                let (step, episode, run_hash) = (self.pending.step(), self.pending.episodes(), self.pending.hash());
                self.keep(vec![LogEvent::RunEnded { reason, step, episode, run_hash }]);
                self.tell_status(Phase::Ended);
                return (self.journal, self.fault);
            }
            if self.told.0.elapsed() >= STATUS_EVERY {
                self.tell_status(self.control.phase());
            } else {
                stale = true;
            }
        }
    }

    fn take(&mut self, message: RecorderMessage) -> Option<EndReason> {
        match message {
            RecorderMessage::Metrics(step, values) => {
                for (name, value) in values {
                    self.pending.metric(step, name, value);
                }
            }
            RecorderMessage::Summary(step, name, newest, statistic) => {
                self.pending.summary(step, name, newest, &statistic);
            }
            RecorderMessage::Reached(step) => self.pending.reach(step),
            RecorderMessage::Episode(ended) => self.pending.episode(&ended),
            RecorderMessage::Log(more) => {
                let mut events = self.pending.take();
                events.extend(more);
                self.keep(events);
            }
            RecorderMessage::State(event) => self.tell_state(&event),
            RecorderMessage::Picture(picture) => self.picture = Some(picture),
            RecorderMessage::Look => self.tell_status(self.control.phase()),
            RecorderMessage::End(reason) => return Some(reason),
        }
        None
    }

    fn keep(&mut self, events: Vec<LogEvent>) {
        let time_millis = wall_millis();
        let mut entries = Vec::with_capacity(events.len());
        for event in events {
            match Payload::compressed(&event) {
                Ok(event) => entries.push(LogEntry { offset: Offset(self.offset), time_millis, event }),
                Err(error) => self.complain(&error.to_string()),
            }
            self.offset += 1;
        }
        if entries.is_empty() {
            return;
        }
        let written = self.journal.as_mut().map_or(Ok(()), |it| it.append(&entries));
        if let Err(error) = written {
            self.complain(&error.to_string());
        }
        if let Some(publisher) = &self.publisher
            && let Err(error) = publisher.update(|it| it.log(entries))
        {
            self.complain(&error.to_string());
        }
    }

    /// Says once what is wrong.
    fn complain(&mut self, words: &str) {
        if self.fault.is_none() {
            self.control.say(words.to_owned());
            self.fault = Some(words.to_owned());
        }
    }

    fn tell_status(&mut self, phase: Phase) {
        let (since, steps, mut rate) = self.told;
        let (step, seconds) = (self.pending.step(), since.elapsed().as_secs_f64());
        if seconds >= STATUS_EVERY.as_secs_f64() {
            rate = (step - steps) as f64 / seconds;
            self.told = (Instant::now(), step, rate);
        }
        let status = Status {
            phase,
            step,
            episode: self.pending.episodes(),
            steps_per_second: rate,
            run_hash: self.pending.hash(),
            last_return: self.pending.last_return(),
            ..Status::default()
        };
        self.tell_state(&StateEvent::Status(status));
    }

    fn tell_picture(&mut self) {
        let Some(picture) = self.picture.take().filter(|_| self.publisher.is_some()) else { return };
        self.pictured = Some(Instant::now());
        match picture.encoded() {
            Ok(image) => self.tell_state(&StateEvent::Image(image)),
            Err(error) => self.complain(&error.to_string()),
        }
    }

    fn tell_state(&mut self, event: &StateEvent) {
        let Some(publisher) = &self.publisher else { return };
        let kind = event.kind();
        let sequence = self.sequences.entry(kind).or_default();
        match Payload::compressed(event) {
            Ok(event) => {
                let entry = StateEntry { kind, sequence: *sequence, event };
                *sequence += 1;
                publisher.update(|it| it.state(vec![entry]));
            }
            Err(error) => self.complain(&error.to_string()),
        }
    }
}
