//! The engine of every world whose states can be counted: it samples the world's own transition model.

use crate::environment::{ActionMask, Environment, Step, StepError};
use crate::lottery::{self, Slot, Ticket};
use crate::model::{Model, Outcome};
use crate::random::Generator;
use shared::describe::EnvironmentDescription;
use shared::quantity::Seed;
use shared::scene::Scene;
use std::collections::BTreeMap;
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

/// What a step brings beside the next state and whether it is the last. A model has few different ones.
#[derive(Clone, Copy, Debug)]
struct Yield {
    reward: f64,
    reason: u8,
}

/// Where a step ends: an [`Outcome`] without its probability, in one word, so that a draw picks it in one move: the
/// next state in the lower half, then whether the episode terminates, then the index of the [`Yield`].
#[derive(Clone, Copy, Debug)]
struct Landing(u64);

impl Landing {
    #[inline]
    const fn next(self) -> u32 {
        self.0 as u32
    }

    #[inline]
    const fn terminated(self) -> bool {
        self.0 >> 32 & 1 == 1
    }

    #[inline]
    const fn yields(self) -> usize {
        (self.0 >> 33) as usize
    }
}

/// Collects the different yields of a model.
#[derive(Debug, Default)]
struct Yields {
    list: Vec<Yield>,
    known: BTreeMap<(u64, u8), u64>,
}

impl Yields {
    fn landing(&mut self, outcome: &Outcome) -> Landing {
        let Outcome { next, reward, terminated, reason, .. } = *outcome;
        let yields = *self.known.entry((reward.to_bits(), reason)).or_insert_with(|| {
            self.list.push(Yield { reward, reason });
            self.list.len() as u64 - 1
        });
        Landing(yields << 33 | u64::from(terminated) << 32 | u64::from(next))
    }
}

/// What does not change from step to step.
#[derive(Debug)]
struct Rules {
    model: Model,
    /// The lotteries of all states and actions, `width` slots each: of state `s` and action `a` from slot
    /// `s * stride + a * width` on.
    slots: Vec<Slot<Landing>>,
    width: usize,
    stride: usize,
    yields: Vec<Yield>,
    start: Vec<Slot<u32>>,
    deterministic: bool,
    masked: bool,
    all_actions: ActionMask,
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
        let width = model.most_outcomes();
        let places = (0..model.states()).flat_map(|state| (0..model.actions()).map(move |action| (state, action)));
        let mut yields = Yields::default();
        let mut slots = Vec::with_capacity(model.states() * model.actions() * width);
        for (state, action) in places {
            let outcomes = model.outcomes(state, action).iter();
            let items: Vec<_> = outcomes.map(|outcome| (yields.landing(outcome), outcome.probability)).collect();
            slots.extend(lottery::slots(&items, width));
        }
        let rules = Rules {
            slots,
            width,
            stride: model.actions() * width,
            yields: yields.list,
            start: lottery::slots(model.start(), 1),
            deterministic: model.is_deterministic() && model.start().len() == 1,
            all_actions: ActionMask::all(model.actions()),
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
    const QUICK: bool = true;

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

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn step(&mut self, action: u8) -> Result<Step, StepError> {
        let rules = &*self.rules;
        if self.ended {
            return Err(StepError::Ended);
        }
        let legal = self.legal_actions();
        if !legal.allows(action) {
            return Err(StepError::IllegalAction { action, legal });
        }
        let row = self.state as usize * rules.stride;
        let landing = if rules.deterministic {
            rules.slots[row + usize::from(action)].only()
        } else {
            let ticket = Ticket::new(self.generator.bits(), rules.width);
            let column = usize::from(action) * rules.width + ticket.slot;
            ticket.redeem(&rules.slots[row + column])
        };
        let Yield { reward, reason } = rules.yields[landing.yields()];
        let terminated = landing.terminated();
        self.state = landing.next();
        self.steps += 1;
        self.last_action = Some(action);
        let truncated = !terminated && self.steps >= rules.step_limit;
        self.ended = terminated || truncated;
        self.reason = reason;
        Ok(Step { reward, terminated, truncated })
    }

    #[inline]
    fn state(&self) -> usize {
        self.state as usize
    }

    #[inline]
    fn legal_actions(&self) -> ActionMask {
        let rules = &*self.rules;
        if rules.masked { rules.model.legal(self.state as usize) } else { rules.all_actions }
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
