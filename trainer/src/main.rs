//! `terrarium-trainer`: the trainer's commands alone, without the relay.

use clap::Parser as _;
use std::process::ExitCode;
use trainer::cli::{self, Options};

fn main() -> ExitCode {
    cli::main("terrarium-trainer", Options::parse().command)
}
