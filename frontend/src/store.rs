//! What a viewer knows of one run, folded from its stream: the same fold for a worker, a relay and a file.

pub mod board;
mod clock;
pub mod history;
mod scales;
mod series;
mod value_track;

pub use clock::SteadyClock;
pub use scales::{Scales, round_up};
pub use series::Series;
pub use shared::curve::Curve;
pub use shared::history::History;
pub use value_track::ValueTrack;

use shared::describe::{CatalogEntry, EnvironmentDescription};
use shared::episode::{Kept, RecordedEpisode};
use shared::event::{
    EndReason, Exactness, Frame, Image, LogEvent, OptimalSolution, Phase, Severity, StateEvent, StateKind, Status,
    Values,
};
use shared::message::{From, LogEntry, StateEntry};
use shared::metric::MetricDescription;
use shared::network::NetworkView;
use shared::{Artifact, Epoch, Offset, RunId, RunSpec, ServerMessage};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Most bins and most points of a metric that a view holds; above that, neighbours are merged, and no extreme is lost. Charts could
/// draw fifty times as many as quickly; but a run with thirty metrics would take hundreds of megabytes then, and go on growing for
/// hours instead of minutes.
pub const MOST_POINTS: usize = 20_000;

/// Most notices that a view holds; the oldest give way.
const MOST_NOTICES: usize = 200;

/// Everything that determines the run and everything needed to show it.
#[derive(Clone, Debug, PartialEq)]
pub struct StartedRun {
    /// What determines the run.
    pub spec: RunSpec,
    /// The environment as built.
    pub environment: EnvironmentDescription,
    /// The agent.
    pub agent: CatalogEntry,
    /// Best expected return from the start (undiscounted), where an exact model tells.
    pub optimal_return: Option<f64>,
    /// What its metrics are, in the publisher's order; others may come all the same.
    pub metrics: Vec<Rc<MetricDescription>>,
    /// What the same spec gives when it is run again.
    pub exactness: Exactness,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Why.
    pub reason: EndReason,
    /// Steps made.
    pub step: u64,
    /// Episodes ended.
    pub episode: u64,
    /// Hash of the whole run.
    pub run_hash: String,
}

/// An agent that a run left with whoever keeps its log, as it was then.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedAgent {
    /// Steps made.
    pub step: u64,
    /// Episodes ended.
    pub episode: u64,
    /// Its file.
    pub file: Artifact,
}

/// Words for people, with their time.
#[derive(Clone, Debug, PartialEq)]
pub struct TimedNotice {
    /// When, in milliseconds since 1970 by the host's clock.
    pub time_millis: f64,
    /// How serious.
    pub severity: Severity,
    /// What happened, what is safe, what to do.
    pub text: String,
}

/// How the host of a run stands to those who watch it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum HostStanding {
    /// It is connected: what comes is what the run does now.
    #[default]
    Connected,
    /// It left, and when, in milliseconds since 1970, where that is known.
    Left(Option<f64>),
    /// The line to it is interrupted; what the run does meanwhile is not known.
    Unreachable,
    /// It has begun another epoch: this one does not change any more.
    Replaced,
}

/// What a message changed in a view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changed {
    /// A new epoch began: everything shown before is gone.
    pub epoch: bool,
    /// Curves, notices or the description grew.
    pub log: bool,
    /// The state events that were replaced.
    pub state: Vec<StateKind>,
    /// The stream has a hole: subscribe again from here.
    pub resubscribe: Option<From>,
}

impl Changed {
    /// Whether anything is to be drawn anew.
    pub fn anything(&self) -> bool {
        self.epoch || self.log || !self.state.is_empty()
    }
}

/// One run as a viewer sees it.
#[derive(Debug, Default)]
pub struct RunView {
    /// Which run; messages of other runs are ignored. None takes them all.
    pub run: Option<RunId>,
    /// The epoch that is shown, once subscribed.
    pub epoch: Option<Epoch>,
    /// The first log entry that is not known yet.
    pub next_offset: Offset,
    /// The run's description, from the first log entry.
    pub started: Option<Rc<StartedRun>>,
    /// How it ended, once it has.
    pub ended: Option<Ended>,
    /// Where the run stood when its host last said so; see [`Self::standing`] for where it stands as far as is known.
    pub status: Status,
    /// How its host stands.
    pub host: HostStanding,
    /// The newest picture.
    pub frame: Option<Rc<Frame>>,
    /// The newest picture by a publisher that draws its own.
    pub image: Option<Rc<Image>>,
    /// The newest table.
    pub values: Option<Rc<Values>>,
    /// The exact solution.
    pub solution: Option<Rc<OptimalSolution>>,
    /// The agent's network, where it has one.
    pub network: Option<Rc<NetworkView>>,
    /// How the value estimate went along the present episode.
    pub value_track: ValueTrack,
    /// The kept episodes.
    pub recorded_episodes: Vec<Rc<RecordedEpisode>>,
    /// All episodes, each in exactly one bin.
    pub episodes: Curve,
    /// The agents that it left, in order.
    pub saved_agents: Rc<Vec<SavedAgent>>,
    /// The ranges that colours have spanned so far.
    pub scales: Scales,
    /// Values of metrics by name.
    pub metrics: BTreeMap<String, Series>,
    /// The newest notices, oldest first.
    pub notices: Vec<TimedNotice>,
    /// How many notices came in this epoch, those that gave way among them.
    pub notices_taken: u64,
    /// State events that this viewer was spared in this epoch, by kind.
    pub skipped: BTreeMap<StateKind, u64>,
    /// Log entries taken in this epoch, each once.
    pub entries: u64,
    /// How often in this epoch the agent got other values while it learned, and the step at which it did so last.
    pub tuned: (u64, u64),
    /// Grows with every change.
    pub revision: u64,
    /// Entries of thinned history still to come, within which offsets may jump.
    history_left: u64,
    /// Whether a new subscription was asked for and has not begun yet.
    resubscribing: bool,
    /// Curves with which the next epoch begins.
    past: Option<History>,
    clock: SteadyClock,
}

impl RunView {
    /// An empty view of a run.
    pub fn new(run: RunId) -> Self {
        Self { run: Some(run), ..Self::default() }
    }

    /// The run that would begin with the agent's present values.
    pub fn present_spec(&self) -> Option<RunSpec> {
        Some(self.started.as_ref()?.spec.with_values_after(self.status.step.max(self.tuned.1)))
    }

    /// What to ask for when subscribing: everything at first, then only what is missing.
    pub fn wanted(&self) -> From {
        match self.epoch {
            Some(epoch) if self.next_offset > Offset(0) => From::Offset { epoch, offset: self.next_offset },
            _ => From::Thinned(MOST_POINTS as u32),
        }
    }

    /// Lets the next epoch begin with these curves: a run is being loaded that they belong to.
    pub fn carry_on_from(&mut self, past: History) {
        self.past = Some(past);
    }

    /// Says how its host stands.
    pub fn set_host(&mut self, host: HostStanding) {
        if std::mem::replace(&mut self.host, host) != host {
            self.revision += 1;
        }
    }

    /// What the run does, as far as is known: one whose host cannot be reached is not seen to run, whatever it said
    /// last.
    pub fn phase(&self) -> Phase {
        match self.status.phase {
            _ if self.ended.is_some() => Phase::Ended,
            Phase::Running if self.host != HostStanding::Connected => Phase::Paused,
            phase => phase,
        }
    }

    /// Where the run stands, as far as is known. The log loses nothing, while of a host that has left the last status
    /// may be missing: what the log tells beyond it counts. What only that status would tell is left empty.
    pub fn standing(&self) -> Status {
        let mut status = Status { phase: self.phase(), ..self.status.clone() };
        status.steps_per_second = self.steps_per_second().unwrap_or_default();
        let logged = self.episodes.bins().last().map(|bin| (bin.last_episode + 1, bin.step, bin.episodic_return.last));
        let beyond = logged.filter(|(episode, ..)| *episode > status.episode);
        if let Some((episode, step, last_return)) =
            beyond.filter(|_| self.host != HostStanding::Connected || self.ended.is_some())
        {
            (status.episode, status.last_return) = (episode, Some(last_return));
            status.step = status.step.max(step);
            (status.regret, status.optimal_states) = (None, None);
            status.run_hash.clear();
        }
        if let Some(ended) = &self.ended {
            (status.episode, status.step) = (ended.episode, ended.step);
            status.run_hash.clone_from(&ended.run_hash);
        }
        status
    }

    /// Steps a second at present; none where that is not known.
    pub fn steps_per_second(&self) -> Option<f64> {
        match (self.host, self.phase()) {
            (HostStanding::Unreachable, _) => None,
            (_, Phase::Running) => Some(self.status.steps_per_second),
            _ => Some(0.0),
        }
    }

    /// Whether it holds all that was there when it was subscribed.
    pub fn is_complete(&self) -> bool {
        self.epoch.is_some() && self.history_left == 0
    }

    /// Takes in a message. Duplicates change nothing; a hole asks for a new subscription.
    pub fn apply(&mut self, message: &ServerMessage) -> Changed {
        let mut changed = Changed::default();
        match message {
            ServerMessage::Subscribed { run, epoch, offset, history, snapshot, .. } if self.is_mine(run) => {
                self.begin(*epoch, *offset, *history, &mut changed);
                self.apply_state(snapshot, &mut changed);
            }
            ServerMessage::Log { run, epoch, entries } if self.is_mine(run) => {
                self.apply_log(*epoch, entries, &mut changed);
            }
            ServerMessage::State { run, epoch, entries, skipped }
                if self.is_mine(run) && Some(*epoch) == self.epoch =>
            {
                self.apply_state(entries, &mut changed);
                for (kind, count) in skipped {
                    *self.skipped.entry(*kind).or_default() += count;
                }
            }
            _ => {}
        }
        self.revision += u64::from(changed.anything());
        changed
    }

    fn is_mine(&self, run: &RunId) -> bool {
        self.run.as_ref().is_none_or(|mine| mine == run)
    }

    fn begin(&mut self, epoch: Epoch, offset: Offset, history: u64, changed: &mut Changed) {
        self.resubscribing = false;
        // In the same epoch offsets are begun again below where they were when the relay has thinned what is missing
        // here.
        if self.epoch != Some(epoch) || offset != self.next_offset {
            let (episodes, metrics) = history::curves(self.past.take().unwrap_or_default(), MOST_POINTS);
            let clock = SteadyClock::going_on_from(last_time(&episodes, &metrics));
            let (run, revision, host) = (self.run.take(), self.revision, self.host);
            *self = Self { run, revision, host, epoch: Some(epoch), episodes, metrics, clock, ..Self::default() };
            self.next_offset = offset;
            changed.epoch = true;
        }
        self.history_left = if self.entries == 0 { history } else { 0 };
    }

    fn apply_log(&mut self, epoch: Epoch, entries: &[LogEntry], changed: &mut Changed) {
        if Some(epoch) != self.epoch {
            self.ask_again(From::Thinned(MOST_POINTS as u32), changed);
            return;
        }
        for entry in entries {
            if entry.offset < self.next_offset {
                continue;
            }
            if entry.offset > self.next_offset && self.history_left == 0 {
                self.ask_again(self.wanted(), changed);
                return;
            }
            self.history_left = self.history_left.saturating_sub(1);
            self.next_offset = entry.offset.next();
            self.entries += 1;
            changed.log = true;
            match entry.event.decode() {
                Ok(event) => self.take(entry, event),
                Err(error) => self.notice(
                    entry.time_millis,
                    Severity::Warning,
                    format!("Entry {} of the log cannot be read: {error}. All others are shown.", entry.offset),
                ),
            }
        }
    }

    fn ask_again(&mut self, from: From, changed: &mut Changed) {
        if !std::mem::replace(&mut self.resubscribing, true) {
            changed.resubscribe = Some(from);
        }
    }

    fn take(&mut self, entry: &LogEntry, event: LogEvent) {
        let steady_millis = self.clock.at(entry.time_millis);
        match event {
            LogEvent::RunStarted { spec, environment, agent, optimal_return, metrics, exactness, .. } => {
                let (environment, agent) = (*environment, *agent);
                let metrics = metrics.into_iter().map(Rc::new).collect();
                let started = StartedRun { spec, environment, agent, optimal_return, metrics, exactness };
                self.started = Some(Rc::new(started));
            }
            LogEvent::Episodes(bin) => self.episodes.push(steady_millis, bin, MOST_POINTS),
            LogEvent::Metrics { step, episode, values, statistics } => {
                for (name, value) in values {
                    // Where every value is told, their mean stands for the newest.
                    let value = statistics.get(&name).map_or(value, |all| all.mean);
                    self.metrics.entry(name).or_default().push(step, episode, steady_millis, value, MOST_POINTS);
                }
            }
            LogEvent::Tuned { step, parameters, planned, .. } => {
                if let Some(started) = self.started.as_mut().filter(|_| !planned) {
                    Rc::make_mut(started).spec.change(step, parameters);
                }
                self.tuned = (self.tuned.0 + 1, step);
            }
            LogEvent::RecordedEpisode(recorded) => self.keep(recorded),
            LogEvent::Checkpoint { step, episode, artifact: Some(file), .. } => {
                Rc::make_mut(&mut self.saved_agents).push(SavedAgent { step, episode, file });
            }
            LogEvent::Checkpoint { .. } => {}
            LogEvent::Notice { severity, text } => self.notice(entry.time_millis, severity, text),
            LogEvent::RunEnded { reason, step, episode, run_hash } => {
                self.ended = Some(Ended { reason, step, episode, run_hash });
            }
        }
    }

    /// A large environment's optimum is found after its run began.
    fn take_solution(&mut self, solution: OptimalSolution) {
        if let Some(started) = self.started.as_mut().filter(|it| it.optimal_return != solution.optimal_return) {
            Rc::make_mut(started).optimal_return = solution.optimal_return;
        }
        self.solution = Some(Rc::new(solution));
    }

    /// A recorded episode takes the place of the one kept for the same reason; regular ones and those that were asked for are all kept.
    fn keep(&mut self, recorded: RecordedEpisode) {
        self.recorded_episodes.retain(|old| match recorded.kept {
            Kept::Regular | Kept::OnDemand => old.episode != recorded.episode || old.kept != recorded.kept,
            Kept::Outcome => old.kept != Kept::Outcome || old.outcome != recorded.outcome,
            Kept::Latest | Kept::Best | Kept::Worst | Kept::ByHand => old.kept != recorded.kept,
        });
        self.recorded_episodes.push(Rc::new(recorded));
    }

    fn notice(&mut self, time_millis: f64, severity: Severity, text: String) {
        if self.notices.len() == MOST_NOTICES {
            self.notices.remove(0);
        }
        self.notices.push(TimedNotice { time_millis, severity, text });
        self.notices_taken += 1;
    }

    fn apply_state(&mut self, entries: &[StateEntry], changed: &mut Changed) {
        for entry in entries {
            match entry.event.decode() {
                Ok(StateEvent::Status(status)) => self.status = status,
                Ok(StateEvent::Frame(frame)) => self.frame = Some(Rc::new(frame)),
                Ok(StateEvent::Values(values)) => self.values = Some(Rc::new(values)),
                Ok(StateEvent::OptimalSolution(solution)) => self.take_solution(solution),
                Ok(StateEvent::RecordedEpisodes(recorded_episodes)) => {
                    // It tells none of those that are kept for good: they came in the log.
                    self.recorded_episodes.retain(|it| matches!(it.kept, Kept::Regular | Kept::OnDemand));
                    for recorded in recorded_episodes {
                        self.keep(recorded);
                    }
                }
                Ok(StateEvent::Network(network)) => {
                    if let (Some(frame), Some(value)) = (&self.frame, network.decision.value) {
                        self.value_track.push(frame.episode, frame.episode_step, value);
                    }
                    self.network = Some(Rc::new(network));
                }
                Ok(StateEvent::Image(image)) => self.image = Some(Rc::new(image)),
                // The next one of its kind comes soon, and nothing else depends on this one.
                Ok(StateEvent::Host(_)) | Err(_) => continue,
            }
            changed.state.push(entry.kind);
        }
    }
}

/// The newest time in any of these curves.
fn last_time(episodes: &Curve, metrics: &BTreeMap<String, Series>) -> Option<f64> {
    let times = metrics.values().filter_map(|series| series.times.last()).chain(episodes.times().last());
    times.copied().filter(|it| it.is_finite()).reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::Seed;
    use shared::action::Actions;
    use shared::codec::Payload;
    use shared::episode::{EpisodeBin, Stat};

    fn run() -> RunId {
        RunId::new("a").unwrap()
    }

    fn bin(episode: u64) -> EpisodeBin {
        EpisodeBin {
            first_episode: episode,
            last_episode: episode,
            count: 1,
            step: episode * 8,
            episodic_return: Stat::of(episode as f64),
            length: Stat::of(8.0),
            outcomes: BTreeMap::new(),
            each: None,
        }
    }

    fn entry(offset: u64) -> LogEntry {
        let event = Payload::plain(&LogEvent::Episodes(bin(offset))).unwrap();
        LogEntry { offset: Offset(offset), time_millis: offset as f64, event }
    }

    fn log(epoch: u64, offsets: impl IntoIterator<Item = u64>) -> ServerMessage {
        ServerMessage::Log { run: run(), epoch: Epoch(epoch), entries: offsets.into_iter().map(entry).collect() }
    }

    fn subscribed(epoch: u64, offset: u64, history: u64) -> ServerMessage {
        let (epoch, offset) = (Epoch(epoch), Offset(offset));
        ServerMessage::Subscribed { run: run(), epoch, offset, recovered: false, history, snapshot: vec![] }
    }

    fn episodes(view: &RunView) -> Vec<u64> {
        view.episodes.bins().iter().map(|bin| bin.first_episode).collect()
    }

    #[test]
    fn duplicates_change_nothing() {
        let mut view = RunView::new(run());
        view.apply(&subscribed(1, 0, 0));
        view.apply(&log(1, 0..4));
        let revision = view.revision;
        assert_eq!(view.apply(&log(1, 1..3)), Changed::default());
        assert_eq!(view.revision, revision);
        view.apply(&log(1, 2..6));
        assert_eq!(episodes(&view), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_hole_is_asked_for_once_and_healed() {
        let mut view = RunView::new(run());
        view.apply(&subscribed(1, 0, 0));
        view.apply(&log(1, 0..2));
        let missing = From::Offset { epoch: Epoch(1), offset: Offset(2) };
        assert_eq!(view.apply(&log(1, 5..7)).resubscribe, Some(missing));
        assert_eq!(view.apply(&log(1, 7..8)).resubscribe, None);
        assert_eq!(episodes(&view), [0, 1]);
        view.apply(&subscribed(1, 2, 6));
        assert!(!view.apply(&log(1, 2..8)).epoch);
        assert_eq!(episodes(&view), (0..8).collect::<Vec<_>>());
    }

    #[test]
    fn offsets_may_jump_in_thinned_history_only() {
        let mut view = RunView::new(run());
        assert_eq!(view.wanted(), From::Thinned(MOST_POINTS as u32));
        view.apply(&subscribed(1, 0, 3));
        assert_eq!(view.apply(&log(1, [3, 7, 9])).resubscribe, None);
        assert_eq!(view.apply(&log(1, [10])).resubscribe, None);
        assert!(view.apply(&log(1, [12])).resubscribe.is_some());
        assert_eq!(view.entries, 4);
    }

    #[test]
    fn a_log_that_was_thinned_meanwhile_is_shown_from_its_beginning() {
        let mut view = RunView::new(run());
        view.apply(&subscribed(1, 0, 0));
        view.apply(&log(1, 0..5));
        assert!(view.apply(&subscribed(1, 0, 3)).epoch);
        assert_eq!(view.apply(&log(1, [3, 7, 9])).resubscribe, None);
        assert_eq!((episodes(&view), view.entries), (vec![3, 7, 9], 3));
    }

    #[test]
    fn a_new_epoch_clears_and_an_old_one_is_ignored() {
        let mut view = RunView::new(run());
        view.apply(&subscribed(1, 0, 0));
        view.apply(&log(1, 0..3));
        assert!(view.apply(&subscribed(2, 0, 0)).epoch);
        assert!(view.episodes.bins().is_empty());
        assert_eq!(view.apply(&log(1, 3..4)).resubscribe, Some(From::Thinned(MOST_POINTS as u32)));
        assert!(view.episodes.bins().is_empty());
    }

    #[test]
    fn a_loaded_run_goes_on_with_its_past() {
        let mut view = RunView::new(run());
        view.apply(&subscribed(1, 0, 0));
        view.apply(&log(1, 0..5_000));
        let history = history::until(&view, u64::MAX);
        assert!(shared::codec::to_bytes(&history).unwrap().len() < 1 << 20);
        let mut reloaded = RunView::new(run());
        reloaded.carry_on_from(history);
        reloaded.apply(&subscribed(2, 0, 0));
        assert_eq!(reloaded.episodes.episodes(), 5_000);
        reloaded.apply(&subscribed(3, 0, 0));
        assert_eq!(reloaded.episodes.episodes(), 0, "the past belongs to one epoch only");
    }

    #[test]
    fn episodes_that_are_kept_for_good_stay_when_the_others_give_way() {
        let mut view = RunView::new(run());
        view.apply(&subscribed(1, 0, 0));
        let recorded = |episode: u64, kept: Kept| RecordedEpisode {
            episode,
            copy: 0,
            seed: Seed::default(),
            actions: Actions::default(),
            episodic_return: 9.3,
            outcome: 0,
            kept,
        };
        let entry = |offset: u64, episode: u64, kept: Kept| LogEntry {
            offset: Offset(offset),
            time_millis: 0.0,
            event: Payload::plain(&LogEvent::RecordedEpisode(recorded(episode, kept))).unwrap(),
        };
        let entries = vec![entry(0, 1, Kept::Regular), entry(1, 9, Kept::OnDemand)];
        view.apply(&ServerMessage::Log { run: run(), epoch: Epoch(1), entries });
        for latest in [9, 12] {
            let event = StateEvent::RecordedEpisodes(vec![recorded(latest, Kept::Latest), recorded(3, Kept::Best)]);
            let entries =
                vec![StateEntry { kind: event.kind(), sequence: latest, event: Payload::plain(&event).unwrap() }];
            view.apply(&ServerMessage::State { run: run(), epoch: Epoch(1), entries, skipped: BTreeMap::new() });
        }
        let kept: Vec<_> = view.recorded_episodes.iter().map(|it| (it.episode, it.kept)).collect();
        assert_eq!(kept, [(1, Kept::Regular), (9, Kept::OnDemand), (12, Kept::Latest), (3, Kept::Best)]);
    }

    #[test]
    fn a_run_whose_host_is_gone_is_not_seen_to_run() {
        let mut view = RunView::new(run());
        let status = Status { phase: Phase::Running, steps_per_second: 20.0, ..Status::default() };
        let event = StateEvent::Status(status);
        let snapshot = vec![StateEntry { kind: event.kind(), sequence: 0, event: Payload::plain(&event).unwrap() }];
        let begin = |epoch| {
            let (run, epoch, offset, snapshot) = (run(), Epoch(epoch), Offset(0), snapshot.clone());
            ServerMessage::Subscribed { run, epoch, offset, recovered: false, history: 0, snapshot }
        };
        view.apply(&begin(1));
        assert_eq!((view.phase(), view.steps_per_second()), (Phase::Running, Some(20.0)));
        let revision = view.revision;
        view.set_host(HostStanding::Left(Some(5.0)));
        assert_eq!((view.phase(), view.steps_per_second()), (Phase::Paused, Some(0.0)));
        assert!(view.revision > revision, "who draws finds out");
        view.apply(&subscribed(2, 0, 0));
        view.apply(&begin(3));
        assert_eq!(view.phase(), Phase::Paused, "another epoch's last words make it no more alive");
        view.set_host(HostStanding::Unreachable);
        assert_eq!((view.phase(), view.steps_per_second()), (Phase::Paused, None));
        view.set_host(HostStanding::Connected);
        assert_eq!(view.phase(), Phase::Running);
    }

    #[test]
    fn of_a_run_that_ended_or_was_left_the_log_tells_what_its_last_status_did_not() {
        let mut view = RunView::new(run());
        view.apply(&subscribed(1, 0, 0));
        view.status = Status { episode: 2, step: 10, run_hash: "old".into(), ..Status::default() };
        view.apply(&log(1, 0..5));
        assert_eq!(
            (view.standing().episode, view.standing().run_hash.as_str()),
            (2, "old"),
            "the next status comes soon"
        );
        view.set_host(HostStanding::Left(None));
        let left = view.standing();
        assert_eq!((left.episode, left.step, left.last_return, left.run_hash.as_str()), (5, 32, Some(4.0), ""));
        let ended = LogEvent::RunEnded { reason: EndReason::Completed, step: 40, episode: 5, run_hash: "whole".into() };
        let entry = LogEntry { offset: Offset(5), time_millis: 0.0, event: Payload::plain(&ended).unwrap() };
        view.apply(&ServerMessage::Log { run: run(), epoch: Epoch(1), entries: vec![entry] });
        view.set_host(HostStanding::Connected);
        let ended = view.standing();
        assert_eq!((ended.episode, ended.step, ended.phase), (5, 40, Phase::Ended));
        assert_eq!((ended.last_return, ended.run_hash.as_str()), (Some(4.0), "whole"));
    }

    #[test]
    fn messages_of_other_runs_are_ignored() {
        let mut view = RunView::new(RunId::new("b").unwrap());
        assert!(!view.apply(&subscribed(1, 0, 0)).anything());
    }

    #[test]
    fn an_unreadable_entry_is_named_and_the_rest_is_shown() {
        let mut view = RunView::new(run());
        view.apply(&subscribed(1, 0, 0));
        let broken = LogEntry { event: Payload::from_bytes(vec![0xc1]), ..entry(0) };
        view.apply(&ServerMessage::Log { run: run(), epoch: Epoch(1), entries: vec![broken, entry(1)] });
        assert_eq!(episodes(&view), [1]);
        assert!(view.notices[0].text.starts_with("Entry 0 of the log cannot be read"), "{:?}", view.notices);
    }

    #[test]
    fn a_clock_set_back_leaves_times_in_order_and_a_loaded_past_has_no_gap() {
        let times = |view: &RunView| view.episodes.times().iter().map(|it| it - 5e12).collect::<Vec<_>>();
        let told = |offsets: std::ops::Range<u64>, begin: f64| ServerMessage::Log {
            run: run(),
            epoch: Epoch(1),
            entries: offsets.map(|it| LogEntry { time_millis: begin + it as f64, ..entry(it) }).collect(),
        };
        let mut view = RunView::new(run());
        view.apply(&subscribed(1, 0, 0));
        view.apply(&told(0..3, 5e12));
        view.apply(&told(3..6, 5e12 - 3_600_000.0));
        assert_eq!(times(&view), [0.0, 1.0, 2.0, 2.0, 3.0, 4.0]);
        let mut reloaded = RunView::new(run());
        reloaded.carry_on_from(history::until(&view, u64::MAX));
        reloaded.apply(&subscribed(1, 0, 0));
        reloaded.apply(&told(0..2, 9e12));
        assert_eq!(times(&reloaded)[6..], [4.0, 5.0]);
    }

    proptest! {
        /// However a log is cut, repeated and interrupted, every episode arrives once and in order.
        #[test]
        fn any_delivery_ends_in_the_same_curve(
            length in 1u64..200,
            pieces in prop::collection::vec((0u64..200, 0u64..40), 1..40),
        ) {
            let mut view = RunView::new(run());
            view.apply(&subscribed(1, 0, 0));
            for (start, count) in pieces {
                let piece = start.min(length)..(start + count).min(length);
                if view.apply(&log(1, piece)).resubscribe.is_some() {
                    view.apply(&subscribed(1, view.next_offset.0, 0));
                }
            }
            view.apply(&log(1, view.next_offset.0..length));
            prop_assert_eq!(episodes(&view), (0..length).collect::<Vec<_>>());
            prop_assert_eq!(view.entries, length);
        }
    }
}
