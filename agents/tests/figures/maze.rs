//! Planning in the Dyna maze: Sutton and Barto, 2nd edition, figure 8.2.

use crate::experiment::{Picture, Sample, book, runs, train};
use crate::pairs::{agent, environment};
use shared::parameter::Value;

const EPISODES: usize = 50;
const PICTURE: Picture = Picture::new("maze", "episode", "mean steps").within(0.0, 800.0);

/// Steps of episodes 2, 3 and 5.
fn maze(planning_steps: i64, quick: u64) -> [Sample; 3] {
    let mut given = book(0.1, 0.1, 0.95);
    given.push(("planning_steps", Value::Integer(planning_steps)));
    let episodes: Vec<[f64; EPISODES]> = runs(quick, 1000)
        .map(|seed| {
            let mut steps = [0.0; EPISODES];
            train(&environment("dyna-maze", &[]), &agent("dyna-q", &given), seed, |episode| {
                steps[episode.index as usize] = f64::from(episode.steps);
                (episode.index as usize) < EPISODES - 1
            });
            steps
        })
        .collect();
    let mean = |index: usize| episodes.iter().map(|steps| steps[index]).sum::<f64>() / episodes.len() as f64;
    PICTURE.curve(
        &format!("{planning_steps} planning steps"),
        (1..EPISODES).map(|index| ((index + 1) as f64, mean(index))),
    );
    [2, 3, 5].map(|number| episodes.iter().map(|steps| steps[number - 1]).collect())
}

#[test]
fn planning_needs_fewer_episodes() {
    for (planning_steps, quick, references) in [
        (0, 100, [(695.7708, 8.77984), (504.306, 6.01598), (271.2726, 3.10462)]),
        (5, 60, [(155.4154, 0.97009), (62.0638, 0.53294), (22.7046, 0.15843)]),
        (50, 40, [(39.4556, 0.13696), (17.5626, 0.04615), (16.9928, 0.04231)]),
    ] {
        let episodes = maze(planning_steps, quick);
        for ((steps, (reference, error)), episode) in episodes.iter().zip(references).zip([2, 3, 5]) {
            steps.check(&format!("n = {planning_steps}, steps of episode {episode}"), reference, error);
        }
    }
}
