//! What is wrong with a graph, and which names its states and actions can have.

use super::graph::{MdpGraph, MdpNode, MdpNodeAction};
use std::collections::BTreeSet;
use yew::AttrValue;

/// Sums of probabilities this near to 1 are taken by the environment.
const ROUNDED: f64 = 1e-5;

/// What is wrong with a graph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MdpGraphFault {
    /// The probabilities of an action have another sum than 1.
    Sum(u32, f64),
    /// Those of the start states have.
    StartSum(f64),
    /// No state where episodes start has an action.
    EndedStart,
    /// A state goes on without an action.
    DeadEnd(u32),
    /// A state is part of no row, so the table does not have it.
    Apart(u32),
}

/// Why a name is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MdpNameFault {
    /// There is none.
    Empty,
    /// It has a character that moves the cursor or rings a bell.
    Control,
    /// Another state, or another action of the state, has it.
    Taken,
}

impl MdpGraph {
    /// What is wrong.
    pub fn faults(&self) -> Vec<MdpGraphFault> {
        let sum = |action: &MdpNodeAction| -> f64 { self.branches_of(action.id).map(|(_, it)| it.probability).sum() };
        let sums = self.actions.iter().map(|action| (action.id, sum(action)));
        let sums = sums.filter(|(_, sum)| !is_one(*sum)).map(|(action, sum)| MdpGraphFault::Sum(action, sum));
        let start: f64 = self.start.iter().map(|(_, chance)| chance).sum();
        let start = Some(start).filter(|sum| !self.start.is_empty() && !is_one(*sum)).map(MdpGraphFault::StartSum);
        let leads_on: BTreeSet<u32> = self.actions.iter().map(|action| action.state).collect();
        let mut starts = self.start.iter().filter(|(_, chance)| *chance > 0.0).peekable();
        let ended = starts.peek().is_some() && starts.all(|(state, _)| !leads_on.contains(state));
        let ended = ended.then_some(MdpGraphFault::EndedStart);
        let goes_on: BTreeSet<u32> = self.branches.iter().filter(|it| !it.terminal).map(|branch| branch.next).collect();
        let dead = goes_on.difference(&leads_on).map(|state| MdpGraphFault::DeadEnd(*state));
        let touched: BTreeSet<u32> = self.branches.iter().map(|branch| branch.next).chain(leads_on.clone()).collect();
        let apart = self.states.iter().filter(|state| !touched.contains(&state.id));
        let apart = apart.map(|state| MdpGraphFault::Apart(state.id));
        sums.chain(start).chain(ended).chain(dead).chain(apart).collect()
    }

    /// Why a state or an action cannot have this name.
    pub fn name_fault(&self, node: MdpNode, name: &str) -> Option<MdpNameFault> {
        let name = name.trim();
        let is_taken = match node {
            MdpNode::State(id) => self.states.iter().any(|state| state.id != id && state.name == name),
            MdpNode::Action(id) => self
                .action(id)
                .is_some_and(|action| self.actions_of(action.state).any(|other| other.id != id && other.name == name)),
        };
        if name.is_empty() {
            Some(MdpNameFault::Empty)
        } else if name.chars().any(char::is_control) {
            Some(MdpNameFault::Control)
        } else {
            is_taken.then_some(MdpNameFault::Taken)
        }
    }

    /// Gives a name; what cannot have it keeps its own.
    pub fn rename(&mut self, node: MdpNode, name: &str) {
        if self.name_fault(node, name).is_some() {
            return;
        }
        let name = AttrValue::from(name.trim().to_owned());
        match node {
            MdpNode::State(id) => self.states.iter_mut().filter(|it| it.id == id).for_each(|it| it.name = name.clone()),
            MdpNode::Action(id) => {
                self.actions.iter_mut().filter(|it| it.id == id).for_each(|it| it.name = name.clone());
            }
        }
    }
}

fn is_one(sum: f64) -> bool {
    (sum - 1.0).abs() <= ROUNDED
}
