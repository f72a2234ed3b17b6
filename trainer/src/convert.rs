//! `terrarium convert`: what other programs read of a run: its policy as ONNX, its curves as an event file.

mod event_file;

use crate::records::directory::LATEST;
use crate::records::files;
use crate::watch::check_weights;
use crate::{Error, kept_inputs, onnx, policy, told};
use clap::Args;
use shared::terminal::say;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

/// Examples of the help text.
pub const EXAMPLES: &str = "\
Examples:
  terrarium convert runs/cart-pole/ppo-seed42 --weights best --onnx policy.onnx
  terrarium convert snake.terrarium --onnx snake.onnx
  terrarium convert runs/cart-pole/ppo-seed42 --tensorboard logs/ppo

The ONNX file takes observations as the environment gives them, [batch, entries], scales them as the agent does, and gives logits (ppo,
a2c, neural-reinforce), action_values (dqn) or, where actions are numbers, mean_actions within their bounds: [batch, actions]. What it
gives for actions that are not legal says nothing. The event file has every metric, and mean return and length of episodes as
charts/episodic_return and charts/episodic_length.";

/// What to convert, and into what.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct ConvertOptions {
    /// An agent file or a run's directory; with --tensorboard a run's directory, one that `terrarium runs export` wrote, a journal, or a
    /// file of undelivered events or of those that a killed run left (.terrarium-spill)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which of a run's weights; the latest if none is named
    #[arg(long, value_name = "NAME", requires = "onnx")]
    weights: Option<String>,
    /// Writes the policy of an agent with a network as an ONNX file; one that is there already is not written over
    #[arg(long, value_name = "OUT", required_unless_present = "tensorboard")]
    onnx: Option<PathBuf>,
    /// Writes what the run told as an event file into a folder
    #[arg(long, value_name = "DIR")]
    tensorboard: Option<PathBuf>,
}

/// Converts, and prints what was written.
pub fn convert(options: &ConvertOptions, out: &mut impl Write) -> Result<(), Error> {
    if let Some(path) = &options.onnx {
        kept_inputs::check([("convert", options.file.clone())], [("--onnx", path.clone())])?;
        kept_inputs::check_absent(path)?;
        check_weights(&options.file, options.weights.as_deref())?;
        let (function, spec) = policy::open(&options.file, options.weights.as_deref().unwrap_or(LATEST))?;
        files::write(path, &onnx::write(&function, &spec))?;
        let name = onnx::output_name(function.meaning());
        let (inputs, outputs) = (function.inputs(), function.outputs());
        writeln!(out, "{}: {}, {inputs} entries in, {outputs} {name} out", path.display(), spec.agent.id)?;
    }
    if let Some(folder) = &options.tensorboard {
        let told = told::read(&options.file)?;
        for words in &told.unread {
            say(words);
        }
        let written = event_file::write(folder, &told.lines);
        let (path, count) = written.map_err(|(path, source)| match source.kind() {
            ErrorKind::AlreadyExists => Error::Converted { path },
            _ => Error::File { path, source },
        })?;
        writeln!(out, "{}: {count} values of run {}", path.display(), told.run)?;
    }
    Ok(())
}
