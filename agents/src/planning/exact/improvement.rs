//! Policies, and how one is made better: Howard's step (1960), by advantages.

use super::chain::{ChainRow, MarkovChain};
use super::graph::{Edges, lasting, may_end};
use environments::model::Outcome;
use environments::{ActionMask, Model};
use std::collections::VecDeque;

/// In place of an action: the episode goes on for ever without a reward that counts, and is worth nothing from here on.
pub(super) const REST: u16 = u16::MAX;

/// Which policies there are to choose from.
#[derive(Clone, Copy, Debug)]
pub(super) struct PolicyChoice<'a> {
    pub(super) model: &'a Model,
    pub(super) gamma: f64,
    /// The actions of every state; none for states that are left out.
    pub(super) actions: &'a [ActionMask],
    /// Where resting is possible: the actions that do it.
    pub(super) rests: &'a [ActionMask],
}

/// How much more an action is worth than its state, and how large the numbers are of which that is the difference.
#[derive(Clone, Copy, Debug)]
pub(super) struct Advantage {
    pub(super) value: f64,
    pub(super) magnitude: f64,
}

impl Advantage {
    pub(super) fn of(outcomes: &[Outcome], state: usize, v: &[f64], gamma: f64) -> Self {
        let here = v[state];
        let (mut value, mut magnitude, mut sum) = (0.0, 0.0, 0.0);
        for it in outcomes.iter().filter(|it| it.probability > 0.0) {
            let (gain, there) = if it.terminated {
                (it.reward - here, 0.0)
            } else {
                let there = v[it.next as usize];
                (it.reward + gamma * (there - here) - (1.0 - gamma) * here, gamma * there)
            };
            value += it.probability * gain;
            magnitude += it.probability * (it.reward.abs() + there.abs() + here.abs());
            sum += it.probability;
        }
        Self { value: value / sum, magnitude: magnitude / sum }
    }

    /// What rounding may have added.
    pub(super) const fn noise(self) -> f64 {
        self.magnitude * super::ROUNDING
    }
}

impl<'a> PolicyChoice<'a> {
    /// Whether a state takes part.
    pub(super) fn has(&self, state: usize) -> bool {
        self.actions[state].0 | self.rests[state].0 != 0
    }

    /// The states that take part.
    pub(super) fn states(&self) -> impl Iterator<Item = usize> + use<'a> {
        let choice = *self;
        (0..self.actions.len()).filter(move |state| choice.has(*state))
    }

    /// The greatest value of an action of a state, and the action.
    pub(super) fn best(&self, state: usize, v: &[f64]) -> (f64, u16) {
        let mut best = if self.rests[state].0 == 0 { (f64::NEG_INFINITY, REST) } else { (0.0, REST) };
        for action in self.actions[state].iter() {
            let value = crate::planning::dynamic_programming::backup(
                self.model.outcomes(state, usize::from(action)),
                v,
                self.gamma,
            );
            // Where resting is as good, an action may be better later.
            if value > best.0 || best.1 == REST && value >= best.0 {
                best = (value, action);
            }
        }
        best
    }

    /// Puts the policy right where it would go on for ever and resting is not what it does: from such states it goes to
    /// those from where it ends. With a discount nothing needs to end.
    pub(super) fn mend(&self, policy: &mut [u16]) {
        if self.gamma < 1.0 {
            return;
        }
        let before = Edges::new(policy.len(), |state, into| {
            for action in self.actions[state].iter() {
                into.extend(lasting(self.model, state, usize::from(action)).map(|next| next as u32));
            }
        })
        .reversed();
        let leads = |state: usize, action: u16, ending: &[bool]| {
            let action = usize::from(action);
            may_end(self.model, state, action) || lasting(self.model, state, action).any(|next| ending[next])
        };
        // The action with which a state ends, given those from which it does.
        let way = |state: usize, own: u16, ending: &[bool], others: bool| {
            let rest = Some(REST).filter(|_| self.rests[state].0 != 0);
            let kept = if own == REST { rest } else { Some(own).filter(|own| leads(state, *own, ending)) };
            let mut actions = self.actions[state].iter().filter(|_| others);
            kept.or_else(|| actions.find(|action| leads(state, *action, ending))).or(rest.filter(|_| others))
        };
        let mut ending = vec![false; policy.len()];
        for others in [false, true] {
            let known = ending.clone();
            let mut open: VecDeque<usize> = (0..policy.len()).filter(|state| known[*state]).collect();
            for state in self.states().filter(|state| !known[*state]) {
                if let Some(action) = way(state, policy[state], &known, others) {
                    (policy[state], ending[state]) = (action, true);
                    open.push_back(state);
                }
            }
            while let Some(state) = open.pop_front() {
                for before in before.of(state).iter().map(|it| *it as usize) {
                    if !ending[before]
                        && self.has(before)
                        && let Some(action) = way(before, policy[before], &ending, others)
                    {
                        (policy[before], ending[before]) = (action, true);
                        open.push_back(before);
                    }
                }
            }
        }
    }

    /// What a policy makes of the model: states that are left out or at rest are worth nothing.
    pub(super) fn chain(&self, policy: &[u16]) -> MarkovChain {
        MarkovChain::new(policy.len(), |state, row: &mut ChainRow| match policy[state] {
            REST => row.fix(0.0),
            action => {
                let outcomes = self.model.outcomes(state, usize::from(action));
                row.act(state, outcomes, 1.0, self.gamma, |it| it.reward);
            }
        })
    }

    /// Takes the better action wherever there is one, and keeps what is as good. Gives how often it did, and by how much
    /// the greatest of these improvements is more than rounding.
    pub(super) fn improve(&self, v: &[f64], policy: &mut [u16]) -> (usize, f64) {
        let (mut improved, mut greatest) = (0, 0.0_f64);
        for state in self.states() {
            let (mut most, mut noise) = (0.0_f64, 0.0_f64);
            let mut chosen = None;
            for action in self.actions[state].iter() {
                let outcomes = self.model.outcomes(state, usize::from(action));
                let advantage = Advantage::of(outcomes, state, v, self.gamma);
                noise = noise.max(advantage.noise());
                if action != policy[state] && advantage.value > most {
                    (most, chosen) = (advantage.value, Some(action));
                }
            }
            if self.rests[state].0 != 0 && policy[state] != REST && -v[state] > most {
                (most, chosen) = (-v[state], Some(REST));
            }
            if let Some(action) = chosen.filter(|_| most > noise) {
                policy[state] = action;
                improved += 1;
                greatest = greatest.max(most - noise);
            }
        }
        (improved, greatest)
    }
}
