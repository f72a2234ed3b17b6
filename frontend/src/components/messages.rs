//! What the page says to people, and what it asks them.

use super::question::{Question, QuestionDialog};
use super::toasts::{ShownToasts, ToastChange, ToastMessage, Toasts};
use crate::language::Text;
use shared::event::Severity;
use yew::prelude::*;

/// The ways to talk to people, for everything that outlives a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Messages {
    /// Says something.
    pub say: Callback<ToastMessage>,
    /// Asks something.
    pub ask: Callback<Question>,
}

impl Messages {
    /// Says something that nothing is to be done about.
    pub fn tell(&self, severity: Severity, words: impl Into<String>) {
        self.say.emit((severity, words.into()).into());
    }

    /// Says something, with a button that does something about it.
    pub fn offer(&self, severity: Severity, words: String, label: Text, act: Callback<()>) {
        self.say.emit(ToastMessage { severity, words, action: Some((label, act)) });
    }
}

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
