//! The relay as a program: it serves until a signal ends it.

use crate::options::Options;
use crate::relay::Relay;
use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Serves until SIGINT or SIGTERM; what it does is logged on standard error. `line` is what the options were read from,
/// behind the program's name and command.
pub fn run(options: Options, line: impl IntoIterator<Item = OsString>) -> anyhow::Result<()> {
    if options.print_config {
        print!("{}", Options::print(line)?);
        return Ok(());
    }
    let options = if options.config.is_some() { Options::from_line(line)? } else { options };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    tokio::runtime::Runtime::new()?.block_on(serve(options))
}

async fn serve(options: Options) -> anyhow::Result<()> {
    // Listened for before anything can be lost.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let relay = Relay::start(options.into()).await?;
    println!("listening on {}", relay.address());
    std::io::stdout().flush().ok();
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("shutting down");
    relay.shutdown().await;
    Ok(())
}
