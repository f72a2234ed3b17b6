//! Any bytes, guided by what they reach: `cargo xtask fuzz`.

#![no_main]

#[path = "../../shared/tests/wire/devour.rs"]
mod devour;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| devour::devour(bytes));
