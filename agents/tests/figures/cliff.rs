//! Walking along a cliff: Sutton and Barto, 2nd edition, example 6.6 and figure 6.4.

use crate::experiment::{Picture, Sample, Trained, book, runs, smooth, train};
use crate::pairs::{agent, environment};

const PICTURE: Picture = Picture::new("cliff", "episode", "mean return").within(-100.0, 0.0);

/// Mean return of episodes 401 to 500, and the trained agents.
fn cliff(id: &str, name: &str) -> (Sample, Vec<Trained>) {
    let (mut returns, mut trained) = (Vec::new(), Vec::new());
    let mut by_episode = vec![0.0; 500];
    let count = runs(50, 1000).end as f64;
    for seed in runs(50, 1000) {
        let mut sum = 0.0;
        trained.push(train(&environment("cliff-walking", &[]), &agent(id, &book(0.5, 0.1, 1.0)), seed, |episode| {
            by_episode[episode.index as usize] += episode.total / count;
            sum += if episode.index >= 400 { episode.total } else { 0.0 };
            episode.index < 499
        }));
        returns.push(sum / 100.0);
    }
    PICTURE.curve(name, smooth(&by_episode, 10));
    (returns.into_iter().collect(), trained)
}

#[test]
fn q_learning_walks_along_the_cliff() {
    let (returns, trained) = cliff("q-learning", "Q-learning");
    returns.check("Q-learning, episodes 401-500", -50.2748, 0.10013);
    assert!(trained.iter().all(|it| it.greedy_steps == 13), "{trained:?}");
}

#[test]
fn sarsa_keeps_away_from_the_cliff() {
    cliff("sarsa", "SARSA").0.check("SARSA, episodes 401-500", -27.07882, 0.0982);
}

#[test]
fn expected_sarsa_keeps_one_row_away() {
    let (returns, trained) = cliff("expected-sarsa", "Expected SARSA");
    returns.check("Expected SARSA, episodes 401-500", -20.78838, 0.02812);
    assert!(trained.iter().all(|it| it.greedy_steps == 15), "{trained:?}");
}
