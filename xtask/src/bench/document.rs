//! `docs/BENCH.md`: the figures of each bench as they were last documented, with the machine that they were taken on.

use super::{BenchRow, table};
use crate::workspace::root;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

const FILE: &str = "docs/BENCH.md";

const HEAD: &str = "\
# Measurements

Made by `cargo xtask bench --document [PART ...]`: a section a bench, each with the machine that it was taken on. What is
compared ran in turns in one run; figures are medians of at least five rounds, and ratios are medians of the rounds'
ratios. Where the system tells it, seconds are a thread's processor time. A target that was missed says so.
";

/// Puts the figures of these benches into the document; sections of others stay.
pub(super) fn write(machine: &BenchRow, results: &BTreeMap<String, Vec<BenchRow>>) -> Result<()> {
    let file = root().join(FILE);
    let text = fs::read_to_string(&file).unwrap_or_default();
    fs::write(&file, update(&text, machine, results)).with_context(|| format!("cannot write {FILE}"))
}

fn update(text: &str, machine: &BenchRow, results: &BTreeMap<String, Vec<BenchRow>>) -> String {
    let present = text.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'));
    let mut sections: BTreeMap<String, String> =
        present.map(|(name, rest)| (name.to_owned(), rest.trim().to_owned())).collect();
    for (name, rows) in results {
        let section = format!("{}\n\n{}", describe(machine), table::markdown(rows));
        sections.insert(name.clone(), section.trim().to_owned());
    }
    let sections = sections.into_iter().map(|(name, section)| format!("\n## {name}\n\n{section}\n"));
    std::iter::once(HEAD.to_owned()).chain(sections).collect()
}

/// The machine in a line.
fn describe(machine: &BenchRow) -> String {
    let of =
        |name: &str| machine.get(name).map_or_else(String::new, |it| it.as_str().map_or(it.to_string(), Into::into));
    let memory: u64 = of("memory").split(' ').next().and_then(|it| it.parse().ok()).unwrap_or_default();
    let compiler = of("compiler").split(" (").next().unwrap_or_default().to_owned();
    let cores = machine.get("cores").and_then(Value::as_u64).unwrap_or_default();
    format!("{cores} cores of {}, {} GB, {}, {compiler}.", of("processor"), memory / 1_000_000, of("system"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(value: &Value) -> BenchRow {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn measured_sections_are_renewed_and_others_stay() {
        let machine = row(&json!({
            "time": "now", "commit": "abc", "processor": "Abacus", "cores": 2, "memory": "16000000 kB", "system": "Linux",
            "compiler": "rustc 1.0 (x)",
        }));
        let of = |value: u32| BTreeMap::from([("b".to_owned(), vec![row(&json!({ "name": "x", "value": value }))])]);
        let first = update("# Old head\n\n## a\n\nkept\n\n## b\n\ngone\n", &machine, &of(1));
        assert!(first.starts_with(HEAD) && !first.contains("gone") && !first.contains("now"), "{first}");
        let sections = "\n## a\n\nkept\n\n## b\n\n2 cores of Abacus, 16 GB, Linux, rustc 1.0.\n\n\
                        | name | value |\n|---|--:|\n| x | 1 |\n";
        assert!(first.ends_with(sections), "{first}");
        assert_eq!(update(&first, &machine, &of(2)), first.replace("| 1 |", "| 2 |"));
    }
}
