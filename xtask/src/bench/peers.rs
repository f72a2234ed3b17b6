//! Benches that are held against others: both run in turns, and the ratios of each round are what counts, because a
//! machine is seldom as quick in one minute as in the next.

use super::{BenchRow, medians, rows};
use crate::process::output;
use crate::workspace::root;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

const ROUNDS: usize = 5;

/// The Python script that measures the peers of a bench: `benches/peers/TARGET.py` in its crate, if it is there.
pub(super) fn script(package: &str, target: &str) -> Option<PathBuf> {
    let script = root().join(package).join("benches/peers").join(target).with_extension("py");
    script.is_file().then_some(script)
}

/// Medians of ours, each with its `ratio` to the peer that it names as `against`, then those of the peers.
pub(super) fn race(ours: &mut Command, theirs: &mut Command) -> Result<Vec<BenchRow>> {
    rounds(|| Ok((rows(&output(ours)?)?, rows(&output(theirs)?)?)))
}

/// The same of programs that run together: a round gives ours and the peers.
pub(super) fn rounds(mut round: impl FnMut() -> Result<(Vec<BenchRow>, Vec<BenchRow>)>) -> Result<Vec<BenchRow>> {
    let compared = (0..ROUNDS).map(|_| round().and_then(|(ours, theirs)| compare(ours, theirs)));
    medians(&compared.collect::<Result<Vec<_>>>()?)
}

fn compare(mut ours: Vec<BenchRow>, theirs: Vec<BenchRow>) -> Result<Vec<BenchRow>> {
    let rate = |row: &BenchRow| row.get("steps_per_second").and_then(Value::as_f64);
    for row in &mut ours {
        let Some(peer) = row.get("against").cloned() else { continue };
        let own = rate(row).context("a row without steps_per_second")?;
        let other = theirs.iter().find(|it| it.get("name") == Some(&peer)).and_then(rate);
        let ratio = own / other.with_context(|| format!("no peer is called {peer}"))?;
        row.insert("ratio".into(), ratio.into());
    }
    ours.extend(theirs);
    Ok(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_held_against_the_peer_that_they_name() {
        let ours = rows(r#"{"name":"a","steps_per_second":30,"against":"x"}"#).unwrap();
        let theirs =
            || rows("{\"name\":\"y\",\"steps_per_second\":1}\n{\"name\":\"x\",\"steps_per_second\":4}").unwrap();
        let compared = compare(ours, theirs()).unwrap();
        assert_eq!(compared[0]["ratio"], 7.5);
        assert_eq!(compared[1..], theirs());
        let stranger = rows(r#"{"name":"a","steps_per_second":30,"against":"z"}"#).unwrap();
        assert_eq!(compare(stranger, theirs()).unwrap_err().to_string(), r#"no peer is called "z""#);
    }
}
