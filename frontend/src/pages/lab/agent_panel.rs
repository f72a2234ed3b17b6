//! The agent's panel: which agent, its rule, its settings, of which some can change while it learns.

use super::agent_menu::use_refusals;
use super::environment_panel::Picker;
use super::locked_focus::use_locked_focus;
use crate::components::form::Form;
use crate::components::icons::{Symbol, icon};
use crate::language::told;
use crate::lesson::control::{ControlGroup, FixedControl, use_rules};
use crate::text;
use shared::describe::CatalogEntry;
use shared::parameter::Parameters;
use shared::spec::{AgentSpec, RunSpec};
use yew::prelude::*;

/// The spec and who is told of another one.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct AgentPanelProps {
    /// All agents.
    pub catalog: Vec<CatalogEntry>,
    /// What is set.
    pub spec: RunSpec,
    /// Whether it learns.
    pub locked: bool,
    /// Told of another spec.
    pub on_change: Callback<RunSpec>,
}

/// Everything about the agent.
#[component]
pub fn AgentPanel(props: &AgentPanelProps) -> Html {
    let refusals = use_refusals(&props.spec.environment, &props.catalog);
    let rules = use_rules();
    let (panel, notice) = use_locked_focus(props.locked);
    let Some(entry) = props.catalog.iter().find(|entry| entry.id == props.spec.agent.id) else {
        return Html::default();
    };
    let baseline = agents::recommended::agent(&props.spec.environment.id, &entry.id).parameters;
    let change = |id: Option<String>| {
        let (on_change, spec) = (props.on_change.clone(), props.spec.clone());
        move |parameters: Parameters| {
            let id = id.clone().unwrap_or_else(|| spec.agent.id.clone());
            on_change.emit(RunSpec { agent: AgentSpec { id, parameters }, ..spec.clone() });
        }
    };
    let pick = {
        let (on_change, spec) = (props.on_change.clone(), props.spec.clone());
        move |id: String| {
            let agent = agents::recommended::agent(&spec.environment.id, &id);
            on_change.emit(RunSpec { agent, ..spec.clone() });
        }
    };
    html! {
        <section ref={panel} aria-label={text::AGENT}>
            <h2 class="heading">{ text::AGENT }</h2>
            <Picker label={text::PICK_AGENT} name="agent" catalog={props.catalog.clone()} chosen={entry.id.clone()}
                subtitle={entry.source.clone()} {refusals} locked={props.locked} rule={rules.part(FixedControl::Agent)} on_pick={pick} />
            if rules.part(FixedControl::Agent).is_shown() { <p class="summary" data-testid="about-agent" data-testid-before="about-mind">{ told(&entry.summary) }</p> }
            if !entry.equation.is_empty() { <p class="equation">{ entry.equation.clone() }</p> }
            if rules.shows_any(ControlGroup::Agent) {
                <p ref={notice} class="locked" tabindex="-1" data-testid="lock" data-value={props.locked.to_string()}>
                    if props.locked { { icon(Symbol::Lock) } }
                    { match (props.locked, entry.parameters.iter().any(|it| it.live)) {
                        (true, true) => text::LOCKED,
                        (true, false) => text::ALL_LOCKED,
                        (false, true) => text::UNLOCKED,
                        (false, false) => text::ALL_UNLOCKED,
                    } }
                </p>
            }
            <Form key={entry.id.clone()} room={ControlGroup::Agent} entry={entry.clone()} values={props.spec.agent.parameters.clone()} {baseline} locked={props.locked}
                environment={props.spec.environment.clone()} on_change={change(None)} />
        </section>
    }
}
