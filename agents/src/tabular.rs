//! Agents that see an environment's states by number.
//!
//! They are not generic over the environment: what they are told of it fits into [`Here`], so that each is compiled
//! once and not once for every environment. Every [`Tabular`] agent is an [`Agent`] of every environment.

use crate::agent::{Agent, Divergence, LoadError, TableView};
use environments::{ActionMask, Environment, Generator, Model, Step};
use shared::checkpoint::AgentState;
use shared::metric::ReportMetric;
use std::fmt;

/// What an agent is told of the environment's present state.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    /// Number of the state.
    pub state: usize,
    /// The actions that are legal in it.
    pub legal: ActionMask,
    /// The environment's exact transition model, where there is one.
    pub model: Option<&'a Model>,
}

impl<'a> Here<'a> {
    #[inline]
    fn of(environment: &'a impl Environment) -> Self {
        Self { state: environment.state(), legal: environment.legal_actions(), model: environment.model() }
    }
}

/// An [`Agent`] that sees states by number; every method is the one of that name there.
#[expect(missing_docs, reason = "documented in Agent, where they are called")]
pub trait Tabular: Send + 'static {
    fn begin(&mut self, here: Here<'_>);
    fn act(&mut self, here: Here<'_>) -> u16;
    fn force(&mut self, here: Here<'_>, action: u16);
    fn learn(&mut self, action: u16, step: Step, here: Here<'_>) -> Result<(), Divergence>;
    fn finish(&mut self, here: Here<'_>) -> Result<(), Divergence>;
    fn greedy(&self, here: Here<'_>, generator: &mut Generator) -> u16;
    fn table(&self) -> Option<TableView<'_>>;
    fn policy(&self, state: usize, legal: ActionMask, into: &mut [f64]) -> bool;
    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64]));
    fn metrics(&self, report: &mut ReportMetric<'_>);
    fn has_forgotten(&self) -> bool {
        false
    }
    fn discount(&self) -> f64;
    fn save(&self) -> AgentState;
    /// On an error some of it may have changed: the [`Agent`] puts it back.
    fn load(&mut self, from: &AgentState) -> Result<(), LoadError>;
}

impl<E: Environment, T: Tabular> Agent<E> for T {
    #[inline]
    fn begin(&mut self, environment: &E) {
        Tabular::begin(self, Here::of(environment));
    }

    #[inline]
    fn act(&mut self, environment: &E) -> u16 {
        Tabular::act(self, Here::of(environment))
    }

    #[inline]
    fn force(&mut self, environment: &E, action: u16) {
        Tabular::force(self, Here::of(environment), action);
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn learn(&mut self, environment: &E, action: u16, step: Step) -> Result<(), Divergence> {
        Tabular::learn(self, action, step, Here::of(environment))
    }

    #[inline]
    fn finish(&mut self, environment: &E) -> Result<(), Divergence> {
        Tabular::finish(self, Here::of(environment))
    }

    fn greedy(&self, environment: &E, generator: &mut Generator) -> u16 {
        Tabular::greedy(self, Here::of(environment), generator)
    }

    fn table(&self) -> Option<TableView<'_>> {
        Tabular::table(self)
    }

    fn policy(&self, state: usize, legal: ActionMask, into: &mut [f64]) -> bool {
        Tabular::policy(self, state, legal, into)
    }

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        Tabular::overlays(self, report);
    }

    fn metrics(&self, report: &mut ReportMetric<'_>) {
        Tabular::metrics(self, report);
    }

    fn has_forgotten(&self) -> bool {
        Tabular::has_forgotten(self)
    }

    fn discount(&self) -> f64 {
        Tabular::discount(self)
    }

    fn save(&self) -> AgentState {
        Tabular::save(self)
    }

    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        load_or_stay(self, from)
    }
}

/// Loads, or leaves the agent as it was. Apart from [`Agent`], so that it is compiled once, not for every environment.
#[inline(never)]
fn load_or_stay(agent: &mut impl Tabular, from: &AgentState) -> Result<(), LoadError> {
    let before = Tabular::save(agent);
    let loaded = Tabular::load(agent, from);
    if loaded.is_err() {
        Tabular::load(agent, &before)?;
    }
    loaded
}

// Not a trait that it builds on: the page would carry the words of every agent.
impl fmt::Debug for dyn Tabular {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tabular")
    }
}

/// Any agent behind one pointer: one type for all whose steps cost more than a call through it.
impl Tabular for Box<dyn Tabular> {
    fn begin(&mut self, here: Here<'_>) {
        (**self).begin(here);
    }

    fn act(&mut self, here: Here<'_>) -> u16 {
        (**self).act(here)
    }

    fn force(&mut self, here: Here<'_>, action: u16) {
        (**self).force(here, action);
    }

    fn learn(&mut self, action: u16, step: Step, here: Here<'_>) -> Result<(), Divergence> {
        (**self).learn(action, step, here)
    }

    fn finish(&mut self, here: Here<'_>) -> Result<(), Divergence> {
        (**self).finish(here)
    }

    fn greedy(&self, here: Here<'_>, generator: &mut Generator) -> u16 {
        (**self).greedy(here, generator)
    }

    fn table(&self) -> Option<TableView<'_>> {
        (**self).table()
    }

    fn policy(&self, state: usize, legal: ActionMask, into: &mut [f64]) -> bool {
        (**self).policy(state, legal, into)
    }

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        (**self).overlays(report);
    }

    fn metrics(&self, report: &mut ReportMetric<'_>) {
        (**self).metrics(report);
    }

    fn has_forgotten(&self) -> bool {
        (**self).has_forgotten()
    }

    fn discount(&self) -> f64 {
        (**self).discount()
    }

    fn save(&self) -> AgentState {
        (**self).save()
    }

    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        (**self).load(from)
    }
}
