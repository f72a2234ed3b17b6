//! Writing `MessagePack`: structs as maps with field names, every number in its shortest form.
//!
//! One plain writer into one buffer, because the page is mostly code: what a general encoder instantiates for every
//! type and every kind of output weighs five times as much.

use serde::Serialize;
use serde::ser;
use std::fmt;

/// Encodes one value.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, WriteError> {
    let mut writer = MessagePackWriter { bytes: Vec::new() };
    value.serialize(&mut writer)?;
    Ok(writer.bytes)
}

/// Why a value cannot be written: its own `Serialize` refuses, or it is of a kind that no message uses.
#[derive(Debug)]
pub(crate) struct WriteError(Box<str>);

impl WriteError {
    #[cold]
    fn unused(kind: &str) -> Self {
        Self(format!("{kind} has no place in a message").into())
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for WriteError {}

impl ser::Error for WriteError {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self(words.to_string().into())
    }
}

struct MessagePackWriter {
    bytes: Vec<u8>,
}

impl MessagePackWriter {
    /// A marker byte and the last `width` bytes of `value`, big-endian.
    fn put(&mut self, marker: u8, value: u64, width: usize) {
        self.bytes.push(marker);
        self.bytes.extend_from_slice(&value.to_be_bytes()[8 - width..]);
    }

    fn unsigned(&mut self, value: u64) {
        match value {
            0..=0x7f => self.bytes.push(value as u8),
            0x80..=0xff => self.put(0xcc, value, 1),
            0x100..=0xffff => self.put(0xcd, value, 2),
            0x1_0000..=0xffff_ffff => self.put(0xce, value, 4),
            _ => self.put(0xcf, value, 8),
        }
    }

    fn signed(&mut self, value: i64) {
        let bits = value.cast_unsigned();
        match value {
            0.. => self.unsigned(bits),
            -0x20..=-1 => self.bytes.push(bits as u8),
            -0x80..=-0x21 => self.put(0xd0, bits, 1),
            -0x8000..=-0x81 => self.put(0xd1, bits, 2),
            -0x8000_0000..=-0x8001 => self.put(0xd2, bits, 4),
            _ => self.put(0xd3, bits, 8),
        }
    }

    fn text(&mut self, text: &str) {
        match text.len() {
            length @ 0..=0x1f => self.bytes.push(0xa0 | length as u8),
            length @ 0x20..=0xff => self.put(0xd9, length as u64, 1),
            length @ 0x100..=0xffff => self.put(0xda, length as u64, 2),
            length => self.put(0xdb, length as u64, 4),
        }
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// The head of an array or a map.
    fn head(&mut self, short: u8, wide: u8, length: usize) {
        match length {
            0..=0x0f => self.bytes.push(short | length as u8),
            0x10..=0xffff => self.put(wide, length as u64, 2),
            _ => self.put(wide + 1, length as u64, 4),
        }
    }

    fn array(&mut self, length: usize) {
        self.head(0x90, 0xdc, length);
    }

    fn map(&mut self, length: usize) {
        self.head(0x80, 0xde, length);
    }

    fn counted(length: Option<usize>) -> Result<usize, WriteError> {
        length.ok_or_else(|| WriteError::unused("a sequence of unknown length"))
    }
}

type WriteResult = Result<(), WriteError>;

impl ser::Serializer for &mut MessagePackWriter {
    type Ok = ();
    type Error = WriteError;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> WriteResult {
        self.bytes.push(0xc2 | u8::from(value));
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> WriteResult {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i16(self, value: i16) -> WriteResult {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i32(self, value: i32) -> WriteResult {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i64(self, value: i64) -> WriteResult {
        self.signed(value);
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> WriteResult {
        self.serialize_u64(u64::from(value))
    }

    fn serialize_u16(self, value: u16) -> WriteResult {
        self.serialize_u64(u64::from(value))
    }

    fn serialize_u32(self, value: u32) -> WriteResult {
        self.serialize_u64(u64::from(value))
    }

    fn serialize_u64(self, value: u64) -> WriteResult {
        self.unsigned(value);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> WriteResult {
        self.put(0xca, u64::from(value.to_bits()), 4);
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> WriteResult {
        self.put(0xcb, value.to_bits(), 8);
        Ok(())
    }

    fn serialize_char(self, value: char) -> WriteResult {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> WriteResult {
        self.text(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> WriteResult {
        match value.len() {
            length @ 0..=0xff => self.put(0xc4, length as u64, 1),
            length @ 0x100..=0xffff => self.put(0xc5, length as u64, 2),
            length => self.put(0xc6, length as u64, 4),
        }
        self.bytes.extend_from_slice(value);
        Ok(())
    }

    fn serialize_none(self) -> WriteResult {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> WriteResult {
        value.serialize(self)
    }

    fn serialize_unit(self) -> WriteResult {
        self.bytes.push(0xc0);
        Ok(())
    }

    fn serialize_unit_struct(self, name: &'static str) -> WriteResult {
        Err(WriteError::unused(name))
    }

    /// A variant without content is its name.
    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> WriteResult {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> WriteResult {
        value.serialize(self)
    }

    /// A variant with content is a map of its name to the content.
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> WriteResult {
        self.map(1);
        self.text(variant);
        value.serialize(self)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self, WriteError> {
        self.array(MessagePackWriter::counted(length)?);
        Ok(self)
    }

    fn serialize_tuple(self, length: usize) -> Result<Self, WriteError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _name: &'static str, length: usize) -> Result<Self, WriteError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self, WriteError> {
        self.map(1);
        self.text(variant);
        self.serialize_seq(Some(length))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self, WriteError> {
        self.map(MessagePackWriter::counted(length)?);
        Ok(self)
    }

    fn serialize_struct(self, _name: &'static str, length: usize) -> Result<Self, WriteError> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self, WriteError> {
        self.map(1);
        self.text(variant);
        self.serialize_map(Some(length))
    }
}

macro_rules! elements {
    ($($kind:ident $method:ident)*) => {$(
        impl ser::$kind for &mut MessagePackWriter {
            type Ok = ();
            type Error = WriteError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> WriteResult {
                value.serialize(&mut **self)
            }

            fn end(self) -> WriteResult {
                Ok(())
            }
        }
    )*};
}
elements! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

macro_rules! fields {
    ($($kind:ident)*) => {$(
        impl ser::$kind for &mut MessagePackWriter {
            type Ok = ();
            type Error = WriteError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> WriteResult {
                self.text(name);
                value.serialize(&mut **self)
            }

            fn end(self) -> WriteResult {
                Ok(())
            }
        }
    )*};
}
fields! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for &mut MessagePackWriter {
    type Ok = ();
    type Error = WriteError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> WriteResult {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> WriteResult {
        value.serialize(&mut **self)
    }

    fn end(self) -> WriteResult {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Every shape that a message can have.
    #[derive(Clone, Debug, Serialize)]
    enum Shape {
        Empty,
        One(Option<f32>),
        Pair(bool, char),
        Named { whole: i64, natural: u64, real: f64, texts: Vec<String>, table: BTreeMap<String, (u8, i16)> },
    }

    fn shapes() -> impl Strategy<Value = Shape> {
        let text = || prop::collection::vec(any::<char>(), 0..80).prop_map(String::from_iter);
        prop_oneof![
            Just(Shape::Empty),
            any::<Option<f32>>().prop_map(Shape::One),
            any::<(bool, char)>().prop_map(|(it, letter)| Shape::Pair(it, letter)),
            (
                (0_u32..64, any::<i64>()).prop_map(|(shift, value)| value >> shift),
                (0_u32..64, any::<u64>()).prop_map(|(shift, value)| value >> shift),
                any::<f64>(),
                prop::collection::vec(text(), 0..40),
                prop::collection::btree_map(text(), any::<(u8, i16)>(), 0..20),
            )
                .prop_map(|(whole, natural, real, texts, table)| Shape::Named {
                    whole,
                    natural,
                    real,
                    texts,
                    table
                }),
        ]
    }

    proptest! {
        #[test]
        fn the_bytes_are_those_of_the_common_library(shape in shapes()) {
            prop_assert_eq!(write(&shape).unwrap(), rmp_serde::to_vec_named(&shape).unwrap());
        }
    }

    #[test]
    fn long_texts_bytes_and_arrays_have_wide_heads() {
        for length in [31, 32, 255, 256, 65_535, 65_536] {
            let text = "x".repeat(length);
            assert_eq!(write(&text).unwrap(), rmp_serde::to_vec(&text).unwrap(), "{length}");
            let list = vec![7_u16; length];
            assert_eq!(write(&list).unwrap(), rmp_serde::to_vec(&list).unwrap(), "{length}");
            let bytes = serde_bytes::ByteBuf::from(vec![1; length]);
            assert_eq!(write(&bytes).unwrap(), rmp_serde::to_vec(&bytes).unwrap(), "{length}");
        }
    }

    #[test]
    fn what_has_no_place_in_a_message_is_refused() {
        #[derive(Serialize)]
        struct Marker;
        assert_eq!(write(&Marker).unwrap_err().to_string(), "Marker has no place in a message");
    }
}
