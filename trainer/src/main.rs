//! `terrarium-trainer`: the trainer's commands alone, without the relay.

use std::process::ExitCode;
use trainer::cli::{self, TrainerOptions};
use trainer::{effects, signals};

fn main() -> ExitCode {
    signals::outlive_large_files();
    cli::main("terrarium-trainer", effects::parse::<TrainerOptions>().command)
}
