//! The garden of the snake: a board of tiles in the grass, an apple, and the snake on its way.

use crate::camera::{CameraKind, CameraPose};
use crate::instruments::Instruments;
use crate::palette::{StyleColour, StylePalette, mix};
use crate::piece::{Finish, Piece, PieceBrush};
use crate::scenery::{SceneLight, Scenery, SceneryMoment, StillScenery, UnreadableScene};
use crate::solid::Solid;
use crate::sound::Sound;
use shared::scene::{Ink, Scene, Shape, Sprite};
use std::f32::consts::{FRAC_PI_2, TAU};
use three_d::core::prelude::{InnerSpace as _, Mat4, Rad, Vec2, Vec3, VectorSpace as _, vec2, vec3};

/// Balls from one segment of the body to the next.
const BALLS: usize = 5;
/// How long the cinematic camera takes around the board, in seconds.
const ROUND_SECONDS: f64 = 40.0;

/// What a scene of the snake tells, in cells from the upper left corner.
#[derive(Clone, Debug, PartialEq)]
struct SnakeSight {
    columns: u32,
    rows: u32,
    /// From the head on.
    spine: Vec<Vec2>,
    /// Unit vector.
    ahead: Vec2,
    apple: Option<Vec2>,
    is_dead: bool,
}

impl Default for SnakeSight {
    fn default() -> Self {
        let (spine, ahead) = (Vec::new(), vec2(1.0, 0.0));
        Self { columns: 0, rows: 0, spine, ahead, apple: None, is_dead: false }
    }
}

impl SnakeSight {
    fn read(scene: &Scene) -> Result<Self, UnreadableScene> {
        let mut sight = Self::default();
        let mut whites = Vec::new();
        let mut lines = Vec::<Vec<Vec2>>::new();
        let mut discs = Vec::new();
        for shape in &scene.shapes {
            match shape {
                Shape::Cells { columns, tiles, .. } => {
                    sight.columns = (*columns).max(1);
                    sight.rows = tiles.len() as u32 / sight.columns;
                }
                Shape::Sprite { sprite: Sprite::Apple, x, y, .. } => sight.apple = Some(vec2(*x, *y)),
                Shape::Path { points, ink: Ink::Agent, .. } => {
                    lines.push(points.chunks_exact(2).map(|it| vec2(it[0], it[1])).collect());
                }
                Shape::Disc { x, y, ink: Ink::Agent, .. } => discs.push(vec2(*x, *y)),
                Shape::Disc { x, y, ink: Ink::White, .. } => whites.push(vec2(*x, *y)),
                _ => {}
            }
        }
        let [head, snout, ..] = discs[..] else { return Err(UnreadableScene("snake's head")) };
        if sight.columns == 0 || sight.rows == 0 {
            return Err(UnreadableScene("board"));
        }
        // The tail comes first, link by link, and the body after it as one line from the head.
        let (links, body): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.len() == 2);
        sight.spine = vec![head];
        for line in body.iter().chain(&links) {
            let meets = sight.spine.iter().position(|it| (it - line[0]).magnitude() < 0.1);
            if meets.is_some_and(|at| at + 1 == sight.spine.len()) {
                sight.spine.extend(&line[1..]);
            }
        }
        sight.ahead = (snout - head).normalize();
        sight.is_dead = whites.is_empty();
        Ok(sight)
    }
}

/// The board and the snake on it.
#[derive(Debug)]
pub struct Garden {
    sight: SnakeSight,
    /// Where the snake was in the scene before, and where it looked.
    from: Vec<Vec2>,
    from_ahead: Vec2,
    eaten: u64,
    boards: u64,
}

impl Default for Garden {
    fn default() -> Self {
        Self { sight: SnakeSight::default(), from: Vec::new(), from_ahead: vec2(1.0, 0.0), eaten: 0, boards: 0 }
    }
}

impl Garden {
    /// From cells to the world, on the tiles.
    fn place(&self, at: Vec2) -> Vec3 {
        vec3(at.x - self.sight.columns as f32 / 2.0, 0.0, at.y - self.sight.rows as f32 / 2.0)
    }

    /// Half of the longer side.
    fn half(&self) -> f32 {
        self.sight.columns.max(self.sight.rows) as f32 / 2.0
    }

    fn spine(&self, share: f32) -> Vec<Vec2> {
        let glide = |(index, to): (usize, &Vec2)| {
            // What has grown stays where the tail was.
            let from = self.from.get(index).or(self.from.last().filter(|_| index + 1 == self.sight.spine.len()));
            from.map_or(*to, |from| from.lerp(*to, share))
        };
        self.sight.spine.iter().enumerate().map(glide).collect()
    }

    fn ahead(&self, share: f32) -> Vec2 {
        let (from, to) = (self.from_ahead, self.sight.ahead);
        let share = (2.5 * share).min(1.0);
        let between = from.lerp(to, share);
        if between.magnitude() < 0.1 { to } else { between.normalize() }
    }

    fn draw_snake(&self, brush: &mut PieceBrush<'_>, palette: &StylePalette, share: f32, with_head: bool) {
        let spine = self.spine(share);
        let (skin, dark) = (palette.ink(Ink::Agent), palette.ink(Ink::AgentDetail));
        let light = palette.role(StyleColour::AgentLight);
        let skin = if self.sight.is_dead { mix(skin, palette.ink(Ink::Faint), 0.5) } else { skin };
        for (index, pair) in spine.windows(2).enumerate() {
            for ball in 0..BALLS {
                let along = index as f32 + ball as f32 / BALLS as f32;
                let left = (spine.len() - 1) as f32 - along;
                // It gets thinner over the last three segments, and a little behind the head.
                let radius = (0.12 + 0.085 * left).min(0.36) * if along < 0.6 { 0.94 } else { 1.0 };
                let at = self.place(pair[0].lerp(pair[1], ball as f32 / BALLS as f32)) + vec3(0.0, radius * 0.92, 0.0);
                let band = (along * 1.0).floor() as i32 % 2 == 0;
                let colour = if band { skin } else { mix(skin, light, 0.75) };
                let size = vec3(radius, radius * 0.94, radius) * 2.0;
                brush.put(Solid::Ball, at, size, colour, Finish::Gloss(0.22));
                if ball == 0 && index > 0 && left > 1.5 {
                    let mark = vec3(0.22, 0.12, 0.22);
                    brush.put(Solid::Ball, at + vec3(0.0, radius * 0.9, 0.0), mark, dark, Finish::Gloss(0.2));
                }
            }
        }
        if !with_head {
            return;
        }
        let ahead = self.ahead(share);
        let head = self.place(spine[0]) + vec3(0.0, 0.4, 0.0);
        let mut brush = brush.at(head, (-ahead.y).atan2(ahead.x));
        let brush = &mut brush;
        brush.put(Solid::Ball, vec3(0.0, 0.0, 0.0), vec3(0.86, 0.74, 0.82), skin, Finish::Gloss(0.25));
        brush.put(
            Solid::Ball,
            vec3(0.24, -0.06, 0.0),
            vec3(0.6, 0.5, 0.66),
            mix(skin, light, 0.4),
            Finish::Gloss(0.25),
        );
        for side in [-1.0, 1.0] {
            let eye = vec3(0.16, 0.3, 0.23 * side);
            if self.sight.is_dead {
                for tilt in [0.8, -0.8] {
                    let cross =
                        Mat4::from_translation(eye + vec3(0.05, 0.02, 0.03 * side)) * Mat4::from_angle_z(Rad(tilt));
                    brush.within(cross).put(
                        Solid::Block,
                        vec3(0.0, 0.0, 0.0),
                        vec3(0.24, 0.05, 0.05),
                        dark,
                        Finish::Matt,
                    );
                }
                continue;
            }
            brush.put(Solid::Ball, eye, vec3(0.26, 0.28, 0.26), palette.ink(Ink::White), Finish::Gloss(0.3));
            let pupil = eye + vec3(0.08, 0.03, 0.05 * side);
            brush.put(Solid::Ball, pupil, vec3(0.15, 0.17, 0.15), palette.ink(Ink::Black), Finish::Gloss(0.8));
            brush.ball(vec3(0.5, 0.06, 0.09 * side), 0.03, dark);
        }
        if !self.sight.is_dead {
            let red = palette.ink(Ink::Prize);
            brush.block(vec3(0.64, -0.14, 0.0), vec3(0.26, 0.02, 0.05), red);
            for side in [-1.0, 1.0] {
                brush.at(vec3(0.8, -0.14, 0.04 * side), -0.5 * side).block(
                    vec3(0.0, 0.0, 0.0),
                    vec3(0.14, 0.02, 0.035),
                    red,
                );
            }
        }
    }

    fn draw_apple(brush: &mut PieceBrush<'_>, palette: &StylePalette, at: Vec3) {
        let red = palette.ink(Ink::Prize);
        for (x, z) in [(-0.07, 0.0), (0.07, 0.05), (0.0, -0.07)] {
            brush.put(Solid::Ball, at + vec3(x, 0.34, z), vec3(0.56, 0.6, 0.56), red, Finish::Gloss(0.45));
        }
        brush.post(at + vec3(0.0, 0.58, 0.0), 0.03, 0.2, palette.ink(Ink::AgentDetail));
        let leaf = mix(palette.ink(Ink::Hue(2)), palette.ink(Ink::Plant), 0.3);
        let mut tilted =
            brush.within(Mat4::from_translation(at + vec3(0.14, 0.74, 0.0)) * Mat4::from_angle_z(Rad(0.4)));
        tilted.put(Solid::Ball, vec3(0.0, 0.0, 0.0), vec3(0.32, 0.06, 0.18), leaf, Finish::Matt);
    }
}

impl Scenery for Garden {
    fn take(&mut self, scene: &Scene, share: f32) -> Result<bool, UnreadableScene> {
        let sight = SnakeSight::read(scene)?;
        let same_board = (sight.columns, sight.rows) == (self.sight.columns, self.sight.rows);
        let grown = sight.spine.len().checked_sub(self.sight.spine.len());
        let moved = self.sight.spine.first().map_or(9.0, |head| (head - sight.spine[0]).magnitude());
        let follows = same_board && moved < 1.1 && grown.is_some_and(|it| it < 2);
        (self.from, self.from_ahead) =
            if follows { (self.spine(share), self.ahead(share)) } else { (sight.spine.clone(), sight.ahead) };
        self.eaten += u64::from(follows && grown == Some(1));
        self.boards += u64::from(!same_board);
        self.sight = sight;
        Ok(follows)
    }

    fn generation(&self) -> u64 {
        self.boards
    }

    fn still(&self, palette: &StylePalette) -> StillScenery {
        let mut still = StillScenery::new(SceneLight::of(palette, 0.006));
        let mut brush = PieceBrush::new(&mut still.pieces);
        let (columns, rows) = (self.sight.columns, self.sight.rows);
        let grass = mix(palette.ink(Ink::Plant), palette.ink(Ink::Ground), 0.2);
        brush.block(vec3(0.0, -1.3, 0.0), vec3(500.0, 1.0, 500.0), grass);
        let (width, depth) = (columns as f32, rows as f32);
        let soil = mix(palette.ink(Ink::Wall), palette.ink(Ink::AgentDetail), 0.35);
        brush.block(vec3(0.0, -0.5, 0.0), vec3(width + 0.1, 0.44, depth + 0.1), soil);
        let (plain, other) = (palette.ink(Ink::Ground), palette.ink(Ink::GroundAlternate));
        for (column, row) in (0..columns).flat_map(|column| (0..rows).map(move |row| (column, row))) {
            let at = self.place(vec2(column as f32 + 0.5, row as f32 + 0.5)) - vec3(0.0, 0.1, 0.0);
            let colour = if (column + row) % 2 == 0 { plain } else { mix(plain, other, 0.75) };
            brush.put(Solid::Brick, at, vec3(0.97, 0.2, 0.97), colour, Finish::Matt);
        }
        // A low wall all around, in pieces.
        let (wall, top) = (palette.ink(Ink::Wall), palette.role(StyleColour::WallTop));
        let mut post = |x: f32, z: f32, size: Vec3, shade: f32| {
            brush.put(Solid::Brick, vec3(x, -0.05, z), size, mix(wall, top, shade), Finish::Matt);
        };
        let shade = |index: u32| 0.25 * (index * 7 % 4) as f32;
        for column in 0..columns {
            let x = column as f32 + 0.5 - width / 2.0;
            for side in [-1.0, 1.0] {
                post(x, side * (depth / 2.0 + 0.26), vec3(0.97, 0.6, 0.46), shade(column));
            }
        }
        for row in 0..rows {
            let z = row as f32 + 0.5 - depth / 2.0;
            for side in [-1.0, 1.0] {
                post(side * (width / 2.0 + 0.26), z, vec3(0.46, 0.6, 0.97), shade(row));
            }
        }
        for (x, z) in [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)] {
            post(x * (width / 2.0 + 0.26), z * (depth / 2.0 + 0.26), vec3(0.66, 0.9, 0.66), 1.0);
        }
        plant(&mut brush, palette, (width / 2.0, depth / 2.0));
        still
    }

    fn moving(&self, moment: &SceneryMoment<'_>, camera: CameraKind, into: &mut Vec<Piece>) {
        let mut brush = PieceBrush::new(into);
        if let Some(apple) = self.sight.apple {
            Self::draw_apple(&mut brush, moment.palette, self.place(apple));
        }
        self.draw_snake(&mut brush, moment.palette, moment.share, camera != CameraKind::Eyes);
    }

    fn cameras(&self) -> &'static [CameraKind] {
        use CameraKind::{Chase, Cinematic, Corner, Eyes, Top};
        &[Corner, Chase, Eyes, Top, Cinematic]
    }

    fn eye(&self, moment: &SceneryMoment<'_>, camera: CameraKind) -> CameraPose {
        let half = self.half() + 0.6;
        let middle = vec3(0.0, 0.0, 0.0);
        let ahead = self.ahead(moment.share);
        let ahead = vec3(ahead.x, 0.0, ahead.y);
        let head = self.spine(moment.share).first().map_or(middle, |head| self.place(*head));
        match camera {
            CameraKind::Chase => CameraPose {
                at: head - ahead * 4.2 + vec3(0.0, 3.4, 0.0),
                towards: head + ahead * 2.4,
                angle: 52.0,
                ease: 0.22,
            },
            CameraKind::Eyes => CameraPose {
                at: head + ahead * 0.12 + vec3(0.0, 0.85, 0.0),
                towards: head + ahead * 4.0 + vec3(0.0, 0.1, 0.0),
                angle: 72.0,
                ease: 0.05,
            },
            // A little from the south, so that up is up.
            CameraKind::Top => {
                CameraPose { at: vec3(0.0, 2.35 * half, 0.02 * half), towards: middle, angle: 50.0, ease: 0.0 }
            }
            CameraKind::Cinematic => {
                let turn = if moment.calm { 0.6 } else { (moment.now % ROUND_SECONDS / ROUND_SECONDS) as f32 * TAU };
                let at = vec3(1.75 * half * turn.sin(), 1.05 * half, 1.75 * half * turn.cos());
                CameraPose { at, towards: middle.lerp(head, 0.35), angle: 42.0, ease: 0.3 }
            }
            _ => CameraPose {
                at: vec3(0.0, 2.0 * half, 1.62 * half),
                towards: vec3(0.0, 0.0, 0.16 * half),
                angle: 44.0,
                ease: 0.0,
            },
        }
    }

    fn shadows(&self, _: &SceneryMoment<'_>) -> (Vec3, f32) {
        (vec3(0.0, 0.0, 0.0), 1.5 * self.half() + 3.0)
    }

    fn is_restless(&self, camera: CameraKind) -> bool {
        camera == CameraKind::Cinematic
    }

    fn instruments(&self) -> Instruments {
        let length = self.sight.spine.len();
        let figures = vec![format!("{} apples", length - 1), format!("{length} long")];
        Instruments { figures, meters: Vec::new(), message: String::new() }
    }

    fn sound(&self) -> Sound {
        Sound { hum: None, event: self.eaten }
    }
}

/// Tufts, flowers and stones around the board.
fn plant(brush: &mut PieceBrush<'_>, palette: &StylePalette, (half_width, half_depth): (f32, f32)) {
    let green = mix(palette.ink(Ink::Hue(2)), palette.ink(Ink::Plant), 0.6);
    let reach = half_width.max(half_depth) + 1.2;
    for index in 0..150_usize {
        // The golden angle spreads them without a pattern.
        let turn = index as f32 * 2.399_963;
        let out = reach * (1.12 + 0.024 * index as f32 + 0.13 * (index * 7 % 5) as f32);
        let foot = vec3(turn.cos() * out, -0.3, turn.sin() * out);
        if foot.x.abs() < half_width + 1.0 && foot.z.abs() < half_depth + 1.0 {
            continue;
        }
        match index % 6 {
            0 => {
                let stone = mix(palette.ink(Ink::Wall), palette.role(StyleColour::WallTop), 0.2 * (index % 5) as f32);
                brush.put(Solid::Ball, foot, vec3(0.9, 0.5, 0.7), stone, Finish::Matt);
            }
            1 | 4 => {
                let hue = palette.ink(Ink::Hue([3, 6, 0, 1][index / 6 % 4]));
                brush.post(foot, 0.035, 0.6, green);
                brush.put(Solid::Ball, foot + vec3(0.0, 0.62, 0.0), vec3(0.34, 0.16, 0.34), hue, Finish::Matt);
                brush.ball(foot + vec3(0.0, 0.68, 0.0), 0.08, palette.ink(Ink::Hue(3)));
            }
            _ => {
                for blade in 0..4 {
                    let tilt = Mat4::from_translation(foot)
                        * Mat4::from_angle_y(Rad(blade as f32 * FRAC_PI_2 + turn))
                        * Mat4::from_angle_z(Rad(0.35));
                    let colour = mix(green, palette.ink(Ink::Ground), 0.12 * (blade % 3) as f32);
                    brush.within(tilt).put(
                        Solid::Cone,
                        vec3(0.0, 0.3, 0.0),
                        vec3(0.16, 0.7, 0.16),
                        colour,
                        Finish::Matt,
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenery::played;

    #[test]
    fn a_snake_is_read_as_it_is() {
        let mut longest = 0;
        for (scene, text) in played("snake", 3000) {
            let sight = SnakeSight::read(&scene).unwrap();
            let rows: Vec<Vec<char>> = text.lines().skip(1).map(|line| line.chars().collect()).collect();
            let at = |cell: Vec2| rows[cell.y as usize][cell.x as usize];
            let head = at(sight.spine[0]);
            assert_eq!(
                head,
                match (sight.ahead.x.round() as i32, sight.ahead.y.round() as i32) {
                    (1, 0) => '>',
                    (0, 1) => 'v',
                    (-1, 0) => '<',
                    _ => '^',
                }
            );
            let length = rows.iter().flatten().filter(|cell| **cell == 'o').count() + 1;
            assert_eq!(sight.spine.len(), length, "{text}");
            assert!(sight.spine[1..].iter().all(|cell| at(*cell) == 'o'), "{text}");
            assert!(sight.apple.is_none_or(|apple| at(apple) == '*'), "{text}");
            longest = longest.max(length);
        }
        assert!(longest > 2, "no snake was longer than {longest}");
    }

    #[test]
    fn a_step_glides_and_another_episode_does_not() {
        let scenes = played("snake", 200);
        let mut garden = Garden::default();
        let mut glides = 0;
        for ((scene, _), before) in scenes.iter().zip([None].into_iter().chain(scenes.iter().map(Some))) {
            let follows = garden.take(scene, 1.0).unwrap();
            glides += usize::from(follows);
            if follows {
                let from = SnakeSight::read(&before.unwrap().0).unwrap().spine[0];
                assert!((garden.spine(0.0)[0] - from).magnitude() < 1e-6);
            }
            assert_eq!(garden.spine(1.0), garden.sight.spine);
        }
        assert!(glides > 100, "{glides}");
    }
}
