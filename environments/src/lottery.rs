//! Draws from fixed distributions, each in constant time and without a branch: the alias method (Walker 1977), with
//! tables as Vose (1991) builds them.

/// Bits of a random number that decide a draw; with up to 2^16 entries, the product of both fits 64 bits.
const BITS: u32 = 48;

/// One entry of a distribution: below the threshold the first of its items is drawn, from there on the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Slot<T> {
    threshold: u64,
    items: [T; 2],
}

impl<T: Copy> Slot<T> {
    /// The item that is always drawn, of a distribution that has but this one.
    #[inline]
    pub(crate) const fn only(&self) -> T {
        self.items[0]
    }
}

/// The slots of the distribution in which every item has the probability beside it.
/// Probabilities that do not sum to 1 are taken as shares of their sum.
pub(crate) fn slots<T: Copy>(items: &[(T, f64)]) -> Vec<Slot<T>> {
    let sum: f64 = items.iter().map(|(_, probability)| probability).sum();
    // An entry holds 1 when it has exactly its even share.
    let mut held: Vec<f64> = items.iter().map(|(_, probability)| probability / sum * items.len() as f64).collect();
    let mut slots: Vec<Slot<T>> =
        items.iter().map(|(item, _)| Slot { threshold: 1 << BITS, items: [*item, *item] }).collect();
    let (mut poor, mut rich): (Vec<usize>, Vec<usize>) = (0..items.len()).partition(|entry| held[*entry] < 1.0);
    while let (Some(taker), Some(giver)) = (poor.pop(), rich.last().copied()) {
        slots[taker].threshold = (held[taker] * (1_u64 << BITS) as f64) as u64;
        slots[taker].items[1] = items[giver].0;
        held[giver] -= 1.0 - held[taker];
        if held[giver] < 1.0 {
            rich.pop();
            poor.push(giver);
        }
    }
    slots
}

/// Draws with 64 random bits from a distribution that is not empty.
#[inline]
pub(crate) fn draw<T: Copy>(slots: &[Slot<T>], bits: u64) -> T {
    let product = (bits >> (64 - BITS)) * slots.len() as u64;
    let slot = &slots[(product >> BITS) as usize];
    let fraction = product & ((1 << BITS) - 1);
    slot.items[usize::from(fraction >= slot.threshold)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The probability of every item that the slots give, exactly.
    fn probabilities(slots: &[Slot<usize>], items: usize) -> Vec<f64> {
        let mut shares = vec![0.0; items];
        for slot in slots {
            let own = slot.threshold as f64 / (1_u64 << BITS) as f64;
            shares[slot.items[0]] += own / slots.len() as f64;
            shares[slot.items[1]] += (1.0 - own) / slots.len() as f64;
        }
        shares
    }

    proptest! {
        #[test]
        fn slots_hold_the_probabilities_they_were_made_from(weights in prop::collection::vec(0_u32..1000, 1..60)) {
            let sum: u32 = weights.iter().sum();
            prop_assume!(sum > 0);
            let items: Vec<_> =
                weights.iter().enumerate().map(|(item, weight)| (item, f64::from(*weight) / f64::from(sum))).collect();
            let shares = probabilities(&slots(&items), items.len());
            for (item, probability) in items {
                prop_assert!((shares[item] - probability).abs() < 1e-12, "{item}: {} {probability}", shares[item]);
            }
        }
    }

    #[test]
    fn the_bits_pick_slot_and_side() {
        let slots = slots(&[('a', 0.25), ('b', 0.75)]);
        assert_eq!(draw(&slots, 0), 'a');
        assert_eq!(draw(&slots, (1 << 62) - 1), 'a');
        assert_eq!(draw(&slots, 1 << 62), 'b');
        assert_eq!(draw(&slots, u64::MAX), 'b');
    }
}
