//! `cargo xtask`: sets up, runs, tests, packs and measures everything else.

mod bench;
mod dist;
mod figures;
mod fuzz;
mod goldens;
mod page;
mod pictures;
mod process;
mod run;
mod test;
mod tidy;
mod tools;
mod workspace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Every command does its own set-up: what is on PATH in the right version is used, what is missing is fetched or
/// built once into a cache of your user. A step says what it does and how long it usually takes.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Build the page, serve it from a relay on this machine and train one run to look at. Ctrl-C ends all of it.
    Run(run::Options),
    /// Check everything: format, lints, tidiness, unit, integration, doc, wasm and browser tests, page weight.
    Test(test::Options),
    /// Pack the page into dist/, for any static host under any sub-path, and with --program into `terrarium`.
    Dist(dist::Options),
    /// Measure, print tables and write bench-results/*.json.
    Bench(bench::Options),
    /// Check what ARCHITECTURE.md promises and a program can see in the sources.
    Tidy(tidy::Options),
    /// Make the figures of the literature with many runs, each held against its reference.
    Figures,
    /// Take the pictures of README.md anew.
    Pictures,
    /// Feed the codec any bytes, guided by what they reach.
    Fuzz(fuzz::Options),
    /// Write the golden files anew, to be read as a diff.
    Goldens,
    /// Add the program with networks to the page that trunk is packing; trunk calls this.
    #[command(hide = true)]
    Networks,
    /// Only set up: get every tool that the other commands need.
    Setup,
}

fn main() -> ExitCode {
    let task = Arguments::parse().task;
    let outcome = process::end_children_on_signals().and_then(|()| match task {
        Task::Run(options) => run::run(&options),
        Task::Test(options) => test::test(&options),
        Task::Dist(options) => dist::dist(&options),
        Task::Bench(options) => bench::bench(&options),
        Task::Tidy(options) => tidy::tidy(&options),
        Task::Figures => figures::figures(),
        Task::Pictures => pictures::pictures(),
        Task::Fuzz(options) => fuzz::fuzz(&options),
        Task::Goldens => goldens::goldens(),
        Task::Networks => page::networks::staging().and_then(|folder| page::networks::add(&folder)),
        Task::Setup => tools::set_up_all(),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if process::interrupted() => ExitCode::from(130),
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
