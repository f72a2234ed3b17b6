//! The exact transition model P(s', r | s, a) of an environment with countable states.

use crate::action_mask::ActionMask;

/// Most states, so that every model can be solved.
pub const MOST_STATES: usize = 100_000;

/// Most states times actions times outcomes of one action: tables of 400 MB, from which outcomes are drawn.
const MOST_ENTRIES: usize = 1 << 24;

/// One possible outcome of an action in a state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Its probability.
    pub probability: f64,
    /// The next state.
    pub next: u32,
    /// The reward.
    pub reward: f64,
    /// Whether the episode terminates.
    pub terminated: bool,
    /// Index of the reason in the description's outcomes; 0 where it does not terminate.
    pub reason: u8,
}

impl Outcome {
    /// A certain outcome after which the episode goes on.
    pub const fn certain(next: usize, reward: f64) -> Self {
        Self { probability: 1.0, next: next as u32, reward, terminated: false, reason: 0 }
    }
}

/// A model that contradicts itself, with the place.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// Probabilities that do not sum to 1 (within 1e-9).
    #[error("the probabilities of action {action} in state {state} sum to {sum}, not to 1")]
    Sum {
        /// State.
        state: usize,
        /// Action.
        action: usize,
        /// Their sum.
        sum: f64,
    },
    /// A probability outside 0 to 1, or a reward that is not a finite number.
    #[error("action {action} in state {state} has probability {probability} and reward {reward}")]
    Number {
        /// State.
        state: usize,
        /// Action.
        action: usize,
        /// The probability.
        probability: f64,
        /// The reward.
        reward: f64,
    },
    /// A next state that does not exist.
    #[error("action {action} in state {state} leads to state {next}, but there are only {states}")]
    Next {
        /// State.
        state: usize,
        /// Action.
        action: usize,
        /// The next state.
        next: u32,
        /// Number of states.
        states: usize,
    },
    /// No action is legal in a state.
    #[error("no action is legal in state {state}")]
    NoAction {
        /// State.
        state: usize,
    },
    /// More actions than a mask holds, none, too many states or none.
    #[error("{states} states and {actions} actions; there must be 1 to {MOST_STATES} states and 1 to 64 actions")]
    Size {
        /// States.
        states: usize,
        /// Actions.
        actions: usize,
    },
    /// Too large for the tables from which outcomes are drawn.
    #[error(
        "{states} states, {actions} actions and up to {outcomes} outcomes of one action; their product must be at most \
         {MOST_ENTRIES}"
    )]
    Entries {
        /// States.
        states: usize,
        /// Actions.
        actions: usize,
        /// Most outcomes of one action.
        outcomes: usize,
    },
    /// A start state that does not exist.
    #[error("episodes begin in state {state}, but there are only {states}")]
    StartState {
        /// The state.
        state: u32,
        /// Number of states.
        states: usize,
    },
    /// A start distribution that is empty or does not sum to 1.
    #[error("the probabilities of the start states sum to {sum}, not to 1")]
    Start {
        /// Their sum.
        sum: f64,
    },
}

/// A transition model. Outcomes keep the order in which they were given.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    states: usize,
    actions: usize,
    outcomes: Vec<Outcome>,
    /// Where the outcomes of (state, action) begin; one more entry at the end.
    offsets: Vec<u32>,
    start: Vec<(u32, f64)>,
    /// Legal actions of every state; empty when all are legal everywhere.
    legal: Vec<ActionMask>,
    /// Which states an episode only ends in; empty where that is not said.
    ends: Vec<bool>,
}

impl Model {
    /// Builds a model by asking for the outcomes of every (state, action) in order.
    /// `start` lists the start states with their probabilities.
    pub fn build(
        states: usize,
        actions: usize,
        start: Vec<(u32, f64)>,
        mut outcomes_of: impl FnMut(usize, usize, &mut Vec<Outcome>),
    ) -> Result<Self, ModelError> {
        if !(1..=MOST_STATES).contains(&states) || !(1..=64).contains(&actions) {
            return Err(ModelError::Size { states, actions });
        }
        let mut outcomes = Vec::with_capacity(states * actions);
        let mut offsets = Vec::with_capacity(states * actions + 1);
        offsets.push(0);
        for state in 0..states {
            for action in 0..actions {
                let first = outcomes.len();
                outcomes_of(state, action, &mut outcomes);
                check(&outcomes[first..], state, action, states)?;
                offsets.push(outcomes.len() as u32);
            }
        }
        let model = Self { states, actions, outcomes, offsets, start, legal: Vec::new(), ends: Vec::new() };
        let most = model.most_outcomes();
        if states * actions * most > MOST_ENTRIES {
            return Err(ModelError::Entries { states, actions, outcomes: most });
        }
        if let Some((state, _)) = model.start.iter().find(|(state, _)| *state as usize >= states) {
            return Err(ModelError::StartState { state: *state, states });
        }
        let sum: f64 = model.start.iter().map(|(_, probability)| probability).sum();
        if (sum - 1.0).abs() > 1e-9 {
            return Err(ModelError::Start { sum });
        }
        Ok(model)
    }

    /// The same model in which only some actions are legal in each state.
    pub fn with_legal(mut self, legal: Vec<ActionMask>) -> Result<Self, ModelError> {
        if let Some(state) = legal.iter().position(|mask| mask.0 & ActionMask::all(self.actions).0 == 0) {
            return Err(ModelError::NoAction { state });
        }
        self.legal = legal;
        Ok(self)
    }

    /// Number of states.
    pub const fn states(&self) -> usize {
        self.states
    }

    /// Number of actions.
    pub const fn actions(&self) -> usize {
        self.actions
    }

    /// The outcomes of an action in a state, both below their counts.
    #[inline]
    pub fn outcomes(&self, state: usize, action: usize) -> &[Outcome] {
        let place = state * self.actions + action;
        &self.outcomes[self.offsets[place] as usize..self.offsets[place + 1] as usize]
    }

    /// The start states with their probabilities.
    pub fn start(&self) -> &[(u32, f64)] {
        &self.start
    }

    /// The actions legal in a state.
    #[inline]
    pub fn legal(&self, state: usize) -> ActionMask {
        self.legal.get(state).copied().unwrap_or(ActionMask::all(self.actions))
    }

    /// The same model with states in which an episode has always ended, so that nothing can be chosen there.
    #[must_use]
    pub fn with_ends(mut self, ends: impl IntoIterator<Item = usize>) -> Self {
        self.ends.resize(self.states, false);
        ends.into_iter().filter(|state| *state < self.states).for_each(|state| self.ends[state] = true);
        self
    }

    /// The actions that can be chosen in a state: those that are legal, none where an episode has always ended.
    pub fn choices(&self, state: usize) -> ActionMask {
        if self.ends.get(state) == Some(&true) { ActionMask(0) } else { self.legal(state) }
    }

    /// The choices of every state as bits, action 0 lowest; empty where every action is legal in every state.
    pub fn legal_bits(&self) -> Vec<u64> {
        let all = ActionMask::all(self.actions);
        if self.legal.iter().all(|mask| *mask == all) {
            return Vec::new();
        }
        (0..self.states).map(|state| self.choices(state).0).collect()
    }

    /// The greatest number of outcomes of one action.
    pub fn most_outcomes(&self) -> usize {
        self.offsets.windows(2).map(|pair| (pair[1] - pair[0]) as usize).max().unwrap_or(0)
    }

    /// Whether every action has exactly one outcome.
    pub fn is_deterministic(&self) -> bool {
        self.outcomes.len() == self.states * self.actions
    }

    /// Whether some way from a start state leads to `target`.
    pub fn reaches(&self, target: usize) -> bool {
        let leads_there = |state: usize| {
            self.legal(state).iter().any(|action| {
                let mut outcomes = self.outcomes(state, usize::from(action)).iter();
                outcomes.any(|it| it.next as usize == target && it.probability > 0.0)
            })
        };
        self.reachable().iter().enumerate().any(|(state, seen)| *seen && (state == target || leads_there(state)))
    }

    /// Which states can be visited before an episode terminates, from the start states.
    pub fn reachable(&self) -> Vec<bool> {
        self.visited(|state| self.legal(state))
    }

    /// The same for somebody who takes these actions only.
    pub fn visited(&self, taken: impl Fn(usize) -> ActionMask) -> Vec<bool> {
        let mut seen = vec![false; self.states];
        let mut open: Vec<usize> = self.start.iter().map(|(state, _)| *state as usize).collect();
        while let Some(state) = open.pop() {
            if std::mem::replace(&mut seen[state], true) {
                continue;
            }
            for action in taken(state).iter() {
                let outcomes = self.outcomes(state, usize::from(action)).iter();
                open.extend(outcomes.filter(|it| !it.terminated && it.probability > 0.0).map(|it| it.next as usize));
            }
        }
        seen
    }
}

fn check(outcomes: &[Outcome], state: usize, action: usize, states: usize) -> Result<(), ModelError> {
    for outcome in outcomes {
        let Outcome { probability, next, reward, .. } = *outcome;
        if !(0.0..=1.0).contains(&probability) || !reward.is_finite() {
            return Err(ModelError::Number { state, action, probability, reward });
        }
        if next as usize >= states {
            return Err(ModelError::Next { state, action, next, states });
        }
    }
    let sum: f64 = outcomes.iter().map(|outcome| outcome.probability).sum();
    if (sum - 1.0).abs() > 1e-9 {
        return Err(ModelError::Sum { state, action, sum });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictions_are_refused_with_their_place() {
        let half = Outcome { probability: 0.5, ..Outcome::certain(0, 0.0) };
        let error = Model::build(1, 1, vec![(0, 1.0)], |_, _, into| into.push(half)).unwrap_err();
        assert_eq!(error.to_string(), "the probabilities of action 0 in state 0 sum to 0.5, not to 1");
        let error = Model::build(1, 1, vec![(0, 1.0)], |_, _, into| into.push(Outcome::certain(7, 0.0))).unwrap_err();
        assert_eq!(error, ModelError::Next { state: 0, action: 0, next: 7, states: 1 });
        let error = Model::build(1, 1, vec![], |_, _, into| into.push(Outcome::certain(0, 0.0))).unwrap_err();
        assert_eq!(error, ModelError::Start { sum: 0.0 });
        let error = Model::build(1, 1, vec![(1, 1.0)], |_, _, into| into.push(Outcome::certain(0, 0.0))).unwrap_err();
        assert_eq!(error.to_string(), "episodes begin in state 1, but there are only 1");
    }
}
