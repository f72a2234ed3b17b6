//! Letters as outlines, from the font `DejaVu Sans`.

use std::sync::OnceLock;
use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// Height of the letters' middle above the line that they stand on, as a share of the font's size.
const MIDDLE: f32 = 0.36;

fn face() -> Option<&'static Face<'static>> {
    static FACE: OnceLock<Option<Face<'static>>> = OnceLock::new();
    FACE.get_or_init(|| Face::parse(dejavu::sans::regular(), 0).ok()).as_ref()
}

/// Pixels per unit of the font.
fn scale(face: &Face<'_>, size: f32) -> f32 {
    size / f32::from(face.units_per_em())
}

fn glyphs<'a>(face: &'a Face<'_>, text: &'a str) -> impl Iterator<Item = (GlyphId, f32)> + 'a {
    text.chars().map(|letter| {
        let glyph = face.glyph_index(letter).unwrap_or(GlyphId(0));
        (glyph, f32::from(face.glyph_hor_advance(glyph).unwrap_or(0)))
    })
}

/// Width of a line of text in pixels.
pub(super) fn width(text: &str, size: f32) -> f32 {
    face().map_or(0.0, |face| glyphs(face, text).map(|(_, advance)| advance).sum::<f32>() * scale(face, size))
}

/// The outlines of a line of text that begins at a point, which is its vertical middle; none of blanks.
pub(super) fn outline(text: &str, (mut x, y): (f32, f32), size: f32) -> Option<Path> {
    let face = face()?;
    let scale = scale(face, size);
    let mut path = PathBuilder::new();
    for (glyph, advance) in glyphs(face, text) {
        face.outline_glyph(glyph, &mut GlyphPen { path: &mut path, origin: (x, y + MIDDLE * size), scale });
        x += advance * scale;
    }
    path.finish()
}

/// Draws a glyph at its place; fonts have their vertical axis upward.
struct GlyphPen<'a> {
    path: &'a mut PathBuilder,
    origin: (f32, f32),
    scale: f32,
}

impl GlyphPen<'_> {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.origin.0 + x * self.scale, self.origin.1 - y * self.scale)
    }
}

impl OutlineBuilder for GlyphPen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
