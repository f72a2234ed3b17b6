//! The page, and the worker in which its run lives: one program, so that a visitor loads it once.

use frontend::services::worker_link;
use frontend::{language, panics};
use wasm_bindgen::JsCast as _;
use web_sys::DedicatedWorkerGlobalScope;

fn main() {
    if let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() {
        panics::tell_page(scope.clone());
        if let Err(error) = frontend::worker::start(scope, run::Registry::default()) {
            web_sys::console::error_1(&error);
        }
        return;
    }
    panics::tell_on_page();
    language::begin();
    worker_link::offer_program();
    let root = web_sys::window().and_then(|window| window.document()?.get_element_by_id("page"));
    if let Some(root) = root {
        yew::Renderer::<frontend::app::App>::with_root(root).render();
    }
}
