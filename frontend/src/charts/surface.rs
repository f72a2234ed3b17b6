//! The canvas as a surface to plot on.

use plot::{Align, Stroke, Surface};
use web_sys::CanvasRenderingContext2d;

/// A canvas, already scaled to CSS pixels.
#[derive(Debug)]
pub struct CanvasSurface<'a> {
    /// The canvas.
    pub context: &'a CanvasRenderingContext2d,
    /// The font stack.
    pub letters: &'a str,
}

impl Surface for CanvasSurface<'_> {
    fn line(&mut self, points: &[(f64, f64)], stroke: Stroke<'_>) {
        let context = self.context;
        context.set_stroke_style_str(stroke.colour);
        context.set_line_width(stroke.width);
        context.set_global_alpha(stroke.alpha);
        context.set_line_join("round");
        if stroke.dashed {
            let _ = context.set_line_dash(&js_sys::Array::of2(&4.0.into(), &4.0.into()));
        }
        context.begin_path();
        for (x, y) in points {
            context.line_to(*x, *y);
        }
        context.stroke();
        if stroke.dashed {
            let _ = context.set_line_dash(&js_sys::Array::new());
        }
        context.set_global_alpha(1.0);
    }

    fn disc(&mut self, (x, y): (f64, f64), radius: f64, colour: &str) {
        self.context.set_fill_style_str(colour);
        self.context.begin_path();
        let _ = self.context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
        self.context.fill();
    }

    fn shape(&mut self, points: &[(f64, f64)], colour: &str, alpha: f64) {
        self.context.set_fill_style_str(colour);
        self.context.set_global_alpha(alpha);
        self.context.begin_path();
        for (x, y) in points {
            self.context.line_to(*x, *y);
        }
        self.context.fill();
        self.context.set_global_alpha(1.0);
    }

    fn area(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), colour: &str, alpha: f64) {
        self.context.set_fill_style_str(colour);
        self.context.set_global_alpha(alpha);
        self.context.fill_rect(x, y, width, height);
        self.context.set_global_alpha(1.0);
    }

    fn text(&mut self, text: &str, (x, y): (f64, f64), size: f64, colour: &str, align: Align) {
        self.context.set_fill_style_str(colour);
        self.context.set_font(&format!("{size}px {}", self.letters));
        self.context.set_text_baseline("middle");
        self.context.set_text_align(match align {
            Align::Left => "left",
            Align::Centre => "center",
            Align::Right => "right",
        });
        let _ = self.context.fill_text(text, x, y);
    }
}
