//! Agents that see an environment's observation vector, for environments whose states cannot be counted.
//!
//! As with [`crate::tabular`], they are not generic over the environment; [`Observer`] is the one agent that all of
//! them share.

use crate::agent::{Agent, Divergence, LoadError};
use environments::{ActionMask, Environment, Generator, Step};
use shared::checkpoint::AgentState;
use shared::metric::ReportMetric;
use std::fmt;

/// What an agent is shown of the environment's present state.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The observation vector.
    pub observation: &'a [f32],
    /// The actions that are legal.
    pub legal: ActionMask,
}

/// An [`Agent`] that sees observations; every method is the one of that name there.
#[expect(missing_docs, reason = "documented in Agent, where they are called")]
pub trait Observing: Send + 'static {
    fn begin(&mut self, seen: Seen<'_>);
    fn act(&mut self, seen: Seen<'_>) -> u16;
    /// Somebody else chooses `action` in what is seen.
    fn force(&mut self, seen: Seen<'_>, action: u16);
    fn learn(&mut self, action: u16, step: Step, next: Seen<'_>) -> Result<(), Divergence>;
    fn finish(&mut self) -> Result<(), Divergence>;
    fn greedy(&self, seen: Seen<'_>, generator: &mut Generator) -> u16;
    fn metrics(&self, report: &mut ReportMetric<'_>);
    fn discount(&self) -> f64;
    fn save(&self) -> AgentState;
    /// On an error some of it may have changed: the [`Agent`] puts it back.
    fn load(&mut self, from: &AgentState) -> Result<(), LoadError>;
}

// Not a trait that it builds on: the page would carry the words of every agent.
impl fmt::Debug for dyn Observing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Observing")
    }
}

/// The agent around any agent that sees observations.
#[derive(Debug)]
pub struct Observer {
    agent: Box<dyn Observing>,
    observation: Vec<f32>,
}

impl Observer {
    /// The agent around `agent`, for observations with so many entries.
    pub fn new(agent: impl Observing, entries: usize) -> Self {
        Self { agent: Box::new(agent), observation: vec![0.0; entries] }
    }
}

impl<E: Environment> Agent<E> for Observer {
    fn begin(&mut self, environment: &E) {
        environment.observe(&mut self.observation);
        self.agent.begin(Seen { observation: &self.observation, legal: environment.legal_actions() });
    }

    fn act(&mut self, environment: &E) -> u16 {
        environment.observe(&mut self.observation);
        self.agent.act(Seen { observation: &self.observation, legal: environment.legal_actions() })
    }

    fn force(&mut self, environment: &E, action: u16) {
        environment.observe(&mut self.observation);
        self.agent.force(Seen { observation: &self.observation, legal: environment.legal_actions() }, action);
    }

    fn learn(&mut self, environment: &E, action: u16, step: Step) -> Result<(), Divergence> {
        environment.observe(&mut self.observation);
        self.agent.learn(action, step, Seen { observation: &self.observation, legal: environment.legal_actions() })
    }

    fn finish(&mut self, _: &E) -> Result<(), Divergence> {
        self.agent.finish()
    }

    fn greedy(&self, environment: &E, generator: &mut Generator) -> u16 {
        let mut observation = vec![0.0; self.observation.len()];
        environment.observe(&mut observation);
        self.agent.greedy(Seen { observation: &observation, legal: environment.legal_actions() }, generator)
    }

    fn metrics(&self, report: &mut ReportMetric<'_>) {
        self.agent.metrics(report);
    }

    fn discount(&self) -> f64 {
        self.agent.discount()
    }

    fn save(&self) -> AgentState {
        self.agent.save()
    }

    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let before = self.agent.save();
        let loaded = self.agent.load(from);
        if loaded.is_err() {
            self.agent.load(&before)?;
        }
        loaded
    }
}
