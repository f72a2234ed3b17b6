//! Sprites: the ready-made pictures, drawn in a box from -0.5 to 0.5 and looking to the right.

use super::canvas::{Canvas, OPAQUE, arc, circle, lines, path, round_box};
use super::palette::{self, Colour};
use shared::scene::Sprite;
use std::f32::consts::PI;

/// Draws a picture centred at `middle`, `size` pixels wide, in its main colour.
pub(super) fn draw(canvas: &mut Canvas, sprite: Sprite, middle: (f32, f32), size: f32, turn: f32, colour: Colour) {
    // Upright pictures look to one side or the other but never stand on their heads.
    let looks_left = (0.25..0.75).contains(&turn.rem_euclid(1.0));
    let mirrored = matches!(sprite, Sprite::Person | Sprite::Police) && looks_left;
    let turned = matches!(sprite, Sprite::Creature | Sprite::Car | Sprite::Bus);
    canvas.in_unit_box(middle, size, if turned { turn } else { 0.0 }, mirrored, |it| match sprite {
        Sprite::Creature => creature(it, turn.rem_euclid(1.0), colour),
        Sprite::Sprout => sprout(it, colour),
        Sprite::Person => person(it, false, colour),
        Sprite::Police => person(it, true, colour),
        Sprite::Car => vehicle(it, 0.46, 0.26, colour),
        Sprite::Bus => vehicle(it, 0.48, 0.22, colour),
        Sprite::Apple => apple(it, colour),
        Sprite::House => house(it, colour),
        Sprite::Flag => flag(it, colour),
    });
}

/// A round body with a belly, a light side and one bright eye that looks where it goes.
fn creature(canvas: &mut Canvas, turn: f32, colour: Colour) {
    let upside_down = (0.25..0.75).contains(&turn) && (turn - 0.25).abs() > 1e-6;
    let side = if upside_down { 1.0 } else { -1.0 };
    canvas.fill(circle(0.0, 0.0, 0.475), palette::BLACK, 38);
    canvas.disc(0.0, 0.0, 0.455, palette::WHITE);
    canvas.disc(0.0, 0.0, 0.4, colour);
    canvas.fill(circle(0.07, side * 0.1, 0.27), palette::AGENT_LIGHT, 191);
    canvas.disc(0.17, side * 0.12, 0.12, palette::WHITE);
    canvas.disc(0.205, side * 0.12, 0.065, palette::AGENT_DETAIL);
    canvas.disc(0.225, side * 0.145, 0.022, palette::WHITE);
    let (from, to) = if upside_down { (-0.95, -0.2) } else { (0.2, 0.95) };
    canvas.stroke(arc((0.1, -side * 0.04), 0.2, from, to), palette::AGENT_DETAIL, 0.03, OPAQUE);
}

fn sprout(canvas: &mut Canvas, colour: Colour) {
    let stem = path(|it| {
        it.move_to(0.0, 0.46);
        it.quad_to(-0.01, 0.2, 0.0, -0.05);
    });
    canvas.stroke(stem, colour, 0.075, OPAQUE);
    for (side, lift) in [(-1.0, 0.02), (1.0, -0.12)] {
        let leaf = path(|it| {
            it.move_to(0.0, 0.1 + lift);
            it.cubic_to(side * 0.02, -0.24 + lift, side * 0.22, -0.32 + lift, side * 0.44, -0.3 + lift);
            it.cubic_to(side * 0.46, -0.06 + lift, side * 0.3, 0.13 + lift, 0.0, 0.1 + lift);
        });
        canvas.fill(leaf, colour, OPAQUE);
        let vein = path(|it| {
            it.move_to(side * 0.07, 0.03 + lift);
            it.quad_to(side * 0.2, -0.12 + lift, side * 0.33, -0.2 + lift);
        });
        canvas.stroke(vein, palette::WHITE, 0.025, 102);
    }
}

fn person(canvas: &mut Canvas, officer: bool, colour: Colour) {
    let body = path(|it| {
        it.move_to(-0.28, 0.46);
        it.cubic_to(-0.3, 0.1, -0.18, -0.02, 0.0, -0.02);
        it.cubic_to(0.18, -0.02, 0.3, 0.1, 0.28, 0.46);
        it.close();
    });
    canvas.fill(body, colour, OPAQUE);
    canvas.disc(0.0, -0.2, 0.19, Colour(0xc9_8e62));
    canvas.disc(0.09, -0.2, 0.028, palette::AGENT_DETAIL);
    if officer {
        canvas.block((-0.22, -0.42), (0.44, 0.15), 0.06, Colour(0x23_364f));
        canvas.block((0.0, -0.31), (0.3, 0.05), 0.025, Colour(0x23_364f));
        canvas.disc(0.06, -0.35, 0.035, palette::CAUTION);
    } else {
        canvas.fill(arc((0.0, -0.22), 0.19, PI * 0.98, PI * 1.85), palette::AGENT_DETAIL, OPAQUE);
    }
}

/// A car or bus from above, its front to the right.
fn vehicle(canvas: &mut Canvas, length: f32, half_width: f32, colour: Colour) {
    const GLASS: Colour = Colour(0x24_323a);
    const LAMP: Colour = Colour(0xff_f4c2);
    let shadow = round_box((-length + 0.02, -half_width + 0.03), (2.0 * length, 2.0 * half_width), 0.1);
    canvas.fill(shadow, palette::BLACK, 48);
    for x in [-0.3, 0.18] {
        canvas.block((x, -half_width - 0.03), (0.14, 2.0 * half_width + 0.06), 0.03, palette::BLACK);
    }
    canvas.block((-length, -half_width), (2.0 * length, 2.0 * half_width), 0.1, colour);
    canvas.block((0.14, -half_width + 0.05), (0.13, 2.0 * half_width - 0.1), 0.04, GLASS);
    canvas.block((-0.36, -half_width + 0.06), (0.08, 2.0 * half_width - 0.12), 0.03, GLASS);
    let roof = round_box((-0.24, -half_width + 0.05), (0.34, 2.0 * half_width - 0.1), 0.05);
    canvas.fill(roof, palette::WHITE, 61);
    canvas.disc(length - 0.03, -half_width + 0.07, 0.03, LAMP);
    canvas.disc(length - 0.03, half_width - 0.07, 0.03, LAMP);
}

fn apple(canvas: &mut Canvas, colour: Colour) {
    canvas.disc(-0.11, 0.06, 0.28, colour);
    canvas.disc(0.11, 0.06, 0.28, colour);
    canvas.disc(0.0, 0.17, 0.25, colour);
    canvas.fill(circle(-0.2, -0.04, 0.08), palette::WHITE, 89);
    let stalk = path(|it| {
        it.move_to(0.0, -0.14);
        it.quad_to(0.0, -0.3, 0.07, -0.38);
    });
    canvas.stroke(stalk, Colour(0x5b_4024), 0.055, OPAQUE);
    let leaf = path(|it| {
        it.move_to(0.04, -0.25);
        it.quad_to(0.16, -0.44, 0.33, -0.34);
        it.quad_to(0.22, -0.18, 0.04, -0.25);
    });
    canvas.fill(leaf, palette::PLANT, OPAQUE);
}

fn house(canvas: &mut Canvas, colour: Colour) {
    canvas.block((-0.34, -0.08), (0.68, 0.52), 0.04, colour);
    canvas.fill(lines([(-0.46, -0.06), (0.0, -0.45), (0.46, -0.06)], true), palette::BLACK, 56);
    canvas.fill(lines([(-0.4, -0.08), (0.0, -0.42), (0.4, -0.08)], true), colour, OPAQUE);
    canvas.fill(round_box((-0.25, 0.06), (0.16, 0.16), 0.02), palette::WHITE, 217);
    canvas.fill(round_box((0.06, 0.08), (0.18, 0.36), 0.02), palette::WHITE, 217);
}

fn flag(canvas: &mut Canvas, colour: Colour) {
    canvas.stroke(lines([(-0.24, 0.46), (-0.24, -0.44)], false), palette::LETTERS, 0.055, OPAQUE);
    let cloth = path(|it| {
        it.move_to(-0.22, -0.42);
        it.cubic_to(0.0, -0.54, 0.12, -0.28, 0.36, -0.4);
        it.line_to(0.36, -0.04);
        it.cubic_to(0.12, 0.08, 0.0, -0.16, -0.22, -0.06);
        it.close();
    });
    canvas.fill(cloth, colour, OPAQUE);
}
