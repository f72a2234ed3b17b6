//! The plot: axes, a faint raw curve, a smooth one over it, a reference, the place that is pointed at.

use crate::axis::Axis;
use crate::decimate::{PixelColumn, stretches};
use crate::pyramid::CurvePyramid;
use crate::surface::{Align, Stroke, Surface};
use crate::viewport::Viewport;

/// Room for the labels of the vertical axis, in pixels.
const LEFT: f64 = 38.0;
/// Room on the right.
const RIGHT: f64 = 8.0;
/// Room above.
const TOP: f64 = 10.0;
/// Room for the labels of the horizontal axis.
const BOTTOM: f64 = 19.0;
/// So many values tell which are rare.
const MOST_LOOKED_AT: usize = 1_000;
/// What a vertical axis says that leaves out values.
const LEAVES_OUT: &str = "rare values lie beyond the axis";
/// Size of letters.
const LETTERS: f64 = 10.5;
/// Letters times their size that have room beside the vertical axis: longer labels are smaller.
const BESIDE: f64 = 63.0;
/// Room between a label and the vertical axis.
const GAP: f64 = 7.0;

/// One curve of a plot.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its samples, raw and smooth.
    pub curve: &'a CurvePyramid,
    /// Its colour.
    pub colour: &'a str,
    /// Its name, where there are several.
    pub name: &'a str,
    /// Whether it is dashed.
    pub dashed: bool,
}

/// What samples tell around their mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpreadKind {
    /// Values that vary: the least and the greatest.
    Values,
    /// How sure the mean is: a band.
    Bands,
}

/// Everything that is plotted.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own, made by a button of its own")]
pub struct Plot<'a> {
    /// The curves. Several runs lie over each other.
    pub lines: &'a [Line<'a>],
    /// Places where something changed, in order, and what.
    pub marks: &'a [(f64, String)],
    /// A level to compare with, and its name.
    pub reference: Option<(f64, &'a str)>,
    /// Least and greatest place, where that is known before there are samples.
    pub domain: Option<(f64, f64)>,
    /// Which part is looked at.
    pub viewport: Viewport,
    /// Logarithmic horizontal axis.
    pub log_x: bool,
    /// Logarithmic vertical axis.
    pub log_y: bool,
    /// Whether the vertical axis leaves out rare values that would flatten all others.
    pub robust: bool,
    /// Least and greatest value that there can be, which the vertical axis keeps in sight.
    pub value_range: Option<(f64, f64)>,
    /// Whether curves fall from the upper left to the lower right, as shares of runs above a return do.
    pub falls: bool,
    /// What samples tell around their mean.
    pub around: SpreadKind,
    /// Place that is pointed at, as a share of the width of the plot.
    pub pointed: Option<f64>,
    /// Part that is being selected, as shares.
    pub selection: Option<(f64, f64)>,
}

/// Colours of everything that is not a curve.
#[derive(Clone, Copy, Debug)]
pub struct ChartColours<'a> {
    /// Grid lines.
    pub line: &'a str,
    /// Labels.
    pub soft: &'a str,
    /// What is pointed at.
    pub ink: &'a str,
    /// The background.
    pub card: &'a str,
}

/// What lies under the pointer.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartReading {
    /// Place on the horizontal axis.
    pub x: f64,
    /// Smooth value of every line that has one there.
    pub values: Vec<f64>,
    /// Least and greatest raw value of the first line in that column.
    pub spread: Option<(f64, f64)>,
}

/// Samples that a plot cannot show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OmittedSamples {
    /// They are not finite.
    pub not_finite: usize,
    /// They are zero or less, and the axis is logarithmic.
    pub not_positive: usize,
}

/// How broad a label is at most, in heights of its letters: points and thin spaces are narrow.
fn breadth(label: &str) -> f64 {
    label.chars().map(|it| if matches!(it, '.' | '\u{202f}') { 0.3 } else { 0.6 }).sum()
}

/// The part of a surface on which curves are drawn: left, top, width, height.
pub fn field((width, height): (f64, f64)) -> (f64, f64, f64, f64) {
    (LEFT, TOP, (width - LEFT - RIGHT).max(1.0), (height - TOP - BOTTOM).max(1.0))
}

impl<'a> Plot<'a> {
    /// All of these curves as they are, over axes that fit them.
    pub fn new(lines: &'a [Line<'a>]) -> Self {
        Self {
            lines,
            marks: &[],
            reference: None,
            domain: None,
            viewport: Viewport::default(),
            log_x: false,
            log_y: false,
            robust: false,
            value_range: None,
            falls: false,
            around: SpreadKind::Values,
            pointed: None,
            selection: None,
        }
    }
}

impl Plot<'_> {
    /// Least and greatest place of all samples; on a logarithmic axis, of those that it can show.
    pub fn data_range(&self) -> (f64, f64) {
        if let Some(domain) = self.domain {
            return domain;
        }
        let places = self.lines.iter().flat_map(|line| {
            let samples = line.curve.samples();
            let first = if self.log_x { samples.partition_point(|it| it.x <= 0.0) } else { 0 };
            samples.get(first).into_iter().chain(samples.last()).map(|it| it.x)
        });
        let (low, high) = places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        if low > high { (0.0, 1.0) } else { (low, high) }
    }

    /// The horizontal axis.
    pub fn x_axis(&self) -> Axis {
        self.viewport.axis(self.data_range(), self.log_x)
    }

    /// Draws everything and tells what is pointed at.
    pub fn draw(&self, surface: &mut dyn Surface, look: ChartColours<'_>, size: (f64, f64)) -> Option<ChartReading> {
        let (left, top, width, height) = field(size);
        let x_axis = self.x_axis();
        let (y_axis, leaves_out) = self.y_axis(x_axis);
        let pixel_x = |x: f64| left + x_axis.share(x) * width;
        let pixel_y = |y: f64| top + (1.0 - y_axis.share(y)) * height;

        let thin = Stroke { colour: look.line, width: 1.0, alpha: 1.0, dashed: false };
        for (value, label) in y_axis.ticks(3) {
            let y = pixel_y(value).round() + 0.5;
            surface.line(&[(left, y), (left + width, y)], thin);
            let letters = LETTERS.min(BESIDE / label.chars().count() as f64).min((LEFT - GAP) / breadth(&label));
            surface.text(&label, (left - GAP, y), letters, look.soft, Align::Right);
        }
        for (value, label) in x_axis.ticks((width / 64.0) as usize) {
            let x = pixel_x(value);
            let align = if x > left + width - 16.0 { Align::Right } else { Align::Centre };
            surface.text(&label, (x, top + height + 11.0), LETTERS, look.soft, align);
        }

        let mut reading =
            self.pointed.map(|share| ChartReading { x: x_axis.value(share), values: vec![], spread: None });
        for line in self.lines {
            let part = line.curve.visible(x_axis.low, x_axis.high);
            let columns = line.curve.columns(part.clone(), |x| x_axis.share(x) * width);
            let inside = |pixel: i32| left + f64::from(pixel).clamp(0.0, width);
            let place = |pixel: i32, value: f64| {
                let y = pixel_y(value);
                y.is_finite().then(|| (inside(pixel), y.clamp(top, top + height)))
            };
            // Single episodes are lines; bins are whole bands, which would drown everything if they were as strong.
            let alpha = if line.curve.between(part).is_binned { 0.13 } else { 0.22 };
            let mut end = None;
            for columns in stretches(&columns) {
                if self.around == SpreadKind::Bands {
                    let upper = columns.iter().filter_map(|it| place(it.pixel, it.high));
                    let lower = columns.iter().rev().filter_map(|it| place(it.pixel, it.low));
                    surface.shape(&upper.chain(lower).collect::<Vec<_>>(), line.colour, 0.16);
                } else {
                    let values =
                        |it: &PixelColumn| [it.first, it.low, it.high, it.last].map(|value| place(it.pixel, value));
                    let raw: Vec<_> = columns.iter().flat_map(values).flatten().collect();
                    surface.line(&raw, Stroke { colour: line.colour, width: 1.0, alpha, dashed: false });
                }
                let smooth: Vec<_> = columns.iter().filter_map(|it| place(it.pixel, it.smooth)).collect();
                match smooth.as_slice() {
                    // A line through a single point between two gaps would not be seen.
                    [only] => surface.disc(*only, 1.5, line.colour),
                    several => {
                        let stroke = Stroke { colour: line.colour, width: 2.0, alpha: 1.0, dashed: line.dashed };
                        surface.line(several, stroke);
                    }
                }
                end = smooth.last().copied().or(end);
            }
            if let Some(end) = end.filter(|_| self.viewport.follows()) {
                surface.disc(end, 3.2, line.colour);
            }
            if let (Some(reading), Some(share)) = (&mut reading, self.pointed) {
                let pixel = share * width;
                let nearest = columns
                    .iter()
                    .min_by(|a, b| (f64::from(a.pixel) - pixel).abs().total_cmp(&(f64::from(b.pixel) - pixel).abs()));
                if let Some(column) = nearest {
                    reading.values.push(column.smooth);
                    reading.spread.get_or_insert((column.low, column.high));
                    reading.x = x_axis.value(f64::from(column.pixel) / width);
                    if let Some((x, y)) = place(column.pixel, column.smooth) {
                        if reading.values.len() == 1 {
                            surface
                                .line(&[(x, top), (x, top + height)], Stroke { alpha: 0.5, colour: look.ink, ..thin });
                        }
                        surface.disc((x, y), 3.6, line.colour);
                    }
                }
            }
        }
        self.draw_marks(surface, look, (left, top, width, height), x_axis);
        if let Some((level, name)) = self.reference {
            let y = pixel_y(level);
            if (top - 1.0..=top + height).contains(&y) {
                let dashes = Stroke { colour: look.soft, width: 1.0, alpha: 0.75, dashed: true };
                surface.line(&[(left, y), (left + width, y)], dashes);
                let below = if y < top + 14.0 { 9.0 } else { -8.0 };
                let room = name.chars().count() as f64 * LETTERS * 0.5 + 6.0;
                surface.area((left + 2.0, y + below - 7.0), (room, 14.0), look.card, 0.78);
                surface.text(name, (left + 5.0, y + below), LETTERS, look.soft, Align::Left);
            }
        }
        let newest = |line: &Line<'_>| line.curve.samples().iter().rfind(|it| it.mean.is_finite()).map(|it| it.mean);
        let ends = self.lines.iter().filter_map(newest).map(|mean| y_axis.share(mean)).filter(|it| it.is_finite());
        let (sum, count) = ends.fold((0.0, 0.0), |(sum, count), share| (sum + share, count + 1.0));
        // Curves that fall leave the lower left corner free.
        let corner = (!self.falls, !self.falls && sum < 0.5 * count);
        self.draw_names(surface, look, (left, top, width, height), corner);
        if leaves_out {
            let (x, y) = (left + width, top + height - 7.0);
            surface.text(LEAVES_OUT, (x, y), LETTERS, look.soft, Align::Right);
        }
        if let Some((from, to)) = self.selection {
            let (from, to) = (from.min(to), from.max(to));
            surface.area((left + from * width, top), ((to - from) * width, height), look.ink, 0.1);
        }
        reading.filter(|it| !it.values.is_empty())
    }

    /// A line at every place where something changed, and what, where the words before leave room.
    fn draw_marks(
        &self,
        surface: &mut dyn Surface,
        look: ChartColours<'_>,
        (left, top, width, height): (f64, f64, f64, f64),
        x_axis: Axis,
    ) {
        let mut free_from = left;
        for (place, words) in self.marks {
            let x = left + x_axis.share(*place) * width;
            if !(left..=left + width).contains(&x) {
                continue;
            }
            let dashes = Stroke { colour: look.soft, width: 1.0, alpha: 0.75, dashed: true };
            surface.line(&[(x, top), (x, top + height)], dashes);
            let room = words.chars().count() as f64 * LETTERS * 0.55 + 6.0;
            let from = if x + room > left + width { x - room } else { x };
            if from >= free_from {
                // Below, where what curves are compared with rarely stands.
                let below = top + height - 15.0;
                surface.area((from + 1.0, below), (room - 2.0, 14.0), look.card, 0.78);
                surface.text(words, (from + 3.0, below + 7.0), LETTERS, look.soft, Align::Left);
                free_from = from + room;
            }
        }
    }

    /// Names in the corner of the field that the curves leave free: on the right or not, above or below.
    fn draw_names(
        &self,
        surface: &mut dyn Surface,
        look: ChartColours<'_>,
        field: (f64, f64, f64, f64),
        (is_right, is_above): (bool, bool),
    ) {
        let named: Vec<_> = self.lines.iter().filter(|line| !line.name.is_empty()).collect();
        let longest = named.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
        let (width, height) = (longest as f64 * LETTERS * 0.52 + 34.0, named.len() as f64 * 15.0 + 6.0);
        let left = if is_right { field.0 + field.2 - width } else { field.0 + 6.0 };
        let top = if is_above { field.1 } else { field.1 + (field.3 - height - 4.0).max(0.0) };
        if named.is_empty() {
            return;
        }
        surface.area((left, top), (width, height), look.card, 0.78);
        for (index, line) in named.iter().enumerate() {
            let y = top + 10.5 + index as f64 * 15.0;
            let stroke = Stroke { colour: line.colour, width: 2.0, alpha: 1.0, dashed: line.dashed };
            surface.line(&[(left + 6.0, y), (left + 22.0, y)], stroke);
            surface.text(line.name, (left + 28.0, y), LETTERS, look.soft, Align::Left);
        }
    }

    /// The vertical axis, and whether it leaves out rare values.
    fn y_axis(&self, x_axis: Axis) -> (Axis, bool) {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut means = Vec::new();
        let parts = self.lines.iter().map(|line| (line.curve, line.curve.visible(x_axis.low, x_axis.high)));
        let parts: Vec<_> = parts.collect();
        // Some of the values stand for all where there are many.
        let every = parts.iter().map(|(_, part)| part.len()).sum::<usize>() / MOST_LOOKED_AT + 1;
        let mut next = 0;
        for (curve, part) in parts {
            let all = curve.between(part.clone());
            let least = if self.log_y { all.least_positive } else { all.least };
            if least <= all.greatest {
                low = low.min(least);
                high = high.max(all.greatest);
            }
            let count = part.len();
            if self.robust {
                let some = curve.samples()[part].iter().skip(next).step_by(every);
                means.extend(some.map(|it| it.mean).filter(|it| it.is_finite()));
            }
            // The first one of the next curve, as if all were one.
            next = (next + every - count % every) % every;
        }
        if let Some((least, greatest)) = self.value_range.filter(|_| !self.log_y) {
            let (low, high) = (low.min(least), high.max(greatest));
            let room = (high - low) * 0.03;
            return (Axis::new(low - room, high + room, false), false);
        }
        let typical = if self.log_y { None } else { typical(means, (low, high)) };
        (low, high) = typical.unwrap_or((low, high));
        if let Some((level, _)) = self.reference.filter(|_| low <= high) {
            low = low.min(level);
            high = high.max(level);
        }
        (Axis::with_room(low, high, self.log_y), typical.is_some())
    }

    /// How many samples of all lines have no place on the plot, and so are gaps.
    pub fn left_out(&self) -> OmittedSamples {
        let mut left_out = OmittedSamples::default();
        for (not_finite, not_positive) in self.lines.iter().map(|line| line.curve.left_out()) {
            left_out.not_finite += not_finite;
            left_out.not_positive += if self.log_y { not_positive } else { 0 };
        }
        left_out
    }
}

/// The range of all but the rarest values on each side, where those would take most of the room: a twentieth of the values on more
/// than three quarters of it. Of ten values and more, one may be rare: long runs have few samples, each of many episodes.
fn typical(mut some: Vec<f64>, (low, high): (f64, f64)) -> Option<(f64, f64)> {
    if some.len() < 10 {
        return None;
    }
    let rare = (some.len() / 20).max(1);
    some.sort_unstable_by(f64::total_cmp);
    let (least, greatest) = (some[rare], some[some.len() - 1 - rare]);
    let room = ((greatest - least) * 0.5).max(least.abs().max(greatest.abs()) * 0.05);
    let (least, greatest) = ((least - room).max(low), (greatest + room).min(high));
    ((greatest - least) * 4.0 < high - low).then_some((least, greatest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use crate::surface::SvgSurface;
    use proptest::prelude::*;

    const LOOK: ChartColours<'_> = ChartColours { line: "#eee", soft: "#777", ink: "#000", card: "#fff" };

    fn samples() -> Vec<Sample> {
        (1..=200)
            .map(|index| {
                let value = if index == 77 { -10.0 } else { 9.3 };
                Sample { x: f64::from(index), low: value, mean: value, high: value, count: 1.0 }
            })
            .collect()
    }

    fn curve(samples: &[Sample]) -> CurvePyramid {
        CurvePyramid::of(samples.iter().copied(), 1.0)
    }

    fn plot<'a>(lines: &'a [Line<'a>]) -> Plot<'a> {
        Plot { reference: Some((9.3, "optimal 9.3")), ..Plot::new(lines) }
    }

    #[test]
    fn what_is_pointed_at_is_read_out() {
        let samples = samples();
        let curve = curve(&samples);
        let lines = [Line { curve: &curve, colour: "#2c7", name: "", dashed: false }];
        let pointed = Plot { pointed: Some(76.0 / 199.0), ..plot(&lines) };
        let reading = pointed.draw(&mut SvgSurface::new((300.0, 140.0)), LOOK, (300.0, 140.0)).unwrap();
        assert!((reading.x - 77.0).abs() < 1.0, "{reading:?}");
        assert_eq!(reading.values, [-10.0]);
    }

    #[test]
    fn labels_beside_the_axis_have_room_whatever_their_exponents() {
        for top in [5.0, -123_456.0, 9.9e14, -5e99, 3e120, -5e301] {
            let sample = |x: f64| Sample { x, low: top * x, mean: top * x, high: top * x, count: 1.0 };
            let samples: Vec<_> = (0..9).map(|index| sample(f64::from(index))).collect();
            let curve = curve(&samples);
            let lines = [Line { curve: &curve, colour: "#2c7", name: "", dashed: false }];
            let mut surface = SvgSurface::new((300.0, 140.0));
            Plot::new(&lines).draw(&mut surface, LOOK, (300.0, 140.0));
            let file = surface.finish();
            let labels: Vec<_> = file.split("<text ").filter(|it| it.starts_with("x=\"31.0\"")).collect();
            assert!(labels.len() > 1, "{file}");
            for label in labels {
                let size = label.split("font-size=\"").nth(1).and_then(|it| it.split('"').next()).unwrap();
                let words = label.split('>').nth(1).and_then(|it| it.split('<').next()).unwrap();
                let size: f64 = size.parse().unwrap();
                assert!(size * breadth(words) < LEFT - GAP + 1e-9, "{words} of {size} for {top}");
                assert!(size > 5.0, "{words} can be read");
            }
        }
    }

    #[test]
    fn the_same_plot_is_a_file() {
        let samples = samples();
        let curve = curve(&samples);
        let lines = [Line { curve: &curve, colour: "#2c7", name: "", dashed: false }];
        let mut surface = SvgSurface::new((300.0, 140.0));
        assert_eq!(plot(&lines).draw(&mut surface, LOOK, (300.0, 140.0)), None);
        let file = surface.finish();
        assert!(file.contains("optimal 9.3") && file.contains("stroke-dasharray"));
        assert!(!file.contains("NaN") && !file.contains("inf"));
    }

    #[test]
    fn what_changed_is_marked_where_it_changed() {
        let samples = samples();
        let curve = curve(&samples);
        let lines = [Line { curve: &curve, colour: "#2c7", name: "", dashed: false }];
        let marks = [50.0, 51.0, 120.0, 199.0, 900.0].map(|place| (place, format!("α {place}")));
        let mut surface = SvgSurface::new((300.0, 140.0));
        Plot { marks: &marks, reference: None, ..plot(&lines) }.draw(&mut surface, LOOK, (300.0, 140.0));
        let file = surface.finish();
        assert_eq!(file.matches("stroke-dasharray").count(), 4, "one lies beyond the axis");
        let words = ["α 50", "α 51", "α 120", "α 199", "α 900"].map(|it| file.contains(&format!(">{it}<")));
        assert_eq!(words, [true, false, true, true, false], "there is room for some words only");
    }

    #[test]
    fn an_empty_plot_has_axes_and_no_fault() {
        let curve = curve(&[]);
        let lines = [Line { curve: &curve, colour: "#2c7", name: "", dashed: false }];
        let mut surface = SvgSurface::new((300.0, 140.0));
        Plot { log_x: true, pointed: Some(0.5), ..plot(&lines) }.draw(&mut surface, LOOK, (300.0, 140.0));
        assert!(!surface.finish().contains("NaN"));
    }

    #[test]
    fn what_is_not_finite_parts_the_curve_and_is_counted() {
        let mut samples = samples();
        for index in [50, 51, 120] {
            samples[index] = Sample { mean: f64::NAN, low: f64::NAN, high: f64::NAN, ..samples[index] };
        }
        let curve = curve(&samples);
        let lines = [Line { curve: &curve, colour: "#2c7", name: "", dashed: false }];
        let mut surface = SvgSurface::new((300.0, 140.0));
        plot(&lines).draw(&mut surface, LOOK, (300.0, 140.0));
        let file = surface.finish();
        assert_eq!(file.matches("stroke-width=\"2\"").count(), 3, "{file}");
        assert!(!file.contains("NaN") && !file.contains("inf"));
        assert_eq!(plot(&lines).left_out(), OmittedSamples { not_finite: 3, not_positive: 0 });
        assert_eq!(Plot { log_y: true, ..plot(&lines) }.left_out(), OmittedSamples { not_finite: 3, not_positive: 1 });
    }

    #[test]
    fn a_range_of_values_stays_in_sight() {
        let samples = samples();
        let curve = curve(&samples);
        let lines = [Line { curve: &curve, colour: "#2c7", name: "", dashed: false }];
        let plot = Plot { value_range: Some((-100.0, 0.0)), reference: None, ..plot(&lines) };
        let (axis, _) = plot.y_axis(plot.x_axis());
        assert!(axis.low <= -100.0 && axis.high >= 9.3 && axis.high < 20.0, "{axis:?}");
    }

    #[test]
    fn a_rare_value_does_not_flatten_all_others_and_is_told() {
        let mut samples = samples();
        samples[3] = Sample { low: -50_000.0, mean: -50_000.0, ..samples[3] };
        let curve = curve(&samples);
        let lines = [Line { curve: &curve, colour: "#2c7", name: "", dashed: false }];
        let axis = |robust| {
            let plot = Plot { robust, reference: None, ..plot(&lines) };
            let mut surface = SvgSurface::new((300.0, 140.0));
            plot.draw(&mut surface, LOOK, (300.0, 140.0));
            (plot.y_axis(plot.x_axis()).0, surface.finish().contains(LEAVES_OUT))
        };
        let (robust, told) = axis(true);
        assert!(robust.low > -20.0 && robust.high > 9.3 && told, "{robust:?}");
        let (whole, told) = axis(false);
        assert!(whole.low < -50_000.0 && !told, "{whole:?}");
    }

    #[test]
    fn an_ordinary_spread_keeps_its_whole_axis() {
        let values: Vec<f64> = (0..1_000).map(f64::from).collect();
        assert_eq!(typical(values, (0.0, 999.0)), None);
        assert_eq!(typical(vec![1.0, -50_000.0], (-50_000.0, 1.0)), None, "two values have no rare one");
    }

    #[test]
    fn one_of_a_few_samples_and_the_first_of_many_may_be_rare() {
        let few: Vec<f64> = std::iter::once(-1_500.0).chain((0..15).map(|it| -40.0 + f64::from(it))).collect();
        let (low, _) = typical(few, (-1_500.0, -26.0)).unwrap();
        assert!(low > -80.0, "{low}");
        let many = (0..60).map(|it| if it < 3 { -80_000.0 } else { f64::from(it) - 100.0 }).collect();
        let (low, _) = typical(many, (-80_000.0, -41.0)).unwrap();
        assert!(low > -200.0, "{low}");
    }

    proptest! {
        /// Whatever comes: a picture without a number that is none, and each sample is drawn or counted.
        #[test]
        fn any_samples_make_a_picture(
            values in prop::collection::vec((prop::num::f64::NORMAL, prop::num::f64::ANY, 1f64..9.0), 0..80),
            reference in prop::option::of(prop::num::f64::ANY),
            (log_x, log_y, bands, robust) in any::<(bool, bool, bool, bool)>(),
            window in 1f64..50.0,
            pointed in prop::option::of(0f64..=1.0),
            range in prop::option::of((prop::num::f64::ANY, prop::num::f64::ANY)),
        ) {
            let mut samples: Vec<_> =
                values.iter().map(|(x, mean, count)| Sample { x: *x, low: *mean, mean: *mean, high: *mean, count: *count }).collect();
            samples.sort_by(|a, b| a.x.total_cmp(&b.x));
            let curve = CurvePyramid::of(samples, window);
            let lines = [Line { curve: &curve, colour: "#2c7", name: "a", dashed: false }];
            let around = if bands { SpreadKind::Bands } else { SpreadKind::Values };
            let reference = reference.map(|level| (level, "optimal"));
            let plot = Plot { log_x, log_y, robust, around, pointed, reference, value_range: range, ..plot(&lines) };
            let mut surface = SvgSurface::new((300.0, 140.0));
            plot.draw(&mut surface, LOOK, (300.0, 140.0));
            let file = surface.finish();
            prop_assert!(!file.contains("NaN") && !file.contains("inf"), "{file}");
            let finite = values.iter().filter(|(_, mean, _)| mean.is_finite()).count();
            prop_assert_eq!(plot.left_out().not_finite, values.len() - finite);
        }
    }

    #[test]
    fn several_curves_have_bands_and_names() {
        let samples: Vec<_> =
            samples().iter().map(|it| Sample { low: it.mean - 1.0, high: it.mean + 1.0, ..*it }).collect();
        let curve = curve(&samples);
        let line = |name| Line { curve: &curve, colour: "#2c7", name, dashed: false };
        let mut surface = SvgSurface::new((300.0, 140.0));
        let lines = [line("one"), line("another")];
        let pointed = Plot { around: SpreadKind::Bands, pointed: Some(1.0), ..plot(&lines) };
        let reading = pointed.draw(&mut surface, LOOK, (300.0, 140.0)).unwrap();
        assert_eq!(reading.values, [9.3, 9.3]);
        let file = surface.finish();
        assert_eq!(file.matches("<polygon").count(), 2);
        assert_eq!(file.matches("stroke-opacity=\"0.5\"").count(), 1, "one place is pointed at");
        assert!(file.contains(">one<") && file.contains(">another<"));
    }
}
