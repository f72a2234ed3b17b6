//! Step sizes: the share of each error that is learned.

use crate::schedule::{Defaults, Schedule, Tick};
use shared::parameter::{ChoiceOption, ParameterError, ParameterKind, ParameterSpec, Resolved, Value};

/// A step size, alpha.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// The same for every action, constant or decaying.
    Scheduled(Schedule),
    /// `1/n(s,a)`: the average of all errors so far (Sutton and Barto, 2nd edition, section 2.4), never below a floor.
    Average {
        /// The floor.
        least: f64,
    },
}

impl Rate {
    /// The parameters of a step size; `kind` is that of [`Defaults`] or `average`.
    pub fn parameters(kind: &'static str, start: f64) -> Vec<ParameterSpec> {
        let help = "The share of each surprise that is learned.";
        let defaults = Defaults { kind, start, decay: 0.999, floor: 0.0, help };
        let mut parameters = Schedule::parameters("alpha", "Step size", "α", (0.0, 1.0), defaults);
        // An average needs no step size and no decay, but has a floor.
        let average = || vec![Value::Text("average".into())];
        for parameter in &mut parameters {
            if matches!(parameter.name.as_str(), "alpha" | "alpha_decay") {
                *parameter = parameter.clone().unless("alpha_schedule", average());
            }
            if let ParameterKind::Choice { options, default } = &mut parameter.kind {
                // An average that begins in mid-run would throw away what was learned before.
                parameter.live = false;
                options.push(ChoiceOption { value: "average".into(), label: "1/n of each action".into() });
                if kind == "average" {
                    options.rotate_right(1);
                    kind.clone_into(default);
                }
            }
        }
        parameters
    }

    /// Reads [`Self::parameters`]; where there are none, every error is learned whole.
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        if !parameters.values().contains_key("alpha") {
            return Ok(Self::Scheduled(Schedule::constant(1.0)));
        }
        if parameters.text("alpha_schedule")? == "average" {
            return Ok(Self::Average { least: parameters.number("alpha_floor")? });
        }
        parameters.step_size("alpha")?;
        Schedule::read(parameters, "alpha").map(Self::Scheduled)
    }

    /// Whether it needs to know how often each action was taken.
    pub const fn counts(&self) -> bool {
        matches!(self, Self::Average { .. })
    }

    /// The step size for an action that is taken for the `count`-th time.
    #[inline]
    pub fn get(&self, count: u32) -> f64 {
        match self {
            Self::Scheduled(schedule) => schedule.get(),
            Self::Average { least } => (1.0 / f64::from(count.max(1))).max(*least),
        }
    }

    /// Whether steps make it change.
    pub const fn ticks_by_step(&self) -> bool {
        matches!(self, Self::Scheduled(schedule) if schedule.ticks_at(Tick::Step))
    }

    /// Its schedule moves on; tells whether it did.
    #[inline]
    pub fn advance(&mut self, tick: Tick) -> bool {
        if let Self::Scheduled(schedule) = self { schedule.advance(tick) } else { false }
    }

    /// The value that a saved agent keeps.
    pub const fn saved(&self) -> f64 {
        match self {
            Self::Scheduled(schedule) => schedule.get(),
            Self::Average { least } => *least,
        }
    }

    /// Takes over a saved value.
    pub const fn restore(&mut self, value: f64) {
        if let Self::Scheduled(schedule) = self {
            schedule.set(value);
        }
    }
}
