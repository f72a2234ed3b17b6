//! Schedules: hyper-parameters that change as episodes or steps go by.

use shared::parameter::{ParameterError, ParameterSpec, Resolved, Value};

/// How a value moves from its start to its floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ScheduleKind {
    Constant,
    /// Times `decay` at every tick.
    Exponential,
    /// Down by the same amount at every tick, over `1 / (1 - decay)` ticks.
    Linear,
}

/// What makes a schedule tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// The end of an episode.
    Episode,
    /// A step.
    Step,
}

/// A value that decays from `start` to `floor`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    kind: ScheduleKind,
    tick: Tick,
    start: f64,
    decay: f64,
    floor: f64,
    value: f64,
}

impl Schedule {
    /// A value that stays.
    pub const fn constant(value: f64) -> Self {
        Self { kind: ScheduleKind::Constant, tick: Tick::Episode, start: value, decay: 1.0, floor: value, value }
    }

    /// A value that is multiplied by `decay` at every tick until it reaches `floor`.
    pub const fn exponential(start: f64, decay: f64, floor: f64, tick: Tick) -> Self {
        Self { kind: ScheduleKind::Exponential, tick, start, decay, floor, value: start }
    }

    /// The four parameters of a schedule named `name`, e.g. `epsilon`, `epsilon_decay`, `epsilon_floor`,
    /// `epsilon_schedule`. `range` bounds start and floor.
    pub fn parameters(
        name: &str,
        label: &str,
        symbol: &str,
        range: (f64, f64),
        defaults: Defaults,
    ) -> Vec<ParameterSpec> {
        let (start, decay, floor) = (defaults.start, defaults.decay, defaults.floor);
        let mut options = [
            ("episode", "per episode"),
            ("step", "per step"),
            ("linear-episode", "linear, episodes"),
            ("linear-step", "linear, steps"),
            ("constant", "constant"),
        ];
        if let Some(first) = options.iter().position(|(kind, _)| *kind == defaults.kind) {
            options[..=first].rotate_right(1);
        }
        let schedule = format!("{name}_schedule");
        let constant = || vec![Value::Text("constant".into())];
        let parameters = vec![
            ParameterSpec::number(name, label, range, start, 0.01, defaults.help).symbol(symbol),
            ParameterSpec::number(
                &format!("{name}_decay"),
                &format!("{label} decay"),
                (0.9, 1.0),
                decay,
                0.0005,
                "Factor at every tick; a linear schedule takes 1/(1 - factor) ticks to its floor.",
            )
            .unless(&schedule, constant()),
            ParameterSpec::number(
                &format!("{name}_floor"),
                &format!("{label} floor"),
                range,
                floor,
                0.01,
                "It never falls below this.",
            )
            .unless(&schedule, constant()),
            ParameterSpec::choice(&schedule, &format!("{label} decays"), &options, "When it decays, and how."),
        ];
        let figure = |it: ParameterSpec| if it.name == name { it } else { it.part_of(name) };
        parameters.into_iter().map(|it| figure(it).live()).collect()
    }

    /// Reads the four parameters of [`Self::parameters`].
    pub fn read(parameters: &Resolved, name: &str) -> Result<Self, ParameterError> {
        let start = parameters.number(name)?;
        let decay = parameters.number(&format!("{name}_decay"))?;
        let floor = parameters.number(&format!("{name}_floor"))?.min(start);
        let (kind, tick) = match parameters.text(&format!("{name}_schedule"))? {
            "constant" => (ScheduleKind::Constant, Tick::Episode),
            "step" => (ScheduleKind::Exponential, Tick::Step),
            "linear-episode" => (ScheduleKind::Linear, Tick::Episode),
            "linear-step" => (ScheduleKind::Linear, Tick::Step),
            _ => (ScheduleKind::Exponential, Tick::Episode),
        };
        Ok(Self { kind, tick, start, decay, floor, value: start })
    }

    /// The present value.
    #[inline]
    pub const fn get(&self) -> f64 {
        self.value
    }

    /// Takes over a saved value.
    pub const fn set(&mut self, value: f64) {
        self.value = value;
    }

    /// What makes it tick; a constant never changes.
    #[inline]
    pub const fn ticks_at(&self, tick: Tick) -> bool {
        !matches!(self.kind, ScheduleKind::Constant)
            && matches!((self.tick, tick), (Tick::Step, Tick::Step) | (Tick::Episode, Tick::Episode))
    }

    /// Moves on if this is what makes it tick; tells whether it did.
    #[inline]
    pub fn advance(&mut self, tick: Tick) -> bool {
        let moves = self.ticks_at(tick) && self.value != self.floor;
        if moves {
            self.proceed();
        }
        moves
    }

    fn proceed(&mut self) {
        let next = match self.kind {
            ScheduleKind::Constant => self.value,
            ScheduleKind::Exponential => self.value * self.decay,
            ScheduleKind::Linear => self.value - (self.start - self.floor) * (1.0 - self.decay),
        };
        self.value = next.max(self.floor);
    }
}

/// Defaults and words of a schedule's parameters.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// How it moves: `constant`, `episode`, `step`, `linear-episode` or `linear-step`.
    pub kind: &'static str,
    /// First value.
    pub start: f64,
    /// Factor at every tick.
    pub decay: f64,
    /// Least value.
    pub floor: f64,
    /// What the value means.
    pub help: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::Parameters;

    fn run(kind: &str, ticks: usize, tick: Tick) -> f64 {
        let defaults = Defaults { kind: "episode", start: 1.0, decay: 0.995, floor: 0.01, help: "" };
        let specs = Schedule::parameters("epsilon", "Exploration", "ε", (0.0, 1.0), defaults);
        let given = Parameters::from([("epsilon_schedule".to_owned(), Value::Text(kind.into()))]);
        let mut schedule = Schedule::read(&Resolved::new(&specs, &given).unwrap(), "epsilon").unwrap();
        for _ in 0..ticks {
            schedule.advance(tick);
        }
        schedule.get()
    }

    #[test]
    fn schedules_move_as_named() {
        assert!((run("episode", 100, Tick::Episode) - libm::pow(0.995, 100.0)).abs() < 1e-12);
        assert_eq!(run("episode", 100, Tick::Step), 1.0);
        assert_eq!(run("episode", 10_000, Tick::Episode), 0.01);
        assert!((run("linear-step", 100, Tick::Step) - (1.0 - 0.99 * 0.5)).abs() < 1e-12);
        assert_eq!(run("constant", 100, Tick::Episode), 1.0);
    }
}
