//! The registry: every environment by its id. A new one is a module and a line here.

use crate::action_mask::ActionMask;
use crate::bandit::Bandit;
use crate::cart_pole::CartPole;
use crate::daladala::Daladala;
use crate::daladala_classic::DaladalaClassic;
use crate::environment::{Environment, Step, StepError};
use crate::finite::FiniteEnvironment;
use crate::model::Model;
use crate::mountain_car::MountainCar;
use crate::racing::Racing;
use crate::rules::{self, EnvironmentRule};
use crate::snake::Snake;
use crate::tetris::Tetris;
use crate::tetris_melax::TetrisMelax;
use shared::describe::{CatalogEntry, EnvironmentDescription};
use shared::parameter::{ParameterError, Parameters, Resolved};
use shared::quantity::Seed;
use shared::scene::Scene;
use shared::spec::EnvironmentSpec;

/// An environment that cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EnvironmentBuildError {
    /// No environment of that id.
    #[error("there is no environment {id:?}; there are: {known}")]
    Unknown {
        /// The id that was given.
        id: String,
        /// The ids there are.
        known: String,
    },
    /// A parameter that cannot be taken.
    #[error("{id}: {error}")]
    Parameter {
        /// The environment.
        id: String,
        /// What is wrong.
        error: ParameterError,
    },
}

/// Code that works with any environment: dynamic choice happens here, once, and never in the step loop.
pub trait EnvironmentVisitor {
    /// What it makes.
    type Output;
    /// Gets the environment as the type that it is.
    fn visit<E: Environment>(self, environment: E) -> Self::Output;
}

macro_rules! registry {
    ($( $kind:ident($type:ty): $( $module:ident ),+ ; )+) => {
        /// Any built environment.
        #[expect(clippy::large_enum_variant, reason = "an environment is handed over once and then stepped by its own type")]
        #[derive(Clone, Debug)]
        pub enum BuiltEnvironment {
            $(
                #[doc = concat!("A [`", stringify!($type), "`].")]
                $kind($type),
            )+
        }

        $(
            impl From<$type> for BuiltEnvironment {
                fn from(environment: $type) -> Self {
                    Self::$kind(environment)
                }
            }
        )+

        impl BuiltEnvironment {
            /// Hands the environment over as the type that it is.
            pub fn accept<V: EnvironmentVisitor>(self, visitor: V) -> V::Output {
                match self {
                    $( Self::$kind(environment) => visitor.visit(environment), )+
                }
            }
        }

        /// Any environment as one type: for what is not worth compiling once for each of them. Step loops of training get
        /// the type itself, by [`BuiltEnvironment::accept`].
        impl Environment for BuiltEnvironment {
            fn describe(&self) -> EnvironmentDescription {
                match self { $( Self::$kind(environment) => environment.describe(), )+ }
            }

            fn action_count(&self) -> usize {
                match self { $( Self::$kind(environment) => environment.action_count(), )+ }
            }

            fn state_count(&self) -> usize {
                match self { $( Self::$kind(environment) => environment.state_count(), )+ }
            }

            fn reset(&mut self, seed: Seed) {
                match self { $( Self::$kind(environment) => environment.reset(seed), )+ }
            }

            fn step(&mut self, action: u16) -> Result<Step, StepError> {
                match self { $( Self::$kind(environment) => environment.step(action), )+ }
            }

            fn step_box(&mut self, action: &[f32]) -> Result<Step, StepError> {
                match self { $( Self::$kind(environment) => environment.step_box(action), )+ }
            }

            fn state(&self) -> usize {
                match self { $( Self::$kind(environment) => environment.state(), )+ }
            }

            fn legal_actions(&self) -> ActionMask {
                match self { $( Self::$kind(environment) => environment.legal_actions(), )+ }
            }

            fn is_legal(&self, action: u16) -> bool {
                match self { $( Self::$kind(environment) => environment.is_legal(action), )+ }
            }

            fn legal_flags(&self, into: &mut [bool]) {
                match self { $( Self::$kind(environment) => environment.legal_flags(into), )+ }
            }

            fn ended(&self) -> bool {
                match self { $( Self::$kind(environment) => environment.ended(), )+ }
            }

            fn outcome(&self) -> u8 {
                match self { $( Self::$kind(environment) => environment.outcome(), )+ }
            }

            fn counters(&self, into: &mut [f64]) {
                match self { $( Self::$kind(environment) => environment.counters(into), )+ }
            }

            fn observe(&self, into: &mut [f32]) {
                match self { $( Self::$kind(environment) => environment.observe(into), )+ }
            }

            fn draw(&self) -> Scene {
                match self { $( Self::$kind(environment) => environment.draw(), )+ }
            }

            fn draw_estimates(&self, values: &[f64], scene: &mut Scene) {
                match self { $( Self::$kind(environment) => environment.draw_estimates(values, scene), )+ }
            }

            fn places(&self) -> usize {
                match self { $( Self::$kind(environment) => environment.places(), )+ }
            }

            fn place(&self) -> usize {
                match self { $( Self::$kind(environment) => environment.place(), )+ }
            }

            fn observe_at(&self, place: usize, into: &mut [f32]) {
                match self { $( Self::$kind(environment) => environment.observe_at(place, into), )+ }
            }

            fn text(&self) -> String {
                match self { $( Self::$kind(environment) => environment.text(), )+ }
            }

            fn action_of_key(&self, key: &str) -> Option<u16> {
                match self { $( Self::$kind(environment) => environment.action_of_key(key), )+ }
            }

            fn model(&self) -> Option<&Model> {
                match self { $( Self::$kind(environment) => environment.model(), )+ }
            }
        }

        /// One registered environment.
        struct Entry {
            catalog: fn() -> CatalogEntry,
            build: fn(&Resolved) -> Result<BuiltEnvironment, ParameterError>,
        }

        /// In the order in which pages list them.
        const ENTRIES: &[Entry] = &[
            $( $( {
                use crate::$module as module;
                Entry {
                    catalog: module::catalog,
                    build: |parameters| module::build(parameters).map(BuiltEnvironment::$kind),
                }
            }, )+ )+
        ];

        /// What an environment's module says of its rules; nothing of an id that there is not.
        #[must_use]
        pub fn rules(id: &str) -> Vec<EnvironmentRule> {
            $( $(
                if (crate::$module::catalog)().id == id {
                    return rules::of_module(include_str!(concat!(stringify!($module), ".rs")));
                }
            )+ )+
            Vec::new()
        }
    };
}

registry! {
    Finite(FiniteEnvironment): gridworld, frozen_lake, cliff_walking, windy_gridworld,
        dyna_maze, taxi, blackjack, gambler, random_walk, mdp;
    Bandit(Bandit): bandit;
    MountainCar(MountainCar): mountain_car;
    CartPole(CartPole): cart_pole;
    Snake(Snake): snake;
    Tetris(Tetris): tetris;
    TetrisMelax(TetrisMelax): tetris_melax;
    Daladala(Daladala): daladala;
    DaladalaClassic(DaladalaClassic): daladala_classic;
    Racing(Racing): racing;
}

/// Everything that can be picked.
pub fn catalog() -> Vec<CatalogEntry> {
    ENTRIES.iter().map(|entry| (entry.catalog)()).collect()
}

/// The catalog entry of an id.
pub fn find(id: &str) -> Result<CatalogEntry, EnvironmentBuildError> {
    entry(id).map(|(_, catalog)| catalog)
}

/// Builds an environment, checking every parameter.
pub fn build(spec: &EnvironmentSpec) -> Result<BuiltEnvironment, EnvironmentBuildError> {
    build_from(&spec.id, &spec.parameters)
}

fn build_from(id: &str, parameters: &Parameters) -> Result<BuiltEnvironment, EnvironmentBuildError> {
    let (entry, catalog) = entry(id)?;
    Resolved::new(&catalog.parameters, parameters)
        .and_then(|resolved| (entry.build)(&resolved))
        .map_err(|error| EnvironmentBuildError::Parameter { id: id.to_owned(), error })
}

fn entry(id: &str) -> Result<(&'static Entry, CatalogEntry), EnvironmentBuildError> {
    let mut known = Vec::new();
    for entry in ENTRIES {
        let catalog = (entry.catalog)();
        if catalog.id == id {
            return Ok((entry, catalog));
        }
        known.push(catalog.id);
    }
    Err(EnvironmentBuildError::Unknown { id: id.chars().take(60).collect(), known: known.join(", ") })
}
