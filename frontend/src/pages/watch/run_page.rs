//! One run of a relay, at the same bench as the lab's own.

use super::alerts::firing;
use super::relay::{WatchedRelay, use_relay_session};
use super::relay_form::CommandToken;
use super::standing::{Standing, starts};
use crate::components::form::Form;
use crate::components::icons::{Symbol, icon};
use crate::components::inspect::Inspector;
use crate::components::network::NetworkPanel;
use crate::components::overlay_panel::OverlayPanel;
use crate::components::question::{Question, QuestionDialog};
use crate::components::settings::{live_difference, shown, value_of};
use crate::components::transport::TransportAction;
use crate::format::count;
use crate::kept_focus::use_kept_focus;
use crate::keyboard::use_keys;
use crate::language::{told, translated};
use crate::lesson::control::ControlGroup;
use crate::pages::bench::{Bench, obey};
use crate::pulse::use_pulse;
use crate::route::Route;
use crate::session::Session;
use crate::stage::painter::Overlays;
use crate::store::HostStanding;
use crate::text;
use shared::describe::CatalogEntry;
use shared::episode::Kept;
use shared::event::Phase;
use shared::message::RunSummary;
use shared::parameter::Parameters;
use shared::spec::AgentSpec;
use shared::{Command, Epoch, RunId, RunSpec};
use yew::prelude::*;

/// Which run.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct RunPageProps {
    /// The page's relay.
    pub relay: WatchedRelay,
    /// The run.
    pub run: RunId,
    /// The epoch of it that stays on show; none for the present one and each that replaces it.
    pub epoch: Option<Epoch>,
    /// What the relay's list says of it; none if it is not in the list.
    pub summary: Option<RunSummary>,
    /// Whether the relay has no such run, or no such epoch of it.
    pub is_gone: bool,
    /// Whether commands are allowed.
    pub may_command: bool,
}

/// The run.
#[component]
pub fn RunPage(props: &RunPageProps) -> Html {
    let session = use_relay_session(&props.relay, &props.run, props.epoch);
    let overlays = use_state(Overlays::default);
    let inspected = use_state(|| None::<u32>);
    let _begun = use_pulse(&session, |view| (view.epoch, view.started.is_some(), view.tuned, view.host, view.phase()));
    // One that has just begun anew may have left none yet, and the starts before it some.
    let leaves_agents = use_pulse(&session, |view| !view.saved_agents.is_empty())
        || props.summary.as_ref().is_some_and(|it| !it.is_host && !it.earlier.is_empty());
    let keeps_episodes = use_pulse(&session, |view| !view.recorded_episodes.is_empty());
    let started = session.view().started.clone();
    use_kept_focus(session.takes_commands(), &["#stage canvas"]);
    let asking = use_state(|| None::<Question>);
    let transport = {
        let (session, asking) = (session.clone(), asking.clone());
        Callback::from(move |action: TransportAction| match question(&session, action) {
            Some(question) => asking.set(Some(question)),
            None => obey(&session, action),
        })
    };
    {
        let (transport, session) = (transport.clone(), session.clone());
        use_keys(move |key| {
            match key {
                _ if !session.takes_commands() => return false,
                " " => transport.emit(TransportAction::Toggle),
                "." => transport.emit(TransportAction::Step),
                "e" => transport.emit(TransportAction::Episode),
                "r" => transport.emit(TransportAction::Reset),
                "g" => transport.emit(TransportAction::Greedy),
                _ => return false,
            }
            true
        });
    }
    html! {
        <main class="lab" data-testid="run-page" data-value={props.run.to_string()}>
            <h1 class="unseen">{ props.run.to_string() }</h1>
            <aside class="card panel area-environment" aria-label={text::ENVIRONMENT}>
                <section>
                    <a class="back" href={Route::Watch.address()}>{ icon(Symbol::Back) }{ text::ALL_RUNS }</a>
                    if let Some(summary) = &props.summary { { starts(&props.run, props.epoch, summary) } { firing(summary) } }
                    if leaves_agents || keeps_episodes {
                        <p class="ways">
                            if leaves_agents { <a data-testid="to-checkpoints" href={Route::Checkpoints(props.run.to_string()).address()}>{ text::CHECKPOINTS }</a> }
                            if keeps_episodes { <a data-testid="to-replays" href={Route::RunReplays(props.run.clone(), props.epoch).address()}>{ text::REPLAYS }</a> }
                        </p>
                    }
                    if started.is_some() && session.takes_commands() { <RecordEpisode session={session.clone()} /> }
                    if let Some(started) = &started {
                        <h2 class="heading">{ text::ENVIRONMENT }</h2>
                        <div class="picker"><b>{ told(&started.environment.title) }</b><span>{ told(&started.environment.subtitle) }</span></div>
                        { facts(environments::registry::find(&started.spec.environment.id).ok().as_ref(), &started.spec.environment.parameters) }
                        <table class="inspect number"><tbody><tr><th scope="row">{ text::SEED }</th><td>{ started.spec.seed.to_string() }</td></tr></tbody></table>
                    } else {
                        <p class="soft" data-testid="run-waits">{ if props.is_gone { text::RUN_GONE } else { text::STAGE_WAITS } }</p>
                    }
                </section>
                <OverlayPanel session={session.clone()} overlays={(*overlays).clone()} on_change={ let overlays = overlays.clone(); move |it| overlays.set(it) } />
            </aside>
            <Bench session={session.clone()} overlays={(*overlays).clone()} inspected={*inspected}
                on_inspect={ let inspected = inspected.clone(); move |it| inspected.set(it) }
                stoppable={true} on_transport={transport} note={html! { <Standing session={session.clone()} /> }} />
            <aside class="card panel area-agent" aria-label={text::AGENT}>
                <section>
                    <h2 class="heading">{ text::AGENT }</h2>
                    if let Some(started) = &started {
                        <div class="picker"><b>{ told(&started.agent.title) }</b><span>{ started.agent.source.clone() }</span></div>
                        if !started.agent.equation.is_empty() { <p class="equation">{ started.agent.equation.clone() }</p> }
                        { agent_settings(&session, &started.agent) }
                    }
                    // A line that is interrupted says nothing of tokens: what held before holds until it is back.
                    if !props.may_command && !session.may_command() { <CommandToken relay={props.relay.clone()} /> }
                </section>
                <Inspector session={session.clone()} state={*inspected} />
                <NetworkPanel session={session.clone()} />
            </aside>
            if let Some(question) = (*asking).clone() {
                <QuestionDialog {question} on_close={move |()| asking.set(None)} />
            }
        </main>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct RecordEpisodeProps {
    session: Session,
}

/// Keeps the episode that ends next.
#[component]
fn RecordEpisode(props: &RecordEpisodeProps) -> Html {
    let (epoch, phase, kept) = use_pulse(&props.session, |view| {
        let kept = view.recorded_episodes.iter().filter(|it| it.kept == Kept::OnDemand).count();
        (view.epoch, view.phase(), kept)
    });
    let asked = use_state_eq(|| None);
    if phase == Phase::Ended {
        return Html::default();
    }
    let waits = *asked == Some((epoch, kept));
    let ask = {
        let session = props.session.clone();
        move |_: MouseEvent| {
            let asked = asked.setter();
            session.ask_then(Command::RecordEpisode {}, move || asked.set(Some((epoch, kept))));
        }
    };
    html! {
        <p>
            <button class="button" data-testid="record-episode" data-value={if waits { "waits" } else { "ready" }}
                title={text::RECORD_EPISODE_HELP} onclick={ask}>{ if waits { text::RECORDS_EPISODE } else { text::RECORD_EPISODE } }</button>
        </p>
    }
}

/// What is asked before an action that ends what others watch; none before those that end nothing.
fn question(session: &Session, action: TransportAction) -> Option<Question> {
    let (phase, episode) = {
        let view = session.view();
        (view.phase(), count(view.standing().episode))
    };
    let run = session.run().to_string();
    let (title, words, yes) = match (action, phase) {
        (TransportAction::Reset, _) => (text::RESET_FOR_ALL, text::reset_for_all(&run, &episode), text::RESET),
        (TransportAction::Stop, _) => (text::STOP_FOR_ALL, text::stop_for_all(&run, &episode), text::STOP),
        (TransportAction::Toggle, Phase::Ended) => {
            (text::AGAIN_FOR_ALL, text::reset_for_all(&run, &episode), text::TRAIN)
        }
        _ => return None,
    };
    let session = session.clone();
    let on_yes = Callback::from(move |()| obey(&session, action));
    Some(Question { title: title.into(), words, yes, on_yes, on_no: Callback::noop() })
}

/// What the agent is set to; whoever may command changes what can change while it learns.
fn agent_settings(session: &Session, entry: &CatalogEntry) -> Html {
    let Some(spec) = session.view().present_spec() else { return Html::default() };
    let values = spec.agent.parameters.clone();
    let is_under_way = session.view().phase() != Phase::Ended;
    let is_replaced = session.view().host == HostStanding::Replaced;
    if !(session.may_command() && is_under_way && !is_replaced && entry.parameters.iter().any(|it| it.live)) {
        return facts(Some(entry), &values);
    }
    // While nobody is there to obey, the form stays in its place and is off: nothing below it jumps.
    let is_off = !session.takes_commands();
    let baseline = agents::recommended::agent(&spec.environment.id, &entry.id).parameters;
    let environment = spec.environment.clone();
    let tune = {
        let (session, entry) = (session.clone(), entry.clone());
        Callback::from(move |parameters: Parameters| {
            let after = RunSpec { agent: AgentSpec { parameters, ..spec.agent.clone() }, ..spec.clone() };
            // A field that is switched off enters what was typed into it.
            if !session.takes_commands() {
                return;
            }
            if let Some(parameters) = live_difference(std::slice::from_ref(&entry), &spec, &after) {
                session.ask(Command::Tune { parameters });
            }
        })
    };
    html! {
        <>
            <p class="locked">{ icon(Symbol::Lock) }{ text::LOCKED }</p>
            <fieldset class="bare" disabled={is_off}>
                <Form key={entry.id.clone()} room={ControlGroup::Agent} entry={entry.clone()} {values} {baseline} locked={true}
                    {environment} on_change={tune} />
            </fieldset>
        </>
    }
}

/// What is set, as a table: all short values that have an effect where the registry knows the parameters, else those
/// that were given.
pub fn facts(entry: Option<&CatalogEntry>, given: &Parameters) -> Html {
    let rows: Vec<(String, String)> = match entry {
        Some(entry) => entry
            .parameters
            .iter()
            .filter(|spec| spec.unmet(&entry.parameters, given).is_none())
            .map(|spec| (translated(&spec.label).into_owned(), shown(Some(spec), &value_of(spec, given))))
            .collect(),
        None => given.iter().map(|(name, value)| (name.clone(), shown(None, value))).collect(),
    };
    let rows = rows
        .into_iter()
        .filter(|(_, value)| !value.is_empty() && value.chars().count() < 32 && !value.contains('\n'))
        .take(12);
    html! {
        <table class="inspect number"><tbody>
            { for rows.map(|(label, value)| html! { <tr><th scope="row">{ label }</th><td>{ value }</td></tr> }) }
        </tbody></table>
    }
}
