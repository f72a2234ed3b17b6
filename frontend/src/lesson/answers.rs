//! What a learner wrote and how far they are, kept in this browser.

use super::Lesson;
use crate::services::share::fnv_of;
use crate::text;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Under this and its name a lesson's answers are kept.
const KEPT: &str = "terrarium.lesson.";

/// Answers to the steps of one lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    /// The step that was on show last.
    pub at: usize,
    /// Whether it was gone through to its end.
    pub done: bool,
    /// What was written, by step; empty where nothing was.
    pub written: Vec<String>,
}

impl Answers {
    /// What is kept of a lesson; nothing if there is nothing, or nothing that can be read.
    pub fn load(key: &str) -> Self {
        let kept = local_storage().and_then(|storage| storage.get_item(&format!("{KEPT}{key}")).ok().flatten());
        kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default()
    }

    /// Keeps it; whether that worked.
    pub fn keep(&self, key: &str) -> bool {
        let kept = serde_json::to_string(self).unwrap_or_default();
        local_storage().is_some_and(|storage| storage.set_item(&format!("{KEPT}{key}"), &kept).is_ok())
    }

    /// What was written in a step.
    pub fn of(&self, step: usize) -> &str {
        self.written.get(step).map_or("", String::as_str)
    }

    /// Writes something else in a step.
    pub fn write(&mut self, step: usize, words: String) {
        if self.written.len() <= step {
            self.written.resize(step + 1, String::new());
        }
        self.written[step] = words;
    }

    /// The lesson with what was written, for a mail or a document.
    pub fn to_text(&self, lesson: &Lesson) -> String {
        let mut words = format!("{}\n", lesson.title);
        for (index, step) in lesson.steps.iter().enumerate() {
            let answer = self.of(index).trim();
            let answer = if answer.is_empty() { text::NO_ANSWER } else { answer };
            // Writing to a string cannot fail.
            let _ =
                write!(words, "\n{}. {}\n{}\n{}: {answer}\n", index + 1, step.kind.words().0, step.text, text::ANSWER);
        }
        words
    }
}

fn local_storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// The name under which answers to a lesson without a name are kept: another lesson has another one.
pub fn key_of(packed: &str) -> String {
    fnv_of([packed.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_stand_under_their_steps() {
        let json = r#"{"terrarium_lesson": 1, "title": "One", "run": "env=taxi", "steps": [
            {"kind": "predict", "text": "What?"}, {"kind": "explain", "text": "Why?"}]}"#;
        let mut answers = Answers::default();
        answers.write(1, " Because. ".into());
        let expected = "One\n\n1. Predict\nWhat?\nYour answer: –\n\n2. Explain\nWhy?\nYour answer: Because.\n";
        assert_eq!(answers.to_text(&Lesson::from_json(json).unwrap()), expected);
        assert_eq!((answers.of(0), answers.of(1), answers.of(7)), ("", " Because. ", ""));
    }

    #[test]
    fn what_an_older_page_kept_is_read_as_far_as_it_goes() {
        let kept: Answers = serde_json::from_str(r#"{"at":2}"#).unwrap();
        assert_eq!(kept, Answers { at: 2, ..Answers::default() });
    }
}
