//! Cart-pole: keep the pole up by pushing the cart.
//!
//! * **Actions**: 0 push left, 1 push right, with 10 N.
//! * **Observation**: position x of the cart in m, its velocity in m/s, angle of the pole in rad (clockwise from
//!   upright), its angular velocity in rad/s.
//! * **Dynamics**: g = 9.8, cart 1 kg, pole 0.1 kg of half-length 0.5 m, Euler's method at 0.02 s. With
//!   temp = (F + m l w² sin a) / M, where M is the total mass:
//!   a'' = (g sin a - temp cos a) / (l (4/3 - m cos² a / M)) and x'' = temp - m l a'' cos a / M.
//! * **Rewards**: +1 a step; with `sutton_barto_reward` 0 a step and -1 for failing.
//! * **Start**: all four numbers uniform in ±0.05.
//! * **Episode end**: |x| above 2.4 or |angle| above 12 degrees terminates; the step limit truncates.
//! * **States**: none, unless `bins` cuts each of the four numbers into so many bins (positions over ±2.4, speeds over
//!   ±3 m/s, angles over ±12 degrees, angular speeds over ±3.5 rad/s; what lies beyond counts to the outermost bin).
//!   Without bins the picture has room for the plane of the last two over the same ranges, with position and velocity as they are.
//!
//! Source: Barto, Sutton and Anderson 1983, as in Gymnasium's `CartPole-v1`.

use crate::action_mask::ActionMask;
use crate::elementary::{COEFFICIENTS, Coefficients, sine_and_cosine};
use crate::environment::{Environment, Step, StepError};
use crate::finite::STEP_LIMIT;
use crate::progress::EpisodeClock;
use crate::random::Generator;
use shared::describe::{
    ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, StateLayout, Words, names,
};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::quantity::Seed;
use shared::scene::{Ink, Scene, Shape};
use std::sync::Arc;

const GRAVITY: f64 = 9.8;
const POLE_MASS: f64 = 0.1;
const TOTAL_MASS: f64 = POLE_MASS + 1.0;
const HALF_LENGTH: f64 = 0.5;
const POLE_MOMENT: f64 = POLE_MASS * HALF_LENGTH;
const FORCE: f64 = 10.0;
const SECONDS: f64 = 0.02;
const MAX_POSITION: f64 = 2.4;
const MAX_ANGLE: f64 = 12.0 * 2.0 * std::f64::consts::PI / 360.0;

/// Cells of the plane of angles and angular velocities along each side.
const CELLS: usize = 24;

/// Side of that plane on the stage, and its upper left corner: in the ground, where neither cart nor pole comes.
const PLANE: f32 = 1.4;
const CORNER: (f32, f32) = (3.0 - PLANE / 2.0, 3.15);

const FELL: u8 = 1;
const OFF_TRACK: u8 = 2;

/// Names, unit-free bounds of the observation, and the range that `bins` cuts.
const ENTRIES: [(&str, f64, f64); 4] = [
    ("position", 2.0 * MAX_POSITION, MAX_POSITION),
    ("velocity", 20.0, 3.0),
    ("angle", 2.0 * MAX_ANGLE, MAX_ANGLE),
    ("angular velocity", 20.0, 3.5),
];

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "cart-pole",
            title: "Cart-pole",
            summary: "A pole stands on a cart. Push the cart left and right so that the pole stays up and the cart on \
                      its track.",
            equation: "",
            source: "Barto, Sutton and Anderson 1983; Gymnasium CartPole-v1",
        },
        vec![
            ParameterSpec::integer("step_limit", "Step limit", (1, 100_000), 500, "Steps after which it is solved."),
            ParameterSpec::flag(
                "sutton_barto_reward",
                "Reward of 1983",
                false,
                "0 a step and -1 for failing, instead of +1 a step.",
            ),
            ParameterSpec::integer(
                "bins",
                "Bins",
                (0, 48),
                0,
                "Cuts each of the four numbers into so many bins, for agents with tables; 0 gives no table.",
            ),
        ],
        vec![Preset::new("tabular", "for tables", vec![("bins", Value::Integer(8))])],
    )
}

#[derive(Debug)]
struct CartPoleRules {
    sutton_barto_reward: bool,
    bins: usize,
    step_limit: u32,
    coefficients: Coefficients,
}

/// The cart and its pole in the middle of an episode.
#[derive(Clone, Debug)]
pub struct CartPole {
    rules: Arc<CartPoleRules>,
    progress: EpisodeClock,
    /// Position, velocity, angle, angular velocity.
    state: [f64; 4],
    pushed: Option<u16>,
}

/// Builds the environment.
pub fn build(parameters: &Resolved) -> Result<CartPole, ParameterError> {
    let rules = CartPoleRules {
        sutton_barto_reward: parameters.flag("sutton_barto_reward")?,
        bins: parameters.count("bins")?,
        step_limit: parameters.count("step_limit")? as u32,
        coefficients: COEFFICIENTS,
    };
    let progress = EpisodeClock::new(rules.step_limit);
    Ok(CartPole { rules: Arc::new(rules), progress, state: [0.0; 4], pushed: None })
}

/// The state after one push.
#[expect(clippy::inline_always, reason = "a call would send the state through memory")]
#[inline(always)]
fn advance([position, velocity, angle, spin]: [f64; 4], force: f64, with: &Coefficients) -> [f64; 4] {
    // Both are the same bit for bit; V8 is slow in what a call needs, natively it is the quicker way.
    let (sine, cosine) = if cfg!(target_arch = "wasm32") { sine_and_cosine(angle, with) } else { libm::sincos(angle) };
    let temp = (force + POLE_MOMENT * (spin * spin) * sine) / TOTAL_MASS;
    let spin_up =
        (GRAVITY * sine - cosine * temp) / (HALF_LENGTH * (4.0 / 3.0 - POLE_MASS * (cosine * cosine) / TOTAL_MASS));
    let push = temp - POLE_MOMENT * spin_up * cosine / TOTAL_MASS;
    [position + SECONDS * velocity, velocity + SECONDS * push, angle + SECONDS * spin, spin + SECONDS * spin_up]
}

impl Environment for CartPole {
    fn describe(&self) -> EnvironmentDescription {
        let action = |name, key, x| ActionDescription::new(name, key, Some((x, 0.0)));
        let bound =
            |(name, bound, _): &(&str, f64, f64)| ObservationDescription::new(name, -bound as f32, *bound as f32);
        EnvironmentDescription {
            id: "cart-pole".into(),
            title: "Cart-pole".into(),
            subtitle: format!("{} steps", self.rules.step_limit),
            actions: vec![action("push left", "ArrowLeft", -1.0), action("push right", "ArrowRight", 1.0)],
            controls: vec![],
            outcomes: names(&[STEP_LIMIT, "fell", "off the track"]),
            counters: vec![],
            observation: ENTRIES.iter().map(bound).collect(),
            board: None,
            states: (self.rules.bins > 0).then(|| self.state_count() as u32),
            state_names: vec![],
            legal_actions: vec![].into(),
            layout: (self.places() > 0).then(plane),
            step_limit: Some(self.rules.step_limit),
        }
    }

    #[inline]
    fn action_count(&self) -> usize {
        2
    }

    fn state_count(&self) -> usize {
        let bins = self.rules.bins;
        bins * bins * bins * bins
    }

    // V8 runs out of registers where this is part of a loop.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    fn reset(&mut self, seed: Seed) {
        let mut generator = Generator::new(seed);
        self.state = std::array::from_fn(|_| 0.1 * generator.unit() - 0.05);
        self.progress.restart();
        self.pushed = None;
    }

    #[expect(clippy::inline_always, reason = "a call would send the result through memory")]
    #[inline(always)]
    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        self.progress.admit(action, ActionMask::all(2))?;
        // Without a branch: nothing foresees what a policy by chance does. In a tab the table would be written anew.
        let force = if cfg!(target_arch = "wasm32") {
            FORCE * f64::from(2 * i32::from(action) - 1)
        } else {
            [-FORCE, FORCE][usize::from(action)]
        };
        self.state = advance(self.state, force, &self.rules.coefficients);
        self.pushed = Some(action);
        let end = if self.state[2].abs() > MAX_ANGLE {
            Some(FELL)
        } else if self.state[0].abs() > MAX_POSITION {
            Some(OFF_TRACK)
        } else {
            None
        };
        let reward = match (self.rules.sutton_barto_reward, end) {
            (false, _) => 1.0,
            (true, None) => 0.0,
            (true, Some(_)) => -1.0,
        };
        Ok(self.progress.advance(reward, end))
    }

    #[inline]
    fn state(&self) -> usize {
        let bins = self.rules.bins;
        let place = |(value, (_, _, range)): (&f64, &(&str, f64, f64))| {
            let share = (value + range) / (2.0 * range) * bins as f64;
            (share.max(0.0) as usize).min(bins.saturating_sub(1))
        };
        self.state.iter().zip(&ENTRIES).map(place).fold(0, |state, bin| state * bins + bin)
    }

    #[inline]
    fn legal_actions(&self) -> ActionMask {
        ActionMask::all(2)
    }

    fn ended(&self) -> bool {
        self.progress.ended()
    }

    fn outcome(&self) -> u8 {
        self.progress.reason()
    }

    #[inline]
    fn observe(&self, into: &mut [f32]) {
        // Within its bounds by the mechanics: 10 N bring 1.1 kg over 4.8 m to no more than 9.4 m/s, and a pole that
        // ends the episode at 0.21 rad gets no faster.
        into.copy_from_slice(&self.state.map(|value| value as f32));
    }

    fn draw(&self) -> Scene {
        let [position, _, angle, _] = self.state;
        let mut scene = Scene::new(6.0, if self.places() > 0 { CORNER.1 + PLANE + 0.26 } else { 3.2 });
        let rail = 2.5;
        // The ground goes on beyond the picture, however wide or high the case is.
        scene.fill((-6.0, rail + 0.06), (18.0, 6.0), 0.0, Ink::Ground);
        scene.line(&[(0.6, rail), (5.4, rail)], 0.04, Ink::Wall);
        for end in [0.6, 5.4] {
            scene.line(&[(end, rail - 0.16), (end, rail + 0.06)], 0.05, Ink::Danger);
        }
        scene.line(&[(3.0, rail - 0.05), (3.0, rail + 0.05)], 0.02, Ink::Faint);
        let x = 3.0 + position as f32;
        let deck = rail - 0.34;
        if let Some(action) = self.pushed {
            let side = if action == 1 { -1.0 } else { 1.0 };
            let tip = x + side * 0.34;
            let tail = tip + side * 0.22;
            scene.line(&[(tail, deck + 0.11), (tip, deck + 0.11)], 0.03, Ink::Faint);
            scene.polygon(&[(tip - side * 0.06, deck + 0.11), (tip, deck + 0.06), (tip, deck + 0.16)], Ink::Faint);
        }
        scene.fill((x - 0.3, deck), (0.6, 0.22), 0.05, Ink::Agent);
        for wheel in [-0.17, 0.17] {
            scene.disc((x + wheel, rail - 0.09), 0.085, Ink::Ink);
            scene.disc((x + wheel, rail - 0.09), 0.03, Ink::Faint);
        }
        // Falling is shown as far as the pole can lie.
        let drawn = angle.clamp(-1.5, 1.5);
        let (sine, cosine) = (libm::sin(drawn) as f32, libm::cos(drawn) as f32);
        let joint = (x, deck + 0.03);
        let tip = (joint.0 + 1.6 * sine, joint.1 - 1.6 * cosine);
        scene.line(&[joint, tip], 0.1, Ink::Hue(1));
        scene.disc(tip, 0.05, Ink::Hue(1));
        scene.disc(joint, 0.05, Ink::AgentDetail);
        scene.shapes.push(Shape::Meter {
            x: 0.6,
            y: 2.8,
            width: 2.2,
            height: 0.16,
            label: "angle (degrees)".into(),
            value: angle.to_degrees() as f32,
            min: -12.0,
            max: 12.0,
            ink: Ink::Agent,
        });
        scene.shapes.push(Shape::Meter {
            x: 3.2,
            y: 2.8,
            width: 2.2,
            height: 0.16,
            label: "steps".into(),
            value: self.progress.steps() as f32,
            min: 0.0,
            max: self.rules.step_limit as f32,
            ink: Ink::Go,
        });
        scene.words =
            format!("The cart is {:.2} m from the middle; the pole leans {:.1} degrees.", position, angle.to_degrees());
        scene
    }

    fn draw_estimates(&self, _: &[f64], scene: &mut Scene) {
        if self.places() > 0 {
            scene.text((CORNER.0 + PLANE / 2.0, CORNER.1 + PLANE + 0.12), 0.12, "angle", Ink::Ink);
            scene.text((CORNER.0 - 0.9, CORNER.1 + PLANE / 2.0), 0.12, "angular velocity", Ink::Ink);
        }
    }

    fn places(&self) -> usize {
        if self.rules.bins == 0 { CELLS * CELLS } else { 0 }
    }

    fn place(&self) -> usize {
        let [_, _, angle, spin] = self.state;
        let bin = |value: f64, range: f64| {
            let share = (value + range) / (2.0 * range) * CELLS as f64;
            (share.max(0.0) as usize).min(CELLS - 1)
        };
        bin(angle, ENTRIES[2].2) * CELLS + bin(spin, ENTRIES[3].2)
    }

    fn observe_at(&self, place: usize, into: &mut [f32]) {
        let [position, velocity, ..] = self.state;
        let value = |cell: usize, entry: usize| ENTRIES[entry].2 * (2.0 * (cell as f64 + 0.5) / CELLS as f64 - 1.0);
        let observed = [position, velocity, value(place / CELLS, 2), value(place % CELLS, 3)];
        into.copy_from_slice(&observed.map(|value| value as f32));
    }

    fn text(&self) -> String {
        let [position, velocity, angle, spin] = self.state;
        format!("x {position:.4}  v {velocity:.4}  angle {angle:.4}  spin {spin:.4}")
    }
}

/// The cells of the plane: angle to the right, angular velocity upward.
fn plane() -> StateLayout {
    let side = PLANE / CELLS as f32;
    let centre = |place: usize| {
        let (angle, spin) = ((place / CELLS) as f32, (place % CELLS) as f32);
        (CORNER.0 + (angle + 0.5) * side, CORNER.1 + PLANE - (spin + 0.5) * side)
    };
    // Boxes that are not quite square are no discs.
    StateLayout::Boxes { centres: (0..CELLS * CELLS).map(centre).collect(), size: (side, side * 0.999) }
}

#[cfg(test)]
mod tests;
