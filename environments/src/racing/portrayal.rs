//! How a race looks: the whole track from above, the car, its tyre marks and its dashboard.

use super::track::Track;
use super::vehicle::GRAVITY;
use super::{MARKS, Racing};
use crate::environment::Environment as _;
use shared::scene::{Anchor, Ink, Scene, Shape, Sprite};

const WIDTH: f32 = 34.0;
const HEIGHT: f32 = 18.0;
/// The part of the scene for the track.
const FIELD: (f32, f32) = (25.0, 18.0);
/// The car is drawn larger than the road, to be seen.
const CAR_METRES: f64 = 13.0;

/// From metres to scene units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Map {
    scale: f64,
    left: f64,
    top: f64,
}

impl Map {
    /// The map that fits a track into its field.
    pub(super) fn of(track: &Track) -> Self {
        let margin = track.half_width + 8.0;
        let bounds = |of: fn(&super::track::Sample) -> f64| {
            let values = track.samples.iter().map(of);
            let low = values.clone().fold(f64::INFINITY, f64::min) - margin;
            (low, values.fold(f64::NEG_INFINITY, f64::max) + margin)
        };
        let ((left, right), (top, bottom)) = (bounds(|it| it.x), bounds(|it| it.y));
        let (width, height) = (f64::from(FIELD.0), f64::from(FIELD.1));
        let scale = (width / (right - left)).min(height / (bottom - top));
        // Centred in the field.
        let left = f64::midpoint(left, right) - width / scale / 2.0;
        let top = f64::midpoint(top, bottom) - height / scale / 2.0;
        Self { scale, left, top }
    }

    fn place(&self, x: f64, y: f64) -> (f32, f32) {
        (((x - self.left) * self.scale) as f32, ((y - self.top) * self.scale) as f32)
    }

    fn metres(&self, metres: f64) -> f32 {
        (metres * self.scale) as f32
    }
}

/// The grass, the road, its kerbs and the start line.
pub(super) fn scenery(track: &Track, map: &Map) -> Vec<Shape> {
    let mut scene = Scene::new(WIDTH, HEIGHT);
    scene.fill((0.0, 0.0), FIELD, 0.4, Ink::Plant);
    let ring = |scene: &mut Scene, width: f64, ink: Ink| {
        let points = track.samples.iter().flat_map(|it| {
            let (x, y) = map.place(it.x, it.y);
            [x, y]
        });
        scene.shapes.push(Shape::Path { points: points.collect(), ink, width: map.metres(width), closed: true });
    };
    let width = 2.0 * track.half_width;
    ring(&mut scene, width + 2.4, Ink::GroundAlternate);
    ring(&mut scene, width + 1.2, Ink::White);
    ring(&mut scene, width, Ink::Road);
    for (index, pair) in track.samples.windows(2).enumerate() {
        // Kerbs on the inside of bends, red on every other piece of white border.
        let curvature = pair[0].curvature;
        if curvature.abs() > 0.012 && index % 4 < 2 {
            let kerb = |sample: &super::track::Sample| {
                let aside = (track.half_width + 0.3) * curvature.signum();
                map.place(sample.x - aside * sample.along.1, sample.y + aside * sample.along.0)
            };
            scene.line(&[kerb(&pair[0]), kerb(&pair[1])], map.metres(0.9), Ink::Stop);
        }
        if index % 6 < 2 {
            let ends = [map.place(pair[0].x, pair[0].y), map.place(pair[1].x, pair[1].y)];
            scene.line(&ends, map.metres(0.25), Ink::Faint);
        }
    }
    let start = &track.samples[0];
    let across = |aside: f64, along: f64| {
        map.place(
            start.x - aside * start.along.1 + along * start.along.0,
            start.y + aside * start.along.0 + along * start.along.1,
        )
    };
    for column in 0..6 {
        for row in 0..2 {
            let step = 2.0 * track.half_width / 6.0;
            let (left, back) = (f64::from(column) * step - track.half_width, f64::from(row) * 1.6 - 1.6);
            let ink = if (column + row) % 2 == 0 { Ink::White } else { Ink::Black };
            let corners = [(left, back), (left + step, back), (left + step, back + 1.6), (left, back + 1.6)];
            scene.polygon(&corners.map(|(aside, along)| across(aside, along)), ink);
        }
    }
    scene.shapes
}

pub(super) fn draw(racing: &Racing) -> Scene {
    let map = &racing.rules.map;
    let mut scene = Scene::new(WIDTH, HEIGHT);
    scene.shapes.extend_from_slice(&racing.rules.scenery);
    let kept = racing.marked.min(MARKS);
    for age in 1..kept {
        let mark = |back: usize| racing.marks[(racing.marked - 1 - back) % MARKS];
        let (from, to) = (mark(age), mark(age - 1));
        // Marks of one slide are near each other.
        if (to.0 - from.0).abs() + (to.1 - from.1).abs() < 12.0 {
            let ends = [from, to].map(|(x, y)| map.place(f64::from(x), f64::from(y)));
            scene.line(&ends, map.metres(1.6), Ink::Black);
        }
    }
    let vehicle = &racing.vehicle;
    let (x, y) = map.place(vehicle.x, vehicle.y);
    scene.shapes.push(Shape::Sprite {
        sprite: Sprite::Car,
        x,
        y,
        size: map.metres(CAR_METRES),
        turn: (vehicle.heading / std::f64::consts::TAU) as f32,
        ink: Ink::Agent,
    });
    draw_dashboard(&mut scene, racing);
    scene.words = format!(
        "The car drives {:.0} km/h, {:.1} m from the centre line, in lap {}; {} tyres are out.",
        vehicle.speed() * 3.6,
        racing.place.gap.abs(),
        racing.laps.count + 1,
        racing.tyres_out
    );
    scene
}

fn draw_dashboard(scene: &mut Scene, racing: &Racing) {
    let (vehicle, laps, controls) = (&racing.vehicle, &racing.laps, &racing.controls);
    let left = FIELD.0 + 0.8;
    scene.text((left + 2.0, 1.4), 1.7, format!("{:.0}", vehicle.speed() * 3.6), Ink::Ink);
    scene.text((left + 2.0, 2.7), 0.6, "km/h", Ink::Faint);
    scene.text((left + 6.0, 1.4), 1.7, vehicle.gear.to_string(), Ink::Ink);
    scene.text((left + 6.0, 2.7), 0.6, "gear", Ink::Faint);
    let slip = f64::midpoint(vehicle.slip.0, vehicle.slip.1);
    let meters = [
        ("rpm", vehicle.rpm, 0.0, 7600.0, Ink::Agent),
        ("throttle", controls.throttle, 0.0, 1.0, Ink::Go),
        ("brake", controls.brake, 0.0, 1.0, Ink::Stop),
        ("steer", controls.steer, -1.0, 1.0, Ink::Water),
        ("slip", slip, 0.0, 1.0, Ink::Caution),
        ("damage", racing.damage, 0.0, 1.0, Ink::Danger),
    ];
    for (index, (label, value, min, max, ink)) in meters.into_iter().enumerate() {
        scene.shapes.push(Shape::Meter {
            x: left,
            y: 4.1 + 1.2 * index as f32,
            width: 7.4,
            height: 0.42,
            label: label.into(),
            value: value as f32,
            min: min as f32,
            max: max as f32,
            ink,
        });
    }
    // The forces that the driver feels: to the left in a bend to the right.
    let (forward, aside) = vehicle.acceleration;
    let (centre_x, centre_y, radius) = (left + 1.5, 13.2, 1.4);
    for ring in [1.0, 0.5] {
        scene.shapes.push(Shape::Disc {
            x: centre_x,
            y: centre_y,
            radius: radius * ring,
            ink: Ink::Faint,
            outline: 0.05,
        });
    }
    let felt = |value: f64| (value / GRAVITY / 1.5).clamp(-1.0, 1.0) as f32 * radius;
    scene.disc((centre_x - felt(aside), centre_y + felt(forward)), 0.22, Ink::Agent);
    let tyre = |index: usize| {
        let out = racing.gaps[index].abs() > racing.rules.track.half_width;
        if out { Ink::Danger } else { Ink::Go }
    };
    for index in 0..4 {
        let (column, row) = ((index % 2) as f32, (index / 2) as f32);
        scene.fill((left + 4.6 + 1.3 * column, 12.1 + 1.3 * row), (0.5, 0.9), 0.15, tyre(index));
    }
    let time = |seconds: f64| {
        if seconds == 0.0 {
            return "–".to_owned();
        }
        format!("{}:{:05.2}", (seconds / 60.0) as u32, seconds % 60.0)
    };
    let mut line = |y: f32, label: &str, value: String, ink: Ink| {
        let text = |x: f32, text: String, ink: Ink, anchor: Anchor| Shape::Text { x, y, size: 0.62, text, ink, anchor };
        scene.shapes.push(text(left, label.to_owned(), Ink::Faint, Anchor::Start));
        scene.shapes.push(text(left + 7.4, value, ink, Anchor::End));
    };
    let present = if laps.spoiled { Ink::Danger } else { Ink::Ink };
    line(15.3, "lap", format!("{}   {}", laps.count + 1, time(laps.seconds)), present);
    line(16.2, "last", time(laps.last_seconds), Ink::Ink);
    line(17.1, "best", time(laps.best_seconds), Ink::Ink);
    if racing.ended() && racing.outcome() != 0 {
        let reason = ["", "off the track", "too slow", "damaged"][usize::from(racing.outcome())];
        scene.fill((FIELD.0 / 2.0 - 4.5, 8.0), (9.0, 2.0), 0.4, Ink::Black);
        scene.text((FIELD.0 / 2.0, 9.0), 1.0, reason, Ink::White);
    }
}
