//! The circuit of the race.

mod car;
mod race;
mod track;

use crate::camera::{CameraKind, CameraPose};
use crate::instruments::{Instruments, meter};
use crate::palette::{StylePalette, mix};
use crate::piece::{Finish, Piece, PieceBrush};
use crate::scenery::{SceneLight, Scenery, SceneryMoment, StillScenery, UnreadableScene};
use crate::solid::Solid;
use crate::sound::Sound;
use car::CarState;
use race::Race;
use shared::scene::{Ink, Scene};
use std::collections::BTreeMap;
use std::f32::consts::TAU;
use three_d::core::prelude::{InnerSpace as _, Vec2, Vec3, VectorSpace as _, vec2, vec3};
use track::RoadPoint;

/// A car that is farther than this from where it was, in metres, has not driven there.
const FARTHEST: f32 = 12.0;
/// From the road's middle line to where the road lies: its surface is a little above the grass.
const SURFACE: f32 = 0.12;
/// A camera at the road looks as far as this, in samples of the line.
const CAMERA_REACH: usize = 48;

/// The circuit and the car on it.
#[derive(Debug)]
pub struct Circuit {
    race: Race,
    line: Vec<RoadPoint>,
    from: Vec2,
    from_turn: f32,
    driven: f32,
    /// Trees that were in sight once, by their places in half metres.
    trees: BTreeMap<(i32, i32), (Vec2, f32)>,
    changes: u64,
}

impl Default for Circuit {
    fn default() -> Self {
        Self {
            race: Race::default(),
            line: Vec::new(),
            from: vec2(0.0, 0.0),
            from_turn: 0.0,
            driven: 0.0,
            trees: BTreeMap::new(),
            changes: 0,
        }
    }
}

impl Circuit {
    /// Where the car is and the unit vector in which it looks.
    fn car(&self, share: f32) -> (Vec2, Vec2) {
        let turned = (self.race.turn - self.from_turn + 0.5).rem_euclid(1.0) - 0.5;
        let turn = (self.from_turn + turned * share) * TAU;
        (self.from.lerp(self.race.car, share), vec2(turn.cos(), turn.sin()))
    }

    /// A place so far ahead of the car, to its right and up.
    fn beside(&self, share: f32, ahead: f32, right: f32, up: f32) -> Vec3 {
        let (at, way) = self.car(share);
        let place = at + way * ahead + vec2(-way.y, way.x) * right;
        vec3(place.x, up + SURFACE, place.y)
    }

    fn meter(&self, label: &str) -> f32 {
        meter(&self.race.meters, label).map_or(0.0, |it| it.share)
    }

    /// The camera at the road that is nearest to what comes, as on television.
    fn television(&self, share: f32) -> CameraPose {
        let towards = self.beside(share, 0.5, 0.0, 0.6);
        let (at, _) = self.car(share);
        let distance = |index: &usize| (self.line[*index].at - at).magnitude2();
        let nearest = (0..self.line.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
        let camera =
            (nearest / CAMERA_REACH * CAMERA_REACH + CAMERA_REACH * 3 / 4).min(self.line.len().saturating_sub(1));
        let Some(sample) = self.line.get(camera) else {
            return CameraPose { at: towards, towards, angle: 40.0, ease: 0.0 };
        };
        // Outside of the bend, where the car comes towards it.
        let side = if sample.bend > 0.0 { -1.0 } else { 1.0 };
        let at = sample.offset(side * (self.race.half_width + 4.4), 2.6);
        let away = (at - towards).magnitude();
        CameraPose { at, towards, angle: (1400.0 / away.max(20.0)).clamp(16.0, 46.0), ease: 0.0 }
    }
}

impl Scenery for Circuit {
    fn take(&mut self, scene: &Scene, share: f32) -> Result<bool, UnreadableScene> {
        let race = Race::read(scene)?;
        let same_track = race.line == self.race.line;
        let moved = (race.car - self.race.car).magnitude();
        let follows = same_track && moved < FARTHEST;
        let (from, way) = if follows { self.car(share) } else { (race.car, vec2(0.0, 0.0)) };
        self.from = from;
        self.from_turn = if follows { way.y.atan2(way.x) / TAU } else { race.turn };
        self.driven += if follows { moved } else { 0.0 };
        if !same_track {
            self.line = track::smooth(&race.line);
            self.trees.clear();
            self.changes += 1;
        }
        let known = self.trees.len();
        for (place, radius) in &race.trees {
            let half_metres = |value: f32| (value * 2.0).round() as i32;
            // Rounded otherwise, the same tree would be there twice.
            let key = (half_metres(place.x), half_metres(place.y));
            let is_known = (-1..=1)
                .flat_map(|dx| (-1..=1).map(move |dy| (dx, dy)))
                .any(|(dx, dy)| self.trees.contains_key(&(key.0 + dx, key.1 + dy)));
            if !is_known {
                self.trees.insert(key, (*place, *radius));
            }
        }
        self.changes += u64::from(self.trees.len() > known);
        self.race = race;
        Ok(follows)
    }

    fn generation(&self) -> u64 {
        self.changes
    }

    fn still(&self, palette: &StylePalette) -> StillScenery {
        let mut still = StillScenery::new(SceneLight::of(palette, 0.0032));
        let trees: Vec<_> = self.trees.values().copied().collect();
        let half = self.race.half_width;
        track::build(&mut PieceBrush::new(&mut still.pieces), palette, &self.line, half, &trees);
        still.surfaces = track::surfaces(&self.line, half, palette);
        still
    }

    fn moving(&self, moment: &SceneryMoment<'_>, camera: CameraKind, into: &mut Vec<Piece>) {
        let palette = moment.palette;
        let share = moment.share;
        let mut brush = PieceBrush::new(into);
        let black = mix(palette.ink(Ink::Road), palette.ink(Ink::Black), 0.75);
        for (from, to) in &self.race.marks {
            let (middle, way) = ((from + to) / 2.0, to - from);
            let size = vec3(way.magnitude() + 0.1, 0.01, 0.26);
            let mut mark = brush.at(vec3(middle.x, SURFACE + 0.035, middle.y), (-way.y).atan2(way.x));
            for side in [-0.75, 0.75] {
                mark.put(Solid::Block, vec3(0.0, 0.0, side), size, black, Finish::Matt);
            }
        }
        let state = CarState {
            steer: (self.meter("steer") - 0.5) * 0.9,
            driven: self.driven + (self.race.car - self.from).magnitude() * (share - 1.0),
            braking: self.meter("brake") > 0.08,
            from_within: camera == CameraKind::Driver,
        };
        let (_, way) = self.car(share);
        let at = self.beside(share, 0.0, 0.0, 0.0);
        car::build(&mut brush.at(at, (-way.y).atan2(way.x)), palette, state);
    }

    fn cameras(&self) -> &'static [CameraKind] {
        use CameraKind::{Chase, Cinematic, Driver, Top};
        &[Chase, Driver, Top, Cinematic]
    }

    fn eye(&self, moment: &SceneryMoment<'_>, camera: CameraKind) -> CameraPose {
        let share = moment.share;
        match camera {
            CameraKind::Driver => CameraPose {
                at: self.beside(share, car::DRIVER.x, car::DRIVER.z, car::DRIVER.y),
                towards: self.beside(share, 12.0, 0.0, 0.55),
                angle: 60.0,
                ease: 0.0,
            },
            CameraKind::Top => CameraPose {
                at: self.beside(share, 0.0, 0.0, 0.0) + vec3(0.0, 66.0, 20.0),
                towards: self.beside(share, 6.0, 0.0, 0.0),
                angle: 44.0,
                ease: 0.25,
            },
            CameraKind::Cinematic => self.television(share),
            _ => CameraPose {
                at: self.beside(share, -7.4, 0.0, 2.9),
                towards: self.beside(share, 6.0, 0.0, 0.7),
                angle: 54.0,
                ease: 0.1,
            },
        }
    }

    fn shadows(&self, moment: &SceneryMoment<'_>) -> (Vec3, f32) {
        (self.beside(moment.share, 12.0, 0.0, 0.0), 34.0)
    }

    fn is_restless(&self, _: CameraKind) -> bool {
        false
    }

    fn instruments(&self) -> Instruments {
        let race = &self.race;
        Instruments { figures: race.figures.clone(), meters: race.meters.clone(), message: race.message.clone() }
    }

    fn sound(&self) -> Sound {
        Sound { hum: Some(self.meter("rpm")), event: 0 }
    }
}
