//! Sharing: a link that holds the whole run.

use crate::components::dialog::Dialog;
use crate::components::icons::{Symbol, icon};
use crate::files;
use crate::language::Text;
use crate::text;
use shared::event::Severity;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// A link.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ShareDialogProps {
    /// The link.
    pub link: AttrValue,
    /// What it holds.
    pub note: Text,
    /// Shows words to people.
    pub tell: Callback<(Severity, String)>,
    /// Told when a lesson shall be made of it; none where that makes no sense.
    #[prop_or_default]
    pub on_lesson: Option<Callback<()>>,
    /// Told when its settings are to be kept in the library; none where that makes no sense.
    #[prop_or_default]
    pub on_keep: Option<Callback<()>>,
    /// Told when it was closed.
    pub on_close: Callback<()>,
}

/// The link, to be copied or seen.
#[component]
pub fn ShareDialog(props: &ShareDialogProps) -> Html {
    let copy = |what: String, done: Text| {
        let tell = props.tell.clone();
        move |_: MouseEvent| copy(what.clone(), done, tell.clone())
    };
    {
        // Opening the dialog is asking for the link: it is copied at once where the browser allows.
        let (link, tell) = (props.link.clone(), props.tell.clone());
        use_effect_with((), move |()| copy_quietly(link.to_string(), tell));
    }
    html! {
        <Dialog title={text::SHARE_TITLE} name="share" on_close={props.on_close.clone()}>
            <p class="soft">{ props.note }</p>
            <textarea class="share-link" readonly=true aria-label={text::SHARE_TITLE} data-testid="share-link"
                value={props.link.clone()} data-value={props.link.clone()} />
            <p class="ways">
                <button class="button primary" data-testid="copy-link" onclick={copy(props.link.to_string(), text::COPIED)}>{ icon(Symbol::Copy) }{ text::COPY }</button>
                <button class="button" data-testid="copy-frame" title={text::COPY_FRAME_HELP}
                    onclick={copy(frame_of(&props.link), text::FRAME_COPIED)}>{ icon(Symbol::Copy) }{ text::COPY_FRAME }</button>
                if let Some(on_keep) = &props.on_keep {
                    <button class="button" data-testid="keep-settings" onclick={on_keep.reform(|_: MouseEvent| ())}>{ icon(Symbol::Save) }{ text::KEEP_SETTINGS }</button>
                }
            </p>
            if let Some(on_lesson) = &props.on_lesson {
                <p class="soft">{ text::MAKE_LESSON_NOTE }</p>
                <button class="button" data-testid="make-lesson" onclick={on_lesson.reform(|_: MouseEvent| ())}>{ icon(Symbol::Pencil) }{ text::MAKE_LESSON }</button>
            }
        </Dialog>
    }
}

/// What shows the link within a page of somebody else's.
fn frame_of(link: &str) -> String {
    let link = link.replace('&', "&amp;").replace('"', "&quot;");
    format!(r#"<iframe src="{link}" title="Terrarium" width="900" height="600"></iframe>"#)
}

fn copy(what: String, done: Text, tell: Callback<(Severity, String)>) {
    spawn_local(async move {
        if files::copy(&what).await {
            tell.emit((Severity::Information, done.into()));
        } else {
            tell.emit((Severity::Warning, text::NOT_COPIED.into()));
        }
    });
}

fn copy_quietly(link: String, tell: Callback<(Severity, String)>) {
    spawn_local(async move {
        if files::copy(&link).await {
            tell.emit((Severity::Information, text::COPIED.into()));
        }
    });
}
