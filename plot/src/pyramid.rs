//! A curve that is drawn at any width as quickly as it has pixels, however long it has become.

use crate::decimate::PixelColumn;
use crate::sample::{Sample, SlidingMean};
use std::ops::Range;

/// So many samples, as a power of two, make a block of the lowest level: fewer would take memory, more would take time.
const LOWEST: usize = 3;

/// Samples in order, the smooth curve through them, and what blocks of 8, 16, 32 and so on of them come to. A sample more costs the
/// same at any length, and so does what lies between two places: its first and last values and its extremes, as exact as looking
/// at every sample.
#[derive(Clone, Debug, Default)]
pub struct CurvePyramid {
    samples: Vec<Sample>,
    smooth: Vec<f64>,
    mean: SlidingMean,
    levels: Vec<Vec<Block>>,
    not_finite: usize,
    not_positive: usize,
}

/// What consecutive samples come to.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent facts about the same samples")]
pub(crate) struct Block {
    /// The first mean.
    first: f64,
    /// The last mean.
    last: f64,
    /// Least value.
    low: f64,
    /// Greatest value.
    high: f64,
    /// The last smooth value.
    smooth: f64,
    /// Least value, smooth ones among them.
    pub least: f64,
    /// Greatest value, likewise.
    pub greatest: f64,
    /// Least of the values above 0, likewise.
    pub least_positive: f64,
    /// Whether any sample has a finite mean. Otherwise nothing above is known.
    has_values: bool,
    /// Whether something that is not finite comes before the first of those.
    gap_before: bool,
    /// Whether something that is not finite comes behind the last of those.
    gap_behind: bool,
    /// Whether a sample stands for several values.
    pub is_binned: bool,
}

impl Block {
    const EMPTY: Self = Self {
        first: f64::NAN,
        last: f64::NAN,
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
        smooth: f64::NAN,
        least: f64::INFINITY,
        greatest: f64::NEG_INFINITY,
        least_positive: f64::INFINITY,
        has_values: false,
        gap_before: false,
        gap_behind: false,
        is_binned: false,
    };

    fn of(sample: &Sample, smooth: f64) -> Self {
        let is_binned = sample.count > 1.0;
        if !sample.mean.is_finite() {
            return Self { gap_before: true, gap_behind: true, is_binned, ..Self::EMPTY };
        }
        let finite = || [sample.low, sample.high, smooth].into_iter().filter(|it| it.is_finite());
        Self {
            first: sample.mean,
            last: sample.mean,
            low: sample.low,
            high: sample.high,
            smooth,
            least: finite().fold(f64::INFINITY, f64::min),
            greatest: finite().fold(f64::NEG_INFINITY, f64::max),
            least_positive: finite().filter(|it| *it > 0.0).fold(f64::INFINITY, f64::min),
            has_values: true,
            is_binned,
            ..Self::EMPTY
        }
    }

    /// This one and the one that follows it.
    fn and(self, next: Self) -> Self {
        let is_binned = self.is_binned || next.is_binned;
        match (self.has_values, next.has_values) {
            (false, _) => Self { gap_before: self.gap_before || next.gap_before, is_binned, ..next },
            (true, false) => Self { gap_behind: self.gap_behind || next.gap_behind, is_binned, ..self },
            (true, true) => Self {
                first: self.first,
                last: next.last,
                low: self.low.min(next.low),
                high: self.high.max(next.high),
                smooth: next.smooth,
                least: self.least.min(next.least),
                greatest: self.greatest.max(next.greatest),
                least_positive: self.least_positive.min(next.least_positive),
                has_values: true,
                gap_before: self.gap_before,
                gap_behind: next.gap_behind,
                is_binned,
            },
        }
    }
}

impl CurvePyramid {
    /// An empty curve, whose smooth one is the mean of the last `window` episodes (see [`smooth`](crate::smooth)).
    pub fn new(window: f64) -> Self {
        Self { mean: SlidingMean::new(window), ..Self::default() }
    }

    /// The curve of these samples, whose places do not go back.
    pub fn of(samples: impl IntoIterator<Item = Sample>, window: f64) -> Self {
        let mut curve = Self::new(window);
        samples.into_iter().for_each(|sample| curve.push(sample));
        curve
    }

    /// Adds the next sample, whose place is not before that of the last one.
    pub fn push(&mut self, sample: Sample) {
        self.not_finite += usize::from(!sample.mean.is_finite());
        self.not_positive += usize::from(sample.mean <= 0.0);
        self.samples.push(sample);
        self.smooth.push(self.mean.next(&self.samples));
        let count = self.samples.len();
        if !count.is_multiple_of(1 << LOWEST) {
            return;
        }
        let mut block = self.each(count - (1 << LOWEST)..count);
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let blocks = &mut self.levels[level];
            blocks.push(block);
            let [.., one, other] = blocks.as_slice() else { return };
            if !blocks.len().is_multiple_of(2) {
                return;
            }
            block = one.and(*other);
        }
    }

    /// How many episodes a smooth value is the mean of.
    pub const fn window(&self) -> f64 {
        self.mean.window()
    }

    /// The samples.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The smooth value of every sample.
    pub fn smooth(&self) -> &[f64] {
        &self.smooth
    }

    /// Number of samples whose mean is not finite, and of those whose mean is 0 or less.
    pub(crate) const fn left_out(&self) -> (usize, usize) {
        (self.not_finite, self.not_positive)
    }

    /// The samples between two places, with one neighbour on either side so that lines reach the border.
    pub(crate) fn visible(&self, from: f64, to: f64) -> Range<usize> {
        let start = self.samples.partition_point(|it| it.x < from).saturating_sub(1);
        let end = (self.samples.partition_point(|it| it.x <= to) + 1).min(self.samples.len());
        start.min(end)..end
    }

    /// What samples come to, looking at each.
    fn each(&self, part: Range<usize>) -> Block {
        let blocks = self.samples[part.clone()].iter().zip(&self.smooth[part]);
        blocks.fold(Block::EMPTY, |all, (sample, smooth)| all.and(Block::of(sample, *smooth)))
    }

    /// What samples come to, by the largest blocks that lie among them.
    pub(crate) fn between(&self, part: Range<usize>) -> Block {
        let (mut all, mut at) = (Block::EMPTY, part.start);
        while at < part.end {
            let power = at.trailing_zeros().min((part.end - at).ilog2()) as usize;
            let block = power.checked_sub(LOWEST).and_then(|level| self.levels.get(level)?.get(at >> power));
            let next = if block.is_some() { at + (1 << power) } else { part.end.min(((at >> LOWEST) + 1) << LOWEST) };
            all = all.and(block.map_or_else(|| self.each(at..next), |it| *it));
            at = next;
        }
        all
    }

    /// Groups part of the samples by the pixel they fall on, without looking at every one of them: `pixel_of` must not fall from one place
    /// to the next. No extreme is lost: the least and the greatest value of every column are those of its samples. Samples that have no place
    /// or no finite value are left out; where nothing else falls between two columns, that is a gap.
    pub fn columns(&self, part: Range<usize>, pixel_of: impl Fn(f64) -> f64) -> Vec<PixelColumn> {
        let is_before = |sample: &Sample| matches!(pixel_of(sample.x), it if it.is_nan() || it == f64::NEG_INFINITY);
        let mut at = part.start + self.samples[part.clone()].partition_point(is_before);
        let mut after_gap = at > part.start;
        let mut columns = Vec::new();
        let mut guess = 1;
        while at < part.end {
            let place = pixel_of(self.samples[at].x);
            if !place.is_finite() {
                break;
            }
            let pixel = place.round() as i32;
            let is_in =
                |sample: &Sample| matches!(pixel_of(sample.x), it if it.is_finite() && it.round() as i32 == pixel);
            // Columns next to each other have about as many samples: the end is looked for from there, farther with every step.
            let is_beyond = |end: usize| end >= part.end || !is_in(&self.samples[end]);
            let (mut within, mut beyond, mut step) = (at, part.end, 1);
            let mut probe = at + guess;
            loop {
                if is_beyond(probe) {
                    beyond = probe.min(part.end);
                    if probe < within + 2 || step > probe - within {
                        break;
                    }
                    probe -= step;
                } else {
                    within = probe;
                    if beyond < part.end {
                        break;
                    }
                    probe += step;
                }
                step *= 2;
            }
            let next = within + self.samples[within..beyond].partition_point(is_in);
            let block = self.between(at..next);
            if block.has_values {
                columns.push(PixelColumn {
                    pixel,
                    first: block.first,
                    low: block.low,
                    high: block.high,
                    last: block.last,
                    smooth: block.smooth,
                    after_gap: after_gap || block.gap_before,
                });
                after_gap = block.gap_behind;
            } else {
                after_gap = true;
            }
            guess = (next - at).max(1);
            at = next;
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimate::columns;
    use crate::sample::smooth;
    use proptest::prelude::*;

    /// Samples with gaps, ends beside their means, and places that often coincide.
    fn any_samples(most: usize) -> impl Strategy<Value = Vec<Sample>> {
        let value = prop_oneof![8 => -1e3f64..1e3, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)];
        prop::collection::vec((0u8..4, value, 0f64..5.0, 1f64..3.0), 0..most).prop_map(|values| {
            let mut x = -3.0;
            let sample = |(further, mean, spread, count): (u8, f64, f64, f64)| {
                x += f64::from(further / 2) * 0.7;
                Sample { x, low: mean - spread, mean, high: mean + spread, count: count.floor() }
            };
            values.into_iter().map(sample).collect()
        })
    }

    /// Equal, with what is not a number equal to itself.
    fn same(one: &[PixelColumn], other: &[PixelColumn]) -> bool {
        format!("{one:?}") == format!("{other:?}")
    }

    proptest! {
        #[test]
        fn the_pyramid_says_what_looking_at_every_sample_says(
            samples in any_samples(700),
            window in 1f64..40.0,
            (from, to) in (0f64..1.0, 0f64..1.0),
            width in 1f64..300.0,
            is_logarithmic: bool,
        ) {
            let curve = CurvePyramid::of(samples.iter().copied(), window);
            let smoothed = smooth(&samples, window);
            prop_assert_eq!(format!("{:?}", curve.smooth()), format!("{smoothed:?}"));
            let places = [from, to].map(|share| -3.0 + share * samples.last().map_or(1.0, |it| it.x + 3.0));
            let part = curve.visible(places[0].min(places[1]), places[0].max(places[1]));
            let pixel_of = |x: f64| if is_logarithmic { libm::log10(x) * width } else { x / 100.0 * width };
            let brute = columns(&samples[part.clone()], &smoothed[part.clone()], pixel_of);
            prop_assert!(same(&curve.columns(part.clone(), pixel_of), &brute));
            let finite: Vec<_> = samples[part.clone()].iter().zip(&smoothed[part.clone()]).filter(|it| it.0.mean.is_finite()).collect();
            let values = || finite.iter().flat_map(|(sample, smooth)| [sample.low, sample.high, **smooth]);
            let block = curve.between(part.clone());
            prop_assert_eq!(block.least, values().fold(f64::INFINITY, f64::min));
            prop_assert_eq!(block.greatest, values().fold(f64::NEG_INFINITY, f64::max));
            prop_assert_eq!(block.least_positive, values().filter(|it| *it > 0.0).fold(f64::INFINITY, f64::min));
            prop_assert_eq!(block.is_binned, samples[part].iter().any(|it| it.count > 1.0));
        }
    }

    #[test]
    fn a_curve_that_grows_is_the_curve_of_all_its_samples_and_looks_at_few() {
        let sample = |index: u32| {
            let value = f64::from(index.wrapping_mul(2_654_435_761) >> 8);
            Sample { x: f64::from(index), low: value, mean: value, high: value, count: 1.0 }
        };
        let mut curve = CurvePyramid::new(50.0);
        for index in 0..100_000 {
            curve.push(sample(index));
        }
        let blocks: usize = curve.levels.iter().map(Vec::len).sum();
        assert!(blocks < 100_000 / 4, "{blocks} blocks");
        for (index, level) in curve.levels.iter().enumerate() {
            assert_eq!(level.len(), 100_000 >> (LOWEST + index));
        }
        let part = 17..99_983;
        assert_eq!(curve.between(part.clone()), curve.each(part));
    }

    #[test]
    fn places_beyond_numbers_are_left_out_on_either_side() {
        let samples = [f64::MIN, -1.0, 0.0, 1.0, f64::MAX]
            .map(|x| Sample { x, low: 1.0, mean: 1.0, high: 1.0, count: 1.0 })
            .to_vec();
        let pixel_of = |x: f64| x * 10.0;
        let brute = columns(&samples, &[1.0; 5], pixel_of);
        assert_eq!(brute.len(), 3);
        assert!(same(&CurvePyramid::of(samples, 1.0).columns(0..5, pixel_of), &brute));
    }

    #[test]
    fn one_neighbour_on_either_side_stays() {
        let sample = |x: i32| Sample { x: f64::from(x), low: 0.0, mean: 0.0, high: 0.0, count: 1.0 };
        let curve = CurvePyramid::of((0..10).map(sample), 1.0);
        assert_eq!(curve.visible(2.5, 5.5), 2..7);
        assert_eq!(curve.visible(-5.0, 50.0), 0..10);
        assert_eq!(CurvePyramid::default().visible(0.0, 1.0), 0..0);
    }
}
