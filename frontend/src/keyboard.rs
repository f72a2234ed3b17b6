//! The keyboard of the whole page.

mod key;

use gloo_timers::callback::Timeout;
use key::KeyStroke;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, Event, EventTarget, HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

pub use key::SHIFTED;

/// What undoes, besides `u`.
pub const UNDO: &str = "Undo";

/// What does it again, besides Shift and `u`.
pub const REDO: &str = "Redo";

/// So long Shift must be held alone before it counts, in milliseconds: it is a part of other keys, too.
const SHIFT_MILLIS: u32 = 150;

/// Calls `pressed` for every key that is not meant for a field, a button or a dialog; what it takes goes no further. Keys
/// are named as if Caps Lock were off, and begin with [`SHIFTED`] where Shift makes another key of them.
#[hook]
pub fn use_keys(pressed: impl Fn(&str) -> bool + 'static) {
    let newest = use_mut_ref(|| None::<Box<dyn Fn(&str) -> bool>>);
    *newest.borrow_mut() = Some(Box::new(pressed));
    use_effect_with((), move |()| {
        let heard = Closure::<dyn Fn(KeyboardEvent)>::new(move |event: KeyboardEvent| {
            if event.default_prevented() || is_taken(&event) {
                return;
            }
            if let (Some(key), Some(pressed)) = (stroke(&event).key(), newest.borrow().as_ref())
                && pressed(&key)
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

fn stroke(event: &KeyboardEvent) -> KeyStroke {
    KeyStroke {
        key: event.key(),
        code: event.code(),
        shift: event.shift_key(),
        command: event.ctrl_key() || event.meta_key(),
        alt: event.alt_key(),
        caps_lock: event.get_modifier_state("CapsLock"),
    }
}

/// Tells when Shift is held alone, outside of fields and dialogs, and when it is let go or the page loses the keyboard.
#[hook]
pub fn use_shift(held: impl Fn(bool) + 'static) {
    let newest = use_mut_ref(|| None::<Box<dyn Fn(bool)>>);
    *newest.borrow_mut() = Some(Box::new(held));
    use_effect_with((), move |()| {
        let waiting = Rc::new(RefCell::new(None::<Timeout>));
        let tell = move |down: bool| {
            if let Some(held) = newest.borrow().as_ref() {
                held(down);
            }
        };
        let tell = Rc::new(tell);
        let heard = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            let down = event.type_() == "keydown";
            match event.dyn_ref::<KeyboardEvent>() {
                Some(key) if key.key() == "Shift" && down => {
                    if !key.repeat() && !is_typing(key) {
                        let tell = Rc::clone(&tell);
                        waiting.replace(Some(Timeout::new(SHIFT_MILLIS, move || tell(true))));
                    }
                }
                // It is a part of this key.
                Some(key) if key.key() != "Shift" && down => drop(waiting.take()),
                Some(key) if key.key() != "Shift" => {}
                // It was let go, or the window went to the background.
                _ => {
                    waiting.take();
                    tell(false);
                }
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
    // No field needs it, and it ends what somebody plays.
    if key == "Escape" {
        return false;
    }
    match element.tag_name().as_str() {
        "INPUT" => element.dyn_ref::<HtmlInputElement>().is_none_or(|it| it.type_() != "range" || moves_slider(&key)),
        "TEXTAREA" | "SELECT" => true,
        "BUTTON" | "A" | "SUMMARY" => key == " " || key == "Enter",
        _ => false,
    }
}

/// Whether the keyboard is in a group of choices, between which this key is expected to go: it is no reason to begin to play.
pub fn is_choosing(key: &str) -> bool {
    let focused = web_sys::window().and_then(|window| window.document()).and_then(|document| document.active_element());
    key.starts_with("Arrow") && focused.is_some_and(|it| it.get_attribute("role").as_deref() == Some("radio"))
}

fn moves_slider(key: &str) -> bool {
    key.starts_with("Arrow") || matches!(key, "Home" | "End" | "PageUp" | "PageDown")
}
