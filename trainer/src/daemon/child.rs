//! The process of one run, which a host started: its order comes on its standard input, and it ends when the host does.

use super::fleet::{Begun, Order};
use crate::Error;
use crate::hosting::manner::Manner;
use crate::hosting::session::Beginning;
use crate::hosting::{self, name};
use crate::progress::Goal;
use crate::records::directory::{LATEST, RunDirectory};
use crate::records::keeper::Keeper;
use crate::signals;
use clap::Args;
use run::Run;
use std::io::{self, Write};
use std::path::PathBuf;

/// Where the run is kept, and how it is hosted.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Folder of the runs
    #[arg(long, value_name = "DIR")]
    runs: PathBuf,
    #[command(flatten)]
    manner: Manner,
}

/// Carries the order out.
pub fn child(options: &Options, out: &mut impl Write) -> Result<(), Error> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let Order { parent, launch } =
        serde_json::from_str(&line).map_err(|error| Error::Refused(format!("the order cannot be read: {error}")))?;
    signals::die_with(parent)?;
    let manner = &Manner {
        steps: launch.steps,
        episodes: launch.episodes,
        run: launch.run.clone(),
        device: launch.device.as_deref().unwrap_or("auto").parse()?,
        ..options.manner.clone()
    };
    manner.device.check()?;
    let (run, goal, keeper) = match (launch.spec, launch.resume) {
        (Some(spec), None) => {
            let run = Run::of(hosting::registry(), *spec)?;
            let goal = manner.goal(&run)?.unwrap_or(Goal::Endless);
            let keeper = Keeper::create(hosting::plan(&options.runs, manner, goal), &run, None)?;
            (run, goal, keeper)
        }
        (_, place) => {
            let directory = RunDirectory::below(&options.runs, &place.unwrap_or_default())?;
            let lock = directory.lock()?;
            let run = Run::load(hosting::registry(), &directory.read_weights(LATEST)?)?;
            let goal = hosting::goal(manner, &run, directory.config()?.goal)?;
            let keeper = Keeper::resume(hosting::plan(&options.runs, manner, goal), directory, lock, &run)?;
            (run, goal, keeper)
        }
    };
    let name = name(manner, run.spec(), Some(&keeper))?;
    let begun = Begun { run: name.to_string(), directory: keeper.config().place() };
    writeln!(out, "{}", shared::codec::to_text(&begun)?)?;
    out.flush()?;
    hosting::host(
        Beginning { run, goal, name, keeper: Some(keeper), table: None, ends_with_input: true },
        manner,
        None,
        out,
    )
}
