//! `terrarium resume`: goes on with a run that is kept in a directory.

use crate::Error;
use crate::episode_table::EpisodeTable;
use crate::hosting::manner::HostingManner;
use crate::hosting::session::{self, SessionBeginning};
use crate::hosting::{self, name};
use crate::other_values;
use crate::placing::{self, Placed};
use crate::progress::Goal;
use crate::records::config::Parent;
use crate::records::directory::{FINAL, LATEST, RunDirectory};
use crate::records::files;
use crate::records::keeper::RunKeeper;
use crate::{kept_inputs, settings};
use clap::Args;
use run::Run;
use shared::action::Actions;
use shared::checkpoint::Checkpoint;
use shared::curve::Curve;
use shared::spec::RunSpec;
use shared::terminal::say;
use std::io::Write;
use std::path::{Path, PathBuf};

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
pub struct ResumeOptions {
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
    /// Writes every episode from here on into a file, as a row of a CSV table: behind those of a table that ends with the episode before.
    /// - stands for the standard output, and the summary goes to the standard error then
    #[arg(long, value_name = "FILE")]
    episodes_csv: Option<PathBuf>,
    #[command(flatten)]
    manner: HostingManner,
}

/// Goes on, and prints the summary.
pub fn resume(options: &ResumeOptions, out: &mut impl Write) -> Result<(), Error> {
    let manner = &options.manner;
    manner.device.check()?;
    let directory = RunDirectory::find(&options.runs, &options.directory)?;
    let table = options.episodes_csv.as_deref();
    let authorities = manner.to.relay_ca.iter().map(|it| ("--relay-ca", it.clone()));
    let read = [("resume", directory.path().to_owned())].into_iter().chain(authorities);
    let read = read.chain(kept_inputs::named_by("--env", &options.environment));
    let read = read.chain(kept_inputs::named_by("--set", &options.set));
    kept_inputs::check(read, table.map(|it| ("--episodes-csv", it.to_owned())))?;
    let (run, past, placed, goal, keeper, table) = going_on(directory, &options.from, manner, table, |checkpoint| {
        let of = &mut checkpoint.spec.environment;
        let environment = environments::registry::find(&of.id)?;
        of.parameters = settings::settled(&environment, &of.parameters, &options.environment)?;
        let agent = agents::registry::find(&checkpoint.spec.agent.id)?;
        other_values::change_agent(checkpoint, &agent, &settings::read(&agent, &options.set)?)
    })?;
    let name = name(manner, run.spec(), Some(&keeper))?;
    hosting::host(
        SessionBeginning { run, past, placed, goal, name, keeper: Some(keeper), table, ends_with_input: false },
        manner,
        None,
        out,
    )
}

/// A run that goes on, its curve so far, where it computes, what it goes on to, who keeps it, and the table of its episodes.
pub(crate) type ContinuedRun = (Run, Curve, Placed, Goal, RunKeeper, Option<EpisodeTable>);

/// A kept run that goes on from weights of this name: the same run, or its child under what `change` makes of it, which tells
/// whether its agent is another one then, or from other weights than the latest. `episodes_csv` is where its episodes are to be written.
pub(crate) fn going_on(
    directory: RunDirectory,
    from: &str,
    manner: &HostingManner,
    episodes_csv: Option<&Path>,
    change: impl FnOnce(&mut Checkpoint) -> Result<bool, Error>,
) -> Result<ContinuedRun, Error> {
    let lock = directory.lock();
    let config = directory.config()?;
    // Killed before its first save, it has made no step that it would not make again.
    let is_unsaved = from == LATEST && config.parent.is_none() && directory.weights()?.is_empty();
    let mut checkpoint = if is_unsaved {
        placing::place(manner.device, &config.spec)?
            .build(|registry| Run::of(registry, config.spec.clone()))?
            .checkpoint()?
    } else {
        directory.read_weights(from)?
    };
    config.check_against(&directory.config_path(), &checkpoint.spec)?;
    if is_unsaved {
        say(format_args!("no weights have been saved in {}: it begins at step 0", directory.path().display()));
    }
    if from == LATEST {
        take_changes(&mut checkpoint, &config.spec);
    }
    let before = checkpoint.spec.clone();
    let is_other_agent = change(&mut checkpoint)?;
    if checkpoint.spec.environment != before.environment {
        leave_episodes(&mut checkpoint);
    }
    let is_child = is_other_agent || checkpoint.spec != before || from != LATEST;
    if manner.run.is_some() && manner.relay.is_none() && !is_child {
        return Err(Error::NoEffect {
            option: "--run",
            needs: "a --relay, where it is the run's name, or what makes a run of its own: --set, --env or --from",
        });
    }
    let placed = placing::place(manner.device, &checkpoint.spec)?;
    let mut run = placed.build(|registry| Run::load(registry, &checkpoint))?;
    session::check(manner, &run)?;
    // Whoever ended of itself has left its end, and wrote nothing beyond it.
    let was_killed = !is_child && !directory.weights_path(FINAL).exists();
    let table = episodes_csv.map(|it| EpisodeTable::going_on(it, run.episode(), was_killed)).transpose()?;
    let past = session::past(&checkpoint);
    let goal = hosting::goal(manner, &run, config.goal)?;
    let root = files::folder(files::folder(directory.path())).to_owned();
    let mut plan = hosting::plan(&root, manner, goal);
    plan.every_steps = plan.every_steps.or(config.keep_every);
    let keeper = if is_child {
        let (step, episode, run_hash) = (run.step(), run.episode(), run.hash());
        let (place, weights) = (Some(config.place()), Some(from.to_owned()));
        let parent = Parent { run: place, weights, file: None, step, episode, run_hash };
        drop(lock);
        RunKeeper::create(plan, &run, Some(parent))?
    } else {
        RunKeeper::resume(plan, directory, lock?, &mut run)?
    };
    Ok((run, past, placed, goal, keeper, table))
}

/// What was changed by command after the last save is made again, at the same step.
fn take_changes(checkpoint: &mut Checkpoint, noted: &RunSpec) {
    let known = checkpoint.spec.changes.clone();
    for change in noted.changes.iter().filter(|it| it.step >= checkpoint.step && !known.contains(it)) {
        let set: Vec<_> = change.parameters.iter().map(|(name, value)| format!("{name}={}", value.short())).collect();
        say(format_args!(
            "after the last save somebody had set {} at step {}: so it is done again",
            set.join(" "),
            change.step
        ));
        checkpoint.spec.change(change.step, change.parameters.clone());
        if change.step == checkpoint.step {
            checkpoint.agent.take_anew(&change.parameters);
        }
    }
}

/// Episodes of another environment do not replay in this one: those that were recorded stay with the parent, and those under
/// way begin anew.
fn leave_episodes(checkpoint: &mut Checkpoint) {
    checkpoint.recorded_episodes.clear();
    for copy in std::iter::once(&mut checkpoint.copy).chain(&mut checkpoint.further_copies) {
        (copy.actions, copy.by_hand) = (Actions::default(), false);
    }
}
