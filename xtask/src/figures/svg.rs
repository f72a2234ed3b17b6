//! Small pictures that read on light and on dark pages alike: middle tones, no background, names beside their curves.

use super::findings::{Picture, Scale};
use std::fmt::Write as _;

/// Told apart by the colour-blind in this order, and on white and black alike.
const COLOURS: [&str; 8] = ["#3d84d1", "#d07a1c", "#2c9c6c", "#a06bd3", "#d2575c", "#2297a8", "#a58a20", "#cc649b"];
const GREY: &str = "#7b848e";
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 330.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 44.0;
/// Width of a letter at most, on average over a name.
const LETTER: f64 = 6.6;
/// Between the names of two curves.
const LINE: f64 = 16.0;
/// A name farther than this from the end of its curve is told by its colour alone.
const FARTHEST: f64 = 45.0;

/// Where values stand in a picture.
struct Frame {
    scale: Scale,
    x: (f64, f64),
    y: (f64, f64),
    right: f64,
}

impl Frame {
    fn of(picture: &Picture) -> Self {
        let points = || picture.curves.iter().flat_map(|curve| curve.points.iter().copied());
        let place = |x| placed(picture.scale, x);
        let longest = picture.curves.iter().map(|curve| curve.name.chars().count()).max().unwrap_or_default();
        Self {
            scale: picture.scale,
            x: range(points().map(|(x, _)| place(x))),
            y: picture.range.unwrap_or_else(|| range(points().map(|(_, y)| y))),
            right: WIDTH - 30.0 - longest as f64 * LETTER,
        }
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + (placed(self.scale, value) - self.x.0) / (self.x.1 - self.x.0) * (self.right - LEFT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - (value - self.y.0) / (self.y.1 - self.y.0) * (HEIGHT - TOP - BOTTOM)
    }

    /// The values that are named on the horizontal axis.
    fn x_ticks(&self) -> Vec<(f64, String)> {
        let powers = |base: f64| {
            let power = |it: i32| (base.powi(it), fraction(base.powi(it)));
            (self.x.0.ceil() as i32..=self.x.1.floor() as i32).map(power).collect()
        };
        match self.scale {
            Scale::Linear => ticks(self.x).into_iter().map(|tick| (tick, number(tick))).collect(),
            Scale::Doublings => powers(2.0),
            Scale::Decades => powers(10.0),
        }
    }
}

/// The picture as SVG.
pub(super) fn draw(picture: &Picture) -> String {
    let frame = Frame::of(picture);
    let mut body = String::new();
    axes(&mut body, picture, &frame);
    let clip = (LEFT, TOP - 2.0, frame.right - LEFT, HEIGHT - TOP - BOTTOM + 4.0);
    let _ = writeln!(
        body,
        "<clipPath id=\"frame\"><rect x=\"{}\" y=\"{}\" width=\"{:.1}\" height=\"{}\"/></clipPath>",
        clip.0, clip.1, clip.2, clip.3
    );
    let mut ends = Vec::new();
    for (curve, colour) in picture.curves.iter().zip(COLOURS.iter().cycle()) {
        let points: Vec<_> = curve.points.iter().map(|(x, y)| (frame.x(*x), frame.y(*y))).collect();
        let words: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            body,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-linejoin=\"round\" \
             stroke-linecap=\"round\" clip-path=\"url(#frame)\"/>",
            words.join(" ")
        );
        // A curve that leaves the frame is named where it was last within it.
        let within = |(_, y): &&(f64, f64)| (TOP - 2.0..=HEIGHT - BOTTOM + 2.0).contains(y);
        let end = points.iter().rev().find(within).copied().unwrap_or((frame.right, TOP));
        ends.push((end, *colour, curve.name.as_str()));
    }
    names(&mut body, &frame, ends);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" font-family=\"system-ui, -apple-system, Segoe UI, sans-serif\" font-size=\"12.5\">\n\
         {body}</svg>\n"
    )
}

fn axes(body: &mut String, picture: &Picture, frame: &Frame) {
    let floor = HEIGHT - BOTTOM;
    for tick in ticks(frame.y) {
        let at = frame.y(tick);
        line(body, (LEFT, at), (frame.right, at), 0.22);
        text(body, (LEFT - 8.0, at + 4.0), "end", GREY, &number(tick));
    }
    for (tick, name) in frame.x_ticks() {
        let at = frame.x(tick);
        line(body, (at, floor), (at, floor + 4.0), 0.8);
        text(body, (at, floor + 18.0), "middle", GREY, &name);
    }
    line(body, (LEFT, floor), (frame.right, floor), 0.8);
    text(body, (frame.right, HEIGHT - 6.0), "end", GREY, &picture.x);
    text(body, (LEFT - 48.0, 16.0), "start", GREY, &picture.y);
}

/// The names at the right, each as near to the end of its curve as the others allow.
fn names(body: &mut String, frame: &Frame, mut ends: Vec<((f64, f64), &str, &str)>) {
    ends.sort_by(|one, other| one.0.1.total_cmp(&other.0.1));
    let lowest = HEIGHT - BOTTOM;
    let mut places: Vec<f64> = Vec::new();
    for ((_, y), ..) in &ends {
        let free = places.last().map_or(TOP, |last| last + LINE);
        places.push(y.max(free));
    }
    // What was pushed below the axis pushes the others up again.
    let mut most = lowest;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - LINE;
    }
    for (((x, y), colour, name), place) in ends.into_iter().zip(places) {
        let to = frame.right + 14.0;
        if (to - x).max((place - y).abs()) < FARTHEST {
            let _ = writeln!(
                body,
                "<path d=\"M{:.1} {y:.1}L{:.1} {place:.1}\" stroke=\"{colour}\" stroke-opacity=\"0.5\" \
                 stroke-dasharray=\"1 3\"/>",
                x + 3.0,
                to - 2.0
            );
        }
        text(body, (to + 2.0, place + 4.0), "start", colour, name);
    }
}

fn line(into: &mut String, from: (f64, f64), to: (f64, f64), opacity: f64) {
    let _ = writeln!(
        into,
        "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"{GREY}\" stroke-opacity=\"{opacity}\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn text(into: &mut String, at: (f64, f64), anchor: &str, colour: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        into,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{words}</text>",
        at.0, at.1
    );
}

/// A value's place on a scale, in its own units.
fn placed(scale: Scale, value: f64) -> f64 {
    match scale {
        Scale::Linear => value,
        Scale::Doublings => value.log2(),
        Scale::Decades => value.log10(),
    }
}

/// The least and the greatest of some numbers, never the same.
fn range(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)));
    if low < high { (low, high) } else { (low - 1.0, low + 1.0) }
}

/// Four to nine round numbers within a range.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let rough = (high - low) / 8.0;
    let power = 10.0_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|it| it * power).find(|it| *it >= rough).unwrap_or(rough);
    // A bound that is round itself is not lost to rounding.
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|tick| tick as f64 * step).collect()
}

fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.replacen('-', "−", 1) }
}

/// A power, as a fraction where it is less than 1.
fn fraction(power: f64) -> String {
    if power < 1.0 { format!("1/{}", number(1.0 / power)) } else { number(power) }
}

#[cfg(test)]
mod tests {
    use super::super::findings::Curve;
    use super::*;

    fn picture(scale: Scale, curves: &[(&str, &[(f64, f64)])]) -> Picture {
        let curves = curves.iter().map(|(name, points)| Curve { name: (*name).into(), points: points.to_vec() });
        Picture { name: "p".into(), x: "x".into(), y: "y".into(), scale, range: None, curves: curves.collect() }
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks((0.0, 100.0)), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        for bounds in [(-50.3, -20.8), (0.0, 1.0), (3.0, 700.0), (0.251, 0.253), (0.25, 0.55)] {
            assert!((4..=9).contains(&ticks(bounds).len()), "{bounds:?}");
        }
    }

    #[test]
    fn a_picture_holds_every_curve_within_its_frame() {
        let drawn = draw(&picture(Scale::Linear, &[("a < b", &[(1.0, 3.0), (2.0, -3.0)]), ("flat", &[(1.0, 0.0)])]));
        assert!(drawn.contains("a &lt; b</text>") && drawn.contains("points=\"56.0,34.0 657.0,286.0\""), "{drawn}");
    }

    #[test]
    fn names_do_not_lie_on_each_other() {
        let flat: &[(f64, f64)] = &[(1.0, 1.0), (2.0, 1.0)];
        let drawn = draw(&picture(Scale::Linear, &[("one", flat), ("two", flat), ("three", flat)]));
        let at = |name: &str| -> f64 {
            let line = drawn.lines().find(|line| line.contains(&format!(">{name}<"))).unwrap();
            line.split('"').nth(3).unwrap().parse().unwrap()
        };
        assert!(at("two") >= at("one") + LINE && at("three") >= at("two") + LINE, "{drawn}");
        assert!(at("three") <= HEIGHT - BOTTOM + 4.0);
    }

    #[test]
    fn powers_stand_evenly_and_small_ones_are_fractions() {
        let picture = picture(Scale::Doublings, &[("c", &[(0.125, 0.0), (4.0, 1.0)])]);
        let frame = Frame::of(&picture);
        let names: Vec<_> = frame.x_ticks().into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["1/8", "1/4", "1/2", "1", "2", "4"]);
        assert!((frame.x(0.5) - frame.x(0.25) - (frame.x(4.0) - frame.x(2.0))).abs() < 1e-9);
    }
}
