//! The training loop of one run.

mod commands;
mod saving;

use super::manner::HostingManner;
use crate::Error;
use crate::clock::{ProcessClock, wall_millis};
use crate::connection::{Inbound, Publisher, RelayState};
use crate::delivery;
use crate::episode_table::EpisodeTable;
use crate::machine::{Machine, MachinePhase};
use crate::placing::Placed;
use crate::progress::{Goal, TerminalProgress};
use crate::publication::Publication;
use crate::records::RecordsError;
use crate::records::files::{self, FileBefore};
use crate::records::keeper::{RunKeeper, SAMPLING};
use crate::shell::word;
use crate::signals;
use crate::summary::TrainingSummary;
use crate::threads::Threads;
use run::Run;
use run::host::{Host, HostTurn};
use saving::Leaving;
use shared::checkpoint::Checkpoint;
use shared::command::Command;
use shared::curve::Curve;
use shared::episode::EpisodeBin;
use shared::event::{self, EndReason, LogEvent, Severity};
use shared::history::{History, MOST_KEPT};
use shared::message::LogEntry;
use shared::{RunId, codec};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Time at full speed between two looks at commands.
const SLICE_MILLIS: f64 = 8.0;
/// Longest sleep of a run that waits.
const LONGEST_NAP: Duration = Duration::from_millis(100);
/// Room for what a run's first event says beside its spec and the description of its environment.
const ROOM: usize = 64 << 10;

/// Most bins of a run's curve that are held.
const MOST_BINS: usize = 2 * MOST_KEPT;

/// What a session begins with.
pub(crate) struct SessionBeginning {
    pub(crate) run: Run,
    /// The episodes that it made before.
    pub(crate) past: Curve,
    /// Where its networks compute.
    pub(crate) placed: Placed,
    pub(crate) goal: Goal,
    /// Its name at the relay.
    pub(crate) name: RunId,
    pub(crate) keeper: Option<RunKeeper>,
    pub(crate) table: Option<EpisodeTable>,
    /// Whether the standard input is held open by whoever started this process, and the run ends with it.
    pub(crate) ends_with_input: bool,
}

/// The episodes that a saved run made, as far as it brought them along.
pub(crate) fn past(checkpoint: &Checkpoint) -> Curve {
    History::from_column(&checkpoint.curves).unwrap_or_default().into_parts(MOST_BINS).0
}

/// A run on its way.
#[expect(clippy::struct_excessive_bools, reason = "each is a request or a fault of its own")]
pub(crate) struct HostedSession<'a> {
    manner: &'a HostingManner,
    device: Option<deep::Device>,
    host: Host,
    /// All episodes so far, for the files that the run is saved into.
    curve: Curve,
    clock: ProcessClock,
    goal: Goal,
    inbound: Receiver<Inbound>,
    publisher: Option<Publisher>,
    table: Option<EpisodeTable>,
    keeper: Option<RunKeeper>,
    /// Why the last save failed, if it did.
    unsaved: Option<RecordsError>,
    /// Whether somebody asked for a save.
    wants_save: bool,
    leaving: Leaving,
    failed: bool,
    relay: RelayState,
    /// The last file of which it was said that log events wait there.
    told_spill: Option<PathBuf>,
    progress: TerminalProgress,
    machine: Machine,
    /// Whether the process ends with its run, though no end is set.
    ends_when_stopped: bool,
    interrupted: bool,
    begun: Instant,
    first_step: u64,
}

impl<'a> HostedSession<'a> {
    /// Listens for signals, and lets the run go.
    pub(crate) fn begin(beginning: SessionBeginning, manner: &'a HostingManner) -> Result<Self, Error> {
        let SessionBeginning { mut run, past, placed, goal, name, keeper, mut table, ends_with_input } = beginning;
        check(manner, &run)?;
        if let Some(threads) = Threads::some(manner.threads)? {
            run.work_with(threads);
        }
        let relay = match &manner.relay {
            Some(address) => Some((manner.to.outbox()?.of_run(name.clone()), manner.to.line(address)?)),
            None => None,
        };
        // Whatever could refuse the run has been asked, and Ctrl-C still ends a process that waits for the reader of a pipe.
        if let Some(table) = &mut table {
            table.begin()?;
        }
        let (sender, inbound) = mpsc::channel();
        signals::interrupt(sender.clone())?;
        if ends_with_input {
            signals::end_with_input(sender.clone())?;
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
        let publisher = match relay {
            Some((outbox, line)) => {
                let mut publication = Publication::new(name, outbox);
                publication.begin(host.epoch(), now);
                Some(Publisher::start(line, publication, sender)?)
            }
            None => None,
        };
        host.command(Command::SetSpeed { speed: manner.speed });
        host.command(Command::SetHeadless { headless: manner.headless });
        let mut progress = TerminalProgress::new(goal);
        if let Some(words) = &placed.words {
            progress.say(words);
        }
        if let Some(keeper) = &keeper {
            for words in keeper.words() {
                progress.say(&words);
            }
        }
        let mut session = Self {
            manner,
            device: placed.device,
            host,
            curve: past,
            clock: ProcessClock::begin(),
            goal,
            inbound,
            publisher,
            table,
            keeper,
            unsaved: None,
            wants_save: false,
            leaving: Leaving::begin(manner.save_every),
            failed: false,
            relay: RelayState::Connecting,
            told_spill: None,
            progress,
            machine: Machine::begin(first_step, placed.device),
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
            self.machine.mark(MachinePhase::Waiting);
            let turn = self.host.turn(&mut self.clock, SLICE_MILLIS, wants_state)?;
            self.machine.mark(MachinePhase::Training);
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
            self.leave(false)?;
            self.machine.mark(MachinePhase::Saving);
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
    pub(crate) fn end(
        mut self,
        reason: EndReason,
        save: Option<(&Path, &FileBefore)>,
    ) -> Result<(TrainingSummary, Vec<Error>), Error> {
        let seconds = self.begun.elapsed().as_secs_f64();
        self.progress.update_at_last(self.host.run(), self.publisher.is_some().then_some(&self.relay));
        // A disk that takes no file is no reason to keep the last events from the relay.
        let mut faults: Vec<Error> = Vec::new();
        if let Some((file, before)) = save {
            // What another run has learned is not written over.
            let other = before.has_changed(file).then(|| files::beside(file));
            let place = other.as_deref().unwrap_or(file);
            match self.checkpoint(place)?.and_then(|(_, bytes)| files::write(place, &bytes)) {
                Ok(()) => {
                    self.tell_saved(None)?;
                    faults.extend(other.map(|saved| Error::SavedBeside { path: file.to_owned(), saved }));
                }
                Err(error) => faults.push(error.into()),
            }
        }
        self.measure(true);
        self.save(Some(reason))?;
        self.leave(true)?;
        let unrecorded = self.keeper.as_mut().and_then(RunKeeper::take_unrecorded);
        faults.extend([self.unsaved.take(), unrecorded].into_iter().flatten().map(Error::from));
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
            faults.extend(delivery::keep(&publisher, address, &to.folder(), &relay));
        }
        self.progress.finish();
        let worth = self.host.worth();
        let run = self.host.run();
        let steps = run.step().saturating_sub(self.first_step);
        Ok((TrainingSummary::new(run, worth, reason, steps, seconds).on(self.device), faults))
    }

    /// Hands on what the log has and was not handed on.
    fn tell(&mut self) -> Result<(), Error> {
        let entries = self.host.flush(&mut self.clock)?;
        self.keep(&entries);
        self.publish(HostTurn { log: entries, ..HostTurn::default() });
        Ok(())
    }

    /// Tells what the run takes of the machine, where somebody keeps or watches it.
    fn measure(&mut self, at_once: bool) {
        self.machine.mark(MachinePhase::Publishing);
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
        let next = self.keeper.as_ref().map_or(u64::MAX, RunKeeper::next_step);
        self.host.stop_at_step(end.min(next));
    }

    /// Hands on what a turn brought.
    fn pass_on(&mut self, turn: HostTurn) {
        if let Some(table) = &mut self.table {
            table.push(&turn.told);
            self.interrupted |= table.has_no_reader();
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
        self.leaving = Leaving::begin(self.manner.save_every);
        self.curve = Curve::default();
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
            if let LogEvent::Episodes(bin) = &event {
                // Files hold no episode by itself.
                let bin = EpisodeBin { each: None, outcomes: bin.outcomes.clone(), ..*bin };
                self.curve.push(entry.time_millis, bin, MOST_BINS);
            }
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

    fn publish(&mut self, turn: HostTurn) {
        let Some(publisher) = &self.publisher else { return };
        let nothing = turn.log.is_empty() && turn.state.is_empty() && !turn.new_epoch;
        if nothing {
            return;
        }
        let epoch = self.host.epoch();
        let (kept, spill) = publisher.update(|publication| {
            let mut kept = publication.log(turn.last_log);
            if turn.new_epoch {
                publication.begin(epoch, wall_millis());
            }
            kept = publication.log(turn.log).and(kept);
            publication.state(turn.state);
            let spill = publication.outbox().spill_path().filter(|it| self.told_spill.as_deref() != Some(*it));
            (kept, spill.map(Path::to_owned))
        });
        if let (Some(spill), Some(address)) = (spill, &self.manner.relay) {
            self.progress.say(&format!(
                "log events wait for the relay in {0}; if this process is killed, `terrarium deliver {1} --relay {address}` sends them",
                spill.display(),
                word(&spill)
            ));
            self.told_spill = Some(spill);
        }
        if let Err(error) = kept {
            self.progress.say(&error.to_string());
        }
    }
}

/// Refuses what a run cannot be hosted with, before anything of it is kept or written.
pub(crate) fn check(manner: &HostingManner, run: &Run) -> Result<(), Error> {
    if let Some(address) = &manner.relay {
        check_size(run)?;
        manner.to.line(address)?;
    }
    if manner.threads > 1 && !agents::registry::has_network(&run.spec().agent.id) {
        return Err(Error::NoEffect { option: "--threads", needs: "an agent with a network, e.g. --agent ppo" });
    }
    Ok(())
}

/// What every viewer is told of the run must fit into one message; a table from a file may be larger.
fn check_size(run: &Run) -> Result<(), Error> {
    let bytes = codec::to_bytes(run.spec())?.len() + codec::to_bytes(run.description())?.len();
    let most = codec::MOST_EVENT_BYTES - ROOM;
    if bytes > most { Err(Error::LargeSpec { bytes, most }) } else { Ok(()) }
}
