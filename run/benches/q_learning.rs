//! Q-learning steps a second on one thread, on the environments on which everybody measures it: one JSON object a line.
//!
//! ```sh
//! cargo bench -p run --bench q_learning -- [--exact NAME]
//! cargo xtask bench q_learning
//! ```
//!
//! The agent alone in a training loop, which is what its Python peers are (`peers/q_learning.py`); the same agent behind a
//! pointer, as all are that have no step loop of their own; and a run as it always is, with its statistics, kept episodes
//! and hash. Seconds are the thread's own processor time where the system
//! tells it (Linux). The second command runs ours and the peers in turns, then ours natively and as wasm in a browser,
//! where its caller keeps the time, and takes medians.

use agents::agent::{Agent, CurrentState};
use agents::algorithms::q_learning::{self, QLearning};
use agents::batch::BatchAgent;
use agents::registry::{self, AgentBuildError, AgentVisitor as _};
use agents::setting::Setting;
use environments::Environment;
use run::Run;
use shared::command::Command;
use shared::parameter::Resolved;
use shared::quantity::Seed;
use shared::spec::{AgentSpec, RunSpec};
use std::error::Error;

/// Steps between two looks at the clock.
const CHUNK: u64 = 500_000;

/// The environments, and what their peers are called.
const ENVIRONMENTS: [(&str, &str); 2] = [("frozen-lake", "FrozenLake-v1"), ("cliff-walking", "CliffWalking-v1")];

/// Makes [`CHUNK`] steps.
type Play = Box<dyn FnMut() -> Result<(), Box<dyn Error>>>;

/// What is stepped.
#[derive(Clone, Copy, Debug)]
enum RacerKind {
    /// Environment and agent as the types that they are.
    Loop,
    /// The environment as its type, the agent as a `Box<dyn Agent>`.
    Pointer,
    /// A whole run.
    Run,
}

/// What is measured: its name, the name of its peer, what it is.
fn racers() -> impl Iterator<Item = (String, RunSpec, &'static str, RacerKind)> {
    ENVIRONMENTS.into_iter().flat_map(|(id, peer)| {
        let racer =
            |name: &str, kind| (format!("{id}, {name}"), RunSpec::new(id, "q-learning", Seed::default()), peer, kind);
        [
            racer("loop", RacerKind::Loop),
            racer("agent behind a pointer", RacerKind::Pointer),
            racer("run", RacerKind::Run),
        ]
    })
}

fn player(spec: RunSpec, kind: RacerKind) -> Result<Play, Box<dyn Error>> {
    let environment = environments::registry::build(&spec.environment)?;
    match kind {
        RacerKind::Loop => return Ok(environment.accept(InEnvironment(&spec.agent))?),
        RacerKind::Pointer => return Ok(environment.accept(BehindPointer(&spec.agent))?),
        RacerKind::Run => {}
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
    type Output = Result<Play, AgentBuildError>;

    fn visit<E: Environment>(self, environment: E) -> Self::Output {
        registry::build(self.0, environment, Seed::default(), Train)
    }
}

/// The same with the agent as an object.
struct BehindPointer<'a>(&'a AgentSpec);

impl environments::registry::EnvironmentVisitor for BehindPointer<'_> {
    type Output = Result<Play, AgentBuildError>;

    fn visit<E: Environment>(self, environment: E) -> Self::Output {
        let AgentSpec { id, parameters } = self.0;
        let given = Resolved::new(&q_learning::catalog().parameters, parameters)
            .map_err(|error| AgentBuildError::Parameter { id: id.clone(), error })?;
        let agent = QLearning::build(&given, &Setting::of(&environment), Seed::default())
            .map_err(|fault| AgentBuildError::of(id, fault))?;
        Ok(Train.visit(environment, Box::new(agent) as Box<dyn Agent>))
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
    for (name, spec, peer, kind) in racers().filter(|(name, ..)| wanted.as_ref().is_none_or(|it| it == name)) {
        let rate = native::rate(&mut player(spec, kind)?)?;
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
            let Some((name, spec, _, kind)) = racers().nth(index) else { return Ok(None) };
            let play = player(spec, kind).map_err(|error| error.to_string())?;
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
