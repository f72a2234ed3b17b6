//! Smoothing of the controls, once per control tick: clamp, limit the change against the previous smoothed value, then
//! blend `a * limited + (1 - a) * previous`.

/// What a driver, or an agent, asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DrivingControls {
    /// Left -1 to right 1.
    pub steer: f64,
    /// 0 to 1.
    pub throttle: f64,
    /// 0 to 1.
    pub brake: f64,
}

impl DrivingControls {
    /// The same within the ranges; what is no number counts as 0.
    #[must_use]
    pub const fn clamped(self) -> Self {
        const fn clamp(value: f64, low: f64) -> f64 {
            if value.is_nan() { 0.0 } else { value.clamp(low, 1.0) }
        }
        Self { steer: clamp(self.steer, -1.0), throttle: clamp(self.throttle, 0.0), brake: clamp(self.brake, 0.0) }
    }
}

/// How one control may change in a tick.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Limit {
    up: f64,
    down: f64,
    alpha: f64,
}

impl Limit {
    #[inline]
    fn apply(self, previous: f64, wanted: f64) -> f64 {
        let limited = previous + (wanted - previous).clamp(-self.down, self.up);
        self.alpha * limited + (1.0 - self.alpha) * previous
    }
}

/// A set of limits; none passes everything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothing(Option<[Limit; 3]>);

/// Names and labels of the presets, the default first.
pub(super) const PRESETS: [(&str, &str); 4] =
    [("moderate", "moderate"), ("none", "none"), ("conservative", "conservative"), ("aggressive", "aggressive")];

impl Smoothing {
    /// The preset of a name.
    pub fn named(name: &str) -> Self {
        let limits = |steer: f64, throttle: (f64, f64), brake: (f64, f64), alpha: [f64; 3]| {
            let limit = |(up, down): (f64, f64), alpha| Limit { up, down, alpha };
            Self(Some([limit((steer, steer), alpha[0]), limit(throttle, alpha[1]), limit(brake, alpha[2])]))
        };
        match name {
            "none" => Self(None),
            "conservative" => limits(0.10, (0.08, 0.20), (0.25, 0.08), [0.5, 0.6, 0.6]),
            "aggressive" => limits(0.20, (0.15, 0.30), (0.40, 0.15), [0.7, 0.8, 0.8]),
            _ => limits(0.15, (0.10, 0.25), (0.30, 0.10), [0.6, 0.7, 0.7]),
        }
    }

    /// The smoothed controls of the tick after `previous`.
    #[must_use]
    #[inline]
    pub fn apply(&self, previous: DrivingControls, wanted: DrivingControls) -> DrivingControls {
        let wanted = wanted.clamped();
        match self.0 {
            None => wanted,
            Some([steer, throttle, brake]) => DrivingControls {
                steer: steer.apply(previous.steer, wanted.steer),
                throttle: throttle.apply(previous.throttle, wanted.throttle),
                brake: brake.apply(previous.brake, wanted.brake),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ticks until a control is within 0.01 of what is asked for.
    fn ticks(from: DrivingControls, wanted: DrivingControls, of: fn(DrivingControls) -> f64) -> u32 {
        let smoothing = Smoothing::named("moderate");
        let mut controls = from;
        (1..100)
            .find(|_| {
                controls = smoothing.apply(controls, wanted);
                (of(controls) - of(wanted)).abs() < 0.01
            })
            .unwrap()
    }

    #[test]
    fn moderate_takes_the_known_numbers_of_ticks() {
        let rest = DrivingControls::default();
        let full = DrivingControls { steer: 1.0, throttle: 1.0, brake: 1.0 };
        assert_eq!(ticks(rest, full, |it| it.steer), 13);
        assert_eq!(ticks(rest, full, |it| it.throttle), 15);
        assert_eq!(ticks(full, rest, |it| it.throttle), 8);
        assert_eq!(ticks(rest, full, |it| it.brake), 7);
        assert_eq!(ticks(full, rest, |it| it.brake), 15);
    }

    #[test]
    fn none_passes_what_is_in_range() {
        let wanted = DrivingControls { steer: -3.0, throttle: f64::NAN, brake: 0.4 };
        let passed = Smoothing::named("none").apply(DrivingControls::default(), wanted);
        assert_eq!(passed, DrivingControls { steer: -1.0, throttle: 0.0, brake: 0.4 });
    }
}
