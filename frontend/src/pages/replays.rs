//! Replays: the kept episodes of the lab's run, step by step, forward and back.
//!
//! A kept episode is (spec, seed, actions); the environment's own code plays it here, to the same states and the same
//! return. Those that were opened, from a file or from the library, are played the same way.

mod film;
mod outcomes;
mod player;
mod then;

use crate::components::icons::{Symbol, icon};
use crate::format::{count, fixed};
use crate::pages::lab::TabRunHandle;
use crate::pages::lab::opening::first_spec;
use crate::pages::lab::preview::preview;
use crate::pages::library::FileButton;
use crate::pages::opened::Opening;
use crate::pulse::use_pulse;
use crate::route::Route;
use crate::store::{RunView, Started};
use crate::text::{self, library};
use outcomes::Outcomes;
use player::{Choice, Player};
use run::recorded::ReplayFile;
use shared::RunSpec;
use shared::describe::EnvironmentDescription;
use shared::episode::{EpisodeTape, Kept};
use shared::order::sort;
use std::rc::Rc;
use yew::prelude::*;

/// Whose episodes.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ReplaysProps {
    /// The run of this tab.
    pub run: TabRunHandle,
    /// Where episodes come from besides.
    pub opening: Opening,
}

/// The kept episodes, and one of them on the stage.
#[component]
pub fn Replays(props: &ReplaysProps) -> Html {
    let session = props.run.0.session.clone();
    // The list stands still while one looks at it: what is kept changes many times a second.
    let shelf = use_state(|| shelf(&session.view()));
    let chosen = use_state(|| 0usize);
    let waiting = use_pulse(&session, |view| view.tapes.len());
    let is_empty = shelf.as_ref().is_none_or(|(_, choices)| choices.is_empty());
    {
        // What comes first is shown at once.
        let (shelf_state, session) = (shelf.clone(), session.clone());
        use_effect_with(is_empty && waiting > 0, move |comes| {
            if *comes {
                shelf_state.set(self::shelf(&session.view()));
            }
        });
    }
    let refresh = {
        let (shelf_state, chosen, session) = (shelf.clone(), chosen.clone(), session.clone());
        move |_: MouseEvent| {
            shelf_state.set(self::shelf(&session.view()));
            chosen.set(0);
        }
    };
    let open = html! { <FileButton label={library::IMPORT} on_file={props.opening.on_file.clone()} /> };
    if let Some(file) = &props.opening.episode {
        return opened(file, props, &open);
    }
    let Some((started, tapes)) = (*shelf).clone().filter(|(_, tapes)| !tapes.is_empty()) else {
        return html! {
            <main class="watch">
                <div class="watch-head"><h1>{ text::REPLAYS }</h1><span class="spacer"></span>{ open }</div>
                <p class="empty" data-testid="no-replays">
                    { text::NO_REPLAYS }{ " " }<a href={Route::Lab.address()}>{ text::TO_THE_LAB }</a>
                </p>
            </main>
        };
    };
    let choice = tapes.get(*chosen).or(tapes.first()).cloned();
    let name = choice.as_ref().map(|it| it.name.to_string()).unwrap_or_default();
    html! {
        <main class="watch replays">
            <div class="watch-head">
                <h1>{ text::REPLAYS }</h1>
                <span class="soft">{ format!("{} · {}", started.environment.title, started.agent.title) }</span>
                <span class="spacer"></span>
                { open }
                <button class="button" data-testid="refresh-replays" onclick={refresh}>{ icon(Symbol::Reset) }{ text::REFRESH }</button>
            </div>
            <div class="chips" role="radiogroup" aria-label={text::KEPT_EPISODES}>
                { for tapes.iter().enumerate().map(|(index, choice)| {
                    let chosen_state = chosen.clone();
                    html! {
                        <button class="chip number" role="radio" aria-checked={(*chosen == index).to_string()}
                            data-testid={format!("tape-{index}")} onclick={move |_: MouseEvent| chosen_state.set(index)}>
                            { choice.name.clone() }
                        </button>
                    }
                }) }
            </div>
            if let Some(choice) = choice {
                <Player key={name} environment={started.environment.clone()}
                    spec={started.spec.environment.clone()} run={started.spec.clone()} {choice} others={tapes} messages={props.run.0.messages.clone()} />
            }
            <Outcomes {session} environment={started.environment.clone()} />
        </main>
    }
}

type Shelf = Option<(Rc<Started>, Vec<Choice>)>;

fn shelf(view: &RunView) -> Shelf {
    let started = view.started.clone()?;
    let choices = choices(&view.tapes, &started.environment);
    Some((started, choices))
}

/// The kept episodes, each once, with all that it was kept for: those played by hand first, then the latest, the best and
/// the worst, then by outcome.
fn choices(tapes: &[EpisodeTape], environment: &EnvironmentDescription) -> Vec<Choice> {
    let mut tapes: Vec<_> = tapes.iter().collect();
    let key = |tape: &EpisodeTape| (tape.kept != Kept::ByHand, tape.kept, tape.outcome, tape.episode);
    sort(&mut tapes, &|one, other| key(one).cmp(&key(other)));
    let mut choices: Vec<(Vec<String>, &EpisodeTape)> = Vec::new();
    for tape in tapes {
        let known = choices.iter_mut().find(|(_, it)| (it.episode, it.copy) == (tape.episode, tape.copy));
        match known {
            // That it was kept every so often says nothing beside another reason.
            Some(_) if tape.kept == Kept::Regular => {}
            // The latest of all is the latest of its outcome.
            Some((reasons, _)) if tape.kept == Kept::Outcome && reasons.iter().any(|it| it == text::LATEST) => {}
            Some((reasons, _)) => reasons.push(reason(tape, environment)),
            None => choices.push((vec![reason(tape, environment)], tape)),
        }
    }
    let named = |(reasons, tape): (Vec<String>, &EpisodeTape)| {
        let (number, episodic_return) = (count(tape.episode), fixed(tape.episodic_return, 2));
        let name = format!("{} · #{number} · {episodic_return}", reasons.join(", "));
        Choice { name: name.into(), tape: Rc::new(tape.clone()) }
    };
    choices.into_iter().map(named).collect()
}

/// Why a tape was kept.
fn reason(tape: &EpisodeTape, environment: &EnvironmentDescription) -> String {
    match tape.kept {
        Kept::Latest => text::LATEST.to_owned(),
        Kept::Best => text::BEST.to_owned(),
        Kept::Worst => text::WORST.to_owned(),
        Kept::Outcome => {
            let outcome = environment.outcomes.get(usize::from(tape.outcome)).map_or("", String::as_str);
            text::latest_of(outcome)
        }
        Kept::Regular => text::EPISODE.to_owned(),
        Kept::ByHand => text::BY_HAND.to_owned(),
    }
}

/// An episode that was opened.
fn opened(file: &Rc<ReplayFile>, props: &ReplaysProps, open: &Html) -> Html {
    // Those of the run can stand beside it if they are of the same environment.
    let others = shelf(&props.run.0.session.view())
        .filter(|(started, _)| started.spec.environment == file.environment)
        .map_or_else(Vec::new, |(_, choices)| choices);
    let spec = RunSpec { environment: file.environment.clone(), ..first_spec() };
    let description = preview(&spec).map(|preview| preview.environment);
    let title = description.as_ref().map_or_else(|| file.environment.id.clone(), |it| it.title.clone());
    html! {
        <main class="watch replays">
            <div class="watch-head">
                <h1>{ text::REPLAYS }</h1>
                <span class="soft" data-testid="opened-episode">{ format!("{title} · #{} · {}", count(file.tape.episode), fixed(file.tape.episodic_return, 2)) }</span>
                <span class="spacer"></span>
                { open.clone() }
                <button class="button" data-testid="close-episode" onclick={props.opening.on_episode_closed.reform(|_: MouseEvent| ())}>{ library::BACK_TO_RUN }</button>
            </div>
            { match file.verify() {
                Ok(_) => html! { <p class="soft" data-testid="as-recorded">{ library::AS_RECORDED }</p> },
                Err(error) => html! { <p class="banner" data-severity="warning" role="alert">{ error.to_string() }</p> },
            } }
            if let Some(environment) = description {
                <Player key={file.hash.clone()} {environment} spec={file.environment.clone()} choice={Choice { name: title.into(), tape: Rc::new(file.tape.clone()) }}
                    {others} messages={props.run.0.messages.clone()} />
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
        let tape = |kept, episode, outcome| EpisodeTape {
            episode,
            copy: 0,
            seed: Seed::default(),
            actions: Actions::default(),
            episodic_return: 9.3,
            outcome,
            kept,
        };
        let spec = RunSpec { ..first_spec() };
        let environment = preview(&spec).unwrap().environment;
        let tapes = [
            tape(Kept::Worst, 3, 2),
            tape(Kept::Latest, 7, 1),
            tape(Kept::Regular, 7, 1),
            tape(Kept::Outcome, 7, 1),
            tape(Kept::Outcome, 3, 2),
            tape(Kept::Outcome, 2, 0),
            tape(Kept::Best, 7, 1),
            tape(Kept::ByHand, 5, 1),
            tape(Kept::Regular, 4, 1),
        ];
        let names: Vec<String> = choices(&tapes, &environment).iter().map(|it| it.name.to_string()).collect();
        assert_eq!(
            names,
            [
                "played by hand · #5 · 9.30",
                "latest, best · #7 · 9.30",
                "worst, latest pit · #3 · 9.30",
                "latest step limit · #2 · 9.30",
                &format!("{} · #4 · 9.30", text::EPISODE)
            ]
        );
    }
}
