//! Watch: the runs of a relay, and one of them at the bench.

pub mod alerts;
pub mod connection;
pub mod relay;
pub mod relay_form;
pub mod relayed;
pub mod run_list;
pub mod run_page;
pub mod spark;
pub mod standing;

use crate::components::messages::{Messages, use_messages};
use crate::kept_focus::use_kept_focus;
use crate::pages::replays::Replays;
use crate::route::Route;
use crate::services::relay_address;
use crate::services::relay_link::ConnectionState;
use crate::text;
use alerts::AskToNotify;
use relay::{KnownRelay, WatchedRelay, use_relay_session};
use relay_form::{CommandToken, RelayForm, TOKEN_FIELD, TokenForm, address_note, how_runs_come};
use relayed::{relay_in_head, use_relay};
use run_list::RunList;
use run_page::RunPage;
use shared::message::Role;
use shared::{Epoch, RunId};
use yew::prelude::*;

/// What is watched.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct WatchProps {
    /// One run, or one of its earlier epochs; none for the list.
    pub run: Option<(RunId, Option<Epoch>)>,
    /// Whether its kept episodes are shown in place of the run.
    pub replays: bool,
}

/// The runs of a relay.
#[component]
pub fn Watch(props: &WatchProps) -> Html {
    let (messages, said) = use_messages();
    let (relay, known) = use_relay(&messages, |_| true);
    use_kept_focus((known.connection.clone(), props.run.clone()), &[".starts [aria-current]", TOKEN_FIELD]);
    html! { <>{ shown(props, &relay, &known, &messages) }{ relay_in_head(&known) }{ said }</> }
}

/// What is watched, or why it is not there.
fn shown(props: &WatchProps, relay: &WatchedRelay, known: &KnownRelay, messages: &Messages) -> Html {
    let lost = lost_banner(relay, known);
    let refused = match &known.connection {
        Some(ConnectionState::Refused { message, wants_token }) => Some((message.clone(), *wants_token)),
        _ => None,
    };
    if let Some((message, wants_token)) = refused {
        let again = relay.clone();
        return html! {
            <main class="watch">
                { head(relay, known) }
                <div class="banner" data-severity="error">
                    <p role="alert" data-testid="relay-refused">{ text::relay_refused(&message) }</p>
                    if !wants_token {
                        <button class="button" data-testid="try-again" onclick={move |_: MouseEvent| again.retry_now()}>{ text::TRY_AGAIN }</button>
                    }
                </div>
                if wants_token { <TokenForm relay={relay.clone()} /> }
            </main>
        };
    }
    if let (Some((run, epoch)), true) = (&props.run, props.replays)
        && known.lacks(run, *epoch)
    {
        return html! { <main class="watch">{ lost }<p class="empty" data-testid="run-gone">{ text::RUN_GONE }</p></main> };
    }
    if let (Some((run, epoch)), Some(_), true) = (&props.run, &known.address, props.replays) {
        return html! {
            <>
                { lost }
                <RunReplays key={Route::RunReplays(run.clone(), *epoch).address()} relay={relay.clone()} run={run.clone()}
                    epoch={*epoch} messages={messages.clone()} />
            </>
        };
    }
    if let (Some((run, epoch)), Some(_)) = (&props.run, &known.address) {
        let summary = known.runs.as_ref().and_then(|runs| runs.iter().find(|it| it.run == *run)).cloned();
        let may_command = matches!(known.connection, Some(ConnectionState::Open { role: Role::Controller, .. }));
        return html! {
            <>
                { lost }
                <RunPage key={Route::WatchRun(run.clone(), *epoch).address()} relay={relay.clone()} run={run.clone()}
                    epoch={*epoch} {summary} is_gone={known.lacks(run, *epoch)} {may_command} />
            </>
        };
    }
    let is_viewer = matches!(known.connection, Some(ConnectionState::Open { role: Role::Viewer, .. }));
    html! {
        <>
            { lost }
            <main class="watch">
                { head(relay, known) }
                if known.sought && known.address.is_none() {
                    <div class="relay-forms">
                        <RelayForm relay={relay.clone()} />
                        { how_runs_come() }
                    </div>
                } else {
                    <RunList relay={relay.clone()} known={known.clone()} />
                    if is_viewer { <CommandToken relay={relay.clone()} /> }
                }
            </main>
        </>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct RunReplaysProps {
    relay: WatchedRelay,
    run: RunId,
    epoch: Option<Epoch>,
    messages: Messages,
}

/// The kept episodes of a run.
#[component]
fn RunReplays(props: &RunReplaysProps) -> Html {
    let session = use_relay_session(&props.relay, &props.run, props.epoch);
    let back = Route::WatchRun(props.run.clone(), props.epoch);
    html! { <Replays {session} messages={props.messages.clone()} {back} /> }
}

fn head(relay: &WatchedRelay, known: &KnownRelay) -> Html {
    let relay = relay.clone();
    let other = move |_: MouseEvent| {
        relay_address::forget();
        relay.leave();
    };
    html! {
        <div class="watch-head">
            <h1>{ text::WATCH_TITLE }</h1>
            { address_note(known.address.as_ref()) }
            <span class="spacer"></span>
            if known.address.is_some() {
                <a class="button" data-testid="to-overlay" href={Route::Overlay(String::new()).address()}>{ text::OVERLAY }</a>
                <a class="button" data-testid="to-hosts" href={Route::Hosts.address()}>{ text::HOSTS }</a>
            }
            if known.runs.is_some() { <AskToNotify /> }
            if known.address.is_some() && !known.beside {
                <button class="button" data-testid="other-relay" onclick={other}>{ text::OTHER_RELAY }</button>
            }
        </div>
    }
}

/// What is said while the relay cannot be reached.
pub fn lost_banner(relay: &WatchedRelay, known: &KnownRelay) -> Html {
    let Some(ConnectionState::Waiting { next_try_seconds, reason }) = &known.connection else {
        return Html::default();
    };
    let relay = relay.clone();
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
