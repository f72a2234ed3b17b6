//! A question before something that cannot be taken back.

use super::dialog::Dialog;
use crate::language::Text;
use crate::text;
use yew::prelude::*;

/// What is asked, and what is done when the answer is yes.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The question.
    pub title: String,
    /// What happens then, and to whom.
    pub words: String,
    /// The label of yes: what is done.
    pub yes: Text,
    /// Told when the answer is yes.
    pub on_yes: Callback<()>,
    /// Told when it is no.
    pub on_no: Callback<()>,
}

/// A question and who is told when it is over.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct QuestionDialogProps {
    /// The question.
    pub question: Question,
    /// Told when it was answered, whatever the answer.
    pub on_close: Callback<()>,
}

/// The question as a dialog. Escape and a click beside it mean no.
#[component]
pub fn QuestionDialog(props: &QuestionDialogProps) -> Html {
    let Question { title, words, yes, on_yes, on_no } = &props.question;
    let agree = {
        let (on_yes, on_close) = (on_yes.clone(), props.on_close.clone());
        move |_: MouseEvent| {
            on_close.emit(());
            on_yes.emit(());
        }
    };
    let decline = {
        let (on_no, on_close) = (on_no.clone(), props.on_close.clone());
        Callback::from(move |()| {
            on_close.emit(());
            on_no.emit(());
        })
    };
    html! {
        <Dialog title={title.clone()} name="question" on_close={decline.clone()}>
            <p>{ words.clone() }</p>
            <div class="pair">
                <button class="button" data-testid="question-no" onclick={decline.reform(|_| ())}>{ text::CANCEL }</button>
                <button class="button primary" data-testid="question-yes" onclick={agree}>{ *yes }</button>
            </div>
        </Dialog>
    }
}
