//! Replaying: an episode is (spec, seed, actions), so these three give back every state, picture and reward.

use environments::registry::{self, BuildError, Visitor};
use environments::{Environment, StepError};
use shared::action::{Action, ActionError, Actions};
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

/// Every moment of an episode, the start included.
pub fn replay(spec: &EnvironmentSpec, seed: Seed, actions: &Actions) -> Result<Vec<ReplayedStep>, ReplayError> {
    struct Player<'a> {
        seed: Seed,
        actions: &'a Actions,
    }
    impl Visitor for Player<'_> {
        type Output = Result<Vec<ReplayedStep>, ReplayError>;
        fn visit<E: Environment>(self, mut environment: E) -> Self::Output {
            environment.describe().action_space().check_all(self.actions)?;
            environment.reset(self.seed);
            let first = ReplayedStep {
                action: None,
                reward: 0.0,
                episodic_return: 0.0,
                state: environment.state() as u32,
                scene: environment.draw(),
                terminated: false,
                truncated: false,
            };
            let mut moments = vec![first];
            let mut episodic_return = 0.0;
            for (step, action) in self.actions.iter().enumerate() {
                let made = environment.step_any(action).map_err(|error| ReplayError::Step { step, error })?;
                episodic_return += made.reward;
                moments.push(ReplayedStep {
                    action: Some(action.to_action()),
                    reward: made.reward,
                    episodic_return,
                    state: environment.state() as u32,
                    scene: environment.draw(),
                    terminated: made.terminated,
                    truncated: made.truncated,
                });
            }
            Ok(moments)
        }
    }
    registry::build(spec)?.accept(Player { seed, actions })
}

/// The seed of an episode of a run's greedy demonstration.
#[must_use]
pub const fn demonstration_seed(seed: Seed, episode: u64) -> Seed {
    seed.derive(crate::recorder::GREEDY_STREAM, episode)
}
