//! Experiments for tests: an agent in an environment, watched episode by episode.

use crate::pairs::{AnyVisitor, with, with_environment};
use agents::agent::{Agent, CurrentState, TableView};
use agents::error::Divergence;
use environments::{Environment, Generator};
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::spec::{AgentSpec, EnvironmentSpec};

/// A greedy episode that takes more steps than this goes round in circles.
const GREEDY_LIMIT: u32 = 999;

/// An episode that has just ended.
#[derive(Debug)]
pub(crate) struct Episode<'a> {
    /// Its index, from 0.
    pub(crate) index: u64,
    /// Its return.
    pub(crate) total: f64,
    /// Its steps.
    pub(crate) steps: u32,
    /// Its first action.
    pub(crate) first_action: u16,
    /// What the agent believes now.
    pub(crate) table: Option<TableView<'a>>,
}

/// What an agent has come to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trained {
    /// Steps of its greedy episode; 999 if that does not end before.
    pub(crate) greedy_steps: u32,
    /// Return of its greedy episode.
    pub(crate) greedy_return: f64,
}

/// Runs one episode to its end and returns its return, its steps and its first action.
pub(crate) fn episode<E: Environment>(
    environment: &mut E,
    agent: &mut (impl Agent + ?Sized),
    seed: Seed,
) -> Result<(f64, u32, u16), Divergence> {
    environment.reset(seed);
    agent.begin(CurrentState::of(environment));
    let (mut total, mut steps, mut first_action) = (0.0, 0, 0);
    loop {
        let action = agent.act(CurrentState::of(environment));
        let step = environment.step(action).unwrap();
        agent.learn(action, step, CurrentState::of(environment))?;
        first_action = if steps == 0 { action } else { first_action };
        total += step.reward;
        steps += 1;
        if step.ended() {
            break;
        }
    }
    agent.finish(CurrentState::of(environment))?;
    Ok((total, steps, first_action))
}

/// Trains while `watch` says so; one type for all, because each is compiled for every pair.
struct Train<'a> {
    seed: u64,
    watch: &'a mut dyn FnMut(Episode<'_>) -> bool,
}

impl AnyVisitor for Train<'_> {
    type Output = Trained;

    fn visit<E: Environment, A: Agent + ?Sized>(self, mut environment: E, mut agent: Box<A>) -> Trained {
        let seed = Seed::new(self.seed).unwrap();
        for index in 0.. {
            let (total, steps, first_action) = episode(&mut environment, &mut *agent, seed.derive(1, index)).unwrap();
            if !(self.watch)(Episode { index, total, steps, first_action, table: agent.table() }) {
                break;
            }
        }
        let mut generator = Generator::new(seed.derive(3, 0));
        let mut trained = Trained { greedy_steps: 0, greedy_return: 0.0 };
        environment.reset(seed.derive(1, 0));
        while !environment.ended() && trained.greedy_steps < GREEDY_LIMIT {
            let step = environment.step(agent.greedy(CurrentState::of(&environment), &mut generator)).unwrap();
            trained.greedy_return += step.reward;
            trained.greedy_steps += 1;
        }
        trained
    }
}

/// Trains in a registered environment while `watch` says so.
pub(crate) fn train(
    environment: &EnvironmentSpec,
    agent: &AgentSpec,
    seed: u64,
    mut watch: impl FnMut(Episode<'_>) -> bool,
) -> Trained {
    with(environment, agent, seed, Train { seed, watch: &mut watch }).unwrap()
}

/// Trains in an environment while `watch` says so.
pub(crate) fn train_in<E: Environment>(
    environment: E,
    agent: &AgentSpec,
    seed: u64,
    mut watch: impl FnMut(Episode<'_>) -> bool,
) -> Trained {
    with_environment(environment, agent, seed, Train { seed, watch: &mut watch }).unwrap()
}

pub(crate) fn number(value: f64) -> Value {
    Value::Number(value)
}

pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.into())
}

/// As many runs as a quick test affords, or as the figure deserves.
pub(crate) fn runs(quick: u64, thorough: u64) -> std::ops::Range<u64> {
    0..if cfg!(feature = "figures") { thorough } else { quick }
}

/// The book's constant step size and exploration.
pub(crate) fn book(alpha: f64, epsilon: f64, gamma: f64) -> Vec<(&'static str, Value)> {
    vec![
        ("alpha", number(alpha)),
        ("gamma", number(gamma)),
        ("epsilon", number(epsilon)),
        ("epsilon_schedule", text("constant")),
    ]
}

/// A tolerance where the reference is a lower bound.
pub(crate) const AT_LEAST: f64 = f64::INFINITY;
/// A tolerance where the reference is an upper bound.
pub(crate) const AT_MOST: f64 = f64::NEG_INFINITY;

/// A value beside its reference, as `cargo xtask figures` reads it into docs/FIGURES.md.
pub(crate) fn row(what: &str, found: f64, from: &str, reference: f64, tolerance: f64) {
    println!("row {what} | {found:.5} | {from} | {reference} | {tolerance:.5}");
}

/// A picture of docs/FIGURES.md, to which any number of tests add their curves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picture {
    name: &'static str,
    axes: (&'static str, &'static str),
    scale: &'static str,
    range: Option<(f64, f64)>,
}

impl Picture {
    /// A picture with the name of its file and of its axes.
    pub(crate) const fn new(name: &'static str, x: &'static str, y: &'static str) -> Self {
        Self { name, axes: (x, y), scale: "linear", range: None }
    }

    /// The same with a horizontal axis on which equal factors take equal room.
    pub(crate) const fn by_factors(self) -> Self {
        Self { scale: "logarithmic", ..self }
    }

    /// The same with this much of the vertical axis.
    pub(crate) const fn within(self, low: f64, high: f64) -> Self {
        Self { range: Some((low, high)), ..self }
    }

    /// Adds a curve, as `cargo xtask figures` reads it.
    pub(crate) fn curve(&self, name: &str, points: impl IntoIterator<Item = (f64, f64)>) {
        let Self { name: file, axes: (x, y), scale, range } = self;
        let range = range.map_or("all".into(), |(low, high)| format!("{low}..{high}"));
        let points: Vec<_> = points.into_iter().map(|(x, y)| format!("{x},{y:.4}")).collect();
        println!("curve {file} | {x} | {y} | {scale} | {range} | {name} | {}", points.join(" "));
    }
}

/// The mean of so many neighbours at a time, by the number of the last of them, from 1.
pub(crate) fn smooth(values: &[f64], window: usize) -> impl Iterator<Item = (f64, f64)> {
    let mean = move |(index, chunk): (usize, &[f64])| {
        ((index * window + chunk.len()) as f64, chunk.iter().sum::<f64>() / chunk.len() as f64)
    };
    values.chunks(window).enumerate().map(mean)
}

/// Independent runs of an experiment, and what they gave on average.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample(Vec<f64>);

impl FromIterator<f64> for Sample {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl Sample {
    /// The mean.
    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    /// The standard error of the mean.
    pub(crate) fn error(&self) -> f64 {
        let (mean, runs) = (self.mean(), self.0.len() as f64);
        let squares: f64 = self.0.iter().map(|value| (value - mean) * (value - mean)).sum();
        (squares / (runs - 1.0) / runs).sqrt()
    }

    /// Whether the mean is the reference's, within four standard errors of their difference.
    #[track_caller]
    pub(crate) fn check(&self, what: &str, reference: f64, reference_error: f64) {
        let tolerance = 4.0 * (self.error() * self.error() + reference_error * reference_error).sqrt();
        let (mean, runs) = (self.mean(), self.0.len());
        row(what, mean, &format!("{runs} runs"), reference, tolerance);
        assert!((mean - reference).abs() <= tolerance, "{what}: {mean}, not {reference} within {tolerance}");
    }
}
