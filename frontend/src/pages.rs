//! The places of the page.

pub mod bench;
pub mod compare;
pub mod lab;
pub mod learn;
pub mod library;
pub mod opened;
pub mod replays;
pub mod watch;
