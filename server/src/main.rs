//! `terrarium-relay`: the relay alone, without the trainer.

use shared::terminal::say;
use std::process::ExitCode;

fn main() -> ExitCode {
    match server::run(server::ServeOptions::read(), std::env::args_os().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("terrarium-relay: {error}"));
            ExitCode::FAILURE
        }
    }
}
