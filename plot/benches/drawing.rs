//! How long a frame of a chart takes whose curves are long and grow: one JSON object a line. Milliseconds are the thread's own
//! processor time where the system tells it (Linux), and medians.
//!
//! `cargo bench -p plot`

#[path = "../../agents/benches/common/watch.rs"]
mod watch;

use plot::{Align, ChartColours, CurvePyramid, Line, Plot, Sample, Stroke, Surface};
use std::hint::black_box;
use watch::Watch;

const CURVES: usize = 8;
const POINTS: u32 = 1_000_000;
/// The median of so many frames is told.
const FRAMES: u32 = 41;
/// Points that come to every curve between two frames.
const COME: u32 = 20;
/// A chart of a wide window.
const SIZE: (f64, f64) = (900.0, 300.0);
const LOOK: ChartColours<'_> = ChartColours { line: "#ddd", soft: "#777", ink: "#000", card: "#fff" };

/// Takes every point and writes nothing: what a browser takes for a line is not what is measured.
#[derive(Default)]
struct PointSurface {
    points: usize,
    sum: f64,
}

impl Surface for PointSurface {
    fn line(&mut self, points: &[(f64, f64)], _: Stroke<'_>) {
        self.points += points.len();
        self.sum += points.iter().map(|(x, y)| x + y).sum::<f64>();
    }

    fn disc(&mut self, _: (f64, f64), _: f64, _: &str) {}

    fn shape(&mut self, points: &[(f64, f64)], colour: &str, alpha: f64) {
        self.line(points, Stroke { colour, width: 0.0, alpha, dashed: false });
    }

    fn area(&mut self, _: (f64, f64), _: (f64, f64), _: &str, _: f64) {}

    fn text(&mut self, _: &str, _: (f64, f64), _: f64, _: &str, _: Align) {}
}

/// A curve that rises, with noise around it.
fn sample(curve: usize, index: u32) -> Sample {
    let noise = f64::from(index.wrapping_mul(2_654_435_761).wrapping_add(curve as u32 * 97) >> 8) / f64::from(1 << 24);
    let mean = curve as f64 + f64::from(index) / f64::from(POINTS) + 4.0 * noise;
    Sample { x: f64::from(index + 1), low: mean, mean, high: mean, count: 1.0 }
}

/// A frame's milliseconds: new points come to every curve, and all are drawn.
fn frame(curves: &mut [CurvePyramid], show: impl Fn(&mut Plot<'_>)) -> f64 {
    let watch = Watch::start();
    for (index, curve) in curves.iter_mut().enumerate() {
        for _ in 0..COME {
            curve.push(sample(index, curve.samples().len() as u32));
        }
    }
    let lines: Vec<_> = curves.iter().map(|curve| Line { curve, colour: "#3d84d1", name: "", dashed: false }).collect();
    let mut plot = Plot { robust: true, pointed: Some(0.7), ..Plot::new(&lines) };
    show(&mut plot);
    let mut surface = PointSurface::default();
    black_box(plot.draw(&mut surface, LOOK, SIZE));
    black_box(plot.left_out());
    black_box((surface.points, surface.sum));
    watch.seconds() * 1_000.0
}

fn measure(name: &str, curves: &mut [CurvePyramid], show: impl Fn(&mut Plot<'_>)) {
    let mut millis: Vec<f64> = (0..FRAMES).map(|_| frame(curves, &show)).collect();
    millis.sort_by(f64::total_cmp);
    let millis = millis[millis.len() / 2];
    println!(
        r#"{{"name":"a frame of {CURVES} curves of {POINTS} points, {name}","value":{millis:.3},"unit":"ms","at_most":8}}"#
    );
}

fn main() {
    let curve = |index| CurvePyramid::of((0..POINTS).map(|point| sample(index, point)), 50.0);
    let mut curves: Vec<_> = (0..CURVES).map(curve).collect();
    measure("whole", &mut curves, |_| {});
    measure("whole, logarithmic", &mut curves, |plot| (plot.log_x, plot.log_y) = (true, true));
    measure("a third", &mut curves, |plot| {
        plot.viewport.select(plot.x_axis(), 0.3, 0.63);
    });
}
