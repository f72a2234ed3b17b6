//! Specs from what Python gives: an id, a preset and options by name.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use shared::parameter::{ParameterKind, ParameterSpec, Parameters, Value};
use shared::quantity::Seed;
use shared::spec::EnvironmentSpec;

/// Anything that was refused, in its own words.
pub(crate) fn refused(error: impl ToString) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The spec of an environment with a preset and options above it.
pub(crate) fn environment(id: &str, preset: Option<&str>, options: &Bound<'_, PyDict>) -> PyResult<EnvironmentSpec> {
    let entry = environments::registry::find(id).map_err(refused)?;
    let set = parameters(&entry.parameters, options)?;
    let named = |error| PyValueError::new_err(format!("{id}: {error}"));
    let preset = entry.preset(preset).map_err(named)?;
    let parameters = entry.settle(&preset, &set).map_err(named)?;
    Ok(EnvironmentSpec { id: entry.id, parameters })
}

/// Options by name. A text may be given as the dict or list that it would be read as: Gymnasium's `P`, an `OrderedDict`.
fn parameters(known: &[ParameterSpec], options: &Bound<'_, PyDict>) -> PyResult<Parameters> {
    let mut parameters = Parameters::new();
    for (name, given) in options {
        let name: String = name.extract()?;
        let is_text = known.iter().any(|it| it.name == name && matches!(it.kind, ParameterKind::Text { .. }));
        let value = value(&given).or_else(|| printed(&given).filter(|_| is_text)).ok_or_else(|| {
            let or_table = if is_text { ", a dict or a list" } else { "" };
            PyTypeError::new_err(format!("the option {name} must be a bool, a number or a str{or_table}, not {given}"))
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

/// A dict or list, of whatever class, as Python prints it.
fn printed(given: &Bound<'_, PyAny>) -> Option<Value> {
    let is_table = given.is_instance_of::<PyDict>() || given.is_instance_of::<PyList>();
    Some(Value::Text(given.repr().ok().filter(|_| is_table)?.to_string()))
}

/// A seed in its range.
pub(crate) fn seed(given: u64) -> PyResult<Seed> {
    Seed::new(given).map_err(refused)
}
