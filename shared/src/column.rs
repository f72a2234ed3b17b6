//! Columns of numbers: little-endian bytes in binary encodings, plain numbers in text.

use crate::number::{self, Number};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// A number that a [`Column`] can hold.
pub trait ColumnNumber: Copy + Serialize + for<'de> Deserialize<'de> + 'static {
    /// Bytes per number.
    const WIDTH: usize;
    /// Appends the little-endian bytes.
    fn put(self, bytes: &mut Vec<u8>);
    /// Reads [`Self::WIDTH`] little-endian bytes; shorter input reads as zero.
    fn get(bytes: &[u8]) -> Self;
    /// The word that stands for it in text, if it is a number that is not finite.
    fn word(self) -> Option<&'static str> {
        None
    }
    /// Reads a number, or such a word.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

macro_rules! cell {
    ($($number:ty { $($in_text:item)* })*) => {$(
        impl ColumnNumber for $number {
            const WIDTH: usize = size_of::<$number>();
            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            fn get(bytes: &[u8]) -> Self {
                bytes.try_into().map(<$number>::from_le_bytes).unwrap_or_default()
            }
            $($in_text)*
        }
    )*};
}
cell! { u8 {} u16 {} u32 {} u64 {} }
cell! {
    f32 {
        fn word(self) -> Option<&'static str> {
            number::word(f64::from(self))
        }
        fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Number::deserialize(deserializer).map(|it| it.0 as Self)
        }
    }
    f64 {
        fn word(self) -> Option<&'static str> {
            number::word(self)
        }
        fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Number::deserialize(deserializer).map(|it| it.0)
        }
    }
}

/// A number of a column in text.
struct InText<T>(T);

impl<T: ColumnNumber> Serialize for InText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.word() {
            Some(word) => serializer.serialize_str(word),
            None => self.0.serialize(serializer),
        }
    }
}

impl<'de, T: ColumnNumber> Deserialize<'de> for InText<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

/// A column of numbers. On a binary wire it is one byte string, in text a list of numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column<T>(pub Vec<T>);

impl<T> Column<T> {
    /// Whether there are no numbers.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> std::ops::Deref for Column<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> From<Vec<T>> for Column<T> {
    fn from(values: Vec<T>) -> Self {
        Self(values)
    }
}

impl<T> FromIterator<T> for Column<T> {
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl<T: ColumnNumber> Serialize for Column<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.collect_seq(self.0.iter().copied().map(InText));
        }
        let mut bytes = Vec::with_capacity(self.0.len() * T::WIDTH);
        for value in &self.0 {
            value.put(&mut bytes);
        }
        serializer.serialize_bytes(&bytes)
    }
}

impl<'de, T: ColumnNumber> Deserialize<'de> for Column<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnVisitor<T>(PhantomData<T>);

        impl<'de, T: ColumnNumber> Visitor<'de> for ColumnVisitor<T> {
            type Value = Column<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "a list of numbers or a byte string of a multiple of {} bytes", T::WIDTH)
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                if !bytes.len().is_multiple_of(T::WIDTH) {
                    return Err(E::invalid_length(bytes.len(), &self));
                }
                Ok(bytes.chunks_exact(T::WIDTH).map(T::get).collect())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(InText(value)) = sequence.next_element()? {
                    values.push(value);
                }
                Ok(Column(values))
            }
        }

        if deserializer.is_human_readable() {
            deserializer.deserialize_seq(ColumnVisitor(PhantomData))
        } else {
            deserializer.deserialize_bytes(ColumnVisitor(PhantomData))
        }
    }
}
