//! How a bandit looks: a slot machine an arm, and behind glass what each of them really pays, as in figure 2.1, with a bar of what an
//! agent believes that it pays.

use super::Pull;
use shared::scene::{Ink, Scene, Shape};
use std::fmt::Write as _;

/// Width of a machine.
const PITCH: f32 = 1.6;
/// Machines in a row.
const MOST_IN_A_ROW: usize = 16;
/// Height of a row.
const ROW: f32 = 6.0;
/// Height of the window of a machine and its middle, from the row's top.
const WINDOW: f32 = 3.2;
const MIDDLE: f32 = 2.3;

/// The stage with true values, the noise around them and the last pull.
pub(super) fn draw(values: &[f64], noise: f64, last: Option<Pull>) -> Scene {
    let columns = values.len().min(MOST_IN_A_ROW);
    let rows = values.len().div_ceil(MOST_IN_A_ROW);
    let mut scene = Scene::new(columns as f32 * PITCH + 0.6, rows as f32 * ROW + 0.2);
    let height = scale(values, noise);
    for (arm, value) in values.iter().enumerate() {
        let (x, y) = corner(arm);
        let pull = last.filter(|(pulled, _)| usize::from(*pulled) == arm).map(|(_, reward)| reward);
        machine(&mut scene, (x, y), arm, pull);
        let (top, bottom) = (y + height(value + 2.0 * noise), y + height(value - 2.0 * noise));
        let middle = x + 0.65;
        // Where rewards of this arm fall: a spindle from two standard deviations above to two below.
        let belly = y + height(*value);
        scene.polygon(&[(middle, top), (middle + 0.26, belly), (middle, bottom), (middle - 0.26, belly)], Ink::Water);
        scene.line(&[(middle - 0.32, belly), (middle + 0.32, belly)], 0.06, Ink::Ink);
        if let Some(reward) = pull {
            scene.disc((middle, y + height(reward)), 0.17, Ink::Hue(0));
            scene.disc((middle, y + height(reward)), 0.12, Ink::Hue(3));
        }
    }
    scene.words = match last {
        Some((arm, reward)) => format!("Arm {} paid {reward:.2}.", arm + 1),
        None => format!("{} arms, none pulled yet.", values.len()),
    };
    scene
}

/// Draws what somebody believes that each arm pays: a bar in its window, up to the line of what it really pays where that is so.
pub(super) fn draw_estimates(scene: &mut Scene, values: &[f64], noise: f64, estimates: &[f64]) {
    let height = scale(values, noise);
    let mut best: Option<(usize, f64)> = None;
    for (arm, estimate) in estimates.iter().enumerate().take(values.len()) {
        let (x, y) = corner(arm);
        let (top, bottom) = (height(*estimate), MIDDLE + WINDOW / 2.0);
        scene.fill((x + 0.2, y + top), (0.16, bottom - top), 0.0, Ink::Agent);
        scene.line(&[(x + 0.17, y + top), (x + 0.39, y + top)], 0.05, Ink::AgentDetail);
        if best.is_none_or(|(_, most)| *estimate > most) {
            best = Some((arm, *estimate));
        }
    }
    if let Some((arm, estimate)) = best {
        // Writing to a string cannot fail.
        let _ = write!(scene.words, " The best estimate is that of arm {}, {estimate:.2}.", arm + 1);
    }
}

/// The upper left corner of a machine.
fn corner(arm: usize) -> (f32, f32) {
    (0.3 + (arm % MOST_IN_A_ROW) as f32 * PITCH, 0.1 + (arm / MOST_IN_A_ROW) as f32 * ROW)
}

/// How far below a machine's top a value stands.
fn scale(values: &[f64], noise: f64) -> impl Fn(f64) -> f32 {
    let centre = values.iter().sum::<f64>() / values.len() as f64;
    let reach = values.iter().map(|value| (value - centre).abs()).fold(0.0, f64::max) + 2.0 * noise + 1e-9;
    move |value| MIDDLE - ((value - centre) / reach).clamp(-1.0, 1.0) as f32 * WINDOW / 2.0
}

fn machine(scene: &mut Scene, (x, y): (f32, f32), arm: usize, pull: Option<f64>) {
    let body = if pull.is_some() { Ink::Agent } else { Ink::Wall };
    scene.fill((x, y + 0.2), (1.3, 5.2), 0.3, body);
    scene.fill((x + 0.14, y + MIDDLE - WINDOW / 2.0 - 0.1), (1.02, WINDOW + 0.2), 0.14, Ink::Ground);
    // The lever, down when it was pulled.
    let tip = if pull.is_some() { 4.9 } else { 3.6 };
    scene.line(&[(x + 1.3, y + 4.3), (x + 1.44, y + tip)], 0.09, Ink::Ink);
    scene.disc((x + 1.44, y + tip), 0.13, Ink::Stop);
    scene.fill((x + 0.2, y + 4.3), (0.9, 0.42), 0.12, Ink::Black);
    if let Some(reward) = pull {
        scene.text((x + 0.65, y + 4.51), 0.2, format!("{reward:.2}"), Ink::Hue(3));
    }
    scene.text((x + 0.65, y + 5.06), 0.26, (arm + 1).to_string(), Ink::White);
    scene.shapes.push(Shape::Box {
        x: x + 0.14,
        y: y + MIDDLE - WINDOW / 2.0 - 0.1,
        width: 1.02,
        height: WINDOW + 0.2,
        radius: 0.14,
        ink: Ink::Faint,
        outline: 0.03,
    });
}
