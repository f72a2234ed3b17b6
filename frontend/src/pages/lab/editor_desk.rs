//! The desk of the editor of lessons: the element that `frontend/later.js` turns into a dialog with the editor, a program that
//! comes when somebody wants to write.

use super::opening::first_spec;
use crate::components::desk_script::DeskScript;
use crate::lesson::control::ControlRule;
use crate::lesson::{Lesson, LessonOverlays, LessonRun, LessonStep, StepKind, VERSION};
use crate::services::share::ShareLink;
use crate::session::Session;
use crate::stage::painter::Overlays;
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::prelude::*;

/// What to begin with.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct EditorDeskProps {
    /// The lesson to make another one of; none begins one of what is on show.
    pub lesson: Option<Rc<Lesson>>,
    /// The run on show.
    pub session: Session,
    /// What is drawn over the stage.
    pub overlays: Overlays,
    /// Told when the editor was closed.
    pub on_close: Callback<()>,
}

/// The desk, open for as long as it is on the page.
#[component]
pub fn EditorDesk(props: &EditorDeskProps) -> Html {
    html! {
        <>
            <lesson-desk lesson={props.lesson.as_deref().map(Lesson::to_json)} now={lesson_of(&props.session, &props.overlays).to_json()}
                onchange={props.on_close.reform(|_: Event| ())} />
            <DeskScript testid="lesson-missing" />
        </>
    }
}

/// A lesson of what is on show: the run waits, everything is shown, and three steps have no text yet.
fn lesson_of(session: &Session, overlays: &Overlays) -> Lesson {
    let step = |kind| LessonStep {
        kind,
        text: String::new(),
        run: None,
        controls: BTreeMap::new(),
        overlays: None,
        speed: None,
        compare: None,
    };
    let view = session.view();
    let spec = view.started.as_ref().map_or_else(first_spec, |started| started.spec.clone());
    Lesson {
        version: VERSION,
        title: String::new(),
        about: String::new(),
        run: LessonRun(ShareLink { spec, until_episode: Some(0), run_hash: None, marks: Vec::new() }),
        rest: ControlRule::Shown,
        controls: BTreeMap::new(),
        overlays: Some(LessonOverlays(overlays.clone())),
        speed: Some(view.status.speed),
        steps: StepKind::ALL.map(step).into(),
    }
}
