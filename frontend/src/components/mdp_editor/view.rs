//! Which part of the graph is seen.

use super::geometry::MdpPoint;

/// What the smallest picture shows, of a wide screen and of a narrow one.
const LEAST: [(f64, f64); 2] = [(560.0, 380.0), (340.0, 300.0)];
/// Around the graph.
const MARGIN: f64 = 22.0;
/// A step of the zoom, and its ends as widths.
const ZOOM: f64 = 1.25;
const WIDTHS: (f64, f64) = (120.0, 40_000.0);

/// A box of the graph: left, top, width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MdpView(pub [f64; 4]);

impl MdpView {
    /// All of a graph, on a screen that is narrow or not.
    pub fn around([x, y, width, height]: [f64; 4], is_narrow: bool) -> Self {
        let (least_width, least_height) = LEAST[usize::from(is_narrow)];
        let (wide, high) = ((width + 2.0 * MARGIN).max(least_width), (height + 2.0 * MARGIN).max(least_height));
        Self([x - (wide - width) / 2.0, y - (high - height) / 2.0, wide, high])
    }

    /// The same place, nearer or farther.
    #[must_use]
    pub fn zoomed(self, is_nearer: bool) -> Self {
        let [x, y, width, height] = self.0;
        let factor = if is_nearer { 1.0 / ZOOM } else { ZOOM };
        let factor = (width * factor).clamp(WIDTHS.0, WIDTHS.1) / width;
        let shift = |from: f64, size: f64| from + size * (1.0 - factor) / 2.0;
        Self([shift(x, width), shift(y, height), width * factor, height * factor])
    }

    /// Moved by so much.
    #[must_use]
    pub fn moved(self, (dx, dy): MdpPoint) -> Self {
        let [x, y, width, height] = self.0;
        Self([x + dx, y + dy, width, height])
    }

    /// So many units of the graph are a pixel of an element of this size.
    pub fn scale(self, (width, height): (f64, f64)) -> f64 {
        (self.0[2] / width.max(1.0)).max(self.0[3] / height.max(1.0))
    }

    /// The point of the graph at shares of the width and height of an element.
    pub fn point(self, (across, down): (f64, f64), size: (f64, f64)) -> MdpPoint {
        let [x, y, width, height] = self.0;
        let scale = self.scale(size);
        (x + width / 2.0 + (across - 0.5) * size.0 * scale, y + height / 2.0 + (down - 0.5) * size.1 * scale)
    }

    /// Whether a point is seen, or would be but for `reach`.
    pub fn shows(self, (px, py): MdpPoint, reach: f64) -> bool {
        let [x, y, width, height] = self.0;
        px - reach >= x && py - reach >= y && px + reach <= x + width && py + reach <= y + height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pointer_is_where_the_picture_says() {
        let view = MdpView::around([-10.0, -10.0, 20.0, 20.0], false);
        assert_eq!(view.0, [-280.0, -190.0, 560.0, 380.0]);
        // A square element: the picture stands in its middle.
        let size = (560.0, 560.0);
        assert_eq!(view.point((0.5, 0.5), size), (0.0, 0.0));
        assert_eq!(view.point((1.0, 1.0), size), (280.0, 280.0));
        let near = view.zoomed(true);
        assert!((near.0[2] - 448.0).abs() < 1e-9 && near.point((0.5, 0.5), size).0.abs() < 1e-9);
        assert!(near.zoomed(false).shows((280.0, 0.0), -0.1) && !near.shows((280.0, 0.0), 0.0));
        assert!((0..99).fold(view, |it, _| it.zoomed(true)).0[2] >= 120.0);
    }
}
