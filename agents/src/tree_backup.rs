//! n-step Tree Backup: off-policy control from n steps without importance sampling (Precup, Sutton and Singh 2000;
//! Sutton and Barto, 2nd edition, section 7.5).
//!
//! Backwards over the last n steps, from `G = r + gamma max_a Q(s',a)` at the newest:
//! `G <- r + gamma [ sum_{a != a'} pi(a|s') Q(s',a) + pi(a'|s') G ]`, then `Q(s,a) <- Q(s,a) + alpha [ G - Q(s,a) ]`.
//! The target policy `pi` is greedy, ties split evenly.

use crate::agent::{BuildFault, Divergence, LoadError};
use crate::explore;
use crate::learner::{self, Learner, LearnerDefaults, Learning, Setting};
use crate::n_step_sarsa::steps_parameter;
use crate::tabular::Here;
use crate::trail::{Moment, Trail};
use environments::Step;
use shared::checkpoint::AgentState;
use shared::describe::CatalogEntry;
use shared::parameter::Resolved;
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct TreeBackup {
    learner: Learner,
    /// The last steps, at most n.
    trail: Trail,
    n: usize,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = Learner::parameters(LearnerDefaults::default());
    parameters.insert(2, steps_parameter(4));
    CatalogEntry {
        id: "tree-backup".into(),
        title: "n-step Tree Backup".into(),
        summary: "Learns the optimal policy from n steps at once while exploring: as long as its own steps were the \
                  best ones it trusts what came of them, elsewhere it trusts its table."
            .into(),
        equation: "G ← r + γ [ Σ π(a|s′) Q(s′,a) over a ≠ a′, + π(a′|s′) G ];  Q(s,a) ← Q(s,a) + α [ G − Q(s,a) ]"
            .into(),
        source: "Precup, Sutton & Singh 2000; Sutton & Barto, 2nd edition, 7.5".into(),
        parameters,
        presets: learner::presets(),
    }
}

impl TreeBackup {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let learner = Learner::build(parameters, setting, seed, "n-step Tree Backup")?;
        let n = parameters.integer("n")? as usize;
        Ok(Self { learner, trail: Trail::with_capacity(n), n })
    }

    /// The value of a moment's state to the target policy, if its action is worth `value`.
    fn expected(&self, moment: &Moment, value: f64) -> f64 {
        let row = self.learner.table.row(moment.state);
        let best = explore::best_actions(row, moment.legal);
        let greatest = row[best.0.trailing_zeros() as usize];
        if !best.allows(moment.action) {
            return greatest;
        }
        let share = 1.0 / f64::from(best.count());
        (1.0 - share) * greatest + share * value
    }

    /// Learns about the oldest step of the trail, which leads to a state worth `bootstrap`, and lets go of it.
    fn learn_oldest(&mut self, bootstrap: f64) -> Result<(), Divergence> {
        let gamma = self.learner.gamma;
        let mut found = 0.0;
        let mut after = bootstrap;
        for moment in self.trail.iter().rev() {
            found = moment.reward + gamma * after;
            after = self.expected(moment, found);
        }
        let Some(oldest) = self.trail.pop() else { return Ok(()) };
        let error = found - self.learner.table.get(oldest.state, oldest.action);
        self.learner.learn(oldest.state, oldest.action, error)
    }
}

impl Learning for TreeBackup {
    fn learner(&self) -> &Learner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut Learner {
        &mut self.learner
    }

    fn begin(&mut self, _: Here<'_>) {
        self.trail.clear();
    }

    fn learn(&mut self, action: u8, step: Step, next: Here<'_>) -> Result<(), Divergence> {
        let Learner { state, legal, .. } = self.learner;
        self.trail.push(Moment { state, legal, action, reward: step.reward, note: 0.0 });
        let bootstrap = if step.terminated { 0.0 } else { self.learner.best(next.state, next.legal) };
        while self.trail.len() == self.n || (step.ended() && !self.trail.is_empty()) {
            self.learn_oldest(bootstrap)?;
        }
        Ok(())
    }

    fn save_more(&self, into: &mut AgentState) {
        self.trail.save(into);
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.trail.load(from, self.learner.table.states(), self.learner.table.actions())
    }
}
