//! The card of a lesson beside the stage: its steps, what a learner writes, back and next.

use super::lesson_desk::LessonOnShow;
use crate::components::icons::{Symbol, icon};
use crate::files::{copy, save_text};
use crate::language::{Text, translated};
use crate::lesson::answers::Answers;
use crate::lesson::control::{ControlGroup, LabControl, PARTS};
use crate::lesson::shelf::FoundLesson;
use crate::route::{LessonPlace, Route};
use crate::text;
use shared::RunSpec;
use shared::event::Severity;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, HtmlTextAreaElement};
use yew::prelude::*;

/// The lesson and who is told what.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct LessonCardProps {
    /// The lesson and its step.
    pub on_show: LessonOnShow,
    /// Told which step shall be on show.
    pub on_step: Callback<usize>,
    /// Told when the step's run shall begin again.
    pub on_again: Callback<()>,
    /// Told when somebody wants to make a lesson of this one.
    pub on_remix: Callback<()>,
    /// Shows words to people.
    pub tell: Callback<(Severity, String)>,
}

/// The card.
#[component]
pub fn LessonCard(props: &LessonCardProps) -> Html {
    let LessonOnShow { found: FoundLesson { lesson, key, next }, step } = &props.on_show;
    let step = *step;
    let answers = use_state(|| Answers::load(key));
    let is_kept = use_state_eq(|| true);
    let heading = use_node_ref();
    let keep = {
        let (answers, is_kept, key) = (answers.clone(), is_kept.clone(), key.clone());
        move |changed: Answers| {
            is_kept.set(changed.keep(&key));
            answers.set(changed);
        }
    };
    let is_new = use_mut_ref(|| false);
    {
        // The heading of another step is another element, which is there only now.
        let (heading, is_new) = (heading.clone(), Rc::clone(&is_new));
        use_effect_with(step, move |_| {
            if let Some(heading) = heading.cast::<HtmlElement>().filter(|_| is_new.take()) {
                // Who cannot be focused is read all the same.
                let _ = heading.focus();
            }
        });
    }
    let go = {
        let (answers, keep, on_step) = ((*answers).clone(), keep.clone(), props.on_step.clone());
        move |to: usize, done: bool| {
            is_new.replace(to != step);
            keep(Answers { at: to, done: done || answers.done, ..answers.clone() });
            on_step.emit(to);
        }
    };
    let to = |to: usize, done: bool| {
        let go = go.clone();
        Callback::from(move |_: MouseEvent| go(to, done))
    };
    let write = {
        let (answers, keep) = ((*answers).clone(), keep);
        Callback::from(move |event: InputEvent| {
            let mut changed = answers.clone();
            changed.write(step, event.target_unchecked_into::<HtmlTextAreaElement>().value());
            keep(changed);
        })
    };
    let copy_answers = {
        let (words, tell) = (answers.to_text(lesson), props.tell.clone());
        move |_: MouseEvent| copy_or_save(words.clone(), tell.clone())
    };
    let Some(shown) = lesson.steps.get(step) else { return Html::default() };
    let (kind, hint) = shown.kind.words();
    let rules = lesson.rules_of(step);
    let spec = &lesson.run_of(step).spec;
    let marked: Vec<_> =
        rules.highlighted().map(|control| (String::from(control.clone()), label_of(control, spec))).collect();
    let is_last = step + 1 == lesson.steps.len();
    html! {
        <section class="card panel lesson" aria-label={text::LESSON} data-testid="lesson" data-value={step.to_string()}>
            <header>
                <div>
                    <p class="heading">{ text::LESSON }</p>
                    <h1>{ lesson.title.clone() }</h1>
                </div>
                <a class="button plain square" href={Route::Lab.address()} aria-label={text::LEAVE_LESSON} title={text::LEAVE_LESSON}
                    data-testid="leave-lesson">{ icon(Symbol::Close) }</a>
            </header>
            <ol class="lesson-steps" aria-label={text::STEPS_OF_LESSON}>
                { for lesson.steps.iter().enumerate().map(|(index, it)| html! {
                    <li><button class="chip" aria-current={(index == step).then_some("step")} aria-label={text::step_label(index + 1, &it.kind.words().0)}
                        onclick={to(index, false)}>{ index + 1 }</button></li>
                }) }
            </ol>
            <div key={step} class="lesson-step">
                <h2 ref={heading} tabindex="-1" data-testid="lesson-kind">{ kind }<span class="soft number">{ text::step_of(step + 1, lesson.steps.len()) }</span></h2>
                { for shown.text.split("\n\n").map(|it| html! { <p>{ it.to_owned() }</p> }) }
                if !marked.is_empty() {
                    <p class="lesson-marks"><span class="soft">{ text::LOOK_HERE }</span>
                        { for marked.into_iter().map(|(name, label)| html! {
                            <button class="chip" onclick={move |_: MouseEvent| show(&name)}>{ label }</button>
                        }) }
                    </p>
                }
                if let Some(query) = &shown.compare {
                    <a class="button" target="_blank" rel="noopener" data-testid="lesson-compare"
                        href={Route::Compare(Some(query.clone())).address()}>{ icon(Symbol::Episode) }{ text::OPEN_IN_COMPARE }</a>
                }
                <label class="lesson-answer">
                    <span class="unseen">{ text::ANSWER }</span>
                    <textarea class="text-input" rows="3" placeholder={hint} data-testid="answer" value={answers.of(step).to_owned()} oninput={write} />
                </label>
            </div>
            <div class="pair">
                <button class="button" data-testid="lesson-back" disabled={step == 0} onclick={to(step.saturating_sub(1), false)}>{ text::BACK }</button>
                if !is_last {
                    <button class="button primary" data-testid="lesson-next" onclick={to(step + 1, false)}>{ text::NEXT }</button>
                } else if !answers.done {
                    <button class="button primary" data-testid="lesson-finish" onclick={to(step, true)}>{ text::FINISH }</button>
                } else if let Some(next) = next {
                    <a class="button primary" data-testid="lesson-following" title={text::next_lesson(&next.lesson.title)}
                        href={Route::Lesson(LessonPlace::Shelf(next.id.clone())).address()}>{ text::NEXT_LESSON }</a>
                } else {
                    <a class="button primary" href={Route::Learn.address()}>{ text::ALL_LESSONS }</a>
                }
            </div>
            if is_last && answers.done { <p class="lesson-done" role="status" data-testid="lesson-done">{ text::LESSON_DONE }</p> }
            <footer class="lesson-foot">
                <button class="link" data-testid="lesson-again" onclick={props.on_again.reform(|_: MouseEvent| ())}>{ text::BEGIN_STEP_AGAIN }</button>
                <button class="link" data-testid="copy-answers" onclick={copy_answers}>{ text::COPY_ANSWERS }</button>
                <button class="link" data-testid="remix" onclick={props.on_remix.reform(|_: MouseEvent| ())}>{ text::REMIX }</button>
                <a class="link" href={Route::Learn.address()}>{ text::ALL_LESSONS }</a>
                <span class="soft">{ if *is_kept { text::ANSWERS_KEPT } else { text::ANSWERS_NOT_KEPT } }</span>
            </footer>
        </section>
    }
}

/// Copies answers; where the browser does not allow that they become a file.
pub fn copy_or_save(words: String, tell: Callback<(Severity, String)>) {
    spawn_local(async move {
        let said = if copy(&words).await {
            text::ANSWERS_COPIED
        } else {
            save_text("terrarium-answers.txt", "text/plain", &words);
            text::ANSWERS_SAVED
        };
        tell.emit((Severity::Information, said.into()));
    });
}

/// What people call a control.
pub fn label_of(control: &LabControl, spec: &RunSpec) -> String {
    let (entry, name) = match control {
        LabControl::Part(part) => {
            let label = PARTS.iter().find(|(known, ..)| known == part).map_or(Text(""), |(.., label)| *label);
            return label.into();
        }
        LabControl::Named(ControlGroup::Figure, name) => {
            return translated(&text::capital(&name.replace('-', " "))).into_owned();
        }
        LabControl::Named(ControlGroup::Environment, name) => {
            (environments::registry::find(&spec.environment.id).ok(), name)
        }
        LabControl::Named(ControlGroup::Agent, name) => (agents::registry::find(&spec.agent.id).ok(), name),
    };
    let parameter = entry.and_then(|entry| entry.parameters.into_iter().find(|it| it.name == *name));
    parameter.map_or_else(|| name.clone(), |it| translated(&it.label).into_owned())
}

/// Brings a control into view and gives it the keyboard.
fn show(name: &str) {
    let found = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.query_selector(&format!("[data-control=\"{name}\"]")).ok().flatten());
    let Some(found) = found else { return };
    found.scroll_into_view();
    let inner = found.query_selector("input, button, select").ok().flatten();
    if let Some(element) = inner.unwrap_or(found).dyn_ref::<HtmlElement>() {
        // What cannot take the keyboard is in view all the same.
        let _ = element.focus();
    }
}
