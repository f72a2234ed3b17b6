//! Tracks: closed splines, sampled evenly, with everything that a car or an agent asks of them.
//!
//! Coordinates are metres, x to the right and y downward, so that angles and turns to the right are positive.

use crate::literal;
use serde::Deserialize;
use shared::number::Number;

/// Metres between two samples of the centre line.
const SPACING: f64 = 2.0;
/// A last point nearer than this to the first, in metres, closes the ring; computed rings miss it by rounding.
const CLOSED: f64 = 1e-3;
/// Straight pieces that a stretch between two control points is measured with.
const PIECES: usize = 32;
/// What a driver asks of the tyres in a bend and before it, in m/s²: half of what they give.
const CORNERING: f64 = 6.0;
/// The same while braking.
const BRAKING: f64 = 5.0;

/// A track that cannot be driven, with the place.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TrackError {
    /// No JSON of the right form.
    #[error("not a track as {{\"width\": metres, \"points\": [[x, y], ...]}}: {0}")]
    Json(String),
    /// Too few or too many control points.
    #[error("a track has 4 to 200 points, not {0}")]
    Count(usize),
    /// A point too far out, or no number.
    #[error("point {index} is ({x}, {y}); coordinates lie within ±5000 m")]
    Far {
        /// The point, counted from 1.
        index: usize,
        /// Its x.
        x: f64,
        /// Its y.
        y: f64,
    },
    /// A point at the place of the one before it.
    #[error("points {} and {index} are the same, ({x}, {y}); leave one of them out", .index - 1)]
    Repeated {
        /// The later of the two, counted from 1.
        index: usize,
        /// Their x.
        x: f64,
        /// Their y.
        y: f64,
    },
    /// Too narrow or too wide.
    #[error("the width must be from 6 to 20 m, not {0}")]
    Width(f64),
    /// Too short or too long.
    #[error("the track is {0:.0} m long; it must be from 200 to 10000 m")]
    Length(f64),
    /// A bend that is tighter than the road is wide.
    #[error("the bend at ({x:.0}, {y:.0}) has a radius of {radius:.1} m; it must be at least {least:.1} m")]
    Tight {
        /// Where.
        x: f64,
        /// Where.
        y: f64,
        /// Its radius.
        radius: f64,
        /// The least radius for this width.
        least: f64,
    },
    /// Two stretches of road that overlap.
    #[error("the road runs into itself at ({x:.0}, {y:.0}) and ({other_x:.0}, {other_y:.0})")]
    Crossing {
        /// On the earlier stretch.
        x: f64,
        /// On the earlier stretch.
        y: f64,
        /// On the later stretch.
        other_x: f64,
        /// On the later stretch.
        other_y: f64,
    },
}

/// A sample of the centre line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TrackSample {
    pub(super) x: f64,
    pub(super) y: f64,
    /// Direction of driving, of length 1.
    pub(super) along: (f64, f64),
    /// 1 / radius in 1/m, positive to the right.
    pub(super) curvature: f64,
}

/// A place relative to the centre line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct TrackPosition {
    /// Nearest sample.
    pub(super) index: usize,
    /// Metres along the centre line from the start line.
    pub(super) distance: f64,
    /// Metres to the right of the centre line.
    pub(super) gap: f64,
}

/// A closed track.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    pub(super) samples: Vec<TrackSample>,
    /// Of every sample, in m/s.
    paces: Vec<f64>,
    spacing: f64,
    pub(super) length: f64,
    pub(super) half_width: f64,
}

/// Name, width, control points.
type BuiltInTrack = (&'static str, f64, &'static [(f64, f64)]);

const CIRCUITS: [BuiltInTrack; 3] = [
    (
        "oval",
        14.0,
        &[
            (0.0, 0.0),
            (120.0, 0.0),
            (190.0, 25.0),
            (220.0, 80.0),
            (190.0, 135.0),
            (120.0, 160.0),
            (0.0, 160.0),
            (-120.0, 160.0),
            (-190.0, 135.0),
            (-220.0, 80.0),
            (-190.0, 25.0),
            (-120.0, 0.0),
        ],
    ),
    (
        "club",
        12.0,
        &[
            (0.0, 0.0),
            (110.0, 0.0),
            (185.0, -5.0),
            (232.0, -45.0),
            (218.0, -100.0),
            (160.0, -118.0),
            (115.0, -92.0),
            (70.0, -90.0),
            (30.0, -125.0),
            (-35.0, -145.0),
            (-100.0, -118.0),
            (-118.0, -55.0),
            (-80.0, -8.0),
        ],
    ),
    (
        "technical",
        10.0,
        &[
            (0.0, 0.0),
            (70.0, 2.0),
            (115.0, -20.0),
            (112.0, -62.0),
            (76.0, -82.0),
            (76.0, -116.0),
            (112.0, -130.0),
            (158.0, -108.0),
            (194.0, -130.0),
            (180.0, -174.0),
            (112.0, -182.0),
            (40.0, -162.0),
            (-20.0, -182.0),
            (-76.0, -160.0),
            (-80.0, -112.0),
            (-50.0, -80.0),
            (-66.0, -52.0),
            (-100.0, -40.0),
            (-104.0, -10.0),
            (-66.0, 2.0),
        ],
    ),
];

/// A track as people write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a track with its width and its points, each of two numbers")]
struct WrittenTrack {
    width: Number,
    points: Vec<(Number, Number)>,
}

impl Track {
    /// One of the built-in circuits: oval, club or technical.
    pub fn named(name: &str) -> Result<Self, TrackError> {
        let circuit = CIRCUITS.iter().find(|(it, ..)| *it == name).unwrap_or(&CIRCUITS[0]);
        Self::new(circuit.1, circuit.2)
    }

    /// A track given as JSON: `{"width": 10, "points": [[x, y], ...]}` in metres, driven in the order of the points.
    pub fn parse(json: &str) -> Result<Self, TrackError> {
        // What is no JSON may be Python.
        let written = serde_json::from_str(json)
            .or_else(|error| serde_json::from_str(&literal::to_json(json)).map_err(|_| error));
        let fault = |error| TrackError::Json(shared::json::fault(json.as_bytes(), &error));
        let WrittenTrack { width, points } = written.map_err(fault)?;
        let mut points: Vec<_> = points.into_iter().map(|(Number(x), Number(y))| (x, y)).collect();
        // Many programs close a ring by writing its first point again, some of them twice.
        while let [first, .., last] = &points[..]
            && distance(*first, *last) < CLOSED
        {
            points.pop();
        }
        Self::new(width.0, &points)
    }

    fn new(width: f64, points: &[(f64, f64)]) -> Result<Self, TrackError> {
        if !(4..=200).contains(&points.len()) {
            return Err(TrackError::Count(points.len()));
        }
        let near = |value: f64| (-5000.0..=5000.0).contains(&value);
        if let Some(index) = points.iter().position(|(x, y)| !near(*x) || !near(*y)) {
            return Err(TrackError::Far { index: index + 1, x: points[index].0, y: points[index].1 });
        }
        if let Some(before) = points.windows(2).position(|pair| pair[0] == pair[1]) {
            return Err(TrackError::Repeated { index: before + 2, x: points[before].0, y: points[before].1 });
        }
        if !(6.0..=20.0).contains(&width) {
            return Err(TrackError::Width(width));
        }
        let track = Self::sample(width, points)?;
        track.check_bends()?;
        track.check_crossings()?;
        Ok(track)
    }

    /// Samples the closed Catmull-Rom spline through the points.
    fn sample(width: f64, points: &[(f64, f64)]) -> Result<Self, TrackError> {
        let line: Vec<(f64, f64)> = (0..points.len() * PIECES)
            .map(|piece| spline(points, piece / PIECES, (piece % PIECES) as f64 / PIECES as f64))
            .collect();
        let step = |index: usize| distance(line[index], line[(index + 1) % line.len()]);
        let length: f64 = (0..line.len()).map(step).sum();
        if !(200.0..=10_000.0).contains(&length) {
            return Err(TrackError::Length(length));
        }
        let count = (length / SPACING) as usize;
        let spacing = length / count as f64;
        let (mut places, mut piece, mut passed) = (Vec::with_capacity(count), 0, 0.0);
        for index in 0..count {
            let wanted = index as f64 * spacing;
            while piece + 1 < line.len() && passed + step(piece) < wanted {
                passed += step(piece);
                piece += 1;
            }
            let share = (wanted - passed) / step(piece).max(1e-9);
            let ((x, y), (next_x, next_y)) = (line[piece], line[(piece + 1) % line.len()]);
            places.push((x + share * (next_x - x), y + share * (next_y - y)));
        }
        let along = |index: usize| {
            let (before, after) = (places[(index + count - 1) % count], places[(index + 1) % count]);
            let length = distance(before, after).max(1e-9);
            ((after.0 - before.0) / length, (after.1 - before.1) / length)
        };
        let curvature = |index: usize| {
            let (before, after) = (along((index + count - 1) % count), along((index + 1) % count));
            (before.0 * after.1 - before.1 * after.0) / (2.0 * spacing)
        };
        let sample = |index: usize| {
            let (x, y) = places[index];
            TrackSample { x, y, along: along(index), curvature: curvature(index) }
        };
        let samples: Vec<_> = (0..count).map(sample).collect();
        Ok(Self { paces: paces(&samples, spacing), samples, spacing, length, half_width: width / 2.0 })
    }

    fn check_bends(&self) -> Result<(), TrackError> {
        let least = self.half_width + 2.0;
        match self.samples.iter().find(|it| it.curvature.abs() * least > 1.0) {
            Some(it) => Err(TrackError::Tight { x: it.x, y: it.y, radius: 1.0 / it.curvature.abs(), least }),
            None => Ok(()),
        }
    }

    fn check_crossings(&self) -> Result<(), TrackError> {
        let count = self.samples.len();
        // Within half a turn of the tightest bend, stretches may be near each other.
        let apart = ((std::f64::consts::PI * (self.half_width + 2.0) / self.spacing) as usize + 2).min(count / 2);
        for (index, one) in self.samples.iter().enumerate() {
            let last = (index + count - apart).min(count - 1);
            for other in self.samples.iter().take(last + 1).skip(index + apart) {
                if distance((one.x, one.y), (other.x, other.y)) < 2.0 * self.half_width {
                    return Err(TrackError::Crossing { x: one.x, y: one.y, other_x: other.x, other_y: other.y });
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn squared_distance(&self, index: usize, x: f64, y: f64) -> f64 {
        let sample = &self.samples[index];
        (x - sample.x) * (x - sample.x) + (y - sample.y) * (y - sample.y)
    }

    /// The place of a point, looked for from a sample near it.
    #[inline]
    pub(super) fn place(&self, x: f64, y: f64, near: usize) -> TrackPosition {
        let count = self.samples.len();
        let forward = |index: usize| if index + 1 == count { 0 } else { index + 1 };
        let backward = |index: usize| if index == 0 { count - 1 } else { index - 1 };
        let mut index = near;
        let mut least = self.squared_distance(index, x, y);
        loop {
            let (after, before) = (forward(index), backward(index));
            let (ahead, behind) = (self.squared_distance(after, x, y), self.squared_distance(before, x, y));
            if ahead < least {
                (index, least) = (after, ahead);
            } else if behind < least {
                (index, least) = (before, behind);
            } else {
                break;
            }
        }
        let sample = &self.samples[index];
        let (dx, dy) = (x - sample.x, y - sample.y);
        let along = dx * sample.along.0 + dy * sample.along.1;
        let gap = dy * sample.along.0 - dx * sample.along.1;
        TrackPosition { index, distance: index as f64 * self.spacing + along, gap }
    }

    /// The sample so many metres ahead of another.
    #[inline]
    pub(super) fn ahead(&self, index: usize, metres: f64) -> &TrackSample {
        &self.samples[(index + (metres / self.spacing) as usize) % self.samples.len()]
    }

    /// Speed in m/s at which a careful driver passes a sample: slow enough for the bend and to brake for those to come.
    #[inline]
    pub(super) fn pace(&self, index: usize) -> f64 {
        self.paces[index]
    }

    /// Metres from a point on the road to its border in a direction of length 1, at most `most`.
    pub(super) fn ray(&self, (x, y): (f64, f64), (dx, dy): (f64, f64), near: usize, most: f64) -> f64 {
        let inside = |far: f64, near: usize| {
            let place = self.place(x + far * dx, y + far * dy, near);
            (place.gap.abs() <= self.half_width, place.index)
        };
        let (mut clear, mut index) = (0.0, near);
        if !inside(0.0, near).0 {
            return 0.0;
        }
        let step = 4.0;
        while clear < most {
            let (free, next) = inside(clear + step, index);
            if !free {
                break;
            }
            (clear, index) = (clear + step, next);
        }
        let mut blocked = (clear + step).min(most + step);
        for _ in 0..6 {
            let middle = f64::midpoint(clear, blocked);
            if inside(middle, index).0 { clear = middle } else { blocked = middle }
        }
        clear.min(most)
    }
}

fn distance(one: (f64, f64), other: (f64, f64)) -> f64 {
    let (dx, dy) = (other.0 - one.0, other.1 - one.1);
    (dx * dx + dy * dy).sqrt()
}

/// The Catmull-Rom spline between a point and the next, at `share` of the way.
fn spline(points: &[(f64, f64)], index: usize, share: f64) -> (f64, f64) {
    let point = |offset: usize| points[(index + points.len() + offset - 1) % points.len()];
    let blend = |[before, from, to, after]: [f64; 4]| {
        let linear = to - before;
        let square = 2.0 * before - 5.0 * from + 4.0 * to - after;
        let cube = 3.0 * (from - to) + after - before;
        0.5 * (2.0 * from + share * (linear + share * (square + share * cube)))
    };
    let points = [point(0), point(1), point(2), point(3)];
    (blend(points.map(|it| it.0)), blend(points.map(|it| it.1)))
}

/// The speed at which each sample may be passed, with those that come after it in mind.
fn paces(samples: &[TrackSample], spacing: f64) -> Vec<f64> {
    let straight = 1e-4;
    let mut squares: Vec<f64> = samples.iter().map(|it| CORNERING / it.curvature.abs().max(straight)).collect();
    // Twice around: what comes after the last sample is the first.
    for index in (0..2 * squares.len()).rev().map(|index| index % samples.len()) {
        let next = squares[(index + 1) % samples.len()];
        squares[index] = squares[index].min(next + 2.0 * BRAKING * spacing);
    }
    squares.into_iter().map(f64::sqrt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_circuits_can_be_driven() {
        for (name, least, most) in [("oval", 900.0, 1100.0), ("club", 800.0, 1000.0), ("technical", 900.0, 1300.0)] {
            let track = Track::named(name).unwrap();
            assert!((least..most).contains(&track.length), "{name}: {}", track.length);
        }
        // They are no ovals.
        for (name, bends) in [("oval", 0), ("club", 1), ("technical", 3)] {
            let track = Track::named(name).unwrap();
            let left = |index: usize| track.samples[index].curvature < -0.004;
            let count = (1..track.samples.len()).filter(|index| left(*index) && !left(*index - 1)).count();
            let right = |index: usize| track.samples[index].curvature > 0.004;
            let other = (1..track.samples.len()).filter(|index| right(*index) && !right(*index - 1)).count();
            assert!(count.min(other) >= bends, "{name}: {count} left, {other} right");
        }
    }

    #[test]
    fn places_are_found_along_and_beside_the_line() {
        let track = Track::named("oval").unwrap();
        let mut near = 0;
        for (index, sample) in track.samples.iter().enumerate() {
            let (x, y) = (sample.x - 3.0 * sample.along.1, sample.y + 3.0 * sample.along.0);
            let place = track.place(x, y, near);
            assert!((place.gap - 3.0).abs() < 0.05, "{index}: {place:?}");
            assert!((place.distance - index as f64 * track.spacing).abs() < 1.5);
            near = place.index;
        }
        let start = &track.samples[0];
        let side = track.ray((start.x, start.y), (-start.along.1, start.along.0), 0, 60.0);
        assert!((side - track.half_width).abs() < 0.1, "{side}");
        assert_eq!(track.ray((start.x, start.y), start.along, 0, 60.0), 60.0);
    }

    #[test]
    fn who_keeps_the_pace_can_take_every_bend_and_brake_for_it() {
        for (name, ..) in CIRCUITS {
            let track = Track::named(name).unwrap();
            for (index, sample) in track.samples.iter().enumerate() {
                let (pace, next) = (track.pace(index), track.pace((index + 1) % track.samples.len()));
                assert!(pace * pace * sample.curvature.abs() <= CORNERING + 1e-9, "{name} {index}: {pace}");
                assert!(pace * pace - next * next <= 2.0 * BRAKING * track.spacing + 1e-9, "{name} {index}: {pace}");
            }
            let tightest = track.samples.iter().map(|it| it.curvature.abs()).fold(0.0, f64::max);
            let slowest = track.paces.iter().copied().fold(f64::MAX, f64::min);
            assert!((slowest * slowest * tightest - CORNERING).abs() < 1e-9, "{name}: {slowest}");
        }
    }

    #[track_caller]
    fn check_refused(json: &str, expected: &str) {
        let error = Track::parse(json).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn faulty_tracks_are_refused_with_the_place() {
        check_refused("{", "not a track as {\"width\": metres");
        check_refused(
            r#"{"width": 10, "points": [[0,0],[1e400,0],[100,100],[0,100]]}"#,
            "not a track as {\"width\": metres, \"points\": [[x, y], ...]}: the number 1e400 is beyond 1.8e308",
        );
        check_refused(r#"{"width": 10, "points": [[0,0],[1,0],[1,1]]}"#, "a track has 4 to 200 points, not 3");
        check_refused(r#"{"width": 10, "points": [[0,0],[1,0],[1,9999],[0,1]]}"#, "point 3 is (1, 9999)");
        check_refused(r#"{"width": 10, "points": [[0,0],[NaN,0],[100,100],[0,100]]}"#, "point 2 is (NaN, 0)");
        check_refused(
            "{'width': float('inf'), 'points': [(0,0),(1,0),(1,1),(0,1)]}",
            "the width must be from 6 to 20 m, not inf",
        );
        let twice = r#"{"width": 10, "points": [[0,0],[100,0],[100,0],[100,100],[0,100]]}"#;
        check_refused(twice, "points 2 and 3 are the same, (100, 0)");
        check_refused(r#"{"width": 50, "points": [[0,0],[100,0],[100,100],[0,100]]}"#, "the width must be");
        check_refused(r#"{"width": 10, "points": [[0,0],[10,0],[10,10],[0,10]]}"#, "the track is 4");
        let eight = r#"{"width": 10, "points": [[0,0],[100,100],[150,50],[100,0],[0,100],[-50,50]]}"#;
        check_refused(eight, "the road runs into itself at (");
        let spike = r#"{"width": 10, "points": [[0,0],[100,0],[200,0],[202,10],[200,200],[0,200]]}"#;
        check_refused(spike, "the bend at (");
        let quoted = Track::parse(r#"{"width": "10", "points": [[0,0],[1,0],[1,1],[0,1]]}"#).unwrap_err().to_string();
        assert!(quoted.contains("\"10\", expected a number without quotes"), "{quoted}");
        check_refused(r#"{"width": 10, "points": [[0,0]], "colour": 1}"#, "not a track as {\"width\": metres");
    }

    #[test]
    fn a_ring_may_be_closed_by_its_first_point_and_written_in_python() {
        let open = Track::parse(r#"{"width": 10, "points": [[0,0],[200,0],[200,150],[0,150]]}"#).unwrap();
        let closed = Track::parse(r#"{"width": 10.0, "points": [[0,0],[200,0],[200,150],[0,150],[0,0]]}"#);
        assert_eq!(closed.as_ref(), Ok(&open));
        let twice = Track::parse(r#"{"width": 10.0, "points": [[0,0],[200,0],[200,150],[0,150],[0,0],[0,0]]}"#);
        assert_eq!(twice.as_ref(), Ok(&open));
        let rounded = Track::parse(r#"{"width": 10.0, "points": [[0,0],[200,0],[200,150],[0,150],[1e-9,-1e-12]]}"#);
        assert_eq!(rounded.as_ref(), Ok(&open));
        let python =
            Track::parse("track = {'width': 10, 'points': [(0., 0), (200, 0), (200, 150), (0, 150), (0, 0)]}  # mine");
        assert!(python.is_err(), "a name is no part of a track");
        let python = Track::parse("{'width': 10, 'points': [(0., 0), (200, 0), (200, 150), (0, 150), (0, 0)]}  # mine");
        assert_eq!(python, Ok(open));
    }
}
