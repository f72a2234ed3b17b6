//! What all linear agents share: `Q(s,a) = w . x(s,a)` with features x of a [`Coder`], exploration, chance, parameters
//! and saving (Sutton and Barto, 2nd edition, chapters 9 and 10).

use crate::error::{BuildFault, Divergence, Diverging, LoadError};
use crate::exploration::action_selection::{self, Ties};
use crate::exploration::behaviour::{ActionChoice, Behaviour, ExplorationHyperparameters, MOST_ACTIONS};
use crate::learner::{DISCOUNT, discount_parameter_of, read_ties, ties_parameter};
use crate::observing::{Observation, Observing};
use crate::saved_columns;
use crate::schedule::{Schedule, ScheduleHyperparameters, ScheduleKind, Tick};
use crate::setting::Setting;
use crate::values::coder::{Coder, CoderHyperparameters, Feature, FeatureChoice};
use environments::{ActionMask, Generator, Step};
use shared::checkpoint::AgentState;
use shared::metric::ReportMetric;
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use shared::quantity::Seed;
use std::fmt;

/// A linear function of features and what goes with it.
#[derive(Clone, Debug)]
pub struct Linear {
    /// What makes the features.
    pub coder: Coder,
    /// The discount, gamma.
    pub gamma: f64,
    /// The code of the observation in which the last action was chosen.
    pub code: Vec<Feature>,
    /// The code of the observation that followed.
    pub next: Vec<Feature>,
    weights: Vec<f64>,
    alpha: Schedule,
    behaviour: Behaviour,
    ties: Ties,
    generator: Generator,
    /// The next action, where it was chosen with the last step already.
    ahead: Option<u16>,
}

/// What an agent with linear features is set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearHyperparameters {
    /// The step size, spread over the features.
    pub alpha: ScheduleHyperparameters,
    /// The discount.
    pub gamma: f64,
    /// How it explores; no action is counted.
    pub exploration: ExplorationHyperparameters,
    /// What its weights multiply.
    pub features: CoderHyperparameters,
    /// How ties are broken.
    pub ties: Ties,
}

impl Default for LinearHyperparameters {
    fn default() -> Self {
        let exploration = ExplorationHyperparameters::default();
        let epsilon = ScheduleHyperparameters { start: 0.1, decay: 0.99, floor: 0.0, ..exploration.epsilon };
        Self {
            alpha: ScheduleHyperparameters { kind: ScheduleKind::Constant, start: 0.3, decay: 0.999, floor: 0.0 },
            gamma: DISCOUNT,
            exploration: ExplorationHyperparameters { epsilon, bonus: None, ..exploration },
            features: CoderHyperparameters::default(),
            ties: Ties::Random,
        }
    }
}

impl LinearHyperparameters {
    /// The parameters, with these defaults.
    pub fn parameters(self) -> Vec<ParameterSpec> {
        let help = "The share of each surprise that is learned, spread over the features.";
        let alpha = self.alpha.parameters("alpha", "Step size", "α", (0.0, 2.0), help);
        // What moves the step size stands behind the features.
        let (mut parameters, alpha_moves): (Vec<_>, Vec<_>) = alpha.into_iter().partition(|it| it.part_of.is_empty());
        parameters.push(discount_parameter_of(self.gamma));
        parameters.extend(self.exploration.parameters());
        parameters.extend(self.features.parameters());
        parameters.extend(alpha_moves);
        parameters.push(ties_parameter());
        parameters
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self {
            features: CoderHyperparameters::read(parameters)?,
            gamma: parameters.discount("gamma")?.get(),
            alpha: ScheduleHyperparameters::read(parameters, "alpha")?,
            exploration: ExplorationHyperparameters::read(parameters)?.unwrap_or_default(),
            ties: read_ties(parameters)?,
        })
    }
}

impl Linear {
    /// Reads [`LinearHyperparameters`]; `title` names the agent where an environment has nothing to observe.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed, title: &str) -> Result<Self, BuildFault> {
        let LinearHyperparameters { alpha, gamma, exploration, features, ties } =
            LinearHyperparameters::read(parameters)?;
        let coder = Coder::new(features, setting, FeatureChoice::Tiles, title)?;
        let length = coder.active() * setting.actions;
        Ok(Self {
            gamma,
            code: Vec::with_capacity(length),
            next: Vec::with_capacity(length),
            weights: vec![0.0; coder.weights()],
            alpha: Schedule::new(alpha),
            behaviour: Behaviour::new(Some(exploration)),
            ties,
            generator: Generator::new(seed),
            ahead: None,
            coder,
        })
    }

    /// Takes in what it observes now.
    fn look(&mut self, observation: Observation<'_>) {
        self.coder.code(observation.entries, &mut self.code);
    }

    /// Takes in what followed.
    fn look_ahead(&mut self, next: Observation<'_>) {
        self.coder.code(next.entries, &mut self.next);
    }

    /// Takes in what it observes now, and chooses an action unless one was chosen ahead.
    fn act(&mut self, observation: Observation<'_>) -> u16 {
        self.look(observation);
        if let Some(action) = self.ahead.take() {
            return action;
        }
        let mut values = [0.0; MOST_ACTIONS];
        let values = &mut values[..self.coder.actions()];
        self.evaluate(&self.code, values);
        self.choose(values, observation.legal)
    }

    /// The value of what followed and an action chosen ahead in it; 0 if the episode terminated.
    pub fn value_ahead(&mut self, step: Step, next: Observation<'_>) -> f64 {
        if step.terminated {
            return 0.0;
        }
        let mut values = [0.0; MOST_ACTIONS];
        let values = &mut values[..self.coder.actions()];
        self.look_ahead(next);
        self.evaluate(&self.next, values);
        let action = self.choose(values, next.legal);
        self.ahead = Some(action);
        values[usize::from(action)]
    }

    /// The value of the best action in what followed; 0 if the episode terminated.
    pub fn best_ahead(&mut self, step: Step, next: Observation<'_>) -> f64 {
        if step.terminated {
            return 0.0;
        }
        let mut values = [0.0; MOST_ACTIONS];
        let values = &mut values[..self.coder.actions()];
        self.look_ahead(next);
        self.evaluate(&self.next, values);
        action_selection::max_value(values, next.legal)
    }

    fn choose(&mut self, values: &[f64], legal: ActionMask) -> u16 {
        let choice = ActionChoice { values, counts: &[], visits: 0, legal };
        self.behaviour.choose(choice, self.ties, &mut self.generator)
    }

    /// What every action is worth where these entries are observed.
    fn evaluate_observation(&self, entries: &[f32], into: &mut [f64]) {
        let mut code = Vec::new();
        self.coder.code(entries, &mut code);
        self.evaluate(&code, into);
    }

    /// The best action in what it observes.
    fn greedy(&self, observation: Observation<'_>, generator: &mut Generator) -> u16 {
        let mut values = [0.0; MOST_ACTIONS];
        let values = &mut values[..self.coder.actions()];
        self.evaluate_observation(observation.entries, values);
        action_selection::greedy(values, observation.legal, self.ties, generator)
    }

    fn evaluate(&self, code: &[Feature], into: &mut [f64]) {
        for (action, value) in into.iter_mut().enumerate() {
            *value = self.value(self.coder.features(code, action as u16));
        }
    }

    /// The value that features have.
    pub fn value(&self, features: impl Iterator<Item = Feature>) -> f64 {
        features.map(|(weight, feature)| self.weights[weight as usize] * feature).sum()
    }

    /// The step size of one feature.
    pub fn step_size(&self) -> f64 {
        self.alpha.get() / self.coder.active() as f64
    }

    /// Adds to a weight. One that would not be finite stays, and the error names it.
    pub fn nudge(&mut self, weight: u32, change: f64) -> Result<(), Divergence> {
        let feature = weight as usize;
        let value = self.weights[feature] + change;
        if !value.is_finite() {
            return Err(Divergence { what: Diverging::Feature(feature), value, advice: Divergence::SMALLER_STEPS });
        }
        self.weights[feature] = value;
        Ok(())
    }

    /// Schedules move on.
    fn advance(&mut self, tick: Tick) {
        self.alpha.advance(tick);
        self.behaviour.advance(tick);
    }

    /// Everything it carries from one step to the next.
    fn save(&self) -> AgentState {
        let mut state = AgentState { actions: self.coder.actions() as u32, ..AgentState::default() };
        self.behaviour.save(&mut state);
        state.numbers.insert("weights".into(), self.weights.clone().into());
        state.numbers.insert("alpha".into(), vec![self.alpha.get()].into());
        state.integers.insert("generator".into(), self.generator.words().to_vec().into());
        if let Some(action) = self.ahead {
            state.integers.insert("ahead".into(), vec![u64::from(action)].into());
        }
        state
    }

    /// Reads what [`Self::save`] wrote.
    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.weights = saved_columns::numbers(from, "weights", self.weights.len())?.to_vec();
        self.behaviour.load(from)?;
        if let Some(alpha) = saved_columns::number(from, "alpha")? {
            self.alpha.set(alpha);
        }
        if let Some(generator) = saved_columns::generator(from)? {
            self.generator = generator;
        }
        let ahead = from.integers.get("ahead").and_then(|it| it.first()).copied();
        self.ahead = ahead.and_then(|it| u16::try_from(it).ok()).filter(|it| usize::from(*it) < self.coder.actions());
        Ok(())
    }
}

/// An agent built around a [`Linear`]: its module writes [`Self::learn`], and saves what it carries beside.
pub trait LinearLearning: fmt::Debug + Send + 'static {
    /// What it is built around.
    fn linear(&self) -> &Linear;

    /// What it is built around.
    fn linear_mut(&mut self) -> &mut Linear;

    /// An episode begins.
    fn begin(&mut self) {}

    /// Learns from a step.
    fn learn(&mut self, action: u16, step: Step, next: Observation<'_>) -> Result<(), Divergence>;

    /// Adds to a saved state what it carries beside the weights.
    fn save_more(&self, _: &mut AgentState) {}

    /// Reads what [`Self::save_more`] added; the weights are loaded already.
    fn load_more(&mut self, _: &AgentState) -> Result<(), LoadError> {
        Ok(())
    }
}

impl<L: LinearLearning> Observing for L {
    fn begin(&mut self, _: Observation<'_>) {
        self.linear_mut().ahead = None;
        LinearLearning::begin(self);
    }

    fn act(&mut self, observation: Observation<'_>) -> u16 {
        self.linear_mut().act(observation)
    }

    fn force(&mut self, observation: Observation<'_>, _: u16) {
        let it = self.linear_mut();
        it.look(observation);
        it.ahead = None;
    }

    fn learn(&mut self, action: u16, step: Step, next: Observation<'_>) -> Result<(), Divergence> {
        LinearLearning::learn(self, action, step, next)?;
        self.linear_mut().advance(Tick::Step);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Divergence> {
        self.linear_mut().advance(Tick::Episode);
        Ok(())
    }

    fn greedy(&self, observation: Observation<'_>, generator: &mut Generator) -> u16 {
        self.linear().greedy(observation, generator)
    }

    fn evaluate(&self, observation: &[f32], into: &mut [f64]) -> bool {
        self.linear().evaluate_observation(observation, into);
        true
    }

    fn metrics(&self, report: &mut ReportMetric<'_>) {
        self.linear().behaviour.metrics(report);
    }

    fn discount(&self) -> f64 {
        self.linear().gamma
    }

    fn save(&self) -> AgentState {
        let mut state = self.linear().save();
        self.save_more(&mut state);
        state
    }

    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.linear_mut().load(from)?;
        self.load_more(from)
    }
}
