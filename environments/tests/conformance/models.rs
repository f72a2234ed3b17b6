//! Exact models: complete, and what happens is what they say.
//!
//! Frequencies are compared by chi-square over all states and actions of an environment together. A correct environment
//! fails at the level of 1 in 100,000; seeds are fixed, so it fails always or never.

use crate::{choose, for_every_environment, seed};
use environments::registry::EnvironmentVisitor;
use environments::{Environment, Generator, Model};
use std::collections::BTreeMap;

const STEPS: usize = 100_000;
/// Cells with fewer expected counts are thrown together.
const LEAST_EXPECTED: f64 = 5.0;
/// Quantile of the normal distribution for 1 in 100,000.
const QUANTILE: f64 = 4.265;

/// Next state, bits of the reward, terminated.
type Landing = (u32, u64, bool);

#[derive(Default)]
struct ChiSquare {
    sum: f64,
    degrees: f64,
}

impl ChiSquare {
    /// Takes in (expected, found) counts of a distribution; the expected ones sum to the found ones.
    fn add(&mut self, cells: impl Iterator<Item = (f64, f64)>) {
        let (mut expected_rest, mut found_rest, mut counted) = (0.0, 0.0, 0.0);
        let mut term = |expected: f64, found: f64| {
            self.sum += (found - expected) * (found - expected) / expected;
            counted += 1.0;
        };
        for (expected, found) in cells {
            if expected < LEAST_EXPECTED {
                expected_rest += expected;
                found_rest += found;
            } else {
                term(expected, found);
            }
        }
        if expected_rest >= LEAST_EXPECTED {
            term(expected_rest, found_rest);
        }
        self.degrees += f64::max(counted - 1.0, 0.0);
    }

    /// The normal deviate that the sum amounts to (Wilson and Hilferty 1931).
    fn deviate(&self) -> f64 {
        if self.degrees == 0.0 {
            return 0.0;
        }
        let spread = 2.0 / (9.0 * self.degrees);
        (libm::cbrt(self.sum / self.degrees) - (1.0 - spread)) / spread.sqrt()
    }
}

/// The probabilities of the different landings of an action.
fn landings(model: &Model, state: usize, action: u16) -> BTreeMap<Landing, f64> {
    let mut landings = BTreeMap::new();
    for it in model.outcomes(state, usize::from(action)) {
        *landings.entry((it.next, it.reward.to_bits(), it.terminated)).or_insert(0.0) += it.probability;
    }
    landings
}

struct Frequencies(String);

impl EnvironmentVisitor for Frequencies {
    type Output = ();

    fn visit<E: Environment>(self, mut environment: E) {
        let Some(model) = environment.model().cloned() else { return };
        assert_eq!(
            (model.states(), model.actions()),
            (environment.state_count(), environment.action_count()),
            "{}",
            self.0
        );
        let mut player = Generator::new(seed(11));
        let mut counts: BTreeMap<(usize, u16), BTreeMap<Landing, f64>> = BTreeMap::new();
        let mut starts: BTreeMap<usize, f64> = BTreeMap::new();
        let (mut episode, mut steps) = (0, 0);
        while steps < STEPS {
            environment.reset(seed(episode));
            episode += 1;
            *starts.entry(environment.state()).or_default() += 1.0;
            // Now and then an episode without a limit is left early, so that starts are many.
            while !environment.ended() && player.below(1000) > 0 {
                let (state, action) = (environment.state(), choose(&environment, &mut player));
                assert_eq!(environment.legal_actions(), model.legal(state), "{}: state {state}", self.0);
                let step = environment.step(action).expect("a legal action");
                let landing = (environment.state() as u32, step.reward.to_bits(), step.terminated);
                *counts.entry((state, action)).or_default().entry(landing).or_default() += 1.0;
                steps += 1;
            }
        }
        let mut chi_square = ChiSquare::default();
        for ((state, action), found) in counts {
            let total: f64 = found.values().sum();
            let expected = landings(&model, state, action);
            for landing in found.keys() {
                let probability = expected.get(landing).copied().unwrap_or(0.0);
                assert!(probability > 0.0, "{}: {landing:?} after {action} in {state} is impossible", self.0);
            }
            chi_square.add(
                expected
                    .iter()
                    .map(|(landing, probability)| (probability * total, found.get(landing).copied().unwrap_or(0.0))),
            );
        }
        let episodes = episode as f64;
        for start in starts.keys() {
            assert!(model.start().iter().any(|(state, p)| *state as usize == *start && *p > 0.0), "{}: start", self.0);
        }
        chi_square.add(model.start().iter().map(|(state, probability)| {
            (probability * episodes, starts.get(&(*state as usize)).copied().unwrap_or(0.0))
        }));
        let deviate = chi_square.deviate();
        assert!(deviate < QUANTILE, "{}: {deviate:.2} standard deviations from the model", self.0);
    }
}

#[test]
fn frequencies_agree_with_the_exact_model() {
    for_every_environment(|name, _| Frequencies(name));
}

struct Sums(String);

impl EnvironmentVisitor for Sums {
    type Output = ();

    fn visit<E: Environment>(self, environment: E) {
        let Some(model) = environment.model() else { return };
        for (state, action) in (0..model.states()).flat_map(|state| (0..model.actions()).map(move |it| (state, it))) {
            let sum: f64 = model.outcomes(state, action).iter().map(|it| it.probability).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{}: action {action} in state {state} sums to {sum}", self.0);
        }
        let sum: f64 = model.start().iter().map(|(_, probability)| probability).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{}: the start sums to {sum}", self.0);
        let reasons = environment.describe().outcomes.len();
        for (state, action) in (0..model.states()).flat_map(|state| (0..model.actions()).map(move |it| (state, it))) {
            let known = model.outcomes(state, action).iter().all(|it| usize::from(it.reason) < reasons);
            assert!(known, "{}: a reason of action {action} in state {state} has no name", self.0);
        }
    }
}

#[test]
fn probabilities_of_exact_models_sum_to_1() {
    for_every_environment(|name, _| Sums(name));
}

#[test]
fn the_chi_square_test_sees_a_loaded_coin() {
    let deviate = |heads: f64| {
        let mut chi_square = ChiSquare::default();
        chi_square.add([(5000.0, heads), (5000.0, 10_000.0 - heads)].into_iter());
        chi_square.deviate()
    };
    assert!(deviate(5000.0) < 0.0 && deviate(5100.0) < QUANTILE);
    assert!(deviate(5300.0) > QUANTILE);
}
