//! Sparse systems of linear equations whose matrix is diagonally dominant, by the library `rsparse` (Davis's `CSparse` in
//! Rust): nothing but sums and products in a fixed order, so that every platform finds the same bits.

use rsparse::data::{Nmrc, Sprs};

/// A decomposed matrix.
#[derive(Debug)]
pub(super) struct Decomposition {
    lu: Nmrc<f64>,
    /// The order in which columns were eliminated.
    columns: Vec<isize>,
}

impl Decomposition {
    /// Decomposes the matrix of these entries (column, row, value), each place named once; none if it is singular.
    pub(super) fn of(size: usize, mut entries: Vec<(u32, u32, f64)>) -> Option<Self> {
        entries.sort_unstable_by_key(|(column, row, _)| (*column, *row));
        let mut matrix = Sprs { nzmax: entries.len(), m: size, n: size, p: vec![0; size + 1], i: vec![], x: vec![] };
        for (column, row, value) in entries {
            matrix.p[column as usize + 1] += 1;
            matrix.i.push(row as usize);
            matrix.x.push(value);
        }
        for column in 0..size {
            matrix.p[column + 1] += matrix.p[column];
        }
        // Fewest new entries for a matrix about as full above its diagonal as below. A dominant diagonal needs no other
        // pivots, and so they are taken whatever stands below them.
        let mut order = rsparse::sqr(&matrix, 0, false);
        let lu = rsparse::lu(&matrix, &mut order, 0.0).ok()?;
        Some(Self { columns: order.q.unwrap_or_else(|| (0..size as isize).collect()), lu })
    }

    /// Replaces a right-hand side by the solution.
    pub(super) fn solve(&self, values: &mut [f64]) {
        let mut x = values.to_vec();
        if let Some(rows) = &self.lu.pinv {
            for (row, value) in rows.iter().zip(&*values) {
                x[*row as usize] = *value;
            }
        }
        rsparse::lsolve(&self.lu.l, &mut x);
        rsparse::usolve(&self.lu.u, &mut x);
        for (column, value) in self.columns.iter().zip(&x) {
            values[*column as usize] = *value;
        }
    }
}
