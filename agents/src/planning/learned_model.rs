//! A learned model: what came of every action the last time, as if the environment were deterministic (Sutton and
//! Barto, 2nd edition, section 8.2).

use crate::agent::CurrentState;
use crate::error::LoadError;
use crate::learner::TableLearner;
use crate::saved_columns;
use environments::{ActionMask, Generator, Step};
use shared::checkpoint::AgentState;

/// What came of an action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearnedOutcome {
    /// The reward.
    pub reward: f64,
    /// The next state.
    pub next: usize,
    /// Whether the episode terminated.
    pub terminated: bool,
}

/// What came of all actions tried so far.
#[derive(Clone, Debug)]
pub struct LearnedModel {
    /// `[states][actions]`; only those of tried actions mean anything.
    known: Vec<LearnedOutcome>,
    /// Tried actions of every state.
    tried: Vec<ActionMask>,
    /// Legal actions of every state that was seen.
    legal: Vec<ActionMask>,
    /// States with a tried action, in the order of their discovery.
    states: Vec<u32>,
}

impl LearnedModel {
    /// Nothing is known yet.
    pub fn new(states: usize, actions: usize) -> Self {
        let nothing = LearnedOutcome { reward: 0.0, next: 0, terminated: false };
        Self {
            known: vec![nothing; states * actions],
            tried: vec![ActionMask(0); states],
            legal: vec![ActionMask::all(actions); states],
            states: Vec::with_capacity(states),
        }
    }

    /// Keeps what came of an action in the learner's state. Returns what was known of it before.
    pub fn keep(
        &mut self,
        learner: &TableLearner,
        action: u16,
        step: Step,
        next: CurrentState<'_>,
    ) -> Option<LearnedOutcome> {
        let state = learner.state;
        if self.tried[state].0 == 0 {
            self.states.push(state as u32);
        }
        let before = self.recall(learner, state, action);
        self.tried[state].0 |= 1 << action;
        self.legal[state] = learner.legal;
        self.legal[next.state] = next.legal;
        self.known[learner.table.pair(state, action)] =
            LearnedOutcome { reward: step.reward, next: next.state, terminated: step.terminated };
        before
    }

    /// What came of an action the last time.
    pub fn recall(&self, learner: &TableLearner, state: usize, action: u16) -> Option<LearnedOutcome> {
        self.tried[state].allows(action).then(|| self.known[learner.table.pair(state, action)])
    }

    /// A state in which an action was tried, each equally likely. There must be one.
    pub fn any_state(&self, generator: &mut Generator) -> usize {
        self.states[generator.below(self.states.len() as u32) as usize] as usize
    }

    /// The actions tried in a state.
    pub fn tried(&self, state: usize) -> ActionMask {
        self.tried[state]
    }

    /// The actions legal in a state that was seen.
    pub fn legal(&self, state: usize) -> ActionMask {
        self.legal[state]
    }

    /// How far the value of a pair is from what the model says: `r + gamma max_a' Q(s',a') - Q(s,a)`.
    pub fn error(&self, learner: &TableLearner, state: usize, action: u16, known: LearnedOutcome) -> f64 {
        let worth = if known.terminated { 0.0 } else { self.worth(learner, known.next) };
        self.error_before(learner, state, action, known, worth)
    }

    /// The same where it is known what the next state is worth.
    pub fn error_before(
        &self,
        learner: &TableLearner,
        state: usize,
        action: u16,
        known: LearnedOutcome,
        worth: f64,
    ) -> f64 {
        let bootstrap = if known.terminated { 0.0 } else { learner.gamma * worth };
        known.reward + bootstrap - learner.table.get(state, action)
    }

    /// What a state is worth: `max_a Q(s,a)`.
    pub fn worth(&self, learner: &TableLearner, state: usize) -> f64 {
        learner.best(state, self.legal[state])
    }

    /// All tried pairs with what came of them, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, LearnedOutcome)> {
        let actions = self.known.len() / self.tried.len();
        let tried = self.tried.iter().enumerate();
        tried
            .flat_map(move |(state, tried)| tried.iter().map(move |action| state * actions + usize::from(action)))
            .map(|pair| (pair, self.known[pair]))
    }

    /// The number of tried actions of every state.
    pub fn by_state(&self) -> Vec<f64> {
        self.tried.iter().map(|tried| f64::from(tried.count())).collect()
    }

    /// Puts it into a saved state.
    pub fn save(&self, into: &mut AgentState) {
        let integers = &mut into.integers;
        integers.insert("model_tried".into(), self.tried.iter().map(|it| it.0).collect());
        integers.insert("model_legal".into(), self.legal.iter().map(|it| it.0).collect());
        integers.insert("model_states".into(), self.states.iter().map(|it| u64::from(*it)).collect());
        integers.insert("model_next".into(), self.known.iter().map(|it| it.next as u64).collect());
        integers.insert("model_terminated".into(), self.known.iter().map(|it| u64::from(it.terminated)).collect());
        into.numbers.insert("model_rewards".into(), self.known.iter().map(|it| it.reward).collect());
    }

    /// Reads what [`Self::save`] wrote.
    pub fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let (states, pairs) = (self.tried.len(), self.known.len());
        let tried = saved_columns::integers(from, "model_tried", states)?;
        let legal = saved_columns::integers(from, "model_legal", states)?;
        let discovered = tried.iter().filter(|it| **it != 0).count();
        let order = saved_columns::indices(from, "model_states", discovered, states)?;
        let next = saved_columns::indices(from, "model_next", pairs, states)?;
        let terminated = saved_columns::integers(from, "model_terminated", pairs)?;
        let rewards = saved_columns::numbers(from, "model_rewards", pairs)?;
        self.tried = tried.iter().map(|it| ActionMask(*it & ActionMask::all(pairs / states).0)).collect();
        self.legal = legal.iter().map(|it| ActionMask(*it & ActionMask::all(pairs / states).0)).collect();
        self.states.clear();
        self.states.extend(order.iter().map(|it| *it as u32));
        for (place, known) in self.known.iter_mut().enumerate() {
            *known = LearnedOutcome {
                reward: rewards[place],
                next: next[place] as usize,
                terminated: terminated[place] == 1,
            };
        }
        Ok(())
    }
}
