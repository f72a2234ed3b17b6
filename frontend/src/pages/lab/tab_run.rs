//! The run that lives in this tab: a worker, a session, and what is kept so that nothing is lost.

use super::beginning::LabBeginning;
use super::best::{BestMoment, BestOfRun, WINDOW};
use super::entries::{FormEntries, FormEntry};
use super::keeping::Keeping;
use super::lesson_swap::LessonSwap;
use super::pacing::Pacing;
use super::put_aside;
use super::undo::{PutAsideReason, Undo};
use crate::components::messages::Messages;
use crate::components::question::Question;
use crate::format::count;
use crate::route::Route;
use crate::services::storage::KeptRun;
use crate::services::worker_link::{Program, WorkerError};
use crate::services::worker_session::WorkerSession;
use crate::session::Session;
use crate::store::History;
use crate::text;
use gloo_timers::callback::{Interval, Timeout};
use shared::checkpoint::Checkpoint;
use shared::command::Answer;
use shared::event::{Phase, Severity, Speed};
use shared::parameter::Parameters;
use shared::{Command, RunId, RunSpec};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use yew::Callback;

/// The name of the run in this tab.
const RUN: &str = "lab";

/// Whoever loses more episodes than this is told how to have them back.
const WORTH_TELLING: u64 = 100;

/// So many workers in a row may die before the last run is left alone.
const MOST_DEATHS: u32 = 2;

/// A run in a worker of this tab. It goes on while other places are shown.
pub struct TabRun {
    /// The run.
    pub session: Session,
    /// How people are talked to.
    pub messages: Messages,
    worker: RefCell<Option<WorkerSession>>,
    entries: RefCell<FormEntries>,
    undo: RefCell<Undo<Rc<KeptRun>>>,
    keeping: Keeping,
    /// The run as it was kept last, to go on with if the worker dies.
    last: RefCell<Option<Rc<KeptRun>>>,
    /// How it was when it did best.
    best: BestOfRun<Rc<KeptRun>>,
    /// Workers that died since a run was kept last.
    deaths: Cell<u32>,
    /// What the page was opened with, as long as no run is on show.
    pub(super) expected: RefCell<Option<RunSpec>>,
    /// What the Lab showed last, which the address is to tell.
    pub(super) addressed: RefCell<Option<RunSpec>>,
    /// The query that the run on show put into the address.
    pub(super) written: RefCell<Option<String>>,
    /// Whether the worker has no run although one is on show.
    is_empty: Cell<bool>,
    /// How fast it goes as long as nobody has chosen that.
    pub(super) pacing: Pacing,
    /// What waits for the run of a link.
    comparing: RefCell<Option<Rc<RefCell<Option<Interval>>>>>,
    /// The run of a lesson, and what it took the place of.
    pub(super) lesson_swap: LessonSwap,
    /// Told when another entry was made or answered.
    on_entry: RefCell<Option<Callback<()>>>,
    own: Weak<Self>,
}

impl TabRun {
    /// Starts the worker.
    pub fn new(messages: Messages) -> Option<Rc<Self>> {
        let told = messages.clone();
        let session = Session::new(RunId::new(RUN).ok()?, true, move |severity, words| {
            told.tell(severity, if Route::now().is_lab() { words } else { text::in_the_lab(&words) });
        });
        let run = Rc::new_cyclic(|own| Self {
            pacing: Pacing::of(session.clone()),
            keeping: Keeping::of(session.clone()),
            session,
            messages,
            worker: RefCell::default(),
            entries: RefCell::default(),
            undo: RefCell::new(Undo::new(|run: &Rc<KeptRun>| run.checkpoint.step)),
            last: RefCell::default(),
            best: BestOfRun::default(),
            deaths: Cell::default(),
            expected: RefCell::default(),
            addressed: RefCell::default(),
            written: RefCell::default(),
            is_empty: Cell::default(),
            comparing: RefCell::default(),
            lesson_swap: LessonSwap::default(),
            on_entry: RefCell::default(),
            own: Weak::clone(own),
        });
        run.open_worker(Program::Page);
        Some(run)
    }

    fn open_worker(&self, program: Program) {
        let own = Weak::clone(&self.own);
        let failed = move |error: WorkerError| {
            if let Some(run) = own.upgrade() {
                run.failed(&error);
            }
        };
        let keeping = self.keeping.clone();
        let heard = move || keeping.look();
        let worker = WorkerSession::open(self.session.clone(), program, true, heard, failed);
        worker.subscribe();
        let old = self.worker.replace(Some(worker));
        // It may be the one whose call this is.
        Timeout::new(0, move || drop(old)).forget();
    }

    /// Sees to it that there is a worker for a run of this spec. Where another program is needed, another worker takes the
    /// place of the present one and its run.
    pub(super) fn make_room_for(&self, spec: &RunSpec) {
        let needed = Program::of(&spec.environment, &spec.agent);
        if self.worker.borrow().as_ref().is_some_and(|it| it.program.serves(needed)) {
            return;
        }
        let speed = {
            let view = self.session.view();
            self.is_empty.set(view.started.is_some());
            view.started.as_ref().map(|_| view.status.speed)
        };
        self.open_worker(needed);
        if let Some(speed) = speed {
            self.session.ask(Command::SetSpeed { speed });
        }
    }

    /// A run was refused: the one on show is to be there again if its worker is not.
    pub(super) fn put_back(&self, kept: Option<Rc<KeptRun>>) {
        if !self.is_empty.get() {
            return;
        }
        let on_show = self.session.view().started.as_ref().map(|started| started.spec.clone());
        match (kept, on_show) {
            (Some(kept), _) => self.go_on(&kept, |_| ()),
            // Nothing had happened in it yet.
            (None, Some(spec)) => {
                let own = Weak::clone(&self.own);
                self.session.ask_and(Command::Start { spec: Some(Box::new(spec)) }, move |answer| {
                    if let (Answer::Accepted { .. }, Some(run)) = (answer, own.upgrade()) {
                        run.is_empty.set(false);
                        run.session.ask(Command::Reset { seed: None });
                    }
                });
            }
            (None, None) => {}
        }
    }

    /// The newest entry of a form that is not on show yet.
    pub fn entry(&self) -> Option<FormEntry> {
        self.entries.borrow().newest().cloned()
    }

    /// Whether the run of the newest entry is to hold; none if no run follows.
    pub fn is_to_hold(&self) -> Option<bool> {
        self.entries.borrow().holds()
    }

    /// Says who is told when another entry was made or answered.
    pub fn follow_entries(&self, told: Option<Callback<()>>) {
        self.on_entry.replace(told);
    }

    /// Notes what is on show now.
    pub fn note_shown(&self) {
        // Between two epochs nothing is.
        if self.session.view().started.is_none() {
            return;
        }
        let view = self.session.view();
        let phase = view.frame.is_some().then_some(view.status.phase);
        self.entries.borrow_mut().shown(view.epoch, phase, view.tuned.0);
    }

    pub(super) fn change_entries<T>(&self, change: impl FnOnce(&mut FormEntries) -> T) -> T {
        let changed = change(&mut self.entries.borrow_mut());
        let told = self.on_entry.borrow().clone();
        if let Some(told) = told {
            told.emit(());
        }
        changed
    }

    /// This run, shared.
    pub(super) fn own(&self) -> Option<Rc<Self>> {
        self.own.upgrade()
    }

    /// Whether there is a run on show that no worker has: it died.
    pub fn is_gone(&self) -> bool {
        self.is_empty.get()
    }

    /// The run of the newest entry need not hold.
    pub fn release(&self) {
        self.entries.borrow_mut().release();
    }

    /// Gives up what was set and not taken.
    pub fn take_back_entry(&self) {
        self.change_entries(FormEntries::forget);
    }

    /// Begins the first visit's run, by itself slowly, then faster, and slowly again.
    pub fn begin(&self, spec: RunSpec) {
        self.make_room_for(&spec);
        self.pacing.begin(LabBeginning::FirstVisit);
        self.session.ask(Command::Start { spec: Some(Box::new(spec)) });
    }

    /// Somebody set something else. An environment in which its agent cannot learn gets the last of `others` that can; if
    /// none can, the first refusal is told, and the run on show is as before.
    pub fn enter(&self, spec: RunSpec, others: Vec<RunSpec>) {
        let is_moving = self.session.view().status.phase == Phase::Running || self.is_gone();
        // A run that has just taken the place of another is no loss.
        let has_begun = self.entries.borrow().has_begun();
        let number = self.change_entries(|entries| entries.enter(spec.clone(), is_moving));
        let start = move |run: &Rc<Self>, kept| {
            if run.entries.borrow().waits(number) {
                run.start(number, spec, others, None, kept);
            }
        };
        match self.own.upgrade().filter(|_| has_begun) {
            Some(run) => start(&run, None),
            None => self.keep_or(start, move |run| {
                run.change_entries(|entries| entries.refused(number, &text::RUN_STAYS));
            }),
        }
    }

    /// Somebody set these values, which the agent gets while it goes on learning; `spec` is what they make of what is set.
    pub fn tune(&self, spec: RunSpec, parameters: Parameters) {
        let before = self.session.view().tuned.0;
        let number = self.change_entries(|entries| entries.tune(spec, before));
        let own = Weak::clone(&self.own);
        self.session.ask_and(Command::Tune { parameters }, move |answer| {
            if let (Answer::Rejected { reason }, Some(run)) = (answer, own.upgrade()) {
                run.change_entries(|entries| entries.over(number));
                run.messages.tell(Severity::Warning, reason);
            }
        });
    }

    fn start(
        self: &Rc<Self>,
        number: u64,
        spec: RunSpec,
        mut others: Vec<RunSpec>,
        refusal: Option<String>,
        kept: Option<Rc<KeptRun>>,
    ) {
        self.make_room_for(&spec);
        self.pacing.begin(LabBeginning::Picked);
        let (run, before) = (Rc::clone(self), self.session.view().epoch);
        let command = Command::Start { spec: Some(Box::new(spec.clone())) };
        self.session.ask_and(command, move |answer| match answer {
            Answer::Accepted { .. } => {
                let holds = run.entries.borrow().waits(number) && run.entries.borrow().holds() == Some(true);
                if holds {
                    run.session.ask(Command::Reset { seed: None });
                }
                run.change_entries(|entries| entries.accepted(number, spec, before));
                run.replaced(kept, PutAsideReason::Replaced);
            }
            Answer::Rejected { reason } if run.entries.borrow().waits(number) => {
                let first = refusal.unwrap_or(reason);
                if let Some(next) = others.pop() {
                    run.start(number, next, others, Some(first), kept);
                } else {
                    run.change_entries(|entries| entries.refused(number, &first));
                    run.put_back(kept);
                    run.messages.tell(Severity::Warning, first);
                }
            }
            Answer::Rejected { .. } => {}
        });
    }

    /// Begins this run anew with nothing learned.
    pub fn reset(&self) {
        self.change_entries(FormEntries::forget);
        self.keep_first(|run, kept| {
            run.pacing.begin(LabBeginning::Picked);
            let own = Rc::clone(run);
            run.session.ask_and(Command::Reset { seed: None }, move |answer| match answer {
                Answer::Accepted { .. } => own.replaced(kept, PutAsideReason::Replaced),
                Answer::Rejected { reason } => own.messages.tell(Severity::Warning, reason),
            });
        });
    }

    /// Runs up to an episode, as a link says; without one it learns before their eyes. `refused` is told why not.
    pub fn begin_shared(&self, spec: RunSpec, until_episode: Option<u64>, refused: impl FnOnce(String) + 'static) {
        self.change_entries(FormEntries::forget);
        self.keep_first(move |run, kept| {
            run.make_room_for(&spec);
            match until_episode {
                Some(_) => {
                    run.pacing.stop();
                    run.session.ask(Command::SetSpeed { speed: Speed::Full });
                }
                None => run.pacing.begin(LabBeginning::Picked),
            }
            let own = Rc::clone(run);
            run.session.ask_and(Command::Start { spec: Some(Box::new(spec)) }, move |answer| match answer {
                Answer::Accepted { .. } => {
                    own.is_empty.set(false);
                    own.session.ask(Command::Reset { seed: None });
                    // A link to a run before its first episode shows that.
                    if until_episode != Some(0) {
                        own.session.ask(Command::Resume { until_episode });
                    }
                    own.replaced(kept, PutAsideReason::Replaced);
                }
                Answer::Rejected { reason } => {
                    own.put_back(kept);
                    refused(reason);
                }
            });
        });
    }

    /// Goes on with a saved agent, and with its curves if it brought them. `heard` is told whether it was taken.
    pub fn load(
        &self,
        checkpoint: Checkpoint,
        curves: Option<History>,
        heard: impl FnOnce(Result<(), String>) + 'static,
    ) {
        self.change_entries(FormEntries::forget);
        self.keep_first(move |run, kept| {
            run.make_room_for(&checkpoint.spec);
            let own = Rc::clone(run);
            run.session.ask_and(Command::Load { checkpoint: Box::new(checkpoint) }, move |answer| match answer {
                Answer::Accepted { .. } => {
                    own.session.carry_on_from(curves.unwrap_or_default());
                    own.replaced(kept, PutAsideReason::Replaced);
                    heard(Ok(()));
                }
                Answer::Rejected { reason } => {
                    own.put_back(kept);
                    heard(Err(reason));
                }
            });
        });
    }

    /// Goes on with a run that was kept, exactly where it was. `refused` is called if it cannot be had any more.
    pub fn go_on(&self, kept: &Rc<KeptRun>, refused: impl FnOnce(&Rc<Self>) + 'static) {
        let KeptRun { checkpoint, history, was_running, speed } = (**kept).clone();
        self.make_room_for(&checkpoint.spec);
        self.pacing.stop();
        self.last.replace(Some(Rc::clone(kept)));
        self.session.ask(Command::SetSpeed { speed });
        let own = Weak::clone(&self.own);
        self.session.ask_and(Command::Load { checkpoint: Box::new(checkpoint) }, move |answer| {
            let Some(run) = own.upgrade() else { return };
            match answer {
                Answer::Accepted { .. } => {
                    run.is_empty.set(false);
                    run.session.carry_on_from(history);
                    if was_running {
                        run.session.ask(Command::Resume { until_episode: None });
                    }
                }
                Answer::Rejected { reason } => {
                    run.messages.tell(Severity::Warning, reason);
                    refused(&run);
                }
            }
        });
    }

    /// Goes back to the run that was put aside last, or forward to the one that was left for it.
    pub fn step_back(&self, how: PutAsideReason) {
        if !self.undo.borrow().has(how) {
            let words = if how == PutAsideReason::Redone { text::NOTHING_TO_REDO } else { text::NOTHING_TO_UNDO };
            self.messages.tell(Severity::Information, words);
            return;
        }
        self.keep_first(move |run, kept| {
            let Some(back) = run.undo.borrow_mut().take(how) else { return };
            run.change_entries(FormEntries::forget);
            run.go_on(&back, |_| ());
            run.replaced(kept, how);
            run.messages.tell(Severity::Information, text::back_again(&count(back.checkpoint.episode)));
        });
    }

    /// Puts a run of another visit aside, which the one that begins takes the place of.
    pub fn put_aside(&self, kept: KeptRun) {
        self.replaced(Some(Rc::new(kept)), PutAsideReason::Replaced);
    }

    /// A run that was put aside before the page was loaded can be had back.
    pub(super) fn have_aside(&self, kept: KeptRun) {
        if !self.undo.borrow().has(PutAsideReason::Undone) {
            self.undo.borrow_mut().put(Rc::new(kept), PutAsideReason::Replaced);
        }
    }

    /// Another run has taken the place of this one.
    pub(super) fn replaced(&self, kept: Option<Rc<KeptRun>>, how: PutAsideReason) {
        self.is_empty.set(false);
        let episodes = kept.as_ref().map_or(0, |kept| kept.checkpoint.episode);
        // After a reload an undo has back what it would have had back before.
        let is_another = kept.is_some() || how == PutAsideReason::Undone;
        if let Some(kept) = kept {
            self.undo.borrow_mut().put(kept, how);
        }
        if is_another {
            // Where nothing can be stored, that is told of the run on show.
            put_aside::store(put_aside::ASIDE, self.undo.borrow().last().cloned(), Box::new(drop));
        }
        if how == PutAsideReason::Replaced && episodes >= WORTH_TELLING {
            let own = Weak::clone(&self.own);
            let undo = Callback::from(move |()| {
                if let Some(run) = own.upgrade() {
                    run.step_back(PutAsideReason::Undone);
                }
            });
            self.messages.offer(Severity::Information, text::put_aside(&count(episodes)), text::UNDO, undo);
        }
    }

    /// Keeps the run on show before `then` replaces it, if there is something to lose. One that cannot be kept is asked
    /// about.
    pub(super) fn keep_first(&self, then: impl FnOnce(&Rc<Self>, Option<Rc<KeptRun>>) + 'static) {
        self.keep_or(then, |_| ());
    }

    /// The same; `stays` is called if the run on show cannot be kept and is not to be lost.
    fn keep_or(
        &self,
        then: impl FnOnce(&Rc<Self>, Option<Rc<KeptRun>>) + 'static,
        stays: impl Fn(&Rc<Self>) + 'static,
    ) {
        let Some(own) = self.own.upgrade() else { return };
        let is_untouched = {
            let view = self.session.view();
            view.started.is_none() || view.status.step == 0
        };
        if is_untouched || self.is_empty.get() {
            then(&own, None);
            return;
        }
        self.keep(move |run, kept| match kept {
            Ok(kept) => then(run, Some(kept)),
            // The worker died meanwhile: what was set stays in the form.
            Err(_) if run.is_gone() => {}
            Err(reason) => {
                let (run, then) = (Rc::clone(run), RefCell::new(Some(then)));
                let (title, words) = {
                    let view = run.session.view();
                    (String::from(text::LOSE_RUN), text::run_is_lost(&count(view.status.episode), &reason))
                };
                let own = Rc::clone(&run);
                let on_yes = Callback::from(move |()| {
                    if let Some(then) = then.take() {
                        then(&own, None);
                    }
                });
                let own = Rc::clone(&run);
                let on_no = Callback::from(move |()| stays(&own));
                run.messages.ask.emit(Question { title, words, yes: text::REPLACE, on_yes, on_no });
            }
        });
    }

    /// The run as it stands, with its curves; why not, if it cannot be had.
    pub fn keep(&self, heard: impl FnOnce(&Rc<Self>, Result<Rc<KeptRun>, String>) + 'static) {
        let own = Weak::clone(&self.own);
        self.keeping.keep(move |kept| {
            let Some(run) = own.upgrade() else { return };
            let kept = kept.map(Rc::new);
            if let Ok(kept) = &kept {
                run.last.replace(Some(Rc::clone(kept)));
                if let Some(mean_return) = kept.history.mean_return(WINDOW) {
                    let moment = BestMoment { mean_return, episode: kept.checkpoint.episode };
                    run.best.look(&kept.checkpoint.spec, moment, Rc::clone(kept));
                }
            }
            heard(&run, kept);
        });
    }

    /// The best moment of the run on show, if much has been lost since.
    pub fn lost_moment(&self) -> Option<BestMoment> {
        let (moment, kept) = self.best.lost()?;
        let is_on_show =
            self.session.view().started.as_ref().is_some_and(|it| it.spec.begins_like(&kept.checkpoint.spec));
        is_on_show.then_some(moment)
    }

    /// Goes back to that moment and holds there, for it would lose the same again; the run as it stands is put aside.
    pub fn go_back_to_best(&self) {
        let Some((_, best)) = self.best.lost() else { return };
        let best = Rc::new(KeptRun { was_running: false, ..(*best).clone() });
        self.keep_first(move |run, kept| {
            run.change_entries(FormEntries::forget);
            run.go_on(&best, |_| ());
            run.replaced(kept, PutAsideReason::Replaced);
            run.messages.tell(Severity::Information, text::back_again(&count(best.checkpoint.episode)));
        });
    }

    /// A run was kept a while after the last one: the worker is well.
    pub fn is_well(&self) {
        self.deaths.set(0);
    }

    /// The worker cannot be had, or died. A dead one gives way to another, which goes on with what was kept last.
    fn failed(&self, error: &WorkerError) {
        let program = self.worker.borrow().as_ref().map(|it| it.program).unwrap_or_default();
        let WorkerError::Died { .. } = error else {
            self.messages.tell(error.severity(), error.to_string());
            if error.is_over() && program != Program::Page {
                // Whoever asked for a run of it is refused next, and finds a worker for the run before.
                self.open_worker(Program::Page);
            }
            return;
        };
        let deaths = self.deaths.get() + 1;
        self.deaths.set(deaths);
        self.pacing.stop();
        self.is_empty.set(true);
        let kept = self.last.borrow().clone().filter(|_| deaths <= MOST_DEATHS);
        let on_show = self.session.view().started.as_ref().map(|started| started.spec.clone());
        let goes_on = kept.as_ref().map(|kept| kept.checkpoint.spec.clone());
        let reason = error.to_string();
        self.change_entries(|entries| entries.died(on_show, goes_on.as_ref(), &reason));
        self.open_worker(program);
        if let Some(kept) = &kept {
            // One that died twice holds: what killed it may come with the next step.
            let was_running = kept.was_running && deaths < MOST_DEATHS;
            self.go_on(&Rc::new(KeptRun { was_running, ..(**kept).clone() }), |_| ());
        }
        let episodes = kept.map(|kept| count(kept.checkpoint.episode));
        self.messages.tell(Severity::Error, text::worker_died(&reason, episodes.as_deref()));
    }

    /// Keeps what waits for the run of a link, instead of what waited for another one.
    pub fn hold(&self, comparing: Rc<RefCell<Option<Interval>>>) {
        self.comparing.replace(Some(comparing));
    }
}

impl std::fmt::Debug for TabRun {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TabRun").field("session", &self.session).finish_non_exhaustive()
    }
}
