//! The line between the page and a relay: it keeps itself alive and heals without hole or duplicate.

use super::relay_address::PageRelayAddress;
use crate::clock::uptime_millis;
use crate::pending::{AnswerCallback, SentCommands};
use crate::text;
use futures_util::future::{AbortHandle, abortable};
use futures_util::stream::SplitSink;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State, WebSocketError};
use gloo_timers::callback::{Interval, Timeout};
use js_sys::Math;
use shared::artifact::ArtifactHash;
use shared::codec::CodecError;
use shared::command::Answer;
use shared::message::{ErrorCode, From, Hello, PROTOCOL, Role};
use shared::{ClientMessage, Command, Epoch, RunId, ServerMessage, codec};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use wasm_bindgen_futures::spawn_local;

/// How often the relay is asked whether it is there.
const PING_EVERY_MILLIS: u32 = 5_000;

/// After this long without an answer the line is taken for dead.
const DEAD_AFTER_MILLIS: f64 = 10_000.0;

/// The longest wait between two tries.
const LONGEST_WAIT_SECONDS: u32 = 30;

/// What the page shows about its line to the relay.
#[derive(Clone, Debug, PartialEq)]
pub enum ConnectionState {
    /// Trying now.
    Connecting,
    /// Connected.
    Open {
        /// The role that the relay gave.
        role: Role,
        /// Time of a ping to the relay and back, once measured.
        round_trip_millis: Option<f64>,
    },
    /// Trying again soon; what is shown stays and is completed then.
    Waiting {
        /// Seconds until the next try.
        next_try_seconds: u32,
        /// What happened.
        reason: String,
    },
    /// The relay does not want this viewer; trying again with the same words would not help.
    Refused {
        /// Why, and what to do.
        message: String,
        /// Whether a token could open it.
        wants_token: bool,
    },
}

/// A line to a relay. Dropped, it closes.
pub struct RelayLink(Rc<RelayLinkState>);

impl std::fmt::Debug for RelayLink {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RelayLink").field("state", &*self.0.state.borrow()).finish_non_exhaustive()
    }
}

/// The epoch that a subscription stays with, and what it wants.
type RunSubscription = (Option<Epoch>, Box<dyn Fn() -> From>);

struct RelayLinkState {
    address: PageRelayAddress,
    hello: Hello,
    on_message: Box<dyn Fn(ServerMessage)>,
    on_state: Box<dyn Fn(ConnectionState)>,
    state: RefCell<ConnectionState>,
    connection: RefCell<Option<Connection>>,
    /// What each subscription wants is asked anew at every connection.
    subscriptions: RefCell<BTreeMap<RunId, RunSubscription>>,
    lists_runs: Cell<bool>,
    failures: Cell<u32>,
    pending: SentCommands,
    /// Number and time of the ping that has no answer yet.
    ping: Cell<Option<(u64, f64)>>,
    pings: Cell<u64>,
    /// What the relay said before it closed the line.
    farewell: RefCell<Option<String>>,
    heartbeat: RefCell<Option<Interval>>,
    countdown: RefCell<Option<Timeout>>,
}

/// The half of a socket that sends; none until it is open.
type Sender = Rc<RefCell<Option<SplitSink<WebSocket, Message>>>>;

/// A socket and the task that hears it. Dropped, both end.
struct Connection {
    sender: Sender,
    hearing: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.hearing.abort();
    }
}

impl RelayLink {
    /// Connects as `role`, with the role's token where the relay asks for one.
    /// `on_message` gets everything but pongs and answers; `on_state` hears of every change and every second of waiting.
    pub fn open(
        address: PageRelayAddress,
        role: Role,
        token: Option<String>,
        on_message: impl Fn(ServerMessage) + 'static,
        on_state: impl Fn(ConnectionState) + 'static,
    ) -> Self {
        let inner = Rc::new(RelayLinkState {
            address,
            hello: Hello { protocol: PROTOCOL, role, token, name: String::new() },
            on_message: Box::new(on_message),
            on_state: Box::new(on_state),
            state: RefCell::new(ConnectionState::Connecting),
            connection: RefCell::default(),
            subscriptions: RefCell::default(),
            lists_runs: Cell::default(),
            failures: Cell::default(),
            pending: SentCommands::default(),
            ping: Cell::default(),
            pings: Cell::default(),
            farewell: RefCell::default(),
            heartbeat: RefCell::default(),
            countdown: RefCell::default(),
        });
        inner.connect();
        Self(inner)
    }

    /// What the page shows about this line.
    pub fn state(&self) -> ConnectionState {
        self.0.state.borrow().clone()
    }

    /// Asks for the list of runs, now and after every reconnection.
    pub fn list_runs(&self) {
        self.0.lists_runs.set(true);
        self.0.send(&ClientMessage::ListRuns { changes: true, parts: true });
    }

    /// Subscribes to a run, or to one epoch of it, now and after every reconnection; `wanted` says each time what is
    /// missing. There is one subscription a run.
    pub fn subscribe(&self, run: RunId, epoch: Option<Epoch>, wanted: impl Fn() -> From + 'static) {
        let from = wanted();
        self.0.subscriptions.borrow_mut().insert(run.clone(), (epoch, Box::new(wanted)));
        self.0.send(&ClientMessage::Subscribe { run, from, epoch });
    }

    /// Asks again for what a subscription lacks, after a hole was found.
    pub fn resubscribe(&self, run: &RunId) {
        let asked = self.0.subscriptions.borrow().get(run).map(|(epoch, wanted)| (*epoch, wanted()));
        if let Some((epoch, from)) = asked {
            self.0.send(&ClientMessage::Subscribe { run: run.clone(), from, epoch });
        }
    }

    /// Ends a subscription.
    pub fn unsubscribe(&self, run: &RunId) {
        if self.0.subscriptions.borrow_mut().remove(run).is_some() {
            self.0.send(&ClientMessage::Unsubscribe { run: run.clone() });
        }
    }

    /// Sends a request. `heard` gets its answer, or why there is none: no connection, one that breaks, too large.
    pub fn command(&self, run: RunId, command: Command, heard: AnswerCallback) {
        self.0.pending.ask(heard, |request| {
            if !matches!(*self.0.state.borrow(), ConnectionState::Open { .. }) {
                return Err(text::NOBODY_THERE.into());
            }
            self.0.post(&ClientMessage::Command { run, request, command })
        });
    }

    /// Asks for a part of an artifact; what comes goes the way of all messages. It is not asked for anew after a reconnection.
    pub fn get_artifact(&self, run: RunId, sha256: ArtifactHash, offset: u64) {
        self.0.send(&ClientMessage::GetArtifact { run, sha256, offset });
    }

    /// Tries at once instead of waiting on.
    pub fn retry_now(&self) {
        if !matches!(*self.0.state.borrow(), ConnectionState::Open { .. } | ConnectionState::Connecting) {
            self.0.connect();
        }
    }
}

impl Drop for RelayLink {
    fn drop(&mut self) {
        self.0.heartbeat.take();
        self.0.countdown.take();
        self.0.hang_up();
    }
}

impl RelayLinkState {
    fn set_state(&self, state: ConnectionState) {
        self.state.replace(state.clone());
        (self.on_state)(state);
    }

    /// Gives up the connection, and with it the answers that it owes.
    fn hang_up(&self) {
        self.connection.take();
        self.pending.reject_all(&text::ANSWER_LOST);
    }

    fn connect(self: &Rc<Self>) {
        self.countdown.take();
        self.heartbeat.take();
        self.ping.take();
        self.farewell.take();
        self.set_state(ConnectionState::Connecting);
        match Connection::open(self) {
            Ok(connection) => drop(self.connection.replace(Some(connection))),
            Err(reason) => self.wait(reason),
        }
    }

    /// Sends if the relay has welcomed this viewer; what matters is sent again at the next welcome.
    fn send(&self, message: &ClientMessage) {
        if matches!(*self.state.borrow(), ConnectionState::Open { .. }) {
            // A line that takes nothing closes, and then everything is asked for again.
            let _ = self.post(message);
        }
    }

    fn post(&self, message: &ClientMessage) -> Result<(), String> {
        let bytes = codec::to_frame(message).map_err(|error| text::not_sendable(&error))?;
        let sender = self.connection.borrow().as_ref().map(|it| Rc::clone(&it.sender)).ok_or(text::NOBODY_THERE)?;
        let mut sender = sender.borrow_mut();
        // An open socket takes a message at once.
        let sent = sender.as_mut().and_then(|it| it.send(Message::Bytes(bytes)).now_or_never());
        matches!(sent, Some(Ok(()))).then_some(()).ok_or_else(|| text::NOBODY_THERE.into())
    }

    fn hear(self: &Rc<Self>, message: &Message) {
        let message = match message {
            Message::Bytes(bytes) => codec::from_bytes(bytes),
            // The page greets in binary, and a relay answers in kind.
            Message::Text(_) => Err(CodecError::Malformed { reason: "a text among binary messages".into() }),
        };
        match message {
            Ok(ServerMessage::Welcome { role, .. }) => self.begin(role),
            Ok(ServerMessage::Pong { nonce }) => self.measure(nonce),
            Ok(ServerMessage::Answer { request, answer }) => self.pending.answer(request, answer),
            Ok(ServerMessage::Error { message, details, .. }) if request_of(&details).is_some() => {
                let request = request_of(&details).unwrap_or_default();
                self.pending.answer(request, Answer::Rejected { reason: message });
            }
            Ok(ServerMessage::Error { code, message, .. }) if is_final(code, self.is_greeting()) => {
                self.hang_up();
                self.heartbeat.take();
                self.set_state(ConnectionState::Refused { message, wants_token: code == ErrorCode::Unauthorized });
            }
            // It closes the line next; what it says is more than what a closing socket may.
            Ok(ServerMessage::Error { code, message, .. }) if is_farewell(code) => {
                self.farewell.replace(Some(message));
            }
            Ok(message) => (self.on_message)(message),
            // A newer relay may say what this page does not know yet.
            Err(CodecError::UnknownKind { .. }) => {}
            Err(error) => self.wait(format!("the relay sent something unreadable: {error}")),
        }
    }

    /// Whether the relay has not answered the greeting yet.
    fn is_greeting(&self) -> bool {
        matches!(*self.state.borrow(), ConnectionState::Connecting)
    }

    fn begin(self: &Rc<Self>, role: Role) {
        self.failures.set(0);
        self.set_state(ConnectionState::Open { role, round_trip_millis: None });
        let link = Rc::downgrade(self);
        self.heartbeat.replace(Some(Interval::new(PING_EVERY_MILLIS, move || {
            if let Some(link) = link.upgrade() {
                link.beat();
            }
        })));
        self.beat();
        if self.lists_runs.get() {
            self.send(&ClientMessage::ListRuns { changes: true, parts: true });
        }
        let subscriptions = self.subscriptions.borrow();
        let asked: Vec<_> =
            subscriptions.iter().map(|(run, (epoch, wanted))| (run.clone(), wanted(), *epoch)).collect();
        drop(subscriptions);
        for (run, from, epoch) in asked {
            self.send(&ClientMessage::Subscribe { run, from, epoch });
        }
    }

    fn beat(self: &Rc<Self>) {
        let now = uptime_millis();
        match self.ping.get() {
            Some((_, sent)) if now - sent > DEAD_AFTER_MILLIS => self.wait(text::RELAY_SILENT.into()),
            Some(_) => {}
            None => {
                let nonce = self.pings.get() + 1;
                self.pings.set(nonce);
                self.ping.set(Some((nonce, now)));
                self.send(&ClientMessage::Ping { nonce });
            }
        }
    }

    fn measure(&self, nonce: u64) {
        let Some((_, sent)) = self.ping.get().filter(|(expected, _)| *expected == nonce) else { return };
        self.ping.take();
        let ConnectionState::Open { role, .. } = *self.state.borrow() else { return };
        let round_trip_millis = Some(uptime_millis() - sent);
        self.set_state(ConnectionState::Open { role, round_trip_millis });
    }

    /// The socket has closed, with the relay's reason if it gave one.
    fn closed(self: &Rc<Self>, reason: String) {
        let was_open = matches!(*self.state.borrow(), ConnectionState::Open { .. });
        let silent = if was_open { text::RELAY_WENT } else { text::RELAY_AWAY };
        let said = self.farewell.take().unwrap_or(reason);
        self.wait(if said.is_empty() { silent.into() } else { said });
    }

    /// Gives up this connection and waits for the next try.
    fn wait(self: &Rc<Self>, reason: String) {
        self.hang_up();
        self.heartbeat.take();
        let failures = self.failures.get();
        self.failures.set(failures.saturating_add(1));
        self.count_down(wait_seconds(failures, Math::random()), reason);
    }

    fn count_down(self: &Rc<Self>, seconds: u32, reason: String) {
        self.set_state(ConnectionState::Waiting { next_try_seconds: seconds, reason: reason.clone() });
        let link: Weak<Self> = Rc::downgrade(self);
        self.countdown.replace(Some(Timeout::new(1_000, move || {
            let Some(link) = link.upgrade() else { return };
            if seconds > 1 { link.count_down(seconds - 1, reason) } else { link.connect() }
        })));
    }
}

impl Connection {
    fn open(link: &Rc<RelayLinkState>) -> Result<Self, String> {
        let address = link.address.as_str();
        let socket = WebSocket::open(address).map_err(|_| format!("the browser does not open {address}"))?;
        let hello = codec::to_frame(&ClientMessage::Hello(link.hello.clone())).map_err(|error| error.to_string())?;
        let sender = Sender::default();
        let (task, hearing) = abortable(converse(Rc::downgrade(link), socket, hello, Rc::clone(&sender)));
        spawn_local(async move {
            // It ends by itself, or because nobody wants to hear it any longer.
            let _ = task.await;
        });
        Ok(Self { sender, hearing })
    }
}

/// Greets once the socket is open, and passes on what comes until it closes.
async fn converse(link: Weak<RelayLinkState>, mut socket: WebSocket, hello: Vec<u8>, sender: Sender) {
    // It is ready when it has opened or failed to, which is heard below.
    let _ = poll_fn(|context| socket.poll_ready_unpin(context)).await;
    let is_open = matches!(socket.state(), State::Open);
    let (mut sink, mut stream) = socket.split();
    if is_open {
        // One that does not take it closes.
        let _ = sink.send(Message::Bytes(hello)).await;
        sender.replace(Some(sink));
    }
    while let Some(event) = stream.next().await {
        let Some(link) = link.upgrade() else { return };
        match event {
            Ok(message) => link.hear(&message),
            Err(WebSocketError::ConnectionClose(close)) => return link.closed(close.reason),
            // What happened is told when the socket closes.
            Err(_) => {}
        }
    }
}

/// The command that an error is about.
fn request_of(details: &BTreeMap<String, String>) -> Option<u64> {
    details.get("request")?.parse().ok()
}

/// Errors after which a relay closes the line.
const fn is_farewell(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::TooLarge | ErrorCode::TooMany | ErrorCode::TooSlow | ErrorCode::ShuttingDown)
}

/// Whether the same greeting would be refused again. Later on a relay forbids a single message, not the line.
fn is_final(code: ErrorCode, is_greeting: bool) -> bool {
    match code {
        ErrorCode::WrongVersion | ErrorCode::Unauthorized => true,
        ErrorCode::Forbidden => is_greeting,
        _ => false,
    }
}

/// Doubling from 1 to 30 seconds, and up to half as long again by `chance` (0 to 1), so that all viewers of a relay
/// that comes back do not come in the same moment.
fn wait_seconds(failures: u32, chance: f64) -> u32 {
    let doubled = 1u32.checked_shl(failures).unwrap_or(u32::MAX).min(LONGEST_WAIT_SECONDS);
    (f64::from(doubled) * (1.0 + 0.5 * chance)).round().min(f64::from(LONGEST_WAIT_SECONDS)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute() {
        let waits: Vec<_> = (0..7).map(|failures| wait_seconds(failures, 0.0)).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(wait_seconds(3, 0.99), 12);
        assert_eq!(wait_seconds(u32::MAX, 1.0), 30);
    }
}
