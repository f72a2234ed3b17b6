//! Ground truth beside the learning curve: the exact solution, regret, and the share of optimal states.

use agents::agent::TableView;
use agents::planning::{self, BackwardInduction, Solution, ValueIteration};
use environments::Model;
use shared::event::Truth;

/// Models with more states than this are not solved.
const MOST_STATES: usize = 100_000;
/// Backups that a run makes before it begins: what is solved then, in a millisecond or two, is known from the first event
/// on. What takes longer is timed by the host.
const BACKUPS_AT_ONCE: usize = 400_000;
/// Backups of policy evaluation per look, so that a look stays short; evaluation goes on at the next one.
const BACKUPS_PER_LOOK: usize = 400_000;
/// Values closer than this are the same for regret.
const TOLERANCE: f64 = 1e-7;
/// Values this close to the optimal ones are the solution.
const EXACT: f64 = 1e-10;
/// Steps that the best return looks ahead at most.
const MOST_HORIZON: u32 = 10_000;

/// The exact solution of a run's world under its agent's discount, on the way or found.
#[derive(Debug)]
pub(crate) struct Ground {
    outcomes: usize,
    horizon: u32,
    stage: Stage,
    /// Values of the greedy policy as evaluated so far: the next evaluation starts from them.
    policy_values: Vec<f64>,
}

#[derive(Debug)]
enum Stage {
    Values(ValueIteration),
    Return(Found, BackwardInduction),
    Solved(Found, f64),
}

#[derive(Debug, Default)]
struct Found {
    solution: Solution,
    counted: Vec<bool>,
}

impl Ground {
    /// Begins to solve a model, unless it is too large; small ones are solved at once.
    pub(crate) fn of(model: &Model, discount: f64, step_limit: Option<u32>) -> Option<Self> {
        if model.states() > MOST_STATES {
            return None;
        }
        let mut ground = Self {
            outcomes: outcomes(model),
            horizon: step_limit.unwrap_or(MOST_HORIZON).min(MOST_HORIZON),
            stage: Stage::Values(ValueIteration::new(model, discount)),
            policy_values: vec![0.0; model.states()],
        };
        ground.work(model, discount, BACKUPS_AT_ONCE);
        Some(ground)
    }

    /// Whether the solution is found.
    pub(crate) const fn solved(&self) -> bool {
        matches!(self.stage, Stage::Solved(..))
    }

    /// Goes on solving, for about so many backups and at least a sweep.
    pub(crate) fn work(&mut self, model: &Model, discount: f64, backups: usize) {
        let mut sweeps = (backups / self.outcomes).max(1);
        while sweeps > 0 && !self.solved() {
            sweeps -= 1;
            match &mut self.stage {
                Stage::Values(iteration) => {
                    iteration.sweep(model, discount);
                    if iteration.settled(EXACT) {
                        let iteration = std::mem::take(iteration);
                        let solution = iteration.solution(model, discount);
                        let counted = planning::counted_states(model, &solution.q);
                        let induction = BackwardInduction::new(model, self.horizon);
                        self.stage = Stage::Return(Found { solution, counted }, induction);
                    }
                }
                Stage::Return(found, induction) => {
                    induction.step(model);
                    if induction.settled() {
                        let best_return = induction.at_start(model);
                        let found = std::mem::take(found);
                        self.stage = Stage::Solved(found, best_return);
                    }
                }
                Stage::Solved(..) => {}
            }
        }
    }

    /// The best expected return within the step limit, once it is found.
    pub(crate) const fn best_return(&self) -> Option<f64> {
        if let Stage::Solved(_, best_return) = &self.stage { Some(*best_return) } else { None }
    }

    /// How far it came: changes when there is more of the truth to tell.
    pub(crate) const fn progress(&self) -> u64 {
        match self.stage {
            Stage::Values(..) => 0,
            Stage::Return(..) => 1,
            Stage::Solved(..) => 2,
        }
    }

    /// The solution, once it is found; the best return may follow.
    pub(crate) fn truth(&self, seconds: f64) -> Option<Truth> {
        let Found { solution, .. } = self.found()?;
        Some(Truth {
            v: solution.v.iter().map(|value| *value as f32).collect(),
            q: solution.q.iter().map(|value| *value as f32).collect(),
            sweeps: solution.sweeps,
            seconds,
            optimal_return: self.best_return(),
        })
    }

    const fn found(&self) -> Option<&Found> {
        match &self.stage {
            Stage::Values(..) => None,
            Stage::Return(found, _) | Stage::Solved(found, _) => Some(found),
        }
    }

    /// The value lost at the start by following the greedy policy; none while the solution or the policy's evaluation has
    /// not settled.
    pub(crate) fn regret(&mut self, model: &Model, discount: f64, table: TableView<'_>) -> Option<f64> {
        let (Stage::Return(found, _) | Stage::Solved(found, _)) = &self.stage else { return None };
        let sweeps = (BACKUPS_PER_LOOK / self.outcomes).clamp(2, 4000) as u32;
        let values = &mut self.policy_values;
        let residual = planning::evaluate_greedy(model, table.q, discount, values, TOLERANCE, sweeps);
        let regret = planning::at_start(model, &found.solution.v) - planning::at_start(model, values);
        (residual <= TOLERANCE).then_some(regret.max(0.0))
    }

    /// States whose greedy actions are all optimal, of those that count, once the solution is found.
    pub(crate) fn optimal_states(&self, model: &Model, table: TableView<'_>) -> Option<(u32, u32)> {
        let Found { solution, counted } = self.found()?;
        Some(planning::optimal_states(model, counted, table.q, &solution.q))
    }
}

fn outcomes(model: &Model) -> usize {
    let pairs = (0..model.states()).flat_map(|state| (0..model.actions()).map(move |action| (state, action)));
    pairs.map(|(state, action)| model.outcomes(state, action).len()).sum::<usize>().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use environments::Environment;
    use environments::registry::{self, Visitor};
    use shared::parameter::Value;
    use shared::spec::EnvironmentSpec;

    struct ModelOf;
    impl Visitor for ModelOf {
        type Output = (Model, Option<u32>);
        fn visit<E: Environment>(self, environment: E) -> Self::Output {
            (environment.model().unwrap().clone(), environment.describe().step_limit)
        }
    }

    /// A square of slippery cells: large enough that it cannot be solved at once.
    fn large() -> (Model, Option<u32>) {
        let rows = (0..64).map(|row| if row == 0 { format!("S{}", "F".repeat(63)) } else { "F".repeat(64) });
        let mut rows: Vec<_> = rows.collect();
        rows[63].replace_range(63.., "G");
        let parameters = [("map", Value::Text(rows.join("\n"))), ("slip", Value::Number(0.2))];
        let parameters = parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        registry::build(&EnvironmentSpec { id: "gridworld".into(), parameters }).unwrap().accept(ModelOf)
    }

    #[test]
    fn a_large_world_is_solved_in_small_pieces_to_the_same_values() {
        let (model, step_limit) = large();
        let mut ground = Ground::of(&model, 0.999, step_limit).unwrap();
        assert!(!ground.solved() && ground.truth(0.0).is_none() && ground.best_return().is_none());
        let mut pieces = 0;
        while !ground.solved() {
            ground.work(&model, 0.999, 100_000);
            pieces += 1;
        }
        let truth = ground.truth(0.5).unwrap();
        let whole = planning::value_iteration(&model, 0.999, EXACT);
        assert!(pieces > 3, "{pieces}");
        assert_eq!(truth.sweeps, whole.sweeps);
        assert_eq!(truth.v.0, whole.v.iter().map(|value| *value as f32).collect::<Vec<_>>());
        assert_eq!(truth.optimal_return, Some(planning::best_return(&model, step_limit.unwrap())));
    }
}
