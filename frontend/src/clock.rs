//! The clock for whatever is measured: nobody can set it.

/// Milliseconds since the page was opened. They never go backwards, whatever becomes of the clock on the wall.
pub fn uptime_millis() -> f64 {
    web_sys::window().and_then(|it| it.performance()).map_or(0.0, |it| it.now())
}
