//! The gambler: Sutton and Barto, 2nd edition, figure 4.3.

use crate::experiment::{Picture, book, number, row, runs, train};
use crate::pairs::{agent, environment};
use shared::spec::AgentSpec;

const PICTURE: Picture = Picture::new("gambler", "capital", "value").within(0.0, 1.0);

/// The best action's value with capitals of 25, 50 and 75, after so many episodes.
fn gambler(agent: &AgentSpec, episodes: u64, tolerance: f64) {
    let mut found = vec![0.0; 101];
    train(&environment("gambler", &[]), agent, 1, |episode| {
        let table = episode.table.unwrap();
        if episode.index + 1 == episodes {
            for (capital, value) in found.iter_mut().enumerate().take(100).skip(1) {
                let row = &table.q[capital * table.actions..][..capital.min(100 - capital)];
                *value = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            }
        }
        episode.index + 1 < episodes
    });
    PICTURE.curve(&agent.id, (1..100).map(|capital| (capital as f64, found[capital])));
    for (capital, reference) in [(25, 0.16), (50, 0.4), (75, 0.64)] {
        let what = format!("{}, V({capital})", agent.id);
        row(&what, found[capital], &format!("{episodes} episodes"), reference, tolerance);
        assert!((found[capital] - reference).abs() <= tolerance, "{what}: {}, not {reference}", found[capital]);
    }
}

#[test]
fn planners_know_what_the_gambler_may_hope_for() {
    for id in ["value-iteration", "policy-iteration"] {
        gambler(&agent(id, &[("gamma", number(1.0))]), 200, 1e-6);
    }
}

#[test]
fn double_q_learning_learns_what_the_gambler_may_hope_for() {
    gambler(&agent("double-q-learning", &book(0.02, 0.5, 1.0)), runs(200_000, 2_000_000).end, 0.08);
}
