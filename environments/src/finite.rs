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
use std::hint::cold_path;
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
pub trait Portrayal: Send + Sync + 'static {
    /// The picture of a moment.
    fn draw(&self, moment: Moment) -> Scene;
    /// The state as readable text.
    fn text(&self, state: usize) -> String;
    /// Writes the observation vector of a state.
    fn observe(&self, state: usize, into: &mut [f32]);
}

// Not a trait that it builds on: the page would carry the words of every portrayal.
impl fmt::Debug for dyn Portrayal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Portrayal")
    }
}

/// Where a step ends: an [`Outcome`] without its probability, in 16 bytes.
#[derive(Clone, Copy, Debug)]
struct Landing {
    reward: f64,
    /// Where the next state's actions begin, so that the next step need not multiply.
    row: u32,
    /// The next state, which a [`Model`] keeps below 2^22; from bit 23 on the reason; in bit 31 whether it terminates.
    place: u32,
}

impl Landing {
    const fn of(outcome: &Outcome, stride: usize) -> Self {
        let Outcome { next, reward, terminated, reason, .. } = *outcome;
        Self { reward, row: next * stride as u32, place: next | (reason as u32) << 23 | (terminated as u32) << 31 }
    }

    #[inline]
    const fn state(self) -> u32 {
        self.place & 0x7f_ffff
    }

    #[inline]
    const fn terminated(self) -> bool {
        self.place >> 31 == 1
    }

    const fn reason(self) -> u8 {
        (self.place >> 23) as u8
    }
}

/// Collects the different landings of a model.
#[derive(Debug, Default)]
struct Landings {
    list: Vec<Landing>,
    known: BTreeMap<(u32, u64, bool, u8), u32>,
}

impl Landings {
    fn index(&mut self, outcome: &Outcome, stride: usize) -> u32 {
        let Outcome { next, reward, terminated, reason, .. } = *outcome;
        *self.known.entry((next, reward.to_bits(), terminated, reason)).or_insert_with(|| {
            self.list.push(Landing::of(outcome, stride));
            self.list.len() as u32 - 1
        })
    }
}

/// What does not change from step to step.
#[derive(Debug)]
struct Rules {
    model: Model,
    /// Where steps end: if they are certain, that of state `s` and action `a` at `s * stride + a`; otherwise each
    /// different one once.
    landings: Vec<Landing>,
    /// The lotteries of all states and actions, for indices of landings, `width` slots each: of state `s` and action `a`
    /// from slot `s * stride + a * width` on. None if steps are certain.
    slots: Vec<Slot<u32>>,
    width: usize,
    stride: usize,
    start: Vec<Slot<u32>>,
    masked: bool,
    step_limit: u32,
    description: EnvironmentDescription,
    portrayal: Box<dyn Portrayal>,
}

impl Rules {
    /// Begins an episode in which something is left to chance.
    #[inline]
    fn begin(&self, seed: Seed) -> (Generator, u32) {
        let mut generator = Generator::new(seed);
        let start = lottery::draw(&self.start, generator.bits());
        (generator, start)
    }
}

/// A world with countable states, in the middle of an episode.
#[derive(Clone, Debug)]
pub struct FiniteWorld {
    rules: Arc<Rules>,
    generator: Generator,
    state: u32,
    /// `state` times the stride of the rules.
    row: u32,
    steps: u32,
    legal: ActionMask,
    ended: bool,
    /// Meaningful once it has ended.
    reason: u8,
    /// [`NO_ACTION`] before the first step.
    last_action: u8,
}

/// More than any action.
const NO_ACTION: u8 = u8::MAX;

impl FiniteWorld {
    /// Puts a world together. `description.step_limit` truncates episodes; without one they only terminate.
    pub fn new(model: Model, description: EnvironmentDescription, portrayal: impl Portrayal) -> Self {
        let start = model.start().first().map_or(0, |(state, _)| *state);
        let width = model.most_outcomes();
        let stride = model.actions() * width;
        let places = || (0..model.states()).flat_map(|state| (0..model.actions()).map(move |action| (state, action)));
        let mut landings = Landings::default();
        let mut slots = Vec::new();
        if model.is_deterministic() {
            landings
                .list
                .extend(places().map(|(state, action)| Landing::of(&model.outcomes(state, action)[0], stride)));
        } else {
            slots.reserve_exact(model.states() * model.actions() * width);
            for (state, action) in places() {
                let outcomes = model.outcomes(state, action).iter();
                let items: Vec<_> =
                    outcomes.map(|outcome| (landings.index(outcome, stride), outcome.probability)).collect();
                slots.extend(lottery::slots(&items, width));
            }
        }
        let rules = Rules {
            landings: landings.list,
            slots,
            width,
            stride,
            start: lottery::slots(model.start(), 1),
            masked: (0..model.states()).any(|state| model.legal(state) != ActionMask::all(model.actions())),
            step_limit: description.step_limit.unwrap_or(u32::MAX),
            model,
            description,
            portrayal: Box::new(portrayal),
        };
        Self {
            legal: rules.model.legal(start as usize),
            rules: Arc::new(rules),
            generator: Generator::new(Seed::default()),
            state: start,
            row: start * stride as u32,
            steps: 0,
            ended: false,
            reason: 0,
            last_action: NO_ACTION,
        }
    }
}

impl FiniteWorld {
    /// It is in another state.
    #[inline]
    fn look(&mut self) {
        if self.rules.masked {
            self.legal = self.rules.model.legal(self.state as usize);
        }
    }

    #[cold]
    #[inline(never)]
    const fn refusal(&self, action: u8) -> StepError {
        if self.ended { StepError::Ended } else { StepError::IllegalAction { action, legal: self.legal } }
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

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn reset(&mut self, seed: Seed) {
        let rules = &*self.rules;
        if rules.slots.is_empty() && rules.start.len() == 1 {
            self.state = rules.start[0].only();
        } else {
            (self.generator, self.state) = rules.begin(seed);
        }
        self.row = self.state * rules.stride as u32;
        self.steps = 0;
        self.ended = false;
        self.last_action = NO_ACTION;
        self.look();
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn step(&mut self, action: u8) -> Result<Step, StepError> {
        let rules = &*self.rules;
        if self.ended || !self.legal.allows(action) {
            cold_path();
            return Err(self.refusal(action));
        }
        let row = self.row as usize;
        let index = if rules.slots.is_empty() {
            row + usize::from(action)
        } else {
            let ticket = Ticket::new(self.generator.bits(), rules.width);
            let column = usize::from(action) * rules.width + ticket.slot;
            ticket.redeem(&rules.slots[row + column]) as usize
        };
        let landing = rules.landings[index];
        let (reward, terminated) = (landing.reward, landing.terminated());
        self.row = landing.row;
        self.state = landing.state();
        self.steps += 1;
        self.last_action = action;
        self.look();
        if !terminated && self.steps < self.rules.step_limit {
            return Ok(Step { reward, terminated: false, truncated: false });
        }
        cold_path();
        self.ended = true;
        self.reason = landing.reason();
        Ok(Step { reward, terminated, truncated: !terminated })
    }

    #[inline]
    fn state(&self) -> usize {
        self.state as usize
    }

    #[inline]
    fn legal_actions(&self) -> ActionMask {
        self.legal
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
        let action = Some(self.last_action).filter(|it| *it != NO_ACTION);
        self.rules.portrayal.draw(Moment { state: self.state as usize, action, ended })
    }

    fn text(&self) -> String {
        self.rules.portrayal.text(self.state as usize)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "every step of every agent names it, few look at it")]
    fn model(&self) -> Option<&Model> {
        Some(&self.rules.model)
    }
}
