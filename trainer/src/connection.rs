//! The connection to the relay: a thread of its own, so that training never waits for a network.

use crate::address::RelayUri;
use crate::clock::wall_millis;
use crate::publication::{Publication, RelayRequest, Request};
use crate::tls::{self, Trust};
use environments::Generator;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use shared::codec::{self, CodecError};
use shared::command::{Answer, Command};
use shared::message::{ClientMessage, ErrorCode, Hello, PROTOCOL, Role, ServerMessage};
use shared::quantity::Seed;
use std::fmt;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite::http::Response;
use tokio_tungstenite::tungstenite::http::header::LOCATION;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

/// Time for a connection to be made and greeted.
pub(crate) const GREETING: Duration = Duration::from_secs(10);
/// The relay pings every 15 s; silence this long means that it is gone.
pub(crate) const SILENCE: Duration = Duration::from_secs(45);
/// First and greatest wait between two attempts.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A wait is longer by up to this share, by chance, so that many do not come at once.
const JITTER: f64 = 0.25;

/// What wakes the training loop.
#[derive(Debug)]
pub enum Inbound {
    /// Somebody watching asks for this; answer under the number.
    Command(Request, Command),
    /// The relay knows nothing yet: send every state event.
    SendState,
    /// The connection is another one now.
    Relay(RelayState),
    /// Words for the person at the terminal.
    Notice(String),
    /// A signal asks the process to end.
    Interrupt,
    /// Nothing more comes from the relay, and nothing goes there any longer.
    Over,
}

/// How it stands with the relay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RelayState {
    /// Not reached yet.
    #[default]
    Connecting,
    /// Connected and greeted.
    Connected,
    /// Not reachable, with the reason; it is tried again.
    Away(String),
    /// Not tried any longer, with the reason.
    GivenUp(String),
}

impl fmt::Display for RelayState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connecting => formatter.write_str("connecting to the relay"),
            Self::Connected => formatter.write_str("relay connected"),
            Self::Away(reason) => write!(formatter, "relay away ({reason}); training goes on"),
            Self::GivenUp(reason) => write!(formatter, "no longer publishing ({reason}); training goes on"),
        }
    }
}

/// What the training thread and the network thread share.
#[derive(Debug)]
struct PublisherState {
    publication: Mutex<Publication>,
    changed: Notify,
}

impl PublisherState {
    fn publication(&self) -> MutexGuard<'_, Publication> {
        self.publication.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where to publish, and how.
#[derive(Debug)]
pub struct Destination {
    /// The relay.
    pub address: RelayUri,
    /// Who tells that it is the right one.
    pub trust: Trust,
    /// Token of publishers, where it asks for one.
    pub token: Option<String>,
    /// Whether to give up where somebody else publishes the run, or has published a later epoch of it.
    pub only_if_free: bool,
    /// What the relay's runs are said to be trained by; empty to say nothing.
    pub trainer: String,
}

/// A publication on its way to a relay.
#[derive(Debug)]
pub struct Publisher {
    shared: Arc<PublisherState>,
    finish: watch::Sender<Option<Instant>>,
}

impl Publisher {
    /// Starts the network thread. What it hears goes into `inbound`.
    pub fn start(line: Destination, publication: Publication, inbound: Sender<Inbound>) -> std::io::Result<Self> {
        let shared = Arc::new(PublisherState { publication: Mutex::new(publication), changed: Notify::new() });
        let (finish, finishing) = watch::channel(None);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let network = ConnectionTask { line, shared: shared.clone(), inbound, finishing };
        std::thread::Builder::new().name("relay".into()).spawn(move || runtime.block_on(network.keep_up()))?;
        Ok(Self { shared, finish })
    }

    /// Changes the publication, without waiting for the network.
    pub fn update<T>(&self, change: impl FnOnce(&mut Publication) -> T) -> T {
        let changed = change(&mut self.shared.publication());
        self.shared.changed.notify_one();
        changed
    }

    /// Puts in what became of a command.
    pub fn answer(&self, request: Request, answer: Answer) {
        self.update(|it| it.answer(request, answer));
    }

    /// Nothing more will come: the connection ends once the relay has stored everything, or after so long. Then
    /// [`Inbound::Over`] is heard.
    pub fn finish(&self, patience: Duration) {
        self.update(Publication::end);
        self.finish.send_replace(Some(Instant::now() + patience));
    }
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionLoss {
    #[error("{0}")]
    Socket(#[from] tungstenite::Error),
    #[error("{0}")]
    Untrusted(String),
    #[error("{0}")]
    NoStream(String),
    #[error("it did not answer in time")]
    Silent,
    #[error("it closed the connection")]
    Closed,
    #[error("it said {0:?}: {1}")]
    Refused(ErrorCode, String),
    #[error("{0}")]
    Codec(#[from] CodecError),
    #[error("{0}")]
    Spill(#[from] crate::spill::SpillError),
    #[error("{0}")]
    Elsewhere(String),
}

/// Where a connection ended by itself.
struct WithdrawnConnection;

/// A connection to a relay.
pub(crate) type RelaySocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The network side.
struct ConnectionTask {
    line: Destination,
    shared: Arc<PublisherState>,
    inbound: Sender<Inbound>,
    finishing: watch::Receiver<Option<Instant>>,
}

impl ConnectionTask {
    /// Connects, again and again, until everything is withdrawn or there is no more time.
    async fn keep_up(self) {
        tokio::select! {
            () = self.connect_again_and_again() => {}
            () = self.deadline() => {}
        }
        self.tell(Inbound::Over);
    }

    /// Waits until there is no more time, which somebody may shorten meanwhile.
    async fn deadline(&self) {
        let mut finishing = self.finishing.clone();
        loop {
            let end = *finishing.borrow_and_update();
            let no_more_time = async {
                match end {
                    Some(end) => sleep_until(end).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = no_more_time => return,
                changed = finishing.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn connect_again_and_again(&self) {
        let mut generator = Generator::new(Seed::default().derive(wall_millis() as u64, 0));
        let mut wait = FIRST_WAIT;
        loop {
            let mut greeted = false;
            let lost = match self.connection(&mut greeted).await {
                Ok(WithdrawnConnection) => return,
                Err(ConnectionLoss::Elsewhere(reason)) => {
                    self.tell(Inbound::Relay(RelayState::GivenUp(reason)));
                    return;
                }
                Err(lost) => lost,
            };
            self.tell(Inbound::Relay(RelayState::Away(lost.to_string())));
            let mut finishing = self.finishing.clone();
            let hurries = finishing.borrow().is_some();
            if greeted || hurries {
                wait = FIRST_WAIT;
            }
            tokio::select! {
                () = sleep(wait.mul_f64(1.0 + JITTER * generator.unit())) => {}
                _ = finishing.wait_for(Option::is_some), if !hurries => {}
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn connection(&self, greeted: &mut bool) -> Result<WithdrawnConnection, ConnectionLoss> {
        let socket = timeout(GREETING, self.greet()).await.map_err(|_| ConnectionLoss::Silent)??;
        *greeted = true;
        self.shared.publication().connect();
        self.tell(Inbound::Relay(RelayState::Connected));
        let (mut sink, mut stream) = socket.split();
        let outcome = tokio::select! {
            lost = self.read(&mut stream) => lost.map(|never| match never {}),
            outcome = self.write(&mut sink) => outcome,
        };
        if outcome.is_ok() {
            timeout(FIRST_WAIT, sink.close()).await.ok();
        }
        outcome
    }

    async fn greet(&self) -> Result<RelaySocket, ConnectionLoss> {
        let Destination { address, trust, token, only_if_free, trainer } = &self.line;
        let mut socket = open(address, trust, (Role::Publisher, trainer), token.clone()).await?;
        loop {
            match next(&mut socket).await? {
                Some(ServerMessage::Welcome { .. }) if *only_if_free => {
                    socket
                        .send(Message::binary(codec::to_bytes(&ClientMessage::ListRuns {
                            changes: true,
                            parts: true,
                        })?))
                        .await?;
                }
                Some(ServerMessage::Welcome { .. }) => return Ok(socket),
                Some(ServerMessage::Runs { runs, to_come, .. }) if *only_if_free => {
                    self.shared
                        .publication()
                        .contends(&runs)
                        .map_or(Ok(()), |words| Err(ConnectionLoss::Elsewhere(words)))?;
                    if to_come == 0 {
                        return Ok(socket);
                    }
                }
                Some(ServerMessage::Error { code, message, .. }) => return Err(ConnectionLoss::Refused(code, message)),
                _ => {}
            }
        }
    }

    async fn read(
        &self,
        stream: &mut (impl StreamExt<Item = Result<Message, tungstenite::Error>> + Unpin),
    ) -> Result<std::convert::Infallible, ConnectionLoss> {
        loop {
            let message = timeout(SILENCE, next(stream)).await.map_err(|_| ConnectionLoss::Silent)??;
            let Some(message) = message else { continue };
            let request = self.shared.publication().receive(message, wall_millis());
            self.shared.changed.notify_one();
            match request? {
                Some(RelayRequest::Command(request, command)) => self.tell(Inbound::Command(request, command)),
                Some(RelayRequest::State) => self.tell(Inbound::SendState),
                Some(RelayRequest::GiveUp(reason)) => return Err(ConnectionLoss::Elsewhere(reason)),
                Some(RelayRequest::Complaint(message)) => {
                    self.tell(Inbound::Notice(format!("the relay says: {message}")));
                }
                Some(RelayRequest::Words(words)) => self.tell(Inbound::Notice(words)),
                None => {}
            }
        }
    }

    async fn write(
        &self,
        sink: &mut (impl SinkExt<Message, Error = tungstenite::Error> + Unpin),
    ) -> Result<WithdrawnConnection, ConnectionLoss> {
        loop {
            let message = self.shared.publication().next_message()?;
            match message {
                Some(message) => sink.send(Message::binary(codec::to_frame(&message)?)).await?,
                None if self.shared.publication().is_withdrawn() => return Ok(WithdrawnConnection),
                None => self.shared.changed.notified().await,
            }
        }
    }

    /// The training loop may have ended already; then nobody needs to know.
    fn tell(&self, what: Inbound) {
        self.inbound.send(what).ok();
    }
}

/// Connects and greets; what the relay says to it comes next.
pub(crate) async fn open(
    address: &RelayUri,
    trust: &Trust,
    (role, name): (Role, &str),
    token: Option<String>,
) -> Result<RelaySocket, ConnectionLoss> {
    let connected = connect_async_tls_with_config(address.uri(), None, false, Some(trust.connector())).await;
    let (mut socket, _) = connected.map_err(|error| match (tls::explain(&error, address), error) {
        (Some(words), _) => ConnectionLoss::Untrusted(words),
        (None, tungstenite::Error::Http(answer)) => ConnectionLoss::NoStream(no_stream(&answer)),
        (None, error) => error.into(),
    })?;
    let hello = Hello { protocol: PROTOCOL, role, token, name: name.into() };
    socket.send(Message::binary(codec::to_bytes(&ClientMessage::Hello(hello))?)).await?;
    Ok(socket)
}

/// What a relay says of a request that it refuses.
#[derive(Deserialize)]
struct RefusedUpgrade {
    error: String,
}

/// Why an address that answers has no stream, and the way out.
fn no_stream(answer: &Response<Option<Vec<u8>>>) -> String {
    let status = answer.status();
    let said =
        answer.body().as_ref().and_then(|body| serde_json::from_slice::<RefusedUpgrade>(body).ok()).map(|it| it.error);
    let to = answer.headers().get(LOCATION).and_then(|it| it.to_str().ok());
    match (status.as_u16(), said, to) {
        (404, ..) => "it answers, but there is no stream of a relay at this address (404): if the relay is below a path \
                      (--base-path), write the path, too, as in wss://relay.example.org/team/terrarium; else something else \
                      listens there"
            .into(),
        (_, Some(said), _) => format!("it refused the connection: {said} ({})", status.as_u16()),
        (300..=399, _, Some(to)) => {
            let to: String = to.chars().take(200).collect();
            format!("it leads to {to} ({}): give the address of the relay there, with ws:// or wss://", status.as_u16())
        }
        (401 | 403 | 407, ..) => format!(
            "what answers there wants a login of its own ({status}), as proxies do: let it pass /api/v1/stream on to the \
             relay, which asks for a token itself"
        ),
        (502..=504, ..) => format!("a proxy answers there, and the relay behind it does not ({status}): see that it runs"),
        _ => format!(
            "it answers {status} in place of a stream: something else listens there, or a proxy that does not pass \
             WebSockets on"
        ),
    }
}

/// The next message of the relay; none for a frame that is none, or of a kind that is not known here.
pub(crate) async fn next(
    stream: &mut (impl StreamExt<Item = Result<Message, tungstenite::Error>> + Unpin),
) -> Result<Option<ServerMessage>, ConnectionLoss> {
    let decoded = match stream.next().await.ok_or(ConnectionLoss::Closed)?? {
        Message::Binary(bytes) => codec::from_bytes(&bytes),
        Message::Text(text) => codec::from_text(&text),
        Message::Close(_) => return Err(ConnectionLoss::Closed),
        _ => return Ok(None),
    };
    match decoded {
        Ok(message) => Ok(Some(message)),
        Err(CodecError::UnknownKind { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_answers_and_is_no_stream_is_named_with_the_way_out() {
        let words = |status: u16, location: Option<&str>, body: Option<&str>| {
            let mut answer = Response::builder().status(status);
            if let Some(location) = location {
                answer = answer.header(LOCATION, location);
            }
            no_stream(&answer.body(body.map(Into::into)).unwrap())
        };
        let full = r#"{"error": "1024 sessions are open; come again"}"#;
        for (said, wanted) in [
            (words(404, None, Some("<html>")), "write the path, too"),
            (
                words(421, None, Some(r#"{"error": "start it with --allow-host x"}"#)),
                "start it with --allow-host x (421)",
            ),
            (words(503, None, Some(full)), "1024 sessions are open; come again (503)"),
            (words(502, None, Some("<html>")), "the relay behind it does not (502 Bad Gateway)"),
            (words(301, Some("https://b.example/"), None), "leads to https://b.example/ (301)"),
            (words(401, None, None), "wants a login of its own (401 Unauthorized)"),
            (words(200, None, Some("{}")), "answers 200 OK in place of a stream"),
        ] {
            assert!(said.contains(wanted), "{wanted:?} is not in {said}");
        }
    }
}
