//! The ten-armed testbed: Sutton and Barto, 2nd edition, figures 2.2 to 2.5.

use crate::experiment::{Sample, number, runs, text};
use crate::pairs::{AnyVisitor, agent, with, world};
use agents::agent::Agent;
use environments::Environment;
use shared::parameter::Value;
use shared::quantity::Seed;

/// One new problem: the reward, and the share of the best arm, in pulls 901 to 1000.
struct Pull(u64);

impl AnyVisitor for Pull {
    type Output = (f64, f64);

    fn visit<E: Environment, A: Agent<E>>(self, mut environment: E, mut agent: A) -> (f64, f64) {
        environment.reset(Seed::new(self.0).unwrap().derive(1, 0));
        agent.begin(&environment);
        let (mut reward, mut best, mut best_before) = (0.0, [0.0], [0.0]);
        for pull in 1..=1000 {
            let action = agent.act(&environment);
            let step = environment.step(action).unwrap();
            agent.learn(&environment, action, step).unwrap();
            reward += if pull > 900 { step.reward / 100.0 } else { 0.0 };
            if pull == 900 {
                environment.counters(&mut best_before);
            }
        }
        environment.counters(&mut best);
        (reward, (best[0] - best_before[0]) / 100.0)
    }
}

#[track_caller]
fn check(id: &str, given: &[(&str, Value)], mean: f64, reward: (f64, f64), best: (f64, f64)) {
    let machines = world("bandit", &[("mean", number(mean))]);
    let pulls: Vec<_> =
        runs(300, 5000).map(|seed| with(&machines, &agent(id, given), seed, Pull(seed)).unwrap()).collect();
    let set: Vec<_> = given.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let what = format!("{id}, {}", set.join(", "));
    pulls.iter().map(|it| it.0).collect::<Sample>().check(&format!("{what}: reward"), reward.0, reward.1);
    pulls.iter().map(|it| it.1).collect::<Sample>().check(&format!("{what}: best arm"), best.0, best.1);
}

#[test]
fn greedy_sticks_and_a_little_exploration_pays() {
    let epsilon = |value| [("epsilon", number(value))];
    check("bandit", &epsilon(0.0), 0.0, (1.03524, 0.00438), (0.35685, 0.00339));
    check("bandit", &epsilon(0.01), 0.0, (1.31959, 0.00451), (0.59686, 0.0034));
    check("bandit", &epsilon(0.1), 0.0, (1.37448, 0.00405), (0.79847, 0.00208));
}

#[test]
fn optimism_and_confidence_explore_by_themselves() {
    let optimistic = [
        ("epsilon", number(0.0)),
        ("alpha", number(0.1)),
        ("alpha_schedule", text("constant")),
        ("initial_value", number(5.0)),
    ];
    check("bandit", &optimistic, 0.0, (1.50853, 0.00439), (0.85598, 0.00228));
    let confident = [("exploration", text("ucb")), ("bonus", number(2.0))];
    check("bandit", &confident, 0.0, (1.49654, 0.00437), (0.85417, 0.00157));
}

#[test]
fn gradients_need_a_baseline() {
    let gradient = |alpha, baseline| [("alpha", number(alpha)), ("baseline", Value::Flag(baseline))];
    check("gradient-bandit", &gradient(0.1, true), 4.0, (5.50331, 0.00431), (0.83302, 0.00248));
    check("gradient-bandit", &gradient(0.1, false), 4.0, (5.2125, 0.00499), (0.49009, 0.00349));
    check("gradient-bandit", &gradient(0.4, true), 4.0, (5.39771, 0.00452), (0.65347, 0.00334));
}
