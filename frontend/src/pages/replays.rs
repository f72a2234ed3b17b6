//! Replays: the kept episodes of the lab's run, or of one of a relay, step by step, forward and back.
//!
//! A kept episode is (spec, seed, actions); the environment's own code plays it here, to the same states and the same
//! return. Those that were opened, from a file or from the library, are played the same way.

mod film;
mod outcomes;
mod player;
mod rerun;

use crate::components::file_button::FileButton;
use crate::components::icons::{Symbol, icon};
use crate::components::messages::Messages;
use crate::format::{count, fixed};
use crate::language::translated;
use crate::pages::lab::opening::first_spec;
use crate::pages::lab::preview::preview;
use crate::pages::opened::FileOpening;
use crate::route::Route;
use crate::session::Session;
use crate::store::StartedRun;
use crate::text::{self, library};
use gloo_timers::callback::Interval;
use outcomes::Outcomes;
use player::{EpisodeChoice, Player};
use run::recorded::ReplayFile;
use shared::RunSpec;
use shared::describe::EnvironmentDescription;
use shared::episode::{Kept, RecordedEpisode};
use std::rc::Rc;
use yew::prelude::*;

/// How often the list is brought up to date: often enough to be live, seldom enough to be read and clicked.
const LIST_MILLIS: u32 = 700;

/// Whose episodes.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ReplaysProps {
    /// The run: that of this tab, or one of a relay.
    pub session: Session,
    /// How people are talked to.
    pub messages: Messages,
    /// Where episodes come from besides; none for a run of a relay.
    #[prop_or_default]
    pub opening: Option<FileOpening>,
    /// Where a run of a relay is watched.
    #[prop_or_default]
    pub back: Option<Route>,
}

/// The kept episodes, and one of them on the stage.
#[component]
pub fn Replays(props: &ReplaysProps) -> Html {
    let session = props.session.clone();
    let update = use_force_update();
    let listed = use_mut_ref(Vec::new);
    let (started, recorded_episodes) = {
        let view = session.view();
        (view.started.clone(), view.recorded_episodes.clone())
    };
    listed.replace(recorded_episodes.clone());
    {
        let update = update.clone();
        use_effect_with(session.clone(), move |session| {
            let session = session.clone();
            let look = move || {
                if !are_same(&listed.borrow(), &session.view().recorded_episodes) {
                    update.force_update();
                }
            };
            let interval = Interval::new(LIST_MILLIS, look);
            move || drop(interval)
        });
    }
    // What plays goes on when the run keeps another episode in its place.
    let playing = use_mut_ref(|| None::<Playing>);
    let choices = started.as_ref().map_or_else(Vec::new, |it| choices(&recorded_episodes, &it.environment));
    if let (Some(started), Some(first)) = (started, choices.first()) {
        let is_of_another = |it: &Playing| it.started.spec.environment != started.spec.environment;
        if playing.borrow().as_ref().is_none_or(is_of_another) {
            playing.replace(Some(Playing { started, choice: first.clone() }));
        }
    }
    let open = match &props.opening {
        Some(opening) => html! { <FileButton label={library::IMPORT} on_file={opening.on_file.clone()} /> },
        None => Html::default(),
    };
    if let Some((opening, file)) = props.opening.as_ref().and_then(|it| Some((it, it.episode.as_ref()?))) {
        return opened(file, opening, props, &open);
    }
    let back = match &props.back {
        Some(back) => {
            html! { <a class="back" href={back.address()}>{ icon(Symbol::Back) }{ text::checkpoints::BACK_TO_RUN }</a> }
        }
        None => Html::default(),
    };
    let Some(Playing { started, choice }) = playing.borrow().clone() else {
        return html! {
            <main class="watch">
                <div class="watch-head">{ back }<h1>{ text::REPLAYS }</h1><span class="spacer"></span>{ open }</div>
                <p class="empty" data-testid="no-replays">
                    if props.back.is_some() {
                        { text::NO_REPLAYS_OF_RUN }
                    } else {
                        { text::NO_REPLAYS }{ " " }<a href={Route::Lab.address()}>{ text::TO_THE_LAB }</a>
                    }
                </p>
            </main>
        };
    };
    let is_listed = choices.iter().any(|it| it.is_same(&choice));
    let listed = choices.iter().cloned().chain((!is_listed).then(|| choice.clone()));
    let chip = |(index, listed): (usize, EpisodeChoice)| {
        let is_chosen = listed.is_same(&choice);
        let name = listed.name.clone();
        let (playing, update, started) = (Rc::clone(&playing), update.clone(), session.view().started.clone());
        let choose = move |_: MouseEvent| {
            if let (false, Some(started)) = (is_chosen, started.clone()) {
                playing.replace(Some(Playing { started, choice: listed.clone() }));
                update.force_update();
            }
        };
        html! {
            <button class="chip number" role="radio" aria-checked={is_chosen.to_string()} data-testid={format!("recorded-{index}")} onclick={choose}>
                { name }
            </button>
        }
    };
    html! {
        <main class="watch replays">
            <div class="watch-head">
                { back }
                <h1>{ text::REPLAYS }</h1>
                if props.back.is_some() { <b>{ session.run().to_string() }</b> }
                <span class="soft">{ format!("{} · {}", translated(&started.environment.title), translated(&started.agent.title)) }</span>
                <span class="spacer"></span>
                { open }
            </div>
            <div class="chips" role="radiogroup" aria-label={text::KEPT_EPISODES}>{ for listed.enumerate().map(chip) }</div>
            <Player key={choice.key()} environment={started.environment.clone()} spec={started.spec.environment.clone()}
                run={started.spec.clone()} choice={choice.clone()} others={choices} messages={props.messages.clone()} />
            <Outcomes {session} environment={started.environment.clone()} />
        </main>
    }
}

/// What plays, and of which run it is.
#[derive(Clone, Debug)]
struct Playing {
    started: Rc<StartedRun>,
    choice: EpisodeChoice,
}

fn are_same(listed: &[Rc<RecordedEpisode>], kept: &[Rc<RecordedEpisode>]) -> bool {
    listed.len() == kept.len() && listed.iter().zip(kept).all(|(listed, kept)| Rc::ptr_eq(listed, kept))
}

/// The kept episodes, each once, with all that it was kept for: those played by hand and asked for first, then the latest,
/// the best and the worst, then by outcome.
fn choices(recorded_episodes: &[Rc<RecordedEpisode>], environment: &EnvironmentDescription) -> Vec<EpisodeChoice> {
    let mut recorded_episodes: Vec<_> = recorded_episodes.iter().collect();
    let key = |recorded: &Rc<RecordedEpisode>| {
        let is_wanted = matches!(recorded.kept, Kept::ByHand | Kept::OnDemand);
        (!is_wanted, recorded.kept, recorded.outcome, recorded.episode)
    };
    recorded_episodes.sort_by_key(|it| key(it));
    let mut choices: Vec<(Vec<String>, &Rc<RecordedEpisode>)> = Vec::new();
    for recorded in recorded_episodes {
        let known = choices.iter_mut().find(|(_, it)| (it.episode, it.copy) == (recorded.episode, recorded.copy));
        match known {
            // That it was kept every so often says nothing beside another reason.
            Some(_) if recorded.kept == Kept::Regular => {}
            // The latest of all is the latest of its outcome.
            Some((reasons, _))
                if recorded.kept == Kept::Outcome && reasons.iter().any(|it| it == text::LATEST.text()) => {}
            Some((reasons, _)) => reasons.push(reason(recorded, environment)),
            None => choices.push((vec![reason(recorded, environment)], recorded)),
        }
    }
    let named = |(reasons, recorded): (Vec<String>, &Rc<RecordedEpisode>)| {
        let (number, episodic_return) = (count(recorded.episode), fixed(recorded.episodic_return, 2));
        let name = format!("{} · #{number} · {episodic_return}", reasons.join(", "));
        EpisodeChoice { name: name.into(), recorded: Rc::clone(recorded) }
    };
    choices.into_iter().map(named).collect()
}

/// Why a recorded episode was kept.
fn reason(recorded: &RecordedEpisode, environment: &EnvironmentDescription) -> String {
    match recorded.kept {
        Kept::Latest => String::from(text::LATEST),
        Kept::Best => String::from(text::BEST),
        Kept::Worst => String::from(text::WORST),
        Kept::Outcome => {
            let outcome = environment.outcomes.get(usize::from(recorded.outcome)).map_or("", String::as_str);
            text::latest_of(&translated(outcome))
        }
        Kept::Regular => String::from(text::EPISODE),
        Kept::ByHand => String::from(text::BY_HAND),
        Kept::OnDemand => String::from(text::ON_DEMAND),
    }
}

/// An episode that was opened.
fn opened(file: &Rc<ReplayFile>, opening: &FileOpening, props: &ReplaysProps, open: &Html) -> Html {
    // Those of the run can stand beside it if they are of the same environment.
    let view = props.session.view();
    let others = view.started.as_ref().filter(|started| started.spec.environment == file.environment);
    let others = others.map_or_else(Vec::new, |started| choices(&view.recorded_episodes, &started.environment));
    drop(view);
    let spec = RunSpec { environment: file.environment.clone(), ..first_spec() };
    let description = preview(&spec).map(|preview| preview.environment);
    let title =
        description.as_ref().map_or_else(|| file.environment.id.clone(), |it| translated(&it.title).into_owned());
    html! {
        <main class="watch replays">
            <div class="watch-head">
                <h1>{ text::REPLAYS }</h1>
                <span class="soft" data-testid="opened-episode">{ format!("{title} · #{} · {}", count(file.recorded_episode.episode), fixed(file.recorded_episode.episodic_return, 2)) }</span>
                <span class="spacer"></span>
                { open.clone() }
                <button class="button" data-testid="close-episode" onclick={opening.on_episode_closed.reform(|_: MouseEvent| ())}>{ library::BACK_TO_RUN }</button>
            </div>
            { match file.verify() {
                Ok(_) => html! { <p class="soft" data-testid="as-recorded">{ library::AS_RECORDED }</p> },
                Err(error) => html! { <p class="banner" data-severity="warning" role="alert">{ error.to_string() }</p> },
            } }
            if let Some(environment) = description {
                <Player key={file.hash.clone()} {environment} spec={file.environment.clone()} choice={EpisodeChoice { name: title.into(), recorded: Rc::new(file.recorded_episode.clone()) }}
                    {others} messages={props.messages.clone()} />
            }
        </main>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::action::Actions;
    use shared::quantity::Seed;

    #[test]
    fn an_episode_stands_once_with_all_it_was_kept_for() {
        let recorded = |kept, episode, outcome| {
            Rc::new(RecordedEpisode {
                episode,
                copy: 0,
                seed: Seed::default(),
                actions: Actions::default(),
                episodic_return: 9.3,
                outcome,
                kept,
            })
        };
        let spec = RunSpec { ..first_spec() };
        let environment = preview(&spec).unwrap().environment;
        let recorded_episodes = [
            recorded(Kept::Worst, 3, 2),
            recorded(Kept::Latest, 7, 1),
            recorded(Kept::Regular, 7, 1),
            recorded(Kept::Outcome, 7, 1),
            recorded(Kept::Outcome, 3, 2),
            recorded(Kept::Outcome, 2, 0),
            recorded(Kept::Best, 7, 1),
            recorded(Kept::ByHand, 5, 1),
            recorded(Kept::Regular, 4, 1),
            recorded(Kept::OnDemand, 6, 0),
            recorded(Kept::OnDemand, 7, 1),
        ];
        let names: Vec<String> =
            choices(&recorded_episodes, &environment).iter().map(|it| it.name.to_string()).collect();
        assert_eq!(
            names,
            [
                "played by hand · #5 · 9.30",
                "on demand · #6 · 9.30",
                "on demand, latest, best · #7 · 9.30",
                "worst, latest pit · #3 · 9.30",
                "latest step limit · #2 · 9.30",
                &format!("{} · #4 · 9.30", text::EPISODE)
            ]
        );
    }
}
