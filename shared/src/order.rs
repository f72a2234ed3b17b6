//! One sort for everything that is short: a sort of its own for every type would be 1 kB of the page each.

use std::cmp::Ordering;

/// Sorts places of things by how the things compare; equal ones stay in the order of their places.
pub fn sort_places(places: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    places.sort_unstable_by(|&one, &other| compare(one, other).then(one.cmp(&other)));
}

/// The same things, sorted; equal ones stay as they stood.
pub fn sorted<T: Clone>(things: &[T], compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut places: Vec<usize> = (0..things.len()).collect();
    sort_places(&mut places, &|one, other| compare(&things[one], &things[other]));
    places.into_iter().map(|place| things[place].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn things_are_sorted_as_by_the_stable_sort(things: Vec<(u8, u32)>) {
            let mut expected = things.clone();
            expected.sort_by_key(|it| it.0 % 8);
            prop_assert_eq!(sorted(&things, |one, other| (one.0 % 8).cmp(&(other.0 % 8))), expected);
        }
    }
}
