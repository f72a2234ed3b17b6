//! What crosses the wire: pinned by golden files, read back unharmed, and refused by name when damaged.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod codec;
mod devour;
mod goldens;
mod samples;
