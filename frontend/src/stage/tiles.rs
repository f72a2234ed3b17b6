//! Tiles: round-cornered cells with a little soil between them.

use super::palette::SceneColour;
use super::pen::CanvasPen;
use super::sprites;
use shared::scene::{Sprite, Tile};

/// Every kind, so that cells of one kind are painted in one go.
const KINDS: [Tile; 13] = [
    Tile::Floor,
    Tile::Start,
    Tile::Goal,
    Tile::Pit,
    Tile::Wall,
    Tile::Mud,
    Tile::Ice,
    Tile::OneWayUp,
    Tile::OneWayDown,
    Tile::OneWayLeft,
    Tile::OneWayRight,
    Tile::Teleport,
    Tile::Empty,
];

/// Gap between cells and radius of their corners, for a cell of `side` pixels.
pub fn gap_and_radius(side: f64) -> (f64, f64) {
    if side < 10.0 {
        (if side < 5.0 { 0.0 } else { 1.0 }, 0.0)
    } else {
        ((side * 0.045).round().clamp(1.0, 5.0), side * 0.115)
    }
}

/// Draws a grid of tiles; `cell` gives the upper left corner of a cell in pixels.
pub fn draw_grid(pen: CanvasPen<'_>, tiles: &[u8], legend: &[Tile], side: f64, cell: impl Fn(usize) -> (f64, f64)) {
    let (gap, radius) = gap_and_radius(side);
    for kind in KINDS {
        if kind == Tile::Empty {
            continue;
        }
        if gap == 0.0 {
            pen.fill_with(ground(kind));
            let alike = tiles.iter().enumerate().filter(|(_, tile)| legend.get(usize::from(**tile)) == Some(&kind));
            pen.fill_specks(alike.map(|(index, _)| cell(index)), (side, side));
            continue;
        }
        let mut any = false;
        pen.context.begin_path();
        for (index, tile) in tiles.iter().enumerate() {
            if legend.get(usize::from(*tile)) == Some(&kind) {
                any = true;
                let (x, y) = cell(index);
                pen.add_round_box((x + gap / 2.0, y + gap / 2.0), (side - gap, side - gap), radius);
            }
        }
        if any {
            pen.fill_with(ground(kind));
            pen.context.fill();
            for (index, tile) in tiles.iter().enumerate() {
                if legend.get(usize::from(*tile)) == Some(&kind) {
                    mark(pen, kind, cell(index), side);
                }
            }
        }
    }
}

/// Draws one tile, for palettes of editors.
pub fn draw_one(pen: CanvasPen<'_>, tile: Tile, side: f64) {
    draw_grid(pen, &[0], &[tile], side, |_| (0.0, 0.0));
}

const fn ground(tile: Tile) -> SceneColour {
    match tile {
        Tile::Goal => SceneColour::GoalGround,
        Tile::Pit => SceneColour::Danger,
        Tile::Wall => SceneColour::Wall,
        Tile::Mud => SceneColour::Mud,
        Tile::Ice => SceneColour::Water,
        Tile::Teleport => SceneColour::GroundAlternate,
        _ => SceneColour::Ground,
    }
}

/// What tells a tile from its neighbours besides its colour.
fn mark(pen: CanvasPen<'_>, tile: Tile, (x, y): (f64, f64), side: f64) {
    if side < 7.0 {
        return;
    }
    let middle = (x + side / 2.0, y + side / 2.0);
    match tile {
        Tile::Goal => sprites::draw(pen, Sprite::Sprout, middle, side * 0.66, 0.0, pen.palette.role(SceneColour::Goal)),
        Tile::Pit => pen.in_unit_box(middle, side, 0.0, |context| {
            pen.stroke_with(SceneColour::DangerMark, 0.042);
            context.set_line_cap("round");
            context.begin_path();
            for (from, to) in [((-0.17, -0.17), (0.17, 0.17)), ((0.17, -0.17), (-0.17, 0.17))] {
                context.move_to(from.0, from.1);
                context.line_to(to.0, to.1);
            }
            context.stroke();
        }),
        Tile::Wall => {
            let (gap, radius) = gap_and_radius(side);
            pen.fill_with(SceneColour::WallTop);
            pen.round_box((x + gap / 2.0, y + gap / 2.0), (side - gap, (side - gap) * 0.8), radius);
            pen.context.fill();
        }
        Tile::Start => pen.in_unit_box(middle, side, 0.0, |context| {
            pen.stroke_with(SceneColour::Faint, 0.028);
            context.begin_path();
            let _ = context.arc(0.0, 0.0, 0.3, 0.0, std::f64::consts::TAU);
            context.stroke();
        }),
        Tile::Mud => pen.in_unit_box(middle, side, 0.0, |context| {
            pen.fill_with(SceneColour::Ground);
            context.set_global_alpha(0.45);
            for (dot_x, dot_y, radius) in
                [(-0.2, -0.14, 0.07), (0.16, -0.2, 0.05), (0.08, 0.14, 0.085), (-0.22, 0.2, 0.045)]
            {
                context.begin_path();
                let _ = context.arc(dot_x, dot_y, radius, 0.0, std::f64::consts::TAU);
                context.fill();
            }
            context.set_global_alpha(1.0);
        }),
        Tile::Ice => pen.in_unit_box(middle, side, 0.0, |context| {
            pen.stroke_with(SceneColour::White, 0.026);
            context.set_line_cap("round");
            context.set_global_alpha(0.6);
            context.begin_path();
            context.move_to(-0.28, -0.06);
            context.line_to(-0.06, -0.28);
            context.move_to(-0.2, 0.1);
            context.line_to(-0.08, -0.02);
            context.stroke();
            context.set_global_alpha(1.0);
        }),
        Tile::OneWayUp => chevrons(pen, middle, side, 0.75),
        Tile::OneWayDown => chevrons(pen, middle, side, 0.25),
        Tile::OneWayLeft => chevrons(pen, middle, side, 0.5),
        Tile::OneWayRight => chevrons(pen, middle, side, 0.0),
        Tile::Teleport => pen.in_unit_box(middle, side, 0.0, |context| {
            pen.context.set_stroke_style_str(&pen.palette.plum);
            context.set_line_width(0.045);
            context.begin_path();
            for index in 0..48 {
                let turn = f64::from(index) / 16.0 * std::f64::consts::TAU;
                let radius = 0.04 + 0.26 * f64::from(index) / 47.0;
                context.line_to(radius * libm::cos(turn), radius * libm::sin(turn));
            }
            context.stroke();
        }),
        Tile::Floor | Tile::Empty => {}
    }
}

fn chevrons(pen: CanvasPen<'_>, middle: (f64, f64), side: f64, turn: f64) {
    pen.in_unit_box(middle, side, turn, |context| {
        pen.stroke_with(SceneColour::Faint, 0.06);
        context.set_line_cap("round");
        context.set_line_join("round");
        context.begin_path();
        for x in [-0.2, 0.02] {
            context.move_to(x, -0.18);
            context.line_to(x + 0.18, 0.0);
            context.line_to(x, 0.18);
        }
        context.stroke();
    });
}
