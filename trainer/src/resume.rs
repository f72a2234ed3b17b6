//! `terrarium resume`: goes on with a run that is kept in a directory.

use crate::Error;
use crate::hosting::manner::Manner;
use crate::hosting::session::Beginning;
use crate::hosting::{self, name};
use crate::records::config::Parent;
use crate::records::directory::{LATEST, RunDirectory};
use crate::records::files;
use crate::records::keeper::Keeper;
use crate::settings::{self, SettingError};
use clap::Args;
use run::Run;
use shared::describe::CatalogEntry;
use shared::parameter::Parameters;
use std::io::Write;
use std::path::PathBuf;

/// Examples of the help text.
pub const EXAMPLES: &str = "\
Examples:
  terrarium resume runs/cart-pole/ppo-seed42
  terrarium resume cart-pole/ppo-seed42 --steps 600000
  terrarium resume cart-pole/ppo-seed42 --from best --set learning_rate=0.0001

Under the same settings it is the same run: its hash is what it would have been without the interruption, whether the process was ended or
killed. Under other settings, or from other weights than the latest, it is another run in a directory of its own, which names its
parent; the parent stays as it is. Where no end is given, the run's own counts.";

/// Which run, and how it goes on.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The run's directory, or ENV/RUN below --runs
    #[arg(value_name = "RUN")]
    directory: PathBuf,
    /// Folder of the runs
    #[arg(long, value_name = "DIR", env = "TERRARIUM_RUNS", default_value = "runs")]
    runs: PathBuf,
    /// Weights to go on from
    #[arg(long, value_name = "NAME", default_value = LATEST)]
    from: String,
    /// Another value of a parameter of the agent
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Another value of an option of the environment
    #[arg(long = "env", value_name = "NAME=VALUE")]
    environment: Vec<String>,
    #[command(flatten)]
    manner: Manner,
}

/// Goes on, and prints the summary.
pub fn resume(options: &Options, out: &mut impl Write) -> Result<(), Error> {
    let manner = &options.manner;
    manner.device.check()?;
    let directory = RunDirectory::find(&options.runs, &options.directory)?;
    let lock = directory.lock();
    let config = directory.config()?;
    let mut checkpoint = directory.read_weights(&options.from)?;
    let spec = &mut checkpoint.spec;
    let environment = environments::registry::find(&spec.environment.id)?;
    spec.environment.parameters = settled(&environment, &spec.environment.parameters, &options.environment)?;
    let agent = agents::registry::find(&spec.agent.id)?;
    spec.agent.parameters = settled(&agent, &spec.agent.parameters, &options.set)?;
    let is_child = *spec != config.spec || options.from != LATEST;
    let run = Run::load(hosting::registry(), &checkpoint)?;
    let goal = hosting::goal(manner, &run, config.goal)?;
    let root = files::folder(files::folder(directory.path())).to_owned();
    let plan = hosting::plan(&root, manner, goal);
    let keeper = if is_child {
        let (step, episode, run_hash) = (run.step(), run.episode(), run.hash());
        let parent = Parent { run: config.place(), weights: options.from.clone(), step, episode, run_hash };
        drop(lock);
        Keeper::create(plan, &run, Some(parent))?
    } else {
        Keeper::resume(plan, directory, lock?, &run)?
    };
    let name = name(manner, run.spec(), Some(&keeper))?;
    hosting::host(
        Beginning { run, goal, name, keeper: Some(keeper), table: None, ends_with_input: false },
        manner,
        None,
        out,
    )
}

/// Parameters with others set over them.
fn settled(entry: &CatalogEntry, parameters: &Parameters, set: &[String]) -> Result<Parameters, Error> {
    if set.is_empty() {
        return Ok(parameters.clone());
    }
    let set = settings::read(entry, set)?;
    let settled = entry.settle(parameters, &set);
    Ok(settled.map_err(|error| SettingError::Parameter { id: entry.id.clone(), error })?)
}
