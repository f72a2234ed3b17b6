//! Alerts: rules on metrics that are told by a webhook, in the relay's figures and over HTTP, once each until clear again.
//!
//! A rule is a table `[[alert]]` of the file of options. It is judged by every point of its metric as it comes, by the
//! publisher's clock. How it stands is kept in the database: with every change, and now and then how far a log was judged. So a
//! relay that starts again judges what was stored and not judged, and nothing else; and news that a webhook was not told yet
//! are told then. What a run told before a rule was there is not judged.

mod kept;
mod webhook;
mod written;

use crate::access::Scope;
use crate::metrics::{AlertLabel, Metrics};
pub(crate) use kept::{AlertKeeper, AlertNote, KeptAlerts};
use prometheus_client::metrics::gauge::Gauge;
use serde::{Deserialize, Serialize};
use shared::alert::{AlertComparison, FiringAlert};
use shared::event::LogEvent;
use shared::message::LogEntry;
use shared::{Epoch, RunId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use utoipa::ToSchema;
use webhook::{Going, Messenger, WaitingNews, WebhookNews};
pub use webhook::{NoWebhook, Webhook};

/// Entries of a log after which it is kept how far it was judged, though nothing changed.
const KEPT_EVERY: u64 = 4096;

/// What a rule calls the mean return of the episodes of a bin.
const RETURN: &str = "return";

/// A rule as the file of options has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenRule {
    name: String,
    #[serde(default = "all_runs")]
    runs: String,
    metric: String,
    is: AlertComparison,
    #[serde(default, deserialize_with = "written::value")]
    value: Option<f64>,
    #[serde(default = "one", deserialize_with = "written::points")]
    points: u32,
    #[serde(default, deserialize_with = "written::number")]
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
pub struct AlertRule {
    /// What it is called by.
    name: String,
    /// Runs that it is for.
    runs: Scope,
    /// The name of the metric, or `return`.
    metric: String,
    is: AlertComparison,
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
    /// It compares with nothing, and has a value.
    #[error("rule {0} has a value, which has no effect with is = \"not-finite\"; leave it out")]
    NoThreshold(String),
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

impl AlertRule {
    /// Reads what stands under `[[alert]]`.
    pub fn from_table(table: toml::Table) -> Result<Self, NoRule> {
        let written: WrittenRule =
            table.try_into().map_err(|error: toml::de::Error| NoRule::Form(error.to_string()))?;
        let WrittenRule { name, runs, metric, is, value, points, seconds, webhook } = written;
        let length = name.chars().count();
        if !(1..=100).contains(&length) {
            return Err(NoRule::Name(length));
        }
        let value = match (is, value) {
            (AlertComparison::NotFinite, Some(_)) => return Err(NoRule::NoThreshold(name)),
            (AlertComparison::NotFinite, None) => 0.0,
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
        let written = WrittenRule {
            name: name.clone(),
            runs: runs.as_str().to_owned(),
            metric: metric.clone(),
            is: *is,
            value: (*is != AlertComparison::NotFinite).then_some(*value),
            points: *points,
            seconds: *seconds,
            webhook: None,
        };
        let text = toml::to_string(&written).unwrap_or_default();
        let hidden = if webhook.is_some() { "# webhook is set, and is not shown\n" } else { "" };
        format!("\n[[alert]]\n{text}{hidden}")
    }

    /// What it is kept by: another rule, though it has the same name, begins anew; another webhook is told of the same.
    fn key(&self) -> String {
        Self { webhook: None, ..self.clone() }.text()
    }
}

/// How long a rule has held for a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Streak {
    epoch: Epoch,
    /// The offset after the last entry that was judged, and the one that was kept.
    judged: u64,
    #[serde(skip)]
    kept: u64,
    points: u32,
    since_millis: f64,
    /// What it fires for, if it does.
    firing: Option<Firing>,
}

/// A rule that holds for a run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Firing {
    /// The rule.
    alert: String,
    /// The run.
    run: String,
    /// Its epoch.
    epoch: u64,
    /// The metric.
    metric: String,
    /// above, below or not-finite.
    #[schema(value_type = String, pattern = "^(above|below|not-finite)$")]
    is: AlertComparison,
    threshold: f64,
    /// The value that made it fire; null if it is not finite.
    value: Option<f64>,
    /// Steps of the run then.
    step: u64,
    /// When that was by the publisher's clock, in milliseconds since 1970.
    time_millis: f64,
}

/// One value of a metric.
struct MetricValue {
    step: u64,
    time_millis: f64,
    value: f64,
}

/// A rule, and whom it tells.
#[derive(Debug)]
struct Judge {
    rule: AlertRule,
    key: String,
    messenger: Option<Messenger>,
}

/// All rules, and how they stand.
#[derive(Debug)]
pub(crate) struct Alerts {
    judges: Vec<Judge>,
    metrics: Metrics,
    keeper: Arc<dyn AlertKeeper>,
    /// By the rule's place and the run.
    streaks: Mutex<BTreeMap<(usize, RunId), Streak>>,
    /// Rules that were not there when the relay ran last.
    fresh: BTreeSet<usize>,
    /// Numbers of news.
    numbers: AtomicU64,
    going: Going,
}

impl Alerts {
    /// Has a task for every rule's webhook, and all rules stand as they stood when the relay ran last.
    pub(crate) fn new(rules: &[AlertRule], metrics: Metrics, keeper: Arc<dyn AlertKeeper>, kept: KeptAlerts) -> Self {
        let (mut judges, going) = (Vec::<Judge>::new(), Going::default());
        for rule in rules {
            metrics.alerts_firing.get_or_create(&AlertLabel { alert: rule.name.clone() }).set(0);
            drop(metrics.alerts_fired.get_or_create(&AlertLabel { alert: rule.name.clone() }));
            let key = rule.key();
            let same = judges.iter().filter(|it| it.key.starts_with(&key)).count();
            let key = if same > 0 { format!("{key}# {same}") } else { key };
            let start =
                |webhook| Messenger::start(webhook, rule.name.clone(), (metrics.clone(), keeper.clone()), &going);
            judges.push(Judge { rule: rule.clone(), key, messenger: rule.webhook.clone().map(start) });
        }
        keeper.keep_alert(AlertNote::Only(judges.iter().map(|it| it.key.clone()).collect()), None);
        let place = |key: &str| judges.iter().position(|it| it.key == key);
        let (mut streaks, mut fresh) = (BTreeMap::new(), (0..judges.len()).collect::<BTreeSet<_>>());
        for (key, run, standing) in kept.standings {
            let Some(index) = place(&key) else { continue };
            fresh.remove(&index);
            let Ok(run) = RunId::new(run) else { continue };
            let Ok(mut streak) = serde_json::from_str::<Streak>(&standing) else { continue };
            streak.kept = streak.judged;
            if streak.firing.is_some() {
                let alert = judges[index].rule.name.clone();
                metrics.alerts_firing.get_or_create(&AlertLabel { alert }).inc();
            }
            streaks.insert((index, run), streak);
        }
        let next = kept.news.last().map_or(0, |(number, ..)| number + 1);
        for (number, key, body) in kept.news {
            match place(&key).and_then(|it| judges[it].messenger.as_ref()) {
                Some(messenger) => messenger.send(WaitingNews { number, body, kept: None }),
                None => keeper.keep_alert(AlertNote::Told(number), None),
            }
        }
        let (streaks, numbers) = (Mutex::new(streaks), AtomicU64::new(next));
        Self { judges, metrics, keeper, streaks, fresh, numbers, going }
    }

    /// Whether any rule is for this run.
    pub(crate) fn concern(&self, run: &RunId) -> bool {
        self.judges.iter().any(|it| it.rule.runs.has(run))
    }

    /// From which offset on the stored log of a run, which ends at `end`, is to be judged at the start of the relay. What was
    /// stored before a rule was there is not.
    pub(crate) fn left_to_judge(&self, run: &RunId, epoch: Epoch, end: u64) -> u64 {
        let mut streaks = self.streaks();
        let mut first = end;
        for (index, judge) in self.judges.iter().enumerate().filter(|(_, it)| it.rule.runs.has(run)) {
            let streak = streaks.entry((index, run.clone())).or_default();
            if self.fresh.contains(&index) {
                *streak = Streak { epoch, judged: end, ..Streak::default() };
                self.keep(judge, run, streak, None);
            }
            first = first.min(if streak.epoch == epoch { streak.judged } else { 0 });
        }
        first
    }

    /// What was stored before is judged as far as it is to be: from now on a run that nobody knows yet is judged from its
    /// beginning.
    pub(crate) fn begin(&self) {
        for judge in self.fresh.iter().filter_map(|index| self.judges.get(*index)) {
            let (rule, run, standing) = (judge.key.clone(), String::new(), String::new());
            self.keeper.keep_alert(AlertNote::Standing { rule, run, standing, news: None }, None);
        }
    }

    /// Judges entries of a run's log, each once, and tells whether another rule fires for it than before.
    pub(crate) fn judge(&self, run: &RunId, epoch: Epoch, entries: &[LogEntry]) -> bool {
        let mut has_changed = false;
        let events: Vec<_> = entries.iter().map(|it| (it, it.event.decode().ok())).collect();
        for (index, judge) in self.judges.iter().enumerate().filter(|(_, it)| it.rule.runs.has(run)) {
            let mut streaks = self.streaks();
            let streak = streaks.entry((index, run.clone())).or_default();
            if streak.epoch != epoch {
                if streak.firing.is_some() {
                    self.firing_of(&judge.rule).dec();
                    has_changed = true;
                }
                *streak = Streak { epoch, ..Streak::default() };
            }
            for (entry, event) in &events {
                if entry.offset.0 < streak.judged {
                    continue;
                }
                streak.judged = entry.offset.next().0;
                let point = |step, value| MetricValue { step, time_millis: entry.time_millis, value };
                let point = match event {
                    Some(LogEvent::Metrics { step, values, .. }) => {
                        values.get(&judge.rule.metric).map(|it| point(*step, *it))
                    }
                    Some(LogEvent::Episodes(bin)) if judge.rule.metric == RETURN => {
                        Some(point(bin.step, bin.episodic_return.sum / bin.count.max(1) as f64))
                    }
                    _ => None,
                };
                let news = point.and_then(|it| self.meet(&judge.rule, streak, run, &it));
                has_changed |= news.is_some();
                if news.is_some() || streak.judged >= streak.kept + KEPT_EVERY {
                    self.keep(judge, run, streak, news);
                }
            }
        }
        has_changed
    }

    /// Keeps how a rule stands for a run, and then tells news of it.
    fn keep(&self, judge: &Judge, run: &RunId, streak: &mut Streak, news: Option<WebhookNews>) {
        streak.kept = streak.judged;
        let standing = serde_json::to_string(streak).unwrap_or_default();
        let number = self.numbers.fetch_add(u64::from(news.is_some()), Ordering::Relaxed);
        let body = news.zip(judge.messenger.as_ref()).map(|(news, _)| news.body(streak.judged));
        let note = AlertNote::Standing {
            rule: judge.key.clone(),
            run: run.to_string(),
            standing,
            news: body.clone().map(|it| (number, it)),
        };
        let Some((body, messenger)) = body.zip(judge.messenger.as_ref()) else {
            return self.keeper.keep_alert(note, None);
        };
        let (sender, kept) = oneshot::channel();
        self.keeper.keep_alert(note, Some(sender));
        messenger.send(WaitingNews { number, body, kept: Some(kept) });
    }

    /// The relay ends: keeps how all rules stand, and waits for what is told at the moment. The rest of the news are told at
    /// the next start.
    pub(crate) async fn end(&self) {
        self.going.end().await;
        for ((index, run), streak) in &mut *self.streaks() {
            if let Some(judge) = self.judges.get(*index).filter(|_| streak.judged > streak.kept) {
                self.keep(judge, run, streak, None);
            }
        }
    }

    fn firing_of(&self, rule: &AlertRule) -> Gauge {
        self.metrics.alerts_firing.get_or_create(&AlertLabel { alert: rule.name.clone() }).clone()
    }

    /// What a point changes.
    fn meet(&self, rule: &AlertRule, streak: &mut Streak, run: &RunId, point: &MetricValue) -> Option<WebhookNews> {
        if !rule.is.holds(point.value, rule.value) {
            streak.points = 0;
            let firing = streak.firing.take()?;
            self.firing_of(rule).dec();
            tracing::info!(alert = rule.name, %run, value = point.value, "an alert is clear again");
            return Some(WebhookNews::clear(firing.at(point)));
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
            epoch: streak.epoch.0,
            metric: rule.metric.clone(),
            is: rule.is,
            threshold: rule.value,
            value: None,
            step: 0,
            time_millis: 0.0,
        };
        let firing = firing.at(point);
        streak.firing = Some(firing.clone());
        self.firing_of(rule).inc();
        self.metrics.alerts_fired.get_or_create(&AlertLabel { alert: rule.name.clone() }).inc();
        tracing::warn!(alert = rule.name, %run, value = point.value, "an alert fires");
        Some(WebhookNews::firing(firing))
    }

    /// A run is removed: nothing fires for it.
    pub(crate) fn forget(&self, run: &RunId) {
        self.streaks().retain(|(index, it), streak| {
            if it == run
                && streak.firing.is_some()
                && let Some(judge) = self.judges.get(*index)
            {
                self.firing_of(&judge.rule).dec();
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

    /// What fires for an epoch of a run at present, in the order of the rules.
    pub(crate) fn firing_for(&self, run: &RunId, epoch: Epoch) -> Vec<FiringAlert> {
        let streaks = self.streaks();
        let of_rule = |index| streaks.get(&(index, run.clone())).filter(|it| it.epoch == epoch)?.firing.as_ref();
        (0..self.judges.len()).filter_map(of_rule).map(Firing::told).collect()
    }

    fn streaks(&self) -> MutexGuard<'_, BTreeMap<(usize, RunId), Streak>> {
        self.streaks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Firing {
    fn at(self, point: &MetricValue) -> Self {
        let value = Some(point.value).filter(|it| it.is_finite());
        Self { value, step: point.step, time_millis: point.time_millis, ..self }
    }

    /// As it stands in the list of runs, where its run and epoch are known.
    fn told(&self) -> FiringAlert {
        let Self { alert, metric, is, threshold, value, step, time_millis, .. } = self.clone();
        FiringAlert { alert, metric, is, threshold, value, step, time_millis }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{Offset, Payload};

    fn rule(text: &str) -> Result<AlertRule, NoRule> {
        AlertRule::from_table(text.parse().unwrap())
    }

    /// Where nothing is kept.
    #[derive(Debug)]
    struct Nowhere;

    impl AlertKeeper for Nowhere {
        fn keep_alert(&self, _: AlertNote, _: Option<oneshot::Sender<()>>) {}
    }

    /// One rule.
    fn alerts(text: &str) -> Alerts {
        Alerts::new(&[rule(text).unwrap()], Metrics::new(), Arc::new(Nowhere), KeptAlerts::default())
    }

    /// A loss, at one entry a second.
    fn entry(offset: u64, value: f64) -> LogEntry {
        let values = BTreeMap::from([("loss".to_owned(), value)]);
        let event = LogEvent::Metrics { step: offset, episode: 0, values, statistics: BTreeMap::new() };
        let event = Payload::plain(&event).unwrap();
        LogEntry { offset: Offset(offset), time_millis: 1000.0 * offset as f64, event }
    }

    /// Values at one a second, and how many rules fire after each.
    fn fires(rules: &str, values: &[f64]) -> Vec<usize> {
        let alerts = alerts(rules);
        let run = RunId::new("snake-1").unwrap();
        let judge = |(offset, value): (u64, &f64)| {
            alerts.judge(&run, Epoch(1), &[entry(offset, *value)]);
            alerts.firing(&Scope::all()).len()
        };
        (0..).zip(values).map(judge).collect()
    }

    #[test]
    fn a_number_of_another_kind_is_named_with_what_would_do() {
        let refused =
            |line: &str| rule(&format!("name = 'a'\nmetric = 'loss'\nis = 'above'\n{line}")).unwrap_err().to_string();
        for (line, given, wanted) in [
            (
                "value = 1\npoints = 'x'",
                "string \"x\"",
                "expected a whole number from 1 to 4294967295 without quotes, e.g. 5",
            ),
            ("value = 1\npoints = -1", "integer `-1`", "expected a whole number from 1"),
            ("value = '1'", "string \"1\"", "expected a number without quotes, e.g. 0.5"),
            ("value = 1\nseconds = true", "boolean `true`", "expected a number without quotes"),
        ] {
            let said = refused(line);
            assert!(said.contains(given) && said.contains(wanted), "{line}: {said}");
        }
        assert!(rule("name = 'a'\nmetric = 'loss'\nis = 'above'\nvalue = 1\nseconds = 2").is_ok());
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
        let alerts = alerts("name='a'\nmetric='loss'\nis='above'\nvalue=1");
        let (all, run) = (Scope::all(), RunId::new("snake").unwrap());
        let fired = || alerts.metrics.text().unwrap().contains("alerts_fired_total{alert=\"a\"} 1");
        alerts.judge(&run, Epoch(1), &[entry(0, 2.0), entry(1, 2.0)]);
        assert!(fired(), "once");
        alerts.judge(&run, Epoch(1), &[entry(0, 0.0), entry(1, 0.0)]);
        assert_eq!(alerts.firing(&all).len(), 1, "each entry is judged once");
        alerts.judge(&run, Epoch(2), &[entry(0, 0.0)]);
        assert!(alerts.firing(&all).is_empty());
        alerts.judge(&run, Epoch(2), &[entry(1, 2.0)]);
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
            ("name = 'a'\nmetric = 'loss'\nis = 'not-finite'\nvalue = 1", "has no effect with is = \"not-finite\""),
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
        assert_eq!(rule(&table).unwrap(), AlertRule { webhook: None, ..rule(text).unwrap() });
        let not_finite = rule("name = 'a'\nmetric = 'loss'\nis = 'not-finite'").unwrap();
        assert_eq!(rule(&not_finite.text().replace("[[alert]]", "")).unwrap(), not_finite);
    }
}
