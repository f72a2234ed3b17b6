//! Metrics: what each of them is and how it is drawn. Whoever reports one says so, and a page guesses nothing from names.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The scale of a metric's vertical axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricAxis {
    /// Equal differences take equal room.
    #[default]
    Linear,
    /// Equal factors take equal room, for values above 0 over several orders of magnitude.
    Logarithmic,
}

/// How the curve of a metric is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricCurve {
    /// Every value as it is: schedules, counts, residuals.
    #[default]
    Line,
    /// The values faintly and their moving mean over them, for what is noisy: losses, errors.
    Smoothed,
}

/// A metric in words, with how its chart is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricDescription {
    /// The name of its values, e.g. `charts/epsilon`.
    pub name: Cow<'static, str>,
    /// Title for people.
    pub title: Cow<'static, str>,
    /// Unit of its values; empty if they have none.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub unit: Cow<'static, str>,
    /// The heading under which charts stand together.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub group: Cow<'static, str>,
    /// The scale of its vertical axis.
    #[serde(default)]
    pub axis: MetricAxis,
    /// How its curve is drawn.
    #[serde(default)]
    pub curve: MetricCurve,
    /// The least and the greatest value that it can have, which the vertical axis then keeps in sight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(f64, f64)>,
}

impl MetricDescription {
    /// A metric on a linear axis, drawn as it is. `unit` and `group` may be empty.
    pub const fn new(name: &'static str, title: &'static str, unit: &'static str, group: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            title: Cow::Borrowed(title),
            unit: Cow::Borrowed(unit),
            group: Cow::Borrowed(group),
            axis: MetricAxis::Linear,
            curve: MetricCurve::Line,
            range: None,
        }
    }

    /// The same on a logarithmic axis.
    #[must_use]
    pub const fn logarithmic(mut self) -> Self {
        self.axis = MetricAxis::Logarithmic;
        self
    }

    /// The same with its moving mean.
    #[must_use]
    pub const fn smoothed(mut self) -> Self {
        self.curve = MetricCurve::Smoothed;
        self
    }

    /// The same with the least and the greatest value that it can have.
    #[must_use]
    pub const fn within(mut self, least: f64, greatest: f64) -> Self {
        self.range = Some((least, greatest));
        self
    }

    /// What stands for the description of a metric whose publisher gave none: what comes before the last slash of its
    /// name is its group, the rest its title.
    pub fn undescribed(name: &str) -> Self {
        let (group, title) = name.rsplit_once('/').unwrap_or(("", name));
        let words = |text: &str| Cow::Owned(text.replace('_', " "));
        let plain = Self::new("", "", "", "");
        Self { name: Cow::Owned(name.to_owned()), title: words(title), group: words(group), ..plain }
    }
}

/// Told a metric's value together with what the metric is.
pub type ReportMetric<'a> = dyn FnMut(&'static MetricDescription, f64) + 'a;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_that_nobody_describes_stands_under_its_prefix() {
        let metric = MetricDescription::undescribed("losses/actor/policy_loss");
        assert_eq!((&*metric.group, &*metric.title), ("losses/actor", "policy loss"));
        assert_eq!((metric.axis, metric.curve, metric.range), (MetricAxis::Linear, MetricCurve::Line, None));
        assert_eq!(&*MetricDescription::undescribed("loss").group, "");
    }
}
