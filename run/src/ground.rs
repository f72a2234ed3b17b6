//! Ground truth beside the learning curve: the exact solution, regret, and the share of optimal states.

use agents::agent::TableView;
use agents::planning::{self, Solution};
use environments::Model;
use shared::event::Truth;

/// Models with more outcomes than this are not solved inside a run.
const MOST_OUTCOMES: usize = 400_000;
/// Backups of policy evaluation per look, so that a look stays short; evaluation goes on at the next one.
const BACKUPS_PER_LOOK: usize = 400_000;
/// Values closer than this are the same for regret.
const TOLERANCE: f64 = 1e-7;

/// The exact solution of a run's world under its agent's discount.
#[derive(Debug)]
pub(crate) struct Ground {
    solution: Solution,
    best_return: f64,
    counted: Vec<bool>,
    /// Values of the greedy policy as evaluated so far: the next evaluation starts from them.
    policy_values: Vec<f64>,
}

impl Ground {
    /// Solves a model, unless it is too large.
    pub(crate) fn of(model: &Model, discount: f64, step_limit: Option<u32>) -> Option<Self> {
        let outcomes = outcomes(model);
        if outcomes > MOST_OUTCOMES {
            return None;
        }
        let solution = planning::value_iteration(model, discount, 1e-10);
        Some(Self {
            best_return: planning::best_return(model, step_limit.unwrap_or(10_000).min(10_000)),
            counted: planning::counted_states(model, &solution.q),
            policy_values: vec![0.0; model.states()],
            solution,
        })
    }

    pub(crate) const fn best_return(&self) -> f64 {
        self.best_return
    }

    pub(crate) fn truth(&self) -> Truth {
        Truth {
            v: self.solution.v.iter().map(|value| *value as f32).collect(),
            q: self.solution.q.iter().map(|value| *value as f32).collect(),
            sweeps: self.solution.sweeps,
        }
    }

    /// The value lost at the start by following the greedy policy; none while its evaluation has not settled.
    pub(crate) fn regret(&mut self, model: &Model, discount: f64, table: TableView<'_>) -> Option<f64> {
        let sweeps = (BACKUPS_PER_LOOK / outcomes(model)).clamp(2, 4000) as u32;
        let values = &mut self.policy_values;
        let residual = planning::evaluate_greedy(model, table.q, discount, values, TOLERANCE, sweeps);
        let regret = planning::at_start(model, &self.solution.v) - planning::at_start(model, values);
        (residual <= TOLERANCE).then_some(regret.max(0.0))
    }

    pub(crate) fn optimal_states(&self, model: &Model, table: TableView<'_>) -> (u32, u32) {
        planning::optimal_states(model, &self.counted, table.q, &self.solution.q)
    }
}

fn outcomes(model: &Model) -> usize {
    let pairs = (0..model.states()).flat_map(|state| (0..model.actions()).map(move |action| (state, action)));
    pairs.map(|(state, action)| model.outcomes(state, action).len()).sum::<usize>().max(1)
}
