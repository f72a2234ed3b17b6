//! The lesson in the Lab: found from its place, its steps put on show, and everything given back afterwards.

use super::opening::begin_without_link;
use super::tab_run::TabRun;
use crate::lesson::answers::Answers;
use crate::lesson::shelf::{FoundLesson, find};
use crate::pulse::use_pulse;
use crate::route::LessonPlace;
use crate::stage::painter::Overlays;
use shared::Command;
use shared::event::{Phase, Severity, Speed};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// A lesson and the step of it that is on show.
#[derive(Clone, Debug, PartialEq)]
pub struct LessonOnShow {
    /// The lesson.
    pub found: FoundLesson,
    /// The step, from 0.
    pub step: usize,
}

impl LessonOnShow {
    /// A lesson where it was left; one that was gone through begins anew.
    fn begin(found: FoundLesson) -> Self {
        let answers = Answers::load(&found.key);
        let step = if answers.done { 0 } else { answers.at.min(found.lesson.steps.len() - 1) };
        Self { found, step }
    }
}

/// The lesson of a place, once it is there. Its run and its overlays are on show with every step; without a lesson the overlays are
/// as it was before.
#[hook]
pub fn use_lesson(
    place: Option<&LessonPlace>,
    run: &Rc<TabRun>,
    overlays: &UseStateHandle<Overlays>,
) -> UseStateHandle<Option<LessonOnShow>> {
    let on_show = use_state_eq(|| None::<LessonOnShow>);
    let asked = use_mut_ref(|| 0_u32);
    let before = use_mut_ref(|| None::<Overlays>);
    {
        let (run, on_show) = (Rc::clone(run), on_show.setter());
        use_effect_with(place.cloned(), move |place| {
            *asked.borrow_mut() += 1;
            let number = *asked.borrow();
            let Some(place) = place.clone() else {
                on_show.set(None);
                return;
            };
            spawn_local(async move {
                let found = find(&place).await;
                if *asked.borrow() != number {
                    return;
                }
                match found {
                    Ok(found) => on_show.set(Some(LessonOnShow::begin(found))),
                    Err(error) => {
                        on_show.set(None);
                        run.messages.tell(Severity::Error, error.to_string());
                        if run.session.view().started.is_none() {
                            begin_without_link(run).await;
                        }
                    }
                }
            });
        });
    }
    {
        let (run, overlays) = (Rc::clone(run), overlays.clone());
        use_effect_with((*on_show).clone(), move |on_show| {
            let Some(LessonOnShow { found, step }) = on_show else {
                if let Some(before) = before.take() {
                    overlays.set(before);
                }
                return;
            };
            let lesson = &found.lesson;
            run.show_step(lesson.run_of(*step), lesson.speed_of(*step), false);
            before.borrow_mut().get_or_insert_with(|| (*overlays).clone());
            if let Some(shown) = lesson.overlays_of(*step) {
                overlays.set(shown.clone());
            }
        });
    }
    {
        // What was learned beforehand was learned at full speed; from then on it goes as the lesson says.
        let (phase, full) = use_pulse(&run.session, |view| (view.status.phase, view.status.speed == Speed::Full));
        let speed = on_show
            .as_ref()
            .and_then(|it| it.found.lesson.speed_of(it.step))
            .filter(|_| phase == Phase::Paused && full);
        let session = run.session.clone();
        let step = on_show.as_ref().map(|it| it.step);
        use_effect_with((step, phase), move |_| {
            if let Some(speed) = speed {
                session.ask(Command::SetSpeed { speed });
            }
        });
    }
    on_show
}
