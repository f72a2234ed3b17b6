//! What a scene of the race tells. Its close-up shows the road near the car, its plan the whole track; both have the car, so
//! that what the one shows can be put into the other.

use crate::instruments::{Meter, meters};
use crate::scenery::UnreadableScene;
use shared::scene::{Ink, Scene, Shape, Sprite};
use three_d::core::prelude::{InnerSpace as _, Vec2, vec2};

/// Metres across the close-up.
const ACROSS: f32 = 110.0;
/// The plan has a point for every so many of the close-up's.
const POINTS: f32 = 3.0;

/// A moment of the race. Places are in metres from the middle of the track's bounds, x to the right and y down.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Race {
    /// The middle of the road, all around.
    pub(super) line: Vec<Vec2>,
    /// Half of the road's width.
    pub(super) half_width: f32,
    /// The car.
    pub(super) car: Vec2,
    /// Where it looks, in turns clockwise from the right.
    pub(super) turn: f32,
    /// Trees in sight, with their radii.
    pub(super) trees: Vec<(Vec2, f32)>,
    /// Marks of tyres, as ends of lines.
    pub(super) marks: Vec<(Vec2, Vec2)>,
    /// The meters.
    pub(super) meters: Vec<Meter>,
    /// Figures in words.
    pub(super) figures: Vec<String>,
    /// How it ended; empty while it lasts.
    pub(super) message: String,
}

impl Default for Race {
    fn default() -> Self {
        Self {
            line: Vec::new(),
            half_width: 0.0,
            car: vec2(0.0, 0.0),
            turn: 0.0,
            trees: Vec::new(),
            marks: Vec::new(),
            meters: Vec::new(),
            figures: Vec::new(),
            message: String::new(),
        }
    }
}

impl Race {
    /// Reads a scene.
    pub(super) fn read(scene: &Scene) -> Result<Self, UnreadableScene> {
        let mut race = Self { meters: meters(scene), ..Self::default() };
        let metres = ACROSS / scene.width.max(1e-6);
        let (mut near, mut plan, mut on_plan) = (None, None, None);
        let mut step = 0.0_f32;
        for shape in &scene.shapes {
            match shape {
                Shape::Sprite { sprite: Sprite::Car, x, y, turn, .. } => near = Some((vec2(*x, *y), *turn)),
                Shape::Path { points, ink: Ink::Faint, closed: true, .. } => plan = Some(pairs(points)),
                Shape::Path { points, ink: Ink::Road, width, .. } => {
                    race.half_width = width * metres / 2.0;
                    let lengths = pairs(points).windows(2).map(|it| (it[1] - it[0]).magnitude()).collect::<Vec<_>>();
                    step = lengths.into_iter().fold(step, f32::max);
                }
                // The last one: trees have discs of other inks.
                Shape::Disc { x, y, ink: Ink::Agent, .. } if plan.is_some() && on_plan.is_none() => {
                    on_plan = Some(vec2(*x, *y));
                }
                _ => {}
            }
        }
        let ((near, turn), plan) = near.zip(plan).ok_or(UnreadableScene("car on its track"))?;
        let on_plan = on_plan.ok_or(UnreadableScene("car on its plan"))?;
        // Where the track is straightest its points are farthest apart, and those of both pictures equally far. The last
        // point of a plan may be nearer to the first.
        let longest = plan.windows(2).map(|it| (it[1] - it[0]).magnitude()).fold(0.0, f32::max);
        if plan.len() < 8 || longest <= 0.0 || step <= 0.0 {
            return Err(UnreadableScene("track"));
        }
        let plan_metres = POINTS * step * metres / longest;
        let bounds = |of: fn(&Vec2) -> f32| {
            let values = plan.iter().map(of);
            f32::midpoint(values.clone().fold(f32::INFINITY, f32::min), values.fold(f32::NEG_INFINITY, f32::max))
        };
        let middle = vec2(bounds(|it| it.x), bounds(|it| it.y));
        let from_plan = |at: Vec2| (at - middle) * plan_metres;
        race.line = plan.iter().map(|it| from_plan(*it)).collect();
        race.car = from_plan(on_plan);
        race.turn = turn;
        let car = race.car;
        let from_near = |at: Vec2| (at - near) * metres + car;
        race.read_surroundings(scene, metres, from_near);
        Ok(race)
    }

    fn read_surroundings(&mut self, scene: &Scene, metres: f32, from_near: impl Fn(Vec2) -> Vec2) {
        let mut label = None;
        for shape in &scene.shapes {
            match shape {
                Shape::Disc { x, y, radius, ink: Ink::Hue(2), .. } => {
                    self.trees.push((from_near(vec2(*x, *y)), radius * metres));
                }
                Shape::Path { points, ink: Ink::Black, width, .. } if *width > 0.0 => {
                    if let [from, to] = pairs(points)[..] {
                        self.marks.push((from_near(from), from_near(to)));
                    }
                }
                Shape::Text { text, ink: Ink::White, .. } => self.message.clone_from(text),
                // Speed and gear; laps come as pairs of a label and a time.
                Shape::Text { text, size, .. } if *size > 1.5 => self.figures.insert(0, format!("{text} km/h")),
                Shape::Text { text, .. } if text.starts_with("km/h") => {
                    self.figures.extend(text.split("· ").nth(1).map(str::to_owned));
                }
                Shape::Text { text, .. } => match label.take() {
                    None => label = Some(text.clone()),
                    Some(label) => self.figures.push(format!("{label} {text}")),
                },
                _ => {}
            }
        }
    }
}

fn pairs(points: &[f32]) -> Vec<Vec2> {
    points.chunks_exact(2).map(|it| vec2(it[0], it[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenery::{played, played_with};

    /// Where the close-up has the car, in metres, and which of its cameras shows it.
    fn close_up(scene: &Scene) -> (Vec2, Vec2) {
        let mut found = (None, None);
        for shape in &scene.shapes {
            match shape {
                Shape::Sprite { x, y, .. } => found.0 = Some(vec2(*x, *y) * (ACROSS / scene.width)),
                Shape::Path { points, ink: Ink::Road, .. } => found.1 = found.1.or(Some(pairs(points)[0])),
                _ => {}
            }
        }
        (found.0.unwrap(), found.1.unwrap())
    }

    #[test]
    fn the_car_moves_on_the_plan_as_it_does_near_by() {
        // With the throttle, most of the time.
        let scenes = played_with("racing", 1500, Some(3));
        let mut compared = 0;
        for ((before, _), (after, _)) in scenes.iter().zip(&scenes[8..]) {
            let ((from, at), (to, next)) = (close_up(before), close_up(after));
            let [before, after] = [before, after].map(|scene| Race::read(scene).unwrap());
            // While the camera stands still.
            if at == next && (to - from).magnitude() > 0.5 {
                let (seen, planned) = (to - from, after.car - before.car);
                assert!((seen - planned).magnitude() < 0.02 * seen.magnitude() + 0.02, "{seen:?} {planned:?}");
                compared += 1;
            }
        }
        assert!(compared > 100, "{compared}");
    }

    #[test]
    fn the_road_is_as_long_and_wide_as_it_is_and_the_car_drives_on_it() {
        for (scene, _) in played("racing", 300) {
            let race = Race::read(&scene).unwrap();
            assert!((3.0..10.0).contains(&race.half_width), "{}", race.half_width);
            let length: f32 = race.line.windows(2).map(|it| (it[1] - it[0]).magnitude()).sum();
            assert!((200.0..5000.0).contains(&length), "{length}");
            let off = race.line.iter().map(|it| (it - race.car).magnitude()).fold(f32::INFINITY, f32::min);
            assert!(off < 3.0 * race.half_width, "{off}");
            for (tree, radius) in &race.trees {
                let off = race.line.iter().map(|it| (it - tree).magnitude()).fold(f32::INFINITY, f32::min);
                assert!(off > race.half_width + radius - 0.5, "a tree on the road: {off}");
            }
            assert!(race.figures[0].ends_with("km/h"), "{:?}", race.figures);
        }
    }
}
