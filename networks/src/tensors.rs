//! Named arrays of numbers, and safetensors files of them.

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, SafeTensorError, TensorView};
use std::collections::BTreeMap;

/// The numbers of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum TensorValues {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Whole numbers.
    U64(Vec<u64>),
    /// Bytes.
    U8(Vec<u8>),
}

impl TensorValues {
    fn length(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::U64(values) => values.len(),
            Self::U8(values) => values.len(),
        }
    }

    const fn kind(&self) -> Dtype {
        match self {
            Self::F32(_) => Dtype::F32,
            Self::F64(_) => Dtype::F64,
            Self::U64(_) => Dtype::U64,
            Self::U8(_) => Dtype::U8,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::F32(values) => values.iter().flat_map(|it| it.to_le_bytes()).collect(),
            Self::F64(values) => values.iter().flat_map(|it| it.to_le_bytes()).collect(),
            Self::U64(values) => values.iter().flat_map(|it| it.to_le_bytes()).collect(),
            Self::U8(values) => values.clone(),
        }
    }
}

/// An array of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    values: TensorValues,
}

impl Tensor {
    /// Its length along every axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its numbers, the last axis running fastest.
    pub const fn values(&self) -> &TensorValues {
        &self.values
    }
}

/// Why there are no such tensors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TensorError {
    /// Bytes that are not a safetensors file, or half of one.
    #[error("this is not a whole safetensors file: {reason}. Take another copy of it")]
    File {
        /// What is wrong with it.
        reason: String,
    },
    /// A tensor of numbers that are not kept here.
    #[error("the tensor {name:?} holds numbers of the kind {kind}; F32, F64, U64 and U8 can be read. Convert it")]
    Kind {
        /// Its name.
        name: String,
        /// The kind, as safetensors calls it.
        kind: String,
    },
    /// A tensor that should be there.
    #[error("the tensor {name:?} is missing: the file is of another network or agent")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A tensor that nothing here takes.
    #[error("the tensor {name:?} has no place here: the file is of another network or agent")]
    Unknown {
        /// Its name.
        name: String,
    },
    /// A tensor of another shape.
    #[error("the tensor {name:?} has the shape {given:?}, and {expected:?} is needed: the file is of another network")]
    Shape {
        /// Its name.
        name: String,
        /// Its shape.
        given: Vec<usize>,
        /// The shape that fits.
        expected: Vec<usize>,
    },
    /// A number that is not finite.
    #[error("the tensor {name:?} holds {value} at place {place}. Only finite numbers can be taken over")]
    NotFinite {
        /// The tensor.
        name: String,
        /// Where in it.
        place: usize,
        /// What stands there.
        value: String,
    },
}

/// Tensors by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensors(BTreeMap<String, Tensor>);

impl Tensors {
    /// Adds a tensor; numbers in excess of its shape, or missing from it, change its first axis.
    pub fn insert(&mut self, name: impl Into<String>, shape: &[usize], values: TensorValues) {
        let mut shape = shape.to_vec();
        if shape.iter().product::<usize>() != values.length() {
            let rest = shape.iter().skip(1).product::<usize>().max(1);
            shape = [&[values.length() / rest], &shape[1.min(shape.len())..]].concat();
        }
        self.0.insert(name.into(), Tensor { shape, values });
    }

    /// The tensor of a name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.0.get(name)
    }

    /// The names, in alphabetic order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The finite single-precision numbers of a tensor of this shape.
    pub fn floats(&self, name: &str, shape: &[usize]) -> Result<&[f32], TensorError> {
        let TensorValues::F32(values) = self.of_shape(name, shape)? else { return Err(self.kind(name)) };
        finite(name, values, |it| it.is_finite())?;
        Ok(values)
    }

    /// The finite double-precision numbers of a tensor of this shape.
    pub fn doubles(&self, name: &str, shape: &[usize]) -> Result<&[f64], TensorError> {
        let TensorValues::F64(values) = self.of_shape(name, shape)? else { return Err(self.kind(name)) };
        finite(name, values, |it| it.is_finite())?;
        Ok(values)
    }

    /// The whole numbers of a tensor of this shape.
    pub fn integers(&self, name: &str, shape: &[usize]) -> Result<&[u64], TensorError> {
        let TensorValues::U64(values) = self.of_shape(name, shape)? else { return Err(self.kind(name)) };
        Ok(values)
    }

    /// The bytes of a tensor of this shape.
    pub fn bytes(&self, name: &str, shape: &[usize]) -> Result<&[u8], TensorError> {
        let TensorValues::U8(values) = self.of_shape(name, shape)? else { return Err(self.kind(name)) };
        Ok(values)
    }

    fn of_shape(&self, name: &str, shape: &[usize]) -> Result<&TensorValues, TensorError> {
        let tensor = self.get(name).ok_or_else(|| TensorError::Missing { name: name.to_owned() })?;
        if tensor.shape != shape {
            let (given, expected) = (tensor.shape.clone(), shape.to_vec());
            return Err(TensorError::Shape { name: name.to_owned(), given, expected });
        }
        Ok(&tensor.values)
    }

    fn kind(&self, name: &str) -> TensorError {
        let kind = self.get(name).map_or(Dtype::F32, |it| it.values.kind());
        TensorError::Kind { name: name.to_owned(), kind: format!("{kind:?}") }
    }

    /// Takes over all tensors of `other`, with `prefix` before their names.
    pub fn extend(&mut self, prefix: &str, other: Self) {
        self.0.extend(other.0.into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)));
    }

    /// The tensors whose names begin with `prefix`, without it.
    #[must_use]
    pub fn under(&self, prefix: &str) -> Self {
        let named = self.0.iter().filter_map(|(name, it)| Some((name.strip_prefix(prefix)?.to_owned(), it.clone())));
        Self(named.collect())
    }

    /// The bytes of a safetensors file with all of them.
    pub fn to_file(&self) -> Result<Vec<u8>, TensorError> {
        let bytes: Vec<_> = self.0.iter().map(|(name, it)| (name, it, it.values.bytes())).collect();
        let views = bytes.iter().map(|(name, tensor, bytes)| {
            Ok((name.as_str(), TensorView::new(tensor.values.kind(), tensor.shape.clone(), bytes)?))
        });
        let views = views.collect::<Result<Vec<_>, SafeTensorError>>().map_err(|error| file(&error))?;
        safetensors::serialize(views, None).map_err(|error| file(&error))
    }

    /// The tensors in the bytes of a safetensors file.
    pub fn from_file(bytes: &[u8]) -> Result<Self, TensorError> {
        let found = SafeTensors::deserialize(bytes).map_err(|error| file(&error))?;
        let tensors = found.iter().map(|(name, view)| {
            let values = match view.dtype() {
                Dtype::F32 => TensorValues::F32(numbers(view.data(), f32::from_le_bytes)),
                Dtype::F64 => TensorValues::F64(numbers(view.data(), f64::from_le_bytes)),
                Dtype::U64 => TensorValues::U64(numbers(view.data(), u64::from_le_bytes)),
                Dtype::U8 => TensorValues::U8(view.data().to_vec()),
                kind => return Err(TensorError::Kind { name: name.to_owned(), kind: format!("{kind:?}") }),
            };
            Ok((name.to_owned(), Tensor { shape: view.shape().to_vec(), values }))
        });
        tensors.collect::<Result<_, _>>().map(Self)
    }
}

fn file(error: &SafeTensorError) -> TensorError {
    TensorError::File { reason: error.to_string() }
}

fn numbers<T, const N: usize>(bytes: &[u8], of: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|it| of(*it)).collect()
}

fn finite<T: std::fmt::Display>(name: &str, values: &[T], is_finite: impl Fn(&T) -> bool) -> Result<(), TensorError> {
    match values.iter().position(|it| !is_finite(it)) {
        None => Ok(()),
        Some(place) => Err(TensorError::NotFinite { name: name.to_owned(), place, value: values[place].to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Tensors {
        let mut tensors = Tensors::default();
        tensors.insert("a.weight", &[2, 3], TensorValues::F32(vec![0.0, -1.5, 2.0, 3.0, 4.0, 1e-40]));
        tensors.insert("steps", &[1], TensorValues::U64(vec![u64::MAX]));
        tensors.insert("powers", &[2], TensorValues::F64(vec![0.1, 0.2]));
        tensors.insert("done", &[3], TensorValues::U8(vec![0, 1, 255]));
        tensors
    }

    #[test]
    fn what_is_written_is_read_and_always_the_same_bytes() {
        let file = some().to_file().unwrap();
        assert_eq!(Tensors::from_file(&file), Ok(some()));
        assert_eq!(some().to_file().unwrap(), file);
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let file = some().to_file().unwrap();
        for end in 0..file.len() {
            let error = Tensors::from_file(&file[..end]).unwrap_err();
            assert!(error.to_string().starts_with("this is not a whole safetensors file"), "{end}: {error}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let mut tensors = some();
        tensors.insert("bad", &[2], TensorValues::F32(vec![1.0, f32::NAN]));
        let said = |result: Result<&[f32], TensorError>| result.unwrap_err().to_string();
        assert!(said(tensors.floats("bad", &[2])).contains("\"bad\" holds NaN at place 1"));
        assert!(said(tensors.floats("b", &[2])).contains("\"b\" is missing"));
        assert!(said(tensors.floats("a.weight", &[3, 2])).contains("[2, 3], and [3, 2] is needed"));
        assert!(said(tensors.floats("steps", &[1])).contains("of the kind U64"));
    }

    #[test]
    fn tensors_of_several_parts_share_a_file() {
        let mut both = Tensors::default();
        both.extend("online/", some());
        both.extend("target/", some());
        assert_eq!(both.under("target/"), some());
        assert_eq!(both.names().count(), 8);
    }
}
