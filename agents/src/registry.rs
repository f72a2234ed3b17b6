//! The registry: every agent by its id. A new one is a module and a line here.

use crate::agent::{Agent, BuildFault, Unsuitable};
use environments::Environment;
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterError, Resolved};
use shared::quantity::Seed;
use shared::spec::AgentSpec;

/// An agent that cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BuildError {
    /// No agent of that id.
    #[error("there is no agent {id:?}; there are: {known}")]
    Unknown {
        /// The id that was given.
        id: String,
        /// The ids there are.
        known: String,
    },
    /// A parameter that cannot be taken.
    #[error("{id}: {error}")]
    Parameter {
        /// The agent.
        id: String,
        /// What is wrong.
        error: ParameterError,
    },
    /// An environment that it cannot learn in.
    #[error(transparent)]
    Unsuitable(#[from] Unsuitable),
}

/// Code that works with any agent: dynamic choice happens here, once, and never in the step loop.
pub trait Visitor<E: Environment> {
    /// What it makes.
    type Output;
    /// Gets the environment and the agent as the types that they are.
    fn visit<A: Agent<E>>(self, environment: E, agent: A) -> Self::Output;
}

macro_rules! registry {
    ($( $module:path => $type:ty; )+) => {
        /// Everything that can be picked, in the order in which pages list it.
        pub fn catalog() -> Vec<CatalogEntry> {
            vec![ $( { use $module as module; module::catalog() }, )+ ]
        }

        /// Builds the agent of a spec for an environment and hands both to the visitor.
        pub fn build<E: Environment, V: Visitor<E>>(
            spec: &AgentSpec,
            environment: E,
            seed: Seed,
            visitor: V,
        ) -> Result<V::Output, BuildError> {
            let id = spec.id.as_str();
            let parameter = |error| BuildError::Parameter { id: id.to_owned(), error };
            $( {
                use $module as module;
                let catalog = module::catalog();
                if catalog.id == id {
                    let resolved = Resolved::new(&catalog.parameters, &spec.parameters).map_err(parameter)?;
                    return match <$type>::build(&resolved, &environment, seed) {
                        Ok(agent) => Ok(visitor.visit(environment, agent)),
                        Err(BuildFault::Parameter(error)) => Err(parameter(error)),
                        Err(BuildFault::Unsuitable(error)) => Err(error.into()),
                    };
                }
            } )+
            Err(unknown(id))
        }
    };
}

registry! {
    crate::q_learning => crate::q_learning::QLearning;
}

/// The catalog entry of an id.
pub fn find(id: &str) -> Result<CatalogEntry, BuildError> {
    catalog().into_iter().find(|entry| entry.id == id).ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> BuildError {
    let known: Vec<_> = catalog().into_iter().map(|entry| entry.id).collect();
    BuildError::Unknown { id: id.chars().take(60).collect(), known: known.join(", ") }
}
