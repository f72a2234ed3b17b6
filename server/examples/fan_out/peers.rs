//! The servers, each as a process of its own on a free port.

use crate::Options;
use crate::connection::Connection;
use crate::relay_process::RelayProcess;
use anyhow::{Context as _, bail};
use clap::ValueEnum;
use shared::message::Role;
use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Time that a server has to begin.
const STARTING: Duration = Duration::from_secs(20);

/// Who delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    Relay,
    Floor,
    Mosquitto,
    Nats,
    FastApi,
    FlaskSocketio,
}

impl Peer {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Floor => "floor",
            Self::Mosquitto => "mosquitto",
            Self::Nats => "nats-server",
            Self::FastApi => "FastAPI",
            Self::FlaskSocketio => "Flask-SocketIO",
        }
    }

    /// The others deliver some thousands a second, so that such a load would take minutes.
    pub(crate) const fn bears_saturation(self) -> bool {
        !matches!(self, Self::FastApi | Self::FlaskSocketio)
    }
}

/// A server, which ends when this is dropped.
pub(crate) struct PeerServer {
    _relay: Option<RelayProcess>,
    _child: Option<Child>,
    pub(crate) id: u32,
    pub(crate) address: String,
}

impl PeerServer {
    /// Starts it with an empty folder of its own; none if it is not installed.
    pub(crate) async fn start(peer: Peer, options: &Options, folder: &Path) -> anyhow::Result<Option<Self>> {
        if peer == Peer::Relay {
            let relay = RelayProcess::start(options.relay.as_deref(), folder).await?;
            let (id, address) = (relay.id, relay.address.clone());
            return Ok(Some(Self { _relay: Some(relay), _child: None, id, address }));
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let Some(mut command) = command(peer, options, folder, port)? else { return Ok(None) };
        command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        command.stdout(if peer == Peer::Floor { Stdio::piped() } else { Stdio::null() });
        let mut child = match command.spawn() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            child => child.with_context(|| format!("cannot start {}", peer.name()))?,
        };
        let id = child.id().context("it has ended")?;
        let mut address = format!("127.0.0.1:{port}");
        if let Some(output) = child.stdout.take() {
            address = BufReader::new(output).lines().next_line().await?.unwrap_or_default();
        } else {
            let begun = Instant::now();
            while let Err(error) = Connection::open(peer, &address, Role::Viewer).await {
                if begun.elapsed() > STARTING {
                    bail!("{} does not start: {error}", peer.name());
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(Some(Self { _relay: None, _child: Some(child), id, address }))
    }

    /// Seconds of processor time that it has taken so far, in all its threads.
    pub(crate) fn processor_seconds(&self) -> anyhow::Result<f64> {
        const TICKS_A_SECOND: f64 = 100.0;
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id)).context("the server has ended")?;
        // The name in parentheses may have spaces.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: f64 = fields.skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum();
        Ok(ticks / TICKS_A_SECOND)
    }
}

fn command(peer: Peer, options: &Options, folder: &Path, port: u16) -> anyhow::Result<Option<Command>> {
    let file = folder.join("config");
    let installed = |name: &str| ["/usr/sbin", "/usr/local/sbin"].map(|it| Path::new(it).join(name));
    let find = |name: &str| installed(name).into_iter().find(|it| it.is_file()).unwrap_or_else(|| PathBuf::from(name));
    let script = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(name);
    Ok(match peer {
        Peer::Relay => None,
        Peer::Floor => {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("--floor");
            Some(command)
        }
        // Nothing is thrown away because somebody is behind for a moment.
        Peer::Mosquitto => {
            let bounds = "max_queued_messages 0\nmax_connections -1\nset_tcp_nodelay true\n";
            fs::write(&file, format!("listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n{bounds}"))?;
            let mut command = Command::new(find("mosquitto"));
            command.arg("-c").arg(file);
            Some(command)
        }
        Peer::Nats => {
            fs::write(&file, format!("listen: \"127.0.0.1:{port}\"\nmax_pending: 1GB\nwrite_deadline: \"60s\"\n"))?;
            let mut command = Command::new(find("nats-server"));
            command.arg("-c").arg(file);
            Some(command)
        }
        Peer::FastApi | Peer::FlaskSocketio => options.python.as_ref().map(|python| {
            let mut command = Command::new(python);
            let name = if peer == Peer::FastApi { "fan_out_fastapi.py" } else { "fan_out_socketio.py" };
            command.arg(script(name)).arg(port.to_string());
            command
        }),
    })
}
