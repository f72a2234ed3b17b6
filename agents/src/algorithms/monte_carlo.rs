//! On-policy Monte Carlo control: whole episodes, no bootstrapping (Sutton and Barto, 2nd edition, section 5.4).
//!
//! When an episode ends, backwards over its steps: `G <- r + gamma G` and `Q(s,a) <- Q(s,a) + alpha [ G - Q(s,a) ]`, by
//! default with `alpha = 1/n(s,a)`, the average; either where a pair occurs first in the episode or wherever it occurs.
//! An episode that was cut off counts the expected value of its last state; of one that is very long only the newest steps
//! are learned from ([`crate::trail::MOST_STEPS`]).

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence, LoadError};
use crate::learner::{Learning, TableHyperparameters, TableLearner, preset};
use crate::parameter_list::insert_after;
use crate::rate::RateHyperparameters;
use crate::setting::Setting;
use crate::trail::{MOST_STEPS, Trail, TrailStep};
use environments::Step;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct MonteCarlo {
    learner: TableLearner,
    visits: CountedVisits,
    /// The episode so far; the note of a step is 1 where it is to be learned from.
    trail: Trail,
    /// Number of the episode in which each pair last occurred.
    last_seen: Vec<u32>,
    episode: u32,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let table = TableHyperparameters { rate: Some(RateHyperparameters::average()), ..TableHyperparameters::default() };
    let mut parameters = table.parameters();
    insert_after(&mut parameters, "gamma", vec![CountedVisits::parameter()]);
    CatalogEntry::new(
        &Words {
            id: "monte-carlo",
            title: "Monte Carlo",
            summary: "Plays a whole episode, then looks back: each action is worth the average of all that ever \
                      followed it. It believes no guesses of its own, so it is slow but hard to fool.",
            equation: "Q(s,a) ← average of the returns r₁ + γ r₂ + γ² r₃ + … that followed (s,a)",
            source: "Sutton & Barto, 2nd edition, 5.4",
        },
        parameters,
        vec![preset("patient", &[("epsilon_decay", 0.999)]), preset("hasty", &[("epsilon_decay", 0.98)])],
    )
}

/// Which occurrences of a pair in an episode it learns from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CountedVisits {
    /// The first.
    #[default]
    First,
    /// All.
    Every,
}

impl CountedVisits {
    /// The parameter `visits`; it is the first at first.
    pub fn parameter() -> ParameterSpec {
        ParameterSpec::choice(
            "visits",
            "Counts",
            &[("first", "first visits"), ("every", "every visit")],
            "Whether a pair is learned once in an episode or as often as it occurs.",
        )
    }

    /// Reads [`Self::parameter`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(if parameters.text("visits")? == "first" { Self::First } else { Self::Every })
    }
}

impl MonteCarlo {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let learner = TableLearner::build(parameters, setting, seed, "Monte Carlo")?.remembering_best();
        let last_seen = vec![0; learner.table.values().len()];
        let visits = CountedVisits::read(parameters)?;
        Ok(Self { learner, visits, trail: Trail::default(), last_seen, episode: 0 })
    }

    /// Whether a pair has not yet occurred in this episode; from now on it has.
    fn is_new(&mut self, state: usize, action: u16) -> bool {
        let last_seen = &mut self.last_seen[self.learner.table.pair(state, action)];
        std::mem::replace(last_seen, self.episode) != self.episode
    }

    /// Counts first visits among the steps that are kept, where others may have been forgotten.
    fn count_anew(&mut self) {
        self.forget_visits();
        let Self { trail, last_seen, episode, learner, .. } = self;
        for moment in trail.iter_mut() {
            let last_seen = &mut last_seen[learner.table.pair(moment.state, moment.action)];
            moment.note = f64::from(u8::from(std::mem::replace(last_seen, *episode) != *episode));
        }
    }

    fn next_episode(&mut self) {
        self.trail.clear();
        self.forget_visits();
    }

    fn forget_visits(&mut self) {
        self.episode = self.episode.wrapping_add(1);
        if self.episode == 0 {
            self.last_seen.fill(0);
            self.episode = 1;
        }
    }
}

impl Learning for MonteCarlo {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn begin(&mut self, _: CurrentState<'_>) {
        self.next_episode();
    }

    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        let TableLearner { state, legal, gamma, .. } = self.learner;
        let counts = self.is_new(state, action) || self.visits == CountedVisits::Every;
        let note = f64::from(u8::from(counts));
        self.trail.push(TrailStep { state, legal, action, reward: step.reward, note });
        self.learner.table.visit(state);
        if !step.ended() {
            return Ok(());
        }
        if self.visits == CountedVisits::First && self.trail.len() == MOST_STEPS {
            self.count_anew();
        }
        let it = &mut self.learner;
        let mut found = if step.terminated { 0.0 } else { it.expected(next.state, next.legal) };
        for moment in self.trail.iter().rev() {
            found = moment.reward + gamma * found;
            if moment.note > 0.0 {
                let value = it.table.get(moment.state, moment.action);
                let step_size = it.rate(moment.state, moment.action);
                it.table.set(moment.state, moment.action, value + step_size * (found - value))?;
                it.table.show_error(moment.state, found - value);
            }
        }
        Ok(())
    }

    fn has_forgotten(&self) -> bool {
        self.trail.has_forgotten()
    }

    fn save_more(&self, into: &mut AgentState) {
        self.trail.save(into);
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.next_episode();
        let table = &self.learner.table;
        self.trail.load(from, table.states(), table.actions())?;
        for moment in self.trail.iter() {
            self.last_seen[self.learner.table.pair(moment.state, moment.action)] = self.episode;
        }
        Ok(())
    }
}
