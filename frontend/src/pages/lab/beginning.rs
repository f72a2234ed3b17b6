//! The first seconds of a run whose speed nobody has chosen: a few steps that one can follow, then more and more, and
//! when the way is learned, a walk that one can follow again. A first visit takes its time; what somebody picked or set
//! goes on to full speed, so that the largest environment learns within seconds.

use shared::event::Speed;
use std::cmp::Ordering;

/// Milliseconds between two looks at the run.
pub const LOOK_MILLIS: u32 = 250;

/// Steps a second of a first visit, from so many looks on.
const FASTER: [(u32, f64); 6] = [(0, 8.0), (3, 30.0), (4, 125.0), (5, 500.0), (7, 1_000.0), (12, 3_000.0)];

/// So many looks a first visit takes at least: the agent has left off trying things out by then.
const LEAST_LOOKS: u32 = 34;

/// Steps a second of the first look at what was picked, and how many times as many every look has after it.
const PICKED: (f64, i32) = (125.0, 3);

/// From this look on what was picked goes as fast as it can.
const FULL_LOOK: u32 = 9;

/// So many looks what was picked takes, if it has learned the way and if not.
const PICKED_LOOKS: (u32, u32) = (12, 34);

/// Steps a second of the walk in the end, from place to place.
const WALK: f64 = 8.0;

/// The same where there are no places, but motion.
const MOTION: f64 = 30.0;

/// What begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabBeginning {
    /// The first visit's small environment.
    FirstVisit,
    /// What somebody picked or set: an environment, an agent, their settings.
    Picked,
}

/// What is known of the run at a look.
#[derive(Clone, Copy, Debug)]
pub struct BeginningLook {
    /// Looks before this one.
    pub count: u32,
    /// Whether it has learned the way, as far as one can know.
    pub learned: bool,
    /// Whether its environment has countable states.
    pub has_places: bool,
}

/// What is to be done at a look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BeginningPace {
    /// Nothing.
    AsIs,
    /// This speed from now on.
    Change(Speed),
    /// This speed for good.
    End(Speed),
}

impl LabBeginning {
    /// What is to be done at a look.
    pub fn pace(self, look: BeginningLook) -> BeginningPace {
        let BeginningLook { count, learned, has_places } = look;
        let (is_over, speed) = match self {
            Self::FirstVisit => {
                let rate = FASTER.iter().find(|(from, _)| *from == count).map(|(_, rate)| *rate);
                (learned && count >= LEAST_LOOKS, rate.map(Speed::StepsPerSecond))
            }
            Self::Picked => {
                let speed = match count.cmp(&FULL_LOOK) {
                    Ordering::Less => Some(Speed::StepsPerSecond(PICKED.0 * f64::from(PICKED.1.pow(count)))),
                    Ordering::Equal => Some(Speed::Full),
                    Ordering::Greater => None,
                };
                let looks = if learned { PICKED_LOOKS.0 } else { PICKED_LOOKS.1 };
                // At the first look the view still tells of the run before.
                (count >= looks, speed.filter(|_| !learned || count == 0))
            }
        };
        if is_over {
            return BeginningPace::End(Speed::StepsPerSecond(if has_places { WALK } else { MOTION }));
        }
        speed.map_or(BeginningPace::AsIs, BeginningPace::Change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(count: u32, learned: bool) -> BeginningLook {
        BeginningLook { count, learned, has_places: true }
    }

    /// Steps made on a first visit until a look.
    fn steps(until: u32) -> f64 {
        let (mut rate, mut steps) = (0.0, 0.0);
        for count in 0..until {
            if let BeginningPace::Change(Speed::StepsPerSecond(faster)) =
                LabBeginning::FirstVisit.pace(look(count, false))
            {
                assert!(faster > rate);
                rate = faster;
            }
            steps += rate * f64::from(LOOK_MILLIS) / 1_000.0;
        }
        steps
    }

    #[test]
    fn single_steps_come_first_and_hundreds_within_two_seconds() {
        let looks_a_second = 1_000 / LOOK_MILLIS;
        assert!(steps(looks_a_second / 2) < 10.0);
        assert!(steps(2 * looks_a_second) > 300.0);
    }

    #[test]
    fn a_first_visit_walks_when_the_way_is_learned_and_not_before() {
        let ends = |learned| {
            (0..1_000).find(|at| matches!(LabBeginning::FirstVisit.pace(look(*at, learned)), BeginningPace::End(_)))
        };
        assert_eq!(ends(true), Some(LEAST_LOOKS));
        assert_eq!(ends(false), None);
    }

    #[test]
    fn what_was_picked_comes_to_full_speed_unless_it_has_learned_before() {
        let paces = |learned_from| -> Vec<_> {
            let pace = |count| LabBeginning::Picked.pace(look(count, count >= learned_from));
            (0..=PICKED_LOOKS.1).map(pace).take_while(|pace| !matches!(pace, BeginningPace::End(_))).collect()
        };
        let hard = paces(u32::MAX);
        assert_eq!(hard.len() as u32, PICKED_LOOKS.1);
        assert!(hard.contains(&BeginningPace::Change(Speed::Full)));
        let easy = paces(5);
        assert_eq!(easy.len() as u32, PICKED_LOOKS.0);
        assert!(!easy.contains(&BeginningPace::Change(Speed::Full)));
    }

    #[test]
    fn in_the_end_it_walks_from_place_to_place_or_moves() {
        let end =
            |has_places| LabBeginning::Picked.pace(BeginningLook { count: PICKED_LOOKS.1, learned: false, has_places });
        assert_eq!(end(true), BeginningPace::End(Speed::StepsPerSecond(WALK)));
        assert_eq!(end(false), BeginningPace::End(Speed::StepsPerSecond(MOTION)));
    }
}
