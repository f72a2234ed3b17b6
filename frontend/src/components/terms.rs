//! The card of terms: what the figures beside the stage mean.

use super::dialog::Dialog;
use crate::text;
use yew::prelude::*;

/// The terms and their meaning; the one that was asked for comes first.
pub fn terms(asked: Option<&str>) -> Html {
    let is_asked = |name: &str| asked == Some(name);
    let (first, rest): (Vec<_>, Vec<_>) = text::TERMS.into_iter().partition(|(name, ..)| is_asked(name));
    html! {
        <dl class="terms">
            { for first.into_iter().chain(rest).map(|(name, term, meaning)| html! {
                <div key={name} class={classes!(is_asked(name).then_some("asked"))}><dt>{ term }</dt><dd>{ meaning }</dd></div>
            }) }
        </dl>
    }
}

/// The terms as a dialog.
pub fn terms_dialog(asked: &str, on_close: Callback<()>) -> Html {
    html! { <Dialog title={text::TERMS_TITLE} name="terms" {on_close}>{ terms(Some(asked)) }</Dialog> }
}
