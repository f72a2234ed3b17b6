//! Sprites: the ready-made pictures, drawn in a box from -0.5 to 0.5 and looking to the right.

use super::palette::SceneColour;
use super::pen::CanvasPen;
use shared::scene::Sprite;
use std::f64::consts::{PI, TAU};
use web_sys::CanvasRenderingContext2d;

/// Draws a picture centred at `middle`, `size` pixels wide, in its main colour.
pub fn draw(pen: CanvasPen<'_>, sprite: Sprite, middle: (f64, f64), size: f64, turn: f64, colour: &str) {
    // Upright pictures look to one side or the other but never stand on their heads.
    let mirrored = matches!(sprite, Sprite::Person | Sprite::Police) && (0.25..0.75).contains(&turn.rem_euclid(1.0));
    let turned = matches!(sprite, Sprite::Creature | Sprite::Car | Sprite::Bus);
    pen.in_unit_box(middle, size, if turned { turn } else { 0.0 }, |context| {
        if mirrored {
            let _ = context.scale(-1.0, 1.0);
        }
        context.set_line_cap("round");
        context.set_line_join("round");
        let brush = SpriteBrush { pen, context, colour };
        match sprite {
            Sprite::Creature => brush.creature(turn),
            Sprite::Sprout => brush.sprout(),
            Sprite::Person => brush.person(false),
            Sprite::Police => brush.person(true),
            Sprite::Car => brush.vehicle(0.46, 0.26),
            Sprite::Bus => brush.vehicle(0.48, 0.22),
            Sprite::Apple => brush.apple(),
            Sprite::House => brush.house(),
            Sprite::Flag => brush.flag(),
        }
    });
}

struct SpriteBrush<'a> {
    pen: CanvasPen<'a>,
    context: &'a CanvasRenderingContext2d,
    colour: &'a str,
}

impl SpriteBrush<'_> {
    fn main(&self) {
        self.context.set_fill_style_str(self.colour);
    }

    fn disc(&self, x: f64, y: f64, radius: f64) {
        self.context.begin_path();
        let _ = self.context.arc(x, y, radius, 0.0, TAU);
        self.context.fill();
    }

    fn block(&self, (x, y): (f64, f64), (width, height): (f64, f64), radius: f64) {
        self.context.begin_path();
        let _ = self.context.round_rect_with_f64(x, y, width, height, radius);
        self.context.fill();
    }

    fn polygon(&self, points: &[(f64, f64)]) {
        self.context.begin_path();
        for (x, y) in points {
            self.context.line_to(*x, *y);
        }
        self.context.close_path();
        self.context.fill();
    }

    /// A round body with a belly, a light side and one bright eye that looks where it goes.
    fn creature(&self, turn: f64) {
        let upside_down = (0.25..0.75).contains(&turn.rem_euclid(1.0)) && (turn.rem_euclid(1.0) - 0.25).abs() > 1e-6;
        let eye_side = if upside_down { 1.0 } else { -1.0 };
        self.context.set_fill_style_str("#00000026");
        self.disc(0.0, 0.0, 0.475);
        self.context.set_fill_style_str(self.pen.palette.role(SceneColour::White));
        self.disc(0.0, 0.0, 0.455);
        self.main();
        self.disc(0.0, 0.0, 0.4);
        self.pen.fill_with(SceneColour::AgentLight);
        self.context.set_global_alpha(0.75);
        self.disc(0.07, eye_side * 0.1, 0.27);
        self.context.set_global_alpha(1.0);
        self.pen.fill_with(SceneColour::White);
        self.disc(0.17, eye_side * 0.12, 0.12);
        self.pen.fill_with(SceneColour::AgentDetail);
        self.disc(0.205, eye_side * 0.12, 0.065);
        self.pen.fill_with(SceneColour::White);
        self.disc(0.225, eye_side * 0.145, 0.022);
        self.pen.stroke_with(SceneColour::AgentDetail, 0.03);
        self.context.begin_path();
        let (from, to) = if upside_down { (-0.95, -0.2) } else { (0.2, 0.95) };
        let _ = self.context.arc(0.1, -eye_side * 0.04, 0.2, from, to);
        self.context.stroke();
    }

    fn sprout(&self) {
        self.context.set_stroke_style_str(self.colour);
        self.context.set_line_width(0.075);
        self.context.begin_path();
        self.context.move_to(0.0, 0.46);
        self.context.quadratic_curve_to(-0.01, 0.2, 0.0, -0.05);
        self.context.stroke();
        self.main();
        for side in [-1.0, 1.0] {
            let lift = if side > 0.0 { -0.12 } else { 0.02 };
            self.context.begin_path();
            self.context.move_to(0.0, 0.1 + lift);
            self.context.bezier_curve_to(
                side * 0.02,
                -0.24 + lift,
                side * 0.22,
                -0.32 + lift,
                side * 0.44,
                -0.3 + lift,
            );
            self.context.bezier_curve_to(side * 0.46, -0.06 + lift, side * 0.3, 0.13 + lift, 0.0, 0.1 + lift);
            self.context.fill();
        }
        self.context.set_global_alpha(0.4);
        self.pen.stroke_with(SceneColour::White, 0.025);
        for side in [-1.0, 1.0] {
            let lift = if side > 0.0 { -0.12 } else { 0.02 };
            self.context.begin_path();
            self.context.move_to(side * 0.07, 0.03 + lift);
            self.context.quadratic_curve_to(side * 0.2, -0.12 + lift, side * 0.33, -0.2 + lift);
            self.context.stroke();
        }
        self.context.set_global_alpha(1.0);
    }

    fn person(&self, officer: bool) {
        self.main();
        self.context.begin_path();
        self.context.move_to(-0.28, 0.46);
        self.context.bezier_curve_to(-0.3, 0.1, -0.18, -0.02, 0.0, -0.02);
        self.context.bezier_curve_to(0.18, -0.02, 0.3, 0.1, 0.28, 0.46);
        self.context.close_path();
        self.context.fill();
        self.context.set_fill_style_str("#c98e62");
        self.disc(0.0, -0.2, 0.19);
        self.pen.fill_with(SceneColour::AgentDetail);
        self.disc(0.09, -0.2, 0.028);
        if officer {
            self.context.set_fill_style_str("#23364f");
            self.block((-0.22, -0.42), (0.44, 0.15), 0.06);
            self.block((0.0, -0.31), (0.3, 0.05), 0.025);
            self.pen.fill_with(SceneColour::Caution);
            self.disc(0.06, -0.35, 0.035);
        } else {
            self.pen.fill_with(SceneColour::AgentDetail);
            self.context.begin_path();
            let _ = self.context.arc(0.0, -0.22, 0.19, PI * 0.98, PI * 1.85);
            self.context.fill();
        }
    }

    /// A car or bus from above, its front to the right.
    fn vehicle(&self, length: f64, half_width: f64) {
        self.context.set_fill_style_str("#00000030");
        self.block((-length + 0.02, -half_width + 0.03), (2.0 * length, 2.0 * half_width), 0.1);
        self.pen.fill_with(SceneColour::Black);
        for x in [-0.3, 0.18] {
            self.block((x, -half_width - 0.03), (0.14, 2.0 * half_width + 0.06), 0.03);
        }
        self.main();
        self.block((-length, -half_width), (2.0 * length, 2.0 * half_width), 0.1);
        self.context.set_fill_style_str("#24323a");
        self.block((0.14, -half_width + 0.05), (0.13, 2.0 * half_width - 0.1), 0.04);
        self.block((-0.36, -half_width + 0.06), (0.08, 2.0 * half_width - 0.12), 0.03);
        self.context.set_fill_style_str("#ffffff3d");
        self.block((-0.24, -half_width + 0.05), (0.34, 2.0 * half_width - 0.1), 0.05);
        self.context.set_fill_style_str("#fff4c2");
        self.disc(length - 0.03, -half_width + 0.07, 0.03);
        self.disc(length - 0.03, half_width - 0.07, 0.03);
    }

    fn apple(&self) {
        self.main();
        self.disc(-0.11, 0.06, 0.28);
        self.disc(0.11, 0.06, 0.28);
        self.disc(0.0, 0.17, 0.25);
        self.context.set_fill_style_str("#ffffff59");
        self.context.begin_path();
        let _ = self.context.ellipse(-0.2, -0.04, 0.06, 0.11, 0.5, 0.0, TAU);
        self.context.fill();
        self.context.set_stroke_style_str("#5b4024");
        self.context.set_line_width(0.055);
        self.context.begin_path();
        self.context.move_to(0.0, -0.14);
        self.context.quadratic_curve_to(0.0, -0.3, 0.07, -0.38);
        self.context.stroke();
        self.pen.fill_with(SceneColour::Plant);
        self.context.begin_path();
        self.context.move_to(0.04, -0.25);
        self.context.quadratic_curve_to(0.16, -0.44, 0.33, -0.34);
        self.context.quadratic_curve_to(0.22, -0.18, 0.04, -0.25);
        self.context.fill();
    }

    fn house(&self) {
        self.main();
        self.block((-0.34, -0.08), (0.68, 0.52), 0.04);
        self.context.set_fill_style_str("#00000038");
        self.polygon(&[(-0.46, -0.06), (0.0, -0.45), (0.46, -0.06)]);
        self.main();
        self.polygon(&[(-0.4, -0.08), (0.0, -0.42), (0.4, -0.08)]);
        self.pen.fill_with(SceneColour::White);
        self.context.set_global_alpha(0.85);
        self.block((-0.25, 0.06), (0.16, 0.16), 0.02);
        self.block((0.06, 0.08), (0.18, 0.36), 0.02);
        self.context.set_global_alpha(1.0);
    }

    fn flag(&self) {
        self.pen.stroke_with(SceneColour::Ink, 0.055);
        self.context.begin_path();
        self.context.move_to(-0.24, 0.46);
        self.context.line_to(-0.24, -0.44);
        self.context.stroke();
        self.main();
        self.context.begin_path();
        self.context.move_to(-0.22, -0.42);
        self.context.bezier_curve_to(0.0, -0.54, 0.12, -0.28, 0.36, -0.4);
        self.context.line_to(0.36, -0.04);
        self.context.bezier_curve_to(0.12, 0.08, 0.0, -0.16, -0.22, -0.06);
        self.context.close_path();
        self.context.fill();
    }
}
