//! Learning with a model: the Dyna maze, and mazes that change (Sutton and Barto, 2nd edition, figures 8.2, 8.4 and 8.5).

use crate::experiment::{AT_LEAST, AT_MOST, Sample, book, curve, episode, number, row, runs, text, train};
use crate::pairs::{agent, world};
use agents::agent::Agent;
use agents::registry::{self, Visitor};
use environments::FiniteWorld;
use environments::registry::World;
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::spec::AgentSpec;

/// A Dyna agent with the book's parameters.
fn dyna(id: &str, alpha: f64, planning_steps: i64) -> AgentSpec {
    let mut given = book(alpha, 0.1, 0.95);
    given.push(("planning_steps", Value::Integer(planning_steps)));
    agent(id, &given)
}

/// Steps of episodes 2, 3 and 5.
fn maze(planning_steps: i64, quick: u64) -> [Sample; 3] {
    let episodes: Vec<[f64; 5]> = runs(quick, 1000)
        .map(|seed| {
            let mut steps = [0.0; 5];
            train(&world("dyna-maze", &[]), &dyna("dyna-q", 0.1, planning_steps), seed, |episode| {
                steps[episode.index as usize] = f64::from(episode.steps);
                episode.index < 4
            });
            steps
        })
        .collect();
    let mean = |index: usize| episodes.iter().map(|steps| steps[index]).sum::<f64>() / episodes.len() as f64;
    curve(&format!("{planning_steps} planning steps"), (1..5).map(|index| ((index + 1) as f64, mean(index))));
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

/// Goals reached in so many steps before and after a maze changes.
struct Change {
    before: u32,
    after: FiniteWorld,
    adapting: u32,
    measured: u32,
}

impl Visitor<FiniteWorld> for Change {
    type Output = f64;

    fn visit<A: Agent<FiniteWorld>>(self, mut environment: FiniteWorld, mut agent: A) -> f64 {
        let (mut steps, mut goals, mut changed) = (0, 0.0, false);
        for index in 0.. {
            if steps >= self.before && !changed {
                environment = self.after.clone();
                changed = true;
            }
            let adapted = self.before + self.adapting;
            if steps >= adapted + self.measured {
                break;
            }
            let (total, made, _) = episode(&mut environment, &mut agent, Seed::default().derive(1, index)).unwrap();
            goals += if steps >= adapted { total } else { 0.0 };
            steps += made;
        }
        goals
    }
}

fn goals(id: &str, maze: &str, kappa: f64, (before, adapting, measured): (u32, u32, u32)) -> Sample {
    let build = |phase| {
        let spec =
            world("dyna-maze", &[("maze", text(maze)), ("phase", text(phase)), ("step_limit", Value::Integer(3000))]);
        match environments::registry::build(&spec).unwrap() {
            World::Finite(world) => world,
            _ => unreachable!("mazes are finite"),
        }
    };
    runs(5, 30)
        .map(|seed| {
            let mut spec = dyna(id, 1.0, 50);
            if id == "dyna-q-plus" {
                spec.parameters.insert("kappa".into(), number(kappa));
            }
            let change = Change { before, after: build("after"), adapting, measured };
            registry::build(&spec, build("before"), Seed::new(seed).unwrap(), change).unwrap()
        })
        .collect()
}

#[test]
fn only_curiosity_finds_a_new_short_cut() {
    let steps = (3000, 1500, 1500);
    let (plain, curious) = (goals("dyna-q", "shortcut", 0.0, steps), goals("dyna-q-plus", "shortcut", 0.001, steps));
    // The long way takes 16 steps, the short cut 10.
    let on_the_long_way = 1500.0 / 16.0;
    for (name, goals, bound) in [("Dyna-Q", &plain, AT_MOST), ("Dyna-Q+", &curious, AT_LEAST)] {
        let what = format!("{name} after a short cut has opened, against the best on the long way");
        row(&what, goals.mean(), "1500 steps", on_the_long_way, bound);
    }
    assert!(plain.mean() < on_the_long_way);
    assert!(curious.mean() > on_the_long_way);
}

#[test]
fn curiosity_is_sooner_round_a_new_block() {
    let steps = (1000, 0, 1000);
    let (plain, curious) = (goals("dyna-q", "blocking", 0.0, steps), goals("dyna-q-plus", "blocking", 0.001, steps));
    let tolerance = (plain.error() * plain.error() + curious.error() * curious.error()).sqrt();
    row("Dyna-Q+ after a way was blocked, against Dyna-Q", curious.mean(), "1000 steps", plain.mean(), AT_LEAST);
    assert!(curious.mean() > plain.mean() + 2.0 * tolerance);
}
