//! The worker's program with networks, which a visitor loads once an agent with a network is picked. Built with the feature
//! `neural`, with and without vector instructions.

use frontend::{panics, worker};
use wasm_bindgen::JsCast as _;
use web_sys::DedicatedWorkerGlobalScope;

fn main() {
    if let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() {
        panics::tell_page(scope.clone());
        if let Err(error) = worker::start(scope, run::Registry::default()) {
            web_sys::console::error_1(&error);
        }
    }
}
