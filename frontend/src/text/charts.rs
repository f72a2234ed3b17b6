//! Texts of the charts.

use super::{Text, say};
use crate::language::translated;
use std::fmt::Display;

/// Chart of returns.
pub const CHART_RETURN: Text = Text("Return");
/// Chart of lengths.
pub const CHART_LENGTH: Text = Text("Episode length");
/// Chart of performance profiles, short enough for a phone.
pub const CHART_PROFILES: Text = Text("Performance profile: share above");
/// Horizontal axis.
pub const X_AXIS: Text = Text("Horizontal axis");
/// By episodes.
pub const BY_EPISODE: Text = Text("Episode");
/// By steps.
pub const BY_STEP: Text = Text("Step");
/// By time.
pub const BY_TIME: Text = Text("Time");
/// Logarithmic.
pub const LOG_X: Text = Text("log x");
/// Logarithmic.
pub const LOG_Y: Text = Text("log y");
/// When the axis is logarithmic by itself.
pub const LOG_X_HELP: Text = Text("Equal factors take equal room; long runs are shown so by themselves");
/// Smoothing.
pub const SMOOTHING: Text = Text("Mean of");
/// The files of a chart.
pub const CHART_FILES: Text = Text("Save this chart");

/// A file's format.
pub fn as_file(format: &str) -> String {
    say!("as {format}", format = format.to_ascii_uppercase())
}

/// What a figure is.
pub fn mean_of_last(window: f64) -> String {
    if window <= 1.0 { Text("Last episode").into() } else { say!("Mean of the last {window} episodes", window) }
}

/// Where a figure is.
pub fn at(place: &str) -> String {
    say!("at {place}", place)
}

/// The best that can be.
pub fn optimal(value: f64) -> String {
    say!("optimal {value}", value = crate::format::plain(value, 3))
}

/// A chart in words.
pub fn chart_words(title: &str) -> String {
    say!(
        "Chart of {title}. Plus and minus or Ctrl and the wheel zoom, arrow keys move, a drag selects, escape follows the newest.",
        title
    )
}

/// What runs from left to right on performance profiles.
pub const PROFILE_AXIS: Text = Text("return");
/// Said on a chart whose axis is too short for all.
/// Button: the axis shows every value.
pub const WHOLE_AXIS: Text = Text("Whole axis");
/// What that does.
pub const WHOLE_AXIS_HELP: Text = Text(
    "Shows every value; otherwise the rarest twentieth on each side is left out where it would flatten all others",
);

/// A run's seed.
pub fn seed(seed: &impl Display) -> String {
    say!("seed {seed}", seed)
}

/// Said of numbers that stay.
pub const PINNED: Text = Text(" · pinned, Esc lets go");

/// The title of an overlay of that name.
pub fn overlay_title(name: &str) -> String {
    super::capital(&translated(&name.replace('_', " ")))
}

/// Metrics without a heading.
pub const OTHER_METRICS: Text = Text("Other metrics");

/// A unit beside a title.
pub fn unit(unit: &str) -> String {
    format!(" · {unit}")
}

/// Metrics beyond those that are drawn.
pub fn metrics_left_out(count: usize) -> String {
    say!("{count} more are not drawn here; they are in the run's log.", count)
}

/// Values that are gaps in a curve; nothing if there are none.
pub fn left_out(not_finite: usize, not_positive: usize) -> String {
    let not_finite = match not_finite {
        0 => None,
        1 => Some(Text("1 value is not finite.").into()),
        count => Some(say!("{count} values are not finite.", count)),
    };
    let not_positive = match not_positive {
        0 => None,
        1 => Some(Text("1 value is zero or less, which a logarithmic axis cannot show.").into()),
        count => Some(say!("{count} values are zero or less, which a logarithmic axis cannot show.", count)),
    };
    not_finite.into_iter().chain(not_positive).collect::<Vec<String>>().join(" ")
}
