//! The keyboard of the whole page.

use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, Event, EventTarget, HtmlInputElement, KeyboardEvent};
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
                && pressed(&key_of(&event))
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

/// The key, and not what Shift makes of a digit: Shift is held while one plays.
fn key_of(event: &KeyboardEvent) -> String {
    let code = event.code();
    code.strip_prefix("Digit").filter(|_| event.shift_key()).map_or_else(|| event.key(), str::to_owned)
}

/// Tells when Shift is pressed, outside of fields and dialogs, and when it is let go or the page loses the keyboard.
#[hook]
pub fn use_shift(held: impl Fn(bool) + 'static) {
    let newest = use_mut_ref(|| None::<Box<dyn Fn(bool)>>);
    *newest.borrow_mut() = Some(Box::new(held));
    use_effect_with((), move |()| {
        let heard = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            let down = match event.dyn_ref::<KeyboardEvent>() {
                Some(key) if key.key() == "Shift" => event.type_() == "keydown",
                Some(_) => return,
                // The window went to the background.
                None => false,
            };
            let repeated = event.dyn_ref::<KeyboardEvent>().is_some_and(|key| key.repeat() || is_typing(key));
            if let Some(held) = newest.borrow().as_ref().filter(|_| !(down && repeated)) {
                held(down);
            }
        });
        let window = web_sys::window();
        if let Some(window) = &window {
            for name in SHIFT_EVENTS {
                let _ = window.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
            }
        }
        move || {
            if let Some(window) = &window {
                for name in SHIFT_EVENTS {
                    let _ = window.remove_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
                }
            }
        }
    });
}

/// What tells of Shift.
const SHIFT_EVENTS: [&str; 3] = ["keydown", "keyup", "blur"];

/// Whether the key goes into a field or a dialog.
fn is_typing(event: &KeyboardEvent) -> bool {
    let element = event.target().and_then(|it: EventTarget| it.dyn_into::<Element>().ok());
    element.is_some_and(|it| it.closest("input[type=text], textarea, select, dialog[open]").ok().flatten().is_some())
}

/// Whether the element that has the focus wants this key itself.
fn is_taken(event: &KeyboardEvent) -> bool {
    let Some(element) = event.target().and_then(|it: EventTarget| it.dyn_into::<Element>().ok()) else { return false };
    // For a moment after it closed a dialog still has the focus; by then keys are the page's again.
    if let Ok(Some(dialog)) = element.closest("dialog") {
        return dialog.has_attribute("open");
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
