//! The same seed gives the same run hash and the same network in a browser's worker as natively: both read the same golden file.
#![cfg(target_arch = "wasm32")]

#[path = "../../run/tests/common/hashes.rs"]
mod hashes;

use hashes::hashes_of;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// A heading, and rows that end in the hash of the run and that of its network.
const GOLDEN: &str = include_str!("../../run/tests/golden_hashes.txt");

#[wasm_bindgen_test]
fn run_hashes_are_those_of_native_runs() {
    let rows: Vec<_> = GOLDEN.lines().skip(1).collect();
    assert!(rows.len() >= 10, "the golden file lost its rows");
    for row in rows {
        let (before, _) = row.match_indices(' ').nth(4).unwrap();
        let (run, hashes) = (&row[..before], &row[before + 1..]);
        assert_eq!(hashes_of(run), hashes, "{row}");
    }
}
