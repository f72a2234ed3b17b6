//! Pictures: a scene as pixels, in the colours of the page's light theme.

mod canvas;
mod letters;
mod palette;
mod sprites;
mod tiles;

use canvas::{Canvas, OPAQUE, circle, lines, round_box};
use numpy::{PyArray1, PyArray3, PyArrayMethods as _};
use palette::Colour;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use shared::scene::{Anchor, Scene, Shape};

/// Words are made smaller down to this share of their size, so that they stay within the scene.
const LEAST_SHARE: f32 = 0.5;
/// The height of letters as a share of the font's size.
const LETTER_HEIGHT: f32 = 0.72;

/// A scene as `[height, width, 3]`: red, green and blue.
pub(crate) fn pixels<'py>(py: Python<'py>, scene: &Scene, longer_side: u32) -> PyResult<Bound<'py, PyArray3<u8>>> {
    let (width, height, rgb) =
        draw(scene, longer_side).ok_or_else(|| PyRuntimeError::new_err("there is nothing to draw"))?;
    PyArray1::from_vec(py, rgb).reshape([height as usize, width as usize, 3])
}

/// Draws a scene whose longer side has so many pixels, at least 16: width, height and three bytes a pixel.
fn draw(scene: &Scene, longer_side: u32) -> Option<(u32, u32, Vec<u8>)> {
    let scale = longer_side.max(16) as f32 / scene.width.max(scene.height).max(1e-6);
    let pixels = |length: f32| ((length * scale).round() as u32).max(1);
    let (width, height) = (pixels(scene.width), pixels(scene.height));
    let mut drawing =
        PictureDrawing { canvas: Canvas::new(width, height, palette::PAPER)?, scale, width: width as f32 };
    scene.shapes.iter().for_each(|shape| drawing.shape(shape));
    Some((width, height, drawing.canvas.into_rgb()))
}

struct PictureDrawing {
    canvas: Canvas,
    /// Pixels per unit of the scene.
    scale: f32,
    /// Pixels in a row.
    width: f32,
}

impl PictureDrawing {
    fn shape(&mut self, shape: &Shape) {
        let scale = self.scale;
        let place = |x: &f32, y: &f32| (x * scale, y * scale);
        match shape {
            Shape::Cells { x, y, columns, tiles, legend } => {
                let columns = (*columns as usize).max(1);
                for (index, tile) in tiles.iter().enumerate() {
                    let Some(tile) = legend.get(usize::from(*tile)) else { continue };
                    let corner = (x + (index % columns) as f32, y + (index / columns) as f32);
                    tiles::draw(&mut self.canvas, *tile, place(&corner.0, &corner.1), scale);
                }
            }
            Shape::Sprite { sprite, x, y, size, turn, ink } => {
                sprites::draw(&mut self.canvas, *sprite, place(x, y), size * scale, *turn, Colour::of(*ink));
            }
            Shape::Box { x, y, width, height, radius, ink, outline } => {
                let path = round_box(place(x, y), place(width, height), radius * scale);
                self.finish(path, Colour::of(*ink), *outline);
            }
            Shape::Disc { x, y, radius, ink, outline } => {
                let (x, y) = place(x, y);
                self.finish(circle(x, y, radius * scale), Colour::of(*ink), *outline);
            }
            Shape::Path { points, ink, width, closed } => {
                let points = points.chunks_exact(2).map(|pair| place(&pair[0], &pair[1]));
                self.finish(lines(points, *closed), Colour::of(*ink), *width);
            }
            Shape::Text { x, y, size, text, ink, anchor } => {
                self.text(text, place(x, y), size * scale / LETTER_HEIGHT, Colour::of(*ink), *anchor);
            }
            Shape::Meter { x, y, width, height, label, value, min, max, ink } => {
                let ((left, top), (width, height)) = (place(x, y), place(width, height));
                let share = ((value - min) / (max - min).max(1e-9)).clamp(0.0, 1.0);
                self.canvas.block((left, top), (width, height), height / 2.0, palette::GROUND_ALTERNATE);
                self.canvas.block((left, top), (width * share, height), height / 2.0, Colour::of(*ink));
                let point = (left + height * 0.5, top + height / 2.0);
                self.text(label, point, height * 0.62, palette::LETTERS, Anchor::Start);
            }
        }
    }

    /// Fills a path, or draws its outline where that has a width.
    fn finish(&mut self, path: Option<tiny_skia::Path>, colour: Colour, outline: f32) {
        if outline > 0.0 {
            self.canvas.stroke(path, colour, (outline * self.scale).max(1.0), OPAQUE);
        } else {
            self.canvas.fill(path, colour, OPAQUE);
        }
    }

    /// Words that would leave the scene stand farther inside or, where they begin or end at their place, in smaller
    /// letters.
    fn text(&mut self, text: &str, (x, y): (f32, f32), size: f32, colour: Colour, anchor: Anchor) {
        let width = letters::width(text, size);
        let (x, room) = match anchor {
            Anchor::Start => (x, self.width - x),
            Anchor::Middle => (x.min(self.width - width / 2.0).max(width / 2.0), self.width),
            Anchor::End => (x, x),
        };
        let share = if width > room { (room / width).max(LEAST_SHARE) } else { 1.0 };
        self.canvas.text(text, (x, y), size * share, colour, anchor);
    }
}
