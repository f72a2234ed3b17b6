//! The viewport: which part of a curve is looked at. Nothing chosen means all of it, the newest included.

use crate::axis::Axis;

/// What is looked at, shared by all charts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Viewport {
    chosen: Option<(f64, f64)>,
}

impl Viewport {
    /// Whether the newest is followed.
    pub const fn follows(self) -> bool {
        self.chosen.is_none()
    }

    /// The axis over data from `low` to `high`, as chosen.
    pub fn axis(self, (low, high): (f64, f64), logarithmic: bool) -> Axis {
        let (low, high) = self.chosen.unwrap_or((low, high));
        Axis::new(low, high, logarithmic)
    }

    /// Follows the newest again.
    pub const fn follow(&mut self) {
        self.chosen = None;
    }

    /// Looks at the part between two shares of the present axis.
    pub fn select(&mut self, axis: Axis, from: f64, to: f64) {
        let (from, to) = (from.min(to).clamp(0.0, 1.0), from.max(to).clamp(0.0, 1.0));
        if to - from > 0.01 {
            self.chosen = Some((axis.value(from), axis.value(to)));
        }
    }

    /// Looks closer (`factor` below 1) or from farther away around a share of the present axis, within the data.
    pub fn zoom(&mut self, axis: Axis, data: (f64, f64), around: f64, factor: f64) {
        let from = around - around * factor;
        let to = around + (1.0 - around) * factor;
        self.keep_within(data, (axis.value(from), axis.value(to)));
    }

    /// Moves along by a share of the present axis, within the data.
    pub fn pan(&mut self, axis: Axis, data: (f64, f64), by: f64) {
        if self.follows() {
            return;
        }
        let whole = Axis::new(data.0, data.1, axis.logarithmic);
        let width = whole.share(axis.high) - whole.share(axis.low);
        let shift = by * width;
        let from = (whole.share(axis.low) + shift).clamp(0.0, (1.0 - width).max(0.0));
        self.chosen = Some((whole.value(from), whole.value(from + width)));
    }

    fn keep_within(&mut self, data: (f64, f64), (low, high): (f64, f64)) {
        let (low, high) = (low.max(data.0), high.min(data.1));
        let everything = low <= data.0 && high >= data.1;
        let too_close = high - low <= (data.1 - data.0) * 1e-6;
        if everything {
            self.chosen = None;
        } else if !too_close {
            self.chosen = Some((low, high));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: (f64, f64) = (0.0, 100.0);

    #[test]
    fn zooming_in_and_out_returns_to_following() {
        let mut view = Viewport::default();
        view.zoom(view.axis(DATA, false), DATA, 0.5, 0.5);
        assert_eq!(view.axis(DATA, false), Axis::new(25.0, 75.0, false));
        view.zoom(view.axis(DATA, false), DATA, 0.5, 4.0);
        assert!(view.follows());
    }

    #[test]
    fn a_chosen_part_stays_while_data_grows() {
        let mut view = Viewport::default();
        view.select(view.axis(DATA, false), 0.4, 0.2);
        assert_eq!(view.axis((0.0, 1_000.0), false), Axis::new(20.0, 40.0, false));
    }

    #[test]
    fn panning_stops_at_the_ends() {
        let mut view = Viewport::default();
        view.select(view.axis(DATA, false), 0.2, 0.4);
        view.pan(view.axis(DATA, false), DATA, -5.0);
        assert_eq!(view.axis(DATA, false), Axis::new(0.0, 20.0, false));
        view.pan(view.axis(DATA, false), DATA, 50.0);
        let axis = view.axis(DATA, false);
        assert!((axis.low - 80.0).abs() < 1e-9 && (axis.high - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_click_selects_nothing() {
        let mut view = Viewport::default();
        view.select(view.axis(DATA, false), 0.4, 0.401);
        assert!(view.follows());
    }
}
