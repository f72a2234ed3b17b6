//! What viewers ask of a training that runs elsewhere, for it to ask about when it likes.

use crate::connection::{Publisher, RelayState};
use crate::publication::Request;
use shared::command::{Answer, Command};
use shared::event::Phase;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
struct ViewerRequests {
    /// Whether the training has ever asked: before that it is told nothing, because it would not obey.
    listens: bool,
    paused: bool,
    stopped: bool,
    saves: VecDeque<Request>,
    relay: RelayState,
    notices: Vec<String>,
}

/// What viewers have asked for, and how it stands with the relay.
#[derive(Debug, Default)]
pub struct ExternalControl {
    asked: Mutex<ViewerRequests>,
    changed: Condvar,
}

impl ExternalControl {
    fn asked(&self) -> MutexGuard<'_, ViewerRequests> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on commands are taken: the training asks regularly.
    pub fn listen(&self) {
        self.asked().listens = true;
    }

    /// Whether the training is to hold.
    pub fn paused(&self) -> bool {
        self.asked().paused
    }

    /// Whether the training is to end.
    pub fn stopped(&self) -> bool {
        self.asked().stopped
    }

    /// A request to save that is not answered yet.
    pub fn save(&self) -> Option<Request> {
        self.asked().saves.pop_front()
    }

    /// How it stands with the relay.
    pub fn relay(&self) -> RelayState {
        self.asked().relay.clone()
    }

    /// What there is to say to the person at the terminal since the last call.
    pub fn notices(&self) -> Vec<String> {
        std::mem::take(&mut self.asked().notices)
    }

    /// Waits while it is to hold, at most so long, or until somebody wants it saved; gives whether it still is to hold.
    pub fn wait_while_paused(&self, most: Duration) -> bool {
        let held = |it: &mut ViewerRequests| it.paused && !it.stopped && it.saves.is_empty();
        let waited = self.changed.wait_timeout_while(self.asked(), most, held);
        waited.unwrap_or_else(PoisonError::into_inner).0.paused
    }

    pub(super) fn phase(&self) -> Phase {
        let asked = self.asked();
        if asked.stopped {
            Phase::Ended
        } else if asked.paused {
            Phase::Paused
        } else {
            Phase::Running
        }
    }

    pub(super) fn set_relay(&self, state: RelayState) {
        let mut asked = self.asked();
        let words = state.to_string();
        if asked.relay != state {
            asked.notices.push(words);
        }
        asked.relay = state;
    }

    pub(super) fn say(&self, words: String) {
        self.asked().notices.push(words);
    }

    /// Takes in a command, and answers it where no answer of the training is needed.
    pub(super) fn obey(&self, request: Request, command: &Command, publisher: &Publisher) {
        let accepted = Answer::Accepted { checkpoint: None };
        let answer = {
            let mut asked = self.asked();
            match command {
                Command::GetState {} => Some(accepted),
                _ if !asked.listens => {
                    Some(rejected("this training takes no commands: its program does not ask for them"))
                }
                Command::Pause {} => {
                    asked.paused = true;
                    Some(accepted)
                }
                Command::Resume { .. } => {
                    asked.paused = false;
                    Some(accepted)
                }
                Command::Stop {} => {
                    asked.stopped = true;
                    Some(accepted)
                }
                Command::Save {} => {
                    asked.saves.push_back(request);
                    None
                }
                _ => Some(rejected("a training outside this project takes pause, resume, stop and save")),
            }
        };
        self.changed.notify_all();
        if let Some(answer) = answer {
            publisher.answer(request, answer);
        }
    }
}

fn rejected(reason: &str) -> Answer {
    Answer::Rejected { reason: reason.into() }
}
