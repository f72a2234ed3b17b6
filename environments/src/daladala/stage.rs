//! How both minibus environments look: the street around the bus, the town as a small map, and the driver's meters.

use super::route::{self, CAPACITY, CELLS, Cells, LEGAL, MAX_SPEED, OVERLOADED};
use shared::scene::{Anchor, Ink, Scene, Shape, Sprite};

/// What both environments count.
pub(crate) const COUNTERS: [&str; 4] = ["passengers", "earnings_tsh", "legal_compliance", "fines"];

/// What there is to see.
#[derive(Debug)]
pub(crate) struct DaladalaView {
    pub(crate) position: usize,
    pub(crate) police: Cells,
    pub(crate) lights: Cells,
    pub(crate) red: Cells,
    pub(crate) waiting: [u32; 4],
    pub(crate) passengers: u32,
    pub(crate) money_tsh: u32,
    pub(crate) speed: u32,
    pub(crate) steps: u32,
    pub(crate) step_limit: u32,
    pub(crate) message: &'static str,
}

const WIDTH: f32 = 24.0;
const HEIGHT: f32 = 14.0;
/// Width of a route cell in the street.
const CELL: f32 = 3.0;
/// Where the bus stands.
const BUS_X: f32 = 7.5;
/// Upper edges of the street's bands.
const GRASS: f32 = 5.6;
const PAVEMENT: f32 = 9.2;
const ROAD: f32 = 10.2;
const FRONT: f32 = 13.2;

/// The picture.
pub(crate) fn draw(stage: &DaladalaView) -> Scene {
    let mut scene = Scene::new(WIDTH, HEIGHT);
    draw_street(&mut scene, stage);
    draw_bus(&mut scene, stage);
    draw_map(&mut scene, stage);
    draw_meters(&mut scene, stage);
    let danger = match (route::has(stage.red, stage.position), route::has(stage.police, stage.position)) {
        (true, _) => " at a red light",
        (_, true) => " at a police post",
        _ => "",
    };
    scene.words = format!(
        "The minibus is at cell {} of {CELLS}{danger}, with {} passengers and {} shillings. {}",
        stage.position + 1,
        stage.passengers,
        stage.money_tsh,
        stage.message
    );
    scene
}

/// The part of the route around the bus, unrolled.
fn draw_street(scene: &mut Scene, stage: &DaladalaView) {
    // The street goes on beyond the picture, however wide or high the case is.
    let mut band = |top: f32, bottom: f32, ink| scene.fill((-WIDTH, top), (3.0 * WIDTH, bottom - top), 0.0, ink);
    band(GRASS, PAVEMENT, Ink::Plant);
    band(PAVEMENT, ROAD, Ink::GroundAlternate);
    band(ROAD, FRONT, Ink::Road);
    band(FRONT, HEIGHT, Ink::GroundAlternate);
    band(HEIGHT, 3.0 * HEIGHT, Ink::Plant);
    let first = stage.position.saturating_sub(4);
    let beyond = stage.position + 9;
    let x_of = |position: usize| BUS_X + (position as f32 - stage.position as f32) * CELL;
    for position in first..beyond {
        let x = x_of(position);
        let mark = f32::midpoint(ROAD, FRONT);
        scene.line(&[(x - 0.6, mark), (x + 0.6, mark)], 0.12, Ink::White);
        // A town that looks the same on every visit.
        match position * 7 % 5 {
            0 => tree(scene, x - 0.7, 7.2),
            1 => scene.sprite(Sprite::House, (x, 7.1), 2.4, Ink::Hue(0)),
            2 => scene.sprite(Sprite::House, (x - 0.2, 7.2), 2.2, Ink::Hue(1)),
            3 => tree(scene, x + 0.5, 7.5),
            _ => scene.sprite(Sprite::House, (x, 7.0), 2.6, Ink::Hue(6)),
        }
    }
    for position in first..beyond.min(CELLS) {
        let x = x_of(position);
        if let Some((_, name)) = route::NAMES.iter().find(|(place, _)| *place == position) {
            sign(scene, x, name);
        }
        if let Some(stop) = route::stop_at(position) {
            shelter(scene, x, stage.waiting[stop]);
        }
        if route::has(stage.lights, position) {
            light(scene, x + 1.1, route::has(stage.red, position));
        }
        if route::has(stage.police, position) {
            scene.sprite(Sprite::Police, (x + 0.9, PAVEMENT + 0.1), 1.7, Ink::Hue(4));
        }
    }
    if beyond > CELLS {
        let x = x_of(CELLS - 1) + 1.2;
        scene.line(&[(x, ROAD), (x, FRONT)], 0.25, Ink::Goal);
        scene.sprite(Sprite::Flag, (x - 0.6, PAVEMENT - 0.4), 1.8, Ink::Goal);
    }
}

fn tree(scene: &mut Scene, x: f32, y: f32) {
    scene.line(&[(x, y), (x, y + 1.4)], 0.22, Ink::Wall);
    scene.disc((x, y - 0.2), 0.85, Ink::Hue(2));
    scene.disc((x - 0.5, y + 0.25), 0.55, Ink::Hue(2));
    scene.disc((x + 0.5, y + 0.25), 0.55, Ink::Hue(2));
}

fn sign(scene: &mut Scene, x: f32, name: &str) {
    scene.line(&[(x, PAVEMENT + 0.4), (x, PAVEMENT - 1.6)], 0.12, Ink::Faint);
    scene.fill((x - 1.3, PAVEMENT - 2.3), (2.6, 0.8), 0.15, Ink::White);
    scene.text((x, PAVEMENT - 1.9), 0.55, name, Ink::Black);
}

fn shelter(scene: &mut Scene, x: f32, waiting: u32) {
    for post in [x - 1.1, x + 1.1] {
        scene.line(&[(post, PAVEMENT + 0.5), (post, PAVEMENT - 1.1)], 0.1, Ink::Faint);
    }
    scene.fill((x - 1.4, PAVEMENT - 1.35), (2.8, 0.3), 0.1, Ink::Hue(4));
    for person in 0..waiting.min(5) {
        let place = (x - 1.0 + 0.5 * person as f32, PAVEMENT + 0.15);
        scene.sprite(Sprite::Person, place, 1.15, Ink::Hue([0, 2, 6, 1, 5][person as usize]));
    }
    if waiting > 0 {
        scene.fill((x + 0.85, PAVEMENT - 1.05), (0.9, 0.7), 0.3, Ink::White);
        scene.text((x + 1.3, PAVEMENT - 0.7), 0.5, waiting.to_string(), Ink::Black);
    }
}

fn light(scene: &mut Scene, x: f32, red: bool) {
    scene.line(&[(x, PAVEMENT + 0.6), (x, PAVEMENT - 0.6)], 0.14, Ink::Faint);
    scene.fill((x - 0.35, PAVEMENT - 2.1), (0.7, 1.5), 0.2, Ink::Black);
    let lamp = |red_lamp: bool| if red_lamp == red { 0.27 } else { 0.14 };
    scene.disc((x, PAVEMENT - 1.75), lamp(true), if red { Ink::Stop } else { Ink::Faint });
    scene.disc((x, PAVEMENT - 0.95), lamp(false), if red { Ink::Faint } else { Ink::Go });
    if red {
        // The stop line says the same without colour.
        scene.line(&[(x + 0.3, ROAD + 0.1), (x + 0.3, FRONT - 0.1)], 0.16, Ink::White);
    }
}

fn draw_bus(scene: &mut Scene, stage: &DaladalaView) {
    let (left, top, length, height) = (BUS_X - 2.3, 9.6, 3.6, 2.0);
    for streak in 0..stage.speed {
        let y = top + 0.5 + 0.55 * streak as f32;
        scene.line(&[(left - 0.4 - 0.3 * streak as f32, y), (left - 0.15, y)], 0.07, Ink::White);
    }
    scene.fill((left, top), (length, height), 0.35, Ink::Agent);
    scene.fill((left, top + 1.25), (length, 0.28), 0.0, Ink::White);
    // The three windows fill with heads as the bus fills with passengers.
    for window in 0..3 {
        let x = left + 0.25 + 0.95 * window as f32;
        scene.fill((x, top + 0.25), (0.8, 0.75), 0.12, Ink::Water);
        let heads = (stage.passengers.saturating_sub(window * 2)).div_ceil(6).min(4);
        for head in 0..heads {
            let place = (x + 0.13 + 0.18 * head as f32, top + 0.82 - 0.12 * (head % 2) as f32);
            scene.disc(place, 0.13, Ink::AgentDetail);
        }
    }
    scene.fill((left + 3.05, top + 0.25), (0.45, 0.8), 0.12, Ink::Water);
    scene.disc((left + length - 0.08, top + 1.55), 0.13, Ink::Hue(3));
    for wheel in [left + 0.8, left + 2.8] {
        scene.disc((wheel, top + height), 0.42, Ink::Black);
        scene.disc((wheel, top + height), 0.17, Ink::Faint);
    }
    if stage.passengers > LEGAL {
        let ink = if stage.passengers > OVERLOADED { Ink::Danger } else { Ink::Caution };
        scene.polygon(&[(left + 1.4, top - 0.15), (left + 1.8, top - 0.9), (left + 2.2, top - 0.15)], ink);
        scene.text((left + 1.8, top - 0.4), 0.5, "!", Ink::Black);
    }
}

/// The town from above, in the upper left corner.
fn draw_map(scene: &mut Scene, stage: &DaladalaView) {
    let (left, top, cell) = (0.6, 0.5, 0.31);
    let at = |position: usize| {
        let (x, y) = route::place(position);
        (left + (x as f32 + 0.5) * cell, top + (y as f32 + 0.5) * cell)
    };
    scene.fill((left, top), (15.0 * cell, 15.0 * cell), 0.15, Ink::Ground);
    for block in 0..9 {
        let (column, row) = ((block % 3) as f32, (block / 3) as f32);
        scene.fill((left + 0.25 + 1.35 * column, top + 0.25 + 1.35 * row), (1.1, 1.1), 0.1, Ink::GroundAlternate);
    }
    scene.line(&[at(0), at(14), at(28)], 0.26, Ink::Road);
    for position in 0..CELLS {
        if route::stop_at(position).is_some() {
            scene.disc(at(position), 0.13, Ink::Prize);
        } else if route::has(stage.police, position) {
            scene.disc(at(position), 0.12, Ink::Hue(4));
        } else if route::has(stage.lights, position) {
            let ink = if route::has(stage.red, position) { Ink::Stop } else { Ink::Go };
            scene.disc(at(position), 0.12, ink);
        }
    }
    let (x, y) = at(stage.position);
    scene.fill((x - 0.2, y - 0.2), (0.4, 0.4), 0.1, Ink::Agent);
    scene.shapes.push(Shape::Box {
        x: x - 0.2,
        y: y - 0.2,
        width: 0.4,
        height: 0.4,
        radius: 0.1,
        ink: Ink::Ink,
        outline: 0.05,
    });
}

fn draw_meters(scene: &mut Scene, stage: &DaladalaView) {
    let load = match stage.passengers {
        0..=LEGAL => Ink::Go,
        34..=OVERLOADED => Ink::Caution,
        _ => Ink::Danger,
    };
    let meters = [
        ("passengers", stage.passengers, CAPACITY, load),
        ("speed", stage.speed, MAX_SPEED, Ink::Agent),
        ("steps", stage.steps, stage.step_limit, Ink::Water),
    ];
    for (index, (label, value, max, ink)) in meters.into_iter().enumerate() {
        scene.shapes.push(Shape::Meter {
            x: 6.4,
            y: 0.9 + 1.6 * index as f32,
            width: 5.6,
            height: 0.6,
            label: label.into(),
            value: value as f32,
            min: 0.0,
            max: max as f32,
            ink,
        });
    }
    let mut line = |y: f32, size: f32, text: String, ink: Ink| {
        scene.shapes.push(Shape::Text { x: 12.7, y, size, text, ink, anchor: Anchor::Start });
    };
    line(1.1, 0.9, format!("{} TSh", stage.money_tsh), Ink::Ink);
    let waiting: u32 = stage.waiting.iter().sum();
    line(2.5, 0.6, format!("{waiting} people wait at the stops"), Ink::Faint);
    line(4.1, 0.65, stage.message.to_owned(), Ink::Danger);
}
