//! `terrarium watch` and `terrarium replay`: plays in the terminal what was saved, and shows a run of a relay live.

mod live;
mod show;

use crate::count::count;
use crate::placing;
use crate::records::RecordsError;
use crate::records::directory::{self, LATEST, RunDirectory};
use crate::records::replay_file;
use crate::{Error, onnx_file};
use clap::Args;
use run::Run;
use run::recorded::{Played, ReplayFile};
use serde_json::json;
use shared::checkpoint::Checkpoint;
use shared::codec;
use shared::quantity::Seed;
use show::PlaybackPace;
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Examples of the help text.
pub const EXAMPLES: &str = "\
Examples:
  terrarium watch taxi.terrarium
  terrarium watch runs/snake/ppo-seed42 --weights best --episodes 3
  terrarium watch policy.onnx
  terrarium watch runs/snake/ppo-seed42/replays/best.json
  terrarium watch gridworld-q-learning --relay ws://127.0.0.1:8080

An agent file and a run's weights play episodes greedily, as the page shows them; a recorded episode plays as it was recorded. On a terminal:
blank holds, + and - change the speed, q ends. Elsewhere every step is a few lines.

With --relay the name is that of a run at the relay. On a terminal its curve of returns, its newest picture and its status are drawn
live until q; elsewhere a line a second says where it stands, until it has ended, or nobody has published it for 40 s: then the exit
status is 5.";

/// Examples of the other help text.
pub const REPLAY_EXAMPLES: &str = "\
Examples:
  terrarium replay runs/snake/ppo-seed42/replays/best.json
  terrarium replay runs/snake/ppo-seed42 --json

Of a run's directory all recorded episodes are checked. The exit status is 2 where one does not play as it was recorded.";

/// The seed of a policy that no run was saved with: that of `run`.
const SEED: u64 = 42;

/// What to watch.
#[derive(Clone, Debug, Args)]
pub struct WatchOptions {
    /// An agent file, a run's directory, an ONNX file that names its environment, or a recorded episode; with --relay the name of a run
    #[arg(value_name = "FILE|RUN")]
    file: PathBuf,
    #[command(flatten)]
    live: live::Viewing,
    /// Which of a run's weights; the latest if none is named
    #[arg(long, value_name = "NAME")]
    weights: Option<String>,
    /// Ends after so many episodes; on a terminal it goes on until q
    #[arg(long, value_parser = count, allow_negative_numbers = true)]
    episodes: Option<u64>,
    /// Ends after so many steps, for policies that never arrive
    #[arg(long, default_value_t = 10_000, value_parser = count, allow_negative_numbers = true)]
    steps: u64,
    /// Steps a second on a terminal
    #[arg(long, default_value = "8", value_parser = rate, allow_negative_numbers = true)]
    speed: f64,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|it| *it > 0.0 && *it <= 1000.0);
    rate.ok_or_else(|| "a speed is steps a second above 0 and at most 1000".into())
}

/// What a file turned out to be.
enum SavedFile {
    Agent(Box<Checkpoint>),
    Episode(Box<ReplayFile>),
}

/// Plays it.
pub fn watch(options: &WatchOptions, out: &mut impl Write) -> Result<(), Error> {
    if let Some(address) = &options.live.relay {
        return live::watch(&options.file, address, &options.live, out);
    }
    let pace = PlaybackPace { episodes: options.episodes, steps: options.steps, speed: options.speed };
    match open(&options.file, options.weights.as_deref())? {
        SavedFile::Agent(checkpoint) if onnx_file::is_one(&options.file) => {
            show::greedy(onnx_file::load(Arc::new(placing::on_the_cpu()), &options.file, &checkpoint)?, pace, out)
        }
        SavedFile::Agent(checkpoint) => {
            show::greedy(Run::load(Arc::new(placing::on_the_cpu()), &checkpoint)?, pace, out)
        }
        SavedFile::Episode(_) if options.episodes.is_some() => {
            Err(Error::NoEffect { option: "--episodes", needs: "an agent file or a run's directory" })
        }
        SavedFile::Episode(file) => {
            verify(&options.file, &file)?;
            show::recorded(&file, pace, out)
        }
    }
}

fn open(path: &Path, weights: Option<&str>) -> Result<SavedFile, Error> {
    if path.is_dir() {
        let run = RunDirectory::find(path, path)?;
        return Ok(SavedFile::Agent(Box::new(run.read_weights(weights.unwrap_or(LATEST))?)));
    }
    check_weights(path, weights)?;
    if onnx_file::is_one(path) {
        return Ok(SavedFile::Agent(Box::new(onnx_file::checkpoint(
            path,
            None,
            &[],
            Seed::new(SEED).unwrap_or_default(),
        )?)));
    }
    let mut beginning = [0; 64];
    let failed = |source| Error::File { path: path.into(), source };
    let count = std::fs::File::open(path).and_then(|mut it| it.read(&mut beginning)).map_err(failed)?;
    // With a byte order mark, in UTF-16 or after blanks, as editors may save it.
    let is_mark = |byte: &u8| [0, 0xef, 0xbb, 0xbf, 0xfe, 0xff].contains(byte) || byte.is_ascii_whitespace();
    if beginning[..count].iter().find(|it| !is_mark(it)) == Some(&b'{') {
        return Ok(SavedFile::Episode(Box::new(replay_file::read(path)?)));
    }
    Ok(SavedFile::Agent(Box::new(directory::read_agent(path)?)))
}

/// Refuses to choose among the weights of what has but one, if it is there.
pub(crate) fn check_weights(path: &Path, weights: Option<&str>) -> Result<(), Error> {
    match weights {
        Some(_) if path.is_file() => Err(Error::NoEffect { option: "--weights", needs: "a run's directory" }),
        _ => Ok(()),
    }
}

/// What to check.
#[derive(Clone, Debug, Args)]
pub struct ReplayOptions {
    /// A recorded episode, or a run's directory
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A JSON object an episode
    #[arg(long)]
    json: bool,
}

/// Plays recorded episodes, and compares every observation and reward with what was recorded.
pub fn replay(options: &ReplayOptions, out: &mut impl Write) -> Result<(), Error> {
    let paths = if options.file.is_dir() {
        let run = RunDirectory::find(&options.file, &options.file)?;
        run.replays()?.iter().map(|name| run.replay_path(name)).collect()
    } else {
        vec![options.file.clone()]
    };
    for path in paths {
        let file = replay_file::read(&path)?;
        let played = verify(&path, &file)?;
        let ReplayFile { environment, recorded_episode: recorded, steps, .. } = &file;
        if options.json {
            let line = json!({
                "file": path,
                "environment": environment,
                "episode": recorded.episode,
                "seed": recorded.seed.get(),
                "steps": steps,
                "return": recorded.episodic_return,
                "outcome": played.outcome_name,
                "hash": played.hash,
            });
            writeln!(out, "{}", codec::to_text(&line)?)?;
        } else {
            writeln!(
                out,
                "{}: {}, episode {}, {steps} steps, return {}, {}, hash {} as recorded",
                path.display(),
                environment.id,
                recorded.episode,
                recorded.episodic_return,
                if played.outcome_name.is_empty() { "over" } else { &played.outcome_name },
                played.hash
            )?;
        }
    }
    Ok(())
}

fn verify(path: &Path, file: &ReplayFile) -> Result<Played, RecordsError> {
    file.verify().map_err(|error| RecordsError::Replay { path: path.into(), reason: error.to_string() })
}
