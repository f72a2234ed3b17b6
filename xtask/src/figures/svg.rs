//! Small pictures that read on light and on dark pages alike: middle greys, five colours, no background.

use std::fmt::Write as _;

const COLOURS: [&str; 5] = ["#3b82c4", "#d9822b", "#2f9e6e", "#a65dc4", "#c44e52"];
const GREY: &str = "#808890";
const WIDTH: f64 = 680.0;
const HEIGHT: f64 = 300.0;
/// Room at the left, right, top and bottom of what is plotted.
const MARGIN: (f64, f64, f64, f64) = (62.0, 190.0, 14.0, 40.0);

/// Width of a letter at most, on average over a name.
const LETTER: f64 = 6.6;

/// A line with its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// Lines over two axes with their names.
pub(super) fn curves(curves: &[Curve], (x_name, y_name): (&str, &str)) -> String {
    let points = || curves.iter().flat_map(|curve| curve.points.iter().copied());
    let ((x_low, x_high), (y_low, y_high)) = (range(points().map(|it| it.0)), range(points().map(|it| it.1)));
    let (left, right, top, bottom) = MARGIN;
    let x = |value: f64| left + (value - x_low) / (x_high - x_low) * (WIDTH - left - right);
    let y = |value: f64| HEIGHT - bottom - (value - y_low) / (y_high - y_low) * (HEIGHT - top - bottom);
    let mut body = String::new();
    for tick in ticks(y_low, y_high) {
        let at = y(tick);
        line(&mut body, (left, at), (WIDTH - right, at), 0.25);
        text(&mut body, (left - 6.0, at + 4.0), "end", GREY, &number(tick));
    }
    for tick in ticks(x_low, x_high) {
        text(&mut body, (x(tick), HEIGHT - bottom + 16.0), "middle", GREY, &number(tick));
    }
    line(&mut body, (left, HEIGHT - bottom), (WIDTH - right, HEIGHT - bottom), 1.0);
    text(&mut body, (left + (WIDTH - left - right) / 2.0, HEIGHT - 6.0), "middle", GREY, x_name);
    let _ = writeln!(
        body,
        "<text transform=\"translate(13 {:.0}) rotate(-90)\" text-anchor=\"middle\" fill=\"{GREY}\">{}</text>",
        HEIGHT / 2.0,
        escaped(y_name)
    );
    for (index, curve) in curves.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let points: Vec<_> = curve.points.iter().map(|it| format!("{:.1},{:.1}", x(it.0), y(it.1))).collect();
        let points = points.join(" ");
        let _ = writeln!(
            body,
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-linejoin=\"round\"/>"
        );
        let at = (WIDTH - right + 12.0, top + 10.0 + 17.0 * index as f64);
        text(&mut body, at, "start", colour, &curve.name);
    }
    picture(0.0, HEIGHT, &body)
}

/// How far values are from their references, in tolerances: a dot on a line whose ends are the tolerance.
pub(super) fn deviations(rows: &[(String, f64)]) -> String {
    let height = 26.0 + 17.0 * rows.len() as f64;
    let (middle, reach) = (WIDTH - 130.0, 80.0);
    let mut body = String::new();
    for (place, name) in [(-1.0, "-tolerance"), (0.0, "reference"), (1.0, "+tolerance")] {
        let at = middle + place * reach;
        line(&mut body, (at, 18.0), (at, height - 4.0), if place == 0.0 { 1.0 } else { 0.4 });
        text(&mut body, (at, 12.0), "middle", GREY, name);
    }
    for (index, (name, deviation)) in rows.iter().enumerate() {
        let at = 30.0 + 17.0 * index as f64;
        text(&mut body, (middle - reach - 14.0, at + 4.0), "end", GREY, name);
        let _ = writeln!(
            body,
            "<circle cx=\"{:.1}\" cy=\"{at:.1}\" r=\"4\" fill=\"{}\"/>",
            middle + deviation.clamp(-1.2, 1.2) * reach,
            COLOURS[0]
        );
    }
    // Names grow to the left, as far as the longest needs.
    let longest = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let missing = (longest as f64 * LETTER - (middle - reach - 14.0)).max(0.0).ceil();
    picture(missing, height, &body)
}

/// A picture of the common width and `left` more at its left.
fn picture(left: f64, height: f64, body: &str) -> String {
    let width = left + WIDTH;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{} 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">\n{body}</svg>\n",
        0.0 - left
    )
}

fn line(into: &mut String, from: (f64, f64), to: (f64, f64), opacity: f64) {
    let _ = writeln!(
        into,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{GREY}\" stroke-opacity=\"{opacity}\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn text(into: &mut String, at: (f64, f64), anchor: &str, colour: &str, words: &str) {
    let words = escaped(words);
    let _ = writeln!(
        into,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{words}</text>",
        at.0, at.1
    );
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;")
}

/// The least and the greatest of some numbers, never the same.
fn range(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)));
    if low < high { (low, high) } else { (low - 1.0, low + 1.0) }
}

/// Four to nine round numbers within a range.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / 8.0;
    let power = 10.0_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|it| it * power).find(|it| *it >= rough).unwrap_or(rough);
    ((low / step).ceil() as i64..=(high / step).floor() as i64).map(|tick| tick as f64 * step).collect()
}

fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(0.0, 100.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        for (low, high) in [(-50.3, -20.8), (0.0, 1.0), (3.0, 700.0), (0.251, 0.253)] {
            assert!((4..=9).contains(&ticks(low, high).len()), "{low} to {high}");
        }
    }

    #[test]
    fn a_picture_holds_every_curve_within_its_frame() {
        let curve = |name: &str, y: f64| Curve { name: name.into(), points: vec![(1.0, y), (2.0, -y)] };
        let picture = curves(&[curve("a < b", 3.0), curve("flat", 0.0)], ("x", "y"));
        assert!(picture.contains("a &lt; b</text>") && picture.contains("62.0,14.0 490.0,260.0"), "{picture}");
    }
}
