//! Agents with neural networks: they learn what is right, and cutting an episode off is not ending it.

#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "common/pairs.rs"]
mod pairs;

use agents::batch::{Batch, BatchActions, BatchActionsMut, BatchAgent, MetricSink, Steps};
use agents::error::Divergence;
use agents::neural::{a2c, dqn, ppo, reinforce};
use agents::setting::Setting;
use environments::Generator;
use shared::action::{ActionEntry, ActionRef, ActionSpace};
use shared::describe::{CatalogEntry, ObservationDescription};
use shared::metric::MetricDescription;
use shared::parameter::{Parameters, Resolved, Value};
use shared::quantity::Seed;
use std::collections::BTreeMap;

/// The latest value of every metric.
#[derive(Default)]
struct Latest(BTreeMap<String, f64>);

impl MetricSink for Latest {
    fn push(&mut self, metric: &'static MetricDescription, value: f64) {
        self.0.insert(metric.name.to_string(), value);
    }
}

fn number(value: f64) -> Value {
    Value::Number(value)
}

fn flag(value: bool) -> Value {
    Value::Flag(value)
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn integer(value: i64) -> Value {
    Value::Integer(value)
}

/// The setting of an environment that is not there: observations of so many entries.
fn setting(space: ActionSpace, entries: usize) -> Setting<'static> {
    Setting {
        states: 0,
        board: None,
        actions: usize::from(space.count()),
        space,
        model: None,
        observation: vec![ObservationDescription::new("entry", -1.0, 1.0); entries],
    }
}

const ALGORITHMS: [&str; 4] = ["dqn", "ppo", "a2c", "neural-reinforce"];

fn entry(id: &str) -> CatalogEntry {
    agents::registry::find(id).unwrap()
}

fn build(id: &str, setting: &Setting<'_>, given: &[(&str, Value)]) -> Box<dyn BatchAgent> {
    let given: Parameters = given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let parameters = Resolved::new(&entry(id).parameters, &given).unwrap();
    let seed = Seed::new(3).unwrap();
    match id {
        "dqn" => Box::new(dqn::Dqn::build(&parameters, setting, seed).unwrap()),
        "ppo" => Box::new(ppo::Ppo::build(&parameters, setting, seed).unwrap()),
        "a2c" => Box::new(a2c::A2c::build(&parameters, setting, seed).unwrap()),
        _ => Box::new(reinforce::NeuralReinforce::build(&parameters, setting, seed).unwrap()),
    }
}

/// A corridor of two places in one copy: from the first every action leads to the second with a reward of 1, and there
/// the episode ends one way or the other with nothing.
fn last_value_loss(id: &str, terminated: bool) -> (f64, f64) {
    let given = [
        ("copies", integer(1)),
        ("gamma", number(0.5)),
        ("hidden", text("16")),
        ("observations", text("raw")),
        ("normalise_rewards", flag(false)),
        ("learning_rate", number(0.01)),
    ];
    let of_actor = [("entropy", number(0.0))];
    let of_q = [("learning_starts", integer(0)), ("batch", integer(8)), ("target_every", integer(20))];
    let given = [&given[..], if id == "dqn" { &of_q } else { &of_actor }].concat();
    let mut agent = build(id, &setting(ActionSpace::Discrete(2), 2), &given);
    let mut metrics = Latest::default();
    let legal = [true, true];
    let (first, second) = ([1.0, 0.0], [0.0, 1.0]);
    for _ in 0..3000 {
        for (before, after, reward, ends) in [(first, second, 0.0, false), (second, first, 1.0, true)] {
            let mut actions = [0];
            let before = Batch { observations: &before, legal: &legal };
            agent.act(before, BatchActionsMut::Discrete(&mut actions));
            let steps = Steps {
                before,
                actions: BatchActions::Discrete(&actions),
                rewards: &[reward],
                terminated: &[ends && terminated],
                truncated: &[ends && !terminated],
                after: Batch { observations: &after, legal: &legal },
            };
            agent.learn(steps, &mut metrics).unwrap();
        }
    }
    // What is learned of both places, through what is saved.
    let weights = agent.save();
    let tensors = networks::Tensors::from_file(weights.artifacts["network"].bytes().unwrap()).unwrap();
    let head = if id == "dqn" { "advantage" } else { "value" };
    (value(&tensors, head, &first), value(&tensors, head, &second))
}

/// The greatest output of a head with one hidden layer.
fn value(tensors: &networks::Tensors, head: &str, observation: &[f32]) -> f64 {
    let outputs = if head == "value" { 1 } else { 2 };
    let layer = |index: usize, units: usize, inputs: &[f32]| {
        let weights = tensors.floats(&format!("{head}.{index}.weight"), &[units, inputs.len()]).unwrap();
        let biases = tensors.floats(&format!("{head}.{index}.bias"), &[units]).unwrap();
        let rows = weights.chunks(inputs.len()).zip(biases);
        rows.map(|(row, bias)| bias + row.iter().zip(inputs).map(|(one, other)| one * other).sum::<f32>()).collect()
    };
    let hidden: Vec<f32> = layer(0, 16, observation);
    let activated = |sum: f32| if head == "value" { libm::tanhf(sum) } else { sum.max(0.0) };
    let outputs: Vec<f32> = layer(1, outputs, &hidden.into_iter().map(activated).collect::<Vec<_>>());
    outputs.into_iter().map(f64::from).fold(f64::MIN, f64::max)
}

#[test]
fn truncation_bootstraps_and_termination_does_not() {
    for id in ALGORITHMS {
        // Ended, the first place is worth 0 + gamma 1. Cut off, it goes on for ever: V1 = gamma V2, V2 = 1 + gamma V1.
        for (terminated, expected) in [(true, (0.5, 1.0)), (false, (2.0 / 3.0, 4.0 / 3.0))] {
            let (first, second) = last_value_loss(id, terminated);
            let off = (first - expected.0).abs().max((second - expected.1).abs());
            assert!(off < 0.06, "{id}, terminated: {terminated}: {first}, {second}, not {expected:?}");
        }
    }
}

/// A bandit whose best action the observation tells, in which one action is never legal.
fn contextual_share(id: &str, given: &[(&str, Value)], rounds: usize) -> f64 {
    const COPIES: usize = 8;
    let given = [&[("copies", integer(COPIES as i64)), ("hidden", text("16")), ("gamma", number(0.0))], given].concat();
    let mut agent = build(id, &setting(ActionSpace::Discrete(3), 2), &given);
    let mut chance = Generator::new(Seed::new(9).unwrap());
    let mut row = || if chance.unit() < 0.5 { [1.0, 0.0] } else { [0.0, 1.0] };
    let legal = [true, true, false].repeat(COPIES);
    let mut draw = || (0..COPIES).flat_map(|_| row()).collect::<Vec<f32>>();
    let best = |observations: &[f32]| observations.chunks(2).map(|it| u16::from(it[0] < 0.5)).collect::<Vec<_>>();
    let mut before = draw();
    for _ in 0..rounds {
        let after = draw();
        let mut actions = [0; COPIES];
        let batch = Batch { observations: &before, legal: &legal };
        agent.act(batch, BatchActionsMut::Discrete(&mut actions));
        let rewards: Vec<_> =
            actions.iter().zip(best(&before)).map(|(action, best)| f64::from(u8::from(*action == best))).collect();
        let steps = Steps {
            before: batch,
            actions: BatchActions::Discrete(&actions),
            rewards: &rewards,
            terminated: &[true; COPIES],
            truncated: &[false; COPIES],
            after: Batch { observations: &after, legal: &legal },
        };
        agent.learn(steps, &mut Latest::default()).unwrap();
        before = after;
    }
    let mut actions = [0; COPIES];
    let mut generator = Generator::new(Seed::default());
    let batch = Batch { observations: &before, legal: &legal };
    agent.greedy(batch, &mut generator, BatchActionsMut::Discrete(&mut actions));
    let right = actions.iter().zip(best(&before)).filter(|(action, best)| **action == *best);
    right.count() as f64 / COPIES as f64
}

#[test]
fn every_algorithm_learns_which_action_the_observation_asks_for() {
    let quick = [("learning_rate", number(0.01))];
    assert_eq!(contextual_share("ppo", &[("rollout_steps", integer(16)), quick[0].clone()], 400), 1.0);
    assert_eq!(contextual_share("a2c", &quick, 400), 1.0);
    assert_eq!(contextual_share("neural-reinforce", &quick, 400), 1.0);
    let of_q = [("exploration_steps", integer(1000)), ("learning_starts", integer(100)), quick[0].clone()];
    assert_eq!(contextual_share("dqn", &of_q, 400), 1.0);
    let all = [
        ("dueling", flag(true)),
        ("prioritised", flag(true)),
        ("n_step", integer(3)),
        ("double", flag(false)),
        ("target_share", number(0.1)),
        ("target_every", integer(1)),
        ("loss", text("huber")),
        ("normalise_rewards", flag(true)),
    ];
    assert_eq!(contextual_share("dqn", &[&of_q[..], &all].concat(), 400), 1.0);
}

#[test]
fn policies_over_a_box_find_the_number_that_pays_most() {
    // The reward is greatest where the first number is 3 of 0 to 4 and the second -0.5 of -1 to 1.
    let space = ActionSpace::Box(vec![ActionEntry::new("one", 0.0, 4.0), ActionEntry::new("other", -1.0, 1.0)]);
    for id in ["ppo", "a2c", "neural-reinforce"] {
        let given =
            [("copies", integer(16)), ("hidden", text("8")), ("learning_rate", number(0.01)), ("entropy", number(0.0))];
        let mut agent = build(id, &setting(space.clone(), 1), &given);
        let observations = [0.5; 16];
        let batch = Batch { observations: &observations, legal: &[] };
        let mut actions = [0.0; 32];
        for _ in 0..2000 {
            agent.act(batch, BatchActionsMut::Box(&mut actions));
            let off = |it: &[f32]| f64::from((it[0] - 3.0) / 2.0).powi(2) + f64::from(it[1] + 0.5).powi(2);
            let rewards: Vec<_> = actions.chunks(2).map(|it| -off(it)).collect();
            let steps = Steps {
                before: batch,
                actions: BatchActions::Box(&actions),
                rewards: &rewards,
                terminated: &[true; 16],
                truncated: &[false; 16],
                after: batch,
            };
            agent.learn(steps, &mut Latest::default()).unwrap();
        }
        let mut best = [0.0; 2];
        let one = Batch { observations: &[0.5], legal: &[] };
        agent.greedy(one, &mut Generator::new(Seed::default()), BatchActionsMut::Box(&mut best));
        assert!((best[0] - 3.0).abs() < 0.2 && (best[1] + 0.5).abs() < 0.1, "{id}: {best:?}");
    }
}

#[test]
fn an_action_that_somebody_else_chose_is_learned_from_as_such() {
    // Always forced to the second action, which pays: PPO makes it likely although it would have drawn both.
    let mut agent =
        build("ppo", &setting(ActionSpace::Discrete(2), 1), &[("copies", integer(1)), ("rollout_steps", integer(32))]);
    let legal = [true, true];
    let batch = Batch { observations: &[1.0], legal: &legal };
    let mut last = Latest::default();
    for round in 0..32 * 40 {
        let mut actions = [0];
        agent.act(batch, BatchActionsMut::Discrete(&mut actions));
        actions[0] = u16::from(round % 2 == 1);
        agent.force(0, ActionRef::Discrete(actions[0]));
        let steps = Steps {
            before: batch,
            actions: BatchActions::Discrete(&actions),
            rewards: &[f64::from(actions[0])],
            terminated: &[true],
            truncated: &[false],
            after: batch,
        };
        agent.learn(steps, &mut last).unwrap();
    }
    let mut best = [0];
    agent.greedy(batch, &mut Generator::new(Seed::default()), BatchActionsMut::Discrete(&mut best));
    assert_eq!(best, [1]);
    assert!(last.0["losses/entropy"] < 0.5, "{:?}", last.0);
}

#[test]
fn rewards_and_observations_that_are_not_finite_are_named_and_nothing_is_learned() {
    for id in ALGORITHMS {
        let mut agent = build(id, &setting(ActionSpace::Discrete(2), 2), &[("copies", integer(1))]);
        let legal = [true, true];
        let before = Batch { observations: &[0.0, 0.0], legal: &legal };
        let mut learn = |reward: f64, after: [f32; 2]| {
            let mut actions = [0];
            agent.act(before, BatchActionsMut::Discrete(&mut actions));
            let saved = agent.save();
            let steps = Steps {
                before,
                actions: BatchActions::Discrete(&actions),
                rewards: &[reward],
                terminated: &[false],
                truncated: &[false],
                after: Batch { observations: &after, legal: &legal },
            };
            let learned: Result<(), Divergence> = agent.learn(steps, &mut Latest::default());
            assert_eq!(agent.save(), saved, "{id}");
            learned.unwrap_err().to_string()
        };
        let said = learn(f64::NAN, [0.0, 0.0]);
        assert_eq!(
            said,
            "entry 0 of the rewards of the copies would become NaN: the last good values stay. Smaller rewards keep it finite"
        );
        let said = learn(0.0, [0.0, f32::INFINITY]);
        assert!(said.starts_with("entry 1 of the observation would become inf"), "{said}");
    }
}

struct Nothing;

impl pairs::AnyVisitor for Nothing {
    type Output = ();
    fn visit<E: environments::Environment, A: agents::Agent + ?Sized>(self, _: E, _: Box<A>) {}
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let refused = |id: &str, environment: &str, given: &[(&str, Value)]| {
        let environment = pairs::environment(environment, &[]);
        pairs::with(&environment, &pairs::agent(id, given), 1, Nothing).unwrap_err().to_string()
    };
    let said = refused("ppo", "cart-pole", &[("hidden", text("64-0"))]);
    assert!(said.starts_with("ppo: hidden: \"64-0\" does not describe layers"), "{said}");
    let said = refused("ppo", "cart-pole", &[("hidden", text("8192-8192"))]);
    assert!(said.contains("layer 2 of the head \"policy\" (dense): the network has"), "{said}");
    let said = refused("ppo", "cart-pole", &[("rollout_steps", integer(1)), ("minibatches", integer(9))]);
    assert_eq!(said, "ppo: minibatches: 9 minibatches of a rollout of 8 steps; at most one a step");
    let said = refused("a2c", "cart-pole", &[("rollout_steps", integer(65_536)), ("copies", integer(65_536))]);
    assert!(said.starts_with("a2c: rollout_steps: 65536 steps in 65536 copies are 4294967296 observations"), "{said}");
    let said = refused("dqn", "tetris", &[("replay", integer(10_000_000))]);
    assert!(said.starts_with("dqn: replay: 10000000 steps of"), "{said}");
    for id in ALGORITHMS {
        for wrong in ["16x3", "16x3x1-", "0x3x1", "16x65x1", "16x3x0", "9000x3x1", "16x3x1x1", "16*3*1"] {
            let said = refused(id, "snake", &[("convolutions", text(wrong))]);
            let expected = format!(
                "{id}: convolutions: {wrong:?} does not describe layers: write filters (1 to 8192) x kernel (1 to 64) x stride \
                 (1 to 64) of each"
            );
            assert!(said.starts_with(&expected), "{said}");
        }
        let said = refused(id, "snake", &[("convolutions", text("16x3x1"))]);
        assert!(said.ends_with("take an environment that shows its board: snake or tetris with view=board"), "{said}");
    }
}

#[test]
fn convolutions_that_do_not_fit_the_board_are_named_by_layer() {
    let small = pairs::environment("snake", &[("view", text("board")), ("size", integer(5))]);
    for id in ALGORITHMS {
        let refused = |convolutions: &str| {
            let agent = pairs::agent(id, &[("convolutions", text(convolutions))]);
            pairs::with(&small, &agent, 1, Nothing).unwrap_err().to_string()
        };
        let said = refused("4x3x2-4x4x1");
        let expected = format!(
            "{id}: convolutions: layer 2 of the trunk (convolution): its window of 4 x 4 does not fit the board of 3 x 3"
        );
        assert!(said.starts_with(&expected), "{said}");
        assert!(refused("4x8x1").contains("layer 1 of the trunk (convolution): its window of 8 x 8"));
        // It can be built, although not for one copy alone.
        assert!(refused("4x3x2-4x3x1").contains("acts in several copies"));
    }
}
