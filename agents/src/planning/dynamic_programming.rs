//! Planning with the exact model: what learning is measured against.
//!
//! Value iteration (Sutton and Barto, 2nd edition, section 4.4), in place, and iterative policy evaluation (4.1).

use crate::exploration::action_selection;
use environments::model::Outcome;
use environments::{ActionMask, Model};

/// Sweeps after which an iteration gives up; the residual tells how far it came.
const MOST_SWEEPS: u32 = 100_000;

/// A value function and how it was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueFunction {
    /// Optimal value of every state.
    pub v: Vec<f64>,
    /// Optimal action values, `[states][actions]`.
    pub q: Vec<f64>,
    /// Sweeps over all states.
    pub sweeps: u32,
    /// Greatest change of a value in the last sweep.
    pub residual: f64,
}

/// The expected reward and discounted value after an action with these outcomes.
#[inline]
pub fn backup(outcomes: &[Outcome], v: &[f64], gamma: f64) -> f64 {
    let mut value = 0.0;
    for outcome in outcomes {
        let bootstrap = if outcome.terminated { 0.0 } else { gamma * v[outcome.next as usize] };
        value += outcome.probability * (outcome.reward + bootstrap);
    }
    value
}

/// The value of the best action of a state, from the state values `v`.
pub fn best(model: &Model, state: usize, v: &[f64], gamma: f64) -> f64 {
    let legal = model.legal(state);
    let mut best = f64::NEG_INFINITY;
    for action in 0..model.actions() {
        if legal.allows(action as u16) {
            best = best.max(backup(model.outcomes(state, action), v, gamma));
        }
    }
    best
}

/// No optimal value is below this. With some action every state brings at least `m` on average, so whoever takes those
/// gets at least `m / (1 - gamma)` for ever, or 0 where `m` is not negative. Without a discount nothing is known: 0.
///
/// Values that begin there rise, as far as they are from where rewards are; higher ones would have to fall, by a step's
/// reward a sweep: a square of 300 cells a side takes 3 sweeps there and back instead of 530.
pub fn lower_bound(model: &Model, gamma: f64) -> f64 {
    if gamma >= 1.0 {
        return 0.0;
    }
    let ends = vec![0.0; model.states()];
    let most = (0..model.states()).map(|state| best(model, state, &ends, gamma));
    most.fold(0.0, f64::min) / (1.0 - gamma)
}

/// Value iteration in place until no value changes by more than `tolerance` in a sweep.
pub fn value_iteration(model: &Model, gamma: f64, tolerance: f64) -> ValueFunction {
    let mut iteration = ValueSweeps::new(model, gamma);
    while !iteration.settled(tolerance) {
        iteration.sweep(model, gamma);
    }
    iteration.solution(model, gamma)
}

/// Value iteration in place, a sweep at a time.
#[derive(Clone, Debug, Default)]
pub struct ValueSweeps {
    v: Vec<f64>,
    sweeps: u32,
    residual: f64,
}

impl ValueSweeps {
    /// All values at their [`lower_bound`].
    pub fn new(model: &Model, gamma: f64) -> Self {
        Self { v: vec![lower_bound(model, gamma); model.states()], sweeps: 0, residual: f64::INFINITY }
    }

    /// Backs every state up once; every other sweep runs backwards, so that values cross any environment in a few
    /// sweeps.
    pub fn sweep(&mut self, model: &Model, gamma: f64) {
        self.residual = 0.0;
        for state in there_and_back(model.states(), self.sweeps) {
            let value = best(model, state, &self.v, gamma);
            self.residual = self.residual.max((value - self.v[state]).abs());
            self.v[state] = value;
        }
        self.sweeps += 1;
    }

    /// Whether the last sweep changed no value by more than `tolerance`, or there have been so many that it gives up.
    pub fn settled(&self, tolerance: f64) -> bool {
        self.residual <= tolerance || self.sweeps >= MOST_SWEEPS
    }

    /// The values as they are, and the action values that follow from them.
    pub fn solution(self, model: &Model, gamma: f64) -> ValueFunction {
        let Self { v, sweeps, residual } = self;
        ValueFunction { q: action_values(model, &v, gamma), v, sweeps, residual }
    }
}

/// All states in order, in every other sweep from the last to the first.
fn there_and_back(states: usize, sweep: u32) -> impl Iterator<Item = usize> {
    let backwards = sweep % 2 == 1;
    (0..states).map(move |index| if backwards { states - 1 - index } else { index })
}

/// `q(s,a)` of the state values `v`, `[states][actions]`.
pub fn action_values(model: &Model, v: &[f64], gamma: f64) -> Vec<f64> {
    let pairs = (0..model.states()).flat_map(|state| (0..model.actions()).map(move |action| (state, action)));
    pairs.map(|(state, action)| backup(model.outcomes(state, action), v, gamma)).collect()
}

/// The best expected undiscounted return from the start within `horizon` steps.
pub fn best_return(model: &Model, horizon: u32) -> f64 {
    let mut induction = BackwardInduction::new(model, horizon);
    while !induction.settled() {
        induction.step(model);
    }
    induction.at_start(model)
}

/// Backward induction without a discount, a step at a time.
#[derive(Clone, Debug)]
pub struct BackwardInduction {
    v: Vec<f64>,
    next: Vec<f64>,
    steps_left: u32,
}

impl BackwardInduction {
    /// No step yet of `horizon`.
    pub fn new(model: &Model, horizon: u32) -> Self {
        Self { v: vec![0.0; model.states()], next: vec![0.0; model.states()], steps_left: horizon }
    }

    /// One more step to go from every state.
    pub fn step(&mut self, model: &Model) {
        for (state, value) in self.next.iter_mut().enumerate() {
            *value = best(model, state, &self.v, 1.0);
        }
        let (mut change, mut scale) = (0.0_f64, 0.0_f64);
        for (old, new) in self.v.iter().zip(&self.next) {
            (change, scale) = (change.max((old - new).abs()), scale.max(new.abs()));
        }
        std::mem::swap(&mut self.v, &mut self.next);
        self.steps_left = self.steps_left.saturating_sub(1);
        // No later step changes more than this one did.
        if change * f64::from(self.steps_left) <= scale * 1e-12 {
            self.steps_left = 0;
        }
    }

    /// Whether the horizon is reached, or further steps change nothing.
    pub const fn settled(&self) -> bool {
        self.steps_left == 0
    }

    /// The best expected return from the start.
    pub fn at_start(&self, model: &Model) -> f64 {
        at_start(model, &self.v)
    }
}

/// The expectation of `v` over the start states.
pub fn at_start(model: &Model, v: &[f64]) -> f64 {
    model.start().iter().map(|(state, probability)| probability * v[*state as usize]).sum()
}

/// The values of the policy that is greedy in `q` (ties split evenly), by iterative policy evaluation from `v` as a
/// first guess, until no value of a state that the policy visits changes by more than `tolerance` or `most_sweeps` are
/// over. Returns the greatest change of them in the last sweep. States that it never visits may have no finite value
/// at all: without a discount, a policy that walks in circles there costs more and more.
pub fn evaluate_greedy(model: &Model, q: &[f64], gamma: f64, v: &mut [f64], tolerance: f64, most_sweeps: u32) -> f64 {
    let policy: Vec<ActionMask> = q
        .chunks(model.actions())
        .enumerate()
        .map(|(state, row)| action_selection::best_actions(row, model.legal(state)))
        .collect();
    let visited = model.visited(|state| policy[state]);
    let mut residual = f64::INFINITY;
    for sweep in 0..most_sweeps {
        residual = 0.0_f64;
        for state in there_and_back(model.states(), sweep) {
            let mut value = 0.0;
            for action in 0..model.actions() {
                if policy[state].allows(action as u16) {
                    value += backup(model.outcomes(state, action), v, gamma);
                }
            }
            value /= f64::from(policy[state].count());
            if visited[state] {
                residual = residual.max((value - v[state]).abs());
            }
            v[state] = value;
        }
        if residual <= tolerance {
            break;
        }
    }
    residual
}

#[cfg(test)]
mod tests {
    use super::*;
    use environments::Environment as _;
    use environments::registry;
    use shared::parameter::Parameters;
    use shared::spec::EnvironmentSpec;

    fn web_layout() -> Model {
        let spec = EnvironmentSpec { id: "gridworld".into(), parameters: Parameters::new() };
        registry::build(&spec).unwrap().model().unwrap().clone()
    }

    #[test]
    fn the_web_layout_is_worth_8_64_at_the_start() {
        let solution = value_iteration(&web_layout(), 0.99, 1e-12);
        // Eight moves: seven times -0.1 and then 10, discounted.
        let discount = libm::pow(0.99, 7.0);
        let exact = 10.0 * discount - 0.1 * (1.0 - discount) / (1.0 - 0.99);
        assert!((solution.v[0] - exact).abs() < 1e-9, "{}", solution.v[0]);
        assert!((best_return(&web_layout(), 100) - 9.3).abs() < 1e-12);
    }

    #[test]
    fn values_rise_from_their_lower_bound_to_where_sweeps_from_zero_end() {
        // A corridor of 300 states from whose right end a reward is far; every other sweep runs that way.
        let model = Model::build(300, 2, vec![(0, 1.0)], |state, action, into| {
            let next = if action == 0 { state.saturating_sub(1) } else { (state + 1).min(299) };
            let reward = if next == 299 { 10.0 } else { -0.1 };
            into.push(Outcome { terminated: next == 299, ..Outcome::certain(next, reward) });
        })
        .unwrap();
        assert!((lower_bound(&model, 0.99) + 10.0).abs() < 1e-12);
        let solution = value_iteration(&model, 0.99, 1e-12);
        let mut from_zero = ValueSweeps { v: vec![0.0; 300], ..ValueSweeps::new(&model, 0.99) };
        while !from_zero.settled(1e-12) {
            from_zero.sweep(&model, 0.99);
        }
        assert!(solution.sweeps <= 3 && from_zero.sweeps > 100, "{} and {}", solution.sweeps, from_zero.sweeps);
        for (risen, fallen) in solution.v.iter().zip(&from_zero.v) {
            assert!((risen - fallen).abs() < 1e-9, "{risen} and {fallen}");
        }
        assert!(lower_bound(&model, 1.0).abs() < 1e-12 && lower_bound(&web_layout(), 0.9) > -1.0 - 1e-9);
    }

    #[test]
    fn the_optimal_policy_evaluates_to_the_optimal_values() {
        let model = web_layout();
        let solution = value_iteration(&model, 0.99, 1e-12);
        let mut v = vec![0.0; model.states()];
        evaluate_greedy(&model, &solution.q, 0.99, &mut v, 1e-12, 10_000);
        for (evaluated, optimal) in v.iter().zip(&solution.v) {
            assert!((evaluated - optimal).abs() < 1e-9);
        }
    }

    #[test]
    fn a_policy_is_worth_something_without_a_discount_though_it_would_circle_where_it_never_comes() {
        let model = web_layout();
        let mut q = value_iteration(&model, 1.0, 1e-12).q;
        // Down along the left edge; in the uppermost row, which that way never sees, up against the wall for ever.
        let (up, right) = (0, 3);
        q[right] = -100.0;
        for state in 1..5 {
            q[state * 4 + up] = 100.0;
        }
        let mut v = vec![0.0; model.states()];
        assert!(evaluate_greedy(&model, &q, 1.0, &mut v, 1e-9, 1_000) <= 1e-9);
        assert!((at_start(&model, &v) - 9.3).abs() < 1e-9, "{}", at_start(&model, &v));
    }
}
