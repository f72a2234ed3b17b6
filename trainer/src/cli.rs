//! The command line.

#[cfg(unix)]
use crate::daemon;
use crate::{
    Error, catalog, convert, delivery, devices, exact, follow, hosting, play, resume, rollout, runs, sweep, watch,
};
use clap::{Parser, Subcommand};
use shared::terminal::say;
use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  terrarium run gridworld --agent q-learning --episodes 500 --json
  terrarium run taxi --relay ws://127.0.0.1:8080
  terrarium envs
  terrarium play snake";

/// Trains agents in environments, publishes the runs to a relay, and tells what there is to know of both.
#[derive(Debug, Parser)]
#[command(name = "terrarium-trainer", version, after_help = EXAMPLES)]
pub struct TrainerOptions {
    /// What it is to do.
    #[command(subcommand)]
    pub command: TrainerCommand,
}

/// What it can do.
#[derive(Debug, Subcommand)]
pub enum TrainerCommand {
    /// Trains an agent, and publishes the run where a relay is named
    #[command(after_help = hosting::EXAMPLES)]
    Run(Box<hosting::RunOptions>),
    /// Goes on with a run that is kept in a directory
    #[command(after_help = resume::EXAMPLES)]
    Resume(Box<resume::ResumeOptions>),
    /// Takes orders from a relay's controllers, and starts each run in a process of its own
    #[cfg(unix)]
    #[command(after_help = daemon::EXAMPLES)]
    Host(daemon::HostOptions),
    /// The process of a run that a host started
    #[cfg(unix)]
    #[command(hide = true, after_help = "Example:\n  terrarium child --runs runs")]
    Child(Box<daemon::ChildOptions>),
    /// Lists, shows, deletes, exports and imports the runs that are kept in directories
    #[command(after_help = runs::EXAMPLES)]
    Runs(runs::RunsOptions),
    /// Plays in the terminal what was saved (an agent, weights, a recorded episode), or shows a run of a relay live
    #[command(after_help = watch::EXAMPLES)]
    Watch(watch::WatchOptions),
    /// Checks that recorded episodes play as they were recorded
    #[command(after_help = watch::REPLAY_EXAMPLES)]
    Replay(watch::ReplayOptions),
    /// Tells what networks can compute on here, and what is missing
    #[command(after_help = "Example:\n  terrarium devices --json")]
    Devices(devices::DevicesOptions),
    /// Delivers to a relay what a run could not tell it
    #[command(after_help = delivery::EXAMPLES)]
    Deliver(delivery::DeliverOptions),
    /// Writes a run's policy as ONNX, or its curves for TensorBoard
    #[command(after_help = convert::EXAMPLES)]
    Convert(convert::ConvertOptions),
    /// Publishes what another training writes for TensorBoard, or a table of it
    #[command(after_help = follow::EXAMPLES)]
    Follow(follow::FollowOptions),
    /// Lists the environments with their options
    #[command(after_help = "Example:\n  terrarium envs")]
    Envs(catalog::ListOptions),
    /// Lists the agents with their parameters
    #[command(after_help = "Example:\n  terrarium agents --json")]
    Agents(catalog::ListOptions),
    /// Tells everything about one environment or agent
    #[command(after_help = "Example:\n  terrarium describe q-learning")]
    Describe(catalog::DescribeOptions),
    /// Prints the exact transition model of an environment
    #[command(after_help = "Example:\n  terrarium model frozen-lake --json | head -c 400")]
    Model(exact::ModelOptions),
    /// Solves an environment exactly, by value iteration and policy iteration
    #[command(after_help = exact::SOLVE_HELP)]
    Solve(exact::SolveOptions),
    /// Plays one episode from a list of actions or by chance, a line a step
    #[command(after_help = rollout::EXAMPLES)]
    Rollout(rollout::RolloutOptions),
    /// Runs an experiment on all cores: environments, agents, values and seeds
    #[command(after_help = sweep::EXAMPLES)]
    Sweep(sweep::SweepOptions),
    /// Plays in the terminal, by keyboard
    #[command(after_help = "Example:\n  terrarium play cliff-walking")]
    Play(play::PlayOptions),
}

/// The whole program: carries out a command and tells what went wrong, under the program's name.
pub fn main(program: &str, command: TrainerCommand) -> ExitCode {
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("{program}: {error}"));
            error.exit_code()
        }
    }
}

fn run(command: TrainerCommand) -> Result<(), Error> {
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = match command {
        TrainerCommand::Run(options) => hosting::run(&options, &mut out),
        TrainerCommand::Resume(options) => resume::resume(&options, &mut out),
        #[cfg(unix)]
        TrainerCommand::Host(options) => daemon::host(&options, &mut out),
        #[cfg(unix)]
        TrainerCommand::Child(options) => daemon::child(&options, &mut out),
        TrainerCommand::Runs(options) => runs::runs(&options, &mut out),
        TrainerCommand::Watch(options) => watch::watch(&options, &mut out),
        TrainerCommand::Replay(options) => watch::replay(&options, &mut out),
        TrainerCommand::Devices(options) => devices::devices(&options, &mut out),
        TrainerCommand::Deliver(options) => delivery::deliver(&options, &mut out),
        TrainerCommand::Convert(options) => convert::convert(&options, &mut out),
        TrainerCommand::Follow(options) => follow::follow(&options, &mut out),
        TrainerCommand::Envs(options) => catalog::environments(&options, &mut out),
        TrainerCommand::Agents(options) => catalog::agents(&options, &mut out),
        TrainerCommand::Describe(options) => catalog::describe(&options, &mut out),
        TrainerCommand::Model(options) => exact::model(&options, &mut out),
        TrainerCommand::Solve(options) => exact::solve(&options, &mut out),
        TrainerCommand::Rollout(options) => rollout::rollout(&options, &mut out),
        TrainerCommand::Sweep(options) => sweep::sweep(&options, &mut out),
        TrainerCommand::Play(options) => play::play(&options, &mut out),
    };
    match outcome.and_then(|()| Ok(out.flush()?)) {
        Err(error) if error.is_closed_pipe() => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn options_are_consistent_and_every_command_shows_an_example() {
        TrainerOptions::command().debug_assert();
        for command in TrainerOptions::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let example = format!("terrarium {}", command.get_name());
            assert!(help.contains(&example), "{} shows no example", command.get_name());
        }
    }
}
