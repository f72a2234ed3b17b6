//! What the exact transition model tells: the model itself, its solution, and what a learned table is worth.

use crate::Error;
use crate::environment_options::EnvironmentOptions;
use agents::agent::Agent;
use agents::planning;
use clap::Args;
use environments::registry::Visitor;
use environments::{Environment, Model};
use serde::Serialize;
use serde_json::{Value, json};
use shared::checkpoint::{AgentState, Checkpoint};
use std::io::Write;
use std::time::Instant;

/// Values closer than this are the same.
const TOLERANCE: f64 = 1e-10;
/// Sweeps of policy evaluation after which a value counts as unknown.
const MOST_SWEEPS: u32 = 100_000;

/// Whose model to print.
#[derive(Clone, Debug, Args)]
pub struct ModelOptions {
    #[command(flatten)]
    world: EnvironmentOptions,
    /// As one JSON object: `transitions[state][action]` lists [probability, next state, reward, terminated, outcome]
    #[arg(long)]
    json: bool,
}

/// What to solve.
#[derive(Clone, Debug, Args)]
pub struct SolveOptions {
    #[command(flatten)]
    world: EnvironmentOptions,
    /// Discount
    #[arg(long, default_value = "0.99", value_parser = discount)]
    gamma: f64,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

fn discount(text: &str) -> Result<f64, String> {
    let number = text.parse().map_err(|_| "a discount is a number from 0 to 1".to_owned())?;
    shared::quantity::Discount::new(number).map(shared::Discount::get).map_err(|error| error.to_string())
}

/// Prints the exact model.
pub fn model(options: &ModelOptions, out: &mut impl Write) -> Result<(), Error> {
    let model = model_of(&options.world)?;
    let pairs = |state| (0..model.actions()).map(move |action| (state, action));
    if options.json {
        let transitions: Vec<Vec<Vec<Value>>> = (0..model.states())
            .map(|state| pairs(state).map(|(state, action)| outcomes(&model, state, action)).collect())
            .collect();
        let legal: Vec<Vec<u8>> = (0..model.states()).map(|state| model.legal(state).iter().collect()).collect();
        let whole = json!({
            "environment": options.world.environment,
            "states": model.states(),
            "actions": model.actions(),
            "start": model.start(),
            "legal": legal,
            "transitions": transitions,
        });
        writeln!(out, "{whole}")?;
        return Ok(());
    }
    writeln!(out, "state action probability next reward terminated")?;
    for (state, action) in (0..model.states()).flat_map(pairs) {
        for it in model.outcomes(state, action) {
            let (probability, next, reward, terminated) = (it.probability, it.next, it.reward, it.terminated);
            writeln!(out, "{state} {action} {probability} {next} {reward} {terminated}")?;
        }
    }
    Ok(())
}

fn outcomes(model: &Model, state: usize, action: usize) -> Vec<Value> {
    let outcomes = model.outcomes(state, action).iter();
    outcomes.map(|it| json!([it.probability, it.next, it.reward, it.terminated, it.reason])).collect()
}

/// Solves the model and prints the solution.
pub fn solve(options: &SolveOptions, out: &mut impl Write) -> Result<(), Error> {
    let model = model_of(&options.world)?;
    let begun = Instant::now();
    let solution = planning::value_iteration(&model, options.gamma, TOLERANCE);
    let millis = begun.elapsed().as_secs_f64() * 1000.0;
    let at_start = planning::at_start(&model, &solution.v);
    if options.json {
        let whole = json!({
            "environment": options.world.environment,
            "gamma": options.gamma,
            "value_at_start": at_start,
            "v": solution.v,
            "q": solution.q.chunks(model.actions()).collect::<Vec<_>>(),
            "sweeps": solution.sweeps,
            "residual": solution.residual,
            "millis": millis,
        });
        writeln!(out, "{whole}")?;
        return Ok(());
    }
    let (states, sweeps) = (model.states(), solution.sweeps);
    writeln!(out, "{states} states, {sweeps} sweeps, {millis:.2} ms; value at the start {at_start:.6}\n")?;
    writeln!(out, "state  V*  Q* of every action")?;
    for (state, row) in solution.q.chunks(model.actions()).enumerate() {
        let row: Vec<_> = row.iter().map(|it| format!("{it:.4}")).collect();
        writeln!(out, "{state}  {:.4}  {}", solution.v[state], row.join(" "))?;
    }
    Ok(())
}

struct ModelOf;

impl Visitor for ModelOf {
    type Output = Option<Model>;

    fn visit<E: Environment>(self, environment: E) -> Option<Model> {
        environment.model().cloned()
    }
}

fn model_of(world: &EnvironmentOptions) -> Result<Model, Error> {
    world.build()?.accept(ModelOf).ok_or_else(|| Error::NoModel { id: world.environment.clone() })
}

/// What the greedy policy of a learned table is worth, under the agent's own discount.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worth {
    /// Value at the start of the greedy policy.
    pub greedy_value: f64,
    /// Value at the start of the best policy.
    pub optimal_value: f64,
    /// Their difference.
    pub regret: f64,
    /// States whose greedy actions are all optimal, and states that count.
    pub optimal_states: (u32, u32),
}

impl Worth {
    /// The worth of what a run has learned; none without a model, a table, or a value that settles.
    pub fn of(checkpoint: &Checkpoint) -> Option<Self> {
        let world = environments::registry::build(&checkpoint.spec.environment).ok()?;
        world.accept(WorthOf { checkpoint })
    }
}

struct WorthOf<'a> {
    checkpoint: &'a Checkpoint,
}

impl Visitor for WorthOf<'_> {
    type Output = Option<Worth>;

    fn visit<E: Environment>(self, environment: E) -> Option<Worth> {
        environment.model()?;
        let spec = &self.checkpoint.spec;
        agents::registry::build(&spec.agent, environment, spec.seed, WorthIn(&self.checkpoint.agent)).ok()?
    }
}

struct WorthIn<'a>(&'a AgentState);

impl<E: Environment> agents::registry::Visitor<E> for WorthIn<'_> {
    type Output = Option<Worth>;

    fn visit<A: Agent<E>>(self, environment: E, mut agent: A) -> Option<Worth> {
        agent.load(self.0).ok()?;
        let (model, table, gamma) = (environment.model()?, agent.table()?, agent.discount());
        let solution = planning::value_iteration(model, gamma, TOLERANCE);
        let mut values = vec![0.0; model.states()];
        let residual = planning::evaluate_greedy(model, table.q, gamma, &mut values, TOLERANCE, MOST_SWEEPS);
        let greedy_value = planning::at_start(model, &values);
        let optimal_value = planning::at_start(model, &solution.v);
        let counted = planning::counted_states(model, &solution.q);
        (residual <= TOLERANCE).then(|| Worth {
            greedy_value,
            optimal_value,
            regret: (optimal_value - greedy_value).max(0.0),
            optimal_states: planning::optimal_states(model, &counted, table.q, &solution.q),
        })
    }
}
