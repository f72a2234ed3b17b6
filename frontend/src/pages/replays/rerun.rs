//! The agent as it was when an episode began: the run is made again up to there, in a worker of its own.
//!
//! A spec gives the same run again, so what an agent believed then need not have been kept.

use crate::services::worker_link::{Program, WorkerError};
use crate::services::worker_session::WorkerSession;
use crate::session::Session;
use shared::command::Answer;
use shared::event::{Phase, Severity, Speed};
use shared::{Command, RunId, RunSpec};
use std::cell::Cell;
use std::rc::Rc;
use yew::prelude::*;

/// A worker that makes a run again up to an episode.
pub(super) struct EpisodeRerun {
    worker: WorkerSession,
    episode: u64,
    is_refused: Rc<Cell<bool>>,
}

impl EpisodeRerun {
    /// Begins. `heard` is called whenever there is something to look at, `tell` says why it cannot be.
    pub(super) fn begin(
        spec: &RunSpec,
        episode: u64,
        heard: impl Fn() + 'static,
        tell: Callback<(Severity, String)>,
    ) -> Option<Rc<Self>> {
        let (told, say) = (tell.clone(), tell.clone());
        let session = Session::new(RunId::new("then").ok()?, true, move |severity, words| told.emit((severity, words)));
        let is_refused = Rc::new(Cell::new(false));
        let (heard, refused) = (Rc::new(heard), Rc::clone(&is_refused));
        let (again, lost) = (Rc::clone(&heard), Rc::clone(&is_refused));
        let failed = move |error: WorkerError| {
            lost.set(true);
            again();
            tell.emit((error.severity(), error.to_string()));
        };
        let worker = WorkerSession::open(
            session,
            Program::of(&spec.environment, &spec.agent),
            true,
            {
                let heard = Rc::clone(&heard);
                move || heard()
            },
            failed,
        );
        worker.subscribe();
        let session = worker.session.clone();
        session.ask(Command::SetSpeed { speed: Speed::Full });
        let asked = session.clone();
        session.ask_and(Command::Start { spec: Some(Box::new(spec.clone())) }, move |answer| {
            if let Answer::Rejected { reason } = answer {
                refused.set(true);
                say.emit((Severity::Error, reason));
                heard();
                return;
            }
            asked.ask(Command::Reset { seed: None });
            if episode > 0 {
                asked.ask(Command::Resume { until_episode: Some(episode) });
            }
        });
        Some(Rc::new(Self { worker, episode, is_refused }))
    }

    /// The session of the run, once it has come to the episode.
    pub(super) fn session(&self) -> Option<&Session> {
        let view = self.worker.session.view();
        let holds = matches!(view.status.phase, Phase::Ready | Phase::Paused);
        (holds && view.status.episode == self.episode && view.values.is_some()).then_some(&self.worker.session)
    }

    /// Whether it will not come to the episode: the run cannot be made, its worker died, or it stopped before.
    pub(super) fn is_given_up(&self) -> bool {
        let view = self.worker.session.view();
        let stopped = matches!(view.status.phase, Phase::Paused | Phase::Ended) && view.status.episode != self.episode;
        self.is_refused.get() || stopped
    }

    /// How far it is.
    pub(super) fn episode(&self) -> u64 {
        self.worker.session.view().status.episode.min(self.episode)
    }
}
