//! One sort for everything that is sorted now and then: what `Vec::sort_by` makes anew for every kind of element is some
//! kilobytes, which a page loads.

use std::cmp::Ordering;

/// Sorts, keeping equal elements in their order. For lists that are short or seldom sorted.
pub fn sort<T>(items: &mut Vec<T>, compare: &dyn Fn(&T, &T) -> Ordering) {
    let mut order: Vec<usize> = (0..items.len()).collect();
    sort_places(&mut order, &|one, other| compare(&items[one], &items[other]));
    let mut taken: Vec<Option<T>> = std::mem::take(items).into_iter().map(Some).collect();
    items.extend(order.into_iter().filter_map(|place| taken[place].take()));
}

/// Compiled once, whatever is sorted.
#[inline(never)]
fn sort_places(places: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    places.sort_by(|one, other| compare(*one, *other));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_elements_keep_their_order() {
        let mut words = vec!["two", "a", "one", "b", "three"];
        sort(&mut words, &|one, other| one.len().cmp(&other.len()));
        assert_eq!(words, ["a", "b", "two", "one", "three"]);
        let mut nothing: Vec<String> = Vec::new();
        sort(&mut nothing, &Ord::cmp);
        assert!(nothing.is_empty());
    }
}
