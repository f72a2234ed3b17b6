//! The run that lives in this tab: a worker, a session, and a gentle beginning.

use super::beginning::{Beginning, LOOK_MILLIS, Look, Pace};
use crate::services::storage::KeptRun;
use crate::services::worker_session::WorkerSession;
use crate::session::Session;
use gloo_timers::callback::{Interval, Timeout};
use shared::event::{Phase, Severity, Speed};
use shared::{Command, RunId, RunSpec};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The name of the run in this tab.
const RUN: &str = "lab";

/// A run in a worker of this tab. It goes on while other places are shown.
pub struct TabRun {
    /// The run.
    pub session: Session,
    worker: WorkerSession,
    beginning: Rc<RefCell<Option<Interval>>>,
    /// Whether somebody has chosen how fast it goes.
    has_chosen_speed: Cell<bool>,
    /// What waits for the run of a link.
    comparing: RefCell<Option<Rc<RefCell<Option<Interval>>>>>,
}

impl TabRun {
    /// Starts the worker. `tell` shows words to people.
    pub fn new(tell: impl Fn(Severity, String) + Clone + 'static) -> Option<Self> {
        let session = Session::new(RunId::new(RUN).ok()?, true, tell.clone());
        let worker = WorkerSession::open(session.clone(), true, || (), tell);
        let comparing = RefCell::default();
        Some(Self { session, worker, beginning: Rc::default(), has_chosen_speed: Cell::default(), comparing })
    }

    /// Asks for the stream and lets the run begin, by itself slowly, then faster, and slowly again.
    pub fn begin(&self, spec: RunSpec) {
        self.worker.subscribe();
        self.pace(Beginning::FirstVisit);
        self.session.ask(Command::Start { spec: Some(Box::new(spec)) });
    }

    /// Somebody begins another run, or this one again: unless they have chosen a speed, it learns before their eyes.
    pub fn begin_picked(&self) {
        if !self.has_chosen_speed.get() {
            self.pace(Beginning::Picked);
        }
    }

    /// Somebody has chosen a speed: it stays as it is.
    pub fn leave_speed(&self) {
        self.has_chosen_speed.set(true);
        self.beginning.take();
    }

    /// Sets the speeds of a beginning, now and at every look at the run while it runs.
    fn pace(&self, kind: Beginning) {
        let (session, beginning) = (self.session.clone(), Rc::clone(&self.beginning));
        let looks = Cell::new(0);
        let look = move || {
            let view = session.view();
            let look = Look {
                count: looks.replace(looks.get() + 1),
                learned: view.status.regret.is_some_and(|it| it <= 0.0),
                has_places: view.started.as_ref().is_some_and(|it| it.environment.states.is_some()),
            };
            drop(view);
            let speed = match kind.pace(look) {
                Pace::AsIs => return,
                Pace::Change(speed) => speed,
                Pace::End(speed) => {
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

    /// Asks for the stream and runs up to an episode, as a link says.
    pub fn begin_shared(&self, spec: RunSpec, until_episode: Option<u64>) {
        self.beginning.take();
        self.worker.subscribe();
        self.session.ask(Command::SetSpeed { speed: Speed::Full });
        self.restart(spec, false);
        self.session.ask(Command::Resume { until_episode });
    }

    /// Goes on with a run that was kept, exactly where it was.
    pub fn go_on(&self, kept: KeptRun) {
        self.session.carry_on_from(kept.history);
        self.worker.subscribe();
        self.session.ask(Command::SetSpeed { speed: kept.speed });
        self.session.ask(Command::Load { checkpoint: Box::new(kept.checkpoint) });
        if kept.was_running {
            self.session.ask(Command::Resume { until_episode: None });
        }
    }

    /// Keeps what waits for the run of a link, instead of what waited for another one.
    pub fn hold(&self, comparing: Rc<RefCell<Option<Interval>>>) {
        self.comparing.replace(Some(comparing));
    }

    /// Another spec: a new life with nothing learned, that runs on if this one ran.
    pub fn restart(&self, spec: RunSpec, running: bool) {
        self.session.ask(Command::Start { spec: Some(Box::new(spec)) });
        if !running {
            self.session.ask(Command::Reset { seed: None });
        }
    }
}

impl std::fmt::Debug for TabRun {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TabRun").field("session", &self.session).finish_non_exhaustive()
    }
}
