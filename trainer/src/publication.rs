//! A publication: one run's stream towards the relay, as a state machine that knows no socket and no clock.
//!
//! The training loop puts in what its host gives; a connection takes out the next message and puts in what the relay
//! says. A log event is sent once per connection and kept until the relay has stored it; of state events only the
//! newest is kept.

use crate::outbox::{Chapter, Outbox};
use crate::spill::SpillError;
use crate::uploads::Uploads;
use shared::codec::MOST_EVENT_BYTES;
use shared::command::{Answer, Command};
use shared::event::StateKind;
use shared::message::{ClientMessage, ErrorCode, LogEntry, RunSummary, ServerMessage, StateEntry};
use shared::{Artifact, Epoch, RunId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A command's number, of one connection: another relay may use the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    connection: u64,
    number: u64,
}

/// What the relay wants of the training loop.
#[derive(Debug, PartialEq)]
pub enum RelayRequest {
    /// Obey this and answer under the number.
    Command(Request, Command),
    /// Send every state event anew: this relay has none.
    State,
    /// The run is published from elsewhere now: do not contend for its name.
    GiveUp(String),
    /// Words of the relay for the person at the terminal.
    Complaint(String),
    /// Words of our own.
    Words(String),
}

/// How far the present connection is.
#[derive(Debug, Default)]
struct ConnectionProgress {
    announced: Option<Epoch>,
    /// Offset of the next entry to send, once the relay has said where to begin.
    cursor: Option<u64>,
    showed_state: bool,
    withdrawn: bool,
}

/// One run's stream towards the relay.
#[derive(Debug)]
pub struct Publication {
    run: RunId,
    outbox: Outbox,
    states: BTreeMap<StateKind, StateEntry>,
    /// Those of them that the present connection has not sent.
    unsent: BTreeSet<StateKind>,
    answers: VecDeque<(u64, Answer)>,
    uploads: Uploads,
    link: ConnectionProgress,
    connections: u64,
    log_is_over: bool,
}

impl Publication {
    /// A publication under this name.
    pub fn new(run: RunId, outbox: Outbox) -> Self {
        let (states, unsent, answers, uploads, link) = Default::default();
        Self { run, outbox, states, unsent, answers, uploads, link, connections: 0, log_is_over: false }
    }

    /// A new epoch begins.
    pub fn begin(&mut self, epoch: Epoch, started_millis: f64) {
        self.outbox.begin(epoch, started_millis);
        self.states.clear();
        self.unsent.clear();
    }

    /// Takes log entries in. An error tells of the spill file; nothing is lost.
    pub fn log(&mut self, entries: Vec<LogEntry>) -> Result<(), SpillError> {
        let mut outcome = Ok(());
        for entry in entries {
            // The entries after one that is not spilled are kept all the same.
            outcome = self.outbox.push(entry);
        }
        outcome
    }

    /// Takes state events in; each replaces the one before of its kind. They are kept, for a relay that comes when nobody
    /// makes new ones any longer.
    pub fn state(&mut self, entries: Vec<StateEntry>) {
        for entry in entries {
            self.unsent.insert(entry.kind);
            self.states.insert(entry.kind, entry);
        }
    }

    /// Takes in what became of a command. If it came over an earlier connection, nobody waits for that any longer.
    pub fn answer(&mut self, request: Request, answer: Answer) {
        if request.connection == self.connections {
            self.answers.push_back((request.number, answer));
        }
    }

    /// Takes in a file that the log refers to. It goes when nothing else waits. Where the relay is away for long, older ones are
    /// given up for newer ones.
    pub fn leave(&mut self, file: Artifact) {
        self.uploads.push(file);
    }

    /// No more entries will come: once all are stored and all files are there, the run is withdrawn.
    pub const fn end(&mut self) {
        self.log_is_over = true;
    }

    /// The same under another name.
    #[must_use]
    pub fn called(self, run: RunId) -> Self {
        Self { run, ..self }
    }

    /// Everything is kept elsewhere: removes the file of what memory could not hold.
    pub fn discard_spill(&mut self) {
        self.outbox.discard_spill();
    }

    /// The run's name.
    pub const fn run(&self) -> &RunId {
        &self.run
    }

    /// The log, as far as it is kept.
    pub const fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The log, as far as it is kept, alone.
    #[cfg(test)]
    pub fn into_outbox(self) -> Outbox {
        self.outbox
    }

    /// The newest state events.
    pub fn states(&self) -> impl Iterator<Item = &StateEntry> {
        self.states.values()
    }

    /// Whether the relay was told that the run is no longer hosted.
    pub const fn is_withdrawn(&self) -> bool {
        self.link.withdrawn
    }

    /// A connection was made and greeted.
    pub fn connect(&mut self) {
        self.link = ConnectionProgress::default();
        self.connections += 1;
        self.answers.clear();
        self.unsent = self.states.keys().copied().collect();
        self.uploads.connect();
    }

    /// Why this would be in the way of another publisher, if these are the relay's runs.
    pub fn contends(&self, runs: &[RunSummary]) -> Option<String> {
        let other = runs.iter().find(|it| it.run == self.run)?;
        let newest = self.outbox.chapters().back().map_or(Epoch(0), Chapter::epoch);
        if other.live {
            Some(format!("run {} is being published there at the moment; deliver when that has ended", self.run))
        } else if other.epoch > newest {
            Some(format!(
                "run {} has a later epoch there, which this one would hide; deliver it under another name, with --run NAME",
                self.run
            ))
        } else {
            None
        }
    }

    /// The next message to send; none until something changes.
    pub fn next_message(&mut self) -> Result<Option<ClientMessage>, SpillError> {
        let run = self.run.clone();
        if let Some((request, answer)) = self.answers.pop_front() {
            return Ok(Some(ClientMessage::Answer { request, answer }));
        }
        let Some(announced) = self.link.announced else { return Ok(self.announce(0)) };
        let Some(cursor) = self.link.cursor else { return Ok(None) };
        let entries = self.outbox.read(announced, cursor)?;
        if let Some(last) = entries.last() {
            self.link.cursor = Some(last.offset.next().0);
            return Ok(Some(ClientMessage::Log { run, epoch: announced, entries }));
        }
        let newer = self.outbox.chapters().iter().position(|it| it.epoch() > announced);
        if let Some(newer) = newer {
            return Ok(self.announce(newer));
        }
        if let Some(entries) = self.take_states() {
            return Ok(Some(ClientMessage::State { run, epoch: announced, entries }));
        }
        if let Some(part) = self.uploads.next(&run) {
            return Ok(Some(part));
        }
        if self.log_is_over && self.outbox.unstored() == 0 && self.uploads.are_over() && !self.link.withdrawn {
            self.link.withdrawn = true;
            return Ok(Some(ClientMessage::Withdraw { run }));
        }
        Ok(None)
    }

    /// Takes in a message of the relay. `now_millis` names a new epoch if one is needed.
    pub fn receive(&mut self, message: ServerMessage, now_millis: f64) -> Result<Option<RelayRequest>, SpillError> {
        match message {
            ServerMessage::Resume { run, epoch, offset } if run == self.run => self.resume(epoch, offset.0, now_millis),
            ServerMessage::Acknowledged { run, epoch, offset } if run == self.run => {
                self.outbox.acknowledge(epoch, offset.0);
                Ok(None)
            }
            ServerMessage::Command { run, request, command } => {
                let request = Request { connection: self.connections, number: request };
                if run == self.run && !self.log_is_over {
                    return Ok(Some(RelayRequest::Command(request, command)));
                }
                let gone = if run == self.run { "has ended for good" } else { "is not hosted here" };
                self.answer(request, Answer::Rejected { reason: format!("run {run} {gone}") });
                Ok(None)
            }
            // The relay shows a newer epoch, of a host whose clock was ahead: this one goes on above it.
            ServerMessage::Error { code: ErrorCode::OutOfOrder, details, .. } if details.contains_key("epoch") => {
                if let Some(epoch) = self.link.announced.take() {
                    let shown = details.get("epoch").and_then(|it| shown_above(epoch, it)).unwrap_or(epoch);
                    self.outbox.begin_anew(epoch, Epoch((now_millis as u64).max(shown.0 + 1)), now_millis)?;
                }
                Ok(None)
            }
            ServerMessage::ArtifactKept { run, sha256, kept } if run == self.run => {
                self.uploads.kept(sha256, kept);
                Ok(None)
            }
            // It says why it does not take a file: nothing else is wrong.
            ServerMessage::Error { message, details, .. } if details.contains_key("artifact") => {
                self.uploads.next_file();
                Ok(Some(RelayRequest::Complaint(message)))
            }
            // It speaks a version of the protocol without files.
            ServerMessage::Error { code: ErrorCode::UnknownKind, .. } if self.uploads.is_under_way() => {
                self.uploads.give_up();
                Ok(None)
            }
            // The answer to another announcement tells where to go on.
            ServerMessage::Error { code: ErrorCode::Gap, .. } => {
                self.link.announced = None;
                Ok(None)
            }
            ServerMessage::Error { code: ErrorCode::Forbidden, message, .. } => Ok(Some(RelayRequest::GiveUp(message))),
            ServerMessage::Error { message, .. } => Ok(Some(RelayRequest::Complaint(message))),
            _ => Ok(None),
        }
    }

    fn announce(&mut self, index: usize) -> Option<ClientMessage> {
        let chapter = self.outbox.chapters().get(index)?;
        self.link.announced = Some(chapter.epoch());
        self.link.cursor = None;
        let (epoch, started_millis) = (chapter.epoch(), chapter.started_millis());
        Some(ClientMessage::Announce { run: self.run.clone(), epoch, started_millis })
    }

    fn resume(&mut self, epoch: Epoch, offset: u64, now_millis: f64) -> Result<Option<RelayRequest>, SpillError> {
        let Some(chapter) = self.outbox.chapter(epoch) else { return Ok(None) };
        if !(chapter.first()..=chapter.end()).contains(&offset) {
            // It had stored more than that, and has lost it.
            let missing = chapter.first();
            let words = format!("{}: {}", self.run, self.outbox.lost_of(chapter));
            self.outbox.begin_anew(epoch, Epoch(now_millis as u64), now_millis)?;
            self.link.announced = None;
            return Ok((missing > 0).then_some(RelayRequest::Words(words)));
        } else if self.link.announced == Some(epoch) {
            self.link.cursor = Some(offset);
        } else {
            // It could not store the end of an epoch that was sent already: begin with the oldest again.
            self.link.announced = None;
        }
        let first = !std::mem::replace(&mut self.link.showed_state, true);
        Ok(first.then_some(RelayRequest::State))
    }

    /// As many of the state events that are not sent as fit into a message.
    fn take_states(&mut self) -> Option<Vec<StateEntry>> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while let Some(entry) = self.unsent.first().and_then(|kind| self.states.get(kind)) {
            bytes += entry.event.as_bytes().len();
            if !taken.is_empty() && bytes > MOST_EVENT_BYTES {
                break;
            }
            taken.push(entry.clone());
            self.unsent.pop_first();
        }
        Some(taken).filter(|it| !it.is_empty())
    }
}

/// The epoch that a relay shows in the place of one that it refuses. Earlier relays name it in hexadecimal digits.
fn shown_above(refused: Epoch, named: &str) -> Option<Epoch> {
    let read = |radix| u64::from_str_radix(named, radix).ok().map(Epoch).filter(|shown| *shown >= refused);
    read(10).or_else(|| read(16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spill::Spill;
    use proptest::prelude::*;
    use shared::event::{LogEvent, Severity};
    use shared::{Offset, Payload, StateEvent};

    fn run() -> RunId {
        RunId::new("r").unwrap()
    }

    fn entry(number: u64) -> LogEntry {
        let event = LogEvent::Notice { severity: Severity::Information, text: number.to_string() };
        LogEntry { offset: Offset(0), time_millis: number as f64, event: Payload::plain(&event).unwrap() }
    }

    fn publication() -> Publication {
        let mut publication = Publication::new(run(), Outbox::new(4000, Spill::new(std::env::temp_dir())));
        publication.begin(Epoch(1), 1.0);
        publication
    }

    /// A relay that stores what it is sent, epoch by epoch, and can lose its connection or its disk.
    #[derive(Default)]
    struct Relay {
        stored: BTreeMap<Epoch, Vec<u64>>,
        states: usize,
        withdrawn: bool,
    }

    impl Relay {
        /// Passes messages on until nothing is left to say, at most `most`.
        fn converse(&mut self, publication: &mut Publication, most: usize) {
            for _ in 0..most {
                let Some(message) = publication.next_message().unwrap() else { break };
                for reply in self.take(message) {
                    publication.receive(reply, 99.0).unwrap();
                }
            }
        }

        fn take(&mut self, message: ClientMessage) -> Vec<ServerMessage> {
            let run = run();
            match message {
                ClientMessage::Announce { epoch, .. } => {
                    let offset = Offset(self.stored.entry(epoch).or_default().len() as u64);
                    vec![ServerMessage::Resume { run, epoch, offset }]
                }
                ClientMessage::Log { epoch, entries, .. } => {
                    let stored = self.stored.get_mut(&epoch).expect("announced first");
                    for entry in entries {
                        assert_eq!(entry.offset.0, stored.len() as u64, "neither gap nor duplicate");
                        stored.push(entry.time_millis as u64);
                    }
                    vec![ServerMessage::Acknowledged { run, epoch, offset: Offset(stored.len() as u64) }]
                }
                ClientMessage::State { entries, .. } => {
                    self.states += entries.len();
                    vec![]
                }
                ClientMessage::Withdraw { .. } => {
                    self.withdrawn = true;
                    vec![]
                }
                other => panic!("{other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn every_event_arrives_once_and_in_order_whatever_happens(
            steps in prop::collection::vec((0_u8..6, 0_usize..40), 1..60),
        ) {
            let mut publication = publication();
            let mut relay = Relay::default();
            let (mut sent, mut number, mut epoch) = (vec![vec![]], 0_u64, 1);
            for (step, count) in steps {
                match step {
                    0..=2 => {
                        let entries = (number..number + count as u64).map(entry).collect();
                        sent.last_mut().unwrap().extend(number..number + count as u64);
                        number += count as u64;
                        publication.log(entries).unwrap();
                    }
                    3 => publication.connect(),
                    4 => relay.converse(&mut publication, count),
                    _ => {
                        epoch += 1;
                        publication.begin(Epoch(epoch), 0.0);
                        sent.push(vec![]);
                    }
                }
            }
            publication.end();
            publication.connect();
            relay.converse(&mut publication, usize::MAX);
            prop_assert!(relay.withdrawn && publication.is_withdrawn());
            let arrived: Vec<_> = relay.stored.into_values().filter(|it| !it.is_empty()).collect();
            let sent: Vec<_> = sent.into_iter().filter(|it| !it.is_empty()).collect();
            prop_assert_eq!(arrived, sent);
        }
    }

    #[test]
    fn of_state_only_the_newest_is_sent() {
        let mut publication = publication();
        let mut relay = Relay::default();
        for sequence in 0..9 {
            let event = Payload::plain(&StateEvent::RecordedEpisodes(vec![])).unwrap();
            publication.state(vec![StateEntry { kind: StateKind::RecordedEpisodes, sequence, event }]);
        }
        publication.connect();
        relay.converse(&mut publication, usize::MAX);
        assert_eq!(relay.states, 1);
    }

    #[test]
    fn a_relay_that_comes_when_all_is_over_gets_the_last_state_too() {
        let mut publication = publication();
        publication.log(vec![entry(0)]).unwrap();
        let event = Payload::plain(&StateEvent::RecordedEpisodes(vec![])).unwrap();
        publication.state(vec![StateEntry { kind: StateKind::RecordedEpisodes, sequence: 0, event }]);
        publication.end();
        let mut dying = Relay::default();
        publication.connect();
        dying.converse(&mut publication, 3);
        let mut relay = Relay { stored: dying.stored, ..Relay::default() };
        publication.connect();
        relay.converse(&mut publication, usize::MAX);
        assert!(relay.states == 1 && relay.withdrawn);
    }

    #[test]
    fn a_run_that_is_over_answers_commands_itself() {
        let mut publication = publication();
        publication.connect();
        publication.end();
        let command = ServerMessage::Command { run: run(), request: 4, command: Command::Pause {} };
        assert_eq!(publication.receive(command, 0.0).unwrap(), None);
        let answer = Answer::Rejected { reason: "run r has ended for good".into() };
        assert_eq!(publication.next_message().unwrap(), Some(ClientMessage::Answer { request: 4, answer }));
    }

    #[test]
    fn where_the_relay_shows_a_later_epoch_the_run_goes_on_above_it_at_once() {
        let shown = Epoch(1_796_110_957_243);
        // Earlier relays named it in hexadecimal digits, all of which may be decimal ones, too.
        for (refused, named, shown) in [
            (1_796_024_571_000, shown.0.to_string(), shown),
            (1_796_024_571_000, shown.to_string(), shown),
            (0x0100_0000_0000, "20123456789".into(), Epoch(0x0201_2345_6789)),
            (1_796_024_571_000, "no number".into(), Epoch(1_796_024_571_000)),
        ] {
            let mut publication = Publication::new(run(), Outbox::new(4000, Spill::new(std::env::temp_dir())));
            publication.begin(Epoch(refused), 1.0);
            publication.log((0..3).map(entry).collect()).unwrap();
            publication.connect();
            let announced = |publication: &mut Publication| match publication.next_message().unwrap() {
                Some(ClientMessage::Announce { epoch, .. }) => epoch,
                other => panic!("{other:?}"),
            };
            assert_eq!(announced(&mut publication), Epoch(refused));
            let (code, message) = (ErrorCode::OutOfOrder, String::new());
            let details = [("run", "r".to_owned()), ("epoch", named)].map(|(name, value)| (name.to_owned(), value));
            publication.receive(ServerMessage::Error { code, message, details: details.into() }, 99.0).unwrap();
            assert_eq!(announced(&mut publication), Epoch(shown.0 + 1));
        }
    }

    #[test]
    fn a_relay_without_memory_gets_what_is_left_in_another_epoch() {
        let mut publication = publication();
        let mut relay = Relay::default();
        publication.log((0..5).map(entry).collect()).unwrap();
        publication.connect();
        relay.converse(&mut publication, usize::MAX);
        let mut relay = Relay::default();
        publication.log((5..8).map(entry).collect()).unwrap();
        publication.connect();
        relay.converse(&mut publication, usize::MAX);
        assert_eq!(relay.stored[&Epoch(99)], [0, 99, 5, 6, 7]);
        publication.log(vec![entry(8)]).unwrap();
        relay.converse(&mut publication, usize::MAX);
        assert_eq!(relay.stored[&Epoch(99)].len(), 6);
    }

    #[test]
    fn an_answer_goes_over_the_connection_that_asked() {
        let mut publication = publication();
        let ask = |publication: &mut Publication| {
            publication.connect();
            let command = ServerMessage::Command { run: run(), request: 1, command: Command::Pause {} };
            match publication.receive(command, 0.0).unwrap() {
                Some(RelayRequest::Command(request, Command::Pause {})) => request,
                other => panic!("{other:?}"),
            }
        };
        let (old, new) = (ask(&mut publication), ask(&mut publication));
        publication.answer(old, Answer::Rejected { reason: "old".into() });
        publication.answer(new, Answer::Accepted { checkpoint: None });
        let answer = publication.next_message().unwrap();
        assert_eq!(answer, Some(ClientMessage::Answer { request: 1, answer: Answer::Accepted { checkpoint: None } }));
    }

    #[test]
    fn another_publisher_of_the_same_name_is_not_contended_with() {
        let error = ServerMessage::error(ErrorCode::Forbidden, "lives elsewhere");
        assert_eq!(publication().receive(error, 0.0).unwrap(), Some(RelayRequest::GiveUp("lives elsewhere".into())));
    }
}
