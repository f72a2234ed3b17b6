//! Where everything of the graph stands: states in the ring of the stage until somebody moves them, each with its actions around
//! it, and arrows from these. The same graph is laid out alike every time.

use super::geometry::{ACTION, MdpPoint, STATE, STEP, beside, direction, distance, orbit, point_on, unit};
use super::graph::{MdpGraph, MdpNode};
use super::labels::{LabelPlaces, action_words, branch_words};
use std::f64::consts::{PI, TAU};

/// How far arrows bend beside others between the same two.
const BEND: f64 = 30.0;
/// With more arrows than this, words stand in the middle of theirs: nobody could read them all anyway.
const MOST_PLACED: usize = 150;
/// What a loop takes beside its action, as an angle.
const LOOP: f64 = 0.62;
/// Passes that push actions apart.
const PASSES: usize = 200;

/// An action where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedAction {
    /// Which one.
    pub id: u32,
    /// Its middle.
    pub at: MdpPoint,
    /// Where the line from its state begins.
    pub from: MdpPoint,
    /// The middle of its name.
    pub label: MdpPoint,
}

/// An arrow from an action to a state.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedBranch {
    /// Which outcome.
    pub at: usize,
    /// A cubic curve.
    pub curve: [MdpPoint; 4],
    /// The middle of what stands on it.
    pub label: MdpPoint,
}

/// The graph, laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MdpLayout {
    /// The states' middles, in their order.
    pub states: Vec<(u32, MdpPoint)>,
    /// The actions.
    pub actions: Vec<PlacedAction>,
    /// The outcomes.
    pub branches: Vec<PlacedBranch>,
    /// From where the marks of start states point at them, as angles.
    pub starts: Vec<(u32, f64)>,
}

impl MdpLayout {
    /// Lays a graph out.
    pub fn of(graph: &MdpGraph) -> Self {
        let states: Vec<_> = graph.states.iter().map(|state| (state.id, state.place)).collect();
        let count = states.len().max(1) as f64;
        let middle = (
            states.iter().map(|(_, it)| it.0).sum::<f64>() / count,
            states.iter().map(|(_, it)| it.1).sum::<f64>() / count,
        );
        let mut laid = Self { states, ..Self::default() };
        for (state, place) in laid.states.clone() {
            laid.place_actions(graph, state, place, middle);
        }
        laid.place_branches(graph);
        laid.starts = graph.start.iter().filter_map(|(state, _)| Some((*state, laid.freest(graph, *state)?))).collect();
        laid.place_labels(graph);
        laid
    }

    /// The middle of a node.
    pub fn place(&self, node: MdpNode) -> Option<MdpPoint> {
        match node {
            MdpNode::State(id) => self.states.iter().find(|(it, _)| *it == id).map(|(_, place)| *place),
            MdpNode::Action(id) => self.actions.iter().find(|it| it.id == id).map(|it| it.at),
        }
    }

    /// All nodes with their middles, the states first.
    pub fn nodes(&self) -> impl Iterator<Item = (MdpNode, MdpPoint)> {
        let states = self.states.iter().map(|(id, place)| (MdpNode::State(*id), *place));
        states.chain(self.actions.iter().map(|it| (MdpNode::Action(it.id), it.at)))
    }

    /// What is at a point, `reach` beyond its edge included.
    pub fn hit(&self, point: MdpPoint, reach: f64) -> Option<MdpNode> {
        let gap = |(node, place): &(MdpNode, MdpPoint)| distance(*place, point) - radius_of(*node);
        let nearest = self.nodes().min_by(|one, other| gap(one).total_cmp(&gap(other)));
        nearest.filter(|it| gap(it) <= reach).map(|(node, _)| node)
    }

    /// The nearest node in a direction, as an arrow key means it.
    pub fn towards(&self, from: MdpNode, (dx, dy): (f64, f64), among: impl Fn(MdpNode) -> bool) -> Option<MdpNode> {
        let here = self.place(from)?;
        let cost = |(node, place): (MdpNode, MdpPoint)| {
            let (x, y) = (place.0 - here.0, place.1 - here.1);
            let (along, aside) = (x * dx + y * dy, (x * dy - y * dx).abs());
            (node != from && along > 1.0 && aside <= along * 2.5).then_some((along + aside * 2.0, node))
        };
        let near = self.nodes().filter(|(node, _)| among(*node)).filter_map(cost);
        near.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, node)| node)
    }

    /// The smallest box around everything: left, top, width and height.
    pub fn bounds(&self) -> [f64; 4] {
        let nodes = self.nodes().map(|(_, it)| (it, STATE));
        let labels = self.actions.iter().map(|it| (it.label, STATE));
        let shares = [0.25, 0.5, 0.75];
        let along = |it: &PlacedBranch| shares.map(|share| (point_on(&it.curve, share), ACTION));
        let curves = self.branches.iter().flat_map(|it| [(it.label, STATE)].into_iter().chain(along(it)));
        let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
        for ((x, y), reach) in nodes.chain(labels).chain(curves) {
            low = (low.0.min(x - reach), low.1.min(y - reach));
            high = (high.0.max(x + reach), high.1.max(y + reach));
        }
        if low.0 > high.0 { [0.0; 4] } else { [low.0, low.1, high.0 - low.0, high.1 - low.1] }
    }

    /// Around a state, each action turns to where it leads; those that would touch are pushed apart.
    fn place_actions(&mut self, graph: &MdpGraph, state: u32, place: MdpPoint, middle: MdpPoint) {
        let outward = direction(middle, place).unwrap_or(-PI / 2.0);
        let mut own: Vec<(f64, u32, usize)> = graph
            .actions_of(state)
            .map(|action| {
                let (mut x, mut y, mut loops) = (0.0, 0.0, 0);
                for (_, branch) in graph.branches_of(action.id) {
                    loops += usize::from(branch.next == state);
                    if let Some(turn) = graph.state(branch.next).and_then(|next| direction(place, next.place)) {
                        x += (branch.probability + 0.01) * libm::cos(turn);
                        y += (branch.probability + 0.01) * libm::sin(turn);
                    }
                }
                let leads = libm::hypot(x, y) > 1e-6;
                // A little to the left, so that ways to and fro do not lie on each other.
                let turn = if leads { libm::atan2(y, x) + 0.24 } else { outward };
                (turn.rem_euclid(TAU), action.id, loops)
            })
            .collect();
        own.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let radius = orbit(own.len());
        let half = STEP / 2.0 / radius;
        // Loops are first on the one side and then on the other.
        let right = |loops: usize| if loops > 0 { half + LOOP } else { half };
        let left = |loops: usize| if loops > 1 { half + LOOP } else { half };
        let all: f64 = own.iter().map(|it| right(it.2) + left(it.2)).sum();
        // Where not all can have room for their loops, none has.
        let gap = |one: usize, other: usize| if all > TAU * 0.9 { 2.0 * half } else { right(one) + left(other) };
        let mut turns: Vec<f64> = own.iter().map(|it| it.0).collect();
        for _ in 0..PASSES {
            let mut moved = false;
            for one in 0..turns.len().saturating_sub(1) + usize::from(turns.len() > 1) {
                let other = (one + 1) % turns.len();
                let around = if other == 0 { TAU } else { 0.0 };
                let missing = gap(own[one].2, own[other].2) - (turns[other] + around - turns[one]);
                if missing > 1e-9 {
                    // The same way around everywhere, so that ways to and fro stay on sides of their own.
                    let back = if other == 0 { 0.5 } else { 0.15 };
                    turns[one] -= missing * back;
                    turns[other] += missing * (1.0 - back);
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
        for ((_, id, _), turn) in own.into_iter().zip(turns) {
            let ahead = (libm::cos(turn), libm::sin(turn));
            let at = beside(place, ahead, radius);
            self.actions.push(PlacedAction { id, at, from: beside(place, ahead, STATE), label: at });
        }
    }

    fn place_branches(&mut self, graph: &MdpGraph) {
        for action in &self.actions {
            let Some(state) = graph.action(action.id).map(|it| it.state) else { continue };
            let Some(home) = graph.state(state).map(|it| it.place) else { continue };
            let ahead = unit(home, action.at);
            let mut seen: Vec<u32> = Vec::new();
            for (at, branch) in graph.branches_of(action.id) {
                let Some(next) = graph.state(branch.next).map(|it| it.place) else { continue };
                let rank = seen.iter().filter(|it| **it == branch.next).count() as f64;
                seen.push(branch.next);
                let curve = if branch.next == state {
                    loop_back(home, action.at, ahead, rank)
                } else {
                    let control = beside(action.at, ahead, distance(action.at, next) * 0.42);
                    let side = unit(action.at, next);
                    let control = (control.0 - side.1 * BEND * rank, control.1 + side.0 * BEND * rank);
                    let tip = beside(next, unit(next, control), STATE + 2.0);
                    let third =
                        |end: MdpPoint| (end.0 / 3.0 + control.0 * 2.0 / 3.0, end.1 / 3.0 + control.1 * 2.0 / 3.0);
                    [action.at, third(action.at), third(tip), tip]
                };
                let label = point_on(&curve, 0.5);
                self.branches.push(PlacedBranch { at, curve, label });
            }
        }
    }

    /// The side of a state, the left if that is as good as any, that is farthest from what comes and goes.
    fn freest(&self, graph: &MdpGraph, state: u32) -> Option<f64> {
        let home = self.place(MdpNode::State(state))?;
        let own = graph.actions_of(state).filter_map(|it| direction(home, self.place(MdpNode::Action(it.id))?));
        let into = self.branches.iter().filter(|it| graph.branches[it.at].next == state);
        let taken: Vec<f64> = own.chain(into.filter_map(|it| direction(home, it.curve[3]))).collect();
        let gap = |side: f64| {
            let gaps = taken.iter().map(|it| libm::acos(libm::cos(it - side)));
            gaps.fold(PI, f64::min).min(1.0)
        };
        let sides = [8.0, 12.0, 4.0, 10.0, 6.0, 14.0, 2.0, 0.0].map(|it| it * TAU / 16.0);
        sides.into_iter().rev().max_by(|one, other| gap(*one).total_cmp(&gap(*other)))
    }

    /// Puts the words: names beside their actions, figures along their arrows.
    fn place_labels(&mut self, graph: &MdpGraph) {
        if self.branches.len() > MOST_PLACED {
            for action in &mut self.actions {
                action.label = (action.at.0, action.at.1 - 2.0 * ACTION);
            }
            return;
        }
        let discs = self.nodes().map(|(node, place)| (place, radius_of(node)));
        let mut places = LabelPlaces::beside(discs);
        for action in &mut self.actions {
            if let Some(it) = graph.action(action.id) {
                action.label = places.beside_action(action.at, &action_words(&it.name));
            }
        }
        for branch in &mut self.branches {
            let words = branch_words(&graph.branches[branch.at]);
            branch.label = places.along(&branch.curve, &words);
        }
    }
}

/// The radius of a node.
pub const fn radius_of(node: MdpNode) -> f64 {
    match node {
        MdpNode::State(_) => STATE,
        MdpNode::Action(_) => ACTION,
    }
}

/// From an action back to its own state, on the one side and then on the other.
fn loop_back(home: MdpPoint, at: MdpPoint, unit: MdpPoint, rank: f64) -> [MdpPoint; 4] {
    let side = if rank % 2.0 == 0.0 { 1.0 } else { -1.0 };
    let wide = 1.0 + 0.35 * libm::floor(rank / 2.0);
    let turned = |turn: f64| {
        let (sin, cos) = (libm::sin(turn * side), libm::cos(turn * side));
        (unit.0 * cos - unit.1 * sin, unit.0 * sin + unit.1 * cos)
    };
    let tip = beside(home, turned(0.72 * wide), STATE + 2.0);
    [at, beside(at, turned(0.75), 44.0 * wide), beside(home, turned(0.8 * wide), STATE + 44.0 * wide), tip]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::mdp_editor::geometry::free_place;
    use environments::Environment as _;
    use shared::describe::StateLayout;
    use shared::parameter::{Parameters, Value};
    use shared::spec::EnvironmentSpec;

    fn graph(table: &str) -> MdpGraph {
        MdpGraph::read(table, "", &MdpGraph::default()).unwrap()
    }

    fn ring_of(count: usize, actions: usize) -> String {
        let mut rows = Vec::new();
        for state in 0..count {
            for action in 0..actions {
                let next = (state + 1 + action * 3) % count;
                rows.push(format!("{state},a{action},0.5,{next},0\n{state},a{action},0.5,{state},0\n"));
            }
        }
        rows.concat()
    }

    #[test]
    fn no_two_nodes_touch_however_many_there_are() {
        for (states, actions) in [(1, 1), (1, 64), (2, 1), (2, 3), (3, 4), (6, 2), (12, 5), (13, 5), (20, 12), (60, 3)]
        {
            let laid = MdpLayout::of(&graph(&ring_of(states, actions)));
            let nodes: Vec<_> = laid.nodes().collect();
            assert_eq!(nodes.len(), states + states * actions);
            for (index, (one, place)) in nodes.iter().enumerate() {
                for (other, there) in &nodes[..index] {
                    let gap = distance(*place, *there) - radius_of(*one) - radius_of(*other);
                    assert!(gap > 2.0, "{states} states, {actions} actions: {one:?} and {other:?} are {gap} apart");
                }
            }
        }
    }

    #[test]
    fn states_stand_as_they_do_on_the_stage() {
        for count in [2, 5, 24] {
            let table = ring_of(count, 1);
            let parameters = Parameters::from([("table".into(), Value::Text(table.clone()))]);
            let spec = EnvironmentSpec { id: "mdp".into(), parameters };
            let description = environments::registry::build(&spec).unwrap().describe();
            let Some(StateLayout::Boxes { centres, .. }) = description.layout else { panic!("no layout") };
            let graph = graph(&table);
            assert_eq!(centres.len(), count);
            for (state, (x, y)) in graph.states.iter().zip(centres) {
                let there = libm::atan2(f64::from(y) - 6.0, f64::from(x) - 6.0);
                let here = libm::atan2(state.place.1, state.place.0);
                assert!(libm::cos(there - here) > 0.999, "{} of {count}: {there} and {here}", state.name);
            }
        }
    }

    #[test]
    fn arrow_keys_lead_to_what_lies_there_and_points_hit_what_they_touch() {
        let laid = MdpLayout::of(&graph("left,go,1,right,0\nright,go,1,left,0"));
        let [left, right] = [0, 1].map(|at| MdpNode::State(laid.states[at].0));
        let is_state = |node| matches!(node, MdpNode::State(_));
        assert_eq!(laid.towards(left, (1.0, 0.0), is_state), Some(right));
        assert_eq!(laid.towards(left, (-1.0, 0.0), is_state), None);
        let action = laid.towards(left, (1.0, 0.0), |_| true).unwrap();
        assert!(matches!(action, MdpNode::Action(_)));
        let (x, y) = laid.place(action).unwrap();
        assert_eq!(laid.hit((x + ACTION + 3.0, y), 4.0), Some(action));
        assert_eq!(laid.hit((x, y - 500.0), 4.0), None);
    }

    #[test]
    fn a_free_place_is_free() {
        let mut places = vec![];
        for _ in 0..30 {
            let place = free_place(&places);
            assert!(places.iter().all(|it| distance(*it, place) > 2.0 * STATE));
            places.push(place);
        }
    }
}
