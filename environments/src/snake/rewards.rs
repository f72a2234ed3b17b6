//! The reward designer: a formula for every event.
//!
//! Names: `snake_length` and `score` after the step; `hunger`, and the same as `steps_since_last_food`, the steps since
//! the last apple, this one included, so that an apple's formula knows how long it took; `max_hunger` = size²;
//! `grid_size`; `distance_to_food` in steps after the step, 0 when the board is full.

use crate::formula::{Formula, MAX_CHARACTERS};
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use std::ops::RangeInclusive;

/// What a formula may name.
pub const NAMES: [&str; 7] =
    ["snake_length", "hunger", "max_hunger", "grid_size", "score", "distance_to_food", "steps_since_last_food"];

/// Greatest reward either way.
const MAX_REWARD: f64 = 1e6;

/// Most situations in which a formula is tried out when the environment is built; beyond, a sample of them.
const MAX_TRIALS: u64 = 200_000;

/// What a step brought; exactly one of five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnakeEvent {
    /// An apple was eaten.
    Apple,
    /// The head hit the wall.
    Wall,
    /// The head hit the body.
    Bite,
    /// No apple for too long.
    Starvation,
    /// Nothing of these.
    Step,
}

/// Parameter, label, default, and the default of the faithful variant.
const FORMULAS: [(&str, &str, &str, &str); 5] = [
    ("apple_reward", "Apple", "1", "1"),
    ("wall_reward", "Wall", "-1", "-1"),
    ("self_reward", "Self", "-1", "-1"),
    ("starvation_reward", "Starvation", "-0.5", "-0.5"),
    ("step_reward", "Step", "-0.001", "-0.001 * (hunger + 1)"),
];

/// The formulas' parameters.
pub fn parameters() -> impl Iterator<Item = ParameterSpec> {
    FORMULAS.iter().map(|(name, label, default, faithful)| {
        let own = if default == faithful { default.to_string() } else { format!("{default}, or {faithful}") };
        let help = format!("A formula over {} with + - * / ** ( ). Empty: the variant's own, {own}.", NAMES.join(", "));
        ParameterSpec::text(name, label, MAX_CHARACTERS, false, "", &help)
    })
}

#[derive(Clone, Debug)]
enum Reward {
    Constant(f64),
    Formula(Formula),
}

/// The compiled formulas of all events.
#[derive(Clone, Debug)]
pub struct SnakeRewards {
    size: u32,
    of: [Reward; 5],
}

impl SnakeRewards {
    /// Compiles the formulas and tries each out where its event can occur.
    pub fn build(parameters: &Resolved, size: usize, faithful: bool) -> Result<Self, ParameterError> {
        let size = size as u32;
        let compile = |event: SnakeEvent| {
            let (parameter, _, default, source) = FORMULAS[event as usize];
            let text = parameters.text(parameter)?;
            let text = match (text.trim(), faithful) {
                ("", false) => default,
                ("", true) => source,
                (own, _) => own,
            };
            let formula = Formula::parse(text, &NAMES).map_err(|error| ParameterError::invalid(parameter, error))?;
            try_out(&formula, event, size).map_err(|fault| ParameterError::invalid(parameter, fault))?;
            Ok(formula.constant().map_or(Reward::Formula(formula), Reward::Constant))
        };
        let of = [
            compile(SnakeEvent::Apple)?,
            compile(SnakeEvent::Wall)?,
            compile(SnakeEvent::Bite)?,
            compile(SnakeEvent::Starvation)?,
            compile(SnakeEvent::Step)?,
        ];
        Ok(Self { size, of })
    }

    /// The reward of an event; `distance` is asked for only where a formula needs it. It may be no finite number
    /// where the situation was not among those tried out.
    #[inline]
    pub fn of(&self, event: SnakeEvent, length: u32, hunger: u32, distance: impl FnOnce() -> u32) -> f64 {
        match &self.of[event as usize] {
            Reward::Constant(value) => *value,
            Reward::Formula(formula) => formula.evaluate(&variables(self.size, length, hunger, distance())),
        }
    }
}

fn variables(size: u32, length: u32, hunger: u32, distance: u32) -> [f64; NAMES.len()] {
    [length, hunger, size * size, size, length - 1, distance, hunger].map(f64::from)
}

/// Evaluates a formula in every situation of its event, or in a sample that includes the extremes.
fn try_out(formula: &Formula, event: SnakeEvent, size: u32) -> Result<(), String> {
    let cells = size * size;
    let far = 2 * (size - 1);
    let (length, hunger, distance) = match event {
        SnakeEvent::Apple => (2..=cells, 1..=cells, 0..=far),
        SnakeEvent::Wall | SnakeEvent::Bite => (1..=cells, 1..=cells, 1..=far),
        SnakeEvent::Starvation => (1..=cells, cells..=cells, 1..=far),
        SnakeEvent::Step => (1..=cells, 1..=cells - 1, 1..=far),
    };
    let used = |names: &[usize], range: RangeInclusive<u32>| {
        if names.iter().any(|name| formula.uses(*name)) { range } else { *range.start()..=*range.start() }
    };
    let ranges = [used(&[0, 4], length), used(&[1, 6], hunger), used(&[5], distance)];
    let trials: u64 = ranges.iter().map(|range| u64::from(range.end() - range.start() + 1)).product();
    let most = if trials > MAX_TRIALS { 50 } else { u32::MAX };
    for length in sample(&ranges[0], most) {
        for hunger in sample(&ranges[1], most) {
            for distance in sample(&ranges[2], most) {
                let values = variables(size, length, hunger, distance);
                let reward = formula.evaluate(&values);
                // Written so that a value that is not a number is refused, too.
                if reward.is_nan() || reward.abs() > MAX_REWARD {
                    let place = (0..NAMES.len())
                        .filter(|name| formula.uses(*name))
                        .map(|name| format!("{} = {}", NAMES[name], values[name]))
                        .collect::<Vec<_>>();
                    let place = if place.is_empty() { "always".into() } else { format!("where {}", place.join(", ")) };
                    return Err(format!("is {reward} {place}; a reward lies within ±{MAX_REWARD}"));
                }
            }
        }
    }
    Ok(())
}

/// At most `most` values of a range, evenly, both ends included.
fn sample(range: &RangeInclusive<u32>, most: u32) -> impl Iterator<Item = u32> + use<> {
    let (first, last) = (*range.start(), *range.end());
    let count = (last - first + 1).min(most);
    (0..count).map(move |index| first + (last - first) * index / (count - 1).max(1))
}
