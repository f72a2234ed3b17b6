//! The focus where what has it goes away: browsers give it to nothing then, and whoever has no mouse begins at the top.

use crate::stage;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// Gives the focus to the first of these that takes it, else to the stage or the place, when a change of this value takes away or
/// locks what has it.
#[hook]
pub fn use_kept_focus<T: PartialEq + Clone + 'static>(of: T, wanted: &'static [&'static str]) {
    let (last, holder) = (use_mut_ref(|| of.clone()), use_mut_ref(|| None::<Element>));
    if last.replace(of.clone()) != of {
        // After this rendering it may be gone.
        holder.replace(focused().filter(|it| it.tag_name() != "BODY"));
    }
    use_effect_with(of, move |_| {
        let is_lost = |it: &Element| !it.is_connected() || it.matches(":disabled").unwrap_or(false);
        if holder.take().is_some_and(|it| is_lost(&it)) && !focus_first(wanted) {
            stage::focus_or_main();
        }
    });
}

/// Gives the focus to the first of these that takes it; whether there is one.
pub fn focus_first(wanted: &[impl AsRef<str>]) -> bool {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return false };
    wanted.iter().any(|selector| {
        let found = document.query_selector(selector.as_ref()).ok().flatten();
        let Some(element) = found.and_then(|it| it.dyn_into::<HtmlElement>().ok()) else { return false };
        // What is folded away does not take it, and says nothing.
        element.focus().is_ok() && focused().is_some_and(|it| it.is_same_node(Some(&element)))
    })
}

/// What has the focus.
pub fn focused() -> Option<Element> {
    web_sys::window()?.document()?.active_element()
}
