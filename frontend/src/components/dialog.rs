//! Dialogs: one thing at a time, over the page, closed by Escape.

use super::icons::{Symbol, icon};
use crate::text;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

/// What is asked or shown.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct DialogProps {
    /// Its title.
    pub title: AttrValue,
    /// Its name for automation.
    pub name: AttrValue,
    /// Told when it was closed.
    pub on_close: Callback<()>,
    /// What it holds.
    pub children: Html,
}

/// A dialog, open as long as it is on the page.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let dialog = use_node_ref();
    {
        let dialog = dialog.clone();
        use_effect_with((), move |()| {
            let opened = dialog.cast::<HtmlDialogElement>();
            if let Some(dialog) = &opened {
                // It is on the page and not open yet: nothing else could be refused.
                let _ = dialog.show_modal();
            }
            // Only a dialog that closes, and is not just taken away, gives the focus back.
            move || opened.map_or((), |dialog| dialog.close())
        });
    }
    let close = props.on_close.reform(|_: MouseEvent| ());
    let outside = {
        let (dialog, on_close) = (dialog.clone(), props.on_close.clone());
        Callback::from(move |event: MouseEvent| {
            let hit = event.target_dyn_into::<HtmlDialogElement>();
            if hit.is_some() && hit == dialog.cast::<HtmlDialogElement>() {
                on_close.emit(());
            }
        })
    };
    html! {
        <dialog ref={dialog} aria-label={props.title.clone()} data-testid={format!("dialog-{}", props.name)}
            onclose={props.on_close.reform(|_| ())} onclick={outside}>
            <div class="dialog-body">
                <header>
                    <h2>{ props.title.clone() }</h2>
                    <button class="button plain square" aria-label={text::CLOSE} onclick={close}>{ icon(Symbol::Close) }</button>
                </header>
                { props.children.clone() }
            </div>
        </dialog>
    }
}
