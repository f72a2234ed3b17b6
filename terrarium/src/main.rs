//! `terrarium`: the relay and the trainer as one program with subcommands.

use clap::{Parser, Subcommand};
use shared::terminal::{answer, say};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  terrarium serve --data data
  terrarium run gridworld --agent q-learning --relay ws://127.0.0.1:8080/api/v1/stream
  terrarium describe q-learning
  terrarium play snake";

/// Reinforcement learning to watch: trains agents in environments, publishes the runs, and serves them to browsers.
#[derive(Debug, Parser)]
#[command(name = "terrarium", version, after_help = EXAMPLES)]
struct TerrariumOptions {
    #[command(subcommand)]
    command: TerrariumCommand,
}

#[derive(Debug, Subcommand)]
enum TerrariumCommand {
    /// Serves the page, takes in runs and keeps their history (a relay)
    Serve(Box<server::ServeOptions>),
    #[command(flatten)]
    Tool(server::RelayTool),
    #[command(flatten)]
    Trainer(Box<trainer::cli::TrainerCommand>),
}

fn main() -> ExitCode {
    trainer::signals::outlive_large_files();
    match trainer::effects::parse::<TerrariumOptions>().command {
        TerrariumCommand::Serve(options) => match server::run(*options, std::env::args_os().skip(2)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                say(format_args!("terrarium serve: {error}"));
                ExitCode::FAILURE
            }
        },
        TerrariumCommand::Tool(tool) => match server::use_tool(tool) {
            Ok(told) => match answer(told) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    say(format_args!("terrarium: the answer cannot be written: {error}"));
                    ExitCode::FAILURE
                }
            },
            Err(error) => {
                say(format_args!("terrarium: {error}"));
                ExitCode::FAILURE
            }
        },
        TerrariumCommand::Trainer(command) => trainer::cli::main("terrarium", *command),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn options_are_consistent_and_every_command_shows_an_example() {
        TerrariumOptions::command().debug_assert();
        let names: Vec<_> = TerrariumOptions::command().get_subcommands().map(|it| it.get_name().to_owned()).collect();
        for name in [
            "serve", "run", "resume", "runs", "host", "watch", "replay", "devices", "sweep", "solve", "model", "play",
            "rollout", "describe", "envs", "agents",
        ] {
            assert!(names.iter().any(|it| it == name), "there is no command {name}");
        }
        for command in TerrariumOptions::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let example = format!("  terrarium {}", command.get_name());
            assert!(help.contains(&example), "{} shows no example", command.get_name());
        }
    }

    #[test]
    fn the_relay_and_the_trainer_take_their_options() {
        assert!(TerrariumOptions::try_parse_from(["terrarium", "serve", "--listen", "127.0.0.1:0"]).is_ok());
        assert!(
            TerrariumOptions::try_parse_from(["terrarium", "serve", "--max-message-bytes", "99999999999"]).is_err()
        );
        assert!(TerrariumOptions::try_parse_from(["terrarium", "run", "gridworld", "--agent", "sarsa"]).is_ok());
    }
}
