//! Hosts: the machines of a relay that start runs on request, what runs on them, and what the relay's runs came to.

pub mod board;
pub mod host_card;
pub mod hosted;
pub mod leaderboard;
pub mod new_run;
pub mod order;
pub mod run_names;

use crate::components::icons::{Symbol, icon};
use crate::components::messages::use_messages;
use crate::language::Text;
use crate::pages::reader::use_read;
use crate::pages::watch::lost_banner;
use crate::pages::watch::relay::{KnownRelay, WatchedRelay};
use crate::pages::watch::relay_form::{CommandToken, address_note};
use crate::pages::watch::relayed::{before_the_relay_tells, beside_runs, relay_in_head, use_relay};
use crate::route::{Route, is_marked};
use crate::services::relay_address;
use crate::services::relay_link::ConnectionState;
use crate::text;
use crate::text::hosts as words;
use board::RankedRun;
use host_card::HostCard;
use leaderboard::Leaderboard;
use new_run::NewRun;
use order::Draft;
use run_names::RunNames;
use shared::RunId;
use shared::host::HostView;
use shared::message::{Role, RunSummary};
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

thread_local! {
    /// What was filled in and not sent, for when somebody comes back to this place.
    static DRAFT: RefCell<Option<Draft>> = const { RefCell::new(None) };
}

/// The place.
#[component]
pub fn Hosts() -> Html {
    let (messages, spoken) = use_messages();
    let (relay, known) = use_relay(&messages, beside_runs);
    let drafting = use_state(|| false);
    let draft = use_state(|| DRAFT.take().unwrap_or_default());
    let read = use_read::<RankedRun>(&relay, &known);
    let set_draft = {
        let draft = draft.clone();
        Callback::from(move |next: Draft| {
            DRAFT.set(Some(next.clone()));
            draft.set(next);
        })
    };
    let hosts: Vec<RunSummary> = known.runs.iter().flatten().filter(|run| run.is_host).cloned().collect();
    let live: Vec<(RunId, Rc<HostView>)> = hosts
        .iter()
        .filter(|host| host.live)
        .filter_map(|host| Some((host.run.clone(), read.hosts.get(&host.run)?.clone())))
        .collect();
    let may_command = matches!(known.connection, Some(ConnectionState::Open { role: Role::Controller, .. }));
    let is_viewer = matches!(known.connection, Some(ConnectionState::Open { role: Role::Viewer, .. }));
    let open = {
        let drafting = drafting.clone();
        Callback::from(move |open: bool| drafting.set(open))
    };
    let further = {
        let (set_draft, draft, open) = (set_draft.clone(), draft.clone(), open.clone());
        Callback::from(move |(host, place): (RunId, String)| {
            set_draft.emit(draft.going_on(&host, &place));
            open.emit(true);
        })
    };
    let is_drafting = *drafting && may_command;
    let before = before_the_relay_tells(&relay, &known, || how_hosts_come(words::NO_RELAY, None), words::WAITING);
    let body = if let Some(before) = before {
        before
    } else if is_drafting {
        html! {
            <NewRun relay={relay.clone()} hosts={live.clone()} draft={(*draft).clone()} on_change={set_draft} messages={messages.clone()}
                on_done={open.reform(|()| false)} />
        }
    } else {
        html! {
            <>
                if hosts.is_empty() && !is_marked("data-frozen") { { how_hosts_come(words::NO_HOSTS, known.address.as_ref().map(relay_address::PageRelayAddress::as_str)) } }
                { for hosts.iter().map(|host| html! {
                    <HostCard key={host.run.to_string()} relay={relay.clone()} summary={host.clone()} view={read.hosts.get(&host.run).cloned()}
                        runs={known.runs.clone().unwrap_or_default()} {may_command} messages={messages.clone()} on_further={further.clone()} />
                }) }
                if is_viewer { <CommandToken relay={relay.clone()} /> }
                <RunNames relay={relay.clone()} known={known.clone()} {may_command} messages={messages.clone()} />
                <Leaderboard {read} />
            </>
        }
    };
    html! {
        <>
            { lost_banner(&relay, &known) }
            <main class="watch hosts" data-testid="hosts">
                { head(&relay, &known, is_drafting, (may_command && !live.is_empty()).then_some(open)) }
                { body }
            </main>
            { relay_in_head(&known) }
            { spoken }
        </>
    }
}

fn head(relay: &WatchedRelay, known: &KnownRelay, is_drafting: bool, open: Option<Callback<bool>>) -> Html {
    let other = {
        let relay = relay.clone();
        move |_: MouseEvent| {
            relay_address::forget();
            relay.leave();
        }
    };
    html! {
        <div class="watch-head">
            if is_drafting {
                if let Some(open) = &open {
                    <button class="button plain back" data-testid="all-hosts" onclick={open.reform(|_: MouseEvent| false)}>{ icon(Symbol::Back) }{ words::ALL_HOSTS }</button>
                }
                <h1>{ words::NEW_RUN }</h1>
            } else {
                <a class="back" href={Route::Watch.address()}>{ icon(Symbol::Back) }{ text::ALL_RUNS }</a>
                <h1>{ words::TITLE }</h1>
                { address_note(known.address.as_ref()) }
                <span class="spacer"></span>
                if known.address.is_some() && !known.beside {
                    <button class="button" data-testid="other-relay" onclick={other}>{ text::OTHER_RELAY }</button>
                }
                if let Some(open) = open {
                    <button class="button primary" data-testid="new-run" onclick={open.reform(|_: MouseEvent| true)}>{ icon(Symbol::Plus) }{ words::NEW_RUN }</button>
                }
            }
        </div>
    }
}

/// How a host is started, of the relay at this address if there is one.
fn how_hosts_come(note: Text, relay: Option<&str>) -> Html {
    html! {
        <section class="card relay-form" data-testid="no-hosts">
            <p>{ note }</p>
            <pre class="command"><code>{ words::host_command(relay) }</code></pre>
            <p class="soft">{ words::ABOUT }{ " " }{ words::HOST_NOTE }</p>
        </section>
    }
}
