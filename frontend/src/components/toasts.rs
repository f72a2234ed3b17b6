//! Toasts: words that come and go. Errors stay until they are closed.

use super::icons::{Symbol, icon};
use crate::text;
use gloo_timers::callback::Timeout;
use shared::event::Severity;
use std::rc::Rc;
use web_sys::HtmlElement;
use yew::prelude::*;

/// How long what is no error stays, in milliseconds.
const STAY_MILLIS: u32 = 8_000;

/// Most toasts at once; the oldest gives way.
const MOST: usize = 4;

/// What is said now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    toasts: Vec<(u64, Severity, String)>,
    next: u64,
}

/// What changes what is said.
#[derive(Clone, Debug)]
pub enum Change {
    /// Say this.
    Say(Severity, String),
    /// Take this back.
    Close(u64),
}

impl Reducible for Said {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut said = (*self).clone();
        match change {
            Change::Say(severity, words) => {
                said.toasts.retain(|(_, _, old)| *old != words);
                if said.toasts.len() == MOST {
                    said.toasts.remove(0);
                }
                said.toasts.push((said.next, severity, words));
                said.next += 1;
            }
            Change::Close(id) => said.toasts.retain(|(old, _, _)| *old != id),
        }
        said.into()
    }
}

/// Where it is said.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ToastsProps {
    /// What is said.
    pub said: UseReducerHandle<Said>,
}

/// The corner in which toasts stand.
#[component]
pub fn Toasts(props: &ToastsProps) -> Html {
    let corner = use_node_ref();
    {
        let corner = corner.clone();
        use_effect_with((props.said.next, props.said.toasts.is_empty()), move |(_, empty)| {
            if let Some(corner) = corner.cast::<HtmlElement>() {
                // Shown anew, it stands over dialogs that were opened since. Hiding what is hidden is refused and harmless.
                let _ = corner.hide_popover();
                if !empty {
                    let _ = corner.show_popover();
                }
            }
        });
    }
    html! {
        <div ref={corner} class="toasts" popover="manual" role="status" aria-live="polite">
            { for props.said.toasts.iter().map(|(id, severity, words)| {
                let (id, said) = (*id, props.said.dispatcher());
                html! {
                    <Toast key={id.to_string()} severity={*severity} words={words.clone()}
                        on_close={move |()| said.dispatch(Change::Close(id))} />
                }
            }) }
        </div>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct ToastProps {
    severity: Severity,
    words: String,
    on_close: Callback<()>,
}

#[component]
fn Toast(props: &ToastProps) -> Html {
    {
        let (on_close, stays) = (props.on_close.clone(), props.severity == Severity::Error);
        use_effect_with((), move |()| {
            let timeout = (!stays).then(|| Timeout::new(STAY_MILLIS, move || on_close.emit(())));
            move || drop(timeout)
        });
    }
    let severity = match props.severity {
        Severity::Information => "information",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    html! {
        <div class="toast" data-severity={severity} data-testid="toast">
            <p>{ props.words.clone() }</p>
            <button aria-label={text::CLOSE} onclick={props.on_close.reform(|_| ())}>{ icon(Symbol::Close) }</button>
        </div>
    }
}
