//! A host: its machine, its devices and slots, and the runs on it.

use super::hosted::Hosted;
use crate::components::icons::{Symbol, icon};
use crate::components::messages::Messages;
use crate::components::question::Question;
use crate::format::size;
use crate::pages::watch::relay::{WatchedRelay, use_relay_session};
use crate::pages::watch::standing::moment;
use crate::session::Session;
use crate::text::hosts as words;
use shared::command::Answer;
use shared::event::Severity;
use shared::host::{HostDevice, HostView, HostedRun, HostedState};
use shared::message::RunSummary;
use shared::{Command, RunId};
use std::rc::Rc;
use yew::prelude::*;

/// Runs that ended and are shown at once; older ones are folded away.
const MOST_ENDED: usize = 5;

/// A host, what is known of it, and who is told.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct HostCardProps {
    /// The page's relay.
    pub relay: WatchedRelay,
    /// What the relay says of it.
    pub summary: RunSummary,
    /// What it says of itself, once it has.
    pub view: Option<Rc<HostView>>,
    /// All runs of the relay.
    pub runs: Vec<RunSummary>,
    /// Whether commands are allowed.
    pub may_command: bool,
    /// Ways to talk to people.
    pub messages: Messages,
    /// Told of a kept run that is to go on otherwise, with its host.
    pub on_further: Callback<(RunId, String)>,
}

/// The host.
#[component]
pub fn HostCard(props: &HostCardProps) -> Html {
    let session = use_relay_session(&props.relay, &props.summary.run, None);
    let (name, live) = (props.summary.run.to_string(), props.summary.live);
    let Some(view) = props.view.clone() else {
        return html! { <section class="card host waiting" aria-busy="true" aria-label={words::WAITING}></section> };
    };
    let (open, mut ended): (Vec<_>, Vec<_>) =
        view.runs.iter().partition(|run| matches!(run.state, HostedState::Queued | HostedState::Running));
    ended.reverse();
    let shown = ended.split_off(ended.len().min(MOST_ENDED));
    let (ended, older) = (ended, shown);
    let hosted = |run: &&HostedRun| hosted(props, &session, &view, run);
    let waiting = open.iter().filter(|run| run.state == HostedState::Queued).count();
    html! {
        <section class="card host" aria-label={view.machine.clone()} data-testid={format!("host-{name}")}
            data-value={if live { view.free_slots.to_string() } else { "gone".into() }}>
            <header>
                <h2>{ view.machine.clone() }</h2>
                <span class="state" data-live={live.to_string()}>
                    <i></i>{ if live { String::from(words::CONNECTED) } else { words::gone_since(props.summary.left_millis.map(moment).as_deref()) } }
                </span>
                <span class="spacer"></span>
                if live { { slots(&view) } }
            </header>
            <p class="soft number facts">
                <span>{ name }</span>
                <span>{ view.program.clone() }</span>
                <span title={format!("{}\n\n{}", view.environments.join(", "), view.agents.join(", "))}>{ words::knows(view.environments.len(), view.agents.len()) }</span>
            </p>
            <ul class="devices" aria-label={words::DEVICES}>{ for view.devices.iter().map(device) }</ul>
            if view.runs.is_empty() { <p class="soft">{ words::NO_RUNS_YET }</p> }
            <ul class="hosted-runs">
                { for open.iter().map(hosted) }
                { for ended.iter().map(hosted) }
            </ul>
            if !older.is_empty() {
                <details class="more">
                    <summary>{ words::ended_runs(older.len()) }</summary>
                    <ul class="hosted-runs">{ for older.iter().map(hosted) }</ul>
                </details>
            }
            if waiting > 0 && live && props.may_command {
                <p>
                    <button class="button" data-testid="forget-waiting" onclick={forget(props, &session, waiting, &view.machine)}>
                        { icon(Symbol::Trash) }{ words::FORGET_WAITING }
                    </button>
                </p>
            }
        </section>
    }
}

/// A square for every slot, and how many are free.
fn slots(view: &HostView) -> Html {
    let words = words::slots(view.free_slots, view.slots);
    let taken = view.slots.saturating_sub(view.free_slots);
    html! {
        <span class="slots number">
            if view.slots <= 16 {
                <span class="boxes" aria-hidden="true">{ for (0..view.slots).map(|slot| html! { <i data-taken={(slot < taken).to_string()}></i> }) }</span>
            }
            { words }
        </span>
    }
}

fn device(device: &HostDevice) -> Html {
    let memory = device.memory_bytes.map(|bytes| words::memory(&size(bytes)));
    html! {
        <li key={device.device.clone()} data-missing={device.missing.is_some().to_string()}>
            <b>{ device.device.clone() }</b>
            <span>{ device.name.clone() }</span>
            if let Some(memory) = memory { <span class="number">{ memory }</span> }
            if let Some(missing) = &device.missing { <span>{ missing.clone() }</span> }
        </li>
    }
}

fn hosted(props: &HostCardProps, session: &Session, view: &HostView, run: &HostedRun) -> Html {
    // A run that went on in a later process is told by that one.
    let is_newest = !view.runs.iter().any(|it| it.number > run.number && it.run.is_some() && it.run == run.run);
    let summary = run.run.as_ref().and_then(|name| props.runs.iter().find(|it| it.run.as_str() == name));
    html! {
        <Hosted key={run.number.to_string()} relay={props.relay.clone()} host={session.clone()} host_is_live={props.summary.live} run={run.clone()}
            {is_newest} summary={summary.cloned()} may_command={props.may_command} messages={props.messages.clone()}
            on_further={props.on_further.clone()} />
    }
}

fn forget(props: &HostCardProps, session: &Session, waiting: usize, machine: &str) -> Callback<MouseEvent> {
    let (messages, session) = (props.messages.clone(), session.clone());
    let machine = machine.to_owned();
    Callback::from(move |_: MouseEvent| {
        let (session, told, host) = (session.clone(), messages.clone(), machine.clone());
        messages.ask.emit(Question {
            title: words::FORGET_WAITING_TITLE.into(),
            words: words::forget_waiting(waiting, &machine),
            yes: words::FORGET_WAITING,
            on_yes: Callback::from(move |()| {
                let (told, host) = (told.clone(), host.clone());
                session.ask_and(Command::Stop {}, move |answer| {
                    if let Answer::Rejected { reason } = answer {
                        told.tell(Severity::Warning, words::refused(&host, &reason));
                    }
                });
            }),
            on_no: Callback::noop(),
        });
    })
}
