//! What becomes of a panic: the console has it with its stack, and people read on the page where and why.

use crate::language::Text;
use std::panic::{PanicHookInfo, set_hook};
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::DedicatedWorkerGlobalScope;

#[wasm_bindgen]
extern "C" {
    /// Shows a card over the page; `index.html` has it, so that it works whatever state this program is in.
    #[wasm_bindgen(js_name = showFault)]
    fn show_fault(words: &str, details: &str);
}

const WORDS: Text = Text(
    "Terrarium stopped because of a fault in the program. Nothing that you saved is lost. Reload the page to go on; if it \
     happens again, please report these lines.",
);

/// From here on a panic of the page is told on it.
pub fn tell_on_page() {
    // The renderer sets its own hook where it was not given one.
    yew::set_custom_panic_hook(hook(|panic| show_fault(WORDS.text(), panic)));
}

/// From here on a panic of this worker is told to its page, as an `Error`.
pub fn tell_page(scope: DedicatedWorkerGlobalScope) {
    set_hook(hook(move |panic| {
        // Where the page has gone nobody is left to tell.
        let _ = scope.post_message(&js_sys::Error::new(panic));
    }));
}

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

fn hook(to_people: impl Fn(&str) + Send + Sync + 'static) -> Hook {
    Box::new(move |panic| {
        console_error_panic_hook::hook(panic);
        to_people(&panic.to_string());
    })
}
