//! A canvas of pixels: paths filled and lines drawn, in pixels or in a unit box.

use super::letters;
use super::palette::Colour;
use shared::scene::Anchor;
use tiny_skia::{FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};

/// Share of a radius at which a curve's control points lie, for a quarter of a circle.
const QUARTER: f32 = 0.552_285;

/// Opaque.
pub(super) const OPAQUE: u8 = 255;

/// What is drawn on, with the place and turn of what is drawn.
#[derive(Debug)]
pub(super) struct Canvas {
    pixels: Pixmap,
    transform: Transform,
}

impl Canvas {
    /// A canvas of one colour; none if it has no pixels.
    pub(super) fn new(width: u32, height: u32, ground: Colour) -> Option<Self> {
        let mut pixels = Pixmap::new(width, height)?;
        pixels.fill(ground.with_opacity(OPAQUE));
        Some(Self { pixels, transform: Transform::identity() })
    }

    /// Red, green and blue of every pixel, row by row.
    pub(super) fn into_rgb(self) -> Vec<u8> {
        self.pixels.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect()
    }

    /// Draws in a box of side `size` around a point, turned clockwise: the drawing sees -0.5 to 0.5 on both axes.
    pub(super) fn in_unit_box(
        &mut self,
        (x, y): (f32, f32),
        size: f32,
        turn: f32,
        mirrored: bool,
        draw: impl FnOnce(&mut Self),
    ) {
        let before = self.transform;
        let side = if mirrored { -size } else { size };
        self.transform = Transform::from_scale(side, size).post_rotate(turn * 360.0).post_translate(x, y);
        draw(self);
        self.transform = before;
    }

    /// Fills a path.
    pub(super) fn fill(&mut self, path: Option<Path>, colour: Colour, opacity: u8) {
        let Some(path) = path else { return };
        self.pixels.fill_path(&path, &paint(colour, opacity), FillRule::Winding, self.transform, None);
    }

    /// Draws a path as a line with round ends and joins.
    pub(super) fn stroke(&mut self, path: Option<Path>, colour: Colour, width: f32, opacity: u8) {
        let Some(path) = path else { return };
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.pixels.stroke_path(&path, &paint(colour, opacity), &stroke, self.transform, None);
    }

    /// Fills a disc.
    pub(super) fn disc(&mut self, x: f32, y: f32, radius: f32, colour: Colour) {
        self.fill(circle(x, y, radius), colour, OPAQUE);
    }

    /// Fills a rectangle with round corners.
    pub(super) fn block(&mut self, corner: (f32, f32), size: (f32, f32), radius: f32, colour: Colour) {
        self.fill(round_box(corner, size, radius), colour, OPAQUE);
    }

    /// Writes a line of text around or beside a point; `size` is that of the font in pixels.
    pub(super) fn text(&mut self, text: &str, (x, y): (f32, f32), size: f32, colour: Colour, anchor: Anchor) {
        let left = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - letters::width(text, size) / 2.0,
            Anchor::End => x - letters::width(text, size),
        };
        self.fill(letters::outline(text, (left, y), size), colour, OPAQUE);
    }
}

fn paint(colour: Colour, opacity: u8) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(colour.with_opacity(opacity));
    paint
}

/// A path from what `draw` does.
pub(super) fn path(draw: impl FnOnce(&mut PathBuilder)) -> Option<Path> {
    let mut builder = PathBuilder::new();
    draw(&mut builder);
    builder.finish()
}

/// A whole circle.
pub(super) fn circle(x: f32, y: f32, radius: f32) -> Option<Path> {
    path(|it| it.push_circle(x, y, radius))
}

/// Lines between points; none of fewer than two.
pub(super) fn lines(points: impl IntoIterator<Item = (f32, f32)>, closed: bool) -> Option<Path> {
    path(|it| {
        for (x, y) in points {
            if it.is_empty() { it.move_to(x, y) } else { it.line_to(x, y) }
        }
        if closed {
            it.close();
        }
    })
}

/// Part of a circle, from one angle to another in radians clockwise, 0 to the right.
pub(super) fn arc((x, y): (f32, f32), radius: f32, from: f32, to: f32) -> Option<Path> {
    const PIECES: u8 = 24;
    let angle = |piece: u8| from + (to - from) * f32::from(piece) / f32::from(PIECES);
    lines((0..=PIECES).map(angle).map(|angle| (x + radius * angle.cos(), y + radius * angle.sin())), false)
}

/// A rectangle with round corners.
pub(super) fn round_box((x, y): (f32, f32), (width, height): (f32, f32), radius: f32) -> Option<Path> {
    let radius = radius.min(width / 2.0).min(height / 2.0);
    if radius <= 0.0 {
        return Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect);
    }
    let (right, bottom, near) = (x + width, y + height, radius * (1.0 - QUARTER));
    path(|it| {
        it.move_to(x + radius, y);
        it.line_to(right - radius, y);
        it.cubic_to(right - near, y, right, y + near, right, y + radius);
        it.line_to(right, bottom - radius);
        it.cubic_to(right, bottom - near, right - near, bottom, right - radius, bottom);
        it.line_to(x + radius, bottom);
        it.cubic_to(x + near, bottom, x, bottom - near, x, bottom - radius);
        it.line_to(x, y + radius);
        it.cubic_to(x, y + near, x + near, y, x + radius, y);
        it.close();
    })
}
