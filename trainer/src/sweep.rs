//! Sweeps: every run of an experiment on all cores, and what they come to.
//!
//! ```text
//! spec.toml -> ExperimentPlan -> cells -> threads -> journal (a line a run, kept through a kill)
//!                                             -> results.csv, results.parquet, summary.csv
//! ```

mod journal;
mod named;
mod progress;
mod report;
mod tables;

pub use report::Score;

use crate::Error;
use crate::sweep::journal::SweepJournal;
use crate::sweep::named::NamedTexts;
use crate::sweep::progress::SweepProgress;
use crate::sweep::report::Report;
use crate::sweep_error::SweepError;
use crate::{kept_inputs, text_file};
use clap::Args;
use run::experiment::{Experiment, ExperimentCell, ExperimentPlan, RunOutcome};
use shared::terminal::say;
use std::fs;
use std::io::Write;
use std::num::NonZero;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Examples of the help text.
pub const EXAMPLES: &str = "\
Examples:
  terrarium sweep trainer/examples/step-sizes.toml
  terrarium sweep spec.toml --out results --jobs 4 --json

A spec:
  seeds = 30
  budget = { episodes = 500 }        # or { steps = 100000 }

  [[environments]]
  id = \"gridworld\"
  set.slip = [0.0, 0.1]              # every combination is tried

  [[agents]]
  id = \"q-learning\"
  set.alpha = [0.1, 0.5]

A text may be in a file: set.table = \"@lake.csv\" names one from the folder of the spec on.

What a spec does not name has the agent's own default, the same in every environment; `run` takes what is recommended for
the pair. Ctrl-C or a kill loses only the runs on their way: the same command goes on with what is missing. Where runs failed,
the others' results are written all the same, and the exit status is 1.";

/// What is written beside the journal.
const TABLE: &str = "results.csv";
const PARQUET: &str = "results.parquet";
const SUMMARY: &str = "summary.csv";

/// What to sweep over.
#[derive(Clone, Debug, Args)]
pub struct SweepOptions {
    /// The experiment
    #[arg(value_name = "SPEC.toml")]
    spec: PathBuf,
    /// Folder of the results; the spec's name with -results by default
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Runs at a time; as many as there are cores by default
    #[arg(long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
    /// What the aggregates are of
    #[arg(long, value_enum, default_value_t = Score::Final)]
    score: Score,
    /// Prints the aggregates as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs what is missing, writes the tables and prints the aggregates.
pub fn sweep(options: &SweepOptions, out: &mut impl Write) -> Result<(), Error> {
    let (experiment, texts, plan) = read(&options.spec)?;
    for refusal in &plan.refused {
        say(refusal);
    }
    for duplicate in &plan.merged {
        say(duplicate);
    }
    let folder = options.out.clone().unwrap_or_else(|| {
        PathBuf::from(format!("{}-results", options.spec.file_stem().unwrap_or_default().display()))
    });
    let file = |source| Error::File { path: folder.clone(), source };
    if folder.is_file() {
        return Err(SweepError::NoFolder { path: folder }.into());
    }
    fs::create_dir_all(&folder).map_err(file)?;
    let results = [TABLE, PARQUET, SUMMARY].map(|name| folder.join(name));
    kept_inputs::check([("sweep", options.spec.clone())], results.clone().map(|it| ("--out", it)))?;
    if let Some(path) = results.into_iter().find(|it| it.exists()).filter(|_| !SweepJournal::is_in(&folder)) {
        return Err(SweepError::Foreign { path }.into());
    }
    let (mut journal, mut outcomes) = SweepJournal::open(&folder, &experiment, plan.cells.len())?;
    let jobs = options.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get);
    for words in &journal.unread {
        say(words);
    }
    run_missing(&plan.cells, &texts, &mut outcomes, &mut journal, jobs)?;
    let outcomes: Vec<RunOutcome> = outcomes.into_iter().flatten().collect();
    let table = folder.join(TABLE);
    tables::write_csv(&table, &plan.cells, &outcomes)?;
    tables::write_parquet(&folder.join(PARQUET), &plan.cells, &outcomes)?;
    let report = Report::new(&plan, &outcomes, options.score);
    tables::write_records(&folder.join(SUMMARY), report.rows().into_iter())?;
    if options.json {
        writeln!(out, "{}", shared::codec::to_text(&report)?)?;
    } else {
        writeln!(out, "{report}")?;
        let folder = folder.display();
        writeln!(out, "In {folder}: every run in results.csv and results.parquet, this table in summary.csv")?;
    }
    out.flush()?;
    match report.failed() {
        0 => Ok(()),
        failed => {
            let (all, reasons) = (outcomes.len(), report.reasons());
            Err(SweepError::Failed { failed, all, reasons, table }.into())
        }
    }
}

fn read(path: &Path) -> Result<(Experiment, NamedTexts, ExperimentPlan), Error> {
    let text = text_file::read(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
    let mut experiment: Experiment = toml::from_str(&text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        let line = text.get(..span.start).unwrap_or_default().matches('\n').count() + 1;
        let mut message = error.message().replace('\n', " ");
        if matches!(text.get(span), Some("preset" | "agent_preset")) {
            message.push_str(
                ". A spec names values alone: `terrarium describe ID` lists those of a preset, and each is a line set.NAME = VALUE here",
            );
        }
        SweepError::Spec { path: path.to_owned(), line, message }
    })?;
    let texts = NamedTexts::read(path, &mut experiment)?;
    let fault = |error| SweepError::Experiment { path: path.to_owned(), error: Box::new(error) };
    let plan = experiment.plan_as(&|spec| texts.name(spec)).map_err(fault)?;
    Ok((experiment, texts, plan))
}

/// Makes a run. One that cannot be made, or breaks, is a failed one: the others go on.
fn make(cell: &ExperimentCell) -> RunOutcome {
    match panic::catch_unwind(|| cell.run()) {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => RunOutcome::of_none(error.to_string()),
        Err(said) => {
            let words = said.downcast_ref::<String>().map(String::as_str).or(said.downcast_ref::<&str>().copied());
            RunOutcome::of_none(format!("it broke: {}", words.unwrap_or("it said nothing")))
        }
    }
}

/// Runs every cell without an outcome. Each finished one is in the journal before it counts.
fn run_missing(
    cells: &[ExperimentCell],
    texts: &NamedTexts,
    outcomes: &mut [Option<RunOutcome>],
    journal: &mut SweepJournal,
    jobs: usize,
) -> Result<(), Error> {
    let missing: Vec<usize> = (0..cells.len()).filter(|cell| outcomes[*cell].is_none()).collect();
    let mut progress = SweepProgress::new(cells.len(), cells.len() - missing.len());
    let next = AtomicUsize::new(0);
    let (sender, finished) = mpsc::channel::<(usize, RunOutcome)>();
    thread::scope(|scope| {
        for _ in 0..jobs.min(missing.len()) {
            let (sender, next, missing) = (sender.clone(), &next, &missing);
            scope.spawn(move || {
                while let Some(cell) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if sender.send((*cell, make(&texts.whole(&cells[*cell])))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        // Returning drops the receiver, and with it every thread ends after the run that it is at.
        for (cell, outcome) in finished {
            journal.append(cell, &outcome)?;
            progress.count(outcome.steps);
            outcomes[cell] = Some(outcome);
        }
        Ok(())
    })
}
