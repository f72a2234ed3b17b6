//! The line between the page and a relay: it keeps itself alive and heals without hole or duplicate.

use super::relay_address::RelayAddress;
use crate::clock::uptime_millis;
use crate::pending::{Heard, Pending};
use crate::text;
use gloo_timers::callback::{Interval, Timeout};
use js_sys::{ArrayBuffer, Math, Uint8Array};
use shared::codec::CodecError;
use shared::command::Answer;
use shared::message::{ErrorCode, From, Hello, PROTOCOL, Role};
use shared::{ClientMessage, Command, Epoch, RunId, ServerMessage, codec};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

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
    },
}

/// A line to a relay. Dropped, it closes.
pub struct RelayLink(Rc<Inner>);

impl std::fmt::Debug for RelayLink {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RelayLink").field("state", &*self.0.state.borrow()).finish_non_exhaustive()
    }
}

/// The epoch that a subscription stays with, and what it wants.
type Subscription = (Option<Epoch>, Box<dyn Fn() -> From>);

struct Inner {
    address: RelayAddress,
    hello: Hello,
    on_message: Box<dyn Fn(ServerMessage)>,
    on_state: Box<dyn Fn(ConnectionState)>,
    state: RefCell<ConnectionState>,
    connection: RefCell<Option<Connection>>,
    /// What each subscription wants is asked anew at every connection.
    subscriptions: RefCell<BTreeMap<RunId, Subscription>>,
    lists_runs: Cell<bool>,
    failures: Cell<u32>,
    pending: Pending,
    /// Number and time of the ping that has no answer yet.
    ping: Cell<Option<(u64, f64)>>,
    pings: Cell<u64>,
    heartbeat: RefCell<Option<Interval>>,
    countdown: RefCell<Option<Timeout>>,
}

/// What a socket calls: opened, message, closed.
type Handlers = (Closure<dyn Fn()>, Closure<dyn Fn(MessageEvent)>, Closure<dyn Fn(Event)>);

/// A socket with its handlers.
struct Connection {
    socket: WebSocket,
    _handlers: Handlers,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // It may be closed already.
        let _ = self.socket.close();
    }
}

impl RelayLink {
    /// Connects as `role`, with the role's token where the relay asks for one.
    /// `on_message` gets everything but pongs and answers; `on_state` hears of every change and every second of waiting.
    pub fn open(
        address: RelayAddress,
        role: Role,
        token: Option<String>,
        on_message: impl Fn(ServerMessage) + 'static,
        on_state: impl Fn(ConnectionState) + 'static,
    ) -> Self {
        let inner = Rc::new(Inner {
            address,
            hello: Hello { protocol: PROTOCOL, role, token },
            on_message: Box::new(on_message),
            on_state: Box::new(on_state),
            state: RefCell::new(ConnectionState::Connecting),
            connection: RefCell::default(),
            subscriptions: RefCell::default(),
            lists_runs: Cell::default(),
            failures: Cell::default(),
            pending: Pending::default(),
            ping: Cell::default(),
            pings: Cell::default(),
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
        self.0.send(&ClientMessage::ListRuns {});
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

    /// Sends a wish. `heard` gets its answer, or why there is none: no connection, one that breaks, too large.
    pub fn command(&self, run: RunId, command: Command, heard: Heard) {
        self.0.pending.ask(heard, |request| {
            if !matches!(*self.0.state.borrow(), ConnectionState::Open { .. }) {
                return Err(text::NOBODY_THERE.into());
            }
            self.0.post(&ClientMessage::Command { run, request, command })
        });
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

impl Inner {
    fn set_state(&self, state: ConnectionState) {
        self.state.replace(state.clone());
        (self.on_state)(state);
    }

    /// Gives up the connection, and with it the answers that it owes.
    fn hang_up(&self) {
        self.connection.take();
        self.pending.reject_all(text::ANSWER_LOST);
    }

    fn connect(self: &Rc<Self>) {
        self.countdown.take();
        self.heartbeat.take();
        self.ping.take();
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
        let connection = self.connection.borrow();
        let socket = connection.as_ref().map(|it| &it.socket).ok_or(text::NOBODY_THERE)?;
        socket.send_with_u8_array(&bytes).map_err(|_| text::NOBODY_THERE.into())
    }

    fn hear(self: &Rc<Self>, event: &MessageEvent) {
        let message = match event.data().dyn_ref::<ArrayBuffer>() {
            Some(buffer) => codec::from_bytes(&Uint8Array::new(buffer).to_vec()),
            // The page greets in binary, and a relay answers in kind.
            None => Err(CodecError::Malformed { reason: "a text among binary messages".into() }),
        };
        match message {
            Ok(ServerMessage::Welcome { role, .. }) => self.begin(role),
            Ok(ServerMessage::Pong { nonce }) => self.measure(nonce),
            Ok(ServerMessage::Answer { request, answer }) => self.pending.answer(request, answer),
            Ok(ServerMessage::Error { message, details, .. }) if request_of(&details).is_some() => {
                let request = request_of(&details).unwrap_or_default();
                self.pending.answer(request, Answer::Rejected { reason: message });
            }
            Ok(ServerMessage::Error { code, message, .. }) if is_final(code) => {
                self.hang_up();
                self.heartbeat.take();
                self.set_state(ConnectionState::Refused { message });
            }
            Ok(message) => (self.on_message)(message),
            // A newer relay may say what this page does not know yet.
            Err(CodecError::UnknownKind { .. }) => {}
            Err(error) => self.wait(format!("the relay sent something unreadable: {error}")),
        }
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
            self.send(&ClientMessage::ListRuns {});
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
            Some((_, sent)) if now - sent > DEAD_AFTER_MILLIS => self.wait("the relay does not answer".into()),
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
    fn open(inner: &Rc<Inner>) -> Result<Self, String> {
        let socket = WebSocket::new(inner.address.as_str())
            .map_err(|_| format!("the browser does not open {}", inner.address.as_str()))?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let link = Rc::downgrade(inner);
        let open = Closure::<dyn Fn()>::new(move || {
            if let Some(link) = link.upgrade() {
                // A socket that has just opened takes it; one that does not, closes.
                let _ = link.post(&ClientMessage::Hello(link.hello.clone()));
            }
        });
        let link = Rc::downgrade(inner);
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(link) = link.upgrade() {
                link.hear(&event);
            }
        });
        let link = Rc::downgrade(inner);
        let close = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            let Some(link) = link.upgrade() else { return };
            let said = event.dyn_ref::<CloseEvent>().map(CloseEvent::reason).filter(|it| !it.is_empty());
            let was_open = matches!(*link.state.borrow(), ConnectionState::Open { .. });
            let silent = if was_open { "the relay went away" } else { "the relay cannot be reached" };
            link.wait(said.unwrap_or_else(|| silent.into()));
        });
        socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        Ok(Self { socket, _handlers: (open, message, close) })
    }
}

/// The command that an error is about.
fn request_of(details: &BTreeMap<String, String>) -> Option<u64> {
    details.get("request")?.parse().ok()
}

/// Errors after which the same greeting would be refused again.
fn is_final(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::WrongVersion | ErrorCode::Unauthorized)
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
