//! All keys.

use super::dialog::Dialog;
use crate::text;
use shared::describe::ActionDescription;
use yew::prelude::*;

/// Whose keys.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct KeysDialogProps {
    /// The actions of the world, which have keys of their own.
    pub actions: Vec<ActionDescription>,
    /// Told when it was closed.
    pub on_close: Callback<()>,
}

/// The list of keys.
#[component]
pub fn KeysDialog(props: &KeysDialogProps) -> Html {
    let row = |keys: &[&str], words: &str| {
        html! { <><dt>{ for keys.iter().map(|key| html! { <kbd>{ *key }</kbd> }) }</dt><dd>{ words.to_owned() }</dd></> }
    };
    html! {
        <Dialog title={text::KEYS_TITLE} name="keys" on_close={props.on_close.clone()}>
            <dl class="keys">{ for text::KEYS.iter().map(|(keys, words)| row(keys, words)) }</dl>
            if !props.actions.is_empty() {
                <h3 class="heading">{ text::KEYS_PLAY }</h3>
                <dl class="keys">{ for props.actions.iter().map(|it| row(&[&key_name(&it.key)], &it.name)) }</dl>
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
