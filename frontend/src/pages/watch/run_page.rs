//! One run of a relay, at the same bench as the lab's own.

use super::relay::{Relay, use_relay_session};
use super::relay_form::CommandToken;
use super::standing::{Standing, starts};
use crate::components::form::Form;
use crate::components::glass::GlassPanel;
use crate::components::icons::{Symbol, icon};
use crate::components::inspect::Inspector;
use crate::components::network::NetworkPanel;
use crate::components::question::{Question, QuestionDialog};
use crate::components::settings::live_difference;
use crate::components::transport::Wish;
use crate::format::{count, plain};
use crate::keyboard::use_keys;
use crate::lesson::control::Room;
use crate::pages::bench::{Bench, obey};
use crate::pulse::use_pulse;
use crate::route::Route;
use crate::session::Session;
use crate::stage::painter::Glass;
use crate::text;
use shared::describe::CatalogEntry;
use shared::event::Phase;
use shared::message::RunSummary;
use shared::parameter::{Parameters, Value};
use shared::spec::AgentSpec;
use shared::{Command, Epoch, RunId, RunSpec};
use yew::prelude::*;

/// Which run.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct RunPageProps {
    /// The page's relay.
    pub relay: Relay,
    /// The run.
    pub run: RunId,
    /// The epoch of it that stays on show; none for the present one and each that replaces it.
    pub epoch: Option<Epoch>,
    /// What the relay's list says of it; none if it is not in the list.
    pub summary: Option<RunSummary>,
    /// Whether the relay has told its list.
    pub told: bool,
    /// Whether commands are allowed.
    pub may_command: bool,
}

/// The run.
#[component]
pub fn RunPage(props: &RunPageProps) -> Html {
    let session = use_relay_session(&props.relay, &props.run, props.epoch);
    let glass = use_state(Glass::default);
    let inspected = use_state(|| None::<u32>);
    let _begun = use_pulse(&session, |view| (view.epoch, view.started.is_some(), view.tuned, view.host, view.phase()));
    let started = session.view().started.clone();
    let asking = use_state(|| None::<Question>);
    let wish = {
        let (session, asking) = (session.clone(), asking.clone());
        Callback::from(move |wish: Wish| match question(&session, wish) {
            Some(question) => asking.set(Some(question)),
            None => obey(&session, wish),
        })
    };
    {
        let (wish, session) = (wish.clone(), session.clone());
        use_keys(move |key| {
            match key {
                _ if !session.takes_commands() => return false,
                " " => wish.emit(Wish::Toggle),
                "." => wish.emit(Wish::Step),
                "e" => wish.emit(Wish::Episode),
                "r" => wish.emit(Wish::Reset),
                "g" => wish.emit(Wish::Greedy),
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
                    if let Some(summary) = &props.summary { { starts(&props.run, props.epoch, summary) } }
                    if let Some(started) = &started {
                        <h2 class="heading">{ text::ENVIRONMENT }</h2>
                        <div class="picker"><b>{ started.environment.title.clone() }</b><span>{ started.environment.subtitle.clone() }</span></div>
                        { facts(environments::registry::find(&started.spec.environment.id).ok().as_ref(), &started.spec.environment.parameters) }
                        <table class="inspect number"><tbody><tr><th scope="row">{ text::SEED }</th><td>{ started.spec.seed.to_string() }</td></tr></tbody></table>
                    } else {
                        <p class="soft" data-testid="run-waits">{ if is_gone(props) { text::RUN_GONE } else { text::STAGE_WAITS } }</p>
                    }
                </section>
                <GlassPanel session={session.clone()} glass={(*glass).clone()} on_change={ let glass = glass.clone(); move |it| glass.set(it) } />
            </aside>
            <Bench session={session.clone()} glass={(*glass).clone()} inspected={*inspected}
                on_inspect={ let inspected = inspected.clone(); move |it| inspected.set(it) }
                stoppable={true} on_wish={wish} note={html! { <Standing session={session.clone()} /> }} />
            <aside class="card panel area-agent" aria-label={text::AGENT}>
                <section>
                    <h2 class="heading">{ text::AGENT }</h2>
                    if let Some(started) = &started {
                        <div class="picker"><b>{ started.agent.title.clone() }</b><span>{ started.agent.source.clone() }</span></div>
                        if !started.agent.equation.is_empty() { <p class="equation">{ started.agent.equation.clone() }</p> }
                        { agent_settings(&session, &started.agent) }
                    }
                    if !props.may_command { <CommandToken relay={props.relay.clone()} /> }
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

/// Whether the relay has no such run, or no such epoch of it.
fn is_gone(props: &RunPageProps) -> bool {
    let Some(summary) = &props.summary else { return props.told };
    let is_there = |epoch| summary.epoch == epoch || summary.earlier.iter().any(|it| it.epoch == epoch);
    !props.epoch.is_none_or(is_there)
}

/// What is asked before a wish that ends what others watch; none before those that end nothing.
fn question(session: &Session, wish: Wish) -> Option<Question> {
    let (phase, episode) = {
        let view = session.view();
        (view.phase(), count(view.standing().episode))
    };
    let run = session.run().to_string();
    let (title, words, yes) = match (wish, phase) {
        (Wish::Reset, _) => (text::RESET_FOR_ALL, text::reset_for_all(&run, &episode), text::RESET),
        (Wish::Stop, _) => (text::STOP_FOR_ALL, text::stop_for_all(&run, &episode), text::STOP),
        (Wish::Toggle, Phase::Ended) => (text::AGAIN_FOR_ALL, text::reset_for_all(&run, &episode), text::TRAIN),
        _ => return None,
    };
    let session = session.clone();
    let on_yes = Callback::from(move |()| obey(&session, wish));
    Some(Question { title: title.to_owned(), words, yes, on_yes, on_no: Callback::noop() })
}

/// What the agent is set to; whoever may command changes what can change while it learns.
fn agent_settings(session: &Session, entry: &CatalogEntry) -> Html {
    let Some(spec) = session.view().present_spec() else { return Html::default() };
    let values = spec.agent.parameters.clone();
    let is_under_way = session.view().phase() != Phase::Ended;
    if !(session.takes_commands() && is_under_way && entry.parameters.iter().any(|it| it.live)) {
        return facts(Some(entry), &values);
    }
    let baseline = agents::recommended::agent(&spec.environment.id, &entry.id).parameters;
    let tune = {
        let (session, entry) = (session.clone(), entry.clone());
        Callback::from(move |parameters: Parameters| {
            let after = RunSpec { agent: AgentSpec { parameters, ..spec.agent.clone() }, ..spec.clone() };
            if let Some(parameters) = live_difference(std::slice::from_ref(&entry), &spec, &after) {
                session.ask(Command::Tune { parameters });
            }
        })
    };
    html! {
        <>
            <p class="locked">{ icon(Symbol::Lock) }{ text::LOCKED }</p>
            <Form key={entry.id.clone()} room={Room::Agent} entry={entry.clone()} {values} {baseline} locked={true} on_change={tune} />
        </>
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Number(number) => plain(*number, 6),
        Value::Integer(number) => plain(*number as f64, 0),
        Value::Flag(_) | Value::Text(_) => value.to_string(),
    }
}

/// What is set, as a table: all short values that have an effect where the registry knows the parameters, else those
/// that were given.
fn facts(entry: Option<&CatalogEntry>, given: &Parameters) -> Html {
    let rows: Vec<(String, String)> = match entry {
        Some(entry) => entry
            .parameters
            .iter()
            .filter(|spec| spec.unmet(&entry.parameters, given).is_none())
            .map(|spec| (spec.label.clone(), given.get(&spec.name).cloned().unwrap_or_else(|| spec.default_value())))
            .map(|(label, value)| (label, shown(&value)))
            .collect(),
        None => given.iter().map(|(name, value)| (name.clone(), shown(value))).collect(),
    };
    let rows =
        rows.into_iter().filter(|(_, value)| !value.is_empty() && value.len() < 24 && !value.contains('\n')).take(12);
    html! {
        <table class="inspect number"><tbody>
            { for rows.map(|(label, value)| html! { <tr><th scope="row">{ label }</th><td>{ value }</td></tr> }) }
        </tbody></table>
    }
}
