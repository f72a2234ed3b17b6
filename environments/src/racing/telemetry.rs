//! What the car tells: the observation of agents, and the telemetry frame of dashboards.

use super::vehicle::{GRAVITY, STEERING_WHEEL_DEGREES};
use super::{Racing, TICK_SECONDS};
use serde::Serialize;
use shared::describe::ObservationDescription;

/// Entries of the plain observation.
pub const PLAIN: usize = 15;
/// Directions of the distances to the border, in quarter turns from straight on, right positive.
const RAYS: usize = 9;
const FARTHEST: f64 = 100.0;
/// Metres ahead at which the curvature is seen.
const AHEAD: [f64; 5] = [10.0, 20.0, 40.0, 60.0, 90.0];

/// Names and bounds of the observation's entries.
pub(super) fn entries(extended: bool) -> Vec<ObservationDescription> {
    let unit = |name: &str| ObservationDescription::new(name, 0.0, 1.0);
    let signed = |name: &str| ObservationDescription::new(name, -1.0, 1.0);
    let mut entries = vec![
        unit("speed"),
        signed("velocity x"),
        signed("velocity y"),
        signed("velocity z"),
        unit("throttle"),
        unit("brake"),
        signed("steering wheel"),
        unit("rpm"),
        unit("gear"),
        signed("acceleration aside"),
        signed("acceleration up"),
        signed("acceleration forward"),
        unit("wheel slip"),
        unit("tyres out"),
        unit("damaged"),
    ];
    if extended {
        entries.extend((0..RAYS).map(|ray| unit(&format!("border at {:+.1} degrees", 22.5 * (ray as f64 - 4.0)))));
        entries.extend(AHEAD.iter().map(|metres| signed(&format!("curvature in {metres} m"))));
        entries.push(signed("gap"));
        entries.push(signed("angle"));
    }
    entries
}

fn plain(racing: &Racing) -> [f64; PLAIN] {
    let vehicle = &racing.vehicle;
    let (x, z) = vehicle.velocity();
    let (forward, aside) = vehicle.acceleration;
    let gravities = |value: f64| (value / GRAVITY / 3.0).clamp(-1.0, 1.0);
    [
        (vehicle.speed() * 3.6 / 300.0).min(1.0),
        (x / 100.0).clamp(-1.0, 1.0),
        0.0,
        (z / 100.0).clamp(-1.0, 1.0),
        racing.controls.throttle,
        racing.controls.brake,
        racing.controls.steer * STEERING_WHEEL_DEGREES / 360.0,
        vehicle.rpm / 10_000.0,
        f64::from(vehicle.gear) / 6.0,
        gravities(aside),
        0.0,
        gravities(forward),
        (f64::midpoint(vehicle.slip.0, vehicle.slip.1) / 2.0).min(1.0),
        f64::from(racing.tyres_out) / 4.0,
        f64::from(u8::from(racing.damage > 0.05)),
    ]
}

pub(super) fn observe(racing: &Racing, into: &mut [f32]) {
    for (entry, value) in into.iter_mut().zip(plain(racing)) {
        *entry = value as f32;
    }
    let Some(extended) = into.get_mut(PLAIN..).filter(|rest| !rest.is_empty()) else {
        return;
    };
    let (vehicle, track) = (&racing.vehicle, &racing.rules.track);
    let (cosine, sine) = vehicle.direction;
    let (rays, rest) = extended.split_at_mut(RAYS);
    for (entry, (along, aside)) in rays.iter_mut().zip(FAN) {
        let direction = (cosine * along - sine * aside, sine * along + cosine * aside);
        let far = track.ray((vehicle.x, vehicle.y), direction, racing.place.index, FARTHEST);
        *entry = (far / FARTHEST) as f32;
    }
    for (entry, metres) in rest.iter_mut().zip(AHEAD) {
        let curvature = track.ahead(racing.place.index, metres).curvature;
        *entry = (20.0 * curvature).clamp(-1.0, 1.0) as f32;
    }
    rest[AHEAD.len()] = (racing.place.gap / 12.0).clamp(-1.0, 1.0) as f32;
    rest[AHEAD.len() + 1] = racing.angle() as f32;
}

/// Cosines and sines of -90, -67.5, ... 90 degrees.
const FAN: [(f64, f64); RAYS] = {
    const HALF: f64 = std::f64::consts::FRAC_1_SQRT_2;
    const LONG: f64 = 0.923_879_532_511_286_7;
    const SHORT: f64 = 0.382_683_432_365_089_8;
    [
        (0.0, -1.0),
        (SHORT, -LONG),
        (HALF, -HALF),
        (LONG, -SHORT),
        (1.0, 0.0),
        (LONG, SHORT),
        (HALF, HALF),
        (SHORT, LONG),
        (0.0, 1.0),
    ]
};

/// One frame of telemetry, of the form that the source's bridge sends.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TelemetryFrame {
    /// Control steps since the episode began.
    pub seq: u32,
    /// The host's clock in seconds.
    pub t_wall: f64,
    /// Seconds of a control step.
    pub dt: f64,
    /// Seconds that the host took.
    pub dt_actual: f64,
    /// The plain observation.
    pub obs: [f64; PLAIN],
    /// Everything else.
    pub info: Info,
}

/// The car, its tyres and its laps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Info {
    /// km/h.
    pub speed_kmh: f64,
    /// Revolutions a minute.
    pub rpm: f64,
    /// 1 to 6.
    pub gear: u8,
    /// Metres: x, height, z.
    pub position: [f64; 3],
    /// m/s in the environment.
    pub velocity: [f64; 3],
    /// m/s aside, up, forward.
    pub local_velocity: [f64; 3],
    /// g aside, up, forward.
    #[serde(rename = "accG")]
    pub acceleration_g: [f64; 3],
    /// Front left, front right, rear left, rear right.
    pub wheel_slip: [f64; 4],
    /// 0 to 4.
    pub tyres_out: u8,
    /// Whether the present lap counts.
    pub lap_valid: bool,
    /// Laps driven.
    pub laps: u32,
    /// Seconds since the lap began.
    pub lap_time: f64,
    /// Seconds of the last lap, 0 before the first.
    pub last_lap: f64,
    /// Seconds of the best valid lap, 0 before the first.
    pub best_lap: f64,
    /// Third of the track, 0 to 2.
    pub sector: u8,
    /// Metres driven along the track.
    pub distance: f64,
    /// Share of the lap, 0 up to 1.
    pub normalised_position: f64,
    /// 0 to 1.
    pub damage: f64,
}

impl Racing {
    /// The telemetry of the moment, at the host's time and pace.
    pub fn telemetry(&self, t_wall: f64, dt_actual: f64) -> TelemetryFrame {
        let vehicle = &self.vehicle;
        let (x, z) = vehicle.velocity();
        let (forward, aside) = vehicle.acceleration;
        let length = self.rules.track.length;
        let share = (self.place.distance / length).rem_euclid(1.0);
        let info = Info {
            speed_kmh: vehicle.speed() * 3.6,
            rpm: vehicle.rpm,
            gear: vehicle.gear,
            position: [vehicle.x, 0.0, vehicle.y],
            velocity: [x, 0.0, z],
            local_velocity: [vehicle.aside, 0.0, vehicle.forward],
            acceleration_g: [aside / GRAVITY, 0.0, forward / GRAVITY],
            wheel_slip: [vehicle.slip.0, vehicle.slip.0, vehicle.slip.1, vehicle.slip.1],
            tyres_out: self.tyres_out,
            lap_valid: !self.laps.spoiled,
            laps: self.laps.count,
            lap_time: self.laps.seconds,
            last_lap: self.laps.last_seconds,
            best_lap: self.laps.best_seconds,
            sector: (share * 3.0) as u8,
            distance: self.laps.distance,
            normalised_position: share,
            damage: self.damage,
        };
        TelemetryFrame { seq: self.progress.steps(), t_wall, dt: TICK_SECONDS, dt_actual, obs: plain(self), info }
    }
}
