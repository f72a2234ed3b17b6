//! An agent in one environment: the step loop, generic over both, and what a run asks of them.

use super::demonstration::Demonstration;
use super::{Budget, Fault, Learner, LoadFault, Moment, may_take, moment_of, replayed};
use crate::column::narrow;
use crate::recorder::Recorder;
use agents::agent::{Agent, CurrentState, TableView};
use environments::{ActionMask, Environment, Generator, Model, StepError};
use shared::action::{Action, ActionError};
use shared::checkpoint::{AgentState, CopyState};
use shared::column::Column;
use shared::describe::EnvironmentDescription;
use shared::event::Exactness;
use shared::metric::ReportMetric;
use shared::network::{Decision, NetworkView, Preference};
use shared::quantity::Seed;

/// The learner of an environment and an agent.
#[derive(Debug)]
pub(crate) struct Single<E, A: ?Sized> {
    environment: E,
    agent: Box<A>,
    in_episode: bool,
    demonstration: Option<Demonstration<E>>,
    exactness: Exactness,
}

impl<E: Environment, A: Agent + ?Sized> Single<E, A> {
    pub(crate) const fn new(environment: E, agent: Box<A>, exactness: Exactness) -> Self {
        Self { environment, agent, in_episode: false, demonstration: None, exactness }
    }

    /// What the agent holds of every action in an environment's present state, where that is what actions are worth.
    #[inline(never)]
    fn estimates(&self, environment: &E) -> Option<Vec<f64>> {
        let (state, actions) = (environment.state(), environment.action_count());
        let mut values = vec![0.0; actions];
        let Some(table) = self.agent.table() else {
            return self.agent.evaluate(&|into| environment.observe(into), &mut values).then_some(values);
        };
        if self.agent.policy(state, environment.legal_actions(), &mut values) {
            return None;
        }
        Some(table.q.get(state * actions..(state + 1) * actions)?.to_vec())
    }

    fn with_estimates(&self, environment: &E, mut moment: Moment) -> Moment {
        if let Some(values) = self.estimates(environment) {
            environment.draw_estimates(&values, &mut moment.scene);
        }
        moment
    }

    /// Takes steps of the agent's choice, or forced ones, until there are so many or an episode begins. One loop for
    /// both, and never copied into its callers: there is one for every pair of environment and agent.
    #[inline(never)]
    fn drive(&mut self, recorder: &mut Recorder, budget: Budget, forced: Option<u16>) -> Result<(), Fault> {
        let last = recorder.step().saturating_add(budget.steps);
        // Taken apart, so that the loop does not look for the agent behind its box at every step.
        let Self { environment, agent, in_episode, .. } = self;
        let agent = &mut **agent;
        while recorder.step() < last && recorder.episode() < budget.until_episode {
            if !*in_episode {
                begin(environment, agent, recorder);
                *in_episode = true;
            }
            while *in_episode && recorder.step() < last {
                let action = match forced {
                    None => agent.act(CurrentState::of(environment)),
                    Some(action) => {
                        agent.force(CurrentState::of(environment), action);
                        action
                    }
                };
                step(environment, agent, in_episode, recorder, action)?;
            }
        }
        Ok(())
    }
}

#[inline]
fn begin<E: Environment, A: Agent + ?Sized>(environment: &mut E, agent: &mut A, recorder: &mut Recorder) {
    environment.reset(recorder.begin_episode());
    agent.begin(CurrentState::of(environment));
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "a call costs more than what it does")]
fn step<E: Environment, A: Agent + ?Sized>(
    environment: &mut E,
    agent: &mut A,
    in_episode: &mut bool,
    recorder: &mut Recorder,
    action: u16,
) -> Result<(), Fault> {
    let step = environment.step(action)?;
    recorder.push(action, step.reward);
    let learned = agent.learn(action, step, CurrentState::of(environment));
    if step.ended() {
        let finished = agent.finish(CurrentState::of(environment));
        // A gauge's value counts once for every episode.
        agent.metrics(&mut |metric, value| recorder.push_metric(metric, value));
        recorder.end_episode(environment);
        *in_episode = false;
        finished?;
    }
    if let Err(divergence) = learned {
        // The agent did not take the step; it goes on from where the environment is.
        if *in_episode {
            agent.begin(CurrentState::of(environment));
        }
        return Err(divergence.into());
    }
    Ok(())
}

/// The number of a discrete action.
#[inline(never)]
fn discrete<E: Environment>(environment: &E, action: &Action) -> Result<u16, Fault> {
    if let Action::Discrete(number) = *action {
        return Ok(number);
    }
    let refusal = environment.describe().action_space().check(action.as_ref()).err();
    Err(refusal.map_or(Fault::Step(StepError::Discrete { given: 0 }), |error: ActionError| error.into()))
}

/// Every state's row of action probabilities; none if a state has none.
fn policy_of(states: usize, actions: usize, row_of: &mut dyn FnMut(usize, &mut [f64]) -> bool) -> Option<Vec<f32>> {
    let mut row = vec![0.0; actions];
    let mut policy = Vec::with_capacity(states * actions);
    for state in 0..states {
        if !row_of(state, &mut row) {
            return None;
        }
        policy.extend(row.iter().map(|probability| *probability as f32));
    }
    Some(policy).filter(|it| !it.is_empty())
}

/// The values of all actions in every place; none if a place has none.
#[inline(never)]
fn surface_of(places: usize, actions: usize, row_of: &mut dyn FnMut(usize, &mut [f64]) -> bool) -> Option<Vec<f32>> {
    let mut row = vec![0.0; actions];
    let mut values = Vec::with_capacity(places * actions);
    for place in 0..places {
        if !row_of(place, &mut row) {
            return None;
        }
        values.extend(row.iter().copied().map(narrow));
    }
    Some(values).filter(|it| !it.is_empty())
}

/// What is shown of the values of all actions of which some are legal.
#[inline(never)]
fn view_of(values: &[f64], is_legal: &mut dyn FnMut(u16) -> bool) -> NetworkView {
    let preferences: Vec<_> =
        (0..).zip(values).map(|(action, value)| if is_legal(action) { narrow(*value) } else { f32::NAN }).collect();
    let best = preferences.iter().copied().reduce(f32::max).filter(|it| it.is_finite());
    let decision = Decision {
        preference: Preference::ActionValue,
        preferences: preferences.into(),
        deviations: Column::default(),
        value: best.map(f64::from),
        observation: Column::default(),
        saliency: Column::default(),
    };
    NetworkView { step: 0, layers: Vec::new(), decision }
}

impl<E: Environment, A: Agent + ?Sized> Learner for Single<E, A> {
    fn describe(&self) -> EnvironmentDescription {
        self.environment.describe()
    }

    fn exactness(&self) -> Exactness {
        self.exactness
    }

    fn model(&self) -> Option<&Model> {
        self.environment.model()
    }

    fn discount(&self) -> f64 {
        self.agent.discount()
    }

    fn has_forgotten(&self) -> bool {
        self.agent.has_forgotten()
    }

    fn advance(&mut self, recorder: &mut Recorder, budget: Budget) -> Result<(), Fault> {
        self.drive(recorder, budget, None)
    }

    fn play(&mut self, recorder: &mut Recorder, action: &Action) -> Result<(), Fault> {
        let number = discrete(&self.environment, action)?;
        if !self.in_episode {
            begin(&mut self.environment, &mut *self.agent, recorder);
            self.in_episode = true;
        }
        may_take(&self.environment, action)?;
        self.drive(recorder, Budget { steps: 1, until_episode: u64::MAX }, Some(number))
    }

    fn action_of_key(&self, key: &str) -> Option<u16> {
        self.environment.action_of_key(key)
    }

    fn moment(&self, recorder: &Recorder, latest_trail: bool) -> Moment {
        self.with_estimates(&self.environment, moment_of(&self.environment, recorder, latest_trail))
    }

    fn surface(&self) -> Option<Vec<f32>> {
        let Self { environment, agent, .. } = self;
        if agent.table().is_some() {
            return None;
        }
        surface_of(environment.places(), environment.action_count(), &mut |place, row| {
            agent.evaluate(&|into| environment.observe_at(place, into), row)
        })
    }

    /// Without a network, what actions are worth now: where no picture and no table tell it.
    fn network(&mut self) -> Option<NetworkView> {
        let environment = &self.environment;
        if environment.places() > 0 || self.agent.table().is_some() {
            return None;
        }
        let values = self.estimates(environment)?;
        Some(view_of(&values, &mut |action| environment.is_legal(action)))
    }

    fn table(&self) -> Option<TableView<'_>> {
        self.agent.table()
    }

    fn policy(&self) -> Option<Vec<f32>> {
        let (states, actions) = (self.environment.state_count(), self.environment.action_count());
        let legal = |state| self.environment.model().map_or(ActionMask::all(actions), |model| model.legal(state));
        policy_of(states, actions, &mut |state, row| self.agent.policy(state, legal(state), row))
    }

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        self.agent.overlays(report);
    }

    fn metrics(&self, report: &mut ReportMetric<'_>) {
        self.agent.metrics(report);
    }

    fn save(&self) -> AgentState {
        self.agent.save()
    }

    fn load(&mut self, agent: &AgentState, copies: &[CopyState]) -> Result<Vec<f64>, LoadFault> {
        let [copy] = copies else {
            return Err(LoadFault::Copies { saved: copies.len(), copies: 1 });
        };
        let (environment, episode_return) = replayed(&self.environment, copy)?;
        self.agent.load(agent)?;
        self.in_episode = !copy.actions.is_empty() && !environment.ended();
        self.environment = environment;
        Ok(vec![episode_return])
    }

    fn watch_greedy(&mut self, seed: Seed, steps: u64) -> Result<(), Fault> {
        let environment = &self.environment;
        let demonstration = self.demonstration.get_or_insert_with(|| Demonstration::new(environment, seed));
        let mut choose = |environment: &E, generator: &mut Generator| {
            Action::Discrete(self.agent.greedy(CurrentState::of(environment), generator))
        };
        Ok(demonstration.advance(seed, steps, &mut choose)?)
    }

    fn greedy_moment(&self) -> Option<Moment> {
        let demonstration = self.demonstration.as_ref()?;
        Some(self.with_estimates(demonstration.environment(), demonstration.moment()))
    }

    fn greedy_standing(&self) -> Option<(u64, u64, f64)> {
        self.demonstration.as_ref().map(Demonstration::standing)
    }

    fn end_greedy(&mut self) {
        self.demonstration = None;
    }
}
