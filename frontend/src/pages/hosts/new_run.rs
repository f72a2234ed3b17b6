//! The form for a new run: where and how long, which environment, which agent.

use super::order::{AUTO, Draft, ENDS, End, Faults, Field, WEIGHTS, changed, spec_faults};
use crate::components::form::Form as SettingsForm;
use crate::components::icons::{Symbol, icon};
use crate::components::menu::Menu;
use crate::components::messages::Messages;
use crate::language::{Text, told};
use crate::lesson::control::ControlGroup;
use crate::pages::lab::agent_panel::AgentPanel;
use crate::pages::lab::environment_panel::EnvironmentPanel;
use crate::pages::watch::relay::{WatchedRelay, use_relay_session};
use crate::pulse::use_pulse;
use crate::store::RunView;
use crate::text;
use crate::text::hosts as words;
use agents::further_presets;
use environments::Environment;
use shared::command::Answer;
use shared::describe::CatalogEntry;
use shared::event::Severity;
use shared::host::{HostDevice, HostView};
use shared::parameter::Parameters;
use shared::spec::EnvironmentSpec;
use shared::{Command, RunId, RunSpec};
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// What is filled in, the hosts that can be asked, and who is told.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct NewRunProps {
    /// The page's relay.
    pub relay: WatchedRelay,
    /// The hosts that are connected.
    pub hosts: Vec<(RunId, Rc<HostView>)>,
    /// What is filled in.
    pub draft: Draft,
    /// Told of what else is filled in.
    pub on_change: Callback<Draft>,
    /// Ways to talk to people.
    pub messages: Messages,
    /// Told when a host has taken it.
    pub on_done: Callback<()>,
}

/// The form, once there is a host.
#[component]
pub fn NewRun(props: &NewRunProps) -> Html {
    let picked = props.draft.host.clone();
    let host = match &picked {
        Some(picked) => props.hosts.iter().find(|(host, _)| host == picked),
        None => props.hosts.first(),
    };
    match host {
        Some((host, view)) => html! { <Form form={props.clone()} host={host.clone()} view={Rc::clone(view)} /> },
        None => html! {
            <div class="card host">
                <p role="alert">{ words::HOST_GONE }</p>
                { host_field(props, None) }
            </div>
        },
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct NewRunFormProps {
    form: NewRunProps,
    host: RunId,
    view: Rc<HostView>,
}

#[component]
fn Form(props: &NewRunFormProps) -> Html {
    let NewRunFormProps { form: NewRunProps { draft, on_change, .. }, host, view } = props;
    let session = use_relay_session(&props.form.relay, host, None);
    // Nobody is told of a fault before they have said that they are done.
    let tried = use_state_eq(|| false);
    let asking = use_state_eq(|| false);
    let refusal = use_state_eq(|| None::<String>);
    let unentered = use_state_eq(|| false);
    let place = use_node_ref();
    let of_spec = use_memo((draft.spec.clone(), Rc::clone(view)), |(spec, view)| spec_faults(spec, view));
    let subtitle = use_memo(draft.spec.environment.clone(), subtitle);
    // What is wrong with what was picked is told at once.
    let faults = match draft.order(&of_spec) {
        Err(faults) if *tried => faults,
        _ if draft.is_kept => Faults::new(),
        _ => (*of_spec).clone(),
    };
    let start = {
        let (tried, asking, refusal, unentered) = (tried.clone(), asking.clone(), refusal.clone(), unentered.clone());
        let (draft, messages, on_done) = (draft.clone(), props.form.messages.clone(), props.form.on_done.clone());
        let place = place.clone();
        Callback::from(move |_: MouseEvent| {
            tried.set(true);
            refusal.set(None);
            let wrong =
                place.cast::<HtmlElement>().and_then(|it| it.query_selector("[aria-invalid=true]").ok().flatten());
            unentered.set(wrong.is_some());
            let launch = match (draft.order(&of_spec), wrong) {
                (Ok(launch), None) => launch,
                (_, wrong) => {
                    if let Some(field) = wrong.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
                        // Whatever has the keyboard keeps it if the field cannot take it.
                        let _ = field.focus();
                    }
                    return;
                }
            };
            asking.set(true);
            let (asking, refusal, messages, on_done) =
                (asking.clone(), refusal.clone(), messages.clone(), on_done.clone());
            let name = session.run().to_string();
            session.ask_and(Command::Launch(Box::new(launch)), move |answer| {
                asking.set(false);
                match answer {
                    Answer::Accepted { .. } => {
                        messages.tell(Severity::Information, words::taken(&name));
                        on_done.emit(());
                    }
                    Answer::Rejected { reason } => refusal.set(Some(words::refused(&name, &reason))),
                }
            });
        })
    };
    {
        // What was said of the form as it was is over once it is another one.
        let (refusal, unentered) = (refusal.clone(), unentered.clone());
        use_effect_with(draft.clone(), move |_| {
            refusal.set(None);
            unentered.set(false);
        });
    }
    let set = |change: fn(&mut Draft, String)| {
        let (draft, on_change) = (draft.clone(), on_change.clone());
        Callback::from(move |value: String| {
            let mut next = draft.clone();
            change(&mut next, value);
            on_change.emit(next);
        })
    };
    let set_spec = {
        let (draft, on_change) = (draft.clone(), on_change.clone());
        Callback::from(move |spec: RunSpec| on_change.emit(Draft { spec, ..draft.clone() }))
    };
    let set_values = {
        let (draft, on_change) = (draft.clone(), on_change.clone());
        Callback::from(move |set: Parameters| on_change.emit(Draft { set, ..draft.clone() }))
    };
    let must_correct = *tried && (!faults.is_empty() || *unentered);
    html! {
        // No `<form>`: Enter in a field enters what stands there, and starts nothing.
        <div class="new-run" ref={place.clone()} role="form" aria-label={words::NEW_RUN} data-testid="new-run-form">
            <section class="card panel where" aria-label={words::WHERE}>
                <section>
                    <h2 class="heading">{ words::WHERE }</h2>
                    { host_field(&props.form, Some(host)) }
                    { choice(words::BEGIN_WITH, "new-run-begin", if draft.is_kept { "kept" } else { "new" },
                        &[("new", words::ANEW), ("kept", words::KEPT)], &set(|draft, way| draft.is_kept = way == "kept")) }
                    if draft.is_kept {
                        <Line label={words::KEPT_RUN} name="new-run-kept" value={draft.place.clone()} example={words::KEPT_EXAMPLE}
                            note={words::KEPT_NOTE} fault={faults.get(&Field::Place).cloned()} among={kept_runs(view)} on_input={set(|draft, place| *draft = draft.of_place(place))} />
                        { choice(words::FROM, "new-run-from", &draft.from, &WEIGHTS, &set(|draft, from| draft.from = from)) }
                    }
                    { device_field(&draft.device, view, &set(|draft, device| draft.device = device)) }
                    { choice(words::END, "new-run-end", name_of(draft.end), &ends(draft.is_kept), &set(|draft, end| draft.end = end_of(&end))) }
                    if draft.end != End::Open {
                        <Line label={words::AMOUNT} name="new-run-amount" value={draft.amount.clone()} fault={faults.get(&Field::Amount).cloned()}
                            on_input={set(|draft, amount| draft.amount = amount)} />
                    }
                    <Line label={words::NAME} name="new-run-name" value={draft.name.clone()} example={words::NAME_EXAMPLE.text()}
                        fault={faults.get(&Field::Name).cloned()} on_input={set(|draft, name| draft.name = name)} />
                </section>
            </section>
            if draft.is_kept {
                <section class="card panel child" aria-label={words::CHILD}>
                    <section>
                        <h2 class="heading">{ words::CHILD }</h2>
                        if let Some(run) = kept_as(view, &draft.place) {
                            <Child key={draft.place.clone()} relay={props.form.relay.clone()} {run} set={draft.set.clone()} on_change={set_values} />
                        } else {
                            <p class="soft">{ words::CHILD_UNKNOWN }</p>
                        }
                    </section>
                </section>
            } else {
                <>
                    <section class="card panel">
                        <EnvironmentPanel catalog={known(environments::registry::catalog(), &view.environments)} spec={draft.spec.clone()}
                            subtitle={(*subtitle).clone()} on_change={set_spec.clone()} />
                        { fault("new-run-environment-fault", faults.get(&Field::Environment)) }
                    </section>
                    <section class="card panel">
                        <AgentPanel catalog={agents_of(view)} spec={draft.spec.clone()} locked={false} on_change={set_spec} />
                        { fault("new-run-agent-fault", faults.get(&Field::Agent)) }
                    </section>
                </>
            }
            <footer class="start">
                <button class="button primary" data-testid="start-run" disabled={*asking} onclick={start}>
                    { icon(Symbol::Play) }{ if *asking { words::STARTING_IT } else { words::START }}
                </button>
                <p class="negative" role="alert" data-testid="start-refused">
                    if must_correct { { words::CORRECT_FIRST } } else if let Some(refusal) = &*refusal { { refusal.clone() } }
                </p>
            </footer>
        </div>
    }
}

/// Entries of which a host knows the ids, in this page's order. What only the host knows has no form here.
fn known(catalog: Vec<CatalogEntry>, ids: &[String]) -> Vec<CatalogEntry> {
    catalog.into_iter().filter(|entry| ids.contains(&entry.id)).collect()
}

/// The agents of a host, with presets that no tab is given; those for a GPU where the host can use one.
fn agents_of(view: &HostView) -> Vec<CatalogEntry> {
    let is_gpu =
        |it: &HostDevice| it.missing.is_none() && ["cuda", "wgpu"].iter().any(|kind| it.device.starts_with(kind));
    let has_gpu = view.devices.iter().any(is_gpu);
    let with = |entry: CatalogEntry| {
        if has_gpu { further_presets::with(entry) } else { further_presets::with_fast_stable_max(entry) }
    };
    known(agents::registry::catalog(), &view.agents).into_iter().map(with).collect()
}

/// One line on the environment as it would be built.
fn subtitle(environment: &EnvironmentSpec) -> String {
    struct Subtitle;
    impl environments::registry::EnvironmentVisitor for Subtitle {
        type Output = String;
        fn visit<E: Environment>(self, environment: E) -> String {
            environment.describe().subtitle
        }
    }
    environments::registry::build(environment).map(|built| built.accept(Subtitle)).unwrap_or_default()
}

/// Folders of runs that the host has told of.
fn kept_runs(view: &HostView) -> Vec<String> {
    let mut places: Vec<_> = view.runs.iter().filter_map(|run| run.directory.clone()).collect();
    places.sort();
    places.dedup();
    places
}

/// The name at the relay of the run in this folder.
fn kept_as(view: &HostView, place: &str) -> Option<RunId> {
    let run = view.runs.iter().rev().find(|run| run.directory.as_deref() == Some(place.trim()))?;
    RunId::new(run.run.clone()?).ok()
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct ChildProps {
    relay: WatchedRelay,
    run: RunId,
    set: Parameters,
    on_change: Callback<Parameters>,
}

/// The values that a kept run's agent has, to be changed for a child of it.
#[component]
fn Child(props: &ChildProps) -> Html {
    let session = use_relay_session(&props.relay, &props.run, None);
    let spec = use_pulse(&session, RunView::present_spec);
    let Some((spec, entry)) = spec.and_then(|spec| agents::registry::find(&spec.agent.id).ok().map(|it| (spec, it)))
    else {
        return html! { <p class="soft">{ words::CHILD_UNKNOWN }</p> };
    };
    let before = spec.agent.parameters;
    let mut values = before.clone();
    values.extend(props.set.clone());
    let change = {
        let (on_change, entry, before) = (props.on_change.clone(), entry.clone(), before.clone());
        move |after: Parameters| on_change.emit(changed(&entry, &before, &after))
    };
    html! {
        <>
            <div class="picker"><b>{ told(&entry.title) }</b><span>{ props.run.to_string() }</span></div>
            <p class="summary">{ words::CHILD_NOTE }</p>
            <SettingsForm room={ControlGroup::Agent} {entry} {values} baseline={before} environment={spec.environment} on_change={change} />
        </>
    }
}

fn host_field(props: &NewRunProps, host: Option<&RunId>) -> Html {
    let (draft, on_change) = (props.draft.clone(), props.on_change.clone());
    let pick = Callback::from(move |host: String| {
        if let Ok(host) = RunId::new(host) {
            on_change.emit(Draft { host: Some(host), device: AUTO.into(), ..draft.clone() });
        }
    });
    let option = |host: &RunId, view: &HostView| {
        let name = format!("{} ({host}), {}", view.machine, words::slots(view.free_slots, view.slots));
        html! { <option value={host.to_string()}>{ name }</option> }
    };
    html! {
        <label class="pick">
            <span>{ words::HOST }</span>
            <Menu label={words::HOST} name="new-run-host" chosen={host.map(ToString::to_string).unwrap_or_default()} on_pick={pick}>
                if host.is_none() { <option value="" disabled=true>{ text::NO_ANSWER }</option> }
                { for props.hosts.iter().map(|(host, view)| option(host, view)) }
            </Menu>
        </label>
    }
}

fn device_field(chosen: &str, view: &HostView, on_pick: &Callback<String>) -> Html {
    let option = |device: &HostDevice| {
        let words = match &device.missing {
            Some(missing) => format!("{} ({missing})", device.device),
            None => format!("{}, {}", device.device, device.name),
        };
        html! { <option value={device.device.clone()} disabled={device.missing.is_some()}>{ words }</option> }
    };
    html! {
        <label class="pick">
            <span>{ words::DEVICE }</span>
            <Menu label={words::DEVICE} name="new-run-device" chosen={chosen.to_owned()} on_pick={on_pick.clone()}>
                <option value={AUTO}>{ words::AUTO }</option>
                { for view.devices.iter().map(option) }
            </Menu>
        </label>
    }
}

fn name_of(end: End) -> &'static str {
    ENDS.iter().find(|(it, _)| *it == end).map_or("open", |(_, name)| name)
}

fn end_of(name: &str) -> End {
    ENDS.iter().find(|(_, it)| *it == name).map_or(End::Open, |(end, _)| *end)
}

fn ends(is_kept: bool) -> [(&'static str, Text); 3] {
    let open = if is_kept { words::OWN_END } else { words::NEVER };
    ENDS.map(|(end, name)| match end {
        End::Open => (name, open),
        End::Steps => (name, words::AFTER_STEPS),
        End::Episodes => (name, words::AFTER_EPISODES),
    })
}

fn choice(
    label: Text,
    name: &'static str,
    chosen: &str,
    options: &[(&'static str, Text)],
    on_pick: &Callback<String>,
) -> Html {
    html! {
        <div class="field tall" data-testid={name} data-value={chosen.to_owned()}>
            <span class="label">{ label }</span>
            <div class="chips" role="radiogroup" aria-label={label}>
                { for options.iter().map(|(value, words)| html! {
                    <button type="button" class="chip" role="radio" key={*value} aria-checked={(*value == chosen).to_string()}
                        data-testid={format!("{name}-{value}")} onclick={ let value = *value; on_pick.reform(move |_: MouseEvent| value.to_owned()) }>{ *words }</button>
                }) }
            </div>
        </div>
    }
}

fn fault(name: &'static str, fault: Option<&String>) -> Html {
    html! { if let Some(fault) = fault { <p class="negative" role="alert" data-testid={name}>{ fault.clone() }</p> } }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct LineProps {
    label: Text,
    name: &'static str,
    value: String,
    #[prop_or_default]
    example: &'static str,
    #[prop_or_default]
    note: Text,
    #[prop_or_default]
    fault: Option<String>,
    /// What was entered here before, to pick from.
    #[prop_or_default]
    among: Vec<String>,
    on_input: Callback<String>,
}

/// A line of text with what is wrong with it.
#[component]
fn Line(props: &LineProps) -> Html {
    let id = format!("line-{}", props.name);
    let write = props.on_input.reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    html! {
        <div class="line-field">
            <label for={id.clone()}>{ props.label }</label>
            <input id={id.clone()} class="text-input" type="text" autocomplete="off" spellcheck="false" value={props.value.clone()}
                placeholder={props.example} list={(!props.among.is_empty()).then(|| format!("{id}-among"))} aria-describedby={format!("{id}-note")}
                aria-invalid={props.fault.is_some().to_string()} data-testid={props.name} oninput={write} />
            if !props.among.is_empty() {
                <datalist id={format!("{id}-among")}>{ for props.among.iter().map(|it| html! { <option value={it.clone()}></option> }) }</datalist>
            }
            <p id={format!("{id}-note")} class={if props.fault.is_some() { "negative" } else { "soft" }} data-testid={format!("{}-note", props.name)}>
                { props.fault.clone().unwrap_or_else(|| props.note.into()) }
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_for_a_gpu_are_offered_where_a_host_can_use_one() {
        let device = |device: &str, missing: Option<&str>| HostDevice {
            device: device.into(),
            name: String::new(),
            memory_bytes: None,
            missing: missing.map(Into::into),
        };
        let names = |devices: Vec<HostDevice>| -> Vec<String> {
            let view = HostView { devices, agents: vec!["ppo".into(), "q-learning".into()], ..HostView::default() };
            let [table, network] = agents_of(&view).try_into().unwrap();
            assert!(!table.presets.iter().any(|it| it.name == "fast"), "tables have no network to be large");
            network.presets.into_iter().map(|it| it.name).collect()
        };
        for without in [vec![device("cpu", None)], vec![device("cuda:0", Some("no driver"))], vec![]] {
            let names = names(without);
            assert!(["fast", "stable", "max"].iter().all(|it| names.contains(&(*it).to_owned())), "{names:?}");
            assert!(!names.iter().any(|it| it.starts_with("gpu-")), "{names:?}");
        }
        for with in [device("cuda:0", None), device("wgpu:1", None)] {
            assert!(names(vec![device("cpu", None), with]).contains(&"gpu-convolutions".to_owned()));
        }
    }
}
