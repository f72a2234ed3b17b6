//! The track and its surroundings: road, kerbs, barriers, the arch at the start, trees and hills.

use crate::palette::{StyleColour, StylePalette, mix};
use crate::piece::{Finish, PieceBrush};
use crate::solid::{Solid, Triangles};
use shared::scene::Ink;
use three_d::core::prelude::{InnerSpace as _, Vec2, Vec3, Vec4, vec2, vec3};

/// Pieces that one of the plan is divided into.
const DIVISIONS: usize = 4;
/// A bend this tight, in shares a metre, has kerbs.
const TIGHT: f32 = 0.012;

/// A point of the road's middle line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RoadPoint {
    /// Where, in metres.
    pub(super) at: Vec2,
    /// Unit vector ahead.
    pub(super) ahead: Vec2,
    /// How tight the bend is there, in shares a metre: above 0 to the right.
    pub(super) bend: f32,
}

impl RoadPoint {
    /// A place so far to the right and up.
    pub(super) fn offset(&self, right: f32, up: f32) -> Vec3 {
        vec3(self.at.x - self.ahead.y * right, up, self.at.y + self.ahead.x * right)
    }

    /// How a frame that looks towards x is turned about the vertical to look ahead.
    pub(super) fn turn(&self) -> f32 {
        (-self.ahead.y).atan2(self.ahead.x)
    }
}

/// A smooth line through the points of a closed one.
pub(super) fn smooth(line: &[Vec2]) -> Vec<RoadPoint> {
    let count = line.len();
    let at = |index: usize, share: f32| {
        let [a, b, c, d] = [count - 1, 0, 1, 2].map(|step| line[(index + step) % count]);
        // Catmull and Rom.
        let (square, cube) = (share * share, share * share * share);
        (b * 2.0 + (c - a) * share + (a * 2.0 - b * 5.0 + c * 4.0 - d) * square + (b * 3.0 - a - c * 3.0 + d) * cube)
            * 0.5
    };
    let points: Vec<Vec2> = (0..count)
        .flat_map(|index| (0..DIVISIONS).map(move |step| (index, step as f32 / DIVISIONS as f32)))
        .map(|(index, share)| at(index, share))
        .collect();
    let count = points.len();
    let way = |index: usize| points[(index + 1) % count] - points[(index + count - 1) % count];
    (0..count)
        .map(|index| {
            let (before, after) = (way((index + count - 2) % count).normalize(), way((index + 2) % count).normalize());
            let length = (points[(index + 2) % count] - points[(index + count - 2) % count]).magnitude().max(0.01);
            let bend = (before.x * after.y - before.y * after.x) / length;
            RoadPoint { at: points[index], ahead: way(index).normalize(), bend }
        })
        .collect()
}

/// A strip along the line: from so far to so far to the right, where `wanted` says so.
fn strip(line: &[RoadPoint], (left, right): (f32, f32), up: f32, wanted: impl Fn(usize) -> bool) -> Triangles {
    let mut made = Triangles::default();
    for (index, from) in line.iter().enumerate().filter(|(index, _)| wanted(*index)) {
        let to = &line[(index + 1) % line.len()];
        let corners = [from.offset(left, up), from.offset(right, up), to.offset(right, up), to.offset(left, up)];
        // Where a bend is tighter than the strip is wide it turns over; there the wider ones below show.
        if (corners[1] - corners[0]).cross(corners[2] - corners[0]).y > 1e-6 {
            made.flat(&corners);
        }
    }
    made
}

/// The road's surfaces, each of one colour.
pub(super) fn surfaces(line: &[RoadPoint], half: f32, palette: &StylePalette) -> Vec<(Triangles, Vec4)> {
    let (white, black) = (palette.ink(Ink::White), palette.ink(Ink::Black));
    let asphalt = mix(palette.ink(Ink::Road), black, 0.3);
    let verge = mix(palette.ink(Ink::GroundAlternate), palette.ink(Ink::Plant), 0.35);
    let tight = |index: usize| line[index].bend.abs() > TIGHT;
    let inside = |index: usize, side: f32| tight(index) && line[index].bend * side > 0.0;
    let matt = |colour: Vec3| colour.extend(0.0);
    let mut made = vec![
        (strip(line, (-half - 2.6, half + 2.6), 0.03, |_| true), matt(verge)),
        (strip(line, (-half - 0.4, half + 0.4), 0.07, |_| true), matt(mix(white, asphalt, 0.1))),
        (strip(line, (-half, half), 0.11, |_| true), matt(asphalt)),
        // Worn where one drives.
        (strip(line, (-1.6, 1.6), 0.13, |_| true), matt(mix(asphalt, black, 0.12))),
        (strip(line, (-0.1, 0.1), 0.16, |index| index % 8 < 3), matt(mix(white, asphalt, 0.35))),
    ];
    for side in [-1.0, 1.0] {
        let (near, far) = (side * (half - 0.1), side * (half + 1.1));
        let reach = (near.min(far), near.max(far));
        let red = palette.ink(Ink::Stop);
        made.push((strip(line, reach, 0.18, |index| inside(index, side) && index % 4 < 2), matt(red)));
        made.push((strip(line, reach, 0.18, |index| inside(index, side) && index % 4 >= 2), matt(white)));
    }
    made.retain(|(triangles, _)| !triangles.corners.is_empty());
    made
}

/// What stands beside the road.
pub(super) fn build(
    brush: &mut PieceBrush<'_>,
    palette: &StylePalette,
    line: &[RoadPoint],
    half: f32,
    trees: &[(Vec2, f32)],
) {
    let grass = mix(palette.ink(Ink::Plant), palette.ink(Ink::Ground), 0.15);
    brush.block(vec3(0.0, -1.0, 0.0), vec3(2000.0, 1.0, 2000.0), grass);
    let reach = line.iter().map(|it| it.at.magnitude()).fold(0.0, f32::max);
    hills(brush, palette, reach);
    let is_clear = |place: Vec2, from: f32| line.iter().all(|it| (it.at - place).magnitude() > half + from);
    // Barriers outside of the bends.
    for (index, sample) in line.iter().enumerate().filter(|(index, _)| index % 2 == 0) {
        let side = -sample.bend.signum();
        let place = sample.offset(side * (half + 5.0), 0.0);
        if sample.bend.abs() > TIGHT && is_clear(vec2(place.x, place.z), 3.6) {
            let ink = if index % 4 == 0 { Ink::White } else { Ink::Stop };
            let mut rail = brush.at(place, sample.turn());
            rail.put(Solid::Brick, vec3(0.0, 0.45, 0.0), vec3(3.4, 0.9, 0.7), palette.ink(ink), Finish::Matt);
        }
    }
    if let Some(start) = line.first() {
        arch(brush, palette, start, half);
        stand(brush, palette, start, half);
    }
    for (index, (place, radius)) in trees.iter().enumerate() {
        tree(brush, palette, vec3(place.x, 0.0, place.y), *radius, index);
    }
}

/// The arch over the start, and the squares on the road under it.
fn arch(brush: &mut PieceBrush<'_>, palette: &StylePalette, start: &RoadPoint, half: f32) {
    let mut brush = brush.at(start.offset(0.0, 0.0), start.turn());
    let (white, black, moss) = (palette.ink(Ink::White), palette.ink(Ink::Black), palette.role(StyleColour::Moss));
    for (column, row) in (0..8).flat_map(|column| (0..2).map(move |row| (column, row))) {
        let step = 2.0 * half / 8.0;
        let colour = if (column + row) % 2 == 0 { white } else { black };
        let at = vec3((row as f32 - 0.5) * 1.1, 0.0, (column as f32 + 0.5) * step - half);
        brush.block(at, vec3(1.1, 0.2, step), colour);
    }
    let out = half + 2.2;
    for side in [-out, out] {
        brush.block(vec3(0.0, 0.0, side), vec3(0.6, 5.6, 0.6), mix(white, black, 0.2));
    }
    brush.put(Solid::Brick, vec3(0.0, 5.6, 0.0), vec3(0.8, 1.3, 2.0 * out + 1.0), moss, Finish::Gloss(0.15));
    for lamp in -2..=2 {
        let place = vec3(-0.44, 5.6, lamp as f32 * 1.1);
        brush.put(Solid::Ball, place, vec3(0.2, 0.6, 0.6), palette.ink(Ink::Go), Finish::Glow(0.9));
    }
}

/// A stand with people, on the left of the start, where there is room.
fn stand(brush: &mut PieceBrush<'_>, palette: &StylePalette, start: &RoadPoint, half: f32) {
    let mut brush = brush.at(start.offset(-(half + 9.0), 0.0), start.turn());
    let grey = mix(palette.ink(Ink::Wall), palette.role(StyleColour::WallTop), 0.5);
    for row in 0..4 {
        let (height, back) = (0.7 + 0.7 * row as f32, -1.1 * row as f32);
        brush.block(
            vec3(0.0, 0.0, back),
            vec3(26.0, height, 1.1),
            mix(grey, palette.ink(Ink::White), 0.08 * row as f32),
        );
        for seat in 0..22 {
            if (seat * 5 + row * 3) % 7 < 2 {
                continue;
            }
            let place = vec3(-12.0 + 1.14 * seat as f32, height, back);
            let shirt = palette.ink(Ink::Hue([0, 1, 2, 5, 4, 6, 3][(seat * 3 + row * 5) % 7]));
            brush.put(Solid::Brick, place + vec3(0.0, 0.36, 0.0), vec3(0.5, 0.7, 0.34), shirt, Finish::Matt);
            brush.ball(place + vec3(0.0, 0.86, 0.0), 0.17, vec3(0.5, 0.36, 0.26));
        }
    }
    for x in [-12.8, 0.0, 12.8] {
        brush.block(vec3(x, 0.0, -4.6), vec3(0.3, 6.0, 0.3), grey);
    }
    brush.put(
        Solid::Block,
        vec3(0.0, 6.1, -2.2),
        vec3(27.0, 0.2, 5.4),
        palette.role(StyleColour::Moss),
        Finish::Gloss(0.2),
    );
}

fn tree(brush: &mut PieceBrush<'_>, palette: &StylePalette, foot: Vec3, radius: f32, index: usize) {
    let leaves = mix(palette.ink(Ink::Hue(2)), palette.ink(Ink::Plant), 0.45 + 0.1 * (index % 4) as f32);
    let bark = mix(palette.ink(Ink::Wall), vec3(0.35, 0.22, 0.12), 0.6);
    let shade = palette.ink(Ink::Black);
    brush.post(foot, 0.16 * radius, 1.3 * radius, bark);
    if index.is_multiple_of(3) {
        for (up, wide) in [(1.3, 1.0), (2.1, 0.78), (2.8, 0.52)] {
            let size = vec3(2.0 * wide, 1.3, 2.0 * wide) * radius;
            let colour = mix(leaves, shade, 0.22 - 0.06 * up);
            brush.put(Solid::Cone, foot + vec3(0.0, up * radius, 0.0), size, colour, Finish::Matt);
        }
        return;
    }
    for (x, y, z, share, dark) in [
        (0.0, 2.0, 0.0, 0.95, 0.0),
        (-0.5, 1.6, 0.3, 0.66, 0.1),
        (0.5, 1.7, -0.3, 0.7, 0.06),
        (0.1, 1.5, 0.55, 0.6, 0.14),
    ] {
        brush.ball(foot + vec3(x, y, z) * radius, share * radius, mix(leaves, shade, dark));
    }
}

fn hills(brush: &mut PieceBrush<'_>, palette: &StylePalette, reach: f32) {
    let green = mix(palette.ink(Ink::Plant), palette.ink(Ink::Hue(2)), 0.25);
    for index in 0..26 {
        let turn = index as f32 / 26.0 * std::f32::consts::TAU;
        let out = reach + 150.0 + 40.0 * (index * 7 % 5) as f32;
        let size = vec3(170.0, 34.0 + 16.0 * (index * 5 % 4) as f32, 170.0);
        let colour = mix(green, palette.ink(Ink::Ground), 0.1 * (index % 3) as f32);
        brush.put(Solid::Ball, vec3(turn.cos() * out, -6.0, turn.sin() * out), size, colour, Finish::Matt);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_stays_one_and_bends_to_its_side() {
        let circle: Vec<Vec2> = (0..60)
            .map(|index| {
                let turn = index as f32 / 60.0 * std::f32::consts::TAU;
                vec2(turn.cos(), turn.sin()) * 50.0
            })
            .collect();
        for sample in smooth(&circle) {
            assert!((sample.at.magnitude() - 50.0).abs() < 0.05, "{sample:?}");
            // Clockwise on the screen, where y runs down: to the right.
            assert!((sample.bend - 0.02).abs() < 0.001, "{sample:?}");
        }
        let back: Vec<Vec2> = circle.into_iter().rev().collect();
        assert!(smooth(&back).iter().all(|it| it.bend < -0.019));
        assert!(!surfaces(&smooth(&back), 5.0, &StylePalette::read(|_| String::new())).is_empty());
    }
}
