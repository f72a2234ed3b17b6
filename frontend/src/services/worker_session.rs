//! A session whose run lives in a worker of this tab.

use super::worker_link::{Program, WorkerError, WorkerLink};
use crate::pending::{AnswerCallback, SentCommands};
use crate::session::{Backend, Session};
use crate::text;
use shared::message::From;
use shared::{ClientMessage, Command, RunId, ServerMessage};
use std::cell::RefCell;
use std::rc::Rc;

/// A worker and the session of its run. Dropped, the worker ends.
pub struct WorkerSession {
    /// The run.
    pub session: Session,
    /// What the worker runs.
    pub program: Program,
    link: Rc<RefCell<Option<WorkerLink>>>,
    pending: Rc<SentCommands>,
}

impl WorkerSession {
    /// Starts a worker with a program. `heard` is called after every message of it, and the page `draws` what comes or not; `failed` is
    /// told why there is none, or no longer.
    pub fn open(
        session: Session,
        program: Program,
        draws: bool,
        heard: impl Fn() + 'static,
        failed: impl Fn(WorkerError) + 'static,
    ) -> Self {
        let failed = Rc::new(failed);
        let hearer = session.clone();
        let told = Rc::clone(&failed);
        let pending = Rc::new(SentCommands::default());
        let waiting = Rc::clone(&pending);
        let failure = move |error: WorkerError| {
            let (is_over, words) = (error.is_over(), error.to_string());
            told(error);
            if is_over {
                waiting.reject_all(&words);
            }
        };
        let (answers, complaining) = (Rc::clone(&pending), Rc::clone(&failed));
        let link = WorkerLink::spawn(
            program,
            draws,
            move |message| {
                match message {
                    ServerMessage::Answer { request, answer } => answers.answer(request, answer),
                    ServerMessage::Error { message, .. } => complaining(WorkerError::Refuses { message }),
                    message => hearer.receive(&message),
                }
                heard();
            },
            failure,
        );
        let link = link.map_err(|error| failed(error)).ok();
        let link = Rc::new(RefCell::new(link));
        session.connect(WorkerLine { link: Rc::clone(&link), pending: Rc::clone(&pending) });
        Self { session, program, link, pending }
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
    pending: Rc<SentCommands>,
}

impl Backend for WorkerLine {
    fn subscribe(&self, run: &RunId, from: From) {
        if let Some(link) = self.link.borrow().as_ref() {
            let _ = link.send(&ClientMessage::Subscribe { run: run.clone(), from, epoch: None });
        }
    }

    fn command(&self, run: &RunId, command: Command, heard: AnswerCallback) {
        self.pending.ask(heard, |request| {
            let link = self.link.borrow();
            let link = link.as_ref().ok_or(text::NOBODY_THERE)?;
            link.send(&ClientMessage::Command { run: run.clone(), request, command }).map_err(|error| error.to_string())
        });
    }
}
