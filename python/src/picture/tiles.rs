//! Tiles: round-cornered cells with a little soil between them.

use super::canvas::{Canvas, OPAQUE, arc, circle, lines};
use super::palette::{self, Colour};
use super::sprites;
use shared::scene::{Sprite, Tile};
use std::f32::consts::TAU;

/// Gap between cells and radius of their corners, for a cell of `side` pixels.
fn gap_and_radius(side: f32) -> (f32, f32) {
    match side {
        ..5.0 => (0.0, 0.0),
        5.0..10.0 => (1.0, 0.0),
        _ => ((side * 0.045).round().clamp(1.0, 5.0), side * 0.115),
    }
}

/// Draws a tile with its upper left corner at a point.
pub(super) fn draw(canvas: &mut Canvas, tile: Tile, (x, y): (f32, f32), side: f32) {
    if tile == Tile::Empty {
        return;
    }
    let (gap, radius) = gap_and_radius(side);
    let corner = (x + gap / 2.0, y + gap / 2.0);
    canvas.block(corner, (side - gap, side - gap), radius, ground(tile));
    if side < 7.0 {
        return;
    }
    let middle = (x + side / 2.0, y + side / 2.0);
    if tile == Tile::Goal {
        sprites::draw(canvas, Sprite::Sprout, middle, side * 0.66, 0.0, palette::GOAL);
    }
    if tile == Tile::Wall {
        canvas.block(corner, (side - gap, (side - gap) * 0.8), radius, palette::WALL_TOP);
    }
    let turn = match tile {
        Tile::OneWayUp => 0.75,
        Tile::OneWayDown => 0.25,
        Tile::OneWayLeft => 0.5,
        _ => 0.0,
    };
    canvas.in_unit_box(middle, side, turn, false, |it| mark(it, tile));
}

const fn ground(tile: Tile) -> Colour {
    match tile {
        Tile::Goal => palette::GOAL_GROUND,
        Tile::Pit => palette::DANGER,
        Tile::Wall => palette::WALL,
        Tile::Mud => palette::MUD,
        Tile::Ice => palette::WATER,
        Tile::Teleport => palette::GROUND_ALTERNATE,
        _ => palette::GROUND,
    }
}

/// What tells a tile from its neighbours besides its colour.
fn mark(canvas: &mut Canvas, tile: Tile) {
    match tile {
        Tile::Pit => {
            for (from, to) in [((-0.17, -0.17), (0.17, 0.17)), ((0.17, -0.17), (-0.17, 0.17))] {
                canvas.stroke(lines([from, to], false), palette::DANGER_MARK, 0.042, OPAQUE);
            }
        }
        Tile::Start => canvas.stroke(arc((0.0, 0.0), 0.3, 0.0, TAU), palette::FAINT, 0.028, OPAQUE),
        Tile::Mud => {
            for (x, y, radius) in [(-0.2, -0.14, 0.07), (0.16, -0.2, 0.05), (0.08, 0.14, 0.085), (-0.22, 0.2, 0.045)] {
                canvas.fill(circle(x, y, radius), palette::GROUND, 115);
            }
        }
        Tile::Ice => {
            for (from, to) in [((-0.28, -0.06), (-0.06, -0.28)), ((-0.2, 0.1), (-0.08, -0.02))] {
                canvas.stroke(lines([from, to], false), palette::WHITE, 0.026, 153);
            }
        }
        Tile::OneWayUp | Tile::OneWayDown | Tile::OneWayLeft | Tile::OneWayRight => {
            for x in [-0.2, 0.02] {
                let chevron = lines([(x, -0.18), (x + 0.18, 0.0), (x, 0.18)], false);
                canvas.stroke(chevron, palette::FAINT, 0.06, OPAQUE);
            }
        }
        Tile::Teleport => {
            let spiral = (0..48_u8).map(|index| {
                let (turn, share) = (f32::from(index) / 16.0 * TAU, f32::from(index) / 47.0);
                let radius = 0.04 + 0.26 * share;
                (radius * turn.cos(), radius * turn.sin())
            });
            canvas.stroke(lines(spiral, false), palette::PLUM, 0.045, OPAQUE);
        }
        Tile::Floor | Tile::Goal | Tile::Wall | Tile::Empty => {}
    }
}
