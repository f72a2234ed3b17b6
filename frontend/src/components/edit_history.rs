//! What somebody draws, step by step, and back.

/// Steps that can be taken back at most.
const MOST_STEPS: usize = 500;

/// What belongs to one step: a stroke of the pointer, by its number, or what is typed at a stretch.
pub type StrokeId = u64;

/// The stroke that is typed.
pub const TYPING: StrokeId = 0;

/// Something that is drawn, with what it was before, and what it was until that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditHistory<T> {
    past: Vec<T>,
    present: T,
    future: Vec<T>,
    stroke: Option<StrokeId>,
}

impl<T: PartialEq> EditHistory<T> {
    /// Begins with something.
    pub const fn new(present: T) -> Self {
        Self { past: Vec::new(), present, future: Vec::new(), stroke: None }
    }

    /// It as it is.
    pub const fn present(&self) -> &T {
        &self.present
    }

    /// Whether there is a step to take back.
    pub const fn has_past(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether one was taken back.
    pub const fn has_future(&self) -> bool {
        !self.future.is_empty()
    }

    /// Goes on with another one: a step of its own, or a part of the stroke that made the last one.
    pub fn change(&mut self, next: T, stroke: Option<StrokeId>) {
        if next == self.present {
            return;
        }
        let before = std::mem::replace(&mut self.present, next);
        if stroke.is_none() || stroke != self.stroke {
            if self.past.len() == MOST_STEPS {
                self.past.remove(0);
            }
            self.past.push(before);
        }
        self.future.clear();
        self.stroke = stroke;
    }

    /// Takes the last step back.
    pub fn undo(&mut self) {
        if let Some(before) = self.past.pop() {
            self.future.push(std::mem::replace(&mut self.present, before));
            self.stroke = None;
        }
    }

    /// Makes the step again that was taken back last.
    pub fn redo(&mut self) {
        if let Some(after) = self.future.pop() {
            self.past.push(std::mem::replace(&mut self.present, after));
            self.stroke = None;
        }
    }

    /// Whatever comes next is a step of its own.
    pub const fn end_stroke(&mut self) {
        self.stroke = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_steps_are_kept() {
        let mut history = EditHistory::new(0);
        for step in 1..MOST_STEPS as u64 + 9 {
            history.change(step, Some(step));
        }
        assert_eq!(history.past.len(), MOST_STEPS);
    }
}
