//! How a network's value estimate went along one episode.

/// Most points that are kept.
const MOST_POINTS: usize = 240;

/// Value estimates by step, of one episode.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueTrack {
    episode: u64,
    points: Vec<(u64, f64)>,
}

impl ValueTrack {
    /// Takes in an estimate. Another episode, or a step that was there, begins anew.
    pub fn push(&mut self, episode: u64, episode_step: u64, value: f64) {
        let goes_on = self.episode == episode && self.points.last().is_none_or(|(step, _)| *step < episode_step);
        let is_same = self.episode == episode && self.points.last().is_some_and(|(step, _)| *step == episode_step);
        if !goes_on && !is_same {
            self.points.clear();
        }
        self.episode = episode;
        if is_same {
            self.points.pop();
        }
        if value.is_finite() {
            self.points.push((episode_step, value));
        }
        if self.points.len() > MOST_POINTS {
            self.points.remove(0);
        }
    }

    /// The points of a line in a picture of 100 by 24, two units from its edges; none of fewer than three points.
    pub fn line(&self) -> Option<String> {
        let ((first, _), (last, _)) = (self.points.first()?, self.points.last()?);
        if self.points.len() < 3 {
            return None;
        }
        let (low, high) = self
            .points
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it.1), high.max(it.1)));
        let place = |(step, value): &(u64, f64)| {
            let x = 100.0 * (step - first) as f64 / (last - first).max(1) as f64;
            let y = if high > low { 22.0 - 20.0 * (value - low) / (high - low) } else { 12.0 };
            format!("{x:.1},{y:.1}")
        };
        Some(self.points.iter().map(place).collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_spans_its_episode_and_begins_anew_with_the_next() {
        let mut track = ValueTrack::default();
        for (step, value) in [(0, 1.0), (5, 2.0), (5, 3.0), (10, 1.0)] {
            track.push(4, step, value);
        }
        assert_eq!(track.line().as_deref(), Some("0.0,22.0 50.0,2.0 100.0,22.0"));
        track.push(4, 11, f64::NAN);
        assert!(track.line().is_some());
        track.push(5, 12, 1.0);
        assert_eq!(track.line(), None);
    }
}
