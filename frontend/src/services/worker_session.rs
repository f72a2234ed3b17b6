//! A session whose run lives in a worker of this tab.

use super::worker_link::{WorkerError, WorkerLink};
use crate::pending::{Heard, Pending};
use crate::session::{Line, Session};
use crate::text;
use shared::event::Severity;
use shared::message::From;
use shared::{ClientMessage, Command, RunId, ServerMessage};
use std::cell::RefCell;
use std::rc::Rc;

/// A worker and the session of its run. Dropped, the worker ends.
pub struct WorkerSession {
    /// The run.
    pub session: Session,
    link: Rc<RefCell<Option<WorkerLink>>>,
    pending: Rc<Pending>,
}

impl WorkerSession {
    /// Starts a worker. `heard` is called after every message of it, and the page `draws` what comes or not; `tell`
    /// shows to people why there is none.
    pub fn open(
        session: Session,
        draws: bool,
        heard: impl Fn() + 'static,
        tell: impl Fn(Severity, String) + 'static,
    ) -> Self {
        let tell = Rc::new(tell);
        let hearer = session.clone();
        let told = Rc::clone(&tell);
        let pending = Rc::new(Pending::default());
        let waiting = Rc::clone(&pending);
        let failure = move |error: WorkerError| {
            let is_slow = matches!(error, WorkerError::Silent { .. });
            told(if is_slow { Severity::Warning } else { Severity::Error }, error.to_string());
            if !is_slow {
                waiting.reject_all(&error.to_string());
            }
        };
        let (answers, telling) = (Rc::clone(&pending), Rc::clone(&tell));
        let link = WorkerLink::spawn(
            draws,
            move |message| {
                match message {
                    ServerMessage::Answer { request, answer } => answers.answer(request, answer),
                    ServerMessage::Error { message, .. } => telling(Severity::Warning, message),
                    message => hearer.receive(&message),
                }
                heard();
            },
            failure,
        );
        let link = link.map_err(|error| tell(Severity::Error, error.to_string())).ok();
        let link = Rc::new(RefCell::new(link));
        session.connect(WorkerLine { link: Rc::clone(&link), pending: Rc::clone(&pending) });
        Self { session, link, pending }
    }

    /// Asks for the stream.
    pub fn subscribe(&self) {
        let from = self.session.view().wanted();
        if let Some(link) = self.link.borrow().as_ref() {
            // A worker that cannot be reached has told so itself.
            let _ = link.send(&ClientMessage::Subscribe { run: self.session.run().clone(), from, epoch: None });
        }
    }
}

impl Drop for WorkerSession {
    fn drop(&mut self) {
        // The session holds the line to the worker, and the worker's ear and those who wait for answers the session.
        self.link.take();
        self.pending.forget_all();
    }
}

impl std::fmt::Debug for WorkerSession {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("WorkerSession").field("session", &self.session).finish_non_exhaustive()
    }
}

struct WorkerLine {
    link: Rc<RefCell<Option<WorkerLink>>>,
    pending: Rc<Pending>,
}

impl Line for WorkerLine {
    fn subscribe(&self, run: &RunId, from: From) {
        if let Some(link) = self.link.borrow().as_ref() {
            let _ = link.send(&ClientMessage::Subscribe { run: run.clone(), from, epoch: None });
        }
    }

    fn command(&self, run: &RunId, command: Command, heard: Heard) {
        self.pending.ask(heard, |request| {
            let link = self.link.borrow();
            let link = link.as_ref().ok_or(text::NOBODY_THERE)?;
            link.send(&ClientMessage::Command { run: run.clone(), request, command }).map_err(|error| error.to_string())
        });
    }
}
