//! n-step Tree Backup: off-policy control from n steps without importance sampling (Precup, Sutton and Singh 2000;
//! Sutton and Barto, 2nd edition, section 7.5).
//!
//! Backwards over the last n steps, from `G = r + gamma max_a Q(s',a)` at the newest:
//! `G <- r + gamma [ sum_{a != a'} pi(a|s') Q(s',a) + pi(a'|s') G ]`, then `Q(s,a) <- Q(s,a) + alpha [ G - Q(s,a) ]`.
//! The target policy `pi` is greedy, ties split evenly.

use crate::agent::CurrentState;
use crate::exploration::action_selection;
use crate::learner::{self, TableLearner};
use crate::n_step::{self, NStep, NStepRule};
use crate::trail::TrailStep;
use environments::Step;
use shared::describe::{CatalogEntry, Words};

/// The agent.
pub type TreeBackup = NStep<Tree>;

/// Its rule: a state is worth what the target policy expects of it.
#[derive(Clone, Debug)]
pub enum Tree {}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "tree-backup",
            title: "n-step Tree Backup",
            summary: "Learns the optimal policy from n steps at once while exploring: as long as its own steps were \
                      the best ones it trusts what came of them, elsewhere it trusts its table.",
            equation: "G ← r + γ [ Σ π(a|s′) Q(s′,a) over a ≠ a′, + π(a′|s′) G ];  Q(s,a) ← Q(s,a) + α [ G − Q(s,a) ]",
            source: "Precup, Sutton & Singh 2000; Sutton & Barto, 2nd edition, 7.5",
        },
        n_step::parameters(),
        learner::presets(),
    )
}

impl NStepRule for Tree {
    const TITLE: &'static str = "n-step Tree Backup";

    fn act(learner: &mut TableLearner, current: CurrentState<'_>) -> u16 {
        learner.choose(current.state, current.legal)
    }

    fn bootstrap(learner: &mut TableLearner, step: Step, next: CurrentState<'_>) -> f64 {
        if step.terminated { 0.0 } else { learner.best(next.state, next.legal) }
    }

    fn worth(learner: &TableLearner, moment: &TrailStep, found: f64) -> f64 {
        let row = learner.table.row(moment.state);
        let best = action_selection::best_actions(row, moment.legal);
        let greatest = row[best.0.trailing_zeros() as usize];
        if !best.allows(moment.action) {
            return greatest;
        }
        let share = 1.0 / f64::from(best.count());
        (1.0 - share) * greatest + share * found
    }
}
