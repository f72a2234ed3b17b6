//! Decimation: as many columns as there are pixels, each with the extremes of what falls into it.

#[cfg(test)]
use crate::sample::Sample;

/// What falls into one column of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PixelColumn {
    /// The column's pixel.
    pub pixel: i32,
    /// The first mean.
    pub first: f64,
    /// Least value.
    pub low: f64,
    /// Greatest value.
    pub high: f64,
    /// The last mean.
    pub last: f64,
    /// The last smoothed value.
    pub smooth: f64,
    /// Whether something that has no place was left out since the column before.
    pub after_gap: bool,
}

/// Columns without a gap between them, one stretch after the other.
pub(crate) fn stretches(columns: &[PixelColumn]) -> impl Iterator<Item = &[PixelColumn]> {
    columns.chunk_by(|_, next| !next.after_gap)
}

/// What [`CurvePyramid::columns`](crate::CurvePyramid::columns) says, by looking at every sample.
#[cfg(test)]
pub(crate) fn columns(samples: &[Sample], smooth: &[f64], pixel_of: impl Fn(f64) -> f64) -> Vec<PixelColumn> {
    let mut columns: Vec<PixelColumn> = Vec::new();
    let mut after_gap = false;
    for (sample, smooth) in samples.iter().zip(smooth) {
        let place = pixel_of(sample.x);
        if !place.is_finite() || !sample.mean.is_finite() {
            after_gap = true;
            continue;
        }
        let pixel = place.round() as i32;
        match columns.last_mut() {
            Some(column) if column.pixel == pixel => {
                column.low = column.low.min(sample.low);
                column.high = column.high.max(sample.high);
                column.last = sample.mean;
                column.smooth = *smooth;
            }
            _ => columns.push(PixelColumn {
                pixel,
                first: sample.mean,
                low: sample.low,
                high: sample.high,
                last: sample.mean,
                smooth: *smooth,
                after_gap,
            }),
        }
        after_gap = false;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(x: f64, value: f64) -> Sample {
        Sample { x, low: value, mean: value, high: value, count: 1.0 }
    }

    #[test]
    fn a_lonely_spike_survives_any_width() {
        let samples: Vec<_> =
            (0..100_000).map(|index| sample(f64::from(index), if index == 54_321 { 99.0 } else { 0.0 })).collect();
        let smooth = vec![0.0; samples.len()];
        for width in [1.0, 7.0, 300.0] {
            let columns = columns(&samples, &smooth, |x| x / 100_000.0 * width);
            assert!(columns.len() <= width as usize + 1);
            assert_eq!(columns.iter().map(|it| it.high).fold(0.0, f64::max), 99.0);
        }
    }

    #[test]
    fn what_is_left_out_parts_the_curve_where_nothing_else_falls() {
        let values = [0.0, f64::NAN, 2.0, 3.0, f64::INFINITY, 3.5];
        let samples: Vec<_> = values.iter().enumerate().map(|(x, value)| sample(x as f64, *value)).collect();
        let pixels = |width: f64| {
            let columns = columns(&samples, &[0.0; 6], |x| x / 5.0 * width);
            stretches(&columns).map(|it| it.iter().map(|it| it.pixel).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        assert_eq!(pixels(50.0), [vec![0], vec![20, 30], vec![50]]);
        assert_eq!(pixels(1.0), [[0, 1]], "something falls on either pixel");
    }

    proptest! {
        #[test]
        fn every_extreme_is_kept(values in prop::collection::vec(-1e3f64..1e3, 1..500), width in 1f64..200.0) {
            let samples: Vec<_> = values.iter().enumerate().map(|(x, value)| sample(x as f64, *value)).collect();
            let columns = columns(&samples, &values, |x| x / values.len() as f64 * width);
            let low = columns.iter().map(|it| it.low).fold(f64::INFINITY, f64::min);
            let high = columns.iter().map(|it| it.high).fold(f64::NEG_INFINITY, f64::max);
            prop_assert_eq!(low, values.iter().copied().fold(f64::INFINITY, f64::min));
            prop_assert_eq!(high, values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            prop_assert!(columns.windows(2).all(|pair| pair[0].pixel < pair[1].pixel));
            prop_assert_eq!(columns.last().map(|it| it.last), values.last().copied());
        }
    }
}
