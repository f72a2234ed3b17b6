//! Agents that see an environment's observation vector, for environments whose states cannot be counted.
//!
//! [`Observer`] is the one agent that all of them share: it lends them the vector.

use crate::agent::{Agent, CurrentState};
use crate::error::{Divergence, LoadError};
use environments::{ActionMask, Generator, Step};
use shared::checkpoint::AgentState;
use shared::metric::ReportMetric;
use std::fmt;

/// What an agent is shown of the environment's present state.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// The observation vector.
    pub entries: &'a [f32],
    /// The actions that are legal.
    pub legal: ActionMask,
}

/// An [`Agent`] that sees observations; every method is the one of that name there.
#[expect(missing_docs, reason = "documented in Agent, where they are called")]
pub trait Observing: Send + 'static {
    fn begin(&mut self, observation: Observation<'_>);
    fn act(&mut self, observation: Observation<'_>) -> u16;
    /// Somebody else chooses `action` in what it observes.
    fn force(&mut self, observation: Observation<'_>, action: u16);
    fn learn(&mut self, action: u16, step: Step, next: Observation<'_>) -> Result<(), Divergence>;
    fn finish(&mut self) -> Result<(), Divergence>;
    fn greedy(&self, observation: Observation<'_>, generator: &mut Generator) -> u16;
    fn evaluate(&self, observation: &[f32], into: &mut [f64]) -> bool {
        let _ = (observation, into);
        false
    }
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

impl Agent for Observer {
    fn begin(&mut self, current: CurrentState<'_>) {
        current.observe(&mut self.observation);
        self.agent.begin(Observation { entries: &self.observation, legal: current.legal });
    }

    fn act(&mut self, current: CurrentState<'_>) -> u16 {
        current.observe(&mut self.observation);
        self.agent.act(Observation { entries: &self.observation, legal: current.legal })
    }

    fn force(&mut self, current: CurrentState<'_>, action: u16) {
        current.observe(&mut self.observation);
        self.agent.force(Observation { entries: &self.observation, legal: current.legal }, action);
    }

    fn learn(&mut self, action: u16, step: Step, current: CurrentState<'_>) -> Result<(), Divergence> {
        current.observe(&mut self.observation);
        self.agent.learn(action, step, Observation { entries: &self.observation, legal: current.legal })
    }

    fn finish(&mut self, _: CurrentState<'_>) -> Result<(), Divergence> {
        self.agent.finish()
    }

    fn greedy(&self, current: CurrentState<'_>, generator: &mut Generator) -> u16 {
        let mut observation = vec![0.0; self.observation.len()];
        current.observe(&mut observation);
        self.agent.greedy(Observation { entries: &observation, legal: current.legal }, generator)
    }

    fn evaluate(&self, observe: &dyn Fn(&mut [f32]), into: &mut [f64]) -> bool {
        let mut observation = vec![0.0; self.observation.len()];
        observe(&mut observation);
        self.agent.evaluate(&observation, into)
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

    fn take_over(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.agent.load(from)
    }
}
