//! The editor of lessons: for teachers, from whatever is on the stage. It stands in the dialog of an
//! [`EditorDesk`](super::lab::editor_desk::EditorDesk), in a program that comes when somebody wants to write.

use crate::components::icons::{Symbol, icon};
use crate::components::messages::use_messages;
use crate::files::{copy, save_text};
use crate::language::Text;
use crate::lesson::control::{ControlGroup, ControlRule, LabControl, PARTS};
use crate::lesson::packing::pack;
use crate::lesson::{Lesson, LessonStep, MOST_STEPS, StepKind};
use crate::pages::lab::lesson_card::label_of;
use crate::route::{LessonPlace, Route};
use crate::text;
use shared::RunSpec;
use shared::event::Severity;
use std::collections::BTreeMap;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

/// Under this the lesson that somebody writes is kept, so that nothing is lost by closing the editor.
const DRAFT: &str = "terrarium.lesson-draft";

/// Figures beside the stage by name.
const FIGURES: [&str; 6] = ["episode", "return", "steps-per-second", "optimal-states", "regret", "run-hash"];

/// What to begin with.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct LessonEditorProps {
    /// The lesson as it is; none begins one of what is on show.
    pub lesson: Option<Lesson>,
    /// What is on show, as a lesson: its run, overlays and speed.
    pub now: Lesson,
    /// Told when the lesson is on show instead of the editor.
    pub on_shown: Callback<()>,
}

/// The editor.
#[component]
pub fn LessonEditor(props: &LessonEditorProps) -> Html {
    // A new lesson leaves the speed to whoever takes it.
    let lesson = use_state(|| props.lesson.clone().unwrap_or_else(|| Lesson { speed: None, ..props.now.clone() }));
    let step = use_state(|| 0_usize);
    let draft = use_state(load_draft);
    // Steps that were removed, with their places: a click is not to lose what somebody wrote.
    let removed = use_state(Vec::<(usize, LessonStep)>::new);
    let touched = use_state_eq(|| false);
    let (messages, said) = use_messages();
    let tell = Callback::from(move |(severity, words): (Severity, String)| messages.tell(severity, words));
    let at = (*step).min(lesson.steps.len() - 1);
    let set = {
        let (lesson, touched) = (lesson.clone(), touched.clone());
        Callback::from(move |changed: Lesson| {
            keep_draft(&changed);
            touched.set(true);
            lesson.set(changed);
        })
    };
    let change = |change: fn(&mut Lesson, usize, String)| {
        let (lesson, set) = ((*lesson).clone(), set.clone());
        move |value: String| {
            let mut changed = lesson.clone();
            change(&mut changed, at, value);
            set.emit(changed);
        }
    };
    let typed = |change: Box<dyn Fn(String)>| {
        Callback::from(move |event: InputEvent| change(event.target_unchecked_into::<HtmlInputElement>().value()))
    };
    let write = {
        let change = change(|lesson, at, text| lesson.steps[at].text = text);
        Callback::from(move |event: InputEvent| change(event.target_unchecked_into::<HtmlTextAreaElement>().value()))
    };
    let picked = |change: Box<dyn Fn(String)>| {
        Callback::from(move |event: Event| change(event.target_unchecked_into::<HtmlSelectElement>().value()))
    };
    let rules = {
        let (lesson, set) = ((*lesson).clone(), set.clone());
        move |of_step: bool| {
            let (lesson, set) = (lesson.clone(), set.clone());
            Callback::from(move |(control, rule): (LabControl, Option<ControlRule>)| {
                let mut changed = lesson.clone();
                let controls = if of_step { &mut changed.steps[at].controls } else { &mut changed.controls };
                match rule {
                    Some(rule) => drop(controls.insert(control, rule)),
                    None => drop(controls.remove(&control)),
                }
                set.emit(changed);
            })
        }
    };
    let edit = |change: Box<dyn Fn(&mut Lesson)>| {
        let (lesson, set) = ((*lesson).clone(), set.clone());
        Callback::from(move |_: MouseEvent| {
            let mut changed = lesson.clone();
            change(&mut changed);
            set.emit(changed);
        })
    };
    let as_now = {
        let (overlays, speed) = (props.now.overlays.clone(), props.now.speed);
        edit(Box::new(move |lesson| {
            lesson.steps[at].overlays.clone_from(&overlays);
            lesson.steps[at].speed = speed;
        }))
    };
    let run_now = {
        let run = props.now.run.clone();
        edit(Box::new(move |lesson| {
            let until_episode = lesson.run.0.until_episode;
            lesson.run = run.clone();
            lesson.run.0.until_episode = until_episode;
        }))
    };
    let add = {
        let step = step.clone();
        let next = lesson.steps.len();
        edit(Box::new(move |lesson| {
            let last = lesson.steps[lesson.steps.len() - 1].clone();
            lesson.steps.push(LessonStep { text: String::new(), compare: None, ..last });
            step.set(next);
        }))
    };
    let remove = {
        let removed = removed.clone();
        edit(Box::new(move |lesson| {
            let gone = (at, lesson.steps.remove(at));
            removed.set(removed.iter().cloned().chain([gone]).collect());
        }))
    };
    let restore = {
        let (removed, step) = (removed.clone(), step.clone());
        edit(Box::new(move |lesson| {
            let mut left = (*removed).clone();
            if let Some((place, gone)) = left.pop() {
                let place = place.min(lesson.steps.len());
                lesson.steps.insert(place, gone);
                step.set(place);
                removed.set(left);
            }
        }))
    };
    let fault = lesson.fault();
    let send = |send: fn(String, &Lesson, Callback<(Severity, String)>)| {
        let (lesson, tell) = ((*lesson).clone(), tell.clone());
        move |_: MouseEvent| {
            let (lesson, tell) = (lesson.clone(), tell.clone());
            spawn_local(async move {
                send(address_of(&lesson).await, &lesson, tell);
            });
        }
    };
    let preview = {
        let (lesson, on_shown) = ((*lesson).clone(), props.on_shown.clone());
        move |_: MouseEvent| {
            let (lesson, on_shown) = (lesson.clone(), on_shown.clone());
            spawn_local(async move {
                go_to(&address_of(&lesson).await);
                on_shown.emit(());
            });
        }
    };
    let spec = &lesson.run.0.spec;
    let shown = &lesson.steps[at];
    let begins = match lesson.run.0.until_episode {
        Some(0) => "waits",
        None => "learns",
        Some(_) => "learned",
    };
    html! {
        <div class="lesson-editor">
            if let Some(kept) = (*draft).clone().filter(|kept| *kept != *lesson) {
                <p class="row"><span class="soft">{ text::DRAFT_KEPT }</span>
                    <button class="button" data-testid="lesson-draft" onclick={ {
                        let (set, draft, removed) = (set.clone(), draft.clone(), removed.clone());
                        // What was written in its place is offered in turn.
                        let written = touched.then(|| (*lesson).clone());
                        move |_: MouseEvent| { set.emit(kept.clone()); draft.set(written.clone()); removed.set(Vec::new()); }
                    } }>{ text::GO_ON_WITH_DRAFT }</button></p>
            }
            <label class="line">{ text::LESSON_TITLE }<input class="text-input" type="text" data-testid="lesson-title" value={lesson.title.clone()}
                oninput={typed(Box::new(change(|lesson, _, title| lesson.title = title)))} /></label>
            <label class="line">{ text::LESSON_ABOUT }<input class="text-input" type="text" data-testid="lesson-about" value={lesson.about.clone()}
                oninput={typed(Box::new(change(|lesson, _, about| lesson.about = about)))} /></label>
            <div class="line"><span>{ text::LESSON_RUN }</span>
                <span><b>{ text::run_words(&spec.environment.id, &spec.agent.id, &spec.seed.to_string()) }</b>{ " " }
                <button class="link" onclick={run_now}>{ text::TAKE_RUN }</button></span></div>
            <label class="line">{ text::LESSON_BEGINS }
                <span class="row">
                    <select class="text-input" data-testid="lesson-begins" onchange={picked(Box::new(change(|lesson, _, begins| {
                        lesson.run.0.until_episode = match begins.as_str() { "waits" => Some(0), "learned" => Some(100), _ => None };
                    })))}>
                        { for text::BEGINS.iter().map(|(value, label)| html! { <option value={*value} selected={*value == begins}>{ *label }</option> }) }
                    </select>
                    if begins == "learned" {
                        <input class="text-input number" type="number" min="1" aria-label={text::EPISODES} value={lesson.run.0.until_episode.unwrap_or(1).to_string()}
                            oninput={typed(Box::new(change(|lesson, _, count| lesson.run.0.until_episode = Some(count.parse().unwrap_or(1).max(1)))))} />
                    }
                </span></label>
            <label class="line">{ text::LESSON_REST }
                <select class="text-input" data-testid="lesson-rest" onchange={picked(Box::new(change(|lesson, _, rest| {
                    lesson.rest = if rest == "hidden" { ControlRule::Hidden } else { ControlRule::Shown };
                })))}>
                    <option value="shown" selected={lesson.rest == ControlRule::Shown}>{ text::RULES[1].1 }</option>
                    <option value="hidden" selected={lesson.rest == ControlRule::Hidden}>{ text::RULES[4].1 }</option>
                </select></label>
            <details data-testid="lesson-controls"><summary>{ text::LESSON_CONTROLS }</summary>{ table(&lesson.controls, spec, text::AS_THE_REST, &rules(false)) }</details>
            <section class="lesson-edited" aria-label={text::STEPS_OF_LESSON}>
                <div class="row">
                    <div class="chips" role="group" aria-label={text::STEPS_OF_LESSON}>
                        { for lesson.steps.iter().enumerate().map(|(index, it)| {
                            let step = step.clone();
                            html! { <button class="chip" aria-pressed={(index == at).to_string()} data-testid={format!("edit-step-{index}")}
                                onclick={move |_: MouseEvent| step.set(index)}>{ text::step_label(index + 1, &it.kind.words().0) }</button> }
                        }) }
                    </div>
                    <button class="button square" aria-label={text::ADD_STEP} title={text::ADD_STEP} disabled={lesson.steps.len() >= MOST_STEPS} onclick={add}>{ icon(Symbol::Plus) }</button>
                    <button class="button square" aria-label={text::REMOVE_STEP} title={text::REMOVE_STEP} disabled={lesson.steps.len() == 1} onclick={remove}>{ icon(Symbol::Trash) }</button>
                </div>
                if let Some((place, gone)) = removed.last() {
                    <p class="row"><span class="soft" role="status">{ text::deleted(&text::step_label(place + 1, &gone.kind.words().0)) }</span>
                        <button class="button" data-testid="lesson-restore" disabled={lesson.steps.len() >= MOST_STEPS} onclick={restore}>{ text::UNDO }</button></p>
                }
                <label class="line">{ text::STEP_KIND }
                    <select class="text-input" onchange={picked(Box::new(change(|lesson, at, kind| {
                        lesson.steps[at].kind = StepKind::ALL.into_iter().find(|it| *it.words().0 == *kind).unwrap_or_default();
                    })))}>
                        { for StepKind::ALL.map(|kind| html! { <option value={kind.words().0} selected={kind == shown.kind}>{ kind.words().0 }</option> }) }
                    </select></label>
                <textarea key={at} class="text-input" rows="5" aria-label={text::STEP_TEXT} placeholder={text::STEP_TEXT} data-testid="lesson-text"
                    value={shown.text.clone()} oninput={write} />
                <div class="row">
                    <button class="button" onclick={as_now}>{ text::TAKE_GLASS }</button>
                    <span class="soft">{ if shown.overlays.is_some() { text::OVERLAYS_OF_STEP } else { text::OVERLAYS_OF_LESSON } }</span>
                </div>
                <details><summary>{ text::STEP_CONTROLS }</summary>{ table(&shown.controls, spec, text::AS_THE_LESSON, &rules(true)) }</details>
            </section>
            <p class="dialog-note" role="status" data-testid="lesson-fault">{ fault.as_ref().map(|fault| text::not_ready(fault)) }</p>
            <div class="row">
                <button class="button primary" data-testid="lesson-preview" disabled={fault.is_some()} onclick={preview}>{ icon(Symbol::Eye) }{ text::PREVIEW }</button>
                <button class="button" data-testid="lesson-link" disabled={fault.is_some()} onclick={send(copy_link)}>{ icon(Symbol::Copy) }{ text::COPY }</button>
                <button class="button" data-testid="lesson-file" disabled={fault.is_some()} onclick={send(save)}>{ icon(Symbol::Download) }{ text::TO_FILE }</button>
            </div>
            { said }
        </div>
    }
}

/// Where a lesson is on show.
async fn address_of(lesson: &Lesson) -> String {
    Route::Lesson(LessonPlace::Packed(pack(lesson).await)).address()
}

/// A row for every control, with what becomes of it.
fn table(
    rules: &BTreeMap<LabControl, ControlRule>,
    spec: &RunSpec,
    unsaid: Text,
    on_change: &Callback<(LabControl, Option<ControlRule>)>,
) -> Html {
    let own = |room: ControlGroup, names: Vec<String>| names.into_iter().map(move |name| LabControl::Named(room, name));
    let of = |entry: Option<shared::describe::CatalogEntry>| -> Vec<String> {
        entry.map(|entry| entry.parameters.into_iter().map(|it| it.name).collect()).unwrap_or_default()
    };
    let controls = PARTS
        .iter()
        .map(|(part, ..)| LabControl::Part(*part))
        .chain(own(ControlGroup::Environment, of(environments::registry::find(&spec.environment.id).ok())))
        .chain(own(ControlGroup::Agent, of(agents::registry::find(&spec.agent.id).ok())))
        .chain(own(ControlGroup::Figure, FIGURES.map(str::to_owned).into()));
    let row = |control: LabControl| {
        let name = String::from(control.clone());
        let now = rules.get(&control).copied();
        let label = label_of(&control, spec);
        let on_change = on_change.clone();
        let pick = Callback::from(move |event: Event| {
            let value = event.target_unchecked_into::<HtmlSelectElement>().value();
            on_change.emit((
                control.clone(),
                text::RULES.iter().find(|(name, _)| *name == value).and_then(|(name, _)| rule_of(name)),
            ));
        });
        html! {
            <label class="line" key={name.clone()}>{ label }
                <select class="text-input" data-testid={format!("rule-{name}")} onchange={pick}>
                    { for text::RULES.iter().map(|(value, label)| html! {
                        <option value={*value} selected={rule_of(value) == now}>{ if value.is_empty() { unsaid } else { *label } }</option>
                    }) }
                </select></label>
        }
    };
    html! { <div class="rules">{ for controls.map(row) }</div> }
}

fn rule_of(name: &str) -> Option<ControlRule> {
    match name {
        "shown" => Some(ControlRule::Shown),
        "highlighted" => Some(ControlRule::Highlighted),
        "locked" => Some(ControlRule::Locked),
        "hidden" => Some(ControlRule::Hidden),
        _ => None,
    }
}

fn copy_link(address: String, _: &Lesson, tell: Callback<(Severity, String)>) {
    let here = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    let link = format!("{}{address}", here.split('#').next().unwrap_or_default());
    spawn_local(async move {
        let (severity, words) = if copy(&link).await {
            (Severity::Information, text::COPIED)
        } else {
            // It is in the address line then.
            go_to(&address);
            (Severity::Warning, text::LINK_IN_ADDRESS)
        };
        tell.emit((severity, words.into()));
    });
}

fn save(_: String, lesson: &Lesson, _: Callback<(Severity, String)>) {
    save_text(&file_name(&lesson.title), "application/json", &lesson.to_json());
}

/// A file's name from a title.
fn file_name(title: &str) -> String {
    let words: Vec<String> = title
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    format!("{}.lesson.json", if words.is_empty() { "terrarium".into() } else { words.join("-") })
}

/// Goes to a place of the page.
fn go_to(address: &str) {
    if let Some(window) = web_sys::window() {
        // An address of the page itself is never refused.
        let _ = window.location().set_hash(address);
    }
}

fn local_storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn load_draft() -> Option<Lesson> {
    serde_json::from_str(&local_storage()?.get_item(DRAFT).ok().flatten()?).ok()
}

fn keep_draft(lesson: &Lesson) {
    if let Some(storage) = local_storage() {
        // Without storage it lasts as long as the editor is open.
        let _ = storage.set_item(DRAFT, &lesson.to_json());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_is_that_of_the_lesson() {
        assert_eq!(file_name("Why a maximum is biased!"), "why-a-maximum-is-biased.lesson.json");
        assert_eq!(file_name("—"), "terrarium.lesson.json");
    }

    #[test]
    fn every_rule_has_its_words() {
        let named: Vec<_> = text::RULES.iter().filter_map(|(name, _)| rule_of(name)).collect();
        assert_eq!(named, [ControlRule::Shown, ControlRule::Highlighted, ControlRule::Locked, ControlRule::Hidden]);
        assert_eq!((text::RULES[1].0, text::RULES[4].0), ("shown", "hidden"));
    }
}
