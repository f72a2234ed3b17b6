//! `cargo xtask`: sets up, runs, tests, packs and measures everything else.

mod bench;
mod dist;
mod faults;
mod figures;
mod fuzz;
mod goldens;
mod openapi;
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
    task: XtaskCommand,
}

#[derive(Debug, Subcommand)]
enum XtaskCommand {
    /// Build the page, serve it from a relay on this machine, train two runs to look at, and host more. Ctrl-C ends all of it.
    Run(run::StartOptions),
    /// Check everything: format, lints, tidiness, unit, integration, doc, wasm and browser tests, page weight.
    Test(test::TestOptions),
    /// Pack the page into dist/, for any static host under any sub-path, and with --program into `terrarium`.
    Dist(dist::DistOptions),
    /// Measure, print tables and write bench-results/*.json.
    Bench(bench::BenchOptions),
    /// Check what ARCHITECTURE.md promises and a program can see in the sources.
    Tidy(tidy::TidyOptions),
    /// Make the figures of the literature with many runs, each held against its reference.
    Figures,
    /// Take the pictures of README.md anew.
    Pictures,
    /// Feed the codec, or a relay, any bytes, guided by what they reach.
    Fuzz(fuzz::FuzzOptions),
    /// Kill relay, publisher and viewer at random moments under load, and check that every entry arrives once.
    Faults(faults::FaultsOptions),
    /// Ask a relay everything that its description of its HTTP interface allows and forbids.
    Openapi(openapi::OpenapiOptions),
    /// Write the golden files anew, to be read as a diff.
    Goldens,
    /// Add the programs that come later to the page that trunk is packing; trunk calls this.
    #[command(hide = true)]
    Later,
    /// Only set up: get every tool that the other commands need.
    Setup,
}

fn main() -> ExitCode {
    let task = Arguments::parse().task;
    let outcome = process::end_children_on_signals().and_then(|()| match task {
        XtaskCommand::Run(options) => run::run(&options),
        XtaskCommand::Test(options) => test::test(&options),
        XtaskCommand::Dist(options) => dist::dist(&options),
        XtaskCommand::Bench(options) => bench::bench(&options),
        XtaskCommand::Tidy(options) => tidy::tidy(&options),
        XtaskCommand::Figures => figures::figures(),
        XtaskCommand::Pictures => pictures::pictures(),
        XtaskCommand::Fuzz(options) => fuzz::fuzz(&options),
        XtaskCommand::Faults(options) => faults::faults(&options),
        XtaskCommand::Openapi(options) => openapi::openapi(&options),
        XtaskCommand::Goldens => goldens::goldens(),
        XtaskCommand::Later => page::add_later(),
        XtaskCommand::Setup => tools::set_up_all(),
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
