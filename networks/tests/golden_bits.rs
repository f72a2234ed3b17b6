//! The same bits everywhere: with the vectors that every processor of the kind has, with wider ones, and in a browser,
//! whose test reads the same file.
#![cfg(not(target_arch = "wasm32"))]

mod common;
#[path = "common/training.rs"]
mod training;

use expect_test::expect_file;
use networks::wide::Width;
use std::fmt::Write as _;
use training::{NETWORKS, trained};

#[test]
fn random_networks_learn_the_same_bits_as_ever_whatever_the_width() {
    let mut text = String::from("network hash\n");
    for index in 0..NETWORKS {
        let hash = trained(index, Width::Baseline);
        assert_eq!(hash, trained(index, Width::detect()), "network {index}");
        writeln!(text, "{index} {hash:016x}").unwrap();
    }
    expect_file!["golden_bits.txt"].assert_eq(&text);
}
