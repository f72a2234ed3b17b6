//! Commands under way on one line: each is heard of once, whatever becomes of the line.

use shared::command::Answer;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// What is to be done with an answer.
pub type AnswerCallback = Box<dyn FnOnce(Answer)>;

/// The commands that one line has sent and that have no answer yet. Another line has numbers of its own, so an answer
/// can only reach who asked over the same one.
#[derive(Default)]
pub struct SentCommands {
    last: Cell<u64>,
    waiting: RefCell<BTreeMap<u64, AnswerCallback>>,
}

impl std::fmt::Debug for SentCommands {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pending").field("last", &self.last).finish_non_exhaustive()
    }
}

impl SentCommands {
    /// Sends a command by `send`, which is given its number; if it cannot, `heard` is told why at once.
    pub fn ask(&self, heard: AnswerCallback, send: impl FnOnce(u64) -> Result<(), String>) {
        let request = self.last.get() + 1;
        self.last.set(request);
        match send(request) {
            Ok(()) => drop(self.waiting.borrow_mut().insert(request, heard)),
            Err(reason) => heard(Answer::Rejected { reason }),
        }
    }

    /// Passes an answer on to who asked; one that nobody waits for changes nothing.
    pub fn answer(&self, request: u64, answer: Answer) {
        let heard = self.waiting.borrow_mut().remove(&request);
        if let Some(heard) = heard {
            heard(answer);
        }
    }

    /// Whoever waits is gone with the line: nobody is told anything.
    pub fn forget_all(&self) {
        self.waiting.take();
    }

    /// No answer will come any longer: everybody who waits is told why.
    pub fn reject_all(&self, reason: &str) {
        for (_, heard) in self.waiting.take() {
            heard(Answer::Rejected { reason: reason.to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    fn asked(pending: &Rc<SentCommands>) -> (u64, Rc<RefCell<Vec<Answer>>>) {
        let (sent, answers) = (Cell::new(0), Rc::new(RefCell::new(Vec::new())));
        let heard = Rc::clone(&answers);
        pending.ask(Box::new(move |answer| heard.borrow_mut().push(answer)), |request| {
            sent.set(request);
            Ok(())
        });
        (sent.get(), answers)
    }

    fn accepted() -> Answer {
        Answer::Accepted { checkpoint: None }
    }

    #[test]
    fn an_answer_reaches_the_one_who_asked_over_the_same_line_and_only_once() {
        let (line, other) = (Rc::new(SentCommands::default()), Rc::new(SentCommands::default()));
        let (request, answers) = asked(&line);
        let (same, others) = asked(&other);
        assert_eq!(request, same, "every line has numbers of its own");
        line.answer(request, accepted());
        line.answer(request, accepted());
        assert_eq!((answers.borrow().len(), others.borrow().len()), (1, 0));
    }

    #[test]
    fn when_a_line_breaks_everybody_who_waits_is_told_and_may_ask_again() {
        let line = Rc::new(SentCommands::default());
        let (_, first) = asked(&line);
        let again = Rc::clone(&line);
        let second = Rc::new(RefCell::new(None));
        let kept = Rc::clone(&second);
        let heard = move |_| {
            kept.replace(Some(asked(&again)));
        };
        line.ask(Box::new(heard), |_| Ok(()));
        line.reject_all("it broke");
        assert_eq!(*first.borrow(), [Answer::Rejected { reason: "it broke".into() }]);
        let (request, answers) = second.take().unwrap();
        line.answer(request, accepted());
        assert_eq!(*answers.borrow(), [accepted()]);
    }

    #[test]
    fn what_cannot_be_sent_is_rejected_at_once() {
        let heard = Rc::new(RefCell::new(None));
        let kept = Rc::clone(&heard);
        let keep = move |answer| {
            kept.replace(Some(answer));
        };
        SentCommands::default().ask(Box::new(keep), |_| Err("too large".into()));
        assert_eq!(heard.take(), Some(Answer::Rejected { reason: "too large".into() }));
    }
}
