//! Files on their way to a relay, for those who watch the run: one after the other, part by part, as the relay has room for.

use shared::Artifact;
use shared::RunId;
use shared::artifact::{ArtifactHash, PART_BYTES};
use shared::message::ClientMessage;
use std::collections::VecDeque;

/// Bytes of files that wait; beyond, the oldest are given up, but never the newest.
const MOST_WAITING_BYTES: u64 = 64 << 20;

/// The files that wait.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    waiting: VecDeque<Artifact>,
    /// What the present connection knows of the first of them.
    front: Front,
}

/// How far the first file is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Front {
    /// The relay was not asked how much of it is there.
    #[default]
    Unknown,
    /// It was asked, or a part was sent.
    Asked,
    /// So many bytes are there.
    Kept(u64),
}

impl Uploads {
    /// Takes in a file.
    pub(crate) fn push(&mut self, file: Artifact) {
        if self.waiting.iter().any(|it| *it == file) {
            return;
        }
        self.waiting.push_back(file);
        // The first may be on its way in parts: it stays.
        while self.waiting.iter().map(Artifact::length).sum::<u64>() > MOST_WAITING_BYTES && self.waiting.len() > 2 {
            self.waiting.remove(1);
        }
    }

    /// Another connection knows nothing of what was under way.
    pub(crate) fn connect(&mut self) {
        self.front = Front::Unknown;
    }

    /// The next part to send, if one is due.
    pub(crate) fn next(&mut self, run: &RunId) -> Option<ClientMessage> {
        let file = self.waiting.front()?;
        let bytes = file.bytes().unwrap_or_default();
        let (offset, content) = match self.front {
            Front::Asked => return None,
            Front::Unknown => (0, Vec::new()),
            Front::Kept(kept) => {
                let rest = bytes.get(kept as usize..).unwrap_or_default();
                (kept, rest[..rest.len().min(PART_BYTES)].to_vec())
            }
        };
        self.front = Front::Asked;
        let (sha256, length, content) = (file.hash(), file.length(), content.into());
        Some(ClientMessage::PutArtifact { run: run.clone(), sha256, length, offset, content })
    }

    /// The relay has so much of a file.
    pub(crate) fn kept(&mut self, sha256: ArtifactHash, kept: u64) {
        let Some(file) = self.waiting.front().filter(|it| it.hash() == sha256) else { return };
        if kept >= file.length() {
            self.next_file();
        } else {
            self.front = Front::Kept(kept);
        }
    }

    /// The first file is there, or will not be taken: on with the next.
    pub(crate) fn next_file(&mut self) {
        self.waiting.pop_front();
        self.front = Front::Unknown;
    }

    /// Nothing is taken there.
    pub(crate) fn give_up(&mut self) {
        *self = Self::default();
    }

    /// Whether the relay owes an answer.
    pub(crate) fn is_under_way(&self) -> bool {
        self.front == Front::Asked
    }

    /// Whether nothing waits.
    pub(crate) fn are_over(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn file(number: u8, length: usize) -> Artifact {
        Artifact::new(vec![number; length])
    }

    /// A relay that keeps what it is sent, and what it has of it.
    #[derive(Default)]
    struct Relay(BTreeMap<ArtifactHash, Vec<u8>>);

    impl Relay {
        fn take(&mut self, message: ClientMessage) -> (ArtifactHash, u64) {
            let ClientMessage::PutArtifact { sha256, offset, content, .. } = message else { panic!("{message:?}") };
            let kept = self.0.entry(sha256).or_default();
            if !content.is_empty() {
                assert_eq!(offset, kept.len() as u64, "nothing is sent twice and nothing left out");
                kept.extend(&*content);
            }
            (sha256, kept.len() as u64)
        }
    }

    proptest! {
        #[test]
        fn every_file_arrives_whole_whenever_the_line_breaks(
            lengths in prop::collection::vec(1_usize..1_000_000, 1..6), breaks in prop::collection::vec(1_usize..4, 0..12),
        ) {
            let run = RunId::new("r").unwrap();
            let (mut uploads, mut relay) = (Uploads::default(), Relay::default());
            let files: Vec<_> = (0..).zip(&lengths).map(|(number, length)| file(number, *length)).collect();
            files.iter().cloned().for_each(|it| uploads.push(it));
            for messages in breaks.into_iter().chain([usize::MAX]) {
                uploads.connect();
                for _ in 0..messages {
                    let Some(message) = uploads.next(&run) else { break };
                    let (sha256, kept) = relay.take(message);
                    uploads.kept(sha256, kept);
                }
            }
            prop_assert!(uploads.are_over());
            for file in files {
                prop_assert_eq!(relay.0.get(&file.hash()).map(Vec::as_slice), file.bytes());
            }
        }
    }

    #[test]
    fn an_absent_relay_costs_so_much_memory_and_gets_the_newest() {
        let run = RunId::new("r").unwrap();
        let mut uploads = Uploads::default();
        for number in 0..9 {
            uploads.push(file(number, 20 << 20));
        }
        let mut left = Vec::new();
        while let Some(ClientMessage::PutArtifact { sha256, length, .. }) = uploads.next(&run) {
            left.push(sha256);
            uploads.kept(sha256, length);
        }
        assert_eq!(left, [0, 7, 8].map(|it| file(it, 20 << 20).hash()));
    }
}
