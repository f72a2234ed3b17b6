//! The worker in which a run lives.

fn main() {}
