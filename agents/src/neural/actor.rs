//! What agents with a policy and a value function in one network share: acting, descending a loss, saving.

use super::health::LearningHealth;
use super::policy::{POLICY, Policy, VALUE};
use super::samples::{Samples, Widths};
use super::scaling::{Scaling, ScalingHyperparameters};
use super::settings::{Hidden, architecture};
use super::view::RecentObservations;
use super::{Placement, diverged, saved};
use crate::batch::{Batch, BatchActionsMut, Steps};
use crate::error::{BuildFault, Divergence, LoadError};
use crate::setting::Setting;
use environments::Generator;
use environments::vector::Executor;
use networks::{Approximator, Architecture, Network, Optimiser, Parallel};
use shared::action::ActionRef;
use shared::checkpoint::AgentState;
use shared::network::{Decision, NetworkView};
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use shared::quantity::Seed;
use std::fmt;
use std::sync::Arc;

/// A network with a policy and a value function, in several copies of an environment.
#[derive(Debug)]
pub struct Actor<N = Network> {
    /// The network.
    pub network: N,
    /// All chance.
    pub generator: Generator,
    /// Steps of all copies so far.
    pub steps: u64,
    policy: Policy,
    scaling: Scaling,
    copies: usize,
    entries: usize,
    gamma: f32,
    chosen: Samples,
    memory: ActorBuffers,
    recent: RecentObservations,
    health: LearningHealth,
}

/// Memory that stays from update to update.
#[derive(Clone, Debug, Default)]
struct ActorBuffers {
    probabilities: Vec<f32>,
    observations: Vec<f32>,
    legal: Vec<bool>,
    policy_gradients: Vec<f32>,
    value_gradients: Vec<f32>,
    deviation_gradients: Vec<f32>,
}

/// A sample under the present network.
#[derive(Clone, Copy, Debug)]
pub struct PresentSample {
    /// Which sample.
    pub sample: usize,
    /// The logarithm of the probability of its action.
    pub log_probability: f32,
    /// The entropy of the policy.
    pub entropy: f32,
    /// The value of what was observed.
    pub value: f32,
}

/// An executor that is given two pieces of work.
struct PairExecutor(Arc<dyn Executor>);

impl fmt::Debug for PairExecutor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pair")
    }
}

impl Parallel for PairExecutor {
    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        self.0.run(vec![Box::new(one), Box::new(other)]);
    }
}

/// How a sample's loss changes with what is there of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LossSlopes {
    /// With the logarithm of the action's probability,
    pub log_probability: f32,
    /// with the entropy,
    pub entropy: f32,
    /// with the value.
    pub value: f32,
}

/// What all actors are set to beside their algorithm.
#[derive(Clone, Debug, PartialEq)]
pub struct ActorHyperparameters {
    /// The layers of policy and value.
    pub hidden: Hidden,
    /// How observations and rewards are scaled.
    pub scaling: ScalingHyperparameters,
    /// The logarithm of the standard deviation of actions that are numbers, at first and in half ranges.
    pub log_deviation: f64,
}

impl Default for ActorHyperparameters {
    fn default() -> Self {
        Self { hidden: Hidden::default(), scaling: ScalingHyperparameters::default(), log_deviation: 0.0 }
    }
}

impl ActorHyperparameters {
    /// The parameters, with these defaults.
    pub fn parameters(&self) -> Vec<ParameterSpec> {
        let mut parameters = self.hidden.parameters();
        parameters.extend(self.scaling.parameters());
        parameters.push(ParameterSpec::number(
            "log_deviation",
            "First spread",
            (-5.0, 2.0),
            self.log_deviation,
            0.1,
            "Where actions are numbers: the logarithm of their standard deviation at first, in half ranges.",
        ));
        parameters
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        let log_deviation = parameters.number("log_deviation")?;
        let hidden = Hidden::read(parameters)?;
        Ok(Self { hidden, scaling: ScalingHyperparameters::read(parameters)?, log_deviation })
    }
}

/// What parameters and a setting say of an actor.
#[derive(Debug)]
pub(super) struct ActorPlan {
    architecture: Architecture,
    policy: Policy,
    scaling: Scaling,
    copies: usize,
    entries: usize,
    gamma: f32,
}

impl ActorPlan {
    /// Reads [`ActorHyperparameters`], and `copies` and `gamma`; `title` names the agent where it is refused.
    pub(super) fn read(parameters: &Resolved, setting: &Setting<'_>, title: &str) -> Result<Self, BuildFault> {
        let copies = parameters.count("copies")?;
        let policy = Policy::new(&setting.space);
        let ActorHyperparameters { hidden, scaling, log_deviation } = ActorHyperparameters::read(parameters)?;
        if setting.actions > 0 && log_deviation != ActorHyperparameters::default().log_deviation {
            let parameter = "log_deviation".into();
            let why = "where actions are discrete; it needs an environment whose actions are numbers".into();
            return Err(ParameterError::WithoutEffect { parameter, why }.into());
        }
        let gamma = parameters.discount("gamma")?.get();
        let heads = policy.heads(&hidden, log_deviation as f32);
        Ok(Self {
            architecture: architecture(setting, &hidden, heads, title)?,
            policy,
            scaling: Scaling::new(scaling, gamma, setting, copies),
            copies,
            entries: setting.observation.len(),
            gamma: gamma as f32,
        })
    }
}

impl ActorPlan {
    /// The network, and what goes into it.
    pub(super) fn into_parts(self) -> (Architecture, Scaling) {
        (self.architecture, self.scaling)
    }
}

impl<N: Approximator> Actor<N> {
    /// The actor of a plan, with weights drawn from the seed, and its network wherever `place` puts it.
    pub(super) fn placed(plan: ActorPlan, seed: Seed, optimiser: Optimiser, place: &Placement<'_, N>) -> Self {
        let ActorPlan { architecture, policy, scaling, copies, entries, gamma } = plan;
        let mut generator = Generator::new(seed);
        let network = place(Network::new(&architecture, optimiser, &mut || generator.normal()));
        Self {
            network,
            generator,
            steps: 0,
            scaling,
            copies,
            entries,
            gamma,
            chosen: Samples::default(),
            recent: RecentObservations::default(),
            health: LearningHealth::new(copies),
            memory: ActorBuffers { probabilities: vec![0.0; policy.outputs()], ..ActorBuffers::default() },
            policy,
        }
    }

    /// In how many copies it acts.
    pub const fn copies(&self) -> usize {
        self.copies
    }

    /// Lets threads or whatever else compute policy and value at the same time.
    pub fn work_with(&mut self, executor: Arc<dyn Executor>) {
        self.network.work_with(Arc::new(PairExecutor(executor)));
    }

    /// How wide the rows of samples are.
    pub fn widths(&self) -> Widths {
        Widths { entries: self.entries, actions: self.policy.actions(), width: self.policy.width() }
    }

    /// Draws an action for every copy, and keeps what it was drawn from.
    pub fn act(&mut self, batch: Batch<'_>, into: BatchActionsMut<'_>) {
        let Self { network, policy, scaling, generator, chosen, memory, copies, recent, entries, .. } = self;
        chosen.clear();
        scaling.observe(batch.observations, &mut chosen.observations);
        recent.push(&chosen.observations, *entries);
        chosen.legal.extend_from_slice(batch.legal);
        network.forward(&chosen.observations);
        let width = policy.width();
        chosen.actions.resize(*copies * width, 0.0);
        for (copy, action) in chosen.actions.chunks_exact_mut(width).enumerate() {
            let row = policy.row(network, &chosen.legal, copy);
            policy.draw(row, generator, &mut memory.probabilities, action);
            let evaluated = policy.evaluate(row, action, &mut memory.probabilities);
            chosen.log_probabilities.push(evaluated.log_probability);
        }
        chosen.values.extend_from_slice(network.outputs(VALUE));
        policy.write(&chosen.actions, into);
    }

    /// Somebody else chose the action of a copy after [`Self::act`].
    pub fn force(&mut self, copy: usize, action: ActionRef<'_>) {
        let Self { network, policy, chosen, memory, .. } = self;
        let width = policy.width();
        let drawn = &mut chosen.actions[copy * width..(copy + 1) * width];
        policy.read(action, drawn);
        let row = policy.row(network, &chosen.legal, copy);
        chosen.log_probabilities[copy] = policy.evaluate(row, drawn, &mut memory.probabilities).log_probability;
    }

    /// What [`Self::act`] chose and what came of it, a row a copy. Where episodes were cut off the value of their last
    /// state joins the reward.
    pub fn kept(&mut self, steps: Steps<'_>) -> &mut Samples {
        self.scaling.learn(steps);
        self.health.stepped(steps.rewards, steps.terminated, steps.truncated);
        self.steps += steps.copies() as u64;
        let scale = self.scaling.reward_scale();
        let bootstrap = steps.truncated.contains(&true);
        if bootstrap {
            self.look(steps.after);
        }
        let Self { chosen, network, gamma, .. } = self;
        for (copy, reward) in steps.rewards.iter().enumerate() {
            let rest = if steps.truncated[copy] { *gamma * network.outputs(VALUE)[copy] } else { 0.0 };
            chosen.rewards.push(*reward as f32 * scale + rest);
            chosen.ended.push(steps.terminated[copy] || steps.truncated[copy]);
        }
        chosen
    }

    /// The values of a batch.
    pub fn values(&mut self, batch: Batch<'_>) -> &[f32] {
        self.look(batch);
        self.network.outputs(VALUE)
    }

    fn look(&mut self, batch: Batch<'_>) {
        self.memory.observations.clear();
        self.scaling.observe(batch.observations, &mut self.memory.observations);
        self.network.forward(&self.memory.observations);
    }

    /// Descends the mean loss of some samples, whose slopes `of` tells. Gives the length of the gradient.
    pub fn descend(
        &mut self,
        samples: &Samples,
        order: &[u32],
        (rate, most_norm): (f32, f32),
        of: &mut impl FnMut(PresentSample) -> LossSlopes,
    ) -> Result<f32, Divergence> {
        let share = 1.0 / order.len() as f32;
        for piece in order.chunks(N::MOST_ROWS) {
            self.add_gradients(samples, piece, share, of);
        }
        let norm = self.network.step(rate, Some(most_norm)).map_err(|error| diverged(&error))?;
        self.health.updated(&self.network, norm, most_norm);
        Ok(norm)
    }

    /// Takes note of the policy's mean entropy in an update.
    pub fn note_entropy(&mut self, entropy: f64) {
        self.health.uncertain(self.policy.share_of_uncertainty(entropy));
    }

    /// What has gone wrong with learning since the last call.
    pub fn troubles(&mut self) -> Vec<String> {
        self.health.take(&self.network)
    }

    /// Adds the gradients of some samples' losses, each times `share`.
    fn add_gradients(
        &mut self,
        samples: &Samples,
        order: &[u32],
        share: f32,
        of: &mut impl FnMut(PresentSample) -> LossSlopes,
    ) {
        let widths = self.widths();
        let Self { network, policy, memory, .. } = self;
        let ActorBuffers { probabilities, observations, legal, policy_gradients, value_gradients, deviation_gradients } =
            memory;
        observations.clear();
        legal.clear();
        for sample in order {
            observations.extend_from_slice(row(&samples.observations, *sample, widths.entries));
            legal.extend_from_slice(row(&samples.legal, *sample, widths.actions));
        }
        network.forward(observations);
        let (outputs, deviations) = (policy.outputs(), if widths.actions == 0 { widths.width } else { 0 });
        zero(policy_gradients, order.len() * outputs);
        zero(deviation_gradients, order.len() * deviations);
        value_gradients.clear();
        for (index, sample) in order.iter().enumerate() {
            let seen = policy.row(network, legal, index);
            let action = row(&samples.actions, *sample, widths.width);
            let evaluated = policy.evaluate(seen, action, probabilities);
            let value = network.outputs(VALUE)[index];
            let (log_probability, entropy) = (evaluated.log_probability, evaluated.entropy);
            let slopes = of(PresentSample { sample: *sample as usize, log_probability, entropy, value });
            let by = (slopes.log_probability * share, slopes.entropy * share);
            let of_policy = &mut policy_gradients[index * outputs..(index + 1) * outputs];
            let of_deviation = &mut deviation_gradients[index * deviations..(index + 1) * deviations];
            policy.add_gradients(seen, action, (evaluated, probabilities), by, of_policy, of_deviation);
            value_gradients.push(slopes.value * share);
        }
        let gradients = [&policy_gradients[..], &value_gradients[..], &deviation_gradients[..]];
        network.backward(&gradients[..network.architecture().heads().len()]);
    }

    /// The most probable actions of any number of rows.
    pub fn greedy(&self, batch: Batch<'_>, generator: &mut Generator, into: BatchActionsMut<'_>) {
        let mut observations = Vec::with_capacity(batch.observations.len());
        self.scaling.observe(batch.observations, &mut observations);
        self.policy.greedy(&self.network.predict(POLICY, &observations), batch.legal, generator, into);
    }

    /// The network, and what it makes of an observation.
    pub fn view(&mut self, batch: Batch<'_>) -> NetworkView {
        let Self { network, policy, scaling, recent, .. } = self;
        let mut observation = Vec::with_capacity(batch.observations.len());
        scaling.observe(batch.observations, &mut observation);
        let layers = recent.layers(network, &observation);
        let (preference, preferences, deviations) = policy.preferences(policy.row(network, batch.legal, 0));
        let value = f64::from(network.outputs(VALUE)[0] / scaling.reward_scale());
        let preferred = (0..preferences.len()).max_by(|one, other| preferences[*one].total_cmp(&preferences[*other]));
        let saliency = network.saliency(POLICY, preferred.unwrap_or(0), &observation);
        let decision = Decision {
            preference,
            preferences: preferences.into(),
            deviations: deviations.into(),
            value: Some(value),
            observation: batch.observations.to_vec().into(),
            saliency: saliency.into(),
        };
        NetworkView { step: self.steps, layers, decision }
    }

    /// Everything that it carries from round to round.
    pub fn save(&self) -> AgentState {
        let mut state = AgentState::default();
        saved::insert(&mut state, "network", &self.network.save());
        saved::insert_integers(&mut state, "generator", &self.generator.words());
        saved::insert_integers(&mut state, "steps", &[self.steps]);
        self.scaling.save(&mut state);
        state
    }

    /// Takes over what [`Self::save`] gave; on an error nothing has changed.
    pub fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let generator = saved::generator(from)?;
        let steps = crate::saved_columns::integers(from, "steps", 1)?[0];
        let scaling = self.scaling.loaded(from)?;
        self.network.load(&saved::tensors(from, "network")?).map_err(saved::refused("network"))?;
        (self.generator, self.steps, self.scaling) = (generator, steps, scaling);
        Ok(())
    }
}

fn row<T>(values: &[T], row: u32, width: usize) -> &[T] {
    &values[row as usize * width..(row as usize + 1) * width]
}

fn zero(values: &mut Vec<f32>, length: usize) {
    values.clear();
    values.resize(length, 0.0);
}
