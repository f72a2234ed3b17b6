//! `terrarium-trainer`: the trainer as a program.

use clap::Parser as _;
use std::process::ExitCode;
use trainer::cli::Options;

fn main() -> ExitCode {
    match trainer::cli::run(Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("terrarium-trainer: {error}");
            error.exit_code()
        }
    }
}
