//! Keeping a run while it trains: its log as it comes, and now and then everything that it needs to go on.

use super::config::{FORMAT, Parent, RunConfig};
use super::directory::{self, BEST, FINAL, LATEST, Lock, RunDirectory};
use super::metrics::MetricsFile;
use super::statistics::Outcomes;
use super::{RecordsError, files, replay_file};
use crate::clock::wall_millis;
use crate::progress::Goal;
use run::Run;
use run::recorded::EpisodePlayer;
use run::recorder::Sampling;
use serde::{Deserialize, Serialize};
use shared::RunId;
use shared::checkpoint::Checkpoint;
use shared::episode::{Kept, RecordedEpisode};
use shared::event::{EndReason, LogEvent};
use shared::json;
use shared::spec::{EnvironmentSpec, RunSpec};
use shared::terminal::say;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The random sample of recorded episodes.
pub const SAMPLING: Sampling = Sampling { share: 0.1, most: 200 };
/// Saves take this share of the time at most.
pub const MOST_SAVING: f64 = 0.02;
/// Episodes whose mean return says which weights are the best.
const EPISODES_OF_BEST: usize = 100;

/// Weights of the greatest mean return so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestWeights {
    /// Of the 100 episodes before, or of all where a run has fewer.
    #[serde(with = "shared::number")]
    pub mean_return: f64,
    /// Steps made.
    pub step: u64,
    /// Episodes ended.
    pub episode: u64,
}

/// Where a run stands and what its episodes came to, as `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunStanding {
    /// `<environment>/<run>`.
    pub run: String,
    /// Why it ended; none while it goes on, or where it was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<EndReason>,
    /// Steps made at the last save.
    pub step: u64,
    /// Episodes ended.
    pub episode: u64,
    /// Run hash.
    pub run_hash: String,
    /// Seconds of training, over all processes.
    pub seconds: f64,
    /// The best weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<BestWeights>,
    /// The first episode that `episodes` counts: those before are of what the run goes on from.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub first_episode: u64,
    /// Statistics of the episodes that ended in this run, without a parent's.
    pub episodes: Outcomes,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl RunStanding {
    /// Reads `summary.json`; none where nothing was saved yet.
    pub fn read(directory: &RunDirectory) -> Result<Option<Self>, RecordsError> {
        let path = directory.summary_path();
        match files::read_text(&path) {
            Err(RecordsError::Unread { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| RecordsError::Damaged { path, reason: json::fault(&bytes, &error) }),
        }
    }
}

/// What is to be kept, and where.
#[derive(Clone, Debug)]
pub struct KeepingPlan {
    /// Folder of all runs.
    pub root: PathBuf,
    /// Name of the run; one is found where none is given.
    pub name: Option<RunId>,
    /// Name at a relay; `<environment>-<run>` where none is given.
    pub published_as: Option<RunId>,
    /// Where it is to end.
    pub goal: Goal,
    /// Numbered weights are kept every so many steps.
    pub every_steps: Option<u64>,
    /// Time between two saves at least.
    pub every: Duration,
}

/// What keeps a run.
#[derive(Debug)]
pub struct RunKeeper {
    plan: KeepingPlan,
    directory: RunDirectory,
    #[expect(dead_code, reason = "held as long as the run is kept")]
    lock: Lock,
    config: RunConfig,
    metrics: MetricsFile,
    best: Option<BestWeights>,
    begun: Instant,
    earlier_seconds: f64,
    next_step: u64,
    due: Instant,
    /// The episodes in the replay files, by the files' names.
    recorded: BTreeMap<String, u64>,
    /// Episodes that somebody asked for and that are not written yet.
    demanded: Vec<RecordedEpisode>,
    /// Those of the random sample that were there before this process.
    sampled_before: BTreeSet<u64>,
    /// Whether episodes are recorded: no longer, once the disk is full.
    records: bool,
    /// Why they are no longer.
    unrecorded: Option<RecordsError>,
}

impl RunKeeper {
    /// Begins the directory of a run as it stands, with what it goes on from.
    pub fn create(plan: KeepingPlan, run: &Run, parent: Option<Parent>) -> Result<Self, RecordsError> {
        let spec = run.spec().clone();
        let stem = format!("{}-seed{}", spec.agent.id, spec.seed.get());
        let environment = spec.environment.id.clone();
        let (directory, name, lock) = RunDirectory::create(&plan.root, &environment, plan.name.as_ref(), &stem)?;
        let long = format!("{environment}-{name}");
        let published_as = RunId::new(&long[..long.len().min(64)]).unwrap_or_else(|_| name.clone());
        let config = RunConfig {
            format: FORMAT,
            run: name,
            published_as: plan.published_as.clone().unwrap_or(published_as),
            program: concat!("terrarium ", env!("CARGO_PKG_VERSION")).into(),
            created_millis: wall_millis(),
            goal: plan.goal,
            spec,
            parent,
            keep_every: plan.every_steps,
        };
        let outcomes = &run.description().outcomes;
        let metrics = MetricsFile::create(&directory.metrics_path(), outcomes, run.step(), run.episode())?;
        config.write(&directory.config_path())?;
        let next_step = plan.every_steps.map_or(u64::MAX, |every| next_multiple(run.step(), every));
        let (begun, due) = (Instant::now(), Instant::now() + plan.every);
        let (best, recorded) = (None, BTreeMap::new());
        Ok(Self {
            plan,
            directory,
            lock,
            config,
            metrics,
            best,
            begun,
            earlier_seconds: 0.0,
            next_step,
            due,
            recorded,
            demanded: Vec::new(),
            sampled_before: BTreeSet::new(),
            records: true,
            unrecorded: None,
        })
    }

    /// Goes on with a directory from its latest weights, which were read from it. The run goes on behind the returns before them, as far as
    /// those are told there, so that its best weights are those that they would be without the interruption.
    pub fn resume(plan: KeepingPlan, directory: RunDirectory, lock: Lock, run: &mut Run) -> Result<Self, RecordsError> {
        directory.clean()?;
        let mut config = RunConfig { goal: plan.goal, keep_every: plan.every_steps, ..directory.config()? };
        config.spec.changes.clone_from(&run.spec().changes);
        let outcomes = &run.description().outcomes;
        let metrics = MetricsFile::resume(&directory.metrics_path(), outcomes, run.step(), run.episode())?;
        run.recall_returns(metrics.returns_at(run.step(), run.episode()));
        let standing = RunStanding::read(&directory)?;
        let mut recorded = BTreeMap::new();
        for name in directory.replays()? {
            if let Some(episode) = name.strip_prefix(RANDOM).and_then(|it| it.parse().ok()) {
                recorded.insert(name, episode);
            }
        }
        config.write(&directory.config_path())?;
        // The run is no longer at its end. The latest weights are the same.
        std::fs::remove_file(directory.weights_path(FINAL)).ok();
        let next_step = plan.every_steps.map_or(u64::MAX, |every| next_multiple(run.step(), every));
        let (begun, due) = (Instant::now(), Instant::now() + plan.every);
        let (earlier_seconds, best) = standing.map_or((0.0, None), |it| (it.seconds, it.best));
        let sampled_before = recorded.values().copied().collect();
        Ok(Self {
            plan,
            directory,
            lock,
            config,
            metrics,
            best,
            begun,
            earlier_seconds,
            next_step,
            due,
            recorded,
            demanded: Vec::new(),
            sampled_before,
            records: true,
            unrecorded: None,
        })
    }

    /// Notes what somebody has changed of the run, so that whoever goes on from an earlier save makes it again.
    pub fn note_changes(&mut self, run: &Run) -> Result<(), RecordsError> {
        self.config.spec.changes.clone_from(&run.spec().changes);
        self.config.write(&self.directory.config_path())
    }

    /// The run that is kept here is over, and the process goes on with another one, as it stands.
    pub fn begin_anew(&mut self, run: &Run) -> Result<(), RecordsError> {
        self.metrics.sync()?;
        let plan =
            KeepingPlan { name: None, published_as: Some(self.config.published_as.clone()), ..self.plan.clone() };
        let unrecorded = self.take_unrecorded();
        *self = Self { unrecorded, ..Self::create(plan, run, None)? };
        Ok(())
    }

    /// The directory.
    pub const fn directory(&self) -> &RunDirectory {
        &self.directory
    }

    /// What there is to say where the run begins or goes on: where it is kept, what it goes on from, and what cannot be read of
    /// what is there.
    pub fn words(&self) -> Vec<String> {
        let place = self.directory.path().display();
        let mut words = vec![format!("kept in {place}")];
        if let Some(parent) = &self.config.parent {
            words.push(format!("goes on from {}; what {place} tells begins there", parent.words()));
        }
        words.extend(self.metrics.unread.iter().cloned());
        words
    }

    /// What `terrarium resume` goes on from where nothing more is saved.
    pub fn saved_words(&self) -> String {
        let place = self.directory.path().display();
        match directory::read_agent(&self.directory.weights_path(LATEST)) {
            Ok(saved) => {
                format!("{place} holds the run as it was at step {}: `terrarium resume` goes on from there", saved.step)
            }
            Err(_) => format!("no weights have been saved in {place}: `terrarium resume` would begin at step 0"),
        }
    }

    /// What determines the run.
    pub const fn config(&self) -> &RunConfig {
        &self.config
    }

    /// The episodes of the random sample that are recorded.
    pub fn sampled(&self) -> BTreeSet<u64> {
        self.recorded.iter().filter(|(name, _)| name.starts_with(RANDOM)).map(|(_, episode)| *episode).collect()
    }

    /// Takes in events of the log, and writes their lines, and the episodes that somebody asked for: they may be wanted before the
    /// next save.
    pub fn take<'a>(&mut self, events: impl Iterator<Item = (f64, &'a LogEvent)>) -> Result<(), RecordsError> {
        let demanded = &mut self.demanded;
        let written = self.metrics.push(events.inspect(|(_, event)| {
            if let LogEvent::RecordedEpisode(recorded) = event
                && recorded.kept == Kept::OnDemand
            {
                demanded.push(recorded.clone());
            }
        }));
        written.and(self.record_demanded())
    }

    /// Writes what somebody asked for; what finds no place is kept for the next save.
    fn record_demanded(&mut self) -> Result<(), RecordsError> {
        if !self.records || self.demanded.is_empty() {
            return Ok(());
        }
        let demanded = std::mem::take(&mut self.demanded);
        let environment = self.config.spec.environment.clone();
        let named = demanded.iter().map(|recorded| (name_of(recorded, &[]), recorded));
        let written = self.write_episodes(&environment, named);
        if written.is_err() {
            self.demanded = demanded;
        }
        written
    }

    /// The step at which numbered weights are to be kept next.
    pub const fn next_step(&self) -> u64 {
        self.next_step
    }

    /// Whether it is time to save.
    pub fn is_due(&self, step: u64) -> bool {
        step >= self.next_step || Instant::now() >= self.due
    }

    /// Saves a run, and `bytes`, its file: recorded episodes and the log up to the checkpoint first, so that whoever goes on from it finds
    /// all of them. Where the log finds no room, weights are saved without its last lines, and `resume` says how many episodes are missing;
    /// where recorded episodes find none, no more are recorded. Where the run has ended, says why. `sample` is what [`Run::take_sample`] gave.
    pub fn save(
        &mut self,
        run: &Run,
        (checkpoint, bytes): (&Checkpoint, &[u8]),
        sample: (Vec<RecordedEpisode>, BTreeSet<u64>),
        ended: Option<EndReason>,
    ) -> Result<(), RecordsError> {
        let begun = Instant::now();
        // Somebody may have removed or moved them: what was learned is kept all the same.
        if !self.directory.has_all() {
            self.directory.make_folders().and_then(|()| self.config.write(&self.directory.config_path()))?;
        }
        let is_numbered = self.put_off(checkpoint.step);
        let recorded_before = self.records;
        let mut recorded = Ok(());
        if self.records {
            let all = self.record(&checkpoint.spec, &checkpoint.recorded_episodes, run, sample);
            recorded = match all.and_then(|()| self.record_demanded()) {
                Err(error) if is_full(&error) => {
                    self.stop_recording(error);
                    Ok(())
                }
                recorded => recorded,
            };
        }
        let mut saved = self.save_essential(run, (checkpoint, bytes), is_numbered, ended);
        if saved.as_ref().is_err_and(is_full) && self.give_up_sample() {
            let again = self.save_essential(run, (checkpoint, bytes), is_numbered, ended);
            (self.unrecorded, self.records) = (std::mem::replace(&mut saved, again).err(), false);
        }
        if recorded_before && !self.records {
            let place = self.directory.path().display();
            let run = if saved.is_ok() { "the run is saved, " } else { "" };
            say(format_args!("{place}: no room; {run}no more episodes are recorded"));
        }
        saved.and(recorded)?;
        self.due = Instant::now() + self.plan.every.max(begun.elapsed().div_f64(MOST_SAVING));
        Ok(())
    }

    /// Whatever becomes of a save at this step, the next is due in a while, and at a later step: the run stops at the one that is due. Tells
    /// whether numbered weights are to be kept at this one.
    pub fn put_off(&mut self, step: u64) -> bool {
        self.due = Instant::now() + self.plan.every;
        let is_numbered = step >= self.next_step;
        if is_numbered {
            self.next_step = next_multiple(step, self.plan.every_steps.unwrap_or(u64::MAX));
        }
        is_numbered
    }

    /// Why episodes are no longer recorded, if they are not.
    pub const fn take_unrecorded(&mut self) -> Option<RecordsError> {
        self.unrecorded.take()
    }

    /// Ends the recording of episodes, so that the run itself has room.
    fn stop_recording(&mut self, error: RecordsError) {
        (self.unrecorded, self.records) = (Some(error), false);
        self.give_up_sample();
    }

    /// Saves what the run needs to go on: its log, weights, and where it stands.
    fn save_essential(
        &mut self,
        run: &Run,
        (checkpoint, bytes): (&Checkpoint, &[u8]),
        is_numbered: bool,
        ended: Option<EndReason>,
    ) -> Result<(), RecordsError> {
        // Weights without the last lines are worth more than neither.
        let told = self.metrics.tell_returns(checkpoint.step, checkpoint.episode, run.returns_in_order());
        let mut saved = self.metrics.sync().and(told);
        let write = |keeper: &Self, name: &str| files::write(&keeper.directory.weights_path(name), bytes);
        if ended.is_some() {
            saved = write(self, FINAL).and(saved);
        }
        if is_numbered {
            saved = write(self, &format!("step-{:012}", checkpoint.step)).and(saved);
        }
        if let Some(best) = self.better(run, checkpoint, ended.is_some()) {
            match write(self, BEST) {
                Ok(()) => self.best = Some(best),
                error => saved = saved.and(error),
            }
        }
        // Whoever is killed before the last of them goes on from the save before, and all else comes again.
        write(self, LATEST)?;
        self.tell((checkpoint.step, checkpoint.episode, format!("{:016x}", checkpoint.hash)), ended)?;
        saved
    }

    /// Gives the random sample up that this process has recorded, so that there is room for what cannot be done without; tells whether
    /// there was any.
    fn give_up_sample(&mut self) -> bool {
        let sample: Vec<_> =
            self.sampled().into_iter().filter(|it| !self.sampled_before.contains(it)).map(random_name).collect();
        for name in &sample {
            if std::fs::remove_file(self.directory.replay_path(name)).is_ok() {
                self.recorded.remove(name);
            }
        }
        if !sample.is_empty() {
            let count = sample.len();
            say(format_args!(
                "{count} recorded episodes of the random sample were removed to make room for the run itself"
            ));
        }
        !sample.is_empty()
    }

    /// The run failed: what was saved before stays as it is. Gives where that is.
    pub fn fail(&mut self, run: &Run) -> Result<PathBuf, RecordsError> {
        self.due = Instant::now() + self.plan.every.max(Duration::from_secs(1));
        self.next_step = u64::MAX;
        self.metrics.sync()?;
        let path = self.directory.weights_path(LATEST);
        if let Ok(saved) = directory::read_agent(&path) {
            self.tell((saved.step, saved.episode, format!("{:016x}", saved.hash)), Some(EndReason::Failed))?;
        } else {
            self.tell((run.step(), run.episode(), run.hash()), Some(EndReason::Failed))?;
        }
        Ok(path)
    }

    /// Whether the weights are better than the best so far. Those at the end of fewer episodes count only until there are enough.
    fn better(&self, run: &Run, checkpoint: &Checkpoint, at_end: bool) -> Option<BestWeights> {
        let returns = run.returns_in_order();
        let first = self.first_episode();
        let best = self.best.filter(|best| best.episode.saturating_sub(first) >= EPISODES_OF_BEST as u64);
        let enough = returns.len() >= EPISODES_OF_BEST || at_end && best.is_none() && !returns.is_empty();
        let mean_return = returns.iter().sum::<f64>() / returns.len().max(1) as f64;
        let better = enough && best.is_none_or(|best| mean_return > best.mean_return);
        better.then_some(BestWeights { mean_return, step: checkpoint.step, episode: checkpoint.episode })
    }

    /// The first episode that counts here: those before are of what the run goes on from.
    fn first_episode(&self) -> u64 {
        self.config.parent.as_ref().map_or(0, |parent| parent.episode)
    }

    /// Writes the recorded episodes that are new, and removes those that left the random sample.
    fn record(
        &mut self,
        spec: &RunSpec,
        recorded_episodes: &[RecordedEpisode],
        run: &Run,
        (sample, in_sample): (Vec<RecordedEpisode>, BTreeSet<u64>),
    ) -> Result<(), RecordsError> {
        let outcomes = &run.description().outcomes;
        let named = recorded_episodes.iter().map(|recorded| (name_of(recorded, outcomes), recorded));
        let sampled = sample.iter().map(|recorded| (random_name(recorded.episode), recorded));
        self.write_episodes(&spec.environment, named.chain(sampled))?;
        let gone: Vec<_> = self.sampled().difference(&in_sample).map(|it| random_name(*it)).collect();
        for name in gone {
            let path = self.directory.replay_path(&name);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(files::fault(&path)(error)),
                _ => self.recorded.remove(&name),
            };
        }
        Ok(())
    }

    /// Writes those of these episodes that are not there.
    fn write_episodes<'a>(
        &mut self,
        environment: &EnvironmentSpec,
        episodes: impl Iterator<Item = (String, &'a RecordedEpisode)>,
    ) -> Result<(), RecordsError> {
        let mut player = None;
        for (name, recorded) in episodes {
            if self.recorded.get(&name) == Some(&recorded.episode) {
                continue;
            }
            let path = self.directory.replay_path(&name);
            let wrong = |reason: String| RecordsError::Replay { path: path.clone(), reason };
            let player = match &mut player {
                Some(player) => player,
                none => none.insert(EpisodePlayer::new(environment).map_err(|error| wrong(error.to_string()))?),
            };
            let file = player.file(recorded.clone()).map_err(|error| wrong(error.to_string()))?;
            replay_file::write(&path, &file)?;
            self.recorded.insert(name, recorded.episode);
        }
        Ok(())
    }

    /// Writes where the run stands: its steps, its episodes, its hash.
    fn tell(
        &self,
        (step, episode, run_hash): (u64, u64, String),
        ended: Option<EndReason>,
    ) -> Result<(), RecordsError> {
        let standing = RunStanding {
            run: self.config.place(),
            ended,
            step,
            episode,
            run_hash,
            seconds: self.earlier_seconds + self.begun.elapsed().as_secs_f64(),
            best: self.best,
            first_episode: self.first_episode(),
            episodes: self.metrics.statistics.outcomes(),
        };
        files::write(&self.directory.summary_path(), &files::pretty(&standing)?)
    }
}

/// How the names of sampled episodes begin.
const RANDOM: &str = "random-";

fn random_name(episode: u64) -> String {
    format!("{RANDOM}{episode:09}")
}

fn name_of(recorded: &RecordedEpisode, outcomes: &[String]) -> String {
    match recorded.kept {
        Kept::Latest => "latest".into(),
        Kept::Best => "best".into(),
        Kept::Worst => "worst".into(),
        Kept::ByHand => "by-hand".into(),
        Kept::OnDemand => format!("asked-{:09}", recorded.episode),
        Kept::Regular => random_name(recorded.episode),
        Kept::Outcome => {
            let outcome = outcomes.get(usize::from(recorded.outcome)).map_or("unnamed", String::as_str);
            let plain = |it: char| if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { '-' };
            format!("outcome-{}-{}", recorded.outcome, outcome.chars().map(plain).collect::<String>())
        }
    }
}

/// Whether a disk has no room.
fn is_full(error: &RecordsError) -> bool {
    let RecordsError::File { source, .. } = error else { return false };
    matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// The first multiple above a step.
fn next_multiple(step: u64, every: u64) -> u64 {
    (step / every).saturating_add(1).saturating_mul(every)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::agent_file;
    use shared::command::Command;
    use shared::quantity::Seed;
    use std::io;

    /// Lets a run make some more episodes, and saves it.
    fn go_on(keeper: &mut RunKeeper, run: &mut Run) -> Result<(), RecordsError> {
        run.advance(20_000);
        let checkpoint = run.checkpoint().unwrap();
        let bytes = agent_file::write(&checkpoint).unwrap();
        let sample = run.take_sample();
        keeper.save(run, (&checkpoint, &bytes), sample, None)
    }

    fn begun(root: &tempfile::TempDir) -> (RunKeeper, Run) {
        let mut run = Run::new(RunSpec::new("gridworld", "q-learning", Seed::default())).unwrap();
        run.sample_episodes(SAMPLING, &BTreeSet::new());
        run.command(Command::Resume { until_episode: None });
        let plan = KeepingPlan {
            root: root.path().to_owned(),
            name: None,
            published_as: None,
            goal: Goal::Endless,
            every_steps: Some(30_000),
            every: Duration::from_secs(10),
        };
        (RunKeeper::create(plan, &run, None).unwrap(), run)
    }

    #[test]
    fn where_a_disk_is_full_the_sample_of_this_process_goes_and_no_more_is_recorded() {
        let root = tempfile::tempdir().unwrap();
        let (mut keeper, mut run) = begun(&root);
        go_on(&mut keeper, &mut run).unwrap();
        let first = keeper.sampled();
        keeper.sampled_before.clone_from(&first);
        go_on(&mut keeper, &mut run).unwrap();
        assert!(!first.is_empty() && !keeper.sampled().is_subset(&first));
        let full = |kind: ErrorKind| RecordsError::File { path: "x".into(), source: kind.into() };
        assert!(is_full(&full(ErrorKind::StorageFull)) && is_full(&full(ErrorKind::QuotaExceeded)));
        assert!(!is_full(&full(ErrorKind::PermissionDenied)));
        keeper.stop_recording(full(ErrorKind::StorageFull));
        let left = keeper.sampled();
        assert!(!left.is_empty() && left.is_subset(&first), "what an earlier process has recorded stays");
        let recorded = keeper.directory.replays().unwrap();
        go_on(&mut keeper, &mut run).unwrap();
        assert_eq!((keeper.sampled(), keeper.directory.replays().unwrap()), (left, recorded));
        let saved = directory::read_agent(&keeper.directory.weights_path(LATEST)).unwrap();
        assert_eq!(saved.step, run.step());
        assert!(keeper.take_unrecorded().is_some_and(|it| is_full(&it)));
    }

    #[test]
    fn what_somebody_removes_of_a_live_run_costs_it_nothing_more() -> io::Result<()> {
        let root = tempfile::tempdir()?;
        let (mut keeper, mut run) = begun(&root);
        go_on(&mut keeper, &mut run).unwrap();
        for name in keeper.sampled() {
            std::fs::remove_file(keeper.directory.replay_path(&random_name(name)))?;
        }
        // Until the whole sample is another one.
        for _ in 0..20 {
            go_on(&mut keeper, &mut run).unwrap();
        }
        for gone in [keeper.directory.path().join("weights"), keeper.directory.path().to_owned()] {
            std::fs::remove_dir_all(gone)?;
            go_on(&mut keeper, &mut run).unwrap();
            assert_eq!(keeper.directory.config().unwrap(), keeper.config);
            assert_eq!(directory::read_agent(&keeper.directory.weights_path(LATEST)).unwrap().step, run.step());
        }
        Ok(())
    }

    #[test]
    fn a_save_that_fails_is_not_due_at_the_same_step_again() -> io::Result<()> {
        let root = tempfile::tempdir()?;
        let (mut keeper, mut run) = begun(&root);
        go_on(&mut keeper, &mut run).unwrap();
        let latest = keeper.directory.weights_path(LATEST);
        std::fs::remove_file(&latest)?;
        std::fs::create_dir(&latest)?;
        let error = go_on(&mut keeper, &mut run).unwrap_err();
        assert!(error.to_string().contains("no plain file"), "{error}");
        assert!(keeper.next_step() > run.step(), "{} at step {}", keeper.next_step(), run.step());
        Ok(())
    }
}
