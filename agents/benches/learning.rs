//! Steps a second of every agent in one environment, single thread: one JSON line each. On the gridworld's web layout,
//! or on the ten-armed bandit where an agent is only for one state.
//! Seconds are the thread's own processor time where the system tells it (Linux), so that neighbours matter little.
//!
//! `cargo bench -p agents [-- AGENT...]`

#[path = "common/watch.rs"]
mod watch;

use agents::agent::{Agent, CurrentState};
use agents::batch::BatchAgent;
use agents::registry::{self, AgentVisitor, Suited};
use environments::Environment;
use environments::registry::BuiltEnvironment;
use shared::parameter::Parameters;
use shared::quantity::Seed;
use shared::spec::{AgentSpec, EnvironmentSpec};
use watch::Watch;

/// The first of these that an agent can learn in.
const ENVIRONMENTS: [&str; 2] = ["gridworld", "bandit"];

/// The median of so many measurements is told.
const REPETITIONS: usize = 5;

/// Trains until so many steps are made and returns steps a second.
struct Train {
    steps: u64,
}

impl<E: Environment> AgentVisitor<E> for Train {
    type Output = Result<f64, String>;

    fn visit_batch(self, _: E, _: Box<dyn BatchAgent>) -> Self::Output {
        Err("only agents in one environment are measured here".into())
    }

    fn visit<A: Agent + ?Sized>(self, mut environment: E, mut agent: Box<A>) -> Self::Output {
        let seed = Seed::default();
        let (mut made, mut episode) = (0, 0);
        let watch = Watch::start();
        while made < self.steps {
            environment.reset(seed.derive(1, episode));
            agent.begin(CurrentState::of(&environment));
            loop {
                let action = agent.act(CurrentState::of(&environment));
                let step = environment.step(action).map_err(|error| error.to_string())?;
                agent.learn(action, step, CurrentState::of(&environment)).map_err(|error| error.to_string())?;
                made += 1;
                if step.ended() {
                    break;
                }
            }
            agent.finish(CurrentState::of(&environment)).map_err(|error| error.to_string())?;
            episode += 1;
        }
        Ok(made as f64 / watch.seconds())
    }
}

/// Builds the agent for the environment and trains it.
struct With<'a> {
    agent: &'a AgentSpec,
    steps: u64,
}

impl environments::registry::EnvironmentVisitor for With<'_> {
    type Output = Result<f64, String>;

    fn visit<E: Environment>(self, environment: E) -> Self::Output {
        registry::build(self.agent, environment, Seed::default(), Train { steps: self.steps })
            .map_err(|error| error.to_string())?
    }
}

fn environment(id: &str) -> Result<BuiltEnvironment, String> {
    let spec = EnvironmentSpec { id: id.into(), parameters: Parameters::new() };
    environments::registry::build(&spec).map_err(|error| error.to_string())
}

/// Whether the agent can learn in the environment.
fn suits(agent: &AgentSpec, id: &str) -> bool {
    environment(id).is_ok_and(|environment| environment.accept(Suited(vec![agent])) == [Ok(())])
}

fn main() -> Result<(), String> {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for entry in registry::catalog() {
        let acts_in_copies = entry.parameters.iter().any(|it| it.name == "copies");
        if acts_in_copies || !wanted.is_empty() && !wanted.contains(&entry.id) {
            continue;
        }
        let agent = AgentSpec { id: entry.id, parameters: Parameters::new() };
        let id = ENVIRONMENTS.into_iter().find(|id| suits(&agent, id));
        let id = id.ok_or_else(|| format!("{} learns in none of {ENVIRONMENTS:?}", agent.id))?;
        let measure = |steps| environment(id)?.accept(With { agent: &agent, steps });
        // As many steps as take about a fifth of a second.
        let steps = (measure(20_000)? * 0.2) as u64;
        let mut rates = (0..REPETITIONS).map(|_| measure(steps)).collect::<Result<Vec<_>, _>>()?;
        rates.sort_by(f64::total_cmp);
        println!(
            r#"{{"bench":"learning","environment":"{id}","agent":"{}","steps_per_second":{:.0}}}"#,
            agent.id,
            rates[REPETITIONS / 2]
        );
    }
    Ok(())
}
