//! `terrarium devices`: what networks can compute on here, and what is missing.

use crate::{Error, device};
use clap::Args;
use shared::codec;
use std::io::Write;

/// What to print.
#[derive(Clone, Debug, Args)]
pub struct DevicesOptions {
    /// A JSON list of objects
    #[arg(long)]
    json: bool,
}

/// Lists them.
pub fn devices(options: &DevicesOptions, out: &mut impl Write) -> Result<(), Error> {
    let found: Vec<_> = device::all().into_iter().map(device::ListedDevice::tried).collect();
    if options.json {
        return Ok(writeln!(out, "{}", codec::to_text(&found)?)?);
    }
    for it in found {
        let memory = it.memory_bytes.map(|bytes| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)));
        let facts = [Some(it.name), memory, it.driver.map(|it| format!("driver {it}"))];
        let facts: Vec<_> = facts.into_iter().flatten().chain(it.features).filter(|it| !it.is_empty()).collect();
        let standing =
            it.missing.map_or_else(|| "can be used".to_owned(), |missing| format!("cannot be used: {missing}"));
        writeln!(out, "{} ({}): {}\n    {standing}", it.device, it.kind, facts.join(", "))?;
    }
    Ok(())
}
