//! How a bandit looks: a slot machine an arm, and behind glass what each of them really pays, as in figure 2.1.

use super::Pull;
use shared::scene::{Ink, Scene, Shape};

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
    let centre = values.iter().sum::<f64>() / values.len() as f64;
    let reach = values.iter().map(|value| (value - centre).abs()).fold(0.0, f64::max) + 2.0 * noise + 1e-9;
    let height = |value: f64| MIDDLE - ((value - centre) / reach).clamp(-1.0, 1.0) as f32 * WINDOW / 2.0;
    for (arm, value) in values.iter().enumerate() {
        let x = 0.3 + (arm % MOST_IN_A_ROW) as f32 * PITCH;
        let y = 0.1 + (arm / MOST_IN_A_ROW) as f32 * ROW;
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
