//! Off-policy Monte Carlo control by weighted importance sampling (Sutton and Barto, 2nd edition, section 5.7).
//!
//! When an episode ends, backwards over its steps, with `W = 1` at the newest: `G <- r + gamma G`, `C(s,a) <- C(s,a) + W`,
//! `Q(s,a) <- Q(s,a) + W / C(s,a) [ G - Q(s,a) ]`; then, as long as a is the greedy action, `W <- W / b(a|s)` with the
//! probability `b` with which exploration chose it. An episode that was cut off counts the best value of its last state;
//! of one that is very long only the newest steps are learned from ([`crate::trail::MOST_STEPS`]).

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence, LoadError};
use crate::exploration::action_selection;
use crate::exploration::behaviour::ExplorationHyperparameters;
use crate::learner::{Learning, TableHyperparameters, TableLearner, preset};
use crate::saved_columns;
use crate::setting::Setting;
use crate::trail::{Trail, TrailStep};
use environments::Step;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::Resolved;
use shared::quantity::Seed;

/// Weights above this are not followed further back: sums with them would lose the others.
const HEAVIEST: f64 = 1e100;

/// The agent.
#[derive(Clone, Debug)]
pub struct OffPolicyMonteCarlo {
    learner: TableLearner,
    /// The episode so far; the note of a step is the probability of its action.
    trail: Trail,
    /// Sum of the weights of each pair.
    weights: Vec<f64>,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "off-policy-monte-carlo",
            title: "Off-policy Monte Carlo",
            summary: "Behaves one way and learns about another: an episode counts more for the greedy policy the less \
                      likely exploration was to play it. Only the ends of episodes teach, so it takes long.",
            equation: "Q(s,a) ← Q(s,a) + W / C(s,a) [ G − Q(s,a) ];  W ← W / b(a|s) while a is greedy",
            source: "Sutton & Barto, 2nd edition, 5.7",
        },
        TableHyperparameters {
            rate: None,
            exploration: Some(ExplorationHyperparameters::constant(0.3)),
            ..TableHyperparameters::default()
        }
        .parameters(),
        vec![preset("curious", &[("epsilon", 0.6)]), preset("steady", &[("epsilon", 0.1)])],
    )
}

impl OffPolicyMonteCarlo {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let learner = TableLearner::build(parameters, setting, seed, "Off-policy Monte Carlo")?;
        Ok(Self { weights: vec![0.0; learner.table.values().len()], trail: Trail::default(), learner })
    }

    fn learn_episode(&mut self, bootstrap: f64) -> Result<(), Divergence> {
        let Self { learner: it, trail, weights } = self;
        let (mut found, mut weight) = (bootstrap, 1.0);
        for moment in trail.iter().rev() {
            found = moment.reward + it.gamma * found;
            let sum = &mut weights[it.table.pair(moment.state, moment.action)];
            let value = it.table.get(moment.state, moment.action);
            let next = value + weight / (*sum + weight) * (found - value);
            let set = it.table.set(moment.state, moment.action, next);
            set.map_err(|fault| fault.advising(Divergence::SMALLER_DISCOUNT))?;
            it.table.show_error(moment.state, found - value);
            *sum += weight;
            let greedy = action_selection::best_actions(it.table.row(moment.state), moment.legal).0.trailing_zeros();
            weight /= moment.note;
            if greedy != u32::from(moment.action) || weight > HEAVIEST {
                break;
            }
        }
        Ok(())
    }
}

impl Learning for OffPolicyMonteCarlo {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn begin(&mut self, _: CurrentState<'_>) {
        self.trail.clear();
    }

    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        let TableLearner { state, legal, .. } = self.learner;
        let note = self.learner.probability(state, legal, action);
        self.trail.push(TrailStep { state, legal, action, reward: step.reward, note });
        self.learner.rate(state, action);
        self.learner.table.visit(state);
        if !step.ended() {
            return Ok(());
        }
        self.learn_episode(if step.terminated { 0.0 } else { self.learner.best(next.state, next.legal) })
    }

    fn has_forgotten(&self) -> bool {
        self.trail.has_forgotten()
    }

    fn save_more(&self, into: &mut AgentState) {
        self.trail.save(into);
        into.numbers.insert("weights".into(), self.weights.clone().into());
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.trail.load(from, self.learner.table.states(), self.learner.table.actions())?;
        self.weights = saved_columns::numbers(from, "weights", self.weights.len())?.to_vec();
        Ok(())
    }
}
