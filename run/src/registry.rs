//! Which learners there are: the agents of `agents/`, and those that are registered from outside.
//!
//! ```
//! use run::registry::{Registered, Registry};
//! use run::Run;
//! use shared::describe::{CatalogEntry, Words};
//! use shared::{RunSpec, Seed};
//! use std::sync::Arc;
//!
//! let words = Words { id: "second", title: "Second", summary: "Random again.", equation: "", source: "here" };
//! let entry = CatalogEntry::new(&words, vec![], vec![]);
//! let registry = Registry::default().with(Registered::learner(entry, |_, spec| {
//!     let spec = RunSpec::new(&spec.environment.id, "random", spec.seed);
//!     Registry::default().build(&spec)
//! }));
//! let spec = RunSpec::new("gridworld", "second", Seed::default());
//! assert!(Run::of(Arc::new(registry), spec.clone()).is_ok());
//! assert!(Run::new(spec).unwrap_err().to_string().contains("there is no agent \"second\""));
//! ```

use crate::error::RunError;
use crate::learner::Learner;
use crate::learner::batch::Batched;
use crate::learner::single::Single;
use crate::recorder::AGENT_STREAM;
use agents::agent::Agent;
#[cfg(feature = "neural")]
use agents::agent::BuildFault;
use agents::batch::BatchAgent;
#[cfg(feature = "neural")]
use agents::learner::Setting;
use environments::Environment;
use shared::describe::CatalogEntry;
use shared::metric::MetricDescription;
use shared::parameter::Resolved;
use shared::quantity::Seed;
use shared::spec::RunSpec;
use std::fmt;

type BuildLearner = dyn Fn(&Resolved, &RunSpec) -> Result<Box<dyn Learner>, RunError> + Send + Sync;
#[cfg(feature = "neural")]
type BuildBatch = dyn Fn(&Resolved, &Setting<'_>, Seed) -> Result<Box<dyn BatchAgent>, BuildFault> + Send + Sync;

enum Build {
    Learner(Box<BuildLearner>),
    #[cfg(feature = "neural")]
    Batch(Box<BuildBatch>),
}

/// A learner that is registered from outside.
pub struct Registered {
    entry: CatalogEntry,
    build: Build,
}

impl Registered {
    /// Anything that makes progress. `build` gets the agent's parameters, checked and complete, and the whole spec.
    pub fn learner(
        entry: CatalogEntry,
        build: impl Fn(&Resolved, &RunSpec) -> Result<Box<dyn Learner>, RunError> + Send + Sync + 'static,
    ) -> Self {
        Self { entry, build: Build::Learner(Box::new(build)) }
    }

    /// With the feature `neural`: an agent that acts in several copies of any environment of the environments' registry. `build` gets its parameters,
    /// checked and complete, what it is built for, and the seed of its chance.
    #[cfg(feature = "neural")]
    pub fn batch(
        entry: CatalogEntry,
        build: impl Fn(&Resolved, &Setting<'_>, Seed) -> Result<Box<dyn BatchAgent>, BuildFault> + Send + Sync + 'static,
    ) -> Self {
        Self { entry, build: Build::Batch(Box::new(build)) }
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Registered({})", self.entry.id)
    }
}

/// All learners that a run can be made of. By default the agents of `agents/`.
#[derive(Debug, Default)]
pub struct Registry {
    registered: Vec<Registered>,
    metrics: Vec<MetricDescription>,
}

impl Registry {
    /// The same with another learner. One of the same id takes the place of the one before.
    #[must_use]
    pub fn with(mut self, registered: Registered) -> Self {
        self.registered.retain(|it| it.entry.id != registered.entry.id);
        self.registered.push(registered);
        self
    }

    /// The same, whose runs describe further metrics, which whoever hosts them tells.
    #[must_use]
    pub fn with_metrics(mut self, metrics: impl IntoIterator<Item = MetricDescription>) -> Self {
        self.metrics.extend(metrics);
        self
    }

    /// The metrics that whoever hosts the runs tells.
    pub fn metrics(&self) -> &[MetricDescription] {
        &self.metrics
    }

    /// Everything that can be picked, in the order in which pages list it.
    pub fn catalog(&self) -> Vec<CatalogEntry> {
        let mut entries = agents::registry::catalog();
        entries.retain(|it| self.registered(&it.id).is_none());
        entries.extend(self.registered.iter().map(|it| it.entry.clone()));
        entries
    }

    /// The catalogue entry of an id.
    pub fn find(&self, id: &str) -> Result<CatalogEntry, RunError> {
        match self.registered(id) {
            Some(registered) => Ok(registered.entry.clone()),
            None => agents::registry::find(id).map_err(|error| self.named(error).into()),
        }
    }

    /// Builds the learner of a spec.
    pub fn build(&self, spec: &RunSpec) -> Result<Box<dyn Learner>, RunError> {
        let Some(Registered { entry, build }) = self.registered(&spec.agent.id) else {
            let environment = environments::registry::build(&spec.environment)?;
            return environment.accept(InEnvironment { spec }).map_err(|error| self.named(error).into());
        };
        let refused = |error| agents::registry::BuildError::Parameter { id: entry.id.clone(), error };
        let parameters = Resolved::new(&entry.parameters, &spec.agent.parameters).map_err(refused)?;
        match build {
            Build::Learner(build) => build(&parameters, spec),
            #[cfg(feature = "neural")]
            Build::Batch(build) => {
                let environment = environments::registry::build(&spec.environment)?;
                environment.accept(WithBatch { parameters: &parameters, build, seed: spec.seed }).map_err(|fault| {
                    match fault {
                        BuildFault::Parameter(error) => refused(error).into(),
                        BuildFault::Unsuitable(error) => agents::registry::BuildError::from(error).into(),
                        BuildFault::Elsewhere => {
                            agents::registry::BuildError::WithoutNetworks { id: entry.id.clone() }.into()
                        }
                    }
                })
            }
        }
    }

    fn registered(&self, id: &str) -> Option<&Registered> {
        self.registered.iter().find(|it| it.entry.id == id)
    }

    /// An error that names what is registered here as well.
    fn named(&self, error: agents::registry::BuildError) -> agents::registry::BuildError {
        use agents::registry::BuildError;
        match error {
            BuildError::Unknown { id, .. } => {
                let known: Vec<_> = self.catalog().into_iter().map(|it| it.id).collect();
                BuildError::Unknown { id, known: known.join(", ") }
            }
            error => error,
        }
    }
}

/// Puts the learner together once the environment's type is known.
struct InEnvironment<'a> {
    spec: &'a RunSpec,
}

impl environments::registry::Visitor for InEnvironment<'_> {
    type Output = Result<Box<dyn Learner>, agents::registry::BuildError>;

    fn visit<E: Environment>(self, environment: E) -> Self::Output {
        let seed = self.spec.seed;
        agents::registry::build(&self.spec.agent, environment, agent_seed(seed), Boxing { seed })
    }
}

#[cfg(feature = "neural")]
struct WithBatch<'a> {
    parameters: &'a Resolved,
    build: &'a BuildBatch,
    seed: Seed,
}

#[cfg(feature = "neural")]
impl environments::registry::Visitor for WithBatch<'_> {
    type Output = Result<Box<dyn Learner>, BuildFault>;

    fn visit<E: Environment>(self, environment: E) -> Self::Output {
        let agent = (self.build)(self.parameters, &Setting::of(&environment), agent_seed(self.seed))?;
        Ok(Box::new(Batched::new(&environment, agent, self.seed)))
    }
}

const fn agent_seed(seed: Seed) -> Seed {
    seed.derive(AGENT_STREAM, 0)
}

struct Boxing {
    seed: Seed,
}

impl<E: Environment> agents::registry::Visitor<E> for Boxing {
    type Output = Box<dyn Learner>;

    fn visit<A: Agent<E>>(self, environment: E, agent: A) -> Box<dyn Learner> {
        Box::new(Single::new(environment, agent))
    }

    fn visit_batch(self, environment: E, agent: Box<dyn BatchAgent>) -> Box<dyn Learner> {
        Box::new(Batched::new(&environment, agent, self.seed))
    }
}
