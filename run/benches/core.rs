//! Q-learning steps a second on the 5x5 layout: as a host runs it, as a run alone, and as a bare loop by hand.
//!
//! The bare loop computes the same: its table is compared with the run's, bit for bit, before anything is measured.
//! It records nothing: no returns, no recorded episodes, no hashes, no visits, no errors to show. And PPO on cart-pole as a run
//! alone.

use environments::Environment as _;
use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use run::Run;
use run::host::Host;
use serde_json::json;
use shared::codec;
use shared::command::Command;
use shared::quantity::Seed;
use shared::spec::RunSpec;
use std::hint::black_box;
use std::time::Instant;

const STEPS: u64 = 20_000_000;
const ROUNDS: usize = 7;
/// Steps of PPO: two hundred updates.
const PPO_STEPS: u64 = 200 * 1024;
/// Parameters of Q-learning when nothing is said.
const ALPHA: f64 = 0.1;
const GAMMA: f64 = 0.99;
const EPSILON_DECAY: f64 = 0.995;
const EPSILON_FLOOR: f64 = 0.01;
/// The stream of the agent's chance within a run.
const AGENT_STREAM: u64 = 2;
/// Time at full speed between two looks at commands, as the trainer has it.
const SLICE_MILLIS: f64 = 8.0;

fn main() {
    let environment = BareEnvironment::of_web_layout();
    compare(&environment);
    let mut rates = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        rates[0].push(rate(|| hosted(STEPS)));
        rates[1].push(rate(|| {
            let mut run = running();
            run.advance(STEPS);
            run.episode()
        }));
        rates[2].push(rate(|| bare(&environment, STEPS).1));
    }
    let [hosted, alone, bare] = rates.map(median);
    let row = |name: &str, rate: f64| println!("{}", json!({ "name": name, "steps_per_second": rate.round() }));
    row("hosted, with log and snapshots", hosted);
    row("run alone", alone);
    row("bare loop", bare);
    println!("{}", json!({ "name": "hosted / bare", "value": hosted / bare, "at_least": 0.5 }));
    println!("{}", json!({ "name": "run alone / bare", "value": alone / bare, "at_least": 0.5 }));
    let rate = median((0..ROUNDS).map(|_| learning_rate_of_ppo()).collect());
    println!("{}", json!({ "name": "PPO on cart-pole, steps a second", "value": rate.round(), "at_least": 60_000 }));
}

/// Steps a second, learning included, of PPO as it is by default: 8 copies, rollouts of 128 steps, 4 epochs of 4
/// minibatches, a policy and a value network of 64-64 units each.
fn learning_rate_of_ppo() -> f64 {
    let mut run = Run::new(RunSpec::new("cart-pole", "ppo", seed())).expect("built with defaults");
    run.command(Command::Resume { until_episode: None });
    let begun = Instant::now();
    black_box(run.advance(PPO_STEPS));
    run.step() as f64 / begun.elapsed().as_secs_f64()
}

fn seed() -> Seed {
    Seed::default().derive(7, 7)
}

fn running() -> Run {
    let mut run = Run::new(RunSpec::new("gridworld", "q-learning", seed())).expect("built with defaults");
    run.command(Command::Resume { until_episode: None });
    run
}

/// A run in a host that logs and sends snapshots, as the trainer turns it. Gives its episodes.
fn hosted(steps: u64) -> u64 {
    let begun = Instant::now();
    let mut clock = || 1e12 + begun.elapsed().as_secs_f64() * 1000.0;
    let mut host = Host::new(running(), codec::compressed, clock());
    host.stop_at_step(steps);
    while host.run().step() < steps {
        black_box(host.turn(&mut clock, SLICE_MILLIS, true).expect("encodable"));
    }
    host.run().episode()
}

/// The environment as a bare loop has it: flat tables.
struct BareEnvironment {
    start: usize,
    next: [u8; 100],
    reward: [f64; 100],
    terminated: [bool; 100],
    step_limit: u32,
}

impl BareEnvironment {
    fn of_web_layout() -> Self {
        let built = environments::registry::build(&running().spec().environment).expect("built with defaults");
        let step_limit = built.describe().step_limit.unwrap_or(u32::MAX);
        let model = built.model().expect("gridworld has a model");
        let start = model.start()[0].0 as usize;
        let outcome = |place: usize| &model.outcomes(place / 4, place % 4)[0];
        Self {
            start,
            next: std::array::from_fn(|it| outcome(it).next as u8),
            reward: std::array::from_fn(|it| outcome(it).reward),
            terminated: std::array::from_fn(|it| outcome(it).terminated),
            step_limit,
        }
    }
}

/// Q-learning with nothing around it. Gives the table and the episodes.
fn bare(environment: &BareEnvironment, steps: u64) -> ([f64; 100], u64) {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed().derive(AGENT_STREAM, 0).get());
    let mut q = [0.0_f64; 100];
    let (mut state, mut episode_steps, mut episodes) = (environment.start, 0_u32, 0_u64);
    let mut epsilon = 1.0_f64;
    let mut threshold = epsilon * 4_294_967_296.0;
    for _ in 0..steps {
        let row = &q[state * 4..state * 4 + 4];
        let draw = generator.next_u64();
        let choice = u64::from(draw as u32);
        let action =
            if ((draw >> 32) as f64) < threshold { ((choice * 4) >> 32) as usize } else { greedy(row, choice) };
        let place = state * 4 + action;
        let next = usize::from(environment.next[place]);
        let terminated = environment.terminated[place];
        let bootstrap = if terminated { 0.0 } else { GAMMA * greatest(&q[next * 4..next * 4 + 4]) };
        q[place] += ALPHA * (environment.reward[place] + bootstrap - q[place]);
        state = next;
        episode_steps += 1;
        if terminated || episode_steps >= environment.step_limit {
            (state, episode_steps) = (environment.start, 0);
            episodes += 1;
            epsilon = (epsilon * EPSILON_DECAY).max(EPSILON_FLOOR);
            threshold = epsilon * 4_294_967_296.0;
        }
    }
    (q, episodes)
}

#[inline]
fn greatest(row: &[f64]) -> f64 {
    let larger = |a: f64, b: f64| if a > b { a } else { b };
    larger(larger(row[0], row[1]), larger(row[2], row[3]))
}

/// A greedy action, ties broken by chance.
#[inline]
fn greedy(row: &[f64], choice: u64) -> usize {
    let best = greatest(row);
    let is_best = |action: usize| u32::from(row[action] == best) << action;
    let mut ties = is_best(0) | is_best(1) | is_best(2) | is_best(3);
    let count = ties.count_ones();
    if count > 1 {
        for _ in 0..((choice * u64::from(count)) >> 32) {
            ties &= ties - 1;
        }
    }
    ties.trailing_zeros() as usize
}

/// The bare loop is honest only if it learns the same.
fn compare(environment: &BareEnvironment) {
    let mut run = running();
    run.advance(100_000);
    let (q, episodes) = bare(environment, 100_000);
    assert_eq!(run.episode(), episodes);
    assert_eq!(
        *run.checkpoint().expect("it has an agent").agent.numbers["q"],
        q,
        "the bare loop learns something else"
    );
}

/// Steps a second of something that makes [`STEPS`] of them.
fn rate(run: impl FnOnce() -> u64) -> f64 {
    let begun = Instant::now();
    black_box(run());
    STEPS as f64 / begun.elapsed().as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
