//! The engine of every world whose states can be counted: it samples the world's own transition model.

use crate::environment::{ActionMask, Environment, Step, StepError};
use crate::model::{Model, Outcome};
use crate::random::Generator;
use shared::describe::EnvironmentDescription;
use shared::quantity::Seed;
use shared::scene::Scene;
use std::fmt;
use std::sync::Arc;

/// The first outcome of every finite world: the step limit cut the episode off.
pub const STEP_LIMIT: &str = "step limit";

/// What a finite world is beside its model: how its states look.
pub trait Portrayal: fmt::Debug + Send + Sync + 'static {
    /// The picture of a state; `action` is the last one taken in this episode.
    fn draw(&self, state: usize, action: Option<u8>) -> Scene;
    /// The state as readable text.
    fn text(&self, state: usize) -> String;
    /// Writes the observation vector of a state.
    fn observe(&self, state: usize, into: &mut [f32]);
}

/// What does not change from step to step.
#[derive(Debug)]
struct Rules {
    model: Model,
    deterministic: bool,
    masked: bool,
    step_limit: u32,
    description: EnvironmentDescription,
    portrayal: Box<dyn Portrayal>,
}

/// A world with countable states, in the middle of an episode.
#[derive(Clone, Debug)]
pub struct FiniteWorld {
    rules: Arc<Rules>,
    generator: Generator,
    state: u32,
    steps: u32,
    ended: bool,
    reason: u8,
    last_action: Option<u8>,
}

impl FiniteWorld {
    /// Puts a world together. `description.step_limit` truncates episodes; without one they only terminate.
    pub fn new(model: Model, description: EnvironmentDescription, portrayal: impl Portrayal) -> Self {
        let start = model.start().first().map_or(0, |(state, _)| *state);
        let rules = Rules {
            deterministic: model.is_deterministic() && model.start().len() == 1,
            masked: (0..model.states()).any(|state| model.legal(state) != ActionMask::all(model.actions())),
            step_limit: description.step_limit.unwrap_or(u32::MAX),
            model,
            description,
            portrayal: Box::new(portrayal),
        };
        Self {
            rules: Arc::new(rules),
            generator: Generator::new(Seed::default()),
            state: start,
            steps: 0,
            ended: false,
            reason: 0,
            last_action: None,
        }
    }
}

/// The outcome in which the cumulated probability first exceeds a random number, as Gymnasium samples.
fn sample<'a>(outcomes: &'a [Outcome], generator: &mut Generator) -> &'a Outcome {
    if outcomes.len() == 1 {
        return &outcomes[0];
    }
    let mut left = generator.unit();
    for outcome in outcomes {
        left -= outcome.probability;
        if left < 0.0 {
            return outcome;
        }
    }
    // Rounding may leave a remainder of 1e-16.
    &outcomes[outcomes.len() - 1]
}

impl Environment for FiniteWorld {
    fn describe(&self) -> EnvironmentDescription {
        self.rules.description.clone()
    }

    #[inline]
    fn action_count(&self) -> usize {
        self.rules.model.actions()
    }

    #[inline]
    fn state_count(&self) -> usize {
        self.rules.model.states()
    }

    #[inline]
    fn reset(&mut self, seed: Seed) {
        self.steps = 0;
        self.ended = false;
        self.reason = 0;
        self.last_action = None;
        let start = self.rules.model.start();
        self.state = start[0].0;
        if self.rules.deterministic {
            return;
        }
        self.generator = Generator::new(seed);
        if start.len() > 1 {
            let mut left = self.generator.unit();
            self.state = start[start.len() - 1].0;
            for (state, probability) in start {
                left -= probability;
                if left < 0.0 {
                    self.state = *state;
                    break;
                }
            }
        }
    }

    #[inline]
    fn step(&mut self, action: u8) -> Result<Step, StepError> {
        let rules = &*self.rules;
        if self.ended {
            return Err(StepError::Ended);
        }
        let legal = usize::from(action) < rules.model.actions()
            && (!rules.masked || rules.model.legal(self.state as usize).allows(action));
        if !legal {
            return Err(StepError::IllegalAction { action, legal: self.legal_actions() });
        }
        let outcome = if rules.deterministic {
            rules.model.only_outcome(self.state as usize, usize::from(action))
        } else {
            sample(rules.model.outcomes(self.state as usize, usize::from(action)), &mut self.generator)
        };
        self.state = outcome.next;
        self.steps += 1;
        self.last_action = Some(action);
        let truncated = !outcome.terminated && self.steps >= rules.step_limit;
        self.ended = outcome.terminated || truncated;
        self.reason = outcome.reason;
        Ok(Step { reward: outcome.reward, terminated: outcome.terminated, truncated })
    }

    #[inline]
    fn state(&self) -> usize {
        self.state as usize
    }

    #[inline]
    fn legal_actions(&self) -> ActionMask {
        if self.rules.masked {
            self.rules.model.legal(self.state as usize)
        } else {
            ActionMask::all(self.rules.model.actions())
        }
    }

    fn ended(&self) -> bool {
        self.ended
    }

    #[inline]
    fn outcome(&self) -> u8 {
        self.reason
    }

    fn observe(&self, into: &mut [f32]) {
        self.rules.portrayal.observe(self.state as usize, into);
    }

    fn draw(&self) -> Scene {
        self.rules.portrayal.draw(self.state as usize, self.last_action)
    }

    fn text(&self) -> String {
        self.rules.portrayal.text(self.state as usize)
    }

    fn model(&self) -> Option<&Model> {
        Some(&self.rules.model)
    }
}
