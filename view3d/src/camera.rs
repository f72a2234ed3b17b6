//! Cameras: where the viewer stands, and how softly that changes.

use three_d::core::prelude::{InnerSpace as _, Vec3, VectorSpace as _};

/// Where from one sees a scenery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraKind {
    /// From behind, following.
    Chase,
    /// From the driver's seat.
    Driver,
    /// From above.
    Top,
    /// From changing places, as in films.
    Cinematic,
    /// From a passenger's seat, through the window.
    Passenger,
    /// From the eyes of what moves.
    Eyes,
    /// From the front.
    Front,
    /// From a corner, a little above.
    Corner,
}

impl CameraKind {
    /// Whether it is within something, through whose walls no flight leads.
    pub const fn is_within(self) -> bool {
        matches!(self, Self::Driver | Self::Passenger | Self::Eyes)
    }
}

/// A place to see from, and what is in the middle of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CameraPose {
    /// Where it is.
    pub at: Vec3,
    /// What it looks at.
    pub towards: Vec3,
    /// Angle from the upper to the lower edge of the picture, in degrees.
    pub angle: f32,
    /// Seconds in which it makes up for half of its distance; 0 keeps it where it belongs.
    pub ease: f32,
}

impl CameraPose {
    /// The angle for a picture of this width per height: in a narrow one it grows, so that as much is seen aside.
    pub fn angle_for(&self, aspect: f32) -> f32 {
        let least = 1.25;
        if aspect >= least {
            return self.angle;
        }
        let half = (self.angle.to_radians() / 2.0).tan() * least / aspect.max(0.2);
        (2.0 * half.atan()).to_degrees().min(110.0)
    }
}

/// How long the flight from one camera to another takes, in seconds.
const FLIGHT_SECONDS: f32 = 0.7;
/// A camera that is to move farther than this at once, in metres, is there at once.
const CUT_METRES: f32 = 40.0;

/// The camera in use, on its way to where it belongs.
#[derive(Clone, Debug, Default)]
pub struct Operator {
    eye: Option<CameraPose>,
    flight: Option<(CameraPose, f32)>,
}

impl Operator {
    /// Begins the flight to another camera; without motion it is there at once.
    pub fn change(&mut self, still: bool) {
        self.flight = self.eye.filter(|_| !still).map(|from| (from, 0.0));
        if still {
            self.eye = None;
        }
    }

    /// Goes on for so many seconds towards where the camera belongs, and gives where it is.
    pub fn follow(&mut self, target: CameraPose, seconds: f32) -> CameraPose {
        let mut eye = match self.eye {
            Some(eye) if (eye.at - target.at).magnitude() < CUT_METRES || self.flight.is_some() => eye,
            _ => target,
        };
        let left = if target.ease > 0.0 { 0.5_f32.powf(seconds / target.ease) } else { 0.0 };
        eye =
            CameraPose { at: target.at.lerp(eye.at, left), towards: target.towards.lerp(eye.towards, left), ..target };
        if let Some((from, flown)) = self.flight {
            let flown = flown + seconds / FLIGHT_SECONDS;
            self.flight = (flown < 1.0).then_some((from, flown));
            let share = flown.clamp(0.0, 1.0);
            let share = share * share * (3.0 - 2.0 * share);
            eye = CameraPose {
                at: from.at.lerp(target.at, share),
                towards: from.towards.lerp(target.towards, share),
                angle: from.angle + (target.angle - from.angle) * share,
                ease: target.ease,
            };
        }
        self.eye = Some(eye);
        eye
    }

    /// Whether it is still on its way.
    pub fn is_moving(&self, target: CameraPose) -> bool {
        self.flight.is_some()
            || self
                .eye
                .is_none_or(|eye| (eye.at - target.at).magnitude() + (eye.towards - target.towards).magnitude() > 2e-3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use three_d::core::prelude::vec3;

    fn eye(x: f32, ease: f32) -> CameraPose {
        CameraPose { at: vec3(x, 2.0, 0.0), towards: vec3(x, 0.0, -5.0), angle: 50.0, ease }
    }

    #[test]
    fn a_camera_follows_by_halves_jumps_far_and_flies_between_cameras() {
        let mut operator = Operator::default();
        assert_eq!(operator.follow(eye(0.0, 0.2), 0.016).at.x, 0.0);
        let half_way = operator.follow(eye(10.0, 0.2), 0.2).at.x;
        assert!((half_way - 5.0).abs() < 1e-4, "{half_way}");
        assert!(operator.is_moving(eye(10.0, 0.2)));
        assert_eq!(operator.follow(eye(100.0, 0.2), 0.016).at.x, 100.0, "a jump is no journey");
        operator.change(false);
        let flying = operator.follow(eye(0.0, 0.0), FLIGHT_SECONDS / 2.0).at.x;
        assert!((flying - 50.0).abs() < 1e-3, "{flying}");
        operator.follow(eye(0.0, 0.0), FLIGHT_SECONDS);
        assert!(!operator.is_moving(eye(0.0, 0.0)));
        operator.change(true);
        assert_eq!(operator.follow(eye(30.0, 0.2), 0.016).at.x, 30.0, "without motion it is there at once");
    }

    #[test]
    fn a_narrow_picture_sees_as_much_aside() {
        let eye = eye(0.0, 0.0);
        assert_eq!(eye.angle_for(2.0), 50.0);
        assert!(eye.angle_for(0.6) > 70.0 && eye.angle_for(0.01) <= 110.0);
    }
}
