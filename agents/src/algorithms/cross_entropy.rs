//! Noisy cross-entropy method over the weights of a linear preference (Szita and Lorincz 2006).
//!
//! A generation of weight vectors is drawn from a normal distribution, each plays one episode with
//! `a = argmax_a w . x(s,a)`; mean and variance of the best become the distribution of the next generation, the variance
//! plus a constant noise. It learns from returns alone.

use crate::error::{BuildFault, Divergence, Diverging, LoadError};
use crate::exploration::action_selection::{self, Ties};
use crate::exploration::behaviour::MOST_ACTIONS;
use crate::learner::{preset, read_ties, ties_parameter};
use crate::observing::{Observation, Observing};
use crate::saved_columns;
use crate::setting::Setting;
use crate::values::coder::{Coder, CoderHyperparameters, Feature, FeatureChoice};
use environments::{Generator, Step};
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::metric::{MetricDescription, ReportMetric};
use shared::parameter::{ParameterError, ParameterSpec, Resolved, Value};
use shared::quantity::Seed;

static SPREAD: MetricDescription =
    MetricDescription::new("charts/spread", "Spread of the candidates", "", "Exploration").logarithmic();

/// The agent.
#[derive(Clone, Debug)]
pub struct CrossEntropy {
    coder: Coder,
    code: Vec<Feature>,
    ties: Ties,
    generator: Generator,
    candidates: usize,
    elite: usize,
    noise: f64,
    mean: Vec<f64>,
    variance: Vec<f64>,
    /// The generation so far, `[candidates][weights]`; the last of them plays.
    weights: Vec<f64>,
    returns: Vec<f64>,
    total: f64,
    /// Room for the order of a generation, the best first.
    order: Vec<usize>,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "cross-entropy",
            title: "Cross-entropy method",
            summary: "Breeds players: many slightly different ones play an episode each, and the next generation is \
                      drawn around the best. No values, no gradients, and strong at Tetris.",
            equation: "w ~ N(μ, σ²);  μ, σ² ← mean and variance of the best, σ² + noise",
            source: "Szita & Lőrincz 2006",
        },
        CrossEntropyHyperparameters::default().parameters(),
        vec![preset("small", &[("candidates", 20.0)]), preset("large", &[("candidates", 100.0), ("elite", 0.1)])],
    )
}

/// What it is set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossEntropyHyperparameters {
    /// Players in a generation.
    pub candidates: usize,
    /// The share of them that makes the next one.
    pub elite: f64,
    /// How different the first ones are.
    pub spread: f64,
    /// Variance that always stays.
    pub noise: f64,
    /// What the weights multiply.
    pub features: CoderHyperparameters,
    /// How ties are broken.
    pub ties: Ties,
}

impl Default for CrossEntropyHyperparameters {
    fn default() -> Self {
        let features = CoderHyperparameters::default();
        Self { candidates: 40, elite: 0.2, spread: 1.0, noise: 0.02, features, ties: Ties::Random }
    }
}

impl CrossEntropyHyperparameters {
    /// The parameters, with these defaults.
    pub fn parameters(self) -> Vec<ParameterSpec> {
        let (candidates, number) = (self.candidates as i64, ParameterSpec::number);
        let mut parameters = vec![
            ParameterSpec::integer(
                "candidates",
                "Candidates",
                (2, 1000),
                candidates,
                "Players in a generation, an episode each.",
            ),
            number("elite", "Elite", (0.01, 1.0), self.elite, 0.01, "The share of them that makes the next one.")
                .symbol("ρ")
                .live(),
            number("spread", "First spread", (0.01, 100.0), self.spread, 0.1, "How different the first ones are.")
                .symbol("σ"),
            number("noise", "Noise", (0.0, 10.0), self.noise, 0.01, "Variance that always stays, against settling.")
                .live(),
        ];
        // What fits it are never tiles.
        let tiled = |it: ParameterSpec| match it.name.as_str() {
            "tilings" | "tiles" => it.unless("features", vec![Value::Text("auto".into())]),
            _ => it,
        };
        parameters.extend(self.features.parameters().into_iter().map(tiled));
        parameters.push(ties_parameter());
        parameters
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self {
            features: CoderHyperparameters::read(parameters)?,
            candidates: parameters.count("candidates")?,
            spread: parameters.number("spread")?,
            ties: read_ties(parameters)?,
            elite: parameters.number("elite")?,
            noise: parameters.number("noise")?,
        })
    }
}

impl CrossEntropy {
    /// The agent for an environment with observations.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let CrossEntropyHyperparameters { candidates, elite, spread, noise, features, ties } =
            CrossEntropyHyperparameters::read(parameters)?;
        // Every candidate draws all weights anew: with tens of thousands of tiles that would be most of the work.
        let coder = Coder::new(features, setting, FeatureChoice::Entries, "The cross-entropy method")?;
        Ok(Self {
            code: Vec::with_capacity(coder.active() * setting.actions),
            ties,
            generator: Generator::new(seed),
            candidates,
            elite: ((candidates as f64 * elite) as usize).clamp(1, candidates),
            noise,
            mean: vec![0.0; coder.weights()],
            variance: vec![spread * spread; coder.weights()],
            weights: Vec::new(),
            returns: Vec::with_capacity(candidates),
            total: 0.0,
            order: Vec::with_capacity(candidates),
            coder,
        })
    }

    /// Draws the next candidate.
    fn draw(&mut self) {
        let Self { mean, variance, weights, generator, .. } = self;
        let drawn = mean.iter().zip(variance.iter()).map(|(mean, it)| mean + libm::sqrt(*it) * generator.normal());
        weights.extend(drawn);
    }

    /// Mean and variance of the best become the next distribution.
    fn breed(&mut self) {
        let Self { order, returns, .. } = self;
        order.clear();
        order.extend(0..returns.len());
        order.sort_by(|one, other| returns[*other].total_cmp(&returns[*one]));
        order.truncate(self.elite);
        let (length, count) = (self.mean.len(), self.elite as f64);
        for weight in 0..length {
            let of = |candidate: &usize| self.weights[candidate * length + weight];
            let mean = self.order.iter().map(of).sum::<f64>() / count;
            let squares: f64 = self.order.iter().map(|candidate| (of(candidate) - mean) * (of(candidate) - mean)).sum();
            self.mean[weight] = mean;
            self.variance[weight] = squares / count + self.noise;
        }
        self.weights.clear();
        self.returns.clear();
    }

    /// The weights of the one that plays: the newest candidate, or the mean before an episode has begun.
    fn playing(&self) -> &[f64] {
        let played = self.returns.len() * self.mean.len();
        self.weights.get(played..).filter(|it| it.len() == self.mean.len()).unwrap_or(&self.mean)
    }
}

/// Writes what each action is worth to a player.
fn evaluate(coder: &Coder, weights: &[f64], code: &[Feature], into: &mut [f64]) {
    for (action, value) in into.iter_mut().enumerate() {
        let features = coder.features(code, action as u16);
        *value = features.map(|(weight, feature)| weights[weight as usize] * feature).sum();
    }
}

impl Observing for CrossEntropy {
    fn begin(&mut self, _: Observation<'_>) {
        self.total = 0.0;
        self.weights.truncate(self.returns.len() * self.mean.len());
        self.draw();
    }

    fn act(&mut self, observation: Observation<'_>) -> u16 {
        self.coder.code(observation.entries, &mut self.code);
        let mut values = [0.0; MOST_ACTIONS];
        let values = &mut values[..self.coder.actions()];
        evaluate(&self.coder, self.playing(), &self.code, values);
        action_selection::greedy(values, observation.legal, self.ties, &mut self.generator)
    }

    fn force(&mut self, _: Observation<'_>, _: u16) {}

    fn learn(&mut self, _: u16, step: Step, _: Observation<'_>) -> Result<(), Divergence> {
        let total = self.total + step.reward;
        if !total.is_finite() {
            return Err(Divergence { what: Diverging::Return, value: total, advice: Divergence::SMALLER_REWARDS });
        }
        self.total = total;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Divergence> {
        self.returns.push(self.total);
        if self.returns.len() == self.candidates {
            self.breed();
        }
        Ok(())
    }

    /// The mean player's action.
    fn greedy(&self, observation: Observation<'_>, generator: &mut Generator) -> u16 {
        let mut code = Vec::new();
        self.coder.code(observation.entries, &mut code);
        let mut values = [0.0; MOST_ACTIONS];
        let values = &mut values[..self.coder.actions()];
        evaluate(&self.coder, &self.mean, &code, values);
        action_selection::greedy(values, observation.legal, self.ties, generator)
    }

    fn metrics(&self, report: &mut ReportMetric<'_>) {
        let mean = self.variance.iter().sum::<f64>() / self.variance.len() as f64;
        report(&SPREAD, libm::sqrt(mean));
    }

    fn discount(&self) -> f64 {
        1.0
    }

    fn save(&self) -> AgentState {
        let mut state = AgentState { actions: self.coder.actions() as u32, ..AgentState::default() };
        for (name, values) in [
            ("mean", &self.mean),
            ("variance", &self.variance),
            ("candidates", &self.weights),
            ("returns", &self.returns),
        ] {
            state.numbers.insert(name.into(), values.clone().into());
        }
        state.numbers.insert("total".into(), vec![self.total].into());
        state.integers.insert("generator".into(), self.generator.words().to_vec().into());
        state
    }

    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let length = self.mean.len();
        let mean = saved_columns::numbers(from, "mean", length)?;
        let variance = saved_columns::numbers(from, "variance", length)?;
        let played = from.numbers.get("returns").map_or(0, |it| it.len()).min(self.candidates - 1);
        let returns = saved_columns::numbers(from, "returns", played)?;
        let playing = from.numbers.get("candidates").map_or(0, |it| it.len()) / length;
        let weights = saved_columns::numbers(from, "candidates", playing.clamp(played, played + 1) * length)?;
        self.total = saved_columns::numbers(from, "total", 1)?[0];
        if let Some(generator) = saved_columns::generator(from)? {
            self.generator = generator;
        }
        self.mean.copy_from_slice(mean);
        self.variance.copy_from_slice(variance);
        self.returns = returns.to_vec();
        self.weights = weights.to_vec();
        Ok(())
    }
}
