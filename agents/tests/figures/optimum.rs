//! Every control agent, given its budget, finds a policy that is worth what the optimal one is, by the exact model.

use crate::experiment::{Picture, number, row, text, train};
use crate::pairs::{agent, environment};
use agents::planning::dynamic_programming;
use environments::{Environment as _, Model};
use shared::parameter::Value;
use shared::spec::{AgentSpec, EnvironmentSpec};

const VALUE: &str = "value of the start that the greedy policy gives away";
const GRIDWORLD: Picture = Picture::new("optimum-gridworld", "episode, gridworld", VALUE).by_factors();
const CLIFF: Picture = Picture::new("optimum-cliff", "episode, cliff walking", VALUE).by_factors();
const LAKE: Picture = Picture::new("optimum-lake", "episode, frozen lake", VALUE).by_factors();
const TAXI: Picture = Picture::new("optimum-taxi", "episode, taxi", VALUE).by_factors();

/// Those whose curves are drawn where there are too many: one of each kind.
const DRAWN: [&str; 7] =
    ["q-learning", "sarsa-lambda", "monte-carlo", "actor-critic", "dyna-q", "successor", "value-iteration"];

/// How much of the optimal value of the start the agent's greedy policy gives away, after 1, 2, 3, 5, 7, 10, 14 ... and
/// at last so many episodes.
fn losses(environment: &EnvironmentSpec, agent: &AgentSpec, seed: u64, episodes: u64, gamma: f64) -> Vec<(f64, f64)> {
    let built = environments::registry::build(environment).unwrap();
    let model: &Model = built.model().unwrap();
    let best = dynamic_programming::value_iteration(model, gamma, 1e-12);
    let mut losses = Vec::new();
    let mut next = 1;
    train(environment, agent, seed, |episode| {
        let made = episode.index + 1;
        if made == next || made == episodes {
            next = (made + 1).max(made * 141 / 100);
            let mut v = vec![0.0; model.states()];
            dynamic_programming::evaluate_greedy(model, episode.table.unwrap().q, gamma, &mut v, 1e-10, 3000);
            losses.push((
                made as f64,
                dynamic_programming::at_start(model, &best.v) - dynamic_programming::at_start(model, &v),
            ));
        }
        made < episodes
    });
    losses
}

/// An agent, the episodes it is given, and what is set.
type Budget<'a> = (&'a str, u64, &'a [(&'a str, Value)]);

#[track_caller]
fn check(picture: Picture, environment_id: &str, more: &[(&str, Value)], budgets: &[Budget<'_>], tolerance: f64) {
    for (id, episodes, given) in budgets {
        let mut given = given.to_vec();
        given.push(("gamma", number(0.99)));
        let losses =
            [1, 2].map(|seed| losses(&environment(environment_id, more), &agent(id, &given), seed, *episodes, 0.99));
        if budgets.len() < 9 || DRAWN.contains(id) {
            picture.curve(id, losses[0].iter().zip(&losses[1]).map(|(one, other)| (one.0, one.1.midpoint(other.1))));
        }
        let loss = losses.iter().map(|it| it.last().unwrap().1).fold(0.0, f64::max);
        let what = format!("{id} in {environment_id}, below the optimum, the worse of 2 seeds");
        row(&what, loss, &format!("{episodes} episodes"), 0.0, tolerance);
        assert!(loss <= tolerance, "{id} in {environment_id} gives {loss} away after {episodes} episodes");
    }
}

#[test]
fn gridworld() {
    let alpha = |value| [("alpha", number(value))];
    check(
        GRIDWORLD,
        "gridworld",
        &[],
        &[
            ("q-learning", 500, &[]),
            ("sarsa", 1000, &[]),
            ("expected-sarsa", 1000, &[]),
            ("double-q-learning", 1500, &[]),
            ("n-step-sarsa", 1500, &[]),
            ("tree-backup", 500, &[]),
            ("sarsa-lambda", 1500, &[]),
            ("watkins-q-lambda", 500, &[]),
            ("monte-carlo", 3000, &[]),
            ("off-policy-monte-carlo", 20_000, &[]),
            ("dyna-q", 100, &[]),
            ("dyna-q-plus", 200, &[]),
            ("prioritised-sweeping", 50, &[]),
            ("actor-critic", 2000, &[]),
            ("reinforce", 5000, &alpha(0.1)),
            ("successor", 1000, &[]),
            ("value-iteration", 20, &[]),
            ("policy-iteration", 20, &[]),
        ],
        0.2,
    );
}

#[test]
fn cliff_walking() {
    let given = [("alpha", number(0.5)), ("epsilon_decay", number(0.99))];
    let patient = [("alpha", number(0.5)), ("epsilon_decay", number(0.998))];
    check(
        CLIFF,
        "cliff-walking",
        &[],
        &[
            ("q-learning", 500, &given),
            ("double-q-learning", 3000, &patient),
            ("tree-backup", 800, &given),
            ("watkins-q-lambda", 500, &given),
            ("dyna-q", 100, &[]),
            ("prioritised-sweeping", 50, &[]),
            ("value-iteration", 20, &[]),
            ("policy-iteration", 20, &[]),
        ],
        1e-9,
    );
}

#[test]
fn frozen_lake() {
    let given = [
        ("alpha", number(0.3)),
        ("alpha_schedule", text("episode")),
        ("alpha_decay", number(0.9997)),
        ("alpha_floor", number(0.005)),
        ("epsilon_decay", number(0.9998)),
        ("epsilon_floor", number(0.1)),
    ];
    check(
        LAKE,
        "frozen-lake",
        &[],
        &[
            ("q-learning", 20_000, &given),
            ("expected-sarsa", 20_000, &given),
            ("double-q-learning", 40_000, &given),
            ("value-iteration", 100, &[]),
            ("policy-iteration", 100, &[]),
        ],
        0.03,
    );
}

#[test]
fn taxi() {
    // Nothing is left to chance but the 300 starts, each of which must be seen from all sides: errors are learned
    // whole, and exploration stays. In 12 seeds nothing is lost; fading from 1 by .999 an episode, 1 of 12 stayed
    // within .02.
    let given = [("alpha", number(1.0)), ("epsilon", number(0.7)), ("epsilon_schedule", text("constant"))];
    let short = [("alpha", number(0.5)), ("epsilon_decay", number(0.995))];
    check(
        TAXI,
        "taxi",
        &[],
        &[("q-learning", 5000, &given), ("dyna-q", 1000, &short), ("value-iteration", 30, &[])],
        0.02,
    );
}
