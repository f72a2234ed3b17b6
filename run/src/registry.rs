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
use agents::batch::BatchAgent;
use agents::error::BuildFault;
use agents::registry::AgentBuildError;
use agents::setting::Setting;
use environments::Environment;
use shared::describe::CatalogEntry;
use shared::event::Exactness;
use shared::metric::MetricDescription;
use shared::parameter::Resolved;
use shared::quantity::Seed;
use shared::spec::RunSpec;
use std::fmt;

type BuildLearner = dyn Fn(&Resolved, &RunSpec, Exactness) -> Result<Box<dyn Learner>, RunError> + Send + Sync;

/// A learner that is registered from outside.
pub struct Registered {
    entry: CatalogEntry,
    build: Box<BuildLearner>,
    exactness: Exactness,
}

impl Registered {
    /// Anything that makes progress. `build` gets the agent's parameters, checked and complete, and the whole spec.
    pub fn learner(
        entry: CatalogEntry,
        build: impl Fn(&Resolved, &RunSpec) -> Result<Box<dyn Learner>, RunError> + Send + Sync + 'static,
    ) -> Self {
        let build = move |parameters: &Resolved, spec: &RunSpec, _: Exactness| build(parameters, spec);
        Self { entry, build: Box::new(build), exactness: Exactness::Exact }
    }

    /// An agent that acts in any environment of the environments' registry with discrete actions, at most 64. `build` gets its
    /// parameters, checked and complete, what it is built for, and the seed of its chance.
    ///
    /// ```
    /// use agents::agent::{Agent, CurrentState};
    /// use agents::{Divergence, LoadError};
    /// use environments::{Generator, Step};
    /// use run::registry::{Registered, Registry};
    /// use run::Run;
    /// use shared::checkpoint::AgentState;
    /// use shared::describe::{CatalogEntry, Words};
    /// use shared::metric::ReportMetric;
    /// use shared::{Command, RunSpec, Seed};
    /// use std::sync::Arc;
    ///
    /// /// Takes the first action that is legal, and learns nothing.
    /// struct First;
    ///
    /// impl Agent for First {
    ///     fn begin(&mut self, _: CurrentState<'_>) {}
    ///     fn act(&mut self, current: CurrentState<'_>) -> u16 {
    ///         current.legal.nth(0)
    ///     }
    ///     fn learn(&mut self, _: u16, _: Step, _: CurrentState<'_>) -> Result<(), Divergence> {
    ///         Ok(())
    ///     }
    ///     fn finish(&mut self, _: CurrentState<'_>) -> Result<(), Divergence> {
    ///         Ok(())
    ///     }
    ///     fn greedy(&self, current: CurrentState<'_>, _: &mut Generator) -> u16 {
    ///         current.legal.nth(0)
    ///     }
    ///     fn metrics(&self, _: &mut ReportMetric<'_>) {}
    ///     fn discount(&self) -> f64 {
    ///         1.0
    ///     }
    ///     fn save(&self) -> AgentState {
    ///         AgentState::default()
    ///     }
    ///     fn take_over(&mut self, _: &AgentState) -> Result<(), LoadError> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let words = Words { id: "first", title: "First", summary: "Takes the first action.", equation: "", source: "" };
    /// let entry = CatalogEntry::new(&words, vec![], vec![]);
    /// let registry = Registry::default().with(Registered::agent(entry, |_, _, _| Ok(Box::new(First))));
    /// let mut run = Run::of(Arc::new(registry), RunSpec::new("blackjack", "first", Seed::default()))?;
    /// run.command(Command::Resume { until_episode: None });
    /// assert_eq!(run.advance(1_000), 1_000);
    /// # Ok::<(), run::RunError>(())
    /// ```
    pub fn agent(
        entry: CatalogEntry,
        build: impl Fn(&Resolved, &Setting<'_>, Seed) -> Result<Box<dyn Agent>, BuildFault> + Send + Sync + 'static,
    ) -> Self {
        let (id, title) = (entry.id.clone(), entry.title.clone());
        let build = move |parameters: &Resolved, spec: &RunSpec, exactness| {
            let environment = environments::registry::build(&spec.environment)?;
            let build = |setting: &Setting<'_>| {
                setting.few_actions(&title)?;
                build(parameters, setting, agent_seed(spec.seed))
            };
            let built = environment.accept(WithAgent { build, exactness });
            Ok(built.map_err(|fault| AgentBuildError::of(&id, fault))?)
        };
        Self { entry, build: Box::new(build), exactness: Exactness::Exact }
    }

    /// An agent that acts in several copies of any environment of the environments' registry. `build` gets its parameters,
    /// checked and complete, what it is built for, and the seed of its chance.
    pub fn batch(
        entry: CatalogEntry,
        build: impl Fn(&Resolved, &Setting<'_>, Seed) -> Result<Box<dyn BatchAgent>, BuildFault> + Send + Sync + 'static,
    ) -> Self {
        let id = entry.id.clone();
        let build = move |parameters: &Resolved, spec: &RunSpec, exactness| {
            let environment = environments::registry::build(&spec.environment)?;
            let seed = spec.seed;
            let build = |setting: &Setting<'_>| build(parameters, setting, agent_seed(seed));
            let built = environment.accept(WithBatch { build, seed, exactness });
            Ok(built.map_err(|fault| AgentBuildError::of(&id, fault))?)
        };
        Self { entry, build: Box::new(build), exactness: Exactness::Exact }
    }

    /// The same, of an [agent](Self::agent) or a [batch agent](Self::batch) whose device or library does not give the same bits everywhere.
    /// Other learners say so themselves.
    #[must_use]
    pub const fn seeded(mut self) -> Self {
        self.exactness = Exactness::Seeded;
        self
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Registered({})", self.entry.id)
    }
}

/// What is asked of the agents of `agents/`, behind pointers: a program that does without them does not contain them.
#[derive(Clone, Copy)]
struct Agents {
    catalog: fn() -> Vec<CatalogEntry>,
    find: fn(&str) -> Result<CatalogEntry, AgentBuildError>,
    build: fn(&RunSpec) -> Result<Box<dyn Learner>, RunError>,
}

/// All learners that a run can be made of. By default the agents of `agents/`.
pub struct Registry {
    agents: Option<Agents>,
    registered: Vec<Registered>,
    metrics: Vec<MetricDescription>,
}

impl Default for Registry {
    fn default() -> Self {
        let agents = Agents { catalog: agents::registry::catalog, find: agents::registry::find, build: build_agent };
        Self { agents: Some(agents), ..Self::empty() }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Registry").field("registered", &self.registered).finish_non_exhaustive()
    }
}

impl Registry {
    /// Nothing but what is registered.
    pub const fn empty() -> Self {
        Self { agents: None, registered: Vec::new(), metrics: Vec::new() }
    }

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
        let mut entries = self.agents.map(|it| (it.catalog)()).unwrap_or_default();
        entries.retain(|it| self.registered(&it.id).is_none());
        entries.extend(self.registered.iter().map(|it| it.entry.clone()));
        entries
    }

    /// The catalogue entry of an id.
    pub fn find(&self, id: &str) -> Result<CatalogEntry, RunError> {
        match (self.registered(id), self.agents) {
            (Some(registered), _) => Ok(registered.entry.clone()),
            (None, Some(agents)) => (agents.find)(id).map_err(|error| self.named(error).into()),
            (None, None) => Err(self.unknown(id).into()),
        }
    }

    /// Builds the learner of a spec.
    pub fn build(&self, spec: &RunSpec) -> Result<Box<dyn Learner>, RunError> {
        let Some(Registered { entry, build, exactness }) = self.registered(&spec.agent.id) else {
            let agents = self.agents.ok_or_else(|| self.unknown(&spec.agent.id))?;
            return (agents.build)(spec).map_err(|error| match error {
                RunError::Agent(error) => self.named(error).into(),
                error => error,
            });
        };
        let parameters = Resolved::new(&entry.parameters, &spec.agent.parameters)
            .map_err(|error| AgentBuildError::Parameter { id: entry.id.clone(), error })?;
        build(&parameters, spec, *exactness)
    }

    fn registered(&self, id: &str) -> Option<&Registered> {
        self.registered.iter().find(|it| it.entry.id == id)
    }

    fn unknown(&self, id: &str) -> AgentBuildError {
        let known: Vec<_> = self.catalog().into_iter().map(|it| it.id).collect();
        AgentBuildError::Unknown { id: id.chars().take(60).collect(), known: known.join(", ") }
    }

    /// An error that names what is registered here as well.
    fn named(&self, error: AgentBuildError) -> AgentBuildError {
        match error {
            AgentBuildError::Unknown { id, .. } => self.unknown(&id),
            error => error,
        }
    }
}

/// Builds a learner of an agent of `agents/`.
fn build_agent(spec: &RunSpec) -> Result<Box<dyn Learner>, RunError> {
    let environment = environments::registry::build(&spec.environment)?;
    Ok(environment.accept(LearnerInEnvironment { spec })?)
}

/// Puts the learner together once the environment's type is known.
struct LearnerInEnvironment<'a> {
    spec: &'a RunSpec,
}

impl environments::registry::EnvironmentVisitor for LearnerInEnvironment<'_> {
    type Output = Result<Box<dyn Learner>, AgentBuildError>;

    fn visit<E: Environment>(self, environment: E) -> Self::Output {
        let seed = self.spec.seed;
        agents::registry::build(&self.spec.agent, environment, agent_seed(seed), Boxing { seed })
    }
}

/// Builds an agent from outside for an environment.
struct WithAgent<F> {
    build: F,
    exactness: Exactness,
}

impl<F: FnOnce(&Setting<'_>) -> Result<Box<dyn Agent>, BuildFault>> environments::registry::EnvironmentVisitor
    for WithAgent<F>
{
    type Output = Result<Box<dyn Learner>, BuildFault>;

    fn visit<E: Environment>(self, environment: E) -> Self::Output {
        let agent = (self.build)(&Setting::of(&environment))?;
        Ok(Box::new(Single::new(environment, agent, self.exactness)))
    }
}

/// Builds a batch agent from outside for an environment.
struct WithBatch<F> {
    build: F,
    seed: Seed,
    exactness: Exactness,
}

impl<F: FnOnce(&Setting<'_>) -> Result<Box<dyn BatchAgent>, BuildFault>> environments::registry::EnvironmentVisitor
    for WithBatch<F>
{
    type Output = Result<Box<dyn Learner>, BuildFault>;

    fn visit<E: Environment>(self, environment: E) -> Self::Output {
        let agent = (self.build)(&Setting::of(&environment))?;
        Ok(Box::new(Batched::new(&environment, agent, self.seed).with_exactness(self.exactness)))
    }
}

const fn agent_seed(seed: Seed) -> Seed {
    seed.derive(AGENT_STREAM, 0)
}

struct Boxing {
    seed: Seed,
}

impl<E: Environment> agents::registry::AgentVisitor<E> for Boxing {
    type Output = Box<dyn Learner>;

    fn visit<A: Agent + ?Sized>(self, environment: E, agent: Box<A>) -> Box<dyn Learner> {
        Box::new(Single::new(environment, agent, Exactness::Exact))
    }

    fn visit_batch(self, environment: E, agent: Box<dyn BatchAgent>) -> Box<dyn Learner> {
        Box::new(Batched::new(&environment, agent, self.seed))
    }
}
