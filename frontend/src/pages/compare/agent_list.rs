//! The panel of agents: who takes part, and the settings of one of them.

use super::setup::{MOST_AGENTS, Setup};
use crate::components::form::Form;
use crate::components::icons::{Symbol, icon};
use crate::components::menu::Menu;
use crate::language::{all_told, told};
use crate::lesson::control::ControlGroup;
use crate::pages::lab::agent_menu::{AgentRefusals, options};
use crate::pages::lab::environment_panel::Picker;
use crate::text;
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterKind, ParameterSpec, Parameters};
use shared::spec::AgentSpec;
use web_sys::{HtmlFormElement, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// All agents as a list, and the form of the selected one.
pub fn panel(
    (catalog, refusals): (&[CatalogEntry], &AgentRefusals),
    setup: &Setup,
    selected: usize,
    change: &Callback<Setup>,
    select: &Callback<usize>,
) -> Html {
    let agent = &setup.agents[selected];
    let Some(entry) = catalog.iter().find(|entry| entry.id == agent.id) else { return Html::default() };
    let with = |agents: Vec<AgentSpec>| Setup { agents, ..setup.clone() };
    let set = {
        let setup = setup.clone();
        change.reform(move |agent: AgentSpec| {
            let mut setup = setup.clone();
            setup.agents[selected] = agent;
            setup
        })
    };
    let environment = setup.environment.id.clone();
    let baseline = agents::recommended::agent(&environment, &agent.id).parameters;
    let pick = set.reform(move |id: String| agents::recommended::agent(&environment, &id));
    let set_values = {
        let id = agent.id.clone();
        set.reform(move |parameters: Parameters| AgentSpec { id: id.clone(), parameters })
    };
    let full = setup.agents.len() >= MOST_AGENTS;
    let add = {
        let (setup, select) = (setup.clone(), select.clone());
        change.reform(move |id: String| {
            let mut setup = setup.clone();
            select.emit(setup.agents.len());
            setup.agents.push(agents::recommended::agent(&setup.environment.id, &id));
            setup
        })
    };
    let rows = setup.names(catalog).into_iter().enumerate().map(|(agent, name)| {
        let name = all_told(&name);
        let mut others = setup.agents.clone();
        others.remove(agent);
        let without = with(others);
        html! {
            <li key={agent} role="none">
                <button class="agent" role="radio" aria-checked={(agent == selected).to_string()} data-testid={format!("agent-{agent}")}
                    data-testid-before={format!("mind-{agent}")} onclick={select.reform(move |_: MouseEvent| agent)}>
                    <i class={format!("swatch hue-{agent}")}></i>{ name.clone() }
                </button>
                if setup.agents.len() > 1 {
                    <button class="button plain square" aria-label={text::remove(&name)} title={text::remove(&name)}
                        data-testid={format!("remove-agent-{agent}")} data-testid-before={format!("remove-mind-{agent}")}
                        onclick={change.reform(move |_: MouseEvent| without.clone())}>
                        { icon(Symbol::Close) }
                    </button>
                }
            </li>
        }
    });
    html! {
        <>
            <section aria-label={text::AGENTS}>
                <h2 class="heading">{ text::AGENTS }</h2>
                <ul class="agents" role="radiogroup" aria-label={text::AGENTS}>{ for rows }</ul>
                <label class="add button">
                    { if full { text::AGENTS_FULL } else { text::ADD_AGENT } }
                    <Menu label={text::ADD_AGENT} name="add-agent" chosen="" locked={full} on_pick={add}>
                        <option disabled=true value="">{ text::ADD_AGENT }</option>
                        { options(catalog, refusals, "") }
                    </Menu>
                </label>
            </section>
            <section aria-label={text::AGENT}>
                <h2 class="heading"><i class={format!("swatch hue-{selected}")}></i>{ text::AGENT }</h2>
                <Picker label={text::PICK_AGENT} name="agent" catalog={catalog.to_vec()} chosen={entry.id.clone()}
                    subtitle={entry.source.clone()} refusals={refusals.clone()} on_pick={pick} />
                <p class="summary" data-testid="about-agent" data-testid-before="about-mind">{ told(&entry.summary) }</p>
                <Form key={format!("{selected}-{}", entry.id)} room={ControlGroup::Agent} entry={entry.clone()} values={agent.parameters.clone()} {baseline}
                    environment={setup.environment.clone()} on_change={set_values} />
                { vary(entry, agent, setup, change) }
            </section>
        </>
    }
}

/// Makes agents that differ in one parameter only.
fn vary(entry: &CatalogEntry, agent: &AgentSpec, setup: &Setup, change: &Callback<Setup>) -> Html {
    let is_number =
        |spec: &&ParameterSpec| matches!(spec.kind, ParameterKind::Number { .. } | ParameterKind::Integer { .. });
    let has_effect = |spec: &&ParameterSpec| spec.unmet(&entry.parameters, &agent.parameters).is_none();
    let numbers: Vec<_> = entry.parameters.iter().filter(is_number).filter(has_effect).cloned().collect();
    if numbers.is_empty() {
        return Html::default();
    }
    let submit = {
        let (numbers, agent, setup, change) = (numbers.clone(), agent.clone(), setup.clone(), change.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(form) = event.target_dyn_into::<HtmlFormElement>() else { return };
            let chosen =
                form.get_with_index(0).map(|it| wasm_bindgen::JsCast::unchecked_into::<HtmlSelectElement>(it).value());
            let Some(input) = form.get_with_index(1).map(wasm_bindgen::JsCast::unchecked_into::<HtmlInputElement>)
            else {
                return;
            };
            let Some(spec) = numbers.iter().find(|spec| Some(&spec.name) == chosen.as_ref()) else { return };
            match values_of(spec, &input.value()) {
                Ok(values) => {
                    input.set_custom_validity("");
                    let agents = values.into_iter().map(|value| {
                        let mut agent = agent.clone();
                        agent.parameters.insert(spec.name.clone(), value);
                        agent
                    });
                    change.emit(Setup { agents: agents.collect(), ..setup.clone() });
                }
                Err(reason) => {
                    input.set_custom_validity(&reason);
                    let _ = input.report_validity();
                }
            }
        })
    };
    let mend = |event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().set_custom_validity("");
    html! {
        <details class="more">
            <summary data-testid="more-vary">{ text::VARY }</summary>
            <form class="vary" onsubmit={submit}>
                <select class="text-input" aria-label={text::VARY_WHICH} data-testid="vary-parameter">
                    { for numbers.iter().map(|spec| html! { <option value={spec.name.clone()}>{ told(&spec.label) }</option> }) }
                </select>
                <input class="text-input" type="text" autocomplete="off" aria-label={text::VARY_VALUES} placeholder={text::VARY_EXAMPLE}
                    data-testid="vary-values" oninput={mend} />
                <button class="button" data-testid="vary">{ text::VARY_DO }</button>
                <p class="soft">{ text::VARY_NOTE }</p>
            </form>
        </details>
    }
}

/// Values of one parameter, as typed: apart by spaces, semicolons or commas.
fn values_of(spec: &ParameterSpec, typed: &str) -> Result<Vec<shared::parameter::Value>, String> {
    let typed: Vec<&str> = typed.split([',', ';', ' ']).filter(|it| !it.is_empty()).collect();
    if !(1..=MOST_AGENTS).contains(&typed.len()) {
        return Err(text::vary_count(MOST_AGENTS));
    }
    let values = typed.iter().map(|it| spec.parse(it).map_err(|error| text::value_not_taken(spec, it, &error)));
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::Value;

    #[test]
    fn typed_values_are_taken_or_refused_by_name() {
        let spec = ParameterSpec::number("alpha", "Step size", (0.0, 1.0), 0.1, 0.01, "");
        let values = [0.05, 0.5].map(Value::Number).to_vec();
        assert_eq!(values_of(&spec, "0.05, 0.5"), Ok(values.clone()));
        assert_eq!(values_of(&spec, "0.05 0.5 "), Ok(values));
        assert!(values_of(&spec, "").unwrap_err().contains(&MOST_AGENTS.to_string()));
        let error = values_of(&spec, "0.1 1.5").unwrap_err();
        assert_eq!(error, "Not taken: Step size must be a number from 0 to 1, not “1.5”.");
    }
}
