//! The engine of every environment whose states can be counted: it samples the environment's own transition model.

use crate::action_mask::ActionMask;
use crate::alias_table::{self, AliasSlot, Ticket};
use crate::environment::{Environment, Step, StepError};
use crate::model::{Model, Outcome};
use crate::random::Generator;
use shared::describe::EnvironmentDescription;
use shared::quantity::Seed;
use shared::scene::Scene;
use std::collections::BTreeMap;
use std::fmt;
use std::hint::cold_path;
use std::sync::Arc;

/// The first outcome of every finite environment: the step limit cut the episode off.
pub const STEP_LIMIT: &str = "step limit";

/// What there is to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FiniteMoment {
    /// The state.
    pub state: usize,
    /// The last action of this episode, once there is one.
    pub action: Option<u16>,
    /// The reason for the episode's end, once it has ended: an index into the description's outcomes.
    pub ended: Option<u8>,
}

/// What a finite environment is beside its model: how its states look.
pub trait Portrayal: Send + Sync + 'static {
    /// The picture of a moment of an episode.
    fn draw(&self, moment: FiniteMoment, episode: &FiniteEnvironment) -> Scene;
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
    place: PackedState,
}

impl Landing {
    const fn of(outcome: &Outcome, stride: usize, masked: bool) -> Self {
        let Outcome { next, reward, terminated, reason, .. } = *outcome;
        let place = PackedState::of(next).with(reason, masked, terminated);
        Self { reward, row: next * stride as u32, place }
    }
}

/// A state, which a [`Model`] keeps below 2^22, with what is to be known of how it was reached: in bit 22 whether its
/// legal actions must be looked up, from bit 23 on the reason of an end, in bit 31 whether the episode terminated.
#[derive(Clone, Copy, Debug)]
struct PackedState(u32);

impl PackedState {
    const MASKED: u32 = 1 << 22;
    const TERMINATED: u32 = 1 << 31;

    const fn of(state: u32) -> Self {
        Self(state)
    }

    const fn with(self, reason: u8, masked: bool, terminated: bool) -> Self {
        Self(self.0 | (masked as u32) << 22 | (reason as u32) << 23 | (terminated as u32) << 31)
    }

    #[inline]
    const fn state(self) -> usize {
        (self.0 & (Self::MASKED - 1)) as usize
    }

    /// Whether nothing is to be done here but to go on.
    #[inline]
    const fn is_plain(self) -> bool {
        self.0 & (Self::MASKED | Self::TERMINATED) == 0
    }

    #[inline]
    const fn terminated(self) -> bool {
        self.0 & Self::TERMINATED != 0
    }

    const fn reason(self) -> u8 {
        (self.0 >> 23) as u8
    }
}

/// Collects the different landings of a model.
#[derive(Debug, Default)]
struct Landings {
    list: Vec<Landing>,
    known: BTreeMap<(u32, u64, bool, u8), u32>,
}

impl Landings {
    fn index(&mut self, outcome: &Outcome, stride: usize, masked: bool) -> u32 {
        let Outcome { next, reward, terminated, reason, .. } = *outcome;
        *self.known.entry((next, reward.to_bits(), terminated, reason)).or_insert_with(|| {
            self.list.push(Landing::of(outcome, stride, masked));
            self.list.len() as u32 - 1
        })
    }
}

/// What does not change from step to step.
#[derive(Debug)]
struct FiniteRules {
    model: Model,
    /// Where steps end: if they are certain, that of state `s` and action `a` at `s * stride + a`; otherwise each
    /// different one once.
    landings: Vec<Landing>,
    /// The lotteries of all states and actions, `width` slots each: of state `s` and action `a` from slot
    /// `s * stride + a * width` on. What is drawn is a landing: its row, for which the next step waits, and its index.
    /// None if steps are certain.
    slots: Vec<AliasSlot<2>>,
    width: usize,
    stride: usize,
    start: Vec<AliasSlot<1>>,
    /// Actions below this are legal in every state; 0 where states differ.
    open: u16,
    step_limit: u32,
    description: EnvironmentDescription,
    portrayal: Box<dyn Portrayal>,
}

impl FiniteRules {
    /// Where a certain step ends.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn certain(&self, row: usize, action: usize) -> Landing {
        // The next step waits for the row. A tab's compiler fetches it from memory again, so there an address that is
        // worked out but for the row saves time; natively there is time enough, and one comparison is quicker than two.
        if cfg!(target_arch = "wasm32") { self.landings[action..][row] } else { self.landings[row + action] }
    }
}

/// An environment with countable states, in the middle of an episode.
#[derive(Clone, Debug)]
pub struct FiniteEnvironment {
    rules: Arc<FiniteRules>,
    generator: Generator,
    /// The seed of the episode.
    seed: Seed,
    place: PackedState,
    /// The state times the stride of the rules.
    row: u32,
    /// Steps to the limit.
    left: u32,
    legal: ActionMask,
    /// Actions below this are legal without a look at the mask; 0 once it has ended.
    open: u16,
    ended: bool,
    /// [`NO_ACTION`] before the first step.
    last_action: u16,
}

/// More places are not looked at one by one, which happens many times a second.
const MOST_PLACES: usize = 4096;

/// More than any action.
const NO_ACTION: u16 = u16::MAX;

impl FiniteEnvironment {
    /// Puts an environment together. `description.step_limit` truncates episodes; without one they only terminate.
    /// Which actions are legal is the model's to say.
    pub fn new(model: Model, mut description: EnvironmentDescription, portrayal: impl Portrayal) -> Self {
        description.legal_actions = model.legal_bits().into();
        let start: Vec<_> = model.start().iter().map(|(state, probability)| ([*state], *probability)).collect();
        let first = start.first().map_or(0, |([state], _)| *state);
        let width = model.most_outcomes();
        let stride = model.actions() * width;
        let masked = !description.legal_actions.is_empty();
        let places = || (0..model.states()).flat_map(|state| (0..model.actions()).map(move |action| (state, action)));
        let mut landings = Landings::default();
        let mut slots = Vec::new();
        if model.is_deterministic() {
            let landing = |(state, action)| Landing::of(&model.outcomes(state, action)[0], stride, masked);
            landings.list.extend(places().map(landing));
        } else {
            slots.reserve_exact(model.states() * model.actions() * width);
            for (state, action) in places() {
                let mut item = |outcome: &Outcome| {
                    let landing = [outcome.next * stride as u32, landings.index(outcome, stride, masked)];
                    (landing, outcome.probability)
                };
                let items: Vec<_> = model.outcomes(state, action).iter().map(&mut item).collect();
                slots.extend(alias_table::slots(&items, width));
            }
        }
        let rules = FiniteRules {
            landings: landings.list,
            slots,
            width,
            stride,
            start: alias_table::slots(&start, 1),
            open: if masked { 0 } else { model.actions() as u16 },
            step_limit: description.step_limit.unwrap_or(u32::MAX),
            model,
            description,
            portrayal: Box::new(portrayal),
        };
        Self {
            legal: rules.model.legal(first as usize),
            generator: Generator::new(Seed::default()),
            seed: Seed::default(),
            place: PackedState::of(first),
            row: first * stride as u32,
            left: rules.step_limit,
            open: rules.open,
            ended: false,
            rules: Arc::new(rules),
            last_action: NO_ACTION,
        }
    }
}

impl FiniteEnvironment {
    /// The seed of the episode.
    pub const fn seed(&self) -> Seed {
        self.seed
    }

    /// The states of the episode so far, if every action before the last one was `action`: drawn again from its seed, so that no step
    /// has to remember any.
    pub fn states_after(&self, action: u16) -> Vec<usize> {
        let steps = self.rules.step_limit - self.left;
        if steps == 0 {
            return vec![self.state()];
        }
        let mut again = self.clone();
        again.reset(self.seed);
        let mut states = vec![again.state()];
        for _ in 1..steps {
            if again.step(action).is_ok() {
                states.push(again.state());
            }
        }
        states.push(self.state());
        states
    }

    /// Begins an episode in which something is left to chance, and gives its first state.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn begin(&mut self, seed: Seed) -> u32 {
        let mut generator = Generator::new(seed);
        let [state] = alias_table::draw(&self.rules.start, generator.bits());
        self.generator = generator;
        state
    }

    /// Looks up what is legal.
    #[inline]
    fn look(&mut self) {
        self.legal = self.rules.model.legal(self.state());
    }

    /// A step has led to a state in which more is to be done than to go on.
    #[inline]
    fn arrive(&mut self, reward: f64) -> Step {
        if self.open == 0 {
            self.look();
        }
        let terminated = self.place.terminated();
        self.ended = terminated || self.left == 0;
        if self.ended {
            self.open = 0;
        }
        Step { reward, terminated, truncated: self.ended && !terminated }
    }

    #[cold]
    #[inline(never)]
    const fn refusal(&self, action: u16) -> StepError {
        if self.ended { StepError::Ended } else { StepError::IllegalAction { action, legal: self.legal } }
    }
}

impl Environment for FiniteEnvironment {
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

    // V8 runs out of registers where this is part of a trainer's loop.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(
        not(target_arch = "wasm32"),
        inline(always),
        expect(clippy::inline_always, reason = "natively a call in the loop costs more")
    )]
    fn reset(&mut self, seed: Seed) {
        let certain = self.rules.slots.is_empty() && self.rules.start.len() == 1;
        let state = if certain { self.rules.start[0].only()[0] } else { self.begin(seed) };
        let rules = &*self.rules;
        self.seed = seed;
        self.place = PackedState::of(state);
        self.row = state * rules.stride as u32;
        self.left = rules.step_limit;
        self.open = rules.open;
        self.ended = false;
        self.last_action = NO_ACTION;
        if rules.open == 0 {
            self.look();
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        let rules = &*self.rules;
        if action >= self.open && (self.ended || !self.legal.allows(action)) {
            cold_path();
            return Err(self.refusal(action));
        }
        let Landing { reward, place, .. } = if rules.slots.is_empty() {
            let landing = rules.certain(self.row as usize, usize::from(action));
            self.row = landing.row;
            landing
        } else {
            let ticket = Ticket::new(self.generator.bits(), rules.width);
            let column = usize::from(action) * rules.width + ticket.slot;
            let [row, landing] = ticket.redeem(&rules.slots[self.row as usize + column]);
            self.row = row;
            rules.landings[landing as usize]
        };
        (self.place, self.last_action) = (place, action);
        self.left -= 1;
        if place.is_plain() && self.left > 0 {
            return Ok(Step { reward, terminated: false, truncated: false });
        }
        Ok(self.arrive(reward))
    }

    #[inline]
    fn state(&self) -> usize {
        self.place.state()
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
        self.place.reason()
    }

    fn observe(&self, into: &mut [f32]) {
        self.rules.portrayal.observe(self.state(), into);
    }

    fn draw(&self) -> Scene {
        let ended = self.ended.then_some(self.outcome());
        let action = Some(self.last_action).filter(|it| *it != NO_ACTION);
        self.rules.portrayal.draw(FiniteMoment { state: self.state(), action, ended }, self)
    }

    fn places(&self) -> usize {
        let are_shown = self.rules.description.layout.is_some() && self.state_count() <= MOST_PLACES;
        if are_shown { self.state_count() } else { 0 }
    }

    fn place(&self) -> usize {
        self.state()
    }

    fn observe_at(&self, place: usize, into: &mut [f32]) {
        self.rules.portrayal.observe(place, into);
    }

    fn text(&self) -> String {
        self.rules.portrayal.text(self.state())
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "every step of every agent names it, few look at it")]
    fn model(&self) -> Option<&Model> {
        Some(&self.rules.model)
    }
}
