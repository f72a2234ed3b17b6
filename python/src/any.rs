//! Environments of every type behind one trait, so that Python sees one class.

use crate::copies::{AnyCopies, Copies};
use environments::registry::{BuiltEnvironment, Visitor};
use environments::{Environment, Model, Step, StepError};
use shared::action::ActionRef;
use shared::describe::EnvironmentDescription;
use shared::quantity::Seed;
use shared::scene::Scene;

/// An environment of any type.
pub(crate) trait AnyEnvironment: Send {
    fn describe(&self) -> EnvironmentDescription;
    fn reset(&mut self, seed: Seed);
    fn step(&mut self, action: ActionRef<'_>) -> Result<Step, StepError>;
    fn state(&self) -> usize;
    fn state_count(&self) -> usize;
    fn observe(&self, into: &mut [f32]);
    fn is_legal(&self, action: u16) -> bool;
    fn legal_flags(&self, into: &mut [bool]);
    fn ended(&self) -> bool;
    fn outcome(&self) -> u8;
    fn counters(&self, into: &mut [f64]);
    fn draw(&self) -> Scene;
    fn text(&self) -> String;
    fn action_of_key(&self, key: &str) -> Option<u16>;
    fn model(&self) -> Option<&Model>;
    /// So many copies of it, each at the beginning of its first episode.
    fn copies(&self, count: usize) -> Box<dyn AnyCopies>;
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

    fn state(&self) -> usize {
        Environment::state(self)
    }

    fn state_count(&self) -> usize {
        Environment::state_count(self)
    }

    fn observe(&self, into: &mut [f32]) {
        Environment::observe(self, into);
    }

    fn is_legal(&self, action: u16) -> bool {
        Environment::is_legal(self, action)
    }

    fn legal_flags(&self, into: &mut [bool]) {
        Environment::legal_flags(self, into);
    }

    fn ended(&self) -> bool {
        Environment::ended(self)
    }

    fn outcome(&self) -> u8 {
        Environment::outcome(self)
    }

    fn counters(&self, into: &mut [f64]) {
        Environment::counters(self, into);
    }

    fn draw(&self) -> Scene {
        Environment::draw(self)
    }

    fn text(&self) -> String {
        Environment::text(self)
    }

    fn action_of_key(&self, key: &str) -> Option<u16> {
        Environment::action_of_key(self, key)
    }

    fn model(&self) -> Option<&Model> {
        Environment::model(self)
    }

    fn copies(&self, count: usize) -> Box<dyn AnyCopies> {
        Box::new(Copies::new(self, count))
    }
}

/// Puts an environment behind the trait.
pub(crate) fn boxed(environment: BuiltEnvironment) -> Box<dyn AnyEnvironment> {
    struct Boxing;
    impl Visitor for Boxing {
        type Output = Box<dyn AnyEnvironment>;
        fn visit<E: Environment>(self, environment: E) -> Self::Output {
            Box::new(environment)
        }
    }
    environment.accept(Boxing)
}
