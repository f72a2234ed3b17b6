//! Racing: drive a car around a closed track.
//!
//! * **Car**: a dynamic bicycle model with tyre slip, an engine and six gears, automatic unless a gear is given;
//!   integrated at 1/60 s, controlled at 10 Hz.
//! * **Actions** (9, for agents that choose): `steer * 3 + pedal` with steer left, straight, right (±0.6) and pedal
//!   throttle, coast, brake. With `controls` continuous an action is a box of steer in -1 to 1, throttle and brake in 0
//!   to 1, and the nine are names of boxes.
//! * **Smoothing**: every control tick limits and blends the controls, see [`smoothing`].
//! * **Tracks**: oval, club, technical, or an own closed spline as JSON, see [`track`].
//! * **Rewards**: *centre*: speed in km/h * (1 - |gap to the centre line in m| / 12) / 300; *simple*: speed / 100, and
//!   -10 while more than two tyres are out.
//! * **Start**: at rest on the start line, or with `start` random at rest anywhere on the centre line.
//! * **Episode end**: all four tyres out, slower than 1 m/s for 10 s, damage above 0.5 terminate; the step limit
//!   truncates. A lap is valid while at most two tyres are out.
//! * **Observation** (15): speed in km/h / 300, velocity in the environment x, y (up, 0), z / 100, throttle, brake,
//!   angle of the steering wheel / 360, rpm / 10 000, gear / 6, accelerations in g aside, up (0), forward / 3, mean
//!   wheel slip / 2, tyres out / 4, damage above 0.05. *Extended* adds nine distances to the border, the curvature
//!   ahead, the gap to the centre line and the angle to it.
//! * **States**: speed (4); how far the wheels should turn to meet the centre line soon, as in pure pursuit (9); speed
//!   against what the bends ahead allow (6): 216.
//!
//! Sources: a bridge that trains agents in Assetto Corsa; pure pursuit: Coulter 1992, CMU-RI-TR-92-01.

mod portrayal;
pub mod smoothing;
pub mod telemetry;
pub mod ticker;
pub mod track;
mod vehicle;

use crate::action_mask::ActionMask;
use crate::environment::{Environment, Step, StepError};
use crate::finite::STEP_LIMIT;
use crate::progress::EpisodeClock;
use crate::random::Generator;
use shared::action::ActionEntry;
use shared::describe::{ActionDescription, CatalogEntry, EnvironmentDescription, Words, names};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::quantity::Seed;
use shared::scene::Scene;
use smoothing::{DrivingControls, Smoothing};
use std::sync::Arc;
use track::{Track, TrackPosition};
use vehicle::{GRASS, SECONDS, Vehicle};

/// Steps of the integration in a control step.
const SUB_STEPS: u32 = 6;
/// Seconds of a control step.
const TICK_SECONDS: f64 = 0.1;
/// How far the barrier stands from the road, in metres.
const BARRIER: f64 = 2.5;
/// Control steps below 1 m/s that end an episode.
const SLOW_TICKS: u32 = 100;
/// Tyre marks that are kept.
const MARKS: usize = 64;
/// Rear slip above which the tyres leave a mark.
const MARKING_SLIP: f64 = 0.18;
/// How far an agent that chooses turns the wheel.
const CHOSEN_STEER: f64 = 0.6;
/// How far ahead a driver who sees [`Environment::state`] meets the centre line: so many metres and seconds.
const AHEAD: (f64, f64) = (6.0, 0.6);
/// Seconds for which the car turns on as it does until another angle of the wheels shows.
const TURNING_ON: f64 = 0.3;

/// Name, key and arrow of an action.
type ActionRow = (&'static str, &'static str, Option<(f32, f32)>);

const ACTIONS: [ActionRow; 9] = [
    ("left, throttle", "q", Some((-0.7, -0.7))),
    ("left", "ArrowLeft", Some((-1.0, 0.0))),
    ("left, brake", "z", Some((-0.7, 0.7))),
    ("throttle", "ArrowUp", Some((0.0, -1.0))),
    ("coast", "s", None),
    ("brake", "ArrowDown", Some((0.0, 1.0))),
    ("right, throttle", "e", Some((0.7, -0.7))),
    ("right", "ArrowRight", Some((1.0, 0.0))),
    ("right, brake", "c", Some((0.7, 0.7))),
];

/// What the controls may be: steering to the left and right, throttle and brake.
const CONTROLS: [(&str, f32, f32); 3] = [("steer", -1.0, 1.0), ("throttle", 0.0, 1.0), ("brake", 0.0, 1.0)];

const OFF_TRACK: u8 = 1;
const TOO_SLOW: u8 = 2;
const DAMAGED: u8 = 3;

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let text = |name: &str, label: &str, parameter: &str| {
        Preset::new(name, label, vec![(parameter, Value::Text(name.into()))])
    };
    CatalogEntry::new(
        &Words {
            id: "racing",
            title: "Racing",
            summary: "A car on a closed track: find the line, brake before the bend, and keep two tyres on the road.",
            equation: "",
            source: "Bridge to Assetto Corsa: observation, rewards, smoothing and telemetry",
        },
        vec![
            ParameterSpec::choice(
                "track",
                "Track",
                &[("oval", "oval"), ("club", "club circuit"), ("technical", "technical circuit"), ("own", "own")],
                "Which track; the own one is given below.",
            ),
            ParameterSpec::text(
                "own_track",
                "Own track",
                8000,
                true,
                r#"{"width": 10, "points": [[0, 0], [200, 0], [200, 150], [0, 150]]}"#,
                "A closed spline in metres, y downward, driven in the order of the points.",
            )
            .implies("track", Value::Text("own".into())),
            ParameterSpec::choice(
                "smoothing",
                "Smoothing",
                &smoothing::PRESETS,
                "How fast the controls may follow what is asked for.",
            ),
            ParameterSpec::choice(
                "reward",
                "Reward",
                &[("centre", "speed near the centre line"), ("simple", "speed alone")],
                "What is rewarded.",
            ),
            ParameterSpec::choice(
                "view",
                "View",
                &[("extended", "with the road ahead"), ("plain", "the car alone")],
                "What an agent observes.",
            ),
            ParameterSpec::choice(
                "start",
                "Start",
                &[("line", "on the line"), ("random", "anywhere")],
                "Where episodes begin.",
            ),
            ParameterSpec::integer("step_limit", "Step limit", (1, 100_000), 1200, "Tenths of a second of an episode."),
            ParameterSpec::choice(
                "controls",
                "Controls",
                &[("keys", "nine actions"), ("continuous", "steer, throttle and brake")],
                "What an action is: one of nine, or how far to steer (-1 to 1), press the throttle and the brake (0 to 1).",
            ),
        ],
        vec![
            text("oval", "oval", "track"),
            text("club", "club circuit", "track"),
            text("technical", "technical circuit", "track"),
        ],
    )
}

/// What an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ControlKind {
    /// One of nine.
    Keys,
    /// Steer, throttle and brake.
    Box,
}

#[derive(Debug)]
struct RacingRules {
    track: Track,
    /// What stands beside it, for the picture alone.
    trees: Vec<(f64, f64, f64)>,
    name: String,
    smoothing: Smoothing,
    simple_reward: bool,
    extended: bool,
    random_start: bool,
    controls: ControlKind,
    step_limit: u32,
}

/// Laps and their times.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Laps {
    /// Metres driven along the track since the start line.
    distance: f64,
    count: u32,
    valid: u32,
    /// Seconds since the lap began.
    seconds: f64,
    last_seconds: f64,
    /// Of the valid ones; 0 if there is none.
    best_seconds: f64,
    /// Whether the present lap is invalid.
    spoiled: bool,
}

/// The car in the middle of an episode.
#[derive(Clone, Debug)]
pub struct Racing {
    rules: Arc<RacingRules>,
    progress: EpisodeClock,
    vehicle: Vehicle,
    controls: DrivingControls,
    place: TrackPosition,
    /// Of the wheels front left, front right, rear left, rear right.
    gaps: [f64; 4],
    tyres_out: u8,
    damage: f64,
    slow_ticks: u32,
    start: f64,
    laps: Laps,
    marks: [(f32, f32); MARKS],
    marked: usize,
}

/// Builds the environment; a faulty track is named with the place.
pub fn build(parameters: &Resolved) -> Result<Racing, ParameterError> {
    let name = parameters.text("track")?;
    let track = if name == "own" {
        Track::parse(parameters.text("own_track")?).map_err(|error| ParameterError::invalid("own_track", error))?
    } else {
        Track::named(name).map_err(|error| ParameterError::invalid("track", error))?
    };
    let rules = RacingRules {
        trees: portrayal::plant(&track),
        name: name.to_owned(),
        smoothing: Smoothing::named(parameters.text("smoothing")?),
        simple_reward: parameters.text("reward")? == "simple",
        extended: parameters.text("view")? == "extended",
        random_start: parameters.text("start")? == "random",
        controls: if parameters.text("controls")? == "continuous" { ControlKind::Box } else { ControlKind::Keys },
        step_limit: parameters.count("step_limit")? as u32,
        track,
    };
    let mut racing = Racing {
        progress: EpisodeClock::new(rules.step_limit),
        rules: Arc::new(rules),
        vehicle: Vehicle::default(),
        controls: DrivingControls::default(),
        place: TrackPosition::default(),
        gaps: [0.0; 4],
        tyres_out: 0,
        damage: 0.0,
        slow_ticks: 0,
        start: 0.0,
        laps: Laps::default(),
        marks: [(0.0, 0.0); MARKS],
        marked: 0,
    };
    racing.reset(Seed::default());
    Ok(racing)
}

impl Racing {
    /// A control step of 0.1 s with any controls; `gear` 1 to 6 is chosen by hand if given.
    ///
    /// # Errors
    /// [`StepError::Ended`] after the end of an episode.
    #[inline]
    pub fn control(&mut self, controls: DrivingControls, gear: Option<u8>) -> Result<Step, StepError> {
        if self.progress.ended() {
            return Err(StepError::Ended);
        }
        self.controls = self.rules.smoothing.apply(self.controls, controls);
        let steering = vehicle::steering(self.controls.steer);
        let rules = Arc::clone(&self.rules);
        let mut most_out = 0;
        for _ in 0..SUB_STEPS {
            let grip = |gaps: &[f64]| {
                let on = gaps.iter().filter(|gap| gap.abs() <= rules.track.half_width).count();
                GRASS + (1.0 - GRASS) * on as f64 / 2.0
            };
            let grips = (grip(&self.gaps[..2]), grip(&self.gaps[2..]));
            self.vehicle.advance(&self.controls, steering, grips, gear);
            self.locate(&rules.track);
            most_out = self.tyres_out.max(most_out);
            self.laps.spoiled |= self.tyres_out > 2;
        }
        if self.vehicle.slip.1 > MARKING_SLIP && self.vehicle.speed() > 3.0 {
            self.marks[self.marked % MARKS] = (self.vehicle.x as f32, self.vehicle.y as f32);
            self.marked += 1;
        }
        let speed = self.vehicle.speed();
        self.slow_ticks = if speed < 1.0 { self.slow_ticks + 1 } else { 0 };
        let end = if most_out == 4 {
            Some(OFF_TRACK)
        } else if self.damage > 0.5 {
            Some(DAMAGED)
        } else if self.slow_ticks >= SLOW_TICKS {
            Some(TOO_SLOW)
        } else {
            None
        };
        let kmh = speed * 3.6;
        let reward = if !rules.simple_reward {
            kmh * (1.0 - self.place.gap.abs() / 12.0) / 300.0
        } else if self.tyres_out > 2 {
            kmh / 100.0 - 10.0
        } else {
            kmh / 100.0
        };
        Ok(self.progress.advance(reward, end))
    }

    fn is_continuous(&self) -> bool {
        self.rules.controls == ControlKind::Box
    }

    /// The discrete actions, or the same as names of boxes.
    fn actions(&self) -> Vec<ActionDescription> {
        let named = |(index, (name, key, arrow)): (usize, &ActionRow)| {
            let action = ActionDescription::new(name, key, *arrow);
            let DrivingControls { steer, throttle, brake } = chosen(index as u16);
            if self.is_continuous() {
                action.standing_for(&[steer as f32, throttle as f32, brake as f32])
            } else {
                action
            }
        };
        ACTIONS.iter().enumerate().map(named).collect()
    }

    /// Finds the car on the track, counts its tyres and its laps, and lets barriers hold it.
    #[inline]
    fn locate(&mut self, track: &Track) {
        let before = self.place.distance;
        self.place = track.place(self.vehicle.x, self.vehicle.y, self.place.index);
        let sample = &track.samples[self.place.index];
        let across = (-sample.along.1, sample.along.0);
        self.gaps = self.vehicle.wheels().map(|(x, y)| (x - sample.x) * across.0 + (y - sample.y) * across.1);
        self.tyres_out = self.gaps.iter().filter(|gap| gap.abs() > track.half_width).count() as u8;
        let farthest = self.gaps.iter().fold(0.0, |far: f64, gap| if gap.abs() > far.abs() { *gap } else { far });
        if farthest.abs() > track.half_width + BARRIER {
            self.hit(across, farthest.signum());
        }
        let half = track.length / 2.0;
        let driven = self.place.distance - before;
        self.laps.distance += if driven > half {
            driven - track.length
        } else if driven < -half {
            driven + track.length
        } else {
            driven
        };
        self.laps.seconds += SECONDS;
        if self.start + self.laps.distance >= f64::from(self.laps.count + 1) * track.length {
            self.laps.finish();
        }
    }

    /// A barrier throws the car back; damage grows with the square of the speed against it, 0.5 at 13 m/s.
    fn hit(&mut self, across: (f64, f64), side: f64) {
        let (dx, dy) = self.vehicle.velocity();
        let against = (dx * across.0 + dy * across.1) * side;
        if against <= 0.0 {
            return;
        }
        self.damage = (self.damage + against * against / 338.0).min(1.0);
        let (dx, dy) = (dx - 1.3 * against * side * across.0, dy - 1.3 * against * side * across.1);
        let (cosine, sine) = self.vehicle.direction;
        self.vehicle.forward = dx * cosine + dy * sine;
        self.vehicle.aside = dy * cosine - dx * sine;
        self.vehicle.yaw_rate *= 0.5;
    }

    /// How far the front wheels should turn to the right, in radians, to meet the centre line so many metres ahead.
    /// That they are turned already counts half: they have not done all of it yet.
    #[inline]
    fn turn(&self, metres: f64) -> f64 {
        let (there, vehicle) = (self.rules.track.ahead(self.place.index, metres), &self.vehicle);
        let aside = (there.y - vehicle.y) * vehicle.direction.0 - (there.x - vehicle.x) * vehicle.direction.1;
        let angle = aside / metres - TURNING_ON * vehicle.yaw_rate;
        2.0 * vehicle::WHEELBASE * angle / metres - vehicle::MAX_STEER * self.controls.steer / 2.0
    }

    /// Sine of the angle from the road to the car, positive to the right; beyond a quarter turn ±1.
    #[inline]
    fn angle(&self) -> f64 {
        let (along, direction) = (self.rules.track.samples[self.place.index].along, self.vehicle.direction);
        let sine = along.0 * direction.1 - along.1 * direction.0;
        if along.0 * direction.0 + along.1 * direction.1 < 0.0 { sine.signum() } else { sine }
    }
}

impl Laps {
    fn finish(&mut self) {
        self.count += 1;
        self.last_seconds = self.seconds;
        if !self.spoiled {
            self.valid += 1;
            if self.best_seconds == 0.0 || self.seconds < self.best_seconds {
                self.best_seconds = self.seconds;
            }
        }
        self.seconds = 0.0;
        self.spoiled = false;
    }
}

/// The controls that a discrete action stands for.
#[inline]
fn chosen(action: u16) -> DrivingControls {
    let pedal = |wanted: u16| f64::from(u8::from(action % 3 == wanted));
    DrivingControls { steer: (f64::from(action / 3) - 1.0) * CHOSEN_STEER, throttle: pedal(0), brake: pedal(2) }
}

/// How many of the ascending limits a value exceeds.
#[inline]
fn class<const N: usize>(value: f64, limits: [f64; N]) -> usize {
    limits.iter().filter(|limit| value > **limit).count()
}

impl Environment for Racing {
    fn describe(&self) -> EnvironmentDescription {
        EnvironmentDescription {
            id: "racing".into(),
            title: "Racing".into(),
            subtitle: format!("{}, {:.0} m", self.rules.name, self.rules.track.length),
            actions: self.actions(),
            controls: if self.is_continuous() {
                CONTROLS.map(|(name, low, high)| ActionEntry::new(name, low, high)).to_vec()
            } else {
                vec![]
            },
            outcomes: names(&[STEP_LIMIT, "off the track", "too slow", "damaged"]),
            counters: names(&["laps", "valid_laps", "best_lap_seconds", "distance_m"]),
            observation: telemetry::entries(self.rules.extended),
            board: None,
            states: Some(self.state_count() as u32),
            state_names: vec![],
            legal_actions: vec![].into(),
            layout: None,
            step_limit: Some(self.rules.step_limit),
        }
    }

    #[inline]
    fn action_count(&self) -> usize {
        if self.is_continuous() { 0 } else { ACTIONS.len() }
    }

    #[inline]
    fn state_count(&self) -> usize {
        4 * 9 * 6
    }

    #[inline]
    fn reset(&mut self, seed: Seed) {
        let rules = Arc::clone(&self.rules);
        let track = &rules.track;
        let index =
            if rules.random_start { Generator::new(seed).below(track.samples.len() as u32) as usize } else { 0 };
        let sample = track.samples[index];
        self.vehicle = Vehicle::at(sample.x, sample.y, libm::atan2(sample.along.1, sample.along.0));
        self.progress.restart();
        self.controls = DrivingControls::default();
        self.place = track.place(sample.x, sample.y, index);
        self.start = self.place.distance;
        (self.damage, self.slow_ticks, self.marked) = (0.0, 0, 0);
        // Who begins within the track has no whole lap to show at the line.
        self.laps = Laps { spoiled: index > 0, ..Laps::default() };
        self.gaps = [0.0; 4];
        self.tyres_out = 0;
    }

    #[inline]
    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        if self.is_continuous() {
            return Err(StepError::Box { entries: CONTROLS.len() as u16, given: 0 });
        }
        self.progress.admit(action, ActionMask::all(ACTIONS.len()))?;
        self.control(chosen(action), None)
    }

    fn step_box(&mut self, action: &[f32]) -> Result<Step, StepError> {
        if !self.is_continuous() {
            return Err(StepError::Discrete { given: action.len() as u16 });
        }
        self.progress.admit_box(action, &CONTROLS.map(|(_, low, high)| (low, high)))?;
        let [steer, throttle, brake] = [0, 1, 2].map(|entry| f64::from(action[entry]));
        self.control(DrivingControls { steer, throttle, brake }, None)
    }

    #[inline]
    fn state(&self) -> usize {
        let track = &self.rules.track;
        let speed = self.vehicle.speed();
        let pace = speed / track.pace(self.place.index);
        let turn = [-0.2, -0.1, -0.05, -0.015, 0.015, 0.05, 0.1, 0.2];
        let turn = class(self.turn(AHEAD.0 + AHEAD.1 * speed), turn);
        (class(speed * 3.6, [20.0, 50.0, 100.0]) * 9 + turn) * 6 + class(pace, [0.6, 0.75, 0.9, 1.0, 1.15])
    }

    #[inline]
    fn legal_actions(&self) -> ActionMask {
        ActionMask::all(self.action_count())
    }

    fn ended(&self) -> bool {
        self.progress.ended()
    }

    fn outcome(&self) -> u8 {
        self.progress.reason()
    }

    fn counters(&self, into: &mut [f64]) {
        let laps = &self.laps;
        into.copy_from_slice(&[f64::from(laps.count), f64::from(laps.valid), laps.best_seconds, laps.distance]);
    }

    fn observe(&self, into: &mut [f32]) {
        telemetry::observe(self, into);
    }

    fn draw(&self) -> Scene {
        portrayal::draw(self)
    }

    fn text(&self) -> String {
        let vehicle = &self.vehicle;
        format!(
            "at {:.1} m, gap {:.2} m, {:.1} km/h, gear {}, steer {:.2}, throttle {:.2}, brake {:.2}\n\
             {} tyres out, damage {:.2}, lap {} of {:.1} s",
            self.place.distance,
            self.place.gap,
            vehicle.speed() * 3.6,
            vehicle.gear,
            self.controls.steer,
            self.controls.throttle,
            self.controls.brake,
            self.tyres_out,
            self.damage,
            self.laps.count + 1,
            self.laps.seconds
        )
    }
}

#[cfg(test)]
mod tests;
