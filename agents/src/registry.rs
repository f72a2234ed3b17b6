//! The registry: every agent by its id. A new one is a module and a line here.

use crate::agent::Agent;
use crate::batch::BatchAgent;
use crate::error::{BuildFault, Unsuitable};
#[cfg(feature = "neural")]
use crate::neural::Placement;
use crate::observing::Observer;
use crate::setting::Setting;
use environments::Environment;
#[cfg(feature = "neural")]
use networks::Approximator;
use networks::Architecture;
use shared::action::ActionSpace;
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterError, Resolved};
use shared::quantity::Seed;
use shared::spec::AgentSpec;

/// An agent that cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AgentBuildError {
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
    /// It acts in several copies of an environment at once, as agents with networks do, and this program was built without
    /// the feature `neural`.
    #[error("{id} acts in several copies of an environment at once, and this program was built without such agents")]
    WithoutNetworks {
        /// The agent.
        id: String,
    },
}

impl AgentBuildError {
    /// Why the agent of this id cannot be built.
    pub fn of(id: &str, fault: BuildFault) -> Self {
        match fault {
            BuildFault::Parameter(error) => Self::Parameter { id: id.into(), error },
            BuildFault::Network(fault) => Self::Parameter { id: id.into(), error: fault.into() },
            BuildFault::Unsuitable(error) => error.into(),
            BuildFault::Elsewhere => Self::WithoutNetworks { id: id.into() },
        }
    }
}

/// Code that works with any agent: dynamic choice happens here, once, and never in the step loop.
pub trait AgentVisitor<E: Environment> {
    /// What it makes.
    type Output;
    /// Gets the environment and the agent as the types that they are.
    fn visit<A: Agent + ?Sized>(self, environment: E, agent: Box<A>) -> Self::Output;
    /// Gets the environment and an agent that acts in several copies of it.
    fn visit_batch(self, environment: E, agent: Box<dyn BatchAgent>) -> Self::Output;
}

/// A registered agent.
struct RegisteredAgent {
    catalog: fn() -> CatalogEntry,
    build: AgentBuild,
}

/// How an agent is built.
enum AgentBuild {
    /// By this function.
    Always(fn(&Resolved, &Setting<'_>, Seed) -> Result<Built, BuildFault>),
    /// By a program with networks; every program knows whether it would be.
    WithNetworks {
        suits: fn(&Resolved, &Setting<'_>) -> Result<(), BuildFault>,
        network: fn(&Resolved, &Setting<'_>) -> Result<Architecture, BuildFault>,
        #[cfg(feature = "neural")]
        build: fn(&Resolved, &Setting<'_>, Seed) -> Result<Built, BuildFault>,
    },
}

macro_rules! registry {
    (
        alone { $( $alone:ident :: $alone_type:ident ; )+ }
        together { $( $together:ident :: $together_type:ident ; )* }
        players { $( $player:ident :: $player_type:ident, $box_player_type:ident ; )* }
        observing { $( $observing:ident :: $observing_type:ident ; )* }
        neural { $( $batch:ident :: $batch_type:ident ; )* }
    ) => {
        /// A built agent, as the type that visitors get.
        enum Built {
            $( $alone_type(Box<crate::algorithms::$alone::$alone_type>), )+
            Together(Box<dyn Agent>),
            #[cfg(feature = "neural")]
            Batch(Box<dyn BatchAgent>),
        }

        impl Built {
            fn accept<E: Environment, V: AgentVisitor<E>>(self, environment: E, visitor: V) -> V::Output {
                match self {
                    $( Self::$alone_type(agent) if E::QUICK => visitor.visit(environment, agent), )+
                    $( Self::$alone_type(agent) => visitor.visit(environment, agent as Box<dyn Agent>), )+
                    Self::Together(agent) => visitor.visit(environment, agent),
                    #[cfg(feature = "neural")]
                    Self::Batch(agent) => visitor.visit_batch(environment, agent),
                }
            }
        }

        /// In the order in which pages list them.
        const ENTRIES: &[RegisteredAgent] = &[
            $( RegisteredAgent {
                catalog: crate::algorithms::$alone::catalog,
                build: AgentBuild::Always(|parameters, setting, seed| {
                    setting.few_actions(&crate::algorithms::$alone::catalog().title)?;
                    let agent = crate::algorithms::$alone::$alone_type::build(parameters, setting, seed)?;
                    Ok(Built::$alone_type(Box::new(agent)))
                }),
            }, )+
            $( RegisteredAgent {
                catalog: crate::algorithms::$together::catalog,
                build: AgentBuild::Always(|parameters, setting, seed| {
                    setting.few_actions(&crate::algorithms::$together::catalog().title)?;
                    let agent = crate::algorithms::$together::$together_type::build(parameters, setting, seed)?;
                    Ok(Built::Together(Box::new(agent)))
                }),
            }, )*
            $( RegisteredAgent {
                catalog: crate::algorithms::$player::catalog,
                build: AgentBuild::Always(|parameters, setting, seed| {
                    if matches!(setting.space, ActionSpace::Box(_)) {
                        let agent = crate::algorithms::$player::$box_player_type::build(parameters, setting, seed)?;
                        return together(agent);
                    }
                    setting.few_actions(&crate::algorithms::$player::catalog().title)?;
                    let agent = crate::algorithms::$player::$player_type::build(parameters, setting, seed)?;
                    Ok(Built::Together(Box::new(agent)))
                }),
            }, )*
            $( RegisteredAgent {
                catalog: crate::algorithms::$observing::catalog,
                build: AgentBuild::Always(|parameters, setting, seed| {
                    setting.few_actions(&crate::algorithms::$observing::catalog().title)?;
                    let agent = crate::algorithms::$observing::$observing_type::build(parameters, setting, seed)?;
                    Ok(Built::Together(Box::new(Observer::new(agent, setting.observation.len()))))
                }),
            }, )*
            $( RegisteredAgent {
                catalog: crate::neural::$batch::catalog,
                build: AgentBuild::WithNetworks {
                    suits: crate::neural::$batch::suits,
                    network: crate::neural::$batch::network,
                    #[cfg(feature = "neural")]
                    build: |parameters, setting, seed| {
                        let agent = crate::neural::$batch::$batch_type::build(parameters, setting, seed)?;
                        Ok(Built::Batch(Box::new(agent)))
                    },
                },
            }, )*
        ];

        /// Builds the agent with networks of this id, with its networks wherever `place` puts them.
        ///
        /// # Errors
        /// Where it cannot be built for the setting, or no agent with networks has this id.
        #[cfg(feature = "neural")]
        pub fn build_placed<N: Approximator>(
            id: &str,
            parameters: &Resolved,
            setting: &Setting<'_>,
            seed: Seed,
            place: &Placement<'_, N>,
        ) -> Result<Box<dyn BatchAgent>, BuildFault> {
            $( if id == crate::neural::$batch::catalog().id {
                let agent = crate::neural::$batch::$batch_type::<N>::placed(parameters, setting, seed, place)?;
                return Ok(Box::new(agent));
            } )*
            Err(BuildFault::Elsewhere)
        }
    };
}

// Alone: visitors are compiled for this type in quick environments, for the fastest steps. Together: they are compiled
// once for all of these, which keeps a page small; a call through a pointer costs little beside what their steps do.
// Players: the same, with another type where actions are a box. Observing: the same for those that see observations
// instead of states. Neural: those with networks, which act in several copies of an environment at once.
registry! {
    alone {
        q_learning::QLearning;
        sarsa::Sarsa;
        expected_sarsa::ExpectedSarsa;
    }
    together {
        double_q_learning::DoubleQLearning;
        n_step_sarsa::NStepSarsa;
        tree_backup::TreeBackup;
        sarsa_lambda::SarsaLambda;
        watkins_q_lambda::WatkinsQLambda;
        monte_carlo::MonteCarlo;
        off_policy_monte_carlo::OffPolicyMonteCarlo;
        dyna_q::DynaQ;
        dyna_q_plus::DynaQPlus;
        prioritised_sweeping::PrioritisedSweeping;
        actor_critic::ActorCritic;
        reinforce::Reinforce;
        successor::Successor;
        value_iteration::ValueIteration;
        policy_iteration::PolicyIteration;
        bandit::BanditAgent;
        gradient_bandit::GradientBandit;
        greedy_table::GreedyTable;
    }
    players {
        random::Random, RandomBox;
    }
    observing {
        linear_sarsa::LinearSarsa;
        linear_sarsa_lambda::LinearSarsaLambda;
        linear_q_learning::LinearQLearning;
        cross_entropy::CrossEntropy;
    }
    neural {
        dqn::Dqn;
        ppo::Ppo;
        a2c::A2c;
        reinforce::NeuralReinforce;
    }
}

/// Everything that can be picked, in the order in which pages list it.
pub fn catalog() -> Vec<CatalogEntry> {
    ENTRIES.iter().map(|entry| (entry.catalog)()).collect()
}

/// Builds the agent of a spec for an environment and hands both to the visitor.
pub fn build<E: Environment, V: AgentVisitor<E>>(
    spec: &AgentSpec,
    environment: E,
    seed: Seed,
    visitor: V,
) -> Result<V::Output, AgentBuildError> {
    let agent = built(spec, &Setting::of(&environment), seed)?;
    Ok(agent.accept(environment, visitor))
}

/// States up to which [`Suited`] really builds agents: more than any agent refuses, far fewer than weigh.
const MOST_STATES_TRIED: usize = 3_000;

/// A visitor of environments that tells of every agent whether [`build`] would succeed, and why not; nothing is
/// compiled for the pairs.
#[derive(Clone, Debug)]
pub struct Suited<'a>(pub Vec<&'a AgentSpec>);

impl environments::registry::EnvironmentVisitor for Suited<'_> {
    type Output = Vec<Result<(), AgentBuildError>>;

    fn visit<E: Environment>(self, environment: E) -> Self::Output {
        let whole = Setting::of(&environment);
        let light = Setting { states: whole.states.min(MOST_STATES_TRIED), ..whole.clone() };
        // Refusals name the environment's real size, and come before anything is made.
        self.0.into_iter().map(|spec| check(spec, &light).or_else(|_| check(spec, &whole))).collect()
    }
}

/// Why an agent cannot be built, if it cannot.
fn check(spec: &AgentSpec, setting: &Setting<'_>) -> Result<(), AgentBuildError> {
    let (build, resolved) = looked_up(spec)?;
    match build {
        AgentBuild::Always(build) => match build(&resolved, setting, Seed::default()) {
            Ok(_) | Err(BuildFault::Elsewhere) => Ok(()),
            Err(fault) => Err(fault),
        },
        AgentBuild::WithNetworks { suits, .. } => suits(&resolved, setting),
    }
    .map_err(|fault| AgentBuildError::of(&spec.id, fault))
}

fn built(spec: &AgentSpec, setting: &Setting<'_>, seed: Seed) -> Result<Built, AgentBuildError> {
    let (build, resolved) = looked_up(spec)?;
    match build {
        AgentBuild::Always(build) => {
            build(&resolved, setting, seed).map_err(|fault| AgentBuildError::of(&spec.id, fault))
        }
        #[cfg(feature = "neural")]
        AgentBuild::WithNetworks { build, .. } => {
            build(&resolved, setting, seed).map_err(|fault| AgentBuildError::of(&spec.id, fault))
        }
        #[cfg(not(feature = "neural"))]
        AgentBuild::WithNetworks { suits, .. } => match suits(&resolved, setting) {
            Ok(()) => Err(AgentBuildError::of(&spec.id, BuildFault::Elsewhere)),
            Err(fault) => Err(AgentBuildError::of(&spec.id, fault)),
        },
    }
}

/// How an agent is built, and its parameters, checked and complete.
fn looked_up(spec: &AgentSpec) -> Result<(&'static AgentBuild, Resolved), AgentBuildError> {
    let (entry, catalog) = ENTRIES
        .iter()
        .map(|entry| (entry, (entry.catalog)()))
        .find(|(_, catalog)| catalog.id == spec.id)
        .ok_or_else(|| unknown(&spec.id))?;
    let resolved = Resolved::new(&catalog.parameters, &spec.parameters);
    Ok((&entry.build, resolved.map_err(|error| AgentBuildError::Parameter { id: spec.id.clone(), error })?))
}

/// An agent that acts in several copies of an environment at once, in a program that has such agents.
#[cfg(feature = "neural")]
#[expect(clippy::unnecessary_wraps, reason = "other programs refuse")]
fn together(agent: impl BatchAgent + 'static) -> Result<Built, BuildFault> {
    Ok(Built::Batch(Box::new(agent)))
}

#[cfg(not(feature = "neural"))]
fn together(_: impl BatchAgent) -> Result<Built, BuildFault> {
    Err(BuildFault::Elsewhere)
}

/// The network with which the agent of a spec would begin to learn; none where it learns without one.
///
/// # Errors
/// Where its parameters make no network, or none for this setting.
pub fn network(spec: &AgentSpec, setting: &Setting<'_>) -> Result<Option<Architecture>, BuildFault> {
    let entries = ENTRIES.iter().map(|it| (&it.build, (it.catalog)()));
    match entries.into_iter().find(|(_, catalog)| catalog.id == spec.id) {
        Some((AgentBuild::WithNetworks { network, .. }, catalog)) => {
            network(&Resolved::new(&catalog.parameters, &spec.parameters)?, setting).map(Some)
        }
        Some((AgentBuild::Always(_), _)) | None => Ok(None),
    }
}

/// Whether an agent learns with a network, which only programs with the feature `neural` have.
pub fn has_network(id: &str) -> bool {
    ENTRIES.iter().any(|it| matches!(it.build, AgentBuild::WithNetworks { .. }) && (it.catalog)().id == id)
}

/// The catalog entry of an id.
pub fn find(id: &str) -> Result<CatalogEntry, AgentBuildError> {
    catalog().into_iter().find(|entry| entry.id == id).ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> AgentBuildError {
    let known: Vec<_> = catalog().into_iter().map(|entry| entry.id).collect();
    AgentBuildError::Unknown { id: id.chars().take(60).collect(), known: known.join(", ") }
}
