//! The renderer: draws pieces under one sun with its shadows, into a canvas by WebGL 2.
//!
//! It stands on the middle layer of `three-d` (programs, buffers, targets). That library's own materials compute
//! physically based light, which takes software renderers several times as long.

use crate::camera::CameraPose;
use crate::piece::Piece;
use crate::scenery::SceneLight;
use crate::solid::{SOLIDS, Solid, Triangles};
use std::collections::BTreeMap;
use three_d::core::prelude::{
    Deg, InnerSpace as _, Mat4, Matrix as _, Point3, Transform as _, Vec3, Vec4, ortho, perspective, vec3,
};
use three_d::core::{
    ClearState, Context, CoreError, Cull, DepthTexture2D, ElementBuffer, InstanceBuffer, Program, RenderStates,
    RenderTarget, VertexBuffer, Viewport, Wrapping, WriteMask,
};

/// Side of the picture that the sun sees, in pixels.
const SHADOW_SIDE: u32 = 1024;
/// From how near to how far the camera sees, in metres.
const NEAR: f32 = 0.12;
const FAR: f32 = 1200.0;
/// A piece of this radius, in metres, is ground or sky: it lies behind all else and throws no shadow.
const HUGE: f32 = 200.0;
/// What is smaller than this for its distance is less than a pixel.
const SPECK: f32 = 0.0035;
/// What stands still and is smaller than this, in metres, such as a window, throws no shadow of its own.
const DETAIL: f32 = 1.0;

const VERTEX: &str = "
uniform mat4 view_projection;
in vec3 position;
in vec3 normal;
in vec4 row1;
in vec4 row2;
in vec4 row3;
in vec4 colour;
out vec3 at;
out vec3 facing;
out vec4 tint;

void main() {
    vec4 local = vec4(position, 1.0);
    at = vec3(dot(row1, local), dot(row2, local), dot(row3, local));
    // Columns are at right angles, so this is the inverse transpose.
    vec3 x = vec3(row1.x, row2.x, row3.x);
    vec3 y = vec3(row1.y, row2.y, row3.y);
    vec3 z = vec3(row1.z, row2.z, row3.z);
    facing = x * (normal.x / dot(x, x)) + y * (normal.y / dot(y, y)) + z * (normal.z / dot(z, z));
    tint = colour;
    gl_Position = view_projection * vec4(at, 1.0);
}";

/// What all that draws colours begins with: the sky, seen in a direction.
const SKY: &str = "
uniform vec3 eye;
uniform vec3 sun_from;
uniform vec3 sun;
uniform vec3 low;
uniform vec3 high;
in vec3 at;
in vec3 facing;
in vec4 tint;
layout (location = 0) out vec4 drawn;

vec3 sky(vec3 way) {
    return mix(low, high, sqrt(clamp(way.y, 0.0, 1.0)));
}";

const SKY_FRAGMENT: &str = "
void main() {
    vec3 way = normalize(at - eye);
    drawn = vec4(sky(way) + sun * 0.22 * pow(max(dot(way, sun_from), 0.0), 24.0), 1.0);
}";

const FRAGMENT: &str = "
uniform vec3 above;
uniform vec3 below;
uniform float fog;
uniform mat4 shadow_matrix;
uniform sampler2D shadow_map;

float shone_on(vec3 normal) {
    vec3 place = (shadow_matrix * vec4(at + normal * 0.06, 1.0)).xyz;
    vec3 out_of = abs(place - 0.5);
    if (max(max(out_of.x, out_of.y), out_of.z) > 0.498) return 1.0;
    float depth = place.z - 0.0012;
    vec2 texel = place.xy * SHADOW_SIDE - 0.5;
    ivec2 first = ivec2(floor(texel));
#ifdef PLAIN
    return step(depth, texelFetch(shadow_map, first, 0).x);
#else
    // Softened by hand over the four texels around, as far as the place is from each.
    vec2 share = fract(texel);
    float a = step(depth, texelFetch(shadow_map, first, 0).x);
    float b = step(depth, texelFetch(shadow_map, first + ivec2(1, 0), 0).x);
    float c = step(depth, texelFetch(shadow_map, first + ivec2(0, 1), 0).x);
    float d = step(depth, texelFetch(shadow_map, first + ivec2(1, 1), 0).x);
    return mix(mix(a, b, share.x), mix(c, d, share.x), share.y);
#endif
}

void main() {
    vec3 normal = normalize(facing);
    vec3 ray = at - eye;
    float away = length(ray);
    vec3 way = ray / away;
    float lit = max(dot(normal, sun_from), 0.0) * shone_on(normal);
    vec3 light = mix(below, above, 0.5 + 0.5 * normal.y) + sun * lit;
    vec3 seen = tint.rgb * mix(light, vec3(1.0), clamp(tint.a, 0.0, 1.0));
#ifndef PLAIN
    if (tint.a < 0.0) {
        vec3 mirrored = reflect(way, normal);
        float aside = 1.0 - max(dot(normal, -way), 0.0);
        aside *= aside;
        seen = mix(seen, sky(mirrored), -tint.a * (0.12 + 0.88 * aside * aside));
        seen += sun * (-tint.a * 0.6 * pow(max(dot(mirrored, sun_from), 0.0), 40.0) * step(0.01, lit));
    }
#else
    // As if all that shines mirrored the sky by a little.
    seen = mix(seen, low, max(-tint.a, 0.0) * 0.2);
#endif
    float far = away * fog;
    drawn = vec4(mix(sky(vec3(0.0, way.y * 0.3, 0.0)), seen, exp(-far * far)), 1.0);
}";

const SHADOW_VERTEX: &str = "
uniform mat4 view_projection;
in vec3 position;
in vec4 row1;
in vec4 row2;
in vec4 row3;

void main() {
    vec4 local = vec4(position, 1.0);
    gl_Position = view_projection * vec4(dot(row1, local), dot(row2, local), dot(row3, local), 1.0);
}";

const SHADOW_FRAGMENT: &str = "
void main() {
}";

/// What is drawn in one go: the same solid in many places.
struct InstanceGroup {
    rows: [InstanceBuffer<Vec4>; 3],
    colours: InstanceBuffer<Vec4>,
    count: u32,
}

/// A form on the graphics card.
struct SolidMesh {
    corners: VertexBuffer<Vec3>,
    normals: VertexBuffer<Vec3>,
    indices: ElementBuffer<u32>,
}

/// A piece with a ball around it.
#[derive(Clone, Copy)]
struct BoundedPiece {
    piece: Piece,
    middle: Vec3,
    radius: f32,
}

impl BoundedPiece {
    fn of(piece: &Piece) -> Self {
        let place = &piece.place;
        let radius = (place.x.magnitude2() + place.y.magnitude2() + place.z.magnitude2()).sqrt() / 2.0;
        Self { piece: *piece, middle: place.w.truncate(), radius }
    }
}

/// Draws sceneries into a canvas.
pub struct Renderer {
    context: Context,
    lit: Program,
    shade: Program,
    sky: Program,
    forms: Vec<SolidMesh>,
    shadow_map: DepthTexture2D,
    still: Vec<BoundedPiece>,
    surfaces: Vec<(SolidMesh, InstanceGroup)>,
    /// For each solid what is seen of it, what the sun sees of it, and what is so large that it lies behind all.
    seen: Vec<InstanceGroup>,
    shading: Vec<InstanceGroup>,
    behind: Vec<InstanceGroup>,
    is_plain: bool,
}

impl std::fmt::Debug for Renderer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Renderer").field("is_plain", &self.is_plain).finish_non_exhaustive()
    }
}

impl Renderer {
    /// Compiles what it needs on a graphics card; fails where that does not take it. Plain light is for what has no card
    /// and computes pictures in software.
    pub fn new(context: Context, is_plain: bool) -> Result<Self, CoreError> {
        let side = SHADOW_SIDE as f32;
        let how = if is_plain { "#define PLAIN\n" } else { "" };
        let fragment = format!("{how}#define SHADOW_SIDE {side:.1}\n{SKY}{FRAGMENT}");
        let lit = Program::from_source(&context, VERTEX, &fragment)?;
        let shade = Program::from_source(&context, SHADOW_VERTEX, SHADOW_FRAGMENT)?;
        let sky = Program::from_source(&context, VERTEX, &format!("{SKY}{SKY_FRAGMENT}"))?;
        let forms = SOLIDS.iter().map(|solid| SolidMesh::new(&context, &solid.triangles())).collect();
        let edge = Wrapping::ClampToEdge;
        let shadow_map = DepthTexture2D::new::<f32>(&context, SHADOW_SIDE, SHADOW_SIDE, edge, edge);
        let groups = || SOLIDS.map(|_| InstanceGroup::new(&context)).into();
        let (seen, shading, behind) = (groups(), groups(), groups());
        let (still, surfaces) = (Vec::new(), Vec::new());
        Ok(Self { context, lit, shade, sky, forms, shadow_map, still, surfaces, seen, shading, behind, is_plain })
    }

    /// Says what stands still; `surfaces` have one colour each and stand where their corners are, from below to above.
    pub fn set_still(&mut self, pieces: &[Piece], surfaces: &[(Triangles, Vec4)]) {
        self.still = pieces.iter().map(BoundedPiece::of).collect();
        let one = Mat4::from_translation(vec3(0.0, 0.0, 0.0));
        let surface = |(triangles, colour): &(Triangles, Vec4)| {
            let mut group = InstanceGroup::new(&self.context);
            group.fill(&[(one, *colour)]);
            (SolidMesh::new(&self.context, triangles), group)
        };
        // What lies above hides what lies below, which then need not be drawn.
        self.surfaces = surfaces.iter().rev().map(surface).collect();
    }

    /// Draws a moment: what stands still, what moves, and the shadows around `focus`, so far.
    pub fn draw(
        &mut self,
        (width, height): (u32, u32),
        eye: &CameraPose,
        light: &SceneLight,
        moving: &[Piece],
        (focus, reach): (Vec3, f32),
    ) -> Result<(), CoreError> {
        let sun = Sun::over(light.sun_from, focus, reach);
        let aspect = width.max(1) as f32 / height.max(1) as f32;
        let up = vec3(0.0, 1.0, 0.0);
        let seen = perspective(Deg(eye.angle_for(aspect)), aspect, NEAR, FAR)
            * Mat4::look_at_rh(point(eye.at), point(eye.towards), up);
        self.sort(eye.at, &seen, &sun, moving);
        let states = RenderStates { cull: Cull::Back, ..RenderStates::default() };
        self.shadow_map.as_depth_target().clear(ClearState::depth(1.0)).write::<CoreError>(|| {
            self.shade.use_uniform("view_projection", sun.seen);
            let states = RenderStates { write_mask: WriteMask::DEPTH, ..states };
            let viewport = Viewport::new_at_origo(SHADOW_SIDE, SHADOW_SIDE);
            for (form, group) in self.forms.iter().zip(&self.shading) {
                group.draw(&self.shade, states, viewport, form, false);
            }
            Ok(())
        })?;
        let viewport = Viewport::new_at_origo(width, height);
        RenderTarget::screen(&self.context, width, height)
            .clear(ClearState::color_and_depth(light.low.x, light.low.y, light.low.z, 1.0, 1.0))
            .write::<CoreError>(|| {
                let sun_from = light.sun_from.normalize();
                for program in [&self.lit, &self.sky] {
                    program.use_uniform("view_projection", seen);
                    program.use_uniform("eye", eye.at);
                    program.use_uniform("sun_from", sun_from);
                    program.use_uniform("sun", light.sun);
                    program.use_uniform("low", light.low);
                    program.use_uniform("high", light.high);
                }
                let lit = &self.lit;
                lit.use_uniform("above", light.above);
                lit.use_uniform("below", light.below);
                lit.use_uniform("fog", light.fog);
                // From -1 to 1 as cards have it to 0 to 1 as their pictures have it.
                let half = Mat4::from_translation(vec3(0.5, 0.5, 0.5)) * Mat4::from_scale(0.5);
                lit.use_uniform("shadow_matrix", half * sun.seen);
                lit.use_depth_texture("shadow_map", &self.shadow_map);
                for (form, group) in self.forms.iter().zip(&self.seen) {
                    group.draw(lit, states, viewport, form, true);
                }
                for (form, group) in &self.surfaces {
                    group.draw(lit, states, viewport, form, true);
                }
                for (index, (form, group)) in self.forms.iter().zip(&self.behind).enumerate() {
                    // The only ball of that size is the sky.
                    let is_sky = index == Solid::Ball as usize;
                    group.draw(if is_sky { &self.sky } else { lit }, states, viewport, form, !is_sky);
                }
                Ok(())
            })?;
        Ok(())
    }

    /// Sorts out what is seen, nearest first, and what throws shadows that are.
    fn sort(&mut self, eye: Vec3, seen: &Mat4, sun: &Sun, moving: &[Piece]) {
        let mut near = Vec::new();
        let mut shading = [const { Vec::new() }; SOLIDS.len()];
        let mut behind = [const { Vec::new() }; SOLIDS.len()];
        let planes = planes(seen);
        let still = self.still.iter().map(|it| (*it, DETAIL));
        for (bounded, least) in still.chain(moving.iter().map(|it| (BoundedPiece::of(it), 0.0))) {
            let BoundedPiece { piece, middle, radius } = bounded;
            let solid = piece.solid as usize;
            if radius > HUGE {
                behind[solid].push((piece.place, piece.colour));
                continue;
            }
            if piece.colour.w <= 0.5 && radius > least && sun.sees(middle, radius) {
                shading[solid].push((piece.place, piece.colour));
            }
            let away = (middle - eye).magnitude();
            let inside = planes.iter().all(|plane| plane.truncate().dot(middle) + plane.w > -radius);
            if inside && radius > SPECK * away {
                near.push((away, bounded));
            }
        }
        near.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let mut by_solid = [const { Vec::new() }; SOLIDS.len()];
        for (_, BoundedPiece { piece, .. }) in near {
            by_solid[piece.solid as usize].push((piece.place, piece.colour));
        }
        let sorted = [(&mut self.seen, by_solid), (&mut self.shading, shading), (&mut self.behind, behind)];
        for (groups, places) in sorted {
            for (group, places) in groups.iter_mut().zip(places) {
                group.fill(&places);
            }
        }
    }
}

impl SolidMesh {
    fn new(context: &Context, triangles: &Triangles) -> Self {
        // Corners that triangles share are computed once.
        let mut known = BTreeMap::new();
        let (mut corners, mut normals) = (Vec::new(), Vec::new());
        let bits = |it: &Vec3| [it.x.to_bits(), it.y.to_bits(), it.z.to_bits()];
        let index = |(corner, normal): (&Vec3, &Vec3)| {
            *known.entry((bits(corner), bits(normal))).or_insert_with(|| {
                corners.push(*corner);
                normals.push(*normal);
                corners.len() as u32 - 1
            })
        };
        let indices: Vec<u32> = triangles.corners.iter().zip(&triangles.normals).map(index).collect();
        Self {
            corners: VertexBuffer::new_with_data(context, &corners),
            normals: VertexBuffer::new_with_data(context, &normals),
            indices: ElementBuffer::new_with_data(context, &indices),
        }
    }
}

impl InstanceGroup {
    fn new(context: &Context) -> Self {
        let rows = [(); 3].map(|()| InstanceBuffer::new(context));
        Self { rows, colours: InstanceBuffer::new(context), count: 0 }
    }

    fn fill(&mut self, places: &[(Mat4, Vec4)]) {
        self.count = places.len() as u32;
        if places.is_empty() {
            return;
        }
        for (index, row) in self.rows.iter_mut().enumerate() {
            row.fill(&places.iter().map(|(place, _)| place.row(index)).collect::<Vec<_>>());
        }
        self.colours.fill(&places.iter().map(|(_, colour)| *colour).collect::<Vec<_>>());
    }

    fn draw(&self, program: &Program, states: RenderStates, viewport: Viewport, form: &SolidMesh, has_colours: bool) {
        if self.count == 0 {
            return;
        }
        program.use_vertex_attribute("position", &form.corners);
        if has_colours {
            program.use_vertex_attribute("normal", &form.normals);
            program.use_instance_attribute("colour", &self.colours);
        }
        for (name, rows) in ["row1", "row2", "row3"].into_iter().zip(&self.rows) {
            program.use_instance_attribute(name, rows);
        }
        program.draw_elements_instanced(states, viewport, &form.indices, self.count);
    }
}

/// The planes that bound what a camera sees, facing inward.
fn planes(seen: &Mat4) -> [Vec4; 5] {
    let [x, y, w] = [0, 1, 3].map(|row| seen.row(row));
    // All but the far one, which nothing reaches, and the near one, behind which the middle of what is seen may be.
    [w + x, w - x, w + y, w - y, w].map(|plane| plane / plane.truncate().magnitude().max(1e-6))
}

/// What the sun sees around a place.
struct Sun {
    /// From the world to its picture.
    seen: Mat4,
    turned: Mat4,
    middle: Vec3,
    reach: f32,
}

impl Sun {
    /// It is moved by whole texels only, so that shadows of what stands still do not flicker.
    fn over(sun_from: Vec3, focus: Vec3, reach: f32) -> Self {
        let origin = point(vec3(0.0, 0.0, 0.0));
        let turned = Mat4::look_at_rh(point(sun_from), origin, vec3(0.0, 1.0, 0.0));
        let seen = turned.transform_point(point(focus));
        let texel = 2.0 * reach / SHADOW_SIDE as f32;
        let snap = |value: f32| (value / texel).round() * texel;
        let (x, y) = (snap(seen.x), snap(seen.y));
        let depth = 2.0 * reach;
        let box_of = ortho(x - reach, x + reach, y - reach, y + reach, -seen.z - depth, -seen.z + depth);
        Self { seen: box_of * turned, turned, middle: vec3(x, y, seen.z), reach }
    }

    fn sees(&self, middle: Vec3, radius: f32) -> bool {
        let place = self.turned.transform_point(point(middle));
        let reach = self.reach + radius;
        (place.x - self.middle.x).abs() < reach
            && (place.y - self.middle.y).abs() < reach
            && (place.z - self.middle.z).abs() < reach + self.reach
    }
}

fn point(place: Vec3) -> Point3<f32> {
    Point3::new(place.x, place.y, place.z)
}
