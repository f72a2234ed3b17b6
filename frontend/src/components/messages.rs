//! What the page says to people, and what it asks them.

use super::question::Question;
use super::toasts::ToastMessage;
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
