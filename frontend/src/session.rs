//! A session: one run on show, wherever it lives, and the way to ask it for something.

use crate::store::{History, RunView};
use crate::text;
use shared::command::{Answer, Command};
use shared::event::Severity;
use shared::message::From;
use shared::vec_map::VecMap;
use shared::{RunId, ServerMessage};
use std::cell::{Cell, Ref, RefCell};
use std::fmt;
use std::rc::Rc;

type Heard = Box<dyn FnOnce(Answer)>;
type Tell = Box<dyn Fn(Severity, String)>;

/// What carries a session's wishes: a worker or a relay.
pub trait Line {
    /// Asks for the stream from a place on.
    fn subscribe(&self, run: &RunId, from: From);
    /// Sends a command; gives the number that its answer will bear, or none where nobody can be reached.
    fn command(&self, run: &RunId, command: Command) -> Option<u64>;
}

/// A run on show. Clones are the same session.
#[derive(Clone)]
pub struct Session(Rc<Inner>);

struct Inner {
    run: RunId,
    view: RefCell<RunView>,
    line: RefCell<Option<Box<dyn Line>>>,
    tell: Tell,
    waiting: RefCell<VecMap<u64, Heard>>,
    may_command: Cell<bool>,
    told_notices: Cell<f64>,
}

impl Session {
    /// A session of a run that is not connected yet. `tell` shows words to people.
    pub fn new(run: RunId, may_command: bool, tell: impl Fn(Severity, String) + 'static) -> Self {
        Self(Rc::new(Inner {
            view: RefCell::new(RunView::new(run.clone())),
            run,
            line: RefCell::default(),
            tell: Box::new(tell),
            waiting: RefCell::default(),
            may_command: Cell::new(may_command),
            told_notices: Cell::new(0.0),
        }))
    }

    /// Says what carries wishes.
    pub fn connect(&self, line: impl Line + 'static) {
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

    /// Allows commands, or no longer.
    pub fn allow_commands(&self, allowed: bool) {
        self.0.may_command.set(allowed);
    }

    /// Takes in a message.
    pub fn receive(&self, message: &ServerMessage) {
        if let ServerMessage::Answer { request, answer } = message {
            let heard = self.0.waiting.borrow_mut().remove(request);
            if let Some(heard) = heard {
                heard(answer.clone());
            }
            return;
        }
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
        let session = self.clone();
        self.ask_and(command, move |answer| {
            if let Answer::Rejected { reason } = answer {
                (session.0.tell)(Severity::Warning, reason);
            }
        });
    }

    /// Sends a command and hands over its answer.
    pub fn ask_and(&self, command: Command, heard: impl FnOnce(Answer) + 'static) {
        let request = self.0.line.borrow().as_ref().and_then(|line| line.command(&self.0.run, command));
        match request {
            Some(request) => {
                self.0.waiting.borrow_mut().insert(request, Box::new(heard));
            }
            None => heard(Answer::Rejected { reason: text::NOBODY_THERE.into() }),
        }
    }

    /// Warnings and errors of the run itself reach the people too, each once.
    fn tell_new_notices(&self) {
        let new: Vec<_> = {
            let view = self.view();
            let fresh = view.notices.iter().filter(|it| it.time_millis > self.0.told_notices.get());
            fresh.filter(|it| it.severity != Severity::Information).cloned().collect()
        };
        for notice in new {
            self.0.told_notices.set(notice.time_millis);
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

    struct Listener;

    impl Line for Listener {
        fn subscribe(&self, _: &RunId, _: From) {}
        fn command(&self, _: &RunId, _: Command) -> Option<u64> {
            Some(7)
        }
    }

    fn session() -> (Session, Rc<RefCell<Vec<String>>>) {
        let told = Rc::new(RefCell::new(Vec::new()));
        let words = Rc::clone(&told);
        let session = Session::new(RunId::new("a").unwrap(), true, move |_, text| words.borrow_mut().push(text));
        (session, told)
    }

    #[test]
    fn an_answer_reaches_the_one_who_asked_and_only_once() {
        let (session, _) = session();
        session.connect(Listener);
        let heard = Rc::new(Cell::new(0));
        let count = Rc::clone(&heard);
        session.ask_and(Command::Save {}, move |_| count.set(count.get() + 1));
        let answer = ServerMessage::Answer { request: 7, answer: Answer::Accepted { checkpoint: None } };
        session.receive(&answer);
        session.receive(&answer);
        assert_eq!(heard.get(), 1);
    }

    #[test]
    fn a_refusal_is_shown() {
        let (session, told) = session();
        session.connect(Listener);
        session.ask(Command::Stop {});
        let reason = "It has ended already.".to_owned();
        session.receive(&ServerMessage::Answer { request: 7, answer: Answer::Rejected { reason: reason.clone() } });
        assert_eq!(*told.borrow(), [reason]);
    }

    #[test]
    fn a_command_to_nobody_is_not_silent() {
        let (session, told) = session();
        session.ask(Command::Pause {});
        assert_eq!(*told.borrow(), [text::NOBODY_THERE]);
    }
}
