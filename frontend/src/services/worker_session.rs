//! A session whose run lives in a worker of this tab.

use super::worker_link::{WorkerError, WorkerLink};
use crate::session::{Line, Session};
use shared::event::Severity;
use shared::message::From;
use shared::{ClientMessage, Command, RunId};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A worker and the session of its run. Dropped, the worker ends.
pub struct WorkerSession {
    /// The run.
    pub session: Session,
    link: Rc<RefCell<Option<WorkerLink>>>,
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
        let failure = move |error: WorkerError| {
            let severity =
                if matches!(error, WorkerError::Silent { .. }) { Severity::Warning } else { Severity::Error };
            told(severity, error.to_string());
        };
        let link = WorkerLink::spawn(
            draws,
            move |message| {
                hearer.receive(&message);
                heard();
            },
            failure,
        );
        let link = link.map_err(|error| tell(Severity::Error, error.to_string())).ok();
        let link = Rc::new(RefCell::new(link));
        session.connect(WorkerLine { link: Rc::clone(&link), requests: Cell::new(0) });
        Self { session, link }
    }

    /// Asks for the stream.
    pub fn subscribe(&self) {
        let from = self.session.view().wanted();
        if let Some(link) = self.link.borrow().as_ref() {
            // A worker that cannot be reached has told so itself.
            let _ = link.send(&ClientMessage::Subscribe { run: self.session.run().clone(), from });
        }
    }
}

impl Drop for WorkerSession {
    fn drop(&mut self) {
        // The session holds the line to the worker, and the worker's ear the session.
        self.link.take();
    }
}

impl std::fmt::Debug for WorkerSession {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("WorkerSession").field("session", &self.session).finish_non_exhaustive()
    }
}

struct WorkerLine {
    link: Rc<RefCell<Option<WorkerLink>>>,
    requests: Cell<u64>,
}

impl Line for WorkerLine {
    fn subscribe(&self, run: &RunId, from: From) {
        if let Some(link) = self.link.borrow().as_ref() {
            let _ = link.send(&ClientMessage::Subscribe { run: run.clone(), from });
        }
    }

    fn command(&self, run: &RunId, command: Command) -> Option<u64> {
        let request = self.requests.get() + 1;
        self.requests.set(request);
        let link = self.link.borrow();
        link.as_ref()?.send(&ClientMessage::Command { run: run.clone(), request, command }).ok()?;
        Some(request)
    }
}
