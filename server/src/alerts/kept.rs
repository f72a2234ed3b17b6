//! What is kept of alerts over a restart of the relay.

use std::fmt::Debug;
use tokio::sync::oneshot;

/// All that is kept; what it means alerts know themselves.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeptAlerts {
    /// How rules stand for runs: rule, run, standing.
    pub(crate) standings: Vec<(String, String, String)>,
    /// News that were not told yet, by their ascending numbers: number, rule, body.
    pub(crate) news: Vec<(u64, String, String)>,
}

/// Something to keep.
#[derive(Clone, Debug)]
pub(crate) enum AlertNote {
    /// How a rule stands for a run, with news of it.
    Standing { rule: String, run: String, standing: String, news: Option<(u64, String)> },
    /// News were told, or are not told any longer.
    Told(u64),
    /// There are no other rules.
    Only(Vec<String>),
}

/// Whoever keeps it.
pub(crate) trait AlertKeeper: Debug + Send + Sync {
    /// Has something kept; `done` is told when it is.
    fn keep_alert(&self, note: AlertNote, done: Option<oneshot::Sender<()>>);
}
