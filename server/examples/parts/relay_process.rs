//! The relay as a process of its own.

use anyhow::Context as _;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Limits that the loads measured here are below.
const LIMITS: [&str; 6] =
    ["--max-connections", "16000", "--max-connections-per-address", "16000", "--max-messages-per-second", "1000000"];

/// A relay, which ends when this is dropped.
pub(crate) struct RelayProcess {
    _child: Child,
    pub(crate) id: u32,
    pub(crate) address: String,
}

impl RelayProcess {
    /// Starts the program, by default the one built beside this one, on a free port.
    pub(crate) async fn start(program: Option<&Path>, data: &Path) -> anyhow::Result<Self> {
        let beside = std::env::current_exe()?.parent().and_then(|it| it.parent()).map(|it| it.join("terrarium-relay"));
        // Each connection is a file of this process and of the relay, which inherits what may be open at once.
        let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
        setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
        let program: PathBuf = program.map(Into::into).or(beside).context("name the relay's program with --relay")?;
        let mut child = Command::new(&program)
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(LIMITS)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}; build it first", program.display()))?;
        let output = child.stdout.take().context("the relay has no output")?;
        let line = BufReader::new(output).lines().next_line().await?.unwrap_or_default();
        let address = line.rsplit("http://").next().context("the relay did not say where it listens")?.to_owned();
        let id = child.id().context("the relay has ended")?;
        Ok(Self { _child: child, id, address })
    }
}
