//! Webhooks: an address that is told of an alert by `POST`, by a task of its own, so that it holds up nobody.

use super::Firing;
use super::kept::{AlertKeeper, AlertNote};
use crate::metrics::{Metrics, WebhookLabel};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, Uri, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use shared::alert::AlertComparison;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, Error as TlsError, RootCertStore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

/// News that wait for one webhook; more are left out, and counted.
const MOST_WAITING: usize = 64;

/// Time for one attempt, and the waits between attempts.
const ATTEMPT: Duration = Duration::from_secs(10);
const WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// Time for the attempts under way when the relay ends.
const LAST_ATTEMPT: Duration = Duration::from_millis(500);

/// Where to tell of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    uri: Uri,
    host: String,
    port: u16,
    is_secure: bool,
}

/// Why an address is none of a webhook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no address of a webhook; write https://HOST/PATH, or http:// within one machine")]
pub struct NoWebhook {
    /// What was given, cut after 200 characters.
    given: String,
}

impl FromStr for Webhook {
    type Err = NoWebhook;

    fn from_str(given: &str) -> Result<Self, NoWebhook> {
        let no = || NoWebhook { given: given.chars().take(200).collect() };
        let uri: Uri = given.parse().map_err(|_| no())?;
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(no()),
        };
        let host = uri.host().filter(|it| !it.is_empty()).ok_or_else(no)?.to_owned();
        let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        Ok(Self { uri, host, port, is_secure })
    }
}

/// What a webhook is told.
#[derive(Clone, Debug, Serialize)]
pub(super) struct WebhookNews {
    /// The same for what is told again.
    id: String,
    state: &'static str,
    /// In words, as chats show it.
    text: String,
    #[serde(flatten)]
    firing: Firing,
}

impl WebhookNews {
    pub(super) fn firing(firing: Firing) -> Self {
        Self::new("firing", firing)
    }

    pub(super) fn clear(firing: Firing) -> Self {
        Self::new("clear", firing)
    }

    fn new(state: &'static str, firing: Firing) -> Self {
        let Firing { alert, run, metric, is, threshold, step, .. } = &firing;
        let value = firing.value.map_or("not finite".into(), |it| it.to_string());
        let bound = match is {
            AlertComparison::Above => format!("above {threshold}"),
            AlertComparison::Below => format!("below {threshold}"),
            AlertComparison::NotFinite => "not finite".into(),
        };
        let standing = if state == "firing" { "is" } else { "is no longer" };
        let text = format!("{alert}: {metric} of run {run} {standing} {bound}: {value} at step {step}");
        Self { id: String::new(), state, text, firing }
    }

    /// As it is told. They come of the entry before an offset.
    pub(super) fn body(self, judged: u64) -> String {
        let Firing { alert, run, epoch, .. } = &self.firing;
        let id = format!("{alert}/{run}/{epoch}/{}", judged.saturating_sub(1));
        serde_json::to_string(&Self { id, ..self }).unwrap_or_default()
    }
}

/// News that wait to be told.
#[derive(Debug)]
pub(super) struct WaitingNews {
    pub(super) number: u64,
    pub(super) body: String,
    /// Comes once they are kept; what is not kept could be told twice.
    pub(super) kept: Option<oneshot::Receiver<()>>,
}

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("it did not answer within {} s", ATTEMPT.as_secs())]
    Silent,
    #[error("it answered {0}")]
    Answered(StatusCode),
    #[error("{0}")]
    Connection(#[from] std::io::Error),
    #[error("{0}")]
    Http(#[from] hyper::Error),
    #[error("{0}")]
    Request(#[from] axum::http::Error),
    #[error("its name is none that a certificate can be for")]
    Name,
    #[error("{0}")]
    Tls(#[from] TlsError),
}

/// The tasks of all webhooks.
#[derive(Debug, Default)]
pub(super) struct Going {
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl Going {
    /// Lets each end what it is at, for a moment, and begin nothing more.
    pub(super) async fn end(&self) {
        self.closing.cancel();
        self.tasks.close();
        tokio::time::timeout(LAST_ATTEMPT, self.tasks.wait()).await.ok();
    }
}

/// Where a rule's news go to.
#[derive(Debug)]
pub(super) struct Messenger {
    sender: mpsc::Sender<WaitingNews>,
    alert: String,
    metrics: Metrics,
    keeper: Arc<dyn AlertKeeper>,
}

impl Messenger {
    /// Starts the task, which ends with the messenger.
    pub(super) fn start(
        webhook: Webhook,
        alert: String,
        (metrics, keeper): (Metrics, Arc<dyn AlertKeeper>),
        going: &Going,
    ) -> Self {
        // Whoever looks at rates misses the first of what begins to be counted at one.
        for outcome in OUTCOMES {
            drop(metrics.webhooks.get_or_create(&WebhookLabel { alert: alert.clone(), outcome }));
        }
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        let told = deliver(webhook, receiver, (alert.clone(), metrics.clone(), keeper.clone()), going.closing.clone());
        going.tasks.spawn(told);
        Self { sender, alert, metrics, keeper }
    }

    /// Has it told, without waiting.
    pub(super) fn send(&self, news: WaitingNews) {
        let number = news.number;
        if self.sender.try_send(news).is_err() {
            count(&self.metrics, &self.alert, "left_out");
            self.keeper.keep_alert(AlertNote::Told(number), None);
        }
    }
}

/// What may come of telling.
const OUTCOMES: [&str; 3] = ["delivered", "failed", "left_out"];

fn count(metrics: &Metrics, alert: &str, outcome: &'static str) {
    metrics.webhooks.get_or_create(&WebhookLabel { alert: alert.to_owned(), outcome }).inc();
}

async fn deliver(
    webhook: Webhook,
    mut receiver: mpsc::Receiver<WaitingNews>,
    (alert, metrics, keeper): (String, Metrics, Arc<dyn AlertKeeper>),
    closing: CancellationToken,
) {
    let mut tls = None;
    loop {
        let news = tokio::select! {
            biased;
            () = closing.cancelled() => return,
            news = receiver.recv() => news,
        };
        let Some(WaitingNews { number, body, kept }) = news else { return };
        if let Some(kept) = kept {
            // A database that refuses is no reason not to tell.
            tokio::time::timeout(ATTEMPT, kept).await.ok();
        }
        let mut waits = WAITS.into_iter();
        let outcome = loop {
            let attempt = tokio::time::timeout(ATTEMPT, post(&webhook, body.clone(), &mut tls)).await;
            match (attempt.unwrap_or(Err(Failed::Silent)), waits.next()) {
                (Ok(()), _) => break "delivered",
                (Err(_), Some(wait)) => tokio::select! {
                    () = closing.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                },
                (Err(error), None) => {
                    tracing::warn!(alert, host = webhook.host, %error, "a webhook was not told of an alert");
                    break "failed";
                }
            }
        };
        count(&metrics, &alert, outcome);
        keeper.keep_alert(AlertNote::Told(number), None);
    }
}

/// Trusts the system's authorities, which are read once they are needed.
fn connector(kept: &mut Option<TlsConnector>) -> Result<TlsConnector, TlsError> {
    if let Some(connector) = kept {
        return Ok(connector.clone());
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(kept.insert(TlsConnector::from(Arc::new(config))).clone())
}

async fn post(webhook: &Webhook, body: String, tls: &mut Option<TlsConnector>) -> Result<(), Failed> {
    let host = webhook.host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let stream = TcpStream::connect((host.as_str(), webhook.port)).await?;
    if !webhook.is_secure {
        return exchange(webhook, stream, body).await;
    }
    let name = ServerName::try_from(host).map_err(|_| Failed::Name)?;
    exchange(webhook, connector(tls)?.connect(name, stream).await?, body).await
}

async fn exchange(
    webhook: &Webhook,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    body: String,
) -> Result<(), Failed> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let path = webhook.uri.path_and_query().map_or("/", |it| it.as_str());
    let authority = webhook.uri.authority().map_or(webhook.host.as_str(), |it| it.as_str());
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, authority)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "terrarium")
        .body(Body::from(body))?;
    // It goes on only while somebody asks it to, and ends with this attempt.
    let _going = AbortOnDropHandle::new(tokio::spawn(connection));
    let status = sender.send_request(request).await?.status();
    if status.is_success() { Ok(()) } else { Err(Failed::Answered(status)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_are_webhooks() {
        let hook: Webhook = "https://hooks.example/a?b=c".parse().unwrap();
        assert_eq!((hook.host.as_str(), hook.port, hook.is_secure), ("hooks.example", 443, true));
        let hook: Webhook = "http://[::1]:9".parse().unwrap();
        assert_eq!((hook.port, hook.is_secure), (9, false));
        for wrong in ["", "hooks.example", "ftp://x/", "https://", "/path"] {
            assert!(wrong.parse::<Webhook>().is_err(), "{wrong}");
        }
    }
}
