//! Deep Q-learning (Mnih et al. 2015), in the form of CleanRL's `dqn.py`.
//!
//! `delta = Q(s, a) - (r + gamma max_a' Q_target(s', a'))`, of which the loss is descended on minibatches from a replay.
//! Options: the online network picks `a'` (Double DQN, van Hasselt et al. 2016); `Q = V + A - mean A` (dueling, Wang et al.
//! 2016); n steps of rewards before the bootstrap (Sutton 1988); replay by priority (Schaul et al. 2016); the target
//! network follows in jumps or by a share of the way.
//!
//! Truncation bootstraps from the episode's last state, termination does not.

mod hyperparameters;

pub(crate) use hyperparameters::DqnHyperparameters;

use super::health::LearningHealth;
use super::replay::{Replay, Transition};
use super::scaling::Scaling;
use super::settings::{self, architecture};
use super::view::RecentObservations;
use super::{Placement, best, check, diverged, metrics, saved};
use crate::batch::{Batch, BatchActions, BatchActionsMut, BatchAgent, MetricSink, Steps};
use crate::error::{BuildFault, Divergence, LoadError, Unsuitable};
use crate::saved_columns;
use crate::setting::Setting;
use environments::Generator;
use networks::tensors::{TensorValues, Tensors};
use networks::{Approximator, Architecture, Network, Optimiser};
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::metric::MetricDescription;
use shared::network::{Decision, NetworkView, Preference};
use shared::parameter::{ParameterError, Preset, Resolved, Value};
use shared::quantity::Seed;

const TITLE: &str = "DQN";
/// Bytes of a replay, at most.
const MOST_BYTES: usize = 1 << 30;
/// Updates between two looks at whether what the replay holds differs.
const REPLAY_LOOK_EVERY: u64 = 256;

/// The agent.
#[derive(Debug)]
pub struct Dqn<N = Network> {
    rules: DqnHyperparameters,
    online: N,
    target: N,
    generator: Generator,
    scaling: Scaling,
    entries: usize,
    actions: usize,
    /// Steps of all copies, and rounds, so far.
    steps: u64,
    rounds: u64,
    replay: Replay,
    stretches: Vec<Stretch>,
    memory: DqnBuffers,
    recent: RecentObservations,
    health: LearningHealth,
    updates: u64,
}

/// Steps of a copy that are still too few for a stretch of n, oldest first.
#[derive(Clone, Debug, Default)]
struct Stretch {
    observations: Vec<f32>,
    actions: Vec<u16>,
    rewards: Vec<f32>,
}

/// Memory that stays from update to update.
#[derive(Clone, Debug, Default)]
struct DqnBuffers {
    places: Vec<usize>,
    weights: Vec<f32>,
    errors: Vec<f32>,
    observations: Vec<f32>,
    next: Vec<f32>,
    /// Which action the bootstrap takes.
    picked: Vec<usize>,
    targets: Vec<f32>,
    values: Vec<f32>,
    gradients: [Vec<f32>; 2],
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "dqn",
            title: TITLE,
            summary: "Q-learning with a network instead of a table, from a memory of past steps. An older copy of the \
                      network judges what comes next, which keeps it from chasing itself.",
            equation: "L(Q(s,a) - (r + γ Q⁻(s', argmax Q(s',·))))",
            source: "Mnih et al. 2015",
        },
        settings::some_live(DqnHyperparameters::default().parameters()),
        presets(),
    )
}

fn presets() -> Vec<Preset> {
    let plain = vec![("double", Value::Flag(false)), ("n_step", Value::Integer(1))];
    let extended =
        vec![("dueling", Value::Flag(true)), ("n_step", Value::Integer(3)), ("prioritised", Value::Flag(true))];
    let mut presets = vec![
        Preset::new("plain", "As of 2015", plain),
        Preset::new("extended", "Dueling, 3 steps, by priority", extended),
    ];
    presets.extend(settings::sizes());
    presets.extend([settings::boards(), settings::convolutions()]);
    presets
}

impl Dqn {
    /// The agent for an environment with observations and discrete actions.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        Self::placed(parameters, setting, seed, &std::convert::identity)
    }
}

/// What parameters and a setting say of it.
struct DqnPlan {
    rules: DqnHyperparameters,
    architecture: Architecture,
    scaling: Scaling,
    entries: usize,
    actions: usize,
}

/// Why it cannot be built, if it cannot.
pub fn suits(parameters: &Resolved, setting: &Setting<'_>) -> Result<(), BuildFault> {
    read(parameters, setting).map(drop)
}

/// The network of its action values.
pub fn network(parameters: &Resolved, setting: &Setting<'_>) -> Result<Architecture, BuildFault> {
    discrete(setting)?;
    architecture_of(&DqnHyperparameters::read(parameters)?, setting)
}

/// Refuses environments whose actions are a box.
fn discrete(setting: &Setting<'_>) -> Result<(), Unsuitable> {
    if setting.actions > 0 {
        return Ok(());
    }
    let reason = "compares discrete actions, and this environment takes a box of numbers. PPO or A2C would work, or \
                  discrete controls where the environment offers them";
    Err(Unsuitable { agent: TITLE.into(), reason: reason.into() })
}

fn architecture_of(rules: &DqnHyperparameters, setting: &Setting<'_>) -> Result<Architecture, BuildFault> {
    let hidden = &rules.hidden;
    let mut heads = vec![hidden.head("advantage", setting.actions, 1.0)];
    if rules.dueling {
        heads.push(hidden.head("value", 1, 1.0));
    }
    architecture(setting, hidden, heads, TITLE)
}

/// The network of its action values, and what goes into it.
pub(super) fn network_and_scaling(
    parameters: &Resolved,
    setting: &Setting<'_>,
) -> Result<(Architecture, Scaling), BuildFault> {
    let DqnPlan { architecture, scaling, .. } = read(parameters, setting)?;
    Ok((architecture, scaling))
}

fn read(parameters: &Resolved, setting: &Setting<'_>) -> Result<DqnPlan, BuildFault> {
    discrete(setting)?;
    let rules = DqnHyperparameters::read(parameters)?;
    let (entries, actions) = (setting.observation.len(), setting.actions);
    let architecture = architecture_of(&rules, setting)?;
    let bytes = rules.replay.saturating_mul(8 * entries + actions + 16);
    if bytes > MOST_BYTES {
        let most = MOST_BYTES / (8 * entries + actions + 16);
        let reason =
            format!("{} steps of {entries} entries take {bytes} bytes; at most {most} steps fit", rules.replay);
        return Err(ParameterError::invalid("replay", reason).into());
    }
    let scaling = Scaling::new(rules.scaling, rules.gamma, setting, rules.copies);
    Ok(DqnPlan { rules, architecture, scaling, entries, actions })
}

/// Writes the action values of a batch that a network has computed.
fn action_values<N: Approximator>(network: &N, actions: usize, into: &mut Vec<f32>) {
    into.clear();
    into.extend_from_slice(network.outputs(0));
    if network.architecture().heads().len() > 1 {
        add_state_values(network.outputs(1), actions, into);
    }
}

/// Turns what actions add to the value of their state into action values, `[rows][actions]`.
pub(super) fn add_state_values(values: &[f32], actions: usize, advantages: &mut [f32]) {
    for (row, value) in advantages.chunks_exact_mut(actions).zip(values) {
        let mean = row.iter().sum::<f32>() / actions as f32;
        for advantage in row {
            *advantage += value - mean;
        }
    }
}

impl<N: Approximator> Dqn<N> {
    /// The same with a network wherever `place` puts it.
    pub fn placed(
        parameters: &Resolved,
        setting: &Setting<'_>,
        seed: Seed,
        place: &Placement<'_, N>,
    ) -> Result<Self, BuildFault> {
        let DqnPlan { rules, architecture, scaling, entries, actions } = read(parameters, setting)?;
        let mut generator = Generator::new(seed);
        let network = Network::new(&architecture, Optimiser::ADAM, &mut || generator.normal());
        Ok(Self {
            target: place(network.clone()),
            online: place(network),
            generator,
            scaling,
            entries,
            actions,
            steps: 0,
            rounds: 0,
            replay: Replay::new(rules.replay, entries, actions, rules.prioritised),
            stretches: vec![Stretch::default(); rules.copies],
            memory: DqnBuffers::default(),
            recent: RecentObservations::default(),
            health: LearningHealth::new(rules.copies),
            updates: 0,
            rules,
        })
    }

    /// The online network.
    pub const fn network(&self) -> &N {
        &self.online
    }

    /// How far the schedules have come, from 0 to 1.
    fn progress(&self) -> f64 {
        self.steps.min(self.rules.exploration_steps) as f64 / self.rules.exploration_steps as f64
    }

    fn epsilon(&self) -> f64 {
        let DqnHyperparameters { first_epsilon, last_epsilon, .. } = self.rules;
        first_epsilon + (last_epsilon - first_epsilon) * self.progress()
    }

    /// Keeps a step of every copy, and moves stretches that are long enough, or whose episode ended, into the replay.
    fn keep(&mut self, steps: Steps<'_>) {
        let Self { rules, stretches, replay, entries, actions, .. } = self;
        let BatchActions::Discrete(taken) = steps.actions else { return };
        let gamma = rules.gamma as f32;
        for (copy, stretch) in stretches.iter_mut().enumerate() {
            let row = copy * *entries..(copy + 1) * *entries;
            stretch.observations.extend_from_slice(&steps.before.observations[row.clone()]);
            stretch.actions.push(taken[copy]);
            stretch.rewards.push(steps.rewards[copy] as f32);
            let ended = steps.terminated[copy] || steps.truncated[copy];
            while stretch.actions.len() >= rules.n_step || ended && !stretch.actions.is_empty() {
                let reward = stretch.rewards.iter().rev().fold(0.0, |sum, reward| reward + gamma * sum);
                let length = stretch.rewards.len();
                let discount = if steps.terminated[copy] { 0.0 } else { (0..length).fold(1.0, |it, _| it * gamma) };
                replay.push(Transition {
                    observation: &stretch.observations[..*entries],
                    action: stretch.actions[0],
                    reward,
                    discount,
                    next: &steps.after.observations[row.clone()],
                    next_legal: &steps.after.legal[copy * *actions..(copy + 1) * *actions],
                });
                stretch.observations.drain(..*entries);
                stretch.actions.remove(0);
                stretch.rewards.remove(0);
            }
        }
    }

    /// Draws a minibatch and works out what its action values should have been.
    fn draw(&mut self) {
        let progress = self.progress();
        let Self { rules, online, target, generator, scaling, actions, replay, memory, .. } = self;
        let correction = rules.correction;
        let beta = if rules.prioritised { correction + (1.0 - correction) * progress } else { 0.0 };
        memory.places.resize(rules.batch, 0);
        memory.weights.resize(rules.batch, 0.0);
        replay.draw(beta, generator, &mut memory.places, &mut memory.weights);
        memory.observations.clear();
        memory.next.clear();
        for place in &memory.places {
            let transition = replay.at(*place);
            scaling.observe(transition.observation, &mut memory.observations);
            scaling.observe(transition.next, &mut memory.next);
        }
        target.forward(&memory.next);
        if rules.double {
            online.forward(&memory.next);
            action_values(online, *actions, &mut memory.values);
        } else {
            action_values(target, *actions, &mut memory.values);
        }
        memory.picked.clear();
        for (place, row) in memory.places.iter().zip(memory.values.chunks_exact(*actions)) {
            memory.picked.push(usize::from(best(row, replay.at(*place).next_legal, None)));
        }
        action_values(target, *actions, &mut memory.values);
        memory.targets.clear();
        let rows = memory.values.chunks_exact(*actions);
        for ((place, picked), row) in memory.places.iter().zip(&memory.picked).zip(rows) {
            let transition = replay.at(*place);
            memory.targets.push(transition.reward * scaling.reward_scale() + transition.discount * row[*picked]);
        }
    }

    /// Descends the loss of one minibatch.
    fn learn_minibatch(&mut self, metrics: &mut dyn MetricSink) -> Result<(), Divergence> {
        self.draw();
        let Self { rules, online, actions, replay, memory, health, updates, .. } = self;
        let (actions, size) = (*actions, rules.batch);
        online.forward(&memory.observations);
        action_values(online, actions, &mut memory.values);
        let [advantages, values] = &mut memory.gradients;
        advantages.clear();
        advantages.resize(size * actions, 0.0);
        values.clear();
        memory.errors.clear();
        let (share, mut loss, mut mean) = (1.0 / size as f32, 0.0, 0.0);
        for (index, place) in memory.places.iter().enumerate() {
            let action = usize::from(replay.at(*place).action);
            let value = memory.values[index * actions + action];
            let error = value - memory.targets[index];
            let (cost, slope) = rules.loss.of(error);
            let by = slope * share * memory.weights[index];
            let row = &mut advantages[index * actions..(index + 1) * actions];
            row[action] = by;
            if rules.dueling {
                for gradient in row {
                    *gradient -= by / actions as f32;
                }
                values.push(by);
            }
            memory.errors.push(error);
            loss += f64::from(cost) * f64::from(memory.weights[index]);
            mean += f64::from(value);
        }
        let gradients = [&advantages[..], &values[..]];
        online.backward(&gradients[..online.architecture().heads().len()]);
        let most_norm = rules.max_gradient_norm as f32;
        let norm = online.step(rules.learning_rate as f32, Some(most_norm)).map_err(|error| diverged(&error))?;
        health.updated(online, norm, most_norm);
        *updates += 1;
        if updates.is_multiple_of(REPLAY_LOOK_EVERY)
            && let Some(trouble) = replay.trouble((0..rules.n_step).fold(1.0, |it, _| it * rules.gamma as f32), size)
        {
            health.tell(trouble);
        }
        if rules.prioritised {
            replay.prioritise(rules.priority, &memory.places, &memory.errors);
        }
        metrics.push(&metrics::TD_LOSS, loss / size as f64);
        metrics.push(&metrics::ACTION_VALUES, mean / size as f64);
        metrics.push(&metrics::GRADIENT_NORM, f64::from(norm));
        Ok(())
    }

    fn saved_stretches(&self) -> Tensors {
        let mut tensors = Tensors::default();
        for (copy, stretch) in self.stretches.iter().enumerate() {
            let length = stretch.actions.len();
            let mut insert = |name: &str, width, values| {
                tensors.insert(format!("{copy}/{name}"), &[length, width], values);
            };
            insert("observations", self.entries, TensorValues::F32(stretch.observations.clone()));
            insert("rewards", 1, TensorValues::F32(stretch.rewards.clone()));
            insert("actions", 1, TensorValues::U64(stretch.actions.iter().map(|it| u64::from(*it)).collect()));
        }
        tensors
    }

    fn loaded_stretches(&self, from: &AgentState) -> Result<Vec<Stretch>, LoadError> {
        let tensors = saved::tensors(from, "stretches")?;
        let stretch = |copy: usize| {
            let name = |part: &str| format!("{copy}/{part}");
            let shape = tensors.get(&name("actions")).map_or(&[0, 1][..], |it| it.shape());
            let length = shape.first().copied().unwrap_or(0);
            let actions = tensors.integers(&name("actions"), &[length, 1])?;
            Ok(Stretch {
                observations: tensors.floats(&name("observations"), &[length, self.entries])?.to_vec(),
                rewards: tensors.floats(&name("rewards"), &[length, 1])?.to_vec(),
                actions: actions.iter().map(|it| (*it as usize).min(self.actions - 1) as u16).collect(),
            })
        };
        (0..self.stretches.len()).map(stretch).collect::<Result<_, _>>().map_err(saved::refused("stretches"))
    }
}

impl<N: Approximator> BatchAgent for Dqn<N> {
    fn copies(&self) -> usize {
        self.stretches.len()
    }

    fn act(&mut self, batch: Batch<'_>, into: BatchActionsMut<'_>) {
        let BatchActionsMut::Discrete(into) = into else { return };
        let epsilon = self.epsilon();
        let Self { online, generator, scaling, memory, actions, recent, entries, .. } = self;
        memory.observations.clear();
        scaling.observe(batch.observations, &mut memory.observations);
        recent.push(&memory.observations, *entries);
        online.forward(&memory.observations);
        action_values(online, *actions, &mut memory.values);
        let rows = memory.values.chunks_exact(*actions).zip(batch.legal.chunks_exact(*actions));
        for (action, (values, legal)) in into.iter_mut().zip(rows) {
            *action = if generator.unit() < epsilon {
                let count = legal.iter().filter(|it| **it).count() as u32;
                let index = generator.below(count.max(1)) as usize;
                (0..*actions).filter(|action| legal[*action]).nth(index).unwrap_or(0) as u16
            } else {
                best(values, legal, Some(generator))
            };
        }
    }

    fn metrics(&self) -> Vec<&'static MetricDescription> {
        vec![&metrics::TD_LOSS, &metrics::ACTION_VALUES, &metrics::GRADIENT_NORM, &metrics::EPSILON]
    }

    fn learn(&mut self, steps: Steps<'_>, metrics: &mut dyn MetricSink) -> Result<(), Divergence> {
        check(steps)?;
        self.keep(steps);
        self.scaling.learn(steps);
        self.steps += steps.copies() as u64;
        self.rounds += 1;
        let DqnHyperparameters { learning_starts, train_every, gradient_steps, target_every, target_share, .. } =
            self.rules;
        if self.steps >= learning_starts && self.rounds.is_multiple_of(train_every) && !self.replay.is_empty() {
            for _ in 0..gradient_steps {
                self.learn_minibatch(metrics)?;
            }
            metrics.push(&metrics::EPSILON, self.epsilon());
        }
        if self.rounds.is_multiple_of(target_every) {
            self.target.follow(&self.online, target_share as f32);
        }
        Ok(())
    }

    fn greedy(&mut self, batch: Batch<'_>, generator: &mut Generator, into: BatchActionsMut<'_>) {
        let BatchActionsMut::Discrete(into) = into else { return };
        let mut observations = Vec::with_capacity(batch.observations.len());
        self.scaling.observe(batch.observations, &mut observations);
        // A state's own value does not change which action is best.
        let values = self.online.predict(0, &observations);
        let rows = values.chunks_exact(self.actions).zip(batch.legal.chunks_exact(self.actions));
        for (action, (values, legal)) in into.iter_mut().zip(rows) {
            *action = best(values, legal, Some(generator));
        }
    }

    fn look(&mut self, batch: Batch<'_>) -> Option<NetworkView> {
        let Self { online, scaling, recent, memory, actions, steps, .. } = self;
        let mut observation = Vec::with_capacity(batch.observations.len());
        scaling.observe(batch.observations, &mut observation);
        let layers = recent.layers(online, &observation);
        action_values(online, *actions, &mut memory.values);
        let preferred = best(&memory.values[..*actions], batch.legal, None);
        let known = |(value, legal): (&f32, &bool)| if *legal { *value } else { f32::NAN };
        let decision = Decision {
            preference: Preference::ActionValue,
            preferences: memory.values.iter().zip(batch.legal).map(known).collect(),
            deviations: vec![].into(),
            value: memory.values.get(usize::from(preferred)).map(|it| f64::from(*it)),
            observation: batch.observations.to_vec().into(),
            saliency: online.saliency(0, usize::from(preferred), &observation).into(),
        };
        Some(NetworkView { step: *steps, layers, decision })
    }

    fn troubles(&mut self) -> Vec<String> {
        self.health.take(&self.online)
    }

    fn discount(&self) -> f64 {
        self.rules.gamma
    }

    fn save(&self) -> AgentState {
        let mut state = AgentState::default();
        saved::insert(&mut state, "network", &self.online.save());
        saved::insert(&mut state, "target", &self.target.save());
        let mut replay = Tensors::default();
        self.replay.save(&mut replay);
        saved::insert(&mut state, "replay", &replay);
        saved::insert(&mut state, "stretches", &self.saved_stretches());
        saved::insert_integers(&mut state, "generator", &self.generator.words());
        saved::insert_integers(&mut state, "steps", &[self.steps, self.rounds]);
        self.scaling.save(&mut state);
        state
    }

    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let counts = saved_columns::integers(from, "steps", 2)?;
        let replay = self.replay.loaded(&saved::tensors(from, "replay")?).map_err(saved::refused("replay"))?;
        let (stretches, generator) = (self.loaded_stretches(from)?, saved::generator(from)?);
        let scaling = self.scaling.loaded(from)?;
        let (online, target) = (saved::tensors(from, "network")?, saved::tensors(from, "target")?);
        let before = self.target.save();
        self.target.load(&target).map_err(saved::refused("target"))?;
        if let Err(error) = self.online.load(&online) {
            self.target.load(&before).map_err(saved::refused("target"))?;
            return Err(saved::refused("network")(error));
        }
        (self.steps, self.rounds) = (counts[0], counts[1]);
        (self.replay, self.stretches, self.generator, self.scaling) = (replay, stretches, generator, scaling);
        Ok(())
    }
}
