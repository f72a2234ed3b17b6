//! Episodes: the same triple gives the same states, ends are ends, and refused steps change nothing.

use crate::{Look, choose_any, for_every_environment, seed, wander};
use environments::registry::{self, EnvironmentVisitor};
use environments::{Environment, Generator, StepError};
use shared::action::Action;
use shared::spec::EnvironmentSpec;

const EPISODES: u64 = 5;
const STEPS: usize = 300;

/// Seed and actions of an episode, and what was seen after each.
struct Record {
    seed: u64,
    actions: Vec<Action>,
    looks: Vec<(u64, Look)>,
}

fn record<E: Environment>(environment: &mut E, number: u64) -> Record {
    environment.reset(seed(number));
    let mut player = Generator::new(seed(number + 1000));
    let mut record = Record { seed: number, actions: Vec::new(), looks: vec![(0, Look::at(environment))] };
    wander(environment, &mut player, STEPS, |environment, action, step| {
        record.actions.push(action.clone());
        record.looks.push((step.reward.to_bits(), Look::at(environment)));
    });
    record
}

struct Replay {
    name: String,
    spec: EnvironmentSpec,
}

/// Compares what another environment shows with a record, from `from` actions on.
struct Compare<'a> {
    name: &'a str,
    record: &'a Record,
}

impl EnvironmentVisitor for Compare<'_> {
    type Output = ();

    fn visit<E: Environment>(self, mut environment: E) {
        let Self { name, record } = self;
        environment.reset(seed(record.seed));
        assert_eq!(Look::at(&environment), record.looks[0].1, "{name}: start");
        for (index, action) in record.actions.iter().enumerate() {
            let step = environment.step_any(action.as_ref()).expect("an action that was legal before");
            let seen = (step.reward.to_bits(), Look::at(&environment));
            assert_eq!(seen, record.looks[index + 1], "{name}: seed {}, step {index}", record.seed);
        }
    }
}

impl EnvironmentVisitor for Replay {
    type Output = ();

    fn visit<E: Environment>(self, mut environment: E) {
        for number in 0..EPISODES {
            let record = record(&mut environment, number);
            let name = self.name.as_str();
            // The same environment again, and one that was built for this.
            Compare { name, record: &record }.visit(environment.clone());
            registry::build(&self.spec).expect("it was built before").accept(Compare { name, record: &record });
        }
    }
}

#[test]
fn the_same_triple_gives_the_same_episode() {
    for_every_environment(|name, spec| Replay { name, spec });
}

/// Saves in mid-episode, by cloning and as (seed, actions), and goes on from there.
struct Restore(String);

impl EnvironmentVisitor for Restore {
    type Output = ();

    fn visit<E: Environment>(self, mut environment: E) {
        for number in 0..EPISODES {
            let record = record(&mut environment, number);
            let half = record.actions.len() / 2;
            let mut restored = environment.clone();
            restored.reset(seed(99));
            restored.reset(seed(number));
            for action in &record.actions[..half] {
                restored.step_any(action.as_ref()).expect("an action that was legal before");
            }
            let mut copy = restored.clone();
            let scene = restored.draw();
            assert_eq!(copy.draw(), scene, "{}: picture of a copy", self.0);
            for (index, action) in record.actions.iter().enumerate().skip(half) {
                let one = restored.step_any(action.as_ref()).expect("an action that was legal before");
                let other = copy.step_any(action.as_ref()).expect("an action that was legal before");
                assert_eq!(one, other, "{}: seed {number}, step {index}", self.0);
                let expected = &record.looks[index + 1];
                assert_eq!((one.reward.to_bits(), Look::at(&restored)), *expected, "{}: step {index}", self.0);
                assert_eq!(Look::at(&copy), expected.1, "{}: step {index}", self.0);
            }
        }
    }
}

#[test]
fn an_environment_restored_in_mid_episode_goes_on_alike() {
    for_every_environment(|name, _| Restore(name));
}

struct Flags(String);

impl EnvironmentVisitor for Flags {
    type Output = ();

    fn visit<E: Environment>(self, mut environment: E) {
        let description = environment.describe();
        let most = description.step_limit.unwrap_or(u32::MAX) as usize;
        for number in 0..EPISODES * 4 {
            environment.reset(seed(number));
            assert!(!environment.ended(), "{}: begins ended", self.0);
            let mut player = Generator::new(seed(number));
            let mut steps = 0;
            wander(&mut environment, &mut player, most.min(2_000), |environment, _, step| {
                steps += 1;
                assert!(!(step.terminated && step.truncated), "{}: terminated and truncated", self.0);
                assert_eq!(step.ended(), environment.ended(), "{}: step {steps}", self.0);
                assert!(step.reward.is_finite(), "{}: reward {}", self.0, step.reward);
                let reason = usize::from(environment.outcome());
                assert!(!environment.ended() || reason < description.outcomes.len(), "{}: outcome {reason}", self.0);
            });
            assert!(steps <= most && (environment.ended() || steps < most), "{}: {steps} steps of {most}", self.0);
            if environment.ended() {
                let before = Look::at(&environment);
                for action in 0..environment.action_count() as u16 {
                    assert_eq!(environment.step(action), Err(StepError::Ended), "{}", self.0);
                }
                let controls = vec![0.0; description.controls.len()];
                assert!(controls.is_empty() || environment.step_box(&controls) == Err(StepError::Ended), "{}", self.0);
                assert_eq!(Look::at(&environment), before, "{}: a refused step changed something", self.0);
            }
        }
    }
}

#[test]
fn an_episode_ends_once_in_one_way_and_within_its_limit() {
    for_every_environment(|name, _| Flags(name));
}

/// Refuses boxes of another length, numbers that are none or lie outside their bounds, and actions of the other kind.
fn check_boxes<E: Environment>(name: &str, environment: &mut E) {
    let description = environment.describe();
    let controls = &description.controls;
    if controls.is_empty() {
        assert_eq!(environment.step_box(&[0.5]), Err(StepError::Discrete { given: 1 }), "{name}");
        return;
    }
    let entries = controls.len() as u16;
    assert_eq!(environment.step(0), Err(StepError::Box { entries, given: 0 }), "{name}");
    let middle: Vec<f32> = controls.iter().map(|it| f32::midpoint(it.low, it.high)).collect();
    assert_eq!(environment.step_box(&middle[1..]), Err(StepError::Box { entries, given: entries - 1 }), "{name}");
    for (entry, control) in controls.iter().enumerate() {
        for wrong in [control.low - 0.001, control.high + 0.001, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut action = middle.clone();
            action[entry] = wrong;
            let refusal = environment.step_box(&action).expect_err("a number outside its bounds");
            let named = matches!(refusal, StepError::OutOfRange { entry: it, .. } if usize::from(it) == entry);
            assert!(named, "{name}: {refusal}");
            let words =
                format!("{} must be a number from {} to {}, not {wrong}", control.name, control.low, control.high);
            assert_eq!(refusal.words(&description), words, "{name}");
        }
        for bound in [control.low, control.high] {
            let mut action = middle.clone();
            action[entry] = bound;
            assert!(environment.clone().step_box(&action).is_ok(), "{name}: {} at {bound}", control.name);
        }
    }
}

struct Masks(String);

impl EnvironmentVisitor for Masks {
    type Output = ();

    fn visit<E: Environment>(self, mut environment: E) {
        let mut player = Generator::new(seed(3));
        for number in 0..EPISODES {
            environment.reset(seed(number));
            while !environment.ended() && player.below(STEPS as u32) > 0 {
                let legal = environment.legal_actions();
                let before = Look::at(&environment);
                check_boxes(&self.0, &mut environment);
                let action = choose_any(&environment, &mut player);
                if environment.action_count() == 0 {
                    assert_eq!(Look::at(&environment), before, "{}: a refused action changed something", self.0);
                    environment.step_any(action.as_ref()).expect("an action within the bounds");
                    continue;
                }
                assert!(legal.count() > 0, "{}: nothing is legal", self.0);
                for action in (0..=256).chain([1000, u16::MAX]) {
                    let counted = usize::from(action) < environment.action_count();
                    assert!(counted || !legal.allows(action), "{}: {action} is no action but legal", self.0);
                    if !legal.allows(action) {
                        let refused = StepError::IllegalAction { action, legal };
                        assert_eq!(environment.step(action), Err(refused), "{}", self.0);
                    }
                }
                assert_eq!(Look::at(&environment), before, "{}: a refused action changed something", self.0);
                for action in legal.iter() {
                    assert!(environment.clone().step(action).is_ok(), "{}: {action} is legal but refused", self.0);
                }
                environment.step_any(action.as_ref()).expect("a legal action");
            }
        }
    }
}

#[test]
fn exactly_the_legal_actions_are_taken() {
    for_every_environment(|name, _| Masks(name));
}

struct Bounds(String);

impl EnvironmentVisitor for Bounds {
    type Output = ();

    fn visit<E: Environment>(self, mut environment: E) {
        let entries = environment.describe().observation;
        let mut observation = vec![0.0; entries.len()];
        let mut player = Generator::new(seed(4));
        for number in 0..EPISODES {
            environment.reset(seed(number));
            wander(&mut environment, &mut player, STEPS, |environment, _, _| {
                environment.observe(&mut observation);
                for (value, entry) in observation.iter().zip(&entries) {
                    let inside = (entry.low..=entry.high).contains(value);
                    assert!(inside, "{}: {} is {value}, not {} to {}", self.0, entry.name, entry.low, entry.high);
                }
                assert!(
                    environment.state() < environment.state_count().max(1),
                    "{}: state {}",
                    self.0,
                    environment.state()
                );
            });
        }
    }
}

#[test]
fn observations_and_states_stay_within_their_bounds() {
    for_every_environment(|name, _| Bounds(name));
}
