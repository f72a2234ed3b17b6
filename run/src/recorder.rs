//! What is kept of the episodes: exact bins, whole tapes by a stated rule, and the chain of hashes.
//!
//! Kept whole are the latest, the best, the worst, the latest of each outcome, the latest that somebody played by hand in
//! whole or in part, and the 1st, 2nd, 4th, 8th ... episode.

use environments::Environment;
use shared::codec::MAX_MESSAGE_BYTES;
use shared::column::Column;
use shared::describe::EnvironmentDescription;
use shared::episode::{EpisodeBin, EpisodeTape, Episodes, Kept, MOST_TOLD, Stat};
use shared::event::LogEvent;
use shared::quantity::{Seed, split_mix};

/// An episode longer than this is counted in full, but not kept whole. One action is a byte on the wire, and a message
/// carries up to eight kept episodes beside everything else of a checkpoint.
const MOST_ACTIONS: usize = MAX_MESSAGE_BYTES / 9;

/// Ended episodes whose returns are at hand one by one.
const RECENT: usize = 100;

/// Buffers that move from episode to episode, so that nothing is allocated per step.
#[derive(Clone, Debug, Default)]
struct Tape {
    episode: u64,
    seed: Seed,
    actions: Vec<u8>,
    episodic_return: f64,
    outcome: u8,
}

impl Tape {
    fn copy_from(&mut self, other: &Self) {
        let Self { episode, seed, actions, episodic_return, outcome } = self;
        (*episode, *seed, *episodic_return, *outcome) =
            (other.episode, other.seed, other.episodic_return, other.outcome);
        actions.clear();
        actions.extend_from_slice(&other.actions);
    }

    fn to_tape(&self, kept: Kept) -> EpisodeTape {
        EpisodeTape {
            episode: self.episode,
            seed: self.seed,
            actions: Column(self.actions.clone()),
            episodic_return: self.episodic_return,
            outcome: self.outcome,
            kept,
        }
    }

    fn from_tape(tape: &EpisodeTape) -> Self {
        Self {
            episode: tape.episode,
            seed: tape.seed,
            actions: tape.actions.0.clone(),
            episodic_return: tape.episodic_return,
            outcome: tape.outcome,
        }
    }
}

/// Episodes that have ended since the last bin left.
#[derive(Clone, Debug)]
struct Pending {
    count: u64,
    episodic_return: Stat,
    length: Stat,
    outcomes: Vec<u64>,
    last_outcome: u8,
    counters: Vec<Stat>,
    /// The same episodes one by one, as far as they are told so.
    each: Episodes,
}

/// The books of a run.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
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
    current: Tape,
    overlong: bool,
    /// Whether somebody took a step of the present episode by hand.
    in_hand: bool,
    /// Steps made when the present episode began.
    began: u64,
    last_return: Option<f64>,
    /// Returns of the last episodes that ended here, as a ring.
    recent: Vec<f64>,
    latest: Option<u8>,
    latest_by_outcome: Vec<Option<Tape>>,
    best: Option<Tape>,
    worst: Option<Tape>,
    by_hand: Option<Tape>,
    pending: Pending,
    log: Vec<LogEvent>,
}

impl Recorder {
    pub(crate) fn new(seed: Seed, description: &EnvironmentDescription) -> Self {
        let outcomes = description.outcomes.len().max(1);
        let counters = description.counters.len();
        let capacity = description.step_limit.unwrap_or(4096).min(65_536) as usize;
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
            current: Tape { actions: Vec::with_capacity(capacity), ..Tape::default() },
            overlong: false,
            in_hand: false,
            began: 0,
            last_return: None,
            recent: Vec::with_capacity(RECENT),
            latest: None,
            latest_by_outcome: vec![None; outcomes],
            best: None,
            worst: None,
            by_hand: None,
            pending: Pending {
                count: 0,
                episodic_return: Stat::of(0.0),
                length: Stat::of(0.0),
                outcomes: vec![0; outcomes],
                last_outcome: 0,
                counters: vec![Stat::of(0.0); counters],
                each: Episodes::default(),
            },
            log: Vec::new(),
        }
    }

    /// Steps made.
    #[inline]
    pub(crate) const fn step(&self) -> u64 {
        self.step
    }

    /// Episodes ended, and so the index of the present one.
    #[inline]
    pub(crate) const fn episode(&self) -> u64 {
        self.episode
    }

    /// The chain of hashes as text.
    pub(crate) fn hash(&self) -> String {
        format!("{:016x}", self.hash)
    }

    pub(crate) const fn hash_word(&self) -> u64 {
        self.hash
    }

    pub(crate) const fn last_return(&self) -> Option<f64> {
        self.last_return
    }

    /// Returns of the last episodes that ended since the run was built or loaded, at most 100, in no certain order.
    pub(crate) fn recent_returns(&self) -> &[f64] {
        &self.recent
    }

    /// Seed, actions and return so far of the present episode.
    pub(crate) fn current(&self) -> (Seed, &[u8], f64) {
        (self.current.seed, &self.current.actions, self.current.episodic_return)
    }

    pub(crate) const fn current_length(&self) -> u64 {
        self.step.wrapping_sub(self.began)
    }

    /// Whether the present episode is too long to be kept whole.
    pub(crate) const fn overlong(&self) -> bool {
        self.overlong
    }

    /// Seed and actions of the latest ended episode.
    pub(crate) fn latest(&self) -> Option<(Seed, &[u8])> {
        let tape = self.latest_by_outcome[usize::from(self.latest?)].as_ref()?;
        Some((tape.seed, &tape.actions))
    }

    /// A new episode begins; gives its seed, which derives from the run's seed and the episode's index.
    #[inline]
    pub(crate) fn begin_episode(&mut self) -> Seed {
        self.current.episode = self.episode;
        self.current.seed = self.seed.derive(EPISODE_STREAM, self.episode);
        self.current.actions.clear();
        self.current.episodic_return = 0.0;
        self.began = self.step;
        self.overlong = false;
        self.current.seed
    }

    /// The present episode goes on from a checkpoint; its steps are counted already.
    pub(crate) fn resume_episode(&mut self, seed: Seed, actions: &[u8], episode_return: f64) {
        self.begin_episode();
        self.current.seed = seed;
        self.current.actions.extend_from_slice(actions);
        self.current.episodic_return = episode_return;
        self.began = self.step.wrapping_sub(actions.len() as u64);
    }

    /// A step was made.
    #[inline]
    pub(crate) fn push(&mut self, action: u8, reward: f64) {
        if self.current.actions.len() < MOST_ACTIONS {
            self.current.actions.push(action);
        } else {
            self.overlong = true;
        }
        self.current.episodic_return += reward;
        self.step += 1;
    }

    /// The present episode ended.
    #[inline]
    pub(crate) fn end_episode<E: Environment>(&mut self, environment: &E) {
        if !self.counter_values.is_empty() {
            environment.counters(&mut self.counter_values);
        }
        self.close_episode(environment.outcome());
    }

    fn close_episode(&mut self, outcome: u8) {
        let value = self.current.episodic_return;
        let length = self.current_length();
        let outcome_index = usize::from(outcome).min(self.latest_by_outcome.len() - 1);
        let pending = &mut self.pending;
        if pending.count == 0 {
            pending.episodic_return = Stat::of(value);
            pending.length = Stat::of(length as f64);
            for (stat, counter) in pending.counters.iter_mut().zip(&self.counter_values) {
                *stat = Stat::of(*counter);
            }
        } else {
            pending.episodic_return.push(value);
            pending.length.push(length as f64);
            for (stat, counter) in pending.counters.iter_mut().zip(&self.counter_values) {
                stat.push(*counter);
            }
        }
        if self.episode < self.told_until {
            pending.each.push(value, length, outcome_index as u8);
        }
        pending.count += 1;
        pending.outcomes[outcome_index] += 1;
        pending.last_outcome = outcome_index as u8;
        self.hash = split_mix(self.hash ^ value.to_bits() ^ (length << 8 | u64::from(outcome)).rotate_left(17));
        self.last_return = Some(value);
        if self.recent.len() < RECENT {
            self.recent.push(value);
        } else {
            self.recent[self.episode as usize % RECENT] = value;
        }
        self.current.outcome = outcome;
        self.episode += 1;
        if !self.overlong {
            self.keep(outcome_index);
        }
        self.in_hand = false;
        if self.one_by_one {
            self.flush();
        }
    }

    /// Whether somebody took a step of the present episode by hand.
    pub(crate) const fn in_hand(&self) -> bool {
        self.in_hand
    }

    /// Says whether somebody took a step of the present episode by hand; gives what was said before. It holds to the
    /// episode's end.
    pub(crate) const fn take_in_hand(&mut self, in_hand: bool) -> bool {
        std::mem::replace(&mut self.in_hand, in_hand)
    }

    fn keep(&mut self, outcome: usize) {
        let value = self.current.episodic_return;
        if self.in_hand {
            self.by_hand.get_or_insert_default().copy_from(&self.current);
        }
        if self.best.as_ref().is_none_or(|best| value > best.episodic_return) {
            self.best.get_or_insert_default().copy_from(&self.current);
        }
        if self.worst.as_ref().is_none_or(|worst| value < worst.episodic_return) {
            self.worst.get_or_insert_default().copy_from(&self.current);
        }
        if self.episode.is_power_of_two() {
            self.log.push(LogEvent::Tape(self.current.to_tape(Kept::Regular)));
        }
        let slot = self.latest_by_outcome[outcome].get_or_insert_default();
        std::mem::swap(slot, &mut self.current);
        self.latest = Some(outcome as u8);
    }

    /// Puts the pending episodes into the log as one bin.
    pub(crate) fn flush(&mut self) {
        let pending = &mut self.pending;
        if pending.count == 0 {
            return;
        }
        let count = pending.count as f64;
        let indicator = |index: usize, ended: u64| {
            let ended = ended as f64;
            Stat {
                sum: ended,
                sum_of_squares: ended,
                min: if ended == count { 1.0 } else { 0.0 },
                max: if ended > 0.0 { 1.0 } else { 0.0 },
                last: if usize::from(pending.last_outcome) == index { 1.0 } else { 0.0 },
            }
        };
        let outcomes = self.outcome_names.iter().zip(pending.outcomes.iter().enumerate());
        let outcomes = outcomes.map(|(name, (index, ended))| (name.clone(), indicator(index, *ended)));
        let counters = self.counter_names.iter().cloned().zip(pending.counters.iter().copied());
        let bin = EpisodeBin {
            first_episode: self.episode - pending.count,
            last_episode: self.episode - 1,
            count: pending.count,
            step: self.step,
            episodic_return: pending.episodic_return,
            length: pending.length,
            outcomes: outcomes.chain(counters).collect(),
            each: Some(std::mem::take(&mut pending.each)).filter(|_| self.episode <= self.told_until).map(Box::new),
        };
        pending.count = 0;
        pending.outcomes.fill(0);
        self.log.push(LogEvent::Episodes(bin));
    }

    /// Puts an event after the episodes that ended before it.
    pub(crate) fn log(&mut self, event: LogEvent) {
        self.flush();
        self.log.push(event);
    }

    /// How many events [`Self::drain`] would give.
    pub(crate) const fn news(&self) -> usize {
        self.log.len() + (self.pending.count > 0) as usize
    }

    /// The events since the last call.
    pub(crate) fn drain(&mut self) -> Vec<LogEvent> {
        self.flush();
        std::mem::take(&mut self.log)
    }

    /// The kept episodes.
    pub(crate) fn tapes(&self) -> Vec<EpisodeTape> {
        let latest = self.latest.and_then(|outcome| self.latest_by_outcome[usize::from(outcome)].as_ref());
        let singles = [(latest, Kept::Latest), (self.best.as_ref(), Kept::Best), (self.worst.as_ref(), Kept::Worst)];
        let singles = singles.into_iter().chain([(self.by_hand.as_ref(), Kept::ByHand)]);
        let singles = singles.filter_map(|(tape, kept)| Some(tape?.to_tape(kept)));
        singles.chain(self.latest_by_outcome.iter().flatten().map(|tape| tape.to_tape(Kept::Outcome))).collect()
    }

    /// Takes over the books of a checkpoint.
    pub(crate) fn restore(&mut self, checkpoint: &shared::checkpoint::Checkpoint) {
        (self.step, self.began) = (checkpoint.step, checkpoint.step);
        self.episode = checkpoint.episode;
        self.hash = checkpoint.hash;
        for tape in &checkpoint.tapes {
            match tape.kept {
                Kept::Best => self.best = Some(Tape::from_tape(tape)),
                Kept::Worst => self.worst = Some(Tape::from_tape(tape)),
                Kept::Latest => {
                    self.latest = Some(tape.outcome);
                    self.last_return = Some(tape.episodic_return);
                }
                Kept::Outcome => {
                    if let Some(slot) = self.latest_by_outcome.get_mut(usize::from(tape.outcome)) {
                        *slot = Some(Tape::from_tape(tape));
                    }
                }
                Kept::ByHand => self.by_hand = Some(Tape::from_tape(tape)),
                Kept::Regular => {}
            }
        }
        self.latest = self.latest.filter(|it| self.latest_by_outcome.get(usize::from(*it)).is_some());
    }
}

/// Streams of seeds derived from a run's seed.
const EPISODE_STREAM: u64 = 1;
pub(crate) const AGENT_STREAM: u64 = 2;
pub(crate) const GREEDY_STREAM: u64 = 3;
