//! A run on a host: how it stands, and what can be asked of it.

use crate::components::icons::{Symbol, icon};
use crate::components::messages::Messages;
use crate::components::question::Question;
use crate::format::{count, fixed, short};
use crate::language::Text;
use crate::pages::watch::relay::{WatchedRelay, use_relay_session};
use crate::pages::watch::spark::Spark;
use crate::pages::watch::standing::moment;
use crate::pulse::use_pulse;
use crate::route::Route;
use crate::session::Session;
use crate::store::RunView;
use crate::text;
use crate::text::hosts as words;
use shared::command::{Answer, Launch};
use shared::episode::EpisodeBin;
use shared::event::{Phase, Severity};
use shared::host::{HostedRun, HostedState};
use shared::message::RunSummary;
use shared::{Command, RunId};
use yew::prelude::*;

/// Episodes of an evaluation.
const EVALUATED: u32 = 20;

/// Number of the newest episodes whose mean is told.
const RECENT: u64 = 100;

/// A run, its host, and who is told.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct HostedProps {
    /// The page's relay.
    pub relay: WatchedRelay,
    /// Its host's session.
    pub host: Session,
    /// Whether the host is connected.
    pub host_is_live: bool,
    /// What the host says of it.
    pub run: HostedRun,
    /// Whether no later process went on with it.
    pub is_newest: bool,
    /// What the relay says of it, once it knows it.
    pub summary: Option<RunSummary>,
    /// Whether commands are allowed.
    pub may_command: bool,
    /// Ways to talk to people.
    pub messages: Messages,
    /// Told of a kept run that is to go on otherwise, with its host.
    pub on_further: Callback<(RunId, String)>,
}

/// The run.
#[component]
pub fn Hosted(props: &HostedProps) -> Html {
    match &props.summary {
        Some(summary) if props.is_newest && props.run.state != HostedState::Queued => {
            html! { <Followed hosted={props.clone()} run={summary.run.clone()} /> }
        }
        _ if props.run.state == HostedState::Queued && props.host_is_live && props.may_command => {
            row(props, None, Html::default(), cancel(props))
        }
        _ => row(props, None, Html::default(), Html::default()),
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct FollowedProps {
    hosted: HostedProps,
    run: RunId,
}

/// What is told of a run that is followed.
#[derive(Clone, Debug, PartialEq)]
struct FollowedRunSummary {
    phase: Phase,
    step: u64,
    episode: u64,
    rate: Option<u64>,
    recent: Option<f64>,
    evaluated: Option<(f64, f64)>,
}

fn glance(view: &RunView) -> FollowedRunSummary {
    let (standing, rate) = (view.standing(), view.steps_per_second());
    let last = |name: &str| view.metrics.get(name).and_then(|series| series.values.last().copied());
    FollowedRunSummary {
        phase: standing.phase,
        step: standing.step,
        episode: standing.episode,
        rate: rate.filter(|rate| *rate > 0.0).map(|rate| rate as u64),
        recent: recent(view.episodes.bins()),
        evaluated: last("evaluation/mean_return").zip(last("evaluation/episodes")),
    }
}

/// Mean return of the newest episodes.
fn recent(bins: &[EpisodeBin]) -> Option<f64> {
    let (mut episodes, mut sum) = (0, 0.0);
    for bin in bins.iter().rev() {
        if episodes >= RECENT {
            break;
        }
        episodes += bin.count;
        sum += bin.episodic_return.sum;
    }
    (episodes > 0).then(|| sum / episodes as f64)
}

/// A run with its figures, its curve and, while it lives, what can be asked of it.
#[component]
fn Followed(props: &FollowedProps) -> Html {
    let session = use_relay_session(&props.hosted.relay, &props.run, None);
    let now = use_pulse(&session, glance);
    let lives = props.hosted.run.state == HostedState::Running;
    let figures = html! {
        <p class="figures number">
            <span data-testid="hosted-steps" data-value={now.step.to_string()}>{ words::progress(&count(now.step), &count(now.episode)) }</span>
            if let Some(rate) = now.rate.filter(|_| lives) { <span>{ words::speed(&short(rate as f64)) }</span> }
            if let Some(recent) = now.recent { <span>{ words::recent(&fixed(recent, 2)) }</span> }
            if let Some((mean, episodes)) = now.evaluated {
                <span data-testid="hosted-evaluated" data-value={mean.to_string()}>{ words::evaluated(&fixed(mean, 2), &count(episodes as u64)) }</span>
            }
        </p>
    };
    let beside = html! {
        <>
            { figures }
            <div class="spark"><Spark session={session.clone()} /></div>
        </>
    };
    let is_there = lives && props.hosted.may_command && session.takes_commands();
    let actions = if is_there { actions(&props.hosted, &session, now.phase) } else { Html::default() };
    row(&props.hosted, Some(now.phase), beside, actions)
}

/// Pausing, saving, evaluating and stopping a run that lives.
fn actions(props: &HostedProps, session: &Session, phase: Phase) -> Html {
    let is_moving = phase == Phase::Running;
    let name = session.run().to_string();
    let ask = |command: Command, done: Option<String>| {
        let (session, messages) = (session.clone(), props.messages.clone());
        Callback::from(move |_: MouseEvent| {
            let (messages, done) = (messages.clone(), done.clone());
            session.ask_and(command.clone(), move |answer| match (answer, done) {
                (Answer::Rejected { reason }, _) => messages.tell(Severity::Warning, reason),
                (Answer::Accepted { .. }, Some(done)) => messages.tell(Severity::Information, done),
                (Answer::Accepted { .. }, None) => {}
            });
        })
    };
    let button = |name: &'static str, symbol: Symbol, label: Text, onclick: Callback<MouseEvent>| {
        html! { <button class="button" data-testid={name} {onclick}>{ icon(symbol) }{ label }</button> }
    };
    html! {
        <>
            if is_moving {
                { button("hosted-pause", Symbol::Pause, words::PAUSE, ask(Command::Pause {}, None)) }
            } else {
                { button("hosted-resume", Symbol::Play, words::RESUME, ask(Command::Resume { until_episode: None }, None)) }
            }
            { button("hosted-save", Symbol::Save, words::SAVE, ask(Command::Save {}, Some(words::SAVED.into()))) }
            { button("hosted-evaluate", Symbol::Eye, words::EVALUATE,
                ask(Command::Evaluate { episodes: EVALUATED }, Some(words::evaluating(&name, EVALUATED)))) }
            { button("hosted-stop", Symbol::Stop, words::STOP, stop(props, session)) }
        </>
    }
}

/// Stopping ends what others watch, so it is asked first.
fn stop(props: &HostedProps, session: &Session) -> Callback<MouseEvent> {
    let (session, messages) = (session.clone(), props.messages.clone());
    Callback::from(move |_: MouseEvent| {
        let (run, told) = (session.clone(), messages.clone());
        let episodes = count(session.view().standing().episode);
        messages.ask.emit(Question {
            title: text::STOP_FOR_ALL.into(),
            words: text::stop_for_all(session.run().as_str(), &episodes),
            yes: text::STOP,
            on_yes: Callback::from(move |()| {
                let told = told.clone();
                run.ask_and(Command::Stop {}, move |answer| {
                    if let Answer::Rejected { reason } = answer {
                        told.tell(Severity::Warning, reason);
                    }
                });
            }),
            on_no: Callback::noop(),
        });
    })
}

/// What somebody filled in is lost with it, so it is asked first.
fn cancel(props: &HostedProps) -> Html {
    let (host, messages, run) = (props.host.clone(), props.messages.clone(), props.run.clone());
    let ask = move |_: MouseEvent| {
        let (host, told, number) = (host.clone(), messages.clone(), run.number);
        messages.ask.emit(Question {
            title: words::CANCEL_TITLE.into(),
            words: words::cancel_waiting(&run.title, host.run().as_str()),
            yes: words::CANCEL_RUN,
            on_yes: Callback::from(move |()| {
                let (told, name) = (told.clone(), host.run().to_string());
                host.ask_and(Command::Cancel { number }, move |answer| {
                    if let Answer::Rejected { reason } = answer {
                        told.tell(Severity::Warning, words::refused(&name, &reason));
                    }
                });
            }),
            on_no: Callback::noop(),
        });
    };
    html! { <button class="button" data-testid="hosted-cancel" onclick={ask}>{ icon(Symbol::Trash) }{ words::CANCEL_RUN }</button> }
}

/// A run that ended goes on: as it was, or by the form.
fn again(props: &HostedProps, place: &str) -> Html {
    let go_on = {
        let (host, messages, place) = (props.host.clone(), props.messages.clone(), place.to_owned());
        move |_: MouseEvent| {
            let launch = Launch { resume: Some(place.clone()), ..Launch::default() };
            let (messages, name) = (messages.clone(), host.run().to_string());
            host.ask_and(Command::Launch(Box::new(launch)), move |answer| match answer {
                Answer::Rejected { reason } => messages.tell(Severity::Warning, words::refused(&name, &reason)),
                Answer::Accepted { .. } => messages.tell(Severity::Information, words::taken(&name)),
            });
        }
    };
    let delete = delete(props, place);
    let (host, place) = (props.host.run().clone(), place.to_owned());
    let further = props.on_further.reform(move |_: MouseEvent| (host.clone(), place.clone()));
    html! {
        <>
            <button class="button" data-testid="hosted-go-on" title={words::GO_ON_HELP} onclick={go_on}>{ icon(Symbol::Play) }{ words::GO_ON }</button>
            <button class="button" data-testid="hosted-further" title={words::GO_ON_FURTHER_HELP} onclick={further}>{ words::GO_ON_FURTHER }</button>
            <button class="button" data-testid="hosted-delete" onclick={delete}>{ icon(Symbol::Trash) }{ words::DELETE_RUN }</button>
        </>
    }
}

/// What was learned is lost with it, so it is asked first.
fn delete(props: &HostedProps, place: &str) -> Callback<MouseEvent> {
    let (host, messages, place) = (props.host.clone(), props.messages.clone(), place.to_owned());
    Callback::from(move |_: MouseEvent| {
        let (host, told, directory) = (host.clone(), messages.clone(), place.clone());
        messages.ask.emit(Question {
            title: words::DELETE_TITLE.into(),
            words: words::delete_kept(&place, host.run().as_str()),
            yes: words::DELETE_FOR_GOOD,
            on_yes: Callback::from(move |()| {
                let (told, name, place) = (told.clone(), host.run().to_string(), directory.clone());
                host.ask_and(Command::Delete { directory: directory.clone() }, move |answer| match answer {
                    Answer::Rejected { reason } => told.tell(Severity::Warning, words::refused(&name, &reason)),
                    Answer::Accepted { .. } => told.tell(Severity::Information, words::deleted(&place, &name)),
                });
            }),
            on_no: Callback::noop(),
        });
    })
}

fn row(props: &HostedProps, phase: Option<Phase>, beside: Html, actions: Html) -> Html {
    let run = &props.run;
    let (state, words) = match (run.state, phase) {
        _ if !props.host_is_live
            && !matches!(run.state, HostedState::Ended | HostedState::Failed | HostedState::Killed) =>
        {
            ("unknown", words::UNKNOWN)
        }
        (HostedState::Queued, _) => ("queued", words::QUEUED),
        (HostedState::Running, None) => ("starting", words::STARTING),
        (HostedState::Running, Some(Phase::Running)) => ("running", words::RUNNING),
        (HostedState::Running, Some(Phase::Ready | Phase::Paused)) => ("paused", words::PAUSED),
        (HostedState::Ended, _) | (HostedState::Running, Some(Phase::Ended)) => ("ended", words::ENDED),
        (HostedState::Failed, _) => ("failed", words::FAILED),
        (HostedState::Killed, _) => ("killed", words::KILLED),
    };
    let is_over = matches!(run.state, HostedState::Ended | HostedState::Failed | HostedState::Killed);
    let may_go_on = is_over && props.is_newest && props.host_is_live && props.may_command;
    let name = props.summary.as_ref().map(|it| it.run.clone());
    html! {
        <li class="hosted" data-testid={format!("hosted-{}", run.number)} data-value={state} data-process={run.process.map(|it| it.to_string())}>
            <div class="title">
                if let Some(name) = &name {
                    <a href={Route::WatchRun(name.clone(), None).address()} data-testid="hosted-watch"><b>{ run.title.clone() }</b></a>
                } else {
                    <b>{ run.title.clone() }</b>
                }
                <span class="soft number">
                    <i class="dot" data-state={state}></i>
                    { words }
                    { format!(" {}", words::since(&moment(run.since_millis))) }
                    if let Some(name) = run.run.as_ref().or(run.directory.as_ref()) { { format!(" · {name}") } }
                </span>
            </div>
            { beside }
            if let Some(reason) = &run.reason { <p class="reason" data-testid="hosted-reason">{ reason.clone() }</p> }
            <div class="actions">
                { actions }
                if may_go_on { if let Some(place) = &run.directory { { again(props, place) } } }
            </div>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::episode::Stat;
    use std::collections::BTreeMap;

    #[test]
    fn the_newest_episodes_are_those_that_count() {
        let bin = |first_episode: u64, count: u64, mean: f64| EpisodeBin {
            first_episode,
            last_episode: first_episode + count - 1,
            count,
            step: 0,
            episodic_return: Stat { sum: mean * count as f64, ..Stat::of(mean) },
            length: Stat::of(1.0),
            outcomes: BTreeMap::new(),
            each: None,
        };
        assert_eq!(recent(&[]), None);
        assert_eq!(recent(&[bin(0, 10, 3.0)]), Some(3.0));
        assert_eq!(recent(&[bin(0, 500, -1.0), bin(500, 50, 2.0), bin(550, 50, 4.0)]), Some(3.0));
    }
}
