//! Steps a second of every environment with random actions, on one thread: one JSON object a line.
//!
//! ```sh
//! cargo bench -p environments --bench steps -- [part of an id]
//! ```
//!
//! Each figure is the median of five runs, per second of processor time where the system tells it (`clock` says
//! which). A run counts every step and every reset; the actions are drawn uniformly from the legal ones, and that is
//! part of the measured time.
#![expect(clippy::disallowed_methods, reason = "a bench needs a clock")]

use environments::registry::{self, Visitor};
use environments::{ActionMask, Environment, Generator};
use shared::parameter::Parameters;
use shared::quantity::Seed;
use shared::spec::EnvironmentSpec;
use std::hint::black_box;
use std::time::{Duration, Instant};

const RUNS: usize = 5;
const RUN_LENGTH: Duration = Duration::from_millis(200);

/// Processor time of this thread as Linux counts it; others do not say.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// How long `work` takes.
fn duration(work: impl FnOnce()) -> Duration {
    let (begin, processor_begin) = (Instant::now(), processor_time());
    work();
    let wall = begin.elapsed();
    match (processor_begin, processor_time()) {
        (Some(begin), Some(end)) => end.saturating_sub(begin),
        _ => wall,
    }
}

/// Measures rates in ascending order.
struct Stopwatch;

impl Visitor for Stopwatch {
    type Output = Vec<f64>;

    fn visit<E: Environment>(self, mut environment: E) -> Vec<f64> {
        let mut steps = 10_000;
        while duration(|| play(&mut environment, steps)) < RUN_LENGTH {
            steps *= 2;
        }
        let rate = |_| steps as f64 / duration(|| play(&mut environment, steps)).as_secs_f64();
        let mut rates: Vec<f64> = (0..RUNS).map(rate).collect();
        rates.sort_by(f64::total_cmp);
        rates
    }
}

fn play<E: Environment>(environment: &mut E, steps: u64) {
    let mut player = Generator::new(Seed::default());
    let actions = environment.action_count();
    let mut total = 0.0;
    let mut episode = 0;
    environment.reset(Seed::default());
    for _ in 0..steps {
        let legal = environment.legal_actions();
        let action = if legal == ActionMask::all(actions) {
            player.below(actions as u32) as u8
        } else {
            legal.nth(player.below(legal.count()))
        };
        let Ok(step) = environment.step(action) else { continue };
        total += step.reward;
        if step.ended() {
            episode += 1;
            environment.reset(Seed::new(episode).unwrap_or_default());
        }
    }
    black_box(total);
}

fn main() {
    let clock = if processor_time().is_some() { "processor" } else { "wall" };
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    for entry in registry::catalog().into_iter().filter(|entry| entry.id.contains(&wanted)) {
        let defaults = (String::new(), Parameters::new());
        let presets = entry.presets.into_iter().map(|preset| (preset.name, preset.values));
        for (preset, parameters) in std::iter::once(defaults).chain(presets) {
            match registry::build(&EnvironmentSpec { id: entry.id.clone(), parameters }) {
                Ok(world) => {
                    let rates = world.accept(Stopwatch);
                    let [least, .., greatest] = rates[..] else { continue };
                    println!(
                        "{{\"environment\":\"{}\",\"preset\":\"{preset}\",\"steps_per_second\":{:.0},\
                         \"least\":{least:.0},\"greatest\":{greatest:.0},\"runs\":{RUNS},\"clock\":\"{clock}\"}}",
                        entry.id,
                        rates[RUNS / 2],
                    );
                }
                Err(error) => eprintln!("{error}"),
            }
        }
    }
}
