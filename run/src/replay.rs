//! Replaying: an episode is (spec, seed, actions), so these three give back every state, picture and reward.

pub mod recording;
pub mod table;

use environments::registry::{self, BuiltEnvironment, EnvironmentBuildError};
use environments::{Environment, Step, StepError};
use shared::action::{Action, ActionError, ActionRef, Actions};
use shared::quantity::Seed;
use shared::scene::Scene;
use shared::spec::EnvironmentSpec;

/// One moment of a replayed episode.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayedStep {
    /// The action that led here; none at the start.
    pub action: Option<Action>,
    /// The reward of the step that led here.
    pub reward: f64,
    /// Return so far.
    pub episodic_return: f64,
    /// Discrete state, or the place of the layout; 0 where there are none.
    pub state: u32,
    /// The picture.
    pub scene: Scene,
    /// Whether the episode terminated here.
    pub terminated: bool,
    /// Whether it was cut off here.
    pub truncated: bool,
}

/// An episode that does not replay.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// The environment cannot be built.
    #[error(transparent)]
    Build(#[from] EnvironmentBuildError),
    /// The actions belong to another action space.
    #[error("the recorded episode does not belong to this environment: {0}")]
    Space(#[from] ActionError),
    /// A step was refused: the actions belong to another spec or seed.
    #[error("step {step} does not replay: {error}")]
    Step {
        /// Index of the step, from 0.
        step: usize,
        /// Why.
        error: StepError,
    },
}

/// An environment at the start of an episode whose actions it takes.
pub(crate) fn begin(spec: &EnvironmentSpec, seed: Seed, actions: &Actions) -> Result<BuiltEnvironment, ReplayError> {
    let mut environment = registry::build(spec)?;
    begin_in(&mut environment, seed, actions)?;
    Ok(environment)
}

fn begin_in(environment: &mut BuiltEnvironment, seed: Seed, actions: &Actions) -> Result<(), ReplayError> {
    environment.describe().action_space().check_all(actions)?;
    environment.reset(seed);
    Ok(())
}

type See<'a> = dyn FnMut(&BuiltEnvironment, Option<(ActionRef<'_>, Step)>) + 'a;

/// Plays an episode and shows every moment of it, the start included, and the step that led there.
pub(crate) fn walk(
    spec: &EnvironmentSpec,
    seed: Seed,
    actions: &Actions,
    see: &mut See<'_>,
) -> Result<(), ReplayError> {
    walk_in(&mut registry::build(spec)?, seed, actions, see)
}

/// The same in an environment that is there.
pub(crate) fn walk_in(
    environment: &mut BuiltEnvironment,
    seed: Seed,
    actions: &Actions,
    see: &mut See<'_>,
) -> Result<(), ReplayError> {
    begin_in(environment, seed, actions)?;
    see(environment, None);
    for (step, action) in actions.iter().enumerate() {
        let made = environment.step_any(action).map_err(|error| ReplayError::Step { step, error })?;
        see(environment, Some((action, made)));
    }
    Ok(())
}

impl ReplayedStep {
    fn of(environment: &BuiltEnvironment, step: Option<(ActionRef<'_>, Step)>, episodic_return: f64) -> Self {
        let (reward, terminated, truncated) =
            step.map_or((0.0, false, false), |(_, made)| (made.reward, made.terminated, made.truncated));
        Self {
            action: step.map(|(action, _)| action.to_action()),
            reward,
            episodic_return,
            state: state_of(environment).unwrap_or_default(),
            scene: environment.draw(),
            terminated,
            truncated,
        }
    }
}

/// Every moment of an episode, the start included.
pub fn replay(spec: &EnvironmentSpec, seed: Seed, actions: &Actions) -> Result<Vec<ReplayedStep>, ReplayError> {
    let (mut moments, mut episodic_return) = (Vec::new(), 0.0);
    walk(spec, seed, actions, &mut |environment, step| {
        episodic_return += step.map_or(0.0, |(_, made)| made.reward);
        moments.push(ReplayedStep::of(environment, step, episodic_return));
    })?;
    Ok(moments)
}

/// The seed of an episode of a run's greedy demonstration.
#[must_use]
pub const fn demonstration_seed(seed: Seed, episode: u64) -> Seed {
    seed.derive(crate::recorder::GREEDY_STREAM, episode)
}

/// The state that an environment is in; where there are none the place of its layout.
pub(crate) fn state_of<E: Environment>(environment: &E) -> Option<u32> {
    match (environment.state_count(), environment.places()) {
        (0, 0) => None,
        (0, _) => Some(environment.place() as u32),
        _ => Some(environment.state() as u32),
    }
}
