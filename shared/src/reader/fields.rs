//! The fields of a struct, found by their names and handed over in the type's own order. A type that looks for names
//! itself brings the code for it, and again the code for what came twice and what is missing.

use super::{MessagePackReader, ReadError};
use serde::de::{self, DeserializeSeed};

/// The values of a struct's fields.
pub(super) struct Fields<'de> {
    names: &'static [&'static str],
    values: Vec<Option<&'de [u8]>>,
    depth: u32,
    next: usize,
    missing: bool,
}

/// What stands for a field that is not there: all right for an option.
const NIL: &[u8] = &[0xc0];

impl<'de> Fields<'de> {
    /// Finds them in a map; what has another name is passed over.
    pub(super) fn find(reader: &mut MessagePackReader<'de>, names: &'static [&'static str]) -> Result<Self, ReadError> {
        let mut values = vec![None; names.len()];
        let count = reader.map()?;
        reader.enter()?;
        for _ in 0..count {
            let name = reader.text()?;
            let value = reader.rest;
            reader.skip()?;
            let Some(place) = names.iter().position(|it| *it == name) else { continue };
            if values[place].replace(value).is_some() {
                return Err(ReadError(format!("duplicate field `{name}`").into()));
            }
        }
        let depth = reader.depth;
        reader.depth -= 1;
        Ok(Self { names, values, depth, next: 0, missing: false })
    }

    /// What the type says is wrong, or which field it misses.
    pub(super) fn fault(&self, error: ReadError) -> ReadError {
        if self.missing { ReadError(format!("missing field `{}`", self.names[self.next - 1]).into()) } else { error }
    }
}

impl<'de> de::SeqAccess<'de> for &mut Fields<'de> {
    type Error = ReadError;

    /// Nothing for a field that is not there: the type then takes its default or is at fault.
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        let value = self.values[self.next];
        self.next += 1;
        let read = seed.deserialize(&mut MessagePackReader { rest: value.unwrap_or(NIL), depth: self.depth });
        self.missing = value.is_none() && read.is_err();
        if self.missing { Ok(None) } else { read.map(Some) }
    }
}
