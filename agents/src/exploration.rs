//! How actions are chosen: greedily, by chance, by preference.

pub mod action_selection;
pub mod behaviour;
