//! The four traffic lights: red and green by turns, each in its own phase.

use super::route::Cells;
use crate::random::Generator;

/// The lights of an episode.
#[derive(Clone, Debug)]
pub(super) struct Lights {
    /// Steps that a light stays red, then green.
    each: u32,
    /// Where they stand.
    pub(super) places: [u8; 4],
    /// Steps that each light was into its red and green when the episode began.
    phases: [u32; 4],
    /// Step at which the next light turns.
    turning: u32,
    /// Cells with a red light.
    pub(super) red: Cells,
}

impl Lights {
    pub(super) const fn new(each: u32) -> Self {
        Self { each, places: [0; 4], phases: [0; 4], turning: 0, red: 0 }
    }

    /// An episode begins with lights in these cells, each anywhere in its red and green.
    #[inline]
    pub(super) fn restart(&mut self, places: [u8; 4], generator: &mut Generator) {
        self.places = places;
        self.phases = std::array::from_fn(|_| generator.below(2 * self.each));
        self.set(0);
    }

    /// A step begins.
    #[inline]
    pub(super) fn pass(&mut self, step: u32) {
        if step == self.turning {
            self.set(step);
        }
    }

    /// The lights as they stand at a step, and when the next of them turns.
    fn set(&mut self, step: u32) {
        (self.red, self.turning) = (0, u32::MAX);
        for (phase, place) in self.phases.iter().zip(self.places) {
            let phase = (phase + step) % (2 * self.each);
            self.red |= u32::from(phase < self.each) << place;
            self.turning = self.turning.min(step + self.each - phase % self.each);
        }
    }

    /// The cells with a light.
    pub(super) fn cells(&self) -> Cells {
        self.places.iter().fold(0, |cells, place| cells | 1 << place)
    }

    /// Steps until the light in a cell turns, if there is one.
    pub(super) fn until_turn(&self, position: usize, step: u32) -> Option<u32> {
        let index = self.places.iter().position(|place| usize::from(*place) == position)?;
        Some(self.each - (self.phases[index] + step) % self.each)
    }
}
