//! A session: one run on show, wherever it lives, and the way to ask it for something.

use crate::pending::AnswerCallback;
use crate::store::{History, HostStanding, RunView};
use crate::text;
use shared::command::{Answer, Command};
use shared::event::Severity;
use shared::message::From;
use shared::{Epoch, RunId, ServerMessage};
use std::cell::{Cell, Ref, RefCell};
use std::fmt;
use std::rc::Rc;

type TellFunction = Box<dyn Fn(Severity, String)>;

/// What carries what a session asks for: a worker or a relay.
pub trait Backend {
    /// Asks for the stream from a place on.
    fn subscribe(&self, run: &RunId, from: From);
    /// Sends a command. `heard` is told what became of it, once, even if that is that nobody can be reached.
    fn command(&self, run: &RunId, command: Command, heard: AnswerCallback);
}

/// A run on show. Clones are the same session.
#[derive(Clone)]
pub struct Session(Rc<SessionState>);

struct SessionState {
    run: RunId,
    view: RefCell<RunView>,
    line: RefCell<Option<Box<dyn Backend>>>,
    tell: TellFunction,
    may_command: Cell<bool>,
    /// How many notices of which epoch were told.
    told_notices: Cell<(Option<Epoch>, u64)>,
}

impl Session {
    /// A session of a run that is not connected yet. `tell` shows words to people.
    pub fn new(run: RunId, may_command: bool, tell: impl Fn(Severity, String) + 'static) -> Self {
        Self(Rc::new(SessionState {
            view: RefCell::new(RunView::new(run.clone())),
            run,
            line: RefCell::default(),
            tell: Box::new(tell),
            may_command: Cell::new(may_command),
            told_notices: Cell::default(),
        }))
    }

    /// Says what carries what it asks for.
    pub fn connect(&self, line: impl Backend + 'static) {
        self.0.line.replace(Some(Box::new(line)));
    }

    /// What is known of the run.
    pub fn view(&self) -> Ref<'_, RunView> {
        self.0.view.borrow()
    }

    /// Lets the next epoch begin with these curves: a run is being loaded that they belong to.
    pub fn carry_on_from(&self, past: History) {
        self.0.view.borrow_mut().carry_on_from(past);
    }

    /// The run's name.
    pub fn run(&self) -> &RunId {
        &self.0.run
    }

    /// Whether commands are allowed.
    pub fn may_command(&self) -> bool {
        self.0.may_command.get()
    }

    /// Whether commands are allowed and there is a host to obey them.
    pub fn takes_commands(&self) -> bool {
        self.may_command() && self.view().host == HostStanding::Connected
    }

    /// Says how the run's host stands.
    pub fn set_host(&self, host: HostStanding) {
        self.0.view.borrow_mut().set_host(host);
    }

    /// Allows commands, or no longer.
    pub fn allow_commands(&self, allowed: bool) {
        self.0.may_command.set(allowed);
    }

    /// Takes in a message.
    pub fn receive(&self, message: &ServerMessage) {
        let changed = self.0.view.borrow_mut().apply(message);
        if let (Some(from), Some(line)) = (changed.resubscribe, self.0.line.borrow().as_ref()) {
            line.subscribe(&self.0.run, from);
        }
        if changed.log {
            self.tell_new_notices();
        }
    }

    /// Sends a command; a refusal is shown.
    pub fn ask(&self, command: Command) {
        self.ask_then(command, || {});
    }

    /// The same, and what follows where it was accepted.
    pub fn ask_then(&self, command: Command, accepted: impl FnOnce() + 'static) {
        let session = self.clone();
        self.ask_and(command, move |answer| match answer {
            Answer::Rejected { reason } => (session.0.tell)(Severity::Warning, reason),
            Answer::Accepted { .. } => accepted(),
        });
    }

    /// Sends a command and hands over its answer.
    pub fn ask_and(&self, command: Command, heard: impl FnOnce(Answer) + 'static) {
        match self.0.line.borrow().as_ref() {
            Some(line) => line.command(&self.0.run, command, Box::new(heard)),
            None => heard(Answer::Rejected { reason: text::NOBODY_THERE.into() }),
        }
    }

    /// Warnings and errors of the run itself reach the people too, each once.
    fn tell_new_notices(&self) {
        let new: Vec<_> = {
            let view = self.view();
            let (epoch, told) = self.0.told_notices.replace((view.epoch, view.notices_taken));
            let told = if epoch == view.epoch { told } else { 0 };
            let fresh = view.notices.iter().rev().take(view.notices_taken.saturating_sub(told) as usize).rev();
            fresh.filter(|it| it.severity != Severity::Information).cloned().collect()
        };
        for notice in new {
            (self.0.tell)(notice.severity, notice.text);
        }
    }
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("run", &self.0.run).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::message::LogEntry;
    use shared::{LogEvent, Offset, Payload};

    /// A host that has ended.
    struct Ended;

    impl Backend for Ended {
        fn subscribe(&self, _: &RunId, _: From) {}
        fn command(&self, _: &RunId, _: Command, heard: AnswerCallback) {
            heard(Answer::Rejected { reason: "It has ended already.".into() });
        }
    }

    fn session() -> (Session, Rc<RefCell<Vec<String>>>) {
        let told = Rc::new(RefCell::new(Vec::new()));
        let words = Rc::clone(&told);
        let session = Session::new(RunId::new("a").unwrap(), true, move |_, text| words.borrow_mut().push(text));
        (session, told)
    }

    #[test]
    fn a_refusal_is_shown() {
        let (session, told) = session();
        session.connect(Ended);
        session.ask(Command::Stop {});
        assert_eq!(*told.borrow(), ["It has ended already."]);
    }

    #[test]
    fn every_warning_is_shown_once_whatever_the_clock_says() {
        let (session, told) = session();
        let run = RunId::new("a").unwrap();
        let begin = |epoch| {
            let (run, snapshot) = (run.clone(), Vec::new());
            session.receive(&ServerMessage::Subscribed {
                run,
                epoch: Epoch(epoch),
                offset: Offset(0),
                recovered: false,
                history: 0,
                snapshot,
            });
        };
        let warn = |epoch, offset, time_millis| {
            let text = format!("at {time_millis}");
            let event = Payload::plain(&LogEvent::Notice { severity: Severity::Warning, text }).unwrap();
            let entries = vec![LogEntry { offset: Offset(offset), time_millis, event }];
            session.receive(&ServerMessage::Log { run: run.clone(), epoch: Epoch(epoch), entries });
        };
        begin(1);
        warn(1, 0, 7e6);
        // The clock was set back by an hour, and comes by the same moment again.
        warn(1, 1, 3e6);
        warn(1, 2, 7e6);
        begin(2);
        warn(2, 0, 1e6);
        assert_eq!(*told.borrow(), ["at 7000000", "at 3000000", "at 7000000", "at 1000000"]);
    }

    #[test]
    fn a_command_to_nobody_is_not_silent() {
        let (session, told) = session();
        session.ask(Command::Pause {});
        assert_eq!(*told.borrow(), [text::NOBODY_THERE.text()]);
    }
}
