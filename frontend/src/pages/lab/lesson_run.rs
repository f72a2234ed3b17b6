//! The run of a lesson: it takes the place of the visitor's own, which comes back when the lesson is left.

use super::beginning::LabBeginning;
use super::entries::FormEntries;
use super::keeper;
use super::opening::first_spec;
use super::tab_run::TabRun;
use crate::services::share::ShareLink;
use crate::services::storage::KeptRun;
use crate::text;
use shared::Command;
use shared::command::Answer;
use shared::event::{Severity, Speed};
use std::rc::Rc;

impl TabRun {
    /// Whether the run on show is a lesson's.
    pub fn is_lent(&self) -> bool {
        self.lesson_swap.is_on.get()
    }

    /// This comes back when the lesson is left, unless something else was on show before it.
    pub fn put_before_lesson(&self, kept: Option<KeptRun>) {
        if self.lesson_swap.before.borrow().is_none() {
            self.lesson_swap.before.replace(kept.map(Rc::new));
        }
    }

    /// Puts the run of a lesson's step on show, from its beginning; the one that it has begun already goes on, unless it is
    /// to begin again.
    pub fn show_step(&self, link: &ShareLink, speed: Option<Speed>, again: bool) {
        let is_first = !self.lesson_swap.is_on.replace(true);
        if !again && self.lesson_swap.begun.borrow().as_ref() == Some(link) {
            let is_learning = link.until_episode.is_some_and(|until| self.session.view().status.episode < until);
            // What it learns beforehand it learns at full speed.
            if let Some(speed) = speed.filter(|_| !is_learning) {
                self.pacing.stop();
                self.session.ask(Command::SetSpeed { speed });
            }
            return;
        }
        self.lesson_swap.begun.replace(Some(link.clone()));
        self.change_entries(FormEntries::forget);
        let link = link.clone();
        let begin = move |run: &Rc<Self>, kept: Option<Rc<KeptRun>>| {
            if let Some(kept) = kept {
                // A reload within the lesson has it as it was left.
                keeper::store(run, &kept, &Rc::default());
                run.lesson_swap.before.replace(Some(kept));
            }
            run.begin_step(&link, speed);
        };
        if is_first {
            self.keep_first(begin);
        } else if let Some(own) = self.own() {
            begin(&own, None);
        }
    }

    fn begin_step(self: &Rc<Self>, link: &ShareLink, speed: Option<Speed>) {
        self.make_room_for(&link.spec);
        match (speed, link.until_episode) {
            // What it is to have learned before anybody looks it learns at once.
            (_, Some(1..)) => {
                self.pacing.stop();
                self.session.ask(Command::SetSpeed { speed: Speed::Full });
            }
            (Some(speed), _) => {
                self.pacing.stop();
                self.session.ask(Command::SetSpeed { speed });
            }
            (None, _) => self.pacing.begin(LabBeginning::Picked),
        }
        let (own, until) = (Rc::clone(self), link.until_episode);
        self.session.ask_and(Command::Start { spec: Some(Box::new(link.spec.clone())) }, move |answer| match answer {
            Answer::Accepted { .. } => {
                own.session.ask(Command::Reset { seed: None });
                if until != Some(0) {
                    own.session.ask(Command::Resume { until_episode: until });
                }
                own.replaced(None, super::undo::PutAsideReason::Replaced);
            }
            Answer::Rejected { reason } => {
                own.put_back(own.lesson_swap.before.borrow().clone());
                own.messages.tell(Severity::Error, text::link_refused(&reason));
            }
        });
    }

    /// Gives back what was on show before the lesson.
    pub fn leave_lesson(&self) {
        if !self.lesson_swap.is_on.replace(false) {
            return;
        }
        self.lesson_swap.begun.take();
        self.change_entries(FormEntries::forget);
        if let Some(before) = self.lesson_swap.before.take() {
            self.go_on(&before, |run| run.begin(first_spec()));
            self.messages.tell(Severity::Information, text::LESSON_LEFT);
        }
    }
}
