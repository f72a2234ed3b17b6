//! Metrics in the text format of Prometheus.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use std::sync::Arc;

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RoleLabel {
    pub(crate) role: &'static str,
}

/// The name of an error.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct CodeLabel {
    pub(crate) code: String,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct AlertLabel {
    pub(crate) alert: String,
}

/// A rule, and what came of telling its webhook.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct WebhookLabel {
    pub(crate) alert: String,
    pub(crate) outcome: &'static str,
}

/// What a relay counts. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    pub(crate) connections: Family<RoleLabel, Gauge>,
    pub(crate) runs: Gauge,
    pub(crate) refused: Counter,
    pub(crate) log_entries: Counter,
    pub(crate) duplicates: Counter,
    pub(crate) state_events: Counter,
    pub(crate) skipped: Counter,
    pub(crate) sent_messages: Counter,
    pub(crate) sent_bytes: Counter,
    pub(crate) received_messages: Counter,
    pub(crate) received_bytes: Counter,
    pub(crate) commands: Counter,
    pub(crate) errors: Family<CodeLabel, Counter>,
    pub(crate) storage_failures: Counter,
    pub(crate) commit_seconds: Histogram,
    pub(crate) delivery_seconds: Histogram,
    pub(crate) request_seconds: Histogram,
    pub(crate) tcp_connections: Gauge,
    pub(crate) wrong_tokens: Counter,
    pub(crate) store_queue: Gauge,
    pub(crate) unstored_bytes: Gauge,
    pub(crate) damaged_entries: Gauge,
    pub(crate) database_replaced: Gauge,
    pub(crate) artifacts: Gauge,
    pub(crate) artifact_bytes: Gauge,
    pub(crate) alerts_firing: Family<AlertLabel, Gauge>,
    pub(crate) alerts_fired: Family<AlertLabel, Counter>,
    pub(crate) webhooks: Family<WebhookLabel, Counter>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Arc::default(),
            connections: Family::default(),
            runs: Gauge::default(),
            refused: Counter::default(),
            log_entries: Counter::default(),
            duplicates: Counter::default(),
            state_events: Counter::default(),
            skipped: Counter::default(),
            sent_messages: Counter::default(),
            sent_bytes: Counter::default(),
            received_messages: Counter::default(),
            received_bytes: Counter::default(),
            commands: Counter::default(),
            errors: Family::default(),
            storage_failures: Counter::default(),
            commit_seconds: Histogram::new(exponential_buckets(0.0001, 4.0, 8)),
            delivery_seconds: Histogram::new(exponential_buckets(0.0001, 2.0, 16)),
            request_seconds: Histogram::new(exponential_buckets(0.0001, 4.0, 10)),
            tcp_connections: Gauge::default(),
            wrong_tokens: Counter::default(),
            store_queue: Gauge::default(),
            unstored_bytes: Gauge::default(),
            damaged_entries: Gauge::default(),
            database_replaced: Gauge::default(),
            artifacts: Gauge::default(),
            artifact_bytes: Gauge::default(),
            alerts_firing: Family::default(),
            alerts_fired: Family::default(),
            webhooks: Family::default(),
        };
        let mut registry = Registry::with_prefix("terrarium_relay");
        registry.register("connections", "Open connections by role", metrics.connections.clone());
        registry.register("runs", "Runs in the list", metrics.runs.clone());
        registry.register("refused", "TCP connections that were not taken in", metrics.refused.clone());
        registry.register("tcp_connections", "Open TCP connections", metrics.tcp_connections.clone());
        registry.register("wrong_tokens", "Greetings and requests with a wrong token", metrics.wrong_tokens.clone());
        registry.register("store_queue", "Epochs that wait to be stored", metrics.store_queue.clone());
        registry.register_with_unit(
            "unstored",
            "Log entries in memory that are not stored yet",
            Unit::Bytes,
            metrics.unstored_bytes.clone(),
        );
        registry.register("damaged_entries", "Entries that were found damaged", metrics.damaged_entries.clone());
        registry.register(
            "database_replaced",
            "1 where the database was so damaged at the start that another is in its place",
            metrics.database_replaced.clone(),
        );
        registry.register("artifacts", "Files of artifacts that are kept", metrics.artifacts.clone());
        registry.register_with_unit(
            "artifacts_kept",
            "Size of the artifacts that are kept",
            Unit::Bytes,
            metrics.artifact_bytes.clone(),
        );
        registry.register("alerts_firing", "Runs that a rule fires for", metrics.alerts_firing.clone());
        registry.register("alerts_fired", "Times that a rule began to fire", metrics.alerts_fired.clone());
        registry.register("webhooks", "News of alerts by what came of telling them", metrics.webhooks.clone());
        registry.register_with_unit(
            "delivery",
            "Time from taking in live log entries to handing them to a viewer's connection",
            Unit::Seconds,
            metrics.delivery_seconds.clone(),
        );
        registry.register_with_unit(
            "request",
            "Time to the beginning of an answer over HTTP",
            Unit::Seconds,
            metrics.request_seconds.clone(),
        );
        registry.register("log_entries", "Log entries taken from publishers", metrics.log_entries.clone());
        registry.register("duplicates", "Log entries that came again", metrics.duplicates.clone());
        registry.register("state_events", "State events taken from publishers", metrics.state_events.clone());
        registry.register("skipped", "State events that viewers were spared", metrics.skipped.clone());
        registry.register("sent_messages", "Messages sent", metrics.sent_messages.clone());
        registry.register_with_unit("sent", "Bytes sent", Unit::Bytes, metrics.sent_bytes.clone());
        registry.register("received_messages", "Messages received in sessions", metrics.received_messages.clone());
        registry.register_with_unit(
            "received",
            "Bytes of messages received in sessions",
            Unit::Bytes,
            metrics.received_bytes.clone(),
        );
        registry.register("commands", "Commands passed on to publishers", metrics.commands.clone());
        registry.register("errors", "Errors sent, by name", metrics.errors.clone());
        registry.register("storage_failures", "Failed attempts to store", metrics.storage_failures.clone());
        registry.register_with_unit(
            "commit",
            "Time of a database transaction",
            Unit::Seconds,
            metrics.commit_seconds.clone(),
        );
        metrics.registry = Arc::new(registry);
        metrics
    }

    /// All of them as text.
    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
