//! What others want of a session: viewers by the relay, and whoever started it by signals.

use super::HostedSession;
use crate::connection::Inbound;
use crate::progress::Goal;
use crate::publication::Request;
use shared::command::{Answer, Command};

impl HostedSession<'_> {
    pub(super) fn obey(&mut self, inbound: Inbound) {
        match inbound {
            Inbound::Command(request, command) => self.command(request, command),
            Inbound::SendState => self.host.resend_state(),
            Inbound::Notice(words) => self.progress.say(&words),
            Inbound::Interrupt => self.interrupted = true,
            // It has said why.
            Inbound::Over => {}
            Inbound::Relay(state) => {
                self.progress.say(&state.to_string());
                self.relay = state;
            }
        }
    }

    pub(super) fn command(&mut self, request: Request, command: Command) {
        let tunes = matches!(command, Command::Tune { .. });
        let starts = matches!(command, Command::Start { .. });
        self.wants_save |= matches!(command, Command::Save {});
        let command = match (command, self.goal) {
            (Command::Resume { until_episode }, Goal::Episodes(end)) => {
                Command::Resume { until_episode: Some(until_episode.unwrap_or(end).min(end)) }
            }
            (command, _) => command,
        };
        if matches!(command, Command::Stop {}) {
            self.keep_before_the_end();
        }
        let answer = self.host.command(command);
        if starts && matches!(answer, Answer::Accepted { .. }) {
            self.resume();
        }
        if tunes
            && matches!(answer, Answer::Accepted { .. })
            && let Some(keeper) = &mut self.keeper
            && let Err(error) = keeper.note_changes(self.host.run())
        {
            self.progress.say(&format!("the change is not noted: {error}; the next save has it"));
        }
        if let Some(publisher) = &self.publisher {
            publisher.answer(request, answer);
        }
    }

    /// Somebody ends the run: as it stands it is kept, and left with the relay, as long as it can say so.
    pub(super) fn keep_before_the_end(&mut self) {
        let kept = self.save(None).and_then(|()| self.leave(true));
        if let Err(error) = kept {
            self.progress.say(&error.to_string());
        }
    }

    /// Lets the run go, up to its goal.
    pub(super) fn resume(&mut self) {
        let until_episode = match self.goal {
            Goal::Episodes(episodes) => Some(episodes),
            Goal::Endless | Goal::Steps(_) => None,
        };
        self.host.command(Command::Resume { until_episode });
    }
}
