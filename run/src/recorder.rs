//! What is kept of the episodes: exact bins, whole episodes by a stated rule, and the chain of hashes.
//!
//! Kept whole are the latest, the best, the worst, the latest of each outcome, the latest that somebody played by hand in
//! whole or in part, the 1st, 2nd, 4th, 8th ... episode, and those that somebody asks for.
//!
//! Where an agent acts in several copies of its environment, episodes are recorded in the order in which they end: by
//! the step of the copies, and within a step by the copy. Whoever steps the copies tells of them in that order, so that
//! neither threads nor budgets change it.

mod buffer;
mod pending;
mod sample;
mod told;

use agents::batch::MetricSink;
use buffer::EpisodeBuffer;
use environments::Environment;
use environments::vector::episode_seed;
use pending::OpenBin;
use sample::EpisodeSample;
pub use sample::Sampling;
use shared::action::{ActionRef, ActionsRef};
use shared::checkpoint::{Checkpoint, CopyState};
use shared::codec::MAX_MESSAGE_BYTES;
use shared::column::Column;
use shared::describe::EnvironmentDescription;
use shared::episode::{Kept, MOST_TOLD, RecordedEpisode};
use shared::event::LogEvent;
use shared::metric::MetricDescription;
use shared::quantity::{Seed, split_mix};
use shared::statistic::Statistic;
use std::collections::{BTreeMap, BTreeSet};
use told::ToldMetrics;

/// An episode of more bytes than this is counted in full, but not kept whole: a message carries up to eight kept episodes
/// beside everything else of a checkpoint.
const MOST_BYTES: usize = MAX_MESSAGE_BYTES / 9;

/// Ended episodes whose returns are at hand one by one.
const RECENT: usize = 100;

/// The present episode of one copy.
#[derive(Clone, Debug, Default)]
struct Lane {
    buffer: EpisodeBuffer,
    /// Episodes that have ended in this copy.
    episodes: u64,
    /// Whether an episode has begun and not ended.
    running: bool,
    overlong: bool,
    /// Whether somebody took a step of the present episode by hand.
    in_hand: bool,
    /// Steps of the run when the present episode began; where there is but one copy, its length follows from it.
    began: u64,
    /// Steps of the present episode, where there are several copies.
    length: u64,
}

/// The present episode of a copy, as far as it has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PresentEpisode<'a> {
    pub(crate) seed: Seed,
    pub(crate) actions: ActionsRef<'a>,
    pub(crate) episodic_return: f64,
    pub(crate) length: u64,
    /// Whether it lasts.
    pub(crate) running: bool,
}

/// What is kept of a run's episodes.
#[derive(Clone, Debug)]
pub struct Recorder {
    seed: Seed,
    outcome_names: Vec<String>,
    counter_names: Vec<String>,
    counter_values: Vec<f64>,
    /// Every episode leaves as a bin of its own.
    pub(crate) one_by_one: bool,
    /// Episodes below this index are told one by one within their bins.
    pub(crate) told_until: u64,
    step: u64,
    episode: u64,
    hash: u64,
    /// Its last 16 bits after 1, 2, 4, 8 ... episodes; none of a run that goes on from where nobody had kept them.
    marks: Vec<u16>,
    /// Actions of an episode that is kept whole.
    most_actions: usize,
    /// Apart from the others, because most runs have no others and their loops are quick.
    first: Lane,
    further: Vec<Lane>,
    last_return: Option<f64>,
    /// Returns of the last episodes that are known, as a ring.
    recent: Vec<f64>,
    /// The episode whose return stands first in it, or would.
    recent_from: u64,
    latest: Option<u8>,
    latest_by_outcome: Vec<Option<EpisodeBuffer>>,
    best: Option<EpisodeBuffer>,
    worst: Option<EpisodeBuffer>,
    by_hand: Option<EpisodeBuffer>,
    /// Somebody asked for the episode that ends next.
    is_demanded: bool,
    /// A random sample, where it is asked for.
    sample: Option<Box<EpisodeSample>>,
    pending: OpenBin,
    metrics: ToldMetrics,
    log: Vec<LogEvent>,
}

impl Recorder {
    /// What is kept of a run of this seed in so many copies of an environment.
    pub(crate) fn new(seed: Seed, description: &EnvironmentDescription, copies: usize) -> Self {
        let outcomes = description.outcomes.len().max(1);
        let counters = description.counters.len();
        let space = description.action_space();
        let entries = space.entries();
        let bytes = if entries > 0 { entries * size_of::<f32>() } else { 1 + usize::from(space.count() > 256) };
        let most_actions = MOST_BYTES / bytes;
        let capacity = description.step_limit.unwrap_or(4096).min(65_536) as usize;
        let lane = |copy: usize| {
            let mut buffer = EpisodeBuffer { copy: copy as u32, entries, ..EpisodeBuffer::default() };
            if entries == 0 {
                buffer.discrete.reserve(if copy == 0 { capacity } else { 0 });
            }
            Lane { buffer, ..Lane::default() }
        };
        Self {
            seed,
            outcome_names: description.outcomes.clone(),
            counter_names: description.counters.clone(),
            counter_values: vec![0.0; counters],
            one_by_one: false,
            told_until: MOST_TOLD,
            step: 0,
            episode: 0,
            hash: split_mix(seed.get()),
            marks: Vec::new(),
            most_actions,
            first: lane(0),
            further: (1..copies).map(lane).collect(),
            last_return: None,
            recent: Vec::with_capacity(RECENT),
            recent_from: 0,
            latest: None,
            latest_by_outcome: vec![None; outcomes],
            best: None,
            worst: None,
            by_hand: None,
            is_demanded: false,
            sample: None,
            pending: OpenBin::new(outcomes, counters),
            metrics: ToldMetrics::default(),
            log: Vec::new(),
        }
    }

    /// Steps made, in all copies together.
    #[inline]
    pub const fn step(&self) -> u64 {
        self.step
    }

    /// Episodes ended, in all copies together.
    #[inline]
    pub const fn episode(&self) -> u64 {
        self.episode
    }

    /// The chain of hashes as text.
    pub(crate) fn hash(&self) -> String {
        format!("{:016x}", self.hash)
    }

    pub(crate) const fn hash_word(&self) -> u64 {
        self.hash
    }

    /// The last 16 bits of the chain after 1, 2, 4, 8 ... episodes, where they are known from the first on.
    pub(crate) fn marks(&self) -> Column<u16> {
        self.marks.clone().into()
    }

    pub(crate) const fn last_return(&self) -> Option<f64> {
        self.last_return
    }

    /// Returns of the last episodes that ended since the run was built or loaded, or were recalled, at most 100, in no certain order.
    pub(crate) fn recent_returns(&self) -> &[f64] {
        &self.recent
    }

    /// The same, the oldest first.
    pub(crate) fn returns_in_order(&self) -> Vec<f64> {
        let mut returns = self.recent.clone();
        if returns.len() == RECENT {
            returns.rotate_left((self.episode - self.recent_from) as usize % RECENT);
        }
        returns
    }

    /// Goes on behind these returns of the episodes before, the oldest first.
    pub(crate) fn recall_returns(&mut self, returns: &[f64]) {
        self.recent.clear();
        self.recent.extend(&returns[returns.len().saturating_sub(RECENT)..]);
        let count = self.recent.len();
        self.recent_from = if count == RECENT { 0 } else { self.episode.saturating_sub(count as u64) };
        if count == RECENT {
            self.recent.rotate_right(self.episode as usize % RECENT);
        }
    }

    fn lane(&self, copy: usize) -> &Lane {
        if copy == 0 { &self.first } else { &self.further[copy - 1] }
    }

    fn lane_mut(&mut self, copy: usize) -> &mut Lane {
        if copy == 0 { &mut self.first } else { &mut self.further[copy - 1] }
    }

    const fn length(&self, lane: &Lane) -> u64 {
        if self.further.is_empty() { self.step.wrapping_sub(lane.began) } else { lane.length }
    }

    /// The present episode of a copy.
    pub(crate) fn present(&self, copy: usize) -> PresentEpisode<'_> {
        let lane = self.lane(copy);
        let EpisodeBuffer { seed, episodic_return, .. } = lane.buffer;
        let (actions, length, running) = (lane.buffer.actions(), self.length(lane), lane.running);
        PresentEpisode { seed, actions, episodic_return, length, running }
    }

    /// Seed and actions of the latest ended episode.
    pub(crate) fn latest(&self) -> Option<(Seed, ActionsRef<'_>)> {
        let buffer = self.latest_by_outcome[usize::from(self.latest?)].as_ref()?;
        Some((buffer.seed, buffer.actions()))
    }

    /// A new episode begins in the only copy; gives its seed, which derives from the run's seed and the episode's index.
    #[inline]
    pub(crate) fn begin_episode(&mut self) -> Seed {
        let lane = &mut self.first;
        lane.buffer.seed = episode_seed(self.seed, 0, self.episode);
        lane.buffer.discrete.clear();
        lane.buffer.episodic_return = 0.0;
        lane.began = self.step;
        lane.overlong = false;
        lane.running = true;
        lane.buffer.seed
    }

    /// A step of the only copy was made, with a discrete action.
    #[inline]
    pub(crate) fn push(&mut self, action: u16, reward: f64) {
        let lane = &mut self.first;
        if lane.buffer.discrete.len() < self.most_actions {
            lane.buffer.discrete.push(action);
        } else {
            lane.overlong = true;
        }
        lane.buffer.episodic_return += reward;
        self.step += 1;
    }

    /// The present episode of the only copy ended.
    #[inline]
    pub(crate) fn end_episode<E: Environment>(&mut self, environment: &E) {
        if !self.counter_values.is_empty() {
            environment.counters(&mut self.counter_values);
        }
        self.first.episodes = self.episode + 1;
        self.close_episode(0, environment.outcome());
    }

    /// A new episode begins in a copy; gives its seed, which derives from the run's seed, the copy and how many episodes
    /// have ended in it.
    pub fn begin_episode_in(&mut self, copy: usize) -> Seed {
        let (step, run_seed) = (self.step, self.seed);
        let lane = self.lane_mut(copy);
        lane.buffer.clear();
        lane.buffer.seed = episode_seed(run_seed, copy as u32, lane.episodes);
        (lane.began, lane.length, lane.overlong, lane.running) = (step, 0, false, true);
        lane.buffer.seed
    }

    /// A step of a copy was made. Within one step of all copies they are recorded in their order.
    pub fn push_in(&mut self, copy: usize, action: ActionRef<'_>, reward: f64) {
        let most_actions = self.most_actions;
        let lane = self.lane_mut(copy);
        lane.overlong |= !lane.buffer.push(action, most_actions);
        lane.buffer.episodic_return += reward;
        lane.length += 1;
        self.step += 1;
    }

    /// The present episode of a copy ended, after its last [`Self::push_in`] and before the next copy's: with an outcome
    /// and what it counted, in the order of the environment's description.
    pub fn end_episode_in(&mut self, copy: usize, outcome: u8, counters: &[f64]) {
        self.counter_values.copy_from_slice(counters);
        self.lane_mut(copy).episodes += 1;
        self.close_episode(copy, outcome);
    }

    fn close_episode(&mut self, copy: usize, outcome: u8) {
        let lane = self.lane(copy);
        let value = lane.buffer.episodic_return;
        let length = self.length(lane);
        let outcome_index = usize::from(outcome).min(self.latest_by_outcome.len() - 1);
        self.pending.push(value, length as f64, outcome_index, &self.counter_values);
        if self.episode < self.told_until {
            self.pending.each.push(copy as u32, value, length, outcome_index as u8);
        }
        self.hash = split_mix(self.hash ^ value.to_bits() ^ (length << 8 | u64::from(outcome)).rotate_left(17));
        if copy > 0 {
            self.hash = split_mix(self.hash ^ copy as u64);
        }
        self.last_return = Some(value);
        if self.recent.len() < RECENT {
            self.recent.push(value);
        } else {
            self.recent[(self.episode - self.recent_from) as usize % RECENT] = value;
        }
        let episode = self.episode;
        self.episode += 1;
        if self.episode.is_power_of_two() && self.marks.len() == self.episode.trailing_zeros() as usize {
            self.marks.push(self.hash as u16);
        }
        let lane = self.lane_mut(copy);
        (lane.buffer.episode, lane.buffer.outcome) = (episode, outcome);
        lane.running = false;
        if !lane.overlong {
            self.keep(copy, outcome_index);
        }
        self.lane_mut(copy).in_hand = false;
        if self.one_by_one {
            self.flush();
        }
    }

    /// The present episodes of all copies, for a checkpoint. One too long to be kept whole begins anew after loading.
    pub(crate) fn copies(&self) -> (CopyState, Vec<CopyState>) {
        let state = |lane: &Lane| {
            let seed = episode_seed(self.seed, lane.buffer.copy, lane.episodes);
            let mut copy = CopyState { episodes: lane.episodes, seed, ..CopyState::default() };
            let actions = lane.buffer.actions();
            if lane.running && !lane.overlong && !actions.is_empty() {
                (copy.seed, copy.actions, copy.by_hand) = (lane.buffer.seed, actions.to_actions(), lane.in_hand);
            }
            copy
        };
        (state(&self.first), self.further.iter().map(state).collect())
    }

    /// Gives up the present episodes that are too long to be kept whole: what takes over the copies begins them anew.
    pub(crate) fn leave_overlong(&mut self) {
        for lane in std::iter::once(&mut self.first).chain(&mut self.further) {
            lane.running &= !lane.overlong;
        }
    }

    /// Whether somebody took a step of a copy's present episode by hand.
    pub(crate) fn in_hand(&self, copy: usize) -> bool {
        self.lane(copy).in_hand
    }

    /// Says whether somebody took a step of a copy's present episode by hand. It holds to the episode's end.
    pub(crate) fn take_in_hand(&mut self, copy: usize, in_hand: bool) {
        self.lane_mut(copy).in_hand = in_hand;
    }

    /// Puts the episode that ends next into the log, whole: in whichever copy it is, and the first that is short enough for that.
    pub(crate) const fn keep_next(&mut self) {
        self.is_demanded = true;
    }

    fn keep(&mut self, copy: usize, outcome: usize) {
        let lane = if copy == 0 { &mut self.first } else { &mut self.further[copy - 1] };
        let value = lane.buffer.episodic_return;
        if lane.in_hand {
            self.by_hand.get_or_insert_default().copy_from(&lane.buffer);
        }
        if let Some(sample) = &mut self.sample
            && sample.take_in(lane.buffer.episode)
        {
            sample.keep(lane.buffer.to_recorded(Kept::Regular));
        }
        if self.best.as_ref().is_none_or(|best| value > best.episodic_return) {
            self.best.get_or_insert_default().copy_from(&lane.buffer);
        }
        if self.worst.as_ref().is_none_or(|worst| value < worst.episodic_return) {
            self.worst.get_or_insert_default().copy_from(&lane.buffer);
        }
        if self.episode.is_power_of_two() {
            self.log.push(LogEvent::RecordedEpisode(lane.buffer.to_recorded(Kept::Regular)));
        }
        if std::mem::take(&mut self.is_demanded) {
            self.log.push(LogEvent::RecordedEpisode(lane.buffer.to_recorded(Kept::OnDemand)));
        }
        let slot = self.latest_by_outcome[outcome].get_or_insert_default();
        std::mem::swap(slot, &mut lane.buffer);
        (lane.buffer.copy, lane.buffer.entries) = (copy as u32, slot.entries);
        self.latest = Some(outcome as u8);
    }

    /// Keeps a random sample of the episodes from now on, beside those that are kept anyway; `so_far` are in it already.
    pub(crate) fn sample_episodes(&mut self, sampling: Sampling, so_far: &BTreeSet<u64>) {
        let mut sample = EpisodeSample::new(sampling, self.seed);
        for episode in so_far {
            sample.take_in(*episode);
        }
        self.sample = Some(Box::new(sample));
    }

    /// Samples as another recorder does, from the beginning.
    pub(crate) fn sample_like(&mut self, other: &Self) {
        self.sample = other.sample.as_ref().map(|it| Box::new(it.begin_anew(self.seed)));
    }

    /// The whole episodes that entered the sample since the last call, and the indices of all that are in it.
    pub(crate) fn take_sample(&mut self) -> (Vec<RecordedEpisode>, BTreeSet<u64>) {
        self.sample.as_mut().map_or_else(Default::default, |it| (it.take(), it.episodes()))
    }

    /// Puts the pending episodes into the log as one bin.
    pub(crate) fn flush(&mut self) {
        let bin = self.pending.take(self.episode, self.step, &self.outcome_names, &self.counter_names, self.told_until);
        self.log.extend(bin.map(LogEvent::Episodes));
    }

    /// Puts an event after the episodes that ended before it.
    pub(crate) fn log(&mut self, event: LogEvent) {
        self.flush();
        self.log.push(event);
    }

    /// Takes in a value of a loss or a gauge.
    #[inline]
    pub(crate) fn push_metric(&mut self, metric: &'static MetricDescription, value: f64) {
        self.metrics.push(metric, value);
    }

    /// Whether the agent told of its losses and gauges since they were last put into the log.
    pub(crate) fn has_metrics(&self) -> bool {
        !self.metrics.is_empty()
    }

    /// The summaries of what the agent told of its losses and gauges since the last call.
    pub(crate) fn take_metrics(&mut self) -> BTreeMap<&'static str, Statistic> {
        self.metrics.take()
    }

    /// How many events [`Self::drain`] would give.
    pub(crate) fn news(&self) -> usize {
        self.log.len() + usize::from(self.pending.count > 0 || self.has_metrics())
    }

    /// The events since the last call.
    pub(crate) fn drain(&mut self) -> Vec<LogEvent> {
        self.flush();
        std::mem::take(&mut self.log)
    }

    /// The kept episodes.
    pub(crate) fn recorded_episodes(&self) -> Vec<RecordedEpisode> {
        let latest = self.latest.and_then(|outcome| self.latest_by_outcome[usize::from(outcome)].as_ref());
        let singles = [(latest, Kept::Latest), (self.best.as_ref(), Kept::Best), (self.worst.as_ref(), Kept::Worst)];
        let singles = singles.into_iter().chain([(self.by_hand.as_ref(), Kept::ByHand)]);
        let singles = singles.filter_map(|(buffer, kept)| Some(buffer?.to_recorded(kept)));
        singles.chain(self.latest_by_outcome.iter().flatten().map(|buffer| buffer.to_recorded(Kept::Outcome))).collect()
    }

    /// Takes over what a checkpoint has kept; `returns` are those of the copies' present episodes so far.
    pub(crate) fn restore(&mut self, checkpoint: &Checkpoint, returns: &[f64]) {
        self.step = checkpoint.step;
        self.episode = checkpoint.episode;
        self.recent_from = checkpoint.episode;
        self.hash = checkpoint.hash;
        let are_all = checkpoint.marks.len() == (u64::BITS - self.episode.leading_zeros()) as usize;
        self.marks = if are_all { checkpoint.marks.to_vec() } else { Vec::new() };
        let entries = self.first.buffer.entries;
        let copies = std::iter::once(&checkpoint.copy).chain(&checkpoint.further_copies);
        for (index, (copy, episodic_return)) in copies.zip(returns).enumerate() {
            let step = self.step;
            let lane = self.lane_mut(index);
            let length = copy.actions.len() as u64;
            (lane.episodes, lane.in_hand, lane.running) = (copy.episodes, copy.by_hand, length > 0);
            (lane.began, lane.length) = (step.wrapping_sub(length), length);
            (lane.buffer.seed, lane.buffer.episodic_return) = (copy.seed, *episodic_return);
            lane.buffer.set_actions(&copy.actions);
        }
        for buffer in &checkpoint.recorded_episodes {
            match buffer.kept {
                Kept::Best => self.best = Some(EpisodeBuffer::from_recorded(buffer, entries)),
                Kept::Worst => self.worst = Some(EpisodeBuffer::from_recorded(buffer, entries)),
                Kept::Latest => {
                    self.latest = Some(buffer.outcome);
                    self.last_return = Some(buffer.episodic_return);
                }
                Kept::Outcome => {
                    if let Some(slot) = self.latest_by_outcome.get_mut(usize::from(buffer.outcome)) {
                        *slot = Some(EpisodeBuffer::from_recorded(buffer, entries));
                    }
                }
                Kept::ByHand => self.by_hand = Some(EpisodeBuffer::from_recorded(buffer, entries)),
                Kept::Regular | Kept::OnDemand => {}
            }
        }
        self.latest = self.latest.filter(|it| self.latest_by_outcome.get(usize::from(*it)).is_some());
    }
}

impl MetricSink for Recorder {
    fn push(&mut self, metric: &'static MetricDescription, value: f64) {
        self.push_metric(metric, value);
    }
}

/// Streams of seeds derived from a run's seed, beside those of episodes and copies.
pub(crate) const AGENT_STREAM: u64 = 2;
pub(crate) const GREEDY_STREAM: u64 = 3;
