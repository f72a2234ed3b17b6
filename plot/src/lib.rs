//! Charts without a browser: curves over axes with round ticks, as many points as there are pixels, on any surface. The page
//! draws them on its canvas and into files, `cargo xtask figures` the pictures of the documents, both with this.
//!
//! ```
//! use plot::{ChartColours, CurvePyramid, Line, Plot, Sample, SvgSurface};
//!
//! let sample = |x: f64| Sample { x, low: x * x, mean: x * x, high: x * x, count: 1.0 };
//! let curve = CurvePyramid::of((0..10).map(|x| sample(f64::from(x))), 1.0);
//! let lines = [Line { curve: &curve, colour: "#3d84d1", name: "squares", dashed: false }];
//! let mut surface = SvgSurface::new((300.0, 140.0));
//! let look = ChartColours { line: "#ddd", soft: "#777", ink: "#000", card: "#fff" };
//! Plot::new(&lines).draw(&mut surface, look, (300.0, 140.0));
//! assert!(surface.finish().contains(">squares</text>"));
//! ```

mod axis;
mod chart;
mod decimate;
pub mod number;
mod pyramid;
mod sample;
mod surface;
mod viewport;

pub use axis::Axis;
pub use chart::{ChartColours, ChartReading, Line, OmittedSamples, Plot, SpreadKind, field};
pub use decimate::PixelColumn;
pub use pyramid::CurvePyramid;
pub use sample::{Sample, smooth};
pub use surface::{Align, Stroke, Surface, SvgSurface};
pub use viewport::Viewport;
