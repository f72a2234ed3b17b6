//! A host: one run, paced by a clock that its caller reads, its events numbered and encoded.
//!
//! A Web Worker and a native process both turn the same handle: commands in, [`HostTurn`]s out.
//!
//! Nothing leaves that no message holds: events above [`MOST_EVENT_BYTES`] are named in the log instead.

use crate::error::RunError;
use crate::optimum::{NoPolicyValue, PolicyValue};
use crate::pacer::{Pacer, RateMeter};
use crate::run::Run;
use shared::artifact::Artifact;
use shared::checkpoint::Checkpoint;
use shared::codec::{CodecError, MOST_EVENT_BYTES, Packing, Payload};
use shared::command::{Answer, Command};
use shared::episode::{MOST_TOLD, RecordedEpisode};
use shared::event::{EndReason, LogEvent, Phase, Severity, Speed, StateEvent, StateKind};
use shared::identity::{Epoch, Offset};
use shared::message::{LogEntry, StateEntry};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Least time between two log flushes: 16 a second, each a bin and its metrics once the run's milestones are behind it.
const LOG_EVERY_MILLIS: f64 = 62.5;
/// Log events that leave within a second at most.
const MOST_LOGGED: usize = 60;
/// Steps between two looks at the clock at full speed, at first.
const FIRST_CHUNK: u64 = 1024;
/// What a chunk should take.
const CHUNK_MILLIS: f64 = 1.0;
/// Backups of the exact solution between two steps of the handle: about two milliseconds of it.
const BACKUPS_PER_TURN: usize = 400_000;

/// Least time between two state events of a kind.
const fn every_millis(kind: StateKind) -> f64 {
    match kind {
        StateKind::Frame => 1000.0 / 61.0,
        StateKind::Values => 1000.0 / 31.0,
        StateKind::Status | StateKind::Network => 100.0,
        StateKind::OptimalSolution | StateKind::RecordedEpisodes | StateKind::Host | StateKind::Image => 500.0,
    }
}

/// The clocks by which a handle is turned, as its caller reads them.
pub trait Clock {
    /// Milliseconds that only ever grow, whatever becomes of the clock on the wall: pace, slices and limits keep to them.
    fn uptime_millis(&mut self) -> f64;

    /// Milliseconds since 1970, which somebody may set back: time stamps alone are made of them.
    fn wall_millis(&mut self) -> f64;
}

/// A clock that counts from 1970 and cannot be set.
impl<F: FnMut() -> f64> Clock for F {
    fn uptime_millis(&mut self) -> f64 {
        self()
    }

    fn wall_millis(&mut self) -> f64 {
        self()
    }
}

/// How often, and when last, the state of a slot was sent.
#[derive(Clone, Copy, Debug, Default)]
struct StateSlot {
    sequence: u64,
    sent_millis: f64,
    revision: Option<u64>,
    /// Whether somebody was told in this epoch that it is too large to be sent.
    told_too_large: bool,
}

/// What a turn of the handle brought.
#[derive(Debug, Default)]
pub struct HostTurn {
    /// Whether a new epoch began: earlier entries are over, offsets start from 0.
    pub new_epoch: bool,
    /// With a new epoch: what the one before had not sent yet, for those who keep its history.
    pub last_log: Vec<LogEntry>,
    /// New log entries, in order.
    pub log: Vec<LogEntry>,
    /// New state events, at most one of a kind.
    pub state: Vec<StateEntry>,
    /// What began and ended, with every episode one by one, where that was asked for: see [`Host::tell_every_episode`].
    pub told: Vec<LogEvent>,
    /// How long nothing is due, in milliseconds; 0 at full speed, none while the run holds.
    pub idle_millis: Option<f64>,
}

/// One run, and what has been sent of it.
#[derive(Debug)]
pub struct Host {
    run: Run,
    life: u64,
    epoch: Epoch,
    next_offset: Offset,
    slots: [StateSlot; StateKind::ALL.len()],
    pacer: Pacer,
    meter: RateMeter,
    log_millis: f64,
    /// When log events of the last second left, and how many.
    logged: VecDeque<(f64, usize)>,
    chunk: u64,
    was_moving: bool,
    /// What looking for the exact values has taken of the present epoch.
    solving_millis: f64,
    last_step: u64,
    /// Events of the hosted life that were taken from the run already.
    drained: Vec<LogEvent>,
    /// What [`HostTurn::told`] is to hold, where it is asked for.
    told: Option<Vec<LogEvent>>,
    packing: Packing,
}

impl Host {
    /// Hosts a run whose events are packed so. `wall_millis`, in milliseconds since 1970, names the first epoch.
    pub fn new(run: Run, packing: Packing, wall_millis: f64) -> Self {
        Self {
            life: run.life(),
            pacer: Pacer::new(run.pace(), 0.0),
            run,
            epoch: Epoch(wall_millis as u64),
            next_offset: Offset(0),
            slots: [StateSlot::default(); StateKind::ALL.len()],
            meter: RateMeter::default(),
            log_millis: f64::NEG_INFINITY,
            logged: VecDeque::new(),
            chunk: FIRST_CHUNK,
            was_moving: false,
            solving_millis: 0.0,
            last_step: u64::MAX,
            drained: Vec::new(),
            told: None,
            packing,
        }
    }

    /// The run.
    pub const fn run(&self) -> &Run {
        &self.run
    }

    /// What the run's learned policy is worth: see [`Run::worth`].
    pub fn worth(&mut self) -> Option<Result<PolicyValue, NoPolicyValue>> {
        self.run.worth()
    }

    /// The present epoch.
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Number of log entries of the present epoch that have left.
    pub const fn next_offset(&self) -> Offset {
        self.next_offset
    }

    /// Passes a command on to the run.
    pub fn command(&mut self, command: Command) -> Answer {
        if matches!(command, Command::GetState {}) {
            self.resend_state();
        }
        self.log_millis = f64::NEG_INFINITY;
        // A command may begin another life, and with it the log anew.
        if self.life == self.run.life() {
            self.drained.append(&mut self.run.drain_log());
        }
        self.run.command(command)
    }

    /// Lets every turn tell every episode one by one, however many there are. The log still tells the first of them only.
    pub fn tell_every_episode(&mut self) {
        self.run.tell_every_episode();
        self.told = Some(Vec::new());
    }

    /// The run as it stands, however large, for a file. The log has its metrics up to here; [`Self::tell_saved`] says there that it
    /// was saved.
    ///
    /// # Errors
    /// [`RunError::NoLearner`].
    pub fn save(&mut self) -> Result<Checkpoint, RunError> {
        self.run.report_metrics();
        self.run.checkpoint()
    }

    /// Puts into the log that the run as it stands was saved, and as which file, where others may ask for that.
    pub fn tell_saved(&mut self, file: Option<&Artifact>) {
        self.log_millis = f64::NEG_INFINITY;
        self.run.tell_saved(file);
    }

    /// Ends the run for a reason that is no command's; why not, if it has ended already.
    pub fn end(&mut self, reason: EndReason) -> Result<(), String> {
        self.run.end(reason)
    }

    /// Makes no step beyond so many of the run; what happens then is the caller's to decide.
    pub const fn stop_at_step(&mut self, step: u64) {
        self.last_step = step;
    }

    /// The log entries that have not left yet, with no step between them and what [`Self::save`] gave; none where a new epoch is
    /// about to begin.
    pub fn flush(&mut self, clock: &mut dyn Clock) -> Result<Vec<LogEntry>, CodecError> {
        if self.life != self.run.life() {
            return Ok(Vec::new());
        }
        self.drained.append(&mut self.run.drain_log());
        let entries = self.number_drained(clock.wall_millis())?;
        let now = clock.uptime_millis();
        self.log_millis = now;
        self.logged.push_back((now, entries.len()));
        Ok(entries)
    }

    /// Puts metrics of whoever hosts the run into its log, such as those of the machine.
    pub fn tell_metrics(&mut self, values: BTreeMap<String, f64>) {
        self.run.tell_metrics(values);
    }

    /// The whole episodes that entered the run's sample: see [`Run::take_sample`].
    pub fn take_sample(&mut self) -> (Vec<RecordedEpisode>, BTreeSet<u64>) {
        self.run.take_sample()
    }

    /// Lets every state event be sent anew, for somebody who just came.
    pub fn resend_state(&mut self) {
        for slot in &mut self.slots {
            slot.revision = None;
            slot.sent_millis = f64::NEG_INFINITY;
        }
    }

    /// Computes for about `slice_millis` at full speed, or makes the steps that are due, and gives what is to be
    /// sent. Without `wants_state` state events wait for a later turn.
    pub fn turn(
        &mut self,
        clock: &mut dyn Clock,
        slice_millis: f64,
        wants_state: bool,
    ) -> Result<HostTurn, CodecError> {
        let begun = clock.uptime_millis();
        let moving = self.run.is_moving();
        if moving && !self.was_moving {
            self.pacer.restart(begun);
        }
        self.was_moving = moving;
        self.pacer.set_speed(self.run.pace(), begun);
        if moving {
            match self.pacer.due(begun) {
                Some(due) => {
                    self.run.advance(due.min(self.steps_left()));
                }
                None => self.advance_for(clock, begun, slice_millis),
            }
        }
        if self.run.is_solving() {
            let (before, looking) = (clock.uptime_millis(), self.run.solution_revision() == 0);
            self.run.solve(BACKUPS_PER_TURN);
            if looking {
                self.solving_millis += clock.uptime_millis() - before;
            }
        }
        let now = clock.uptime_millis();
        let mut turn = HostTurn { idle_millis: self.idle(now), ..HostTurn::default() };
        if self.life != self.run.life() {
            let wall = clock.wall_millis();
            turn.last_log = self.number_drained(wall)?;
            self.begin_epoch(wall);
            turn.new_epoch = true;
        }
        let holding = !self.run.is_moving();
        let news = self.run.news() + self.drained.len();
        if news > 0 && (holding || now - self.log_millis >= LOG_EVERY_MILLIS && self.has_room(now, news)) {
            self.log_millis = now;
            self.drained.append(&mut self.run.drain_log());
            turn.log = self.number_drained(clock.wall_millis())?;
            self.logged.push_back((now, turn.log.len()));
        }
        turn.told = self.told.as_mut().map(std::mem::take).unwrap_or_default();
        let rate = self.meter.update(now, self.run.step());
        let rate = if holding { 0.0 } else { rate };
        if wants_state {
            for kind in StateKind::ALL {
                turn.state.extend(self.state(kind, now, rate, holding)?);
            }
            if holding && self.run.news() > 0 {
                // What is too large was named.
                turn.idle_millis = Some(0.0);
            }
        }
        Ok(turn)
    }

    fn advance_for(&mut self, clock: &mut dyn Clock, begun: f64, slice_millis: f64) {
        let mut now = begun;
        while now - begun < slice_millis && self.run.phase() == Phase::Running && self.steps_left() > 0 {
            self.run.advance(self.chunk.min(self.steps_left()));
            let after = clock.uptime_millis();
            let took = after - now;
            if took < CHUNK_MILLIS / 2.0 {
                self.chunk = (self.chunk * 2).min(1 << 22);
            } else if took > CHUNK_MILLIS * 2.0 {
                self.chunk = (self.chunk / 2).max(16);
            }
            now = after;
        }
    }

    /// Whether so many more log events may leave within this second. What comes alone always may.
    fn has_room(&mut self, now: f64, news: usize) -> bool {
        self.logged.retain(|(millis, _)| now - millis < 1000.0);
        let logged: usize = self.logged.iter().map(|(_, events)| events).sum();
        logged == 0 || logged + news <= MOST_LOGGED
    }

    /// Encodes what was drained, and forgets it once all of it is.
    fn number_drained(&mut self, wall: f64) -> Result<Vec<LogEntry>, CodecError> {
        let (mut entries, mut offset) = (Vec::with_capacity(self.drained.len()), self.next_offset);
        for event in &mut self.drained {
            if let Some(told) = self.told.as_mut().filter(|_| has_episodes(event)) {
                told.push(event.clone());
            }
            if let LogEvent::Episodes(bin) = event
                && bin.last_episode >= MOST_TOLD
            {
                bin.each = None;
            }
            let event = match Payload::packed(event, self.packing) {
                Err(CodecError::TooLarge { bytes, .. }) => Payload::packed(&left_out("An event", bytes), self.packing)?,
                packed => packed?,
            };
            entries.push(LogEntry { offset, time_millis: wall, event });
            offset = offset.next();
        }
        self.drained.clear();
        self.next_offset = offset;
        Ok(entries)
    }

    const fn steps_left(&self) -> u64 {
        self.last_step.saturating_sub(self.run.step())
    }

    fn idle(&self, now: f64) -> Option<f64> {
        if self.run.is_solving() {
            return Some(0.0);
        }
        if !self.run.is_moving() {
            return None;
        }
        Some(self.pacer.wait_millis(now).unwrap_or(0.0))
    }

    fn begin_epoch(&mut self, wall: f64) {
        self.life = self.run.life();
        self.epoch = Epoch((wall as u64).max(self.epoch.0 + 1));
        self.next_offset = Offset(0);
        self.slots = [StateSlot::default(); StateKind::ALL.len()];
        self.solving_millis = 0.0;
        self.log_millis = f64::NEG_INFINITY;
        self.meter = RateMeter::default();
    }

    fn state(&mut self, kind: StateKind, now: f64, rate: f64, holding: bool) -> Result<Option<StateEntry>, CodecError> {
        let revision = match kind {
            StateKind::OptimalSolution => self.run.solution_revision(),
            StateKind::RecordedEpisodes => self.run.episode(),
            StateKind::Status => self.run.revision().wrapping_add(u64::from(holding)),
            StateKind::Frame | StateKind::Values | StateKind::Network => self.run.revision(),
            // Told by what hosts several runs, and by publishers whose environments are not ours.
            StateKind::Host | StateKind::Image => return Ok(None),
        };
        let slot = &self.slots[kind as usize];
        let wanted = !self.run.headless() || matches!(kind, StateKind::Status | StateKind::RecordedEpisodes);
        // A holding run shows its last state at once.
        let due = slot.revision.is_none() || holding || now - slot.sent_millis >= every_millis(kind);
        if slot.revision == Some(revision) || !wanted || !due {
            return Ok(None);
        }
        let event = match kind {
            StateKind::Status => Some(StateEvent::Status(self.run.status(rate))),
            StateKind::Frame => self.run.frame().map(StateEvent::Frame),
            StateKind::Values => self.run.values().map(StateEvent::Values),
            StateKind::OptimalSolution => {
                self.run.optimal_solution(self.solving_millis / 1000.0).map(StateEvent::OptimalSolution)
            }
            StateKind::RecordedEpisodes => Some(StateEvent::RecordedEpisodes(self.run.recorded_episodes())),
            StateKind::Network => self.run.network().map(StateEvent::Network),
            StateKind::Host | StateKind::Image => None,
        };
        let slot = &mut self.slots[kind as usize];
        slot.revision = Some(revision);
        slot.sent_millis = now;
        let Some(event) = event else { return Ok(None) };
        let event = match Payload::packed(&event, self.packing) {
            Err(CodecError::TooLarge { bytes, .. }) => {
                if !std::mem::replace(&mut slot.told_too_large, true) {
                    self.run.tell(left_out(words(kind), bytes));
                }
                return Ok(None);
            }
            packed => packed?,
        };
        let sequence = slot.sequence;
        slot.sequence += 1;
        Ok(Some(StateEntry { kind, sequence, event }))
    }

    /// The speed that the run is asked to go at.
    pub fn pace(&self) -> Speed {
        self.run.pace()
    }
}

/// Whether a table of episodes is made of it.
const fn has_episodes(event: &LogEvent) -> bool {
    matches!(event, LogEvent::RunStarted { .. } | LogEvent::Episodes(_))
}

/// What a state event shows.
const fn words(kind: StateKind) -> &'static str {
    match kind {
        StateKind::Status => "The status",
        StateKind::Frame => "The picture",
        StateKind::Values => "The table of values",
        StateKind::OptimalSolution => "The exact solution",
        StateKind::RecordedEpisodes => "The list of kept episodes",
        StateKind::Network => "The picture of the network",
        StateKind::Host => "The list of runs",
        StateKind::Image => "The image",
    }
}

/// What stands in the log for something that no message holds.
fn left_out(what: &str, bytes: usize) -> LogEvent {
    let text = format!(
        "{what} of {bytes} bytes is left out: a message holds {MOST_EVENT_BYTES}. The run goes on, and everything else is \
         shown."
    );
    LogEvent::Notice { severity: Severity::Warning, text }
}
