//! The worker's program for policies of ONNX files, which a visitor loads once one is opened. Built with the feature
//! `policies`. It has no other agents: what reads and computes such files weighs enough.

use frontend::{panics, worker};
use run::Registry;
use wasm_bindgen::JsCast as _;
use web_sys::DedicatedWorkerGlobalScope;

fn main() {
    if let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() {
        panics::tell_page(scope.clone());
        if let Err(error) = worker::start(scope, Registry::empty().with(policies::registered())) {
            web_sys::console::error_1(&error);
        }
    }
}
