//! Learn: the page's own lessons as cards, and how far one is with each.

#[cfg(test)]
mod claims;

use crate::components::icons::{Symbol, icon};
use crate::lesson::answers::Answers;
use crate::lesson::shelf::{LessonShelf, NamedLesson, shelf};
use crate::pages::lab::lesson_card::copy_or_save;
use crate::route::{LessonPlace, Route};
use crate::text;
use shared::event::Severity;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// So many lessons there are, for the room that they take before they are there.
const EXPECTED: usize = 15;

/// What the place gets from the page.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct LearnProps {
    /// Shows words to people.
    pub tell: Callback<(Severity, String)>,
    /// Told of a file that somebody picked.
    pub on_file: Callback<web_sys::File>,
}

/// The place.
#[component]
pub fn Learn(props: &LearnProps) -> Html {
    let lessons = use_state(|| None::<Result<LessonShelf, String>>);
    {
        let lessons = lessons.clone();
        use_effect_with((), move |()| {
            spawn_local(async move { lessons.set(Some(shelf().await.map_err(|error| error.to_string()))) });
        });
    }
    let pick = props.on_file.clone();
    let picked = Callback::from(move |event: Event| {
        let input = event.target_unchecked_into::<HtmlInputElement>();
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            pick.emit(file);
        }
        input.set_value("");
    });
    let body = match &*lessons {
        // As high as what comes, so that nothing moves when it does.
        None => html! {
            <>
                { bar(0, EXPECTED, Callback::noop()) }
                <p class="empty lessons-wait">{ text::LESSONS_WAIT }</p>
            </>
        },
        Some(Err(reason)) => html! { <p class="empty" role="alert">{ reason.clone() }</p> },
        Some(Ok(lessons)) => {
            let all: Vec<(NamedLesson, Answers)> =
                lessons.iter().map(|it| (it.clone(), Answers::load(&it.id))).collect();
            let done = all.iter().filter(|(_, answers)| answers.done).count();
            let copy = {
                let (all, tell) = (all.clone(), props.tell.clone());
                Callback::from(move |_: MouseEvent| copy_or_save(all_answers(&all), tell.clone()))
            };
            html! {
                <>
                    { bar(done, all.len(), copy) }
                    <ol class="lessons">{ for all.iter().enumerate().map(|(index, (it, answers))| card(index, it, answers)) }</ol>
                </>
            }
        }
    };
    html! {
        <main class="learn" id="stage" tabindex="-1">
            <h1>{ text::LEARN }</h1>
            <p class="learn-note">{ text::LEARN_NOTE }</p>
            { body }
            <section class="card learn-teachers">
                <p>{ text::LEARN_TEACHERS }</p>
                <label class="button">{ icon(Symbol::Open) }{ text::OPEN_LESSON_FILE }
                    <input class="unseen" type="file" accept=".json" data-testid="lesson-file-input" onchange={picked} /></label>
            </section>
        </main>
    }
}

/// How many lessons are done, and the way to take the answers along.
fn bar(done: usize, all: usize, copy: Callback<MouseEvent>) -> Html {
    html! {
        <div class="learn-bar">
            <progress max={all.to_string()} value={done.to_string()} aria-label={text::lessons_done(done, all)}></progress>
            <span class="number soft" data-testid="lessons-done" data-value={done.to_string()}>{ text::lessons_done(done, all) }</span>
            <button class="button" data-testid="copy-all-answers" onclick={copy}>{ icon(Symbol::Copy) }{ text::COPY_ANSWERS }</button>
        </div>
    }
}

fn card(index: usize, NamedLesson { id, lesson }: &NamedLesson, answers: &Answers) -> Html {
    let began = answers.at > 0 || answers.written.iter().any(|it| !it.is_empty());
    let state = match (answers.done, began) {
        (true, _) => "done",
        (false, true) => "begun",
        (false, false) => "new",
    };
    let label = match state {
        "done" => text::AGAIN_LESSON,
        "begun" => text::GO_ON_LESSON,
        _ => text::BEGIN_LESSON,
    };
    html! {
        <li>
            <a class="card lesson-card" href={Route::Lesson(LessonPlace::Shelf(id.clone())).address()} data-testid={format!("lesson-{id}")} data-value={state}>
                <span class="lesson-number number" aria-hidden="true">{ if answers.done { icon(Symbol::Check) } else { html! { index + 1 } } }</span>
                <h2>{ lesson.title.clone() }</h2>
                <p>{ lesson.about.clone() }</p>
                <footer>
                    <b>{ label }</b>
                    <span class="soft number">{ match state {
                        "done" => String::from(text::DONE),
                        "begun" => text::step_of(answers.at + 1, lesson.steps.len()),
                        _ => text::steps(lesson.steps.len()),
                    } }</span>
                </footer>
            </a>
        </li>
    }
}

/// The answers to every lesson in which something was written.
fn all_answers(lessons: &[(NamedLesson, Answers)]) -> String {
    let written = lessons.iter().filter(|(_, answers)| answers.written.iter().any(|it| !it.trim().is_empty()));
    let texts: Vec<_> = written.map(|(it, answers)| answers.to_text(&it.lesson)).collect();
    if texts.is_empty() { String::from(text::NOTHING_WRITTEN) } else { texts.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::StepKind;
    use crate::lesson::control::{ControlGroup, LabControl};
    use crate::lesson::shelf::read;
    use crate::pages::compare::setup::Setup;
    use shared::RunSpec;

    fn own() -> Vec<NamedLesson> {
        read(include_str!("../../lessons.json")).unwrap()
    }

    #[test]
    fn every_lesson_can_be_shown_and_has_something_to_predict_to_try_and_to_explain() {
        for NamedLesson { id, lesson } in own() {
            assert_eq!(lesson.fault(), None, "{id}");
            let kinds: Vec<_> = lesson.steps.iter().map(|step| step.kind).collect();
            assert!(StepKind::ALL.iter().all(|kind| kinds.contains(kind)), "{id}: {kinds:?}");
            for step in 0..lesson.steps.len() {
                let spec = &lesson.run_of(step).spec;
                if let Err(error) = run::Run::new(spec.clone()) {
                    panic!("{id}, step {step}: {error}");
                }
                for control in lesson.rules_of(step).named.keys() {
                    assert!(exists(control, spec), "{id}, step {step}: {control:?}");
                }
            }
            for compare in lesson.steps.iter().filter_map(|step| step.compare.as_deref()) {
                let (setup, _) = Setup::from_query(compare).unwrap_or_else(|error| panic!("{id}: {error}"));
                assert_eq!(setup.fault(), None, "{id}");
            }
        }
    }

    /// Whether a control is there with a run.
    fn exists(control: &LabControl, spec: &RunSpec) -> bool {
        let (entry, name) = match control {
            LabControl::Part(_) | LabControl::Named(ControlGroup::Figure, _) => return true,
            LabControl::Named(ControlGroup::Environment, name) => {
                (environments::registry::find(&spec.environment.id).unwrap(), name)
            }
            LabControl::Named(ControlGroup::Agent, name) => (agents::registry::find(&spec.agent.id).unwrap(), name),
        };
        entry.parameters.iter().any(|parameter| parameter.name == *name)
    }

    #[test]
    fn the_shelf_has_fifteen_lessons_with_names_of_their_own() {
        let lessons = own();
        let names: std::collections::BTreeSet<_> = lessons.iter().map(|it| &it.id).collect();
        assert_eq!((lessons.len(), names.len()), (EXPECTED, EXPECTED));
        let is_plain = |id: &str| id.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
        assert!(names.iter().all(|id| is_plain(id)), "{names:?}");
    }
}
