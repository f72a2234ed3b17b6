//! The stage in three dimensions: what a scene tells of a minibus, a race, a snake or a game of tetris, built from boxes,
//! cylinders and balls under one sun, and seen by several cameras.
//!
//! Scenes are the ones that the flat stage draws ([`shared::scene`]). A scenery reads one (`town/ride.rs` and its like), keeps
//! the last two and says what stands where in between; [`renderer`] draws that, and knows nothing of environments.

pub mod camera;
pub mod circuit;
pub mod garden;
pub mod hud;
pub mod instruments;
pub mod palette;
pub mod piece;
pub mod renderer;
pub mod sceneries;
pub mod scenery;
pub mod solid;
pub mod sound;
pub mod town;
pub mod view;
pub mod well;
pub mod words;
