//! The page, and the worker in which its run lives: one program, so that a visitor loads it once.

use wasm_bindgen::JsCast as _;
use web_sys::DedicatedWorkerGlobalScope;

fn main() {
    console_error_panic_hook::set_once();
    if js_sys::global().is_instance_of::<DedicatedWorkerGlobalScope>() {
        if let Err(error) = frontend::worker::start() {
            web_sys::console::error_1(&error);
        }
        return;
    }
    let root = web_sys::window().and_then(|window| window.document()?.get_element_by_id("page"));
    if let Some(root) = root {
        yew::Renderer::<frontend::app::App>::with_root(root).render();
    }
}
