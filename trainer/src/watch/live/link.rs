//! The connection of a viewer, made again until the run is over or the relay refuses it.

use super::live_run::LiveRun;
use crate::address::RelayUri;
use crate::connection::{self, ConnectionLoss, RelaySocket};
use crate::tls::Trust;
use futures_util::SinkExt as _;
use shared::message::{ClientMessage, ErrorCode, From, Role, ServerMessage};
use shared::{RunId, codec};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

/// Points of the curve that are asked for at first.
const POINTS: u32 = 400;

/// First and greatest wait between two attempts.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What leads from a relay to the run.
pub(super) struct LiveLink {
    pub(super) address: RelayUri,
    pub(super) trust: Trust,
    pub(super) token: Option<String>,
    pub(super) run: RunId,
    pub(super) live: Arc<Mutex<LiveRun>>,
    /// Told when nothing more comes.
    pub(super) over: Sender<()>,
}

impl LiveLink {
    /// Connects, again and again.
    pub(super) async fn keep_up(self) {
        let mut wait = FIRST_WAIT;
        loop {
            let mut connected = false;
            let lost = match self.follow(&mut connected).await {
                Ok(()) => None,
                Err(ConnectionLoss::Refused(code, words)) if is_final(code) => {
                    super::lock(&self.live).refused = Some(format!("{} says: {words}", self.address));
                    None
                }
                Err(lost) => Some(lost),
            };
            let Some(lost) = lost else {
                // Whoever waited for it has ended already.
                self.over.send(()).ok();
                return;
            };
            super::lock(&self.live).away(&lost.to_string());
            wait = if connected { FIRST_WAIT } else { (wait * 2).min(LONGEST_WAIT) };
            sleep(wait).await;
        }
    }

    /// One connection, until the run has ended.
    async fn follow(&self, connected: &mut bool) -> Result<(), ConnectionLoss> {
        let greeting = connection::open(&self.address, &self.trust, (Role::Viewer, ""), self.token.clone());
        let mut socket = timeout(connection::GREETING, greeting).await.map_err(|_| ConnectionLoss::Silent)??;
        loop {
            let message = timeout(connection::SILENCE, connection::next(&mut socket))
                .await
                .map_err(|_| ConnectionLoss::Silent)??;
            match message {
                Some(ServerMessage::Welcome { .. }) => {
                    *connected = true;
                    self.subscribe(&mut socket).await?;
                }
                Some(ServerMessage::Error { code, message, .. }) => return Err(ConnectionLoss::Refused(code, message)),
                Some(message) => {
                    let has_ended = super::lock(&self.live).take(message);
                    if has_ended {
                        return Ok(());
                    }
                }
                None => {}
            }
        }
    }

    async fn subscribe(&self, socket: &mut RelaySocket) -> Result<(), ConnectionLoss> {
        let subscribe = ClientMessage::Subscribe { run: self.run.clone(), from: From::Thinned(POINTS), epoch: None };
        // The list tells whether its trainer is still there.
        for message in [subscribe, ClientMessage::ListRuns { changes: true, parts: true }] {
            socket.send(Message::binary(codec::to_bytes(&message)?)).await?;
        }
        Ok(())
    }
}

/// Whether another attempt would end the same way.
const fn is_final(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::UnknownRun | ErrorCode::Unauthorized | ErrorCode::Forbidden | ErrorCode::WrongVersion)
}
