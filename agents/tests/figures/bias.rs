//! The maximisation bias: Sutton and Barto, 2nd edition, figure 6.5.

use crate::experiment::{Picture, book, row, runs, smooth, train_in};
use crate::pairs::agent;
use environments::ActionMask;
use environments::environment::{Step, StepError};
use environments::{Environment, Generator};
use shared::describe::EnvironmentDescription;
use shared::quantity::Seed;
use shared::scene::Scene;

const LEFT: u16 = 0;
const ACTIONS: usize = 10;
const EPISODES: u64 = 300;
const PICTURE: Picture = Picture::new("bias", "episode", "% left").within(0.0, 100.0);

/// From A (state 0) right ends with 0, left leads to B (state 1), where each action ends with a reward of mean -0.1 and
/// standard deviation 1.
#[derive(Clone, Debug)]
struct Bias {
    generator: Generator,
    state: usize,
    ended: bool,
}

impl Environment for Bias {
    fn describe(&self) -> EnvironmentDescription {
        EnvironmentDescription {
            id: "bias".into(),
            title: "Maximisation bias".into(),
            subtitle: String::new(),
            actions: vec![],
            controls: vec![],
            outcomes: vec![],
            counters: vec![],
            observation: vec![],
            board: None,
            states: Some(2),
            state_names: vec![],
            legal_actions: vec![].into(),
            layout: None,
            step_limit: None,
        }
    }

    fn action_count(&self) -> usize {
        ACTIONS
    }

    fn state_count(&self) -> usize {
        2
    }

    fn reset(&mut self, seed: Seed) {
        *self = Self { generator: Generator::new(seed), state: 0, ended: false };
    }

    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        let reward = if self.state == 1 { self.generator.normal() - 0.1 } else { 0.0 };
        self.ended = self.state == 1 || action != LEFT;
        self.state = 1;
        Ok(Step { reward, terminated: self.ended, truncated: false })
    }

    fn state(&self) -> usize {
        self.state
    }

    fn legal_actions(&self) -> ActionMask {
        ActionMask::all(if self.state == 0 { 2 } else { ACTIONS })
    }

    fn ended(&self) -> bool {
        self.ended
    }

    fn outcome(&self) -> u8 {
        0
    }

    fn observe(&self, _: &mut [f32]) {}

    fn draw(&self) -> Scene {
        Scene::default()
    }

    fn text(&self) -> String {
        String::new()
    }
}

/// How often the first action is left, in percent, by episode.
fn left(id: &str) -> (Vec<f64>, f64) {
    let runs = runs(2000, 50_000);
    let count = runs.end as f64;
    let mut percent = vec![0.0; EPISODES as usize];
    let spec = agent(id, &book(0.1, 0.1, 1.0));
    for seed in runs {
        let environment = Bias { generator: Generator::new(Seed::default()), state: 0, ended: false };
        train_in(environment, &spec, seed, |episode| {
            percent[episode.index as usize] += if episode.first_action == LEFT { 100.0 / count } else { 0.0 };
            episode.index + 1 < EPISODES
        });
    }
    (percent, count)
}

#[track_caller]
fn check(id: &str, name: &str, references: &[(u64, f64)]) {
    let (percent, count) = left(id);
    PICTURE.curve(name, smooth(&percent, 3));
    for (episode, reference) in references {
        let found = percent[*episode as usize - 1];
        // Four standard errors of the difference between two shares, the reference's from 50 000 runs.
        let tolerance = 4.0 * (reference * (100.0 - reference) * (1.0 / count + 1.0 / 50_000.0)).sqrt();
        row(&format!("{name}, % left in episode {episode}"), found, &format!("{count} runs"), *reference, tolerance);
        assert!((found - reference).abs() <= tolerance, "{id}, episode {episode}: {found} %, not {reference} %");
    }
}

#[test]
fn q_learning_is_drawn_to_lucky_draws() {
    check("q-learning", "Q-learning", &[(1, 49.79), (5, 68.04), (21, 94.19), (50, 82.33), (100, 45.97), (300, 11.77)]);
}

#[test]
fn double_q_learning_is_not() {
    check("double-q-learning", "Double Q-learning", &[(1, 49.79), (10, 44.69), (25, 23.79), (100, 9.13), (300, 6.85)]);
}
