//! Where bins end however quick a run is: a learner's first thousand episodes are over before the first look at the
//! clock, and in them lies its whole learning curve.
//!
//! Two milestones an octave at first, then one, so that they are spread evenly over a logarithmic axis and are few enough
//! to leave room among a second's log events.

/// From here on there is one milestone an octave.
const LAST_FINE: u64 = 1 << 10;
/// The last milestone; the clock ends bins as often from here on.
const LAST: u64 = 1 << 16;
/// The last milestone at which metrics are told as well.
const LAST_METRICS: u64 = 1 << 12;

/// The first milestone after so many episodes, or `u64::MAX`.
pub(crate) fn after(episodes: u64) -> u64 {
    if episodes >= LAST {
        return u64::MAX;
    }
    let octave = (episodes + 1).next_power_of_two();
    let middle = octave / 4 * 3;
    if octave <= LAST_FINE && middle > episodes { middle } else { octave }
}

/// Whether metrics are told at a milestone: once in two octaves.
pub(crate) const fn tells_metrics(milestone: u64) -> bool {
    milestone <= LAST_METRICS && milestone.is_power_of_two() && milestone.trailing_zeros().is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<u64> {
        std::iter::successors(Some(after(0)), |milestone| Some(after(*milestone)))
            .take_while(|it| *it < u64::MAX)
            .collect()
    }

    #[test]
    fn they_are_dense_at_first_and_end() {
        let all = all();
        assert_eq!(all[..8], [1, 2, 3, 4, 6, 8, 12, 16]);
        assert_eq!(all[all.len() - 4..], [8192, 16_384, 32_768, 65_536]);
        assert_eq!(after(5), 6);
        assert_eq!(after(u64::MAX), u64::MAX);
    }

    #[test]
    fn they_leave_room_among_the_sixty_events_of_a_second() {
        let metrics = all().into_iter().filter(|it| tells_metrics(*it)).count();
        // Beside two dozen recorded episodes, and the bin and metrics of a flush.
        assert!(all().len() + metrics + 24 + 2 <= 60, "{} and {metrics}", all().len());
    }
}
