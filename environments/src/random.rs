//! The one generator of all chance: xoshiro256++ (Blackman and Vigna 2019), the same on every platform.

use crate::elementary::{cosine_of_turn, logarithm, share};
use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use shared::quantity::{Probability, Seed, split_mix};

/// A seeded source of chance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generator(Xoshiro256PlusPlus);

impl Generator {
    /// The generator that starts from `seed`, as `seed_from_u64` does it: four rounds of SplitMix64, here side by side,
    /// because environments with short episodes seed as often as they step.
    #[inline]
    pub fn new(seed: Seed) -> Self {
        const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
        let word = |round| split_mix(seed.get().wrapping_add(GOLDEN_GAMMA.wrapping_mul(round)));
        Self::from_words([word(0), word(1), word(2), word(3)])
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number from 0 up to, but not including, 1: a multiple of 2^-53.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        share(self.bits() >> 11)
    }

    /// True with the given probability.
    #[inline]
    pub fn chance(&mut self, probability: Probability) -> bool {
        self.unit() < probability.get()
    }

    /// A whole number below `bound`, by multiplication (Lemire 2019) without rejection: the bias is below
    /// `bound` / 2^32. `bound` 0 gives 0.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(bound) * (self.bits() >> 32)) >> 32) as u32
    }

    /// A normal deviate of mean 0 and standard deviation 1, by the polar-free Box-Muller transform.
    pub fn normal(&mut self) -> f64 {
        let above_zero = 1.0 - self.unit();
        let turn = self.bits() >> 11;
        // Both are the same bit for bit. In a tab libm's calls and ranges cost more than all of the arithmetic.
        let (logarithm, cosine) = if cfg!(target_arch = "wasm32") {
            (logarithm(above_zero), cosine_of_turn(turn))
        } else {
            (libm::log(above_zero), libm::cos(std::f64::consts::TAU * share(turn)))
        };
        // A root is rounded exactly everywhere, and one instruction where libm would compute it.
        (-2.0 * logarithm).sqrt() * cosine
    }

    /// The generator's four words, from which [`Self::from_words`] makes the same generator.
    pub fn words(&self) -> [u64; 4] {
        let bytes = self.0.state();
        std::array::from_fn(|word| {
            bytes[word * 8..(word + 1) * 8].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
        })
    }

    /// The generator with these four words.
    #[inline]
    pub fn from_words(words: [u64; 4]) -> Self {
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        Self(Xoshiro256PlusPlus::from_seed(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeding_is_that_of_the_library() {
        for seed in [0, 1, 42, Seed::MAX.get()] {
            assert_eq!(Generator::new(Seed::new(seed).unwrap()).0, Xoshiro256PlusPlus::seed_from_u64(seed));
        }
    }

    #[test]
    fn words_restore_the_generator() {
        let mut generator = Generator::new(Seed::new(42).unwrap());
        generator.bits();
        let mut restored = Generator::from_words(generator.words());
        assert_eq!(generator, restored);
        assert_eq!(generator.bits(), restored.bits());
    }

    #[test]
    fn numbers_below_a_bound_are_even() {
        let mut generator = Generator::new(Seed::new(1).unwrap());
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[generator.below(7) as usize] += 1;
        }
        // Chi-square with 6 degrees of freedom: 22.5 is exceeded once in a thousand.
        let chi_square: f64 =
            counts.iter().map(|count| (f64::from(*count) - 1e4) * (f64::from(*count) - 1e4) / 1e4).sum();
        assert!(chi_square < 22.5, "{counts:?}");
    }

    #[test]
    fn normal_deviates_have_mean_0_and_variance_1() {
        let mut generator = Generator::new(Seed::new(2).unwrap());
        let values: Vec<f64> = (0..100_000).map(|_| generator.normal()).collect();
        let mean = values.iter().sum::<f64>() / 1e5;
        let variance = values.iter().map(|value| value * value).sum::<f64>() / 1e5 - mean * mean;
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.015, "{mean} {variance}");
    }
}
