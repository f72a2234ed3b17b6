//! `terrarium runs`: what is kept in run directories.

use crate::figure::fixed;
use crate::records::archive;
use crate::records::config::RunConfig;
use crate::records::directory::{LATEST, RunDirectory};
use crate::records::keeper::RunStanding;
use crate::{Error, kept_inputs};
use clap::{Args, Subcommand};
use serde::Serialize;
use shared::RunId;
use shared::codec;
use shared::parameter::Value;
use shared::terminal::say;
use std::io::Write;
use std::path::PathBuf;

/// Examples of the help text.
pub const EXAMPLES: &str = "\
Examples:
  terrarium runs
  terrarium runs list --env cart-pole --agent ppo --json
  terrarium runs show cart-pole/ppo-seed42
  terrarium runs export cart-pole/ppo-seed42 run.zip
  terrarium runs import run.zip --as copied
  terrarium runs delete cart-pole/copied";

/// What to do with them.
#[derive(Clone, Debug, Args)]
pub struct RunsOptions {
    /// Folder of the runs
    #[arg(long, value_name = "DIR", env = "TERRARIUM_RUNS", default_value = "runs", global = true)]
    runs: PathBuf,
    /// JSON: a list of objects, or one
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Option<RunsCommand>,
}

#[derive(Clone, Debug, Subcommand)]
enum RunsCommand {
    /// Lists runs; so does no action at all
    List(Filter),
    /// Tells everything about a run
    Show {
        /// ENV/RUN, or the path of its directory
        #[arg(value_name = "RUN")]
        run: PathBuf,
    },
    /// Deletes runs for good
    Delete {
        /// ENV/RUN, or the path of a directory
        #[arg(value_name = "RUN", required = true)]
        which: Vec<PathBuf>,
    },
    /// Writes a run into one zip file
    Export {
        /// ENV/RUN, or the path of its directory
        #[arg(value_name = "RUN")]
        run: PathBuf,
        /// The file; one that is there already is not written over
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Takes a run in from a zip file
    Import {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Another name for it
        #[arg(long = "as", value_name = "NAME", value_parser = |text: &str| RunId::new(text))]
        name: Option<RunId>,
    },
}

#[derive(Clone, Debug, Default, Args)]
struct Filter {
    /// Only in this environment
    #[arg(long = "env", value_name = "ENV")]
    environment: Option<String>,
    /// Only of this agent
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Only those that stand so
    #[arg(long, value_name = "STATE", value_parser = ["running", "completed", "stopped", "failed", "interrupted"])]
    state: Option<String>,
}

/// A run, as it is listed.
#[derive(Debug, Serialize)]
struct ListedRun {
    run: String,
    path: PathBuf,
    /// `running`, why it ended, or `interrupted` where its process was killed.
    state: String,
    config: RunConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<RunStanding>,
    weights: Vec<String>,
    replays: Vec<String>,
    /// What is wrong with the latest weights, or with `config.json` where it was changed by hand, of a run that was looked at alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<String>,
}

impl ListedRun {
    fn of(run: &RunDirectory) -> Result<Self, Error> {
        let (config, summary) = (run.config_in_short()?, RunStanding::read(run)?);
        let state = match summary.as_ref().and_then(|it| it.ended) {
            _ if run.is_busy() => "running".to_owned(),
            Some(ended) => {
                serde_json::to_value(ended).ok().and_then(|it| it.as_str().map(ToOwned::to_owned)).unwrap_or_default()
            }
            None => "interrupted".to_owned(),
        };
        let (weights, replays) = (run.weights()?, run.replays()?);
        // As it is found again, whatever letters its name has.
        let directory = run.path().file_name().map(|it| it.to_string_lossy()).unwrap_or_default();
        Ok(Self {
            run: format!("{}/{directory}", config.spec.environment.id),
            path: run.path().to_owned(),
            state,
            config,
            summary,
            weights,
            replays,
            changed: None,
        })
    }

    /// The same, and whether its `config.json` says what its weights do, for which those are read.
    fn checked(run: &RunDirectory) -> Result<Self, Error> {
        let listed = Self::of(run)?;
        if !listed.weights.iter().any(|it| it == LATEST) {
            return Ok(listed);
        }
        let config = run.config()?;
        let checked = run.read_weights(LATEST).and_then(|it| config.check_against(&run.config_path(), &it.spec));
        Ok(Self { changed: checked.err().map(|it| it.to_string()), ..listed })
    }

    fn fits(&self, filter: &Filter) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|it| it == value);
        is(&filter.environment, &self.config.spec.environment.id)
            && is(&filter.agent, &self.config.spec.agent.id)
            && is(&filter.state, &self.state)
    }

    fn line(&self) -> String {
        let figures = self.summary.as_ref().map_or_else(String::new, |it| {
            let best =
                it.best.map_or_else(String::new, |best| format!(", best mean return {}", fixed(best.mean_return, 3)));
            format!(", {} episodes, {} steps{best}", it.episode, it.step)
        });
        format!("{}: {}{figures}", self.run, self.state)
    }

    fn words(&self) -> String {
        let mut lines = vec![self.line(), format!("directory: {}", self.path.display())];
        if let Some(parent) = &self.config.parent {
            lines.push(format!("goes on from {}", parent.words()));
        }
        let spec = &self.config.spec;
        for (id, parameters) in
            [(&spec.environment.id, &spec.environment.parameters), (&spec.agent.id, &spec.agent.parameters)]
        {
            let set: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={}", told(value))).collect();
            lines.push(format!("{id}: {}", if set.is_empty() { "as by default".into() } else { set.join(" ") }));
        }
        lines.extend(spec.changes.iter().map(|change| {
            let set: Vec<_> = change.parameters.iter().map(|(name, value)| format!("{name}={}", told(value))).collect();
            format!("from step {} on: {}", change.step, set.join(" "))
        }));
        lines.push(format!("seed {}, {}", spec.seed.get(), self.config.program));
        if let Some(summary) = &self.summary {
            let episodes = &summary.episodes;
            lines.push(format!("run hash {}, {:.1} s", summary.run_hash, summary.seconds));
            if summary.first_episode > 0 {
                lines.push(format!("of the {} episodes since then:", episodes.episodes));
            }
            if let Some(returns) = &episodes.returns {
                lines.push(format!(
                    "returns: mean {}, best {}, worst {}",
                    fixed(returns.mean, 3),
                    fixed(returns.best, 3),
                    fixed(returns.worst, 3)
                ));
            }
            for (name, share) in &episodes.outcomes {
                lines.push(format!("ended with {name}: {} episodes, {:.1} %", share.episodes, 100.0 * share.share));
            }
            for (name, counted) in &episodes.counters {
                lines.push(format!(
                    "{name}: {} in all, {:.3} an episode, {} at most",
                    counted.total, counted.mean, counted.most
                ));
            }
        }
        lines.push(format!("weights: {}", self.weights.join(", ")));
        lines.push(format!("recorded episodes: {}", some_of(&self.replays)));
        lines.extend(self.changed.clone());
        lines.join("\n")
    }
}

/// Names in a line, which is not longer than one reads.
fn some_of(names: &[String]) -> String {
    const MOST: usize = 12;
    let shown = names[..names.len().min(MOST)].join(", ");
    if names.len() > MOST { format!("{shown} and {} more, which --json lists", names.len() - MOST) } else { shown }
}

/// A value in a line; the name of a file is whole, so that it can be copied.
fn told(value: &Value) -> String {
    let whole = value.to_string();
    if whole.starts_with('@') && !whole.contains('\n') { whole } else { value.short() }
}

/// Does it.
pub fn runs(options: &RunsOptions, out: &mut impl Write) -> Result<(), Error> {
    let root = &options.runs;
    let find = |run: &PathBuf| RunDirectory::find(root, run);
    match &options.action {
        None => list(options, &Filter::default(), out),
        Some(RunsCommand::List(filter)) => list(options, filter, out),
        Some(RunsCommand::Show { run }) => tell(options, &ListedRun::checked(&find(run)?)?, out),
        Some(RunsCommand::Delete { which }) => {
            let found = which.iter().map(find).collect::<Result<Vec<_>, _>>()?;
            for run in found {
                run.delete()?;
                writeln!(out, "deleted {}", run.path().display())?;
            }
            Ok(())
        }
        Some(RunsCommand::Export { run, file }) => {
            let run = find(run)?;
            kept_inputs::check([("export", run.path().to_owned())], [("the archive", file.clone())])?;
            kept_inputs::check_absent(file)?;
            archive::export(&run, file)?;
            Ok(writeln!(out, "{}", file.display())?)
        }
        Some(RunsCommand::Import { file, name }) => {
            let run = archive::import(file, root, name.as_ref())?;
            tell(options, &ListedRun::of(&run)?, out)
        }
    }
}

fn tell(options: &RunsOptions, listed: &ListedRun, out: &mut impl Write) -> Result<(), Error> {
    let words = if options.json { codec::to_text(listed)? } else { listed.words() };
    Ok(writeln!(out, "{words}")?)
}

/// A run that cannot be read is named, and the others are listed.
fn list(options: &RunsOptions, filter: &Filter, out: &mut impl Write) -> Result<(), Error> {
    let mut listed = Vec::new();
    for run in RunDirectory::all(&options.runs)? {
        match ListedRun::of(&run) {
            Ok(run) if run.fits(filter) => listed.push(run),
            Ok(_) => {}
            Err(error) => say(format_args!("terrarium-trainer: {error}")),
        }
    }
    if options.json {
        return Ok(writeln!(out, "{}", codec::to_text(&listed)?)?);
    }
    if listed.is_empty() {
        let place = options.runs.display();
        writeln!(out, "no such run in {place}; `terrarium run ENV --runs {place}` keeps one there")?;
    }
    Ok(listed.iter().try_for_each(|run| writeln!(out, "{}", run.line()))?)
}
