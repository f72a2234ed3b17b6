//! The places of the page.

pub mod bench;
pub mod lab;
pub mod replays;
pub mod watch;
