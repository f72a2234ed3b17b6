//! What the tests share: relays, clients, and events with recognisable contents.

use futures_util::{SinkExt as _, StreamExt as _};
use server::{Relay, RelayConfig, Tls};
use shared::codec;
use shared::describe::{CatalogEntry, EnvironmentDescription};
use shared::episode::{EpisodeBin, Stat};
use shared::event::{Exactness, LogEvent, StateEvent, StateKind, Status};
use shared::message::{
    ClientMessage, ErrorCode, From, Hello, LogEntry, PROTOCOL, Role, RunSummary, ServerMessage, StateEntry,
};
use shared::{Epoch, Offset, Payload, RunId, RunSpec, Seed};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Far beyond what anything takes: a test that waits so long has failed.
pub(crate) const NEVER: Duration = Duration::from_mins(1);

/// Runs a test on two threads.
pub(crate) fn run_test(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(test);
}

/// The most memory that this process has had, in bytes.
pub(crate) fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|it| it.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// A certificate for `localhost` that vouches for itself, as files in a folder.
pub(crate) fn certified(folder: &Path) -> Tls {
    let tls = Tls { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") };
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(&tls.certificate, made.cert.pem()).unwrap();
    std::fs::write(&tls.key, made.signing_key.serialize_pem()).unwrap();
    tls
}

/// A relay within this process, with a data directory that goes with it.
pub(crate) struct Fixture {
    pub(crate) relay: Relay,
    pub(crate) data: TempDir,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut RelayConfig)) -> Self {
        let data = TempDir::new().unwrap();
        let mut config = RelayConfig::local(data.path());
        change(&mut config);
        Self { relay: Relay::start(config).await.unwrap(), data }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.relay.local_addr()
    }

    pub(crate) async fn client(&self, role: Role) -> Client {
        Client::greeted(self.address(), role).await
    }

    /// A publisher that has announced an epoch of `run()` and was told to send from its beginning.
    pub(crate) async fn publisher(&self, epoch: u64) -> Client {
        let mut publisher = self.client(Role::Publisher).await;
        assert_eq!(publisher.announce(epoch).await, 0);
        publisher
    }
}

/// One side of a WebSocket.
pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    text: bool,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::connect_from(address, None).await
    }

    pub(crate) async fn connect_from(address: SocketAddr, origin: Option<&str>) -> Self {
        let mut request = format!("ws://{address}/api/v1/stream").into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        Self { socket, text: false }
    }

    /// Connects, or gives the words with which the relay refuses the upgrade.
    pub(crate) async fn try_connect(address: SocketAddr) -> Result<Self, String> {
        match tokio_tungstenite::connect_async(format!("ws://{address}/api/v1/stream")).await {
            Ok((socket, _)) => Ok(Self { socket, text: false }),
            Err(Error::Http(answer)) => {
                let body = answer.body().clone().unwrap_or_default();
                let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
                Err(problem["error"].as_str().unwrap().to_owned())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    pub(crate) async fn greeted(address: SocketAddr, role: Role) -> Self {
        let mut client = Self::connect(address).await;
        client.send(&hello(role, None)).await;
        assert_eq!(client.next().await, ServerMessage::Welcome { protocol: PROTOCOL, role });
        client
    }

    /// Greets with a token, which is right.
    pub(crate) async fn with_token(address: SocketAddr, role: Role, token: &str) -> Self {
        let mut client = Self::connect(address).await;
        client.send(&hello(role, Some(token))).await;
        assert_eq!(client.next().await, ServerMessage::Welcome { protocol: PROTOCOL, role });
        client
    }

    /// Speaks JSON from now on.
    pub(crate) fn in_text(mut self) -> Self {
        self.text = true;
        self
    }

    pub(crate) async fn send(&mut self, message: &ClientMessage) {
        let frame = if self.text {
            Message::text(codec::to_text(message).unwrap())
        } else {
            Message::binary(codec::to_bytes(message).unwrap())
        };
        self.send_frame(frame).await;
    }

    pub(crate) async fn send_frame(&mut self, frame: Message) {
        // A relay that has ended the connection already says so in what it sent.
        self.socket.send(frame).await.ok();
    }

    /// Sends a frame; false when the relay has ended the connection, or takes nothing any longer and then ends it.
    pub(crate) async fn try_send_frame(&mut self, frame: Message) -> bool {
        tokio::time::timeout(NEVER, self.socket.send(frame)).await.expect("neither taken nor ended").is_ok()
    }

    /// The next message, in the form in which this client speaks.
    pub(crate) async fn next(&mut self) -> ServerMessage {
        match self.next_frame().await {
            Ok(Message::Binary(bytes)) if !self.text => codec::from_bytes(&bytes).unwrap(),
            Ok(Message::Text(text)) if self.text => codec::from_text(&text).unwrap(),
            other => panic!("a message was expected, not {other:?}"),
        }
    }

    async fn next_frame(&mut self) -> Result<Message, Error> {
        let frame = async {
            loop {
                match self.socket.next().await.unwrap_or(Err(Error::ConnectionClosed)) {
                    Ok(Message::Ping(_) | Message::Pong(_)) => {}
                    frame => return frame,
                }
            }
        };
        tokio::time::timeout(NEVER, frame).await.expect("nothing came")
    }

    /// The next binary message; none once the connection is over, and at once where it shall not be waited for.
    pub(crate) async fn try_next(&mut self, waits: bool) -> Option<ServerMessage> {
        let frame = if waits {
            self.next_frame().await.ok()?
        } else {
            tokio::time::timeout(Duration::ZERO, self.next_frame()).await.ok()?.ok()?
        };
        match frame {
            Message::Binary(bytes) => Some(codec::from_bytes(&bytes).unwrap()),
            _ => None,
        }
    }

    /// The next text message as it is.
    pub(crate) async fn next_json(&mut self) -> serde_json::Value {
        match self.next_frame().await {
            Ok(Message::Text(text)) => {
                assert!(text.len() <= codec::MAX_MESSAGE_BYTES, "a message of {} bytes", text.len());
                serde_json::from_str(&text).unwrap()
            }
            other => panic!("a text message was expected, not {other:?}"),
        }
    }

    /// The content of the next text message of a kind, leaving out others.
    pub(crate) async fn until_json(&mut self, kind: &str) -> serde_json::Value {
        loop {
            if let Some(content) = self.next_json().await.get_mut(kind) {
                return content.take();
            }
        }
    }

    /// The next message that `pick` takes, leaving out others.
    pub(crate) async fn until<T>(&mut self, mut pick: impl FnMut(ServerMessage) -> Option<T>) -> T {
        loop {
            if let Some(picked) = pick(self.next().await) {
                return picked;
            }
        }
    }

    /// The error that comes within a moment, if one does.
    pub(crate) async fn error_if_any(&mut self, moment: Duration) -> Option<(ErrorCode, String)> {
        tokio::time::timeout(moment, self.error()).await.ok()
    }

    /// The next error.
    pub(crate) async fn error(&mut self) -> (ErrorCode, String) {
        let pick = |it| if let ServerMessage::Error { code, message, .. } = it { Some((code, message)) } else { None };
        self.until(pick).await
    }

    /// The close frame that ends the connection.
    pub(crate) async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            match self.next_frame().await {
                Ok(Message::Close(close)) => return close,
                Ok(_) => {}
                Err(error) => panic!("the connection broke without goodbye: {error}"),
            }
        }
    }

    /// Waits until the relay has seen everything that was sent so far.
    pub(crate) async fn settle(&mut self) {
        self.send(&ClientMessage::Ping { nonce: 77 }).await;
        self.until(|it| (it == ServerMessage::Pong { nonce: 77 }).then_some(())).await;
    }

    pub(crate) async fn announce(&mut self, epoch: u64) -> u64 {
        self.send(&ClientMessage::Announce { run: run(), epoch: Epoch(epoch), started_millis: epoch as f64 }).await;
        let pick = |it| match it {
            ServerMessage::Resume { epoch: Epoch(resumed), offset, .. } if resumed == epoch => Some(offset.0),
            _ => None,
        };
        self.until(pick).await
    }

    /// Publishes the entries of a range of offsets in one message.
    pub(crate) async fn publish(&mut self, epoch: u64, offsets: std::ops::Range<u64>) {
        let entries = offsets.map(entry).collect();
        self.send(&ClientMessage::Log { run: run(), epoch: Epoch(epoch), entries }).await;
    }

    pub(crate) async fn publish_state(&mut self, epoch: u64, entries: Vec<StateEntry>) {
        self.send(&ClientMessage::State { run: run(), epoch: Epoch(epoch), entries }).await;
    }

    /// Waits until everything below an offset is stored.
    pub(crate) async fn acknowledged(&mut self, offset: u64) {
        let pick = |it| matches!(it, ServerMessage::Acknowledged { offset: Offset(done), .. } if done >= offset);
        self.until(|it| pick(it).then_some(())).await;
    }

    pub(crate) async fn subscribe(&mut self, from: From) -> Subscribed {
        self.send(&ClientMessage::Subscribe { run: run(), from, epoch: None }).await;
        self.subscribed().await
    }

    /// Subscribes to one epoch, whatever epochs follow.
    pub(crate) async fn subscribe_to(&mut self, epoch: u64, from: From) -> Subscribed {
        self.send(&ClientMessage::Subscribe { run: run(), from, epoch: Some(Epoch(epoch)) }).await;
        self.subscribed().await
    }

    /// The beginning of a subscription.
    pub(crate) async fn subscribed(&mut self) -> Subscribed {
        let pick = |it| match it {
            ServerMessage::Subscribed { epoch, offset, recovered, history, snapshot, .. } => {
                Some(Subscribed { epoch: epoch.0, offset: offset.0, recovered, history, snapshot })
            }
            _ => None,
        };
        self.until(pick).await
    }

    /// Log entries up to and without an offset. Fails on a hole or a duplicate.
    pub(crate) async fn log(&mut self, first: u64, end: u64) {
        let mut next = first;
        while next < end {
            for found in self.log_message().await {
                assert_eq!(found, entry(next));
                next += 1;
            }
        }
        assert_eq!(next, end);
    }

    /// The entries of the next log message.
    pub(crate) async fn log_message(&mut self) -> Vec<LogEntry> {
        self.until(|it| if let ServerMessage::Log { entries, .. } = it { Some(entries) } else { None }).await
    }

    /// The next state message.
    pub(crate) async fn state(&mut self) -> (Vec<StateEntry>, BTreeMap<StateKind, u64>) {
        let pick = |it| match it {
            ServerMessage::State { entries, skipped, .. } => Some((entries, skipped)),
            _ => None,
        };
        self.until(pick).await
    }

    /// The next list of runs.
    pub(crate) async fn runs(&mut self) -> Vec<RunSummary> {
        self.until(|it| if let ServerMessage::Runs { runs, .. } = it { Some(runs) } else { None }).await
    }

    /// The next run in a list that is so.
    pub(crate) async fn until_listed(&mut self, is_so: impl Fn(&RunSummary) -> bool) -> RunSummary {
        let pick = |it| match it {
            ServerMessage::Runs { runs, .. } => runs.into_iter().find(&is_so),
            _ => None,
        };
        self.until(pick).await
    }
}

/// The beginning of a subscription.
#[derive(Debug, PartialEq)]
pub(crate) struct Subscribed {
    pub(crate) epoch: u64,
    pub(crate) offset: u64,
    pub(crate) recovered: bool,
    pub(crate) history: u64,
    pub(crate) snapshot: Vec<StateEntry>,
}

pub(crate) fn run() -> RunId {
    RunId::new("gridworld").unwrap()
}

pub(crate) fn hello(role: Role, token: Option<&str>) -> ClientMessage {
    let token = token.map(Into::into);
    ClientMessage::Hello(Hello { protocol: PROTOCOL, role, token, name: String::new() })
}

/// The log entry at an offset: a start, then bins of one episode.
pub(crate) fn entry(offset: u64) -> LogEntry {
    let event = if offset == 0 { started() } else { LogEvent::Episodes(bin(offset - 1)) };
    LogEntry { offset: Offset(offset), time_millis: offset as f64, event: Payload::compressed(&event).unwrap() }
}

pub(crate) fn started() -> LogEvent {
    LogEvent::RunStarted {
        metrics: vec![],
        spec: RunSpec::new("gridworld", "q-learning", Seed::new(7).unwrap()),
        environment: Box::new(EnvironmentDescription {
            id: "gridworld".into(),
            title: "Gridworld".into(),
            subtitle: "5 x 5".into(),
            actions: Vec::new(),
            controls: vec![],
            outcomes: Vec::new(),
            counters: Vec::new(),
            observation: Vec::new(),
            board: None,
            states: Some(25),
            state_names: vec![],
            legal_actions: vec![].into(),
            layout: None,
            step_limit: None,
        }),
        agent: Box::new(CatalogEntry {
            id: "q-learning".into(),
            title: "Q-learning".into(),
            summary: "words ".repeat(300),
            equation: String::new(),
            source: String::new(),
            parameters: Vec::new(),
            presets: Vec::new(),
        }),
        optimal_return: Some(9.3),
        copies: 1,
        exactness: Exactness::Exact,
        is_host: false,
    }
}

pub(crate) fn bin(episode: u64) -> EpisodeBin {
    EpisodeBin {
        first_episode: episode,
        last_episode: episode,
        count: 1,
        step: 8 * episode,
        episodic_return: Stat::of(episode as f64),
        length: Stat::of(8.0),
        outcomes: BTreeMap::from([("goal".to_owned(), Stat::of(1.0))]),
        each: None,
    }
}

/// What a tool says, by its command line.
pub(crate) fn tool<const N: usize>(arguments: [&str; N]) -> Result<String, server::ToolError> {
    #[derive(clap::Parser)]
    struct Line {
        #[command(subcommand)]
        tool: server::RelayTool,
    }
    let line = <Line as clap::Parser>::try_parse_from(["terrarium"].into_iter().chain(arguments)).unwrap();
    server::use_tool(line.tool)
}

/// A state event that carries its sequence number.
pub(crate) fn state(kind: StateKind, sequence: u64) -> StateEntry {
    let event = StateEvent::Status(Status { step: sequence, run_hash: "0".repeat(3000), ..Status::default() });
    StateEntry { kind, sequence, event: Payload::plain(&event).unwrap() }
}

/// Answers of the relay to plain HTTP: status, headers, body.
pub(crate) async fn get(address: SocketAddr, path: &str, headers: &str) -> (u16, String, String) {
    get_as(address, &address.to_string(), path, headers).await
}

/// The same, to a relay by another name.
pub(crate) async fn get_as(address: SocketAddr, host: &str, path: &str, headers: &str) -> (u16, String, String) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    answer_to(address, &request).await
}

/// Any request, with a body of JSON.
pub(crate) async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> (u16, String, String) {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    answer_to(address, &request).await
}

async fn answer_to(address: SocketAddr, request: &str) -> (u16, String, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(NEVER, socket.read_to_end(&mut answer)).await.expect("no answer").unwrap();
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let (head, body) = (String::from_utf8_lossy(&answer[..end]).to_lowercase(), &answer[end + 4..]);
    let body = if head.contains("transfer-encoding: chunked") { unchunked(body) } else { body.to_vec() };
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, String::from_utf8_lossy(&body).into_owned())
}

/// A body without the marks of its chunks.
fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = rest.windows(2).position(|it| it == b"\r\n").expect("the body is cut off");
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return whole;
        }
        whole.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
}
