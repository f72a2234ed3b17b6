//! The clocks of this process.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// What the process measures by, which nobody can set, and what it stamps with.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    begun: Instant,
}

impl Clock {
    /// A clock that begins now.
    pub fn begin() -> Self {
        Self { begun: Instant::now() }
    }

    /// Milliseconds since it began.
    pub fn uptime_millis(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() * 1000.0
    }
}

impl run::host::Clock for Clock {
    fn uptime_millis(&mut self) -> f64 {
        Self::uptime_millis(self)
    }

    fn wall_millis(&mut self) -> f64 {
        wall_millis()
    }
}

/// Milliseconds since 1970 by the clock on the wall, for time stamps alone.
pub fn wall_millis() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |it| it.as_secs_f64() * 1000.0)
}
