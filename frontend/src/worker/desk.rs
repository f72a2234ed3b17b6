//! The worker's desk: messages of the page in, messages of the run out, by a clock that the caller reads.

use run::host::Host;
use run::{Registry, Run, RunError};
use shared::codec::{self, CodecError, MOST_EVENT_BYTES};
use shared::command::Answer;
use shared::event::Speed;
use shared::message::{ErrorCode, portions};
use shared::{ClientMessage, Command, Offset, RunId, ServerMessage};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Time between two frames that the slices keep to.
const FRAME_MILLIS: f64 = 16.5;
/// Longest slice of computing between two looks at the mail.
const MOST_SLICE_MILLIS: f64 = 8.0;
/// Shortest slice, when a frame is due.
const LEAST_SLICE_MILLIS: f64 = 1.0;
/// What an entry of a message takes beside its event, at most.
const ENTRY_BYTES: usize = 64;
/// Slice while the page draws.
const DRAWING_SLICE_MILLIS: f64 = 4.0;

/// What a turn brought.
#[derive(Debug, Default)]
pub(super) struct DeskWork {
    /// For the page.
    pub(super) messages: Vec<ServerMessage>,
    /// How long nothing is due, in milliseconds; none while the run holds.
    pub(super) idle_millis: Option<f64>,
}

/// One run and the page that watches it.
#[derive(Debug)]
pub(super) struct WorkerDesk {
    /// What runs are made of.
    registry: Arc<Registry>,
    host: Option<Host>,
    /// The name by which the page asks for the run.
    run: Option<RunId>,
    /// What was asked of the run before there was one: its speed, and whether to show it.
    early: Vec<Command>,
    /// Whether the page is to hear of the epoch before anything else.
    unannounced: bool,
    /// Whether the page still has to draw what it was sent.
    drawing: bool,
    last_state_millis: f64,
}

impl WorkerDesk {
    /// No run yet, but what it is to be made of.
    pub(super) fn new(registry: Registry) -> Self {
        Self {
            registry: Arc::new(registry),
            host: None,
            run: None,
            early: Vec::new(),
            unannounced: false,
            drawing: false,
            last_state_millis: 0.0,
        }
    }

    /// Takes in one encoded message of the page.
    pub(super) fn hear(&mut self, bytes: &[u8], now_millis: f64) -> Vec<ServerMessage> {
        match codec::from_kept(bytes) {
            Ok(ClientMessage::Subscribe { run, .. }) => {
                self.run = Some(run);
                self.unannounced = true;
                self.drawing = false;
                if let Some(host) = &mut self.host {
                    host.resend_state();
                }
                Vec::new()
            }
            Ok(ClientMessage::Command { run, request, command }) => {
                self.run.get_or_insert(run);
                vec![ServerMessage::Answer { request, answer: self.obey(command, now_millis) }]
            }
            Ok(ClientMessage::Ping { nonce }) => vec![ServerMessage::Pong { nonce }],
            Ok(_) => vec![ServerMessage::error(
                ErrorCode::Forbidden,
                "A worker hosts one run: it takes subscriptions, commands and pings.",
            )],
            Err(error) => {
                let code = match error {
                    CodecError::TooLarge { .. } => ErrorCode::TooLarge,
                    CodecError::UnknownKind { .. } => ErrorCode::UnknownKind,
                    CodecError::Malformed { .. } | CodecError::Unencodable { .. } => ErrorCode::Malformed,
                };
                vec![ServerMessage::error(code, format!("The worker cannot read this: {error}. The run goes on."))]
            }
        }
    }

    /// The page has drawn what it was sent.
    pub(super) fn drawn(&mut self) {
        self.drawing = false;
    }

    /// How long to compute before the mail is looked at: up to the moment of the next frame, and in short slices
    /// while the page may say any moment that it has drawn the last one.
    fn slice_millis(&self, now_millis: f64) -> f64 {
        if self.drawing {
            return DRAWING_SLICE_MILLIS;
        }
        (self.last_state_millis + FRAME_MILLIS - now_millis).clamp(LEAST_SLICE_MILLIS, MOST_SLICE_MILLIS)
    }

    /// Lets the run make progress: one slice at full speed, or the steps that are due.
    pub(super) fn turn(&mut self, mut clock: &mut dyn FnMut() -> f64) -> DeskWork {
        let now = clock();
        let slice_millis = self.slice_millis(now);
        let (Some(host), Some(run)) = (&mut self.host, &self.run) else { return DeskWork::default() };
        // At full speed state leaves at the end of the slice.
        let until_state = if host.pace() == Speed::Full { now + slice_millis } else { now };
        let frame_is_due = until_state >= self.last_state_millis + FRAME_MILLIS;
        let turn = match host.turn(&mut clock, slice_millis, !self.drawing && frame_is_due) {
            Ok(turn) => turn,
            Err(error) => {
                let message = format!("What the run did cannot be shown: {error}. The run holds.");
                return DeskWork {
                    messages: vec![ServerMessage::error(ErrorCode::TooLarge, message)],
                    idle_millis: None,
                };
            }
        };
        let (run, epoch) = (run.clone(), host.epoch());
        let mut messages = Vec::new();
        if turn.new_epoch || std::mem::take(&mut self.unannounced) {
            self.unannounced = false;
            let offset = Offset(host.next_offset().0 - turn.log.len() as u64);
            let (run, snapshot) = (run.clone(), Vec::new());
            messages.push(ServerMessage::Subscribed { run, epoch, offset, recovered: false, history: 0, snapshot });
        }
        let log = portions(turn.log, MOST_EVENT_BYTES, |it| it.event.as_bytes().len() + ENTRY_BYTES);
        messages.extend(log.into_iter().map(|entries| ServerMessage::Log { run: run.clone(), epoch, entries }));
        if !turn.state.is_empty() {
            self.drawing = true;
            self.last_state_millis = clock();
        }
        for entries in portions(turn.state, MOST_EVENT_BYTES, |it| it.event.as_bytes().len() + ENTRY_BYTES) {
            messages.push(ServerMessage::State { run: run.clone(), epoch, entries, skipped: BTreeMap::new() });
        }
        let withheld = !frame_is_due && !self.drawing;
        let idle_millis = turn.idle_millis.or(withheld.then_some(FRAME_MILLIS));
        DeskWork { messages, idle_millis }
    }

    fn obey(&mut self, command: Command, now_millis: f64) -> Answer {
        if let Some(host) = &mut self.host {
            return host.command(command);
        }
        match self.begin(command, now_millis) {
            Ok(()) => Answer::Accepted { checkpoint: None },
            Err(reason) => Answer::Rejected { reason },
        }
    }

    /// Makes the first run, with what was asked of it before.
    fn begin(&mut self, command: Command, now_millis: f64) -> Result<(), String> {
        let words = |error: RunError| error.to_string();
        let registry = Arc::clone(&self.registry);
        let (run, first) = match command {
            Command::Start { spec: Some(spec) } => {
                (Run::of(registry, *spec).map_err(words)?, Some(Command::Resume { until_episode: None }))
            }
            Command::Load { checkpoint } => (Run::load(registry, &checkpoint).map_err(words)?, None),
            Command::SetSpeed { .. } | Command::SetHeadless { .. } => {
                self.early.push(command);
                return Ok(());
            }
            _ => return Err("There is no run yet. Start one with a spec, or load one".into()),
        };
        let mut host = Host::new(run, codec::plain, now_millis);
        for command in self.early.drain(..).chain(first) {
            if let Answer::Rejected { reason } = host.command(command) {
                return Err(reason);
            }
        }
        self.host = Some(host);
        self.unannounced = true;
        Ok(())
    }
}

/// What is said instead of something that cannot be sent.
pub(super) fn instead_of(message: &ServerMessage, error: &CodecError) -> ServerMessage {
    let reason = format!("What the run answered cannot be sent: {error}. The run goes on.");
    match message {
        ServerMessage::Answer { request, .. } => {
            ServerMessage::Answer { request: *request, answer: Answer::Rejected { reason } }
        }
        _ => ServerMessage::error(ErrorCode::TooLarge, reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::RunView;
    use shared::event::Phase;
    use shared::parameter::Value;
    use shared::{RunSpec, Seed};

    /// A desk and a page, with a clock that goes on by half a millisecond whenever it is read.
    struct Room {
        desk: WorkerDesk,
        view: RunView,
        now: f64,
        states: usize,
        answers: Vec<Answer>,
    }

    impl Room {
        fn new() -> Self {
            let run = RunId::new("lab").unwrap();
            let mut room = Self {
                desk: WorkerDesk::new(Registry::default()),
                view: RunView::new(run.clone()),
                now: 1e12,
                states: 0,
                answers: vec![],
            };
            let from = room.view.wanted();
            room.say(&ClientMessage::Subscribe { run, from, epoch: None });
            room
        }

        fn say(&mut self, message: &ClientMessage) {
            let replies = self.desk.hear(&codec::to_bytes(message).unwrap(), self.now);
            self.take(replies);
        }

        fn ask(&mut self, command: Command) -> Answer {
            self.say(&ClientMessage::Command { run: RunId::new("lab").unwrap(), request: 1, command });
            self.answers.pop().unwrap()
        }

        fn turns(&mut self, count: usize, draws: bool) {
            for _ in 0..count {
                let mut now = self.now;
                let mut clock = || {
                    now += 0.5;
                    now
                };
                let work = self.desk.turn(&mut clock);
                self.now = now + 1.0;
                self.take(work.messages);
                if draws {
                    self.desk.drawn();
                }
            }
        }

        fn take(&mut self, messages: Vec<ServerMessage>) {
            for message in messages {
                codec::to_frame(&message).unwrap();
                self.states += usize::from(matches!(message, ServerMessage::State { .. }));
                assert_eq!(self.view.apply(&message).resubscribe, None);
                if let ServerMessage::Answer { answer, .. } = message {
                    self.answers.push(answer);
                }
            }
        }
    }

    fn start(agent: &str) -> Command {
        Command::Start { spec: Some(Box::new(RunSpec::new("gridworld", agent, Seed::new(42).unwrap()))) }
    }

    #[test]
    fn a_page_sees_a_run_from_its_first_entry() {
        let mut room = Room::new();
        assert_eq!(room.ask(start("q-learning")), Answer::Accepted { checkpoint: None });
        room.turns(50, true);
        room.ask(Command::Pause {});
        room.turns(2, true);
        assert_eq!(room.view.started.as_ref().unwrap().spec.environment.id, "gridworld");
        assert_eq!(room.view.status.phase, Phase::Paused);
        assert!(room.view.episodes.episodes() > 0);
        assert_eq!(room.view.episodes.episodes(), room.view.status.episode);
        assert!(room.view.frame.is_some() && room.view.values.is_some() && room.view.solution.is_some());
    }

    #[test]
    fn a_page_that_does_not_draw_gets_the_log_and_one_state() {
        let mut room = Room::new();
        room.ask(start("q-learning"));
        room.turns(200, false);
        assert_eq!(room.states, 1);
        let before = room.view.episodes.episodes();
        room.turns(200, false);
        assert!(room.view.episodes.episodes() > before);
        room.desk.drawn();
        room.turns(1, false);
        assert_eq!(room.states, 2);
    }

    #[test]
    fn a_page_that_draws_gets_sixty_frames_a_second() {
        let mut room = Room::new();
        room.ask(start("q-learning"));
        room.turns(1, true);
        let (begun, before) = (room.now, room.states);
        while room.now < begun + 1000.0 {
            room.turns(1, true);
        }
        assert!((55..=62).contains(&(room.states - before)), "{}", room.states - before);
    }

    #[test]
    fn a_reset_begins_a_new_epoch() {
        let mut room = Room::new();
        room.ask(start("q-learning"));
        room.turns(20, true);
        let epoch = room.view.epoch;
        room.ask(Command::Reset { seed: None });
        room.turns(1, true);
        assert!(room.view.epoch > epoch);
        assert_eq!((room.view.status.step, room.view.episodes.episodes()), (0, 0));
    }

    #[test]
    fn a_refused_start_leaves_the_run_as_it_is() {
        let mut room = Room::new();
        let Answer::Rejected { reason } = room.ask(start("no-such-agent")) else { panic!("accepted") };
        assert!(reason.contains("no-such-agent"), "{reason}");
        room.ask(start("q-learning"));
        room.turns(5, true);
        let (epoch, step) = (room.view.epoch, room.view.status.step);
        assert!(matches!(room.ask(start("no-such-agent")), Answer::Rejected { .. }));
        room.turns(5, true);
        assert_eq!(room.view.epoch, epoch);
        assert!(room.view.status.step >= step);
    }

    #[test]
    fn a_speed_that_was_asked_for_before_the_run_holds_from_its_first_step() {
        let mut room = Room::new();
        room.ask(Command::SetSpeed { speed: Speed::StepsPerSecond(1.0) });
        room.ask(start("q-learning"));
        room.turns(20, true);
        assert!(room.view.status.step <= 1, "{}", room.view.status.step);
    }

    #[test]
    fn a_saved_run_is_loaded_into_a_new_worker() {
        let mut room = Room::new();
        room.ask(start("q-learning"));
        room.turns(20, true);
        room.ask(Command::Pause {});
        let Answer::Accepted { checkpoint: Some(checkpoint) } = room.ask(Command::Save {}) else { panic!("nothing") };
        room.turns(2, true);
        let mut other = Room::new();
        assert_eq!(other.ask(Command::Load { checkpoint }), Answer::Accepted { checkpoint: None });
        other.turns(1, true);
        assert_eq!(other.view.status.run_hash, room.view.status.run_hash);
        assert_eq!(other.view.status.step, room.view.status.step);
    }

    #[test]
    fn a_run_that_no_message_holds_is_named_by_the_worker_and_goes_on() {
        let mut room = Room::new();
        let mut spec = RunSpec::new("cart-pole", "linear-sarsa", Seed::new(42).unwrap());
        spec.agent.parameters.insert("tilings".into(), Value::Integer(64));
        spec.agent.parameters.insert("tiles".into(), Value::Integer(9));
        room.ask(Command::Start { spec: Some(Box::new(spec)) });
        room.turns(5, true);
        let Answer::Rejected { reason } = room.ask(Command::Save {}) else { panic!("saved") };
        assert!(reason.contains("bytes, and a message holds") && reason.contains("--save FILE"), "{reason}");
        let step = room.view.status.step;
        room.turns(20, true);
        assert!(room.view.status.step > step);
    }

    #[test]
    fn nonsense_is_named() {
        let mut room = Room::new();
        let replies = room.desk.hear(&[0xc1], 0.0);
        assert!(matches!(&replies[..], [ServerMessage::Error { code: ErrorCode::Malformed, .. }]), "{replies:?}");
        assert!(matches!(room.ask(Command::Pause {}), Answer::Rejected { .. }));
    }
}
