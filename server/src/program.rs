//! The relay as a program: it serves until a signal ends it.

use crate::options::ServeOptions;
use crate::relay::Relay;
use shared::terminal::answer;
use std::ffi::OsString;
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Serves until SIGINT or SIGTERM, or Ctrl-C where there are no such signals; what it does is logged on standard error. `line` is what the options were read from,
/// behind the program's name and command.
pub fn run(options: ServeOptions, line: impl IntoIterator<Item = OsString>) -> anyhow::Result<()> {
    if options.print_config {
        answer(ServeOptions::print(line)?)?;
        return Ok(());
    }
    let options = if options.config.is_some() { ServeOptions::from_line(line)? } else { options };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    // A log that cannot be written ends nothing.
    let log = tracing_subscriber::fmt().log_internal_errors(false);
    log.with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    tokio::runtime::Runtime::new()?.block_on(serve(options))
}

async fn serve(options: ServeOptions) -> anyhow::Result<()> {
    // Listened for before anything can be lost.
    let end = end()?;
    let relay = Relay::start(options.into()).await?;
    // Whoever looks for the address in a log finds it there, too.
    answer(format_args!("listening on {}\n", relay.address())).ok();
    end.await;
    tracing::info!("shutting down");
    relay.shutdown().await;
    Ok(())
}

/// What is over when somebody ends the program.
#[cfg(unix)]
fn end() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    // Tokio does not name it.
    const LARGE_FILE: i32 = nix::sys::signal::Signal::SIGXFSZ as i32;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // A write beyond the size that files may have here fails, as on a full disk, where it would end the process.
    drop(signal(SignalKind::from_raw(LARGE_FILE))?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// What is over when somebody ends the program.
#[cfg(windows)]
fn end() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut close) = (tokio::signal::windows::ctrl_c()?, tokio::signal::windows::ctrl_close()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = close.recv() => {}
        }
    })
}
