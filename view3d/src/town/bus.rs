//! The minibus: a daladala, with its stripe, its luggage on the roof and heads behind its windows.

use crate::palette::{StyleColour, StylePalette, mix};
use crate::piece::{Finish, PieceBrush};
use crate::solid::Solid;
use shared::scene::Ink;
use three_d::core::prelude::{Mat4, Rad, Vec3, vec3};

/// How the bus is.
#[derive(Clone, Copy, Debug)]
pub(super) struct BusState {
    /// People on it.
    pub(super) passengers: f32,
    /// Metres driven, for the wheels.
    pub(super) driven: f32,
    /// Whether it slows down or stands.
    pub(super) braking: bool,
    /// Whether somebody sees it from within: then only what one sees from there is built.
    pub(super) from_within: bool,
}

/// Half of its width, and its height, in metres.
const HALF_WIDTH: f32 = 0.98;
const HEIGHT: f32 = 2.35;

/// Where the driver's eyes are, on the right as the road is kept to on the left, and a passenger's by the left windows.
pub(super) const DRIVER: Vec3 = Vec3 { x: 1.42, y: 1.88, z: 0.42 };
/// See [`DRIVER`].
pub(super) const PASSENGER: Vec3 = Vec3 { x: -0.35, y: 1.82, z: -0.3 };

/// Builds it looking towards x, its wheels on the ground.
pub(super) fn build(brush: &mut PieceBrush<'_>, palette: &StylePalette, state: BusState) {
    let body = palette.ink(Ink::Agent);
    let (white, black) = (palette.ink(Ink::White), palette.ink(Ink::Black));
    let glass = mix(palette.ink(Ink::Water), black, 0.62);
    let night = palette.is_dark();
    if state.from_within {
        within(brush, palette);
    } else {
        shell(brush, palette, (body, white, glass));
        heads(brush, palette, state.passengers);
    }
    let hub = palette.role(StyleColour::WallTop);
    for (x, z) in [(1.7, -0.86), (1.7, 0.86), (-1.62, -0.86), (-1.62, 0.86)] {
        let place = Mat4::from_translation(vec3(x, 0.36, z));
        let mut wheel = brush.within(place * Mat4::from_angle_z(Rad(-state.driven / 0.36)));
        wheel.wheel(vec3(0.0, 0.0, 0.0), 0.36, 0.24, (mix(black, white, 0.08), hub));
        for spoke in 0..3 {
            let mut spoke = wheel.within(Mat4::from_angle_z(Rad(spoke as f32 * 1.047)));
            spoke.block(vec3(0.0, -0.16, 0.0), vec3(0.05, 0.32, 0.262), mix(black, white, 0.3));
        }
    }
    // Lamps: white ahead, red behind, the brakes' brighter.
    for z in [-0.66, 0.66] {
        let lamp = vec3(0.06, 0.2, 0.34);
        let ahead = if night { 1.0 } else { 0.55 };
        brush.put(Solid::Block, vec3(2.7, 0.86, z), lamp, vec3(1.0, 0.95, 0.8), Finish::Glow(ahead));
        let behind = if state.braking { 1.0 } else { 0.25 };
        let red = palette.ink(Ink::Stop);
        brush.put(Solid::Block, vec3(-2.7, 0.98, z * 1.12), vec3(0.06, 0.34, 0.16), red, Finish::Glow(behind));
    }
}

/// What is seen from outside.
fn shell(brush: &mut PieceBrush<'_>, palette: &StylePalette, (body, white, glass): (Vec3, Vec3, Vec3)) {
    let paint = Finish::Gloss(0.35);
    let dark = palette.ink(Ink::Black);
    // The lower body, with a darker sill and a stripe around it.
    brush.put(Solid::Brick, vec3(0.0, 0.86, 0.0), vec3(5.4, 1.08, 1.96), body, paint);
    brush.put(Solid::Block, vec3(0.0, 0.4, 0.0), vec3(4.9, 0.24, 1.8), mix(dark, white, 0.12), Finish::Matt);
    brush.put(Solid::Block, vec3(-0.05, 1.02, 0.0), vec3(5.22, 0.2, 1.98), white, paint);
    // The cabin, its windows all around, and the pillars between them.
    brush.put(Solid::Brick, vec3(-0.22, 1.78, 0.0), vec3(4.72, 0.98, 1.8), body, paint);
    brush.put(Solid::Block, vec3(-0.38, 1.76, 0.0), vec3(4.1, 0.56, 1.84), glass, Finish::Gloss(0.9));
    for x in [-2.2, -1.2, -0.2, 0.85, 1.62] {
        brush.put(Solid::Block, vec3(x, 1.76, 0.0), vec3(0.11, 0.58, 1.87), body, paint);
    }
    // The windscreen leans back; the nose below it is short.
    let lean = Mat4::from_translation(vec3(2.17, 1.74, 0.0)) * Mat4::from_angle_z(Rad(0.32));
    brush.within(lean).put(Solid::Block, vec3(0.0, 0.0, 0.0), vec3(0.14, 0.86, 1.68), glass, Finish::Gloss(1.0));
    brush.put(Solid::Block, vec3(-2.6, 1.78, 0.0), vec3(0.06, 0.56, 1.5), glass, Finish::Gloss(0.9));
    // Roof, rack and what people take with them.
    brush.put(Solid::Brick, vec3(-0.28, 2.29, 0.0), vec3(4.5, 0.14, 1.72), mix(body, white, 0.75), paint);
    let metal = mix(palette.role(StyleColour::WallTop), dark, 0.3);
    for z in [-0.72, 0.72] {
        brush.block(vec3(-0.75, 2.5, z), vec3(2.5, 0.05, 0.05), metal);
        for x in [-1.9, -0.75, 0.4] {
            brush.block(vec3(x, 2.34, z), vec3(0.05, 0.2, 0.05), metal);
        }
    }
    let luggage = [
        (-1.6, -0.25, 0.6, 0.32, 0.7, Ink::Hue(4)),
        (-0.85, 0.2, 0.7, 0.42, 0.9, Ink::Hue(5)),
        (-0.1, -0.2, 0.5, 0.26, 0.6, Ink::Hue(2)),
    ];
    for (x, z, length, height, width, ink) in luggage {
        let colour = mix(palette.ink(ink), palette.ink(Ink::Ground), 0.35);
        brush.put(Solid::Brick, vec3(x, HEIGHT + height / 2.0, z), vec3(length, height, width), colour, Finish::Matt);
    }
    // Bumpers, mirrors, the number plate, the door's seam on the left.
    brush.block(vec3(2.68, 0.36, 0.0), vec3(0.16, 0.24, 1.9), mix(dark, white, 0.2));
    brush.block(vec3(-2.68, 0.36, 0.0), vec3(0.16, 0.24, 1.9), mix(dark, white, 0.2));
    for z in [-1.12, 1.12] {
        brush.block(vec3(1.95, 1.42, z), vec3(0.1, 0.3, 0.2), dark);
    }
    brush.block(vec3(-2.72, 0.62, 0.0), vec3(0.04, 0.16, 0.62), palette.ink(Ink::Hue(3)));
    brush.block(vec3(2.73, 0.62, 0.0), vec3(0.05, 0.14, 0.62), white);
    for x in [-0.2, 0.95] {
        brush.block(vec3(x, 0.5, -HALF_WIDTH), vec3(0.035, 0.78, 0.03), mix(body, dark, 0.5));
    }
    brush.block(vec3(0.75, 1.1, -HALF_WIDTH), vec3(0.2, 0.06, 0.05), dark);
}

/// Heads behind the windows: the more, the fuller.
fn heads(brush: &mut PieceBrush<'_>, palette: &StylePalette, passengers: f32) {
    let skin = [vec3(0.36, 0.24, 0.16), vec3(0.45, 0.3, 0.2), vec3(0.3, 0.2, 0.14)];
    let shown = ((passengers / 50.0).clamp(0.0, 1.0) * 14.0).ceil() as usize;
    for seat in 0..shown {
        let side = if seat % 2 == 0 { -1.0 } else { 1.0 };
        let x = 0.45 - 0.46 * (seat / 2) as f32 + 0.08 * (seat % 3) as f32;
        // Against the glass, where one sees them from outside.
        let place = vec3(x, 1.66 + 0.03 * (seat % 4) as f32, side * 0.83);
        brush.ball(place, 0.15, skin[seat % 3]);
        let shirt = palette.ink(Ink::Hue([0, 2, 6, 1, 5, 4, 3][seat % 7]));
        brush.put(Solid::Ball, place - vec3(0.0, 0.2, 0.02 * side), vec3(0.36, 0.24, 0.22), shirt, Finish::Matt);
    }
    brush.ball(vec3(1.3, 1.72, 0.83), 0.15, skin[0]);
}

/// What is seen from the seats: dashboard, wheel, pillars, sills and roof.
fn within(brush: &mut PieceBrush<'_>, palette: &StylePalette) {
    let (body, black, white) = (palette.ink(Ink::Agent), palette.ink(Ink::Black), palette.ink(Ink::White));
    let lining = mix(black, white, 0.2);
    let pale = mix(mix(body, white, 0.6), black, 0.25);
    // Ahead.
    brush.put(Solid::Brick, vec3(2.25, 1.22, 0.0), vec3(0.8, 0.34, 1.9), lining, Finish::Matt);
    brush.put(Solid::Block, vec3(2.0, 1.36, 0.42), vec3(0.14, 0.16, 0.5), mix(black, white, 0.08), Finish::Matt);
    for (z, ink) in [(0.3, Ink::Go), (0.54, Ink::Caution)] {
        brush.put(Solid::Block, vec3(1.92, 1.38, z), vec3(0.02, 0.06, 0.12), palette.ink(ink), Finish::Glow(0.9));
    }
    let wheel = Mat4::from_translation(vec3(1.88, 1.5, 0.42)) * Mat4::from_angle_z(Rad(1.05));
    let mut wheel = brush.within(wheel);
    wheel.put(Solid::Ring, vec3(0.0, 0.0, 0.0), vec3(0.46, 0.3, 0.46), mix(black, white, 0.12), Finish::Gloss(0.25));
    wheel.block(vec3(0.0, -0.015, 0.0), vec3(0.05, 0.03, 0.4), lining);
    wheel.post(vec3(0.0, -0.02, 0.0), 0.06, 0.05, lining);
    // Pillars beside the windscreen, roof and sills.
    for side in [-1.0, 1.0] {
        let pillar = Mat4::from_translation(vec3(2.18, 1.9, side * 0.9)) * Mat4::from_angle_z(Rad(0.34));
        brush.within(pillar).put(Solid::Block, vec3(0.0, 0.0, 0.0), vec3(0.05, 1.1, 0.05), lining, Finish::Matt);
        brush.put(Solid::Block, vec3(-0.3, 0.95, side * 0.96), vec3(5.0, 0.94, 0.06), pale, Finish::Matt);
        brush.put(Solid::Block, vec3(-0.3, 2.26, side * 0.94), vec3(4.6, 0.16, 0.06), pale, Finish::Matt);
        for x in [-2.2, -1.2, 0.85, 1.62] {
            brush.put(Solid::Block, vec3(x, 1.8, side * 0.95), vec3(0.1, 0.9, 0.06), pale, Finish::Matt);
        }
    }
    brush.put(Solid::Block, vec3(-0.3, 2.36, 0.0), vec3(4.9, 0.06, 1.9), pale, Finish::Matt);
    // A mirror with something for luck.
    brush.put(Solid::Block, vec3(2.0, 2.2, 0.0), vec3(0.05, 0.1, 0.34), black, Finish::Gloss(0.8));
    brush.ball(vec3(1.99, 2.04, 0.0), 0.035, palette.ink(Ink::Prize));
    brush.block(vec3(1.99, 2.05, 0.0), vec3(0.008, 0.12, 0.008), black);
    // The seat ahead of the passenger.
    brush.put(Solid::Brick, vec3(0.5, 1.15, -0.5), vec3(0.16, 0.9, 0.8), palette.ink(Ink::Hue(4)), Finish::Matt);
}
