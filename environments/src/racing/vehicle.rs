//! The car: a dynamic bicycle model with tyre slip, an engine and six gears, integrated at 1/60 s.
//!
//! Each axle's tyres give a lateral force by their slip s = (lateral / forward speed of the wheel): mu N c(s) with
//! c(s) = B s / sqrt(1 + (B s)²), and a longitudinal force by engine and brakes; together they cannot exceed mu N (the
//! friction circle). Load moves to the rear when accelerating and to the front when braking.

use super::smoothing::DrivingControls;

/// Seconds of a step of the integration.
pub(super) const SECONDS: f64 = 1.0 / 60.0;

pub(super) const GRAVITY: f64 = 9.81;
const MASS: f64 = 1100.0;
const YAW_INERTIA: f64 = 1600.0;
/// From the centre of mass to the axles, in metres.
const TO_FRONT: f64 = 1.2;
const TO_REAR: f64 = 1.35;
pub(super) const WHEELBASE: f64 = TO_FRONT + TO_REAR;
/// Half the distance between left and right wheels.
const HALF_TRACK: f64 = 0.75;
const HEIGHT: f64 = 0.45;
/// Greatest angle of the front wheels in radians.
pub(super) const MAX_STEER: f64 = 0.42;
/// The wheel that the driver turns, in degrees at full lock.
pub(super) const STEERING_WHEEL_DEGREES: f64 = 360.0;

const FRICTION: f64 = 1.15;
/// Grip off the road, as a share of that on it.
pub(super) const GRASS: f64 = 0.5;
const STIFFNESS: f64 = 9.0;
const DRAG: f64 = 0.42;
const ROLLING: f64 = 0.013;
const GRASS_ROLLING: f64 = 0.09;
const MAX_BRAKE: f64 = 1.2 * MASS * GRAVITY;
const FRONT_BRAKE_SHARE: f64 = 0.62;

const GEARS: [f64; 6] = [3.2, 2.1, 1.55, 1.2, 0.98, 0.82];
const FINAL_DRIVE: f64 = 4.1;
const WHEEL_RADIUS: f64 = 0.31;
const EFFICIENCY: f64 = 0.9;
const IDLE_RPM: f64 = 900.0;
const MAX_RPM: f64 = 7600.0;
const UPSHIFT_RPM: f64 = 6900.0;
const DOWNSHIFT_RPM: f64 = 3100.0;
const SHIFT_SECONDS: f64 = 0.12;

/// The car's motion.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Vehicle {
    pub(super) x: f64,
    pub(super) y: f64,
    /// Radians, clockwise from "to the right".
    pub(super) heading: f64,
    /// Speeds forward and to the right, in m/s.
    pub(super) forward: f64,
    pub(super) aside: f64,
    /// Radians a second, clockwise.
    pub(super) yaw_rate: f64,
    pub(super) rpm: f64,
    /// 1 to 6.
    pub(super) gear: u8,
    shifting: f64,
    /// Accelerations forward and to the right, in m/s².
    pub(super) acceleration: (f64, f64),
    /// Slip of the front and the rear tyres.
    pub(super) slip: (f64, f64),
    /// Cosine and sine of the heading.
    pub(super) direction: (f64, f64),
}

/// Torque in newton metres at full throttle: a parabola with 235 at 5200 rpm.
fn torque(rpm: f64) -> f64 {
    let off = (rpm - 5200.0) / 5200.0;
    if rpm >= MAX_RPM { 0.0 } else { 235.0 * (1.0 - 0.75 * off * off) }
}

impl Vehicle {
    /// At rest.
    pub(super) fn at(x: f64, y: f64, heading: f64) -> Self {
        let (sine, cosine) = libm::sincos(heading);
        Self { x, y, heading, rpm: IDLE_RPM, gear: 1, direction: (cosine, sine), ..Self::default() }
    }

    /// Speed in m/s, in whatever direction.
    #[inline]
    pub(super) fn speed(&self) -> f64 {
        (self.forward * self.forward + self.aside * self.aside).sqrt()
    }

    /// Velocity in the environment, in m/s.
    #[inline]
    pub(super) fn velocity(&self) -> (f64, f64) {
        let (cosine, sine) = self.direction;
        (cosine * self.forward - sine * self.aside, sine * self.forward + cosine * self.aside)
    }

    /// Centres of the wheels: front left, front right, rear left, rear right.
    #[inline]
    pub(super) fn wheels(&self) -> [(f64, f64); 4] {
        let (cosine, sine) = self.direction;
        let at =
            |along: f64, aside: f64| (self.x + along * cosine - aside * sine, self.y + along * sine + aside * cosine);
        [at(TO_FRONT, -HALF_TRACK), at(TO_FRONT, HALF_TRACK), at(-TO_REAR, -HALF_TRACK), at(-TO_REAR, HALF_TRACK)]
    }

    /// Moves on by 1/60 s. `steering` is cosine and sine of the front wheels' angle; `grip` is the share of the
    /// friction that the front and the rear tyres find; `gear` is chosen by hand if given.
    #[inline]
    pub(super) fn advance(
        &mut self,
        controls: &DrivingControls,
        steering: (f64, f64),
        grip: (f64, f64),
        gear: Option<u8>,
    ) {
        self.run_engine(gear);
        let (cosine, sine) = steering;
        let transfer = MASS * self.acceleration.0 * HEIGHT / WHEELBASE;
        let front_limit = FRICTION * grip.0 * (MASS * GRAVITY * TO_REAR / WHEELBASE - transfer).max(500.0);
        let rear_limit = FRICTION * grip.1 * (MASS * GRAVITY * TO_FRONT / WHEELBASE + transfer).max(500.0);

        let front_aside = self.aside + TO_FRONT * self.yaw_rate;
        let wheel_forward = cosine * self.forward + sine * front_aside;
        let wheel_aside = cosine * front_aside - sine * self.forward;
        let rear_aside = self.aside - TO_REAR * self.yaw_rate;
        // Slip is not defined at rest; 4 m/s keeps the integration stable.
        let front_slip = wheel_aside / wheel_forward.abs().max(4.0);
        let rear_slip = rear_aside / self.forward.abs().max(4.0);

        let brake = (controls.brake * MAX_BRAKE).min(self.forward.abs() * MASS / SECONDS) * self.forward.signum();
        let (front, front_use) = tyre(-front_limit * curve(front_slip), -FRONT_BRAKE_SHARE * brake, front_limit);
        let (rear, rear_use) = tyre(
            -rear_limit * curve(rear_slip),
            self.drive_force(controls.throttle) - (1.0 - FRONT_BRAKE_SHARE) * brake,
            rear_limit,
        );
        self.slip = (front_slip.abs() + (front_use - 1.0).max(0.0), rear_slip.abs() + (rear_use - 1.0).max(0.0));

        let rolling = if grip.0 + grip.1 < 1.5 { GRASS_ROLLING } else { ROLLING };
        let resistance = DRAG * self.forward * self.forward.abs()
            + (rolling * MASS * GRAVITY).min(self.forward.abs() * MASS / SECONDS) * self.forward.signum();
        let forward_force = rear.1 + cosine * front.1 - sine * front.0 - resistance;
        let front_lateral = sine * front.1 + cosine * front.0;
        self.acceleration = (forward_force / MASS, (rear.0 + front_lateral) / MASS);
        let turning = (TO_FRONT * front_lateral - TO_REAR * rear.0) / YAW_INERTIA;

        let (forward, aside) = (self.forward, self.aside);
        self.forward += SECONDS * (self.acceleration.0 + aside * self.yaw_rate);
        self.aside += SECONDS * (self.acceleration.1 - forward * self.yaw_rate);
        self.yaw_rate += SECONDS * turning;
        self.heading += SECONDS * self.yaw_rate;
        let (sine, cosine) = libm::sincos(self.heading);
        self.direction = (cosine, sine);
        let (dx, dy) = self.velocity();
        self.x += SECONDS * dx;
        self.y += SECONDS * dy;
    }

    #[inline]
    fn run_engine(&mut self, gear: Option<u8>) {
        self.shifting = (self.shifting - SECONDS).max(0.0);
        let chosen = match gear {
            Some(gear) => gear.clamp(1, 6),
            None if self.shifting > 0.0 => self.gear,
            None if self.rpm > UPSHIFT_RPM && self.gear < 6 => self.gear + 1,
            None if self.rpm < DOWNSHIFT_RPM && self.gear > 1 => self.gear - 1,
            None => self.gear,
        };
        if chosen != self.gear {
            self.gear = chosen;
            self.shifting = SHIFT_SECONDS;
        }
        let turns = self.forward.abs() / WHEEL_RADIUS * self.ratio();
        self.rpm = (turns * 60.0 / std::f64::consts::TAU).clamp(IDLE_RPM, MAX_RPM);
    }

    const fn ratio(&self) -> f64 {
        GEARS[self.gear as usize - 1] * FINAL_DRIVE
    }

    /// Force of the engine on the rear wheels in newtons; with a closed throttle it brakes.
    #[inline]
    fn drive_force(&self, throttle: f64) -> f64 {
        if self.shifting > 0.0 {
            return 0.0;
        }
        let over = self.forward > 1.0;
        let braking = if over { 40.0 * (1.0 - throttle) * self.rpm / MAX_RPM } else { 0.0 };
        (torque(self.rpm) * throttle - braking) * self.ratio() * EFFICIENCY / WHEEL_RADIUS
    }
}

/// Cosine and sine of the front wheels' angle.
pub(super) fn steering(steer: f64) -> (f64, f64) {
    let (sine, cosine) = libm::sincos(MAX_STEER * steer);
    (cosine, sine)
}

#[inline]
fn curve(slip: f64) -> f64 {
    let scaled = STIFFNESS * slip;
    scaled / (1.0 + scaled * scaled).sqrt()
}

/// Lateral and longitudinal force within the friction circle, and how much of it was asked for.
#[inline]
fn tyre(lateral: f64, longitudinal: f64, limit: f64) -> ((f64, f64), f64) {
    let wanted = (lateral * lateral + longitudinal * longitudinal).sqrt();
    let asked = wanted / limit;
    let share = if asked > 1.0 { 1.0 / asked } else { 1.0 };
    ((lateral * share, longitudinal * share), asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drive(vehicle: &mut Vehicle, controls: DrivingControls, seconds: f64) {
        for _ in 0..(seconds / SECONDS) as u32 {
            vehicle.advance(&controls, steering(controls.steer), (1.0, 1.0), None);
        }
    }

    const FULL: DrivingControls = DrivingControls { steer: 0.0, throttle: 1.0, brake: 0.0 };

    #[test]
    fn the_car_accelerates_through_its_gears_and_brakes_to_a_halt() {
        let mut car = Vehicle::at(0.0, 0.0, 0.0);
        let mut seconds = 0.0;
        while car.forward < 100.0 / 3.6 {
            drive(&mut car, FULL, SECONDS * 1.5);
            seconds += SECONDS;
        }
        assert!((4.0..9.0).contains(&seconds), "0 to 100 km/h in {seconds} s");
        drive(&mut car, FULL, 60.0);
        assert_eq!(car.gear, 6);
        assert!((55.0..80.0).contains(&car.forward), "{} m/s", car.forward);
        assert!(car.y.abs() < 1e-9 && car.aside.abs() < 1e-9);
        let (from, speed) = (car.x, car.forward);
        drive(&mut car, DrivingControls { brake: 1.0, ..DrivingControls::default() }, 10.0);
        assert!(car.forward.abs() < 0.05, "{}", car.forward);
        // Not better than the tyres: v² / (2 mu g).
        assert!(car.x - from > speed * speed / (2.0 * FRICTION * GRAVITY) * 0.8, "{}", car.x - from);
        assert_eq!(car.gear, 1);
    }

    #[test]
    fn steering_right_turns_right_and_faster_needs_more_room() {
        let radius = |throttle: f64| {
            let mut car = Vehicle::at(0.0, 0.0, 0.0);
            drive(&mut car, DrivingControls { steer: 0.25, throttle, brake: 0.0 }, 12.0);
            assert!(car.yaw_rate > 0.0);
            (car.speed() / car.yaw_rate, car.speed())
        };
        let (slow, slow_speed) = radius(0.08);
        let (fast, fast_speed) = radius(0.5);
        assert!(fast_speed > slow_speed && fast > slow, "{slow} m at {slow_speed}, {fast} m at {fast_speed} m/s");
        // Slowly, the geometry of the bicycle alone: L / tan(angle).
        assert!((slow / (WHEELBASE / libm::tan(0.25 * MAX_STEER)) - 1.0).abs() < 0.25, "{slow}");
    }

    #[test]
    fn a_parked_car_stays() {
        let mut car = Vehicle::at(3.0, 4.0, 1.0);
        drive(&mut car, DrivingControls { steer: 1.0, ..DrivingControls::default() }, 5.0);
        assert_eq!((car.x, car.y), (3.0, 4.0));
    }
}
