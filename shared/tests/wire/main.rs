//! What crosses the wire: pinned by golden files, read back unharmed, and refused by name when damaged.

mod codec;
mod goldens;
mod samples;
