//! Reading what an agent saved: columns of numbers by name, checked for length and range.

use crate::error::LoadError;
use environments::Generator;
use shared::checkpoint::AgentState;

/// A saved column of finite numbers of the given length.
pub fn numbers<'a>(from: &'a AgentState, column: &'static str, expected: usize) -> Result<&'a [f64], LoadError> {
    let values = from.numbers.get(column).filter(|it| it.len() == expected);
    let values = values.ok_or(LoadError::Column { column, expected })?;
    match values.iter().position(|value| !value.is_finite()) {
        Some(place) => Err(LoadError::Value { column: column.to_owned(), place, value: values[place].to_string() }),
        None => Ok(values),
    }
}

/// The bytes of a saved artifact.
pub fn artifact<'a>(from: &'a AgentState, name: &str) -> Result<&'a [u8], LoadError> {
    let refuse = |reason: &str| LoadError::Artifact { artifact: name.to_owned(), reason: reason.to_owned() };
    let artifact = from.artifacts.get(name).ok_or_else(|| refuse("there is none of that name"))?;
    artifact.bytes().ok_or_else(|| refuse("its bytes are not here"))
}

/// A saved number, where there is one.
pub fn number(from: &AgentState, column: &'static str) -> Result<Option<f64>, LoadError> {
    if !from.numbers.contains_key(column) {
        return Ok(None);
    }
    numbers(from, column, 1).map(|it| Some(it[0]))
}

/// The saved generator, where there is one.
pub fn generator(from: &AgentState) -> Result<Option<Generator>, LoadError> {
    if !from.integers.contains_key("generator") {
        return Ok(None);
    }
    let words = integers(from, "generator", 4)?;
    Ok(Some(Generator::from_words(std::array::from_fn(|word| words[word]))))
}

/// A saved column of whole numbers of the given length.
pub fn integers<'a>(from: &'a AgentState, column: &'static str, expected: usize) -> Result<&'a [u64], LoadError> {
    let values = from.integers.get(column).filter(|it| it.len() == expected);
    values.map(|it| &**it).ok_or(LoadError::Column { column, expected })
}

/// A saved column of whole numbers of the given length, each below `bound`.
pub fn indices<'a>(
    from: &'a AgentState,
    column: &'static str,
    expected: usize,
    bound: usize,
) -> Result<&'a [u64], LoadError> {
    let values = integers(from, column, expected)?;
    match values.iter().position(|value| *value >= bound as u64) {
        Some(place) => Err(LoadError::Value { column: column.to_owned(), place, value: values[place].to_string() }),
        None => Ok(values),
    }
}
