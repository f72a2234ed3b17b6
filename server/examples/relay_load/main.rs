//! How a relay fares with a crowd: many viewers of one run, each of which must get every log event, soon.
//!
//! ```text
//! cargo build --release -p server && cargo run --release -p server --example relay_load -- --viewers 200 --seconds 10
//! ... -- --idle 4000                        # what a viewer costs that gets nothing
//! ... -- --stalled 1 --viewers 50           # what the others notice of one that stops reading
//! ```
//!
//! The relay runs as a process of its own on a free port with an empty data directory. Prints lines of JSON.

#![expect(clippy::print_stdout, reason = "the result is what this program prints")]

mod crowd;
mod idle;
#[path = "../parts/line.rs"]
mod line;
#[path = "../parts/relay_process.rs"]
mod relay_process;
mod stalled;

use anyhow::Context as _;
use clap::Parser;
use std::path::PathBuf;

/// Measures a relay under a crowd of viewers.
#[derive(Parser)]
struct Options {
    /// Viewers of the one run
    #[arg(long, default_value_t = 200)]
    viewers: usize,
    /// Length of the measurement; with --stalled of each of its turns
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// State events a second, of about 3 kB each
    #[arg(long, default_value_t = 30)]
    state_rate: u64,
    /// Log events a second
    #[arg(long, default_value_t = 10)]
    log_rate: u64,
    /// Measure what so many viewers cost that watch a run in which nothing happens
    #[arg(long, conflicts_with = "stalled")]
    idle: Option<usize>,
    /// Measure what the viewers notice of so many others that stop reading, in turns without and with them
    #[arg(long)]
    stalled: Option<usize>,
    /// The relay's program; by default the one built beside this one
    #[arg(long)]
    relay: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    match (options.idle, options.stalled) {
        (Some(viewers), _) => idle::measure(&options, viewers).await,
        (None, Some(stalled)) => stalled::measure(&options, stalled).await,
        (None, None) => crowd::measure(&options).await,
    }
}

/// Bytes of a process's memory as the system tells them: `VmRSS` is what is resident, `VmHWM` the most that ever was.
fn memory_bytes(process: u32, what: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).context("the system has no /proc")?;
    let line = status.lines().find_map(|it| it.strip_prefix(what)?.strip_prefix(':')?.trim().strip_suffix(" kB"));
    let kibibytes: f64 = line.with_context(|| format!("the system does not tell {what}"))?.parse()?;
    Ok(kibibytes * 1024.0)
}

/// The value below which this share of them lies.
fn percentile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get((values.len().saturating_sub(1) as f64 * share) as usize).copied()
}
