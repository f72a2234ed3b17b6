//! Measurements: every bench prints JSON lines, which become a table and a file.

use anyhow::Result;
use clap::Args;

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {}

/// Runs the benches.
pub(crate) fn bench(_options: &Options) -> Result<()> {
    Ok(())
}
