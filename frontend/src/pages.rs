//! The places of the page.

pub mod apart;
pub mod bench;
pub mod checkpoints;
pub mod compare;
pub mod hosts;
pub mod lab;
pub mod learn;
pub mod lesson_editor;
pub mod library;
pub mod opened;
pub mod overlay;
pub mod reader;
pub mod replays;
pub mod run_file;
pub mod watch;
