//! The optimal solution beside the learning curve: the exact solution, regret, and the share of optimal states.

use crate::column::narrow;
use agents::agent::TableView;
use agents::planning::dynamic_programming::BackwardInduction;
use agents::planning::exact::{Regret, Solution, Solver, SolverOutcome};
use environments::Model;
use serde::Serialize;
use shared::event::OptimalSolution;

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
pub struct PolicyValue {
    /// Value at the start of the best policy.
    pub optimal_value: f64,
    /// Value at the start of the greedy policy; none where it is unbounded.
    pub greedy_value: Option<f64>,
    /// What the greedy policy loses at the start; none where that is unbounded.
    pub regret: Option<f64>,
    /// States whose greedy actions are all optimal, and states that count.
    pub optimal_states: (u32, u32),
}

/// Why nobody can tell what a policy is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPolicyValue {
    /// Without a discount, rewards add up for ever.
    #[error("the best value at the start is without bound; a discount below 1 bounds it")]
    Unbounded,
    /// The optimal values are no more than an estimate.
    #[error("the optimal values did not settle, or have no limit; a smaller discount gives them one")]
    Unsettled,
    /// The optimal values are known, and that of the policy is not.
    #[error("the value of the greedy policy did not settle; a smaller discount lets it settle sooner")]
    PolicyUnsettled,
}

/// The exact solution of a run's environment under its agent's discount, on the way or found.
#[derive(Debug)]
pub(crate) struct Optimum {
    outcomes: usize,
    horizon: u32,
    stage: OptimumStage,
    regret: Regret,
}

#[derive(Debug)]
enum OptimumStage {
    Values(Box<Solver>),
    Return(Solution, BackwardInduction),
    Solved(Solution, f64),
}

impl Optimum {
    /// Begins to solve a model, unless it is too large; small ones are solved at once.
    pub(crate) fn of(model: &Model, discount: f64, step_limit: Option<u32>) -> Option<Self> {
        if model.states() > MOST_STATES {
            return None;
        }
        let mut optimum = Self {
            outcomes: outcomes(model),
            horizon: step_limit.unwrap_or(MOST_HORIZON).min(MOST_HORIZON),
            stage: OptimumStage::Values(Box::new(Solver::new(model, discount))),
            regret: Regret::default(),
        };
        optimum.work(model, BACKUPS_AT_ONCE);
        Some(optimum)
    }

    /// Whether the solution is found, or known not to be found.
    pub(crate) const fn solved(&self) -> bool {
        matches!(self.stage, OptimumStage::Solved(..))
    }

    /// Goes on solving, for about so many backups; what it is at takes up to a sweep more.
    pub(crate) fn work(&mut self, model: &Model, backups: usize) {
        let mut budget = backups.max(1);
        while budget > 0 && !self.solved() {
            match &mut self.stage {
                OptimumStage::Values(solver) => {
                    if let Some(solution) = solver.work(model, &mut budget) {
                        self.stage = OptimumStage::Return(solution, BackwardInduction::new(model, self.horizon));
                    }
                }
                OptimumStage::Return(solution, induction) => {
                    budget = budget.saturating_sub(self.outcomes);
                    induction.step(model);
                    if induction.settled() {
                        let best_return = induction.at_start(model);
                        self.stage = OptimumStage::Solved(std::mem::take(solution), best_return);
                    }
                }
                OptimumStage::Solved(..) => {}
            }
        }
    }

    /// The best expected return within the step limit, once it is found.
    pub(crate) const fn best_return(&self) -> Option<f64> {
        if let OptimumStage::Solved(_, best_return) = &self.stage { Some(*best_return) } else { None }
    }

    /// How far it came: changes when there is more of the solution to tell.
    pub(crate) const fn progress(&self) -> u64 {
        match self.stage {
            OptimumStage::Values(..) => 0,
            OptimumStage::Return(..) => 1,
            OptimumStage::Solved(..) => 2,
        }
    }

    /// The solution, once it is found; the best return may follow. Values that did not settle are no solution.
    pub(crate) fn told(&self, seconds: f64) -> Option<OptimalSolution> {
        let solution = self.solution()?;
        Some(OptimalSolution {
            v: solution.v.iter().copied().map(narrow).collect(),
            q: solution.q.iter().copied().map(narrow).collect(),
            sweeps: solution.sweeps,
            seconds,
            optimal_return: self.best_return(),
        })
    }

    fn solution(&self) -> Option<&Solution> {
        match &self.stage {
            OptimumStage::Return(solution, _) | OptimumStage::Solved(solution, _)
                if solution.outcome() != SolverOutcome::Unsettled =>
            {
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
        let (OptimumStage::Return(solution, _) | OptimumStage::Solved(solution, _)) = &self.stage else { return None };
        self.regret.of(model, solution, table.q, table.ties, backups)
    }

    /// States whose greedy actions are all optimal, of those that count, once the solution is found.
    pub(crate) fn optimal_states(&self, model: &Model, table: TableView<'_>) -> Option<(u32, u32)> {
        Some(self.solution()?.optimal_states(model, table.q, table.ties))
    }

    /// What the greedy policy is worth in the end, however long that takes.
    ///
    /// # Errors
    /// No value can be told.
    pub(crate) fn worth(&mut self, model: &Model, table: TableView<'_>) -> Result<PolicyValue, NoPolicyValue> {
        while !self.solved() {
            self.work(model, MOST_BACKUPS);
        }
        let solution = self.solution().ok_or(NoPolicyValue::Unsettled)?;
        if solution.outcome() == SolverOutcome::Unbounded {
            return Err(NoPolicyValue::Unbounded);
        }
        let (optimal_value, optimal_states) =
            (solution.at_start(model), solution.optimal_states(model, table.q, table.ties));
        let regret = self.regret_within(model, table, MOST_BACKUPS).ok_or(NoPolicyValue::PolicyUnsettled)?;
        let regret = Some(regret).filter(|it| it.is_finite());
        Ok(PolicyValue { optimal_value, greedy_value: regret.map(|it| optimal_value - it), regret, optimal_states })
    }
}

fn outcomes(model: &Model) -> usize {
    let pairs = (0..model.states()).flat_map(|state| (0..model.actions()).map(move |action| (state, action)));
    pairs.map(|(state, action)| model.outcomes(state, action).len()).sum::<usize>().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use agents::planning::{dynamic_programming, exact};
    use environments::Environment as _;
    use environments::registry;
    use shared::parameter::Value;
    use shared::spec::EnvironmentSpec;

    /// A square of slippery cells: large enough that it cannot be solved at once.
    fn large() -> (Model, Option<u32>) {
        let rows = (0..64).map(|row| if row == 0 { format!("S{}", "F".repeat(63)) } else { "F".repeat(64) });
        let mut rows: Vec<_> = rows.collect();
        rows[63].replace_range(63.., "G");
        let parameters = [("map", Value::Text(rows.join("\n"))), ("slip", Value::Number(0.2))];
        let parameters = parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let environment = registry::build(&EnvironmentSpec { id: "gridworld".into(), parameters }).unwrap();
        (environment.model().unwrap().clone(), environment.describe().step_limit)
    }

    #[test]
    fn what_is_worth_more_than_a_column_holds_is_not_told_as_infinite() {
        let solution = |table: &str| {
            let parameters = [("table".to_owned(), Value::Text(table.into()))].into_iter().collect();
            let environment = registry::build(&EnvironmentSpec { id: "mdp".into(), parameters }).unwrap();
            Optimum::of(environment.model().unwrap(), 1.0, None).unwrap().told(0.0).unwrap()
        };
        let finite = solution("s,go,1,g,1e39,true\ns,stay,1,g,-1e300,true");
        assert_eq!((finite.v[0], finite.q[0], finite.q[1]), (f32::MAX, f32::MAX, f32::MIN));
        assert_eq!(finite.optimal_return, Some(1e39));
        assert_eq!(solution("s,go,1,s,1").v[0], f32::INFINITY);
    }

    #[test]
    fn a_large_environment_is_solved_in_small_pieces_to_the_same_values() {
        let (model, step_limit) = large();
        let mut optimum = Optimum::of(&model, 0.999, step_limit).unwrap();
        assert!(!optimum.solved() && optimum.told(0.0).is_none() && optimum.best_return().is_none());
        let mut pieces = 0;
        while !optimum.solved() {
            optimum.work(&model, 100_000);
            pieces += 1;
        }
        let solution = optimum.told(0.5).unwrap();
        let whole = exact::solve(&model, 0.999);
        assert!(pieces > 3, "{pieces}");
        assert_eq!(solution.sweeps, whole.sweeps);
        assert_eq!(solution.v.0, whole.v.iter().map(|value| *value as f32).collect::<Vec<_>>());
        assert_eq!(solution.optimal_return, Some(dynamic_programming::best_return(&model, step_limit.unwrap())));
    }
}
