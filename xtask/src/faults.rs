//! Faults: relay, publisher and viewer killed at random moments, and databases damaged, far more often than in an ordinary test.

use crate::process::run;
use crate::tools;
use crate::workspace::cargo;
use anyhow::{Context as _, Result};
use clap::Args;

/// How often.
#[derive(Debug, Args)]
pub(crate) struct FaultsOptions {
    /// Kills, about three a second.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    kills: u32,
    /// Pages that are damaged in turn, and as many times stretches.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    damages: u32,
}

/// Runs the tests of `server/tests/relay` in which processes are killed and databases damaged. Fails where an entry of a log is lost
/// or doubled, or more than what is damaged.
pub(crate) fn faults(options: &FaultsOptions) -> Result<()> {
    tools::toolchain()?;
    let mut tests = cargo(&["test", "--package", "server", "--test", "relay", "--", "--nocapture"]);
    tests.args(["killed", "damaged_the_relay_serves_and_stores_on"]);
    tests.env("TERRARIUM_DAMAGES", options.damages.to_string());
    run(tests.env("TERRARIUM_KILLS", options.kills.to_string()))
        .context("an entry was lost or doubled; the seed of the kills is printed above")
}
