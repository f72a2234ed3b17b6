//! Values that are complete and in range, as build functions read them.

use super::{ParameterError, ParameterSpec, Parameters, Value};
use crate::quantity::{Discount, Probability, StepSize};

/// A complete set of values, each within its range.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Resolved(Parameters);

impl Resolved {
    /// Checks `given` against `specs` and fills in the defaults.
    pub fn new(specs: &[ParameterSpec], given: &Parameters) -> Result<Self, ParameterError> {
        if let Some(unknown) = given.keys().find(|name| specs.iter().all(|spec| spec.name != **name)) {
            let known: Vec<_> = specs.iter().map(|spec| spec.name.as_str()).collect();
            return Err(ParameterError::Unknown { parameter: unknown.clone(), known: known.join(", ") });
        }
        let mut values = Parameters::new();
        for spec in specs {
            let value = match given.get(&spec.name) {
                Some(value) => spec.check(value)?,
                None => spec.default_value(),
            };
            values.insert(spec.name.clone(), value);
        }
        Ok(Self(values))
    }

    /// All values.
    pub fn values(&self) -> &Parameters {
        &self.0
    }

    /// Whether there is a parameter of this name.
    pub fn declares(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn get(&self, name: &str) -> Result<&Value, ParameterError> {
        self.0.get(name).ok_or_else(|| ParameterError::invalid(name, "read by the code but not declared"))
    }

    fn wrong_kind(name: &str) -> ParameterError {
        ParameterError::invalid(name, "read by the code as another kind than declared")
    }

    /// A number.
    pub fn number(&self, name: &str) -> Result<f64, ParameterError> {
        match self.get(name)? {
            Value::Number(value) => Ok(*value),
            Value::Integer(value) => Ok(*value as f64),
            Value::Flag(_) | Value::Text(_) => Err(Self::wrong_kind(name)),
        }
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Result<i64, ParameterError> {
        match self.get(name)? {
            Value::Integer(value) => Ok(*value),
            Value::Number(_) | Value::Flag(_) | Value::Text(_) => Err(Self::wrong_kind(name)),
        }
    }

    /// A whole number that counts something.
    pub fn count(&self, name: &str) -> Result<usize, ParameterError> {
        usize::try_from(self.integer(name)?).map_err(|error| ParameterError::invalid(name, error))
    }

    /// Yes or no.
    pub fn flag(&self, name: &str) -> Result<bool, ParameterError> {
        match self.get(name)? {
            Value::Flag(value) => Ok(*value),
            Value::Integer(_) | Value::Number(_) | Value::Text(_) => Err(Self::wrong_kind(name)),
        }
    }

    /// A choice or a text.
    pub fn text(&self, name: &str) -> Result<&str, ParameterError> {
        match self.get(name)? {
            Value::Text(value) => Ok(value),
            Value::Integer(_) | Value::Number(_) | Value::Flag(_) => Err(Self::wrong_kind(name)),
        }
    }

    /// A probability.
    pub fn probability(&self, name: &str) -> Result<Probability, ParameterError> {
        Probability::new(self.number(name)?).map_err(|error| ParameterError::invalid(name, error))
    }

    /// A discount.
    pub fn discount(&self, name: &str) -> Result<Discount, ParameterError> {
        Discount::new(self.number(name)?).map_err(|error| ParameterError::invalid(name, error))
    }

    /// A step size.
    pub fn step_size(&self, name: &str) -> Result<StepSize, ParameterError> {
        StepSize::new(self.number(name)?).map_err(|error| ParameterError::invalid(name, error))
    }
}
