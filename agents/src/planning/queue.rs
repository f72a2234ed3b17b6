//! A queue by priority in which everything is at most once: a binary heap that knows the place of its entries.

use crate::error::LoadError;
use crate::saved_columns;
use shared::checkpoint::AgentState;

const ABSENT: u32 = u32::MAX;

/// Entries 0 up to a fixed number, the greatest priority first.
#[derive(Clone, Debug)]
pub struct Queue {
    /// The heap: no entry has a greater priority than the one at half its place.
    heap: Vec<u32>,
    /// Place in the heap of every entry.
    places: Vec<u32>,
    /// Priority of every entry that is in.
    priorities: Vec<f64>,
}

impl Queue {
    /// An empty queue for so many entries.
    pub fn new(entries: usize) -> Self {
        Self { heap: Vec::new(), places: vec![ABSENT; entries], priorities: vec![0.0; entries] }
    }

    /// Puts an entry in; one that is in already gets the greater of the two priorities.
    pub fn push(&mut self, entry: usize, priority: f64) {
        if self.places[entry] == ABSENT {
            self.places[entry] = self.heap.len() as u32;
            self.heap.push(entry as u32);
        } else if self.priorities[entry] >= priority {
            return;
        }
        self.priorities[entry] = priority;
        self.rise(self.places[entry] as usize);
    }

    /// Takes out the entry of the greatest priority.
    pub fn pop(&mut self) -> Option<usize> {
        let first = *self.heap.first()? as usize;
        self.places[first] = ABSENT;
        let last = self.heap.pop()?;
        if let Some(root) = self.heap.first_mut() {
            *root = last;
            self.places[last as usize] = 0;
            self.sink(0);
        }
        Some(first)
    }

    fn priority(&self, place: usize) -> f64 {
        self.priorities[self.heap[place] as usize]
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.places[self.heap[a] as usize] = a as u32;
        self.places[self.heap[b] as usize] = b as u32;
    }

    fn rise(&mut self, mut place: usize) {
        while place > 0 && self.priority((place - 1) / 2) < self.priority(place) {
            self.swap(place, (place - 1) / 2);
            place = (place - 1) / 2;
        }
    }

    fn sink(&mut self, mut place: usize) {
        loop {
            let mut greatest = place;
            for child in [2 * place + 1, 2 * place + 2] {
                if child < self.heap.len() && self.priority(child) > self.priority(greatest) {
                    greatest = child;
                }
            }
            if greatest == place {
                return;
            }
            self.swap(place, greatest);
            place = greatest;
        }
    }

    /// Puts it into a saved state.
    pub fn save(&self, into: &mut AgentState) {
        into.integers.insert("queue_entries".into(), self.heap.iter().map(|entry| u64::from(*entry)).collect());
        let priorities = self.heap.iter().map(|entry| self.priorities[*entry as usize]);
        into.numbers.insert("queue_priorities".into(), priorities.collect());
    }

    /// Reads what [`Self::save`] wrote: the same entries come in the same order.
    pub fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let length = from.integers.get("queue_entries").map_or(0, |it| it.len());
        let entries = saved_columns::indices(from, "queue_entries", length, self.places.len())?;
        let priorities = saved_columns::numbers(from, "queue_priorities", length)?;
        *self = Self::new(self.places.len());
        for (entry, priority) in entries.iter().zip(priorities) {
            self.push(*entry as usize, *priority);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn entries_come_out_by_their_greatest_priority(pushes in prop::collection::vec((0_usize..20, 0_u8..50), 0..60)) {
            let mut queue = Queue::new(20);
            let mut greatest = [None; 20];
            for (entry, priority) in pushes {
                queue.push(entry, f64::from(priority));
                greatest[entry] = greatest[entry].max(Some(priority));
            }
            let mut state = AgentState::default();
            queue.save(&mut state);
            let mut copy = Queue::new(20);
            copy.load(&state).unwrap();
            let mut expected: Vec<u8> = greatest.iter().flatten().copied().collect();
            expected.sort_by(|a, b| b.cmp(a));
            for priority in expected {
                let entry = queue.pop().unwrap();
                prop_assert_eq!(greatest[entry].take(), Some(priority));
                prop_assert_eq!(copy.pop(), Some(entry));
            }
            prop_assert_eq!(queue.pop(), None);
        }
    }
}
