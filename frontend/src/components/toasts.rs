//! Toasts: words that come and go. Errors stay until they are closed.

use super::icons::{Symbol, icon};
use crate::language::Text;
use crate::text;
use gloo_timers::callback::Timeout;
use shared::event::Severity;
use std::rc::Rc;
use web_sys::HtmlElement;
use yew::prelude::*;

/// How long what is no error stays, in milliseconds.
const STAY_MILLIS: u32 = 8_000;

/// The same where something can be done about it.
const STAY_WITH_ACTION_MILLIS: u32 = 20_000;

/// Most toasts at once; the oldest gives way.
const MOST: usize = 4;

/// A message, and what can be done about it by one click.
#[derive(Clone, Debug, PartialEq)]
pub struct ToastMessage {
    /// How bad it is.
    pub severity: Severity,
    /// What is said.
    pub words: String,
    /// A button: its label and who is told when it is clicked.
    pub action: Option<(Text, Callback<()>)>,
}

impl From<(Severity, String)> for ToastMessage {
    fn from((severity, words): (Severity, String)) -> Self {
        Self { severity, words, action: None }
    }
}

/// What is said now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShownToasts {
    toasts: Vec<(u64, ToastMessage)>,
    next: u64,
}

/// What changes what is said.
#[derive(Clone, Debug)]
pub enum ToastChange {
    /// Say this.
    Say(ToastMessage),
    /// Take this back.
    Close(u64),
}

impl Reducible for ShownToasts {
    type Action = ToastChange;

    fn reduce(self: Rc<Self>, change: ToastChange) -> Rc<Self> {
        let mut said = (*self).clone();
        match change {
            ToastChange::Say(mut message) => {
                // What stands there within more words needs no place of its own: everybody who waited for a worker that died
                // tells its reason, too.
                let says_it =
                    |old: &ToastMessage| old.words.len() > message.words.len() && old.words.contains(&message.words);
                if message.action.is_none()
                    && let Some((_, more)) = said.toasts.iter().find(|(_, old)| says_it(old))
                {
                    message = more.clone();
                }
                // What is said as an error stays one, however often it is said.
                let is_within = |old: &ToastMessage| message.words.contains(&old.words);
                let is_error = |old: &ToastMessage| is_within(old) && old.severity == Severity::Error;
                if said.toasts.iter().any(|(_, old)| is_error(old)) {
                    message.severity = Severity::Error;
                }
                // What a button does is told of the newest message that has it.
                let label = |message: &ToastMessage| message.action.as_ref().map(|(label, _)| *label);
                let takes_place = |old: &ToastMessage| {
                    let has_none = label(old).is_none() && is_within(old);
                    has_none || old.words == message.words || (label(old).is_some() && label(old) == label(&message))
                };
                said.toasts.retain(|(_, old)| !takes_place(old));
                if said.toasts.len() == MOST {
                    said.toasts.remove(0);
                }
                said.toasts.push((said.next, message));
                said.next += 1;
            }
            ToastChange::Close(id) => said.toasts.retain(|(old, _)| *old != id),
        }
        said.into()
    }
}

/// Where it is said.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ToastsProps {
    /// What is said.
    pub said: UseReducerHandle<ShownToasts>,
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
            { for props.said.toasts.iter().map(|(id, message)| {
                let (id, said) = (*id, props.said.dispatcher());
                html! {
                    <Toast key={id.to_string()} message={message.clone()} on_close={move |()| said.dispatch(ToastChange::Close(id))} />
                }
            }) }
        </div>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct ToastProps {
    message: ToastMessage,
    on_close: Callback<()>,
}

#[component]
fn Toast(props: &ToastProps) -> Html {
    let ToastMessage { severity, words, action } = &props.message;
    {
        let (on_close, stays) = (props.on_close.clone(), *severity == Severity::Error);
        let millis = if action.is_some() { STAY_WITH_ACTION_MILLIS } else { STAY_MILLIS };
        use_effect_with((), move |()| {
            let timeout = (!stays).then(|| Timeout::new(millis, move || on_close.emit(())));
            move || drop(timeout)
        });
    }
    let severity = match severity {
        Severity::Information => "information",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    html! {
        <div class="toast" data-severity={severity} data-testid="toast">
            <p>{ words.clone() }</p>
            if let Some((label, act)) = action {
                <button class="button" data-testid="toast-action" onclick={ {
                    let (act, on_close) = (act.clone(), props.on_close.clone());
                    move |_: MouseEvent| {
                        on_close.emit(());
                        act.emit(());
                    }
                } }>{ *label }</button>
            }
            <button class="close" aria-label={text::CLOSE} onclick={props.on_close.reform(|_| ())}>{ icon(Symbol::Close) }</button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(said: Rc<ShownToasts>, words: &str, action: Option<&'static str>) -> Rc<ShownToasts> {
        let action = action.map(|label| (Text(label), Callback::noop()));
        said.reduce(ToastChange::Say(ToastMessage { severity: Severity::Information, words: words.into(), action }))
    }

    #[test]
    fn one_button_undoes_one_thing_the_newest() {
        let said = say(Rc::default(), "first", Some("Undo"));
        let said = say(said, "between", None);
        let said = say(said, "second", Some("Undo"));
        let words: Vec<_> = said.toasts.iter().map(|(_, message)| message.words.as_str()).collect();
        assert_eq!(words, ["between", "second"]);
    }

    #[test]
    fn what_is_said_within_more_words_is_not_said_beside_them() {
        let tell = |said: Rc<ShownToasts>, severity, words: &str| {
            said.reduce(ToastChange::Say((severity, words.to_owned()).into()))
        };
        let said = tell(Rc::default(), Severity::Error, "The worker stopped: full. Another one goes on.");
        let said = tell(said, Severity::Information, "It is saved.");
        let said = tell(said, Severity::Warning, "The worker stopped: full.");
        let words =
            |said: &ShownToasts| said.toasts.iter().map(|(_, it)| (it.severity, it.words.clone())).collect::<Vec<_>>();
        let expected = [
            (Severity::Information, "It is saved.".to_owned()),
            (Severity::Error, "The worker stopped: full. Another one goes on.".to_owned()),
        ];
        assert_eq!(words(&said), expected);
        // More words take the place of fewer.
        let said = tell(said, Severity::Information, "It is saved. Load takes it back.");
        assert_eq!(words(&said).len(), 2);
        let said = say(said, "saved", Some("Undo"));
        assert_eq!(words(&said).len(), 3, "a button is something of its own");
    }
}
