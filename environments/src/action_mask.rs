//! Which of at most 64 actions are allowed.

use std::fmt;

/// A set of actions, one bit each; at most 64 actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionMask(pub u64);

/// The places of the ones in every byte, lowest first, four bits each.
const PLACES: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut place, mut found) = (0, 0);
        while place < 8 {
            if byte >> place & 1 == 1 {
                table[byte] |= place << found;
                found += 4;
            }
            place += 1;
        }
        byte += 1;
    }
    table
};

impl ActionMask {
    /// The actions below `count`.
    #[inline]
    pub const fn all(count: usize) -> Self {
        if count >= 64 { Self(u64::MAX) } else { Self((1 << count) - 1) }
    }

    /// Whether the action is in the set.
    #[inline]
    pub const fn allows(self, action: u16) -> bool {
        action < 64 && self.0 >> action & 1 == 1
    }

    /// Number of actions in the set.
    #[inline]
    pub const fn count(self) -> u32 {
        // Not every processor that we build for counts 64 bits in one go; eight are always quick.
        if self.0 < 256 { (self.0 as u8).count_ones() } else { self.0.count_ones() }
    }

    /// The `index`-th action of the set in ascending order, for an index below [`Self::count`].
    #[inline]
    pub const fn nth(self, index: u32) -> u16 {
        // Without a gap, as in most environments, the place is the action.
        if self.0 & self.0.wrapping_add(1) == 0 {
            return index as u16;
        }
        let (mut bits, mut first, mut left) = (self.0, 0, index);
        while bits != 0 {
            let byte = bits as u8;
            let count = byte.count_ones();
            if left < count {
                return first + (PLACES[byte as usize] >> (4 * left) & 7) as u16;
            }
            left -= count;
            bits >>= 8;
            first += 8;
        }
        64
    }

    /// The actions in ascending order.
    pub fn iter(self) -> impl Iterator<Item = u16> {
        (0..64).filter(move |action| self.allows(*action))
    }
}

impl fmt::Display for ActionMask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actions: Vec<_> = self.iter().map(|action| action.to_string()).collect();
        formatter.write_str(&actions.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_count_and_pick() {
        let mask = ActionMask(0b1010_0100);
        assert_eq!(mask.iter().collect::<Vec<_>>(), [2, 5, 7]);
        assert_eq!((0..3).map(|index| mask.nth(index)).collect::<Vec<_>>(), [2, 5, 7]);
        assert_eq!(mask.to_string(), "2, 5, 7");
        let wide = ActionMask(1 << 63 | 1 << 40 | 0b1_0000_0001);
        assert_eq!((0..wide.count()).map(|index| wide.nth(index)).collect::<Vec<_>>(), wide.iter().collect::<Vec<_>>());
        for bits in 1..256 {
            let byte = ActionMask(bits);
            assert_eq!(
                (0..byte.count()).map(|index| byte.nth(index)).collect::<Vec<_>>(),
                byte.iter().collect::<Vec<_>>()
            );
        }
        assert_eq!(ActionMask::all(64).count(), 64);
        assert_eq!(ActionMask::all(64).nth(63), 63);
        assert_eq!(ActionMask::all(3).nth(2), 2);
        assert!(!ActionMask::all(64).allows(64));
    }
}
