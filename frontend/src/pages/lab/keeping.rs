//! Keeping: a run as it stands, together with the curves that belong to it.

use crate::services::storage::KeptRun;
use crate::session::Session;
use crate::store::history;
use crate::text;
use gloo_timers::callback::Timeout;
use shared::Command;
use shared::checkpoint::Checkpoint;
use shared::command::Answer;
use shared::event::Phase;
use std::cell::RefCell;
use std::rc::Rc;

/// So long the last episodes of a checkpoint are waited for, in milliseconds: more than a log event waits for room.
const CURVE_MILLIS: u32 = 1_200;

type KeptRunCallback = Box<dyn FnOnce(Result<KeptRun, String>)>;

/// Takes checkpoints of a run and waits for the rest of their curves. Clones are the same.
#[derive(Clone)]
pub(super) struct Keeping(Rc<KeepingState>);

struct KeepingState {
    session: Session,
    /// Checkpoints whose last episodes have not come yet, and who waits for them.
    waiting: RefCell<Vec<(Checkpoint, KeptRunCallback)>>,
}

impl Keeping {
    /// Of this run.
    pub(super) fn of(session: Session) -> Self {
        Self(Rc::new(KeepingState { session, waiting: RefCell::default() }))
    }

    /// Hands over the run as it stands, with its curves; why not, if it cannot be had.
    pub(super) fn keep(&self, heard: impl FnOnce(Result<KeptRun, String>) + 'static) {
        let own = self.clone();
        self.0.session.ask_and(Command::Save {}, move |answer| match answer {
            Answer::Accepted { checkpoint: Some(checkpoint) } => own.wait(*checkpoint, Box::new(heard)),
            Answer::Accepted { checkpoint: None } => heard(Err(String::from(text::NOBODY_THERE))),
            Answer::Rejected { reason } => heard(Err(reason)),
        });
    }

    /// The last episodes before a checkpoint come after it.
    fn wait(&self, checkpoint: Checkpoint, heard: KeptRunCallback) {
        self.0.waiting.borrow_mut().push((checkpoint, heard));
        self.finish(false);
        if !self.0.waiting.borrow().is_empty() {
            let own = self.clone();
            Timeout::new(CURVE_MILLIS, move || own.finish(true)).forget();
        }
    }

    /// Something came from the run.
    pub(super) fn look(&self) {
        if !self.0.waiting.borrow().is_empty() {
            self.finish(false);
        }
    }

    /// Hands over what has all its episodes, or everything.
    fn finish(&self, gives_up: bool) {
        let drawn = self.0.session.view().episodes.bins().last().map_or(0, |bin| bin.last_episode + 1);
        let is_done = |(checkpoint, _): &(Checkpoint, KeptRunCallback)| gives_up || drawn >= checkpoint.episode;
        let (done, waiting) = self.0.waiting.take().into_iter().partition::<Vec<_>, _>(is_done);
        self.0.waiting.replace(waiting);
        for (checkpoint, heard) in done {
            let kept = {
                let view = self.0.session.view();
                let history = history::until(&view, checkpoint.episode);
                let (was_running, speed) = (view.status.phase == Phase::Running, view.status.speed);
                KeptRun { checkpoint, history, was_running, speed }
            };
            heard(Ok(kept));
        }
    }
}
