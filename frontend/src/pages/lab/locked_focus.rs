//! The focus of a form that is locked for a while: browsers take it from what is disabled and give it to nothing.

use crate::kept_focus::focused;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, Node};
use yew::prelude::*;

/// Puts the focus on a notice when the form that has it is locked, and back when it is unlocked. Gives the places of the
/// form and of the notice in it, which says why.
#[hook]
pub fn use_locked_focus(locked: bool) -> (NodeRef, NodeRef) {
    let (form, notice) = (use_node_ref(), use_node_ref());
    let left = use_mut_ref(|| None::<HtmlElement>);
    let was_locked = use_mut_ref(|| locked);
    if !was_locked.replace(locked) && locked {
        // After this rendering what had the focus is disabled.
        let inside = |it: &Element| form.cast::<Node>().is_some_and(|form| form.contains(Some(it)));
        *left.borrow_mut() = focused().filter(inside).and_then(|it| it.dyn_into().ok());
    }
    {
        let notice = notice.clone();
        use_effect_with(locked, move |locked| {
            let Some(notice) = notice.cast::<HtmlElement>() else { return };
            if *locked {
                let is_lost = left.borrow().as_ref().is_some_and(|it| it.matches(":disabled").unwrap_or(true));
                if is_lost {
                    // An element that cannot take it leaves the focus where it is.
                    let _ = notice.focus();
                } else {
                    left.take();
                }
            } else if let Some(left) = left.take()
                && focused().is_some_and(|it| it.is_same_node(Some(&notice)))
            {
                let _ = left.focus();
            }
        });
    }
    (form, notice)
}
