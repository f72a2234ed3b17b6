//! The relay with the page, a run with a table and one with a network to look at, and a host that starts more of them.

use crate::page;
use crate::process::{self, Service, interrupted};
use crate::workspace::{cargo, root, target};
use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

/// Steps a second of the run with a network: it hunts food within minutes, and leaves the machine to others.
const NETWORK_SPEED: &str = "4000";

/// Where to listen and what to keep.
#[derive(Debug, Args)]
pub(crate) struct StartOptions {
    /// Port on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Folder for the history of runs.
    #[arg(long, default_value = ".terrarium/data")]
    data: PathBuf,
    /// Folder of what the host keeps of its runs.
    #[arg(long, default_value = ".terrarium/runs")]
    runs: PathBuf,
    /// Steps a second of the run with a table; the page's speed control changes it.
    #[arg(long, default_value_t = 12.0)]
    speed: f64,
}

/// Builds everything, serves it, trains, and ends it all on Ctrl-C.
pub(crate) fn run(options: &StartOptions) -> Result<()> {
    free(options.port)?;
    let page = build()?;
    println!("\nStarting.");
    let mut relay = Service::start("relay", &mut relay_command(options, &page))?;
    let address = format!("127.0.0.1:{}", options.port);
    wait_until_healthy(&mut relay, &address)?;
    let mut trainers = Vec::new();
    for mut command in trainer_commands(options, &address) {
        trainers.push(Service::start("trainer", &mut command)?);
    }

    println!("\n  Terrarium is at http://{address}/  (Ctrl-C ends it)\n");
    let outcome = process::watch(|| relay.check().and_then(|()| trainers.iter_mut().try_for_each(Service::check)));
    // The trainers first, so that their last words still reach the relay.
    for trainer in &mut trainers {
        trainer.stop(Duration::from_secs(10));
    }
    relay.stop(Duration::from_secs(10));
    outcome
}

/// Builds the page, with the tools that it needs, and beside it `terrarium`; gives the page's folder.
fn build() -> Result<PathBuf> {
    thread::scope(|scope| {
        let program = scope.spawn(|| {
            println!("\nBuilding terrarium beside the page: 3 to 5 minutes the first time on two cores.");
            process::run(&mut cargo(&["build", "--release", "--quiet", "--package", "terrarium"]))
        });
        let page = page::build();
        program.join().map_err(|_| anyhow!("the build of terrarium was lost"))??;
        page
    })
}

fn relay_command(options: &StartOptions, page: &Path) -> Command {
    let mut relay = terrarium("serve");
    relay.arg("--listen").arg(format!("127.0.0.1:{}", options.port));
    relay.arg("--data").arg(&options.data).arg("--page").arg(page);
    relay
}

/// A run with a table, one with a network, and a host.
fn trainer_commands(options: &StartOptions, address: &str) -> [Command; 3] {
    let speed = options.speed.to_string();
    let mut table = terrarium("run");
    table.args(["gridworld", "--agent", "q-learning", "--endless", "--speed", &speed]);
    let mut network = terrarium("run");
    network.args(["snake", "--agent", "ppo", "--endless", "--speed", NETWORK_SPEED]);
    let mut host = terrarium("host");
    host.args(["--slots", "2", "--runs"]).arg(&options.runs);
    [table, network, host].map(|mut command| {
        command.arg("--relay").arg(format!("ws://{address}/api/v1/stream"));
        command
    })
}

/// A command of the built `terrarium`.
fn terrarium(command: &str) -> Command {
    let mut terrarium = Command::new(target().join("release/terrarium"));
    terrarium.current_dir(root()).arg(command);
    terrarium
}

/// Learns before a long build, not after it, that the port is taken.
fn free(port: u16) -> Result<()> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop).with_context(|| {
        format!("port {port} of 127.0.0.1 is not free; end what listens there or choose another with --port")
    })
}

/// A port of this machine that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port of 127.0.0.1 is free")?;
    Ok(listener.local_addr()?.port())
}

/// Waits until a relay answers.
pub(crate) fn wait_until_healthy(relay: &mut Service, address: &str) -> Result<()> {
    let mut ended = Ok(());
    let healthy = process::until(Duration::from_secs(30), || {
        ended = relay.check();
        ended.is_err() || interrupted() || is_healthy(address)
    });
    ended?;
    if interrupted() {
        bail!("interrupted");
    }
    if !healthy {
        bail!("the relay does not answer at http://{address}/healthz");
    }
    Ok(())
}

fn is_healthy(address: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_the_way_out() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let error = format!("{:#}", free(port).unwrap_err());
        assert!(error.contains(&port.to_string()) && error.contains("--port"), "{error}");
        drop(listener);
        free(port).unwrap();
    }
}
