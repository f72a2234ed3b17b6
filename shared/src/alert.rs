//! Alerts: what a relay's rules on metrics find in a run.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Which side of its threshold a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertComparison {
    /// Greater than the threshold.
    Above,
    /// Less than the threshold.
    Below,
    /// NaN or infinite, whatever the threshold.
    #[serde(rename = "not-finite")]
    NotFinite,
}

impl AlertComparison {
    /// Whether a value is on that side.
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Above => value > threshold,
            Self::Below => value < threshold,
            Self::NotFinite => !value.is_finite(),
        }
    }
}

/// Its name in files and messages.
impl fmt::Display for AlertComparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Above => "above",
            Self::Below => "below",
            Self::NotFinite => "not-finite",
        })
    }
}

/// A rule that holds for a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FiringAlert {
    /// The rule's name.
    pub alert: String,
    /// The metric, or `return` for the mean return of a bin of episodes.
    pub metric: String,
    /// Which side of the threshold the rule is about.
    pub is: AlertComparison,
    /// The threshold; without meaning for [`AlertComparison::NotFinite`].
    pub threshold: f64,
    /// The value that made it fire; none if that was not finite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Steps of the run then.
    pub step: u64,
    /// When that was by the publisher's clock, in milliseconds since 1970.
    pub time_millis: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_is_called_in_text_as_in_messages() {
        for is in [AlertComparison::Above, AlertComparison::Below, AlertComparison::NotFinite] {
            assert_eq!(serde_json::to_value(is).unwrap(), is.to_string());
        }
    }

    #[test]
    fn a_value_at_the_threshold_is_on_neither_side() {
        let holding = |value| {
            [AlertComparison::Above, AlertComparison::Below, AlertComparison::NotFinite].map(|it| it.holds(value, 1.0))
        };
        assert_eq!(holding(1.0), [false; 3]);
        assert_eq!(holding(1.5), [true, false, false]);
        assert_eq!(holding(0.5), [false, true, false]);
        assert_eq!(holding(f64::NAN), [false, false, true]);
        assert_eq!(holding(f64::INFINITY), [true, false, true]);
    }
}
