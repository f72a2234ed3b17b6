//! The pictures of the figures: the page's plot, in middle tones on no background so that they read on light and on dark pages
//! alike, with the names of the curves beside it.

use super::findings::{FigureCurve, Picture};
use plot::{Align, ChartColours, CurvePyramid, Line, Plot, Sample, Stroke, Surface as _, SvgSurface, field};

/// Told apart by the colour-blind in this order, and on white and black alike.
const COLOURS: [&str; 8] = ["#3d84d1", "#d07a1c", "#2c9c6c", "#a06bd3", "#d2575c", "#2297a8", "#a58a20", "#cc649b"];
const LOOK: ChartColours<'_> = ChartColours { line: "#7b848e38", soft: "#7b848e", ink: "#7b848e", card: "none" };
const SIZE: (f64, f64) = (720.0, 330.0);
/// Room above a plot for what is measured, and below for what runs from left to right.
const HEAD: f64 = 24.0;
const FOOT: f64 = 20.0;
const LETTERS: f64 = 12.0;
/// Width of a letter at most, on average over a name.
const LETTER: f64 = 7.2;
/// A name's line, with the gaps on its sides.
const MARK: f64 = 34.0;
/// From one name to the next.
const NAME: f64 = 18.0;

/// The picture as SVG.
pub(super) fn draw(picture: &Picture) -> String {
    let longest = picture.curves.iter().map(|curve| curve.name.chars().count()).max().unwrap_or_default();
    let size = (SIZE.0 - MARK - longest as f64 * LETTER, SIZE.1 - HEAD - FOOT);
    let pyramid = |curve| CurvePyramid::of(samples(curve, picture.range), 1.0);
    let curves: Vec<_> = picture.curves.iter().map(pyramid).collect();
    let colours = COLOURS.iter().cycle().copied();
    // A name here would stand on the curves.
    let line = |(curve, colour)| Line { curve, colour, name: "", dashed: false };
    let lines: Vec<_> = curves.iter().zip(colours.clone()).map(line).collect();
    let plot = Plot { log_x: picture.is_logarithmic, value_range: picture.range, ..Plot::new(&lines) };
    let mut surface = SvgSurface::new(SIZE);
    surface.text(&picture.y, (0.0, HEAD / 2.0), LETTERS, LOOK.soft, Align::Left);
    surface.lower(Some(HEAD));
    plot.draw(&mut surface, LOOK, size);
    let (left, top, width, _) = field(size);
    surface.text(&picture.x, (left + width, size.1 + FOOT / 2.0), LETTERS, LOOK.soft, Align::Right);
    // In the order in which the curves end.
    let end = |curve: &FigureCurve| curve.points.last().map_or(0.0, |(_, y)| *y);
    let mut named: Vec<_> = picture.curves.iter().zip(colours).collect();
    named.sort_by(|(one, _), (other, _)| end(other).total_cmp(&end(one)));
    for (index, (curve, colour)) in named.into_iter().enumerate() {
        let (x, y) = (size.0 + 4.0, top + (index as f64 + 0.5) * NAME);
        surface.line(&[(x, y), (x + 16.0, y)], Stroke { colour, width: 2.0, alpha: 1.0, dashed: false });
        surface.text(&curve.name, (x + 22.0, y), LETTERS, colour, Align::Left);
    }
    surface.lower(None);
    surface.finish()
}

/// The points of a curve; what lies beyond the range is a gap, which begins where the curve leaves it.
fn samples(curve: &FigureCurve, range: Option<(f64, f64)>) -> Vec<Sample> {
    let sample = |(x, y): (f64, f64)| Sample { x, low: y, mean: y, high: y, count: 1.0 };
    let Some((low, high)) = range else { return curve.points.iter().copied().map(sample).collect() };
    let is_within = |(_, y): (f64, f64)| (low..=high).contains(&y);
    let mut points = Vec::new();
    for (index, point) in curve.points.iter().copied().enumerate() {
        if let Some(before) = index.checked_sub(1).map(|before| curve.points[before])
            && is_within(before) != is_within(point)
        {
            let (from, to) = (before.1, point.1);
            let border = if from.max(to) > high { high } else { low };
            points.push((before.0 + (point.0 - before.0) * (border - from) / (to - from), border));
        }
        points.push(if is_within(point) { point } else { (point.0, f64::NAN) });
    }
    points.into_iter().map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(curves: &[(&str, &[(f64, f64)])]) -> Picture {
        let curves = curves.iter().map(|(name, points)| FigureCurve { name: (*name).into(), points: points.to_vec() });
        let (x, y) = ("episode".into(), "return".into());
        Picture { name: "p".into(), x, y, is_logarithmic: false, range: None, curves: curves.collect() }
    }

    #[test]
    fn a_picture_names_its_axes_and_every_curve_in_the_order_of_their_ends() {
        let drawn = draw(&picture(&[("a < b", &[(1.0, 3.0), (2.0, -3.0)]), ("flat", &[(1.0, 0.0), (2.0, 0.0)])]));
        let place = |words: &str| drawn.find(words).unwrap_or_else(|| panic!("no {words} in {drawn}"));
        assert!(place(">episode</text>") > 0 && place(">return</text>") > 0);
        assert!(place(">flat</text>") < place(">a &lt; b</text>"), "{drawn}");
        assert_eq!(drawn.matches("stroke-width=\"2\"").count(), 4, "a line for each curve, and one beside each name");
        assert!(!drawn.contains("NaN") && !drawn.contains("#fff"), "{drawn}");
    }

    #[test]
    fn a_curve_ends_at_the_border_of_the_range_where_it_leaves_it() {
        let curve =
            FigureCurve { name: String::new(), points: vec![(0.0, -300.0), (2.0, -50.0), (3.0, -10.0), (5.0, 10.0)] };
        let found: Vec<_> = samples(&curve, Some((-100.0, 0.0))).iter().map(|it| (it.x, it.mean)).collect();
        assert!(found[0].1.is_nan() && found[5].1.is_nan());
        assert_eq!(found[1..5], [(1.6, -100.0), (2.0, -50.0), (3.0, -10.0), (4.0, 0.0)]);
    }
}
