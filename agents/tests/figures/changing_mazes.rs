//! Mazes that change: Sutton and Barto, 2nd edition, figures 8.4 and 8.5.

use crate::experiment::{AT_LEAST, AT_MOST, Picture, Sample, book, episode, number, row, runs, text};
use crate::pairs::{agent, environment};
use agents::agent::Agent;
use agents::batch::BatchAgent;
use agents::registry::{self, AgentVisitor};
use environments::FiniteEnvironment;
use environments::registry::BuiltEnvironment;
use shared::parameter::Value;
use shared::quantity::Seed;

/// A maze, the step from which on it is another one, and the step at which the figure ends.
struct Maze {
    id: &'static str,
    changes: u32,
    ends: u32,
    picture: Picture,
}

const BLOCKING: Maze = Maze {
    id: "blocking",
    changes: 1000,
    ends: 3000,
    picture: Picture::new("blocking-maze", "time steps", "goals reached: the way is blocked after 1000 steps"),
};
const SHORT_CUT: Maze = Maze {
    id: "shortcut",
    changes: 3000,
    ends: 6000,
    picture: Picture::new("shortcut-maze", "time steps", "goals reached: a short cut opens after 3000 steps"),
};

/// The steps at which goals are reached.
struct Walk<'a> {
    maze: &'a Maze,
    after: FiniteEnvironment,
}

impl AgentVisitor<FiniteEnvironment> for Walk<'_> {
    type Output = Vec<u32>;

    fn visit_batch(self, _: FiniteEnvironment, _: Box<dyn BatchAgent>) -> Vec<u32> {
        unreachable!("the figure's agents act in one maze")
    }

    fn visit<A: Agent + ?Sized>(self, mut environment: FiniteEnvironment, mut agent: Box<A>) -> Vec<u32> {
        let (mut steps, mut goals, mut changed) = (0, Vec::new(), false);
        for index in 0.. {
            if steps >= self.maze.changes && !changed {
                environment = self.after.clone();
                changed = true;
            }
            if steps >= self.maze.ends {
                break;
            }
            let (total, made, _) = episode(&mut environment, &mut *agent, Seed::default().derive(1, index)).unwrap();
            steps += made;
            if total > 0.0 {
                goals.push(steps);
            }
        }
        goals
    }
}

impl Maze {
    fn build(&self, phase: &str) -> FiniteEnvironment {
        let spec = environment(
            "dyna-maze",
            &[("maze", text(self.id)), ("phase", text(phase)), ("step_limit", Value::Integer(3000))],
        );
        match environments::registry::build(&spec).unwrap() {
            BuiltEnvironment::Finite(environment) => environment,
            _ => unreachable!("mazes are finite"),
        }
    }

    /// Draws the mean of the goals reached so far, and gives those that runs reach from one step to another.
    fn goals(&self, id: &str, name: &str, (from, to): (u32, u32)) -> Sample {
        let mut given = book(1.0, 0.1, 0.95);
        given.push(("planning_steps", Value::Integer(50)));
        if id == "dyna-q-plus" {
            given.push(("kappa", number(0.001)));
        }
        let walk = |seed| {
            let walk = Walk { maze: self, after: self.build("after") };
            registry::build(&agent(id, &given), self.build("before"), Seed::new(seed).unwrap(), walk).unwrap()
        };
        let walks: Vec<Vec<u32>> = runs(5, 30).map(walk).collect();
        let reached = |walk: &Vec<u32>, from, to| walk.iter().filter(|step| (from..to).contains(*step)).count() as f64;
        let mean = |step| walks.iter().map(|walk| reached(walk, 0, step)).sum::<f64>() / walks.len() as f64;
        self.picture.curve(name, (0..=self.ends).step_by(50).map(|step| (f64::from(step), mean(step))));
        walks.iter().map(|walk| reached(walk, from, to)).collect()
    }
}

#[test]
fn only_curiosity_finds_a_new_short_cut() {
    let late = (4500, 6000);
    let (plain, curious) = (SHORT_CUT.goals("dyna-q", "Dyna-Q", late), SHORT_CUT.goals("dyna-q-plus", "Dyna-Q+", late));
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
    let then = (1000, 2000);
    let (plain, curious) = (BLOCKING.goals("dyna-q", "Dyna-Q", then), BLOCKING.goals("dyna-q-plus", "Dyna-Q+", then));
    let tolerance = (plain.error() * plain.error() + curious.error() * curious.error()).sqrt();
    row("Dyna-Q+ after a way was blocked, against Dyna-Q", curious.mean(), "1000 steps", plain.mean(), AT_LEAST);
    assert!(curious.mean() > plain.mean() + 2.0 * tolerance);
}
