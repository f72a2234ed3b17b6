//! Products of matrices, the one thing that costs time in a network.
//!
//! Every element of a product is a sum of its own: it starts from what [`Start`] says and takes its terms in ascending
//! order, each rounded, added and rounded again. Vectors run across elements, never across a sum, so that neither their
//! width nor the size of tiles changes a bit.

#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for wide vectors")]

use crate::wide::Width;

/// What the sums start from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start<'a> {
    /// Zero.
    Zero,
    /// One number a column, the same in every row.
    Row(&'a [f32]),
    /// What the product's place holds.
    Kept,
}

/// The left matrix, of `rows x depth`, by how it lies in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LeftMatrix<'a> {
    /// Row after row.
    Rows(&'a [f32]),
    /// Column after column: the transpose of a matrix that lies row after row.
    Columns(&'a [f32]),
}

/// `product[r][c] = start + sum over d of left[r][d] * right[d][c]`, with `right` and `product` row after row.
pub(crate) fn multiply(
    width: Width,
    (rows, depth, columns): (usize, usize, usize),
    left: LeftMatrix<'_>,
    right: &[f32],
    start: Start<'_>,
    product: &mut [f32],
) {
    debug_assert_eq!(right.len(), depth * columns);
    debug_assert_eq!(product.len(), rows * columns);
    let shape = ProductShape { rows, depth, columns };
    match width {
        Width::Baseline if cfg!(all(target_arch = "wasm32", not(target_feature = "simd128"))) => {
            shape.tiles::<2, 4>(left, right, start, product);
        }
        Width::Baseline => shape.tiles::<4, 8>(left, right, start, product),
        #[cfg(target_arch = "x86_64")]
        Width::Eight(_) => width.run(
            #[inline(always)]
            || shape.tiles::<4, 16>(left, right, start, product),
        ),
    }
}

#[derive(Clone, Copy)]
struct ProductShape {
    rows: usize,
    depth: usize,
    columns: usize,
}

/// Rows of a panel: a part of the right matrix, as wide as a tile, that lies close together. Rows of a wide matrix lie
/// so far apart that the processor's nearest memory would hold few of them.
const PANEL: usize = 256;
/// Columns from which panels are worth their copy.
const WIDE: usize = 128;

impl ProductShape {
    #[inline(always)]
    fn tiles<const R: usize, const C: usize>(
        self,
        left: LeftMatrix<'_>,
        right: &[f32],
        start: Start<'_>,
        product: &mut [f32],
    ) {
        let mut column = 0;
        if self.columns >= WIDE && self.rows > R {
            let mut panel = [[0.0; C]; PANEL];
            while column + C <= self.columns {
                let mut start = start;
                for first in (0..self.depth).step_by(PANEL) {
                    let depth = first..self.depth.min(first + PANEL);
                    for (row, into) in depth.clone().zip(&mut panel) {
                        into.copy_from_slice(&right[row * self.columns + column..][..C]);
                    }
                    let columns = RightColumns { column, depth, right: panel.as_flattened(), stride: C, offset: 0 };
                    self.band::<R, C>(&columns, left, start, product);
                    start = Start::Kept;
                }
                column += C;
            }
        }
        while column + C <= self.columns {
            self.band::<R, C>(&self.columns_of(column, right), left, start, product);
            column += C;
        }
        if C > 4 {
            while column + 4 <= self.columns {
                self.band::<R, 4>(&self.columns_of(column, right), left, start, product);
                column += 4;
            }
        }
        while column < self.columns {
            self.band::<R, 1>(&self.columns_of(column, right), left, start, product);
            column += 1;
        }
    }

    const fn columns_of(self, column: usize, right: &[f32]) -> RightColumns<'_> {
        RightColumns { column, depth: 0..self.depth, right, stride: self.columns, offset: column }
    }

    /// A band of the product, C columns wide, in tiles of R rows.
    #[inline(always)]
    fn band<const R: usize, const C: usize>(
        self,
        columns: &RightColumns<'_>,
        left: LeftMatrix<'_>,
        start: Start<'_>,
        product: &mut [f32],
    ) {
        let mut row = 0;
        while row + R <= self.rows {
            self.tile::<R, C>(row, columns, left, start, product);
            row += R;
        }
        while row < self.rows {
            self.tile::<1, C>(row, columns, left, start, product);
            row += 1;
        }
    }

    #[inline(always)]
    fn tile<const R: usize, const C: usize>(
        self,
        row: usize,
        of: &RightColumns<'_>,
        left: LeftMatrix<'_>,
        start: Start<'_>,
        product: &mut [f32],
    ) {
        let Self { rows, depth: whole, columns } = self;
        let RightColumns { column, depth, right, stride, offset } = of;
        let mut sums = [[0.0_f32; C]; R];
        match start {
            Start::Zero => {}
            Start::Row(values) => {
                let mut first = [0.0; C];
                first.copy_from_slice(&values[*column..][..C]);
                sums = [first; R];
            }
            Start::Kept => {
                for (r, sums) in sums.iter_mut().enumerate() {
                    sums.copy_from_slice(&product[(row + r) * columns + column..][..C]);
                }
            }
        }
        let rights = right.chunks_exact((*stride).max(1));
        match left {
            LeftMatrix::Rows(left) => {
                let length = depth.end - depth.start;
                let left: [&[f32]; R] = std::array::from_fn(|r| &left[(row + r) * whole + depth.start..][..length]);
                for (d, right) in (0..length).zip(rights) {
                    add::<R, C>(&mut sums, &left.map(|it| it[d]), &right[*offset..][..C]);
                }
            }
            LeftMatrix::Columns(left) => {
                let left = left[depth.start * rows..depth.end * rows].chunks_exact(rows.max(1));
                for (left, right) in left.zip(rights) {
                    let mut column = [0.0; R];
                    column.copy_from_slice(&left[row..][..R]);
                    add::<R, C>(&mut sums, &column, &right[*offset..][..C]);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            product[(row + r) * columns + column..][..C].copy_from_slice(sums);
        }
    }
}

/// A part of the right matrix: the columns of a tile, and some or all of its rows.
struct RightColumns<'a> {
    /// The first of the columns, as in the product.
    column: usize,
    /// Which rows.
    depth: std::ops::Range<usize>,
    right: &'a [f32],
    /// From one of its rows to the next.
    stride: usize,
    /// Where in a row the columns begin.
    offset: usize,
}

#[inline(always)]
fn add<const R: usize, const C: usize>(sums: &mut [[f32; C]; R], left: &[f32; R], right: &[f32]) {
    let mut row = [0.0; C];
    row.copy_from_slice(right);
    for (sums, left) in sums.iter_mut().zip(left) {
        for (sum, right) in sums.iter_mut().zip(&row) {
            *sum += left * right;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole numbers and halves would add up alike in any order; these do not.
    fn numbers(count: usize, by: f32) -> Vec<f32> {
        (0..count).map(|it| ((it * 37 % 101) as f32 - 50.0) * by).collect()
    }

    #[test]
    fn every_element_is_one_sum_in_ascending_order_whatever_the_width_and_the_tiles() {
        let shapes = [(1, 1, 1), (3, 5, 7), (9, 64, 20), (33, 300, 129), (6, 513, 257), (4, 0, 3), (130, 7, 128)];
        for (rows, depth, columns) in shapes {
            let (left, right) = (numbers(rows * depth, 0.013), numbers(depth * columns, 0.017));
            let turned: Vec<_> = (0..depth * rows).map(|place| left[place % rows * depth + place / rows]).collect();
            let (row, kept) = (numbers(columns, 0.3), numbers(rows * columns, 0.7));
            for start in [Start::Zero, Start::Row(&row), Start::Kept] {
                let element = |place: usize| {
                    let (r, c) = (place / columns, place % columns);
                    let mut sum = match start {
                        Start::Zero => 0.0,
                        Start::Row(row) => row[c],
                        Start::Kept => kept[place],
                    };
                    for d in 0..depth {
                        sum += left[r * depth + d] * right[d * columns + c];
                    }
                    sum.to_bits()
                };
                let expected: Vec<_> = (0..rows * columns).map(element).collect();
                for width in [Width::Baseline, Width::detect()] {
                    for left in [LeftMatrix::Rows(&left), LeftMatrix::Columns(&turned)] {
                        let mut product = kept.clone();
                        multiply(width, (rows, depth, columns), left, &right, start, &mut product);
                        let found: Vec<_> = product.iter().map(|it| it.to_bits()).collect();
                        assert!(found == expected, "{rows} x {depth} x {columns}, {start:?}, {width:?}");
                    }
                }
            }
        }
    }
}
