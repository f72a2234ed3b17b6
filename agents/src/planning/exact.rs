//! The exact solution of a model, and how far a learned policy falls short of it: the one computation behind a run's
//! optimal solution, its regret, a sweep's regret and `solve`.
//!
//! ```text
//! which states have a finite value (bounds) -> value iteration, there and back, for a good first policy
//!   -> policy iteration: evaluate (chain: components, sparse LU, sweeps), improve, until nothing is better
//!   -> a bound on the error: what is left of the equations, summed up along the policy
//! ```
//!
//! All of it in pieces, so that a tab goes on meanwhile; and with sums, products and divisions in a fixed order, so that
//! every platform finds the same bits.

mod bounds;
mod chain;
mod direct;
mod graph;
mod improvement;
mod regret;

pub use regret::Regret;

use crate::exploration::action_selection::{self, Ties};
use crate::planning::dynamic_programming;
use bounds::{Bounds, Class};
use chain::{ChainRow, Evaluation, MarkovChain};
use environments::{ActionMask, Model};
use improvement::{Advantage, REST};

/// Sweeps of value iteration after which policy iteration goes on from what there is.
const MOST_SWEEPS: u32 = 1_000;
/// Improvements of a policy after which the rest is taken for rounding, and counts as an error.
const MOST_IMPROVEMENTS: u32 = 300;
/// Value iteration ends when no value changes by more than this share of the greatest in a sweep.
const CLOSE: f64 = 1e-10;
/// Values are exact when their errors are below this share of the greatest.
const EXACT: f64 = 1e-9;
/// Actions whose values differ by less than what is known of them are equally good, and at most by this share of the numbers
/// that make them up.
const TIE: f64 = 1e-10;
/// What rounding may do to a value, as a share of the numbers that make it up.
const ROUNDING: f64 = 32.0 * f64::EPSILON;

/// What solving came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SolverOutcome {
    /// The value of every start state is exact, as far as floating-point numbers go, and so are all other finite ones.
    Exact,
    /// A start state has no finite value: without a discount rewards add up for ever. All finite values are exact.
    Unbounded,
    /// The values did not settle, or some have no defined value; they are no more than an estimate.
    Unsettled,
}

/// The optimal values of a model.
#[expect(clippy::struct_excessive_bools, reason = "each is a finding of its own")]
#[derive(Clone, Debug, Default)]
pub struct Solution {
    gamma: f64,
    /// Optimal value of every state: infinite where it is unbounded, not a number where it is not defined.
    pub v: Vec<f64>,
    /// Optimal action values, `[states][actions]`; 0 for actions that are not legal.
    pub q: Vec<f64>,
    /// An action of every state that together attain the values, `None` where nothing can be chosen.
    pub policy: Vec<Option<u16>>,
    /// Sweeps of value iteration.
    pub sweeps: u32,
    /// Improvements of the policy after them.
    pub improvements: u32,
    /// No finite value is farther from the true one than this; infinite where that is not known.
    error_bound: f64,
    /// Whether every value has a limit: without a discount, rewards may cancel each other for ever.
    pub has_limit: bool,
    /// Whether a value, or what it is made up of, is beyond all floating-point numbers. Such a value is not a number here.
    pub overflows: bool,
    settled: bool,
    bounded: bool,
    /// The optimal actions of every state.
    best: Vec<ActionMask>,
    /// Which states count for [`Self::optimal_states`].
    counted: Vec<bool>,
}

impl Solution {
    /// What solving came to.
    pub const fn outcome(&self) -> SolverOutcome {
        match (self.settled && self.has_limit, self.bounded) {
            (false, _) => SolverOutcome::Unsettled,
            (true, false) => SolverOutcome::Unbounded,
            (true, true) => SolverOutcome::Exact,
        }
    }

    /// No finite value is farther from the true one than this; none where there is none, or nobody knows. It counts that a
    /// discount such as 0.9999999999 is no floating-point number, and the next one stands for it.
    pub fn error_bound(&self) -> Option<f64> {
        let finite = self.v.iter().filter(|value| value.is_finite());
        let greatest = finite.map(|value| value.abs()).reduce(f64::max).filter(|_| self.has_limit)?;
        let of_discount =
            if self.gamma < 1.0 { self.gamma * f64::EPSILON / 2.0 * greatest / (1.0 - self.gamma) } else { 0.0 };
        Some(self.error_bound + of_discount).filter(|bound| bound.is_finite())
    }

    /// The discount.
    pub const fn gamma(&self) -> f64 {
        self.gamma
    }

    /// The expectation of the optimal values over the start states.
    pub fn at_start(&self, model: &Model) -> f64 {
        dynamic_programming::at_start(model, &self.v)
    }

    /// The optimal actions of a state; none where an episode has always ended, or nothing is known of its value.
    pub fn best(&self, state: usize) -> ActionMask {
        self.best.get(state).copied().unwrap_or(ActionMask(0))
    }

    /// Of the states that count (reachable, of finite value, with actions that differ in value), how many have a greedy
    /// action set within the optimal one.
    pub fn optimal_states(&self, model: &Model, learned: &[f64], ties: Ties) -> (u32, u32) {
        let (mut right, mut all) = (0, 0);
        for state in (0..model.states()).filter(|state| self.counted[*state]) {
            let row = &learned[state * model.actions()..(state + 1) * model.actions()];
            let greedy = action_selection::taken(row, model.legal(state), ties);
            right += u32::from(greedy.0 & !self.best[state].0 == 0);
            all += 1;
        }
        (right, all)
    }

    /// What is given away by an action: 0 for those that are optimal, infinite where it leads to endless costs.
    fn gap(&self, model: &Model, state: usize, action: usize) -> f64 {
        if self.best[state].allows(action as u16) {
            return 0.0;
        }
        let advantage = Advantage::of(model.outcomes(state, action), state, &self.v, self.gamma).value;
        if advantage.is_nan() { f64::NAN } else { (-advantage).max(0.0) }
    }
}

/// Solves a model in one go.
pub fn solve(model: &Model, gamma: f64) -> Solution {
    let mut solver = Solver::new(model, gamma);
    loop {
        if let Some(solution) = solver.work(model, &mut usize::MAX.clone()) {
            return solution;
        }
    }
}

/// A solution on the way.
#[derive(Clone, Debug)]
pub struct Solver {
    gamma: f64,
    bounds: Bounds,
    v: Vec<f64>,
    policy: Vec<u16>,
    /// Outcomes of all actions: what a sweep takes.
    outcomes: usize,
    sweeps: u32,
    improvements: u32,
    settled: bool,
    /// What the last improvements were worth that are no longer made.
    left_over: f64,
    /// The greatest mean size of what a state brings at once.
    size: f64,
    stage: SolverStage,
}

#[derive(Clone, Debug)]
enum SolverStage {
    Sweeping,
    Evaluating(MarkovChain, Evaluation),
    Bounding(MarkovChain, Evaluation, Vec<f64>),
}

impl Solver {
    /// Begins to solve a model under a discount.
    pub fn new(model: &Model, gamma: f64) -> Self {
        let (bounds, least) = (Bounds::of(model, gamma), dynamic_programming::lower_bound(model, gamma));
        let pairs = (0..model.states()).flat_map(|state| (0..model.actions()).map(move |action| (state, action)));
        let mut solver = Self {
            gamma,
            v: vec![least; model.states()],
            policy: vec![REST; model.states()],
            outcomes: pairs.map(|(state, action)| model.outcomes(state, action).len()).sum(),
            bounds,
            sweeps: 0,
            improvements: 0,
            settled: true,
            left_over: 0.0,
            size: 0.0,
            stage: SolverStage::Sweeping,
        };
        if gamma >= 1.0 {
            // Values rise from those of any policy that ends; from 0 they would fall, by a step's reward a sweep.
            solver.bounds.choice(model, gamma).mend(&mut solver.policy);
            solver.stage = solver.evaluate(model);
        }
        solver
    }

    /// Goes on for about so many backups, which it takes from `budget`; gives the solution when it is found. What it is at
    /// takes up to a sweep more.
    pub fn work(&mut self, model: &Model, budget: &mut usize) -> Option<Solution> {
        while *budget > 0 {
            match std::mem::replace(&mut self.stage, SolverStage::Sweeping) {
                SolverStage::Sweeping => {
                    *budget = budget.saturating_sub(self.outcomes);
                    if !self.sweep(model) {
                        continue;
                    }
                    let choice = self.bounds.choice(model, self.gamma);
                    choice.states().for_each(|state| self.policy[state] = choice.best(state, &self.v).1);
                    choice.mend(&mut self.policy);
                    self.stage = self.evaluate(model);
                }
                SolverStage::Evaluating(chain, mut evaluation) => {
                    let settled = &mut self.settled;
                    // A policy that never ends is never better than one that does, but for rounding.
                    let mut closed = |_: &[u32], _: &mut [f64]| *settled = false;
                    evaluation.work(&chain, &mut self.v, budget, &mut closed);
                    self.stage = if !evaluation.is_over() {
                        SolverStage::Evaluating(chain, evaluation)
                    } else if self.sweeps == 0 {
                        // A policy that takes too long to end is no better a beginning than nothing.
                        if !evaluation.settled || !self.settled {
                            self.v.fill(0.0);
                            self.settled = true;
                        }
                        SolverStage::Sweeping
                    } else if !evaluation.settled || !self.settled {
                        return Some(self.finish(model, f64::INFINITY));
                    } else {
                        *budget = budget.saturating_sub(self.outcomes);
                        self.improve(model, &chain)
                    };
                }
                SolverStage::Bounding(chain, mut evaluation, mut errors) => {
                    evaluation.work(&chain, &mut errors, budget, &mut |_, _| {});
                    if evaluation.is_over() {
                        let most = self.without_dust(&errors);
                        self.settled &= evaluation.settled;
                        return Some(self.finish(model, most));
                    }
                    self.stage = SolverStage::Bounding(chain, evaluation, errors);
                }
            }
        }
        None
    }

    /// A sweep of value iteration; whether it was the last.
    fn sweep(&mut self, model: &Model) -> bool {
        let choice = self.bounds.choice(model, self.gamma);
        let (mut change, mut scale) = (0.0_f64, 0.0_f64);
        for index in 0..self.v.len() {
            let state = if self.sweeps % 2 == 1 { self.v.len() - 1 - index } else { index };
            if choice.has(state) {
                let value = choice.best(state, &self.v).0;
                change = change.max((value - self.v[state]).abs());
                scale = scale.max(value.abs());
                self.v[state] = value;
            }
        }
        self.sweeps += 1;
        change <= scale * CLOSE || self.sweeps >= MOST_SWEEPS
    }

    fn evaluate(&self, model: &Model) -> SolverStage {
        let chain = self.bounds.choice(model, self.gamma).chain(&self.policy);
        let evaluation = Evaluation::new(&chain);
        SolverStage::Evaluating(chain, evaluation)
    }

    /// Takes a better policy if there is one; bounds the error if not.
    fn improve(&mut self, model: &Model, chain: &MarkovChain) -> SolverStage {
        let mut policy = self.policy.clone();
        let (improved, greatest) = self.bounds.choice(model, self.gamma).improve(&self.v, &mut policy);
        if improved > 0 && self.improvements < MOST_IMPROVEMENTS {
            self.policy = policy;
            self.improvements += 1;
            return self.evaluate(model);
        }
        (self.left_over, self.size) = (greatest, chain.greatest_size());
        let errors = self.errors(model, chain);
        let evaluation = Evaluation::new(&errors);
        SolverStage::Bounding(errors, evaluation, vec![0.0; self.v.len()])
    }

    /// The chain whose values bound the errors: what every state's equation is off by, and what rounding may hide.
    fn errors(&self, model: &Model, chain: &MarkovChain) -> MarkovChain {
        let choice = self.bounds.choice(model, self.gamma);
        MarkovChain::new(self.v.len(), |state, row: &mut ChainRow| match self.policy[state] {
            REST => row.fix(0.0),
            action => {
                let off = chain.error(state, &self.v).abs() + chain.noise(state, &self.v) + self.left_over;
                let outcomes = choice.model.outcomes(state, usize::from(action));
                row.act(state, outcomes, 1.0, self.gamma, |_| off);
            }
        })
    }

    /// Values that are no farther from 0 than from the true ones become 0: sums that cancel leave such dust. Gives the bound
    /// on the errors.
    fn without_dust(&mut self, errors: &[f64]) -> f64 {
        let mut most = 0.0_f64;
        for (value, error) in self.v.iter_mut().zip(errors) {
            let is_dust = *value != 0.0 && value.abs() <= *error && *error <= self.size * EXACT;
            most = most.max(if is_dust { error + value.abs() } else { *error });
            if is_dust {
                *value = 0.0;
            }
        }
        most
    }

    fn finish(&mut self, model: &Model, error_bound: f64) -> Solution {
        let Bounds { classes, rests, .. } = &self.bounds;
        let mut v = std::mem::take(&mut self.v);
        let reachable = model.reachable();
        let undefined = self.bounds.restless(model, &v).iter().any(|state| reachable[*state]);
        for (state, value) in v.iter_mut().enumerate().filter(|(state, _)| classes[*state] != Class::Finite) {
            *value = classes[state].value();
        }
        let mut overflows = false;
        for (value, _) in v.iter_mut().zip(classes).filter(|(it, class)| **class == Class::Finite && !it.is_finite()) {
            (*value, overflows) = (f64::NAN, true);
        }
        let scale = v.iter().filter(|it| it.is_finite()).fold(0.0_f64, |most, it| most.max(it.abs()));
        // What bounds the errors is made up of larger numbers than the values are.
        overflows |= !error_bound.is_finite() && scale > f64::MAX * 1e-3;
        let error_bound = if overflows || error_bound.is_nan() { f64::INFINITY } else { error_bound };
        let begins =
            |wanted: &[Class]| model.start().iter().any(|(state, _)| wanted.contains(&classes[*state as usize]));
        let action = |state: usize| match self.policy[state] {
            REST => rests[state].iter().next().or_else(|| model.choices(state).iter().next()),
            action => Some(action),
        };
        let mut solution = Solution {
            gamma: self.gamma,
            policy: (0..v.len()).map(|state| action(state).filter(|it| model.choices(state).allows(*it))).collect(),
            q: Vec::with_capacity(v.len() * model.actions()),
            best: Vec::with_capacity(v.len()),
            counted: reachable,
            sweeps: self.sweeps,
            improvements: self.improvements,
            has_limit: !undefined && !begins(&[Class::Undefined]),
            overflows,
            settled: self.settled && error_bound <= scale.max(self.size) * EXACT,
            bounded: !begins(&[Class::Above, Class::Below]),
            error_bound,
            v,
        };
        for state in 0..solution.v.len() {
            let best = solution.add_row(model, state);
            solution.counted[state] &= solution.v[state].is_finite() && best != model.choices(state);
            solution.best.push(best);
        }
        if solution.overflows {
            (solution.settled, solution.error_bound) = (false, f64::INFINITY);
        }
        solution
    }
}

impl Solution {
    /// Works out the action values of a state; gives the optimal actions.
    fn add_row(&mut self, model: &Model, state: usize) -> ActionMask {
        let (here, choices) = (self.v[state], model.choices(state));
        let advantages: Vec<_> = (0..model.actions())
            .map(|action| Advantage::of(model.outcomes(state, action), state, &self.v, self.gamma))
            .collect();
        // A state's value is as exact as the numbers are of which its best action's is made up: how large those of other actions are
        // says nothing of it.
        let allowed = advantages.iter().enumerate().filter(|(action, _)| choices.allows(*action as u16));
        let known = allowed.map(|(_, it)| it).filter(|it| it.value.is_finite() && it.magnitude.is_finite());
        let magnitude = known.max_by(|one, other| one.value.total_cmp(&other.value)).map_or(0.0, |it| it.magnitude);
        let mut best = 0;
        for (action, advantage) in advantages.into_iter().enumerate() {
            let outcomes = model.outcomes(state, action);
            let value = if !model.legal(state).allows(action as u16) {
                0.0
            } else if advantage.value.is_finite() {
                here + if advantage.value.abs() <= advantage.noise() { 0.0 } else { advantage.value }
            } else {
                mean_value(outcomes, &self.v, self.gamma)
            };
            let is_known = |it: &environments::model::Outcome| it.terminated || self.v[it.next as usize].is_finite();
            let overflows = choices.allows(action as u16) && !value.is_finite() && outcomes.iter().all(is_known);
            self.overflows |= overflows;
            self.q.push(if overflows { f64::NAN } else { value });
            // Both sides of the difference are known no better than the error's bound tells, and rounded.
            let rounding = (advantage.magnitude + magnitude) * ROUNDING;
            let unknown = (2.0 * self.error_bound).min(TIE * advantage.magnitude) + rounding;
            let close = advantage.value.is_finite() && advantage.value >= -unknown;
            // What is unbounded is as good as anything else that is.
            let tie = if here.is_finite() { close } else { value == here };
            best |= u64::from(tie && choices.allows(action as u16)) << action;
        }
        ActionMask(best)
    }
}

/// The mean of rewards and values of which some are infinite.
fn mean_value(outcomes: &[environments::model::Outcome], v: &[f64], gamma: f64) -> f64 {
    let possible = outcomes.iter().filter(|it| it.probability > 0.0);
    possible
        .map(|it| {
            let later = if it.terminated || gamma == 0.0 { 0.0 } else { gamma * v[it.next as usize] };
            it.probability * (it.reward + later)
        })
        .sum()
}

#[cfg(test)]
mod tests;
