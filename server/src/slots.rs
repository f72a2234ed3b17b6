//! Slots: the newest state event of every kind, of which a viewer gets what it has not seen.

use crate::wire::SharedMessage;
use shared::event::StateKind;
use shared::message::{ServerMessage, StateEntry};
use shared::{Epoch, RunId};
use std::collections::BTreeMap;
use std::sync::Arc;

const KINDS: usize = StateKind::ALL.len();

/// How many events of every kind came so far, or how many of them a viewer has seen or was spared.
pub(crate) type Counts = [u64; KINDS];

/// The newest events of one epoch. Nothing is kept per viewer but [`Counts`].
#[derive(Debug, Default)]
pub(crate) struct Slots {
    newest: [Option<Arc<StateEntry>>; KINDS],
    counts: Counts,
    last: Option<Last>,
}

/// The newest message, for all viewers that had seen everything before it.
#[derive(Clone, Debug)]
struct Last {
    before: Counts,
    message: Arc<SharedMessage>,
}

/// What a viewer gets.
#[derive(Debug)]
pub(crate) enum Update {
    /// The same as every viewer that keeps up.
    Same(Arc<SharedMessage>),
    /// What this viewer has not seen, and how many of each kind it was spared.
    Own(Vec<Arc<StateEntry>>, BTreeMap<StateKind, u64>),
}

impl Slots {
    /// Takes in events and readies the message for viewers that keep up.
    pub(crate) fn push(&mut self, run: &RunId, epoch: Epoch, entries: Vec<StateEntry>) {
        let before = self.counts;
        for entry in entries {
            let slot = entry.kind as usize;
            self.counts[slot] += 1;
            self.newest[slot] = Some(Arc::new(entry));
        }
        let (entries, skipped) = self.difference(&before, &mut before.clone(), usize::MAX);
        self.last =
            Some(Last { before, message: Arc::new(SharedMessage::new(message(run, epoch, &entries, skipped))) });
    }

    /// What came since `seen`, which moves on; events beyond the first one that would pass `budget_bytes` stay unseen.
    pub(crate) fn since(&self, seen: &mut Counts, budget_bytes: usize) -> Option<Update> {
        if *seen == self.counts {
            return None;
        }
        if let Some(last) = self.last.as_ref().filter(|it| it.before == *seen) {
            *seen = self.counts;
            return Some(Update::Same(last.message.clone()));
        }
        let (entries, skipped) = self.difference(&seen.clone(), seen, budget_bytes);
        Some(Update::Own(entries, skipped))
    }

    /// What is newer than `from`, and the counts that come with it.
    pub(crate) fn newer(&self, from: &Counts) -> (Vec<Arc<StateEntry>>, Counts) {
        let mut seen = *from;
        let (entries, _) = self.difference(from, &mut seen, usize::MAX);
        (entries, seen)
    }

    /// The newest of every kind, as far as `budget_bytes` reaches; and what that lets a viewer have seen.
    pub(crate) fn snapshot(&self, budget_bytes: usize) -> (Vec<Arc<StateEntry>>, Counts) {
        let mut seen = Counts::default();
        let (entries, _) = self.difference(&Counts::default(), &mut seen, budget_bytes);
        (entries, seen)
    }

    fn difference(
        &self,
        from: &Counts,
        seen: &mut Counts,
        budget_bytes: usize,
    ) -> (Vec<Arc<StateEntry>>, BTreeMap<StateKind, u64>) {
        let (mut entries, mut skipped, mut bytes) = (Vec::new(), BTreeMap::new(), 0);
        for kind in StateKind::ALL {
            let slot = kind as usize;
            let Some(entry) = self.newest[slot].as_ref().filter(|_| self.counts[slot] != from[slot]) else { continue };
            bytes += entry.event.as_bytes().len();
            if bytes > budget_bytes && !entries.is_empty() {
                break;
            }
            let missed = self.counts[slot] - from[slot] - 1;
            if missed > 0 {
                skipped.insert(kind, missed);
            }
            seen[slot] = self.counts[slot];
            entries.push(entry.clone());
        }
        (entries, skipped)
    }
}

/// The message of an update.
pub(crate) fn message(
    run: &RunId,
    epoch: Epoch,
    entries: &[Arc<StateEntry>],
    skipped: BTreeMap<StateKind, u64>,
) -> ServerMessage {
    let entries = entries.iter().map(|it| StateEntry::clone(it)).collect();
    ServerMessage::State { run: run.clone(), epoch, entries, skipped }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Payload;

    fn entry(kind: StateKind, sequence: u64) -> StateEntry {
        StateEntry { kind, sequence, event: Payload::from_bytes(vec![0x80; 100]) }
    }

    fn push(slots: &mut Slots, entries: Vec<StateEntry>) {
        slots.push(&RunId::new("run").unwrap(), Epoch(1), entries);
    }

    #[test]
    fn who_keeps_up_shares_one_message_and_who_lags_is_told_what_it_missed() {
        let (mut slots, mut quick, mut slow) = (Slots::default(), Counts::default(), Counts::default());
        for sequence in 0..5 {
            push(&mut slots, vec![entry(StateKind::Frame, sequence)]);
            assert!(matches!(slots.since(&mut quick, 1000), Some(Update::Same(_))));
            assert!(slots.since(&mut quick, 1000).is_none());
        }
        push(&mut slots, vec![entry(StateKind::Status, 0)]);
        let Some(Update::Own(entries, skipped)) = slots.since(&mut slow, 1000) else { panic!("nothing came") };
        assert_eq!(
            entries.iter().map(|it| (it.kind, it.sequence)).collect::<Vec<_>>(),
            [(StateKind::Status, 0), (StateKind::Frame, 4)]
        );
        assert_eq!(skipped, BTreeMap::from([(StateKind::Frame, 4)]));
        assert!(slots.since(&mut slow, 1000).is_none());
    }

    #[test]
    fn two_events_of_a_kind_in_one_message_conflate_too() {
        let (mut slots, mut seen) = (Slots::default(), Counts::default());
        push(&mut slots, vec![entry(StateKind::Frame, 0), entry(StateKind::Frame, 1)]);
        let Some(Update::Same(shared)) = slots.since(&mut seen, 1000) else { panic!("not shared") };
        let ServerMessage::State { entries, skipped, .. } = shared.message() else { panic!("not a state") };
        assert_eq!(entries.len(), 1);
        assert_eq!(skipped, &BTreeMap::from([(StateKind::Frame, 1)]));
    }

    #[test]
    fn what_does_not_fit_comes_next() {
        let mut slots = Slots::default();
        push(&mut slots, vec![entry(StateKind::Frame, 0), entry(StateKind::Values, 0), entry(StateKind::Truth, 0)]);
        let (entries, mut seen) = slots.snapshot(250);
        assert_eq!(entries.len(), 2);
        let Some(Update::Own(rest, _)) = slots.since(&mut seen, 250) else { panic!("nothing left") };
        assert_eq!(rest[0].kind, StateKind::Truth);
    }
}
