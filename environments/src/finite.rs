//! The engine of every world whose states can be counted: it samples the world's own transition model.

use crate::environment::{ActionMask, Environment, Step, StepError};
use crate::lottery::{self, Slot};
use crate::model::{Model, Outcome};
use crate::random::Generator;
use shared::describe::EnvironmentDescription;
use shared::quantity::Seed;
use shared::scene::Scene;
use std::fmt;
use std::sync::Arc;

/// The first outcome of every finite world: the step limit cut the episode off.
pub const STEP_LIMIT: &str = "step limit";

/// What there is to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The state.
    pub state: usize,
    /// The last action of this episode, once there is one.
    pub action: Option<u8>,
    /// The reason for the episode's end, once it has ended: an index into the description's outcomes.
    pub ended: Option<u8>,
}

/// What a finite world is beside its model: how its states look.
pub trait Portrayal: fmt::Debug + Send + Sync + 'static {
    /// The picture of a moment.
    fn draw(&self, moment: Moment) -> Scene;
    /// The state as readable text.
    fn text(&self, state: usize) -> String;
    /// Writes the observation vector of a state.
    fn observe(&self, state: usize, into: &mut [f32]);
}

/// Where a step ends: an [`Outcome`] without its probability.
#[derive(Clone, Copy, Debug)]
struct Landing {
    reward: f64,
    next: u32,
    terminated: bool,
    reason: u8,
}

impl From<&Outcome> for Landing {
    fn from(outcome: &Outcome) -> Self {
        let Outcome { next, reward, terminated, reason, .. } = *outcome;
        Self { reward, next, terminated, reason }
    }
}

/// What does not change from step to step.
#[derive(Debug)]
struct Rules {
    model: Model,
    /// The lotteries of all states and actions, one after the other.
    slots: Vec<Slot<Landing>>,
    /// Where the lottery of state `s` and action `a` begins and ends: entry `s * actions + a`.
    lotteries: Vec<(u32, u32)>,
    start: Vec<Slot<u32>>,
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
        let mut slots = Vec::new();
        let mut lotteries = Vec::with_capacity(model.states() * model.actions());
        for (state, action) in (0..model.states()).flat_map(|it| (0..model.actions()).map(move |action| (it, action))) {
            let items: Vec<(Landing, f64)> =
                model.outcomes(state, action).iter().map(|outcome| (outcome.into(), outcome.probability)).collect();
            let begin = slots.len() as u32;
            slots.extend(lottery::slots(&items));
            lotteries.push((begin, slots.len() as u32));
        }
        let rules = Rules {
            slots,
            lotteries,
            start: lottery::slots(model.start()),
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
        let rules = &*self.rules;
        if rules.deterministic {
            self.state = rules.start[0].only();
        } else {
            self.generator = Generator::new(seed);
            self.state = lottery::draw(&rules.start, self.generator.bits());
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
        let place = self.state as usize * rules.model.actions() + usize::from(action);
        let landing = if rules.deterministic {
            rules.slots[place].only()
        } else {
            let (begin, end) = rules.lotteries[place];
            lottery::draw(&rules.slots[begin as usize..end as usize], self.generator.bits())
        };
        self.state = landing.next;
        self.steps += 1;
        self.last_action = Some(action);
        let truncated = !landing.terminated && self.steps >= rules.step_limit;
        self.ended = landing.terminated || truncated;
        self.reason = landing.reason;
        Ok(Step { reward: landing.reward, terminated: landing.terminated, truncated })
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
        let ended = self.ended.then_some(self.reason);
        self.rules.portrayal.draw(Moment { state: self.state as usize, action: self.last_action, ended })
    }

    fn text(&self) -> String {
        self.rules.portrayal.text(self.state as usize)
    }

    fn model(&self) -> Option<&Model> {
        Some(&self.rules.model)
    }
}
