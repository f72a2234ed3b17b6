//! The places apart, Compare, those of hosts and of checkpoints and the overlay, which a visitor loads by opening one of them.
//! `frontend/later.js` opens and closes it.

use frontend::language;
use frontend::pages::apart::Apart;
use frontend::panics;
use frontend::theme;
use std::cell::RefCell;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Element;
use yew::{AppHandle, Renderer};

thread_local! {
    static SHOWN: RefCell<Option<AppHandle<Apart>>> = const { RefCell::new(None) };
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

fn main() {
    panics::tell_on_page();
    language::begin();
    theme::follow_page();
}
