//! Sparse systems of linear equations whose matrix is diagonally dominant, by the library `rsparse` (Davis's `CSparse` in
//! Rust): nothing but sums and products in a fixed order, so that every platform finds the same bits.

use rsparse::data::{Nmrc, Sprs};

/// Most entries of either factor: 2 million take 32 MB in each of the two and, as no column has more than 2 000 of them, at
/// most some seconds. Grids of 20 000 states need half of that; irregular systems of a few thousand states need more.
const MOST_ENTRIES: usize = 2_000_000;

/// A decomposed matrix.
#[derive(Debug)]
pub(super) struct Decomposition {
    lu: Nmrc<f64>,
    /// The order in which columns were eliminated.
    columns: Vec<isize>,
}

/// Why a matrix is not decomposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undecomposed {
    /// It is singular.
    Singular,
    /// Its factors would have too many entries.
    TooFull,
}

impl Decomposition {
    /// Decomposes the matrix of these entries (column, row, value), each place named once.
    pub(super) fn of(size: usize, mut entries: Vec<(u32, u32, f64)>) -> Result<Self, Undecomposed> {
        entries.sort_unstable_by_key(|(column, row, _)| (*column, *row));
        let places = entries.iter().map(|(column, row, _)| (*column, *row)).collect::<Vec<_>>();
        let matrix = sparse(size, &places, entries.iter().map(|(.., value)| *value).collect());
        // Fewest new entries for a matrix about as full above its diagonal as below. A dominant diagonal needs no other
        // pivots, and so they are taken whatever stands below them.
        let mut order = rsparse::sqr(&matrix, 0, false);
        let columns = order.q.clone().unwrap_or_else(|| (0..size as isize).collect());
        let most = most_entries(&places, &columns);
        if most > MOST_ENTRIES {
            return Err(Undecomposed::TooFull);
        }
        // The library asks for room for a full column more than there is.
        (order.lnz, order.unz) = (most + size, most + size);
        let lu = rsparse::lu(&matrix, &mut order, 0.0).map_err(|_| Undecomposed::Singular)?;
        Ok(Self { lu, columns })
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

/// A matrix of these places (column, row) in ascending order.
fn sparse(size: usize, places: &[(u32, u32)], values: Vec<f64>) -> Sprs<f64> {
    let mut matrix = Sprs { nzmax: places.len(), m: size, n: size, p: vec![0; size + 1], i: vec![], x: values };
    for (column, row) in places {
        matrix.p[*column as usize + 1] += 1;
        matrix.i.push(*row as usize);
    }
    for column in 0..size {
        matrix.p[column + 1] += matrix.p[column];
    }
    matrix
}

/// How many entries each factor has at most when the diagonal's elements are the pivots in this order: as many as the
/// Cholesky factor of a symmetric matrix that has an entry wherever this one or its transpose has one (George and Ng 1985).
/// It is found by counting, in about as many steps as the matrix has entries.
fn most_entries(places: &[(u32, u32)], columns: &[isize]) -> usize {
    let mut turn = vec![0_u32; columns.len()];
    for (place, column) in columns.iter().enumerate() {
        turn[*column as usize] = place as u32;
    }
    let upper = |(column, row): &(u32, u32)| {
        let (one, other) = (turn[*column as usize], turn[*row as usize]);
        (one.max(other), one.min(other))
    };
    let mut symmetric: Vec<_> = places.iter().map(upper).collect();
    symmetric.sort_unstable();
    symmetric.dedup();
    let values = vec![1.0; symmetric.len()];
    rsparse::schol(&sparse(columns.len(), &symmetric, values), -1).lnz
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A diagonal, and these places beside it, in a matrix that is dominated by its diagonal.
    fn entries(size: usize, beside: impl IntoIterator<Item = (usize, usize)>) -> Vec<(u32, u32, f64)> {
        let mut places: Vec<_> = beside.into_iter().filter(|(column, row)| column != row).collect();
        places.sort_unstable();
        places.dedup();
        let off = places.into_iter().map(|(column, row)| (column as u32, row as u32, -1.0));
        (0..size as u32).map(|it| (it, it, 100.0)).chain(off).collect()
    }

    fn check_solution(size: usize, entries: Vec<(u32, u32, f64)>) -> Decomposition {
        let solution: Vec<f64> = (0..size).map(|it| it as f64).collect();
        let mut values = vec![0.0; size];
        for (column, row, value) in &entries {
            values[*row as usize] += value * solution[*column as usize];
        }
        let decomposition = Decomposition::of(size, entries).unwrap();
        decomposition.solve(&mut values);
        assert!(values.iter().zip(&solution).all(|(found, it)| (found - it).abs() < 1e-9 * size as f64));
        decomposition
    }

    fn irregular(size: usize) -> Vec<(u32, u32, f64)> {
        entries(size, (0..size).flat_map(|it| [7, 131, 1_009].map(|step| (it, (it * step + step) % size))))
    }

    #[test]
    fn no_factor_has_more_entries_than_were_counted() {
        let ring = |size: usize| entries(size, (0..size).map(move |it| (it, (it + 1) % size)));
        for (size, entries) in [(50, ring(50)), (400, irregular(400)), (60, entries(60, (0..60).map(|it| (it, 0))))] {
            let places: Vec<_> = entries.iter().map(|(column, row, _)| (*column, *row)).collect();
            let decomposition = check_solution(size, entries);
            let most = most_entries(&places, &decomposition.columns);
            let factors = [&decomposition.lu.l, &decomposition.lu.u].map(|factor| factor.p[size] as usize);
            assert!(factors.iter().all(|count| *count <= most), "{factors:?} of {most}");
            assert!(factors.iter().any(|count| *count * 2 > most), "{factors:?} of {most}");
        }
    }

    #[test]
    fn a_large_grid_is_decomposed_and_an_irregular_system_refused_before_it_fills_the_memory() {
        let (width, height) = (200, 100);
        let beside = (0..width * height).flat_map(|it| {
            let right = (it % width < width - 1).then_some(it + 1);
            let below = (it / width < height - 1).then_some(it + width);
            right.into_iter().chain(below).flat_map(move |other| [(it, other), (other, it)])
        });
        check_solution(width * height, entries(width * height, beside));
        assert_eq!(Decomposition::of(20_000, irregular(20_000)).unwrap_err(), Undecomposed::TooFull);
        assert_eq!(Decomposition::of(2, vec![(0, 0, 0.0), (1, 1, 1.0)]).unwrap_err(), Undecomposed::Singular);
    }
}
