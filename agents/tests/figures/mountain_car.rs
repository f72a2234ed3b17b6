//! Mountain car with tile coding: Sutton and Barto, 2nd edition, figures 10.2 to 10.4; and other worlds without tables.

use crate::experiment::{AT_LEAST, AT_MOST, Sample, curve, number, row, runs, text, train, train_in};
use crate::pairs::{agent, world};
use environments::Environment;
use environments::environment::{ActionMask, Step, StepError};
use environments::mountain_car::MountainCar;
use environments::registry::World;
use shared::describe::EnvironmentDescription;
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::scene::Scene;

/// The car as in the book, whose tiles span positions up to the goal and not beyond.
#[derive(Clone, Debug)]
struct Book(MountainCar);

impl Book {
    fn new() -> Self {
        match environments::registry::build(&world("mountain-car", &[("step_limit", Value::Integer(100_000))])).unwrap()
        {
            World::MountainCar(car) => Self(car),
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

    fn step(&mut self, action: u8) -> Result<Step, StepError> {
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

/// Mean steps of episodes 1 to 50, greedy as in the book: values begin too high, which is exploration enough.
fn steps(n: i64, alpha: f64) -> Sample {
    let given = [("n", Value::Integer(n)), ("alpha", number(alpha)), ("gamma", number(1.0)), ("epsilon", number(0.0))];
    let spec = agent("linear-sarsa", &given);
    let count = runs(8, 100).end as f64;
    let mut by_episode = [0.0; 50];
    let sample = runs(8, 100)
        .map(|seed| {
            let mut sum = 0.0;
            train_in(Book::new(), &spec, seed, |episode| {
                sum += f64::from(episode.steps);
                by_episode[episode.index as usize] += f64::from(episode.steps) / count;
                episode.index < 49
            });
            sum / 50.0
        })
        .collect();
    let name = format!("n = {n}, alpha {alpha}/8");
    curve(&name, (1..).zip(by_episode).skip(4).map(|(episode, steps)| (f64::from(episode), steps)));
    sample
}

#[test]
fn larger_steps_climb_sooner() {
    steps(1, 0.5).check("n = 1, alpha .5/8", 283.3573, 0.33719);
    if cfg!(feature = "figures") {
        steps(1, 0.1).check("n = 1, alpha .1/8", 567.6303, 0.59126);
        steps(1, 0.2).check("n = 1, alpha .2/8", 406.0001, 0.43572);
    }
}

#[test]
fn several_steps_climb_sooner_still() {
    steps(8, 0.3).check("n = 8, alpha .3/8", 238.2388, 1.12918);
    steps(4, 0.4).check("n = 4, alpha .4/8", 239.0759, 0.49806);
}

/// Mean length of the last 20 of so many episodes.
fn last_steps(world_id: &str, agent_id: &str, given: &[(&str, Value)], episodes: u64) -> f64 {
    let mut sum = 0.0;
    train(&world(world_id, &[]), &agent(agent_id, given), 1, |episode| {
        sum += if episode.index + 20 >= episodes { f64::from(episode.steps) } else { 0.0 };
        episode.index + 1 < episodes
    });
    sum / 20.0
}

#[test]
fn tiles_balance_the_pole() {
    // Pushing at random lasts 22 steps.
    for id in ["linear-sarsa", "linear-sarsa-lambda", "linear-q-learning"] {
        let given = [("tiles", Value::Integer(16)), ("alpha", number(0.3)), ("gamma", number(0.99))];
        let steps = last_steps("cart-pole", id, &given, 400);
        row(&format!("{id} balances the pole, steps"), steps, "20 episodes", 100.0, AT_LEAST);
        assert!(steps > 100.0, "{id} balances for {steps} steps only");
    }
}

#[test]
fn traces_and_maxima_climb_as_well() {
    for id in ["linear-sarsa-lambda", "linear-q-learning"] {
        let steps = last_steps("mountain-car", id, &[("gamma", number(1.0)), ("epsilon", number(0.0))], 200);
        row(&format!("{id} climbs the mountain, steps"), steps, "20 episodes", 180.0, AT_MOST);
        assert!(steps < 180.0, "{id} needs {steps} steps");
    }
}

#[test]
fn players_bred_for_tetris_clear_lines() {
    let game = world(
        "tetris",
        &[("actions", text("placement")), ("view", text("placements")), ("step_limit", Value::Integer(200))],
    );
    // Random legal placements last 19 pieces and return -24. Generations of 40 all learned in six seeds (168 to 331 on
    // average at the end); of 20, two to four of six settled early on a poor player.
    for seed in 1..=5 {
        let bred = train(&game, &agent("cross-entropy", &[]), seed, |episode| episode.index < 599);
        let what = format!("bred for Tetris with seed {seed}, return of at most 200 pieces");
        row(&what, bred.greedy_return, "600 games", 50.0, AT_LEAST);
        assert!(bred.greedy_steps >= 60 && bred.greedy_return > 50.0, "seed {seed}: {}", bred.greedy_return);
    }
}
