//! How a run is hosted: how far and how fast it goes, who may watch, and what it computes on.

use crate::Error;
use crate::address::RelayUri;
use crate::count::count;
use crate::delivery::RelayOptions;
use crate::device::DeviceChoice;
use crate::progress::Goal;
use clap::Args;
use run::Run;
use shared::RunId;
use shared::event::Speed;
use std::time::Duration;

/// How a run is hosted.
#[derive(Clone, Debug, Args)]
pub struct HostingManner {
    /// Ends after so many steps in all
    #[arg(long, value_parser = count, allow_negative_numbers = true, conflicts_with = "episodes")]
    pub steps: Option<u64>,
    /// Ends after so many episodes in all
    #[arg(long, value_parser = count, allow_negative_numbers = true)]
    pub episodes: Option<u64>,
    /// Goes on until Ctrl-C, whatever viewers ask for; so it does when no end is given
    #[arg(long, conflicts_with_all = ["steps", "episodes"])]
    pub endless: bool,
    /// Steps a second, or full
    #[arg(long, default_value = "full", value_parser = speed, allow_negative_numbers = true)]
    pub speed: Speed,
    /// Relay to publish to, e.g. <ws://127.0.0.1:8080>
    #[arg(long, value_name = "ADDRESS", env = "TERRARIUM_RELAY")]
    pub relay: Option<RelayUri>,
    /// How to come to the relay.
    #[command(flatten)]
    pub to: RelayOptions,
    /// Name of the run at the relay and, where it is kept, of its directory
    #[arg(long, value_name = "NAME", value_parser = |text: &str| RunId::new(text))]
    pub run: Option<RunId>,
    /// Seconds between two saves into the run directory, of which the relay gets the agent; they take 2 % of the time at most
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds, allow_negative_numbers = true)]
    pub save_every: Duration,
    /// Keeps numbered weights every so many steps, too
    #[arg(long, value_name = "STEPS", value_parser = count, allow_negative_numbers = true)]
    pub keep_every: Option<u64>,
    /// Device that networks compute on: auto, cpu, burn-cpu, cuda:N or wgpu:N; `terrarium devices` tells what there is
    #[arg(long, default_value = "auto", env = "TERRARIUM_DEVICE")]
    pub device: DeviceChoice,
    /// Threads that share the work of the run; the run is the same, however many there are
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = threads, allow_negative_numbers = true)]
    pub threads: usize,
    /// Prints the summary as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Sends neither pictures nor values
    #[arg(long)]
    pub headless: bool,
}

impl HostingManner {
    /// Where a run is to end; none where nothing was said.
    pub fn goal(&self, run: &Run) -> Result<Option<Goal>, Error> {
        match (self.steps, self.episodes) {
            (Some(steps), _) if run.step() >= steps => Err(Error::Done { what: "steps", done: run.step() }),
            (_, Some(episodes)) if run.episode() >= episodes => {
                Err(Error::Done { what: "episodes", done: run.episode() })
            }
            (Some(steps), _) => Ok(Some(Goal::Steps(steps))),
            (None, Some(episodes)) => Ok(Some(Goal::Episodes(episodes))),
            (None, None) => Ok(self.endless.then_some(Goal::Endless)),
        }
    }
}

fn speed(text: &str) -> Result<Speed, String> {
    if text == "full" {
        return Ok(Speed::Full);
    }
    let rate = text.parse().ok().filter(|rate| *rate > 0.0 && *rate <= 1e6);
    rate.map(Speed::StepsPerSecond)
        .ok_or_else(|| "a speed is full, or steps a second above 0 and at most 1000000".into())
}

fn threads(text: &str) -> Result<usize, String> {
    let threads = text.parse().ok().filter(|it| (1..=256).contains(it));
    threads.ok_or_else(|| "a run has from 1 to 256 threads".into())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|it| (0.0..=1e6).contains(it));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "a time is a number of seconds from 0 to 1000000".into())
}
