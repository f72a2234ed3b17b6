//! What a snake sees, and how it looks.

use super::{BODY, DIRECTIONS, FREE, Snake};
use crate::environment::Environment as _;
use shared::column::Column;
use shared::describe::ObservationDescription;
use shared::scene::{Ink, Scene, Shape, Sprite, Tile};

/// The four neighbour cells of `vision` 0: up, right, down, left.
const NEIGHBOURS: [(&str, i32, i32); 4] = [("up", 0, -1), ("right", 1, 0), ("down", 0, 1), ("left", -1, 0)];

/// Names and bounds of the observation's entries.
pub(super) fn entries(size: usize, vision: i32, segments: usize) -> Vec<ObservationDescription> {
    let signed = |name: &str| ObservationDescription::new(name, -1.0, 1.0);
    let mut entries = vec![signed("apple x"), signed("apple y"), signed("direction x"), signed("direction y")];
    entries.push(ObservationDescription::new("hunger", 0.0, 1.0));
    for segment in 1..=segments {
        entries.push(signed(&format!("segment {segment} x")));
        entries.push(signed(&format!("segment {segment} y")));
    }
    let mut danger = |place: &str| entries.push(ObservationDescription::new(&format!("danger {place}"), 0.0, 1.0));
    match vision {
        0 => NEIGHBOURS.iter().for_each(|(name, ..)| danger(name)),
        -1 => (0..size * size).for_each(|cell| danger(&format!("at {},{}", cell % size, cell / size))),
        _ => window(vision).for_each(|(dx, dy)| danger(&format!("{dx:+},{dy:+}"))),
    }
    entries
}

/// Offsets of the cells around the head, row by row.
fn window(vision: i32) -> impl Iterator<Item = (i32, i32)> {
    (-vision..=vision).flat_map(move |dy| (-vision..=vision).map(move |dx| (dx, dy))).filter(|offset| *offset != (0, 0))
}

pub(super) fn observe(snake: &Snake, into: &mut [f32]) {
    let rules = &*snake.rules;
    let size = rules.size as i32;
    let share = 1.0 / size as f32;
    let (x, y) = snake.place(snake.head);
    let (apple_x, apple_y) = snake.place(snake.apple);
    let (direction_x, direction_y) = DIRECTIONS[usize::from(snake.direction)];
    let (first, rest) = into.split_at_mut(5);
    first.copy_from_slice(&[
        (apple_x - x) as f32 * share,
        (apple_y - y) as f32 * share,
        direction_x as f32,
        direction_y as f32,
        snake.hunger as f32 / rules.max_hunger as f32,
    ]);
    let (segments, dangers) = rest.split_at_mut(2 * rules.segments);
    for (back, offset) in segments.chunks_exact_mut(2).enumerate() {
        let (dx, dy) = if back + 1 < snake.length {
            let (segment_x, segment_y) = snake.place(snake.segment(back + 1));
            (segment_x - x, segment_y - y)
        } else {
            (0, 0)
        };
        offset.copy_from_slice(&[dx as f32 * share, dy as f32 * share]);
    }
    let danger = |x: i32, y: i32| {
        let inside = (0..size).contains(&x) && (0..size).contains(&y);
        let deadly = !inside || snake.is_danger(((y + 1) * (size + 2) + x + 1) as u16);
        f32::from(u8::from(deadly))
    };
    match rules.vision {
        0 => {
            for (entry, (_, dx, dy)) in dangers.iter_mut().zip(NEIGHBOURS) {
                *entry = danger(x + dx, y + dy);
            }
        }
        -1 => {
            for (cell, entry) in (0..).zip(dangers) {
                *entry = danger(cell % size, cell / size);
            }
        }
        vision => {
            for (entry, (dx, dy)) in dangers.iter_mut().zip(window(vision)) {
                *entry = danger(x + dx, y + dy);
            }
        }
    }
}

pub(super) fn draw(snake: &Snake) -> Scene {
    let size = snake.rules.size;
    let mut scene = Scene::new(size as f32, size as f32);
    let tiles: Column<u8> = vec![0; size * size].into();
    scene.shapes.push(Shape::Cells { x: 0.0, y: 0.0, columns: size as u32, tiles, legend: vec![Tile::Floor] });
    let centre = |cell: u16| {
        let (x, y) = snake.place(cell);
        (x as f32 + 0.5, y as f32 + 0.5)
    };
    if snake.apple != snake.head {
        scene.sprite(Sprite::Apple, centre(snake.apple), 0.8, Ink::Prize);
    }
    let spine: Vec<_> = (0..snake.length).map(|back| centre(snake.segment(back))).collect();
    let head = spine[0];
    if spine.len() > 1 {
        // The body narrows over its last three segments.
        let neck = spine.len().saturating_sub(3);
        for (index, pair) in spine.windows(2).enumerate().skip(neck.saturating_sub(1)) {
            let left = (spine.len() - 1 - index) as f32;
            scene.line(pair, (0.3 + 0.14 * left).min(0.72), Ink::Agent);
        }
        if neck > 0 {
            scene.line(&spine[..=neck], 0.72, Ink::Agent);
        }
        for segment in spine.iter().skip(1).step_by(2) {
            scene.disc(*segment, 0.1, Ink::AgentDetail);
        }
    }
    draw_head(&mut scene, snake, head);
    let score = snake.length - 1;
    let hungry = f64::from(snake.hunger) / f64::from(snake.rules.max_hunger);
    scene.words =
        format!("The snake is {} long, has eaten {score} apples and is {:.0} % hungry.", snake.length, 100.0 * hungry);
    scene
}

fn draw_head(scene: &mut Scene, snake: &Snake, (x, y): (f32, f32)) {
    let (dx, dy) = DIRECTIONS[usize::from(snake.direction)];
    let (dx, dy) = (dx as f32, dy as f32);
    let at = |ahead: f32, aside: f32| (x + ahead * dx - aside * dy, y + ahead * dy + aside * dx);
    let dead = snake.ended() && matches!(snake.outcome(), 1..=3);
    if !dead {
        scene.line(&[at(0.3, 0.0), at(0.5, 0.0)], 0.06, Ink::Danger);
        scene.line(&[at(0.5, 0.0), at(0.58, 0.07)], 0.04, Ink::Danger);
        scene.line(&[at(0.5, 0.0), at(0.58, -0.07)], 0.04, Ink::Danger);
    }
    scene.disc((x, y), 0.4, Ink::Agent);
    scene.disc(at(0.12, 0.0), 0.34, Ink::Agent);
    for side in [-0.19, 0.19] {
        if dead {
            scene.line(&[at(0.04, side - 0.08), at(0.2, side + 0.08)], 0.05, Ink::AgentDetail);
            scene.line(&[at(0.04, side + 0.08), at(0.2, side - 0.08)], 0.05, Ink::AgentDetail);
        } else {
            scene.disc(at(0.12, side), 0.12, Ink::White);
            scene.disc(at(0.16, side), 0.06, Ink::Black);
        }
    }
}

pub(super) fn text(snake: &Snake) -> String {
    let stride = snake.stride();
    let mut text = format!("score {}  hunger {}\n", snake.length - 1, snake.hunger);
    for row in 1..=snake.rules.size {
        for column in 1..=snake.rules.size {
            let cell = (row * stride + column) as u16;
            text.push(match snake.cells[usize::from(cell)] {
                _ if cell == snake.head => ['>', 'v', '<', '^'][usize::from(snake.direction)],
                BODY => 'o',
                FREE if cell == snake.apple => '*',
                _ => '.',
            });
        }
        if row < snake.rules.size {
            text.push('\n');
        }
    }
    text
}
