//! Hosting: the training loop of one run, from its options to its summary.

pub mod manner;
pub(crate) mod session;

use crate::agent_options::AgentSettings;
use crate::environment_options::EnvironmentSettings;
use crate::episode_table::EpisodeTable;
use crate::onnx_file_error::OnnxFileError;
use crate::placing::{self, Placed};
use crate::progress::Goal;
use crate::records::config::Parent;
use crate::records::directory::{self, RunDirectory};
use crate::records::files::{self, FileBefore};
use crate::records::keeper::{KeepingPlan, RunKeeper};
use crate::settings::{self, SettingError};
use crate::{Error, kept_inputs, onnx_file, other_values, rollout};
use clap::Args;
use manner::HostingManner;
use run::Run;
use session::{HostedSession, SessionBeginning};
use shared::curve::Curve;
use shared::event::EndReason;
use shared::quantity::Seed;
use shared::spec::RunSpec;
use shared::terminal::say;
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
  terrarium run --load taxi.terrarium --set alpha=0.05 --steps 2000000
  terrarium run cart-pole --policy policy.onnx --episodes 100

With --runs DIR everything is kept in DIR/ENV/RUN: settings, weights, metrics, recorded episodes. `terrarium resume` goes on with
such a run after whatever ended it, `terrarium runs` lists them, `terrarium watch` plays what they learned.

The run's name at the relay is ENV-AGENT, or ENV-RUN where it is kept, unless --run gives it another one. Ctrl-C ends the run and
keeps what it learned with --save or --runs. A second one ends waiting for a relay that is out of reach, a third the process.";

/// What to run, how far, and who may watch.
#[derive(Clone, Debug, Args)]
#[command(
    override_usage = "terrarium run ENV [OPTIONS]\n       terrarium run --load FILE [OPTIONS]\n       terrarium run [ENV] --policy FILE [OPTIONS]"
)]
pub struct RunOptions {
    /// Environment, one of those that `terrarium envs` lists
    #[arg(value_name = "ENV", required_unless_present_any = ["load", "policy"])]
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
    #[arg(long, default_value = "42", value_parser = rollout::seed, allow_negative_numbers = true)]
    seed: Seed,
    #[command(flatten)]
    manner: HostingManner,
    /// Keeps the run in DIR/ENV/RUN
    #[arg(long, value_name = "DIR", env = "TERRARIUM_RUNS")]
    runs: Option<PathBuf>,
    /// Saves the run when it ends
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Writes every episode into a file, as a row of a CSV table, in place of one of an earlier run; after a reset they count from 0
    /// again. - stands for the standard output, and the summary goes to the standard error then
    #[arg(long, value_name = "FILE")]
    episodes_csv: Option<PathBuf>,
    /// Goes on with a saved run; --set gives its agent other values
    #[arg(long, value_name = "FILE", conflicts_with_all = ["environment", "agent", "agent_preset", "change", "options", "preset", "seed"])]
    load: Option<PathBuf>,
    /// Plays a policy from an ONNX file instead of an agent; without ENV in the environment that the file names
    #[arg(long, value_name = "FILE", conflicts_with_all = ["agent", "agent_preset", "change", "load"])]
    policy: Option<PathBuf>,
}

/// Runs, and prints the summary.
pub fn run(options: &RunOptions, out: &mut impl Write) -> Result<(), Error> {
    let manner = &options.manner;
    manner.device.check()?;
    options.check_inputs()?;
    let (run, past, placed) = options.build()?;
    let goal = manner.goal(&run)?.unwrap_or(Goal::Endless);
    if let Some(file) = &options.save {
        files::check(file)?;
        options.check_saved_before(file)?;
        if options.episodes_csv.as_deref().is_some_and(|table| kept_inputs::is_same(file, table)) {
            return Err(Error::SameFile { path: file.clone(), first: "--save", second: "--episodes-csv" });
        }
    }
    options.check_changes(goal)?;
    let table = options.episodes_csv.as_deref().map(EpisodeTable::new).transpose()?;
    session::check(manner, &run)?;
    let keeper = match &options.runs {
        Some(root) => {
            let parent = options.load.as_deref().map(|file| parent(file, &run));
            Some(RunKeeper::create(plan(root, manner, goal), &run, parent)?)
        }
        None => None,
    };
    let name = name(manner, run.spec(), keeper.as_ref())?;
    host(
        SessionBeginning { run, past, placed, goal, name, keeper, table, ends_with_input: false },
        manner,
        options.save.as_deref(),
        out,
    )
}

/// Hosts a run to its end, and prints the summary.
pub(crate) fn host(
    beginning: SessionBeginning,
    manner: &HostingManner,
    save: Option<&Path>,
    out: &mut impl Write,
) -> Result<(), Error> {
    let takes_output = beginning.table.as_ref().is_some_and(EpisodeTable::takes_output);
    let save = save.map(|file| (file, FileBefore::of(file)));
    let (summary, mut faults, reason) = placing::guarded(beginning.placed.device, || {
        let mut session = HostedSession::begin(beginning, manner)?;
        let reason = session.drive()?;
        let (summary, faults) = session.end(reason, save.as_ref().map(|(file, before)| (*file, before)))?;
        Ok((summary, faults, reason))
    })?;
    let words = if manner.json { codec::to_text(&summary)? } else { summary.words() };
    if takes_output {
        say(words);
    } else {
        writeln!(out, "{words}")?;
        out.flush()?;
    }
    if reason == EndReason::Failed {
        faults.push(Error::Failed);
    }
    let Some(last) = faults.pop() else { return Ok(()) };
    for fault in faults {
        say(format_args!("terrarium-trainer: {fault}"));
    }
    Err(last)
}

/// Where a kept run ends: where somebody says, or else where it was to end when it began.
pub(crate) fn goal(manner: &HostingManner, run: &Run, planned: Goal) -> Result<Goal, Error> {
    match (manner.goal(run)?, planned) {
        (None, Goal::Steps(steps)) if run.step() >= steps => Err(Error::Done { what: "steps", done: run.step() }),
        (None, Goal::Episodes(episodes)) if run.episode() >= episodes => {
            Err(Error::Done { what: "episodes", done: run.episode() })
        }
        (Some(goal), _) | (None, goal) => Ok(goal),
    }
}

/// What a run goes on from that was loaded from a file, as it stands: where the file is among the weights of a kept run, that run.
fn parent(file: &Path, run: &Run) -> Parent {
    let directory = files::folder(files::folder(file));
    let of_run = RunDirectory::find(directory, directory).and_then(|it| it.config_in_short()).ok();
    let weights = of_run.as_ref().and_then(|_| file.file_stem()).map(|it| it.to_string_lossy().into_owned());
    Parent {
        file: of_run.is_none().then(|| file.display().to_string()),
        run: of_run.map(|config| config.place()),
        weights,
        step: run.step(),
        episode: run.episode(),
        run_hash: run.hash(),
    }
}

/// How a run is kept below a folder.
pub(crate) fn plan(root: &Path, manner: &HostingManner, goal: Goal) -> KeepingPlan {
    KeepingPlan {
        root: root.to_owned(),
        name: manner.run.clone(),
        published_as: manner.run.clone(),
        goal,
        every_steps: manner.keep_every,
        every: manner.save_every,
    }
}

/// The name of a run at the relay.
pub(crate) fn name(manner: &HostingManner, spec: &RunSpec, keeper: Option<&RunKeeper>) -> Result<RunId, Error> {
    match (&manner.run, keeper) {
        (Some(run), _) => Ok(run.clone()),
        (None, Some(keeper)) => Ok(keeper.config().published_as.clone()),
        (None, None) => Ok(RunId::new(format!("{}-{}", spec.environment.id, spec.agent.id))?),
    }
}

impl RunOptions {
    /// An error where a file that is read would be written over. A saved run that goes on may be saved into its own file.
    fn check_inputs(&self) -> Result<(), Error> {
        let save = self.save.iter().map(|it| ("--save", it.clone()));
        let table = self.episodes_csv.iter().map(|it| ("--episodes-csv", it.clone()));
        let load = self.load.iter().map(|it| ("--load", it.clone()));
        let policy = self.policy.iter().map(|it| ("--policy", it.clone()));
        let authorities = self.manner.to.relay_ca.iter().map(|it| ("--relay-ca", it.clone()));
        let read = policy
            .chain(authorities)
            .chain(kept_inputs::named_by("--env", &self.environment_settings.options))
            .chain(kept_inputs::named_by("--set", &self.agent_settings.set));
        kept_inputs::check(read, save.chain(table.clone()))?;
        kept_inputs::check(load, table)
    }

    /// An error where a change comes at the end of the run or later, so that it has no effect.
    fn check_changes(&self, goal: Goal) -> Result<(), Error> {
        let Goal::Steps(last) = goal else { return Ok(()) };
        let step = |change: &String| change.split_once(':').and_then(|(step, _)| settings::step_of(step));
        match self.change.iter().find(|it| step(it).is_some_and(|step| step >= last)) {
            Some(change) => Err(Error::LateChange { change: change.clone(), steps: last }),
            None => Ok(()),
        }
    }

    /// Tells that a saved run will be written over, unless it is the one that goes on; what is something else is not.
    fn check_saved_before(&self, file: &Path) -> Result<(), Error> {
        let is_empty = std::fs::metadata(file).map_or(true, |it| it.len() == 0);
        if is_empty || self.load.as_deref().is_some_and(|loaded| kept_inputs::is_same(file, loaded)) {
            return Ok(());
        }
        if !directory::is_agent(file) {
            return Err(Error::NotSaved { path: file.to_owned() });
        }
        say(format_args!(
            "{} is there already: the run that it holds is written over when this one ends",
            file.display()
        ));
        Ok(())
    }

    /// The run, and the episodes that it made before.
    fn build(&self) -> Result<(Run, Curve, Placed), Error> {
        if let Some(file) = &self.load {
            if file.is_dir() {
                let is_run = RunDirectory::find(file, file).is_ok();
                return Err(Error::LoadedFolder { path: file.clone(), is_run });
            }
            if onnx_file::is_one(file) && !directory::is_agent(file) {
                return Err(OnnxFileError::Policy { path: file.clone() }.into());
            }
            let mut checkpoint = directory::read_agent(file)?;
            let agent = placing::on_the_cpu().find(&checkpoint.spec.agent.id)?;
            other_values::change_agent(&mut checkpoint, &agent, &settings::read(&agent, &self.agent_settings.set)?)?;
            let placed = placing::place(self.manner.device, &checkpoint.spec)?;
            let run = placed.build(|registry| Run::load(registry, &checkpoint))?;
            return Ok((run, session::past(&checkpoint), placed));
        }
        if let Some(file) = &self.policy {
            let environment = self.environment.as_deref().map(|it| self.environment_settings.spec(it)).transpose()?;
            if environment.is_none() && !self.environment_settings.is_empty() {
                return Err(Error::NoEffect { option: "--env or --preset", needs: "the name of an environment" });
            }
            let checkpoint = onnx_file::checkpoint(file, environment, &self.agent_settings.set, self.seed)?;
            let placed = placing::place(self.manner.device, &checkpoint.spec)?;
            let run = onnx_file::load(Arc::clone(&placed.registry), file, &checkpoint)?;
            return Ok((run, Curve::default(), placed));
        }
        let environment = self.environment_settings.spec(self.environment.as_deref().unwrap_or_default())?;
        let agent = self.agent_settings.spec(&environment.id, &self.agent)?;
        let entry = agents::registry::find(&agent.id)?;
        let mut spec = RunSpec { environment, agent, seed: self.seed, changes: Vec::new() };
        for change in &self.change {
            let (step, parameters) = settings::read_change(&entry, change)?;
            let refuse = |error| SettingError::Parameter { id: entry.id.clone(), error };
            entry.settle(&spec.agent.parameters, &parameters).map_err(refuse)?;
            let twice = spec
                .changes
                .iter()
                .any(|it| it.step == step && parameters.keys().any(|name| it.parameters.contains_key(name)));
            if twice {
                return Err(Error::ChangedTwice { change: change.clone(), step });
            }
            spec.change(step, parameters);
        }
        let placed = placing::place(self.manner.device, &spec)?;
        let run = placed.build(|registry| Run::of(registry, spec))?;
        Ok((run, Curve::default(), placed))
    }
}
