//! Temporal-difference control: Sutton and Barto, 2nd edition, examples 6.5 (windy gridworld) and 6.6 (cliff).

use crate::experiment::{Sample, Trained, book, curve, runs, smooth, train};
use crate::pairs::{agent, world};

/// Mean return of episodes 401 to 500, and the trained agents.
fn cliff(id: &str) -> (Sample, Vec<Trained>) {
    let (mut returns, mut trained) = (Vec::new(), Vec::new());
    let mut by_episode = vec![0.0; 500];
    let count = runs(50, 1000).end as f64;
    for seed in runs(50, 1000) {
        let mut sum = 0.0;
        trained.push(train(&world("cliff-walking", &[]), &agent(id, &book(0.5, 0.1, 1.0)), seed, |episode| {
            by_episode[episode.index as usize] += episode.total / count;
            sum += if episode.index >= 400 { episode.total } else { 0.0 };
            episode.index < 499
        }));
        returns.push(sum / 100.0);
    }
    curve(id, smooth(&by_episode, 10).skip(1));
    (returns.into_iter().collect(), trained)
}

#[test]
fn q_learning_walks_along_the_cliff() {
    let (returns, trained) = cliff("q-learning");
    returns.check("Q-learning, episodes 401-500", -50.2748, 0.10013);
    assert!(trained.iter().all(|it| it.greedy_steps == 13), "{trained:?}");
}

#[test]
fn sarsa_keeps_away_from_the_cliff() {
    cliff("sarsa").0.check("SARSA, episodes 401-500", -27.07882, 0.0982);
}

#[test]
fn expected_sarsa_keeps_one_row_away() {
    let (returns, trained) = cliff("expected-sarsa");
    returns.check("Expected SARSA, episodes 401-500", -20.78838, 0.02812);
    assert!(trained.iter().all(|it| it.greedy_steps == 15), "{trained:?}");
}

#[test]
fn sarsa_learns_to_sail_the_wind() {
    let ended: Sample = runs(40, 1000)
        .map(|seed| {
            let (mut steps, mut ended) = (0, 0.0);
            train(&world("windy-gridworld", &[]), &agent("sarsa", &book(0.5, 0.1, 1.0)), seed, |episode| {
                steps += episode.steps;
                ended += if steps <= 8000 { 1.0 } else { 0.0 };
                steps < 8000
            });
            ended
        })
        .collect();
    ended.check("episodes in 8000 steps", 160.4145, 0.21748);
}

#[test]
fn q_learning_sails_the_wind_on_the_shortest_way() {
    for seed in runs(3, 20) {
        let spec = agent("q-learning", &book(0.5, 0.1, 1.0));
        let trained = train(&world("windy-gridworld", &[]), &spec, seed, |episode| episode.index < 2000);
        assert_eq!(trained.greedy_steps, 15);
    }
}
