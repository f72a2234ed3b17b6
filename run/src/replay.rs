//! Replaying: an episode is (spec, seed, actions), so these three give back every state, picture and reward.

use environments::registry::{self, BuildError, Visitor};
use environments::{Environment, Step, StepError};
use shared::action::{Action, ActionError, ActionRef, Actions};
use shared::describe::EnvironmentDescription;
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
    /// Discrete state, 0 where there are none.
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
    Build(#[from] BuildError),
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

/// What can be seen of an environment while an episode is played.
pub(crate) trait Sight {
    /// As the environment's own.
    fn describe(&self) -> EnvironmentDescription;
    /// Writes the observation.
    fn observe(&self, into: &mut [f32]);
    /// Discrete state.
    fn state(&self) -> u32;
    /// The picture.
    fn scene(&self) -> Scene;
    /// How the episode stands, or ended.
    fn outcome(&self) -> u8;
}

impl<E: Environment> Sight for E {
    fn describe(&self) -> EnvironmentDescription {
        Environment::describe(self)
    }

    fn observe(&self, into: &mut [f32]) {
        Environment::observe(self, into);
    }

    fn state(&self) -> u32 {
        Environment::state(self) as u32
    }

    fn scene(&self) -> Scene {
        self.draw()
    }

    fn outcome(&self) -> u8 {
        Environment::outcome(self)
    }
}

type See<'a> = dyn FnMut(&dyn Sight, Option<(ActionRef<'_>, Step)>) + 'a;

/// Plays an episode and shows every moment of it, the start included, and the step that led there. Compiled once for each
/// environment, whatever is looked at.
pub(crate) fn walk(
    spec: &EnvironmentSpec,
    seed: Seed,
    actions: &Actions,
    see: &mut See<'_>,
) -> Result<(), ReplayError> {
    struct Walk<'a, 'b> {
        seed: Seed,
        actions: &'a Actions,
        see: &'a mut See<'b>,
    }
    impl Visitor for Walk<'_, '_> {
        type Output = Result<(), ReplayError>;
        fn visit<E: Environment>(self, mut environment: E) -> Self::Output {
            Environment::describe(&environment).action_space().check_all(self.actions)?;
            environment.reset(self.seed);
            (self.see)(&environment, None);
            for (step, action) in self.actions.iter().enumerate() {
                let made = environment.step_any(action).map_err(|error| ReplayError::Step { step, error })?;
                (self.see)(&environment, Some((action, made)));
            }
            Ok(())
        }
    }
    registry::build(spec)?.accept(Walk { seed, actions, see })
}

/// Every moment of an episode, the start included.
pub fn replay(spec: &EnvironmentSpec, seed: Seed, actions: &Actions) -> Result<Vec<ReplayedStep>, ReplayError> {
    let (mut moments, mut episodic_return) = (Vec::new(), 0.0);
    walk(spec, seed, actions, &mut |environment, step| {
        let (reward, terminated, truncated) =
            step.map_or((0.0, false, false), |(_, made)| (made.reward, made.terminated, made.truncated));
        episodic_return += reward;
        moments.push(ReplayedStep {
            action: step.map(|(action, _)| action.to_action()),
            reward,
            episodic_return,
            state: environment.state(),
            scene: environment.scene(),
            terminated,
            truncated,
        });
    })?;
    Ok(moments)
}

/// The seed of an episode of a run's greedy demonstration.
#[must_use]
pub const fn demonstration_seed(seed: Seed, episode: u64) -> Seed {
    seed.derive(crate::recorder::GREEDY_STREAM, episode)
}
