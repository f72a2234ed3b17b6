//! A window that slides over a board: what it sees, place by place, and the way back.

/// A window and the board under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Cells of the board from top to bottom.
    pub rows: usize,
    /// Cells from left to right.
    pub columns: usize,
    /// Numbers in a cell.
    pub channels: usize,
    /// Whether the board lies plane by plane, `[channels][rows][columns]`; otherwise cell by cell, `[rows][columns][channels]`.
    pub planes: bool,
    /// Cells along a side of the window.
    pub kernel: usize,
    /// Cells from one place of the window to the next.
    pub stride: usize,
    /// Cells of zeros around the board.
    pub padding: usize,
}

impl Window {
    const fn places_along(&self, cells: usize) -> usize {
        (cells + 2 * self.padding - self.kernel) / self.stride + 1
    }

    /// Where the window can be.
    pub const fn places(&self) -> usize {
        self.places_along(self.rows) * self.places_along(self.columns)
    }

    /// Writes the patch of a board that the window sees at every place: `[places][kernel][kernel][channels]`.
    pub fn unfold(&self, board: &[f32], patches: &mut [f32]) {
        let row = self.kernel * self.channels;
        let mut lines = patches.chunks_exact_mut(row);
        self.lines(|cells, skipped, cell| {
            let Some(line) = lines.next() else { return };
            let (from, to) = (skipped * self.channels, (skipped + cells) * self.channels);
            line[..from].fill(0.0);
            if self.planes {
                for (number, place) in line[from..to].iter_mut().zip(self.places_of(cell)) {
                    *number = board[place];
                }
            } else {
                line[from..to].copy_from_slice(&board[cell * self.channels..][..to - from]);
            }
            line[to..].fill(0.0);
        });
    }

    /// Adds to every cell of a board what the patches with that cell hold for it.
    pub fn fold(&self, patches: &[f32], board: &mut [f32]) {
        let row = self.kernel * self.channels;
        let mut lines = patches.chunks_exact(row);
        self.lines(|cells, skipped, cell| {
            let Some(line) = lines.next() else { return };
            let (from, to) = (skipped * self.channels, (skipped + cells) * self.channels);
            if self.planes {
                for (part, place) in line[from..to].iter().zip(self.places_of(cell)) {
                    board[place] += part;
                }
            } else {
                for (into, part) in board[cell * self.channels..][..to - from].iter_mut().zip(&line[from..to]) {
                    *into += part;
                }
            }
        });
    }

    /// Where the numbers of a cell and of those after it are on a board of planes, cell by cell.
    fn places_of(&self, cell: usize) -> impl Iterator<Item = usize> {
        let (channels, plane) = (self.channels, self.rows * self.columns);
        (cell..).flat_map(move |cell| (0..channels).map(move |channel| channel * plane + cell))
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
        let window = Window { rows: 2, columns: 3, channels: 1, planes: false, kernel: 3, stride: 2, padding: 1 };
        assert_eq!(window.places(), 2);
        let mut patches = [f32::NAN; 18];
        window.unfold(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &mut patches);
        assert_eq!(patches[..9], [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 4.0, 5.0]);
        assert_eq!(patches[9..], [0.0, 0.0, 0.0, 2.0, 3.0, 0.0, 5.0, 6.0, 0.0]);
        let mut board = [0.0; 6];
        window.fold(&patches, &mut board);
        assert_eq!(board, [1.0, 4.0, 3.0, 4.0, 10.0, 6.0]);
    }

    #[test]
    fn a_board_of_planes_is_seen_as_the_same_board_cell_by_cell() {
        let cells = Window { rows: 3, columns: 4, channels: 2, planes: false, kernel: 3, stride: 2, padding: 1 };
        let planes = Window { planes: true, ..cells };
        let by_cell: Vec<f32> = (1_u8..=24).map(f32::from).collect();
        let by_plane = |board: &[f32]| -> Vec<f32> {
            (0..2).flat_map(|channel| board.iter().skip(channel).step_by(2).copied()).collect()
        };
        let size = cells.places() * 9 * 2;
        let (mut one, mut other) = (vec![0.0; size], vec![f32::NAN; size]);
        cells.unfold(&by_cell, &mut one);
        planes.unfold(&by_plane(&by_cell), &mut other);
        assert_eq!(one, other);
        let (mut board, mut layers) = (vec![0.0; 24], vec![0.0; 24]);
        cells.fold(&one, &mut board);
        planes.fold(&other, &mut layers);
        assert_eq!(by_plane(&board), layers);
    }
}
