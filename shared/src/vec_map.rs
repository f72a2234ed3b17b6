//! A map for a few entries: a vector in the order of its keys.
//!
//! Parameters, metrics and columns have names, but seldom more than twenty. Searching a short vector is no slower than
//! a tree, and the code of a tree, once for every type of value, would be a sizable part of the page.

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;

/// Most entries of a map that comes over a wire, so that nobody makes the reader insert for hours.
pub const MOST_ENTRIES: usize = 4096;

/// A map that walks its entries in the order of their keys. Searching is logarithmic, inserting linear in its length.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VecMap<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> VecMap<K, V> {
    /// A map without entries.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// How many entries there are.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries in the order of their keys.
    pub fn iter(&self) -> Iter<'_, K, V> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The entries in the order of their keys, their values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.entries.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// Removes every entry.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Keeps the entries for which `stays` says so.
    pub fn retain(&mut self, mut stays: impl FnMut(&K, &mut V) -> bool) {
        self.entries.retain_mut(|(key, value)| stays(key, value));
    }
}

impl<K: Ord, V> VecMap<K, V> {
    /// Sets a key's value and returns the one it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(place) => Some(std::mem::replace(&mut self.entries[place].1, value)),
            Err(place) => {
                self.entries.insert(place, (key, value));
                None
            }
        }
    }

    /// The value of a key; a new key gets one from `make`.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let place = self.place(&key).unwrap_or_else(|place| {
            self.entries.insert(place, (key, make()));
            place
        });
        &mut self.entries[place].1
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|place| &self.entries[place].1)
    }

    /// The value of a key, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|place| &mut self.entries[place].1)
    }

    /// Whether a key has a value.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(key).is_ok()
    }

    /// Removes a key and returns its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|place| self.entries.remove(place).1)
    }

    /// Where a key is, or where it would be.
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.entries.binary_search_by(|(it, _)| it.borrow().cmp(key))
    }
}

impl<K, V> Default for VecMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for VecMap<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self).finish()
    }
}

impl<K: Borrow<Q> + Ord, V, Q: Ord + ?Sized> std::ops::Index<&Q> for VecMap<K, V> {
    type Output = V;

    /// The value of a key that is there.
    fn index(&self, key: &Q) -> &V {
        let place = self.place(key);
        &self.entries[place.unwrap_or(usize::MAX)].1
    }
}

impl<K: Ord, V> Extend<(K, V)> for VecMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for VecMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for VecMap<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K, V> IntoIterator for VecMap<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

/// Walks the entries of a [`VecMap`].
pub type Iter<'a, K, V> = std::iter::Map<std::slice::Iter<'a, (K, V)>, fn(&'a (K, V)) -> (&'a K, &'a V)>;

impl<'a, K, V> IntoIterator for &'a VecMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Serialize, V: Serialize> Serialize for VecMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Deserialize<'de> for VecMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<K, V>(PhantomData<fn() -> (K, V)>);

        impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Visitor<'de> for Entries<K, V> {
            type Value = VecMap<K, V>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut map = VecMap::new();
                while let Some((key, value)) = access.next_entry()? {
                    if map.len() == MOST_ENTRIES {
                        return Err(A::Error::custom(format_args!("a map has more than {MOST_ENTRIES} entries")));
                    }
                    map.insert(key, value);
                }
                Ok(map)
            }
        }

        deserializer.deserialize_map(Entries(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug)]
    enum Deed {
        Insert(u8, u16),
        Remove(u8),
        Ask(u8, u16),
    }

    fn deed() -> impl Strategy<Value = Deed> {
        prop_oneof![
            (0..12u8, any::<u16>()).prop_map(|(key, value)| Deed::Insert(key, value)),
            (0..12u8).prop_map(Deed::Remove),
            (0..12u8, any::<u16>()).prop_map(|(key, value)| Deed::Ask(key, value)),
        ]
    }

    proptest! {
        #[test]
        fn it_does_what_a_tree_does(deeds in proptest::collection::vec(deed(), 0..60)) {
            let (mut map, mut tree) = (VecMap::new(), BTreeMap::new());
            for deed in deeds {
                match deed {
                    Deed::Insert(key, value) => prop_assert_eq!(map.insert(key, value), tree.insert(key, value)),
                    Deed::Remove(key) => prop_assert_eq!(map.remove(&key), tree.remove(&key)),
                    Deed::Ask(key, value) => {
                        prop_assert_eq!(map.get(&key), tree.get(&key));
                        prop_assert_eq!(map.get_or_insert_with(key, || value), tree.entry(key).or_insert(value));
                    }
                }
                prop_assert!(map.iter().eq(&tree));
                prop_assert_eq!(format!("{map:?}"), format!("{tree:?}"));
            }
            let bytes = rmp_serde::to_vec(&map).unwrap();
            prop_assert_eq!(&bytes, &rmp_serde::to_vec(&tree).unwrap());
            prop_assert_eq!(rmp_serde::from_slice::<VecMap<u8, u16>>(&bytes).unwrap(), map);
        }
    }

    #[test]
    fn a_wire_brings_only_so_many_entries() {
        let bytes =
            |count: usize| rmp_serde::to_vec(&(0..count).map(|key| (key, key)).collect::<BTreeMap<_, _>>()).unwrap();
        let read = |count| rmp_serde::from_slice::<VecMap<usize, usize>>(&bytes(count));
        assert_eq!(read(MOST_ENTRIES).unwrap().len(), MOST_ENTRIES);
        assert!(read(MOST_ENTRIES + 1).unwrap_err().to_string().contains("more than 4096 entries"));
    }

    #[test]
    fn of_keys_given_twice_the_last_counts() {
        let map = VecMap::from([("b", 1), ("a", 2), ("b", 3)]);
        assert_eq!(map, VecMap::from([("a", 2), ("b", 3)]));
        assert_eq!((map["a"], map["b"]), (2, 3));
    }
}
