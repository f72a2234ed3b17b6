//! The process of one run, which a host started: its order comes on its standard input, and it ends when the host does.

use super::fleet::{LaunchOrder, ProcessGreeting};
use crate::Error;
use crate::hosting::manner::HostingManner;
use crate::hosting::session::SessionBeginning;
use crate::hosting::{self, name};
use crate::placing;
use crate::progress::Goal;
use crate::records::directory::{LATEST, RunDirectory};
use crate::records::keeper::RunKeeper;
use crate::signals;
use crate::{other_values, resume};
use clap::Args;
use run::Run;
use shared::curve::Curve;
use std::io::{self, Write};
use std::path::PathBuf;

/// Where the run is kept, and how it is hosted.
#[derive(Clone, Debug, Args)]
pub struct HostedRunOptions {
    /// Folder of the runs
    #[arg(long, value_name = "DIR")]
    runs: PathBuf,
    #[command(flatten)]
    manner: HostingManner,
}

/// Carries the order out.
pub fn child(options: &HostedRunOptions, out: &mut impl Write) -> Result<(), Error> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let LaunchOrder { parent, launch } =
        serde_json::from_str(&line).map_err(|error| Error::Refused(format!("the order cannot be read: {error}")))?;
    signals::die_with(parent)?;
    let manner = &HostingManner {
        steps: launch.steps,
        episodes: launch.episodes,
        run: launch.run.clone(),
        device: launch.device.as_deref().unwrap_or("auto").parse()?,
        ..options.manner.clone()
    };
    manner.device.check()?;
    let (run, past, placed, goal, keeper, table) = match (launch.spec, launch.resume) {
        (Some(spec), None) => {
            let placed = placing::place(manner.device, &spec)?;
            let run = placed.build(|registry| Run::of(registry, *spec))?;
            let goal = manner.goal(&run)?.unwrap_or(Goal::Endless);
            let keeper = RunKeeper::create(hosting::plan(&options.runs, manner, goal), &run, None)?;
            (run, Curve::default(), placed, goal, keeper, None)
        }
        (_, place) => {
            let directory = RunDirectory::below(&options.runs, &place.unwrap_or_default())?;
            let from = launch.from.as_deref().unwrap_or(LATEST);
            resume::going_on(directory, from, manner, None, |checkpoint| {
                let agent = agents::registry::find(&checkpoint.spec.agent.id)?;
                other_values::change_agent(checkpoint, &agent, &launch.set)
            })?
        }
    };
    let name = name(manner, run.spec(), Some(&keeper))?;
    let begun = ProcessGreeting { run: name.to_string(), directory: keeper.config().place() };
    writeln!(out, "{}", shared::codec::to_text(&begun)?)?;
    out.flush()?;
    hosting::host(
        SessionBeginning { run, past, placed, goal, name, keeper: Some(keeper), table, ends_with_input: true },
        manner,
        None,
        out,
    )
}
