//! All keys of a place.

use super::dialog::Dialog;
use super::terms::terms;
use crate::language::told;
use crate::route::Route;
use crate::text;
use shared::describe::ActionDescription;
use yew::prelude::*;

/// The list of keys of a place; in the Lab those of the actions, with which one plays, included.
pub fn keys_dialog(place: &Route, actions: &[ActionDescription], on_close: Callback<()>) -> Html {
    let row = |keys: &[&str], words: &str| {
        html! { <><dt>{ for keys.iter().map(|key| html! { <kbd>{ told(key) }</kbd> }) }</dt><dd>{ told(words) }</dd></> }
    };
    let keys: &[text::Key] = match place {
        Route::Lab | Route::Shared(_) | Route::Lesson(_) => &text::LAB_KEYS,
        Route::Compare(_) => &text::COMPARE_KEYS,
        Route::Watch
        | Route::Hosts
        | Route::Checkpoints(_)
        | Route::Overlay(_)
        | Route::RunFile(false)
        | Route::Library
        | Route::Learn
        | Route::Nowhere(_) => &[],
        Route::WatchRun(..) => &text::WATCH_KEYS,
        Route::Replays | Route::RunReplays(..) | Route::RunFile(true) => &text::REPLAY_KEYS,
    };
    let actions = if place.is_lab() { actions } else { &[] };
    html! {
        <Dialog title={text::KEYS_TITLE} name="keys" {on_close}>
            <dl class="keys">{ for keys.iter().chain(&text::KEYS_EVERYWHERE).map(|(keys, words)| row(keys, words)) }</dl>
            if !actions.is_empty() {
                <h3 class="heading">{ text::KEYS_PLAY }</h3>
                <p class="soft">{ text::KEYS_PLAY_NOTE }</p>
                <dl class="keys">{ for actions.iter().map(|it| row(&[&key_name(&it.key)], &it.name)) }</dl>
            }
            if place.is_lab() || matches!(place, Route::WatchRun(..)) {
                <h3 class="heading">{ text::TERMS_TITLE }</h3>
                { terms(None) }
            }
        </Dialog>
    }
}

/// A key as it is printed on a keyboard.
pub fn key_name(key: &str) -> String {
    match key {
        "ArrowUp" => "↑".into(),
        "ArrowDown" => "↓".into(),
        "ArrowLeft" => "←".into(),
        "ArrowRight" => "→".into(),
        " " => text::SPACE_KEY.into(),
        other => other.into(),
    }
}
