//! Viewers of a run in which nothing happens: what each of them takes of the relay's memory.

use crate::relay_process::RelayProcess;
use crate::{Options, crowd, memory_bytes};
use std::time::Duration;

/// Viewers that are there before it is measured, so that what all share is.
const BEFORE: usize = 64;

/// Time for what connecting took to be given back.
const SETTLING: Duration = Duration::from_secs(2);

pub(crate) async fn measure(options: &Options, viewers: usize) -> anyhow::Result<()> {
    let data = tempfile::TempDir::new()?;
    let relay = RelayProcess::start(options.relay.as_deref(), data.path()).await?;
    let _publisher = crowd::announce(&relay.address).await?;
    let _first = crowd::watchers(&relay.address, BEFORE).await?;
    tokio::time::sleep(SETTLING).await;
    let before = memory_bytes(relay.id, "VmRSS")?;
    let _idle = crowd::watchers(&relay.address, viewers).await?;
    tokio::time::sleep(SETTLING).await;
    let each = (memory_bytes(relay.id, "VmRSS")? - before) / viewers as f64;
    println!(
        "{}",
        serde_json::json!({
            "name": format!("relay, resident bytes of each of {viewers} idle viewers"), "value": each.round(), "at_most": 16_000
        })
    );
    Ok(())
}
