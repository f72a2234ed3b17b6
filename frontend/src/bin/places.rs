//! The places apart, Compare, those of hosts and of checkpoints and the overlay, and the map editor, which a visitor loads by
//! opening one of them. `frontend/later.js` opens and closes them.

use frontend::components::map_editor::{MapEditor, MapEditorProps};
use frontend::language;
use frontend::pages::apart::Apart;
use frontend::panics;
use frontend::theme;
use std::cell::RefCell;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Element;
use yew::{AppHandle, Callback, Renderer};

thread_local! {
    static SHOWN: RefCell<Option<AppHandle<Apart>>> = const { RefCell::new(None) };
    static EDITED: RefCell<Option<AppHandle<MapEditor>>> = const { RefCell::new(None) };
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
    let spec = serde_json::from_str(spec).map_err(|error| js_sys::Error::new(&error.to_string()))?;
    let told = |end: &'static str| {
        let tell = tell.clone();
        Callback::from(move |map: String| {
            // Whoever listens throws nothing.
            let _ = tell.call2(&JsValue::NULL, &end.into(), &map.into());
        })
    };
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

fn main() {
    panics::tell_on_page();
    language::begin();
    theme::follow_page();
}
