//! The page and its worker.
//!
//! The page never knows where a run lives: [`store::RunView`] folds one stream of messages, whichever of the
//! [`services`] carries it.

pub mod app;
pub mod canvas_size;
pub mod charts;
pub mod clock;
pub mod components;
pub mod files;
pub mod format;
pub mod frame_loop;
pub mod kept_focus;
pub mod keyboard;
pub mod language;
pub mod lesson;
pub mod pages;
pub mod panics;
pub mod pending;
pub mod pulse;
pub mod route;
pub mod services;
pub mod session;
pub mod stage;
pub mod store;
pub mod text;
pub mod theme;
pub mod worker;
