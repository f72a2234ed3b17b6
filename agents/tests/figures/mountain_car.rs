//! Mountain car with tile coding: Sutton and Barto, 2nd edition, figures 10.2 to 10.4.

use crate::experiment::{Picture, Sample, number, runs, train_in};
use crate::pairs::{agent, environment};
use environments::ActionMask;
use environments::Environment;
use environments::environment::{Step, StepError};
use environments::mountain_car::MountainCar;
use environments::registry::BuiltEnvironment;
use shared::describe::EnvironmentDescription;
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::scene::Scene;

const BY_EPISODE: Picture = Picture::new("car", "episode", "steps to the flag").within(0.0, 1200.0);
const BY_STEP_SIZE: Picture =
    Picture::new("car-n-step", "step size x 8 tilings", "steps to the flag, mean of the first 50 episodes")
        .within(220.0, 340.0);

/// The car as in the book, whose tiles span positions up to the goal and not beyond.
#[derive(Clone, Debug)]
struct Book(MountainCar);

impl Book {
    fn new() -> Self {
        match environments::registry::build(&environment("mountain-car", &[("step_limit", Value::Integer(100_000))]))
            .unwrap()
        {
            BuiltEnvironment::MountainCar(car) => Self(car),
            _ => unreachable!("the car is a car"),
        }
    }
}

impl Environment for Book {
    fn describe(&self) -> EnvironmentDescription {
        let mut description = self.0.describe();
        description.observation[0].high = 0.5;
        description
    }

    fn action_count(&self) -> usize {
        self.0.action_count()
    }

    fn state_count(&self) -> usize {
        self.0.state_count()
    }

    fn reset(&mut self, seed: Seed) {
        self.0.reset(seed);
    }

    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        self.0.step(action)
    }

    fn state(&self) -> usize {
        self.0.state()
    }

    fn legal_actions(&self) -> ActionMask {
        self.0.legal_actions()
    }

    fn ended(&self) -> bool {
        self.0.ended()
    }

    fn outcome(&self) -> u8 {
        self.0.outcome()
    }

    fn observe(&self, into: &mut [f32]) {
        self.0.observe(into);
    }

    fn draw(&self) -> Scene {
        self.0.draw()
    }

    fn text(&self) -> String {
        self.0.text()
    }
}

/// Steps of each of the first 50 episodes, by run, greedy as in the book: values begin too high, which is exploration
/// enough.
fn steps(n: i64, alpha: f64, runs: std::ops::Range<u64>) -> Vec<[f64; 50]> {
    let given = [("n", Value::Integer(n)), ("alpha", number(alpha)), ("gamma", number(1.0)), ("epsilon", number(0.0))];
    let spec = agent("linear-sarsa", &given);
    let climb = |seed| {
        let mut steps = [0.0; 50];
        train_in(Book::new(), &spec, seed, |episode| {
            steps[episode.index as usize] = f64::from(episode.steps);
            episode.index < 49
        });
        steps
    };
    runs.map(climb).collect()
}

fn means(steps: &[[f64; 50]]) -> Sample {
    steps.iter().map(|run| run.iter().sum::<f64>() / 50.0).collect()
}

#[track_caller]
fn check(n: i64, alpha: f64, reference: f64, error: f64) {
    let name = format!("n = {n}, alpha {alpha}/8");
    let steps = steps(n, alpha, runs(8, 100));
    let mean = |episode: usize| steps.iter().map(|run| run[episode]).sum::<f64>() / steps.len() as f64;
    BY_EPISODE.curve(&name, (0..50).map(|episode| (episode as f64 + 1.0, mean(episode))));
    means(&steps).check(&name, reference, error);
}

#[test]
fn larger_steps_climb_sooner() {
    check(1, 0.5, 283.3573, 0.33719);
    if cfg!(feature = "figures") {
        check(1, 0.1, 567.6303, 0.59126);
        check(1, 0.2, 406.0001, 0.43572);
    }
}

#[test]
fn several_steps_climb_sooner_still() {
    check(8, 0.3, 238.2388, 1.12918);
    check(4, 0.4, 239.0759, 0.49806);
}

#[test]
fn each_number_of_steps_has_its_step_size() {
    let alphas: &[f64] =
        if cfg!(feature = "figures") { &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6] } else { &[0.2, 0.5] };
    let best = [1, 2, 4, 8].map(|n| {
        let mean = |alpha: &f64| (*alpha, means(&steps(n, *alpha, runs(3, 20))).mean());
        let points: Vec<_> =
            alphas.iter().map(mean).take_while(|(alpha, steps)| *alpha < 0.5 || *steps < 400.0).collect();
        BY_STEP_SIZE.curve(&format!("n = {n}"), points.iter().copied());
        points.iter().map(|it| it.1).fold(f64::INFINITY, f64::min)
    });
    assert!(best[2] < best[0], "{best:?}");
}
