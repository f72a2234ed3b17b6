//! The page: its head, its places, and what is said in the corner.

use crate::components::icons::{Symbol, icon, jar};
use crate::components::keys_dialog::keys_dialog;
use crate::components::menu::Menu;
use crate::components::messages::{Messages, use_messages};
use crate::keyboard::use_keys;
use crate::language::{self, LANGUAGES, Text};
use crate::pages::lab::opening::{begin, is_on_show, open_link};
use crate::pages::lab::share_dialog::ShareDialog;
use crate::pages::lab::tab_run::TabRun;
use crate::pages::lab::{Lab, TabRunHandle};
use crate::pages::learn::Learn;
use crate::pages::opened::use_opening;
use crate::pages::replays::Replays;
use crate::pages::watch::connection::{CONNECTION, LIVE_RUNS, connection, live_runs};
use crate::pages::watch::relay::{KnownRelay, RelayNotice, WatchedRelay};
use crate::route::{Route, follow, is_marked};
use crate::stage;
use crate::text;
use crate::theme::{Theme, follow_system};
use shared::event::Severity;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use yew::prelude::*;

/// The whole page.
#[component]
pub fn App() -> Html {
    let route = use_state(Route::now);
    let theme = use_state(Theme::load);
    let sharing = use_state(|| false);
    let showing_keys = use_state(|| false);
    let presenting = use_state_eq(|| false);
    let (messages, said) = use_messages();
    let tell = {
        let messages = messages.clone();
        use_callback((), move |(severity, words): (Severity, String), ()| messages.tell(severity, words))
    };
    let run = {
        let (messages, route) = (messages.clone(), (*route).clone());
        use_memo((), move |()| {
            let run = TabRun::new(messages)?;
            begin(&run, &route);
            Some(TabRunHandle(run))
        })
    };
    {
        let showing_keys = showing_keys.clone();
        use_keys(move |key| {
            let is_asked = key == "?";
            if is_asked {
                showing_keys.set(true);
            }
            is_asked
        });
    }
    let opening = use_opening((*run).as_ref().map(|run| &run.0), &messages);
    let known = use_reducer(KnownRelay::default);
    let relay = {
        let (news, tell) = (known.dispatcher(), tell.clone());
        use_memo((), move |()| WatchedRelay::new(news, tell.reform(RelayNotice::into_words)))
    };
    let has_own_line = route.has_own_line();
    use_effect_with(has_own_line, move |rests| relay.rest(*rests));
    {
        let (route, run) = (route.setter(), (*run).clone());
        use_effect_with((), move |()| {
            follow_system();
            follow(move |to| {
                // The Lab writes addresses of its own meanwhile: a link counts each time that somebody goes to it.
                if let (Route::Shared(query), Some(run)) = (&to, &run)
                    && !is_on_show(&run.0, query)
                {
                    open_link(&run.0, query, |_| ());
                }
                route.set(to);
            });
        });
    }
    {
        let run = (*run).clone();
        use_effect_with((*route).clone(), move |route| {
            if let Some(document) = web_sys::window().and_then(|window| window.document()) {
                document.set_title(&text::page_title(&name_of(route)));
            }
            if let (false, Some(run)) = (matches!(route, Route::Lesson(_)), run) {
                run.0.leave_lesson();
            }
        });
    }
    {
        let messages = messages.clone();
        use_effect_with((), move |()| tell_of_newer_page(messages));
    }
    let has_stage = matches!(&*route, Route::Lab | Route::Shared(_) | Route::Lesson(_) | Route::WatchRun(..));
    use_effect_with(*presenting && has_stage, |presenting| show_presenting(*presenting));
    let toggle_theme = {
        let theme = theme.clone();
        move |_: MouseEvent| {
            let next = theme.toggled();
            next.apply();
            theme.set(next);
        }
    };
    let ask = |state: &UseStateHandle<bool>| {
        let state = state.clone();
        move |_: MouseEvent| state.set(true)
    };
    let dark = theme.is_dark();
    // An address does not tell which relay another page has.
    let shareable = route.is_lab() || known.beside && matches!(&*route, Route::WatchRun(..));
    let shown = match (&*route, (*run).clone()) {
        // A program of its own, which takes this away when it is there.
        (
            Route::Compare(_)
            | Route::Library
            | Route::Watch
            | Route::WatchRun(..)
            | Route::RunReplays(..)
            | Route::Hosts
            | Route::Checkpoints(_)
            | Route::Overlay(_)
            | Route::RunFile(_),
            _,
        ) => html! {
            <><later-place><p class="empty late" role="status">{ text::PLACE_LATE }</p></later-place><script type="module" src="later.js" /></>
        },
        (Route::Replays, Some(run)) => html! {
            <Replays session={run.0.session.clone()} messages={run.0.messages.clone()} opening={opening.clone()} />
        },
        (Route::Learn, _) => html! { <Learn tell={tell.clone()} on_file={opening.on_file.clone()} /> },
        (Route::Nowhere(path), _) => html! {
            <main class="watch">
                <div class="watch-head"><h1 data-testid="nowhere">{ text::nowhere(path) }</h1></div>
                <p><a class="button primary" href={Route::Lab.address()}>{ text::TO_THE_LAB }</a></p>
            </main>
        },
        (route, Some(run)) => html! {
            <Lab {run} lesson={if let Route::Lesson(place) = route { Some(place.clone()) } else { None }} tell={tell.clone()} sharing={*sharing} on_shared={set(&sharing).reform(|()| false)} />
        },
        (_, None) => Html::default(),
    };
    // In a frame of another page the name leads to the whole page, with what is shown here.
    let embedded = is_embedded();
    let home = if embedded { (*route).clone() } else { Route::Lab }.address();
    let started = run.as_ref().as_ref().and_then(|run| run.0.session.view().started.clone());
    html! {
        <>
            <a class="skip" href="#place" onclick={|event: MouseEvent| skip(&event)}>{ text::SKIP }</a>
            <header class="top">
                <a class="brand" href={home} target={embedded.then_some("_blank")} aria-label={text::NAME}>{ jar() }{ text::NAME }</a>
                <nav class="places" aria-label={text::PLACES}>
                    { place(&route, &Route::Lab, text::LAB, Html::default()) }
                    { place(&route, &Route::Learn, text::LEARN, Html::default()) }
                    { place(&route, &Route::Compare(None), text::COMPARE, Html::default()) }
                    { place(&route, &Route::Watch, text::WATCH, html! {
                        <span id={LIVE_RUNS}>if !has_own_line { { live_runs(&known) } }</span>
                    }) }
                    { place(&route, &Route::Replays, text::REPLAYS, Html::default()) }
                    { place(&route, &Route::Library, text::library::LIBRARY, Html::default()) }
                </nav>
                <span class="spacer"></span>
                <span id={CONNECTION}>if !has_own_line { { connection(&known) } }</span>
                if shareable {
                    <button class="button plain" data-testid="share" onclick={ask(&sharing)} aria-label={text::SHARE}>
                        { icon(Symbol::Share) }<span class="wide-only">{ text::SHARE }</span>
                    </button>
                }
                if has_stage {
                    <button class="button plain square present-button" data-testid="present" aria-pressed={presenting.to_string()}
                        aria-label={text::PRESENT} title={text::PRESENT_HELP}
                        onclick={ let presenting = presenting.clone(); move |_: MouseEvent| presenting.set(!*presenting) }>{ icon(Symbol::Screen) }</button>
                }
                <button class="button plain square keys-button" data-testid="keys" aria-label={text::SHOW_KEYS} title={text::with_key(text::SHOW_KEYS, "?")}
                    onclick={ask(&showing_keys)}>{ icon(Symbol::Help) }</button>
                { language_menu() }
                <button class="button plain square" data-testid="theme-toggle" data-value={if dark { "dark" } else { "light" }}
                    aria-label={if dark { text::TO_LIGHT } else { text::TO_DARK }} onclick={toggle_theme}>
                    { icon(if dark { Symbol::Sun } else { Symbol::Moon }) }
                </button>
            </header>
            <div id="place">{ shown }</div>
            if opening.is_over { <div class="drop-here" aria-hidden="true">{ text::library::DROP }</div> }
            if *showing_keys {
                { keys_dialog(&route, started.as_ref().map_or(&[], |it| &it.environment.actions), set(&showing_keys).reform(|()| false)) }
            }
            if let (true, Route::WatchRun(..)) = (*sharing, &*route) {
                <ShareDialog link={page_address()} note={text::SHARE_WATCHED_NOTE} {tell} on_close={set(&sharing).reform(|()| false)} />
            }
            { said }
        </>
    }
}

fn set(state: &UseStateHandle<bool>) -> Callback<bool> {
    let state = state.clone();
    Callback::from(move |to| state.set(to))
}

/// The languages. They stand under a sign, for their names are longer than a phone has room for.
fn language_menu() -> Html {
    html! {
        <label class="button plain square language">
            { icon(Symbol::Globe) }
            <Menu label={text::LANGUAGE} name="language" chosen={language::current()} on_pick={|tag: String| language::choose(&tag)}>
                { for LANGUAGES.iter().map(|(tag, name)| html! { <option value={*tag} lang={*tag}>{ *name }</option> }) }
            </Menu>
        </label>
    }
}

/// The name of a place.
const fn name_of(route: &Route) -> Text {
    match route {
        Route::Lab | Route::Shared(_) => text::LAB,
        Route::Learn | Route::Lesson(_) => text::LEARN,
        Route::Compare(_) => text::COMPARE,
        Route::Watch | Route::WatchRun(..) => text::WATCH,
        Route::Hosts => text::HOSTS,
        Route::Checkpoints(_) => text::CHECKPOINTS,
        Route::Overlay(_) => text::OVERLAY,
        Route::RunFile(_) => text::RUN_FILE,
        Route::Replays | Route::RunReplays(..) => text::REPLAYS,
        Route::Library => text::library::LIBRARY,
        Route::Nowhere(_) => text::NO_PLACE,
    }
}

fn place(now: &Route, to: &Route, label: Text, number: Html) -> Html {
    let here = std::mem::discriminant(now) == std::mem::discriminant(to)
        || matches!(
            (now, to),
            (Route::Shared(_), Route::Lab)
                | (Route::Lesson(_), Route::Learn)
                | (
                    Route::WatchRun(..)
                        | Route::RunReplays(..)
                        | Route::Hosts
                        | Route::Checkpoints(_)
                        | Route::Overlay(_)
                        | Route::RunFile(_),
                    Route::Watch
                )
        );
    html! {
        <a href={to.address()} aria-current={here.then_some("page")}>
            { label }
            { number }
        </a>
    }
}

/// Shows the stage and one chart for a projector, or everything.
fn show_presenting(presenting: bool) {
    let root = web_sys::window().and_then(|window| window.document()?.document_element());
    if let Some(root) = root {
        // An element takes any attribute.
        let _ = if presenting {
            root.set_attribute("data-presenting", "")
        } else {
            root.remove_attribute("data-presenting")
        };
    }
}

/// Says so whenever `index.html` found another build on the page's host; when it is loaded is for the visitor to say.
fn tell_of_newer_page(messages: Messages) {
    let Some(window) = web_sys::window() else { return };
    let found = Closure::<dyn Fn()>::new(move || {
        let reload = Callback::from(|()| {
            if let Some(window) = web_sys::window() {
                // A page may always load itself anew.
                let _ = window.location().reload();
            }
        });
        messages.offer(Severity::Information, text::NEWER_PAGE.into(), text::RELOAD, reload);
    });
    let _ = window.add_event_listener_with_callback("newer-page", found.as_ref().unchecked_ref());
    found.forget();
}

/// Whether the page is shown in a frame of another one; `index.html` found out.
fn is_embedded() -> bool {
    is_marked("data-embedded")
}

/// Where the page is, as a link.
fn page_address() -> String {
    web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default()
}

/// Jumps to the stage without leaving the place: the part after `#` is the place.
fn skip(event: &MouseEvent) {
    event.prevent_default();
    stage::focus_or_main();
}
