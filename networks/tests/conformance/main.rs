//! What networks promise: gradients are right, data are checked, rounds allocate nothing, saving loses nothing.
#![cfg(not(target_arch = "wasm32"))]

mod architecture;
#[path = "../common/mod.rs"]
mod common;
mod gradients;
mod network;
mod reference;
