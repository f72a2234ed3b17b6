//! What a page finds beside it, read by a real browser.
#![cfg(target_arch = "wasm32")]

use frontend::services::relay_address::is_relay_note;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn only_a_relay_says_that_it_is_one() {
    assert!(is_relay_note(r#"{"relay":true,"version":"0.1"}"#));
    for text in [r#"{"relay":false}"#, r#"{"relay":"true"}"#, "{}", "null", "", "<!doctype html>"] {
        assert!(!is_relay_note(text), "{text}");
    }
}
