//! Step sizes: the share of each error that is learned.

use crate::schedule::{Schedule, ScheduleHyperparameters, ScheduleKind, Tick};
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

/// What a step size is set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateHyperparameters {
    /// How it moves.
    pub schedule: ScheduleHyperparameters,
    /// Whether it is `1/n(s,a)` instead, of which the schedule's floor is the least.
    pub averages: bool,
}

impl Default for RateHyperparameters {
    fn default() -> Self {
        let schedule = ScheduleHyperparameters { kind: ScheduleKind::Constant, start: 0.1, decay: 0.999, floor: 0.0 };
        Self { schedule, averages: false }
    }
}

impl RateHyperparameters {
    /// A step size that stays.
    #[must_use]
    pub fn constant(start: f64) -> Self {
        let Self { schedule, averages } = Self::default();
        Self { schedule: schedule.constant(start), averages }
    }

    /// The average of all errors.
    #[must_use]
    pub fn average() -> Self {
        let kind = ScheduleKind::Exponential(Tick::Episode);
        Self { schedule: ScheduleHyperparameters { kind, ..Self::default().schedule }, averages: true }
    }

    /// The parameters of a step size, with these defaults: `alpha`, and what moves it.
    pub fn parameters(self) -> Vec<ParameterSpec> {
        let help = "The share of each surprise that is learned.";
        let mut parameters = self.schedule.parameters("alpha", "Step size", "α", (0.0, 1.0), help);
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
                if self.averages {
                    options.rotate_right(1);
                    "average".clone_into(default);
                }
            }
        }
        parameters
    }

    /// Reads [`Self::parameters`]; none where there are none.
    pub fn read(parameters: &Resolved) -> Result<Option<Self>, ParameterError> {
        if !parameters.declares("alpha") {
            return Ok(None);
        }
        let averages = parameters.text("alpha_schedule")? == "average";
        if !averages {
            parameters.step_size("alpha")?;
        }
        Ok(Some(Self { schedule: ScheduleHyperparameters::read(parameters, "alpha")?, averages }))
    }
}

impl Rate {
    /// A step size so set; without one every error is learned whole.
    pub fn new(hyperparameters: Option<RateHyperparameters>) -> Self {
        match hyperparameters {
            None => Self::Scheduled(Schedule::constant(1.0)),
            Some(RateHyperparameters { schedule, averages: true }) => Self::Average { least: schedule.floor },
            Some(RateHyperparameters { schedule, averages: false }) => Self::Scheduled(Schedule::new(schedule)),
        }
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
