//! Every environment plays in a browser's worker as it does natively: both compare with the same golden files.
#![cfg(target_arch = "wasm32")]

#[path = "../../environments/tests/playthroughs/script.rs"]
mod script;

use include_dir::{Dir, include_dir};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

static GOLDEN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../environments/tests/playthroughs");

#[wasm_bindgen_test]
fn playthroughs_are_those_of_native_environments() {
    let played = script::playthroughs();
    assert!(played.len() >= 20, "the registry lost its environments");
    for (name, text) in played {
        let file = GOLDEN.get_file(format!("{name}.txt")).unwrap_or_else(|| panic!("{name} has no golden file"));
        assert_eq!(file.contents_utf8(), Some(text.as_str()), "{name}");
    }
}
