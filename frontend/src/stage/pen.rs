//! The pen: a canvas with a palette and a camera.

use super::camera::Camera;
use super::palette::{SceneColour, ScenePalette};
use shared::scene::Anchor;
use std::f64::consts::TAU;
use wasm_bindgen::JsCast as _;
use web_sys::{CanvasPattern, CanvasRenderingContext2d, HtmlCanvasElement};

/// Side of a tile of the hatching, in CSS pixels.
const HATCH_PIXELS: f64 = 7.0;

/// How wide the lines are that make a rim around letters, as a share of their size.
const RIM: f64 = 0.4;

/// Draws in canvas pixels. Canvas calls that can only fail on wrong constants are not checked.
#[derive(Clone, Copy, Debug)]
pub struct CanvasPen<'a> {
    /// The canvas.
    pub context: &'a CanvasRenderingContext2d,
    /// The theme's colours.
    pub palette: &'a ScenePalette,
    /// Where the scene lies.
    pub camera: Camera,
    /// Pixels of the screen per CSS pixel.
    pub ratio: f64,
}

impl CanvasPen<'_> {
    /// Slanting lines in the colour of fine lines, to fill with.
    pub fn hatching(&self) -> Option<CanvasPattern> {
        let document = web_sys::window()?.document()?;
        let tile = document.create_element("canvas").ok()?.dyn_into::<HtmlCanvasElement>().ok()?;
        let side = (HATCH_PIXELS * self.ratio).round().max(4.0);
        tile.set_width(side as u32);
        tile.set_height(side as u32);
        let context = tile.get_context("2d").ok().flatten()?.dyn_into::<CanvasRenderingContext2d>().ok()?;
        context.set_stroke_style_str(self.palette.role(SceneColour::Faint));
        context.set_line_width(1.1 * self.ratio);
        context.begin_path();
        // The corners continue in the next tile.
        for shift in [-side, 0.0, side] {
            context.move_to(shift - 1.0, side + 1.0);
            context.line_to(shift + side + 1.0, -1.0);
        }
        context.stroke();
        self.context.create_pattern_with_html_canvas_element(&tile, "repeat").ok().flatten()
    }

    /// Sets the fill to a role's colour.
    pub fn fill_with(&self, role: SceneColour) {
        self.context.set_fill_style_str(self.palette.role(role));
    }

    /// Sets lines to a role's colour and a width in pixels.
    pub fn stroke_with(&self, role: SceneColour, width: f64) {
        self.context.set_stroke_style_str(self.palette.role(role));
        self.context.set_line_width(width);
    }

    /// A rectangle with round corners as the present path.
    pub fn round_box(&self, (x, y): (f64, f64), (width, height): (f64, f64), radius: f64) {
        self.context.begin_path();
        self.add_round_box((x, y), (width, height), radius);
    }

    /// Fills boxes that are too small for corners and gaps: upper left corners, and the size of each. Whole pixels leave no
    /// seams, and neighbours in a row are filled as one: thousands of boxes take a browser longer than a frame.
    pub fn fill_specks(&self, corners: impl Iterator<Item = (f64, f64)>, (width, height): (f64, f64)) {
        let fill = |(left, top, right): (f64, f64, f64)| {
            let (x, y) = (left.floor(), top.floor());
            self.context.fill_rect(x, y, right.ceil() - x, (top + height).ceil() - y);
        };
        let mut row: Option<(f64, f64, f64)> = None;
        for (x, y) in corners {
            row = match row {
                Some((left, top, right)) if top == y && (x - right).abs() < 0.01 => Some((left, top, x + width)),
                ended => {
                    ended.into_iter().for_each(fill);
                    Some((x, y, x + width))
                }
            };
        }
        row.into_iter().for_each(fill);
    }

    /// Adds a rectangle with round corners to the present path.
    pub fn add_round_box(&self, (x, y): (f64, f64), (width, height): (f64, f64), radius: f64) {
        if radius < 0.75 {
            self.context.rect(x, y, width, height);
        } else {
            let radius = radius.min(width / 2.0).min(height / 2.0);
            let _ = self.context.round_rect_with_f64(x, y, width, height, radius);
        }
    }

    /// A whole circle as the present path.
    pub fn circle(&self, x: f64, y: f64, radius: f64) {
        self.context.begin_path();
        let _ = self.context.arc(x, y, radius.max(0.0), 0.0, TAU);
    }

    /// A line through points, as it is.
    pub fn line(&self, points: &[(f64, f64)]) {
        self.context.begin_path();
        for (index, (x, y)) in points.iter().enumerate() {
            if index == 0 {
                self.context.move_to(*x, *y);
            } else {
                self.context.line_to(*x, *y);
            }
        }
        self.context.stroke();
    }

    /// Writes in the present fill colour; `size` is the height of the letters in pixels.
    pub fn text(&self, text: &str, (x, y): (f64, f64), size: f64, weight: u32, anchor: Anchor) {
        self.place_text(size, weight, anchor);
        let _ = self.context.fill_text(text, x, y);
    }

    /// Clears a rim around the letters of a text in a colour, before they are written: nothing crosses them out then.
    pub fn rim(&self, text: &str, (x, y): (f64, f64), size: f64, (weight, anchor): (u32, Anchor), colour: &str) {
        self.place_text(size, weight, anchor);
        self.context.set_stroke_style_str(colour);
        self.context.set_line_width(size * RIM);
        self.context.set_line_join("round");
        let _ = self.context.stroke_text(text, x, y);
    }

    fn place_text(&self, size: f64, weight: u32, anchor: Anchor) {
        self.text_font(size, weight);
        self.context.set_text_baseline("middle");
        self.context.set_text_align(match anchor {
            Anchor::Start => "left",
            Anchor::Middle => "center",
            Anchor::End => "right",
        });
    }

    /// The width of a line of text, in pixels.
    pub fn width(&self, text: &str, size: f64, weight: u32) -> f64 {
        self.text_font(size, weight);
        self.context.measure_text(text).map_or(0.0, |it| it.width())
    }

    /// The outlines of a line of text that begins at a point, in the present colour.
    pub fn outline(&self, text: &str, (x, y): (f64, f64), size: f64, weight: u32) {
        self.place_text(size, weight, Anchor::Start);
        self.context.set_line_join("round");
        let _ = self.context.stroke_text(text, x, y);
    }

    fn text_font(&self, size: f64, weight: u32) {
        self.context.set_font(&format!("{weight} {size:.1}px {}", self.palette.letters));
    }

    /// Draws in a box of side `size` around (x, y), turned clockwise: the drawing sees -0.5 to 0.5 on both axes.
    pub fn in_unit_box(&self, (x, y): (f64, f64), size: f64, turn: f64, draw: impl FnOnce(&CanvasRenderingContext2d)) {
        self.context.save();
        let _ = self.context.translate(x, y);
        if turn != 0.0 {
            let _ = self.context.rotate(turn * TAU);
        }
        let _ = self.context.scale(size, size);
        draw(self.context);
        self.context.restore();
    }

    /// Draws with so much opacity.
    pub fn faded(&self, alpha: f64, draw: impl FnOnce()) {
        self.context.set_global_alpha(alpha);
        draw();
        self.context.set_global_alpha(1.0);
    }
}
