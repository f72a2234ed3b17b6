//! Which states have a finite value at all. With a discount all have; without one that is a matter of the end components:
//! sets of states that can be kept to for ever.
//!
//! * Where a reward can be had again and again, on average, the value is unbounded above, and so it is wherever such a
//!   component can be reached.
//! * A component whose actions cost nothing and bring nothing is a place to rest: nothing comes any more.
//! * A state from which no policy is certain to end or to rest pays for ever: it is unbounded below.
//! * Where rewards come again and again and cancel out, their sum has no limit. Where going on like that is better than any
//!   way that has one, or the only way there is, the value is not defined.

use super::chain::Evaluation;
use super::graph::{Components, Edges, end_components, lasting, may_end, those};
use super::improvement::{Advantage, PolicyChoice, REST};
use environments::{ActionMask, Model};

/// Improvements after which rounding is all that moves.
const MOST_IMPROVEMENTS: u32 = 1_000;

/// What can be said of a state's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Finite,
    Above,
    Below,
    Undefined,
}

impl Class {
    pub(super) const fn value(self) -> f64 {
        match self {
            Self::Finite => 0.0,
            Self::Above => f64::INFINITY,
            Self::Below => f64::NEG_INFINITY,
            Self::Undefined => f64::NAN,
        }
    }
}

/// The class of every state, and what may be done among those with a finite value.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    pub(super) classes: Vec<Class>,
    /// Legal actions after which the value stays finite.
    pub(super) actions: Vec<ActionMask>,
    /// Where one can rest: the actions that do it.
    pub(super) rests: Vec<ActionMask>,
    /// Whether there are components whose rewards cancel out.
    balanced: bool,
}

/// What can be had in an end component in the long run, a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LongRunGain {
    Positive,
    Balanced,
    None,
}

impl Bounds {
    pub(super) fn of(model: &Model, gamma: f64) -> Self {
        let legal: Vec<ActionMask> = (0..model.states()).map(|state| model.legal(state)).collect();
        if gamma < 1.0 {
            let classes = vec![Class::Finite; legal.len()];
            return Self { classes, rests: vec![ActionMask(0); legal.len()], actions: legal, balanced: false };
        }
        let nothing = |state: usize| those(legal[state], |action| mean_reward(model, state, action) == 0.0);
        let (rests, _) = end_components(model, (0..legal.len()).map(nothing).collect());
        let (kept, components) = end_components(model, legal.clone());
        let gains = gains(model, &kept, &components, &rests);
        let gain_of =
            |state: usize| if kept[state].0 == 0 { LongRunGain::None } else { gains[components.of[state] as usize] };
        let is_source = |state: usize| gain_of(state) == LongRunGain::Positive;

        let graph = TransitionGraph::of(model, &legal);
        let may_grow = closure(&graph.before, is_source);
        let settles = |state: usize| rests[state].0 != 0 || is_source(state);
        let certain = graph.surely_reaching(vec![true; legal.len()], settles);
        let grows = graph.reaching(&certain, is_source, false);
        let others = may_grow.iter().map(|grows| !grows).collect();
        let finite = graph.surely_reaching(others, |state| rests[state].0 != 0);
        let is_balanced = |state: usize| !finite[state] && gain_of(state) == LongRunGain::Balanced;
        let undefined = closure(&graph.before, is_balanced);
        let class = |state: usize| match (may_grow[state], grows[state], undefined[state], finite[state]) {
            (_, true, ..) => Class::Above,
            (true, ..) | (_, _, true, _) => Class::Undefined,
            (.., true) => Class::Finite,
            (.., false) => Class::Below,
        };
        let classes: Vec<Class> = (0..legal.len()).map(class).collect();
        let is_finite = |state: usize| classes[state] == Class::Finite;
        let keeps = |state: usize, action: usize| lasting(model, state, action).all(is_finite);
        let actions = (0..legal.len())
            .map(|state| if is_finite(state) { those(legal[state], |it| keeps(state, it)) } else { ActionMask(0) })
            .collect();
        let rests = (0..legal.len()).map(|state| if is_finite(state) { rests[state] } else { ActionMask(0) }).collect();
        Self { balanced: gains.contains(&LongRunGain::Balanced), classes, actions, rests }
    }

    pub(super) fn choice<'a>(&'a self, model: &'a Model, gamma: f64) -> PolicyChoice<'a> {
        PolicyChoice { model, gamma, actions: &self.actions, rests: &self.rests }
    }

    /// The states from which going on for ever with rewards that cancel out is better than the value `v`, whenever one
    /// stops to count: what is had until then is what `v` has fallen by.
    pub(super) fn restless(&self, model: &Model, v: &[f64]) -> Vec<usize> {
        if !self.balanced {
            return Vec::new();
        }
        let tight = (0..v.len()).map(|state| tight(model, state, self.actions[state], v)).collect();
        let (kept, components) = end_components(model, tight);
        let pays = |state: &usize| {
            let mut members = components.members(components.of[*state] as usize).iter().map(|it| *it as usize);
            kept[*state].0 != 0 && members.all(|member| v[member] < 0.0 && self.rests[member].0 == 0)
        };
        (0..v.len()).filter(pays).collect()
    }
}

/// The mean reward of an action: exactly 0 where rewards cancel out but for rounding.
fn mean_reward(model: &Model, state: usize, action: usize) -> f64 {
    let (mut mean, mut magnitude) = (0.0, 0.0);
    for it in model.outcomes(state, action) {
        mean += it.probability * it.reward;
        magnitude += it.probability * it.reward.abs();
    }
    if mean.abs() <= magnitude * 1e-14 { 0.0 } else { mean }
}

/// The actions that are worth as much as their state.
fn tight(model: &Model, state: usize, actions: ActionMask, v: &[f64]) -> ActionMask {
    those(actions, |action| {
        let advantage = Advantage::of(model.outcomes(state, action), state, v, 1.0);
        advantage.value.abs() <= 1e-10 * advantage.magnitude
    })
}

/// The states for which something holds, and all from which they may be reached.
fn closure(before: &Edges, holds: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut found: Vec<bool> = (0..before.nodes()).map(holds).collect();
    let mut open: Vec<usize> = (0..found.len()).filter(|state| found[*state]).collect();
    while let Some(state) = open.pop() {
        for before in before.of(state) {
            if !std::mem::replace(&mut found[*before as usize], true) {
                open.push(*before as usize);
            }
        }
    }
    found
}

/// Who leads where by which actions.
struct TransitionGraph<'a> {
    model: &'a Model,
    legal: &'a [ActionMask],
    before: Edges,
}

impl<'a> TransitionGraph<'a> {
    fn of(model: &'a Model, legal: &'a [ActionMask]) -> Self {
        let edges = Edges::new(legal.len(), |state, into| {
            let next = legal[state].iter().flat_map(|action| lasting(model, state, usize::from(action)));
            into.extend(next.map(|next| next as u32));
        });
        Self { model, legal, before: edges.reversed() }
    }

    /// The states from which a target, or where `ends` counts the end of an episode, may be reached by actions that keep
    /// `within` some states.
    fn reaching(&self, within: &[bool], target: impl Fn(usize) -> bool, ends: bool) -> Vec<bool> {
        let leads = |state: usize, found: &[bool]| {
            self.legal[state].iter().map(usize::from).any(|action| {
                let mut next = lasting(self.model, state, action);
                let there = ends && may_end(self.model, state, action) || next.any(|next| found[next]);
                there && lasting(self.model, state, action).all(|next| within[next])
            })
        };
        let mut found: Vec<bool> = (0..within.len()).map(|state| within[state] && target(state)).collect();
        for state in 0..within.len() {
            found[state] |= within[state] && leads(state, &found);
        }
        let mut open: Vec<usize> = (0..found.len()).filter(|state| found[*state]).collect();
        while let Some(state) = open.pop() {
            for before in self.before.of(state).iter().map(|it| *it as usize) {
                if within[before] && !found[before] && leads(before, &found) {
                    found[before] = true;
                    open.push(before);
                }
            }
        }
        found
    }

    /// The states from which some policy ends for certain or reaches a target, without leaving `within` (Baier and Katoen
    /// 2008, algorithm 45).
    fn surely_reaching(&self, mut within: Vec<bool>, target: impl Fn(usize) -> bool) -> Vec<bool> {
        loop {
            let found = self.reaching(&within, &target, true);
            if found == within {
                return found;
            }
            within = found;
        }
    }
}

/// What every end component yields in the long run. Where rewards are of both signs that is a question of its own: somebody
/// who may stop at any time and begins with stopping at once goes on improving until a policy never stops, or none is
/// better.
fn gains(model: &Model, kept: &[ActionMask], components: &Components, rests: &[ActionMask]) -> Vec<LongRunGain> {
    let none = || vec![ActionMask(0); model.states()];
    let mut gains = vec![LongRunGain::None; components.count()];
    let (mut actions, mut stops) = (none(), none());
    for (component, gain) in gains.iter_mut().enumerate() {
        let members = || components.members(component).iter().map(|state| *state as usize);
        let (mut least, mut most) = (0.0_f64, 0.0_f64);
        for state in members() {
            for action in kept[state].iter() {
                let reward = mean_reward(model, state, usize::from(action));
                (least, most) = (least.min(reward), most.max(reward));
            }
        }
        if most > 0.0 && least >= 0.0 {
            *gain = LongRunGain::Positive;
        } else if most > 0.0 {
            members().for_each(|state| (actions[state], stops[state]) = (kept[state], kept[state]));
        }
    }
    let (mut policy, mut v) = (vec![REST; model.states()], vec![0.0; model.states()]);
    for _ in 0..MOST_IMPROVEMENTS {
        let choice = PolicyChoice { model, gamma: 1.0, actions: &actions, rests: &stops };
        if choice.improve(&v, &mut policy).0 == 0 {
            break;
        }
        let chain = choice.chain(&policy);
        let (mut evaluation, mut endless) = (Evaluation::new(&chain), Vec::new());
        let mut closed = |block: &[u32], _: &mut [f64]| endless.push(components.of[block[0] as usize]);
        evaluation.work(&chain, &mut v, &mut usize::MAX.clone(), &mut closed);
        for component in endless {
            gains[component as usize] = LongRunGain::Positive;
            for state in components.members(component as usize).iter().map(|state| *state as usize) {
                (actions[state], stops[state]) = (ActionMask(0), ActionMask(0));
                (policy[state], v[state]) = (REST, 0.0);
            }
        }
    }
    let tight = (0..v.len()).map(|state| tight(model, state, actions[state], &v)).collect();
    let (tight, within) = end_components(model, tight);
    for state in (0..v.len()).filter(|state| tight[*state].0 != 0 && !rests_only(*state, &tight, rests, &within)) {
        gains[components.of[state] as usize] = LongRunGain::Balanced;
    }
    gains
}

/// Whether all that can be done for ever in a state's component is to rest.
fn rests_only(state: usize, kept: &[ActionMask], rests: &[ActionMask], components: &Components) -> bool {
    let members = components.members(components.of[state] as usize).iter().map(|it| *it as usize);
    members.into_iter().all(|member| kept[member].0 & !rests[member].0 == 0)
}
