//! An MDP as a graph that is drawn: states, the actions of each, and where these lead. It is read from the table and written as
//! one; what it is worth, the environment alone says.

use super::geometry;
use environments::mdp::rows::{MdpRow, MdpRows};
use environments::mdp::start;
use std::collections::BTreeSet;
use yew::AttrValue;

/// Most states that are drawn.
pub const MOST_STATES: usize = 60;
/// Most outcomes that are drawn.
pub const MOST_OUTCOMES: usize = 1000;
/// Most characters of a table that is read to be drawn: more are more outcomes than these, or names that nobody can read.
pub const MOST_CHARACTERS: usize = 300_000;

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MdpNode {
    /// A state, by its number in the graph.
    State(u32),
    /// An action of a state, by its number.
    Action(u32),
}

/// A state.
#[derive(Clone, Debug, PartialEq)]
pub struct MdpNodeState {
    /// Its number, which it keeps.
    pub id: u32,
    /// Its name.
    pub name: AttrValue,
    /// Where it stands.
    pub place: (f64, f64),
}

/// An action of one state.
#[derive(Clone, Debug, PartialEq)]
pub struct MdpNodeAction {
    /// Its number, which it keeps.
    pub id: u32,
    /// The state.
    pub state: u32,
    /// Its name.
    pub name: AttrValue,
}

/// One outcome of an action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MdpBranch {
    /// The action.
    pub action: u32,
    /// How likely it is.
    pub probability: f64,
    /// What it brings.
    pub reward: f64,
    /// The state that it leads to.
    pub next: u32,
    /// Whether it ends the episode.
    pub terminal: bool,
}

/// Why a table is not drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MdpGraphRefusal {
    /// The environment does not read it.
    Fault(String),
    /// It is too large.
    TooLarge,
}

/// The graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MdpGraph {
    /// The states, as they are numbered.
    pub states: Vec<MdpNodeState>,
    /// Their actions.
    pub actions: Vec<MdpNodeAction>,
    /// The rows of the table, in their order.
    pub branches: Vec<MdpBranch>,
    /// Where episodes start.
    pub start: Vec<(u32, f64)>,
    next_id: u32,
}

impl MdpGraph {
    /// The graph of a table. States that `before` has, too, stay where they were, as the same ones.
    pub fn read(table: &str, start_text: &str, before: &Self) -> Result<Self, MdpGraphRefusal> {
        if table.len() > MOST_CHARACTERS {
            return Err(MdpGraphRefusal::TooLarge);
        }
        let MdpRows { states, rows, start } = MdpRows::read(table).map_err(MdpGraphRefusal::Fault)?;
        if states.len() > MOST_STATES || rows.len() > MOST_OUTCOMES {
            return Err(MdpGraphRefusal::TooLarge);
        }
        let mut graph = Self { next_id: before.next_id, ..Self::default() };
        for name in &states {
            let known = before.states.iter().find(|state| state.name == name.as_str());
            let id = known.map_or_else(|| graph.new_id(), |state| state.id);
            let place = known.map_or((f64::NAN, f64::NAN), |state| state.place);
            graph.states.push(MdpNodeState { id, name: name.clone().into(), place });
        }
        for row in rows {
            let MdpRow { state, action, probability, next_state, reward, terminal } = row;
            let (Some(state), Some(next)) = (graph.named(&state), graph.named(&next_state)) else { continue };
            let known = |actions: &[MdpNodeAction]| {
                actions.iter().find(|it| it.state == state && it.name == action.as_str()).map(|it| it.id)
            };
            let id = known(&graph.actions).unwrap_or_else(|| {
                let id = known(&before.actions).unwrap_or_else(|| graph.new_id());
                graph.actions.push(MdpNodeAction { id, state, name: action.clone().into() });
                id
            });
            graph.branches.push(MdpBranch { action: id, probability, reward, next, terminal });
        }
        // A start that is none is told by the environment; the graph is there all the same.
        graph.start = match start::read(start_text, &states).ok().flatten() {
            Some(start) => start.iter().map(|(place, chance)| (graph.states[*place as usize].id, *chance)).collect(),
            None => start.iter().filter_map(|(name, chance)| Some((graph.named(name)?, *chance))).collect(),
        };
        // One whose probabilities are still wrong is not read either.
        let is_there = |(state, _): &(u32, f64)| graph.state(*state).is_some();
        let was_read = start_text.trim().is_empty() || start::read(start_text, &states).is_ok();
        if !was_read && before.start.iter().all(is_there) {
            graph.start.clone_from(&before.start);
        }
        if graph.start.is_empty() {
            graph.start = graph.states.first().map(|state| (state.id, 1.0)).into_iter().collect();
        }
        graph.place_new();
        Ok(graph)
    }

    /// The table, and where episodes start as the parameter says it.
    pub fn write(&self) -> (String, String) {
        let row = |branch: &MdpBranch| {
            let action = self.action(branch.action)?;
            Some(MdpRow {
                state: self.name(action.state).to_string(),
                action: action.name.to_string(),
                probability: branch.probability,
                next_state: self.name(branch.next).to_string(),
                reward: branch.reward,
                terminal: branch.terminal,
            })
        };
        let rows: Vec<_> = self.branches.iter().filter_map(row).collect();
        let table = MdpRows { rows, ..MdpRows::default() }.write();
        let is_first = matches!(self.start[..], [(state, 1.0)] if Some(state) == self.first());
        let named: Vec<_> = self.start.iter().map(|(state, chance)| (self.name(*state).to_string(), *chance)).collect();
        (table, if is_first || named.is_empty() { String::new() } else { start::write(&named) })
    }

    /// The state that the table names first: where episodes start unless somebody says otherwise.
    fn first(&self) -> Option<u32> {
        let written = self.branches.iter().find(|it| it.probability > 0.0);
        let first = written.and_then(|branch| Some(self.action(branch.action)?.state));
        first.or_else(|| self.states.first().map(|state| state.id))
    }

    fn start_at_first(&mut self) {
        self.start = self.first().map(|state| (state, 1.0)).into_iter().collect();
    }

    fn new_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    /// Puts states without a place where the others leave room; all of them into the ring of the stage if none has one.
    fn place_new(&mut self) {
        if self.states.iter().all(|state| state.place.0.is_nan()) {
            self.place_in_ring();
        }
        for index in 0..self.states.len() {
            if self.states[index].place.0.is_nan() {
                self.states[index].place = self.free_place();
            }
        }
    }

    /// Puts all states where the stage shows them.
    pub fn place_in_ring(&mut self) {
        let most = self.states.iter().map(|state| self.actions_of(state.id).count()).max().unwrap_or(0);
        let ring = geometry::ring(self.states.len(), most);
        for (state, place) in self.states.iter_mut().zip(ring) {
            state.place = place;
        }
    }

    /// A place that is as near to the others as it can be without touching them.
    pub fn free_place(&self) -> (f64, f64) {
        let places: Vec<_> = self.states.iter().map(|it| it.place).filter(|place| !place.0.is_nan()).collect();
        geometry::free_place(&places)
    }

    /// A state.
    pub fn state(&self, id: u32) -> Option<&MdpNodeState> {
        self.states.iter().find(|state| state.id == id)
    }

    /// An action.
    pub fn action(&self, id: u32) -> Option<&MdpNodeAction> {
        self.actions.iter().find(|action| action.id == id)
    }

    /// Whether it is there.
    pub fn has(&self, node: MdpNode) -> bool {
        match node {
            MdpNode::State(id) => self.state(id).is_some(),
            MdpNode::Action(id) => self.action(id).is_some(),
        }
    }

    /// The name of a state.
    pub fn name(&self, id: u32) -> AttrValue {
        self.state(id).map(|state| state.name.clone()).unwrap_or_default()
    }

    fn named(&self, name: &str) -> Option<u32> {
        self.states.iter().find(|state| state.name == name).map(|state| state.id)
    }

    /// The actions of a state.
    pub fn actions_of(&self, state: u32) -> impl Iterator<Item = &MdpNodeAction> {
        self.actions.iter().filter(move |action| action.state == state)
    }

    /// The outcomes of an action, each with its place among all.
    pub fn branches_of(&self, action: u32) -> impl Iterator<Item = (usize, &MdpBranch)> {
        self.branches.iter().enumerate().filter(move |(_, branch)| branch.action == action)
    }

    /// How likely episodes start in a state.
    pub fn start_chance(&self, state: u32) -> Option<f64> {
        self.start.iter().find(|(it, _)| *it == state).map(|(_, chance)| *chance)
    }

    /// Whether every way into a state ends the episode.
    pub fn ends_at(&self, state: u32) -> bool {
        let mut into = self.branches.iter().filter(|branch| branch.next == state).peekable();
        into.peek().is_some() && into.all(|branch| branch.terminal)
    }

    /// Whether that is so, and nothing leads on.
    pub fn is_end(&self, state: u32) -> bool {
        self.ends_at(state) && self.actions_of(state).next().is_none()
    }

    /// A new state.
    pub fn add_state(&mut self, place: (f64, f64)) -> u32 {
        let name = first_free("s", |name| self.named(name).is_some());
        let id = self.new_id();
        self.states.push(MdpNodeState { id, name: name.into(), place });
        if self.start.is_empty() {
            self.start = vec![(id, 1.0)];
        }
        id
    }

    /// Leads from a state by a new action, or from an action by a new outcome, which takes half of its likeliest, to a state. Gives
    /// the action.
    pub fn connect(&mut self, from: MdpNode, next: u32) -> Option<u32> {
        self.state(next)?;
        match from {
            MdpNode::State(state) => {
                self.state(state)?;
                let name = first_free("a", |name| self.actions_of(state).any(|action| action.name == name));
                let id = self.new_id();
                // Rows of a state stay beside each other.
                let of_state = |it: &MdpBranch| self.action(it.action).is_some_and(|action| action.state == state);
                let at = self.branches.iter().rposition(of_state).map_or(self.branches.len(), |last| last + 1);
                self.actions.push(MdpNodeAction { id, state, name: name.into() });
                let branch = MdpBranch { action: id, probability: 1.0, reward: 0.0, next, terminal: false };
                self.branches.insert(at, branch);
                Some(id)
            }
            MdpNode::Action(action) => {
                let likelier = |one: &&(usize, f64), other: &&(usize, f64)| one.1.total_cmp(&other.1);
                let shares: Vec<_> = self.branches_of(action).map(|(at, branch)| (at, branch.probability)).collect();
                // The first of equals.
                let (at, _) = *shares.iter().rev().max_by(likelier)?;
                self.split(at, Some(next));
                Some(action)
            }
        }
    }

    /// Makes two outcomes of one, each half as likely; the second leads to `next`, or else to a state that the action does not
    /// lead to yet.
    pub fn split(&mut self, at: usize, next: Option<u32>) {
        let Some(mut branch) = self.branches.get(at).copied() else { return };
        branch.probability /= 2.0;
        let led_to: Vec<_> = self.branches_of(branch.action).map(|(_, it)| it.next).collect();
        let last = self.branches_of(branch.action).map(|(at, _)| at).last().unwrap_or(at);
        let other = self.states.iter().map(|state| state.id).find(|state| !led_to.contains(state));
        let next = next.or(other).unwrap_or(branch.next);
        self.branches[at] = branch;
        let terminal = if next == branch.next { branch.terminal } else { self.is_end(next) };
        self.branches.insert(last + 1, MdpBranch { next, terminal, ..branch });
    }

    /// Takes an outcome away, with its action if that has no other.
    pub fn remove_branch(&mut self, at: usize) {
        if at < self.branches.len() {
            self.branches.remove(at);
            self.drop_what_is_bare();
        }
    }

    /// Takes a state away with its actions and all that leads to it, or an action with its outcomes.
    pub fn remove(&mut self, node: MdpNode) {
        match node {
            MdpNode::State(id) => {
                self.states.retain(|state| state.id != id);
                let own: Vec<_> = self.actions_of(id).map(|action| action.id).collect();
                self.branches.retain(|it| it.next != id && !own.contains(&it.action));
                if self.start_chance(id).is_some() {
                    self.start.retain(|(state, _)| *state != id);
                    self.normalise_start();
                }
            }
            MdpNode::Action(id) => self.branches.retain(|it| it.action != id),
        }
        self.drop_what_is_bare();
        if self.start.is_empty() {
            self.start_at_first();
        }
    }

    /// An action without an outcome is no row of the table.
    fn drop_what_is_bare(&mut self) {
        let kept: BTreeSet<u32> = self.branches.iter().map(|branch| branch.action).collect();
        self.actions.retain(|action| kept.contains(&action.id));
    }

    /// Scales the probabilities of an action so that they sum to 1; all alike where they sum to nothing.
    pub fn normalise(&mut self, action: u32) {
        let mut own: Vec<_> = self.branches.iter_mut().filter(|branch| branch.action == action).collect();
        let (sum, count) = (own.iter().map(|branch| branch.probability).sum::<f64>(), own.len());
        for branch in &mut own {
            branch.probability = if sum > 0.0 { branch.probability / sum } else { 1.0 / count as f64 };
        }
    }

    /// The same for the start states.
    pub fn normalise_start(&mut self) {
        let (sum, count) = (self.start.iter().map(|(_, chance)| chance).sum::<f64>(), self.start.len());
        for (_, chance) in &mut self.start {
            *chance = if sum > 0.0 { *chance / sum } else { 1.0 / count as f64 };
        }
    }

    /// Lets episodes start in a state, too, or no more: all start states are alike then. One of them stays.
    pub fn toggle_start(&mut self, state: u32) {
        if self.start_chance(state).is_none() {
            self.start.push((state, 1.0));
        } else if self.start.len() > 1 {
            self.start.retain(|(it, _)| *it != state);
        }
        let share = 1.0 / self.start.len() as f64;
        self.start.iter_mut().for_each(|(_, chance)| *chance = share);
    }

    /// Lets every way into a state end the episode, or none.
    pub fn set_end(&mut self, state: u32, terminal: bool) {
        self.branches.iter_mut().filter(|it| it.next == state).for_each(|it| it.terminal = terminal);
    }
}

/// The first of `s1`, `s2`, ... that nothing has.
fn first_free(letter: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut names = (1_u32..).map(|number| format!("{letter}{number}"));
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
