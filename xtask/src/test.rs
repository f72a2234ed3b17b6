//! Every check, in steps that can be run alone.

mod ran;
mod steps;

use crate::process::interrupted;
use anyhow::{Result, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::time::{Duration, Instant};
use steps::{APART, STEPS, TestStep};

/// Which checks.
#[derive(Debug, Args)]
pub(crate) struct TestOptions {
    /// Only these steps, by name.
    #[arg(long, value_name = "NAME", value_parser = names())]
    only: Vec<String>,
    /// Go on after a step that fails.
    #[arg(long)]
    keep_going: bool,
}

/// The names of all steps.
fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(STEPS.iter().chain(&APART).map(|it| it.name))
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StepOutcome {
    /// Everything was checked.
    Passed,
    /// Everything was checked but what these words name.
    PassedExcept(String),
}

/// Runs the steps in order and prints how long each took.
pub(crate) fn test(options: &TestOptions) -> Result<()> {
    let named = |step: &&TestStep| options.only.iter().any(|name| name == step.name);
    let steps = STEPS.iter().filter(|step| options.only.is_empty() || named(step)).chain(APART.iter().filter(named));
    let mut table = Vec::new();
    let mut failed = Vec::new();
    for step in steps {
        println!("\n=== {}: {}", step.name, step.purpose);
        let begin = Instant::now();
        let outcome = (step.check)();
        if interrupted() {
            bail!("interrupted");
        }
        table.push(row(step.name, &outcome, begin.elapsed()));
        if let Err(error) = outcome {
            eprintln!("\nerror in step {}: {error:#}", step.name);
            failed.push((step.name, error));
            if !options.keep_going {
                break;
            }
        }
    }
    println!("\n{}", table.join("\n"));
    // The form in which test runners close.
    println!("\nsteps: {} passed, {} failed", table.len() - failed.len(), failed.len());
    if failed.is_empty() {
        return Ok(());
    }
    // Once more, because other steps may have printed thousands of lines since, and logs are cut at their beginning.
    for (name, error) in &failed {
        eprintln!("\nerror in step {name}: {error:#}");
    }
    let (names, again): (Vec<_>, Vec<_>) = failed.iter().map(|(name, _)| (*name, format!("--only {name}"))).unzip();
    bail!("failed: {}; run again with `cargo xtask test {}`", names.join(", "), again.join(" "));
}

fn row(name: &str, outcome: &Result<StepOutcome>, took: Duration) -> String {
    let words = match outcome {
        Ok(StepOutcome::Passed) => "passed".to_owned(),
        Ok(StepOutcome::PassedExcept(what)) => format!("passed, but {what}"),
        Err(_) => "FAILED".to_owned(),
    };
    format!("{name:<14} {:>6.1} s  {words}", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_what_was_left_out() {
        let took = Duration::from_millis(1250);
        assert_eq!(row("format", &Ok(StepOutcome::Passed), took), "format            1.2 s  passed");
        let left_out = StepOutcome::PassedExcept("no advisories".into());
        assert!(row("deny", &Ok(left_out), took).ends_with("passed, but no advisories"));
        assert!(row("lints", &Err(anyhow::anyhow!("x")), took).ends_with("FAILED"));
    }
}
