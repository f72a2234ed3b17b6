//! The script that turns the elements of desks into dialogs, `frontend/later.js`.

use crate::text;
use yew::prelude::*;

/// Whose desk.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct DeskScriptProps {
    /// The sentence's name for automation.
    pub testid: &'static str,
}

/// The script, and a sentence where it does not come.
#[component]
pub fn DeskScript(props: &DeskScriptProps) -> Html {
    let missing = use_state(|| false);
    let missed = {
        let missing = missing.clone();
        move |_: Event| missing.set(true)
    };
    html! {
        <>
            <script type="module" src="later.js" onerror={missed} />
            if *missing { <p class="negative" role="alert" data-testid={props.testid}>{ text::EDITOR_MISSING }</p> }
        </>
    }
}
