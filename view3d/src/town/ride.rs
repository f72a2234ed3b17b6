//! What a scene of the minibus tells: the plan in its corner says where everything is, the street who waits, the meters the rest.

use crate::instruments::{Meter, meter, meters};
use crate::scenery::UnreadableScene;
use shared::scene::{Ink, Scene, Shape};

/// Cells of the route.
pub(super) const CELLS: usize = 29;
/// Cells along one side of the plan.
const PLAN_CELLS: f32 = 15.0;
/// How the flat street lies in its picture: where the bus is, and how wide a cell.
const BUS_X: f32 = 7.5;
const CELL: f32 = 3.0;

/// A traffic light on the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TrafficLight {
    /// The cell where it stands.
    pub(super) cell: usize,
    /// Whether it is red.
    pub(super) red: bool,
}

/// A moment of the ride.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ride {
    /// The cell of the bus.
    pub(super) position: usize,
    /// Cells with a stop.
    pub(super) stops: Vec<usize>,
    /// Cells with police.
    pub(super) police: Vec<usize>,
    /// The traffic lights.
    pub(super) lights: Vec<TrafficLight>,
    /// How many people wait in cells whose stops the street shows.
    pub(super) waiting: Vec<(usize, u32)>,
    /// Names of places, and their cells.
    pub(super) names: Vec<(usize, String)>,
    /// The meters.
    pub(super) meters: Vec<Meter>,
    /// People on the bus.
    pub(super) passengers: f32,
    /// Cells a step.
    pub(super) speed: f32,
    /// Further figures in words.
    pub(super) figures: Vec<String>,
    /// What happens just now.
    pub(super) message: String,
}

impl Ride {
    /// Reads a scene.
    pub(super) fn read(scene: &Scene) -> Result<Self, UnreadableScene> {
        let plan = scene.shapes.iter().find_map(|shape| match shape {
            Shape::Box { x, y, width, height, ink: Ink::Ground, .. } if width == height => Some((*x, *y, *width)),
            _ => None,
        });
        let (left, top, side) = plan.ok_or(UnreadableScene("plan of the town"))?;
        let cell_of = |x: f32, y: f32| {
            let (column, row) = ((x - left) / side * PLAN_CELLS, (y - top) / side * PLAN_CELLS);
            let inside = (0.0..PLAN_CELLS).contains(&column) && (0.0..PLAN_CELLS).contains(&row);
            inside.then(|| position_of(column as usize, row as usize)).flatten()
        };
        let mut ride = Self { meters: meters(scene), ..Self::default() };
        let mut position = None;
        for shape in &scene.shapes {
            match shape {
                Shape::Disc { x, y, ink, .. } => {
                    let Some(cell) = cell_of(*x, *y) else { continue };
                    match ink {
                        Ink::Prize => ride.stops.push(cell),
                        Ink::Hue(4) => ride.police.push(cell),
                        Ink::Stop => ride.lights.push(TrafficLight { cell, red: true }),
                        Ink::Go => ride.lights.push(TrafficLight { cell, red: false }),
                        _ => {}
                    }
                }
                Shape::Box { x, y, width, height, ink: Ink::Agent, outline, .. } if *outline <= 0.0 => {
                    position = position.or(cell_of(x + width / 2.0, y + height / 2.0));
                }
                _ => {}
            }
        }
        ride.position = position.ok_or(UnreadableScene("bus on its plan"))?;
        ride.read_words(scene);
        ride.passengers = meter(&ride.meters, "passengers").map_or(0.0, |it| it.value.parse().unwrap_or(0.0));
        ride.speed = meter(&ride.meters, "speed").map_or(0.0, |it| it.value.parse().unwrap_or(0.0));
        Ok(ride)
    }

    fn read_words(&mut self, scene: &Scene) {
        let here = self.position;
        let in_street = |x: f32| {
            let cell = here as f32 + (x - BUS_X) / CELL;
            (cell > -0.5).then(|| (cell.round() as usize).min(CELLS - 1))
        };
        for shape in &scene.shapes {
            let Shape::Text { x, text, ink, .. } = shape else { continue };
            match ink {
                // On the white signs of the street.
                Ink::Black => match (text.parse::<u32>(), in_street(*x)) {
                    // The number stands a little to the right of the stop's middle.
                    (Ok(waiting), _) => self.waiting.extend(in_street(x - 1.3).map(|cell| (cell, waiting))),
                    (Err(_), Some(cell)) if text != "!" => self.names.push((cell, text.clone())),
                    _ => {}
                },
                Ink::Ink | Ink::Faint => self.figures.push(text.clone()),
                Ink::Danger => self.message.clone_from(text),
                _ => {}
            }
        }
        // A stop that the street shows without a number has nobody.
        for stop in &self.stops {
            let shown = here.saturating_sub(4)..here + 9;
            if shown.contains(stop) && !self.waiting.iter().any(|(cell, _)| cell == stop) {
                self.waiting.push((*stop, 0));
            }
        }
    }
}

/// The cell of the route at a column and row of the plan: along its lower edge, then up its right one.
fn position_of(column: usize, row: usize) -> Option<usize> {
    match (column, row) {
        (column, 14) => Some(column),
        (14, row) => Some(28 - row),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every scene of some episodes, with the same moment as a line of letters.
    fn play(environment: &str, steps: usize) -> Vec<(Scene, String)> {
        crate::scenery::played(environment, steps)
    }

    #[test]
    fn a_ride_is_read_as_it_is() {
        let mut seen = (0, 0, 0);
        for environment in ["daladala", "daladala-classic"] {
            for (scene, text) in play(environment, 400) {
                let ride = Ride::read(&scene).unwrap();
                let road: Vec<char> = text.lines().next().unwrap().chars().collect();
                assert_eq!(road.len(), CELLS, "{text}");
                assert_eq!(road[ride.position], 'B', "{text}");
                assert_eq!((ride.stops.as_slice(), ride.police.len()), (&[4, 8, 20, 25][..], 3));
                for light in ride.lights.iter().filter(|it| it.cell != ride.position) {
                    assert_eq!(road[light.cell], if light.red { 'R' } else { 'G' }, "{text}");
                    seen.0 += usize::from(light.red);
                }
                if environment == "daladala" {
                    let counts: Vec<u32> = numbers(text.split_once("waiting ").unwrap().1);
                    for (cell, waiting) in &ride.waiting {
                        let stop = ride.stops.iter().position(|it| it == cell).unwrap();
                        assert_eq!(*waiting, counts[stop], "{text}");
                        seen.1 += 1;
                    }
                    let passengers = numbers(text.split_once("passengers ").unwrap().1)[0];
                    assert_eq!(ride.passengers, passengers as f32, "{text}");
                    assert!(ride.figures.iter().any(|it| it.ends_with(" TSh")));
                }
                seen.2 += ride.names.len();
                for (cell, name) in &ride.names {
                    let places = [(0, "Ubungo"), (8, "Morocco"), (20, "Kariakoo"), (28, "Posta")];
                    assert!(places.contains(&(*cell, name.as_str())), "{name} in cell {cell}");
                }
            }
        }
        assert!(seen.0 > 50 && seen.1 > 50 && seen.2 > 50, "hardly anything was compared: {seen:?}");
    }

    fn numbers(text: &str) -> Vec<u32> {
        text.split(|it: char| !it.is_ascii_digit()).filter_map(|it| it.parse().ok()).collect()
    }

    #[test]
    fn another_picture_is_refused_by_name() {
        let error = Ride::read(&Scene::new(5.0, 5.0)).unwrap_err();
        assert_eq!(error.to_string(), "this picture has no plan of the town that could be shown in 3D");
    }
}
