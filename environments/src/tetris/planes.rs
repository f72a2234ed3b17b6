//! The board as planes of cells, and the pieces beside it as planes that are the same everywhere.

use super::engine::{Engine, HEIGHT, LETTERS, WIDTH};
use super::portrayal::{LEFT, TOP};
use shared::describe::{ObservationBoard, names};

const CELLS: usize = WIDTH * HEIGHT;

/// * `filled`: 1 in cells that are taken; `falling`: 1 in those of the falling piece, none where there is no room for it;
/// * `next I`, ...: 1 everywhere for the next piece;
/// * `held I`, ...: the same for the held one, where pieces can be held.
pub(super) fn board(placement: bool) -> ObservationBoard {
    let mut channels = names(&["filled", "falling"]);
    for role in if placement { &["next"][..] } else { &["next", "held"] } {
        channels.extend(LETTERS.iter().map(|letter| format!("{role} {letter}")));
    }
    ObservationBoard { channels, rows: HEIGHT as u32, columns: WIDTH as u32, corner: (LEFT, TOP) }
}

pub(super) fn observe(engine: &Engine, into: &mut [f32]) {
    into.fill(0.0);
    for (row, cells) in into.chunks_exact_mut(WIDTH).take(HEIGHT).enumerate() {
        let bits = engine.rows.bits(row);
        for (column, cell) in cells.iter_mut().enumerate() {
            *cell = (bits >> column & 1) as f32;
        }
    }
    for (row, column) in engine.cells(false) {
        into[CELLS + row * WIDTH + column] = 1.0;
    }
    let mut planes = into.chunks_exact_mut(CELLS).skip(2);
    if let Some(plane) = planes.nth(usize::from(engine.queue[0])) {
        plane.fill(1.0);
    }
    let rest = LETTERS.len() - 1 - usize::from(engine.queue[0]);
    if let Some((piece, _)) = engine.held
        && let Some(plane) = planes.nth(rest + usize::from(piece))
    {
        plane.fill(1.0);
    }
}
