//! A window that slides over a board: what it sees, place by place, and the way back.

/// A window and the board under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) channels: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) padding: usize,
}

impl Window {
    const fn places_along(&self, cells: usize) -> usize {
        (cells + 2 * self.padding - self.kernel) / self.stride + 1
    }

    /// Where the window can be.
    pub(crate) const fn places(&self) -> usize {
        self.places_along(self.rows) * self.places_along(self.columns)
    }

    /// Writes the patch of a board that the window sees at every place: `[places][kernel][kernel][channels]`.
    pub(crate) fn unfold(&self, board: &[f32], patches: &mut [f32]) {
        let row = self.kernel * self.channels;
        let mut lines = patches.chunks_exact_mut(row);
        self.lines(|cells, skipped, cell| {
            let Some(line) = lines.next() else { return };
            let (from, to) = (skipped * self.channels, (skipped + cells) * self.channels);
            line[..from].fill(0.0);
            line[from..to].copy_from_slice(&board[cell * self.channels..][..to - from]);
            line[to..].fill(0.0);
        });
    }

    /// Adds to every cell of a board what the patches with that cell hold for it.
    pub(crate) fn fold(&self, patches: &[f32], board: &mut [f32]) {
        let row = self.kernel * self.channels;
        let mut lines = patches.chunks_exact(row);
        self.lines(|cells, skipped, cell| {
            let Some(line) = lines.next() else { return };
            let (from, to) = (skipped * self.channels, (skipped + cells) * self.channels);
            for (into, part) in board[cell * self.channels..][..to - from].iter_mut().zip(&line[from..to]) {
                *into += part;
            }
        });
    }

    /// Calls for every line of the window at every place, with how many of its cells lie on the board, how many before
    /// them do not, and which cell of the board is the first.
    fn lines(&self, mut call: impl FnMut(usize, usize, usize)) {
        for place_row in 0..self.places_along(self.rows) {
            for place_column in 0..self.places_along(self.columns) {
                let left = place_column * self.stride;
                let skipped = self.padding.saturating_sub(left);
                let first = left + skipped - self.padding;
                let cells = (self.kernel - skipped).min(self.columns.saturating_sub(first));
                for line in 0..self.kernel {
                    let row = (place_row * self.stride + line).checked_sub(self.padding);
                    match row.filter(|row| *row < self.rows) {
                        Some(row) => call(cells, skipped, row * self.columns + first),
                        None => call(0, 0, 0),
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_sees_zeros_beyond_the_edge_and_gives_back_to_the_cells_that_it_saw() {
        let window = Window { rows: 2, columns: 3, channels: 1, kernel: 3, stride: 2, padding: 1 };
        assert_eq!(window.places(), 2);
        let mut patches = [f32::NAN; 18];
        window.unfold(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &mut patches);
        assert_eq!(patches[..9], [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 4.0, 5.0]);
        assert_eq!(patches[9..], [0.0, 0.0, 0.0, 2.0, 3.0, 0.0, 5.0, 6.0, 0.0]);
        let mut board = [0.0; 6];
        window.fold(&patches, &mut board);
        assert_eq!(board, [1.0, 4.0, 3.0, 4.0, 10.0, 6.0]);
    }
}
