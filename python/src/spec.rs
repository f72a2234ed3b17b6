//! Specs from what Python gives: an id, a preset and options by name.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use shared::parameter::{Parameters, Value};
use shared::quantity::Seed;
use shared::spec::EnvironmentSpec;

/// Anything that was refused, in its own words.
pub(crate) fn refused(error: impl ToString) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The spec of an environment with a preset and options above it.
pub(crate) fn environment(id: &str, preset: Option<&str>, options: &Bound<'_, PyDict>) -> PyResult<EnvironmentSpec> {
    let entry = environments::registry::find(id).map_err(refused)?;
    let set = parameters(options)?;
    let named = |error| PyValueError::new_err(format!("{id}: {error}"));
    let preset = entry.preset(preset).map_err(named)?;
    let parameters = entry.settle(&preset, &set).map_err(named)?;
    Ok(EnvironmentSpec { id: entry.id, parameters })
}

/// Options by name.
fn parameters(options: &Bound<'_, PyDict>) -> PyResult<Parameters> {
    let mut parameters = Parameters::new();
    for (name, given) in options {
        let name: String = name.extract()?;
        let value = value(&given).ok_or_else(|| {
            PyTypeError::new_err(format!("the option {name} must be a bool, a number or a str, not {given}"))
        })?;
        parameters.insert(name, value);
    }
    Ok(parameters)
}

fn value(given: &Bound<'_, PyAny>) -> Option<Value> {
    let flag = || given.extract().ok().map(Value::Flag);
    let integer = || given.extract().ok().map(Value::Integer);
    let number = || given.extract().ok().map(Value::Number);
    let text = || given.extract().ok().map(Value::Text);
    flag().or_else(integer).or_else(number).or_else(text)
}

/// A seed in its range.
pub(crate) fn seed(given: u64) -> PyResult<Seed> {
    Seed::new(given).map_err(refused)
}
