//! Random player: any legal action, each equally likely. It learns nothing and plays in every world.

use crate::agent::{BuildFault, Divergence, LoadError, TableView};
use crate::explore;
use crate::learner::{Setting, discount_parameter};
use crate::table;
use crate::tabular::{Here, Tabular};
use environments::{ActionMask, Generator, Step};
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

impl Tabular for Random {
    fn begin(&mut self, _: Here<'_>) {}

    fn act(&mut self, here: Here<'_>) -> u8 {
        here.legal.nth(self.generator.below(here.legal.count()))
    }

    fn force(&mut self, _: Here<'_>, _: u8) {}

    fn learn(&mut self, _: u8, _: Step, _: Here<'_>) -> Result<(), Divergence> {
        Ok(())
    }

    fn finish(&mut self, _: Here<'_>) -> Result<(), Divergence> {
        Ok(())
    }

    fn greedy(&self, here: Here<'_>, generator: &mut Generator) -> u8 {
        here.legal.nth(generator.below(here.legal.count()))
    }

    fn table(&self) -> Option<TableView<'_>> {
        None
    }

    fn policy(&self, _: usize, legal: ActionMask, into: &mut [f64]) -> bool {
        explore::uniform(legal, into);
        true
    }

    fn overlays(&self, _: &mut dyn FnMut(&'static str, &[f64])) {}

    fn metrics(&self, _: &mut ReportMetric<'_>) {}

    fn discount(&self) -> f64 {
        self.gamma
    }

    fn save(&self) -> AgentState {
        let mut state = AgentState::default();
        state.integers.insert("generator".into(), self.generator.words().to_vec().into());
        state
    }

    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let generator = table::generator(from)?;
        self.generator = generator.ok_or(LoadError::Column { column: "generator", expected: 4 })?;
        Ok(())
    }
}
