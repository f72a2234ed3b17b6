//! A gridworld whose rewards are the greatest numbers there are, with either sign in turn.

use environments::ActionMask;
use environments::environment::{Step, StepError};
use environments::registry::BuiltEnvironment;
use environments::{Environment, FiniteEnvironment};
use shared::describe::EnvironmentDescription;
use shared::quantity::Seed;
use shared::scene::Scene;

#[derive(Clone, Debug)]
pub(crate) struct Wild {
    inner: FiniteEnvironment,
    steps: u32,
}

pub(crate) fn environment() -> Wild {
    match environments::registry::build(&crate::pairs::environment("gridworld", &[])).unwrap() {
        BuiltEnvironment::Finite(inner) => Wild { inner, steps: 0 },
        _ => unreachable!("a gridworld is finite"),
    }
}

impl Environment for Wild {
    fn describe(&self) -> EnvironmentDescription {
        self.inner.describe()
    }

    fn action_count(&self) -> usize {
        self.inner.action_count()
    }

    fn state_count(&self) -> usize {
        self.inner.state_count()
    }

    fn reset(&mut self, seed: Seed) {
        self.inner.reset(seed);
    }

    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        self.steps += 1;
        let reward = if self.steps.is_multiple_of(2) { f64::MAX } else { f64::MIN };
        Ok(Step { reward, ..self.inner.step(action)? })
    }

    fn state(&self) -> usize {
        self.inner.state()
    }

    fn legal_actions(&self) -> ActionMask {
        self.inner.legal_actions()
    }

    fn ended(&self) -> bool {
        self.inner.ended()
    }

    fn outcome(&self) -> u8 {
        self.inner.outcome()
    }

    fn observe(&self, into: &mut [f32]) {
        self.inner.observe(into);
    }

    fn draw(&self) -> Scene {
        self.inner.draw()
    }

    fn text(&self) -> String {
        self.inner.text()
    }
}
