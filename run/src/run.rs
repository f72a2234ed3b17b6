//! A run as its host sees it: steps in, events out, commands at any time.

use crate::engine::{Engine, EngineOf, Fault, Moment};
use crate::ground::Ground;
use crate::recorder::{AGENT_STREAM, Recorder};
use agents::agent::Agent;
use environments::Environment;
use shared::checkpoint::{CHECKPOINT_VERSION, Checkpoint};
use shared::column::Column;
use shared::command::{Answer, Command};
use shared::describe::EnvironmentDescription;
use shared::episode::EpisodeTape;
use shared::event::{EndReason, Frame, LogEvent, Phase, Severity, Speed, Status, Truth, Values};
use shared::quantity::Seed;
use shared::spec::RunSpec;
use shared::vec_map::VecMap;

/// Speeds from here down log every episode by itself, in steps a second: with one-step episodes, metrics and tapes beside
/// them that is still below 60 log events a second.
const ONE_BY_ONE_UP_TO: f64 = 30.0;
/// Fastest speed that can be asked for beside full speed, in steps a second.
const FASTEST: f64 = 1e6;
/// Speed of the greedy demonstration when the run itself is at full speed, in steps a second.
const GREEDY_SPEED: f64 = 8.0;
/// Tables of more action values are neither shown nor saved: that would take several times their memory, and more than a
/// message holds.
const MOST_VALUES_SENT: usize = 400_000;

/// A run that cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RunError {
    /// The environment cannot be built.
    #[error(transparent)]
    Environment(#[from] environments::registry::BuildError),
    /// The agent cannot be built.
    #[error(transparent)]
    Agent(#[from] agents::registry::BuildError),
    /// A checkpoint of a newer format.
    #[error(
        "the checkpoint has version {version}, this program reads up to {CHECKPOINT_VERSION}. Update it to load this one"
    )]
    Version {
        /// The checkpoint's version.
        version: u32,
    },
    /// A checkpoint that does not fit its own spec.
    #[error("{reason}")]
    Checkpoint {
        /// What does not fit.
        reason: String,
    },
}

/// An environment, an agent and a seed, making progress.
#[derive(Debug)]
pub struct Run {
    spec: RunSpec,
    description: EnvironmentDescription,
    engine: Box<dyn Engine>,
    recorder: Recorder,
    ground: Option<Ground>,
    phase: Phase,
    speed: Speed,
    until_episode: u64,
    watching_greedy: bool,
    headless: bool,
    life: u64,
    revision: u64,
}

impl Run {
    /// Builds a run that is ready to go.
    pub fn new(spec: RunSpec) -> Result<Self, RunError> {
        let world = environments::registry::build(&spec.environment)?;
        let agent = agents::registry::find(&spec.agent.id)?;
        let engine = world.accept(EngineBuilder { spec: &spec })?;
        let description = engine.describe();
        let ground = engine.model().and_then(|model| Ground::of(model, engine.discount(), description.step_limit));
        let mut recorder = Recorder::new(spec.seed, &description);
        recorder.log(LogEvent::RunStarted {
            spec: spec.clone(),
            environment: Box::new(description.clone()),
            agent: Box::new(agent),
            optimal_return: ground.as_ref().and_then(Ground::best_return),
        });
        Ok(Self {
            spec,
            description,
            engine,
            recorder,
            ground,
            phase: Phase::Ready,
            speed: Speed::Full,
            until_episode: u64::MAX,
            watching_greedy: false,
            headless: false,
            life: 0,
            revision: 0,
        })
    }

    /// Builds the run that a checkpoint was made of; it goes on bit for bit as if it had never stopped.
    pub fn from_checkpoint(checkpoint: &Checkpoint) -> Result<Self, RunError> {
        if checkpoint.version > CHECKPOINT_VERSION {
            return Err(RunError::Version { version: checkpoint.version });
        }
        let mut run = Self::new(checkpoint.spec.clone())?;
        run.recorder.restore(checkpoint);
        let actions = &checkpoint.episode_actions;
        let episode_return = run
            .engine
            .load(&checkpoint.agent, checkpoint.episode_seed, actions)
            .map_err(|error| RunError::Checkpoint { reason: error.to_string() })?;
        if !actions.is_empty() {
            run.recorder.resume_episode(checkpoint.episode_seed, actions, episode_return);
        }
        run.phase = Phase::Paused;
        Ok(run)
    }

    /// What determines the run.
    pub const fn spec(&self) -> &RunSpec {
        &self.spec
    }

    /// The world as built.
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

    /// Returns of the last episodes that ended since the run was built or loaded, at most 100, in no certain order.
    pub fn recent_returns(&self) -> &[f64] {
        self.recorder.recent_returns()
    }

    /// The agent's scalars by their conventional names, e.g. `charts/epsilon`.
    pub fn metrics(&self) -> VecMap<String, f64> {
        let mut values = VecMap::new();
        self.engine.metrics(&mut |name, value| {
            if value.is_finite() {
                values.insert(name.to_owned(), value);
            }
        });
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
            if let Err(fault) = self.engine.watch_greedy(self.spec.seed, steps) {
                self.fail(&fault);
            }
            self.revision += steps;
            return 0;
        }
        if self.phase != Phase::Running {
            return 0;
        }
        let (made, outcome) = self.engine.advance(&mut self.recorder, steps, self.until_episode);
        if let Err(fault) = outcome {
            self.fail(&fault);
        }
        if self.recorder.episode() >= self.until_episode {
            self.phase = Phase::Paused;
            self.until_episode = u64::MAX;
        }
        made
    }

    fn fail(&mut self, fault: &Fault) {
        self.phase = Phase::Paused;
        self.watching_greedy = false;
        self.recorder.log(LogEvent::Notice { severity: Severity::Error, text: format!("Paused: {fault}.") });
    }

    /// Whether [`Self::drain_log`] would give anything.
    pub const fn has_news(&self) -> bool {
        self.recorder.has_news()
    }

    /// The log events since the last call: episodes as bins, and metrics if any ended.
    pub fn drain_log(&mut self) -> Vec<LogEvent> {
        let mut events = self.recorder.drain();
        if events.iter().any(|event| matches!(event, LogEvent::Episodes(_))) {
            events.push(LogEvent::Metrics { step: self.step(), episode: self.episode(), values: self.metrics() });
        }
        events
    }

    /// Where the run stands. `steps_per_second` is the host's measurement.
    pub fn status(&mut self, steps_per_second: f64) -> Status {
        let (mut regret, mut optimal_states) = (None, None);
        if let (Some(ground), Some(model), Some(table)) =
            (self.ground.as_mut(), self.engine.model(), self.engine.table())
        {
            regret = ground.regret(model, self.engine.discount(), table);
            optimal_states = ground.optimal_states(model, table);
        }
        Status {
            phase: self.phase,
            speed: self.speed,
            step: self.step(),
            episode: self.episode(),
            steps_per_second,
            watching_greedy: self.watching_greedy,
            run_hash: self.hash(),
            last_return: self.recorder.last_return(),
            regret,
            optimal_states,
        }
    }

    /// The picture of the moment.
    pub fn frame(&self) -> Frame {
        let moment = self.engine.greedy_moment().filter(|_| self.watching_greedy);
        let full = self.speed == Speed::Full && self.phase == Phase::Running;
        let Moment { scene, state, episode, episode_step, episode_return, action, trail } =
            moment.unwrap_or_else(|| self.engine.moment(&self.recorder, full));
        Frame { scene, state, episode, episode_step, episode_return, action, trail: trail.into() }
    }

    /// What the agent believes, where it keeps a table that is not too large to be shown.
    pub fn values(&self) -> Option<Values> {
        let table = self.engine.table().filter(|it| it.q.len() <= MOST_VALUES_SENT)?;
        let mut overlays = VecMap::new();
        self.engine.overlays(&mut |name, values| {
            overlays.insert(name.to_owned(), values.iter().map(|value| *value as f32).collect());
        });
        Some(Values {
            states: table.states as u32,
            actions: table.actions as u32,
            q: table.q.iter().map(|value| *value as f32).collect(),
            visits: table.seen.iter().map(|seen| seen.visits).collect(),
            td_error: table.seen.iter().map(|seen| seen.td_error).collect(),
            policy: self.engine.policy().map(Column),
            overlays,
        })
    }

    /// Whether the exact solution is still being looked for.
    pub fn is_solving(&self) -> bool {
        self.ground.as_ref().is_some_and(|ground| !ground.solved())
    }

    /// Changes when there is more to tell of the exact solution.
    pub fn truth_revision(&self) -> u64 {
        self.ground.as_ref().map_or(0, Ground::progress)
    }

    /// Goes on looking for the exact solution, for about so many backups; the run itself stays where it is.
    pub fn solve(&mut self, backups: usize) {
        if let (Some(ground), Some(model)) = (self.ground.as_mut(), self.engine.model()) {
            ground.work(model, self.engine.discount(), backups);
        }
    }

    /// The exact solution, once it is found, where the model is known and small enough; the best return may follow. `seconds` is the host's
    /// measurement of what [`Run::solve`] took.
    pub fn truth(&self, seconds: f64) -> Option<Truth> {
        self.ground.as_ref().and_then(|ground| ground.truth(seconds))
    }

    /// The kept episodes.
    pub fn tapes(&self) -> Vec<EpisodeTape> {
        self.recorder.tapes()
    }

    /// The run as it stands.
    pub fn checkpoint(&self) -> Checkpoint {
        let (seed, actions, _) = self.recorder.current();
        // An episode too long to be kept whole begins anew after loading.
        let actions = if self.recorder.overlong() || !self.engine.in_episode() { &[] } else { actions };
        Checkpoint {
            version: CHECKPOINT_VERSION,
            spec: self.spec.clone(),
            agent: self.engine.save(),
            step: self.step(),
            episode: self.episode(),
            episode_seed: seed,
            episode_actions: Column(actions.to_vec()),
            hash: self.recorder.hash_word(),
            tapes: self.tapes(),
        }
    }

    /// Obeys a command, or says why not; then everything is as before.
    pub fn command(&mut self, command: Command) -> Answer {
        self.revision += 1;
        match self.obey(command) {
            Ok(checkpoint) => Answer::Accepted { checkpoint },
            Err(reason) => Answer::Rejected { reason },
        }
    }

    fn obey(&mut self, command: Command) -> Result<Option<Box<Checkpoint>>, String> {
        match command {
            Command::Start { spec } => {
                match spec {
                    Some(spec) => self.replace(Self::new(*spec).map_err(|error| error.to_string())?),
                    None => self.begin_anew(self.spec.seed)?,
                }
                self.phase = Phase::Running;
            }
            Command::Reset { seed } => {
                self.begin_anew(seed.unwrap_or(self.spec.seed))?;
            }
            Command::Load { checkpoint } => {
                self.replace(Self::from_checkpoint(&checkpoint).map_err(|error| error.to_string())?);
            }
            Command::Pause {} => self.pause()?,
            Command::Resume { until_episode } => self.resume(until_episode)?,
            Command::Stop {} => self.end(EndReason::Stopped)?,
            Command::Step { action } => {
                self.must_hold("step")?;
                self.make_step(action)?;
            }
            Command::Press { key } => {
                self.must_hold("play")?;
                let action = self.engine.action_of_key(&key);
                let action = action.ok_or_else(|| format!("the key {key:?} plays nothing in this world"))?;
                self.make_step(Some(action))?;
            }
            Command::StepEpisode {} => {
                self.must_hold("play an episode")?;
                self.watching_greedy = false;
                self.until_episode = self.episode() + 1;
                self.phase = Phase::Running;
            }
            Command::SetSpeed { speed } => {
                if let Speed::StepsPerSecond(rate) = speed
                    && !(rate > 0.0 && rate <= FASTEST)
                {
                    return Err(format!(
                        "the speed must be above 0 and at most {FASTEST} steps a second, or full, not {rate}"
                    ));
                }
                self.speed = speed;
                self.recorder.one_by_one = matches!(speed, Speed::StepsPerSecond(rate) if rate <= ONE_BY_ONE_UP_TO);
            }
            Command::SetHeadless { headless } => self.headless = headless,
            Command::WatchGreedy { watch } => {
                self.watching_greedy = watch;
                self.engine.end_greedy();
                if watch && let Err(fault) = self.engine.watch_greedy(self.spec.seed, 0) {
                    return Err(fault.to_string());
                }
            }
            Command::Save {} => {
                self.must_be_savable()?;
                let checkpoint = Box::new(self.checkpoint());
                let (step, episode, run_hash) = (self.step(), self.episode(), self.hash());
                self.recorder.log(LogEvent::Checkpoint { step, episode, run_hash });
                return Ok(Some(checkpoint));
            }
            Command::GetState {} => {}
        }
        Ok(None)
    }

    /// Ends the run.
    pub fn end(&mut self, reason: EndReason) -> Result<(), String> {
        if self.phase == Phase::Ended {
            return Err("the run has ended already. Reset begins anew".into());
        }
        self.phase = Phase::Ended;
        self.watching_greedy = false;
        let (step, episode, run_hash) = (self.step(), self.episode(), self.hash());
        self.recorder.log(LogEvent::RunEnded { reason, step, episode, run_hash });
        Ok(())
    }

    fn pause(&mut self) -> Result<(), String> {
        if self.phase != Phase::Running {
            return Err("the run is not running. Nothing has changed".into());
        }
        self.phase = Phase::Paused;
        self.until_episode = u64::MAX;
        Ok(())
    }

    fn resume(&mut self, until_episode: Option<u64>) -> Result<(), String> {
        if self.phase == Phase::Ended {
            return Err("the run has ended. Reset begins anew".into());
        }
        let until = until_episode.unwrap_or(u64::MAX);
        if until <= self.episode() {
            return Err(format!("{} episodes have ended already, so it cannot run until {until}", self.episode()));
        }
        self.until_episode = until;
        self.phase = Phase::Running;
        self.watching_greedy = false;
        self.engine.end_greedy();
        Ok(())
    }

    fn must_hold(&self, wish: &str) -> Result<(), String> {
        match self.phase {
            Phase::Ready | Phase::Paused => Ok(()),
            Phase::Running => Err(format!("pause first, then {wish}")),
            Phase::Ended => Err("the run has ended. Reset begins anew".into()),
        }
    }

    fn must_be_savable(&self) -> Result<(), String> {
        match self.engine.table().map_or(0, |table| table.q.len()) {
            ..=MOST_VALUES_SENT => Ok(()),
            values => Err(format!(
                "the table has {values} values, and at most {MOST_VALUES_SENT} can be saved. A world with fewer states can be"
            )),
        }
    }

    fn make_step(&mut self, action: Option<u8>) -> Result<(), String> {
        self.watching_greedy = false;
        self.phase = Phase::Paused;
        let outcome = match action {
            Some(action) => {
                let before = self.recorder.take_in_hand(true);
                let outcome = self.engine.step_with(&mut self.recorder, action);
                if outcome.is_err() {
                    self.recorder.take_in_hand(before);
                }
                outcome
            }
            None => self.engine.advance(&mut self.recorder, 1, u64::MAX).1,
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(Fault::Step(error)) => Err(error.to_string()),
            Err(fault @ Fault::Divergence(_)) => {
                self.fail(&fault);
                Err(fault.to_string())
            }
        }
    }

    /// Another life of the same spec, which was built once and so will be again. What it holds is given back first: two
    /// large tables at once are memory that a tab keeps for good.
    fn begin_anew(&mut self, seed: Seed) -> Result<(), String> {
        let spec = RunSpec { seed, ..self.spec.clone() };
        let words = |error: RunError| error.to_string();
        self.engine = Self::new(RunSpec::new("random-walk", "random", seed)).map_err(words)?.engine;
        self.replace(Self::new(spec).map_err(words)?);
        Ok(())
    }

    /// Another life in the same place: how fast it goes and what is wanted of it stays.
    fn replace(&mut self, next: Self) {
        let Self { speed, headless, life, revision, .. } = *self;
        let one_by_one = self.recorder.one_by_one;
        *self = next;
        (self.speed, self.headless, self.recorder.one_by_one) = (speed, headless, one_by_one);
        self.life = life + 1;
        self.revision = revision + 1;
    }
}

/// Puts the engine together once the environment's type is known.
struct EngineBuilder<'a> {
    spec: &'a RunSpec,
}

impl environments::registry::Visitor for EngineBuilder<'_> {
    type Output = Result<Box<dyn Engine>, agents::registry::BuildError>;

    fn visit<E: Environment>(self, environment: E) -> Self::Output {
        agents::registry::build(&self.spec.agent, environment, agent_seed(self.spec.seed), Boxing)
    }
}

const fn agent_seed(seed: Seed) -> Seed {
    seed.derive(AGENT_STREAM, 0)
}

struct Boxing;

impl<E: Environment> agents::registry::Visitor<E> for Boxing {
    type Output = Box<dyn Engine>;

    fn visit<A: Agent<E>>(self, environment: E, agent: A) -> Box<dyn Engine> {
        Box::new(EngineOf::new(environment, agent))
    }
}
