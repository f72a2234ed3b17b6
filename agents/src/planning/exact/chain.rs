//! A policy at work: what every state brings at once and where it leads, and what that comes to in the end.
//!
//! `x(s) = now(s) + sum_t share(s,t) x(t)`, where the shares of a state and what leaves it sum to 1. What leaves, by an end
//! or by the discount, is summed up and never taken as a difference from 1, so that a chance of 1e-11 to end keeps all its
//! digits (the idea of Grassmann, Taksar and Heyman 1985).
//!
//! States that lead to each other are solved together, after all to which they lead: one by a division, some by a sparse
//! LU decomposition with refinement, many by sweeps there and back, and if those are slow by the decomposition, unless it
//! would fill the memory.

use super::direct::Decomposition;
use super::graph::{Components, Edges};
use environments::model::Outcome;

/// So many states that lead to each other are decomposed at once.
const DIRECT_AT_ONCE: usize = 1_000;
/// So many are decomposed after [`PATIENCE`] sweeps, if the decomposition takes no more memory than a tab should.
const DIRECT_AT_MOST: usize = 20_000;
/// Sweeps that are tried first.
const PATIENCE: u32 = 300;
/// Sweeps after which the values count as not settled.
const MOST_SWEEPS: u32 = 50_000;
/// Sweeps without progress after which rounding is all that moves.
const STANDSTILL: u32 = 24;

/// The rows of a chain.
#[derive(Clone, Debug, Default)]
pub(super) struct MarkovChain {
    edges: Edges,
    shares: Vec<f64>,
    /// What leaves every state for good.
    leaving: Vec<f64>,
    /// What it brings at once, on average.
    pub(super) now: Vec<f64>,
    /// The mean size of the numbers of which that is the sum.
    sizes: Vec<f64>,
}

/// One row as it is written.
#[derive(Debug, Default)]
pub(super) struct ChainRow {
    to: Vec<(u32, f64)>,
    leaving: f64,
    now: f64,
    size: f64,
}

impl ChainRow {
    /// The state is worth this, whatever comes.
    pub(super) fn fix(&mut self, value: f64) {
        (self.leaving, self.now, self.size) = (1.0, value, value.abs());
    }

    /// With probability `share` something happens: it ends, or goes on in another state or the same one.
    fn add(&mut self, state: usize, outcome: &Outcome, share: f64, gamma: f64) {
        if outcome.terminated {
            self.leaving += share;
            return;
        }
        self.leaving += share * (1.0 - gamma);
        if outcome.next as usize == state || gamma == 0.0 {
            return;
        }
        match self.to.iter_mut().find(|(to, _)| *to == outcome.next) {
            Some((_, there)) => *there += share * gamma,
            None => self.to.push((outcome.next, share * gamma)),
        }
    }

    /// With probability `share` an action is taken that has these outcomes; `now` of an outcome is what it brings.
    pub(super) fn act(
        &mut self,
        state: usize,
        outcomes: &[Outcome],
        share: f64,
        gamma: f64,
        now: impl Fn(&Outcome) -> f64,
    ) {
        let sum: f64 = outcomes.iter().map(|it| it.probability).sum();
        for outcome in outcomes.iter().filter(|it| it.probability > 0.0) {
            let share = share * outcome.probability / sum;
            let now = now(outcome);
            self.now += share * now;
            self.size += share * now.abs();
            self.add(state, outcome, share, gamma);
        }
    }
}

impl MarkovChain {
    /// The chain whose rows `write` writes.
    pub(super) fn new(states: usize, mut write: impl FnMut(usize, &mut ChainRow)) -> Self {
        let mut chain = Self::default();
        let mut row = ChainRow::default();
        let (shares, leaving) = (&mut chain.shares, &mut chain.leaving);
        let (now, sizes) = (&mut chain.now, &mut chain.sizes);
        chain.edges = Edges::new(states, |state, into| {
            row.to.clear();
            (row.leaving, row.now, row.size) = (0.0, 0.0, 0.0);
            write(state, &mut row);
            into.extend(row.to.iter().map(|(to, _)| *to));
            shares.extend(row.to.iter().map(|(_, share)| *share));
            leaving.push(row.leaving);
            now.push(row.now);
            sizes.push(row.size);
        });
        chain
    }

    pub(super) const fn edges(&self) -> &Edges {
        &self.edges
    }

    fn row(&self, state: usize) -> impl Iterator<Item = (usize, f64)> {
        let range = self.edges.range(state);
        self.edges.of(state).iter().map(|to| *to as usize).zip(self.shares[range].iter().copied())
    }

    /// By how much a state's value is too small, given the others.
    pub(super) fn error(&self, state: usize, x: &[f64]) -> f64 {
        let differences: f64 = self.row(state).map(|(to, share)| share * (x[to] - x[state])).sum();
        self.now[state] - self.leaving[state] * x[state] + differences
    }

    /// What rounding may do to [`Self::error`].
    pub(super) fn noise(&self, state: usize, x: &[f64]) -> f64 {
        let differences: f64 = self.row(state).map(|(to, share)| share * (x[to] - x[state]).abs()).sum();
        (self.sizes[state] + self.leaving[state] * x[state].abs() + differences) * 4.0 * f64::EPSILON
    }

    /// The greatest mean size of what a state brings at once.
    pub(super) fn greatest_size(&self) -> f64 {
        self.sizes.iter().fold(0.0, |most, it| it.max(most))
    }

    /// The value of a state, given the others.
    fn value(&self, state: usize, x: &[f64]) -> f64 {
        let (mut above, mut below) = (self.now[state], self.leaving[state]);
        for (to, share) in self.row(state) {
            above += share * x[to];
            below += share;
        }
        above / below
    }

    /// Whether nobody ever leaves these states, which lead to each other.
    fn is_closed(&self, block: &[u32], components: &Components) -> bool {
        let of = components.of[block[0] as usize];
        block.iter().all(|state| {
            let state = *state as usize;
            self.leaving[state] <= 0.0 && self.edges.of(state).iter().all(|to| components.of[*to as usize] == of)
        })
    }
}

/// The values of a chain, on the way or found.
#[derive(Clone, Debug, Default)]
pub(super) struct Evaluation {
    components: Components,
    next: usize,
    sweeps: u32,
    least_change: f64,
    standing: u32,
    /// Whether every block's values are as good as rounding lets them be.
    pub(super) settled: bool,
}

impl Evaluation {
    /// Begins to evaluate a chain.
    pub(super) fn new(chain: &MarkovChain) -> Self {
        Self {
            components: Components::new(chain.edges()),
            next: 0,
            sweeps: 0,
            least_change: f64::INFINITY,
            standing: 0,
            settled: true,
        }
    }

    /// Whether all values are found, or given up.
    pub(super) const fn is_over(&self) -> bool {
        self.next >= self.components.count()
    }

    /// Goes on for about so many steps of computing, from `x` as a first guess, and takes them from `budget`. Where
    /// states are never left, `closed` writes their values.
    pub(super) fn work(
        &mut self,
        chain: &MarkovChain,
        x: &mut [f64],
        budget: &mut usize,
        closed: &mut dyn FnMut(&[u32], &mut [f64]),
    ) {
        while !self.is_over() && *budget > 0 {
            let block = self.components.members(self.next);
            let cost = block.iter().map(|state| chain.edges.of(*state as usize).len() + 2).sum::<usize>();
            *budget = budget.saturating_sub(cost);
            let over = if chain.is_closed(block, &self.components) {
                closed(block, x);
                true
            } else if let [state] = block {
                x[*state as usize] = chain.value(*state as usize, x);
                true
            } else if Some(self.sweeps) == decomposed_after(block.len()) && decompose(chain, block, x) {
                true
            } else {
                let change = sweep(chain, block, x, self.sweeps);
                self.sweeps += 1;
                self.has_settled(change, scale(block, x))
            };
            if over {
                (self.next, self.sweeps, self.least_change, self.standing) = (self.next + 1, 0, f64::INFINITY, 0);
            }
        }
    }

    /// Whether a block that is being swept need not be any more.
    fn has_settled(&mut self, change: f64, scale: f64) -> bool {
        if change < self.least_change {
            (self.least_change, self.standing) = (change, 0);
        } else {
            self.standing += 1;
        }
        let rounding = change <= scale * 1e-12 && self.standing >= STANDSTILL;
        let over = change <= scale * f64::EPSILON || rounding;
        if !over && self.sweeps >= MOST_SWEEPS {
            self.settled = false;
        }
        over || self.sweeps >= MOST_SWEEPS
    }
}

/// The sweeps after which so many states are decomposed; none if there are too many.
const fn decomposed_after(states: usize) -> Option<u32> {
    if states <= DIRECT_AT_ONCE {
        Some(0)
    } else if states <= DIRECT_AT_MOST {
        Some(PATIENCE)
    } else {
        None
    }
}

fn scale(block: &[u32], x: &[f64]) -> f64 {
    block.iter().fold(0.0, |most, state| x[*state as usize].abs().max(most))
}

/// Backs up every state of a block; every other sweep runs backwards. Gives the greatest change.
fn sweep(chain: &MarkovChain, block: &[u32], x: &mut [f64], sweep: u32) -> f64 {
    let mut most = 0.0_f64;
    for index in 0..block.len() {
        let index = if sweep % 2 == 1 { block.len() - 1 - index } else { index };
        let state = block[index] as usize;
        let value = chain.value(state, x);
        most = most.max((value - x[state]).abs());
        x[state] = value;
    }
    most
}

/// Solves a block as a system of linear equations. Corrections are computed from differences of values, in which no
/// digits are lost, so that even a badly conditioned block ends with values as good as its numbers. Whether it did: where
/// not, the values are as they were.
fn decompose(chain: &MarkovChain, block: &[u32], x: &mut [f64]) -> bool {
    let index = |state: usize| block.binary_search(&(state as u32)).ok();
    let mut entries = Vec::new();
    for (row, state) in block.iter().enumerate() {
        let mut diagonal = chain.leaving[*state as usize];
        for (to, share) in chain.row(*state as usize) {
            diagonal += share;
            entries.extend(index(to).map(|column| (column as u32, row as u32, -share)));
        }
        entries.push((row as u32, row as u32, diagonal));
    }
    let Ok(decomposition) = Decomposition::of(block.len(), entries) else { return false };
    let first: Vec<f64> = block.iter().map(|state| x[*state as usize]).collect();
    let mut correction = vec![0.0; block.len()];
    let mut before = f64::INFINITY;
    for _ in 0..100 {
        for (place, state) in correction.iter_mut().zip(block) {
            *place = chain.error(*state as usize, x);
        }
        decomposition.solve(&mut correction);
        let most = correction.iter().fold(0.0_f64, |most, it| most.max(it.abs()));
        if !most.is_finite() {
            break;
        }
        for (change, state) in correction.iter().zip(block) {
            x[*state as usize] += change;
        }
        let scale = scale(block, x);
        if most <= scale * f64::EPSILON || most <= scale * 1e-12 && most > before / 2.0 {
            return true;
        }
        before = most;
    }
    for (state, first) in block.iter().zip(first) {
        x[*state as usize] = first;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// States that lead to three others each, all over the place, and so slowly out that sweeps take long: their
    /// decomposition would not fit, is tried, and given up.
    #[test]
    fn what_cannot_be_decomposed_is_swept_until_it_has_settled() {
        const STATES: usize = 6_000;
        const LEAVING: f64 = 0.01;
        let next = |state: usize| [7, 131, 1_009].map(|step| (state * step + step) % STATES);
        let solution = |state: usize| 100.0 + (state % 97) as f64;
        let chain = MarkovChain::new(STATES, |state, row| {
            let share = (1.0 - LEAVING) / 3.0;
            row.leaving = LEAVING;
            for to in next(state) {
                if to == state {
                    row.leaving += share;
                } else if let Some((_, there)) = row.to.iter_mut().find(|(it, _)| *it == to as u32) {
                    *there += share;
                } else {
                    row.to.push((to as u32, share));
                }
            }
            row.now = row.leaving * solution(state)
                + row.to.iter().map(|(to, share)| share * (solution(state) - solution(*to as usize))).sum::<f64>();
        });
        let (mut evaluation, mut values) = (Evaluation::new(&chain), vec![0.0; STATES]);
        let greatest =
            (0..evaluation.components.count()).map(|it| evaluation.components.members(it).len()).max().unwrap();
        assert!((DIRECT_AT_ONCE + 1..=DIRECT_AT_MOST).contains(&greatest), "{greatest} states lead to each other");
        let block = (0..evaluation.components.count()).map(|it| evaluation.components.members(it));
        let block = block.max_by_key(|it| it.len()).unwrap().to_vec();
        assert!(!decompose(&chain, &block, &mut values));
        assert!(values.iter().all(|it| *it == 0.0));
        let mut sweeps = 0;
        while !evaluation.is_over() {
            let mut budget = 1;
            evaluation.work(&chain, &mut values, &mut budget, &mut |_, _| unreachable!("every state is left"));
            sweeps = evaluation.sweeps.max(sweeps);
        }
        assert!(sweeps > PATIENCE, "only {sweeps} sweeps");
        assert!(evaluation.settled);
        for (state, value) in values.iter().enumerate() {
            assert!((value - solution(state)).abs() < 1e-9, "{state}: {value}");
        }
    }
}
