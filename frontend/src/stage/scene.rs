//! The scene renderer: one for every environment.

use super::labels::SceneLabels;
use super::palette::SceneColour;
use super::pen::CanvasPen;
use super::{sprites, tiles};
use shared::scene::{Anchor, Shape};

/// Draws shapes from back to front, with those of their words that have room.
pub fn draw<'a>(pen: CanvasPen<'_>, labels: &SceneLabels<'_>, shapes: impl IntoIterator<Item = &'a Shape>) {
    for shape in shapes {
        draw_shape(pen, labels, shape);
    }
}

fn draw_shape(pen: CanvasPen<'_>, labels: &SceneLabels<'_>, shape: &Shape) {
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
        Shape::Text { ink, .. } => {
            pen.context.set_fill_style_str(pen.palette.ink(*ink));
            if let Some(label) = labels.of(shape) {
                pen.text(&label.text, label.place, label.size, 560, Anchor::Start);
            }
        }
        Shape::Meter { x, y, width, height, value, min, max, ink, .. } => {
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
            let Some(label) = labels.of(shape) else { return };
            if label.place.1 > top {
                pen.stroke_with(SceneColour::GroundAlternate, label.size * 0.16);
                pen.outline(&label.text, label.place, label.size, 560);
            }
            pen.fill_with(SceneColour::Ink);
            pen.text(&label.text, label.place, label.size, 560, Anchor::Start);
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
