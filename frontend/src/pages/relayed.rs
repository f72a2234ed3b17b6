//! What places have in common that show what a relay has, and are no part of the page's own program.

use crate::components::messages::Messages;
use crate::components::question::{Question, QuestionDialog};
use crate::components::toasts::{ShownToasts, ToastChange, ToastMessage, Toasts};
use crate::language::Text;
use crate::pages::watch::relay::{KnownRelay, WatchedRelay};
use crate::pages::watch::relay_form::{RelayForm, TokenForm};
use crate::services::relay_link::ConnectionState;
use crate::text;
use shared::event::Severity;
use yew::prelude::*;

/// Ways to talk to people, and where their words and questions stand.
#[hook]
pub fn use_messages() -> (Messages, Html) {
    let said = use_reducer(ShownToasts::default);
    let question = use_state(|| None::<Question>);
    let messages = {
        let (said, question) = (said.dispatcher(), question.setter());
        use_memo((), move |()| Messages {
            say: Callback::from(move |message: ToastMessage| said.dispatch(ToastChange::Say(message))),
            ask: Callback::from(move |asked: Question| question.set(Some(asked))),
        })
    };
    let asked = (*question).clone();
    let forget = Callback::from(move |()| question.set(None));
    let shown = html! {
        <>
            if let Some(question) = asked { <QuestionDialog {question} on_close={forget} /> }
            <Toasts {said} />
        </>
    };
    ((*messages).clone(), shown)
}

/// A line to the relay of its own, and what is known of it.
#[hook]
pub fn use_relay(messages: &Messages) -> (WatchedRelay, KnownRelay) {
    let known = use_reducer(KnownRelay::default);
    let relay = {
        let (news, messages) = (known.dispatcher(), messages.clone());
        use_memo((), move |()| {
            // Warnings in the logs of runs stand on their own pages; what the relay says to this page is said.
            let tell = Callback::from(move |(severity, words): (Severity, String)| {
                if words.starts_with(text::TOKEN_OPENS_NO_MORE.text()) {
                    messages.tell(severity, words);
                }
            });
            let relay = WatchedRelay::new(news, tell);
            relay.seek();
            relay
        })
    };
    ((*relay).clone(), (*known).clone())
}

/// What stands in a place as long as its relay says nothing: why, and what can be done. `nowhere` is said where no relay is known, and
/// `waiting` while it is awaited.
pub fn before_the_relay_tells(
    relay: &WatchedRelay,
    known: &KnownRelay,
    nowhere: impl FnOnce() -> Html,
    waiting: Text,
) -> Option<Html> {
    if let Some(ConnectionState::Refused { message, wants_token }) = &known.connection {
        let again = relay.clone();
        return Some(html! {
            <>
                <div class="banner" data-severity="error">
                    <p role="alert" data-testid="relay-refused">{ text::relay_refused(message) }</p>
                    if !wants_token {
                        <button class="button" data-testid="try-again" onclick={move |_: MouseEvent| again.retry_now()}>{ text::TRY_AGAIN }</button>
                    }
                </div>
                if *wants_token { <TokenForm relay={relay.clone()} /> }
            </>
        });
    }
    if known.sought && known.address.is_none() {
        return Some(html! { <div class="relay-forms"><RelayForm relay={relay.clone()} />{ nowhere() }</div> });
    }
    known
        .runs
        .is_none()
        .then(|| html! { <section class="card host waiting" aria-busy="true" aria-label={waiting}></section> })
}
