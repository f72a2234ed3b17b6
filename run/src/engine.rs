//! The step loop, generic over environment and agent; everything around it sees it as an object.

use crate::recorder::{GREEDY_STREAM, Recorder};
use agents::agent::{Agent, Divergence, LoadError, TableView};
use environments::{ActionMask, Environment, Generator, Model, StepError};
use shared::checkpoint::AgentState;
use shared::describe::EnvironmentDescription;
use shared::metric::ReportMetric;
use shared::quantity::Seed;
use shared::scene::Scene;
use std::fmt;

/// Why the loop stopped before its time.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Fault {
    /// A value stopped being finite.
    #[error(transparent)]
    Divergence(#[from] Divergence),
    /// The environment refused an action.
    #[error(transparent)]
    Step(#[from] StepError),
}

/// A moment of an episode, for the stage.
pub(crate) struct Moment {
    pub(crate) scene: Scene,
    pub(crate) state: Option<u32>,
    pub(crate) episode: u64,
    pub(crate) episode_step: u64,
    pub(crate) episode_return: f64,
    pub(crate) action: Option<u8>,
    pub(crate) trail: Vec<u32>,
}

/// An environment with an agent in it.
pub(crate) trait Engine: Send {
    fn describe(&self) -> EnvironmentDescription;
    fn model(&self) -> Option<&Model>;
    /// Makes up to `steps` steps, until `until_episode` episodes have ended; gives the number made.
    fn advance(&mut self, recorder: &mut Recorder, steps: u64, until_episode: u64) -> (u64, Result<(), Fault>);
    /// The action that a key means now.
    fn action_of_key(&self, key: &str) -> Option<u8>;
    /// Makes one step with this action.
    fn step_with(&mut self, recorder: &mut Recorder, action: u8) -> Result<(), Fault>;
    fn moment(&self, recorder: &Recorder, latest_trail: bool) -> Moment;
    fn table(&self) -> Option<TableView<'_>>;
    fn policy(&self) -> Option<Vec<f32>>;
    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64]));
    fn metrics(&self, report: &mut ReportMetric<'_>);
    fn discount(&self) -> f64;
    fn save(&self) -> AgentState;
    fn in_episode(&self) -> bool;
    /// Takes over an agent and the episode that it was in; gives the episode's return so far.
    fn load(&mut self, agent: &AgentState, seed: Seed, actions: &[u8]) -> Result<f64, LoadFault>;
    /// Steps of the greedy demonstration.
    fn watch_greedy(&mut self, seed: Seed, steps: u64) -> Result<(), Fault>;
    fn greedy_moment(&self) -> Option<Moment>;
    fn end_greedy(&mut self);
}

// Not a trait that it builds on: the page would carry the words of every environment and mind.
impl fmt::Debug for dyn Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Engine")
    }
}

/// Why a checkpoint does not fit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum LoadFault {
    #[error(transparent)]
    Agent(#[from] LoadError),
    #[error("the saved episode does not replay: {0}. What is learned here stays")]
    Episode(#[from] StepError),
}

/// The states of a trail kept for the stage.
const TRAIL: usize = 512;
/// Longer episodes are not replayed for a trail.
const LONGEST_TRAIL: usize = 20_000;

/// The greedy policy on show, in an environment of its own.
#[derive(Debug)]
struct Demonstration<E> {
    environment: E,
    generator: Generator,
    episode: u64,
    episode_step: u64,
    episode_return: f64,
    action: Option<u8>,
    trail: Vec<u32>,
}

impl<E: Environment> Demonstration<E> {
    fn new(environment: &E, seed: Seed) -> Self {
        let mut environment = environment.clone();
        environment.reset(seed.derive(GREEDY_STREAM, 0));
        let trail = state_of(&environment).into_iter().collect();
        Self {
            environment,
            generator: Generator::new(seed.derive(GREEDY_STREAM, u64::MAX)),
            episode: 0,
            episode_step: 0,
            episode_return: 0.0,
            action: None,
            trail,
        }
    }

    fn advance(
        &mut self,
        seed: Seed,
        steps: u64,
        choose: &mut dyn FnMut(&E, &mut Generator) -> u8,
    ) -> Result<(), StepError> {
        for _ in 0..steps {
            if self.environment.ended() {
                self.episode += 1;
                self.environment.reset(seed.derive(GREEDY_STREAM, self.episode));
                (self.episode_step, self.episode_return, self.action) = (0, 0.0, None);
                self.trail.clear();
            } else {
                let action = choose(&self.environment, &mut self.generator);
                self.episode_return += self.environment.step(action)?.reward;
                self.episode_step += 1;
                self.action = Some(action);
            }
            if self.trail.len() == TRAIL {
                self.trail.remove(0);
            }
            self.trail.extend(state_of(&self.environment));
        }
        Ok(())
    }

    fn moment(&self) -> Moment {
        Moment {
            scene: self.environment.draw(),
            state: state_of(&self.environment),
            episode: self.episode,
            episode_step: self.episode_step,
            episode_return: self.episode_return,
            action: self.action,
            trail: self.trail.clone(),
        }
    }
}

// What follows depends on the environment alone. It is apart from the engine, so that it is compiled once for each
// environment, not once more for every agent.

fn state_of<E: Environment>(environment: &E) -> Option<u32> {
    (environment.state_count() > 0).then(|| environment.state() as u32)
}

/// The environment after these actions, and the return so far.
fn replayed<E: Environment>(environment: &E, seed: Seed, actions: &[u8]) -> Result<(E, f64), StepError> {
    let mut environment = environment.clone();
    environment.reset(seed);
    let mut episode_return = 0.0;
    for action in actions {
        episode_return += environment.step(*action)?.reward;
    }
    Ok((environment, episode_return))
}

fn moment_of<E: Environment>(environment: &E, recorder: &Recorder, in_episode: bool, latest_trail: bool) -> Moment {
    let (seed, actions, episode_return) = recorder.current();
    let (trail_seed, trail_actions) = recorder.latest().filter(|_| latest_trail).unwrap_or((seed, actions));
    let trail = if environment.state_count() > 0 && trail_actions.len() <= LONGEST_TRAIL {
        crate::replay::states(environment, trail_seed, trail_actions)
    } else {
        Vec::new()
    };
    Moment {
        scene: environment.draw(),
        state: state_of(environment),
        episode: recorder.episode().saturating_sub(u64::from(!in_episode && recorder.episode() > 0)),
        episode_step: recorder.current_length(),
        episode_return: if in_episode { episode_return } else { recorder.last_return().unwrap_or(0.0) },
        action: actions.last().copied().filter(|_| in_episode),
        trail: trail[trail.len().saturating_sub(TRAIL)..].to_vec(),
    }
}

fn may_take<E: Environment>(environment: &E, action: u8) -> Result<(), StepError> {
    let legal = environment.legal_actions();
    if usize::from(action) >= environment.action_count() || !legal.allows(action) {
        return Err(StepError::IllegalAction { action, legal });
    }
    Ok(())
}

/// Every state's row of action probabilities; none if a state has none.
fn policy_of(states: usize, actions: usize, row_of: &mut dyn FnMut(usize, &mut [f64]) -> bool) -> Option<Vec<f32>> {
    let mut row = vec![0.0; actions];
    let mut policy = Vec::with_capacity(states * actions);
    for state in 0..states {
        if !row_of(state, &mut row) {
            return None;
        }
        policy.extend(row.iter().map(|probability| *probability as f32));
    }
    Some(policy).filter(|it| !it.is_empty())
}

#[derive(Debug)]
pub(crate) struct EngineOf<E, A> {
    environment: E,
    agent: A,
    in_episode: bool,
    demonstration: Option<Demonstration<E>>,
}

impl<E: Environment, A: Agent<E>> EngineOf<E, A> {
    pub(crate) const fn new(environment: E, agent: A) -> Self {
        Self { environment, agent, in_episode: false, demonstration: None }
    }

    #[inline]
    fn begin(&mut self, recorder: &mut Recorder) {
        self.environment.reset(recorder.begin_episode());
        self.agent.begin(&self.environment);
        self.in_episode = true;
    }

    /// Takes steps of the agent's choice, or forced ones, until there are so many or an episode begins. One loop for
    /// both, and never copied into its callers: there is one for every pair of environment and agent.
    #[inline(never)]
    fn drive(
        &mut self,
        recorder: &mut Recorder,
        steps: u64,
        until_episode: u64,
        forced: Option<u8>,
    ) -> Result<(), Fault> {
        let last = recorder.step().saturating_add(steps);
        while recorder.step() < last && recorder.episode() < until_episode {
            if !self.in_episode {
                self.begin(recorder);
            }
            while self.in_episode && recorder.step() < last {
                let action = match forced {
                    None => self.agent.act(&self.environment),
                    Some(action) => {
                        may_take(&self.environment, action)?;
                        self.agent.force(&self.environment, action);
                        action
                    }
                };
                self.step(recorder, action)?;
            }
        }
        Ok(())
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn step(&mut self, recorder: &mut Recorder, action: u8) -> Result<(), Fault> {
        let step = self.environment.step(action)?;
        recorder.push(action, step.reward);
        let learned = self.agent.learn(&self.environment, action, step);
        if step.ended() {
            let finished = self.agent.finish(&self.environment);
            recorder.end_episode(&self.environment);
            self.in_episode = false;
            finished?;
        }
        if let Err(divergence) = learned {
            // The agent did not take the step; it goes on from where the environment is.
            if self.in_episode {
                self.agent.begin(&self.environment);
            }
            return Err(divergence.into());
        }
        Ok(())
    }
}

impl<E: Environment, A: Agent<E>> Engine for EngineOf<E, A> {
    fn describe(&self) -> EnvironmentDescription {
        self.environment.describe()
    }

    fn model(&self) -> Option<&Model> {
        self.environment.model()
    }

    fn advance(&mut self, recorder: &mut Recorder, steps: u64, until_episode: u64) -> (u64, Result<(), Fault>) {
        let first = recorder.step();
        let end = self.drive(recorder, steps, until_episode, None);
        (recorder.step() - first, end)
    }

    fn action_of_key(&self, key: &str) -> Option<u8> {
        self.environment.action_of_key(key)
    }

    fn step_with(&mut self, recorder: &mut Recorder, action: u8) -> Result<(), Fault> {
        self.drive(recorder, 1, u64::MAX, Some(action))
    }

    fn moment(&self, recorder: &Recorder, latest_trail: bool) -> Moment {
        moment_of(&self.environment, recorder, self.in_episode, latest_trail)
    }

    fn table(&self) -> Option<TableView<'_>> {
        self.agent.table()
    }

    fn policy(&self) -> Option<Vec<f32>> {
        let (states, actions) = (self.environment.state_count(), self.environment.action_count());
        let legal = |state| self.environment.model().map_or(ActionMask::all(actions), |model| model.legal(state));
        policy_of(states, actions, &mut |state, row| self.agent.policy(state, legal(state), row))
    }

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        self.agent.overlays(report);
    }

    fn metrics(&self, report: &mut ReportMetric<'_>) {
        self.agent.metrics(report);
    }

    fn discount(&self) -> f64 {
        self.agent.discount()
    }

    fn save(&self) -> AgentState {
        self.agent.save()
    }

    fn in_episode(&self) -> bool {
        self.in_episode
    }

    fn load(&mut self, agent: &AgentState, seed: Seed, actions: &[u8]) -> Result<f64, LoadFault> {
        let (environment, episode_return) = replayed(&self.environment, seed, actions)?;
        self.agent.load(agent)?;
        self.in_episode = !actions.is_empty() && !environment.ended();
        self.environment = environment;
        Ok(episode_return)
    }

    fn watch_greedy(&mut self, seed: Seed, steps: u64) -> Result<(), Fault> {
        let environment = &self.environment;
        let demonstration = self.demonstration.get_or_insert_with(|| Demonstration::new(environment, seed));
        let mut choose = |environment: &E, generator: &mut Generator| self.agent.greedy(environment, generator);
        Ok(demonstration.advance(seed, steps, &mut choose)?)
    }

    fn greedy_moment(&self) -> Option<Moment> {
        self.demonstration.as_ref().map(Demonstration::moment)
    }

    fn end_greedy(&mut self) {
        self.demonstration = None;
    }
}
