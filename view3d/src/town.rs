//! The town of the minibus.

mod bus;
mod people;
mod ride;
mod street;

use crate::camera::{CameraKind, CameraPose};
use crate::instruments::Instruments;
use crate::palette::StylePalette;
use crate::piece::{Piece, PieceBrush};
use crate::scenery::{SceneLight, Scenery, SceneryMoment, StillScenery, UnreadableScene};
use crate::sound::Sound;
use bus::BusState;
use ride::{CELLS, Ride};
use shared::scene::{Ink, Scene};
use std::collections::BTreeMap;
use street::{HALF_ROAD, KERB, LANE, RoutePosition};
use three_d::core::prelude::{Vec3, vec3};

/// A bus that is this many cells farther than before has not driven there.
const FARTHEST: usize = 3;
/// How long a shot of the film lasts, in seconds.
const SHOT_SECONDS: f64 = 6.0;

/// The town and the ride through it.
#[derive(Debug, Default)]
pub struct Town {
    ride: Ride,
    /// Where the bus was in the scene before.
    from: f32,
    /// Who was seen waiting, by the cells of the stops.
    waiting: BTreeMap<usize, u32>,
    names: BTreeMap<usize, String>,
}

impl Town {
    /// The position of the bus in cells.
    fn position(&self, share: f32) -> f32 {
        self.from + (self.ride.position as f32 - self.from) * share
    }

    /// A place in the bus's lane and the way ahead, so many metres before it.
    fn lane(position: f32, metres: f32) -> RoutePosition {
        let place = RoutePosition::of((position + metres / street::CELL).min(CELLS as f32 + 11.0));
        RoutePosition { at: place.offset(0.0, -LANE, 0.0), ..place }
    }

    /// One of several shots, one after the other.
    fn film(&self, moment: &SceneryMoment<'_>) -> CameraPose {
        let position = self.position(moment.share);
        let bus = Self::lane(position, 0.0);
        let shot = if moment.calm { 2 } else { (moment.now / SHOT_SECONDS) as u64 % 3 };
        let drift = if moment.calm { 0.0 } else { (moment.now % SHOT_SECONDS / SHOT_SECONDS) as f32 };
        match shot {
            // Around the bus.
            0 => {
                let turn = 0.7 + 1.5 * drift;
                let at = bus.offset(9.5 * turn.cos(), 9.5 * turn.sin(), 2.6 + 1.6 * drift);
                CameraPose { at, towards: bus.offset(0.6, 0.0, 1.2), angle: 46.0, ease: 0.1 }
            }
            // From the pavement on the right, where the bus comes by.
            1 => {
                let next = ((position / 5.0).floor() * 5.0 + 3.5).min(CELLS as f32);
                let at = RoutePosition::of(next).offset(0.0, HALF_ROAD + 2.4, 1.75);
                CameraPose { at, towards: bus.offset(0.0, 0.0, 1.3), angle: 40.0, ease: 0.0 }
            }
            // Low, ahead of it.
            _ => {
                let at = bus.offset(9.0, 3.4 - 2.0 * drift, 1.2 + 0.5 * drift);
                CameraPose { at, towards: bus.offset(0.0, 0.2, 1.5), angle: 44.0, ease: 0.08 }
            }
        }
    }
}

impl Scenery for Town {
    fn take(&mut self, scene: &Scene, share: f32) -> Result<bool, UnreadableScene> {
        let ride = Ride::read(scene)?;
        let same_day = ride.police == self.ride.police
            && ride.lights.iter().map(|it| it.cell).eq(self.ride.lights.iter().map(|it| it.cell));
        let driven = ride.position.checked_sub(self.ride.position);
        let follows = same_day && driven.is_some_and(|cells| cells <= FARTHEST);
        if !same_day || driven.is_none() {
            self.waiting.clear();
        }
        self.waiting.extend(ride.waiting.iter().copied());
        self.names.extend(ride.names.iter().cloned());
        self.from = if follows { self.position(share) } else { ride.position as f32 };
        self.ride = ride;
        Ok(follows)
    }

    fn generation(&self) -> u64 {
        0
    }

    fn still(&self, palette: &StylePalette) -> StillScenery {
        let mut still = StillScenery::new(SceneLight::of(palette, 0.0042));
        street::build(&mut PieceBrush::new(&mut still.pieces), palette);
        still
    }

    fn moving(&self, moment: &SceneryMoment<'_>, camera: CameraKind, into: &mut Vec<Piece>) {
        let position = self.position(moment.share);
        let bus = Self::lane(position, 0.0);
        let palette = moment.palette;
        let driving = moment.share < 1.0 && self.from < self.ride.position as f32;
        let mut brush = PieceBrush::new(into);
        let state = BusState {
            passengers: self.ride.passengers,
            driven: position * street::CELL,
            braking: !driving,
            from_within: matches!(camera, CameraKind::Driver | CameraKind::Passenger),
        };
        bus::build(&mut brush.at(bus.at, bus.turn()), palette, state);
        for cell in &self.ride.stops {
            let place = RoutePosition::of(*cell as f32);
            let pavement = place.offset(0.0, -(HALF_ROAD + 1.9), KERB);
            let waiting = self.waiting.get(cell).copied().unwrap_or(0);
            people::stop(&mut brush.at(pavement, place.turn()), palette, waiting, *cell);
        }
        for light in &self.ride.lights {
            let place = RoutePosition::of(light.cell as f32);
            // It says stop to who stands in its cell, so it is at that cell's far end.
            let foot = place.offset(4.2, -(HALF_ROAD + 0.7), KERB);
            people::light(&mut brush.at(foot, place.turn()), palette, light.red);
        }
        for cell in &self.ride.police {
            let place = RoutePosition::of(*cell as f32);
            let foot = place.offset(1.5, -(HALF_ROAD + 0.9), KERB);
            people::post(&mut brush.at(foot, place.turn()), palette);
        }
        let end = RoutePosition::of(CELLS as f32 - 1.0);
        people::finish(&mut brush.at(end.offset(5.0, 0.0, 0.0), end.turn()), palette);
    }

    fn cameras(&self) -> &'static [CameraKind] {
        use CameraKind::{Chase, Cinematic, Driver, Passenger, Top};
        &[Chase, Driver, Top, Cinematic, Passenger]
    }

    fn eye(&self, moment: &SceneryMoment<'_>, camera: CameraKind) -> CameraPose {
        let position = self.position(moment.share);
        let bus = Self::lane(position, 0.0);
        match camera {
            CameraKind::Driver => CameraPose {
                at: bus.offset(bus::DRIVER.x, bus::DRIVER.z, bus::DRIVER.y),
                towards: Self::lane(position, 16.0).offset(0.0, 0.6, 1.25),
                angle: 58.0,
                ease: 0.0,
            },
            CameraKind::Passenger => CameraPose {
                at: bus.offset(bus::PASSENGER.x, bus::PASSENGER.z, bus::PASSENGER.y),
                towards: bus.offset(2.6, -6.0, 1.5),
                angle: 60.0,
                ease: 0.0,
            },
            CameraKind::Top => CameraPose {
                at: bus.at + vec3(-12.0, 62.0, 26.0),
                towards: bus.at + vec3(0.0, 0.0, 0.0),
                angle: 46.0,
                ease: 0.25,
            },
            CameraKind::Cinematic => self.film(moment),
            _ => {
                let behind = Self::lane(position, -10.5);
                CameraPose {
                    at: behind.offset(0.0, 0.9, 4.3),
                    towards: Self::lane(position, 7.0).offset(0.0, 0.5, 1.1),
                    angle: 50.0,
                    ease: 0.14,
                }
            }
        }
    }

    fn shadows(&self, moment: &SceneryMoment<'_>) -> (Vec3, f32) {
        (Self::lane(self.position(moment.share), 12.0).at, 38.0)
    }

    fn is_restless(&self, camera: CameraKind) -> bool {
        camera == CameraKind::Cinematic
    }

    fn instruments(&self) -> Instruments {
        let ride = &self.ride;
        let mut figures: Vec<String> = self.names.get(&ride.position).cloned().into_iter().collect();
        figures.extend(ride.figures.iter().cloned());
        Instruments { figures, meters: ride.meters.clone(), message: ride.message.clone() }
    }

    fn sound(&self) -> Sound {
        let full = crate::instruments::meter(&self.ride.meters, "speed").map_or(0.0, |it| it.share);
        Sound { hum: Some(0.25 + 0.75 * full), event: 0 }
    }
}

/// The colour of somebody's clothes.
fn clothes(palette: &StylePalette, index: usize) -> Vec3 {
    palette.ink(Ink::Hue([0, 2, 6, 1, 5, 4, 3, 7][index % 8]))
}
