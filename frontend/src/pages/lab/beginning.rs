//! The first seconds of a first visit: a few steps that one can follow, then more and more, so that within two seconds
//! values spread; and when the way is learned, a walk that one can follow again.

/// Milliseconds between two looks at the run.
pub const LOOK_MILLIS: u32 = 250;

/// Steps a second from so many looks on.
const FASTER: [(u32, f64); 6] = [(0, 8.0), (3, 30.0), (4, 125.0), (5, 500.0), (7, 1_000.0), (12, 3_000.0)];

/// So many looks it takes at least: the agent has left off trying things out by then.
const LEAST_LOOKS: u32 = 34;

/// Steps a second of the walk in the end.
const AFTERWARDS: f64 = 8.0;

/// What is to be done at a look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// Nothing.
    AsIs,
    /// So many steps a second from now on.
    Change(f64),
    /// So many steps a second for good.
    End(f64),
}

/// What is to be done at a look, counted from 0, at a run that has learned the way or not yet.
pub fn pace(look: u32, learned: bool) -> Pace {
    if learned && look >= LEAST_LOOKS {
        return Pace::End(AFTERWARDS);
    }
    FASTER.iter().find(|(from, _)| *from == look).map_or(Pace::AsIs, |(_, rate)| Pace::Change(*rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps made until a look.
    fn steps(until: u32) -> f64 {
        let (mut rate, mut steps) = (0.0, 0.0);
        for look in 0..until {
            if let Pace::Change(faster) = pace(look, false) {
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
    fn it_ends_when_the_way_is_learned_and_not_before() {
        let ends = |learned| (0..1_000).find(|look| matches!(pace(*look, learned), Pace::End(_)));
        assert_eq!(ends(true), Some(LEAST_LOOKS));
        assert_eq!(ends(false), None);
    }
}
