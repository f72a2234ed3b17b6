//! Watch: the runs of a relay, and one of them at the bench.

pub mod connection;
pub mod relay;
pub mod relay_form;
pub mod run_list;
pub mod run_page;
pub mod spark;
pub mod standing;

use crate::route::Route;
use crate::services::relay_address;
use crate::services::relay_link::ConnectionState;
use crate::text;
use relay::{Known, Relay};
use relay_form::{CommandToken, RelayForm, TokenForm, how_runs_come};
use run_list::RunList;
use run_page::RunPage;
use shared::message::Role;
use shared::{Epoch, RunId};
use yew::prelude::*;

/// What is watched.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct WatchProps {
    /// The page's relay.
    pub relay: Relay,
    /// What is known of it.
    pub known: Known,
    /// One run, or one of its earlier epochs; none for the list.
    pub run: Option<(RunId, Option<Epoch>)>,
}

/// The runs of a relay.
#[component]
pub fn Watch(props: &WatchProps) -> Html {
    let known = &props.known;
    let lost = lost_banner(props);
    let refused = match &known.connection {
        Some(ConnectionState::Refused { message, wants_token }) => Some((message.clone(), *wants_token)),
        _ => None,
    };
    if let Some((message, wants_token)) = refused {
        let relay = props.relay.clone();
        return html! {
            <main class="watch">
                { head(props) }
                <div class="banner" data-severity="error">
                    <p role="alert" data-testid="relay-refused">{ text::relay_refused(&message) }</p>
                    if !wants_token {
                        <button class="button" data-testid="try-again" onclick={move |_: MouseEvent| relay.retry_now()}>{ text::TRY_AGAIN }</button>
                    }
                </div>
                if wants_token { <TokenForm relay={props.relay.clone()} /> }
            </main>
        };
    }
    if let (Some((run, epoch)), Some(_)) = (&props.run, &known.address) {
        let summary = known.runs.as_ref().and_then(|runs| runs.iter().find(|it| it.run == *run)).cloned();
        let may_command = matches!(known.connection, Some(ConnectionState::Open { role: Role::Controller, .. }));
        return html! {
            <>
                { lost }
                <RunPage key={Route::WatchRun(run.clone(), *epoch).address()} relay={props.relay.clone()} run={run.clone()}
                    epoch={*epoch} {summary} told={known.runs.is_some()} {may_command} />
            </>
        };
    }
    let is_viewer = matches!(known.connection, Some(ConnectionState::Open { role: Role::Viewer, .. }));
    html! {
        <>
            { lost }
            <main class="watch">
                { head(props) }
                if known.sought && known.address.is_none() {
                    <div class="relay-forms">
                        <RelayForm relay={props.relay.clone()} />
                        { how_runs_come() }
                    </div>
                } else {
                    <RunList relay={props.relay.clone()} known={known.clone()} />
                    if is_viewer { <CommandToken relay={props.relay.clone()} /> }
                }
            </main>
        </>
    }
}

fn head(props: &WatchProps) -> Html {
    let known = &props.known;
    let relay = props.relay.clone();
    let other = move |_: MouseEvent| {
        relay_address::forget();
        relay.leave();
    };
    html! {
        <div class="watch-head">
            <h1>{ text::WATCH_TITLE }</h1>
            if let Some(address) = &known.address { <span class="soft">{ address.as_str().to_owned() }</span> }
            <span class="spacer"></span>
            if known.address.is_some() && !known.beside {
                <button class="button" data-testid="other-relay" onclick={other}>{ text::OTHER_RELAY }</button>
            }
        </div>
    }
}

fn lost_banner(props: &WatchProps) -> Html {
    let Some(ConnectionState::Waiting { next_try_seconds, reason }) = &props.known.connection else {
        return Html::default();
    };
    let relay = props.relay.clone();
    html! {
        // It lies over the page, which stays where it is. What changes every second is not spoken.
        <div class="banner over" data-testid="relay-lost">
            <p>
                <span role="status">{ text::relay_lost(reason) }</span>{ " " }
                <span class="number" aria-hidden="true">{ text::next_try(*next_try_seconds) }</span>
            </p>
            <button class="button" onclick={move |_: MouseEvent| relay.retry_now()}>{ text::TRY_NOW }</button>
        </div>
    }
}
