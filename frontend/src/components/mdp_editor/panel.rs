//! Beside the graph: the fields of what is chosen.

use super::draft::{MdpAct, MdpDraft};
use super::faults::{MdpGraphFault, MdpNameFault};
use super::graph::{MdpBranch, MdpNode};
use super::number_field::MdpNumber;
use super::picture::fault_words;
use super::solution::MdpSolution;
use crate::components::icons::{Symbol, icon};
use crate::format::plain;
use crate::language::Text;
use crate::text::mdp_editor as words;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Digits of a value.
const DIGITS: usize = 5;

/// What is chosen, and who is told what.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct MdpPanelProps {
    /// What is drawn.
    pub draft: MdpDraft,
    /// What is wrong.
    pub faults: Vec<MdpGraphFault>,
    /// What it is worth.
    pub solution: Option<MdpSolution>,
    /// Told what is to be done.
    pub act: Callback<MdpAct>,
    /// Told what leads to the state that is chosen next.
    pub on_link: Callback<Option<MdpNode>>,
}

/// The fields.
#[component]
pub fn MdpPanel(props: &MdpPanelProps) -> Html {
    let graph = props.draft.graph();
    let fields = match props.draft.chosen {
        Some(MdpNode::State(id)) => state(props, id),
        Some(MdpNode::Action(id)) => action(props, id),
        None => html! { <p class="soft">{ words::NOTHING_CHOSEN }</p> },
    };
    let title = match props.draft.chosen {
        Some(MdpNode::State(id)) => Some(words::state_words(&graph.name(id))),
        Some(MdpNode::Action(id)) => graph.action(id).map(|it| words::action_of(&it.name, &graph.name(it.state))),
        None => None,
    };
    html! {
        <section class="mdp-fields" data-testid="mdp-fields">
            if let Some(title) = title { <h3>{ title }</h3> }
            { fields }
        </section>
    }
}

fn state(props: &MdpPanelProps, id: u32) -> Html {
    let MdpPanelProps { draft, act, solution, .. } = props;
    let graph = draft.graph();
    let node = MdpNode::State(id);
    let Some(of) = graph.state(id) else { return Html::default() };
    let value = solution.as_ref().and_then(|it| it.values.get(of.name.as_str()).copied());
    let chance = graph.start_chance(id).filter(|_| graph.start.len() > 1);
    let leads_here = graph.branches.iter().any(|branch| branch.next == id);
    let ends = graph.ends_at(id);
    let is_bare = graph.actions_of(id).next().is_none();
    html! {
        <>
            <NameField key={format!("name-{id}")} {node} draft={draft.clone()} act={act.clone()} />
            if let Some(value) = value { <p class="mdp-value" data-testid="mdp-state-value" data-value={value.to_string()}>{ words::value_words(&plain(value, DIGITS)) }</p> }
            { switch(words::STARTS_HERE, "mdp-start", graph.start_chance(id).is_some(), act.reform(move |_: MouseEvent| MdpAct::ToggleStart(id))) }
            if let Some(chance) = chance {
                <MdpNumber label={words::START_CHANCE} testid="mdp-start-chance" value={chance} is_share={true}
                    on_change={act.reform(move |chance| MdpAct::StartChance(id, chance))} />
                { fault(props, |it| matches!(it, MdpGraphFault::StartSum(_)), MdpAct::NormaliseStart) }
            }
            if leads_here && (is_bare || ends) {
                { switch(words::ENDS_HERE, "mdp-end", ends, act.reform(move |_: MouseEvent| MdpAct::End(id, !ends))) }
            }
            <ul class="mdp-list">
                { for graph.actions_of(id).map(|it| {
                    let chosen = MdpNode::Action(it.id);
                    let figures = solution.as_ref().and_then(|found| found.actions.get(&(of.name.to_string(), it.name.to_string())).copied());
                    let is_best = figures.is_some_and(|(_, is_best)| is_best);
                    html! {
                        <li key={it.id}>
                            <button type="button" class={classes!("mdp-pick", is_best.then_some("best"))} onclick={act.reform(move |_: MouseEvent| MdpAct::Choose(Some(chosen)))}>
                                <span>{ it.name.clone() }</span>
                                if let Some((value, _)) = figures { <span class="number soft">{ plain(value, DIGITS) }</span> }
                            </button>
                        </li>
                    }
                }) }
            </ul>
            <div class="mdp-buttons">
                <button type="button" class="button" data-testid="mdp-add-action" onclick={props.on_link.reform(move |_: MouseEvent| Some(node))}>
                    { icon(Symbol::Plus) }{ words::ADD_ACTION }
                </button>
                { remove(words::REMOVE_STATE, act, node) }
            </div>
        </>
    }
}

fn action(props: &MdpPanelProps, id: u32) -> Html {
    let MdpPanelProps { draft, act, .. } = props;
    let graph = draft.graph();
    let node = MdpNode::Action(id);
    html! {
        <>
            <NameField key={format!("name-{id}")} {node} draft={draft.clone()} act={act.clone()} />
            { for graph.branches_of(id).enumerate().map(|(number, (at, branch))| outcome(props, number, at, branch)) }
            { fault(props, move |it| matches!(it, MdpGraphFault::Sum(action, _) if *action == id), MdpAct::Normalise(id)) }
            <div class="mdp-buttons">
                <button type="button" class="button" data-testid="mdp-add-outcome" onclick={props.on_link.reform(move |_: MouseEvent| Some(node))}>
                    { icon(Symbol::Plus) }{ words::ADD_OUTCOME }
                </button>
                { remove(words::REMOVE_ACTION, act, node) }
            </div>
        </>
    }
}

fn outcome(props: &MdpPanelProps, number: usize, at: usize, branch: &MdpBranch) -> Html {
    let MdpPanelProps { draft, act, .. } = props;
    let MdpBranch { probability, reward, next, terminal, action } = *branch;
    let square = |name: Text, testid: String, sign: Html, does: MdpAct| {
        html! {
            <button type="button" class="button square" aria-label={name} title={name} data-testid={testid}
                onclick={act.reform(move |_: MouseEvent| does.clone())}>{ sign }</button>
        }
    };
    html! {
        <fieldset class="mdp-outcome" key={format!("{action}-{number}")} aria-label={words::outcome_number(number + 1)}>
            <label class="mdp-field wide">
                <span>{ words::NEXT }</span>
                <NextState testid={format!("mdp-next-{number}")} {next} draft={draft.clone()} on_pick={act.reform(move |next| MdpAct::Next(at, next))} />
            </label>
            <MdpNumber label={words::PROBABILITY} testid={format!("mdp-probability-{number}")} value={probability} is_share={true}
                on_change={act.reform(move |value| MdpAct::Probability(at, value))} />
            <MdpNumber label={words::REWARD} testid={format!("mdp-reward-{number}")} value={reward}
                on_change={act.reform(move |value| MdpAct::Reward(at, value))} />
            <div class="mdp-outcome-end">
                { switch(words::ENDS, &format!("mdp-ends-{number}"), terminal, act.reform(move |_: MouseEvent| MdpAct::Terminal(at, !terminal))) }
                { square(words::SPLIT, format!("mdp-split-{number}"), html! { "½" }, MdpAct::Split(at)) }
                { square(words::REMOVE_OUTCOME, format!("mdp-remove-outcome-{number}"), icon(Symbol::Trash), MdpAct::RemoveBranch(at)) }
            </div>
        </fieldset>
    }
}

/// What is wrong with what is chosen, and how it is put right.
fn fault(props: &MdpPanelProps, is_own: impl Fn(&MdpGraphFault) -> bool, cure: MdpAct) -> Html {
    let own = props.faults.iter().find(|fault| is_own(fault));
    own.map_or_else(Html::default, |fault| {
        html! {
            <div class="mdp-fault">
                <p class="negative" role="alert">{ fault_words(props.draft.graph(), fault) }</p>
                <button type="button" class="button" data-testid="mdp-normalise" onclick={props.act.reform(move |_: MouseEvent| cure.clone())}>{ words::NORMALISE }</button>
            </div>
        }
    })
}

fn switch(words: Text, testid: &str, is_on: bool, toggle: Callback<MouseEvent>) -> Html {
    html! {
        <button type="button" class="switch" role="switch" aria-checked={is_on.to_string()} data-testid={testid.to_owned()}
            data-value={is_on.to_string()} onclick={toggle}><i></i>{ words }</button>
    }
}

fn remove(words: Text, act: &Callback<MdpAct>, node: MdpNode) -> Html {
    html! {
        <button type="button" class="button" data-testid="mdp-remove" onclick={act.reform(move |_: MouseEvent| MdpAct::Remove(node))}>
            { icon(Symbol::Trash) }{ words }
        </button>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct NextStateProps {
    testid: String,
    next: u32,
    draft: MdpDraft,
    on_pick: Callback<u32>,
}

/// Where an outcome leads. It shows what is set, whatever was picked in it before, as every menu of the page does.
#[component]
fn NextState(props: &NextStateProps) -> Html {
    let node = use_node_ref();
    {
        let (node, next) = (node.clone(), props.next.to_string());
        use_effect(move || {
            if let Some(select) = node.cast::<HtmlSelectElement>() {
                select.set_value(&next);
            }
        });
    }
    let pick = {
        let on_pick = props.on_pick.clone();
        move |event: Event| {
            if let Ok(next) = event.target_unchecked_into::<HtmlSelectElement>().value().parse() {
                on_pick.emit(next);
            }
        }
    };
    html! {
        <select ref={node} class="text-input" data-testid={props.testid.clone()} onchange={pick}>
            { for props.draft.graph().states.iter().map(|state| html! {
                <option key={state.id} value={state.id.to_string()} selected={state.id == props.next}>{ state.name.clone() }</option>
            }) }
        </select>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct NameFieldProps {
    node: MdpNode,
    draft: MdpDraft,
    act: Callback<MdpAct>,
}

/// A name, taken when it is left. One that cannot be stays where it was typed.
#[component]
fn NameField(props: &NameFieldProps) -> Html {
    let graph = props.draft.graph();
    let name = match props.node {
        MdpNode::State(id) => graph.name(id),
        MdpNode::Action(id) => graph.action(id).map(|action| action.name.clone()).unwrap_or_default(),
    };
    let typed = use_state_eq(|| None::<String>);
    {
        let typed = typed.setter();
        use_effect_with(name.clone(), move |_| typed.set(None));
    }
    let fault = typed.as_deref().and_then(|typed| graph.name_fault(props.node, typed)).map(|fault| match fault {
        MdpNameFault::Empty => words::NAME_EMPTY,
        MdpNameFault::Control => words::NAME_CONTROL,
        MdpNameFault::Taken => words::NAME_TAKEN,
    });
    let write = {
        let typed = typed.setter();
        move |event: InputEvent| typed.set(Some(event.target_unchecked_into::<HtmlInputElement>().value()))
    };
    let node = props.node;
    let enter = props
        .act
        .reform(move |event: Event| MdpAct::Rename(node, event.target_unchecked_into::<HtmlInputElement>().value()));
    html! {
        <label class="mdp-field wide">
            <span>{ words::NAME }</span>
            <input class="text-input" type="text" autocomplete="off" spellcheck="false" value={(*typed).clone().map_or(name.clone(), AttrValue::from)}
                data-testid="mdp-name" data-value={name} aria-invalid={fault.is_some().to_string()} oninput={write} onchange={enter} />
            if let Some(fault) = fault { <span class="fault" role="alert">{ fault }</span> }
        </label>
    }
}
