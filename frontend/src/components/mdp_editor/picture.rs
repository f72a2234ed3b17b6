//! The graph as it is seen: arrows, actions and states, drawn as SVG so that each can be focused and read.

use super::draft::MdpVersion;
use super::faults::MdpGraphFault;
use super::geometry::{ACTION, MdpPoint, STATE, point_on, unit};
use super::graph::{MdpGraph, MdpNode};
use super::labels::{action_words, branch_words, size_of};
use super::layout::{MdpLayout, PlacedAction, PlacedBranch};
use super::solution::MdpSolution;
use crate::format::{plain, shortened};
use crate::text::mdp_editor as words;
use yew::prelude::*;

/// Digits of a value, and of what is read aloud.
pub const DIGITS: usize = 5;
/// Letters of a state's name in its circle.
const MOST_LETTERS: usize = 7;
/// Length of an arrow's tip.
const TIP: f64 = 9.0;

/// What the picture shows beside the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct MdpPicture<'a> {
    /// The graph.
    pub version: &'a MdpVersion,
    /// Where it stands.
    pub laid: &'a MdpLayout,
    /// What it is worth.
    pub solution: Option<&'a MdpSolution>,
    /// What is wrong.
    pub faults: &'a [MdpGraphFault],
    /// What is chosen.
    pub chosen: Option<MdpNode>,
    /// What Tab leads to.
    pub current: Option<MdpNode>,
    /// What an arrow under the pointer would lead to.
    pub target: Option<MdpNode>,
    /// Told what has the focus.
    pub on_focus: Callback<MdpNode>,
}

/// The name of a node for programs.
pub fn id_of(node: MdpNode) -> String {
    match node {
        MdpNode::State(id) => format!("mdp-state-{id}"),
        MdpNode::Action(id) => format!("mdp-action-{id}"),
    }
}

impl MdpPicture<'_> {
    const fn graph(&self) -> &MdpGraph {
        &self.version.graph
    }

    /// All of it.
    pub fn draw(&self) -> Html {
        html! {
            <>
                { for self.laid.branches.iter().map(|it| self.branch(it)) }
                { for self.laid.actions.iter().map(|it| keyed(id_of(MdpNode::Action(it.id)), self.action(it))) }
                { for self.laid.states.iter().map(|(id, place)| keyed(id_of(MdpNode::State(*id)), self.state(*id, *place))) }
            </>
        }
    }

    fn figures(&self, action: u32) -> Option<(f64, bool)> {
        let action = self.graph().action(action)?;
        let key = (self.graph().name(action.state).to_string(), action.name.to_string());
        self.solution?.actions.get(&key).copied()
    }

    fn is_best(&self, action: u32) -> bool {
        self.figures(action).is_some_and(|(_, is_best)| is_best)
    }

    fn sum_of(&self, action: u32) -> Option<f64> {
        self.faults.iter().find_map(|fault| match fault {
            MdpGraphFault::Sum(id, sum) if *id == action => Some(*sum),
            _ => None,
        })
    }

    fn branch(&self, placed: &PlacedBranch) -> Html {
        let branch = &self.graph().branches[placed.at];
        let is_chosen = self.chosen == Some(MdpNode::Action(branch.action));
        let class = classes!(
            "mdp-branch",
            is_chosen.then_some("chosen"),
            self.is_best(branch.action).then_some("best"),
            self.sum_of(branch.action).is_some().then_some("faulty"),
        );
        let [from, one, other, tip] = placed.curve;
        let (dx, dy) = unit(point_on(&placed.curve, 0.93), tip);
        let back = (tip.0 - dx * TIP, tip.1 - dy * TIP);
        let line = format!("M{} C{} {} {}", at(from), at(one), at(other), at(back));
        let (left, right) = ((-dy * TIP * 0.5, dx * TIP * 0.5), (dy * TIP * 0.5, -dx * TIP * 0.5));
        let corner = |by: MdpPoint| at((back.0 + by.0, back.1 + by.1));
        let head = format!("M{} L{} L{}Z", at(tip), corner(left), corner(right));
        // A bar across the tip: nothing goes on there.
        let bar = branch.terminal.then(|| {
            let side = |by: f64| at((tip.0 - dy * by - dx, tip.1 + dx * by - dy));
            html! { <path class="bar" d={format!("M{} L{}", side(-8.0), side(8.0))} /> }
        });
        let words = branch_words(branch);
        // The likelier, the stronger.
        let width = format!("stroke-width:{:.2}px", 1.3 + 1.7 * branch.probability.clamp(0.0, 1.0));
        html! {
            <g {class} key={format!("branch-{}", placed.at)} aria-hidden="true">
                <path class="line" d={line} style={width} />
                <path class="head" d={head} />
                { bar }
                if !words.is_empty() { { text_on_ground(placed.label, "figures", &words) } }
            </g>
        }
    }

    fn action(&self, placed: &PlacedAction) -> Html {
        let node = MdpNode::Action(placed.id);
        let Some(action) = self.graph().action(placed.id) else { return Html::default() };
        let sum = self.sum_of(placed.id);
        let shown = action_words(&action.name);
        let shown = sum.map_or_else(|| shown.clone(), |sum| format!("{shown} Σ {}", plain(sum, 3)));
        let class = self.class_of(node, "mdp-action", self.is_best(placed.id), sum.is_some());
        let line = format!("M{} L{}", at(placed.from), at(placed.at));
        let inside = html! {
            <>
                <path class="line" d={line} />
                <circle class="ring" cx={number(placed.at.0)} cy={number(placed.at.1)} r={number(ACTION + 6.0)} />
                <circle class="dot" cx={number(placed.at.0)} cy={number(placed.at.1)} r={number(ACTION)} />
            </>
        };
        let shown = text_on_ground(placed.label, "name", &shown);
        let value = self.figures(placed.id).map(|(value, _)| value.to_string()).unwrap_or_default();
        self.node(node, class, self.action_words(placed.id), (&action.name, value), (inside, shown))
    }

    fn state(&self, id: u32, place: MdpPoint) -> Html {
        let node = MdpNode::State(id);
        let Some(state) = self.graph().state(id) else { return Html::default() };
        let faulty = self.faults.iter().any(|fault| matches!(fault, MdpGraphFault::DeadEnd(it) if *it == id));
        let value = self.solution.and_then(|it| it.values.get(state.name.as_str()).copied());
        let class = self.class_of(node, "mdp-state", false, faulty);
        let (x, y) = place;
        let circle = |class: &'static str, radius: f64| {
            html! { <circle {class} cx={number(x)} cy={number(y)} r={number(radius)} /> }
        };
        let name = shortened(&state.name, MOST_LETTERS);
        let lift = if value.is_some() { -7.0 } else { 0.0 };
        let side = self.laid.starts.iter().find(|(it, _)| *it == id).map(|(_, side)| *side);
        let starts = self.graph().start_chance(id).zip(side).map(|(chance, side)| {
            let (dx, dy) = (libm::cos(side), libm::sin(side));
            let out = |by: f64, aside: f64| at((x + dx * by - dy * aside, y + dy * by + dx * aside));
            let arrow = format!("M{} L{} L{}Z", out(STATE + 3.0, 0.0), out(STATE + 16.0, 8.0), out(STATE + 16.0, -8.0));
            let (far, share) = (STATE + 30.0, plain(chance, 3));
            let share = (chance != 1.0).then(|| text_at((x + dx * far, y + dy * far), "figures", &share));
            (html! { <path class="starts" d={arrow} /> }, share)
        });
        let (starts, share) = starts.unzip();
        let inside = html! {
            <>
                { circle("ring", STATE + 6.0) }
                { circle("disc", STATE) }
                if self.graph().is_end(id) { { circle("end", STATE - 5.0) } }
                { starts }
            </>
        };
        let shown = html! {
            <>
                { share.flatten() }
                { text_at((x, y + lift), "name", &name) }
                if let Some(value) = value { { text_at((x, y + 10.0), "value", &plain(value, 4)) } }
            </>
        };
        let exact = value.map(|it| it.to_string()).unwrap_or_default();
        self.node(node, class, self.state_words(id), (&state.name, exact), (inside, shown))
    }

    fn class_of(&self, node: MdpNode, class: &'static str, best: bool, faulty: bool) -> Classes {
        classes!(
            class,
            (self.chosen == Some(node)).then_some("chosen"),
            (self.target == Some(node)).then_some("target"),
            best.then_some("best"),
            faulty.then_some("faulty"),
        )
    }

    /// A node that can have the focus, and the words in it, which its label says in full.
    fn node(
        &self,
        node: MdpNode,
        class: Classes,
        label: String,
        (name, value): (&str, String),
        (inside, shown): (Html, Html),
    ) -> Html {
        let testid = match node {
            MdpNode::State(_) => format!("mdp-state-{name}"),
            MdpNode::Action(id) => {
                let state = self.graph().action(id).map(|it| self.graph().name(it.state)).unwrap_or_default();
                format!("mdp-action-{state}-{name}")
            }
        };
        let tabindex = if self.current == Some(node) { "0" } else { "-1" };
        html! {
            <>
                <g class={class.clone()} id={id_of(node)} role="button" {tabindex} aria-label={label} data-testid={testid} data-value={value}
                    aria-pressed={(self.chosen == Some(node)).to_string()} onfocus={self.on_focus.reform(move |_: FocusEvent| node)}>
                    { inside }
                </g>
                <g {class} aria-hidden="true">{ shown }</g>
            </>
        }
    }

    /// A state for those who do not see it.
    pub fn state_words(&self, id: u32) -> String {
        let name = self.graph().name(id);
        let mut parts = vec![words::state_words(&name), words::action_count(self.graph().actions_of(id).count())];
        let value = self.solution.and_then(|it| it.values.get(name.as_str()));
        parts.extend(value.map(|value| words::value_words(&plain(*value, DIGITS))));
        parts.extend(self.graph().start_chance(id).map(|_| words::START_MARK.into()));
        parts.extend(self.graph().is_end(id).then(|| words::END_MARK.into()));
        let own = self
            .faults
            .iter()
            .filter(|fault| matches!(fault, MdpGraphFault::DeadEnd(it) | MdpGraphFault::Apart(it) if *it == id));
        parts.extend(own.map(|fault| fault_words(self.graph(), fault)));
        parts.join(", ")
    }

    /// An action for those who do not see it.
    pub fn action_words(&self, id: u32) -> String {
        let Some(action) = self.graph().action(id) else { return String::new() };
        let mut parts = vec![words::action_of(&action.name, &self.graph().name(action.state))];
        parts.extend(self.graph().branches_of(id).map(|(_, it)| {
            let (chance, reward) = (plain(it.probability, DIGITS), plain(it.reward, DIGITS));
            let ends = if it.terminal { format!(", {}", words::END_MARK) } else { String::new() };
            words::outcome_words(&chance, &self.graph().name(it.next), &reward) + &ends
        }));
        parts.extend(self.figures(id).map(|(value, _)| words::value_words(&plain(value, DIGITS))));
        parts.extend(self.is_best(id).then(|| words::BEST_MARK.into()));
        let own = self.faults.iter().filter(|fault| matches!(fault, MdpGraphFault::Sum(it, _) if *it == id));
        parts.extend(own.map(|fault| fault_words(self.graph(), fault)));
        parts.join("; ")
    }
}

/// What is wrong, in a sentence.
pub fn fault_words(graph: &MdpGraph, fault: &MdpGraphFault) -> String {
    match fault {
        MdpGraphFault::Sum(action, sum) => {
            let of = graph.action(*action).map(|it| (it.name.clone(), graph.name(it.state)));
            let (action, state) = of.unwrap_or_default();
            words::sum_fault(&action, &state, &plain(*sum, DIGITS))
        }
        MdpGraphFault::StartSum(sum) => words::start_fault(&plain(*sum, DIGITS)),
        MdpGraphFault::EndedStart => words::ENDED_START.to_string(),
        MdpGraphFault::DeadEnd(state) => words::dead_end(&graph.name(*state)),
        MdpGraphFault::Apart(state) => words::apart(&graph.name(*state)),
    }
}

/// Under a key, so that what has the focus stays the same element.
fn keyed(key: String, node: Html) -> Html {
    html! { <g key={key}>{ node }</g> }
}

fn text_at((x, y): MdpPoint, class: &'static str, words: &str) -> Html {
    html! { <text {class} x={number(x)} y={number(y)}>{ words.to_owned() }</text> }
}

/// Words with the ground behind them, so that no line runs through.
fn text_on_ground(place: MdpPoint, class: &'static str, words: &str) -> Html {
    let (width, height) = size_of(words);
    let (x, y) = (number(place.0 - width / 2.0), number(place.1 - height / 2.0));
    html! {
        <>
            <rect class="ground" {x} {y} width={number(width)} height={number(height)} rx="5" />
            { text_at(place, class, words) }
        </>
    }
}

fn at((x, y): MdpPoint) -> String {
    format!("{} {}", number(x), number(y))
}

/// A coordinate, to a tenth.
pub fn number(value: f64) -> String {
    format!("{value:.1}")
}
