//! What was put aside: runs that gave way to others, to be had back.

/// Most runs that are kept in memory on either side.
const MOST: usize = 10;

/// How a run came to be put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutAsideReason {
    /// Another one took its place.
    Replaced,
    /// It was left to have an earlier one back.
    Undone,
    /// It was left to have a later one back.
    Redone,
}

/// Runs before the one on show, and runs after it that were left by an undo.
#[derive(Debug)]
pub struct Undo<T> {
    past: Vec<T>,
    future: Vec<T>,
    /// How much is in a run: the emptiest gives way when there are too many.
    size: fn(&T) -> u64,
}

impl<T> Undo<T> {
    /// Nothing is put aside yet.
    pub const fn new(size: fn(&T) -> u64) -> Self {
        Self { past: Vec::new(), future: Vec::new(), size }
    }

    /// Puts a run aside.
    pub fn put(&mut self, run: T, how: PutAsideReason) {
        if how == PutAsideReason::Replaced {
            self.future.clear();
        }
        let shelf = if how == PutAsideReason::Undone { &mut self.future } else { &mut self.past };
        shelf.push(run);
        if shelf.len() > MOST {
            let emptiest = (0..shelf.len()).min_by_key(|index| (self.size)(&shelf[*index]));
            emptiest.map(|index| shelf.remove(index));
        }
    }

    /// The run that was put aside last, for an undo, or the one that the last undo left, for a redo.
    pub fn take(&mut self, how: PutAsideReason) -> Option<T> {
        match how {
            PutAsideReason::Undone => self.past.pop(),
            PutAsideReason::Redone => self.future.pop(),
            PutAsideReason::Replaced => None,
        }
    }

    /// The run that the next undo has back.
    pub fn last(&self) -> Option<&T> {
        self.past.last()
    }

    /// Whether there is one to take.
    pub const fn has(&self, how: PutAsideReason) -> bool {
        match how {
            PutAsideReason::Undone => !self.past.is_empty(),
            PutAsideReason::Redone => !self.future.is_empty(),
            PutAsideReason::Replaced => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Undoes or redoes while `now` is on show; gives what is on show then.
    fn swap(undo: &mut Undo<u64>, now: u64, how: PutAsideReason) -> u64 {
        let taken = undo.take(how).unwrap();
        undo.put(now, how);
        taken
    }

    #[test]
    fn runs_come_back_in_turn_and_can_be_left_again() {
        let mut undo = Undo::new(|run| *run);
        undo.put(7, PutAsideReason::Replaced);
        undo.put(8, PutAsideReason::Replaced);
        let on_show = swap(&mut undo, 9, PutAsideReason::Undone);
        assert_eq!((on_show, undo.last()), (8, Some(&7)));
        let on_show = swap(&mut undo, on_show, PutAsideReason::Undone);
        assert_eq!((on_show, undo.has(PutAsideReason::Undone), undo.last()), (7, false, None));
        let on_show = swap(&mut undo, on_show, PutAsideReason::Redone);
        assert_eq!((on_show, undo.last()), (8, Some(&7)));
        let on_show = swap(&mut undo, on_show, PutAsideReason::Redone);
        assert_eq!((on_show, undo.has(PutAsideReason::Redone)), (9, false));
    }

    #[test]
    fn a_new_run_ends_what_could_be_redone() {
        let mut undo = Undo::new(|run| *run);
        undo.put(1, PutAsideReason::Replaced);
        swap(&mut undo, 2, PutAsideReason::Undone);
        undo.put(1, PutAsideReason::Replaced);
        assert!(!undo.has(PutAsideReason::Redone));
    }

    #[test]
    fn many_short_runs_do_not_push_out_a_long_one() {
        let mut undo = Undo::new(|run| *run);
        undo.put(7_200_000, PutAsideReason::Replaced);
        (0..50).for_each(|short| undo.put(short, PutAsideReason::Replaced));
        let kept: Vec<_> = std::iter::from_fn(|| undo.take(PutAsideReason::Undone)).collect();
        assert_eq!((kept.len(), kept.last()), (MOST, Some(&7_200_000)));
    }
}
