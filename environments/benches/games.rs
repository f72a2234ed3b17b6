//! Steps per processor-second with random legal actions, one thread: one JSON line an environment, medians of five
//! rounds. Where the system does not tell a thread's processor time, wall time counts.
//!
//! `cargo bench -p environments --bench games [-- ID ...]`; without ids all worlds that write their own `step`.

use environments::random::Generator;
use environments::registry::{self, Visitor};
use environments::vector::{Buffers, Vector};
use environments::{ActionMask, Environment};
use shared::parameter::{Parameters, Value};
use shared::quantity::Seed;
use shared::spec::EnvironmentSpec;
use std::sync::LazyLock;
use std::time::Instant;

const ROUNDS: usize = 5;
const COPIES: usize = 64;
const ROUND_SECONDS: f64 = 0.3;

/// Id, and the parameters that differ from the defaults.
const WORLDS: &[(&str, &[(&str, &str)])] = &[
    ("mountain-car", &[]),
    ("cart-pole", &[]),
    ("snake", &[]),
    ("tetris", &[("actions", "primitive")]),
    ("tetris", &[]),
    ("tetris-melax", &[]),
    ("daladala", &[]),
    ("daladala-classic", &[]),
    ("racing", &[("view", "plain")]),
    ("racing", &[]),
];

/// Seconds that this thread has computed.
fn seconds() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds: Option<f64> = schedule.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed().as_secs_f64(), |it| it / 1e9)
}

/// Single: reset and step. Vectorised: with observations written for every step.
struct Measure;

impl Visitor for Measure {
    type Output = (f64, f64);

    fn visit<E: Environment>(self, environment: E) -> (f64, f64) {
        let mut single = environment.clone();
        (median(|| one_by_one(&mut single)), median(|| together(&environment)))
    }
}

fn median(mut round: impl FnMut() -> f64) -> f64 {
    round();
    let mut rates: Vec<f64> = (0..ROUNDS).map(|_| round()).collect();
    rates.sort_by(f64::total_cmp);
    rates[ROUNDS / 2]
}

/// A random legal action; the cheap way where all are legal.
#[inline]
fn choose(legal: ActionMask, actions: u32, generator: &mut Generator) -> u8 {
    if legal == ActionMask::all(actions as usize) {
        generator.below(actions) as u8
    } else {
        legal.nth(generator.below(legal.count()))
    }
}

fn one_by_one<E: Environment>(world: &mut E) -> f64 {
    let mut generator = Generator::new(Seed::default());
    let actions = world.action_count() as u32;
    let (mut steps, mut episode, mut total) = (0_u64, 0, 0.0);
    let start = seconds();
    world.reset(Seed::default());
    while seconds() - start < ROUND_SECONDS {
        for _ in 0..65_536 {
            let action = choose(world.legal_actions(), actions, &mut generator);
            let step = world.step(action).expect("a legal action in a running episode");
            total += step.reward;
            if step.ended() {
                episode += 1;
                world.reset(Seed::default().derive(1, episode));
            }
        }
        steps += 65_536;
    }
    std::hint::black_box(total);
    steps as f64 / (seconds() - start)
}

fn together<E: Environment>(world: &E) -> f64 {
    let mut generator = Generator::new(Seed::default());
    let actions = world.action_count() as u32;
    let mut vector = Vector::new(world, COPIES, Seed::default());
    let width = vector.observation_length();
    let mut observations = vec![0.0; COPIES * width];
    let mut final_observations = vec![0.0; COPIES * width];
    let mut rewards = vec![0.0; COPIES];
    let (mut terminated, mut truncated) = (vec![false; COPIES], vec![false; COPIES]);
    let mut legal = vec![ActionMask(0); COPIES];
    let mut chosen = vec![0; COPIES];
    let mut steps = 0_u64;
    let start = seconds();
    while seconds() - start < ROUND_SECONDS {
        for _ in 0..1024 {
            vector.legal_actions(&mut legal).expect("the right length");
            for (action, legal) in chosen.iter_mut().zip(&legal) {
                *action = choose(*legal, actions, &mut generator);
            }
            let mut buffers = Buffers {
                observations: &mut observations,
                final_observations: &mut final_observations,
                rewards: &mut rewards,
                terminated: &mut terminated,
                truncated: &mut truncated,
            };
            vector.step(&chosen, &mut buffers).expect("legal actions");
        }
        steps += 1024 * COPIES as u64;
    }
    std::hint::black_box(&observations);
    steps as f64 / (seconds() - start)
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    for (id, given) in WORLDS {
        if !wanted.is_empty() && !wanted.iter().any(|it| it == id) {
            continue;
        }
        let parameters: Parameters =
            given.iter().map(|(name, value)| ((*name).to_owned(), Value::Text((*value).to_owned()))).collect();
        let spec = EnvironmentSpec { id: (*id).to_owned(), parameters };
        let world = registry::build(&spec).expect("a registered world");
        let (single, vectorised) = world.accept(Measure);
        let options: Vec<String> = given.iter().map(|(name, value)| format!("{name}={value}")).collect();
        println!(
            r#"{{"environment":"{id}","options":"{}","steps_per_second":{single:.0},"vectorised_steps_per_second":{vectorised:.0},"copies":{COPIES}}}"#,
            options.join(" ")
        );
    }
}
