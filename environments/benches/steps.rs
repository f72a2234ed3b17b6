//! Steps a second of every environment and preset with random actions, on one thread: one JSON object a line.
//!
//! ```sh
//! cargo bench -p environments --bench steps -- [part of an id | --exact NAME]
//! cargo xtask bench steps
//! ```
//!
//! Every step and every reset counts; the actions are drawn uniformly from the legal ones, and that is part of the
//! measured time. Seconds are the thread's own processor time where the system tells it (Linux). The second command
//! runs this in turns with its Python peers (`peers/steps.py`), and environment by environment with itself as wasm in a
//! browser, where its caller keeps the time, and takes medians.

use environments::registry::{self, EnvironmentBuildError, EnvironmentVisitor};
use environments::vector::{Buffers, Vector};
use environments::{ActionMask, Environment, Generator};
use shared::parameter::Parameters;
use shared::quantity::Seed;
use shared::spec::EnvironmentSpec;
use std::error::Error;
use std::hint::{black_box, cold_path};

/// Steps between two looks at the clock, which is a system call.
const CHUNK: u64 = 16_384;
const COPIES: usize = 64;
/// The environments that are also stepped many at once.
const VECTORISED: [&str; 2] = ["mountain-car", "cart-pole"];

/// Makes [`CHUNK`] steps.
type Play = Box<dyn FnMut() -> Result<(), Box<dyn Error>>>;

/// Every environment that is measured: its name, what it is, whether copies are stepped together.
fn environments() -> Vec<(String, EnvironmentSpec, bool)> {
    let mut environments = Vec::new();
    for entry in registry::catalog() {
        let presets = entry.presets.into_iter().map(|it| (format!("{} {}", entry.id, it.name), it.values));
        for (name, parameters) in std::iter::once((entry.id.clone(), Parameters::new())).chain(presets) {
            let spec = EnvironmentSpec { id: entry.id.clone(), parameters };
            if VECTORISED.contains(&entry.id.as_str()) {
                environments.push((format!("{name}, {COPIES} copies"), spec.clone(), true));
            }
            environments.push((name, spec, false));
        }
    }
    environments
}

fn player(spec: &EnvironmentSpec, together: bool) -> Result<Play, EnvironmentBuildError> {
    let environment = registry::build(spec)?;
    Ok(if together { environment.accept(Together) } else { environment.accept(Single) })
}

/// One environment, reset and stepped.
struct Single;

impl EnvironmentVisitor for Single {
    type Output = Play;

    fn visit<E: Environment>(self, mut environment: E) -> Play {
        let mut chooser = Chooser::new(&environment);
        let (mut episode, mut total) = (0, 0.0);
        environment.reset(Seed::default());
        Box::new(move || {
            for _ in 0..CHUNK {
                let step = environment.step(chooser.choose(environment.legal_actions()))?;
                total += step.reward;
                if step.ended() {
                    episode += 1;
                    environment.reset(Seed::new(episode).unwrap_or_default());
                }
            }
            black_box(total);
            Ok(())
        })
    }
}

/// Copies stepped together, with their observations written.
struct Together;

impl EnvironmentVisitor for Together {
    type Output = Play;

    fn visit<E: Environment>(self, environment: E) -> Play {
        let mut chooser = Chooser::new(&environment);
        let mut vector = Vector::new(&environment, COPIES, Seed::default());
        let width = vector.observation_length();
        let (mut observations, mut finals) = (vec![0.0; COPIES * width], vec![0.0; COPIES * width]);
        let (mut rewards, mut actions) = (vec![0.0; COPIES], vec![0; COPIES]);
        let (mut terminated, mut truncated) = (vec![false; COPIES], vec![false; COPIES]);
        let mut legal = vec![ActionMask(0); COPIES];
        Box::new(move || {
            for _ in 0..CHUNK / COPIES as u64 {
                vector.legal_actions(&mut legal)?;
                for (action, legal) in actions.iter_mut().zip(&legal) {
                    *action = chooser.choose(*legal);
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
struct Chooser {
    generator: Generator,
    all: ActionMask,
    /// How many these are.
    count: u32,
}

impl Chooser {
    fn new(environment: &impl Environment) -> Self {
        let all = ActionMask::all(environment.action_count());
        Self { generator: Generator::new(Seed::default()), all, count: all.count() }
    }

    /// The cheap way where all are legal.
    #[inline]
    fn choose(&mut self, legal: ActionMask) -> u16 {
        if legal == self.all {
            return self.generator.below(self.count) as u16;
        }
        cold_path();
        legal.nth(self.generator.below(legal.count()))
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), Box<dyn Error>> {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let exactly = std::env::args().any(|argument| argument == "--exact");
    let is_wanted = |name: &str, id: &str| if exactly { name == wanted } else { id.contains(&wanted) };
    for (name, spec, together) in environments().into_iter().filter(|(name, spec, _)| is_wanted(name, &spec.id)) {
        let rate = native::rate(&mut player(&spec, together)?)?;
        println!(r#"{{"name":"{name}","steps_per_second":{rate:.0},"against":"Gymnasium FrozenLake-v1"}}"#);
    }
    Ok(())
}

#[cfg(not(target_arch = "wasm32"))]
#[expect(clippy::disallowed_methods, reason = "a bench needs a clock")]
mod native {
    use super::{CHUNK, Play};
    use std::error::Error;
    use std::sync::LazyLock;
    use std::time::Instant;

    const SECONDS: f64 = 0.1;

    /// Steps a second, after one chunk to warm up.
    pub(super) fn rate(play: &mut Play) -> Result<f64, Box<dyn Error>> {
        play()?;
        let (start, mut made) = (seconds(), 0);
        while seconds() - start < SECONDS {
            play()?;
            made += CHUNK;
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
}

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(target_arch = "wasm32")]
mod tab {
    use super::{CHUNK, Play, environments, player};
    use wasm_bindgen::prelude::wasm_bindgen;

    /// An environment in a tab.
    #[wasm_bindgen]
    #[expect(missing_debug_implementations, reason = "only JavaScript sees it")]
    pub struct Racer {
        name: String,
        play: Play,
    }

    #[wasm_bindgen]
    impl Racer {
        /// The environment of this index; none beyond the last.
        pub fn at(index: usize) -> Result<Option<Racer>, String> {
            let Some((name, spec, together)) = environments().into_iter().nth(index) else { return Ok(None) };
            let play = player(&spec, together).map_err(|error| error.to_string())?;
            Ok(Some(Self { name, play }))
        }

        /// Its name, as the native bench has it.
        pub fn name(&self) -> String {
            self.name.clone()
        }

        /// Makes so many chunks of steps and tells how many steps these were.
        pub fn play(&mut self, chunks: u32) -> Result<f64, String> {
            for _ in 0..chunks {
                (self.play)().map_err(|error| error.to_string())?;
            }
            Ok(f64::from(chunks) * CHUNK as f64)
        }
    }
}
