//! Mountain car: the engine is too weak for the hill; gather speed by going the other way first.
//!
//! * **Actions**: 0 back, 1 coast, 2 forward.
//! * **Observation**: position -1.2 to 0.6, velocity ±0.07.
//! * **Dynamics**: velocity += 0.001 (action - 1) - 0.0025 cos(3 position), then position += velocity; both are
//!   clamped, and the left wall stops the car. The hill's height is sin(3 position).
//! * **Rewards**: -1 a step.
//! * **Start**: position uniform in -0.6 to -0.4, at rest.
//! * **Episode end**: position 0.5 or more, at `goal_velocity` or more, terminates; the step limit truncates.
//! * **States**: none, unless `bins` cuts position and velocity into so many bins each. The picture is that plane, too: position to
//!   the right, velocity upward.
//!
//! Source: Moore 1990; Sutton and Barto, 2nd edition, example 10.1; numbers as in Gymnasium's `MountainCar-v0`.

use crate::action_mask::ActionMask;
use crate::environment::{Environment, Step, StepError};
use crate::finite::STEP_LIMIT;
use crate::progress::EpisodeClock;
use crate::random::Generator;
use shared::describe::{
    ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, StateLayout, Words, names,
};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::quantity::Seed;
use shared::scene::{Ink, Scene, Shape, Sprite};
use std::sync::Arc;

const LEFT: f64 = -1.2;
const RIGHT: f64 = 0.6;
const MAX_SPEED: f64 = 0.07;
const GOAL: f64 = 0.5;
const FORCE: f64 = 0.001;
const GRAVITY: f64 = 0.0025;

const REACHED: u8 = 1;

/// Cells of the phase plane along each side, where no bins say otherwise.
const CELLS: usize = 24;

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "mountain-car",
            title: "Mountain car",
            summary: "A car in a valley wants to reach the flag on the hill, but its engine is too weak to climb: it \
                      must first drive away from the goal to gather speed.",
            equation: "",
            source: "Moore 1990; Sutton and Barto, example 10.1; Gymnasium MountainCar-v0",
        },
        vec![
            ParameterSpec::integer("step_limit", "Step limit", (1, 100_000), 200, "Steps after which it is cut."),
            ParameterSpec::number(
                "goal_velocity",
                "Goal velocity",
                (0.0, MAX_SPEED),
                0.0,
                0.005,
                "Least speed with which the flag must be reached.",
            ),
            ParameterSpec::integer(
                "bins",
                "Bins",
                (0, 100),
                0,
                "Cuts position and velocity into so many bins each, for agents with tables; 0 gives no table.",
            ),
        ],
        vec![
            Preset::new("tabular", "for tables", vec![("bins", Value::Integer(40))]),
            Preset::new("book", "without a limit worth the name", vec![("step_limit", Value::Integer(100_000))]),
        ],
    )
}

#[derive(Debug)]
struct MountainCarRules {
    goal_velocity: f64,
    bins: usize,
    step_limit: u32,
    landscape: Vec<Shape>,
}

/// The car in the middle of an episode.
#[derive(Clone, Debug)]
pub struct MountainCar {
    rules: Arc<MountainCarRules>,
    progress: EpisodeClock,
    position: f64,
    velocity: f64,
    action: u16,
}

/// Builds the environment.
pub fn build(parameters: &Resolved) -> Result<MountainCar, ParameterError> {
    let rules = MountainCarRules {
        goal_velocity: parameters.number("goal_velocity")?,
        bins: parameters.count("bins")?,
        step_limit: parameters.count("step_limit")? as u32,
        landscape: landscape(),
    };
    let progress = EpisodeClock::new(rules.step_limit);
    Ok(MountainCar { rules: Arc::new(rules), progress, position: -0.5, velocity: 0.0, action: 1 })
}

impl MountainCar {
    /// Cells of the phase plane along each side.
    fn cells(&self) -> usize {
        if self.rules.bins > 0 { self.rules.bins } else { CELLS }
    }

    /// The cell of a phase plane with so many along each side.
    #[inline]
    fn cell(&self, cells: usize) -> usize {
        let bin = |share: f64| ((share * cells as f64) as usize).min(cells.saturating_sub(1));
        bin((self.position - LEFT) / (RIGHT - LEFT)) * cells + bin((self.velocity + MAX_SPEED) / (2.0 * MAX_SPEED))
    }
}

impl Environment for MountainCar {
    fn describe(&self) -> EnvironmentDescription {
        let action = ActionDescription::new;
        let bins = self.rules.bins;
        EnvironmentDescription {
            id: "mountain-car".into(),
            title: "Mountain car".into(),
            subtitle: format!("{} steps", self.rules.step_limit),
            actions: vec![
                action("back", "ArrowLeft", Some((-1.0, 0.0))),
                action("coast", "ArrowDown", None),
                action("forward", "ArrowRight", Some((1.0, 0.0))),
            ],
            controls: vec![],
            outcomes: names(&[STEP_LIMIT, "goal"]),
            counters: vec![],
            observation: vec![
                ObservationDescription::new("position", LEFT as f32, RIGHT as f32),
                ObservationDescription::new("velocity", -MAX_SPEED as f32, MAX_SPEED as f32),
            ],
            board: None,
            states: (bins > 0).then_some((bins * bins) as u32),
            state_names: vec![],
            legal_actions: vec![].into(),
            layout: Some(phase_plane(self.cells())),
            step_limit: Some(self.rules.step_limit),
        }
    }

    #[inline]
    fn action_count(&self) -> usize {
        3
    }

    fn state_count(&self) -> usize {
        self.rules.bins * self.rules.bins
    }

    #[inline]
    fn reset(&mut self, seed: Seed) {
        self.position = -0.6 + 0.2 * Generator::new(seed).unit();
        self.velocity = 0.0;
        self.action = 1;
        self.progress.restart();
    }

    #[inline]
    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        self.progress.admit(action, ActionMask::all(3))?;
        let pull = libm::cos(3.0 * self.position) * -GRAVITY;
        let velocity = self.velocity + ((f64::from(action) - 1.0) * FORCE + pull);
        self.velocity = velocity.clamp(-MAX_SPEED, MAX_SPEED);
        self.position = (self.position + self.velocity).clamp(LEFT, RIGHT);
        if self.position == LEFT && self.velocity < 0.0 {
            self.velocity = 0.0;
        }
        self.action = action;
        let reached = self.position >= GOAL && self.velocity >= self.rules.goal_velocity;
        Ok(self.progress.advance(-1.0, reached.then_some(REACHED)))
    }

    /// Position bin * `bins` + velocity bin.
    #[inline]
    fn state(&self) -> usize {
        self.cell(self.rules.bins)
    }

    #[inline]
    fn legal_actions(&self) -> ActionMask {
        ActionMask::all(3)
    }

    fn ended(&self) -> bool {
        self.progress.ended()
    }

    fn outcome(&self) -> u8 {
        self.progress.reason()
    }

    #[inline]
    fn observe(&self, into: &mut [f32]) {
        into.copy_from_slice(&[self.position as f32, self.velocity as f32]);
    }

    fn draw(&self) -> Scene {
        let mut scene = Scene::new(WIDTH, HEIGHT);
        scene.shapes.extend_from_slice(&self.rules.landscape);
        let (x, ground) = place(self.position);
        let slope = 3.0 * libm::cos(3.0 * self.position) * 0.45;
        let turn = -libm::atan(slope);
        // The wheels touch the ground: the car's middle is lifted along the normal.
        let lift = 0.1;
        let (sine, cosine) = (libm::sin(turn) as f32, libm::cos(turn) as f32);
        let at = |along: f32, up: f32| {
            (x + along * cosine + (up + lift) * sine, ground + along * sine - (up + lift) * cosine)
        };
        if self.action != 1 {
            let side = if self.action == 2 { -1.0 } else { 1.0 };
            scene.polygon(&[at(side * 0.14, 0.03), at(side * 0.3, 0.0), at(side * 0.14, -0.04)], Ink::Caution);
        }
        scene.polygon(
            &[
                at(-0.15, -0.04),
                at(0.15, -0.04),
                at(0.15, 0.03),
                at(0.08, 0.05),
                at(0.04, 0.11),
                at(-0.08, 0.11),
                at(-0.15, 0.05),
            ],
            Ink::Agent,
        );
        scene.polygon(&[at(0.05, 0.05), at(0.025, 0.09), at(-0.02, 0.09), at(-0.02, 0.05)], Ink::AgentDetail);
        for along in [-0.085, 0.085] {
            scene.disc(at(along, -0.055), 0.045, Ink::Ink);
            scene.disc(at(along, -0.055), 0.018, Ink::Faint);
        }
        scene.shapes.push(Shape::Meter {
            x: 0.1,
            y: 0.12,
            width: 0.8,
            height: 0.07,
            label: "velocity".into(),
            value: self.velocity as f32,
            min: -MAX_SPEED as f32,
            max: MAX_SPEED as f32,
            ink: Ink::Agent,
        });
        scene.words = format!("The car is at {:.2} of 0.5 with velocity {:.3}.", self.position, self.velocity);
        scene
    }

    fn places(&self) -> usize {
        self.cells() * self.cells()
    }

    fn place(&self) -> usize {
        self.cell(self.cells())
    }

    fn observe_at(&self, place: usize, into: &mut [f32]) {
        let cells = self.cells();
        let share = |cell: usize| (cell as f64 + 0.5) / cells as f64;
        let position = LEFT + (RIGHT - LEFT) * share(place / cells);
        into.copy_from_slice(&[position as f32, (MAX_SPEED * (2.0 * share(place % cells) - 1.0)) as f32]);
    }

    fn text(&self) -> String {
        format!("position {:.5}  velocity {:.5}", self.position, self.velocity)
    }
}

const WIDTH: f32 = 3.6;
const HEIGHT: f32 = 2.2;

/// Where a position of the car is in the scene.
fn place(position: f64) -> (f32, f32) {
    let height = 0.45 * libm::sin(3.0 * position) + 0.55;
    ((2.0 * (position - LEFT)) as f32, (2.0 - height * 1.4) as f32)
}

fn landscape() -> Vec<Shape> {
    let mut scene = Scene::new(WIDTH, HEIGHT);
    // The hills go on beyond the picture, however wide or high the case is.
    let span = RIGHT - LEFT;
    let surface: Vec<_> = (-60..=150).map(|index| place(LEFT + span * f64::from(index) / 90.0)).collect();
    let mut hill = surface.clone();
    hill.extend([(2.0 * WIDTH, 3.0 * HEIGHT), (-WIDTH, 3.0 * HEIGHT)]);
    scene.polygon(&hill, Ink::Plant);
    scene.line(&surface, 0.035, Ink::Wall);
    let (x, y) = place(GOAL);
    scene.sprite(Sprite::Flag, (x, y - 0.17), 0.36, Ink::Goal);
    scene.shapes
}

/// The states as cells over the scene: position to the right, velocity upward.
fn phase_plane(bins: usize) -> StateLayout {
    let (width, height) = (WIDTH / bins as f32, HEIGHT / bins as f32);
    let centre = |state: usize| {
        let (position, velocity) = ((state / bins) as f32, (state % bins) as f32);
        ((position + 0.5) * width, HEIGHT - (velocity + 0.5) * height)
    };
    StateLayout::Boxes { centres: (0..bins * bins).map(centre).collect(), size: (width, height) }
}

#[cfg(test)]
mod tests;
