//! Which environments have a scenery: a new one is a module and a line here, and its id in `in_depth` of the page's stage.

use crate::circuit::Circuit;
use crate::garden::Garden;
use crate::scenery::Scenery;
use crate::town::Town;
use crate::well::TetrisWell;

/// The scenery of an environment's scenes, where it has one.
pub fn of(environment: &str) -> Option<Box<dyn Scenery>> {
    Some(match environment {
        "daladala" | "daladala-classic" => Box::new(Town::default()),
        "racing" => Box::new(Circuit::default()),
        "snake" => Box::new(Garden::default()),
        "tetris" | "tetris-melax" => Box::new(TetrisWell::default()),
        _ => return None,
    })
}
