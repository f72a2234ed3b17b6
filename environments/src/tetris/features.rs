//! What linear agents see of a board.

use super::engine::{FilledRows, HEIGHT, WIDTH};

/// Features of a board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Features {
    /// Filled rows up to the uppermost cell of each column.
    pub(crate) heights: [u8; WIDTH],
    /// The greatest of them.
    pub(crate) max_height: u8,
    /// Free cells with a filled cell above.
    pub(crate) holes: u8,
    /// Sum of the differences between neighbour heights.
    pub(crate) bumpiness: u8,
    /// Sum over the columns of the depth to which both neighbours, or the wall, are higher.
    pub(crate) wells: u16,
    /// Changes between free and filled along the rows, walls filled.
    pub(crate) row_transitions: u16,
    /// Changes between free and filled along the columns, the floor filled.
    pub(crate) column_transitions: u16,
}

impl Features {
    /// Of a board.
    pub(crate) fn of(rows: &FilledRows) -> Self {
        const WALLS: u32 = 1 << (WIDTH + 1) | 1;
        let mut features = Self::default();
        let (mut covered, mut above) = (0_u32, 0_u32);
        for row in 0..HEIGHT {
            let bits = rows.bits(row);
            let mut fresh = bits & !covered;
            while fresh > 0 {
                features.heights[fresh.trailing_zeros() as usize] = (HEIGHT - row) as u8;
                fresh &= fresh - 1;
            }
            covered |= bits;
            features.holes += (covered & !bits).count_ones() as u8;
            features.column_transitions += (bits ^ above).count_ones() as u16;
            above = bits;
            let walled = bits << 1 | WALLS;
            features.row_transitions += ((walled ^ walled >> 1) & ((1 << (WIDTH + 1)) - 1)).count_ones() as u16;
        }
        features.column_transitions += (above ^ ((1 << WIDTH) - 1)).count_ones() as u16;
        for column in 0..WIDTH {
            let height = features.heights[column];
            features.max_height = features.max_height.max(height);
            if column > 0 {
                features.bumpiness += height.abs_diff(features.heights[column - 1]);
            }
            let left = if column > 0 { features.heights[column - 1] } else { HEIGHT as u8 };
            let right = if column + 1 < WIDTH { features.heights[column + 1] } else { HEIGHT as u8 };
            features.wells += u16::from(left.min(right).saturating_sub(height));
        }
        features
    }

    /// Holes and greatest height alone.
    #[inline]
    pub(crate) fn holes_and_height(rows: &FilledRows) -> (u32, u32) {
        let (mut covered, mut holes, mut height) = (0_u32, 0, 0);
        for row in 0..HEIGHT {
            let bits = rows.bits(row);
            if covered == 0 && bits != 0 {
                height = (HEIGHT - row) as u32;
            }
            covered |= bits;
            holes += (covered & !bits).count_ones();
        }
        (holes, height)
    }
}
