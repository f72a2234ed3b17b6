//! Alerts: rules on metrics that are told by a webhook, in the relay's figures and over HTTP, once each until clear again.
//!
//! A rule is a table `[[alert]]` of the file of options. It is judged by every point of its metric as it comes, by the
//! publisher's clock; what the relay knew before a restart is not judged again.

mod webhook;

use crate::access::Scope;
use crate::metrics::{AlertLabel, Metrics};
use serde::{Deserialize, Serialize};
use shared::event::LogEvent;
use shared::message::LogEntry;
use shared::{Epoch, RunId};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use utoipa::ToSchema;
use webhook::{Messenger, News};
pub use webhook::{NoWebhook, Webhook};

/// What a rule calls the mean return of the episodes of a bin.
const RETURN: &str = "return";

/// Which side of its value a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// Greater than the value.
    Above,
    /// Less than the value.
    Below,
    /// NaN or infinite, whatever the value.
    NotFinite,
}

impl Comparison {
    fn holds(self, point: f64, value: f64) -> bool {
        match self {
            Self::Above => point > value,
            Self::Below => point < value,
            Self::NotFinite => !point.is_finite(),
        }
    }
}

/// A rule as the file of options has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    name: String,
    #[serde(default = "all_runs")]
    runs: String,
    metric: String,
    is: Comparison,
    #[serde(default)]
    value: Option<f64>,
    #[serde(default = "one")]
    points: u32,
    #[serde(default)]
    seconds: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    webhook: Option<String>,
}

fn all_runs() -> String {
    "*".into()
}

const fn one() -> u32 {
    1
}

/// A rule on a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What it is called by.
    name: String,
    /// Runs that it is for.
    runs: Scope,
    /// The name of the metric, or `return`.
    metric: String,
    is: Comparison,
    value: f64,
    /// Points in a row that it has to hold for, at least 1,
    points: u32,
    /// and seconds from the first to the last of them.
    seconds: f64,
    webhook: Option<Webhook>,
}

/// Why a rule is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRule {
    /// It is not written as rules are.
    #[error("{0}")]
    Form(String),
    /// It has no name, or too long a one.
    #[error("a rule's name has 1 to 100 characters, not {0}")]
    Name(usize),
    /// It compares with nothing.
    #[error("rule {0} has no value that is a finite number; only is = \"not-finite\" needs none")]
    Value(String),
    /// It would never or always hold.
    #[error("rule {0} wants points of at least 1 and seconds from 0 to 1000000")]
    Duration(String),
    /// Its webhook cannot be called.
    #[error("rule {name}: {source}")]
    Webhook {
        /// The rule.
        name: String,
        /// What is wrong.
        source: NoWebhook,
    },
}

impl Rule {
    /// Reads what stands under `[[alert]]`.
    pub fn from_table(table: toml::Table) -> Result<Self, NoRule> {
        let written: Written = table.try_into().map_err(|error: toml::de::Error| NoRule::Form(error.to_string()))?;
        let Written { name, runs, metric, is, value, points, seconds, webhook } = written;
        let length = name.chars().count();
        if !(1..=100).contains(&length) {
            return Err(NoRule::Name(length));
        }
        let value = match (is, value) {
            (Comparison::NotFinite, value) => value.unwrap_or_default(),
            (_, Some(value)) if value.is_finite() => value,
            _ => return Err(NoRule::Value(name)),
        };
        if points == 0 || !(0.0..=1e6).contains(&seconds) {
            return Err(NoRule::Duration(name));
        }
        let webhook = webhook.map(|it| it.parse()).transpose();
        let webhook = webhook.map_err(|source| NoRule::Webhook { name: name.clone(), source })?;
        Ok(Self { name, runs: Scope::new(runs), metric, is, value, points, seconds, webhook })
    }

    /// What it is called by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rule as `from_table` reads it, without its webhook, whose address may be a secret.
    pub(crate) fn text(&self) -> String {
        let Self { name, runs, metric, is, value, points, seconds, webhook } = self;
        let written = Written {
            name: name.clone(),
            runs: runs.as_str().to_owned(),
            metric: metric.clone(),
            is: *is,
            value: Some(*value),
            points: *points,
            seconds: *seconds,
            webhook: None,
        };
        let text = toml::to_string(&written).unwrap_or_default();
        let hidden = if webhook.is_some() { "# webhook is set, and is not shown\n" } else { "" };
        format!("\n[[alert]]\n{text}{hidden}")
    }
}

/// How long a rule has held for a run.
#[derive(Clone, Debug, Default)]
struct Streak {
    epoch: Epoch,
    points: u32,
    since_millis: f64,
    /// What it fires for, if it does.
    firing: Option<Firing>,
}

/// A rule that holds for a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Firing {
    /// The rule.
    alert: String,
    /// The run.
    run: String,
    /// Its epoch.
    epoch: u64,
    /// The metric.
    metric: String,
    is: Comparison,
    threshold: f64,
    /// The value that made it fire; null if it is not finite.
    value: Option<f64>,
    /// Steps of the run then.
    step: u64,
    /// When that was by the publisher's clock, in milliseconds since 1970.
    time_millis: f64,
}

/// One value of a metric.
struct Point {
    step: u64,
    time_millis: f64,
    value: f64,
}

/// All rules, and how they stand.
#[derive(Debug)]
pub(crate) struct Alerts {
    rules: Vec<(Rule, Option<Messenger>)>,
    metrics: Metrics,
    /// By the rule's place and the run.
    streaks: Mutex<BTreeMap<(usize, RunId), Streak>>,
}

impl Alerts {
    /// Has a task for every rule's webhook.
    pub(crate) fn new(rules: &[Rule], metrics: Metrics) -> Self {
        let messenger = |rule: &Rule| Some(Messenger::start(rule.webhook.clone()?, rule.name.clone(), metrics.clone()));
        for rule in rules {
            metrics.alerts_firing.get_or_create(&AlertLabel { alert: rule.name.clone() }).set(0);
        }
        let rules = rules.iter().map(|it| (it.clone(), messenger(it))).collect();
        Self { rules, metrics, streaks: Mutex::default() }
    }

    /// Whether any rule is for this run.
    pub(crate) fn concern(&self, run: &RunId) -> bool {
        self.rules.iter().any(|(rule, _)| rule.runs.has(run))
    }

    /// Judges entries of a run's log, each of which is seen once.
    pub(crate) fn judge(&self, run: &RunId, epoch: Epoch, entries: &[LogEntry]) {
        for entry in entries {
            let Ok(event) = entry.event.decode() else { continue };
            for (index, (rule, messenger)) in self.rules.iter().enumerate().filter(|(_, it)| it.0.runs.has(run)) {
                let point = |step, value| Point { step, time_millis: entry.time_millis, value };
                let point = match &event {
                    LogEvent::Metrics { step, values, .. } => values.get(&rule.metric).map(|it| point(*step, *it)),
                    LogEvent::Episodes(bin) if rule.metric == RETURN => {
                        Some(point(bin.step, bin.episodic_return.sum / bin.count.max(1) as f64))
                    }
                    _ => None,
                };
                let news = point.and_then(|it| self.meet((index, rule), run, epoch, &it));
                if let (Some(news), Some(messenger)) = (news, messenger) {
                    messenger.send(news);
                }
            }
        }
    }

    /// What a point changes.
    fn meet(&self, (index, rule): (usize, &Rule), run: &RunId, epoch: Epoch, point: &Point) -> Option<News> {
        let label = AlertLabel { alert: rule.name.clone() };
        let mut streaks = self.streaks();
        let streak = streaks.entry((index, run.clone())).or_default();
        if streak.epoch != epoch {
            if streak.firing.is_some() {
                self.metrics.alerts_firing.get_or_create(&label).dec();
            }
            *streak = Streak { epoch, ..Streak::default() };
        }
        if !rule.is.holds(point.value, rule.value) {
            streak.points = 0;
            let firing = streak.firing.take()?;
            self.metrics.alerts_firing.get_or_create(&label).dec();
            tracing::info!(alert = rule.name, %run, value = point.value, "an alert is clear again");
            return Some(News::clear(firing.at(point)));
        }
        if streak.points == 0 {
            streak.since_millis = point.time_millis;
        }
        streak.points = streak.points.saturating_add(1);
        let lasts = point.time_millis - streak.since_millis >= rule.seconds * 1000.0;
        if streak.firing.is_some() || streak.points < rule.points || !lasts {
            return None;
        }
        let firing = Firing {
            alert: rule.name.clone(),
            run: run.to_string(),
            epoch: epoch.0,
            metric: rule.metric.clone(),
            is: rule.is,
            threshold: rule.value,
            value: None,
            step: 0,
            time_millis: 0.0,
        };
        let firing = firing.at(point);
        streak.firing = Some(firing.clone());
        self.metrics.alerts_firing.get_or_create(&label).inc();
        self.metrics.alerts_fired.get_or_create(&label).inc();
        tracing::warn!(alert = rule.name, %run, value = point.value, "an alert fires");
        Some(News::firing(firing))
    }

    /// A run is removed: nothing fires for it.
    pub(crate) fn forget(&self, run: &RunId) {
        self.streaks().retain(|(index, it), streak| {
            if it == run && streak.firing.is_some() {
                let alert = self.rules.get(*index).map_or(String::new(), |(rule, _)| rule.name.clone());
                self.metrics.alerts_firing.get_or_create(&AlertLabel { alert }).dec();
            }
            it != run
        });
    }

    /// What fires at present, for the runs that somebody may see.
    pub(crate) fn firing(&self, scope: &Scope) -> Vec<Firing> {
        let streaks = self.streaks();
        let seen = streaks.iter().filter(|((_, run), _)| scope.has(run));
        seen.filter_map(|(_, streak)| streak.firing.clone()).collect()
    }

    fn streaks(&self) -> MutexGuard<'_, BTreeMap<(usize, RunId), Streak>> {
        self.streaks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Firing {
    fn at(self, point: &Point) -> Self {
        let value = Some(point.value).filter(|it| it.is_finite());
        Self { value, step: point.step, time_millis: point.time_millis, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{Offset, Payload};

    fn rule(text: &str) -> Result<Rule, NoRule> {
        Rule::from_table(text.parse().unwrap())
    }

    /// Values at one a second, and how many rules fire after each.
    fn fires(rules: &str, values: &[f64]) -> Vec<usize> {
        let alerts = Alerts::new(&[rule(rules).unwrap()], Metrics::new());
        let run = RunId::new("snake-1").unwrap();
        let judge = |(index, value): (usize, &f64)| {
            let values = BTreeMap::from([("loss".to_owned(), *value)]);
            let event = LogEvent::Metrics { step: index as u64, episode: 0, values, statistics: BTreeMap::new() };
            let (offset, time_millis) = (Offset(index as u64), 1000.0 * index as f64);
            alerts.judge(&run, Epoch(1), &[LogEntry { offset, time_millis, event: Payload::plain(&event).unwrap() }]);
            alerts.firing(&Scope::all()).len()
        };
        values.iter().enumerate().map(judge).collect()
    }

    #[test]
    fn a_rule_fires_after_so_many_points_and_seconds_until_it_is_clear() {
        let always = "name = 'a'\nmetric = 'loss'\nis = 'above'\nvalue = 1";
        assert_eq!(fires(always, &[1.0, 2.0, 3.0, 0.0, 2.0]), [0, 1, 1, 0, 1]);
        assert_eq!(
            fires(&format!("{always}\npoints = 3"), &[2.0, 2.0, 0.0, 2.0, 2.0, 2.0, 2.0]),
            [0, 0, 0, 0, 0, 1, 1]
        );
        assert_eq!(fires(&format!("{always}\nseconds = 2"), &[2.0, 2.0, 2.0, 0.0, 2.0]), [0, 0, 1, 0, 0]);
        let below = "name = 'a'\nmetric = 'loss'\nis = 'below'\nvalue = 1.5\nruns = 'snake-*'";
        assert_eq!(fires(below, &[2.0, 1.0, f64::NAN]), [0, 1, 0]);
        let not_finite = "name = 'a'\nmetric = 'loss'\nis = 'not-finite'";
        assert_eq!(fires(not_finite, &[2.0, f64::NAN, f64::INFINITY, 1.0]), [0, 1, 1, 0]);
        assert_eq!(fires(&always.replace("loss", "other"), &[2.0]), [0]);
        assert_eq!(fires(&format!("{always}\nruns = 'taxi*'"), &[2.0]), [0]);
    }

    #[test]
    fn another_epoch_and_a_removed_run_end_what_fires() {
        let alerts = Alerts::new(&[rule("name='a'\nmetric='return'\nis='above'\nvalue=1").unwrap()], Metrics::new());
        let run = RunId::new("snake").unwrap();
        let (all, index) = (Scope::all(), (0, &alerts.rules[0].0));
        let point = |value| Point { step: 1, time_millis: 0.0, value };
        assert!(alerts.meet(index, &run, Epoch(1), &point(2.0)).is_some());
        assert!(alerts.meet(index, &run, Epoch(1), &point(2.0)).is_none(), "once");
        assert!(alerts.meet(index, &run, Epoch(2), &point(0.0)).is_none());
        assert!(alerts.firing(&all).is_empty());
        alerts.meet(index, &run, Epoch(2), &point(2.0));
        assert!(alerts.metrics.text().unwrap().contains("alerts_firing{alert=\"a\"} 1"));
        alerts.forget(&run);
        assert!(alerts.firing(&all).is_empty());
        assert!(alerts.metrics.text().unwrap().contains("alerts_firing{alert=\"a\"} 0"));
    }

    #[test]
    fn what_is_no_rule_is_named() {
        let base = "name = 'a'\nmetric = 'loss'\nis = 'above'\n";
        for (text, expected) in [
            ("metric = 'loss'\nis = 'above'", "name"),
            (base, "has no value"),
            (&format!("{base}value = nan"), "has no value"),
            (&format!("{base}value = 1\npoints = 0"), "points of at least 1"),
            (&format!("{base}value = 1\nseconds = -1"), "seconds from 0"),
            (&format!("{base}value = 1\nwhere = 2"), "where"),
            ("name = ''\nmetric = 'loss'\nis = 'above'\nvalue = 1", "1 to 100"),
            (&format!("{base}value = 1\nwebhook = 'ftp://x'"), "ftp://x"),
        ] {
            let error = rule(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_printed_rule_reads_as_the_same_and_shows_no_webhook() {
        let text = "name = 'a'\nmetric = 'loss'\nis = 'above'\nvalue = 1.5\nwebhook = 'https://hooks.example/secret'";
        let printed = rule(text).unwrap().text();
        assert!(!printed.contains("secret") && printed.contains("webhook is set"), "{printed}");
        let table = printed.replace("[[alert]]", "");
        assert_eq!(rule(&table).unwrap(), Rule { webhook: None, ..rule(text).unwrap() });
    }
}
