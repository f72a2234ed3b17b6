//! What all agents with a table of action values share: the table, the discount, the step size, exploration, chance,
//! their parameters and their saving. A module of an agent adds its rule.

use crate::agent::{Agent, CurrentState, TableView};
use crate::error::{BuildFault, Divergence, LoadError};
use crate::exploration::action_selection::{self, DrawShare, Ties};
use crate::exploration::behaviour::{ActionChoice, Behaviour, ExplorationHyperparameters, MOST_ACTIONS};
use crate::rate::{Rate, RateHyperparameters};
use crate::saved_columns;
use crate::schedule::Tick;
use crate::setting::Setting;
use crate::values::table::QTable;
use environments::{ActionMask, Generator, Step};
use shared::checkpoint::AgentState;
use shared::metric::ReportMetric;
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::quantity::{Discount, Seed};
use std::fmt;
use std::hint::cold_path;

/// The parameter that counts where an agent begins, and not where a saved one goes on.
pub const INITIAL_VALUE: &str = "initial_value";

/// What an agent with a table is set to. What it has no use for is none, and then does nothing: errors are learned whole,
/// rewards to come are worth nothing, actions are chosen by softmax of the table, which begins with 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TableHyperparameters {
    /// The step size, alpha.
    pub rate: Option<RateHyperparameters>,
    /// The discount, gamma.
    pub gamma: Option<f64>,
    /// How it explores.
    pub exploration: Option<ExplorationHyperparameters>,
    /// What every action is believed to be worth at first.
    pub initial_value: Option<f64>,
    /// How ties are broken; by chance where it cannot be chosen.
    pub ties: Option<Ties>,
}

impl Default for TableHyperparameters {
    fn default() -> Self {
        Self {
            rate: Some(RateHyperparameters::default()),
            gamma: Some(DISCOUNT),
            exploration: Some(ExplorationHyperparameters::default()),
            initial_value: Some(0.0),
            ties: Some(Ties::Random),
        }
    }
}

impl TableHyperparameters {
    /// The same for agents whose policy prefers by the table: they have a step size, which stays at `alpha`, and nothing else.
    #[must_use]
    pub fn preferring(alpha: f64) -> Self {
        let rate = Some(RateHyperparameters::constant(alpha));
        Self { rate, gamma: None, exploration: None, initial_value: None, ties: None }
    }

    /// The same for agents that neither explore nor learn from errors: planners, players.
    #[must_use]
    pub fn planning() -> Self {
        Self { rate: None, exploration: None, initial_value: None, ..Self::default() }
    }

    /// The parameters, with these defaults.
    pub fn parameters(self) -> Vec<ParameterSpec> {
        let rate = self.rate.map_or_else(Vec::new, RateHyperparameters::parameters);
        // What moves the step size stands behind exploration.
        let (mut parameters, alpha_moves): (Vec<_>, Vec<_>) = rate.into_iter().partition(|it| it.part_of.is_empty());
        parameters.extend(self.gamma.map(discount_parameter_of));
        parameters.extend(self.exploration.into_iter().flat_map(ExplorationHyperparameters::parameters));
        parameters.extend(alpha_moves);
        parameters.extend(self.initial_value.map(|value| {
            let help = "What every action is believed to be worth at first; high values make it curious.";
            ParameterSpec::number(INITIAL_VALUE, "Initial value", (-1000.0, 1000.0), value, 0.5, help)
        }));
        parameters.extend(self.ties.map(|_| ties_parameter()));
        parameters
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        let declared = |name: &'static str| parameters.declares(name).then_some(name);
        Ok(Self {
            exploration: ExplorationHyperparameters::read(parameters)?,
            rate: RateHyperparameters::read(parameters)?,
            initial_value: declared(INITIAL_VALUE).map(|it| parameters.number(it)).transpose()?,
            gamma: declared("gamma").map(|it| parameters.discount(it)).transpose()?.map(Discount::get),
            ties: declared("ties").map(|_| read_ties(parameters)).transpose()?,
        })
    }
}

/// A table of action values and what goes with it.
#[derive(Clone, Debug)]
pub struct TableLearner {
    /// The table.
    pub table: QTable,
    /// The discount, gamma.
    pub gamma: f64,
    /// The state that the next action is chosen in.
    pub state: usize,
    /// What is legal in it.
    pub legal: ActionMask,
    /// All chance.
    pub generator: Generator,
    /// How ties are broken.
    pub ties: Ties,
    /// The next action, where it was chosen with the last step already.
    ahead: Option<u16>,
    behaviour: Behaviour,
    rate: Rate,
    /// How often each action was taken, `[states][actions]`; empty where nobody asks.
    counts: Vec<u32>,
    ticks_by_step: bool,
    /// What the schedules come to, worked out when they move: the draws that explore
    explores: DrawShare,
    /// and the step size where nothing is counted.
    step_size: f64,
}

impl TableLearner {
    /// Reads what an agent declares of [`TableHyperparameters`]. `title` names the agent where an environment without countable
    /// states is refused.
    pub fn build(
        parameters: &Resolved,
        setting: &Setting<'_>,
        seed: Seed,
        title: &'static str,
    ) -> Result<Self, BuildFault> {
        setting.countable(title)?;
        let TableHyperparameters { rate, gamma, exploration, initial_value, ties } =
            TableHyperparameters::read(parameters)?;
        let (behaviour, rate) = (Behaviour::new(exploration), Rate::new(rate));
        let counted = if behaviour.counts() || rate.counts() { setting.states * setting.actions } else { 0 };
        let mut learner = Self {
            table: QTable::new(setting.states, setting.actions, initial_value.unwrap_or(0.0)),
            gamma: gamma.unwrap_or(0.0),
            state: 0,
            legal: ActionMask::all(setting.actions),
            generator: Generator::new(seed),
            ties: ties.unwrap_or(Ties::Random),
            ahead: None,
            ticks_by_step: behaviour.ticks_by_step() || rate.ticks_by_step(),
            behaviour,
            rate,
            counts: vec![0; counted],
            explores: DrawShare::of(0.0),
            step_size: 0.0,
        };
        learner.settle();
        Ok(learner)
    }

    /// The same with every state's best actions at hand: see [`QTable::remember_best`].
    #[must_use]
    pub fn remembering_best(mut self) -> Self {
        self.table.remember_best();
        self
    }

    /// Works out what the schedules come to.
    fn settle(&mut self) {
        self.step_size = self.rate.get(0);
        if let Behaviour::EpsilonGreedy(epsilon) = &self.behaviour {
            self.explores = DrawShare::of(epsilon.get());
        }
    }

    #[inline]
    fn choice(&self, state: usize, legal: ActionMask) -> ActionChoice<'_> {
        choice(&self.table, &self.counts, state, legal)
    }

    /// Chooses an action in a state, exploring.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    pub fn choose(&mut self, state: usize, legal: ActionMask) -> u16 {
        if let Behaviour::EpsilonGreedy(_) = &self.behaviour {
            let greedy = |bits| self.table.greedy(state, legal, self.ties, bits);
            return action_selection::epsilon_greedy(greedy, legal, self.explores, &mut self.generator);
        }
        cold_path();
        self.choose_otherwise(state, legal)
    }

    fn choose_otherwise(&mut self, state: usize, legal: ActionMask) -> u16 {
        let Self { table, counts, behaviour, generator, ties, .. } = self;
        behaviour.choose(choice(table, counts, state, legal), *ties, generator)
    }

    /// Chooses the next action already, to learn from it: [`Self::chosen_ahead`] will take it.
    #[inline]
    pub fn choose_ahead(&mut self, next: CurrentState<'_>) -> u16 {
        let action = self.choose(next.state, next.legal);
        self.ahead = Some(action);
        action
    }

    /// The action that was chosen ahead, or one chosen now.
    #[inline]
    pub fn chosen_ahead(&mut self, current: CurrentState<'_>) -> u16 {
        self.ahead.take().unwrap_or_else(|| self.choose(current.state, current.legal))
    }

    /// The value of the best action in a state.
    #[inline]
    pub fn best(&self, state: usize, legal: ActionMask) -> f64 {
        self.table.best_value(state, legal)
    }

    /// The expected value of a state if exploration chooses the action.
    #[inline]
    pub fn expected(&self, state: usize, legal: ActionMask) -> f64 {
        if let Behaviour::EpsilonGreedy(epsilon) = &self.behaviour {
            let mean = action_selection::mean_value(self.table.row(state), legal);
            return action_selection::mixed(epsilon.get(), self.table.best_value(state, legal), mean);
        }
        self.behaviour.expected(self.choice(state, legal), self.ties)
    }

    /// The value of the next state and an action chosen ahead in it; 0 if the episode terminated.
    #[inline]
    pub fn value_ahead(&mut self, step: Step, next: CurrentState<'_>) -> f64 {
        if step.terminated {
            return 0.0;
        }
        let action = self.choose_ahead(next);
        self.table.get(next.state, action)
    }

    /// The probability with which exploration chooses an action.
    pub fn probability(&self, state: usize, legal: ActionMask, action: u16) -> f64 {
        let mut shares = [0.0; MOST_ACTIONS];
        let shares = &mut shares[..self.table.actions()];
        self.behaviour.probabilities(self.choice(state, legal), self.ties, shares);
        shares[usize::from(action)]
    }

    /// Counts that the action was taken and tells its step size.
    #[inline]
    pub fn rate(&mut self, state: usize, action: u16) -> f64 {
        if self.counts.is_empty() {
            return self.step_size;
        }
        cold_path();
        self.counted_rate(state, action)
    }

    fn counted_rate(&mut self, state: usize, action: u16) -> f64 {
        let count = &mut self.counts[state * self.table.actions() + usize::from(action)];
        *count = count.saturating_add(1);
        self.rate.get(*count)
    }

    /// Moves the value of an action towards what was found, by the step size.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    pub fn learn(&mut self, state: usize, action: u16, error: f64) -> Result<(), Divergence> {
        let rate = self.rate(state, action);
        self.table.learn(state, action, rate, error)
    }

    /// Moves the value of an action towards `target`, by the step size.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    pub fn approach(&mut self, state: usize, action: u16, target: f64) -> Result<(), Divergence> {
        let rate = self.rate(state, action);
        self.table.approach(state, action, rate, target)
    }

    /// Moves the value of an action by an error found in thought; it counts as no visit.
    #[inline]
    pub fn relive(&mut self, state: usize, action: u16, error: f64) -> Result<(), Divergence> {
        let pair = self.table.pair(state, action);
        let step_size = self.rate.get(self.counts.get(pair).copied().unwrap_or(0));
        self.table.set(state, action, self.table.get(state, action) + step_size * error)
    }

    /// The environment has moved on to another state.
    #[inline]
    fn arrive(&mut self, next: CurrentState<'_>) {
        self.state = next.state;
        self.legal = next.legal;
        if self.ticks_by_step {
            cold_path();
            self.advance(Tick::Step);
        }
    }

    /// Becomes as `blank`, but for chance and where it is. It must be of the same environment.
    pub fn forget(&mut self, blank: &Self) {
        self.table.copy_from(&blank.table);
        self.counts.copy_from_slice(&blank.counts);
        self.behaviour = blank.behaviour;
        self.rate = blank.rate;
        self.settle();
    }

    /// Schedules move on.
    #[inline]
    pub fn advance(&mut self, tick: Tick) {
        if self.behaviour.advance(tick) | self.rate.advance(tick) {
            self.settle();
        }
    }

    fn save(&self) -> AgentState {
        let mut state = AgentState::default();
        self.table.save(&mut state);
        self.behaviour.save(&mut state);
        state.numbers.insert("alpha".into(), vec![self.rate.saved()].into());
        state.integers.insert("generator".into(), self.generator.words().to_vec().into());
        state.integers.insert("state".into(), vec![self.state as u64].into());
        state.integers.insert("legal".into(), vec![self.legal.0].into());
        if let Some(action) = self.ahead {
            state.integers.insert("ahead".into(), vec![u64::from(action)].into());
        }
        if !self.counts.is_empty() {
            state.integers.insert("counts".into(), self.counts.iter().map(|count| u64::from(*count)).collect());
        }
        state
    }

    /// Only the table must be there: one made elsewhere may lack the rest.
    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.table = self.table.load(from)?;
        self.behaviour.load(from)?;
        if let Some(alpha) = saved_columns::number(from, "alpha")? {
            self.rate.restore(alpha);
        }
        self.settle();
        if let Some(generator) = saved_columns::generator(from)? {
            self.generator = generator;
        }
        if let Some(state) = from.integers.get("state").and_then(|it| it.first()) {
            self.state = (*state as usize).min(self.table.states() - 1);
        }
        if let Some(legal) = from.integers.get("legal").and_then(|it| it.first()) {
            self.legal = ActionMask(*legal);
        }
        let ahead = from.integers.get("ahead").and_then(|it| it.first()).copied();
        self.ahead = ahead.and_then(|it| u16::try_from(it).ok()).filter(|it| usize::from(*it) < self.table.actions());
        if !self.counts.is_empty() && from.integers.contains_key("counts") {
            let counts = saved_columns::integers(from, "counts", self.counts.len())?;
            self.counts = counts.iter().map(|count| u32::try_from(*count).unwrap_or(u32::MAX)).collect();
        }
        Ok(())
    }
}

#[inline]
fn choice<'a>(table: &'a QTable, counts: &'a [u32], state: usize, legal: ActionMask) -> ActionChoice<'a> {
    let values = table.row(state);
    let row = state * values.len()..(state + 1) * values.len();
    ActionChoice { values, counts: counts.get(row).unwrap_or_default(), visits: table.visits(state), legal }
}

/// The discount when nothing is said.
pub const DISCOUNT: f64 = 0.99;

/// The parameter `gamma`.
pub fn discount_parameter() -> ParameterSpec {
    discount_parameter_of(DISCOUNT)
}

pub(crate) fn discount_parameter_of(default: f64) -> ParameterSpec {
    let help = "What a reward one step later is worth now.";
    ParameterSpec::number("gamma", "Discount", (0.0, 1.0), default, 0.01, help).symbol("γ")
}

/// The parameter `ties`.
pub fn ties_parameter() -> ParameterSpec {
    let options = [("random", "by chance"), ("first", "first action")];
    ParameterSpec::choice("ties", "Ties", &options, "Which of equally good actions is taken.")
}

/// Reads [`ties_parameter`].
pub fn read_ties(parameters: &Resolved) -> Result<Ties, ParameterError> {
    Ok(if parameters.text("ties")? == "first" { Ties::First } else { Ties::Random })
}

/// The presets of the source systems.
pub fn presets() -> Vec<Preset> {
    let preset = |name: &str, alpha: f64, epsilon: f64, gamma: f64| {
        preset(name, &[("alpha", alpha), ("epsilon", epsilon), ("gamma", gamma)])
    };
    vec![
        preset("conservative", 0.05, 1.0, 0.99),
        preset("balanced", 0.1, 1.0, 0.95),
        preset("aggressive", 0.3, 0.8, 0.9),
    ]
}

/// A preset of numbers.
pub fn preset(name: &str, numbers: &[(&str, f64)]) -> Preset {
    Preset::new(name, name, numbers.iter().map(|(name, value)| (*name, Value::Number(*value))).collect())
}

/// An agent built around a [`TableLearner`]: its module writes [`Self::learn`] and what else differs.
pub trait Learning: fmt::Debug + Send + 'static {
    /// What it is built around.
    fn learner(&self) -> &TableLearner;

    /// What it is built around.
    fn learner_mut(&mut self) -> &mut TableLearner;

    /// An episode begins.
    #[inline]
    fn begin(&mut self, _: CurrentState<'_>) {}

    /// Chooses an action.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn act(&mut self, current: CurrentState<'_>) -> u16 {
        self.learner_mut().choose(current.state, current.legal)
    }

    /// Somebody else has chosen.
    fn force(&mut self, _: CurrentState<'_>, _: u16) {
        self.learner_mut().ahead = None;
    }

    /// Learns from a step.
    fn learn(&mut self, action: u16, step: Step, current: CurrentState<'_>) -> Result<(), Divergence>;

    /// The episode is over.
    #[inline]
    fn finish(&mut self, _: CurrentState<'_>) -> Result<(), Divergence> {
        Ok(())
    }

    /// Further values over states by name.
    fn overlays(&self, _: &mut dyn FnMut(&'static str, &[f64])) {}

    /// Writes the probability of every action in a state, for policies that are not greedy in the table.
    fn policy(&self, _: usize, _: ActionMask, _: &mut [f64]) -> bool {
        false
    }

    /// Scalars by their conventional names.
    fn metrics(&self, report: &mut ReportMetric<'_>) {
        self.learner().behaviour.metrics(report);
    }

    /// Whether an episode had more steps than it keeps.
    fn has_forgotten(&self) -> bool {
        false
    }

    /// Adds to a saved state what it carries beside the learner.
    fn save_more(&self, _: &mut AgentState) {}

    /// Reads what [`Self::save_more`] added; the learner is loaded already.
    fn load_more(&mut self, _: &AgentState) -> Result<(), LoadError> {
        Ok(())
    }
}

impl<L: Learning> Agent for L {
    #[inline]
    fn begin(&mut self, current: CurrentState<'_>) {
        let learner = self.learner_mut();
        learner.state = current.state;
        learner.legal = current.legal;
        learner.ahead = None;
        Learning::begin(self, current);
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn act(&mut self, current: CurrentState<'_>) -> u16 {
        Learning::act(self, current)
    }

    fn force(&mut self, current: CurrentState<'_>, action: u16) {
        Learning::force(self, current, action);
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn learn(&mut self, action: u16, step: Step, current: CurrentState<'_>) -> Result<(), Divergence> {
        Learning::learn(self, action, step, current)?;
        self.learner_mut().arrive(current);
        Ok(())
    }

    #[inline]
    fn finish(&mut self, current: CurrentState<'_>) -> Result<(), Divergence> {
        Learning::finish(self, current)?;
        self.learner_mut().advance(Tick::Episode);
        Ok(())
    }

    fn greedy(&self, current: CurrentState<'_>, generator: &mut Generator) -> u16 {
        action_selection::greedy(self.learner().table.row(current.state), current.legal, self.learner().ties, generator)
    }

    fn table(&self) -> Option<TableView<'_>> {
        Some(self.learner().table.view(self.learner().ties))
    }

    fn policy(&self, state: usize, legal: ActionMask, into: &mut [f64]) -> bool {
        Learning::policy(self, state, legal, into)
    }

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        Learning::overlays(self, report);
    }

    fn metrics(&self, report: &mut ReportMetric<'_>) {
        Learning::metrics(self, report);
    }

    fn has_forgotten(&self) -> bool {
        Learning::has_forgotten(self)
    }

    fn discount(&self) -> f64 {
        self.learner().gamma
    }

    fn save(&self) -> AgentState {
        let mut state = self.learner().save();
        self.save_more(&mut state);
        state
    }

    fn take_over(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.learner_mut().load(from)?;
        self.load_more(from)
    }
}
