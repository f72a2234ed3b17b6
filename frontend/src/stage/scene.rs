//! The scene renderer: one for every environment.

use super::palette::SceneColour;
use super::pen::CanvasPen;
use super::{sprites, tiles};
use crate::language::translated;
use shared::scene::{Anchor, Shape};

/// Least size of a meter's letters, in pixels of the page.
const LEAST_LABEL: f64 = 8.5;

/// Draws shapes from back to front.
pub fn draw<'a>(pen: CanvasPen<'_>, shapes: impl IntoIterator<Item = &'a Shape>) {
    for shape in shapes {
        draw_shape(pen, shape);
    }
}

fn draw_shape(pen: CanvasPen<'_>, shape: &Shape) {
    let scale = pen.camera.scale;
    let place = |x: f32, y: f32| pen.camera.to_canvas(f64::from(x), f64::from(y));
    let length = |value: f32| f64::from(value) * scale;
    match shape {
        Shape::Cells { x, y, columns, tiles, legend } => {
            let columns = (*columns as usize).max(1);
            let (left, top) = place(*x, *y);
            tiles::draw_grid(pen, tiles, legend, scale, |index| {
                (left + (index % columns) as f64 * scale, top + (index / columns) as f64 * scale)
            });
        }
        Shape::Sprite { sprite, x, y, size, turn, ink } => {
            sprites::draw(pen, *sprite, place(*x, *y), length(*size), f64::from(*turn), pen.palette.ink(*ink));
        }
        Shape::Box { x, y, width, height, radius, ink, outline } => {
            pen.round_box(place(*x, *y), (length(*width), length(*height)), length(*radius));
            finish(pen, pen.palette.ink(*ink), length(*outline));
        }
        Shape::Disc { x, y, radius, ink, outline } => {
            let (x, y) = place(*x, *y);
            pen.circle(x, y, length(*radius));
            finish(pen, pen.palette.ink(*ink), length(*outline));
        }
        Shape::Path { points, ink, width, closed } => {
            pen.context.begin_path();
            for pair in points.chunks_exact(2) {
                let (x, y) = place(pair[0], pair[1]);
                pen.context.line_to(x, y);
            }
            if *closed {
                pen.context.close_path();
            }
            pen.context.set_line_cap("round");
            pen.context.set_line_join("round");
            finish(pen, pen.palette.ink(*ink), length(*width));
        }
        Shape::Text { x, y, size, text, ink, anchor } => {
            pen.context.set_fill_style_str(pen.palette.ink(*ink));
            // The height of letters is about 0.72 of the font's size.
            pen.text_within(&translated(text), place(*x, *y), length(*size) / 0.72, 560, *anchor);
        }
        Shape::Meter { x, y, width, height, label, value, min, max, ink } => {
            let label = &translated(label);
            let (left, top) = place(*x, *y);
            let (width, height) = (length(*width), length(*height));
            let share = f64::from((value - min) / (max - min).max(1e-9)).clamp(0.0, 1.0);
            pen.fill_with(SceneColour::GroundAlternate);
            pen.round_box((left, top), (width, height), height / 2.0);
            pen.context.fill();
            // Cut out of the whole bar, so that little looks like little.
            pen.context.save();
            pen.context.clip();
            pen.context.set_fill_style_str(pen.palette.ink(*ink));
            pen.context.fill_rect(left, top, width * share, height);
            pen.context.restore();
            let size = (height * 0.62).min(26.0 * pen.ratio);
            let least = LEAST_LABEL * pen.ratio;
            if size < least {
                // A bar too thin for letters has them above.
                pen.fill_with(SceneColour::Ink);
                pen.text(label, (left, top - least * 0.62), least, 560, Anchor::Start);
                return;
            }
            let point = (left + height * 0.5, top + height / 2.0);
            pen.stroke_with(SceneColour::GroundAlternate, size * 0.16);
            pen.outline(label, point, size, 560);
            pen.fill_with(SceneColour::Ink);
            pen.text(label, point, size, 560, Anchor::Start);
        }
    }
}

/// Fills the present path, or draws its outline where that has a width.
fn finish(pen: CanvasPen<'_>, colour: &str, outline: f64) {
    if outline > 0.0 {
        pen.context.set_stroke_style_str(colour);
        pen.context.set_line_width(outline.max(1.0));
        pen.context.stroke();
    } else {
        pen.context.set_fill_style_str(colour);
        pen.context.fill();
    }
}
