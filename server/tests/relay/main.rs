//! The relay as its clients meet it: real sockets, a real database, and the real program where processes die.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alerts;
mod artifacts;
mod commands;
mod damage;
mod epochs;
mod faults;
mod forward;
mod gate;
mod greeting;
mod harness;
mod history;
mod limits;
mod list;
mod operations;
mod page;
mod process;
mod rest;
mod state;
mod storage;
mod thinning;
mod tokens;
mod tools;
mod websocket;
