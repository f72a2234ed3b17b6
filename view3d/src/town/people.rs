//! People on the pavement, and what stands there for them: stops, traffic lights, police posts, the arch at the end.

use super::clothes;
use crate::palette::{StyleColour, StylePalette, mix};
use crate::piece::{Finish, PieceBrush};
use crate::solid::Solid;
use shared::scene::Ink;
use three_d::core::prelude::{Vec3, vec3};

/// People shown waiting at most; the instruments have the number.
const MOST_WAITING: u32 = 12;
const SKIN: [Vec3; 3] =
    [Vec3 { x: 0.4, y: 0.27, z: 0.18 }, Vec3 { x: 0.5, y: 0.34, z: 0.23 }, Vec3 { x: 0.32, y: 0.21, z: 0.14 }];

/// Somebody who stands there.
fn person(brush: &mut PieceBrush<'_>, palette: &StylePalette, foot: Vec3, index: usize) {
    let shirt = clothes(palette, index);
    let trousers = mix(palette.ink(Ink::Black), clothes(palette, index + 3), 0.3);
    let size = 0.94 + 0.03 * (index % 4) as f32;
    for side in [-0.1, 0.1] {
        brush.block(foot + vec3(side, 0.0, 0.0) * size, vec3(0.15, 0.8, 0.17) * size, trousers);
    }
    let middle = foot + vec3(0.0, 1.1, 0.0) * size;
    brush.put(Solid::Brick, middle, vec3(0.46, 0.64, 0.28) * size, shirt, Finish::Matt);
    for side in [-0.28, 0.28] {
        let arm = foot + vec3(side, 1.08, 0.0) * size;
        brush.put(
            Solid::Brick,
            arm,
            vec3(0.12, 0.58, 0.15) * size,
            mix(shirt, palette.ink(Ink::Black), 0.1),
            Finish::Matt,
        );
    }
    brush.ball(foot + vec3(0.0, 1.6, 0.0) * size, 0.16 * size, SKIN[index % 3]);
    brush.put(
        Solid::Ball,
        foot + vec3(0.0, 1.66, -0.02) * size,
        vec3(0.34, 0.26, 0.34) * size,
        palette.ink(Ink::AgentDetail),
        Finish::Matt,
    );
}

/// A stop, on the left pavement: the road is towards z.
pub(super) fn stop(brush: &mut PieceBrush<'_>, palette: &StylePalette, waiting: u32, cell: usize) {
    let metal = mix(palette.role(StyleColour::WallTop), palette.ink(Ink::Black), 0.25);
    let roof = palette.ink(Ink::Hue(4));
    for (x, z) in [(-2.3, -0.9), (2.3, -0.9), (-2.3, 0.5), (2.3, 0.5)] {
        brush.post(vec3(x, 0.0, z), 0.06, 2.5, metal);
    }
    brush.put(Solid::Block, vec3(0.0, 2.56, -0.2), vec3(5.2, 0.14, 2.0), roof, Finish::Gloss(0.2));
    brush.put(
        Solid::Block,
        vec3(0.0, 1.35, -0.92),
        vec3(4.6, 1.6, 0.05),
        mix(palette.ink(Ink::Water), roof, 0.2),
        Finish::Gloss(0.6),
    );
    brush.block(vec3(0.0, 0.42, -0.6), vec3(3.6, 0.08, 0.42), mix(metal, palette.ink(Ink::Caution), 0.3));
    for x in [-1.5, 1.5] {
        brush.block(vec3(x, 0.0, -0.6), vec3(0.08, 0.44, 0.36), metal);
    }
    // The sign at the kerb.
    brush.post(vec3(3.2, 0.0, 1.2), 0.05, 2.6, metal);
    brush.put(Solid::Block, vec3(3.2, 2.4, 1.2), vec3(0.06, 0.66, 0.66), palette.ink(Ink::White), Finish::Matt);
    brush.put(Solid::Block, vec3(3.2, 2.4, 1.2), vec3(0.08, 0.42, 0.42), palette.ink(Ink::Prize), Finish::Matt);
    for index in 0..waiting.min(MOST_WAITING) as usize {
        let (column, row) = (index % 6, index / 6);
        let x = -2.1 + 0.78 * column as f32 + 0.3 * row as f32;
        let z = 0.95 - 0.75 * row as f32 - 0.12 * (index % 2) as f32;
        person(brush, palette, vec3(x, 0.0, z), index + cell);
    }
}

/// A traffic light that looks back at who comes.
pub(super) fn light(brush: &mut PieceBrush<'_>, palette: &StylePalette, red: bool) {
    let metal = mix(palette.role(StyleColour::WallTop), palette.ink(Ink::Black), 0.45);
    let black = palette.ink(Ink::Black);
    brush.post(vec3(0.0, 0.0, 0.0), 0.09, 4.3, metal);
    brush.block(vec3(0.0, 4.25, 1.7), vec3(0.1, 0.1, 3.5), metal);
    // Over the lane, and low at the pole for who stands before it.
    for (y, z, size) in [(4.1, 3.0, 1.0), (2.7, 0.0, 0.72)] {
        brush.put(Solid::Brick, vec3(-0.12, y, z), vec3(0.34, 1.3, 0.5) * size, black, Finish::Matt);
        for (up, ink, on) in [(0.38, Ink::Stop, red), (-0.38, Ink::Go, !red), (0.0, Ink::Caution, false)] {
            let colour = palette.ink(ink);
            let colour = if on { colour } else { mix(colour, black, 0.78) };
            let place = vec3(-0.12 - 0.15 * size, y + up * size, z);
            let radius = if on { 0.36 } else { 0.28 };
            let shine = if on { 1.0 } else { 0.0 };
            brush.put(Solid::Ball, place, vec3(0.16, radius, radius) * size, colour, Finish::Glow(shine));
        }
    }
    // The line before it.
    let ink = if red { palette.ink(Ink::Stop) } else { palette.ink(Ink::White) };
    let white = mix(palette.ink(Ink::White), ink, 0.6);
    brush.block(vec3(-0.8, -0.2, 0.7 + super::HALF_ROAD / 2.0), vec3(0.4, 0.075, super::HALF_ROAD - 0.5), white);
}

/// A police officer with a barrier, on the left pavement.
pub(super) fn post(brush: &mut PieceBrush<'_>, palette: &StylePalette) {
    let blue = mix(palette.ink(Ink::Hue(4)), palette.ink(Ink::Black), 0.35);
    let foot = vec3(0.0, 0.0, 0.2);
    for side in [-0.11, 0.11] {
        brush.block(foot + vec3(0.0, 0.0, side), vec3(0.18, 0.84, 0.16), mix(blue, palette.ink(Ink::Black), 0.4));
    }
    brush.put(Solid::Brick, foot + vec3(0.0, 1.16, 0.0), vec3(0.3, 0.68, 0.5), blue, Finish::Matt);
    brush.put(
        Solid::Block,
        foot + vec3(0.0, 1.2, 0.0),
        vec3(0.32, 0.12, 0.52),
        palette.ink(Ink::Hue(3)),
        Finish::Glow(0.35),
    );
    // One arm up: stop.
    brush.put(Solid::Brick, foot + vec3(-0.05, 1.62, 0.32), vec3(0.14, 0.72, 0.13), blue, Finish::Matt);
    brush.ball(foot + vec3(-0.05, 2.04, 0.32), 0.09, SKIN[1]);
    brush.put(Solid::Brick, foot + vec3(0.0, 1.1, -0.32), vec3(0.15, 0.6, 0.13), blue, Finish::Matt);
    brush.ball(foot + vec3(0.0, 1.66, 0.0), 0.17, SKIN[0]);
    brush.put(Solid::Cylinder, foot + vec3(0.0, 1.82, 0.0), vec3(0.42, 0.12, 0.42), blue, Finish::Matt);
    brush.put(
        Solid::Cylinder,
        foot + vec3(-0.08, 1.77, 0.0),
        vec3(0.46, 0.03, 0.4),
        palette.ink(Ink::Black),
        Finish::Gloss(0.4),
    );
    // The barrier behind, red and white, and a lamp that shines.
    for index in 0..5 {
        let ink = if index % 2 == 0 { Ink::Stop } else { Ink::White };
        let x = -1.0 + 0.5 * index as f32;
        brush.put(Solid::Block, vec3(x, 0.95, -0.7), vec3(0.5, 0.24, 0.08), palette.ink(ink), Finish::Matt);
    }
    for x in [-1.1, 1.1] {
        brush.block(vec3(x, 0.0, -0.7), vec3(0.1, 1.0, 0.3), palette.ink(Ink::Wall));
    }
    brush.put(
        Solid::Cylinder,
        vec3(1.1, 1.14, -0.7),
        vec3(0.2, 0.24, 0.2),
        palette.ink(Ink::Hue(4)),
        Finish::Glow(1.0),
    );
}

/// The arch over the road where the route ends, in squares of black and white.
pub(super) fn finish(brush: &mut PieceBrush<'_>, palette: &StylePalette) {
    let goal = palette.ink(Ink::Goal);
    let reach = super::HALF_ROAD + 0.7;
    for side in [-reach, reach] {
        brush.post(vec3(0.0, 0.0, side), 0.16, 5.4, goal);
        brush.put(Solid::Brick, vec3(0.0, 6.0, side), vec3(0.06, 0.9, 0.06), goal, Finish::Matt);
        brush.put(Solid::Block, vec3(-0.5, 6.15, side), vec3(1.0, 0.6, 0.05), goal, Finish::Matt);
    }
    let columns = 14;
    for (column, row) in (0..columns).flat_map(|column| [(column, 0), (column, 1)]) {
        let ink = if (column + row) % 2 == 0 { Ink::White } else { Ink::Black };
        let z = (column as f32 + 0.5) / columns as f32 * 2.0 * reach - reach;
        let size = vec3(0.18, 0.56, 2.0 * reach / columns as f32);
        brush.put(Solid::Block, vec3(0.0, 4.7 + 0.56 * row as f32, z), size, palette.ink(ink), Finish::Matt);
    }
}
