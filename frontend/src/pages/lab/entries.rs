//! Entries: what somebody set last, from the moment they set it until it is on show.
//!
//! The worker answers later, and a run that is to hold begins running and is reset then. Whoever sets something else
//! meanwhile builds on what they set before, not on what is still on show.

use shared::event::Phase;
use shared::{Epoch, RunSpec};

/// What was set last.
#[derive(Clone, Debug, PartialEq)]
pub struct FormEntry {
    /// What was set; once it is accepted, what was taken of it.
    pub spec: RunSpec,
    state: EntryState,
}

#[derive(Clone, Debug, PartialEq)]
enum EntryState {
    /// Nobody has answered yet. Its run is to hold or to go on.
    Asked { holds: bool },
    /// Taken while this epoch was on show; another one follows.
    Accepted { holds: bool, epoch: Option<Epoch> },
    /// Values that the agent gets while it learns: no other run follows. It had got others so often before.
    Tuned { before: u64 },
    /// Not taken, and why. What was typed stays until something else is set.
    Refused { reason: String },
}

/// The entries of a form, of which only the newest matters.
#[derive(Debug, Default)]
pub struct FormEntries {
    count: u64,
    newest: Option<FormEntry>,
}

impl FormEntries {
    /// Something was set while the run on show was moving or not; gives the entry's number.
    pub fn enter(&mut self, spec: RunSpec, is_moving: bool) -> u64 {
        let holds = self.holds().unwrap_or(!is_moving);
        self.count += 1;
        self.newest = Some(FormEntry { spec, state: EntryState::Asked { holds } });
        self.count
    }

    /// Values were set that the agent gets while it learns; it had got others so often before. Gives the entry's number.
    pub fn tune(&mut self, spec: RunSpec, before: u64) -> u64 {
        self.count += 1;
        self.newest = Some(FormEntry { spec, state: EntryState::Tuned { before } });
        self.count
    }

    /// The newest entry, as long as it is not on show.
    pub const fn newest(&self) -> Option<&FormEntry> {
        self.newest.as_ref()
    }

    /// Whether an entry of this number still waits: nothing else was set since.
    pub fn waits(&self, number: u64) -> bool {
        number == self.count && self.holds().is_some()
    }

    /// Whether the run of the newest entry is to hold; none if no run follows.
    pub fn holds(&self) -> Option<bool> {
        match self.newest.as_ref()?.state {
            EntryState::Asked { holds } | EntryState::Accepted { holds, .. } => Some(holds),
            EntryState::Tuned { .. } | EntryState::Refused { .. } => None,
        }
    }

    /// Whether its run has taken the place of another and is not on show yet.
    pub const fn has_begun(&self) -> bool {
        matches!(self.newest, Some(FormEntry { state: EntryState::Accepted { .. }, .. }))
    }

    /// It need not hold any more.
    pub fn release(&mut self) {
        if let Some(FormEntry { state: EntryState::Asked { holds } | EntryState::Accepted { holds, .. }, .. }) =
            &mut self.newest
        {
            *holds = false;
        }
    }

    /// This was taken of an entry while `epoch` was on show.
    pub fn accepted(&mut self, number: u64, spec: RunSpec, epoch: Option<Epoch>) {
        if let Some(holds) = self.holds().filter(|_| number == self.count) {
            self.newest = Some(FormEntry { spec, state: EntryState::Accepted { holds, epoch } });
        }
    }

    /// An entry was not taken.
    pub fn refused(&mut self, number: u64, reason: &str) {
        if let Some(entry) = self.newest.as_mut().filter(|_| number == self.count) {
            entry.state = EntryState::Refused { reason: reason.to_owned() };
        }
    }

    /// The worker died while `on_show` was on show, and goes on with another run: what was set stays, as not taken.
    pub fn died(&mut self, on_show: Option<RunSpec>, goes_on_with: Option<&RunSpec>, reason: &str) {
        let set = self.newest.take().map(|entry| entry.spec).or(on_show);
        self.count += 1;
        let differs = set.filter(|set| goes_on_with != Some(set));
        self.newest = differs.map(|spec| FormEntry { spec, state: EntryState::Refused { reason: reason.to_owned() } });
    }

    /// An entry came to nothing, and is forgotten if it is still the newest.
    pub fn over(&mut self, number: u64) {
        if number == self.count {
            self.newest = None;
        }
    }

    /// This is on show now, of an agent that got other values so often: an entry that came so far is over. One that is to hold
    /// is begun twice, by a start and a reset: it is over when its run is known to hold, not when nothing is known of it yet.
    pub fn shown(&mut self, now: Option<Epoch>, phase: Option<Phase>, tuned: u64) {
        if let Some(FormEntry { state: EntryState::Tuned { before }, .. }) = self.newest
            && before < tuned
        {
            self.newest = None;
        }
        if let Some(EntryState::Accepted { holds, epoch }) = self.newest.as_ref().map(|entry| &entry.state)
            && *epoch != now
            && (!*holds || phase.is_some_and(|phase| phase != Phase::Running))
        {
            self.newest = None;
        }
    }

    /// Something else is begun: no entry counts any more.
    pub fn forget(&mut self) {
        self.count += 1;
        self.newest = None;
    }
}

impl FormEntry {
    /// Why it was not taken, if it was not.
    pub fn refusal(&self) -> Option<&str> {
        match &self.state {
            EntryState::Refused { reason } => Some(reason),
            EntryState::Asked { .. } | EntryState::Accepted { .. } | EntryState::Tuned { .. } => None,
        }
    }

    /// Whether a run of it follows.
    pub const fn is_of_another_run(&self) -> bool {
        matches!(self.state, EntryState::Asked { .. } | EntryState::Accepted { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Seed;

    fn spec(seed: u64) -> RunSpec {
        RunSpec::new("gridworld", "q-learning", Seed::new(seed).unwrap())
    }

    #[test]
    fn an_entry_stays_until_its_run_is_on_show() {
        let (mut entries, before) = (FormEntries::default(), Some(Epoch(1)));
        let number = entries.enter(spec(1), true);
        entries.shown(before, Some(Phase::Running), 0);
        assert_eq!(entries.newest().unwrap().spec, spec(1));
        entries.accepted(number, spec(2), before);
        entries.shown(before, Some(Phase::Running), 0);
        assert_eq!(entries.newest().unwrap().spec, spec(2), "what was taken of it");
        entries.shown(Some(Epoch(2)), Some(Phase::Running), 0);
        assert_eq!(entries.newest(), None);
    }

    #[test]
    fn an_entry_made_before_the_last_one_was_answered_is_the_one_that_counts() {
        let mut entries = FormEntries::default();
        let first = entries.enter(spec(1), true);
        let second = entries.enter(spec(2), true);
        assert!(!entries.waits(first) && entries.waits(second));
        entries.accepted(first, spec(1), None);
        entries.refused(first, "no");
        entries.shown(Some(Epoch(2)), Some(Phase::Running), 0);
        let newest = entries.newest().unwrap();
        assert_eq!((&newest.spec, newest.refusal()), (&spec(2), None));
    }

    #[test]
    fn a_run_that_is_to_hold_is_on_show_when_it_holds_and_so_is_the_one_after_it() {
        let mut entries = FormEntries::default();
        let first = entries.enter(spec(1), false);
        assert_eq!(entries.holds(), Some(true));
        entries.accepted(first, spec(1), Some(Epoch(1)));
        // Of its first epoch nothing is known yet but its beginning.
        entries.shown(Some(Epoch(2)), None, 0);
        assert_eq!(entries.holds(), Some(true));
        entries.shown(Some(Epoch(2)), Some(Phase::Running), 0);
        // It runs for a moment, which is no reason to go on running.
        let second = entries.enter(spec(2), true);
        assert_eq!(entries.holds(), Some(true));
        entries.accepted(second, spec(2), Some(Epoch(2)));
        entries.shown(Some(Epoch(4)), Some(Phase::Ready), 0);
        assert_eq!(entries.newest(), None);
        assert_eq!(entries.holds(), None);
    }

    #[test]
    fn what_was_not_taken_stays_as_it_was_typed_and_is_built_upon() {
        let mut entries = FormEntries::default();
        let number = entries.enter(spec(1), false);
        entries.refused(number, "no such state");
        entries.shown(Some(Epoch(9)), Some(Phase::Ready), 0);
        let newest = entries.newest().unwrap();
        assert_eq!((&newest.spec, newest.refusal()), (&spec(1), Some("no such state")));
        assert!(!entries.waits(number));
        entries.enter(spec(2), true);
        assert_eq!(entries.holds(), Some(false), "the run on show goes on meanwhile");
    }

    #[test]
    fn values_that_are_tuned_stand_in_the_form_until_the_agent_has_them() {
        let mut entries = FormEntries::default();
        let number = entries.tune(spec(1), 3);
        entries.shown(Some(Epoch(1)), Some(Phase::Running), 3);
        assert_eq!((&entries.newest().unwrap().spec, entries.holds()), (&spec(1), None));
        entries.shown(Some(Epoch(1)), Some(Phase::Running), 4);
        assert_eq!(entries.newest(), None);
        let second = entries.tune(spec(2), 4);
        entries.over(number);
        assert!(entries.newest().is_some(), "that was the one before");
        entries.over(second);
        assert_eq!(entries.newest(), None);
    }

    #[test]
    fn what_the_worker_died_of_stays_in_the_form() {
        let mut entries = FormEntries::default();
        entries.enter(spec(1), true);
        entries.died(Some(spec(0)), Some(&spec(0)), "it stopped");
        assert_eq!(entries.newest().unwrap().spec, spec(1));
        // It may have begun before it killed the worker.
        let mut entries = FormEntries::default();
        entries.died(Some(spec(1)), Some(&spec(0)), "it stopped");
        assert_eq!(entries.newest().map(|entry| &entry.spec), Some(&spec(1)));
        entries.died(None, Some(&spec(1)), "it stopped again");
        assert_eq!(entries.newest(), None, "it goes on with what was set");
    }
}
