//! Pacing: the speeds of a beginning, as long as nobody has chosen one.

use super::beginning::{BeginningLook, BeginningPace, LOOK_MILLIS, LabBeginning};
use crate::session::Session;
use gloo_timers::callback::{Interval, Timeout};
use shared::Command;
use shared::event::Phase;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Sets the speed of a run while it begins.
pub(super) struct Pacing {
    session: Session,
    beginning: Rc<RefCell<Option<Interval>>>,
    /// Whether somebody has chosen how fast it goes.
    is_chosen: Cell<bool>,
}

impl Pacing {
    /// Nothing begins yet.
    pub(super) fn of(session: Session) -> Self {
        Self { session, beginning: Rc::default(), is_chosen: Cell::default() }
    }

    /// Another run begins, or this one again: unless somebody has chosen a speed, it learns before their eyes. Sets the
    /// speed now and at every look at the run while it runs.
    pub(super) fn begin(&self, kind: LabBeginning) {
        if self.is_chosen.get() {
            return;
        }
        let (session, beginning) = (self.session.clone(), Rc::clone(&self.beginning));
        let looks = Cell::new(0);
        let look = move || {
            let view = session.view();
            let look = BeginningLook {
                count: looks.replace(looks.get() + 1),
                learned: view.status.regret.is_some_and(|it| it <= 0.0),
                has_places: view.started.as_ref().is_some_and(|it| it.environment.states.is_some()),
            };
            drop(view);
            let speed = match kind.pace(look) {
                BeginningPace::AsIs => return,
                BeginningPace::Change(speed) => speed,
                BeginningPace::End(speed) => {
                    let interval = beginning.borrow_mut().take();
                    // Dropping it here would free the closure that is running.
                    Timeout::new(0, move || drop(interval)).forget();
                    speed
                }
            };
            session.ask(Command::SetSpeed { speed });
        };
        look();
        let session = self.session.clone();
        let running = move || session.view().status.phase == Phase::Running;
        self.beginning.replace(Some(Interval::new(LOOK_MILLIS, move || {
            if running() {
                look();
            }
        })));
    }

    /// The speed stays as it is.
    pub(super) fn stop(&self) {
        self.beginning.take();
    }

    /// Somebody has chosen a speed: it stays as it is, in later runs too.
    pub(super) fn leave(&self) {
        self.is_chosen.set(true);
        self.stop();
    }
}
