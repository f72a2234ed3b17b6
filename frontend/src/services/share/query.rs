//! Queries: names and values as the part of an address behind the question mark, and back.
//!
//! What the page writes begins with a checksum, so that a link cut anywhere is refused. What somebody wrote by hand has
//! none. The seed has a checksum of its own: whoever wants the same run with another seed changes it and nothing else.

use super::{LinkError, cut};
use hash32::{FnvHasher, Hasher as _};
use shared::parameter::Value;
use std::fmt::Write as _;

/// The name of the checksum.
const CHECK: &str = "check";

/// The name of the seed.
const SEED: &str = "seed";

/// Digits of the checksum of everything but the seed, and digits of the seed's own behind it.
const DIGITS: (usize, usize) = (8, 4);

/// What a query says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    /// Names and values without the checksum, in their order.
    pub(crate) pairs: Vec<(String, String)>,
    /// Whether another seed stands there than when the page wrote it.
    pub(crate) other_seed: bool,
    /// Whether what is not said means an agent's own defaults, as it did in links that end in their checksum, and not
    /// what is recommended for it in the environment.
    pub(crate) own_defaults: bool,
}

/// Names and values as a query with its checksum.
pub(crate) fn join(pairs: &[(String, String)]) -> String {
    let mut query = format!("{CHECK}={}", checksum(pairs));
    for (name, value) in pairs {
        // Writing to a string cannot fail.
        let _ = write!(query, "&{}={}", urlencoding::encode(name), urlencoding::encode(value));
    }
    query
}

/// Names and values of a query, with or without its question mark. A checksum, where there is one, has to fit.
pub(crate) fn split(query: &str) -> Result<Query, LinkError> {
    let decode = |text: &str| {
        urlencoding::decode(text).map(std::borrow::Cow::into_owned).map_err(|_| LinkError::Unknown { part: cut(text) })
    };
    let parts: Vec<&str> =
        query.strip_prefix('?').unwrap_or(query).split('&').filter(|part| !part.is_empty()).collect();
    if let Some(end) = parts.last().filter(|part| !part.contains('=')) {
        return Err(LinkError::Cut { end: cut(end) });
    }
    let pairs = parts.iter().map(|part| part.split_once('=').unwrap_or((part, "")));
    let mut pairs =
        pairs.map(|(name, value)| Ok((decode(name)?, decode(value)?))).collect::<Result<Vec<_>, LinkError>>()?;
    let Some(place) = pairs.iter().position(|(name, _)| name == CHECK) else {
        return Ok(Query { pairs, other_seed: false, own_defaults: false });
    };
    let (_, found) = pairs.remove(place);
    let own_defaults = found.len() == DIGITS.0 && place == pairs.len();
    let expected = if own_defaults { fnv(pairs.iter()) } else { checksum(&pairs) };
    let rest = |check: &str| check.get(..DIGITS.0).map(str::to_owned);
    if found.len() != expected.len() || rest(&found) != rest(&expected) {
        return Err(LinkError::Changed { expected, found: cut(&found) });
    }
    Ok(Query { pairs, other_seed: found != expected, own_defaults })
}

/// The checksum of everything but the seed, and a shorter one of the seed.
fn checksum(pairs: &[(String, String)]) -> String {
    let of = |is_seed: bool| fnv(pairs.iter().filter(|(name, _)| (name == SEED) == is_seed));
    let (rest, seed) = (of(false), of(true));
    format!("{rest}{}", &seed[DIGITS.0 - DIGITS.1..])
}

/// 32 bits of FNV-1a over the decoded parts, so that a messenger may escape the link as it likes.
fn fnv<'a>(pairs: impl Iterator<Item = &'a (String, String)>) -> String {
    fnv_of(pairs.flat_map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes(), b"&"]))
}

/// 32 bits of FNV-1a over these parts, as 8 hexadecimal digits.
pub(crate) fn fnv_of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = FnvHasher::default();
    for part in parts {
        std::hash::Hasher::write(&mut hasher, part);
    }
    format!("{:08x}", hasher.finish32())
}

/// A value as readable text from which [`parse`] makes the same value. A text that looks like another kind of value is
/// marked with an apostrophe.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Flag(_) | Value::Integer(_) => value.to_string(),
        Value::Number(number) => format!("{number:?}"),
        Value::Text(text) if matches!(parse(text), Value::Text(same) if same == *text) => text.clone(),
        Value::Text(text) => format!("'{text}"),
    }
}

/// The value that a text stands for.
pub(crate) fn parse(text: &str) -> Value {
    if text.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit()) {
        let number = || text.parse().ok().map(Value::Number);
        if let Some(value) = text.parse().ok().map(Value::Integer).or_else(number) {
            return value;
        }
    }
    match text {
        "true" => Value::Flag(true),
        "false" => Value::Flag(false),
        _ => Value::Text(text.strip_prefix('\'').unwrap_or(text).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_was_written_by_hand_needs_no_checksum() {
        let query = split("env=taxi&agent=sarsa&seed=3").unwrap();
        assert_eq!(query.pairs, pairs(&[("env", "taxi"), ("agent", "sarsa"), ("seed", "3")]));
        assert!(!query.other_seed && !query.own_defaults);
    }

    #[test]
    fn another_seed_is_noticed_and_let_pass_and_nothing_else_is() {
        let written = join(&pairs(&[("env", "taxi"), ("seed", "3"), ("seeds", "5")]));
        assert!(!split(&written).unwrap().other_seed);
        assert!(split(&written.replace("seed=3", "seed=4")).unwrap().other_seed);
        for (from, to) in [("seeds=5", "seeds=6"), ("taxi", "tax"), ("seed=3", "sead=3")] {
            assert!(matches!(split(&written.replace(from, to)), Err(LinkError::Changed { .. })), "{to}");
        }
    }

    #[test]
    fn links_that_end_in_their_checksum_open_as_ever() {
        let old = "env=gridworld&env.map=SF%0A%23G&env.slip=0.1&agent=q-learning&agent.alpha=1.0&seed=42&episodes=500\
                   &hash=2f1c&check=dd406b3f";
        assert!(split(old).unwrap().own_defaults);
        assert!(matches!(split(&old.replace("seed=42", "seed=43")), Err(LinkError::Changed { .. })));
        assert!(matches!(split(&old[..old.len() - 1]), Err(LinkError::Changed { .. })));
        assert!(matches!(split(&old[..old.len() - 12]), Err(LinkError::Cut { .. })));
    }
}
