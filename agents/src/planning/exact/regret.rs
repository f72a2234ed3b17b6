//! What is lost at the start by following a greedy policy: the sum of what each of its actions gives away, along its way.
//! An optimal policy gives nothing away, so it loses exactly 0, and no difference of two large values is ever taken.

use super::Solution;
use super::chain::{ChainRow, Evaluation, MarkovChain};
use crate::exploration::action_selection::{self, Ties};
use environments::{ActionMask, Model};

/// The loss of greedy policies that follow one another, each a first guess of the next.
#[derive(Clone, Debug, Default)]
pub struct Regret {
    lost: Vec<f64>,
}

impl Regret {
    /// The loss of the policy that is greedy in the action values `learned`, ties as it breaks them; infinite where it goes on
    /// giving away for ever, or never gets what an end would bring. None while `backups` steps of computing did not
    /// suffice, or where the optimal values are not known: asked again, it goes on from where it came.
    pub fn of(
        &mut self,
        model: &Model,
        solution: &Solution,
        learned: &[f64],
        ties: Ties,
        backups: usize,
    ) -> Option<f64> {
        let begins = |(state, _): &(u32, f64)| solution.v[*state as usize].is_finite();
        if !solution.settled || !model.start().iter().all(begins) {
            return None;
        }
        let greedy: Vec<ActionMask> = learned
            .chunks(model.actions())
            .enumerate()
            .map(|(state, row)| action_selection::taken(row, model.legal(state), ties))
            .collect();
        let visited = model.visited(|state| greedy[state]);
        let gap = |state: usize| -> f64 {
            let actions = greedy[state];
            let gaps: f64 = actions.iter().map(|action| solution.gap(model, state, usize::from(action))).sum();
            gaps / f64::from(actions.count().max(1))
        };
        let gaps: Vec<f64> = (0..greedy.len()).map(|state| if visited[state] { gap(state) } else { 0.0 }).collect();
        if gaps.iter().any(|it| it.is_nan()) {
            return None;
        }
        if gaps.contains(&f64::INFINITY) {
            return Some(f64::INFINITY);
        }
        if self.lost.len() != gaps.len() || gaps.iter().all(|it| *it == 0.0) {
            self.lost = vec![0.0; gaps.len()];
        }
        let chain = MarkovChain::new(gaps.len(), |state, row: &mut ChainRow| {
            if !visited[state] {
                return row.fix(0.0);
            }
            let share = 1.0 / f64::from(greedy[state].count());
            for action in greedy[state].iter() {
                row.act(state, model.outcomes(state, usize::from(action)), share, solution.gamma, |_| gaps[state]);
            }
        });
        let (mut evaluation, mut budget) = (Evaluation::new(&chain), backups);
        let (mut known, mut bounded) = (true, true);
        let mut closed = |block: &[u32], lost: &mut [f64]| {
            // Who gives something away again and again loses without bound. Who only takes optimal actions rests, and
            // loses what leaving would have brought, which is the same in all states of a place to rest.
            bounded &= block.iter().all(|state| gaps[*state as usize] == 0.0);
            let first = solution.v[block[0] as usize];
            known &= block.iter().all(|state| (solution.v[*state as usize] - first).abs() <= 1e-9 * first.abs());
            for state in block {
                lost[*state as usize] = first.max(0.0);
            }
        };
        evaluation.work(&chain, &mut self.lost, &mut budget, &mut closed);
        if !bounded {
            // What is visited at all is visited with some probability.
            return Some(f64::INFINITY);
        }
        if !evaluation.is_over() || !evaluation.settled || !known {
            return None;
        }
        let begun = model.start().iter().filter(|(_, probability)| *probability > 0.0);
        Some(begun.map(|(state, probability)| probability * self.lost[*state as usize]).sum())
    }
}
