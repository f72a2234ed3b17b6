//! Hosting: the training loop of one run, from its options to its summary.

pub mod manner;
pub(crate) mod session;

use crate::agent_options::AgentSettings;
use crate::environment_options::EnvironmentSettings;
use crate::episode_table::EpisodeTable;
use crate::progress::Goal;
use crate::records::directory;
use crate::records::keeper::{self, Keeper, Plan};
use crate::settings;
use crate::{Error, machine, rollout};
use clap::Args;
use manner::Manner;
use run::{Registry, Run};
use session::{Beginning, Session};
use shared::event::EndReason;
use shared::quantity::Seed;
use shared::spec::RunSpec;
use shared::{RunId, codec};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Examples of the help text.
pub const EXAMPLES: &str = "\
Examples:
  terrarium run gridworld --agent q-learning --set alpha=0.2 --env slip=0.1 --episodes 500 --json
  terrarium run cart-pole --agent ppo --steps 300000 --runs runs
  terrarium run taxi --relay ws://127.0.0.1:8080 --speed 1000 --save taxi.terrarium
  terrarium run taxi --relay wss://relay.example.org --relay-ca relay.pem
  terrarium run --load taxi.terrarium --steps 1000000

With --runs DIR everything is kept in DIR/ENV/RUN: settings, weights, metrics, recorded episodes. `terrarium resume` goes on with
such a run after whatever ended it, `terrarium runs` lists them, `terrarium watch` plays what they learned.

The run's name at the relay is ENV-AGENT, or ENV-RUN where it is kept, unless --run gives it another one. Ctrl-C ends the run and
keeps what it learned with --save or --runs. A second one ends waiting for a relay that is out of reach, a third the process.";

/// What to run, how far, and who may watch.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Environment, one of those that `terrarium envs` lists
    #[arg(value_name = "ENV", required_unless_present = "load")]
    environment: Option<String>,
    /// Agent, one of those that `terrarium agents` lists
    #[arg(long, value_name = "NAME", default_value = "q-learning")]
    agent: String,
    #[command(flatten)]
    agent_settings: AgentSettings,
    /// Other value of the agent from a step on, e.g. 5000:epsilon=0; what `terrarium describe AGENT` marks as live can change
    #[arg(long, value_name = "STEP:NAME=VALUE")]
    change: Vec<String>,
    #[command(flatten)]
    environment_settings: EnvironmentSettings,
    /// What all chance derives from
    #[arg(long, default_value = "42", value_parser = rollout::seed)]
    seed: Seed,
    #[command(flatten)]
    manner: Manner,
    /// Keeps the run in DIR/ENV/RUN
    #[arg(long, value_name = "DIR", env = "TERRARIUM_RUNS")]
    runs: Option<PathBuf>,
    /// Saves the run when it ends
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Writes every episode into a file, as a row of a CSV table; after a reset they count from 0 again
    #[arg(long, value_name = "FILE")]
    episodes_csv: Option<PathBuf>,
    /// Goes on with a saved run
    #[arg(long, value_name = "FILE", conflicts_with_all = ["environment", "agent", "set", "agent_preset", "change", "options", "preset", "seed"])]
    load: Option<PathBuf>,
}

/// Runs, and prints the summary.
pub fn run(options: &Options, out: &mut impl Write) -> Result<(), Error> {
    let manner = &options.manner;
    manner.device.check()?;
    let run = options.build()?;
    let goal = manner.goal(&run)?.unwrap_or(Goal::Endless);
    if let Some(file) = &options.save {
        keeper::check_folder(file)?;
    }
    let table = options.episodes_csv.as_deref().map(EpisodeTable::create).transpose()?;
    let keeper = match &options.runs {
        Some(root) => Some(Keeper::create(plan(root, manner, goal), &run, None)?),
        None => None,
    };
    let name = name(manner, run.spec(), keeper.as_ref())?;
    host(Beginning { run, goal, name, keeper, table, ends_with_input: false }, manner, options.save.as_deref(), out)
}

/// Hosts a run to its end, and prints the summary.
pub(crate) fn host(
    beginning: Beginning,
    manner: &Manner,
    save: Option<&Path>,
    out: &mut impl Write,
) -> Result<(), Error> {
    let mut session = Session::begin(beginning, manner)?;
    let reason = session.drive()?;
    let (summary, mut faults) = session.end(reason, save)?;
    if manner.json {
        writeln!(out, "{}", codec::to_text(&summary)?)?;
    } else {
        writeln!(out, "{}", summary.words())?;
    }
    out.flush()?;
    if reason == EndReason::Failed {
        faults.push(Error::Failed);
    }
    let Some(last) = faults.pop() else { return Ok(()) };
    for fault in faults {
        eprintln!("terrarium-trainer: {fault}");
    }
    Err(last)
}

/// What runs can be made of, and what is told of the machine beside them.
pub(crate) fn registry() -> Arc<Registry> {
    Arc::new(Registry::default().with_metrics(machine::metrics()))
}

/// Where a kept run ends: where somebody says, or else where it was to end when it began.
pub(crate) fn goal(manner: &Manner, run: &Run, planned: Goal) -> Result<Goal, Error> {
    match (manner.goal(run)?, planned) {
        (None, Goal::Steps(steps)) if run.step() >= steps => Err(Error::Done { what: "steps", done: run.step() }),
        (None, Goal::Episodes(episodes)) if run.episode() >= episodes => {
            Err(Error::Done { what: "episodes", done: run.episode() })
        }
        (Some(goal), _) | (None, goal) => Ok(goal),
    }
}

/// How a run is kept below a folder.
pub(crate) fn plan(root: &Path, manner: &Manner, goal: Goal) -> Plan {
    Plan {
        root: root.to_owned(),
        name: manner.run.clone(),
        published_as: manner.run.clone(),
        goal,
        every_steps: manner.keep_every,
        every: manner.save_every,
    }
}

/// The name of a run at the relay.
pub(crate) fn name(manner: &Manner, spec: &RunSpec, keeper: Option<&Keeper>) -> Result<RunId, Error> {
    match (&manner.run, keeper) {
        (Some(run), _) => Ok(run.clone()),
        (None, Some(keeper)) => Ok(keeper.config().published_as.clone()),
        (None, None) => Ok(RunId::new(format!("{}-{}", spec.environment.id, spec.agent.id))?),
    }
}

impl Options {
    fn build(&self) -> Result<Run, Error> {
        if let Some(file) = &self.load {
            return Ok(Run::load(registry(), &directory::read_agent(file)?)?);
        }
        let environment = self.environment_settings.spec(self.environment.as_deref().unwrap_or_default())?;
        let agent = self.agent_settings.spec(&environment.id, &self.agent)?;
        let entry = registry().find(&agent.id)?;
        let mut spec = RunSpec { environment, agent, seed: self.seed, changes: Vec::new() };
        for change in &self.change {
            let (step, parameters) = settings::read_change(&entry, change)?;
            spec.change(step, parameters);
        }
        Ok(Run::of(registry(), spec)?)
    }
}
