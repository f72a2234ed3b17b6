//! The editor of MDPs: states, actions and outcomes drawn as a graph, beside the table that they are. `frontend/later.js` shows it in
//! a dialog.

pub mod canvas;
pub mod draft;
pub mod faults;
pub mod geometry;
pub mod graph;
pub mod hand;
pub mod labels;
pub mod layout;
pub mod number_field;
pub mod panel;
pub mod picture;
pub mod solution;
pub mod view;

use super::map_editor::solution::discount_of;
use crate::format::plain;
use crate::language::told;
use crate::text;
use crate::text::mdp_editor as words;
use canvas::MdpCanvas;
use draft::{MdpAct, MdpDraft, MdpVersion};
use faults::MdpGraphFault;
use graph::{MOST_OUTCOMES, MOST_STATES, MdpGraph, MdpGraphRefusal, MdpNode};
use layout::MdpLayout;
use number_field::MdpNumber;
use panel::MdpPanel;
use picture::{DIGITS, fault_words};
use shared::RunSpec;
use shared::parameter::{ParameterKind, ParameterSpec, Parameters, Value};
use shared::spec::EnvironmentSpec;
use solution::{MdpOutlook, use_mdp_outlook};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

/// Faults that are told at once.
const MOST_FAULTS: usize = 3;
/// Lines of the table at most; it scrolls.
const MOST_LINES: usize = 10;

/// What was drawn last, by what the page was told of it: states that are in no row yet, and where all of them stood.
type KeptDraft = (String, MdpDraft);

thread_local! {
    static KEPT: RefCell<Option<KeptDraft>> = const { RefCell::new(None) };
}

/// An MDP to edit.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct MdpEditorProps {
    /// The run that it is for.
    pub spec: RunSpec,
    /// What was drawn before and not used, as it was told; empty where nothing was.
    pub drawn: String,
    /// Told of every change: the values of the environment and of the agent that are others than those of the run, as JSON.
    pub on_drawn: Callback<String>,
    /// Told of what is to be used.
    pub on_done: Callback<String>,
    /// Told when it is given up.
    pub on_cancel: Callback<String>,
}

/// The value of a parameter of the environment as text.
fn text_of(spec: &RunSpec, name: &str) -> String {
    let entry = environments::mdp::catalog();
    let parameter = entry.parameters.iter().find(|it| it.name == name);
    parameter.map(|it| super::settings::value_of(it, &spec.environment.parameters).to_string()).unwrap_or_default()
}

/// The parameter that is the discount of an agent, if it has one.
fn discount_parameter(spec: &RunSpec) -> Option<ParameterSpec> {
    let entry = agents::registry::find(&spec.agent.id).ok()?;
    entry.parameters.into_iter().find(|it| it.name == "gamma" && matches!(it.kind, ParameterKind::Number { .. }))
}

/// What the page is told: what is to be set of the environment and of the agent.
fn told_of(spec: &RunSpec, version: &MdpVersion) -> String {
    let texts = [("table", &version.table), ("start", &version.start)];
    let environment: Parameters =
        texts.into_iter().map(|(name, text)| (name.to_owned(), Value::Text(text.to_string()))).collect();
    let is_other = version.discount != discount_of(&spec.agent);
    let agent: Parameters =
        is_other.then(|| ("gamma".to_owned(), Value::Number(version.discount))).into_iter().collect();
    serde_json::to_string(&[environment, agent]).unwrap_or_default()
}

/// Where the editor begins: with what was drawn and not used, or with what the run has.
fn begun(props: &MdpEditorProps) -> MdpDraft {
    let kept =
        KEPT.with_borrow(|kept| kept.as_ref().filter(|(told, _)| *told == props.drawn).map(|(_, draft)| draft.clone()));
    if let Some(kept) = kept {
        return MdpDraft { chosen: None, ..kept };
    }
    let [environment, agent]: [Parameters; 2] = serde_json::from_str(&props.drawn).unwrap_or_default();
    let drawn = |name: &str| environment.get(name).map(ToString::to_string);
    let of = |name: &str| drawn(name).unwrap_or_else(|| text_of(&props.spec, name));
    let discount = if let Some(Value::Number(discount)) = agent.get("gamma") { Some(*discount) } else { None };
    MdpDraft::new(of("table"), of("start"), discount.unwrap_or_else(|| discount_of(&props.spec.agent)))
}

/// The editor, within a dialog that others open and close.
#[component]
pub fn MdpEditor(props: &MdpEditorProps) -> Html {
    let draft = use_reducer(|| begun(props));
    let act = {
        let draft = draft.dispatcher();
        Callback::from(move |act: MdpAct| draft.dispatch(act))
    };
    let solved = use_state(|| true);
    let linking = use_state_eq(|| None::<MdpNode>);
    let follow = use_mut_ref(|| false);
    let version = draft.version();
    let environment = {
        let mut parameters = props.spec.environment.parameters.clone();
        for (name, text) in [("table", &version.table), ("start", &version.start)] {
            parameters.insert(name.into(), Value::Text(text.to_string()));
        }
        EnvironmentSpec { id: props.spec.environment.id.clone(), parameters }
    };
    let is_large = draft.refusal == Some(MdpGraphRefusal::TooLarge) && draft.graph().states.is_empty();
    let fault = use_memo((environment.clone(), is_large), |(environment, is_large)| {
        let built = (!is_large).then(|| environments::registry::build(environment).err());
        built.flatten().map(|error| error.to_string())
    });
    let wanted = Some(environment).filter(|_| *solved && fault.is_none() && !is_large);
    let outlook = use_mdp_outlook(wanted, version.discount);
    let laid = use_memo(version.graph.clone(), MdpLayout::of);
    let faults = use_memo(version.graph.clone(), MdpGraph::faults);
    let told = told_of(&props.spec, version);
    {
        let (on_drawn, draft) = (props.on_drawn.clone(), (*draft).clone());
        let first = use_mut_ref(|| true);
        use_effect_with((told.clone(), version.graph.clone()), move |(told, _)| {
            if !first.replace(false) {
                KEPT.set(Some((told.clone(), draft)));
                on_drawn.emit(told.clone());
            }
        });
    }
    let end = |callback: &Callback<String>| {
        let told = told.clone();
        callback.reform(move |_: MouseEvent| told.clone())
    };
    if is_large {
        return html! {
            <div class="mdp-desk">
                <p class="dialog-note" data-testid="mdp-too-large">{ words::too_large(MOST_STATES, MOST_OUTCOMES) }</p>
                <div class="pair"><button type="button" class="button" data-testid="mdp-cancel" onclick={end(&props.on_cancel)}>{ text::CANCEL }</button></div>
            </div>
        };
    }
    let on_link = {
        let (linking, follow) = (linking.setter(), Rc::clone(&follow));
        Callback::from(move |from: Option<MdpNode>| {
            if from.is_some() {
                // The next key is for the graph.
                follow.replace(true);
            }
            linking.set(from);
        })
    };
    // Something that is gone leads nowhere.
    let is_linking = linking.filter(|node| draft.graph().has(*node));
    html! {
        <div class="mdp-desk" onkeydown={steps(&act)}>
            <MdpCanvas draft={(*draft).clone()} laid={Rc::clone(&laid)} outlook={outlook.clone()} faults={(*faults).clone()} linking={is_linking}
                act={act.clone()} on_link={on_link.clone()} follow={Rc::clone(&follow)} />
            <div class="mdp-right">
                <MdpPanel draft={(*draft).clone()} faults={(*faults).clone()} solution={outlook.solution().cloned()} act={act.clone()} {on_link} />
                { worth(props, &draft, &outlook, (&solved, &act)) }
                { table(&draft, &act) }
            </div>
            { notes(&draft, &faults, fault.as_deref(), &act) }
            <div class="pair">
                <button type="button" class="button" data-testid="mdp-cancel" onclick={end(&props.on_cancel)}>{ text::CANCEL }</button>
                <button type="button" class="button primary" disabled={fault.is_some() || draft.refusal.is_some()} data-testid="mdp-done"
                    onclick={end(&props.on_done)}>{ words::USE_GRAPH }</button>
            </div>
        </div>
    }
}

/// Back and forth, by keys.
fn steps(act: &Callback<MdpAct>) -> Callback<KeyboardEvent> {
    let act = act.clone();
    Callback::from(move |event: KeyboardEvent| {
        let is_written = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        let is_written = is_written.is_some_and(|it| matches!(it.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"));
        if is_written || !(event.ctrl_key() || event.meta_key()) || event.alt_key() {
            return;
        }
        match (event.key().to_ascii_lowercase().as_str(), event.shift_key()) {
            ("z", false) => act.emit(MdpAct::Undo),
            ("y", false) | ("z", true) => act.emit(MdpAct::Redo),
            _ => return,
        }
        event.prevent_default();
    })
}

/// Its exact solution, and the discount of that.
fn worth(
    props: &MdpEditorProps,
    draft: &MdpDraft,
    outlook: &MdpOutlook,
    (solved, act): (&UseStateHandle<bool>, &Callback<MdpAct>),
) -> Html {
    let discount = draft.version().discount;
    let parameter = discount_parameter(&props.spec);
    let value = match outlook {
        MdpOutlook::Unknown => None,
        MdpOutlook::Unsettled => Some((String::new(), text::NO_SOLUTION.to_string())),
        MdpOutlook::Solved(found) => {
            Some((found.at_start.to_string(), text::map_value(&plain(found.at_start, DIGITS), discount)))
        }
    };
    let toggle = {
        let solved = solved.clone();
        move |_: MouseEvent| solved.set(!*solved)
    };
    html! {
        <section class="mdp-worth">
            <button type="button" class="switch" role="switch" aria-checked={solved.to_string()} data-testid="mdp-solution"
                data-value={solved.to_string()} onclick={toggle}><i></i>{ text::SHOW_SOLUTION }</button>
            if let Some(parameter) = parameter {
                <MdpNumber label={told(&parameter.label)} testid="mdp-discount" value={discount} is_share={true} on_change={act.reform(MdpAct::Discount)} />
            }
            <p class="soft" role="status" data-testid="mdp-value" data-value={value.as_ref().map(|it| it.0.clone()).unwrap_or_default()}>{ value.map(|it| it.1) }</p>
        </section>
    }
}

/// The table, to be written, pasted and copied.
fn table(draft: &MdpDraft, act: &Callback<MdpAct>) -> Html {
    let shown = draft.written.clone().unwrap_or_else(|| draft.version().table.to_string());
    let fault = draft.refusal.as_ref().map(|refusal| match refusal {
        MdpGraphRefusal::Fault(reason) => reason.clone(),
        MdpGraphRefusal::TooLarge => words::too_large(MOST_STATES, MOST_OUTCOMES),
    });
    let write =
        act.reform(|event: InputEvent| MdpAct::Write(event.target_unchecked_into::<HtmlTextAreaElement>().value()));
    html! {
        <div class="map-text">
            <label for="mdp-text">{ words::TABLE_TEXT }</label>
            <textarea id="mdp-text" spellcheck="false" autocomplete="off" rows={(shown.lines().count() + 1).clamp(4, MOST_LINES).to_string()}
                value={shown.clone()} data-value={shown} aria-invalid={fault.is_some().to_string()} aria-describedby="mdp-text-fault"
                data-testid="mdp-text" oninput={write} onchange={act.reform(|_: Event| MdpAct::Written)} />
            <p class="negative" id="mdp-text-fault" role="status" data-testid="mdp-text-fault">{ fault }</p>
        </div>
    }
}

/// What is wrong, and how it is put right.
fn notes(draft: &MdpDraft, faults: &[MdpGraphFault], fault: Option<&str>, act: &Callback<MdpAct>) -> Html {
    let graph = draft.graph();
    let cure = |fault: &MdpGraphFault| match fault {
        MdpGraphFault::Sum(action, _) => Some((MdpAct::Normalise(*action), words::NORMALISE, "mdp-note-normalise")),
        MdpGraphFault::StartSum(_) => Some((MdpAct::NormaliseStart, words::NORMALISE, "mdp-note-normalise")),
        MdpGraphFault::DeadEnd(state) => Some((MdpAct::End(*state, true), words::ENDS_HERE, "mdp-note-end")),
        MdpGraphFault::EndedStart | MdpGraphFault::Apart(_) => None,
    };
    let told = faults.iter().take(MOST_FAULTS).map(|fault| {
        html! {
            <p class={if matches!(fault, MdpGraphFault::Apart(_)) { "soft" } else { "negative" }}>
                { fault_words(graph, fault) }
                { for cure(fault).map(|(does, words, testid)| html! {
                    <>{ " " }<button type="button" class="chip" data-testid={testid} onclick={act.reform(move |_: MouseEvent| does.clone())}>{ words }</button></>
                }) }
            </p>
        }
    });
    let is_named = faults.iter().any(|fault| !matches!(fault, MdpGraphFault::Apart(_)));
    // What the graph cannot say itself, such as a start that is none.
    let other = fault.filter(|_| !is_named && draft.refusal.is_none());
    let other = if graph.branches.is_empty() && fault.is_some() { Some(words::EMPTY.text()) } else { other };
    html! {
        <div class="dialog-note mdp-note" role="status" data-testid="mdp-note">
            { for told }
            if let Some(other) = other { <p class="negative">{ other.to_owned() }</p> }
            if faults.is_empty() && other.is_none() { <p>{ words::RESTARTS }</p> }
        </div>
    }
}
