//! Ground truth beside the learning curve: the exact solution, regret, and the share of optimal states.

use agents::agent::TableView;
use agents::exact::{Outcome, Regret, Solution, Solver};
use agents::planning::BackwardInduction;
use environments::Model;
use serde::Serialize;
use shared::event::Truth;

/// Models with more states than this are not solved.
const MOST_STATES: usize = 100_000;
/// Backups that a run makes before it begins: what is solved then, in a millisecond or two, is known from the first
/// event on. What takes longer is timed by the host.
const BACKUPS_AT_ONCE: usize = 400_000;
/// Backups of policy evaluation per look, so that a look stays short; evaluation goes on at the next one.
const BACKUPS_PER_LOOK: usize = 400_000;
/// Backups after which a policy's value counts as unknown when a run is over, a second or two of computing.
const MOST_BACKUPS: usize = 300_000_000;
/// Steps that the best return looks ahead at most.
const MOST_HORIZON: u32 = 10_000;

/// What a learned policy is worth, under its agent's own discount.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worth {
    /// Value at the start of the best policy.
    pub optimal_value: f64,
    /// Value at the start of the greedy policy; none where it is unbounded.
    pub greedy_value: Option<f64>,
    /// What the greedy policy loses at the start; none where that is unbounded.
    pub regret: Option<f64>,
    /// States whose greedy actions are all optimal, and states that count.
    pub optimal_states: (u32, u32),
}

/// The exact solution of a run's environment under its agent's discount, on the way or found.
#[derive(Debug)]
pub(crate) struct Ground {
    outcomes: usize,
    horizon: u32,
    stage: Stage,
    regret: Regret,
}

#[derive(Debug)]
enum Stage {
    Values(Box<Solver>),
    Return(Solution, BackwardInduction),
    Solved(Solution, f64),
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
            stage: Stage::Values(Box::new(Solver::new(model, discount))),
            regret: Regret::default(),
        };
        ground.work(model, BACKUPS_AT_ONCE);
        Some(ground)
    }

    /// Whether the solution is found, or known not to be found.
    pub(crate) const fn solved(&self) -> bool {
        matches!(self.stage, Stage::Solved(..))
    }

    /// Goes on solving, for about so many backups; what it is at takes up to a sweep more.
    pub(crate) fn work(&mut self, model: &Model, backups: usize) {
        let mut budget = backups.max(1);
        while budget > 0 && !self.solved() {
            match &mut self.stage {
                Stage::Values(solver) => {
                    if let Some(solution) = solver.work(model, &mut budget) {
                        self.stage = Stage::Return(solution, BackwardInduction::new(model, self.horizon));
                    }
                }
                Stage::Return(solution, induction) => {
                    budget = budget.saturating_sub(self.outcomes);
                    induction.step(model);
                    if induction.settled() {
                        let best_return = induction.at_start(model);
                        self.stage = Stage::Solved(std::mem::take(solution), best_return);
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

    /// The solution, once it is found; the best return may follow. Values that did not settle are no solution.
    pub(crate) fn truth(&self, seconds: f64) -> Option<Truth> {
        let solution = self.solution()?;
        Some(Truth {
            v: solution.v.iter().map(|value| *value as f32).collect(),
            q: solution.q.iter().map(|value| *value as f32).collect(),
            sweeps: solution.sweeps,
            seconds,
            optimal_return: self.best_return(),
        })
    }

    fn solution(&self) -> Option<&Solution> {
        match &self.stage {
            Stage::Return(solution, _) | Stage::Solved(solution, _) if solution.outcome() != Outcome::Unsettled => {
                Some(solution)
            }
            _ => None,
        }
    }

    /// The value lost at the start by following the greedy policy, infinite where that is unbounded; none while the
    /// solution or the policy's evaluation has not settled.
    pub(crate) fn regret(&mut self, model: &Model, table: TableView<'_>) -> Option<f64> {
        self.regret_within(model, table, BACKUPS_PER_LOOK)
    }

    fn regret_within(&mut self, model: &Model, table: TableView<'_>, backups: usize) -> Option<f64> {
        let (Stage::Return(solution, _) | Stage::Solved(solution, _)) = &self.stage else { return None };
        self.regret.of(model, solution, table.q, backups)
    }

    /// States whose greedy actions are all optimal, of those that count, once the solution is found.
    pub(crate) fn optimal_states(&self, model: &Model, table: TableView<'_>) -> Option<(u32, u32)> {
        Some(self.solution()?.optimal_states(model, table.q))
    }

    /// What the greedy policy is worth in the end, however long that takes; none where no finite value can be told.
    pub(crate) fn worth(&mut self, model: &Model, table: TableView<'_>) -> Option<Worth> {
        while !self.solved() {
            self.work(model, MOST_BACKUPS);
        }
        let regret = self.regret_within(model, table, MOST_BACKUPS)?;
        let (optimal_value, optimal_states) = (self.solution()?.at_start(model), self.optimal_states(model, table)?);
        let regret = Some(regret).filter(|it| it.is_finite());
        Some(Worth { optimal_value, greedy_value: regret.map(|it| optimal_value - it), regret, optimal_states })
    }
}

fn outcomes(model: &Model) -> usize {
    let pairs = (0..model.states()).flat_map(|state| (0..model.actions()).map(move |action| (state, action)));
    pairs.map(|(state, action)| model.outcomes(state, action).len()).sum::<usize>().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use agents::{exact, planning};
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
    fn a_large_environment_is_solved_in_small_pieces_to_the_same_values() {
        let (model, step_limit) = large();
        let mut ground = Ground::of(&model, 0.999, step_limit).unwrap();
        assert!(!ground.solved() && ground.truth(0.0).is_none() && ground.best_return().is_none());
        let mut pieces = 0;
        while !ground.solved() {
            ground.work(&model, 100_000);
            pieces += 1;
        }
        let truth = ground.truth(0.5).unwrap();
        let whole = exact::solve(&model, 0.999);
        assert!(pieces > 3, "{pieces}");
        assert_eq!(truth.sweeps, whole.sweeps);
        assert_eq!(truth.v.0, whole.v.iter().map(|value| *value as f32).collect::<Vec<_>>());
        assert_eq!(truth.optimal_return, Some(planning::best_return(&model, step_limit.unwrap())));
    }
}
