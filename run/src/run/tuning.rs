//! Other values of an agent while it learns: what it has learned stays, and the run can be repeated from its spec.
//!
//! The agent is built anew with the new values and takes over what it had learned, as from a checkpoint. No agent needs
//! code of its own for it, and a change that is made by hand is the same as one that a spec plans.

use super::Run;
use shared::event::{LogEvent, Phase};
use shared::parameter::{Parameters, check_live};
use std::sync::Arc;

impl Run {
    /// Lets the agent go on with other values, and notes them in the spec.
    pub(super) fn tune(&mut self, parameters: Parameters) -> Result<(), String> {
        if self.phase == Phase::Ended {
            return Err("the run has ended already. Reset begins anew".into());
        }
        let agent = self.registry.find(&self.spec.agent.id).map_err(|error| error.to_string())?;
        check_live(&agent.parameters, &parameters).map_err(|error| error.to_string())?;
        if parameters.is_empty() {
            return Ok(());
        }
        let before = self.spec.clone();
        self.spec.change(self.step(), parameters.clone());
        let taken = self.take_values(parameters, false);
        if taken.is_err() {
            self.spec = before;
        }
        taken
    }

    /// Makes the changes of the spec that have become due since this step, if any have.
    pub(super) fn make_changes_after(&mut self, step: u64) {
        if self.spec.next_change(step).is_none_or(|it| it > self.step()) {
            return;
        }
        let due = self.spec.changes.iter().filter(|it| (step + 1..=self.step()).contains(&it.step));
        let mut parameters = Parameters::new();
        parameters.extend(due.flat_map(|it| it.parameters.clone()));
        if let Err(reason) = self.take_values(parameters, true) {
            self.pause_for(&reason);
        }
    }

    /// Puts an agent with the spec's present values in the place of the one that learned so far, and tells it.
    fn take_values(&mut self, parameters: Parameters, planned: bool) -> Result<(), String> {
        let mut learned = self.learner().map_err(|error| error.to_string())?.save();
        learned.take_anew(&parameters);
        self.recorder.leave_overlong();
        let (first, further) = self.recorder.copies();
        let copies: Vec<_> = std::iter::once(first).chain(further).collect();
        let spec = self.spec.with_values_after(self.step());
        let mut learner = self.registry.build(&spec).map_err(|error| error.to_string())?;
        learner.load(&learned, &copies).map_err(|error| error.to_string())?;
        learner.work_with(Arc::clone(&self.executor));
        if self.watching_greedy {
            learner.watch_greedy(self.spec.seed, 0).map_err(|fault| fault.words(&self.description))?;
        }
        self.learner = Some(learner);
        let (step, episode) = (self.step(), self.episode());
        self.recorder.log(LogEvent::Tuned { step, episode, parameters, planned });
        Ok(())
    }
}
