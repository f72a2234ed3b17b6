//! The page and its worker.
//!
//! The page never knows where a run lives: [`store::RunView`] folds one stream of messages, whichever of the
//! [`services`] carries it.

pub mod services;
pub mod store;
