//! What the tests share: trainers, relays and viewers, all of them real.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use shared::codec;
use shared::command::{Answer, Command as RunCommand};
use shared::event::LogEvent;
use shared::message::{ClientMessage, From, Hello, LogEntry, PROTOCOL, Role, RunSummary, ServerMessage, StateEntry};
use shared::{Artifact, Epoch, RunId};
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};

/// Far beyond what anything takes: a test that waits so long has failed.
pub(crate) const NEVER: Duration = Duration::from_mins(2);

/// Waits until a condition holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < NEVER, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A port that nobody listens on.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id() as i32), signal).unwrap();
}

/// What a finished trainer said.
pub(crate) struct TrainerOutput {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the trainer to its end.
pub(crate) fn trainer(arguments: &[&str]) -> TrainerOutput {
    let output = command(arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    TrainerOutput { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs the trainer to its successful end and gives what it printed.
pub(crate) fn said(arguments: &[&str]) -> String {
    let said = trainer(arguments);
    assert_eq!(said.code, Some(0), "{}", said.err);
    said.out
}

/// Runs the trainer to its successful end and gives the JSON objects that it printed.
pub(crate) fn json(arguments: &[&str]) -> Vec<serde_json::Value> {
    let said = trainer(arguments);
    assert_eq!(said.code, Some(0), "{}", said.err);
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The trainer with these arguments and no relay from outside.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrarium-trainer"));
    command.args(arguments);
    for variable in
        ["TERRARIUM_RELAY", "TERRARIUM_RELAY_CA", "TERRARIUM_PUBLISHER_TOKEN", "TERRARIUM_RUNS", "TERRARIUM_DEVICE"]
    {
        command.env_remove(variable);
    }
    command
}

/// A trainer that runs.
pub(crate) struct Trainer {
    child: Child,
    lines: Receiver<String>,
}

impl Trainer {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::of(command(arguments))
    }

    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it says something; gives the whole line.
    pub(crate) fn says(&self, words: &str) -> String {
        let begun = Instant::now();
        let mut said = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(NEVER.saturating_sub(begun.elapsed())) {
            if line.contains(words) {
                return line;
            }
            said.push(line);
        }
        panic!("it never said {words:?}, but {said:?}");
    }

    /// Ends it by force, as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it that its terminal has gone.
    pub(crate) fn hang_up(&self) {
        signal(&self.child, Signal::SIGHUP);
    }

    /// Ends it by Ctrl-C; gives its standard output.
    pub(crate) fn interrupt(mut self) -> String {
        signal(&self.child, Signal::SIGINT);
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        assert!(self.wait().success());
        out
    }

    /// Ends it by Ctrl-C, however it ends; gives its status and the rest of what it says.
    pub(crate) fn interrupt_any(mut self) -> (Option<i32>, String) {
        signal(&self.child, Signal::SIGINT);
        let code = self.wait().code();
        (code, self.lines.iter().collect::<Vec<_>>().join("\n"))
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Trainer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The relay's program, beside ours; built if it is not there.
fn relay_program() -> PathBuf {
    let trainer = Path::new(env!("CARGO_BIN_EXE_terrarium-trainer"));
    let relay = trainer.with_file_name("terrarium-relay");
    if !relay.exists() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "server", "--bin", "terrarium-relay", "--target-dir"]);
        build.arg(trainer.ancestors().nth(2).unwrap());
        if trainer.parent().unwrap().ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success());
    }
    relay
}

/// A relay that runs.
pub(crate) struct Relay {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Relay {
    pub(crate) fn start(data: &Path, listen: SocketAddr) -> Self {
        let mut command = Command::new(relay_program());
        command.arg("--listen").arg(listen.to_string()).arg("--data").arg(data);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).parse().unwrap();
        Self { child, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Ends it by force, as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Somebody who watches a run and may command it.
pub(crate) struct Viewer {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    run: RunId,
    requests: u64,
}

impl Viewer {
    pub(crate) fn of(relay: &Relay, run: &str) -> Self {
        Self::connect(relay.address, run).unwrap()
    }

    /// At a relay or at the near end of a line to one; none where nobody answers or the line breaks.
    pub(crate) fn connect(address: SocketAddr, run: &str) -> Option<Self> {
        let address = format!("ws://{address}/api/v1/stream");
        let (socket, _) = tokio_tungstenite::tungstenite::connect(address).ok()?;
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(NEVER)).unwrap();
        }
        let mut viewer = Self { socket, run: RunId::new(run).unwrap(), requests: 0 };
        let role = Role::Controller;
        viewer.send(&ClientMessage::Hello(Hello { protocol: PROTOCOL, role, token: None, name: String::new() }));
        assert!(matches!(viewer.heard()?, ServerMessage::Welcome { .. }));
        Some(viewer)
    }

    fn send(&mut self, message: &ClientMessage) {
        // A line that is broken is found when the answer is read.
        self.socket.send(Message::binary(codec::to_bytes(message).unwrap())).ok();
    }

    fn next(&mut self) -> ServerMessage {
        self.heard().expect("the line broke where a message was expected")
    }

    /// The next message; none once the line is broken.
    pub(crate) fn heard(&mut self) -> Option<ServerMessage> {
        loop {
            match self.socket.read() {
                Ok(Message::Binary(bytes)) => return Some(codec::from_bytes(&bytes).unwrap()),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                // A socket with a timeout may be woken with nothing to read.
                Err(Error::Io(error)) if error.kind() == ErrorKind::Interrupted => {}
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => panic!("nothing came for {NEVER:?}"),
                Ok(Message::Close(_))
                | Err(Error::Io(_) | Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(_)) => {
                    return None;
                }
                other => panic!("a message was expected, not {other:?}"),
            }
        }
    }

    pub(crate) fn until<T>(&mut self, mut pick: impl FnMut(ServerMessage) -> Option<T>) -> T {
        loop {
            if let Some(picked) = pick(self.next()) {
                return picked;
            }
        }
    }

    /// Waits until the relay lists the run in this way.
    pub(crate) fn listed(&mut self, mut is_so: impl FnMut(&RunSummary) -> bool) -> RunSummary {
        let run = self.run.clone();
        self.send(&ClientMessage::ListRuns { changes: false, parts: false });
        self.until(|message| match message {
            ServerMessage::Runs { runs, .. } => runs.into_iter().find(|it| it.run == run && is_so(it)),
            _ => None,
        })
    }

    /// Subscribes to a listed run; gives its epoch.
    pub(crate) fn subscribe(&mut self, from: From) -> Epoch {
        self.ask(from);
        self.subscribed()
    }

    /// Asks for the stream of the run.
    pub(crate) fn ask(&mut self, from: From) {
        self.send(&ClientMessage::Subscribe { run: self.run.clone(), from, epoch: None });
    }

    /// The newest state of a listed run.
    pub(crate) fn snapshot(&mut self) -> Vec<StateEntry> {
        self.send(&ClientMessage::Subscribe { run: self.run.clone(), from: From::None, epoch: None });
        self.until(|it| if let ServerMessage::Subscribed { snapshot, .. } = it { Some(snapshot) } else { None })
    }

    /// The beginning of a subscription, or of a new epoch.
    pub(crate) fn subscribed(&mut self) -> Epoch {
        self.until(|it| if let ServerMessage::Subscribed { epoch, .. } = it { Some(epoch) } else { None })
    }

    pub(crate) fn command(&mut self, command: RunCommand) -> Answer {
        self.requests += 1;
        let request = self.requests;
        self.send(&ClientMessage::Command { run: self.run.clone(), request, command });
        self.until(|it| match it {
            ServerMessage::Answer { request: answered, answer } if answered == request => Some(answer),
            _ => None,
        })
    }

    /// A file that the run left with the relay.
    pub(crate) fn file(&mut self, file: &Artifact) -> Artifact {
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < file.length() {
            let offset = bytes.len() as u64;
            self.send(&ClientMessage::GetArtifact { run: self.run.clone(), sha256: file.hash(), offset });
            let part = self.until(|it| match it {
                ServerMessage::ArtifactPart { content, .. } => Some(content),
                ServerMessage::Error { message, .. } => panic!("{message}"),
                _ => None,
            });
            bytes.extend_from_slice(&part);
        }
        file.with(bytes).unwrap()
    }

    /// Log entries from the next message on, up to the first that is wanted.
    pub(crate) fn log_until(&mut self, mut is_last: impl FnMut(&LogEvent) -> bool) -> Vec<LogEntry> {
        let mut log = Vec::new();
        loop {
            let entries =
                self.until(|it| if let ServerMessage::Log { entries, .. } = it { Some(entries) } else { None });
            for entry in entries {
                let last = is_last(&entry.event.decode().unwrap());
                log.push(entry);
                if last {
                    return log;
                }
            }
        }
    }

    /// The whole log of a run that has ended, in its present epoch.
    pub(crate) fn whole_log(&mut self) -> Vec<LogEntry> {
        self.listed(|_| true);
        self.subscribe(From::All);
        self.log_until(|event| matches!(event, LogEvent::RunEnded { .. }))
    }

    /// The logs of all starts of a run that is no longer published, as far as the relay has them, the oldest first.
    pub(crate) fn logs(&mut self) -> Vec<Vec<LogEntry>> {
        let RunSummary { epoch, entries, earlier, .. } = self.listed(|it| !it.live);
        let earlier = earlier.into_iter().rev().map(|it| (it.epoch, it.entries));
        let mut logs = Vec::new();
        for (epoch, mut left) in earlier.chain([(epoch, entries)]).filter(|(_, entries)| *entries > 0) {
            self.send(&ClientMessage::Subscribe { run: self.run.clone(), from: From::All, epoch: Some(epoch) });
            self.subscribed();
            logs.push(self.log_until(|_| {
                left -= 1;
                left == 0
            }));
        }
        logs
    }

    /// What the relay has of the log of a run that is no longer published and may have no end.
    pub(crate) fn log_so_far(&mut self) -> Vec<LogEntry> {
        let mut left = self.listed(|it| !it.live).entries;
        self.subscribe(From::All);
        self.log_until(|_| {
            left -= 1;
            left == 0
        })
    }
}

/// Fails on a hole or a duplicate among entries or episodes from the first one on; gives the number of episodes.
pub(crate) fn check_log(log: &[LogEntry]) -> u64 {
    let episodes = check_part(log);
    assert_eq!(episodes.start, 0);
    episodes.end
}

/// Fails on a hole or a duplicate among the entries and episodes of a start of a run, which may have gone on from another one; gives
/// its episodes.
pub(crate) fn check_part(log: &[LogEntry]) -> Range<u64> {
    let mut episodes: Option<Range<u64>> = None;
    for (index, entry) in log.iter().enumerate() {
        assert_eq!(entry.offset.0, index as u64);
        if let LogEvent::Episodes(bin) = entry.event.decode().unwrap() {
            let known = episodes.unwrap_or(bin.first_episode..bin.first_episode);
            assert_eq!(bin.first_episode, known.end, "episodes without hole or duplicate");
            episodes = Some(known.start..bin.last_episode + 1);
        }
    }
    assert!(matches!(log[0].event.decode().unwrap(), LogEvent::RunStarted { .. }));
    episodes.unwrap_or_default()
}
