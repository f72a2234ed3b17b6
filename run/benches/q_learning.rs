//! Q-learning steps a second on one thread, on the worlds on which everybody measures it: one JSON object a line.
//!
//! ```sh
//! cargo bench -p run --bench q_learning
//! cargo xtask bench run/q_learning
//! ```
//!
//! The agent alone in a training loop, which is what its Python peers are (`peers/q_learning.py`); and a run as it
//! always is, with its statistics, kept episodes and hash. Seconds are the thread's own processor time where the system
//! tells it (Linux). The second command runs ours and the peers in turns and takes medians.

use agents::{Agent, registry};
use environments::Environment;
use run::Run;
use serde_json::json;
use shared::command::Command;
use shared::quantity::Seed;
use shared::spec::{AgentSpec, RunSpec};
use std::error::Error;
use std::sync::LazyLock;
use std::time::Instant;

const SECONDS: f64 = 0.5;
const CHUNK: u64 = 500_000;

fn main() -> Result<(), Box<dyn Error>> {
    for (id, peer) in [("frozen-lake", "FrozenLake-v1"), ("cliff-walking", "CliffWalking-v1")] {
        let spec = RunSpec::new(id, "q-learning", Seed::default());
        let world = environments::registry::build(&spec.environment)?;
        tell(&format!("{id}, loop"), world.accept(InWorld(&spec.agent))??, peer);
        let mut run = Run::new(spec)?;
        run.command(Command::Resume { until_episode: None });
        let recorded = rate(|| {
            run.advance(CHUNK);
            Ok::<_, Box<dyn Error>>(())
        })?;
        tell(&format!("{id}, run"), recorded, peer);
    }
    Ok(())
}

fn tell(name: &str, rate: f64, peer: &str) {
    println!("{}", json!({ "name": name, "steps_per_second": rate.round(), "against": format!("NumPy on {peer}") }));
}

/// Builds the agent for the world.
struct InWorld<'a>(&'a AgentSpec);

impl environments::registry::Visitor for InWorld<'_> {
    type Output = Result<Result<f64, Box<dyn Error>>, registry::BuildError>;

    fn visit<E: Environment>(self, world: E) -> Self::Output {
        registry::build(self.0, world, Seed::default(), Train)
    }
}

/// Trains episode after episode.
struct Train;

impl<E: Environment> registry::Visitor<E> for Train {
    type Output = Result<f64, Box<dyn Error>>;

    fn visit<A: Agent<E>>(self, mut world: E, mut agent: A) -> Self::Output {
        let mut episode = 0;
        world.reset(Seed::default());
        agent.begin(&world);
        rate(|| {
            for _ in 0..CHUNK {
                let action = agent.act(&world);
                let step = world.step(action)?;
                agent.learn(&world, action, step)?;
                if step.ended() {
                    agent.finish(&world)?;
                    episode += 1;
                    world.reset(Seed::default().derive(1, episode));
                    agent.begin(&world);
                }
            }
            Ok(())
        })
    }
}

/// Steps a second of something that makes [`CHUNK`] of them, called once to warm up and then for [`SECONDS`].
fn rate<Fault>(mut work: impl FnMut() -> Result<(), Fault>) -> Result<f64, Fault> {
    work()?;
    let (start, mut made) = (seconds(), 0);
    while seconds() - start < SECONDS {
        work()?;
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
