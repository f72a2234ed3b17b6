//! Where all charts of a run look and how: shared, so that they move together.

use super::sample::XAxis;
use plot::Viewport;
use std::cell::Cell;
use std::rc::Rc;

/// Above this many times the first place, a curve is shown on a logarithmic axis unless somebody chose.
const LONG_RUN: f64 = 4_000.0;

/// How the curves are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChartManner {
    /// What runs from left to right.
    pub axis: XAxis,
    /// Logarithmic horizontal axis; none lets the length of the run decide.
    pub log_x: Option<bool>,
    /// Logarithmic vertical axis.
    pub log_y: bool,
    /// Whether the vertical axis leaves out rare values that would flatten all others.
    pub robust: bool,
    /// Number of episodes that the smooth curve averages.
    pub window: f64,
}

impl Default for ChartManner {
    fn default() -> Self {
        Self { axis: XAxis::Episode, log_x: None, log_y: false, robust: true, window: 50.0 }
    }
}

impl ChartManner {
    /// Whether an axis up to `newest` is logarithmic: the beginning of a long run is where the learning is.
    pub fn is_log_x(self, newest: f64) -> bool {
        self.log_x.unwrap_or(self.axis != XAxis::Time && newest > LONG_RUN)
    }
}

/// Where the charts look. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct SharedViewport(Rc<SharedViewportState>);

#[derive(Debug, Default)]
struct SharedViewportState {
    viewport: Cell<Viewport>,
    pointed: Cell<Option<f64>>,
    changes: Cell<u64>,
}

impl SharedViewport {
    /// The part that is looked at.
    pub fn get(&self) -> Viewport {
        self.0.viewport.get()
    }

    /// Looks at another part.
    pub fn look(&self, change: impl FnOnce(&mut Viewport)) {
        let mut viewport = self.0.viewport.get();
        change(&mut viewport);
        if viewport != self.0.viewport.replace(viewport) {
            self.0.changes.set(self.0.changes.get() + 1);
        }
    }

    /// The place that is pointed at, as a value of the horizontal axis.
    pub fn pointed(&self) -> Option<f64> {
        self.0.pointed.get()
    }

    /// Points somewhere else.
    pub fn point(&self, at: Option<f64>) {
        if self.0.pointed.replace(at) != at {
            self.0.changes.set(self.0.changes.get() + 1);
        }
    }

    /// Grows with every change.
    pub fn changes(&self) -> u64 {
        self.0.changes.get()
    }
}

impl PartialEq for SharedViewport {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_changes_count() {
        let viewport = SharedViewport::default();
        viewport.point(None);
        viewport.look(Viewport::follow);
        assert_eq!(viewport.changes(), 0);
        viewport.point(Some(3.0));
        assert_eq!(viewport.clone().changes(), 1);
    }

    #[test]
    fn a_choice_outweighs_the_length_of_the_run() {
        assert!(!ChartManner::default().is_log_x(100.0));
        assert!(ChartManner::default().is_log_x(1e6));
        assert!(!ChartManner { log_x: Some(false), ..ChartManner::default() }.is_log_x(1e6));
        assert!(!ChartManner { axis: XAxis::Time, ..ChartManner::default() }.is_log_x(1e6));
    }
}
