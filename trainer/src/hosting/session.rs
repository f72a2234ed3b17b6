//! The training loop of one run.

use super::manner::Manner;
use crate::Error;
use crate::clock::{Clock, wall_millis};
use crate::connection::{Inbound, Publisher, RelayState};
use crate::delivery;
use crate::episode_table::EpisodeTable;
use crate::machine::{Machine, Phase};
use crate::progress::{Goal, Progress};
use crate::publication::{Publication, Request};
use crate::records::keeper::{Keeper, SAMPLING};
use crate::records::{RecordsError, directory};
use crate::signals;
use crate::summary::Summary;
use crate::threads::Threads;
use run::Run;
use run::host::{Host, Turn};
use shared::command::{Answer, Command};
use shared::event::{self, EndReason, LogEvent, Severity};
use shared::message::LogEntry;
use shared::{RunId, codec};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Time at full speed between two looks at commands.
const SLICE_MILLIS: f64 = 8.0;
/// Longest sleep of a run that waits.
const LONGEST_NAP: Duration = Duration::from_millis(100);
/// Room for what a run's first event says beside its spec and the description of its environment.
const ROOM: usize = 64 << 10;

/// What a session begins with.
pub(crate) struct Beginning {
    pub(crate) run: Run,
    pub(crate) goal: Goal,
    /// Its name at the relay.
    pub(crate) name: RunId,
    pub(crate) keeper: Option<Keeper>,
    pub(crate) table: Option<EpisodeTable>,
    /// Whether the standard input is held open by whoever started this process, and the run ends with it.
    pub(crate) ends_with_input: bool,
}

/// A run on its way.
#[expect(clippy::struct_excessive_bools, reason = "each is a wish or a fault of its own")]
pub(crate) struct Session<'a> {
    manner: &'a Manner,
    host: Host,
    clock: Clock,
    goal: Goal,
    inbound: Receiver<Inbound>,
    publisher: Option<Publisher>,
    table: Option<EpisodeTable>,
    keeper: Option<Keeper>,
    /// Why the last save failed, if it did.
    unsaved: Option<RecordsError>,
    /// Whether somebody asked for a save.
    wants_save: bool,
    failed: bool,
    relay: RelayState,
    progress: Progress,
    machine: Machine,
    /// Whether the process ends with its run, though no end is set.
    ends_when_stopped: bool,
    interrupted: bool,
    begun: Instant,
    first_step: u64,
}

impl<'a> Session<'a> {
    /// Listens for signals, and lets the run go.
    pub(crate) fn begin(beginning: Beginning, manner: &'a Manner) -> Result<Self, Error> {
        let Beginning { mut run, goal, name, keeper, table, ends_with_input } = beginning;
        if manner.relay.is_some() {
            check_size(&run)?;
        }
        let (sender, inbound) = mpsc::channel();
        signals::interrupt(sender.clone())?;
        if ends_with_input {
            signals::end_with_input(sender.clone())?;
        }
        if let Some(threads) = Threads::some(manner.threads)? {
            run.work_with(threads);
        }
        let now = wall_millis();
        let first_step = run.step();
        if let Some(keeper) = &keeper {
            run.sample_episodes(SAMPLING, &keeper.sampled());
        }
        let mut host = Host::new(run, codec::compressed, now);
        if table.is_some() {
            host.tell_every_episode();
        }
        let publisher = match &manner.relay {
            Some(address) => {
                let mut publication = Publication::new(name, manner.to.outbox());
                publication.begin(host.epoch(), now);
                Some(Publisher::start(manner.to.line(address)?, publication, sender)?)
            }
            None => None,
        };
        host.command(Command::SetSpeed { speed: manner.speed });
        host.command(Command::SetHeadless { headless: manner.headless });
        let mut progress = Progress::new(goal);
        if let Some(keeper) = &keeper {
            progress.say(&format!("kept in {}", keeper.directory().path().display()));
        }
        let mut session = Self {
            manner,
            host,
            clock: Clock::begin(),
            goal,
            inbound,
            publisher,
            table,
            keeper,
            unsaved: None,
            wants_save: false,
            failed: false,
            relay: RelayState::Connecting,
            progress,
            machine: Machine::begin(first_step),
            ends_when_stopped: ends_with_input,
            interrupted: false,
            begun: Instant::now(),
            first_step,
        };
        session.set_last_step();
        session.resume();
        Ok(session)
    }

    /// Turns the host until the goal is reached or somebody ends the run.
    pub(crate) fn drive(&mut self) -> Result<EndReason, Error> {
        loop {
            let wants_state = self.relay == RelayState::Connected;
            self.machine.mark(Phase::Waiting);
            let turn = self.host.turn(&mut self.clock, SLICE_MILLIS, wants_state)?;
            self.machine.mark(Phase::Training);
            let idle_millis = turn.idle_millis;
            self.pass_on(turn);
            self.measure(false);
            let relay = self.publisher.is_some().then_some(&self.relay);
            self.progress.update(self.host.run(), relay);
            if let Some(reason) = self.outcome() {
                return Ok(reason);
            }
            if self.wants_save || self.keeper.as_ref().is_some_and(|it| it.is_due(self.host.run().step())) {
                self.save(None)?;
            }
            self.machine.mark(Phase::Saving);
            let nap = idle_millis.map_or(LONGEST_NAP, |it| Duration::from_secs_f64(it / 1000.0).min(LONGEST_NAP));
            match self.inbound.recv_timeout(nap) {
                Ok(inbound) => self.obey(inbound),
                Err(RecvTimeoutError::Timeout) => {}
                // The sender for signals lives as long as the process.
                Err(RecvTimeoutError::Disconnected) => return Ok(EndReason::Stopped),
            }
        }
    }

    /// Ends the run, saves it, and lets the relay have its last events: whoever watches sees how it ended, even if the
    /// relay is reached only now. Gives what went wrong with files and relay, too.
    pub(crate) fn end(mut self, reason: EndReason, save: Option<&Path>) -> Result<(Summary, Vec<Error>), Error> {
        let seconds = self.begun.elapsed().as_secs_f64();
        // A disk that takes no file is no reason to keep the last events from the relay.
        let saved = save.map_or(Ok(()), |file| directory::write_agent(file, &self.host.save()));
        let mut faults: Vec<Error> = saved.err().map(Into::into).into_iter().collect();
        self.measure(true);
        self.save(Some(reason))?;
        faults.extend(self.unsaved.take().map(Error::from));
        // It may have been ended by command; then that is its end.
        self.host.end(reason).ok();
        self.host.resend_state();
        let turn = self.host.turn(&mut self.clock, 0.0, true)?;
        self.pass_on(turn);
        faults.extend(self.table.take().and_then(|table| table.end().err()));
        if let (Some(publisher), Some(address)) = (self.publisher.take(), &self.manner.relay) {
            let (to, progress) = (&self.manner.to, &mut self.progress);
            let patience = to.patience();
            let relay = delivery::last_words(&publisher, &self.inbound, patience, progress, self.relay);
            faults.extend(delivery::keep(&publisher, address, &to.folder(), &relay, patience));
        }
        self.progress.finish();
        let worth = self.host.worth();
        let run = self.host.run();
        let steps = run.step().saturating_sub(self.first_step);
        Ok((Summary::new(run, worth, reason, steps, seconds), faults))
    }

    /// Saves into the run directory, where there is one. A disk that takes nothing is told, and tried again when the next save is due.
    fn save(&mut self, ended: Option<EndReason>) -> Result<(), Error> {
        self.wants_save = false;
        let Some(keeper) = &mut self.keeper else { return Ok(()) };
        if self.failed {
            // The weights of the last save are the last good ones.
            match keeper.fail(self.host.run()) {
                Ok(path) if ended.is_some() => self.progress.say(&after_failure(&path, keeper.directory().path())),
                Ok(_) => {}
                Err(error) => self.unsaved = Some(error),
            }
            return Ok(());
        }
        let checkpoint = self.host.save();
        let entries = self.host.flush(&mut self.clock)?;
        self.keep(&entries);
        let sample = self.host.take_sample();
        if let Some(keeper) = &mut self.keeper {
            self.unsaved = keeper.save(self.host.run(), &checkpoint, sample, ended).err();
        }
        if let (Some(error), None) = (&self.unsaved, ended) {
            self.progress.say(&format!("not saved: {error}; the run goes on, and the next save tries again"));
        }
        self.publish(Turn { log: entries, ..Turn::default() });
        self.set_last_step();
        Ok(())
    }

    /// Tells what the run takes of the machine, where somebody keeps or watches it.
    fn measure(&mut self, at_once: bool) {
        self.machine.mark(Phase::Publishing);
        if self.keeper.is_some() || self.publisher.is_some() {
            let run = self.host.run();
            let moves = run.phase() == event::Phase::Running || at_once;
            if let Some(values) = self.machine.report(run.step(), at_once).filter(|_| moves) {
                self.host.tell_metrics(values);
            }
        }
    }

    /// Lets the run stop where it ends or is to be saved next.
    fn set_last_step(&mut self) {
        let end = if let Goal::Steps(steps) = self.goal { steps } else { u64::MAX };
        let next = self.keeper.as_ref().map_or(u64::MAX, Keeper::next_step);
        self.host.stop_at_step(end.min(next));
    }

    /// Hands on what a turn brought.
    fn pass_on(&mut self, turn: Turn) {
        if let Some(table) = &mut self.table {
            table.push(&turn.told);
        }
        self.keep(&turn.last_log);
        if turn.new_epoch {
            self.begin_anew();
        }
        self.keep(&turn.log);
        self.publish(turn);
    }

    /// A command let another run begin in this process: it gets a directory of its own.
    fn begin_anew(&mut self) {
        self.failed = false;
        let Some(keeper) = &mut self.keeper else { return };
        match keeper.begin_anew(self.host.run()) {
            Ok(()) => self.progress.say(&format!("kept in {} from here on", keeper.directory().path().display())),
            Err(error) => {
                self.progress.say(&format!("not kept any longer: {error}"));
                (self.unsaved, self.keeper) = (Some(error), None);
            }
        }
    }

    /// Writes log entries into the run directory, and shows notices to the person at the terminal.
    fn keep(&mut self, entries: &[LogEntry]) {
        let mut events = Vec::with_capacity(entries.len());
        for entry in entries {
            let Ok(event) = entry.event.decode() else { continue };
            if let LogEvent::Notice { severity, text } = &event {
                self.progress.say(text);
                self.failed |= *severity == Severity::Error;
            }
            events.push((entry.time_millis, event));
        }
        if let Some(keeper) = &mut self.keeper
            && let Err(error) = keeper.take(events.iter().map(|(millis, event)| (*millis, event)))
        {
            self.progress.say(&format!("not written: {error}; the run goes on, and it is tried again"));
        }
    }

    /// Why the loop ends, if it does.
    fn outcome(&self) -> Option<EndReason> {
        let run = self.host.run();
        match self.goal {
            _ if self.interrupted => Some(EndReason::Stopped),
            Goal::Endless if !self.ends_when_stopped => None,
            Goal::Steps(steps) if run.step() >= steps => Some(EndReason::Completed),
            Goal::Episodes(episodes) if run.episode() >= episodes => Some(EndReason::Completed),
            _ if self.failed => Some(EndReason::Failed),
            _ => (run.phase() == event::Phase::Ended).then_some(EndReason::Stopped),
        }
    }

    fn publish(&mut self, turn: Turn) {
        let Some(publisher) = &self.publisher else { return };
        let nothing = turn.log.is_empty() && turn.state.is_empty() && !turn.new_epoch;
        if nothing {
            return;
        }
        let epoch = self.host.epoch();
        let kept = publisher.update(|publication| {
            let mut kept = publication.log(turn.last_log);
            if turn.new_epoch {
                publication.begin(epoch, wall_millis());
            }
            kept = publication.log(turn.log).and(kept);
            publication.state(turn.state);
            kept
        });
        if let Err(error) = kept {
            self.progress.say(&error.to_string());
        }
    }

    fn obey(&mut self, inbound: Inbound) {
        match inbound {
            Inbound::Command(request, command) => self.command(request, command),
            Inbound::SendState => self.host.resend_state(),
            Inbound::Notice(words) => self.progress.say(&words),
            Inbound::Interrupt => self.interrupted = true,
            // It has said why.
            Inbound::Over => {}
            Inbound::Relay(state) => {
                self.progress.say(&state.to_string());
                self.relay = state;
            }
        }
    }

    fn command(&mut self, request: Request, command: Command) {
        let starts = matches!(command, Command::Start { .. });
        self.wants_save |= matches!(command, Command::Save {});
        let command = match (command, self.goal) {
            (Command::Resume { until_episode }, Goal::Episodes(end)) => {
                Command::Resume { until_episode: Some(until_episode.unwrap_or(end).min(end)) }
            }
            (command, _) => command,
        };
        let answer = self.host.command(command);
        if starts && matches!(answer, Answer::Accepted { .. }) {
            self.resume();
        }
        if let Some(publisher) = &self.publisher {
            publisher.answer(request, answer);
        }
    }

    /// Lets the run go, up to its goal.
    fn resume(&mut self) {
        let until_episode = match self.goal {
            Goal::Episodes(episodes) => Some(episodes),
            Goal::Endless | Goal::Steps(_) => None,
        };
        self.host.command(Command::Resume { until_episode });
    }
}

/// What every viewer is told of the run must fit into one message; a table from a file may be larger.
fn check_size(run: &Run) -> Result<(), Error> {
    let bytes = codec::to_bytes(run.spec())?.len() + codec::to_bytes(run.description())?.len();
    let most = codec::MOST_EVENT_BYTES - ROOM;
    if bytes > most { Err(Error::LargeSpec { bytes, most }) } else { Ok(()) }
}

/// Where the last good weights are, and how to go on with them.
fn after_failure(weights: &Path, directory: &Path) -> String {
    format!(
        "the last good weights are in {}; `terrarium resume {} --set NAME=VALUE` goes on from there with other settings, e.g. a \
         smaller learning rate",
        weights.display(),
        directory.display()
    )
}
