//! What ARCHITECTURE.md promises and a program can see in the sources.

mod bans;
mod circles;
mod layers;
mod locks;
mod promises;
mod protocol;
mod test_ids;
mod text;
mod type_names;

pub(crate) use promises::{InvariantTest, promises};

use crate::workspace::{self, root};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use std::fs;
use std::path::Path;

/// What to do beside looking.
#[derive(Debug, Args)]
pub(crate) struct TidyOptions {
    /// Confirm that docs/PROTOCOL.md was read again after a change of the wire types: writes their fingerprint into it.
    #[arg(long)]
    accept_protocol: bool,
}

/// What is out of order: where, what, and how to put it right.
pub(crate) type Findings = Vec<String>;

/// Runs the checks, after writing the fingerprint if told.
pub(crate) fn tidy(options: &TidyOptions) -> Result<()> {
    if options.accept_protocol {
        protocol::accept(root())?;
    }
    check()
}

/// Runs every check and prints every finding.
pub(crate) fn check() -> Result<()> {
    let (files, crates) = (workspace::files()?, workspace::crates()?);
    let findings: Findings = [
        layers::check(&crates),
        circles::check(&crates)?,
        bans::check(root())?,
        locks::check(root())?,
        promises::check(root())?,
        protocol::check(root())?,
        test_ids::check(root(), &files)?,
        text::check(root(), &files)?,
        type_names::check(root(), &crates)?,
    ]
    .concat();
    for finding in &findings {
        eprintln!("  {finding}");
    }
    if !findings.is_empty() {
        bail!("{} findings", findings.len());
    }
    println!("  layers, circles, bans, locks, promises, protocol, test ids, texts and names of types are in order");
    Ok(())
}

/// A text file of the project.
fn read(root: &Path, path: impl AsRef<Path>) -> Result<String> {
    let path = root.join(path);
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}
