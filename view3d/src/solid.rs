//! Solids: the few forms that everything is built from, each within a unit box about its middle.

use std::f32::consts::{PI, TAU};
use three_d::core::prelude::{InnerSpace as _, Vec3, vec3};

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solid {
    /// A box with sharp edges.
    Block = 0,
    /// A box with slanted edges, which catch the light.
    Brick,
    /// An upright cylinder.
    Cylinder,
    /// A ball.
    Ball,
    /// A cone with its tip up.
    Cone,
    /// A roof: a prism with its ridge along z.
    Roof,
    /// A ring that lies flat, a fifth as thick as it is wide.
    Ring,
}

/// Every form, in the order of their numbers.
pub const SOLIDS: [Solid; 7] =
    [Solid::Block, Solid::Brick, Solid::Cylinder, Solid::Ball, Solid::Cone, Solid::Roof, Solid::Ring];

/// Triangles: three corners each, anticlockwise as seen from outside, and which way the surface faces at every corner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Triangles {
    /// Corners.
    pub corners: Vec<Vec3>,
    /// Unit vectors that point away from the surface.
    pub normals: Vec<Vec3>,
}

impl Triangles {
    fn add(&mut self, corners: [Vec3; 3], normals: [Vec3; 3]) {
        self.corners.extend(corners);
        self.normals.extend(normals);
    }

    /// A flat piece with corners in order around it.
    pub fn flat(&mut self, corners: &[Vec3]) {
        let normal = (corners[1] - corners[0]).cross(corners[2] - corners[0]).normalize();
        for index in 2..corners.len() {
            self.add([corners[0], corners[index - 1], corners[index]], [normal; 3]);
        }
    }

    /// A surface of `across` by `down` patches; `at` gives corner and normal for shares from 0 to 1.
    fn patches(&mut self, across: u32, down: u32, at: impl Fn(f32, f32) -> (Vec3, Vec3)) {
        for (column, row) in (0..across).flat_map(|column| (0..down).map(move |row| (column, row))) {
            let corner = |right: u32, below: u32| {
                at((column + right) as f32 / across as f32, (row + below) as f32 / down as f32)
            };
            let [a, b, c, d] = [corner(0, 0), corner(0, 1), corner(1, 1), corner(1, 0)];
            // At the poles of a ball two corners are one.
            if (a.0 - d.0).magnitude2() > 1e-12 {
                self.add([a.0, b.0, d.0], [a.1, b.1, d.1]);
            }
            if (b.0 - c.0).magnitude2() > 1e-12 {
                self.add([b.0, c.0, d.0], [b.1, c.1, d.1]);
            }
        }
    }
}

impl Solid {
    /// Its surface.
    pub fn triangles(self) -> Triangles {
        let mut made = Triangles::default();
        match self {
            Self::Block => brick(&mut made, 0.0),
            Self::Brick => brick(&mut made, 0.06),
            Self::Cylinder => round(&mut made, 14, 0.5),
            Self::Cone => round(&mut made, 12, 0.0),
            Self::Ball => made.patches(14, 8, |across, down| {
                let normal = vec3(
                    (across * TAU).cos() * (down * PI).sin(),
                    (down * PI).cos(),
                    -(across * TAU).sin() * (down * PI).sin(),
                );
                (normal * 0.5, normal)
            }),
            Self::Roof => roof(&mut made),
            Self::Ring => made.patches(24, 6, |across, down| {
                let (around, tube) = (across * TAU, down * TAU);
                let out = vec3(around.cos(), 0.0, -around.sin());
                let normal = out * tube.cos() - vec3(0.0, tube.sin(), 0.0);
                // Clockwise about the tube, so that outside is outside.
                (out * 0.42 + normal * 0.08, normal)
            }),
        }
        made
    }
}

/// A box whose edges are cut off by so much.
fn brick(made: &mut Triangles, cut: f32) {
    let (far, near) = (0.5, 0.5 - cut);
    for axis in 0..3 {
        for side in [1.0, -1.0] {
            let on_face = |u: f32, v: f32| turned(axis, side, vec3(far, u, v));
            let square = [(-near, -near), (near, -near), (near, near), (-near, near)].map(|(u, v)| on_face(u, v));
            outward(made, &square);
            if cut <= 0.0 {
                continue;
            }
            // Each edge belongs to two faces: the slant is made by the face whose axis comes first.
            for edge in [1.0, -1.0] {
                let slant = [
                    turned(axis, side, vec3(far, edge * near, -near)),
                    turned(axis, side, vec3(near, edge * far, -near)),
                    turned(axis, side, vec3(near, edge * far, near)),
                    turned(axis, side, vec3(far, edge * near, near)),
                ];
                outward(made, &slant);
            }
        }
    }
    if cut > 0.0 {
        for corner in 0..8 {
            let sign = |bit: i32| if corner >> bit & 1 == 0 { 1.0 } else { -1.0 };
            let at = |x: f32, y: f32, z: f32| vec3(sign(0) * x, sign(1) * y, sign(2) * z);
            outward(made, &[at(far, near, near), at(near, far, near), at(near, near, far)]);
        }
    }
}

/// A point of the face towards x, on the face of another axis and side.
fn turned(axis: usize, side: f32, point: Vec3) -> Vec3 {
    let (x, y, z) = (side * point.x, point.y, point.z);
    match axis {
        0 => vec3(x, y, z),
        1 => vec3(z, x, y),
        _ => vec3(y, z, x),
    }
}

/// A flat piece of a convex solid about the origin, whichever way its corners are given.
fn outward(made: &mut Triangles, corners: &[Vec3]) {
    let normal = (corners[1] - corners[0]).cross(corners[2] - corners[0]);
    if normal.dot(corners[0]) >= 0.0 {
        made.flat(corners);
    } else {
        let reversed: Vec<_> = corners.iter().rev().copied().collect();
        made.flat(&reversed);
    }
}

/// A cylinder, or a cone where its top has no radius.
fn round(made: &mut Triangles, sides: u32, top: f32) {
    made.patches(sides, 1, |across, down| {
        let out = vec3((across * TAU).cos(), 0.0, -(across * TAU).sin());
        let radius = top + (0.5 - top) * down;
        (out * radius + vec3(0.0, 0.5 - down, 0.0), (out + vec3(0.0, 0.5 - top, 0.0)).normalize())
    });
    let rim = |radius: f32, height: f32| -> Vec<Vec3> {
        let at = |side: u32| side as f32 / sides as f32 * TAU;
        (0..sides).map(|side| vec3(radius * at(side).cos(), height, -radius * at(side).sin())).collect()
    };
    outward(made, &rim(0.5, -0.5));
    if top > 0.0 {
        outward(made, &rim(top, 0.5));
    }
}

fn roof(made: &mut Triangles) {
    let (left, right, top) = (vec3(-0.5, -0.5, 0.0), vec3(0.5, -0.5, 0.0), vec3(0.0, 0.5, 0.0));
    let depth = vec3(0.0, 0.0, 0.5);
    outward(made, &[left + depth, right + depth, top + depth]);
    outward(made, &[left - depth, right - depth, top - depth]);
    for (from, to) in [(left, right), (right, top), (top, left)] {
        outward(made, &[from - depth, to - depth, to + depth, from + depth]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_solid_fills_its_unit_box_and_faces_outward() {
        for solid in SOLIDS {
            let made = solid.triangles();
            assert_eq!(made.corners.len(), made.normals.len());
            let mut most = vec3(0.0_f32, 0.0, 0.0);
            for (corners, normals) in made.corners.chunks(3).zip(made.normals.chunks(3)) {
                let facing = (corners[1] - corners[0]).cross(corners[2] - corners[0]);
                assert!(facing.magnitude() > 0.0, "{solid:?}: a triangle of no size");
                for (corner, normal) in corners.iter().zip(normals) {
                    assert!((normal.magnitude() - 1.0).abs() < 1e-4, "{solid:?}: {normal:?}");
                    assert!(facing.dot(*normal) > 0.0, "{solid:?}: {corners:?} turns its back");
                    most = vec3(most.x.max(corner.x.abs()), most.y.max(corner.y.abs()), most.z.max(corner.z.abs()));
                }
            }
            let height = if solid == Solid::Ring { 0.08 } else { 0.5 };
            assert!((most - vec3(0.5, height, 0.5)).magnitude() < 0.02, "{solid:?} reaches {most:?}");
        }
    }
}
