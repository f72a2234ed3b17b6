//! An MDP on its way: graph and table are one thing, whichever of them somebody changes.

use super::geometry::MdpPoint;
use super::graph::{MdpGraph, MdpGraphRefusal, MdpNode};
use crate::components::edit_history::{EditHistory, StrokeId, TYPING};
use std::rc::Rc;
use yew::{AttrValue, Reducible};

/// What is drawn, with what it is written as. A table that somebody typed stays as it is until the graph is changed.
#[derive(Clone, Debug, PartialEq)]
pub struct MdpVersion {
    /// The graph.
    pub graph: MdpGraph,
    /// The table.
    pub table: AttrValue,
    /// Where episodes start, as the parameter says it.
    pub start: AttrValue,
    /// The discount of its exact solution.
    pub discount: f64,
}

/// What can be done.
#[derive(Clone, Debug, PartialEq)]
pub enum MdpAct {
    /// A new state, where there is room or there.
    Add(Option<MdpPoint>),
    /// An action or an outcome leads to a state.
    Link(MdpNode, u32),
    /// To a new one.
    LinkToNew(MdpNode, MdpPoint),
    /// Another name.
    Rename(MdpNode, String),
    /// It goes.
    Remove(MdpNode),
    /// An outcome is so likely.
    Probability(usize, f64),
    /// It brings so much.
    Reward(usize, f64),
    /// It leads there.
    Next(usize, u32),
    /// It ends the episode.
    Terminal(usize, bool),
    /// Two are made of it.
    Split(usize),
    /// It goes.
    RemoveBranch(usize),
    /// The probabilities of an action are scaled.
    Normalise(u32),
    /// Those of the start states.
    NormaliseStart,
    /// Episodes start in a state, or no more.
    ToggleStart(u32),
    /// They do so with this probability.
    StartChance(u32, f64),
    /// All that leads to a state ends the episode, or nothing of it.
    End(u32, bool),
    /// A state stands elsewhere.
    Move(u32, MdpPoint, StrokeId),
    /// All stand as on the stage.
    Arrange,
    /// Another discount.
    Discount(f64),
    /// This is chosen.
    Choose(Option<MdpNode>),
    /// Somebody writes this as the table.
    Write(String),
    /// What was written is complete.
    Written,
    /// Takes the last step back.
    Undo,
    /// Makes it again.
    Redo,
}

/// An MDP that is drawn or written.
#[derive(Clone, Debug, PartialEq)]
pub struct MdpDraft {
    /// It, step by step.
    pub history: EditHistory<MdpVersion>,
    /// What is chosen.
    pub chosen: Option<MdpNode>,
    /// What was written, until it is complete.
    pub written: Option<String>,
    /// Why that is not drawn.
    pub refusal: Option<MdpGraphRefusal>,
    /// How often the whole picture was replaced.
    pub pictures: u32,
}

impl MdpDraft {
    /// Begins with a table.
    pub fn new(table: String, start: String, discount: f64) -> Self {
        let read = MdpGraph::read(&table, &start, &MdpGraph::default());
        let (graph, refusal) = read.map_or_else(|refusal| (MdpGraph::default(), Some(refusal)), |graph| (graph, None));
        let written = refusal.as_ref().map(|_| table.clone());
        let version = MdpVersion { graph, table: table.into(), start: start.into(), discount };
        Self { history: EditHistory::new(version), chosen: None, written, refusal, pictures: 0 }
    }

    /// What is drawn.
    pub const fn version(&self) -> &MdpVersion {
        self.history.present()
    }

    /// The graph of that.
    pub const fn graph(&self) -> &MdpGraph {
        &self.history.present().graph
    }

    /// Takes what somebody writes; what cannot be read stays where it is written.
    fn write(&mut self, text: String) {
        let before = self.version().clone();
        let read = MdpGraph::read(&text, &before.start, &before.graph);
        match read {
            Ok(graph) => {
                self.history.change(MdpVersion { graph, table: text.clone().into(), ..before }, Some(TYPING));
            }
            Err(refusal) => self.refusal = Some(refusal),
        }
        self.written = Some(text);
    }
}

/// Changes a graph, and says what is chosen then, if that is something else.
fn draw(graph: &mut MdpGraph, act: MdpAct) -> Option<MdpNode> {
    let set = |graph: &mut MdpGraph, at: usize, change: &dyn Fn(&mut super::graph::MdpBranch)| {
        graph.branches.get_mut(at).into_iter().for_each(change);
    };
    match act {
        MdpAct::Add(place) => {
            let place = place.unwrap_or_else(|| graph.free_place());
            return Some(MdpNode::State(graph.add_state(place)));
        }
        MdpAct::Link(from, next) => return graph.connect(from, next).map(MdpNode::Action),
        MdpAct::LinkToNew(from, place) => {
            let next = graph.add_state(place);
            return graph.connect(from, next).map(MdpNode::Action);
        }
        MdpAct::Rename(node, name) => graph.rename(node, &name),
        MdpAct::Remove(node) => {
            let home = if let MdpNode::Action(id) = node { graph.action(id).map(|it| it.state) } else { None };
            graph.remove(node);
            return home.map(MdpNode::State);
        }
        MdpAct::Probability(at, probability) => set(graph, at, &|it| it.probability = probability),
        MdpAct::Reward(at, reward) => set(graph, at, &|it| it.reward = reward),
        MdpAct::Next(at, next) => set(graph, at, &|it| it.next = next),
        MdpAct::Terminal(at, terminal) => set(graph, at, &|it| it.terminal = terminal),
        MdpAct::Split(at) => graph.split(at, None),
        MdpAct::RemoveBranch(at) => graph.remove_branch(at),
        MdpAct::Normalise(action) => graph.normalise(action),
        MdpAct::NormaliseStart => graph.normalise_start(),
        MdpAct::ToggleStart(state) => graph.toggle_start(state),
        MdpAct::StartChance(state, chance) => {
            graph.start.iter_mut().filter(|(it, _)| *it == state).for_each(|it| it.1 = chance);
        }
        MdpAct::End(state, terminal) => graph.set_end(state, terminal),
        MdpAct::Move(id, place, _) => graph.states.iter_mut().filter(|it| it.id == id).for_each(|it| it.place = place),
        MdpAct::Arrange => graph.place_in_ring(),
        MdpAct::Discount(_) | MdpAct::Choose(_) | MdpAct::Write(_) | MdpAct::Written | MdpAct::Undo | MdpAct::Redo => {}
    }
    None
}

impl Reducible for MdpDraft {
    type Action = MdpAct;

    fn reduce(self: Rc<Self>, act: MdpAct) -> Rc<Self> {
        if let MdpAct::Choose(chosen) = act {
            return if chosen == self.chosen { self } else { Rc::new(Self { chosen, ..(*self).clone() }) };
        }
        let mut draft = Self { written: None, refusal: None, ..(*self).clone() };
        match act {
            MdpAct::Undo => draft.history.undo(),
            MdpAct::Redo => draft.history.redo(),
            MdpAct::Write(text) => {
                draft.write(text);
                draft.pictures += 1;
            }
            MdpAct::Written => {
                draft.refusal.clone_from(&self.refusal);
                draft.written = self.written.clone().filter(|_| self.refusal.is_some());
                draft.history.end_stroke();
            }
            MdpAct::Discount(discount) => {
                let version = draft.version().clone();
                draft.history.change(MdpVersion { discount, ..version }, None);
            }
            act => {
                let before = draft.version().clone();
                let stroke = if let MdpAct::Move(.., stroke) = act { Some(stroke) } else { None };
                let is_place = matches!(act, MdpAct::Move(..) | MdpAct::Arrange);
                draft.pictures += u32::from(act == MdpAct::Arrange);
                let mut graph = before.graph.clone();
                draft.chosen = draw(&mut graph, act).or(draft.chosen);
                // Where states stand is not in the table, which stays as it was written.
                if is_place || graph == before.graph {
                    draft.history.change(MdpVersion { graph, ..before }, stroke);
                } else {
                    let (table, start) = graph.write();
                    let version = MdpVersion { graph, table: table.into(), start: start.into(), ..before };
                    draft.history.change(version, None);
                }
            }
        }
        draft.chosen = draft.chosen.filter(|node| draft.graph().has(*node));
        Rc::new(draft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "# mine\ns1,a11,.5,s1,5\ns1,a11,.5,s2,5\ns2,a21,1,s2,-1";

    fn after(draft: MdpDraft, acts: Vec<MdpAct>) -> Rc<MdpDraft> {
        acts.into_iter().fold(Rc::new(draft), Reducible::reduce)
    }

    fn draft() -> MdpDraft {
        MdpDraft::new(TWO.into(), String::new(), 0.9)
    }

    #[test]
    fn a_table_stays_as_it_was_typed_until_the_graph_is_changed() {
        let first = draft().graph().states[0].id;
        let moved = after(draft(), vec![MdpAct::Move(first, (5.0, 5.0), 1), MdpAct::Move(first, (6.0, 5.0), 1)]);
        assert_eq!((moved.version().table.as_str(), moved.version().start.as_str()), (TWO, ""));
        let back = after((*moved).clone(), vec![MdpAct::Undo]);
        assert_eq!(*back.version(), *draft().version(), "a drag is one step");
        let drawn = after((*moved).clone(), vec![MdpAct::Reward(2, -2.0), MdpAct::ToggleStart(first)]);
        let table = "state,action,probability,next_state,reward\ns1,a11,0.5,s1,5\ns1,a11,0.5,s2,5\ns2,a21,1,s2,-2\n";
        assert_eq!(drawn.version().table, table);
        let back = after((*drawn).clone(), vec![MdpAct::Undo]);
        assert_eq!(*back.version(), *moved.version());
        assert_eq!(*after((*back).clone(), vec![MdpAct::Redo]).version(), *drawn.version());
    }

    #[test]
    fn what_is_typed_is_drawn_as_soon_as_it_can_be_read_and_stays_until_then() {
        let write = |text: &str| MdpAct::Write(text.into());
        let typed = after(draft(), vec![write("a,go,1,a,0"), write("a,go,1,a,0\nb"), MdpAct::Written]);
        assert_eq!(typed.graph().states.len(), 1);
        assert_eq!(typed.written.as_deref(), Some("a,go,1,a,0\nb"));
        assert!(matches!(typed.refusal, Some(MdpGraphRefusal::Fault(_))));
        let whole = after((*typed).clone(), vec![write("a,go,1,b,0\nb,go,1,b,0"), MdpAct::Written]);
        assert_eq!((whole.graph().states.len(), &whole.written, &whole.refusal), (2, &None, &None));
        assert_eq!(
            after((*whole).clone(), vec![MdpAct::Undo, MdpAct::Undo]).version().table,
            TWO,
            "a step at a stretch"
        );
        let faulty = MdpDraft::new("a,go,x".into(), String::new(), 0.9);
        assert_eq!(faulty.written.as_deref(), Some("a,go,x"), "what cannot be read is not lost");
        let large = MdpDraft::new("a,go,1,a,0\n".repeat(2000), String::new(), 0.9);
        assert_eq!(large.refusal, Some(MdpGraphRefusal::TooLarge));
    }

    #[test]
    fn a_start_that_is_no_state_does_not_keep_the_graph_away() {
        let draft = MdpDraft::new(TWO.into(), "nowhere".into(), 0.9);
        assert_eq!((draft.graph().states.len(), draft.version().start.as_str()), (2, "nowhere"));
        let started = MdpDraft::new(TWO.into(), "s2".into(), 0.9);
        let typed = after(started, vec![MdpAct::Write("s2,a,1,s2,0\ns1,a,1,s2,0".into())]);
        assert_eq!(typed.version().start, "s2");
    }

    #[test]
    fn what_was_made_is_chosen_and_what_is_gone_is_not() {
        let made = after(draft(), vec![MdpAct::Add(None)]);
        let Some(MdpNode::State(id)) = made.chosen else { panic!("{:?}", made.chosen) };
        let linked = after((*made).clone(), vec![MdpAct::LinkToNew(MdpNode::State(id), (300.0, 300.0))]);
        let Some(action @ MdpNode::Action(_)) = linked.chosen else { panic!("{:?}", linked.chosen) };
        let removed = after((*linked).clone(), vec![MdpAct::Remove(action)]);
        assert_eq!(removed.chosen, Some(MdpNode::State(id)));
        assert_eq!(after((*removed).clone(), vec![MdpAct::Remove(MdpNode::State(id))]).chosen, None);
    }
}
