//! The system's clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970; 0 if this machine's clock stands before that.
pub(crate) fn now_millis() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |it| it.as_millis() as f64)
}
