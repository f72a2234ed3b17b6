//! Random player: any legal action, each equally likely, or any point of the box. It learns nothing and plays in every
//! environment.

use crate::agent::{Agent, CurrentState};
use crate::batch::{Batch, BatchActionsMut, BatchAgent, MetricSink, Steps};
use crate::error::{BuildFault, Divergence, LoadError};
use crate::exploration::action_selection;
use crate::learner::discount_parameter;
use crate::saved_columns;
use crate::setting::Setting;
use environments::{ActionMask, Generator, Step};
use shared::action::{ActionEntry, ActionSpace};
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::metric::ReportMetric;
use shared::parameter::Resolved;
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct Random {
    gamma: f64,
    generator: Generator,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "random",
            title: "Random player",
            summary: "Does anything that is allowed. Whatever learns should soon be better than this.",
            equation: "π(a|s) = 1 / number of legal actions",
            source: "Sutton & Barto, 2nd edition, example 4.1",
        },
        vec![discount_parameter()],
        vec![],
    )
}

impl Random {
    /// The agent for any environment.
    pub fn build(parameters: &Resolved, _: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        Ok(Self { gamma: parameters.discount("gamma")?.get(), generator: Generator::new(seed) })
    }
}

/// The same where actions are a box: every number of it is uniform within its bounds.
#[derive(Clone, Debug)]
pub struct RandomBox {
    gamma: f64,
    bounds: Vec<ActionEntry>,
    generator: Generator,
}

impl RandomBox {
    /// The agent for an environment whose actions are a box.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let bounds = match &setting.space {
            ActionSpace::Box(entries) => entries.clone(),
            ActionSpace::Discrete(_) => Vec::new(),
        };
        Ok(Self { gamma: parameters.discount("gamma")?.get(), bounds, generator: Generator::new(seed) })
    }
}

/// A point of a box, by chance.
fn draw(bounds: &[ActionEntry], generator: &mut Generator, into: BatchActionsMut<'_>) {
    if let BatchActionsMut::Box(values) = into {
        for (value, ActionEntry { low, high, .. }) in values.iter_mut().zip(bounds.iter().cycle()) {
            *value = (low + (high - low) * generator.unit() as f32).clamp(*low, *high);
        }
    }
}

impl BatchAgent for RandomBox {
    fn copies(&self) -> usize {
        1
    }

    fn act(&mut self, _: Batch<'_>, into: BatchActionsMut<'_>) {
        draw(&self.bounds, &mut self.generator, into);
    }

    fn learn(&mut self, _: Steps<'_>, _: &mut dyn MetricSink) -> Result<(), Divergence> {
        Ok(())
    }

    fn greedy(&mut self, _: Batch<'_>, generator: &mut Generator, into: BatchActionsMut<'_>) {
        draw(&self.bounds, generator, into);
    }

    fn discount(&self) -> f64 {
        self.gamma
    }

    fn save(&self) -> AgentState {
        saved(&self.generator)
    }

    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.generator = restored(from)?;
        Ok(())
    }
}

fn saved(generator: &Generator) -> AgentState {
    let mut state = AgentState::default();
    state.integers.insert("generator".into(), generator.words().to_vec().into());
    state
}

fn restored(from: &AgentState) -> Result<Generator, LoadError> {
    saved_columns::generator(from)?.ok_or(LoadError::Column { column: "generator", expected: 4 })
}

impl Agent for Random {
    fn begin(&mut self, _: CurrentState<'_>) {}

    fn act(&mut self, current: CurrentState<'_>) -> u16 {
        current.legal.nth(self.generator.below(current.legal.count()))
    }

    fn learn(&mut self, _: u16, _: Step, _: CurrentState<'_>) -> Result<(), Divergence> {
        Ok(())
    }

    fn finish(&mut self, _: CurrentState<'_>) -> Result<(), Divergence> {
        Ok(())
    }

    fn greedy(&self, current: CurrentState<'_>, generator: &mut Generator) -> u16 {
        current.legal.nth(generator.below(current.legal.count()))
    }

    fn policy(&self, _: usize, legal: ActionMask, into: &mut [f64]) -> bool {
        action_selection::uniform(legal, into);
        true
    }

    fn metrics(&self, _: &mut ReportMetric<'_>) {}

    fn discount(&self) -> f64 {
        self.gamma
    }

    fn save(&self) -> AgentState {
        saved(&self.generator)
    }

    fn take_over(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.generator = restored(from)?;
        Ok(())
    }
}
