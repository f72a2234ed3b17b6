//! How far a sweep is: a bar on a terminal, a line every few seconds elsewhere, both on the error output.

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressStyle};
use shared::terminal::say;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

/// Time between two lines of a log.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// What a person at the terminal sees of a sweep.
#[derive(Debug)]
pub(super) struct SweepProgress {
    bar: Option<ProgressBar>,
    all: usize,
    before: usize,
    done: usize,
    steps: u64,
    begun: Instant,
    due: Instant,
}

impl SweepProgress {
    /// Of `all` runs, so many were done before.
    pub(super) fn new(all: usize, before: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(all as u64).with_position(before as u64);
            match ProgressStyle::with_template("{bar:20} {percent:>3} % {wide_msg}") {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        if before > 0 {
            say(format_args!("{before} of {all} runs were made before"));
        }
        Self { bar, all, before, done: before, steps: 0, begun: Instant::now(), due: Instant::now() }
    }

    /// A run of so many steps has ended.
    pub(super) fn count(&mut self, steps: u64) {
        self.done += 1;
        self.steps += steps;
        let now = Instant::now();
        if let Some(bar) = &self.bar {
            bar.set_position(self.done as u64);
            bar.set_message(self.words(now));
        } else if now >= self.due || self.done == self.all {
            say(self.words(now));
            self.due = now + LINE_EVERY;
        }
    }

    fn words(&self, now: Instant) -> String {
        let seconds = (now - self.begun).as_secs_f64().max(1e-9);
        let rate = HumanCount((self.steps as f64 / seconds) as u64);
        let left = (self.all - self.done) as f64 * seconds / (self.done - self.before).max(1) as f64;
        let left = HumanDuration(Duration::from_secs_f64(left));
        format!("{} of {} runs, {rate} steps/s, {left} left", self.done, self.all)
    }
}

impl Drop for SweepProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
