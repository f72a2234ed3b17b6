//! Reading `MessagePack`: a serde deserializer that trusts the type over the bytes.
//!
//! Every type says what it expects next, and only that is looked for; what the bytes say instead is an error. Nothing here
//! allocates before the bytes for it are there, and nesting is bounded.
//!
//! It stands in place of a library for the page's sake. With rmp-serde 1.3.1 all golden files and tests pass too, in 960
//! lines less; but a self-describing decoder instantiates code for every kind of value at every type, and the page's
//! program grows from 2.58 to 3.90 MB, from 788 to 941 kB compressed, above the ceiling of what the first view loads.
//! zerompk has derive macros of its own, a second description of every type beside the one that JSON needs.

mod fields;

use fields::Fields;
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer as _, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt;

/// Deepest nesting of arrays and maps.
pub(crate) const MOST_DEPTH: u32 = 64;

/// Most entries of a map from names to values.
pub(crate) const MOST_MAP_ENTRIES: usize = 4096;

/// Why bytes cannot be read.
#[derive(Debug)]
pub(crate) struct ReadError(Box<str>);

impl ReadError {
    fn new(words: &str) -> Self {
        Self(words.into())
    }

    #[cold]
    fn unexpected(expected: &str, marker: u8) -> Self {
        Self(format!("expected {expected}, found {}", kind_of(marker)).into())
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self(words.to_string().into())
    }

    /// What types say they expected is left out, and so stays out of the page: the reader has looked before they do, and
    /// fields that are missing are named.
    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self::new("a value of another kind than expected")
    }

    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
        Self::new("fewer elements than expected")
    }
}

/// The kind of a value in words, by its first byte.
const fn kind_of(marker: u8) -> &'static str {
    match marker {
        0x00..=0x7f | 0xcc..=0xd3 | 0xe0..=0xff => "a whole number",
        0x80..=0x8f | 0xde | 0xdf => "a map",
        0x90..=0x9f | 0xdc | 0xdd => "an array",
        0xa0..=0xbf | 0xd9..=0xdb => "a text",
        0xc0 => "nil",
        0xc1 => "a reserved byte",
        0xc2 | 0xc3 => "true or false",
        0xc4..=0xc6 => "bytes",
        0xc7..=0xc9 | 0xd4..=0xd8 => "an extension",
        0xca | 0xcb => "a number",
    }
}

enum ReadNumber {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

/// Bytes that are read from the front.
#[derive(Debug)]
pub(crate) struct MessagePackReader<'de> {
    rest: &'de [u8],
    depth: u32,
}

impl<'de> MessagePackReader<'de> {
    pub(crate) const fn new(bytes: &'de [u8]) -> Self {
        Self { rest: bytes, depth: 0 }
    }

    /// An error unless every byte was read.
    pub(crate) fn end(&self) -> Result<(), ReadError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(ReadError(format!("{} bytes follow the message", self.rest.len()).into()))
    }

    fn take(&mut self, count: usize) -> Result<&'de [u8], ReadError> {
        let cut = || ReadError(format!("cut off: {count} more bytes expected, {} are there", self.rest.len()).into());
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(cut)?;
        self.rest = rest;
        Ok(taken)
    }

    fn peek(&self) -> Result<u8, ReadError> {
        self.rest.first().copied().ok_or_else(|| ReadError::new("cut off: another value expected"))
    }

    fn byte(&mut self) -> Result<u8, ReadError> {
        let byte = self.peek()?;
        self.rest = &self.rest[1..];
        Ok(byte)
    }

    /// A big-endian unsigned number of 1, 2, 4 or 8 bytes.
    fn unsigned(&mut self, width: usize) -> Result<u64, ReadError> {
        Ok(self.take(width)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn number(&mut self) -> Result<ReadNumber, ReadError> {
        let marker = self.byte()?;
        Ok(match marker {
            0x00..=0x7f => ReadNumber::Unsigned(u64::from(marker)),
            0xe0..=0xff => ReadNumber::Signed(i64::from(marker.cast_signed())),
            0xcc..=0xcf => ReadNumber::Unsigned(self.unsigned(1 << (marker - 0xcc))?),
            0xd0..=0xd3 => {
                let width = 1 << (marker - 0xd0);
                let unused = 64 - 8 * width as u32;
                ReadNumber::Signed((self.unsigned(width)? << unused).cast_signed() >> unused)
            }
            0xca => ReadNumber::Float(f64::from(f32::from_bits(self.unsigned(4)? as u32))),
            0xcb => ReadNumber::Float(f64::from_bits(self.unsigned(8)?)),
            _ => return Err(ReadError::unexpected("a number", marker)),
        })
    }

    fn float(&mut self) -> Result<f64, ReadError> {
        Ok(match self.number()? {
            ReadNumber::Unsigned(value) => value as f64,
            ReadNumber::Signed(value) => value as f64,
            ReadNumber::Float(value) => value,
        })
    }

    fn length(&mut self, short: u8, mask: u8, wide: [u8; 3], expected: &str) -> Result<usize, ReadError> {
        let marker = self.byte()?;
        let width = match wide.iter().position(|it| *it == marker && marker != 0) {
            Some(place) => 1 << place,
            None if marker & !mask == short && short != 0 => return Ok(usize::from(marker & mask)),
            None => return Err(ReadError::unexpected(expected, marker)),
        };
        Ok(self.unsigned(width)? as usize)
    }

    fn text(&mut self) -> Result<&'de str, ReadError> {
        let length = self.length(0xa0, 0x1f, [0xd9, 0xda, 0xdb], "a text")?;
        std::str::from_utf8(self.take(length)?).map_err(|_| ReadError::new("a text that is not UTF-8"))
    }

    fn bytes(&mut self) -> Result<&'de [u8], ReadError> {
        let length = self.length(0, 0, [0xc4, 0xc5, 0xc6], "bytes")?;
        self.take(length)
    }

    fn array(&mut self) -> Result<usize, ReadError> {
        self.length(0x90, 0x0f, [0, 0xdc, 0xdd], "an array")
    }

    fn map(&mut self) -> Result<usize, ReadError> {
        self.length(0x80, 0x0f, [0, 0xde, 0xdf], "a map")
    }

    fn enter(&mut self) -> Result<(), ReadError> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(ReadError::new("nested too deep"));
        }
        Ok(())
    }

    /// Passes over one value, whatever it is.
    fn skip(&mut self) -> Result<(), ReadError> {
        // Every value takes at least a byte, so the count cannot outgrow the input for long.
        let mut values = 1_u64;
        while values > 0 {
            values -= 1;
            let marker = self.peek()?;
            match marker {
                0x80..=0x8f | 0xde | 0xdf => values += 2 * self.map()? as u64,
                0x90..=0x9f | 0xdc | 0xdd => values += self.array()? as u64,
                0xa0..=0xbf | 0xd9..=0xdb => {
                    let length = self.length(0xa0, 0x1f, [0xd9, 0xda, 0xdb], "a text")?;
                    self.take(length)?;
                }
                0xc4..=0xc6 => {
                    self.bytes()?;
                }
                0xc0..=0xc3 => {
                    self.byte()?;
                }
                0xc7..=0xc9 => {
                    let length = self.length(0, 0, [0xc7, 0xc8, 0xc9], "an extension")?;
                    self.take(length + 1)?;
                }
                0xd4..=0xd8 => {
                    self.take(2 + (1 << (marker - 0xd4)))?;
                }
                _ => {
                    self.number()?;
                }
            }
        }
        Ok(())
    }
}

macro_rules! whole_numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            match self.number()? {
                ReadNumber::Unsigned(value) => visitor.visit_u64(value),
                ReadNumber::Signed(value) => visitor.visit_i64(value),
                ReadNumber::Float(_) => Err(ReadError::new("expected a whole number, found a number")),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for &mut MessagePackReader<'de> {
    type Error = ReadError;

    fn is_human_readable(&self) -> bool {
        false
    }

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    /// A scalar of any kind: the values of parameters.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.peek()? {
            0xa0..=0xbf | 0xd9..=0xdb => visitor.visit_str(self.text()?),
            0xc2 | 0xc3 => visitor.visit_bool(self.byte()? == 0xc3),
            _ => match self.number()? {
                ReadNumber::Unsigned(value) => visitor.visit_u64(value),
                ReadNumber::Signed(value) => visitor.visit_i64(value),
                ReadNumber::Float(value) => visitor.visit_f64(value),
            },
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.byte()? {
            0xc2 => visitor.visit_bool(false),
            0xc3 => visitor.visit_bool(true),
            marker => Err(ReadError::unexpected("true or false", marker)),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_bytes(self.bytes()?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_bytes(self.bytes()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.peek()? == 0xc0 {
            self.byte()?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let left = self.array()?;
        self.enter()?;
        let mut elements = Elements { reader: self, left };
        let value = visitor.visit_seq(&mut elements)?;
        elements.finish()?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let left = self.map()?;
        if left > MOST_MAP_ENTRIES {
            return Err(ReadError(format!("a map has {left} entries, more than {MOST_MAP_ENTRIES}").into()));
        }
        self.enter()?;
        let mut elements = Elements { reader: self, left };
        let value = visitor.visit_map(&mut elements)?;
        elements.finish()?;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let mut fields = Fields::find(self, names)?;
        visitor.visit_seq(&mut fields).map_err(|error| fields.fault(error))
    }

    /// A variant without content is its name, one with content a map of its name to the content.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        if matches!(self.peek()?, 0xa0..=0xbf | 0xd9..=0xdb) {
            let name: StrDeserializer<'_, ReadError> = self.text()?.into_deserializer();
            return visitor.visit_enum(name);
        }
        if self.map()? != 1 {
            return Err(ReadError::new("expected a map with one key, the kind"));
        }
        self.enter()?;
        let value = visitor.visit_enum(&mut *self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 char unit unit_struct tuple_struct }
}

/// What is left of an array or a map.
struct Elements<'a, 'de> {
    reader: &'a mut MessagePackReader<'de>,
    left: usize,
}

impl Elements<'_, '_> {
    fn finish(&mut self) -> Result<(), ReadError> {
        self.reader.depth -= 1;
        if self.left > 0 {
            return Err(ReadError(format!("{} elements too many", self.left).into()));
        }
        Ok(())
    }

    fn next(&mut self) -> bool {
        let more = self.left > 0;
        self.left -= usize::from(more);
        more
    }
}

impl<'de> de::SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        if self.next() { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> de::MapAccess<'de> for &mut Elements<'_, 'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        if self.next() { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        seed.deserialize(&mut *self.reader)
    }
}

impl<'de> de::EnumAccess<'de> for &mut MessagePackReader<'de> {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ReadError> {
        let variant = seed.deserialize(&mut *self)?;
        Ok((variant, self))
    }
}

impl<'de> de::VariantAccess<'de> for &mut MessagePackReader<'de> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        match self.byte()? {
            0xc0 => Ok(()),
            marker => Err(ReadError::unexpected("nil", marker)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, ReadError> {
        de::Deserializer::deserialize_seq(self, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        de::Deserializer::deserialize_struct(self, "", names, visitor)
    }
}

#[cfg(test)]
mod tests;
