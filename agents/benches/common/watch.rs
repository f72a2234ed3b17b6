//! A watch that benches share: the thread's own processor time where the system tells it (Linux).

use std::time::Instant;

/// Measures seconds of work.
pub(crate) struct Watch {
    clock: Instant,
    processor: Option<f64>,
}

impl Watch {
    /// Begins now.
    pub(crate) fn start() -> Self {
        Self { clock: Instant::now(), processor: processor_seconds() }
    }

    /// Seconds since it began.
    pub(crate) fn seconds(&self) -> f64 {
        match (self.processor, processor_seconds()) {
            (Some(began), Some(now)) if now > began => now - began,
            _ => self.clock.elapsed().as_secs_f64(),
        }
    }
}

fn processor_seconds() -> Option<f64> {
    let nanoseconds: f64 =
        std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()?;
    Some(nanoseconds * 1e-9)
}
