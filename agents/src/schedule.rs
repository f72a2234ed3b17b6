//! Schedules: hyper-parameters that change as episodes or steps go by.

use shared::parameter::{ParameterError, ParameterSpec, Resolved, Value};

/// How a value moves from its start to its floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleKind {
    /// It stays.
    Constant,
    /// Times `decay` at every tick.
    Exponential(Tick),
    /// Down by the same amount at every tick, over `1 / (1 - decay)` ticks.
    Linear(Tick),
}

impl ScheduleKind {
    /// All of them, as specs name them and as people read them.
    const ALL: [(Self, &str, &str); 5] = [
        (Self::Exponential(Tick::Episode), "episode", "per episode"),
        (Self::Exponential(Tick::Step), "step", "per step"),
        (Self::Linear(Tick::Episode), "linear-episode", "linear, episodes"),
        (Self::Linear(Tick::Step), "linear-step", "linear, steps"),
        (Self::Constant, "constant", "constant"),
    ];
}

/// What makes a schedule tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// The end of an episode.
    Episode,
    /// A step.
    Step,
}

/// What a schedule is set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScheduleHyperparameters {
    /// How it moves.
    pub kind: ScheduleKind,
    /// First value.
    pub start: f64,
    /// Factor at every tick, or what a linear schedule takes its number of ticks from.
    pub decay: f64,
    /// Least value, where it moves.
    pub floor: f64,
}

impl ScheduleHyperparameters {
    /// The same for a value that stays at `start`.
    #[must_use]
    pub const fn constant(self, start: f64) -> Self {
        Self { kind: ScheduleKind::Constant, start, ..self }
    }

    /// The four parameters of a schedule named `name`, e.g. `epsilon`, `epsilon_decay`, `epsilon_floor`,
    /// `epsilon_schedule`, with these defaults. `range` bounds start and floor; `help` says what the value means.
    pub fn parameters(
        self,
        name: &str,
        label: &str,
        symbol: &str,
        range: (f64, f64),
        help: &str,
    ) -> Vec<ParameterSpec> {
        let mut options = ScheduleKind::ALL.map(|(_, value, label)| (value, label));
        if let Some(first) = ScheduleKind::ALL.iter().position(|(kind, ..)| *kind == self.kind) {
            options[..=first].rotate_right(1);
        }
        let schedule = format!("{name}_schedule");
        let constant = || vec![Value::Text("constant".into())];
        let parameters = vec![
            ParameterSpec::number(name, label, range, self.start, 0.01, help).symbol(symbol),
            ParameterSpec::number(
                &format!("{name}_decay"),
                &format!("{label} decay"),
                (0.9, 1.0),
                self.decay,
                0.0005,
                "Factor at every tick; a linear schedule takes 1/(1 - factor) ticks to its floor.",
            )
            .unless(&schedule, constant()),
            ParameterSpec::number(
                &format!("{name}_floor"),
                &format!("{label} floor"),
                range,
                self.floor,
                0.01,
                "It never falls below this.",
            )
            .unless(&schedule, constant()),
            ParameterSpec::choice(&schedule, &format!("{label} decays"), &options, "When it decays, and how."),
        ];
        let figure = |it: ParameterSpec| if it.name == name { it } else { it.part_of(name) };
        parameters.into_iter().map(|it| figure(it).live()).collect()
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved, name: &str) -> Result<Self, ParameterError> {
        let named = parameters.text(&format!("{name}_schedule"))?;
        let known = ScheduleKind::ALL.iter().find(|(_, value, _)| *value == named);
        Ok(Self {
            kind: known.map_or(ScheduleKind::Exponential(Tick::Episode), |(kind, ..)| *kind),
            start: parameters.number(name)?,
            decay: parameters.number(&format!("{name}_decay"))?,
            floor: parameters.number(&format!("{name}_floor"))?,
        })
    }
}

/// A value that decays from its start to its floor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    hyperparameters: ScheduleHyperparameters,
    value: f64,
}

impl Schedule {
    /// A value at its start.
    pub fn new(hyperparameters: ScheduleHyperparameters) -> Self {
        let ScheduleHyperparameters { start, floor, .. } = hyperparameters;
        let hyperparameters = ScheduleHyperparameters { floor: floor.min(start), ..hyperparameters };
        Self { hyperparameters, value: start }
    }

    /// A value that stays.
    pub const fn constant(value: f64) -> Self {
        let hyperparameters =
            ScheduleHyperparameters { kind: ScheduleKind::Constant, start: value, decay: 1.0, floor: value };
        Self { hyperparameters, value }
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

    /// Whether this makes it tick; a constant never changes.
    #[inline]
    pub const fn ticks_at(&self, tick: Tick) -> bool {
        let (ScheduleKind::Exponential(own) | ScheduleKind::Linear(own)) = self.hyperparameters.kind else {
            return false;
        };
        matches!((own, tick), (Tick::Step, Tick::Step) | (Tick::Episode, Tick::Episode))
    }

    /// Moves on if this is what makes it tick; tells whether it did.
    #[inline]
    pub fn advance(&mut self, tick: Tick) -> bool {
        let moves = self.ticks_at(tick) && self.value != self.hyperparameters.floor;
        if moves {
            self.proceed();
        }
        moves
    }

    fn proceed(&mut self) {
        let ScheduleHyperparameters { kind, start, decay, floor } = self.hyperparameters;
        let next = match kind {
            ScheduleKind::Constant => self.value,
            ScheduleKind::Exponential(_) => self.value * decay,
            ScheduleKind::Linear(_) => self.value - (start - floor) * (1.0 - decay),
        };
        self.value = next.max(floor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::Parameters;

    fn run(kind: &str, ticks: usize, tick: Tick) -> f64 {
        let kept = ScheduleKind::Exponential(Tick::Episode);
        let defaults = ScheduleHyperparameters { kind: kept, start: 1.0, decay: 0.995, floor: 0.01 };
        let specs = defaults.parameters("epsilon", "Exploration", "ε", (0.0, 1.0), "");
        let given = Parameters::from([("epsilon_schedule".to_owned(), Value::Text(kind.into()))]);
        let resolved = Resolved::new(&specs, &given).unwrap();
        let mut schedule = Schedule::new(ScheduleHyperparameters::read(&resolved, "epsilon").unwrap());
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
