//! The places apart, Compare, Watch, the library, those of hosts, of checkpoints and of run files and the overlay, and the editors of maps, of
//! MDPs and of lessons, which a visitor loads by opening one of them. `frontend/later.js` opens and closes them.

use frontend::components::map_editor::{MapEditor, MapEditorProps};
use frontend::components::mdp_editor::{MdpEditor, MdpEditorProps};
use frontend::language;
use frontend::lesson::Lesson;
use frontend::pages::apart::Apart;
use frontend::pages::lesson_editor::{LessonEditor, LessonEditorProps};
use frontend::panics;
use frontend::theme;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Element;
use yew::{AppHandle, Callback, Renderer};

thread_local! {
    static SHOWN: RefCell<Option<AppHandle<Apart>>> = const { RefCell::new(None) };
    static EDITED: RefCell<Option<AppHandle<MapEditor>>> = const { RefCell::new(None) };
    static DRAWN: RefCell<Option<AppHandle<MdpEditor>>> = const { RefCell::new(None) };
    static WRITTEN: RefCell<Option<AppHandle<LessonEditor>>> = const { RefCell::new(None) };
}

/// Shows the place that the address names in an element.
#[wasm_bindgen]
pub fn open(root: Element) {
    close();
    SHOWN.set(Some(Renderer::<Apart>::with_root(root).render()));
}

/// Ends it, with its line to the relay.
#[wasm_bindgen]
pub fn close() {
    if let Some(shown) = SHOWN.take() {
        shown.destroy();
    }
}

/// Shows the map editor in an element, for a run's spec as JSON. `tell` hears every map that is drawn, and in front of it
/// `used` or `given-up` once one of these is chosen.
///
/// # Errors
/// The spec cannot be read.
#[wasm_bindgen(js_name = editMap)]
pub fn edit_map(root: Element, spec: &str, map: String, tell: &js_sys::Function) -> Result<(), JsValue> {
    put_map_away();
    let spec = read(spec)?;
    let told = |end| telling(end, tell);
    let props = MapEditorProps { spec, map, on_drawn: told(""), on_done: told("used"), on_cancel: told("given-up") };
    EDITED.set(Some(Renderer::<MapEditor>::with_root_and_props(root, props).render()));
    Ok(())
}

/// Takes it away.
#[wasm_bindgen(js_name = putMapAway)]
pub fn put_map_away() {
    if let Some(edited) = EDITED.take() {
        edited.destroy();
    }
}

/// Who listens hears of an end and of what was drawn.
fn telling(end: &'static str, tell: &js_sys::Function) -> Callback<String> {
    let tell = tell.clone();
    Callback::from(move |drawn: String| {
        // Whoever listens throws nothing.
        let _ = tell.call2(&JsValue::NULL, &end.into(), &drawn.into());
    })
}

/// Shows the editor of MDPs in an element, for a run's spec as JSON, with what was drawn before if that was told and not used. `tell` is
/// told as by the map editor: what it hears are the values to be set of the environment and of the agent, as JSON.
///
/// # Errors
/// The spec cannot be read.
#[wasm_bindgen(js_name = editMdp)]
pub fn edit_mdp(root: Element, spec: &str, drawn: String, tell: &js_sys::Function) -> Result<(), JsValue> {
    put_mdp_away();
    let spec = read(spec)?;
    let told = |end| telling(end, tell);
    let props = MdpEditorProps { spec, drawn, on_drawn: told(""), on_done: told("used"), on_cancel: told("given-up") };
    DRAWN.set(Some(Renderer::<MdpEditor>::with_root_and_props(root, props).render()));
    Ok(())
}

/// Takes it away.
#[wasm_bindgen(js_name = putMdpAway)]
pub fn put_mdp_away() {
    if let Some(drawn) = DRAWN.take() {
        drawn.destroy();
    }
}

/// Shows the editor of lessons in an element, for what is on show and the lesson to make another one of, both as the JSON of a
/// lesson. `tell` hears `used` once the lesson is on show.
///
/// # Errors
/// One of them cannot be read.
#[wasm_bindgen(js_name = editLesson)]
pub fn edit_lesson(root: Element, now: &str, lesson: Option<String>, tell: js_sys::Function) -> Result<(), JsValue> {
    put_lesson_away();
    let (now, lesson) = (read(now)?, lesson.map(|lesson| read::<Lesson>(&lesson)).transpose()?);
    let on_shown = Callback::from(move |()| {
        // Whoever listens throws nothing.
        let _ = tell.call1(&JsValue::NULL, &"used".into());
    });
    let props = LessonEditorProps { lesson, now, on_shown };
    WRITTEN.set(Some(Renderer::<LessonEditor>::with_root_and_props(root, props).render()));
    Ok(())
}

/// Takes it away.
#[wasm_bindgen(js_name = putLessonAway)]
pub fn put_lesson_away() {
    if let Some(written) = WRITTEN.take() {
        written.destroy();
    }
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, JsValue> {
    serde_json::from_str(json).map_err(|error| js_sys::Error::new(&error.to_string()).into())
}

fn main() {
    panics::tell_on_page();
    language::begin();
    theme::follow_page();
}
