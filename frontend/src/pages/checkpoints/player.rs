//! A player: a worker in which an agent that a run left plays greedily.

use crate::services::worker_link::{Program, WorkerError};
use crate::services::worker_session::WorkerSession;
use crate::session::Session;
use shared::checkpoint::Checkpoint;
use shared::command::Answer;
use shared::event::{Severity, Speed};
use shared::{Command, RunId};
use yew::Callback;

/// Episodes by which an agent is judged.
pub const JUDGED: u32 = 20;

/// The worker. Dropped, it ends.
pub struct Player(WorkerSession);

impl Player {
    /// Starts a worker; `tell` is told what goes wrong.
    pub fn open(tell: Callback<(Severity, String)>) -> Option<Self> {
        let complain = tell.clone();
        let session =
            Session::new(RunId::new("checkpoint").ok()?, true, move |severity, words| tell.emit((severity, words)));
        let failed = move |error: WorkerError| complain.emit((error.severity(), error.to_string()));
        // Agents with and without networks come, and the page's own program is not this one.
        let worker = WorkerSession::open(session, Program::Networks, true, || {}, failed);
        worker.subscribe();
        Some(Self(worker))
    }

    /// What it plays.
    pub const fn session(&self) -> &Session {
        &self.0.session
    }

    /// Plays at so many steps a second.
    pub fn set_rate(&self, steps_per_second: f64) {
        self.session().ask(Command::SetSpeed { speed: Speed::StepsPerSecond(steps_per_second) });
    }

    /// Lets this agent play, from the beginning of an episode, and judges it meanwhile. `refused` is told why it cannot.
    pub fn play(&self, checkpoint: Checkpoint, refused: impl FnOnce(String) + 'static) {
        let session = self.session().clone();
        self.session().ask_and(Command::Load { checkpoint: Box::new(checkpoint) }, move |answer| match answer {
            Answer::Rejected { reason } => refused(reason),
            Answer::Accepted { .. } => {
                session.ask(Command::WatchGreedy { watch: true });
                session.ask(Command::Evaluate { episodes: JUDGED });
            }
        });
    }
}

impl std::fmt::Debug for Player {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Player").field(&self.0).finish()
    }
}
