//! Sailing with the wind: Sutton and Barto, 2nd edition, example 6.5.

use crate::experiment::{Picture, Sample, book, runs, train};
use crate::pairs::{agent, environment};

const STEPS: u32 = 8000;
const PICTURE: Picture = Picture::new("wind", "time steps", "episodes");

/// Episodes that ended within the first 8000 steps of each run.
fn ended(id: &str, name: &str) -> Sample {
    let mut by_step = vec![0.0; STEPS as usize + 1];
    let count = runs(40, 1000).end as f64;
    let sail = |seed| {
        let (mut steps, mut ended) = (0, 0.0);
        train(&environment("windy-gridworld", &[]), &agent(id, &book(0.5, 0.1, 1.0)), seed, |episode| {
            steps += episode.steps;
            if steps <= STEPS {
                by_step[steps as usize] += 1.0 / count;
                ended += 1.0;
            }
            steps < STEPS
        });
        ended
    };
    let sample = runs(40, 1000).map(sail).collect();
    let mut sum = 0.0;
    let sums = by_step.iter().enumerate().map(|(step, ended)| {
        sum += ended;
        (step as f64, sum)
    });
    PICTURE.curve(name, sums.step_by(80));
    sample
}

#[test]
fn sarsa_learns_to_sail() {
    ended("sarsa", "SARSA").check("SARSA, episodes in 8000 steps", 160.4145, 0.21748);
}

#[test]
fn q_learning_sails_on_the_shortest_way() {
    ended("q-learning", "Q-learning");
    for seed in runs(3, 20) {
        let spec = agent("q-learning", &book(0.5, 0.1, 1.0));
        let trained = train(&environment("windy-gridworld", &[]), &spec, seed, |episode| episode.index < 2000);
        assert_eq!(trained.greedy_steps, 15);
    }
}
