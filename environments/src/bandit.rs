//! Bandit: one state and many arms, each with a reward of its own that must be found out by pulling.
//!
//! * **Actions**: pull arm 0 to `arms` - 1.
//! * **States**: one.
//! * **Start**: the true values of the arms are normal with mean `mean` and standard deviation `spread`. They are drawn
//!   from the episode's seed, so every episode is a new problem, unless `arms_seed` fixes them.
//! * **Rewards**: normal around the arm's true value with standard deviation `noise`.
//! * **Drift**: after each pull every true value takes a normal step with standard deviation `drift`.
//! * **Episode end**: only the step limit, which truncates.
//! * **Counter** `best arm`: pulls of an arm whose true value was the greatest; divided by the length, the "% optimal
//!   action" of the figures.
//!
//! Source: Sutton and Barto, 2nd edition, section 2.3 (figures 2.1 to 2.5) and exercise 2.5 (drift).

mod stage;

use crate::action_mask::ActionMask;
use crate::environment::{Environment, Step, StepError};
use crate::finite::STEP_LIMIT;
use crate::keys::keys;
use crate::progress::EpisodeClock;
use crate::random::Generator;
use shared::describe::{ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, Words, names};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::quantity::Seed;
use shared::scene::Scene;
use std::fmt::Write as _;

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "bandit",
            title: "Ten-armed bandit",
            summary: "Ten slot machines pay differently, and only pulling tells how. Try them all for long enough, \
                      but not for too long: the smallest form of the question whether to explore or to exploit.",
            equation: "",
            source: "Sutton and Barto, 2nd edition, section 2.3 and exercise 2.5",
        },
        vec![
            ParameterSpec::integer("arms", "Arms", (1, 64), 10, "How many arms there are.").symbol("k"),
            ParameterSpec::number("mean", "Mean", (-100.0, 100.0), 0.0, 0.5, "Mean of the arms' true values."),
            ParameterSpec::number("spread", "Spread", (0.0, 100.0), 1.0, 0.1, "How much the true values differ."),
            ParameterSpec::number("noise", "Noise", (0.0, 100.0), 1.0, 0.1, "How much single rewards differ."),
            ParameterSpec::number("drift", "Drift", (0.0, 10.0), 0.0, 0.01, "How far true values move with each pull."),
            ParameterSpec::integer(
                "arms_seed",
                "Arms",
                (0, 1_000_000),
                0,
                "0 gives every episode new arms; another number keeps the arms of that number.",
            ),
            ParameterSpec::integer("step_limit", "Pulls", (1, 1_000_000), 1000, "Pulls of an episode."),
        ],
        vec![
            Preset::new("drifting", "drifting", vec![("spread", Value::Number(0.0)), ("drift", Value::Number(0.01))]),
            Preset::new("shifted", "mean 4", vec![("mean", Value::Number(4.0))]),
        ],
    )
}

/// What does not change from step to step.
#[derive(Clone, Copy, Debug)]
struct BanditRules {
    arms: usize,
    mean: f64,
    spread: f64,
    noise: f64,
    drift: f64,
    arms_seed: Option<Seed>,
    step_limit: u32,
}

/// The last pull: arm and reward.
type Pull = (u16, f64);

/// A row of slot machines in the middle of an episode.
#[derive(Clone, Debug)]
pub struct Bandit {
    rules: BanditRules,
    generator: Generator,
    progress: EpisodeClock,
    /// The true value of every arm.
    values: Vec<f64>,
    /// The greatest of them.
    best: f64,
    best_pulls: u32,
    last: Option<Pull>,
}

/// Builds the environment.
pub fn build(parameters: &Resolved) -> Result<Bandit, ParameterError> {
    let arms_seed = match parameters.integer("arms_seed")? {
        0 => None,
        seed => Some(Seed::new(seed as u64).map_err(|error| ParameterError::invalid("arms_seed", error))?),
    };
    let rules = BanditRules {
        arms: parameters.count("arms")?,
        mean: parameters.number("mean")?,
        spread: parameters.number("spread")?,
        noise: parameters.number("noise")?,
        drift: parameters.number("drift")?,
        arms_seed,
        step_limit: parameters.integer("step_limit")? as u32,
    };
    let mut bandit = Bandit {
        rules,
        generator: Generator::new(Seed::default()),
        progress: EpisodeClock::new(rules.step_limit),
        values: vec![0.0; rules.arms],
        best: 0.0,
        best_pulls: 0,
        last: None,
    };
    bandit.reset(Seed::default());
    Ok(bandit)
}

impl Bandit {
    fn find_best(&mut self) {
        self.best = self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    }
}

impl Environment for Bandit {
    fn describe(&self) -> EnvironmentDescription {
        let BanditRules { arms, drift, step_limit, .. } = self.rules;
        EnvironmentDescription {
            id: "bandit".into(),
            title: if arms == 10 { "Ten-armed bandit".into() } else { format!("{arms}-armed bandit") },
            subtitle: if drift > 0.0 { "drifting".into() } else { "stationary".into() },
            actions: (1..=arms)
                .zip(keys())
                .map(|(arm, key)| ActionDescription::new(&format!("arm {arm}"), &key, None))
                .collect(),
            controls: vec![],
            outcomes: names(&[STEP_LIMIT]),
            counters: names(&["best arm"]),
            observation: vec![ObservationDescription::new("nothing", 0.0, 0.0)],
            board: None,
            states: Some(1),
            state_names: vec![],
            legal_actions: vec![].into(),
            layout: None,
            step_limit: Some(step_limit),
        }
    }

    #[inline]
    fn action_count(&self) -> usize {
        self.rules.arms
    }

    #[inline]
    fn state_count(&self) -> usize {
        1
    }

    fn reset(&mut self, seed: Seed) {
        self.generator = Generator::new(seed);
        self.progress.restart();
        self.best_pulls = 0;
        self.last = None;
        let BanditRules { mean, spread, arms_seed, .. } = self.rules;
        let mut fixed = arms_seed.map(Generator::new);
        let source = fixed.as_mut().unwrap_or(&mut self.generator);
        for value in &mut self.values {
            *value = mean + spread * source.normal();
        }
        self.find_best();
    }

    #[expect(clippy::inline_always, reason = "a call would send the result through memory")]
    #[inline(always)]
    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        self.progress.admit(action, self.legal_actions())?;
        let value = self.values[usize::from(action)];
        let reward = value + self.rules.noise * self.generator.normal();
        self.best_pulls += u32::from(value >= self.best);
        self.last = Some((action, reward));
        if self.rules.drift > 0.0 {
            for value in &mut self.values {
                *value += self.rules.drift * self.generator.normal();
            }
            self.find_best();
        }
        Ok(self.progress.advance(reward, None))
    }

    #[inline]
    fn state(&self) -> usize {
        0
    }

    #[inline]
    fn legal_actions(&self) -> ActionMask {
        ActionMask::all(self.rules.arms)
    }

    fn ended(&self) -> bool {
        self.progress.ended()
    }

    fn outcome(&self) -> u8 {
        self.progress.reason()
    }

    fn counters(&self, into: &mut [f64]) {
        into.fill(f64::from(self.best_pulls));
    }

    fn observe(&self, into: &mut [f32]) {
        into.fill(0.0);
    }

    fn draw(&self) -> Scene {
        stage::draw(&self.values, self.rules.noise, self.last)
    }

    fn draw_estimates(&self, values: &[f64], scene: &mut Scene) {
        stage::draw_estimates(scene, &self.values, self.rules.noise, values);
    }

    fn text(&self) -> String {
        let mut text = String::from("true values");
        for value in &self.values {
            // Writing to a string cannot fail.
            let _ = write!(text, " {value:.3}");
        }
        text
    }
}

#[cfg(test)]
mod tests;
