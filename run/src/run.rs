//! A run as its host sees it: steps in, events out, commands at any time.

mod commands;
mod tuning;

use crate::column::narrow;
use crate::error::RunError;
use crate::learner::{Budget, Fault, Learner, Moment};
use crate::milestone;
use crate::optimum::{NoPolicyValue, Optimum, PolicyValue};
use crate::recorder::{Recorder, Sampling};
use crate::registry::Registry;
use agents::trail::MOST_STEPS;
use agents::values::table_view::StateStatistics;
use environments::vector::{Executor, InOneGo};
use shared::action::Action;
use shared::artifact::Artifact;
use shared::checkpoint::{AgentState, CHECKPOINT_VERSION, Checkpoint};
use shared::column::Column;
use shared::describe::EnvironmentDescription;
use shared::episode::RecordedEpisode;
use shared::event::{Frame, LogEvent, OptimalSolution, Phase, Severity, Speed, Status, Values};
use shared::network::NetworkView;
use shared::parameter::check_live;
use shared::spec::{Change, RunSpec};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Speed of the greedy demonstration when the run itself is at full speed, in steps a second.
const GREEDY_SPEED: f64 = 8.0;
/// Tables of more action values are neither shown nor sent to be saved: that would take several times their memory, and
/// more than a message holds.
const MOST_VALUES_SENT: usize = 400_000;

/// An environment, an agent and a seed, making progress.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Run {
    registry: Arc<Registry>,
    spec: RunSpec,
    description: EnvironmentDescription,
    /// Whether a place of the environment's layout means something: a state, or what the agent tells values of.
    has_places: bool,
    /// None after it could not be built anew; the run has ended then.
    learner: Option<Box<dyn Learner>>,
    /// What the learner that is missing was given beside the spec, for the next attempt.
    given: Option<AgentState>,
    recorder: Recorder,
    optimum: Option<Optimum>,
    phase: Phase,
    speed: Speed,
    until_episode: u64,
    watching_greedy: bool,
    headless: bool,
    told_forgotten: bool,
    life: u64,
    revision: u64,
    /// Changes that the spec had when the run was built, and which a reset makes again.
    planned: Vec<Change>,
    executor: Arc<dyn Executor>,
}

impl Run {
    /// Builds a run of an agent of `agents/` that is ready to go.
    pub fn new(spec: RunSpec) -> Result<Self, RunError> {
        Self::of(Arc::default(), spec)
    }

    /// Builds a run of one of the registry's learners that is ready to go.
    pub fn of(registry: Arc<Registry>, spec: RunSpec) -> Result<Self, RunError> {
        Self::after(registry, spec, 0)
    }

    /// The same with the agent's values as they are after so many steps.
    fn after(registry: Arc<Registry>, mut spec: RunSpec, step: u64) -> Result<Self, RunError> {
        let agent = registry.find(&spec.agent.id)?;
        for Change { step, parameters } in std::mem::take(&mut spec.changes) {
            check_live(&agent.parameters, &parameters).map_err(|error| RunError::Change { step, error })?;
            spec.change(step, parameters);
        }
        let learner = registry.build(&spec.with_values_after(step))?;
        let description = learner.describe();
        let optimum = learner.model().and_then(|model| Optimum::of(model, learner.discount(), description.step_limit));
        let mut recorder = Recorder::new(spec.seed, &description, learner.copies());
        let mut metrics = Vec::new();
        learner.describe_metrics(&mut |metric| metrics.push(metric.clone()));
        metrics.extend(registry.metrics().iter().cloned());
        recorder.log(LogEvent::RunStarted {
            spec: spec.clone(),
            environment: Box::new(description.clone()),
            agent: Box::new(agent),
            optimal_return: optimum.as_ref().and_then(Optimum::best_return),
            metrics,
            copies: learner.copies() as u32,
            exactness: learner.exactness(),
            is_host: false,
        });
        Ok(Self {
            registry,
            // What has changed already was somebody's choice of the moment, which a reset does not repeat.
            planned: spec.changes.iter().filter(|it| step == 0 || it.step > step).cloned().collect(),
            spec,
            has_places: description.states.is_some() || learner.surface().is_some(),
            description,
            learner: Some(learner),
            given: None,
            recorder,
            optimum,
            phase: Phase::Ready,
            speed: Speed::Full,
            until_episode: u64::MAX,
            watching_greedy: false,
            headless: false,
            told_forgotten: false,
            life: 0,
            revision: 0,
            executor: Arc::new(InOneGo),
        })
    }

    /// Builds the run that a checkpoint was made of; it goes on bit for bit as if it had never stopped.
    pub fn from_checkpoint(checkpoint: &Checkpoint) -> Result<Self, RunError> {
        Self::load(Arc::default(), checkpoint)
    }

    /// The same with one of the registry's learners.
    pub fn load(registry: Arc<Registry>, checkpoint: &Checkpoint) -> Result<Self, RunError> {
        if checkpoint.version > CHECKPOINT_VERSION {
            return Err(RunError::Version { version: checkpoint.version });
        }
        let mut run = Self::after(registry, checkpoint.spec.clone(), checkpoint.step)?;
        let refused = |reason: String| RunError::Checkpoint { reason };
        let space = run.description.action_space();
        for recorded in &checkpoint.recorded_episodes {
            space.check_all(&recorded.actions).map_err(|error| {
                refused(format!("episode {} of the checkpoint does not belong to it: {error}", recorded.episode))
            })?;
        }
        let copies: Vec<_> = std::iter::once(&checkpoint.copy).chain(&checkpoint.further_copies).cloned().collect();
        let returns =
            run.learner_mut()?.load(&checkpoint.agent, &copies).map_err(|error| refused(error.to_string()))?;
        run.recorder.restore(checkpoint, &returns);
        run.phase = Phase::Paused;
        Ok(run)
    }

    /// Lets threads or whatever else advance the copies of the environment; what comes of it is the same.
    pub fn work_with(&mut self, executor: Arc<dyn Executor>) {
        if let Some(learner) = &mut self.learner {
            learner.work_with(Arc::clone(&executor));
        }
        self.executor = executor;
    }

    fn learner(&self) -> Result<&dyn Learner, RunError> {
        self.learner.as_deref().ok_or(RunError::NoLearner)
    }

    fn learner_mut(&mut self) -> Result<&mut (dyn Learner + 'static), RunError> {
        self.learner.as_deref_mut().ok_or(RunError::NoLearner)
    }

    /// What determines the run.
    pub const fn spec(&self) -> &RunSpec {
        &self.spec
    }

    /// The environment as built.
    pub const fn description(&self) -> &EnvironmentDescription {
        &self.description
    }

    /// What it is doing.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether [`Self::advance`] would do anything.
    pub const fn is_moving(&self) -> bool {
        self.watching_greedy || matches!(self.phase, Phase::Running)
    }

    /// Whether frames and values are not wanted.
    pub const fn headless(&self) -> bool {
        self.headless
    }

    /// Steps made.
    pub const fn step(&self) -> u64 {
        self.recorder.step()
    }

    /// Episodes ended.
    pub const fn episode(&self) -> u64 {
        self.recorder.episode()
    }

    /// Returns of the last episodes that ended since the run was built or loaded, or were recalled, at most 100, in no certain order.
    pub fn recent_returns(&self) -> &[f64] {
        self.recorder.recent_returns()
    }

    /// The same, the oldest first.
    pub fn returns_in_order(&self) -> Vec<f64> {
        self.recorder.returns_in_order()
    }

    /// Lets a run that was loaded go on behind these returns of the episodes before, the oldest first.
    pub fn recall_returns(&mut self, returns: &[f64]) {
        self.recorder.recall_returns(returns);
    }

    /// The agent's metrics by their names, e.g. `charts/epsilon`. Values that are not finite are among them.
    pub fn metrics(&self) -> BTreeMap<String, f64> {
        let mut values = BTreeMap::new();
        if let Some(learner) = &self.learner {
            learner.metrics(&mut |metric, value| {
                values.insert(metric.name.clone().into_owned(), value);
            });
        }
        values
    }

    /// Counts the lives of this run: a start, reset or load begins another one, and with it a new epoch of its log.
    pub const fn life(&self) -> u64 {
        self.life
    }

    /// Changes whenever there is something new to see.
    pub const fn revision(&self) -> u64 {
        self.revision.wrapping_add(self.recorder.step())
    }

    /// Hash of all ended episodes: same spec, same number of episodes, same hash, everywhere.
    pub fn hash(&self) -> String {
        self.recorder.hash()
    }

    /// How fast its host should call [`Self::advance`].
    pub fn pace(&self) -> Speed {
        match self.speed {
            Speed::Full if self.watching_greedy => Speed::StepsPerSecond(GREEDY_SPEED),
            speed => speed,
        }
    }

    /// Makes up to `steps` steps if it is running; gives the number made.
    pub fn advance(&mut self, steps: u64) -> u64 {
        if self.watching_greedy {
            if let Some(learner) = &mut self.learner
                && let Err(fault) = learner.watch_greedy(self.spec.seed, steps)
            {
                self.fail(&fault);
            }
            self.revision += steps;
            return 0;
        }
        if self.phase != Phase::Running {
            return 0;
        }
        let mut made = 0;
        while made < steps && self.phase == Phase::Running {
            let milestone = if self.recorder.one_by_one { u64::MAX } else { milestone::after(self.recorder.episode()) };
            let until = self.until_episode.min(milestone);
            let before = self.recorder.step();
            let next_change = self.spec.next_change(before);
            let until_change = next_change.map_or(u64::MAX, |step| step - before);
            let budget = Budget { steps: until_change.min(steps - made), until_episode: until };
            let Some(learner) = &mut self.learner else { break };
            let outcome = learner.advance(&mut self.recorder, budget);
            let troubles = learner.troubles();
            made += self.recorder.step() - before;
            if let Err(fault) = outcome {
                self.fail(&fault);
            }
            for text in troubles {
                self.recorder.log(LogEvent::Notice { severity: Severity::Warning, text });
            }
            self.make_changes_after(before);
            let has_forgotten = self.learner.as_ref().is_some_and(|it| it.has_forgotten());
            if has_forgotten && !std::mem::replace(&mut self.told_forgotten, true) {
                self.tell_forgotten();
            }
            if self.recorder.episode() >= milestone {
                self.mark(milestone);
            }
            if self.recorder.episode() >= self.until_episode {
                self.phase = Phase::Paused;
                self.until_episode = u64::MAX;
            }
        }
        made
    }

    /// Ends the present bin, and tells the metrics at fewer places.
    fn mark(&mut self, milestone: u64) {
        self.recorder.flush();
        if milestone::tells_metrics(milestone) {
            let metrics = self.metrics_event();
            self.recorder.log(metrics);
        }
    }

    /// Tells once that an episode is too long for the agent to learn from the whole of it.
    fn tell_forgotten(&mut self) {
        let text = format!(
            "An episode has more than {MOST_STEPS} steps: the agent learns when an episode ends, and from its newest \
             {MOST_STEPS} steps only. A step limit ends episodes that go on for ever; other agents learn at every step."
        );
        self.recorder.log(LogEvent::Notice { severity: Severity::Warning, text });
    }

    fn fail(&mut self, fault: &Fault) {
        self.pause_for(&fault.words(&self.description));
    }

    fn pause_for(&mut self, reason: &str) {
        self.phase = Phase::Paused;
        self.watching_greedy = false;
        self.recorder.log(LogEvent::Notice { severity: Severity::Error, text: format!("Paused: {reason}.") });
    }

    /// Lets bins tell every episode one by one, however many there are, in this life and those that follow.
    pub(crate) const fn tell_every_episode(&mut self) {
        self.recorder.told_until = u64::MAX;
    }

    /// Keeps a random sample of the episodes whole, beside those that are kept anyway, in this life and those that follow;
    /// `so_far` are in this life's already.
    pub fn sample_episodes(&mut self, sampling: Sampling, so_far: &BTreeSet<u64>) {
        self.recorder.sample_episodes(sampling, so_far);
    }

    /// The whole episodes that entered the sample since the last call, and the indices of all that are in it now.
    pub fn take_sample(&mut self) -> (Vec<RecordedEpisode>, BTreeSet<u64>) {
        self.recorder.take_sample()
    }

    /// Puts metrics of whoever hosts the run into the log.
    pub(crate) fn tell_metrics(&mut self, values: BTreeMap<String, f64>) {
        let metrics =
            LogEvent::Metrics { step: self.step(), episode: self.episode(), values, statistics: BTreeMap::new() };
        self.recorder.log(metrics);
    }

    /// Puts words of the host into the log.
    pub(crate) fn tell(&mut self, notice: LogEvent) {
        self.recorder.log(notice);
    }

    /// How many events [`Self::drain_log`] would give at most.
    pub fn news(&self) -> usize {
        match self.recorder.news() {
            0 => 0,
            news => news + 1,
        }
    }

    /// The log events since the last call: episodes as bins, and metrics if any ended.
    pub fn drain_log(&mut self) -> Vec<LogEvent> {
        let mut events = self.recorder.drain();
        if self.recorder.has_metrics() || events.iter().any(|event| matches!(event, LogEvent::Episodes(_))) {
            events.push(self.metrics_event());
        }
        events
    }

    fn metrics_event(&mut self) -> LogEvent {
        let mut values = self.metrics();
        let mut statistics = BTreeMap::new();
        for (name, statistic) in self.recorder.take_metrics() {
            if statistic.count > 0 {
                // A gauge as it stands is newer than at the end of its last episode: somebody may have turned it since.
                values.entry(name.to_owned()).or_insert(statistic.last);
            }
            statistics.insert(name.to_owned(), statistic);
        }
        LogEvent::Metrics { step: self.step(), episode: self.episode(), values, statistics }
    }

    /// Where the run stands. `steps_per_second` is the host's measurement.
    pub fn status(&mut self, steps_per_second: f64) -> Status {
        let (mut regret, mut optimal_states) = (None, None);
        if let (Some(optimum), Some(learner)) = (&mut self.optimum, &self.learner)
            && let (Some(model), Some(table)) = (learner.model(), learner.table())
        {
            regret = optimum.regret(model, table);
            optimal_states = optimum.optimal_states(model, table);
        }
        Status {
            phase: self.phase,
            speed: self.speed,
            step: self.step(),
            episode: self.episode(),
            steps_per_second,
            watching_greedy: self.watching_greedy,
            run_hash: self.hash(),
            marks: self.recorder.marks(),
            last_return: self.recorder.last_return(),
            regret,
            optimal_states,
        }
    }

    /// The picture of the moment; none where the learner could not be built anew.
    pub fn frame(&self) -> Option<Frame> {
        let learner = self.learner.as_deref()?;
        let moment = learner.greedy_moment().filter(|_| self.watching_greedy);
        let full = self.speed == Speed::Full && self.phase == Phase::Running;
        let Moment { scene, state, episode, episode_step, episode_return, action, trail } =
            moment.unwrap_or_else(|| learner.moment(&self.recorder, full));
        let (action, box_action) = match action {
            Some(Action::Discrete(action)) => (Some(action), None),
            Some(Action::Box(values)) => (None, Some(Column(values))),
            None => (None, None),
        };
        let (state, trail) = if self.has_places { (state, trail.into()) } else { (None, Column::default()) };
        Some(Frame { scene, state, episode, episode_step, episode_return, action, box_action, trail })
    }

    /// What the agent believes, where it keeps a table that is not too large to be shown, or tells it of every place of the picture.
    pub fn values(&self) -> Option<Values> {
        let learner = self.learner.as_deref()?;
        let Some(table) = learner.table() else {
            let (q, actions) = (learner.surface()?, self.description.actions.len());
            let (visits, td_error, policy, overlays) = Default::default();
            let states = q.len() / actions.max(1);
            return Some(Values {
                states: states as u32,
                actions: actions as u32,
                q: q.into(),
                visits,
                td_error,
                policy,
                overlays,
            });
        };
        if table.q.len() > MOST_VALUES_SENT {
            return None;
        }
        let mut overlays = BTreeMap::new();
        learner.overlays(&mut |name, values| {
            overlays.insert(name.to_owned(), values.iter().copied().map(narrow).collect());
        });
        Some(Values {
            states: table.states as u32,
            actions: table.actions as u32,
            q: table.q.iter().copied().map(narrow).collect(),
            visits: table.statistics.iter().map(|state| state.visits).collect(),
            td_error: table.statistics.iter().map(StateStatistics::td_error).collect(),
            policy: learner.policy().map(Column),
            overlays,
        })
    }

    /// The agent's network and what it makes of the present observation, where it has one.
    pub fn network(&mut self) -> Option<NetworkView> {
        let view = self.learner.as_mut()?.network()?;
        Some(NetworkView { step: self.step(), ..view })
    }

    /// Whether the exact solution is still being looked for.
    pub fn is_solving(&self) -> bool {
        self.learner.is_some() && self.optimum.as_ref().is_some_and(|optimum| !optimum.solved())
    }

    /// Changes when there is more to tell of the exact solution.
    pub fn solution_revision(&self) -> u64 {
        self.optimum.as_ref().map_or(0, Optimum::progress)
    }

    /// Goes on looking for the exact solution, for about so many backups; the run itself stays where it is.
    pub fn solve(&mut self, backups: usize) {
        if let (Some(optimum), Some(learner)) = (&mut self.optimum, &self.learner)
            && let Some(model) = learner.model()
        {
            optimum.work(model, backups);
        }
    }

    /// What the learned policy is worth, by the exact solution, which is found first if it is not yet; none without a
    /// model that is solved, or a table.
    pub fn worth(&mut self) -> Option<Result<PolicyValue, NoPolicyValue>> {
        let learner = self.learner.as_deref()?;
        let (model, table) = (learner.model()?, learner.table()?);
        Some(self.optimum.as_mut()?.worth(model, table))
    }

    /// The exact solution, once it is found, where the model is known and small enough; the best return may follow.
    /// `seconds` is the host's measurement of what [`Run::solve`] took.
    pub fn optimal_solution(&self, seconds: f64) -> Option<OptimalSolution> {
        self.optimum.as_ref().and_then(|optimum| optimum.told(seconds))
    }

    /// The kept episodes.
    pub fn recorded_episodes(&self) -> Vec<RecordedEpisode> {
        self.recorder.recorded_episodes()
    }

    /// The run as it stands, with a word in the log that it was saved.
    ///
    /// # Errors
    /// [`RunError::NoLearner`].
    pub fn save(&mut self) -> Result<Checkpoint, RunError> {
        self.report_metrics();
        let checkpoint = self.checkpoint()?;
        self.tell_saved(None);
        Ok(checkpoint)
    }

    /// Puts the metrics that the log does not have yet into it.
    pub fn report_metrics(&mut self) {
        if self.recorder.has_metrics() {
            let metrics = self.metrics_event();
            self.recorder.log(metrics);
        }
    }

    /// Puts into the log that the run as it stands was saved, and as which file, where others may ask for that.
    pub fn tell_saved(&mut self, file: Option<&Artifact>) {
        let (step, episode, run_hash) = (self.step(), self.episode(), self.hash());
        let artifact = file.map(Artifact::reference);
        self.recorder.log(LogEvent::Checkpoint { step, episode, run_hash, artifact });
    }

    /// The run as it stands.
    ///
    /// # Errors
    /// [`RunError::NoLearner`].
    pub fn checkpoint(&self) -> Result<Checkpoint, RunError> {
        let agent = self.learner()?.save();
        let (copy, further_copies) = self.recorder.copies();
        Ok(Checkpoint {
            version: CHECKPOINT_VERSION,
            spec: self.spec.clone(),
            agent,
            step: self.step(),
            episode: self.episode(),
            copy,
            further_copies,
            hash: self.recorder.hash_word(),
            marks: self.recorder.marks(),
            recorded_episodes: self.recorded_episodes(),
            curves: Column::default(),
        })
    }
}
