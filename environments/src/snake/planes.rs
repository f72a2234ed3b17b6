//! The board as planes of cells, the wall around it included: what a window that slides over it has to see.

use super::{Snake, WALL};
use shared::describe::{ObservationBoard, names};

/// * `head`: 1 where it is; `ahead`: 1 in the cell that it looks at, which may be wall;
/// * `body`: of n segments 1 - k/n where the one k behind the head is, so that it tells which cells are free next;
/// * `apple`: 1 where it is; `wall`: 1 around the board;
/// * `hunger`: everywhere the share of the steps without an apple that starve.
const CHANNELS: [&str; 6] = ["head", "ahead", "body", "apple", "wall", "hunger"];

pub(super) fn board(size: usize) -> ObservationBoard {
    let side = size as u32 + 2;
    ObservationBoard { channels: names(&CHANNELS), rows: side, columns: side, corner: (-1.0, -1.0) }
}

pub(super) fn observe(snake: &Snake, into: &mut [f32]) {
    into.fill(0.0);
    let cells = snake.stride() * snake.stride();
    let (planes, hunger) = into.split_at_mut(5 * cells);
    let mut mark = |plane: usize, cell: u16, value: f32| planes[plane * cells + usize::from(cell)] = value;
    mark(0, snake.head, 1.0);
    mark(1, snake.neighbour(snake.head, snake.direction), 1.0);
    for back in 1..snake.length {
        mark(2, snake.segment(back), (snake.length - back) as f32 / snake.length as f32);
    }
    // A full board has none.
    if snake.apple != snake.head {
        mark(3, snake.apple, 1.0);
    }
    for (cell, content) in (0..).zip(&snake.cells[..cells]) {
        if *content == WALL {
            mark(4, cell, 1.0);
        }
    }
    hunger.fill(snake.hunger as f32 / snake.rules.max_hunger as f32);
}
