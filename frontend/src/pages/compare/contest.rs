//! A contest: all runs of a comparison, as many at once as the machine has cores, each in its own worker.
//!
//! A run goes from part to part and holds at the end of each, so that every part has exactly its episodes. What a run
//! comes to depends on its spec alone, so the order in which runs get their workers changes nothing.

use super::setup::Setup;
use crate::clock::uptime_millis;
use crate::services::worker_link::WorkerError;
use crate::services::worker_session::WorkerSession;
use crate::session::Session;
use crate::store::board::{ComparisonBoard, GREEDY_RETURN, RunProgress};
use gloo_timers::callback::Timeout;
use shared::command::{Answer, Command};
use shared::event::{Phase, Severity, Speed};
use shared::{Epoch, RunId};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

/// A run starts as good as standing: it must not move before it is told where to hold.
const STANDING: Speed = Speed::StepsPerSecond(1e-3);
/// Episodes that the greedy policy of a finished run plays, beside its training.
const GREEDY_EPISODES: u32 = 20;
/// How often a run that holds is asked for its regret, which is worked out piece by piece.
const MOST_LOOKS: u32 = 50;

/// A contest under way, or over. Clones are the same one.
#[derive(Clone)]
pub struct Contest(Rc<ContestState>);

struct ContestState {
    setup: Setup,
    board: ComparisonBoard,
    queue: RefCell<VecDeque<(usize, usize)>>,
    desks: RefCell<Vec<Rc<ContestWorker>>>,
    tell: Rc<dyn Fn(Severity, String)>,
}

/// A worker's place: the run that it makes at present.
struct ContestWorker {
    worker: RefCell<Option<WorkerSession>>,
    job: Cell<Option<(usize, usize)>>,
    /// The epoch of the run before, whose messages may still come.
    over: Cell<Option<Epoch>>,
    asked_at: Cell<f64>,
    looks: Cell<u32>,
    greedy: Cell<Greedy>,
}

/// How far it is known what a run's greedy policy is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Greedy {
    /// Nobody has asked.
    #[default]
    Unasked,
    /// Its episodes are being played.
    Asked,
    /// They have been, or none of them ends.
    Answered { has_played: bool },
}

impl Contest {
    /// Lets all runs begin, seed by seed. `tell` shows words to people.
    pub fn begin(setup: Setup, board: ComparisonBoard, tell: impl Fn(Severity, String) + 'static) -> Self {
        let seeds = 0..setup.seeds as usize;
        let agents = setup.agents.len();
        let queue: VecDeque<_> = seeds.flat_map(|seed| (0..agents).map(move |agent| (agent, seed))).collect();
        let desks = workers().min(queue.len());
        let inner =
            ContestState { setup, board, queue: RefCell::new(queue), desks: RefCell::default(), tell: Rc::new(tell) };
        let contest = Self(Rc::new(inner));
        for desk in 0..desks {
            contest.furnish(desk);
        }
        contest
    }

    /// Whether runs are under way.
    pub fn is_running(&self) -> bool {
        self.0.desks.borrow().iter().any(|desk| desk.job.get().is_some())
    }

    /// Number of runs at once.
    pub fn workers(&self) -> usize {
        self.0.desks.borrow().len()
    }

    /// Ends all workers; what is on the board stays.
    pub fn stop(&self) {
        self.0.queue.borrow_mut().clear();
        for desk in self.0.desks.borrow().iter() {
            desk.job.set(None);
            desk.send_home();
        }
        self.0.board.change().revision += 1;
    }

    fn furnish(&self, number: usize) {
        let desk = Rc::new(ContestWorker {
            worker: RefCell::default(),
            job: Cell::default(),
            over: Cell::default(),
            asked_at: Cell::default(),
            looks: Cell::default(),
            greedy: Cell::default(),
        });
        self.0.desks.borrow_mut().push(Rc::clone(&desk));
        let Ok(name) = RunId::new(format!("compare-{number}")) else { return };
        // What a run says of itself stands on the board.
        let session = Session::new(name, true, |_, _| ());
        let (inner, place) = (Rc::downgrade(&self.0), Rc::downgrade(&desk));
        let heard = move || {
            if let (Some(inner), Some(desk)) = (inner.upgrade(), place.upgrade()) {
                Self(inner).hear(&desk);
            }
        };
        let (inner, place) = (Rc::downgrade(&self.0), Rc::downgrade(&desk));
        let failed = move |error: WorkerError| {
            let (Some(inner), Some(desk)) = (inner.upgrade(), place.upgrade()) else { return };
            let words = error.to_string();
            (inner.tell)(error.severity(), words.clone());
            if error.severity() != Severity::Error {
                return;
            }
            if let Some((agent, seed)) = desk.job.take() {
                inner.board.change().set(agent, seed, RunProgress::Failed(words));
            }
            desk.send_home();
            // The runs that wait are not to wait for a worker that died.
            if matches!(error, WorkerError::Died { .. }) && !inner.queue.borrow().is_empty() {
                inner.desks.borrow_mut().retain(|it| !Rc::ptr_eq(it, &desk));
                Self(inner).furnish(number);
            }
        };
        let worker = WorkerSession::open(session, self.0.setup.program(), false, heard, failed);
        worker.subscribe();
        desk.worker.replace(Some(worker));
        self.next(&desk);
    }

    /// Gives a desk its next run, or sends its worker home.
    fn next(&self, desk: &Rc<ContestWorker>) {
        let job = self.0.queue.borrow_mut().pop_front();
        desk.job.set(job);
        let (Some((agent, seed)), Some(session)) = (job, desk.session()) else {
            desk.send_home();
            return;
        };
        let Some(spec) = self.0.setup.run(agent, seed) else { return };
        desk.over.set(session.view().epoch);
        desk.looks.set(0);
        desk.greedy.set(Greedy::Unasked);
        self.0.board.change().set(agent, seed, RunProgress::Running);
        session.ask(Command::SetSpeed { speed: STANDING });
        let (contest, place) = (self.clone(), Rc::clone(desk));
        session.ask_and(Command::Start { spec: Some(Box::new(spec)) }, move |answer| match answer {
            Answer::Accepted { .. } => {
                contest.go_on(&place);
                if let Some(session) = place.session() {
                    session.ask(Command::SetSpeed { speed: Speed::Full });
                }
            }
            // The same spec with another seed would be refused as well, for the same reason.
            Answer::Rejected { reason } => contest.fail(&place, reason),
        });
    }

    /// Lets a run make its next part.
    fn go_on(&self, desk: &Rc<ContestWorker>) {
        let (Some((agent, seed)), Some(session)) = (desk.job.get(), desk.session()) else { return };
        let end = self.0.board.look().next_end(agent, seed);
        desk.asked_at.set(uptime_millis());
        session.ask(Command::Resume { until_episode: end });
    }

    fn hear(&self, desk: &Rc<ContestWorker>) {
        let (Some((agent, seed)), Some(session)) = (desk.job.get(), desk.session()) else { return };
        if session.view().epoch.is_none() || session.view().epoch == desk.over.get() {
            return;
        }
        let broken = session.view().notices.iter().find(|it| it.severity == Severity::Error).map(|it| it.text.clone());
        if let Some(reason) = broken {
            self.fail(desk, reason);
            return;
        }
        let millis = uptime_millis() - desk.asked_at.get();
        let mut made = false;
        while self.0.board.change().take_part(agent, seed, &session.view(), if made { 0.0 } else { millis }) {
            made = true;
        }
        let complete = self.0.board.look().next_end(agent, seed).is_none();
        if made && !complete {
            self.go_on(desk);
        } else if complete && self.is_told(desk, &session) && self.is_evaluated(desk, &session) {
            self.0.board.change().finish(agent, seed, &session.view());
            self.next(desk);
        }
    }

    /// Whether the greedy policy of a run that has made all its parts has played, if it can.
    fn is_evaluated(&self, desk: &Rc<ContestWorker>, session: &Session) -> bool {
        match desk.greedy.get() {
            Greedy::Unasked => {
                desk.greedy.set(Greedy::Asked);
                let (contest, place, job) = (self.clone(), Rc::clone(desk), desk.job.get());
                session.ask_and(Command::Evaluate { episodes: GREEDY_EPISODES }, move |answer| {
                    if place.job.get() == job {
                        let has_played = matches!(answer, Answer::Accepted { .. });
                        place.greedy.set(Greedy::Answered { has_played });
                        contest.hear(&place);
                    }
                });
                false
            }
            Greedy::Asked => false,
            Greedy::Answered { has_played } => !has_played || session.view().metrics.contains_key(GREEDY_RETURN),
        }
    }

    /// Whether the hash of a run that has made all its parts is here, and its regret if there can be one.
    fn is_told(&self, desk: &ContestWorker, session: &Session) -> bool {
        let view = session.view();
        let status = &view.status;
        if status.phase != Phase::Paused || status.episode < self.0.setup.episodes {
            return false;
        }
        let wants_regret = status.optimal_states.is_some() && status.regret.is_none();
        drop(view);
        let looks = desk.looks.replace(desk.looks.get() + 1);
        if wants_regret && looks < MOST_LOOKS {
            session.ask(Command::GetState {});
            return false;
        }
        true
    }

    fn fail(&self, desk: &Rc<ContestWorker>, reason: String) {
        if let Some((agent, seed)) = desk.job.take() {
            self.0.board.change().set(agent, seed, RunProgress::Failed(reason));
        }
        self.next(desk);
    }
}

impl ContestWorker {
    fn session(&self) -> Option<Session> {
        self.worker.borrow().as_ref().map(|worker| worker.session.clone())
    }

    /// Ends the worker, after the message of it that is being heard.
    fn send_home(&self) {
        let worker = self.worker.take();
        Timeout::new(0, move || drop(worker)).forget();
    }
}

impl Drop for ContestState {
    fn drop(&mut self) {
        for desk in self.desks.borrow().iter() {
            desk.send_home();
        }
    }
}

impl PartialEq for Contest {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Contest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Contest").field("setup", &self.0.setup).finish_non_exhaustive()
    }
}

/// Number of workers that the machine can carry at once.
fn workers() -> usize {
    web_sys::window().map_or(1.0, |it| it.navigator().hardware_concurrency()).max(1.0) as usize
}
