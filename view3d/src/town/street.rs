//! The town along the route: road, pavements, houses, trees, and the sea beyond.

use super::ride::CELLS;
use crate::palette::{StyleColour, StylePalette, mix};
use crate::piece::{Finish, PieceBrush};
use crate::solid::Solid;
use shared::scene::Ink;
use std::f32::consts::{FRAC_PI_2, TAU};
use three_d::core::prelude::{InnerSpace as _, Mat4, Rad, Vec3, vec3};

/// Metres of a cell.
pub(super) const CELL: f32 = 10.0;
/// Half of the road's width, and the pavement's whole width.
pub(super) const HALF_ROAD: f32 = 4.4;
const PAVEMENT: f32 = 3.4;
/// How high the pavement is.
pub(super) const KERB: f32 = 0.16;
/// How far the lane's middle is from the road's: one drives on the left.
pub(super) const LANE: f32 = 2.1;
/// Where the route turns: from the cell before the corner to the one after it, about a point within.
const TURN: std::ops::Range<f32> = 13.0..15.0;
const PIVOT: (f32, f32) = (130.0, 130.0);
const RADIUS: f32 = 10.0;
/// How far the road goes on before the first and after the last cell, in cells.
const BEYOND: f32 = 12.0;

/// A place on the route and the way ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RoutePosition {
    /// On the road's middle line.
    pub(super) at: Vec3,
    /// Unit vector ahead.
    pub(super) ahead: Vec3,
}

impl RoutePosition {
    /// The place of a position in cells, which need not be whole.
    pub(super) fn of(position: f32) -> Self {
        let (x, z) = PIVOT;
        if position <= TURN.start {
            return Self { at: vec3(position * CELL, 0.0, z + RADIUS), ahead: vec3(1.0, 0.0, 0.0) };
        }
        if position >= TURN.end {
            return Self { at: vec3(x + RADIUS, 0.0, z - (position - TURN.end) * CELL), ahead: vec3(0.0, 0.0, -1.0) };
        }
        let turned = (position - TURN.start) / (TURN.end - TURN.start) * FRAC_PI_2;
        Self {
            at: vec3(x + RADIUS * turned.sin(), 0.0, z + RADIUS * turned.cos()),
            ahead: vec3(turned.cos(), 0.0, -turned.sin()),
        }
    }

    /// To the right of the way ahead.
    pub(super) fn right(&self) -> Vec3 {
        vec3(-self.ahead.z, 0.0, self.ahead.x)
    }

    /// A place so far ahead, to the right and up.
    pub(super) fn offset(&self, ahead: f32, right: f32, up: f32) -> Vec3 {
        self.at + self.ahead * ahead + self.right() * right + vec3(0.0, up, 0.0)
    }

    /// How a frame that looks towards x is turned about the vertical to look ahead.
    pub(super) fn turn(&self) -> f32 {
        (-self.ahead.z).atan2(self.ahead.x)
    }
}

/// Numbers that look like chance and are the same on every visit.
fn chance(seed: usize, of: usize) -> usize {
    let mut mixed = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^= mixed >> 29;
    mixed = mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed >> 32) % of as u64) as usize
}

/// The whole town, without what changes during a ride.
pub(super) fn build(brush: &mut PieceBrush<'_>, palette: &StylePalette) {
    ground(brush, palette);
    road(brush, palette);
    for cell in -9..CELLS as i32 + 9 {
        let place = RoutePosition::of(cell as f32);
        let near_corner = (12..=16).contains(&cell);
        for side in [-1.0, 1.0] {
            // Within the bend there is no room.
            if near_corner && side < 0.0 {
                continue;
            }
            let seed = (cell + 40) as usize * 2 + usize::from(side > 0.0);
            plot(brush, palette, &place, side, seed);
        }
        // Lamps on the right, between the cells.
        if cell % 2 == 0 {
            lamp(brush, palette, &RoutePosition::of(cell as f32 + 0.5));
        }
    }
    // Behind the first row: houses that only their roofs show, higher towards the centre.
    for (column, row) in (0..9).flat_map(|column| (0..9).map(move |row| (column, row))) {
        let seed = 700 + column * 9 + row;
        let wobble = chance(seed, 7) as f32 - 3.0;
        let at = vec3(4.0 + 11.0 * column as f32 + wobble, 0.0, 4.0 + 11.0 * row as f32 - wobble);
        let centre = (column + 8 - row) as f32 / 16.0;
        let height = 5.0 + chance(seed + 1, 6) as f32 + centre * centre * 16.0 * (chance(seed + 2, 4) as f32 / 2.0);
        if chance(seed, 5) == 0 {
            tree(brush, palette, at, seed);
        } else {
            house(brush, palette, (at, 0.0), (8.0, 8.0, height), (seed, false));
        }
    }
}

fn ground(brush: &mut PieceBrush<'_>, palette: &StylePalette) {
    let grass = mix(palette.ink(Ink::Plant), palette.ink(Ink::Ground), 0.25);
    brush.block(vec3(60.0, -1.0, 40.0), vec3(900.0, 1.0, 900.0), grass);
    // The ocean lies in the east, behind a beach.
    let sand = mix(palette.ink(Ink::Caution), palette.ink(Ink::Ground), 0.72);
    brush.block(vec3(184.0, -0.98, 40.0), vec3(22.0, 1.0, 900.0), sand);
    let sea = mix(palette.ink(Ink::Water), palette.ink(Ink::Hue(4)), 0.3);
    brush.put(Solid::Block, vec3(494.0, -0.46, 40.0), vec3(600.0, 1.0, 900.0), sea, Finish::Gloss(0.8));
}

fn road(brush: &mut PieceBrush<'_>, palette: &StylePalette) {
    let (asphalt, pavement) = (palette.ink(Ink::Road), palette.ink(Ink::GroundAlternate));
    let asphalt = mix(asphalt, palette.ink(Ink::Black), 0.25);
    let kerb = mix(pavement, palette.ink(Ink::White), 0.35);
    let white = palette.ink(Ink::White);
    // Long on the straights, short in the bend.
    let mut pieces = vec![(-BEYOND, TURN.start), (TURN.end, CELLS as f32 + BEYOND)];
    let steps = 14;
    let bend = |step: i32| TURN.start + (TURN.end - TURN.start) * step as f32 / steps as f32;
    pieces.extend((0..steps).map(|step| (bend(step), bend(step + 1))));
    for (from, to) in pieces {
        let (first, last) = (RoutePosition::of(from), RoutePosition::of(to));
        let middle = RoutePosition::of(f32::midpoint(from, to));
        let bent = from >= TURN.start && to <= TURN.end;
        let mut strip = |aside: f32, width: f32, (low, high): (f32, f32), colour: Vec3| {
            let ends = [first, last].map(|place| place.offset(0.0, aside, 0.0));
            // In the bend pieces overlap a little, so that there are no gaps outside.
            let length = (ends[1] - ends[0]).magnitude() + if bent { 0.06 * (RADIUS + aside) } else { 0.0 };
            let at = (ends[0] + ends[1]) / 2.0 + vec3(0.0, low, 0.0);
            brush.at(at, middle.turn()).block(vec3(0.0, 0.0, 0.0), vec3(length, high - low, width), colour);
        };
        strip(0.0, 2.0 * HALF_ROAD, (-0.5, 0.02), asphalt);
        for side in [-1.0, 1.0] {
            strip(side * (HALF_ROAD + PAVEMENT / 2.0), PAVEMENT, (-0.5, KERB), pavement);
            strip(side * (HALF_ROAD + 0.12), 0.24, (-0.5, KERB + 0.01), kerb);
            strip(side * (HALF_ROAD - 0.35), 0.1, (-0.5, 0.028), mix(asphalt, white, 0.7));
        }
    }
    for dash in -20..(CELLS as i32 + 10) * 2 {
        let place = RoutePosition::of(dash as f32 / 2.0);
        let mut mark = brush.at(place.offset(0.0, 0.0, 0.0), place.turn());
        mark.block(vec3(0.0, -0.1, 0.0), vec3(2.2, 0.13, 0.14), white);
    }
}

/// What stands beside one cell, on the left (-1) or the right (1): a house, or trees.
fn plot(brush: &mut PieceBrush<'_>, palette: &StylePalette, place: &RoutePosition, side: f32, seed: usize) {
    let aside = side * (HALF_ROAD + PAVEMENT + 5.2);
    let at = place.offset(0.0, aside, 0.0);
    let turn = place.turn() + if side > 0.0 { std::f32::consts::PI } else { 0.0 };
    // From the last houses of the suburb to the offices around Posta.
    let centre = ((place.at.x - place.at.z + 140.0) / 280.0).clamp(0.0, 1.0);
    match chance(seed, 6) {
        0 => palm(brush, palette, at - place.right() * side * 2.6, seed),
        1 => {
            tree(brush, palette, at + place.ahead * 2.0, seed);
            tree(brush, palette, place.offset(-2.4, aside + side * 2.5, 0.0), seed + 1);
        }
        _ => {
            let height = 3.6 + 3.0 * (chance(seed + 3, 3) as f32) * (0.35 + centre) + centre * centre * 9.0;
            let width = 7.0 + 0.5 * chance(seed + 4, 4) as f32;
            house(brush, palette, (at, turn), (width, 7.4, height), (seed, true));
        }
    }
}

/// A house that looks towards -z of its frame turned by half a turn: its front is towards the road.
fn house(
    brush: &mut PieceBrush<'_>,
    palette: &StylePalette,
    (at, turn): (Vec3, f32),
    (width, depth, height): (f32, f32, f32),
    (seed, is_near): (usize, bool),
) {
    let hue = palette.ink(Ink::Hue([0, 1, 6, 3, 2, 7, 5][chance(seed + 5, 7)]));
    let plaster = mix(palette.role(StyleColour::Card), palette.ink(Ink::GroundAlternate), 0.4);
    let night = palette.is_dark();
    let wall = mix(plaster, hue, if night { 0.26 } else { 0.42 });
    let mut house = brush.at(at, turn);
    house.block(vec3(0.0, 0.0, 0.0), vec3(width, height, depth), wall);
    if height < 8.0 {
        let roof = mix(palette.ink(Ink::Hue(5)), palette.ink(Ink::Wall), 0.45);
        let middle = vec3(0.0, height + 0.8, 0.0);
        let mut turned = house.within(Mat4::from_angle_y(Rad(FRAC_PI_2)));
        turned.put(Solid::Roof, middle, vec3(depth + 0.9, 1.6, width + 0.9), roof, Finish::Matt);
    } else {
        house.block(vec3(0.0, height, 0.0), vec3(width + 0.3, 0.5, depth + 0.3), mix(wall, plaster, 0.5));
        house.block(vec3(1.2, height + 0.5, 0.8), vec3(2.0, 1.2, 2.0), mix(wall, palette.ink(Ink::Wall), 0.4));
    }
    // Windows on the front, some of them lit at night; a door and an awning below.
    let floors = ((height - 0.6) / 2.7).floor().max(1.0) as usize;
    // From afar a row of windows is one band.
    let columns = if !is_near {
        1
    } else if width > 7.6 {
        4
    } else {
        3
    };
    let glass = mix(palette.ink(Ink::Water), palette.ink(Ink::Black), 0.5);
    for (floor, column) in (0..floors).flat_map(|floor| (0..columns).map(move |column| (floor, column))) {
        let x = (column as f32 + 0.5) / columns as f32 * width - width / 2.0;
        let y = 1.75 + 2.7 * floor as f32;
        let lit = night && chance(seed * 31 + floor * 7 + column, 5) < 2;
        let (colour, finish) =
            if lit { (vec3(1.0, 0.8, 0.48), Finish::Glow(0.85)) } else { (glass, Finish::Gloss(0.7)) };
        let is_door = is_near && floor == 0 && column == chance(seed, 3);
        let wide = if is_near { 1.15 } else { 0.8 * width };
        let size = if is_door { vec3(1.1, 2.1, 0.1) } else { vec3(wide, 1.25, 0.1) };
        let middle = vec3(x, if is_door { 1.05 } else { y }, depth / 2.0);
        if is_door {
            house.put(Solid::Block, middle, size, mix(palette.ink(Ink::Wall), hue, 0.3), Finish::Matt);
            continue;
        }
        if is_near {
            house.put(Solid::Block, middle, size + vec3(0.2, 0.2, -0.03), mix(wall, plaster, 0.7), Finish::Matt);
        }
        house.put(Solid::Block, middle, size, colour, finish);
    }
    if !is_near {
        return;
    }
    // And a few on the sides, which who drives by sees longest.
    for (floor, side) in (0..floors).flat_map(|floor| [(floor, -1.0), (floor, 1.0)]) {
        for z in [-0.26, 0.2] {
            let lit = night && chance(seed * 17 + floor * 5 + usize::from(z > 0.0), 5) < 2;
            let (colour, finish) =
                if lit { (vec3(1.0, 0.8, 0.48), Finish::Glow(0.85)) } else { (glass, Finish::Gloss(0.7)) };
            let middle = vec3(side * width / 2.0, 1.75 + 2.7 * floor as f32, z * depth);
            house.put(Solid::Block, middle, vec3(0.07, 1.45, 1.35), mix(wall, plaster, 0.7), Finish::Matt);
            house.put(Solid::Block, middle, vec3(0.1, 1.25, 1.15), colour, finish);
        }
    }
    if chance(seed + 6, 2) == 0 {
        let shade = palette.ink(Ink::Hue([5, 4, 2, 0][chance(seed + 7, 4)]));
        house.block(vec3(0.0, 2.75, depth / 2.0 + 0.7), vec3(width * 0.92, 0.1, 1.4), mix(shade, wall, 0.2));
    }
}

fn tree(brush: &mut PieceBrush<'_>, palette: &StylePalette, foot: Vec3, seed: usize) {
    let leaves = mix(palette.ink(Ink::Hue(2)), palette.ink(Ink::Plant), 0.55);
    let size = 0.85 + 0.12 * chance(seed + 8, 5) as f32;
    brush.post(foot, 0.22 * size, 2.2 * size, mix(palette.ink(Ink::Wall), vec3(0.35, 0.22, 0.12), 0.6));
    for (x, y, z, radius, shade) in [
        (0.0, 3.4, 0.0, 1.5, 0.0),
        (-0.9, 2.8, 0.4, 1.05, 0.12),
        (0.9, 2.9, -0.3, 1.1, 0.06),
        (0.1, 2.7, 1.0, 0.9, 0.18),
    ] {
        let colour = mix(leaves, palette.ink(Ink::Black), shade);
        brush.ball(foot + vec3(x, y, z) * size, radius * size, colour);
    }
}

fn palm(brush: &mut PieceBrush<'_>, palette: &StylePalette, foot: Vec3, seed: usize) {
    let bark = mix(palette.ink(Ink::Wall), vec3(0.45, 0.32, 0.2), 0.6);
    let lean = vec3(0.12 * (chance(seed, 3) as f32 - 1.0), 1.0, 0.1 * (chance(seed + 1, 3) as f32 - 1.0));
    let pieces = 6;
    for piece in 0..pieces {
        let share = piece as f32 / pieces as f32;
        brush.post(foot + lean * (5.4 * share) + vec3(0.3, 0.0, 0.2) * (share * share), 0.2 - 0.06 * share, 1.0, bark);
    }
    let crown = foot + lean * 5.4 + vec3(0.3, 0.1, 0.2);
    let leaf = mix(palette.ink(Ink::Hue(2)), palette.ink(Ink::Plant), 0.3);
    for index in 0..8 {
        let turn = index as f32 / 8.0 * TAU + seed as f32;
        let mut frond = brush.at(crown, turn);
        for (x, y, length, tilt) in [(0.75, 0.15, 1.6, 0.1), (1.95, -0.25, 1.4, -0.6)] {
            let bent = Mat4::from_translation(vec3(x, y, 0.0)) * Mat4::from_angle_z(Rad(tilt));
            let colour = mix(leaf, palette.ink(Ink::Black), 0.08 * (index % 3) as f32);
            frond.within(bent).put(Solid::Ball, vec3(0.0, 0.0, 0.0), vec3(length, 0.1, 0.5), colour, Finish::Matt);
        }
    }
}

fn lamp(brush: &mut PieceBrush<'_>, palette: &StylePalette, place: &RoutePosition) {
    let metal = mix(palette.role(StyleColour::WallTop), palette.ink(Ink::Black), 0.3);
    let foot = place.offset(0.0, HALF_ROAD + 0.8, KERB);
    brush.post(foot, 0.08, 5.2, metal);
    let mut arm = brush.at(foot + vec3(0.0, 5.2, 0.0), place.turn());
    arm.block(vec3(0.0, 0.0, -0.9), vec3(0.1, 0.08, 1.9), metal);
    let shine = if palette.is_dark() { 1.0 } else { 0.0 };
    arm.put(Solid::Block, vec3(0.0, -0.04, -1.7), vec3(0.26, 0.1, 0.7), vec3(1.0, 0.9, 0.66), Finish::Glow(shine));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_route_is_one_smooth_line_through_its_cells() {
        assert_eq!(RoutePosition::of(0.0).at, vec3(0.0, 0.0, 140.0));
        assert_eq!(RoutePosition::of(28.0).at, vec3(140.0, 0.0, 0.0));
        for step in 0..2800 {
            let (here, next) = (RoutePosition::of(step as f32 / 100.0), RoutePosition::of((step + 1) as f32 / 100.0));
            let moved = next.at - here.at;
            assert!(moved.magnitude() < 0.11 && moved.magnitude() > 0.06, "{step}: {moved:?}");
            assert!(moved.normalize().dot(here.ahead) > 0.99, "{step}: {moved:?} is not {:?}", here.ahead);
        }
        let right = RoutePosition::of(3.0).right();
        assert_eq!(right, vec3(0.0, 0.0, 1.0), "south of who drives east");
    }

    #[test]
    fn chance_is_spread_and_within_its_bounds() {
        let mut counts = [0; 6];
        for seed in 0..600 {
            counts[chance(seed, 6)] += 1;
        }
        assert!(counts.iter().all(|count| *count > 60), "{counts:?}");
    }
}
