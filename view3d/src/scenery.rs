//! Sceneries: what each environment's scenes are in three dimensions.

use crate::camera::{CameraKind, CameraPose};
use crate::instruments::Instruments;
use crate::palette::{StyleColour, StylePalette, mix};
use crate::piece::{Finish, Piece, PieceBrush};
use crate::solid::{Solid, Triangles};
use crate::sound::Sound;
use shared::scene::Scene;
use std::fmt::Debug;
use three_d::core::prelude::{Vec3, Vec4, vec3};

/// How the light falls. Colours are as screens show them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SceneLight {
    /// Where the sun is.
    pub sun_from: Vec3,
    /// Its colour on what faces it.
    pub sun: Vec3,
    /// Light on what faces up.
    pub above: Vec3,
    /// Light on what faces down.
    pub below: Vec3,
    /// The sky at the horizon, into which distance fades.
    pub low: Vec3,
    /// The sky overhead.
    pub high: Vec3,
    /// How quickly distance fades, in shares a metre.
    pub fog: f32,
}

impl SceneLight {
    /// By day or by night, as the theme is.
    pub fn of(palette: &StylePalette, fog: f32) -> Self {
        let glass = palette.role(StyleColour::GlassHigh);
        if palette.is_dark() {
            return Self {
                sun_from: vec3(-0.45, 0.75, 0.5),
                sun: vec3(0.62, 0.68, 0.82),
                above: vec3(0.62, 0.68, 0.76),
                below: vec3(0.34, 0.38, 0.4),
                low: mix(glass, vec3(0.2, 0.26, 0.34), 0.75),
                high: mix(glass, vec3(0.03, 0.05, 0.09), 0.8),
                fog,
            };
        }
        Self {
            sun_from: vec3(-0.45, 0.75, 0.5),
            sun: vec3(0.56, 0.52, 0.43),
            above: vec3(0.6, 0.64, 0.68),
            below: vec3(0.44, 0.43, 0.4),
            low: mix(glass, vec3(0.86, 0.92, 0.95), 0.6),
            high: vec3(0.46, 0.68, 0.86),
            fog,
        }
    }
}

/// What does not move: pieces, surfaces of one colour each, and the light.
#[derive(Clone, Debug)]
pub struct StillScenery {
    /// Solids.
    pub pieces: Vec<Piece>,
    /// Surfaces whose corners are in the world, with colour and finish.
    pub surfaces: Vec<(Triangles, Vec4)>,
    /// The light.
    pub light: SceneLight,
}

impl StillScenery {
    /// A sky and nothing else.
    pub fn new(light: SceneLight) -> Self {
        let mut pieces = Vec::new();
        let wide = -1600.0;
        // Turned inside out, so that one sees it from within.
        PieceBrush::new(&mut pieces).put(
            Solid::Ball,
            vec3(0.0, 0.0, 0.0),
            vec3(wide, wide, wide),
            light.low,
            Finish::Sky,
        );
        Self { pieces, surfaces: Vec::new(), light }
    }
}

/// The moment to show.
#[derive(Clone, Copy, Debug)]
pub struct SceneryMoment<'a> {
    /// The theme's colours.
    pub palette: &'a StylePalette,
    /// The clock, in seconds.
    pub now: f64,
    /// How far the way from the scene before to the newest is gone, from 0 to 1.
    pub share: f32,
    /// Whether the viewer asks for no more motion than must be.
    pub calm: bool,
}

/// Why a scene has no third dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this picture has no {0} that could be shown in 3D")]
pub struct UnreadableScene(pub &'static str);

/// What an environment's scenes are in three dimensions.
pub trait Scenery: Debug {
    /// Takes the newest scene; of the way to the one before, `share` is gone. Tells whether it follows that, so that things
    /// glide from where they are.
    fn take(&mut self, scene: &Scene, share: f32) -> Result<bool, UnreadableScene>;

    /// Changes with everything that stands still.
    fn generation(&self) -> u64;

    /// What stands still.
    fn still(&self, palette: &StylePalette) -> StillScenery;

    /// Adds what moves; `camera` is the one in use.
    fn moving(&self, moment: &SceneryMoment<'_>, camera: CameraKind, into: &mut Vec<Piece>);

    /// The cameras, the first one to begin with.
    fn cameras(&self) -> &'static [CameraKind];

    /// Where a camera belongs.
    fn eye(&self, moment: &SceneryMoment<'_>, camera: CameraKind) -> CameraPose;

    /// Around what and how far shadows fall.
    fn shadows(&self, moment: &SceneryMoment<'_>) -> (Vec3, f32);

    /// Whether anything moves by itself while no new scene comes.
    fn is_restless(&self, camera: CameraKind) -> bool;

    /// What the instruments show.
    fn instruments(&self) -> Instruments;

    /// What is to be heard now.
    fn sound(&self) -> Sound;
}

/// Every scene of an environment that is played by chance, with the same moment in letters.
#[cfg(test)]
pub(crate) fn played(environment: &str, steps: usize) -> Vec<(Scene, String)> {
    played_with(environment, steps, None)
}

/// The same, but that an action is taken three times of four.
#[cfg(test)]
pub(crate) fn played_with(environment: &str, steps: usize, usual: Option<u16>) -> Vec<(Scene, String)> {
    use environments::environment::Environment as _;
    use environments::random::Generator;
    use environments::registry::build;
    use shared::parameter::Parameters;
    use shared::quantity::Seed;
    use shared::spec::EnvironmentSpec;

    let spec = EnvironmentSpec { id: environment.into(), parameters: Parameters::new() };
    let mut environment = build(&spec).unwrap();
    let mut chance = Generator::new(Seed::default());
    let mut scenes = Vec::new();
    let mut episode = 0;
    environment.reset(Seed::default());
    for _ in 0..steps {
        scenes.push((environment.draw(), environment.text()));
        if environment.ended() {
            episode += 1;
            environment.reset(Seed::new(episode).unwrap());
            continue;
        }
        let count = environment.action_count() as u32;
        let legal: Vec<u16> = (0..count as u16).filter(|action| environment.is_legal(*action)).collect();
        let drawn = legal[chance.below(legal.len() as u32) as usize];
        let action = usual.filter(|_| chance.below(4) > 0).unwrap_or(drawn);
        environment.step(action).unwrap();
    }
    scenes
}
