//! The keyboard of the whole page.

use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, EventTarget, HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

/// Calls `pressed` for every key that is not meant for a field, a button or a dialog; what it takes goes no further.
#[hook]
pub fn use_keys(pressed: impl Fn(&str) -> bool + 'static) {
    let newest = use_mut_ref(|| None::<Box<dyn Fn(&str) -> bool>>);
    *newest.borrow_mut() = Some(Box::new(pressed));
    use_effect_with((), move |()| {
        let heard = Closure::<dyn Fn(KeyboardEvent)>::new(move |event: KeyboardEvent| {
            let combined = event.ctrl_key() || event.meta_key() || event.alt_key();
            if combined || event.default_prevented() || is_taken(&event) {
                return;
            }
            if let Some(pressed) = newest.borrow().as_ref()
                && pressed(&event.key())
            {
                event.prevent_default();
            }
        });
        let document = web_sys::window().and_then(|window| window.document());
        if let Some(document) = &document {
            let _ = document.add_event_listener_with_callback("keydown", heard.as_ref().unchecked_ref());
        }
        move || {
            if let Some(document) = &document {
                let _ = document.remove_event_listener_with_callback("keydown", heard.as_ref().unchecked_ref());
            }
        }
    });
}

/// Whether the element that has the focus wants this key itself.
fn is_taken(event: &KeyboardEvent) -> bool {
    let Some(element) = event.target().and_then(|it: EventTarget| it.dyn_into::<Element>().ok()) else { return false };
    if element.closest("dialog").ok().flatten().is_some() {
        return true;
    }
    let key = event.key();
    match element.tag_name().as_str() {
        "INPUT" => {
            element.dyn_ref::<HtmlInputElement>().is_none_or(|it| it.type_() != "range" || key.starts_with("Arrow"))
        }
        "TEXTAREA" | "SELECT" => true,
        "BUTTON" | "A" | "SUMMARY" => key == " " || key == "Enter",
        _ => false,
    }
}
