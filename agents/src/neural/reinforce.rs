//! REINFORCE with a baseline (Williams 1992; Sutton and Barto, 2nd edition, section 13.4), with a network.
//!
//! It learns from whole episodes. Once so many have ended, in whichever copies, the optimiser makes one step with the loss
//! `-(G - V(s)) ln pi(a|s) + c_v (V - G)^2 / 2 - c_e entropy` over all their steps, where `G` is the discounted return
//! from that step on. As usual the factor `gamma^t` of the book is left out.
//!
//! Truncation bootstraps: `gamma V(last state)` is added to the reward of a step that was cut off. Termination does not. An
//! episode of more than 16 384 steps is learned from in pieces of so many, each as if it were cut off there: memory stays
//! bounded where episodes never end.

use super::actor::{Actor, ActorHyperparameters, ActorPlan};
use super::policy_gradient::{Estimated, PolicyGradient};
use super::samples::Samples;
use super::settings::{self, LinearDecay};
use super::{Placement, check};
use crate::batch::{Batch, BatchActionsMut, BatchAgent, MetricSink, Steps, copies_parameter, read_copies};
use crate::error::{BuildFault, Divergence, LoadError};
use crate::learner::{DISCOUNT, discount_parameter_of};
use crate::setting::Setting;
use environments::Generator;
use environments::vector::Executor;
use networks::{Approximator, Architecture, Network, Optimiser};
use shared::action::ActionRef;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::metric::MetricDescription;
use shared::network::NetworkView;
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use shared::quantity::Seed;
use std::sync::Arc;

const TITLE: &str = "REINFORCE with a network";
/// Steps that there is room for from the beginning, in all copies together and in each.
const ROOM: (usize, usize) = (65_536, 512);

/// Steps of an episode that are learned from together, at most.
const MOST_STEPS: usize = 16_384;

/// The agent.
#[derive(Debug)]
pub struct NeuralReinforce<N = Network> {
    actor: Actor<N>,
    rules: NeuralReinforceHyperparameters,
    /// The episode that every copy is in,
    present: Vec<Samples>,
    /// and those that have ended since the last update.
    ended: Samples,
    episodes: usize,
    order: Vec<u32>,
    advantages: Vec<f32>,
    returns: Vec<f32>,
}

/// How it learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NeuralReinforceHyperparameters {
    copies: usize,
    /// Episodes between two updates.
    episodes: usize,
    gradient: PolicyGradient,
    gamma: f64,
}

impl Default for NeuralReinforceHyperparameters {
    fn default() -> Self {
        let learning_rate = LinearDecay::constant(3e-3);
        let gradient = PolicyGradient { learning_rate, normalises_advantages: true, ..PolicyGradient::default() };
        Self { copies: 8, episodes: 8, gradient, gamma: DISCOUNT }
    }
}

impl NeuralReinforceHyperparameters {
    /// The parameters, with these defaults.
    pub(crate) fn parameters(self) -> Vec<ParameterSpec> {
        let PolicyGradient { learning_rate, entropy, value_weight, max_gradient_norm, normalises_advantages } =
            self.gradient;
        let weight = "How much the baseline's loss counts.";
        let (episodes, whole) = (self.episodes as i64, "Whole episodes between two updates.");
        vec![
            copies_parameter(self.copies as i64),
            ParameterSpec::integer("episodes", "Episodes", (1, 1000), episodes, whole),
            settings::learning_rate(learning_rate.start()),
            discount_parameter_of(self.gamma),
            settings::entropy(entropy.start()),
            ParameterSpec::number("value_weight", "Value weight", (0.0, 10.0), value_weight, 0.1, weight),
            ParameterSpec::flag(
                "normalise_advantages",
                "Normalise advantages",
                normalises_advantages,
                "Brings what was better than expected to mean 0 and deviation 1 over all steps of an update.",
            ),
            settings::max_gradient_norm(max_gradient_norm),
        ]
    }

    /// Reads [`Self::parameters`].
    pub(crate) fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self {
            copies: read_copies(parameters)?,
            episodes: parameters.count("episodes")?,
            gradient: PolicyGradient::read(parameters)?,
            gamma: parameters.discount("gamma")?.get(),
        })
    }
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = NeuralReinforceHyperparameters::default().parameters();
    parameters.extend(settings::schedules());
    parameters.extend(ActorHyperparameters::default().parameters());
    CatalogEntry::new(
        &Words {
            id: "neural-reinforce",
            title: TITLE,
            summary: "Plays whole episodes and makes every action likelier that was followed by more than a second network \
                      expected. The simplest policy gradient: right on average, and slow because returns vary so much.",
            equation: "-(G - V) ln π(a|s) + c (V - G)²/2 - β H",
            source: "Williams 1992; Sutton & Barto, 2nd edition, section 13.4",
        },
        settings::some_live(parameters),
        settings::presets(),
    )
}

impl NeuralReinforce {
    /// The agent for an environment with observations.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        Self::placed(parameters, setting, seed, &std::convert::identity)
    }
}

/// Its network.
pub fn network(parameters: &Resolved, setting: &Setting<'_>) -> Result<Architecture, BuildFault> {
    ActorPlan::read(parameters, setting, TITLE).map(|it| it.into_parts().0)
}

/// Why it cannot be built, if it cannot.
pub fn suits(parameters: &Resolved, setting: &Setting<'_>) -> Result<(), BuildFault> {
    read(parameters, setting).map(drop)
}

fn read(
    parameters: &Resolved,
    setting: &Setting<'_>,
) -> Result<(ActorPlan, NeuralReinforceHyperparameters), BuildFault> {
    let actor = ActorPlan::read(parameters, setting, TITLE)?;
    Ok((actor, NeuralReinforceHyperparameters::read(parameters)?))
}

impl<N: Approximator> NeuralReinforce<N> {
    /// The same with a network wherever `place` puts it.
    pub fn placed(
        parameters: &Resolved,
        setting: &Setting<'_>,
        seed: Seed,
        place: &Placement<'_, N>,
    ) -> Result<Self, BuildFault> {
        let (actor, rules) = read(parameters, setting)?;
        let actor = Actor::placed(actor, seed, Optimiser::ADAM, place);
        let present = vec![Samples::default(); actor.copies()];
        let (ended, order) = (Samples::default(), Vec::new());
        let (advantages, returns) = (Vec::new(), Vec::new());
        Ok(Self { actor, rules, present, ended, episodes: 0, order, advantages, returns })
    }

    /// Learns from the episodes that have ended.
    fn update(&mut self, metrics: &mut dyn MetricSink) -> Result<(), Divergence> {
        let Self { actor, rules, ended, order, advantages, returns, .. } = self;
        // Of lambda 1, over whole episodes, what is estimated are the returns themselves.
        ended.estimate(1, &[0.0], (rules.gamma as f32, 1.0), advantages, returns);
        rules.gradient.descend(actor, &Estimated { samples: ended, advantages, returns }, order, metrics)
    }
}

impl<N: Approximator> BatchAgent for NeuralReinforce<N> {
    fn copies(&self) -> usize {
        self.actor.copies()
    }

    fn act(&mut self, batch: Batch<'_>, into: BatchActionsMut<'_>) {
        self.actor.act(batch, into);
    }

    fn force(&mut self, copy: usize, action: ActionRef<'_>) {
        self.actor.force(copy, action);
    }

    fn metrics(&self) -> Vec<&'static MetricDescription> {
        PolicyGradient::metrics()
    }

    fn learn(&mut self, steps: Steps<'_>, metrics: &mut dyn MetricSink) -> Result<(), Divergence> {
        check(steps)?;
        let widths = self.actor.widths();
        let kept = self.actor.kept(steps);
        let room = (ROOM.0 / self.present.len()).min(ROOM.1);
        for (copy, present) in self.present.iter_mut().enumerate() {
            if present.is_empty() {
                present.reserve(room, widths);
            }
            present.extend_from_row(kept, copy, widths);
            if kept.ended[copy] {
                self.ended.append(present);
                self.episodes += 1;
            }
        }
        if self.present.iter().any(|it| it.len() >= MOST_STEPS) {
            let gamma = self.rules.gamma as f32;
            let values = self.actor.values(steps.after);
            for (present, value) in self.present.iter_mut().zip(values).filter(|(it, _)| it.len() >= MOST_STEPS) {
                if let (Some(reward), Some(ended)) = (present.rewards.last_mut(), present.ended.last_mut()) {
                    *reward += gamma * value;
                    *ended = true;
                }
                self.ended.append(present);
                self.episodes += 1;
            }
        }
        if self.episodes < self.rules.episodes {
            return Ok(());
        }
        let updated = self.update(metrics);
        self.ended.clear();
        self.episodes = 0;
        updated
    }

    fn greedy(&mut self, batch: Batch<'_>, generator: &mut Generator, into: BatchActionsMut<'_>) {
        self.actor.greedy(batch, generator, into);
    }

    fn look(&mut self, batch: Batch<'_>) -> Option<NetworkView> {
        Some(self.actor.view(batch))
    }

    fn troubles(&mut self) -> Vec<String> {
        self.actor.troubles()
    }

    fn work_with(&mut self, executor: Arc<dyn Executor>) {
        self.actor.work_with(executor);
    }

    fn discount(&self) -> f64 {
        self.rules.gamma
    }

    fn save(&self) -> AgentState {
        let mut state = self.actor.save();
        let widths = self.actor.widths();
        self.ended.save("episodes", widths, &mut state);
        for (copy, present) in self.present.iter().enumerate() {
            present.save(&format!("episode/{copy}"), widths, &mut state);
        }
        state
    }

    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let widths = self.actor.widths();
        let mut ended = Samples::loaded("episodes", widths, from)?;
        let present = (0..self.present.len()).map(|copy| Samples::loaded(&format!("episode/{copy}"), widths, from));
        let mut present = present.collect::<Result<Vec<_>, _>>()?;
        self.actor.load(from)?;
        self.episodes = ended.ended.iter().filter(|it| **it).count();
        self.ended.clear();
        self.ended.append(&mut ended);
        for (room, present) in self.present.iter_mut().zip(&mut present) {
            room.clear();
            room.append(present);
        }
        Ok(())
    }
}
