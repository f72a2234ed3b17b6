//! The well of tetris: blocks that stand before a board, as the flat picture has them, with depth.

use crate::camera::{CameraKind, CameraPose};
use crate::instruments::{Instruments, meters};
use crate::palette::{StyleColour, StylePalette, mix};
use crate::piece::{Finish, Piece, PieceBrush};
use crate::scenery::{SceneLight, Scenery, SceneryMoment, StillScenery, UnreadableScene};
use crate::solid::Solid;
use crate::sound::Sound;
use shared::scene::{Ink, Scene, Shape};
use three_d::core::prelude::{Vec3, vec3};

/// From how high blocks fall that were not there before, in cells.
const FALL: f32 = 3.0;
/// A piece that is this much higher than before, in cells, is another one.
const ANOTHER: f32 = 0.6;
/// How long the cinematic camera takes to and fro, in seconds.
const SWAY_SECONDS: f64 = 16.0;

/// A rectangle of the flat picture: middle, width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Area {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

impl Area {
    fn has(&self, other: &Self) -> bool {
        (other.x - self.x).abs() * 2.0 < self.width && (other.y - self.y).abs() * 2.0 < self.height
    }
}

/// A block of a colour.
#[derive(Clone, Copy, Debug, PartialEq)]
struct WellBlock {
    area: Area,
    ink: Ink,
}

/// What a scene of tetris tells.
#[derive(Clone, Debug, Default, PartialEq)]
struct WellScene {
    /// The board.
    board: Area,
    /// What stands behind blocks: the boards of this one, of what is held and of what is next.
    panels: Vec<Area>,
    /// Blocks that lie, and those beside the board.
    lying: Vec<WellBlock>,
    /// The piece that falls.
    falling: Vec<WellBlock>,
    /// Where it would land.
    landing: Vec<WellBlock>,
    figures: Vec<String>,
    message: String,
    size: (f32, f32),
}

impl WellScene {
    fn read(scene: &Scene) -> Result<Self, UnreadableScene> {
        let mut game = Self { size: (scene.width, scene.height), ..Self::default() };
        let mut label = None;
        for shape in &scene.shapes {
            match shape {
                Shape::Box { x, y, width, height, ink, outline, .. } => {
                    let area = Area { x: x + width / 2.0, y: y + height / 2.0, width: *width, height: *height };
                    match ink {
                        Ink::Ground => game.panels.push(area),
                        Ink::Hue(_) if *outline > 0.0 => {
                            game.landing.push(WellBlock { area, ink: *ink });
                        }
                        Ink::Hue(_) => {
                            let cell = WellBlock { area, ink: *ink };
                            // After the landing place comes what falls, and what is beside the board after that.
                            let is_falling =
                                !game.landing.is_empty() && game.board().has(&area) && game.falling.len() < 4;
                            if is_falling { game.falling.push(cell) } else { game.lying.push(cell) }
                        }
                        _ => {}
                    }
                }
                Shape::Text { text, ink: Ink::Faint, .. } => label = Some(text.clone()),
                Shape::Text { text, ink: Ink::Ink, .. } => {
                    if let Some(label) = label.take() {
                        game.figures.push(format!("{text} {label}"));
                    }
                }
                Shape::Text { text, ink: Ink::White, .. } => game.message.clone_from(text),
                _ => {}
            }
        }
        game.board = game.board();
        if game.panels.is_empty() {
            return Err(UnreadableScene("board"));
        }
        Ok(game)
    }

    /// The largest panel.
    fn board(&self) -> Area {
        let size = |it: &&Area| it.width * it.height;
        self.panels.iter().max_by(|a, b| size(a).total_cmp(&size(b))).copied().unwrap_or_default()
    }

    fn height(cells: &[WellBlock]) -> f32 {
        cells.iter().map(|it| it.area.y).sum::<f32>() / cells.len().max(1) as f32
    }
}

/// The well and the game in it.
#[derive(Debug, Default)]
pub struct TetrisWell {
    game: WellScene,
    /// From where each block of the falling piece comes.
    from: Vec<Area>,
    /// Blocks that lie there only now.
    fresh: Vec<bool>,
    lines: String,
    cleared: u64,
    boards: u64,
    meters: Vec<crate::instruments::Meter>,
}

impl TetrisWell {
    /// From the flat picture to the world: its board stands on the ground, in the middle.
    fn place(&self, area: &Area) -> Vec3 {
        let board = &self.game.board;
        vec3(area.x - board.x, board.y + board.height / 2.0 - area.y, 0.0)
    }

    fn falling(&self, share: f32) -> Vec<Area> {
        let glide = |(to, from): (&WellBlock, &Area)| {
            let between = |from: f32, to: f32| from + (to - from) * share;
            Area { x: between(from.x, to.area.x), y: between(from.y, to.area.y), ..to.area }
        };
        self.game.falling.iter().zip(&self.from).map(glide).collect()
    }
}

impl Scenery for TetrisWell {
    fn take(&mut self, scene: &Scene, share: f32) -> Result<bool, UnreadableScene> {
        let game = WellScene::read(scene)?;
        let before = &self.game;
        let same_board = before.panels == game.panels;
        let same_piece = before.falling.len() == game.falling.len()
            && before.falling.first().map(|it| it.ink) == game.falling.first().map(|it| it.ink)
            && WellScene::height(&game.falling) > WellScene::height(&before.falling) - ANOTHER;
        self.from = if same_board && same_piece {
            self.falling(share)
        } else {
            game.falling.iter().map(|it| it.area).collect()
        };
        // Blocks that were not there fall into place, if only a piece's came.
        let is_new = |cell: &WellBlock| game.board.has(&cell.area) && !before.lying.contains(cell);
        let fresh: Vec<bool> = game.lying.iter().map(|cell| !before.lying.is_empty() && is_new(cell)).collect();
        let count = fresh.iter().filter(|it| **it).count();
        let falls = same_board && (1..=4).contains(&count);
        self.fresh = if falls { fresh } else { vec![false; game.lying.len()] };
        let lines = game.figures.iter().find(|it| it.ends_with("lines")).cloned().unwrap_or_default();
        self.cleared += u64::from(same_board && lines != self.lines && !lines.starts_with("0 "));
        self.lines = lines;
        self.boards += u64::from(!same_board);
        self.meters = meters(scene);
        self.game = game;
        Ok(same_board && (falls || same_piece))
    }

    fn generation(&self) -> u64 {
        self.boards
    }

    fn still(&self, palette: &StylePalette) -> StillScenery {
        let mut still =
            StillScenery::new(SceneLight { sun_from: vec3(-0.35, 0.6, 0.8), ..SceneLight::of(palette, 0.006) });
        let mut brush = PieceBrush::new(&mut still.pieces);
        let (ground, other) = (palette.ink(Ink::Ground), palette.ink(Ink::GroundAlternate));
        let floor = mix(palette.role(StyleColour::Paper), other, if palette.is_dark() { 0.5 } else { 0.75 });
        brush.put(Solid::Block, vec3(0.0, -2.0, 0.0), vec3(600.0, 1.0, 600.0), floor, Finish::Gloss(0.12));
        // Round steps under everything.
        let stone = mix(palette.ink(Ink::Wall), ground, 0.5);
        let radius = self.game.size.0 * 0.62 + 2.0;
        for (step, wide) in [(0.0, 1.0), (0.45, 0.86)] {
            let across = 2.0 * radius * wide;
            let middle = vec3(0.0, step - 1.27, 0.0);
            let colour = mix(stone, palette.role(StyleColour::WallTop), step);
            brush.put(Solid::Cylinder, middle, vec3(across, 0.46, across), colour, Finish::Gloss(0.06));
        }
        let (wall, edge) = (palette.ink(Ink::Wall), palette.role(StyleColour::WallTop));
        // Dark in both themes, so that blocks stand out.
        let back = mix(ground, palette.ink(Ink::Black), if palette.is_dark() { 0.35 } else { 0.78 });
        for panel in &self.game.panels {
            let middle = self.place(panel);
            let is_board = *panel == self.game.board;
            let (width, height) = (panel.width, panel.height);
            brush.put(Solid::Block, middle - vec3(0.0, 0.0, 0.7), vec3(width, height, 0.3), back, Finish::Gloss(0.12));
            // Lines between the cells, as raised ribs.
            if is_board {
                for column in 1..width.round() as i32 {
                    let x = middle.x - width / 2.0 + column as f32;
                    let rib = vec3(0.04, height, 0.04);
                    brush.put(Solid::Block, vec3(x, middle.y, -0.54), rib, mix(back, edge, 0.35), Finish::Matt);
                }
                for row in 1..height.round() as i32 {
                    let y = middle.y - height / 2.0 + row as f32;
                    let rib = vec3(width, 0.04, 0.04);
                    brush.put(Solid::Block, vec3(middle.x, y, -0.54), rib, mix(back, edge, 0.35), Finish::Matt);
                }
            }
            let thick = if is_board { 0.5 } else { 0.25 };
            let deep = if is_board { 1.7 } else { 1.0 };
            let z = deep / 2.0 - 0.85;
            for side in [-1.0, 1.0] {
                let x = middle.x + side * (width + thick) / 2.0;
                let size = vec3(thick, height + 2.0 * thick, deep);
                brush.put(Solid::Brick, vec3(x, middle.y, z), size, mix(wall, edge, 0.4), Finish::Gloss(0.1));
                let y = middle.y + side * (height + thick) / 2.0;
                // The board is open above.
                if side < 0.0 || !is_board {
                    let size = vec3(width + 2.0 * thick, thick, deep);
                    brush.put(Solid::Brick, vec3(middle.x, y, z), size, mix(wall, edge, 0.4), Finish::Gloss(0.1));
                }
            }
            if !is_board {
                // Arms from the board carry the smaller ones.
                let reach = middle.x.abs() - width / 2.0;
                let size = vec3(reach, 0.3, 0.3);
                for side in [-0.3, 0.3] {
                    let arm = vec3(middle.x.signum() * reach / 2.0, middle.y + side * height, -0.72);
                    brush.put(Solid::Block, arm, size, mix(wall, edge, 0.2), Finish::Matt);
                }
            }
        }
        still
    }

    fn moving(&self, moment: &SceneryMoment<'_>, _: CameraKind, into: &mut Vec<Piece>) {
        let palette = moment.palette;
        let mut brush = PieceBrush::new(into);
        let share = moment.share;
        let paint = Finish::Gloss(0.3);
        let mut block = |middle: Vec3, area: &Area, ink: Ink| {
            let depth = 1.0_f32.min(1.08 * area.width);
            let size = vec3(area.width * 1.05, area.height * 1.05, depth);
            brush.put(Solid::Brick, middle, size, soften(palette, ink), paint);
        };
        for (cell, fresh) in self.game.lying.iter().zip(&self.fresh) {
            let above = if *fresh { FALL * (1.0 - share * share) } else { 0.0 };
            block(self.place(&cell.area) + vec3(0.0, above, 0.0), &cell.area, cell.ink);
        }
        for (cell, area) in self.game.falling.iter().zip(self.falling(share)) {
            block(self.place(&area), &area, cell.ink);
        }
        for cell in &self.game.landing {
            let middle = self.place(&cell.area);
            let colour = palette.ink(cell.ink);
            let (half, bar) = (cell.area.width / 2.0 - 0.04, 0.07);
            for side in [-half, half] {
                let upright = vec3(bar, 2.0 * half, bar);
                brush.put(Solid::Block, middle + vec3(side, 0.0, 0.3), upright, colour, Finish::Glow(0.45));
                let level = vec3(2.0 * half, bar, bar);
                brush.put(Solid::Block, middle + vec3(0.0, side, 0.3), level, colour, Finish::Glow(0.45));
            }
        }
    }

    fn cameras(&self) -> &'static [CameraKind] {
        use CameraKind::{Cinematic, Corner, Front, Top};
        &[Front, Corner, Top, Cinematic]
    }

    fn eye(&self, moment: &SceneryMoment<'_>, camera: CameraKind) -> CameraPose {
        let height = self.game.size.1.max(self.game.size.0 / 1.4);
        let middle = self.game.board.height / 2.0;
        let towards = vec3(0.0, middle - 0.3, 0.0);
        let angle = 40.0;
        let away = 0.53 * (height + 2.0) / (angle / 2.0_f32).to_radians().tan();
        let from =
            |turn: f32, lift: f32| towards + vec3(turn.sin() * lift.cos(), lift.sin(), turn.cos() * lift.cos()) * away;
        let at = match camera {
            CameraKind::Corner => from(0.72, 0.22),
            CameraKind::Top => from(0.0, 0.85),
            CameraKind::Cinematic => {
                let turn = (moment.now % SWAY_SECONDS / SWAY_SECONDS) as f32 * std::f32::consts::TAU;
                if moment.calm { from(-0.5, 0.12) } else { from(0.75 * turn.sin(), 0.14 + 0.1 * turn.cos()) }
            }
            _ => from(-0.2, 0.06),
        };
        CameraPose { at, towards, angle, ease: 0.15 }
    }

    fn shadows(&self, _: &SceneryMoment<'_>) -> (Vec3, f32) {
        (vec3(0.0, self.game.board.height / 2.0, 0.0), 0.85 * self.game.size.0.max(self.game.size.1))
    }

    fn is_restless(&self, camera: CameraKind) -> bool {
        camera == CameraKind::Cinematic
    }

    fn instruments(&self) -> Instruments {
        let game = &self.game;
        Instruments { figures: game.figures.clone(), meters: self.meters.clone(), message: game.message.clone() }
    }

    fn sound(&self) -> Sound {
        Sound { hum: None, event: self.cleared }
    }
}

/// The colours of blocks, a little calmer than flat ones: there is more of each.
fn soften(palette: &StylePalette, ink: Ink) -> Vec3 {
    mix(palette.ink(ink), palette.role(StyleColour::WallTop), 0.08)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenery::played;

    #[test]
    fn a_game_is_read_as_it_is() {
        let mut seen = (0, 0);
        for (scene, text) in played("tetris", 1500) {
            let game = WellScene::read(&scene).unwrap();
            let rows: Vec<Vec<char>> = text.lines().skip(1).map(|line| line.chars().collect()).collect();
            assert_eq!((game.board.width.round(), game.board.height.round()), (10.0, 20.0));
            let cell_of = |area: &Area| {
                let (left, top) = (game.board.x - game.board.width / 2.0, game.board.y - game.board.height / 2.0);
                ((area.x - left).floor() as usize, (area.y - top).floor() as usize)
            };
            let expected = |wanted: fn(char) -> bool| rows.iter().flatten().filter(|it| wanted(**it)).count();
            for cell in &game.falling {
                let (column, row) = cell_of(&cell.area);
                assert_eq!(rows[row][column], '@', "{text}");
                seen.0 += 1;
            }
            assert_eq!(game.falling.len(), expected(|it| it == '@'), "{text}");
            let lying: Vec<_> = game.lying.iter().filter(|it| game.board.has(&it.area)).collect();
            for cell in &lying {
                let (column, row) = cell_of(&cell.area);
                assert!(rows[row][column] != '.', "{text}");
                seen.1 += 1;
            }
            assert!(lying.len() >= expected(char::is_alphabetic), "{text}");
            assert!(game.figures.iter().any(|it| it.ends_with(" lines")), "{:?}", game.figures);
        }
        assert!(seen.0 > 1000 && seen.1 > 1000, "{seen:?}");
    }

    #[test]
    fn the_other_tetris_has_a_board_too() {
        for (scene, _) in played("tetris-melax", 200) {
            let mut well = TetrisWell::default();
            well.take(&scene, 1.0).unwrap();
            assert!(well.game.lying.iter().all(|it| matches!(it.ink, Ink::Hue(_))));
        }
    }
}
