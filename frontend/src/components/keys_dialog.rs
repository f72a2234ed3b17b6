//! All keys.

use super::dialog::Dialog;
use crate::text;
use shared::describe::ActionDescription;
use yew::prelude::*;

/// The list of keys, those of a world's `actions` included.
pub fn keys_dialog(actions: &[ActionDescription], on_close: Callback<()>) -> Html {
    let row = |keys: &[&str], words: &str| {
        html! { <><dt>{ for keys.iter().map(|key| html! { <kbd>{ *key }</kbd> }) }</dt><dd>{ words.to_owned() }</dd></> }
    };
    html! {
        <Dialog title={text::KEYS_TITLE} name="keys" {on_close}>
            <dl class="keys">{ for text::KEYS.iter().map(|(keys, words)| row(keys, words)) }</dl>
            if !actions.is_empty() {
                <h3 class="heading">{ text::KEYS_PLAY }</h3>
                <dl class="keys">{ for actions.iter().map(|it| row(&[&key_name(&it.key)], &it.name)) }</dl>
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
