//! What earlier starts of a run left: read one after the other, once each, beside what is shown.

use crate::pages::watch::relay::{WatchedRelay, use_relay_session};
use crate::pulse::use_pulse;
use crate::store::{RunView, SavedAgent};
use shared::message::RunSummary;
use shared::spec::{AgentSpec, EnvironmentSpec};
use shared::{Epoch, RunId, Seed};
use std::rc::Rc;
use yew::prelude::*;

/// What makes two starts the same run.
pub type StartKind = (EnvironmentSpec, AgentSpec, Seed);

/// What a start left.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftByStart {
    /// Which start.
    pub epoch: Epoch,
    /// When it began, in milliseconds since 1970.
    pub started_millis: f64,
    /// Which run it was; none if its log does not tell.
    pub kind: Option<StartKind>,
    /// The agents.
    pub saved: Rc<Vec<SavedAgent>>,
}

/// What a run is.
pub fn kind(view: &RunView) -> Option<StartKind> {
    view.started.as_ref().map(|it| (it.spec.environment.clone(), it.spec.agent.clone(), it.spec.seed))
}

/// The earlier starts of a run.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct EarlierStartsProps {
    /// The page's relay.
    pub relay: WatchedRelay,
    /// What it says of the run.
    pub summary: RunSummary,
    /// What was read up to now.
    pub left: Rc<Vec<LeftByStart>>,
    /// Told what one more start left.
    pub on_left: Callback<LeftByStart>,
}

/// Reads the newest of those that were not read yet. It shows nothing.
#[component]
pub fn EarlierStarts(props: &EarlierStartsProps) -> Html {
    let next = props.summary.earlier.iter().find(|it| !props.left.iter().any(|left| left.epoch == it.epoch));
    next.map_or_else(Html::default, |it| {
        html! {
            <StartReader key={it.epoch.to_string()} relay={props.relay.clone()} run={props.summary.run.clone()} epoch={it.epoch}
                started_millis={it.started_millis} on_left={props.on_left.clone()} />
        }
    })
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct StartReaderProps {
    relay: WatchedRelay,
    run: RunId,
    epoch: Epoch,
    started_millis: f64,
    on_left: Callback<LeftByStart>,
}

#[component]
fn StartReader(props: &StartReaderProps) -> Html {
    let session = use_relay_session(&props.relay, &props.run, Some(props.epoch));
    let is_complete = use_pulse(&session, RunView::is_complete);
    let (on_left, epoch, started_millis) = (props.on_left.clone(), props.epoch, props.started_millis);
    use_effect_with(is_complete, move |is_complete| {
        if *is_complete {
            let view = session.view();
            let left = LeftByStart { epoch, started_millis, kind: kind(&view), saved: Rc::clone(&view.saved_agents) };
            drop(view);
            on_left.emit(left);
        }
    });
    Html::default()
}
