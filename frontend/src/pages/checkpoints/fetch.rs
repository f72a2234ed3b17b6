//! Fetches files that runs left with their relay, one at a time, part by part, over a line of its own.

use crate::services::relay_address::PageRelayAddress;
use crate::services::relay_link::{ConnectionState, RelayLink};
use crate::text::checkpoints as words;
use shared::message::Role;
use shared::{Artifact, RunId, ServerMessage};
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// Told of a file's bytes, or why they cannot be had.
type FetchCallback = Box<dyn FnOnce(Result<Vec<u8>, String>)>;

/// The line. Dropped, it closes.
pub struct Fetch(Rc<FetchState>);

struct FetchState {
    link: RefCell<Option<RelayLink>>,
    wanted: RefCell<Option<WantedFile>>,
}

struct WantedFile {
    run: RunId,
    file: Artifact,
    bytes: Vec<u8>,
    heard: FetchCallback,
}

impl Fetch {
    /// Connects to a relay with a greeting that it has accepted before.
    pub fn open(address: PageRelayAddress, (role, token): (Role, Option<String>)) -> Self {
        let inner = Rc::new(FetchState { link: RefCell::default(), wanted: RefCell::default() });
        let (hearer, asker) = (Rc::downgrade(&inner), Rc::downgrade(&inner));
        let with = |inner: &Weak<FetchState>, act: &dyn Fn(&FetchState)| {
            if let Some(inner) = inner.upgrade() {
                act(&inner);
            }
        };
        let link = RelayLink::open(
            address,
            role,
            token,
            move |message| with(&hearer, &|inner| inner.hear(&message)),
            move |state| {
                if matches!(state, ConnectionState::Open { .. }) {
                    with(&asker, &FetchState::ask);
                }
            },
        );
        inner.link.replace(Some(link));
        Self(inner)
    }

    /// Fetches a file in place of the one that was wanted before. After a break of the line it goes on where it was.
    pub fn fetch(&self, run: RunId, file: Artifact, heard: impl FnOnce(Result<Vec<u8>, String>) + 'static) {
        self.0.wanted.replace(Some(WantedFile { run, file, bytes: Vec::new(), heard: Box::new(heard) }));
        self.0.ask();
    }
}

impl std::fmt::Debug for Fetch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Fetch").finish_non_exhaustive()
    }
}

impl FetchState {
    /// Asks for what is missing.
    fn ask(&self) {
        if let (Some(wanted), Some(link)) = (self.wanted.borrow().as_ref(), self.link.borrow().as_ref()) {
            link.get_artifact(wanted.run.clone(), wanted.file.hash(), wanted.bytes.len() as u64);
        }
    }

    fn hear(&self, message: &ServerMessage) {
        let done = {
            let mut slot = self.wanted.borrow_mut();
            let Some(wanted) = slot.as_mut() else { return };
            match message {
                ServerMessage::ArtifactPart { sha256, offset, content, .. }
                    if *sha256 == wanted.file.hash() && *offset == wanted.bytes.len() as u64 =>
                {
                    wanted.bytes.extend_from_slice(content);
                    if wanted.bytes.len() as u64 >= wanted.file.length() {
                        let whole = wanted.file.with(std::mem::take(&mut wanted.bytes));
                        Some(whole.map(|it| it.bytes().unwrap_or_default().to_vec()).map_err(|it| it.to_string()))
                    } else if content.is_empty() {
                        Some(Err(String::from(words::BROKEN_OFF)))
                    } else {
                        None
                    }
                }
                ServerMessage::Error { details, .. }
                    if details.get("artifact") == Some(&wanted.file.hash().to_string()) =>
                {
                    Some(Err(String::from(words::NOT_THERE)))
                }
                _ => return,
            }
        };
        match done {
            None => self.ask(),
            Some(result) => {
                let wanted = self.wanted.take();
                if let Some(WantedFile { heard, .. }) = wanted {
                    heard(result);
                }
            }
        }
    }
}
