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

/// The slots of the distribution in which every item has the probability beside it, `width` of them: at least as many
/// as there are items, of which there must be one. Probabilities that do not sum to 1 are taken as shares of their sum.
pub(crate) fn slots<T: Copy>(items: &[(T, f64)], width: usize) -> Vec<Slot<T>> {
    let mut items = items.to_vec();
    let Some((padding, _)) = items.first().copied() else { return Vec::new() };
    items.resize(width.max(items.len()), (padding, 0.0));
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

    /// The item that it wins in its slot.
    #[inline]
    pub(crate) fn redeem<T: Copy>(self, slot: &Slot<T>) -> T {
        let [own, partner] = slot.items;
        // A coin toss that no predictor learns.
        std::hint::select_unpredictable(self.fraction < slot.threshold, own, partner)
    }
}

/// Draws with 64 random bits from a distribution that is not empty.
#[inline]
pub(crate) fn draw<T: Copy>(slots: &[Slot<T>], bits: u64) -> T {
    let ticket = Ticket::new(bits, slots.len());
    ticket.redeem(&slots[ticket.slot])
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
        fn slots_hold_the_probabilities_they_were_made_from(
            weights in prop::collection::vec(0_u32..1000, 1..60),
            padding in 0_usize..20,
        ) {
            let sum: u32 = weights.iter().sum();
            prop_assume!(sum > 0);
            let items: Vec<_> =
                weights.iter().enumerate().map(|(item, weight)| (item, f64::from(*weight) / f64::from(sum))).collect();
            let shares = probabilities(&slots(&items, items.len() + padding), items.len());
            for (item, probability) in items {
                prop_assert!((shares[item] - probability).abs() < 1e-12, "{item}: {} {probability}", shares[item]);
            }
        }
    }

    #[test]
    fn the_bits_pick_slot_and_side() {
        let slots = slots(&[('a', 0.25), ('b', 0.75)], 2);
        assert_eq!(draw(&slots, 0), 'a');
        assert_eq!(draw(&slots, (1 << 62) - 1), 'a');
        assert_eq!(draw(&slots, 1 << 62), 'b');
        assert_eq!(draw(&slots, u64::MAX), 'b');
    }
}
