//! What is known of a run that is watched.

use crate::figure::{fixed, plain_sum};
use shared::RunId;
use shared::episode::EpisodeBin;
use shared::event::{EndReason, Frame, LogEvent, Phase, StateEvent, Status};
use shared::message::{LogEntry, ServerMessage};

/// Points of the curve beyond which neighbours are merged.
const MOST_POINTS: usize = 1024;

/// Episodes that the mean of a line is of.
const RECENT: u64 = 100;

/// Neighbouring episodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ReturnPoint {
    pub(super) last_episode: u64,
    count: u64,
    sum: f64,
}

impl ReturnPoint {
    pub(super) fn mean(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }
}

/// What is known of a run.
#[derive(Clone, Debug)]
pub(super) struct LiveRun {
    pub(super) run: RunId,
    pub(super) address: String,
    /// How it stands with the relay.
    pub(super) link: String,
    /// Why the relay does not show the run.
    pub(super) refused: Option<String>,
    /// The environment's and the agent's title.
    pub(super) title: String,
    pub(super) status: Option<Status>,
    pub(super) frame: Option<Frame>,
    pub(super) returns: Vec<ReturnPoint>,
    pub(super) optimal_return: Option<f64>,
    pub(super) notice: Option<String>,
    pub(super) ended: Option<EndReason>,
    /// Whether its trainer has left the relay.
    pub(super) is_left: bool,
}

impl LiveRun {
    pub(super) fn new(run: RunId, address: String) -> Self {
        Self {
            run,
            address,
            link: "connecting".into(),
            refused: None,
            title: String::new(),
            status: None,
            frame: None,
            returns: Vec::new(),
            optimal_return: None,
            notice: None,
            ended: None,
            is_left: false,
        }
    }

    /// The connection broke.
    pub(super) fn away(&mut self, reason: &str) {
        self.link = format!("relay away ({reason}), trying again");
    }

    /// Whether the relay is there, and nobody publishes the run to it, which has not ended.
    pub(super) fn is_unpublished(&self) -> bool {
        self.is_left && self.link.is_empty() && self.ended.is_none()
    }

    /// Takes in what the relay says; gives whether the run has ended.
    pub(super) fn take(&mut self, message: ServerMessage) -> bool {
        match message {
            ServerMessage::Subscribed { run, snapshot, .. } if run == self.run => {
                let is_left = self.is_left;
                *self = Self { link: String::new(), is_left, ..Self::new(run, std::mem::take(&mut self.address)) };
                for entry in snapshot {
                    self.show(entry.event.decode().ok());
                }
            }
            ServerMessage::Log { run, entries, .. } if run == self.run => {
                for entry in &entries {
                    self.learn(entry);
                }
            }
            ServerMessage::State { run, entries, .. } if run == self.run => {
                for entry in entries {
                    self.show(entry.event.decode().ok());
                }
            }
            ServerMessage::Runs { runs, .. } => {
                if let Some(own) = runs.iter().find(|it| it.run == self.run) {
                    self.is_left = !own.live;
                }
            }
            _ => {}
        }
        self.ended.is_some()
    }

    fn show(&mut self, event: Option<StateEvent>) {
        match event {
            Some(StateEvent::Status(status)) => self.status = Some(status),
            Some(StateEvent::Frame(frame)) => self.frame = Some(frame),
            // What else there is has no place on a terminal.
            _ => {}
        }
    }

    fn learn(&mut self, entry: &LogEntry) {
        match entry.event.decode() {
            Ok(LogEvent::RunStarted { environment, agent, optimal_return, .. }) => {
                self.title = format!("{}, {}", agent.title, environment.title);
                self.optimal_return = optimal_return;
            }
            Ok(LogEvent::Episodes(bin)) => self.push(&bin),
            Ok(LogEvent::Notice { text, .. }) => self.notice = Some(text),
            Ok(LogEvent::RunEnded { reason, .. }) => self.ended = Some(reason),
            _ => {}
        }
    }

    fn push(&mut self, bin: &EpisodeBin) {
        let EpisodeBin { last_episode, count, episodic_return, .. } = bin;
        self.returns.push(ReturnPoint { last_episode: *last_episode, count: *count, sum: episodic_return.sum });
        if self.returns.len() > MOST_POINTS {
            let merged = self.returns.chunks(2).map(|pair| ReturnPoint {
                last_episode: pair.last().map_or(0, |it| it.last_episode),
                count: pair.iter().map(|it| it.count).sum(),
                sum: pair.iter().map(|it| it.sum).sum(),
            });
            self.returns = merged.collect();
        }
    }

    /// The mean return of the last episodes, and of how many.
    fn recent(&self) -> Option<(f64, u64)> {
        let (mut sum, mut count) = (0.0, 0);
        for point in self.returns.iter().rev() {
            if count >= RECENT {
                break;
            }
            sum += point.sum;
            count += point.count;
        }
        (count > 0).then(|| (sum / count as f64, count))
    }

    /// What the run is doing, in a word or a few.
    pub(super) fn phase(&self) -> String {
        if !self.link.is_empty() {
            return self.link.clone();
        }
        match (self.ended, self.status.as_ref().map(|it| it.phase)) {
            (Some(EndReason::Stopped), _) => "stopped",
            (Some(EndReason::Completed), _) => "completed",
            (Some(EndReason::Failed), _) => "failed",
            (None, _) if self.is_left => "its trainer has gone; it goes on when another one publishes it",
            (None, Some(Phase::Running)) => "running",
            (None, Some(Phase::Paused)) => "paused",
            (None, Some(Phase::Ready)) => "ready",
            (None, Some(Phase::Ended)) => "ended",
            (None, None) => "nothing heard yet",
        }
        .into()
    }

    /// Where it stands, in a line.
    pub(super) fn line(&self) -> String {
        let mut parts = vec![format!("{}: {}", self.run, self.phase())];
        if let Some(status) = &self.status {
            parts.push(format!("step {}, episode {}", status.step, status.episode));
            parts.extend(status.last_return.map(|it| format!("return {}", plain_sum(it))));
        }
        if let Some((mean, count)) = self.recent() {
            parts.push(format!("mean of the last {count} episodes {}", fixed(mean, 3)));
        }
        if let Some(status) = self.status.as_ref().filter(|it| it.phase == Phase::Running && !self.is_left) {
            parts.push(format!("{} steps/s", fixed(status.steps_per_second, 0)));
        }
        parts.join(", ").chars().filter(|it| !it.is_control()).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use shared::episode::Stat;
    use shared::message::RunSummary;
    use shared::{Epoch, Offset, Payload};
    use std::collections::BTreeMap;

    /// A run of which so many episodes are known, each with its number as its return.
    pub(in crate::watch::live) fn live(episodes: u64) -> LiveRun {
        let run = RunId::new("walk").unwrap();
        let mut live = LiveRun::new(run.clone(), "ws://relay".into());
        let subscribed = ServerMessage::Subscribed {
            run,
            epoch: Epoch(1),
            offset: Offset(0),
            recovered: true,
            history: 0,
            snapshot: Vec::new(),
        };
        live.take(subscribed);
        for index in 0..episodes {
            live.take(log(&LogEvent::Episodes(EpisodeBin {
                first_episode: index,
                last_episode: index,
                count: 1,
                step: index,
                episodic_return: Stat::of(index as f64),
                length: Stat::of(1.0),
                outcomes: BTreeMap::new(),
                each: None,
            })));
        }
        live
    }

    fn log(event: &LogEvent) -> ServerMessage {
        let entry = LogEntry { offset: Offset(0), time_millis: 0.0, event: Payload::plain(event).unwrap() };
        ServerMessage::Log { run: RunId::new("walk").unwrap(), epoch: Epoch(1), entries: vec![entry] }
    }

    #[test]
    fn a_long_curve_stays_short_and_misses_no_episode() {
        let live = live(5000);
        assert!(live.returns.len() <= MOST_POINTS + 1, "{}", live.returns.len());
        assert_eq!(live.returns.iter().map(|it| it.count).sum::<u64>(), 5000);
        assert_eq!(live.returns.iter().map(|it| it.sum).sum::<f64>(), (0..5000).sum::<u64>() as f64);
        assert!(live.line().contains("mean of the last 10"), "{}", live.line());
    }

    #[test]
    fn the_end_of_a_run_is_told_and_another_epoch_begins_anew() {
        let mut live = live(3);
        let ended = LogEvent::RunEnded { reason: EndReason::Completed, step: 9, episode: 3, run_hash: String::new() };
        assert!(live.take(log(&ended)));
        assert_eq!(live.line(), "walk: completed, mean of the last 3 episodes 1.000");
        let (run, epoch, offset) = (RunId::new("walk").unwrap(), Epoch(2), Offset(0));
        let again = ServerMessage::Subscribed { run, epoch, offset, recovered: true, history: 0, snapshot: Vec::new() };
        assert!(!live.take(again));
        assert_eq!(live.line(), "walk: nothing heard yet");
        let list = |live_now: bool| ServerMessage::Runs {
            runs: vec![RunSummary {
                run: RunId::new("walk").unwrap(),
                epoch,
                entries: 0,
                live: live_now,
                started_millis: 0.0,
                title: String::new(),
                is_host: false,
                left_millis: None,
                earlier: Vec::new(),
                alerts: Vec::new(),
                name: String::new(),
                tags: Vec::new(),
                viewers: 0,
                trainer: String::new(),
                phase: None,
            }],
            gone: None,
            goes_on: false,
            to_come: 0,
        };
        let (gone, back) = (list(false), list(true));
        live.take(gone);
        assert!(live.line().contains("its trainer has gone"), "{}", live.line());
        live.take(back);
        assert_eq!(live.line(), "walk: nothing heard yet");
    }

    #[test]
    fn words_of_others_reach_no_terminal_as_commands() {
        let mut live = live(0);
        live.away("\x1b[2Jgone");
        assert_eq!(live.line(), "walk: relay away ([2Jgone), trying again");
    }
}
