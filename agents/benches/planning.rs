//! How long the exact solution takes, single thread: value iteration until nothing changes by more than 1e-10.
//! Milliseconds are the thread's own processor time where the system tells it (Linux).
//!
//! `cargo bench -p agents --bench planning`

#[path = "common/watch.rs"]
mod watch;

use agents::planning::dynamic_programming;
use environments::model::Outcome;
use environments::{Environment as _, Model};
use shared::parameter::Parameters;
use shared::spec::EnvironmentSpec;
use watch::Watch;

const GAMMA: f64 = 0.99;
/// The median of so many measurements is told.
const REPETITIONS: usize = 5;

/// A square of so many cells a side without walls, from the upper left to the lower right corner.
fn square(side: usize) -> Result<Model, Box<dyn std::error::Error>> {
    let goal = side * side - 1;
    let model = Model::build(side * side, 4, vec![(0, 1.0)], |state, action, into| {
        let (x, y) = (state % side, state / side);
        let (x, y) = match action {
            0 => (x, y.saturating_sub(1)),
            1 => (x, (y + 1).min(side - 1)),
            2 => (x.saturating_sub(1), y),
            _ => ((x + 1).min(side - 1), y),
        };
        let next = y * side + x;
        let reward = if next == goal { 10.0 } else { -0.1 };
        into.push(Outcome { terminated: next == goal || state == goal, ..Outcome::certain(next, reward) });
    })?;
    Ok(model)
}

fn measure(name: &str, model: &Model, at_most: f64) {
    let mut millis: Vec<f64> = (0..REPETITIONS)
        .map(|_| {
            let watch = Watch::start();
            std::hint::black_box(dynamic_programming::value_iteration(model, GAMMA, 1e-10));
            watch.seconds() * 1000.0
        })
        .collect();
    millis.sort_by(f64::total_cmp);
    let sweeps = dynamic_programming::value_iteration(model, GAMMA, 1e-10).sweeps;
    let (states, millis) = (model.states(), millis[REPETITIONS / 2]);
    println!(
        r#"{{"name":"value iteration, {name}","states":{states},"sweeps":{sweeps},"value":{millis:.3},"unit":"ms","at_most":{at_most}}}"#
    );
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (id, at_most) in [("taxi", 5.0), ("frozen-lake", 1.0), ("gridworld", 1.0)] {
        let environment =
            environments::registry::build(&EnvironmentSpec { id: id.into(), parameters: Parameters::new() })?;
        let model = environment.model().cloned().ok_or("no model")?;
        measure(id, &model, at_most);
    }
    measure("a square of 300 cells a side", &square(300)?, 1000.0);
    Ok(())
}
