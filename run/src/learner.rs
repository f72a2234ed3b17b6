//! What a run is made of: anything that makes progress in an environment and records its episodes.
//!
//! Behind [`Learner`] stand an agent in one environment, an agent over several copies of one, and whatever a
//! [`crate::Registry`] is given from outside. A run sees all of them as objects.

pub(crate) mod batch;
mod demonstration;
pub(crate) mod single;

use crate::recorder::Recorder;
use crate::replay::state_of;
use agents::agent::TableView;
use agents::error::{Divergence, LoadError};
use environments::vector::{Executor, VectorError};
use environments::{Environment, Model, StepError};
use shared::action::{Action, ActionError, ActionsRef};
use shared::checkpoint::{AgentState, CopyState};
use shared::describe::EnvironmentDescription;
use shared::event::Exactness;
use shared::metric::{MetricDescription, ReportMetric};
use shared::network::NetworkView;
use shared::quantity::Seed;
use shared::scene::Scene;
use std::fmt;
use std::sync::Arc;

/// Why a learner stopped before its time. What it has learned is as it was before the fault.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// A learned number would stop being finite.
    #[error(transparent)]
    Divergence(#[from] Divergence),
    /// The environment refused an action.
    #[error(transparent)]
    Step(#[from] StepError),
    /// An action does not belong to the environment's action space.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// A copy of the environment refused an action.
    #[error(transparent)]
    Vector(#[from] VectorError),
    /// Anything else: memory, a device.
    #[error("{0}")]
    Other(String),
}

impl Fault {
    /// The fault with the names that states and actions have in an environment.
    pub(crate) fn words(&self, description: &EnvironmentDescription) -> String {
        match self {
            Self::Divergence(divergence) => divergence.words(description),
            Self::Step(refusal) => refusal.words(description),
            fault => fault.to_string(),
        }
    }

    /// Whether an action was refused and nothing else happened.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Self::Step(_) | Self::Action(_) | Self::Vector(_))
    }
}

/// Why a checkpoint does not fit; nothing has changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LoadFault {
    /// What was learned does not fit.
    #[error(transparent)]
    Agent(#[from] LoadError),
    /// An episode that was under way does not replay.
    #[error("the saved episode does not replay: {0}. What is learned here stays")]
    Episode(#[from] StepError),
    /// An episode that was under way is of another action space.
    #[error("the saved episode does not replay: {0}. What is learned here stays")]
    Action(#[from] ActionError),
    /// Another number of copies.
    #[error("the saved run has {saved} copies of its environment, this one {copies}. What is learned here stays")]
    Copies {
        /// Copies of the checkpoint.
        saved: usize,
        /// Copies here.
        copies: usize,
    },
}

/// How far a learner should go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Steps, in all copies together.
    pub steps: u64,
    /// Episodes of the whole run after which it stops.
    pub until_episode: u64,
}

/// A moment of an episode, for the stage.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The picture.
    pub scene: Scene,
    /// Discrete state, where there is one.
    pub state: Option<u32>,
    /// Index of the episode.
    pub episode: u64,
    /// Steps made in it.
    pub episode_step: u64,
    /// Return so far.
    pub episode_return: f64,
    /// The last action, where one was made.
    pub action: Option<Action>,
    /// The last states visited, oldest first.
    pub trail: Vec<u32>,
}

/// Anything that makes progress in an environment and records what came of it.
///
/// Progress comes in *rounds*: one step of every copy of the environment, or as many as the learner cannot stop within.
/// Everything here happens between two rounds. Same spec, same rounds: budgets only say where to stop.
pub trait Learner: Send {
    /// The environment as built.
    fn describe(&self) -> EnvironmentDescription;

    /// In how many copies of the environment it learns. Never changes.
    fn copies(&self) -> usize {
        1
    }

    /// What the same spec gives when it is run again.
    fn exactness(&self) -> Exactness {
        Exactness::Exact
    }

    /// The exact transition model, where there is one and its exact solution is of use beside this learner.
    fn model(&self) -> Option<&Model> {
        None
    }

    /// The discount that it learns with.
    fn discount(&self) -> f64;

    /// Makes whole rounds until the budget's steps are made or the run has as many episodes, recording every step and every
    /// episode in the order that [`Recorder`] states. It makes at least one round unless the budget is used up already, and
    /// the last round may go beyond the budget.
    fn advance(&mut self, recorder: &mut Recorder, budget: Budget) -> Result<(), Fault>;

    /// Makes one round in which the first copy takes this action.
    ///
    /// # Errors
    /// Where the action is not one of the environment or not allowed now; nothing has happened then.
    fn play(&mut self, recorder: &mut Recorder, action: &Action) -> Result<(), Fault>;

    /// The action that a key, as `KeyboardEvent.key` names it, means in the first copy now, by its index in the description.
    fn action_of_key(&self, key: &str) -> Option<u16>;

    /// The picture of the first copy. With `latest_trail` the trail is the one of the episode that ended last.
    fn moment(&self, recorder: &Recorder, latest_trail: bool) -> Moment;

    /// The agent's table, where it has one.
    fn table(&self) -> Option<TableView<'_>> {
        None
    }

    /// What every action is worth in every place of the environment's layout, `[places][actions]`, where there is no table of it.
    fn surface(&self) -> Option<Vec<f32>> {
        None
    }

    /// Its network, and what that makes of the first copy's present observation; without layers, what actions are worth to an agent
    /// that has no network. Changes nothing but buffers.
    fn network(&mut self) -> Option<NetworkView> {
        None
    }

    /// The probability of every action in every state, `[states][actions]`, where the policy is not greedy in the table.
    fn policy(&self) -> Option<Vec<f32>> {
        None
    }

    /// Further values over states by name.
    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        let _ = report;
    }

    /// Gauges as they stand.
    fn metrics(&self, report: &mut ReportMetric<'_>) {
        let _ = report;
    }

    /// Every metric that it may tell, gauges and those whose every value is told, in the order in which they are shown.
    fn describe_metrics(&self, report: &mut dyn FnMut(&'static MetricDescription)) {
        self.metrics(&mut |metric, _| report(metric));
    }

    /// Whether an episode was too long to be learned from as a whole; a run tells it once.
    fn has_forgotten(&self) -> bool {
        false
    }

    /// What has gone wrong with its learning since the last call without being a fault, in words for people.
    fn troubles(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// Everything that it carries from round to round beside the environments, which are restored by their actions.
    fn save(&self) -> AgentState;

    /// Takes over what [`Self::save`] gave, and the episodes that the copies were in; gives the episodes' returns so far.
    fn load(&mut self, agent: &AgentState, copies: &[CopyState]) -> Result<Vec<f64>, LoadFault>;

    /// What it was given beside its spec and did not learn: another life of the run gets it again.
    fn given(&self) -> Option<AgentState> {
        None
    }

    /// Takes over what another life of the run was given; on an error nothing has changed.
    fn give(&mut self, given: &AgentState) -> Result<(), LoadError> {
        let _ = given;
        Ok(())
    }

    /// Makes steps of the greedy demonstration, which derives from this seed and changes nothing else.
    fn watch_greedy(&mut self, seed: Seed, steps: u64) -> Result<(), Fault>;

    /// The picture of the greedy demonstration, where there is one.
    fn greedy_moment(&self) -> Option<Moment>;

    /// Where the greedy demonstration stands: episode, steps and return of it.
    fn greedy_standing(&self) -> Option<(u64, u64, f64)> {
        self.greedy_moment().map(|it| (it.episode, it.episode_step, it.episode_return))
    }

    /// Ends the greedy demonstration.
    fn end_greedy(&mut self);

    /// Lets threads or whatever else advance the copies; what comes of it is the same.
    fn work_with(&mut self, executor: Arc<dyn Executor>) {
        let _ = executor;
    }
}

// Not a trait that it builds on: the page would carry the words of every environment and agent.
impl fmt::Debug for dyn Learner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Learner")
    }
}

/// The states of a trail kept for the stage.
const TRAIL: usize = 512;
/// Longer episodes are not replayed for a trail.
const LONGEST_TRAIL: usize = 20_000;

// What follows depends on the environment alone. It is apart from the learners, so that it is compiled once for each
// environment, not once more for every agent, and never copied into its callers.

/// The environment after a copy's actions, and the return so far.
#[inline(never)]
fn replayed<E: Environment>(environment: &E, copy: &CopyState) -> Result<(E, f64), LoadFault> {
    environment.describe().action_space().check_all(&copy.actions)?;
    let mut environment = environment.clone();
    environment.reset(copy.seed);
    let mut episode_return = 0.0;
    for action in &copy.actions {
        episode_return += environment.step_any(action)?.reward;
    }
    Ok((environment, episode_return))
}

#[inline(never)]
fn moment_of<E: Environment>(environment: &E, recorder: &Recorder, latest_trail: bool) -> Moment {
    let present = recorder.present(0);
    let (trail_seed, trail_actions) =
        recorder.latest().filter(|_| latest_trail || !present.running).unwrap_or((present.seed, present.actions));
    let trail = if state_of(environment).is_some() && trail_actions.len() <= LONGEST_TRAIL {
        states(environment, trail_seed, trail_actions)
    } else {
        Vec::new()
    };
    let last = present.actions.len().checked_sub(1).and_then(|place| present.actions.get(place));
    Moment {
        scene: environment.draw(),
        state: state_of(environment),
        episode: recorder.episode().saturating_sub(u64::from(!present.running && recorder.episode() > 0)),
        episode_step: present.length,
        episode_return: if present.running { present.episodic_return } else { recorder.last_return().unwrap_or(0.0) },
        action: last.filter(|_| present.running).map(shared::action::ActionRef::to_action),
        trail: trail[trail.len().saturating_sub(TRAIL)..].to_vec(),
    }
}

/// The states of an episode, the start included, as far as it replays.
#[inline(never)]
fn states<E: Environment>(environment: &E, seed: Seed, actions: ActionsRef<'_>) -> Vec<u32> {
    let mut environment = environment.clone();
    environment.reset(seed);
    let mut states = Vec::from_iter(state_of(&environment));
    for action in actions {
        if environment.step_any(action).is_err() {
            break;
        }
        states.extend(state_of(&environment));
    }
    states
}

/// Whether an environment takes this action now.
#[inline(never)]
fn may_take<E: Environment>(environment: &E, action: &Action) -> Result<(), Fault> {
    if let Action::Discrete(action) = action
        && environment.action_count() > 0
    {
        let (action, legal) = (*action, environment.legal_actions());
        let few = environment.action_count() <= 64;
        return match environment.is_legal(action) {
            true => Ok(()),
            false if few => Err(StepError::IllegalAction { action, legal }.into()),
            false => Err(StepError::NotAllowed { action }.into()),
        };
    }
    Ok(environment.describe().action_space().check(action.as_ref())?)
}
