//! Networks learn the same bits in a browser as natively: both read the same golden file. `cargo xtask test --only wasm`
//! runs this with `simd128` and without.
#![cfg(target_arch = "wasm32")]

mod common;
#[path = "common/training.rs"]
mod training;

use networks::wide::Width;
use training::{NETWORKS, trained};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const GOLDEN: &str = include_str!("golden_bits.txt");

#[wasm_bindgen_test]
fn random_networks_learn_the_bits_of_native_ones() {
    let mut lines = GOLDEN.lines().skip(1);
    for index in 0..NETWORKS {
        let hash = trained(index, Width::detect());
        assert_eq!(lines.next(), Some(format!("{index} {hash:016x}").as_str()));
    }
}
