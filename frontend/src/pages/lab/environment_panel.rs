//! The environment's panel: which environment, how it is set, its seed, its map.

use super::agent_menu::{AgentRefusals, options};
use crate::components::form::Form;
use crate::components::icons::{Symbol, icon};
use crate::components::letters::{map_of, put_to_use};
use crate::components::map_desk::{MapDesk, MapEnd};
use crate::components::menu::Menu;
use crate::components::settings::{value_of, with};
use crate::language::{Text, told};
use crate::lesson::control::{ControlGroup, ControlRule, FixedControl, use_rules};
use crate::text;
use shared::parameter::{ParameterSpec, Parameters};
use shared::spec::{EnvironmentSpec, RunSpec};
use shared::{Seed, describe::CatalogEntry};
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The spec and who is told of another one.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct EnvironmentPanelProps {
    /// All environments.
    pub catalog: Vec<CatalogEntry>,
    /// What is set.
    pub spec: RunSpec,
    /// One line on the environment as built.
    pub subtitle: AttrValue,
    /// Why what is set was not taken, if it was not.
    #[prop_or_default]
    pub refusal: Option<AttrValue>,
    /// Told when what was not taken is given up.
    #[prop_or_default]
    pub on_take_back: Callback<()>,
    /// Told of another spec.
    pub on_change: Callback<RunSpec>,
}

/// Everything about the environment.
#[component]
pub fn EnvironmentPanel(props: &EnvironmentPanelProps) -> Html {
    // How often the map was asked for; 0 while nobody draws. Who asks again, because it did not come, gets it anew.
    let editing = use_state(|| 0_u32);
    let rules = use_rules();
    // A map that was drawn and neither used nor given up, and of which environment.
    let drawn = use_state(|| None::<(String, String)>);
    let Some(entry) = props.catalog.iter().find(|entry| entry.id == props.spec.environment.id) else {
        return Html::default();
    };
    let (map, is_mdp) = (map_of(&entry.parameters), entry.id == "mdp");
    let set = {
        let (on_change, spec) = (props.on_change.clone(), props.spec.clone());
        Callback::from(move |values: Parameters| {
            let environment = EnvironmentSpec { id: spec.environment.id.clone(), parameters: values };
            on_change.emit(RunSpec { environment, ..spec.clone() });
        })
    };
    let pick = {
        let (on_change, spec) = (props.on_change.clone(), props.spec.clone());
        Callback::from(move |id: String| {
            let agent = agents::recommended::moved(&spec.agent, &spec.environment.id, &id);
            let environment = EnvironmentSpec { id, parameters: Parameters::new() };
            on_change.emit(RunSpec { environment, agent, ..spec.clone() });
        })
    };
    html! {
        <section aria-label={text::ENVIRONMENT}>
            <h2 class="heading">{ text::ENVIRONMENT }</h2>
            <Picker label={text::PICK_ENVIRONMENT} name="environment" catalog={props.catalog.clone()} chosen={entry.id.clone()}
                subtitle={props.subtitle.clone()} rule={rules.part(FixedControl::Environment)} on_pick={pick} />
            if let Some(reason) = &props.refusal {
                <div class="not-taken" role="alert" data-testid="not-taken">
                    <p>{ text::not_on_stage(reason) }</p>
                    <button class="button" data-testid="take-back" onclick={props.on_take_back.reform(|_: MouseEvent| ())}>{ text::TAKE_BACK }</button>
                </div>
            }
            // It may tell what a lesson asks.
            if rules.part(FixedControl::Environment).is_shown() { <p class="summary">{ told(&entry.summary) }</p> }
            if rules.shows_any(ControlGroup::Environment) { <p class="locked">{ text::ALL_UNLOCKED }</p> }
            <Form key={entry.id.clone()} room={ControlGroup::Environment} entry={entry.clone()} values={props.spec.environment.parameters.clone()} on_change={set} />
            if rules.part(FixedControl::Seed).is_shown() {
            <SeedField rule={rules.part(FixedControl::Seed)} seed={props.spec.seed} on_change={ {
                let (on_change, spec) = (props.on_change.clone(), props.spec.clone());
                move |seed| on_change.emit(RunSpec { seed, ..spec.clone() })
            } } />
            }
            if rules.part(FixedControl::Map).is_shown() && (is_mdp || map.is_some()) {
                <button class={classes!("button", rules.part(FixedControl::Map).class())} data-testid="edit-map" data-control="map" disabled={rules.part(FixedControl::Map).is_locked()} onclick={ { let editing = editing.clone(); move |_| editing.set(*editing + 1) } }>
                    { icon(Symbol::Pencil) }{ if is_mdp { text::EDIT_MDP } else { text::EDIT_MAP } }
                </button>
                if *editing > 0 {
                    <MapDesk key={*editing} spec={props.spec.clone()} {is_mdp}
                        map={drawn.as_ref().filter(|(id, _)| *id == entry.id).map(|(_, map)| map.clone()).or_else(
                            || Some(value_of(map?, &props.spec.environment.parameters).to_string())).unwrap_or_default()}
                        on_end={ {
                            let (entry, parameter) = (entry.clone(), map.cloned());
                            let (on_change, editing, drawn, spec) = (props.on_change.clone(), editing.clone(), drawn.clone(), props.spec.clone());
                            move |end: MapEnd| {
                                editing.set(0);
                                match end {
                                    MapEnd::Left(None) => {}
                                    MapEnd::Left(Some(map)) => drawn.set(Some((entry.id.clone(), map))),
                                    MapEnd::GivenUp => drawn.set(None),
                                    MapEnd::Used(map) => {
                                        drawn.set(None);
                                        on_change.emit(with_drawn(&entry, spec.clone(), parameter.as_ref(), map));
                                    }
                                }
                            }
                        } } />
                }
            }
        </section>
    }
}

/// A run with what was drawn: a map, or what an MDP sets of the environment and of the agent.
fn with_drawn(entry: &CatalogEntry, mut spec: RunSpec, map: Option<&ParameterSpec>, drawn: String) -> RunSpec {
    let values = &mut spec.environment.parameters;
    if let Some(map) = map {
        *values = put_to_use(&entry.parameters, values, map, drawn);
    } else if let Ok([environment, agent]) = serde_json::from_str::<[Parameters; 2]>(&drawn) {
        *values = with(entry, values, environment);
        spec.agent.parameters.extend(agent);
    }
    spec
}

/// A menu that looks like a card.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct PickerProps {
    /// What is picked.
    pub label: Text,
    /// Its name for automation and among the controls of lessons.
    pub name: &'static str,
    /// What there is.
    pub catalog: Vec<CatalogEntry>,
    /// The id that is picked.
    pub chosen: String,
    /// One line under the title.
    pub subtitle: AttrValue,
    /// Why some cannot be picked.
    #[prop_or_default]
    pub refusals: AgentRefusals,
    /// Told of another id.
    pub on_pick: Callback<String>,
    /// Whether nothing can be picked now.
    #[prop_or_default]
    pub locked: bool,
    /// What a lesson makes of it: where it is hidden, what is picked is still told.
    #[prop_or_default]
    pub rule: ControlRule,
}

/// A menu that looks like a card.
#[component]
pub fn Picker(props: &PickerProps) -> Html {
    let title = props.catalog.iter().find(|entry| entry.id == props.chosen).map(|entry| told(&entry.title));
    html! {
        <div class={classes!("picker", props.rule.class())} data-control={props.name}>
            <b>{ title.unwrap_or_default() }</b>
            <span>{ told(&props.subtitle) }</span>
            if props.rule.is_shown() {
                { icon(Symbol::Down) }
                <Menu label={props.label} name={props.name} chosen={props.chosen.clone()} locked={props.locked || props.rule.is_locked()}
                    on_pick={props.on_pick.clone()}>
                    { options(&props.catalog, &props.refusals, &props.chosen) }
                </Menu>
            }
        </div>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct SeedFieldProps {
    seed: Seed,
    rule: ControlRule,
    on_change: Callback<Seed>,
}

/// The seed, typed or thrown. What is typed and not entered yet stays until another seed is set.
#[component]
fn SeedField(props: &SeedFieldProps) -> Html {
    let (typed, fault) = (use_state_eq(|| None::<String>), use_state_eq(|| false));
    {
        let (typed, fault) = (typed.clone(), fault.clone());
        use_effect_with(props.seed, move |_| {
            typed.set(None);
            fault.set(false);
        });
    }
    let write = {
        let typed = typed.clone();
        Callback::from(move |event: InputEvent| {
            typed.set(Some(event.target_unchecked_into::<HtmlInputElement>().value()));
        })
    };
    let enter = {
        let (typed, fault, on_change, before) = (typed.clone(), fault.clone(), props.on_change.clone(), props.seed);
        Callback::from(move |event: Event| {
            let written = event.target_unchecked_into::<HtmlInputElement>().value();
            let seed = written.trim().parse().ok().and_then(|seed| Seed::new(seed).ok());
            fault.set(seed.is_none());
            if let Some(seed) = seed {
                typed.set(None);
                if seed != before {
                    on_change.emit(seed);
                }
            }
        })
    };
    let throw =
        props.on_change.reform(|_: MouseEvent| Seed::new((js_sys::Math::random() * 1e6) as u64).unwrap_or(Seed::MAX));
    let written = typed.as_ref().map_or_else(|| props.seed.to_string(), Clone::clone);
    html! {
        <div class={classes!("seed", props.rule.class())} data-control="seed">
            <label for="seed">{ text::SEED }</label>
            <input id="seed" class="text-input number" type="text" inputmode="numeric" autocomplete="off"
                value={written} disabled={props.rule.is_locked()} aria-invalid={fault.to_string()} title={if *fault { text::SEED_FAULT } else { Text("") }}
                data-testid="seed" data-value={props.seed.to_string()} oninput={write} onchange={enter} />
            <button class="button square" aria-label={text::OTHER_SEED} title={text::OTHER_SEED} data-testid="other-seed" disabled={props.rule.is_locked()} onclick={throw}>
                { icon(Symbol::Dice) }
            </button>
            if *fault { <p class="negative" role="alert">{ text::SEED_FAULT }</p> }
        </div>
    }
}
