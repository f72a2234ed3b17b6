//! Q-learning steps a second on one thread, on the environments on which everybody measures it: one JSON object a line.
//!
//! ```sh
//! cargo bench -p run --bench q_learning -- [--exact NAME]
//! cargo xtask bench q_learning
//! ```
//!
//! The agent alone in a training loop, which is what its Python peers are (`peers/q_learning.py`); and a run as it
//! always is, with its statistics, kept episodes and hash. Seconds are the thread's own processor time where the system
//! tells it (Linux). The second command runs ours and the peers in turns, then ours natively and as wasm in a browser,
//! where its caller keeps the time, and takes medians.

use agents::agent::{Agent, CurrentState};
use agents::batch::BatchAgent;
use agents::registry;
use environments::Environment;
use run::Run;
use shared::command::Command;
use shared::quantity::Seed;
use shared::spec::{AgentSpec, RunSpec};
use std::error::Error;

/// Steps between two looks at the clock.
const CHUNK: u64 = 500_000;

/// The environments, and what their peers are called.
const ENVIRONMENTS: [(&str, &str); 2] = [("frozen-lake", "FrozenLake-v1"), ("cliff-walking", "CliffWalking-v1")];

/// Makes [`CHUNK`] steps.
type Play = Box<dyn FnMut() -> Result<(), Box<dyn Error>>>;

/// What is measured: its name, the name of its peer, whether it is a whole run.
fn racers() -> impl Iterator<Item = (String, RunSpec, &'static str, bool)> {
    ENVIRONMENTS.into_iter().flat_map(|(id, peer)| {
        let spec = RunSpec::new(id, "q-learning", Seed::default());
        [(format!("{id}, loop"), spec.clone(), peer, false), (format!("{id}, run"), spec, peer, true)]
    })
}

fn player(spec: RunSpec, whole: bool) -> Result<Play, Box<dyn Error>> {
    if !whole {
        let environment = environments::registry::build(&spec.environment)?;
        return Ok(environment.accept(InEnvironment(&spec.agent))?);
    }
    let mut run = Run::new(spec)?;
    run.command(Command::Resume { until_episode: None });
    Ok(Box::new(move || {
        run.advance(CHUNK);
        Ok(())
    }))
}

/// Builds the agent for the environment.
struct InEnvironment<'a>(&'a AgentSpec);

impl environments::registry::EnvironmentVisitor for InEnvironment<'_> {
    type Output = Result<Play, registry::AgentBuildError>;

    fn visit<E: Environment>(self, environment: E) -> Self::Output {
        registry::build(self.0, environment, Seed::default(), Train)
    }
}

/// Trains episode after episode.
struct Train;

impl<E: Environment> registry::AgentVisitor<E> for Train {
    type Output = Play;

    fn visit_batch(self, _: E, _: Box<dyn BatchAgent>) -> Play {
        Box::new(|| Err("only agents in one environment are measured here".into()))
    }

    fn visit<A: Agent + ?Sized>(self, mut environment: E, mut agent: Box<A>) -> Play {
        let mut episode = 0;
        environment.reset(Seed::default());
        agent.begin(CurrentState::of(&environment));
        Box::new(move || {
            for _ in 0..CHUNK {
                let action = agent.act(CurrentState::of(&environment));
                let step = environment.step(action)?;
                agent.learn(action, step, CurrentState::of(&environment))?;
                if step.ended() {
                    agent.finish(CurrentState::of(&environment))?;
                    episode += 1;
                    environment.reset(Seed::default().derive(1, episode));
                    agent.begin(CurrentState::of(&environment));
                }
            }
            Ok(())
        })
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), Box<dyn Error>> {
    let wanted = std::env::args().skip_while(|argument| argument != "--exact").nth(1);
    for (name, spec, peer, whole) in racers().filter(|(name, ..)| wanted.as_ref().is_none_or(|it| it == name)) {
        let rate = native::rate(&mut player(spec, whole)?)?;
        println!(r#"{{"name":"{name}","steps_per_second":{rate:.0},"against":"NumPy on {peer}"}}"#);
    }
    Ok(())
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use super::{CHUNK, Play};
    use std::error::Error;
    use std::sync::LazyLock;
    use std::time::Instant;

    const SECONDS: f64 = 0.5;

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
    use super::{CHUNK, Play, player, racers};
    use wasm_bindgen::prelude::wasm_bindgen;

    /// A learner in a tab.
    #[wasm_bindgen]
    #[expect(missing_debug_implementations, reason = "only JavaScript sees it")]
    pub struct Racer {
        name: String,
        play: Play,
    }

    #[wasm_bindgen]
    impl Racer {
        /// The learner of this index; none beyond the last.
        pub fn at(index: usize) -> Result<Option<Racer>, String> {
            let Some((name, spec, _, whole)) = racers().nth(index) else { return Ok(None) };
            let play = player(spec, whole).map_err(|error| error.to_string())?;
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
