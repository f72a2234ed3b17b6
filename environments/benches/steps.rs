//! Steps a second of every environment and preset with random actions, on one thread: one JSON object a line.
//!
//! ```sh
//! cargo bench -p environments --bench steps -- [part of an id]
//! cargo xtask bench environments/steps
//! ```
//!
//! A run counts every step and every reset; the actions are drawn uniformly from the legal ones, and that is part of
//! the measured time. Seconds are the thread's own processor time where the system tells it (Linux). The second
//! command runs this and its Python peers (`peers/steps.py`) in turns and takes medians.
#![expect(clippy::disallowed_methods, reason = "a bench needs a clock")]

use environments::registry::{self, Visitor};
use environments::vector::{Buffers, Vector, VectorError};
use environments::{ActionMask, Environment, Generator, StepError};
use shared::parameter::Parameters;
use shared::quantity::Seed;
use shared::spec::EnvironmentSpec;
use std::error::Error;
use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

const SECONDS: f64 = 0.1;
/// Steps between two looks at the clock, which is a system call.
const CHUNK: u64 = 16_384;
const COPIES: usize = 64;
/// The worlds that are also stepped many at once.
const VECTORISED: [&str; 2] = ["mountain-car", "cart-pole"];

fn main() -> Result<(), Box<dyn Error>> {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    for entry in registry::catalog().into_iter().filter(|entry| entry.id.contains(&wanted)) {
        let mut variants = vec![(entry.id.clone(), Parameters::new())];
        variants.extend(entry.presets.into_iter().map(|it| (format!("{} {}", entry.id, it.name), it.values)));
        for (name, parameters) in variants {
            let world = registry::build(&EnvironmentSpec { id: entry.id.clone(), parameters })?;
            if VECTORISED.contains(&entry.id.as_str()) {
                tell(&format!("{name}, {COPIES} copies"), world.clone().accept(Together)?);
            }
            tell(&name, world.accept(Single)?);
        }
    }
    Ok(())
}

fn tell(name: &str, rate: f64) {
    println!(r#"{{"name":"{name}","steps_per_second":{rate:.0},"against":"Gymnasium FrozenLake-v1"}}"#);
}

/// One world, reset and stepped.
struct Single;

impl Visitor for Single {
    type Output = Result<f64, StepError>;

    fn visit<E: Environment>(self, mut world: E) -> Self::Output {
        let mut player = Player::new(&world);
        let (mut episode, mut total) = (0, 0.0);
        world.reset(Seed::default());
        rate(CHUNK, || {
            for _ in 0..CHUNK {
                let step = world.step(player.choose(world.legal_actions()))?;
                total += step.reward;
                if step.ended() {
                    episode += 1;
                    world.reset(Seed::new(episode).unwrap_or_default());
                }
            }
            black_box(total);
            Ok(())
        })
    }
}

/// Copies stepped together, with their observations written.
struct Together;

impl Visitor for Together {
    type Output = Result<f64, VectorError>;

    fn visit<E: Environment>(self, world: E) -> Self::Output {
        let mut player = Player::new(&world);
        let mut vector = Vector::new(&world, COPIES, Seed::default());
        let width = vector.observation_length();
        let (mut observations, mut finals) = (vec![0.0; COPIES * width], vec![0.0; COPIES * width]);
        let (mut rewards, mut actions) = (vec![0.0; COPIES], vec![0; COPIES]);
        let (mut terminated, mut truncated) = (vec![false; COPIES], vec![false; COPIES]);
        let mut legal = vec![ActionMask(0); COPIES];
        rate(CHUNK, || {
            for _ in 0..CHUNK / COPIES as u64 {
                vector.legal_actions(&mut legal)?;
                for (action, legal) in actions.iter_mut().zip(&legal) {
                    *action = player.choose(*legal);
                }
                let mut buffers = Buffers {
                    observations: &mut observations,
                    final_observations: &mut finals,
                    rewards: &mut rewards,
                    terminated: &mut terminated,
                    truncated: &mut truncated,
                };
                vector.step(&actions, &mut buffers)?;
            }
            black_box(&observations);
            Ok(())
        })
    }
}

/// Chooses legal actions at random.
struct Player {
    generator: Generator,
    all: ActionMask,
}

impl Player {
    fn new(world: &impl Environment) -> Self {
        Self { generator: Generator::new(Seed::default()), all: ActionMask::all(world.action_count()) }
    }

    /// The cheap way where all are legal.
    #[inline]
    fn choose(&mut self, legal: ActionMask) -> u8 {
        let index = self.generator.below(if legal == self.all { self.all.count() } else { legal.count() });
        if legal == self.all { index as u8 } else { legal.nth(index) }
    }
}

/// Steps a second of processor time of something that makes `steps` of them, called once to warm up and then for
/// [`SECONDS`].
fn rate<Fault>(steps: u64, mut work: impl FnMut() -> Result<(), Fault>) -> Result<f64, Fault> {
    work()?;
    let (start, mut made) = (seconds(), 0);
    while seconds() - start < SECONDS {
        work()?;
        made += steps;
    }
    Ok(made as f64 / (seconds() - start))
}

/// Seconds that this thread has computed.
fn seconds() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds: Option<f64> = schedule.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed().as_secs_f64(), |it| it / 1e9)
}
