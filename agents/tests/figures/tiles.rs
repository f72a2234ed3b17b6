//! Other environments without tables: a pole, a hill, and Tetris.

use crate::experiment::{AT_LEAST, AT_MOST, Picture, number, row, smooth, text, train};
use crate::pairs::{agent, environment};
use shared::parameter::Value;

const POLE: Picture = Picture::new("pole", "episode", "steps for which the pole stands");
const HILL: Picture = Picture::new("hill", "episode", "steps to the flag, at most 200");
const TETRIS: Picture = Picture::new("tetris", "game", "return of a generation of 40 players");

/// Draws the steps of so many episodes, and gives the mean of the last 20.
fn last_steps(picture: Picture, environment_id: &str, agent_id: &str, given: &[(&str, Value)], episodes: u64) -> f64 {
    let mut steps = Vec::new();
    train(&environment(environment_id, &[]), &agent(agent_id, given), 1, |episode| {
        steps.push(f64::from(episode.steps));
        episode.index + 1 < episodes
    });
    picture.curve(agent_id, smooth(&steps, 10));
    steps[steps.len() - 20..].iter().sum::<f64>() / 20.0
}

#[test]
fn tiles_balance_the_pole() {
    // Pushing at random lasts 22 steps.
    for id in ["linear-sarsa", "linear-sarsa-lambda", "linear-q-learning"] {
        let given = [("tiles", Value::Integer(16)), ("alpha", number(0.3)), ("gamma", number(0.99))];
        let steps = last_steps(POLE, "cart-pole", id, &given, 400);
        row(&format!("{id} balances the pole, steps"), steps, "20 episodes", 100.0, AT_LEAST);
        assert!(steps > 100.0, "{id} balances for {steps} steps only");
    }
}

#[test]
fn traces_and_maxima_climb_as_well() {
    for id in ["linear-sarsa-lambda", "linear-q-learning"] {
        let steps = last_steps(HILL, "mountain-car", id, &[("gamma", number(1.0)), ("epsilon", number(0.0))], 200);
        row(&format!("{id} climbs the mountain, steps"), steps, "20 episodes", 180.0, AT_MOST);
        assert!(steps < 180.0, "{id} needs {steps} steps");
    }
}

#[test]
fn players_bred_for_tetris_clear_lines() {
    let game = environment(
        "tetris",
        &[("actions", text("placement")), ("view", text("placements")), ("step_limit", Value::Integer(200))],
    );
    // Random legal placements last 19 pieces and return -24. Generations of 40 all learned in six seeds (168 to 331 on
    // average at the end); of 20, two to four of six settled early on a poor player.
    for seed in 1..=5 {
        let mut returns = Vec::new();
        let bred = train(&game, &agent("cross-entropy", &[]), seed, |episode| {
            returns.push(episode.total);
            episode.index < 599
        });
        TETRIS.curve(&format!("seed {seed}"), smooth(&returns, 40));
        let what = format!("bred for Tetris with seed {seed}, return of at most 200 pieces");
        row(&what, bred.greedy_return, "600 games", 50.0, AT_LEAST);
        assert!(bred.greedy_steps >= 60 && bred.greedy_return > 50.0, "seed {seed}: {}", bred.greedy_return);
    }
}
