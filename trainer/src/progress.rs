//! Progress: a bar on a terminal, a line every few seconds elsewhere, both on the error output.

use crate::clock::ProcessClock;
use crate::connection::RelayState;
use crate::figure::fixed;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use run::Run;
use run::pacer::RateMeter;
use serde::{Deserialize, Serialize};
use shared::event::Phase;
use shared::terminal::say;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

/// Time between two lines of a log.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Time between two looks of a bar.
const BAR_EVERY: Duration = Duration::from_millis(100);

/// Where a run is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// When somebody ends it.
    Endless,
    /// After so many steps in all.
    Steps(u64),
    /// After so many episodes in all.
    Episodes(u64),
}

impl Goal {
    fn is_reached(self, run: &Run) -> bool {
        match self {
            Self::Endless => false,
            Self::Steps(end) => run.step() >= end,
            Self::Episodes(end) => run.episode() >= end,
        }
    }
}

/// What a person at the terminal sees of a run.
#[derive(Debug)]
pub struct TerminalProgress {
    bar: Option<ProgressBar>,
    goal: Goal,
    meter: RateMeter,
    clock: ProcessClock,
    due: Instant,
    /// The step that the last line told.
    told: Option<u64>,
    notice: String,
}

impl TerminalProgress {
    /// A bar if the error output is a terminal, lines otherwise.
    pub fn new(goal: Goal) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| bar(goal));
        Self { bar, goal, ..Self::in_words() }
    }

    /// Words alone, where there is no run.
    pub fn in_words() -> Self {
        let (bar, goal, notice) = (None, Goal::Endless, String::new());
        Self {
            bar,
            goal,
            meter: RateMeter::default(),
            clock: ProcessClock::begin(),
            due: Instant::now(),
            told: None,
            notice,
        }
    }

    /// Shows where the run stands, if it is time to.
    pub fn update(&mut self, run: &Run, relay: Option<&RelayState>) {
        let rate = self.meter.update(self.clock.uptime_millis(), run.step());
        let now = Instant::now();
        if now < self.due {
            return;
        }
        let words = words(run, rate, relay, self.goal);
        if let Some(bar) = &self.bar {
            bar.set_position(match self.goal {
                Goal::Steps(_) => run.step(),
                Goal::Episodes(_) | Goal::Endless => run.episode(),
            });
            bar.set_message(words);
            bar.tick();
            self.due = now + BAR_EVERY;
        } else {
            say(words);
            self.told = Some(run.step());
            self.due = now + LINE_EVERY;
        }
    }

    /// Shows where the run stands in the end, unless the last line told it.
    pub fn update_at_last(&mut self, run: &Run, relay: Option<&RelayState>) {
        if self.told != Some(run.step()) {
            self.due = Instant::now();
            self.update(run, relay);
        }
    }

    /// Words for the person at the terminal; the same words are not said twice in a row.
    pub fn say(&mut self, words: &str) {
        if self.notice == words {
            return;
        }
        words.clone_into(&mut self.notice);
        match &self.bar {
            Some(bar) => bar.println(words),
            None => say(words),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(goal: Goal) -> ProgressBar {
    let (bar, template) = match goal {
        Goal::Endless => (ProgressBar::new_spinner(), "{spinner} {wide_msg}"),
        Goal::Steps(end) | Goal::Episodes(end) => (ProgressBar::new(end), "{bar:20} {percent:>3} % {eta} {wide_msg}"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn words(run: &Run, rate: f64, relay: Option<&RelayState>, goal: Goal) -> String {
    let mut words = vec![
        format!("{} episodes", HumanCount(run.episode())),
        format!("{} steps", HumanCount(run.step())),
        match run.phase() {
            Phase::Running | Phase::Paused if goal.is_reached(run) => "done".into(),
            // At the beginning nothing is measured yet.
            Phase::Running if rate <= 0.0 => "begins".into(),
            Phase::Running if rate < 10.0 => format!("{} steps/s", fixed(rate, 1)),
            Phase::Running => format!("{} steps/s", HumanCount(rate as u64)),
            Phase::Ready => "ready".into(),
            Phase::Paused => "paused".into(),
            Phase::Ended => "ended".into(),
        },
    ];
    let returns = run.recent_returns();
    if !returns.is_empty() {
        words.push(format!("mean return {}", fixed(returns.iter().sum::<f64>() / returns.len() as f64, 3)));
    }
    if let Some(epsilon) = run.metrics().get("charts/epsilon") {
        words.push(format!("epsilon {epsilon:.3}"));
    }
    words.extend(relay.map(ToString::to_string));
    words.join(", ")
}
