//! Every pair of an agent and an environment, built from specs.

use agents::agent::Agent;

use agents::batch::BatchAgent;
use agents::error::Unsuitable;
use agents::registry::{self, AgentBuildError, AgentVisitor};
use environments::Environment;
use shared::parameter::{Parameters, Value};
use shared::quantity::Seed;
use shared::spec::{AgentSpec, EnvironmentSpec};

pub(crate) fn parameters(given: &[(&str, Value)]) -> Parameters {
    given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

pub(crate) fn agent(id: &str, given: &[(&str, Value)]) -> AgentSpec {
    AgentSpec { id: id.into(), parameters: parameters(given) }
}

pub(crate) fn environment(id: &str, given: &[(&str, Value)]) -> EnvironmentSpec {
    EnvironmentSpec { id: id.into(), parameters: parameters(given) }
}

/// Builds the agent for a registered environment and hands both over.
pub(crate) fn with<V>(
    environment: &EnvironmentSpec,
    agent: &AgentSpec,
    seed: u64,
    visitor: V,
) -> Result<V::Output, AgentBuildError>
where
    V: AnyVisitor,
{
    struct InEnvironment<'a, V>(&'a AgentSpec, u64, V);
    impl<V: AnyVisitor> environments::registry::EnvironmentVisitor for InEnvironment<'_, V> {
        type Output = Result<V::Output, AgentBuildError>;
        fn visit<E: Environment>(self, environment: E) -> Self::Output {
            with_environment(environment, self.0, self.1, self.2)
        }
    }
    environments::registry::build(environment).unwrap().accept(InEnvironment(agent, seed, visitor))
}

/// Builds the agent for an environment and hands both over.
pub(crate) fn with_environment<E: Environment, V: AnyVisitor>(
    environment: E,
    agent: &AgentSpec,
    seed: u64,
    visitor: V,
) -> Result<V::Output, AgentBuildError> {
    struct Inner<V>(V);
    impl<E: Environment, V: AnyVisitor> AgentVisitor<E> for Inner<V> {
        type Output = Option<V::Output>;
        fn visit<A: Agent + ?Sized>(self, environment: E, agent: Box<A>) -> Self::Output {
            Some(self.0.visit(environment, agent))
        }
        fn visit_batch(self, _: E, _: Box<dyn BatchAgent>) -> Self::Output {
            None
        }
    }
    let pair = registry::build(agent, environment, Seed::new(seed).unwrap().derive(2, 0), Inner(visitor))?;
    let unsuitable =
        || Unsuitable { agent: agent.id.clone(), reason: "acts in several copies; no pair would do".into() };
    pair.ok_or_else(|| unsuitable().into())
}

/// Code that works with any pair.
pub(crate) trait AnyVisitor {
    /// What it makes.
    type Output;
    /// Gets both.
    fn visit<E: Environment, A: Agent + ?Sized>(self, environment: E, agent: Box<A>) -> Self::Output;
}
