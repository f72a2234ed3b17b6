//! Learning that fails without an error, and is worth a word: layers that died, gradients that explode, a policy that has
//! collapsed, a replay in which nothing differs.
//!
//! What is measured is part of no checkpoint: after one it is measured anew, and learning is the same with and without.

use networks::Approximator;
use std::collections::VecDeque;

/// Updates between two looks at the layers. A layer that is silent at two looks in a row has died.
const LOOK_EVERY: u64 = 16;
/// Gradient norms that the median is of, at most and at least.
const NORMS: (usize, usize) = (500, 100);
/// Updates after which the median is taken anew.
const MEDIAN_EVERY: u64 = 16;
/// So many times the median, and longer than the greatest norm allowed, is too long,
const EXPLODES: f32 = 100.0;
/// in so many updates in a row.
const IN_A_ROW: u32 = 10;
/// Episodes whose returns are averaged.
const EPISODES: usize = 50;
/// Below this share of the greatest entropy a policy hardly tries anything.
const CERTAIN: f64 = 0.05;
/// Who has lost more than this share of what was learned has lost it.
const LOST: f64 = 0.25;
/// Less than this share of its returns is no learning, but chance.
const LEARNED: f64 = 0.1;

/// How many kinds of trouble there are.
const KINDS: usize = 6;

/// What has gone wrong.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum LearningTrouble {
    /// All units of a layer give 0, whatever they see: the layer by its index.
    Dead { layer: usize, units: usize },
    /// Gradients are far longer than they were.
    Exploding { norm: f32, median: f32 },
    /// A policy that tries nothing any more gets less than it did.
    Collapsed { share: f64, best: f64, now: f64 },
    /// All that is remembered brought the same reward, and nothing ended an episode.
    SameReward { steps: usize, reward: f32 },
    /// Every minibatch draws more steps than are remembered.
    FewSteps { steps: usize, batch: usize },
    /// Nearly all that is remembered is the same observation and the same action.
    SameStep { share: f64 },
}

impl LearningTrouble {
    /// What has gone wrong and what to turn, where the layers have these names.
    fn words(&self, names: &[String]) -> String {
        match self {
            Self::Dead { layer, units } => {
                let name = names.get(*layer).map_or("?", String::as_str);
                format!(
                    "Layer {name} is dead: its {units} units give 0 whatever they see, so nothing before it learns any more. \
                     Begin anew with a smaller learning rate, or with leaky ReLU or tanh units, which cannot die."
                )
            }
            Self::Exploding { norm, median } => format!(
                "Gradients explode: {IN_A_ROW} updates in a row were more than {EXPLODES:.0} times as long as is usual here \
                 ({norm:.3e}; the median is {median:.3e}). A smaller learning rate helps, or a smaller greatest gradient \
                 norm, or normalised rewards. What was best before can be gone back to."
            ),
            Self::Collapsed { share, best, now } => format!(
                "The policy has collapsed: it hardly tries anything any more ({:.1} % of the greatest entropy), and the mean \
                 return of {EPISODES} episodes fell from {best:.2} to {now:.2}. A greater entropy weight keeps it trying, a \
                 smaller learning rate keeps steps safe. Go back to the best moment first: from here it learns little.",
                100.0 * share
            ),
            Self::SameReward { steps, reward } => format!(
                "The replay tells nothing apart: each of the {steps} steps in it brought the same reward ({reward}), and none \
                 ended an episode by itself. More exploration for longer helps, or a reward that says what is nearer to the aim."
            ),
            Self::FewSteps { steps, batch } => format!(
                "The replay has no variety: it holds {steps} steps, of which every minibatch draws {batch}, the same ones over \
                 and over. A larger replay helps."
            ),
            Self::SameStep { share } => format!(
                "The replay has no variety: {:.0} % of the steps in it are the same action on the same observation. More \
                 exploration helps, or an environment that does not stand still.",
                100.0 * share
            ),
        }
    }
}

/// Keeps an eye on an agent's learning.
#[derive(Clone, Debug)]
pub(super) struct LearningHealth {
    updates: u64,
    /// The first layer that was silent at the last look.
    silent: Option<usize>,
    norms: VecDeque<f32>,
    sorted: Vec<f32>,
    median: f32,
    too_long: u32,
    /// Of every copy the return so far.
    running: Vec<f64>,
    returns: VecDeque<f64>,
    /// The first mean of returns, and the best.
    first: Option<f64>,
    best: f64,
    /// What is to be told, and of which kinds something was told already.
    news: Vec<LearningTrouble>,
    told: Vec<std::mem::Discriminant<LearningTrouble>>,
}

impl LearningHealth {
    pub(super) fn new(copies: usize) -> Self {
        Self {
            updates: 0,
            silent: None,
            norms: VecDeque::with_capacity(NORMS.0),
            sorted: Vec::with_capacity(NORMS.0),
            median: 0.0,
            too_long: 0,
            running: vec![0.0; copies],
            returns: VecDeque::with_capacity(EPISODES),
            first: None,
            best: f64::NEG_INFINITY,
            news: Vec::with_capacity(KINDS),
            told: Vec::with_capacity(KINDS),
        }
    }

    /// What has gone wrong since the last call, in words; each kind once.
    pub(super) fn take(&mut self, network: &impl Approximator) -> Vec<String> {
        if self.news.is_empty() {
            return Vec::new();
        }
        let mut names = Vec::new();
        network.inspect(&mut |layer| names.push(layer.name.to_owned()));
        self.news.drain(..).map(|it| it.words(&names)).collect()
    }

    pub(super) fn tell(&mut self, trouble: LearningTrouble) {
        let kind = std::mem::discriminant(&trouble);
        if !self.told.contains(&kind) {
            self.told.push(kind);
            self.news.push(trouble);
        }
    }

    /// An update was made, whose gradient was so long; the network's last batch is what it learned from.
    pub(super) fn updated(&mut self, network: &impl Approximator, norm: f32, most_norm: f32) {
        self.updates += 1;
        self.look_at_norm(norm, most_norm);
        if self.updates.is_multiple_of(LOOK_EVERY) {
            let (mut silent, mut index) = (None, 0);
            network.inspect(&mut |layer| {
                let is_silent = layer.can_die && !layer.outputs.is_empty() && layer.outputs.iter().all(|it| *it == 0.0);
                if is_silent && silent.is_none() {
                    silent = Some((index, layer.units));
                }
                index += 1;
            });
            if let Some((layer, units)) = silent
                && self.silent == Some(layer)
            {
                self.tell(LearningTrouble::Dead { layer, units });
            }
            self.silent = silent.map(|(layer, _)| layer);
        }
    }

    fn look_at_norm(&mut self, norm: f32, most_norm: f32) {
        if self.norms.len() >= NORMS.1 && norm > most_norm.max(EXPLODES * self.median) {
            self.too_long += 1;
            if self.too_long == IN_A_ROW {
                self.tell(LearningTrouble::Exploding { norm, median: self.median });
            }
            return;
        }
        self.too_long = 0;
        if self.norms.len() == NORMS.0 {
            self.norms.pop_front();
        }
        self.norms.push_back(norm);
        if self.updates.is_multiple_of(MEDIAN_EVERY) {
            self.sorted.clear();
            self.sorted.extend(&self.norms);
            self.sorted.sort_by(f32::total_cmp);
            self.median = self.sorted[self.sorted.len() / 2];
        }
    }

    /// A round brought these rewards.
    pub(super) fn stepped(&mut self, rewards: &[f64], terminated: &[bool], truncated: &[bool]) {
        for (copy, running) in self.running.iter_mut().enumerate() {
            *running += rewards[copy];
            if terminated[copy] || truncated[copy] {
                if self.returns.len() == EPISODES {
                    self.returns.pop_front();
                }
                self.returns.push_back(std::mem::take(running));
                if self.returns.len() == EPISODES {
                    let mean = self.returns.iter().sum::<f64>() / EPISODES as f64;
                    self.first.get_or_insert(mean);
                    self.best = self.best.max(mean);
                }
            }
        }
    }

    /// The policy's entropy in an update, as a share of the greatest there is.
    pub(super) fn uncertain(&mut self, share: f64) {
        let Some(first) = self.first else { return };
        let now = self.returns.iter().sum::<f64>() / EPISODES as f64;
        let learned = self.best - first;
        let has_learned = learned > LEARNED * first.abs().max(self.best.abs());
        if share < CERTAIN && has_learned && self.best - now > LOST * learned {
            self.tell(LearningTrouble::Collapsed { share, best: self.best, now });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use networks::{Activation, Architecture, Head, Initial, Input, Layer, Network, Optimiser};

    fn network() -> Network {
        let hidden =
            Layer::Dense { units: 4, activation: Activation::Relu, initial: Initial::Orthogonal { gain: 1.0 } };
        let output =
            Layer::Dense { units: 1, activation: Activation::Linear, initial: Initial::Orthogonal { gain: 1.0 } };
        let head = Head { name: "value".into(), layers: vec![hidden, output] };
        let architecture = Architecture::new(Input::Vector { length: 2 }, Vec::new(), vec![head]).unwrap();
        let mut normal = (0..).map(|it| f64::from(it * 7 % 5) - 2.0);
        Network::new(&architecture, Optimiser::ADAM, &mut || normal.next().unwrap())
    }

    fn after_norms(norms: impl IntoIterator<Item = f32>) -> Vec<LearningTrouble> {
        let (mut health, network) = (LearningHealth::new(1), network());
        for norm in norms {
            health.updated(&network, norm, 0.5);
        }
        health.news
    }

    #[test]
    fn gradients_explode_that_are_far_longer_than_usual_for_a_while() {
        let usual = || (0..300).map(|it| 1.0 + (it % 7) as f32);
        assert_eq!(after_norms(usual().chain([1e3; 9]).chain(usual())), [], "nine in a row");
        assert_eq!(after_norms(usual().chain([300.0; 50])), [], "less than 100 times as long");
        let said = after_norms(usual().chain([1e3; 50]));
        assert_eq!(said, [LearningTrouble::Exploding { norm: 1e3, median: 4.0 }]);
        assert!(said[0].words(&[]).contains("smaller learning rate"), "{said:?}");
        assert_eq!(after_norms((0..300).map(|_| 1e-4).chain([0.4; 50])), [], "shorter than what is cut off");
        assert_eq!(after_norms((0..40).map(|_| 1.0).chain([1e3; 50])), [], "nothing is usual yet");
    }

    #[test]
    fn a_layer_that_gives_nothing_at_two_looks_in_a_row_is_dead() {
        let looked_at = |observations: [[f32; 2]; 2]| {
            let (mut health, mut network) = (LearningHealth::new(1), network());
            for observation in observations {
                network.forward(&observation);
                for _ in 0..LOOK_EVERY {
                    health.updated(&network, 1.0, 0.5);
                }
            }
            health.news
        };
        // There are no biases yet, so all units give 0 for 0.
        let dead = LearningTrouble::Dead { layer: 0, units: 4 };
        assert_eq!(looked_at([[0.0; 2], [0.0; 2]]), std::slice::from_ref(&dead));
        assert_eq!(looked_at([[0.0; 2], [1.0, -1.0]]), []);
        assert!(dead.words(&["value.0".into()]).starts_with("Layer value.0 is dead: its 4 units"));
    }

    #[test]
    fn a_policy_has_collapsed_that_is_certain_and_has_lost_what_it_had_learned() {
        let told = |returns: &[f64], share: f64| {
            let mut health = LearningHealth::new(1);
            for one in returns {
                for _ in 0..EPISODES {
                    health.stepped(&[*one], &[true], &[false]);
                }
                health.uncertain(share);
            }
            health.news
        };
        assert_eq!(
            told(&[10.0, 100.0, 20.0], 0.01),
            [LearningTrouble::Collapsed { share: 0.01, best: 100.0, now: 20.0 }]
        );
        assert_eq!(told(&[10.0, 100.0, 20.0], 0.3), [], "it still tries");
        assert_eq!(told(&[10.0, 100.0, 90.0], 0.01), [], "a tenth is not lost");
        assert_eq!(told(&[-50.0, -48.0, -52.0], 0.01), [], "it never learned");
    }

    #[test]
    fn a_kind_is_told_once() {
        let mut health = LearningHealth::new(1);
        health.tell(LearningTrouble::SameStep { share: 1.0 });
        assert_eq!(health.take(&network()).len(), 1);
        health.tell(LearningTrouble::SameStep { share: 0.95 });
        health.tell(LearningTrouble::SameReward { steps: 9, reward: -1.0 });
        let said = health.take(&network());
        assert!(said.len() == 1 && said[0].contains("the same reward (-1)"), "{said:?}");
    }
}
