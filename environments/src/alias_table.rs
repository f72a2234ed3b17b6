//! Draws from fixed distributions, each in constant time and without a branch: the alias method (Walker 1977), with
//! tables as Vose (1991) builds them.

/// Bits of a random number that decide a draw; with up to 2^16 entries, the product of both fits 64 bits.
const BITS: u32 = 48;

/// Two numbers in one word, so that a processor can fetch both before it knows which it needs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct PackedPair(u64);

impl PackedPair {
    const fn new(first: u32, second: u32) -> Self {
        Self(first as u64 | (second as u64) << 32)
    }

    #[inline]
    const fn get(self, second: bool) -> u32 {
        (self.0 >> (32 * second as u32)) as u32
    }
}

/// One entry of a distribution over items of `N` numbers: below the threshold the first of its items is drawn, from
/// there on the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct AliasSlot<const N: usize> {
    threshold: u64,
    items: [PackedPair; N],
}

impl<const N: usize> AliasSlot<N> {
    fn new(threshold: u64, first: [u32; N], second: [u32; N]) -> Self {
        Self { threshold, items: std::array::from_fn(|it| PackedPair::new(first[it], second[it])) }
    }

    /// The item that is always drawn, of a distribution that has but this one.
    #[inline]
    pub(crate) fn only(&self) -> [u32; N] {
        self.items.map(|pair| pair.get(false))
    }
}

/// The slots of the distribution in which every item has the probability beside it, `width` of them: at least as many
/// as there are items, of which there must be one. Probabilities that do not sum to 1 are taken as shares of their sum.
pub(crate) fn slots<const N: usize>(items: &[([u32; N], f64)], width: usize) -> Vec<AliasSlot<N>> {
    let mut items = items.to_vec();
    let Some((padding, _)) = items.first().copied() else { return Vec::new() };
    items.resize(width.max(items.len()), (padding, 0.0));
    let sum: f64 = items.iter().map(|(_, probability)| probability).sum();
    // An entry holds 1 when it has exactly its even share.
    let mut held: Vec<f64> = items.iter().map(|(_, probability)| probability / sum * items.len() as f64).collect();
    let mut slots: Vec<_> = items.iter().map(|(item, _)| AliasSlot::new(1 << BITS, *item, *item)).collect();
    let (mut poor, mut rich): (Vec<usize>, Vec<usize>) = (0..items.len()).partition(|entry| held[*entry] < 1.0);
    while let (Some(taker), Some(giver)) = (poor.pop(), rich.last().copied()) {
        let threshold = (held[taker] * (1_u64 << BITS) as f64) as u64;
        slots[taker] = AliasSlot::new(threshold, items[taker].0, items[giver].0);
        held[giver] -= 1.0 - held[taker];
        if held[giver] < 1.0 {
            rich.pop();
            poor.push(giver);
        }
    }
    slots
}

/// A random place among `width` slots: which one, and how far into it.
///
/// It does not depend on what the slots hold, so a processor can work it out while it still waits for the state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    /// Index of the slot, below the width.
    pub(crate) slot: usize,
    fraction: u64,
}

impl Ticket {
    /// The ticket that 64 random bits give.
    #[inline]
    pub(crate) const fn new(bits: u64, width: usize) -> Self {
        let product = (bits >> (64 - BITS)) * width as u64;
        Self { slot: (product >> BITS) as usize, fraction: product & ((1 << BITS) - 1) }
    }

    /// The item that it wins in its slot, without a branch: no predictor learns a coin toss.
    #[inline]
    pub(crate) fn redeem<const N: usize>(self, slot: &AliasSlot<N>) -> [u32; N] {
        let second = self.fraction >= slot.threshold;
        slot.items.map(|pair| pair.get(second))
    }
}

/// Draws with 64 random bits from a distribution that is not empty.
#[inline]
pub(crate) fn draw<const N: usize>(slots: &[AliasSlot<N>], bits: u64) -> [u32; N] {
    let ticket = Ticket::new(bits, slots.len());
    ticket.redeem(&slots[ticket.slot])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The probability of every item that the slots give, exactly.
    fn probabilities(slots: &[AliasSlot<1>], items: usize) -> Vec<f64> {
        let mut shares = vec![0.0; items];
        for slot in slots {
            let own = slot.threshold as f64 / (1_u64 << BITS) as f64;
            let [pair] = slot.items;
            shares[pair.get(false) as usize] += own / slots.len() as f64;
            shares[pair.get(true) as usize] += (1.0 - own) / slots.len() as f64;
        }
        shares
    }

    proptest! {
        #[test]
        fn slots_hold_the_probabilities_they_were_made_from(
            weights in prop::collection::vec(0_u32..1000, 1..60),
            padding in 0_usize..20,
        ) {
            let sum: u32 = weights.iter().sum();
            prop_assume!(sum > 0);
            let items: Vec<_> =
                (0..).zip(&weights).map(|(item, weight)| ([item], f64::from(*weight) / f64::from(sum))).collect();
            let shares = probabilities(&slots(&items, items.len() + padding), items.len());
            for ([item], probability) in items {
                let share = shares[item as usize];
                prop_assert!((share - probability).abs() < 1e-12, "{item}: {share} {probability}");
            }
        }
    }

    #[test]
    fn the_bits_pick_slot_and_side() {
        let slots = slots(&[([1, 10], 0.25), ([2, 20], 0.75)], 2);
        assert_eq!(draw(&slots, 0), [1, 10]);
        assert_eq!(draw(&slots, (1 << 62) - 1), [1, 10]);
        assert_eq!(draw(&slots, 1 << 62), [2, 20]);
        assert_eq!(draw(&slots, u64::MAX), [2, 20]);
    }
}
