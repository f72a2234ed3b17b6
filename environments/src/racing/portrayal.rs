//! How a race looks: from above, by cameras along the track as on television, with the dashboard below and the whole track
//! in a corner. A camera stands still, so that the car glides through its picture, until the car comes to the next one.

use super::track::{Track, TrackSample};
use super::vehicle::GRAVITY;
use super::{MARKS, Racing};
use crate::environment::Environment as _;
use shared::column::Column;
use shared::scene::{Anchor, Ink, Scene, Shape, Sprite};

const WIDTH: f32 = 26.0;
const HEIGHT: f32 = 24.0;
/// Where in the picture a camera's stretch of the track has its middle.
const MIDDLE: (f32, f32) = (13.0, 9.4);
/// Metres across the whole picture, and metres of track that a camera keeps.
const ACROSS: f64 = 110.0;
const STRETCH: f64 = 50.0;
/// What is drawn around the middle: up to there a wide road reaches into the picture.
const SURROUNDINGS: f32 = 19.0;
/// The car is drawn larger than it is, to be seen.
const CAR_METRES: f64 = 9.0;
/// The picture of the whole track.
const PLAN: (f32, f32, f32, f32) = (18.4, 0.5, 7.1, 5.4);

/// From metres to scene units.
#[derive(Clone, Copy, Debug)]
struct Map {
    scale: f64,
    /// What is shown at `middle`.
    centre: (f64, f64),
    middle: (f32, f32),
}

impl Map {
    /// What the camera of this place shows.
    fn of_camera(track: &Track, distance: f64) -> Self {
        let cameras = (track.length / STRETCH).ceil();
        let camera = (distance.rem_euclid(track.length) / track.length * cameras).floor();
        let sample = ((camera + 0.5) / cameras * track.samples.len() as f64) as usize;
        let TrackSample { x, y, .. } = track.samples[sample.min(track.samples.len() - 1)];
        Self { scale: f64::from(WIDTH) / ACROSS, centre: (x, y), middle: MIDDLE }
    }

    /// The whole track within its corner.
    fn of_plan(track: &Track) -> Self {
        let bounds = |of: fn(&TrackSample) -> f64| {
            let values = track.samples.iter().map(of);
            (values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max))
        };
        let ((left, right), (top, bottom)) = (bounds(|it| it.x), bounds(|it| it.y));
        let (x, y, width, height) = PLAN;
        let [wide, high] = [width - 1.2, height - 1.2].map(f64::from);
        Self {
            scale: (wide / (right - left).max(1.0)).min(high / (bottom - top).max(1.0)),
            centre: (f64::midpoint(left, right), f64::midpoint(top, bottom)),
            middle: (x + width / 2.0, y + height / 2.0),
        }
    }

    fn place(&self, x: f64, y: f64) -> (f32, f32) {
        let of = |metres: f64, centre: f64, middle: f32| middle + ((metres - centre) * self.scale) as f32;
        (of(x, self.centre.0, self.middle.0), of(y, self.centre.1, self.middle.1))
    }

    /// A place so far to the right of a sample and so far ahead of it.
    fn beside(&self, sample: &TrackSample, aside: f64, along: f64) -> (f32, f32) {
        let (dx, dy) = sample.along;
        self.place(sample.x - aside * dy + along * dx, sample.y + aside * dx + along * dy)
    }

    fn metres(&self, metres: f64) -> f32 {
        (metres * self.scale) as f32
    }

    fn shows(&self, sample: &TrackSample) -> bool {
        let (x, y) = self.place(sample.x, sample.y);
        (x - MIDDLE.0).abs().max((y - MIDDLE.1).abs()) < SURROUNDINGS
    }
}

/// The stretches of the track that the camera shows, as indices of samples.
fn stretches(track: &Track, map: &Map) -> Vec<Vec<usize>> {
    let count = track.samples.len();
    let hidden = track.samples.iter().position(|it| !map.shows(it));
    let Some(hidden) = hidden else { return vec![(0..=count).map(|index| index % count).collect()] };
    let around: Vec<_> = (hidden..hidden + count).map(|index| index % count).collect();
    let shown = around.split(|index| !map.shows(&track.samples[*index]));
    shown.filter(|it| it.len() > 1).map(<[usize]>::to_vec).collect()
}

/// The grass, the road with its kerbs, and the start line.
fn draw_scenery(scene: &mut Scene, track: &Track, map: &Map) {
    scene.fill((-WIDTH, -HEIGHT), (3.0 * WIDTH, 3.0 * HEIGHT), 0.0, Ink::Plant);
    let stretches = stretches(track, map);
    let road = 2.0 * track.half_width;
    for (width, ink) in [(road + 3.0, Ink::GroundAlternate), (road + 1.0, Ink::White), (road, Ink::Road)] {
        for stretch in &stretches {
            let points = stretch.iter().map(|index| map.beside(&track.samples[*index], 0.0, 0.0));
            scene.line(&points.collect::<Vec<_>>(), map.metres(width), ink);
        }
    }
    for pair in stretches.iter().flat_map(|stretch| stretch.windows(2)) {
        let [from, to] = [&track.samples[pair[0]], &track.samples[pair[1]]];
        // Kerbs on the inside of bends, red on every other piece of white border.
        if from.curvature.abs() > 0.012 && pair[0] % 4 < 2 {
            let aside = (track.half_width + 0.2) * from.curvature.signum();
            let ends = [map.beside(from, aside, 0.0), map.beside(to, aside, 0.0)];
            scene.line(&ends, map.metres(0.9), Ink::Stop);
        }
        if pair[0] % 6 < 2 {
            scene.line(&[map.beside(from, 0.0, 0.0), map.beside(to, 0.0, 0.0)], map.metres(0.25), Ink::Faint);
        }
    }
    let start = &track.samples[0];
    if !map.shows(start) {
        return;
    }
    for (column, row) in (0..8).flat_map(|column| [(column, 0), (column, 1)]) {
        let step = road / 8.0;
        let (left, back) = (f64::from(column) * step - track.half_width, f64::from(row - 1) * step);
        let ink = if (column + row) % 2 == 0 { Ink::White } else { Ink::Black };
        let corners = [(left, back), (left + step, back), (left + step, back + step), (left, back + step)];
        scene.polygon(&corners.map(|(aside, along)| map.beside(start, aside, along)), ink);
    }
}

/// Trees beside the road, as places and radii in metres: now and then one on either side, where no road is near.
pub(super) fn plant(track: &Track) -> Vec<(f64, f64, f64)> {
    let mut trees = Vec::new();
    for (index, sample) in track.samples.iter().enumerate().step_by(4) {
        // Some mixing of the index stands for chance: the same track has the same trees.
        let chance = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let side = if chance & 1 == 0 { 1.0 } else { -1.0 };
        let aside = side * (track.half_width + 7.0 + (chance >> 1 & 15) as f64);
        let (x, y) = (sample.x - aside * sample.along.1, sample.y + aside * sample.along.0);
        let radius = 1.8 + 0.1 * (chance >> 5 & 15) as f64;
        let clear = track.half_width + 2.0 + radius;
        let near = |it: &TrackSample| (it.x - x) * (it.x - x) + (it.y - y) * (it.y - y) < clear * clear;
        if !track.samples.iter().any(near) {
            trees.push((x, y, radius));
        }
    }
    trees
}

/// The whole track and where the car is.
fn draw_plan(scene: &mut Scene, racing: &Racing) {
    let (x, y, width, height) = PLAN;
    scene.fill((x, y), (width, height), 0.7, Ink::Ground);
    let track = &racing.rules.track;
    let map = Map::of_plan(track);
    // A bend needs no more than a point every six metres.
    let points = track.samples.iter().step_by(3).flat_map(|it| {
        let (x, y) = map.place(it.x, it.y);
        [x, y]
    });
    let points = Column(points.collect());
    scene.shapes.push(Shape::Path { points, ink: Ink::Faint, width: 0.34, closed: true });
    let start = &track.samples[0];
    scene.line(&[map.beside(start, -0.45 / map.scale, 0.0), map.beside(start, 0.45 / map.scale, 0.0)], 0.16, Ink::Ink);
    scene.disc(map.place(racing.vehicle.x, racing.vehicle.y), 0.36, Ink::Agent);
}

pub(super) fn draw(racing: &Racing) -> Scene {
    let map = Map::of_camera(&racing.rules.track, racing.place.distance);
    let mut scene = Scene::new(WIDTH, HEIGHT);
    draw_scenery(&mut scene, &racing.rules.track, &map);
    for (x, y, radius) in &racing.rules.trees {
        let (x, y) = map.place(*x, *y);
        if (x - MIDDLE.0).abs().max((y - MIDDLE.1).abs()) < SURROUNDINGS {
            scene.disc((x + 0.12, y + 0.16), map.metres(*radius), Ink::Road);
            scene.disc((x, y), map.metres(*radius), Ink::Hue(2));
            scene.disc((x - 0.1, y - 0.12), map.metres(0.55 * radius), Ink::Go);
        }
    }
    let kept = racing.marked.min(MARKS);
    for age in 1..kept {
        let mark = |back: usize| racing.marks[(racing.marked - 1 - back) % MARKS];
        let (from, to) = (mark(age), mark(age - 1));
        // Marks of one slide are near each other.
        if (to.0 - from.0).abs() + (to.1 - from.1).abs() < 12.0 {
            let ends = [from, to].map(|(x, y)| map.place(f64::from(x), f64::from(y)));
            scene.line(&ends, map.metres(1.2), Ink::Black);
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
    draw_plan(&mut scene, racing);
    draw_laps(&mut scene, racing);
    draw_dashboard(&mut scene, racing);
    if racing.ended() && racing.outcome() != 0 {
        let reason = ["", "off the track", "too slow", "damaged"][usize::from(racing.outcome())];
        scene.fill((MIDDLE.0 - 4.5, MIDDLE.1 - 1.2), (9.0, 2.4), 0.5, Ink::Black);
        scene.text(MIDDLE, 1.0, reason, Ink::White);
    }
    scene.words = format!(
        "The car drives {:.0} km/h, {:.1} m from the centre line, in lap {}; {} tyres are out.",
        vehicle.speed() * 3.6,
        racing.place.gap.abs(),
        racing.laps.count + 1,
        racing.tyres_out
    );
    scene
}

/// The present lap, the last and the best.
fn draw_laps(scene: &mut Scene, racing: &Racing) {
    let laps = &racing.laps;
    scene.fill((0.5, 0.5), (7.1, 3.8), 0.7, Ink::Ground);
    let time = |seconds: f64| {
        if seconds == 0.0 {
            return "–".to_owned();
        }
        format!("{}:{:05.2}", (seconds / 60.0) as u32, seconds % 60.0)
    };
    let present = if laps.spoiled { Ink::Stop } else { Ink::Ink };
    for (y, label, value, ink) in [
        (1.3, format!("lap {}", laps.count + 1), time(laps.seconds), present),
        (2.4, "last".to_owned(), time(laps.last_seconds), Ink::Ink),
        (3.5, "best".to_owned(), time(laps.best_seconds), Ink::Ink),
    ] {
        let text = |x: f32, text: String, ink: Ink, anchor: Anchor| Shape::Text { x, y, size: 0.64, text, ink, anchor };
        scene.shapes.push(text(1.1, label, Ink::Ink, Anchor::Start));
        scene.shapes.push(text(7.0, value, ink, Anchor::End));
    }
}

/// Speed and gear, pedals, wheel and wear, the forces that the driver feels, and the tyres.
fn draw_dashboard(scene: &mut Scene, racing: &Racing) {
    let (vehicle, controls) = (&racing.vehicle, &racing.controls);
    scene.fill((0.5, 18.5), (25.0, 5.0), 0.7, Ink::Ground);
    scene.text((3.5, 20.4), 1.9, format!("{:.0}", vehicle.speed() * 3.6), Ink::Ink);
    scene.text((3.6, 22.4), 0.52, format!("km/h · gear {}", vehicle.gear), Ink::Ink);
    let slip = f64::midpoint(vehicle.slip.0, vehicle.slip.1);
    let meters = [
        ("rpm", vehicle.rpm, 0.0, 7600.0, Ink::Agent),
        ("throttle", controls.throttle, 0.0, 1.0, Ink::Go),
        ("brake", controls.brake, 0.0, 1.0, Ink::Stop),
        ("steer", controls.steer, -1.0, 1.0, Ink::Water),
        ("slip", slip, 0.0, 1.0, Ink::Caution),
        ("damage", racing.damage, 0.0, 1.0, Ink::Stop),
    ];
    for (index, (label, value, min, max, ink)) in meters.into_iter().enumerate() {
        scene.shapes.push(Shape::Meter {
            x: if index < 3 { 7.1 } else { 13.0 },
            y: 19.0 + 1.5 * (index % 3) as f32,
            width: 5.5,
            height: 1.1,
            label: label.into(),
            value: value as f32,
            min: min as f32,
            max: max as f32,
            ink,
        });
    }
    // To the left in a bend to the right.
    let (forward, aside) = vehicle.acceleration;
    let (centre_x, centre_y, radius) = (20.7, 21.0, 1.7);
    for ring in [1.0, 0.5] {
        scene.shapes.push(Shape::Disc {
            x: centre_x,
            y: centre_y,
            radius: radius * ring,
            ink: Ink::Faint,
            outline: 0.06,
        });
    }
    let felt = |value: f64| (value / GRAVITY / 1.5).clamp(-1.0, 1.0) as f32 * radius;
    scene.disc((centre_x - felt(aside), centre_y + felt(forward)), 0.3, Ink::Agent);
    for (index, gap) in racing.gaps.iter().enumerate() {
        let (column, row) = ((index % 2) as f32, (index / 2) as f32);
        let ink = if gap.abs() > racing.rules.track.half_width { Ink::Stop } else { Ink::Go };
        scene.fill((23.1 + 1.1 * column, 19.4 + 1.8 * row), (0.6, 1.3), 0.2, ink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wherever_the_car_drives_a_camera_has_it_clear_of_what_lies_over_the_picture() {
        for name in ["oval", "club", "technical"] {
            let track = Track::named(name).unwrap();
            for (index, sample) in track.samples.iter().enumerate() {
                let distance = index as f64 * track.length / track.samples.len() as f64;
                let (x, y) = Map::of_camera(&track, distance).place(sample.x, sample.y);
                assert!((2.0..24.0).contains(&x) && (0.0..18.5).contains(&y), "{name}, {distance} m: ({x}, {y})");
                let covered = y < 5.9 && x > PLAN.0 || y < 4.3 && x < 7.6;
                assert!(!covered, "{name}, {distance} m: ({x}, {y})");
            }
        }
    }

    #[test]
    fn trees_stand_beside_the_road() {
        let track = Track::named("technical").unwrap();
        let trees = plant(&track);
        assert!(trees.len() > 20, "{}", trees.len());
        for (x, y, radius) in trees {
            let least = track.samples.iter().map(|it| libm::hypot(it.x - x, it.y - y)).fold(f64::INFINITY, f64::min);
            assert!(least > track.half_width + radius, "({x}, {y})");
        }
    }
}
