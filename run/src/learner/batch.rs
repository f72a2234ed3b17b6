//! An agent over several copies of an environment.
//!
//! A round: copies whose episodes ended begin their next ones; the agent chooses an action for every copy; all step; steps
//! and ended episodes are recorded in the order of the copies; the agent learns. Nothing stops within a round, so the order
//! in which episodes are recorded depends on neither budgets nor on what advances the copies.

#[cfg(test)]
mod tests;

use super::demonstration::Demonstration;
use super::{Budget, Fault, Learner, LoadFault, Moment, may_take, moment_of, replayed};
use crate::recorder::Recorder;
use agents::batch::{Batch, BatchActions, BatchActionsMut, BatchAgent, Steps};
use agents::error::LoadError;
use environments::vector::{Advanced, Executor, InOneGo, Vector};
use environments::{Environment, Generator, Model};
use shared::action::{Action, ActionSpace};
use shared::checkpoint::{AgentState, CopyState};
use shared::describe::EnvironmentDescription;
use shared::event::Exactness;
use shared::metric::MetricDescription;
use shared::network::NetworkView;
use shared::quantity::Seed;
use std::fmt;
use std::sync::Arc;

/// One action for every row, in memory of its own.
#[derive(Clone, Debug)]
enum ActionRows {
    Discrete(Vec<u16>),
    Box { entries: usize, values: Vec<f32> },
}

impl ActionRows {
    fn new(space: &ActionSpace, rows: usize) -> Self {
        match space.entries() {
            0 => Self::Discrete(vec![0; rows]),
            entries => Self::Box { entries, values: vec![0.0; rows * entries] },
        }
    }

    const fn room(&mut self) -> BatchActionsMut<'_> {
        match self {
            Self::Discrete(actions) => BatchActionsMut::Discrete(actions.as_mut_slice()),
            Self::Box { values, .. } => BatchActionsMut::Box(values.as_mut_slice()),
        }
    }

    const fn get(&self) -> BatchActions<'_> {
        match self {
            Self::Discrete(actions) => BatchActions::Discrete(actions.as_slice()),
            Self::Box { values, .. } => BatchActions::Box(values.as_slice()),
        }
    }

    const fn entries(&self) -> usize {
        match self {
            Self::Discrete(_) => 0,
            Self::Box { entries, .. } => *entries,
        }
    }

    /// Writes the action of the first row.
    fn put_first(&mut self, action: &Action) {
        match (self, action) {
            (Self::Discrete(actions), Action::Discrete(action)) => actions[0] = *action,
            (Self::Box { entries, values }, Action::Box(given)) => values[..*entries].copy_from_slice(given),
            // Actions of another kind were refused before.
            (Self::Discrete(_), Action::Box(_)) | (Self::Box { .. }, Action::Discrete(_)) => {}
        }
    }
}

/// What is seen of every copy.
#[derive(Clone, Debug)]
struct CopiesView {
    observations: Vec<f32>,
    legal: Vec<bool>,
}

impl CopiesView {
    fn new(rows: usize, entries: usize, actions: usize) -> Self {
        Self { observations: vec![0.0; rows * entries], legal: vec![false; rows * actions] }
    }

    fn batch(&self) -> Batch<'_> {
        Batch { observations: &self.observations, legal: &self.legal }
    }
}

/// The learner of an environment and an agent that acts in several copies of it.
pub(crate) struct Batched<E> {
    agent: Box<dyn BatchAgent>,
    vector: Vector<E>,
    executor: Arc<dyn Executor>,
    actions: ActionRows,
    /// What the next actions answer,
    before: CopiesView,
    /// and what the last ones led to.
    after: CopiesView,
    rewards: Vec<f64>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
    counters: Vec<f64>,
    exactness: Exactness,
    demonstration: Option<Demonstration<E>>,
    /// Room for one row of the demonstration.
    shown: (CopiesView, ActionRows),
}

impl<E> fmt::Debug for Batched<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Batched")
    }
}

impl<E: Environment> Batched<E> {
    pub(crate) fn new(environment: &E, agent: Box<dyn BatchAgent>, seed: Seed) -> Self {
        let copies = agent.copies().max(1);
        let description = environment.describe();
        let vector = Vector::new(environment, copies, seed);
        let (entries, space) = (description.observation.len(), description.action_space());
        let view = |rows| CopiesView::new(rows, entries, usize::from(space.count()));
        let mut learner = Self {
            agent,
            vector,
            executor: Arc::new(InOneGo),
            actions: ActionRows::new(&space, copies),
            before: view(copies),
            after: view(copies),
            rewards: vec![0.0; copies],
            terminated: vec![false; copies],
            truncated: vec![false; copies],
            counters: vec![0.0; description.counters.len()],
            exactness: Exactness::Exact,
            demonstration: None,
            shown: (view(1), ActionRows::new(&space, 1)),
        };
        learner.look();
        learner
    }

    /// The same, whose agent gives the same bits everywhere or does not.
    pub(crate) fn with_exactness(self, exactness: Exactness) -> Self {
        Self { exactness, ..self }
    }

    /// Refuses to go on with an agent that cannot act.
    fn must_act(&self) -> Result<(), Fault> {
        self.agent.hindrance().map_or(Ok(()), |reason| Err(Fault::Other(reason)))
    }

    /// Looks at all copies anew.
    fn look(&mut self) {
        let (entries, actions) = (self.vector.observation_length(), usize::from(self.vector.action_space().count()));
        let CopiesView { observations, legal } = &mut self.before;
        for (row, copy) in self.vector.copies().iter().enumerate() {
            copy.observe(&mut observations[row * entries..(row + 1) * entries]);
            copy.legal_flags(&mut legal[row * actions..(row + 1) * actions]);
        }
    }

    /// Begins an episode in every copy that is not in one.
    fn begin(&mut self, recorder: &mut Recorder) -> Result<(), Fault> {
        self.vector.begin_ended(&mut self.before.observations, &mut self.before.legal, &mut |_| {})?;
        for copy in 0..self.vector.count() {
            if !recorder.present(copy).running {
                recorder.begin_episode_in(copy);
            }
        }
        Ok(())
    }

    fn round(&mut self, recorder: &mut Recorder, forced: Option<&Action>) -> Result<(), Fault> {
        self.agent.act(self.before.batch(), self.actions.room());
        if let Some(action) = forced {
            self.actions.put_first(action);
            self.agent.force(0, action.as_ref());
        } else {
            self.must_act()?;
        }
        let into = Advanced {
            observations: &mut self.after.observations,
            legal: &mut self.after.legal,
            rewards: &mut self.rewards,
            terminated: &mut self.terminated,
            truncated: &mut self.truncated,
        };
        self.vector.advance(self.actions.get(), into, &*self.executor)?;
        let (actions, entries) = (self.actions.get(), self.actions.entries());
        for (index, copy) in self.vector.copies().iter().enumerate() {
            recorder.push_in(index, actions.of_copy(index, entries), self.rewards[index]);
            if self.terminated[index] || self.truncated[index] {
                copy.counters(&mut self.counters);
                recorder.end_episode_in(index, copy.outcome(), &self.counters);
            }
        }
        let steps = Steps {
            before: self.before.batch(),
            actions,
            rewards: &self.rewards,
            terminated: &self.terminated,
            truncated: &self.truncated,
            after: self.after.batch(),
        };
        let learned = self.agent.learn(steps, recorder);
        std::mem::swap(&mut self.before, &mut self.after);
        Ok(learned?)
    }
}

impl<E: Environment> Learner for Batched<E> {
    fn describe(&self) -> EnvironmentDescription {
        self.vector.copies()[0].describe()
    }

    fn copies(&self) -> usize {
        self.vector.count()
    }

    fn exactness(&self) -> Exactness {
        self.exactness
    }

    fn model(&self) -> Option<&Model> {
        self.vector.copies()[0].model()
    }

    fn discount(&self) -> f64 {
        self.agent.discount()
    }

    fn advance(&mut self, recorder: &mut Recorder, budget: Budget) -> Result<(), Fault> {
        let last = recorder.step().saturating_add(budget.steps);
        while recorder.step() < last && recorder.episode() < budget.until_episode {
            self.begin(recorder)?;
            self.round(recorder, None)?;
        }
        Ok(())
    }

    fn play(&mut self, recorder: &mut Recorder, action: &Action) -> Result<(), Fault> {
        self.begin(recorder)?;
        may_take(&self.vector.copies()[0], action)?;
        self.round(recorder, Some(action))
    }

    fn action_of_key(&self, key: &str) -> Option<u16> {
        self.vector.copies()[0].action_of_key(key)
    }

    fn describe_metrics(&self, report: &mut dyn FnMut(&'static MetricDescription)) {
        self.agent.metrics().into_iter().for_each(report);
    }

    fn network(&mut self) -> Option<NetworkView> {
        let (view, _) = &mut self.shown;
        let environment = &self.vector.copies()[0];
        environment.observe(&mut view.observations);
        environment.legal_flags(&mut view.legal);
        self.agent.look(view.batch())
    }

    fn moment(&self, recorder: &Recorder, latest_trail: bool) -> Moment {
        moment_of(&self.vector.copies()[0], recorder, latest_trail)
    }

    fn save(&self) -> AgentState {
        self.agent.save()
    }

    fn load(&mut self, agent: &AgentState, copies: &[CopyState]) -> Result<Vec<f64>, LoadFault> {
        if copies.len() != self.copies() {
            return Err(LoadFault::Copies { saved: copies.len(), copies: self.copies() });
        }
        let first = &self.vector.copies()[0];
        let restored = copies.iter().map(|copy| replayed(first, copy)).collect::<Result<Vec<_>, _>>()?;
        self.agent.load(agent)?;
        let mut returns = Vec::with_capacity(restored.len());
        for (index, (environment, episode_return)) in restored.into_iter().enumerate() {
            self.vector.put(index, environment, copies[index].episodes);
            returns.push(episode_return);
        }
        self.look();
        Ok(returns)
    }

    fn troubles(&mut self) -> Vec<String> {
        self.agent.troubles()
    }

    fn given(&self) -> Option<AgentState> {
        self.agent.given()
    }

    fn give(&mut self, given: &AgentState) -> Result<(), LoadError> {
        self.agent.load(given)
    }

    fn watch_greedy(&mut self, seed: Seed, steps: u64) -> Result<(), Fault> {
        self.must_act()?;
        let Self { agent, vector, demonstration, shown: (view, actions), .. } = self;
        let demonstration = demonstration.get_or_insert_with(|| Demonstration::new(&vector.copies()[0], seed));
        let mut choose = |environment: &E, generator: &mut Generator| {
            environment.observe(&mut view.observations);
            environment.legal_flags(&mut view.legal);
            agent.greedy(view.batch(), generator, actions.room());
            actions.get().of_copy(0, actions.entries()).to_action()
        };
        Ok(demonstration.advance(seed, steps, &mut choose)?)
    }

    fn greedy_moment(&self) -> Option<Moment> {
        self.demonstration.as_ref().map(Demonstration::moment)
    }

    fn greedy_standing(&self) -> Option<(u64, u64, f64)> {
        self.demonstration.as_ref().map(Demonstration::standing)
    }

    fn end_greedy(&mut self) {
        self.demonstration = None;
    }

    fn work_with(&mut self, executor: Arc<dyn Executor>) {
        self.agent.work_with(Arc::clone(&executor));
        self.executor = executor;
    }
}
