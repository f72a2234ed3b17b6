//! How weights are drawn.

use crate::architecture::Initial;
use crate::plan::{Stage, StageKind};

/// Draws a stage's weights and sets its biases; `normal` gives deviates of mean 0 and standard deviation 1.
pub(crate) fn draw(stage: &Stage, weights: &mut [f32], normal: &mut dyn FnMut() -> f64) {
    if let StageKind::Constant { value } = stage.kind {
        weights[stage.biases.clone()].fill(value);
        return;
    }
    let of = &mut weights[stage.weights.clone()];
    match stage.initial {
        Initial::Kaiming => {
            let deviation = stage.activation.gain() / (stage.depth as f64).sqrt();
            for weight in of {
                *weight = (deviation * normal()) as f32;
            }
        }
        Initial::Orthogonal { gain } => orthogonal(stage.depth, stage.units, gain, of, normal),
    }
}

/// Orthonormal columns, or rows where there are fewer of them, times the gain: normal deviates made so by Gram and
/// Schmidt's process, twice, because once leaves errors of rounding.
fn orthogonal(rows: usize, columns: usize, gain: f64, into: &mut [f32], normal: &mut dyn FnMut() -> f64) {
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut vectors: Vec<f64> = Vec::with_capacity(count * length);
    while vectors.len() < count * length {
        let done = vectors.len();
        vectors.extend((0..length).map(|_| normal()));
        let (before, vector) = vectors.split_at_mut(done);
        for _ in 0..2 {
            for other in before.chunks_exact(length) {
                let share = dot(other, vector);
                for (entry, other) in vector.iter_mut().zip(other) {
                    *entry -= share * other;
                }
            }
            let size = dot(vector, vector).sqrt();
            // Deviates that are no direction of their own, which only a broken source gives, stay a zero.
            let scale = if size > 1e-9 { 1.0 / size } else { 0.0 };
            for entry in vector.iter_mut() {
                *entry *= scale;
            }
        }
    }
    for (place, weight) in into.iter_mut().enumerate() {
        let (row, column) = (place / columns, place % columns);
        let (vector, entry) = if rows >= columns { (column, row) } else { (row, column) };
        *weight = (gain * vectors[vector * length + entry]) as f32;
    }
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deviates of a sort: sums of twelve numbers of a linear congruential generator.
    fn normal() -> impl FnMut() -> f64 {
        let mut state = 1_u64;
        move || {
            let mut unit = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 11) as f64 / (1_u64 << 53) as f64
            };
            (0..12).map(|_| unit()).sum::<f64>() - 6.0
        }
    }

    #[test]
    fn rows_or_columns_are_orthonormal_times_the_gain() {
        for (rows, columns) in [(5, 3), (3, 5), (4, 4), (64, 1), (1, 7)] {
            let mut weights = vec![0.0; rows * columns];
            orthogonal(rows, columns, 2.0, &mut weights, &mut normal());
            let at = |row: usize, column: usize| f64::from(weights[row * columns + column]);
            let (count, length) = (rows.min(columns), rows.max(columns));
            for one in 0..count {
                for other in 0..count {
                    let along = |vector, entry| if rows >= columns { at(entry, vector) } else { at(vector, entry) };
                    let product: f64 = (0..length).map(|entry| along(one, entry) * along(other, entry)).sum();
                    let expected = if one == other { 4.0 } else { 0.0 };
                    assert!((product - expected).abs() < 1e-6, "{rows} x {columns}: {product}");
                }
            }
        }
    }
}
