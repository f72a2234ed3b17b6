//! The ten-armed testbed: Sutton and Barto, 2nd edition, figures 2.2 to 2.6.

use crate::experiment::{Picture, Sample, number, runs, text};
use crate::pairs::{AnyVisitor, agent, environment, with};
use agents::agent::{Agent, CurrentState};
use environments::Environment;
use shared::parameter::Value;
use shared::quantity::Seed;

const PULLS: usize = 1000;

const EPSILON_REWARD: Picture = Picture::new("arms-greedy-reward", "pull", "average reward").within(0.0, 1.5);
const EPSILON_BEST: Picture = Picture::new("arms-greedy-best", "pull", "% best arm").within(0.0, 100.0);
const OPTIMISM: Picture = Picture::new("arms-optimism", "pull", "% best arm").within(0.0, 100.0);
const CONFIDENCE: Picture = Picture::new("arms-confidence", "pull", "average reward").within(0.0, 1.6);
const GRADIENTS: Picture = Picture::new("arms-gradient", "pull", "% best arm").within(0.0, 100.0);
const STUDY: Picture =
    Picture::new("arms-study", "epsilon, alpha, c or first value", "average reward of the first 1000 pulls")
        .by_factors()
        .within(1.0, 1.5);

/// One new problem: the reward of every pull, and whether it was of the best arm.
struct Pull(u64);

impl AnyVisitor for Pull {
    type Output = Vec<(f64, f64)>;

    fn visit<E: Environment, A: Agent + ?Sized>(self, mut environment: E, mut agent: Box<A>) -> Self::Output {
        environment.reset(Seed::new(self.0).unwrap().derive(1, 0));
        agent.begin(CurrentState::of(&environment));
        let mut best = [0.0];
        let pull = |_| {
            let action = agent.act(CurrentState::of(&environment));
            let step = environment.step(action).unwrap();
            agent.learn(action, step, CurrentState::of(&environment)).unwrap();
            let before = best[0];
            environment.counters(&mut best);
            (step.reward, best[0] - before)
        };
        (0..PULLS).map(pull).collect()
    }
}

/// What came of many problems: means by pull, and of every problem its means of some pulls.
struct Course {
    rewards: Vec<f64>,
    best: Vec<f64>,
    problems: Vec<Vec<(f64, f64)>>,
}

fn pull(id: &str, given: &[(&str, Value)], mean: f64, runs: std::ops::Range<u64>) -> Course {
    let machines = environment("bandit", &[("mean", number(mean))]);
    let problems: Vec<_> = runs.map(|seed| with(&machines, &agent(id, given), seed, Pull(seed)).unwrap()).collect();
    let average = |of: fn(&(f64, f64)) -> f64| {
        let mean = |pull: usize| problems.iter().map(|it| of(&it[pull])).sum::<f64>() / problems.len() as f64;
        (0..PULLS).map(mean).collect()
    };
    Course { rewards: average(|it| it.0), best: average(|it| 100.0 * it.1), problems }
}

impl Course {
    /// The reward and the share of the best arm in pulls 901 to 1000, beside their references.
    #[track_caller]
    fn check(&self, what: &str, reward: (f64, f64), best: (f64, f64)) {
        let last = |of: fn(&(f64, f64)) -> f64| -> Sample {
            self.problems.iter().map(|it| it[PULLS - 100..].iter().map(of).sum::<f64>() / 100.0).collect()
        };
        last(|it| it.0).check(&format!("{what}: reward"), reward.0, reward.1);
        last(|it| it.1).check(&format!("{what}: best arm"), best.0, best.1);
    }
}

/// Every one of the first 20 pulls, then the means of ten.
fn thin(values: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    let (first, rest) = values.split_at(20);
    let first = first.iter().enumerate().map(|(index, value)| (index as f64 + 1.0, *value));
    let mean = |(index, tenth): (usize, &[f64])| (25.5 + 10.0 * index as f64, tenth.iter().sum::<f64>() / 10.0);
    first.chain(rest.chunks_exact(10).enumerate().map(mean))
}

/// Exploration with this probability, and step sizes that make averages.
fn epsilon(value: f64) -> [(&'static str, Value); 1] {
    [("epsilon", number(value))]
}

/// No exploration but by great hopes, and a constant step size.
fn optimistic(first: f64, epsilon: f64) -> [(&'static str, Value); 4] {
    [
        ("epsilon", number(epsilon)),
        ("alpha", number(0.1)),
        ("alpha_schedule", text("constant")),
        ("initial_value", number(first)),
    ]
}

fn confident(bonus: f64) -> [(&'static str, Value); 2] {
    [("exploration", text("ucb")), ("bonus", number(bonus))]
}

fn gradient(alpha: f64, baseline: bool) -> [(&'static str, Value); 2] {
    [("alpha", number(alpha)), ("baseline", Value::Flag(baseline))]
}

#[test]
fn greedy_sticks_and_a_little_exploration_pays() {
    for (value, name, reward, best) in [
        (0.0, "greedy", (1.03524, 0.00438), (0.35685, 0.00339)),
        (0.01, "epsilon .01", (1.31959, 0.00451), (0.59686, 0.0034)),
        (0.1, "epsilon .1", (1.37448, 0.00405), (0.79847, 0.00208)),
    ] {
        let course = pull("bandit", &epsilon(value), 0.0, runs(300, 5000));
        EPSILON_REWARD.curve(name, thin(&course.rewards));
        EPSILON_BEST.curve(name, thin(&course.best));
        course.check(name, reward, best);
    }
}

#[test]
fn optimism_explores_by_itself() {
    let hopeful = pull("bandit", &optimistic(5.0, 0.0), 0.0, runs(300, 5000));
    let realistic = pull("bandit", &optimistic(0.0, 0.1), 0.0, runs(300, 5000));
    hopeful.check("first value 5, greedy, alpha .1", (1.50853, 0.00439), (0.85598, 0.00228));
    OPTIMISM.curve("first value 5, greedy", thin(&hopeful.best));
    OPTIMISM.curve("first value 0, epsilon .1", thin(&realistic.best));
}

#[test]
fn confidence_explores_by_itself() {
    let bound = pull("bandit", &confident(2.0), 0.0, runs(300, 5000));
    let chance = pull("bandit", &epsilon(0.1), 0.0, runs(300, 5000));
    bound.check("upper confidence bound, c = 2", (1.49654, 0.00437), (0.85417, 0.00157));
    CONFIDENCE.curve("confidence, c = 2", thin(&bound.rewards));
    CONFIDENCE.curve("epsilon .1", thin(&chance.rewards));
}

#[test]
fn gradients_need_a_baseline() {
    for (alpha, baseline, name, references) in [
        (0.1, true, "alpha .1", Some(((5.50331, 0.00431), (0.83302, 0.00248)))),
        (0.4, true, "alpha .4", Some(((5.39771, 0.00452), (0.65347, 0.00334)))),
        (0.1, false, "alpha .1, no baseline", Some(((5.2125, 0.00499), (0.49009, 0.00349)))),
        (0.4, false, "alpha .4, no baseline", None),
    ] {
        let course = pull("gradient-bandit", &gradient(alpha, baseline), 4.0, runs(300, 5000));
        GRADIENTS.curve(name, thin(&course.best));
        if let Some((reward, best)) = references {
            course.check(&format!("gradient, {name}"), reward, best);
        }
    }
}

/// Draws the average reward by a parameter of so many halves and doubles of 1, and checks that it peaks in between.
#[track_caller]
fn study<const N: usize>(
    name: &str,
    id: &str,
    powers: std::ops::RangeInclusive<i32>,
    given: fn(f64) -> [(&'static str, Value); N],
) {
    let average = |power| {
        let parameter = 2.0_f64.powi(power);
        let rewards = pull(id, &given(parameter), 0.0, runs(200, 2000)).rewards;
        (parameter, rewards.iter().sum::<f64>() / PULLS as f64)
    };
    let points: Vec<_> = powers.map(average).collect();
    STUDY.curve(name, points.iter().copied());
    let best = points.iter().map(|it| it.1).fold(f64::NEG_INFINITY, f64::max);
    let [(_, first), .., (_, last)] = points[..] else { unreachable!("there are several") };
    assert!(best > first + 0.02 && best > last + 0.02, "{name}: {points:?}");
}

#[test]
fn every_method_has_its_best_parameter() {
    study("epsilon-greedy", "bandit", -7..=-2, epsilon);
    study("gradient bandit", "gradient-bandit", -6..=0, |alpha| gradient(alpha, true));
    study("confidence bound", "bandit", -4..=2, confident);
    study("optimistic, alpha .1", "bandit", -2..=2, |first| optimistic(first, 0.0));
}
