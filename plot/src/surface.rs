//! Surfaces: what a plot is drawn on, and one that is an SVG document.

use std::fmt::Write as _;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke<'a> {
    /// Colour.
    pub colour: &'a str,
    /// Width in pixels.
    pub width: f64,
    /// Opacity, 0 to 1.
    pub alpha: f64,
    /// Whether it is dashed.
    pub dashed: bool,
}

/// Which part of a line of text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Its beginning.
    Left,
    /// Its middle.
    Centre,
    /// Its end.
    Right,
}

/// Something to plot on, in CSS pixels.
pub trait Surface {
    /// A line through points.
    fn line(&mut self, points: &[(f64, f64)], stroke: Stroke<'_>);
    /// A filled disc.
    fn disc(&mut self, centre: (f64, f64), radius: f64, colour: &str);
    /// A filled shape.
    fn shape(&mut self, points: &[(f64, f64)], colour: &str, alpha: f64);
    /// A filled rectangle.
    fn area(&mut self, corner: (f64, f64), size: (f64, f64), colour: &str, alpha: f64);
    /// A line of text; `point` is its vertical middle.
    fn text(&mut self, text: &str, point: (f64, f64), size: f64, colour: &str, align: Align);
}

/// An SVG document.
#[derive(Debug)]
pub struct SvgSurface {
    body: String,
    size: (f64, f64),
}

impl SvgSurface {
    /// An empty document of a size in pixels.
    pub fn new(size: (f64, f64)) -> Self {
        Self { body: String::new(), size }
    }

    /// The whole document.
    pub fn finish(self) -> String {
        let (width, height) = self.size;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\">{}</svg>\n",
            self.body
        )
    }

    /// Moves what follows down, until the next call.
    pub fn lower(&mut self, by: Option<f64>) {
        match by {
            Some(by) => self.add(format_args!("<g transform=\"translate(0 {by})\">")),
            None => self.body.push_str("</g>"),
        }
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.body.write_fmt(element);
    }
}

impl Surface for SvgSurface {
    fn line(&mut self, points: &[(f64, f64)], stroke: Stroke<'_>) {
        let list = list(points);
        let dash = if stroke.dashed { " stroke-dasharray=\"4 4\"" } else { "" };
        self.add(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-opacity=\"{}\" \
             stroke-linejoin=\"round\"{dash}/>",
            list, stroke.colour, stroke.width, stroke.alpha,
        ));
    }

    fn disc(&mut self, (x, y): (f64, f64), radius: f64, colour: &str) {
        self.add(format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{colour}\"/>"));
    }

    fn shape(&mut self, points: &[(f64, f64)], colour: &str, alpha: f64) {
        let list = list(points);
        self.add(format_args!("<polygon points=\"{list}\" fill=\"{colour}\" fill-opacity=\"{alpha}\"/>"));
    }

    fn area(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), colour: &str, alpha: f64) {
        self.add(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\" \
             fill-opacity=\"{alpha}\"/>"
        ));
    }

    fn text(&mut self, text: &str, (x, y): (f64, f64), size: f64, colour: &str, align: Align) {
        let anchor = match align {
            Align::Left => "start",
            Align::Centre => "middle",
            Align::Right => "end",
        };
        let written = text.replace('&', "&amp;").replace('<', "&lt;");
        // What is an address leads there.
        let (open, close) = if text.starts_with("http") {
            (format!("<a href=\"{}\">", written.replace('"', "&quot;")), "</a>")
        } else {
            (String::new(), "")
        };
        self.add(format_args!(
            "{open}<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" fill=\"{colour}\" text-anchor=\"{anchor}\" \
             dominant-baseline=\"central\">{written}</text>{close}"
        ));
    }
}

fn list(points: &[(f64, f64)]) -> String {
    let mut list = String::with_capacity(points.len() * 12);
    for (x, y) in points {
        // Writing to a String cannot fail.
        let _ = write!(list, "{x:.1},{y:.1} ");
    }
    list.truncate(list.trim_end().len());
    list
}
