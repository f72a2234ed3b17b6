//! The racing car.

use crate::palette::{StyleColour, StylePalette, mix};
use crate::piece::{Finish, PieceBrush};
use crate::solid::Solid;
use shared::scene::Ink;
use three_d::core::prelude::{Mat4, Rad, Vec3, vec3};

/// Where the driver's eyes are.
pub(super) const DRIVER: Vec3 = Vec3 { x: -0.25, y: 1.05, z: -0.36 };

/// How the car is.
#[derive(Clone, Copy, Debug)]
pub(super) struct CarState {
    /// How far the front wheels are turned to the right, in radians.
    pub(super) steer: f32,
    /// Metres driven, for the wheels.
    pub(super) driven: f32,
    /// Whether the brakes' lamps shine.
    pub(super) braking: bool,
    /// Whether somebody sees it from within.
    pub(super) from_within: bool,
}

/// Builds it looking towards x, its wheels on the ground.
pub(super) fn build(brush: &mut PieceBrush<'_>, palette: &StylePalette, state: CarState) {
    let (body, white, black) = (palette.ink(Ink::Agent), palette.ink(Ink::White), palette.ink(Ink::Black));
    let paint = Finish::Gloss(0.5);
    let dark = mix(black, white, 0.14);
    // Floor, flanks, nose and tail.
    brush.put(Solid::Block, vec3(0.0, 0.26, 0.0), vec3(4.3, 0.16, 1.7), dark, Finish::Matt);
    brush.put(Solid::Brick, vec3(-0.1, 0.56, 0.0), vec3(4.3, 0.5, 1.84), body, paint);
    let nose = Mat4::from_translation(vec3(1.55, 0.74, 0.0)) * Mat4::from_angle_z(Rad(-0.11));
    brush.within(nose).put(Solid::Brick, vec3(0.0, 0.0, 0.0), vec3(1.5, 0.22, 1.66), body, paint);
    for z in [-0.2, 0.2] {
        let stripe = Mat4::from_translation(vec3(1.55, 0.752, z)) * Mat4::from_angle_z(Rad(-0.11));
        brush.within(stripe).put(Solid::Block, vec3(0.0, 0.0, 0.0), vec3(1.46, 0.22, 0.18), white, paint);
    }
    brush.put(Solid::Block, vec3(2.08, 0.34, 0.0), vec3(0.34, 0.1, 1.9), dark, Finish::Matt);
    // Four wheels under their arches.
    for (x, z, is_front) in [(1.36, -0.82, true), (1.36, 0.82, true), (-1.34, -0.82, false), (-1.34, 0.82, false)] {
        let turned = if is_front { -state.steer } else { 0.0 };
        let mut wheel = brush.at(vec3(x, 0.34, z), turned);
        let mut wheel = wheel.within(Mat4::from_angle_z(Rad(-state.driven / 0.34)));
        wheel.wheel(vec3(0.0, 0.0, 0.0), 0.34, 0.32, (mix(black, white, 0.06), palette.role(StyleColour::WallTop)));
        for spoke in 0..5 {
            let mut spoke = wheel.within(Mat4::from_angle_z(Rad(spoke as f32 * 1.257)));
            spoke.block(vec3(0.0, 0.0, 0.0), vec3(0.05, 0.19, 0.345), dark);
        }
    }
    for z in [-0.62, 0.62] {
        let ahead = if palette.is_dark() { 1.0 } else { 0.6 };
        brush.put(Solid::Block, vec3(2.06, 0.6, z), vec3(0.05, 0.13, 0.34), vec3(1.0, 0.96, 0.84), Finish::Glow(ahead));
        let behind = if state.braking { 1.0 } else { 0.3 };
        brush.put(
            Solid::Block,
            vec3(-2.25, 0.66, z),
            vec3(0.05, 0.13, 0.4),
            palette.ink(Ink::Stop),
            Finish::Glow(behind),
        );
    }
    // The wing behind.
    brush.put(Solid::Block, vec3(-2.1, 1.22, 0.0), vec3(0.46, 0.05, 1.8), body, paint);
    for z in [-0.88, 0.88] {
        brush.put(Solid::Block, vec3(-2.1, 1.18, z), vec3(0.52, 0.24, 0.04), dark, Finish::Matt);
        brush.put(Solid::Block, vec3(-2.02, 0.98, z * 0.6), vec3(0.12, 0.46, 0.05), dark, Finish::Matt);
    }
    if state.from_within {
        within(brush, palette, state.steer);
        return;
    }
    let glass = mix(palette.ink(Ink::Water), black, 0.72);
    brush.put(Solid::Brick, vec3(-0.5, 0.98, 0.0), vec3(1.9, 0.4, 1.42), glass, Finish::Gloss(0.95));
    let screen = Mat4::from_translation(vec3(0.52, 0.95, 0.0)) * Mat4::from_angle_z(Rad(0.95));
    brush.within(screen).put(Solid::Block, vec3(0.0, 0.0, 0.0), vec3(0.1, 0.66, 1.34), glass, Finish::Gloss(1.0));
    brush.put(Solid::Brick, vec3(-0.6, 1.2, 0.0), vec3(1.5, 0.1, 1.3), body, paint);
    for z in [-0.2, 0.2] {
        brush.put(Solid::Block, vec3(-0.6, 1.252, z), vec3(1.4, 0.02, 0.18), white, paint);
    }
    for z in [-0.98, 0.98] {
        brush.put(Solid::Brick, vec3(0.42, 0.92, z), vec3(0.14, 0.14, 0.22), body, paint);
    }
    // A number on the doors.
    for side in [-1.0, 1.0] {
        brush.put(Solid::Block, vec3(-0.35, 0.6, 0.93 * side), vec3(0.5, 0.34, 0.02), white, Finish::Matt);
        brush.put(Solid::Block, vec3(-0.35, 0.6, 0.94 * side), vec3(0.08, 0.24, 0.02), dark, Finish::Matt);
    }
}

/// What the driver sees of it.
fn within(brush: &mut PieceBrush<'_>, palette: &StylePalette, steer: f32) {
    let (body, black, white) = (palette.ink(Ink::Agent), palette.ink(Ink::Black), palette.ink(Ink::White));
    let lining = mix(black, white, 0.16);
    brush.put(Solid::Brick, vec3(0.62, 0.74, 0.0), vec3(0.5, 0.26, 1.6), lining, Finish::Matt);
    // Over the painted body, which ends where the doors are.
    brush.put(Solid::Block, vec3(-0.4, 0.8, 0.0), vec3(1.9, 0.06, 1.7), mix(black, white, 0.1), Finish::Matt);
    let place = Mat4::from_translation(vec3(0.3, 0.84, -0.36)) * Mat4::from_angle_z(Rad(1.25));
    let mut wheel = brush.within(place * Mat4::from_angle_y(Rad(-2.0 * steer)));
    let grip = mix(black, white, 0.08);
    wheel.put(Solid::Ring, vec3(0.0, 0.0, 0.0), vec3(0.36, 0.26, 0.36), grip, Finish::Gloss(0.2));
    wheel.block(vec3(0.0, -0.01, 0.0), vec3(0.04, 0.02, 0.32), lining);
    wheel.put(Solid::Block, vec3(-0.16, 0.01, 0.0), vec3(0.04, 0.05, 0.05), palette.ink(Ink::Stop), Finish::Glow(0.6));
    for side in [-1.0, 1.0] {
        let pillar = Mat4::from_translation(vec3(0.45, 1.06, side * 0.74)) * Mat4::from_angle_z(Rad(0.7));
        brush.within(pillar).put(Solid::Block, vec3(0.0, 0.0, 0.0), vec3(0.05, 0.8, 0.05), lining, Finish::Matt);
        brush.put(Solid::Brick, vec3(0.5, 0.95, side * 0.98), vec3(0.14, 0.16, 0.24), body, Finish::Gloss(0.4));
    }
    brush.put(Solid::Block, vec3(-0.3, 1.32, 0.0), vec3(1.0, 0.04, 1.5), lining, Finish::Matt);
}
