//! An environment as an object, for what is not worth compiling once for each of them.

use environments::registry::{self, BuildError, Visitor};
use environments::{Environment, Step, StepError};
use shared::action::ActionRef;
use shared::describe::EnvironmentDescription;
use shared::quantity::Seed;
use shared::spec::EnvironmentSpec;

/// An environment, whichever it is.
pub trait AnyEnvironment {
    /// See [`Environment::describe`].
    fn describe(&self) -> EnvironmentDescription;
    /// See [`Environment::reset`].
    fn reset(&mut self, seed: Seed);
    /// See [`Environment::step_any`].
    fn step(&mut self, action: ActionRef<'_>) -> Result<Step, StepError>;
    /// See [`Environment::observe`].
    fn observe(&self, into: &mut [f32]);
    /// See [`Environment::outcome`].
    fn outcome(&self) -> u8;
    /// See [`Environment::text`].
    fn text(&self) -> String;
}

impl<E: Environment> AnyEnvironment for E {
    fn describe(&self) -> EnvironmentDescription {
        Environment::describe(self)
    }

    fn reset(&mut self, seed: Seed) {
        Environment::reset(self, seed);
    }

    fn step(&mut self, action: ActionRef<'_>) -> Result<Step, StepError> {
        self.step_any(action)
    }

    fn observe(&self, into: &mut [f32]) {
        Environment::observe(self, into);
    }

    fn outcome(&self) -> u8 {
        Environment::outcome(self)
    }

    fn text(&self) -> String {
        Environment::text(self)
    }
}

/// Builds the environment of a spec.
pub fn build(spec: &EnvironmentSpec) -> Result<Box<dyn AnyEnvironment>, BuildError> {
    struct Boxing;
    impl Visitor for Boxing {
        type Output = Box<dyn AnyEnvironment>;
        fn visit<E: Environment>(self, environment: E) -> Self::Output {
            Box::new(environment)
        }
    }
    Ok(registry::build(spec)?.accept(Boxing))
}
