//! Pieces: what a scenery is built from, one solid each, placed and coloured.

use crate::solid::Solid;
use three_d::core::prelude::{Mat4, Rad, SquareMatrix as _, Vec3, Vec4, vec3};

/// What light does with a surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Finish {
    /// It scatters it.
    Matt,
    /// Paint or glass: it mirrors the sky, from 0 (hardly) to 1 (much).
    Gloss(f32),
    /// It shines by itself, from 0 (not) to 1 (whatever the light).
    Glow(f32),
    /// It is the sky.
    Sky,
}

impl Finish {
    /// As shaders read it beside the colour.
    fn code(self) -> f32 {
        match self {
            Self::Matt => 0.0,
            Self::Gloss(share) => -share,
            Self::Glow(share) => share,
            Self::Sky => 2.0,
        }
    }
}

/// One solid in the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Its form.
    pub solid: Solid,
    /// From the solid's unit box to the world, in metres.
    pub place: Mat4,
    /// Red, green and blue, and the finish.
    pub colour: Vec4,
}

/// Adds pieces in a frame of its own: x to the right, y up, z towards the viewer.
#[derive(Debug)]
pub struct PieceBrush<'a> {
    into: &'a mut Vec<Piece>,
    frame: Mat4,
}

impl<'a> PieceBrush<'a> {
    /// In the frame of the world.
    pub fn new(into: &'a mut Vec<Piece>) -> Self {
        Self { into, frame: Mat4::identity() }
    }

    /// The same within another frame: moved, then turned about the vertical, anticlockwise as seen from above.
    pub fn at(&mut self, place: Vec3, turn: f32) -> PieceBrush<'_> {
        let frame = self.frame * Mat4::from_translation(place) * Mat4::from_angle_y(Rad(turn));
        PieceBrush { into: self.into, frame }
    }

    /// The same within any other frame.
    pub fn within(&mut self, frame: Mat4) -> PieceBrush<'_> {
        PieceBrush { frame: self.frame * frame, into: self.into }
    }

    /// A solid whose unit box gets this middle and size.
    pub fn put(&mut self, solid: Solid, middle: Vec3, size: Vec3, colour: Vec3, finish: Finish) {
        let place = self.frame * Mat4::from_translation(middle) * Mat4::from_nonuniform_scale(size.x, size.y, size.z);
        self.into.push(Piece { solid, place, colour: colour.extend(finish.code()) });
    }

    /// A matt box that stands on `foot`.
    pub fn block(&mut self, foot: Vec3, size: Vec3, colour: Vec3) {
        self.put(Solid::Block, foot + vec3(0.0, size.y / 2.0, 0.0), size, colour, Finish::Matt);
    }

    /// A matt upright cylinder that stands on `foot`.
    pub fn post(&mut self, foot: Vec3, radius: f32, height: f32, colour: Vec3) {
        let size = vec3(2.0 * radius, height, 2.0 * radius);
        self.put(Solid::Cylinder, foot + vec3(0.0, height / 2.0, 0.0), size, colour, Finish::Matt);
    }

    /// A matt ball.
    pub fn ball(&mut self, middle: Vec3, radius: f32, colour: Vec3) {
        let size = 2.0 * radius;
        self.put(Solid::Ball, middle, vec3(size, size, size), colour, Finish::Matt);
    }

    /// A wheel: a cylinder that lies along z.
    pub fn wheel(&mut self, middle: Vec3, radius: f32, width: f32, (tyre, hub): (Vec3, Vec3)) {
        let lying = Mat4::from_translation(middle) * Mat4::from_angle_x(Rad(std::f32::consts::FRAC_PI_2));
        let mut brush = self.within(lying);
        let middle = vec3(0.0, 0.0, 0.0);
        brush.put(Solid::Cylinder, middle, vec3(2.0 * radius, width, 2.0 * radius), tyre, Finish::Matt);
        let hub_size = vec3(1.1 * radius, width * 1.06, 1.1 * radius);
        brush.put(Solid::Cylinder, middle, hub_size, hub, Finish::Gloss(0.3));
    }
}
