//! Sweeps: every run of an experiment on all cores, and what they come to.
//!
//! ```text
//! spec.toml -> Plan -> cells -> threads -> journal (a line a run, kept through a kill)
//!                                             -> results.csv, results.parquet, summary.csv
//! ```

mod gauge;
mod journal;
mod report;
mod tables;

pub use report::Score;

use crate::Error;
use crate::sweep::gauge::Gauge;
use crate::sweep::journal::Journal;
use crate::sweep::report::Report;
use crate::sweep_error::SweepError;
use crate::text_file;
use clap::Args;
use run::RunError;
use run::experiment::{Cell, Experiment, Outcome, Plan};
use std::fs;
use std::io::Write;
use std::num::NonZero;
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

What a spec does not name has the agent's own default, the same in every environment; `run` takes what is recommended for
the pair. Ctrl-C or a kill loses only the runs on their way: the same command goes on with what is missing.";

/// What to sweep over.
#[derive(Clone, Debug, Args)]
pub struct Options {
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
pub fn sweep(options: &Options, out: &mut impl Write) -> Result<(), Error> {
    let (experiment, plan) = read(&options.spec)?;
    for refusal in &plan.refused {
        eprintln!("{refusal}");
    }
    for duplicate in &plan.merged {
        eprintln!("{duplicate}");
    }
    let folder = options.out.clone().unwrap_or_else(|| {
        PathBuf::from(format!("{}-results", options.spec.file_stem().unwrap_or_default().display()))
    });
    let file = |source| Error::File { path: folder.clone(), source };
    fs::create_dir_all(&folder).map_err(file)?;
    let (mut journal, mut outcomes) = Journal::open(&folder, &experiment, plan.cells.len())?;
    let jobs = options.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get);
    run_missing(&plan.cells, &mut outcomes, &mut journal, jobs)?;
    let outcomes: Vec<Outcome> = outcomes.into_iter().flatten().collect();
    tables::write_csv(&folder.join("results.csv"), &plan.cells, &outcomes)?;
    tables::write_parquet(&folder.join("results.parquet"), &plan.cells, &outcomes)?;
    let report = Report::new(&plan, &outcomes, options.score);
    tables::write_records(&folder.join("summary.csv"), report.rows().into_iter())?;
    if options.json {
        writeln!(out, "{}", shared::codec::to_text(&report)?)?;
    } else {
        writeln!(out, "{report}")?;
        let folder = folder.display();
        writeln!(out, "In {folder}: every run in results.csv and results.parquet, this table in summary.csv")?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<(Experiment, Plan), Error> {
    let text = text_file::read(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
    let experiment: Experiment = toml::from_str(&text).map_err(|error| {
        let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        SweepError::Spec { path: path.to_owned(), line, message: error.message().replace('\n', " ") }
    })?;
    let fault = |error| SweepError::Experiment { path: path.to_owned(), error: Box::new(error) };
    let plan = experiment.plan().map_err(fault)?;
    Ok((experiment, plan))
}

/// Runs every cell without an outcome. Each finished one is in the journal before it counts.
fn run_missing(
    cells: &[Cell],
    outcomes: &mut [Option<Outcome>],
    journal: &mut Journal,
    jobs: usize,
) -> Result<(), Error> {
    let missing: Vec<usize> = (0..cells.len()).filter(|cell| outcomes[*cell].is_none()).collect();
    let mut gauge = Gauge::new(cells.len(), cells.len() - missing.len());
    let next = AtomicUsize::new(0);
    let (sender, finished) = mpsc::channel::<(usize, Result<Outcome, RunError>)>();
    thread::scope(|scope| {
        for _ in 0..jobs.min(missing.len()) {
            let (sender, next, missing) = (sender.clone(), &next, &missing);
            scope.spawn(move || {
                while let Some(cell) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if sender.send((*cell, cells[*cell].run())).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        // Returning drops the receiver, and with it every thread ends after the run that it is at.
        for (cell, outcome) in finished {
            let outcome = outcome?;
            journal.append(cell, &outcome)?;
            gauge.count(outcome.steps);
            outcomes[cell] = Some(outcome);
        }
        Ok(())
    })
}
