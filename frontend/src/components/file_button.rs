//! A button that asks for a file.

use super::icons::{Symbol, icon};
use crate::language::Text;
use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct FileButtonProps {
    /// What it says.
    pub label: Text,
    /// Gets the file.
    pub on_file: Callback<File>,
}

/// A button that asks for a file.
#[component]
pub fn FileButton(props: &FileButtonProps) -> Html {
    let input = use_node_ref();
    let choose = {
        let input = input.clone();
        move |_: MouseEvent| {
            if let Some(input) = input.cast::<HtmlInputElement>() {
                input.click();
            }
        }
    };
    let chosen = {
        let on_file = props.on_file.clone();
        move |event: Event| {
            let input = event.target_unchecked_into::<HtmlInputElement>();
            let file = input.files().and_then(|files| files.get(0));
            input.set_value("");
            if let Some(file) = file {
                on_file.emit(file);
            }
        }
    };
    html! {
        <>
            <button class="button" data-testid="open-file" onclick={choose}>{ icon(Symbol::Open) }{ props.label }</button>
            <input ref={input} class="unseen" type="file" tabindex="-1" aria-label={props.label} data-testid="any-file" onchange={chosen} />
        </>
    }
}
