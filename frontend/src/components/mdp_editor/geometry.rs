//! Points, sizes and distances of the graph, and the ring in which its states stand until somebody moves them: that of the stage.

use std::f64::consts::{PI, TAU};

/// A point of the graph.
pub type MdpPoint = (f64, f64);

/// Radius of a state.
pub const STATE: f64 = 26.0;
/// Radius of an action.
pub const ACTION: f64 = 8.0;
/// From the middle of a state to its actions, where these are few.
const ORBIT: f64 = 62.0;
/// From one action of a state to the next, at least.
pub const STEP: f64 = 26.0;
/// States whose ring has room for labels between them.
const WIDE: usize = 12;
/// Where the stage's ring has its states, as large as so many actions of a state need.
pub fn ring(count: usize, most_actions: usize) -> Vec<MdpPoint> {
    if count < 2 {
        return vec![(0.0, 0.0); count];
    }
    let room = if count > WIDE { 2.0 * ACTION } else { STATE * 2.7 };
    let apart = 2.0 * (orbit(most_actions) + ACTION) + room;
    let radius = apart / 2.0 / libm::sin(PI / count as f64);
    let turn = |place: usize| TAU * (place as f64 / count as f64 - 0.5);
    (0..count).map(|place| (radius * libm::cos(turn(place)), radius * libm::sin(turn(place)))).collect()
}

/// The nearest place to the middle of others that touches none of them.
pub fn free_place(others: &[MdpPoint]) -> MdpPoint {
    let count = others.len().max(1) as f64;
    let middle = (others.iter().map(|it| it.0).sum::<f64>() / count, others.iter().map(|it| it.1).sum::<f64>() / count);
    let apart = 2.0 * ORBIT + STATE;
    let spots = (0..40_u32).flat_map(|round| {
        let radius = f64::from(round) * ORBIT;
        (0..=round * 6).map(move |step| {
            let turn = TAU * f64::from(step) / f64::from(round * 6 + 1);
            (radius * libm::cos(turn), radius * libm::sin(turn))
        })
    });
    let mut spots = spots.map(|(x, y)| (middle.0 + x, middle.1 + y));
    spots.find(|spot| others.iter().all(|it| distance(*it, *spot) >= apart)).unwrap_or(middle)
}

/// From a state to so many actions around it.
pub fn orbit(actions: usize) -> f64 {
    ORBIT.max(actions as f64 * STEP * 1.1 / TAU)
}

/// The point of a cubic curve at a share of its way.
pub fn point_on(curve: &[MdpPoint; 4], t: f64) -> MdpPoint {
    let u = 1.0 - t;
    let weights = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t];
    let sum = |axis: fn(&MdpPoint) -> f64| curve.iter().zip(weights).map(|(it, weight)| axis(it) * weight).sum();
    (sum(|it| it.0), sum(|it| it.1))
}

/// How far one point is from another.
pub fn distance(one: MdpPoint, other: MdpPoint) -> f64 {
    libm::hypot(one.0 - other.0, one.1 - other.1)
}

/// Which way another point lies; none where it is the same.
pub fn direction(from: MdpPoint, to: MdpPoint) -> Option<f64> {
    (distance(from, to) > 1.0).then(|| libm::atan2(to.1 - from.1, to.0 - from.0))
}

/// The same as a step of length 1.
pub fn unit(from: MdpPoint, to: MdpPoint) -> MdpPoint {
    let length = distance(from, to);
    if length < 1e-9 { (0.0, -1.0) } else { ((to.0 - from.0) / length, (to.1 - from.1) / length) }
}

/// The point so many steps from another.
pub fn beside(from: MdpPoint, unit: MdpPoint, by: f64) -> MdpPoint {
    (from.0 + unit.0 * by, from.1 + unit.1 * by)
}
